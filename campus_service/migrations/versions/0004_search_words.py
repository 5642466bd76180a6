"""Words of the search that staff add to the shipped ones."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0004_search_words'
down_revision = '0004_search'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table."""
    op.create_table('search_words',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('line', sa.String(length=200), nullable=False),
    sa.Column('note', sa.String(length=80), nullable=False),
    sa.Column('changed_at', sa.DateTime(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_search_words'))
    )


def downgrade() -> None:
    """Drop it."""
    op.drop_table('search_words')
