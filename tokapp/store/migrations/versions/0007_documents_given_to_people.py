"""Documents given to people, and which spans of people's versions a reviewer has decided on."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "assignments",
        sa.Column("document_id", sa.Integer(), nullable=False),
        sa.Column("person", sa.String(length=200), nullable=False),
        sa.Column("is_blind", sa.Boolean(), nullable=False),
        sa.Column("by_name", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["document_id"], ["documents.id"], name=op.f("fk_assignments_document_id_documents"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("document_id", "person", name=op.f("pk_assignments")),
    )
    with op.batch_alter_table("assignments", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_assignments_person_document_id"), ["person", "document_id"], unique=False)
    with op.batch_alter_table("labellings", schema=None) as batch_op:
        batch_op.add_column(sa.Column("ruled", sa.JSON(), nullable=False, server_default="[]"))
    with op.batch_alter_table("labellings", schema=None) as batch_op:
        batch_op.alter_column("ruled", existing_type=sa.JSON(), server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("labellings", schema=None) as batch_op:
        batch_op.drop_column("ruled")
    op.drop_table("assignments")
