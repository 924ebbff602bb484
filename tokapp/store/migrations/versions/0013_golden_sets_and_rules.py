"""Golden sets, why a model was promoted, and what a project chose about promoting and training."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("model_events", sa.Column("reason", sa.Text(), nullable=False, server_default=""))
    op.add_column("model_events", sa.Column("gate", sa.JSON(), nullable=False, server_default="[]"))
    _of_project("golden_sets", sa.Column("documents", sa.Integer(), nullable=False))
    op.create_table(
        "golden_documents",
        sa.Column("golden_id", sa.Integer(), nullable=False),
        sa.Column("document_id", sa.Integer(), nullable=False),
        sa.Column("spans", sa.JSON(), nullable=False),
        sa.Column("label", sa.String(length=60), nullable=True),
        sa.ForeignKeyConstraint(
            ["golden_id"],
            ["golden_sets.id"],
            name=op.f("fk_golden_documents_golden_id_golden_sets"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["document_id"],
            ["documents.id"],
            name=op.f("fk_golden_documents_document_id_documents"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("golden_id", "document_id", name=op.f("pk_golden_documents")),
    )
    name = sa.Column("name", sa.String(length=60), nullable=False)
    _of_project("project_rules", name, sa.Column("value", sa.JSON(), nullable=False))


def _of_project(table: str, *columns: "sa.Column[Any]") -> None:
    """An append-only table of what somebody did in a project."""
    op.create_table(
        table,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        *columns,
        sa.Column("by_name", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.id"], name=op.f(f"fk_{table}_project_id_projects"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    )
    with op.batch_alter_table(table, schema=None) as batch_op:
        batch_op.create_index(batch_op.f(f"ix_{table}_project_id"), ["project_id"], unique=False)


def downgrade() -> None:
    op.drop_table("project_rules")
    op.drop_table("golden_documents")
    op.drop_table("golden_sets")
    op.drop_column("model_events", "gate")
    op.drop_column("model_events", "reason")
