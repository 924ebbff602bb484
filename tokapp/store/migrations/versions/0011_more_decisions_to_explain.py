"""Decisions against another label and over the words of the sources; explanations so far are of neither."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_BEFORE = ("document_id", "model_id", "kind", "label", "span_start", "span_end")
_COLUMNS = {"against": ("", 60), "over": ("text", 10)}


def upgrade() -> None:
    with op.batch_alter_table("attributions", schema=None) as batch_op:
        for name, (value, length) in _COLUMNS.items():
            batch_op.add_column(sa.Column(name, sa.String(length=length), nullable=False, server_default=value))
        batch_op.drop_constraint(batch_op.f("_".join(("uq_attributions", *_BEFORE))), type_="unique")
        batch_op.create_unique_constraint(
            batch_op.f("_".join(("uq_attributions", *_BEFORE, *_COLUMNS))), [*_BEFORE, *_COLUMNS]
        )
    with op.batch_alter_table("attributions", schema=None) as batch_op:
        for name, (_, length) in _COLUMNS.items():
            batch_op.alter_column(name, existing_type=sa.String(length=length), server_default=None)


def downgrade() -> None:
    raise NotImplementedError("going back would mix up the reasons for different decisions")
