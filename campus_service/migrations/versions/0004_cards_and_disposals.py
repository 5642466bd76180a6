"""Campus cards, disposals with two signatures and their protocols, retention periods, monthly notices."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0004_cards_and_disposals'
down_revision = '0004_matching'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    op.create_table('public_notices',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('month', sa.String(length=7), nullable=False),
    sa.Column('published_at', sa.DateTime(), nullable=False),
    sa.Column('published_by', sa.Integer(), nullable=True),
    sa.Column('lines', sa.JSON(), nullable=False),
    sa.Column('counted', sa.JSON(), nullable=False),
    sa.ForeignKeyConstraint(['published_by'], ['users.id'], name=op.f('fk_public_notices_published_by')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_public_notices')),
    sa.UniqueConstraint('month', name=op.f('uq_public_notices_month'))
    )
    op.create_table('retention_rules',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('custody', sa.String(length=32), nullable=False),
    sa.Column('days', sa.Integer(), nullable=False),
    sa.Column('reason', sa.String(length=300), nullable=False),
    sa.Column('set_by', sa.Integer(), nullable=False),
    sa.Column('set_at', sa.DateTime(), nullable=False),
    sa.ForeignKeyConstraint(['set_by'], ['users.id'], name=op.f('fk_retention_rules_set_by')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_retention_rules'))
    )
    op.create_index('ix_retention_rules_custody', 'retention_rules', ['custody', 'id'], unique=False)
    op.create_table('protocols',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('no', sa.String(length=16), nullable=False),
    sa.Column('destination', sa.String(length=32), nullable=False),
    sa.Column('receiver', sa.String(length=60), nullable=False),
    sa.Column('receipt', sa.String(length=80), nullable=False),
    sa.Column('made_at', sa.DateTime(), nullable=False),
    sa.Column('made_by', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['made_by'], ['users.id'], name=op.f('fk_protocols_made_by')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_protocols')),
    sa.UniqueConstraint('no', name=op.f('uq_protocols_no'))
    )
    op.create_table('card_notices',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('item_id', sa.Integer(), nullable=False),
    sa.Column('number_hash', sa.String(length=64), nullable=False),
    sa.Column('state', sa.String(length=32), nullable=False),
    sa.Column('created_at', sa.DateTime(), nullable=False),
    sa.Column('told_at', sa.DateTime(), nullable=True),
    sa.ForeignKeyConstraint(['item_id'], ['found_items.id'], name=op.f('fk_card_notices_item_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_card_notices')),
    sa.UniqueConstraint('item_id', name=op.f('uq_card_notices_item_id'))
    )
    is_open = sa.text("state IN ('waiting', 'told')")
    op.create_index('uq_card_notices_open', 'card_notices', ['number_hash'], unique=True, sqlite_where=is_open, postgresql_where=is_open)
    op.create_table('disposals',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('item_id', sa.Integer(), nullable=False),
    sa.Column('destination', sa.String(length=32), nullable=False),
    sa.Column('reason', sa.String(length=300), nullable=False),
    sa.Column('proposed_by', sa.Integer(), nullable=False),
    sa.Column('proposed_at', sa.DateTime(), nullable=False),
    sa.Column('signed_by', sa.Integer(), nullable=True),
    sa.Column('signed_at', sa.DateTime(), nullable=True),
    sa.Column('withdrawn_at', sa.DateTime(), nullable=True),
    sa.Column('protocol_id', sa.Integer(), nullable=True),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.CheckConstraint('signed_by IS NULL OR signed_by != proposed_by', name=op.f('ck_disposals_two_persons')),
    sa.CheckConstraint('(signed_by IS NULL) = (signed_at IS NULL)', name=op.f('ck_disposals_signed')),
    sa.CheckConstraint("protocol_id IS NULL OR signed_by IS NOT NULL OR destination IN ('issuer', 'police', 'card_centre', 'clinic')", name=op.f('ck_disposals_left_signed')),
    sa.ForeignKeyConstraint(['item_id'], ['found_items.id'], name=op.f('fk_disposals_item_id')),
    sa.ForeignKeyConstraint(['proposed_by'], ['users.id'], name=op.f('fk_disposals_proposed_by')),
    sa.ForeignKeyConstraint(['protocol_id'], ['protocols.id'], name=op.f('fk_disposals_protocol_id')),
    sa.ForeignKeyConstraint(['signed_by'], ['users.id'], name=op.f('fk_disposals_signed_by')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_disposals'))
    )
    alive = sa.text('withdrawn_at IS NULL')
    op.create_index('uq_disposals_one_alive', 'disposals', ['item_id'], unique=True, sqlite_where=alive, postgresql_where=alive)
    op.create_index('ix_disposals_protocol', 'disposals', ['protocol_id'], unique=False)


def downgrade() -> None:
    """Drop the tables, and what hangs on them elsewhere; the things themselves stay."""
    for table in ('disposals', 'card_notices', 'protocols', 'retention_rules', 'public_notices'):
        op.drop_table(table)
    for statement in (
        "DELETE FROM outbox WHERE name = 'lostfound.notice'",
        "DELETE FROM notifications WHERE kind LIKE 'card.%'",
    ):
        op.execute(sa.text(statement))
