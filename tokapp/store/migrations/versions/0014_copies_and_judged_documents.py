"""Copies stay on one side of the split; which documents the queue drew at random; test figures, kept once computed."""

import json
from typing import Any

import sqlalchemy as sa
from alembic import op

# What is compared later is what an import writes from now on, so the same functions write it here.
from tokapp.documents import Document
from tokapp.evaluation.splits import group_of, likeness

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_BATCH = 1000


def upgrade() -> None:
    op.add_column("documents", sa.Column("likeness", sa.String(length=64), nullable=False, server_default=""))
    _fill(op.get_bind())
    op.create_index(op.f("ix_documents_project_id_likeness"), "documents", ["project_id", "likeness"], unique=False)
    op.create_table(
        "drawn_documents",
        sa.Column("document_id", sa.Integer(), nullable=False),
        sa.Column("by_name", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["document_id"],
            ["documents.id"],
            name=op.f("fk_drawn_documents_document_id_documents"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("document_id", name=op.f("pk_drawn_documents")),
    )
    op.create_table(
        "test_scores",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("model_id", sa.Integer(), nullable=False),
        sa.Column("snapshot_id", sa.Integer(), nullable=False),
        sa.Column("figures", sa.JSON(), nullable=False),
        sa.Column("by_name", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["model_id"], ["models.id"], name=op.f("fk_test_scores_model_id_models"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["snapshot_id"], ["snapshots.id"], name=op.f("fk_test_scores_snapshot_id_snapshots"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_test_scores")),
    )
    with op.batch_alter_table("test_scores", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_test_scores_model_id_snapshot_id"), ["model_id", "snapshot_id"])


def _fill(connection: sa.Connection) -> None:
    """Likeness and group of the documents that are there; their sides stay as they are."""
    page = sa.text(
        "SELECT d.id, d.hash, d.group_name, c.text, c.question, c.contexts, c.meta FROM documents d "
        "JOIN contents c ON c.document_id = d.id WHERE d.id > :after ORDER BY d.id LIMIT :limit"
    )
    change = sa.text("UPDATE documents SET likeness = :likeness, group_name = :group WHERE id = :id")
    after = 0
    while rows := connection.execute(page, {"after": after, "limit": _BATCH}).all():
        connection.execute(change, [_row(row) for row in rows])
        after = rows[-1].id


def _row(row: Any) -> dict[str, Any]:
    contexts, meta = _json(row.contexts), _json(row.meta)
    document = Document("", row.text, question=row.question, contexts=tuple(contexts), meta=dict(meta))
    group = group_of(document) if row.group_name == row.hash else row.group_name
    return {"id": row.id, "likeness": likeness(document), "group": group}


def _json(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value


def downgrade() -> None:
    op.drop_table("test_scores")
    op.drop_table("drawn_documents")
    op.drop_index(op.f("ix_documents_project_id_likeness"), table_name="documents")
    op.drop_column("documents", "likeness")
