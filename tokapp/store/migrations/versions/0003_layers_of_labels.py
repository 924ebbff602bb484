"""Layers: besides the shared labels of a document, each person may have a version of their own."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("annotation_events", schema=None) as batch_op:
        batch_op.add_column(sa.Column("layer", sa.String(length=200), nullable=False, server_default=""))
        batch_op.drop_constraint(batch_op.f("uq_annotation_events_document_id_revision"), type_="unique")
        batch_op.drop_constraint(batch_op.f("uq_annotation_events_document_id_token"), type_="unique")
        batch_op.create_unique_constraint(
            batch_op.f("uq_annotation_events_document_id_layer_revision"), ["document_id", "layer", "revision"]
        )
        batch_op.create_unique_constraint(
            batch_op.f("uq_annotation_events_document_id_layer_token"), ["document_id", "layer", "token"]
        )
    with op.batch_alter_table("annotation_events", schema=None) as batch_op:
        batch_op.alter_column("layer", existing_type=sa.String(length=200), server_default=None)

    # The rows are few columns wide: copying them is the same on every database, changing a primary key is not.
    op.rename_table("labellings", "labellings_before")
    if op.get_context().dialect.name == "postgresql":  # where the names of constraints belong to the whole schema
        op.drop_constraint("pk_labellings", "labellings_before", type_="primary")
    op.create_table(
        "labellings",
        sa.Column("document_id", sa.Integer(), nullable=False),
        sa.Column("layer", sa.String(length=200), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("label", sa.String(length=60), nullable=True),
        sa.Column("spans", sa.JSON(), nullable=False),
        sa.Column("settled", sa.JSON(), nullable=False),
        sa.Column("undo", sa.JSON(), nullable=False),
        sa.Column("redo", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["document_id"], ["documents.id"], name=op.f("fk_labellings_document_id_documents"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("document_id", "layer", name=op.f("pk_labellings")),
    )
    op.execute(
        "INSERT INTO labellings (document_id, layer, revision, status, label, spans, settled, undo, redo) "
        "SELECT l.document_id, '', l.revision, d.status, d.label, l.spans, l.settled, l.undo, l.redo "
        "FROM labellings_before AS l JOIN documents AS d ON d.id = l.document_id"
    )
    op.drop_table("labellings_before")
    with op.batch_alter_table("labellings", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_labellings_layer_status"), ["layer", "status"], unique=False)


def downgrade() -> None:
    raise NotImplementedError("going back would throw away what people marked in their own layers")
