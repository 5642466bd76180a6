"""Labels for things: when each was last printed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0004_labels'
down_revision = '0003'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table."""
    op.create_table('printed_labels',
    sa.Column('item_id', sa.Integer(), nullable=False),
    sa.Column('at', sa.DateTime(), nullable=False),
    sa.ForeignKeyConstraint(['item_id'], ['found_items.id'], name=op.f('fk_printed_labels_item_id')),
    sa.PrimaryKeyConstraint('item_id', name=op.f('pk_printed_labels'))
    )


def downgrade() -> None:
    """Drop it."""
    op.drop_table('printed_labels')
