"""Spans of several pieces, groups of labels, and actions on many documents at once."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("tasks", schema=None) as batch_op:
        batch_op.add_column(sa.Column("discontinuous", sa.Boolean(), nullable=False, server_default=sa.false()))
    with op.batch_alter_table("tasks", schema=None) as batch_op:
        batch_op.alter_column("discontinuous", existing_type=sa.Boolean(), server_default=None)
    with op.batch_alter_table("labels", schema=None) as batch_op:
        batch_op.add_column(sa.Column("group_name", sa.String(length=60), nullable=False, server_default=""))
    with op.batch_alter_table("labels", schema=None) as batch_op:
        batch_op.alter_column("group_name", existing_type=sa.String(length=60), server_default=None)
    op.create_table(
        "bulk_actions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("layer", sa.String(length=200), nullable=False),
        sa.Column("by_name", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("verb", sa.String(length=20), nullable=False),
        sa.Column("documents", sa.Integer(), nullable=False),
        sa.Column("spans", sa.Integer(), nullable=False),
        sa.Column("way", sa.String(length=10), nullable=False),
        sa.Column("turn", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.id"], name=op.f("fk_bulk_actions_project_id_projects"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bulk_actions")),
    )
    with op.batch_alter_table("bulk_actions", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_bulk_actions_project_id_at"), ["project_id", "at"], unique=False)
    op.create_table(
        "bulk_documents",
        sa.Column("bulk_id", sa.Integer(), nullable=False),
        sa.Column("document_id", sa.Integer(), nullable=False),
        sa.Column("seen", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=True),
        sa.Column("turn", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.String(length=10), nullable=False),
        sa.Column("spans", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["bulk_id"], ["bulk_actions.id"], name=op.f("fk_bulk_documents_bulk_id_bulk_actions"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["document_id"], ["documents.id"], name=op.f("fk_bulk_documents_document_id_documents"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("bulk_id", "document_id", name=op.f("pk_bulk_documents")),
    )
    with op.batch_alter_table("bulk_documents", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_bulk_documents_document_id_revision"), ["document_id", "revision"], unique=False
        )


def downgrade() -> None:
    raise NotImplementedError("going back would forget which documents were changed together")
