"""Matching: likely pairs, the words they are found by, what people's answers teach, photo prints."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0004_matching'
down_revision = '0004_labels'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    op.create_table('match_pairs',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('lost_id', sa.Integer(), nullable=False),
    sa.Column('found_id', sa.Integer(), nullable=False),
    sa.Column('state', sa.String(length=32), nullable=False),
    sa.Column('score', sa.Float(), nullable=False),
    sa.Column('reasons', sa.JSON(), nullable=False),
    sa.Column('created_at', sa.DateTime(), nullable=False),
    sa.Column('told_at', sa.DateTime(), nullable=True),
    sa.Column('decided_at', sa.DateTime(), nullable=True),
    sa.Column('decided_by', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['decided_by'], ['users.id'], name=op.f('fk_match_pairs_decided_by')),
    sa.ForeignKeyConstraint(['found_id'], ['found_items.id'], name=op.f('fk_match_pairs_found_id')),
    sa.ForeignKeyConstraint(['lost_id'], ['lost_reports.id'], name=op.f('fk_match_pairs_lost_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_match_pairs')),
    sa.UniqueConstraint('lost_id', 'found_id', name=op.f('uq_match_pairs_lost_id_found_id'))
    )
    with op.batch_alter_table('match_pairs', schema=None) as batch_op:
        batch_op.create_index('ix_match_pairs_found', ['found_id', 'state'], unique=False)

    op.create_table('match_terms',
    sa.Column('term', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('day', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('report', sa.Integer(), autoincrement=False, nullable=False),
    sa.PrimaryKeyConstraint('term', 'day', 'report', name=op.f('pk_match_terms')),
    sqlite_with_rowid=False
    )
    op.create_index('ix_match_terms_report', 'match_terms', ['report'], unique=False)
    op.create_table('match_counts',
    sa.Column('evidence', sa.String(length=20), nullable=False),
    sa.Column('confirmed', sa.Integer(), nullable=False),
    sa.Column('dismissed', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('evidence', name=op.f('pk_match_counts'))
    )
    op.create_table('photo_prints',
    sa.Column('key', sa.String(length=32), nullable=False),
    sa.Column('shape', sa.String(length=16), nullable=False),
    sa.Column('colours', sa.JSON(), nullable=False),
    sa.ForeignKeyConstraint(['key'], ['photos.key'], name=op.f('fk_photo_prints_key'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('key', name=op.f('pk_photo_prints'))
    )


def downgrade() -> None:
    """Drop them, and the notices that lead to them."""
    op.execute("DELETE FROM notifications WHERE kind = 'lost.match'")
    op.drop_table('photo_prints')
    op.drop_table('match_counts')
    op.drop_table('match_terms')
    op.drop_table('match_pairs')
