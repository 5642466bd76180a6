"""Custody: legs between desks with two signatures, differences, stock-takes, contents line by line."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = '0004_custody'
down_revision = '0004_cards_and_disposals'
branch_labels = None
depends_on = None

_OPEN_LEG = sa.text('received_at IS NULL AND taken_back_at IS NULL')
_OPEN_DIFFERENCE = sa.text('settled_at IS NULL AND leg_id IS NOT NULL')
_OPEN_TAKE = sa.text('closed_at IS NULL')


def upgrade() -> None:
    """Create the tables; what is on its way gets a leg, what bags hold gets lines."""
    op.create_table('custody_legs',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('item_id', sa.Integer(), nullable=False),
    sa.Column('from_desk', sa.String(length=20), nullable=False),
    sa.Column('to_desk', sa.String(length=20), nullable=False),
    sa.Column('given_by', sa.Integer(), nullable=False),
    sa.Column('given_at', sa.DateTime(), nullable=False),
    sa.Column('carried_by', sa.String(length=40), nullable=False),
    sa.Column('note', sa.String(length=200), nullable=False),
    sa.Column('due_at', sa.DateTime(), nullable=False),
    sa.Column('received_by', sa.Integer(), nullable=True),
    sa.Column('received_at', sa.DateTime(), nullable=True),
    sa.Column('arrival', sa.String(length=32), nullable=True),
    sa.Column('arrival_note', sa.String(length=200), nullable=False),
    sa.Column('taken_back_by', sa.Integer(), nullable=True),
    sa.Column('taken_back_at', sa.DateTime(), nullable=True),
    sa.Column('alarmed_at', sa.DateTime(), nullable=True),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.CheckConstraint('received_by IS NULL OR received_by != given_by', name=op.f('ck_custody_legs_two_signatures')),
    sa.CheckConstraint('(received_by IS NULL) = (received_at IS NULL)', name=op.f('ck_custody_legs_receipt_is_signed')),
    sa.ForeignKeyConstraint(['from_desk'], ['desks.code'], name=op.f('fk_custody_legs_from_desk')),
    sa.ForeignKeyConstraint(['given_by'], ['users.id'], name=op.f('fk_custody_legs_given_by')),
    sa.ForeignKeyConstraint(['item_id'], ['found_items.id'], name=op.f('fk_custody_legs_item_id')),
    sa.ForeignKeyConstraint(['received_by'], ['users.id'], name=op.f('fk_custody_legs_received_by')),
    sa.ForeignKeyConstraint(['taken_back_by'], ['users.id'], name=op.f('fk_custody_legs_taken_back_by')),
    sa.ForeignKeyConstraint(['to_desk'], ['desks.code'], name=op.f('fk_custody_legs_to_desk')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_custody_legs'))
    )
    with op.batch_alter_table('custody_legs', schema=None) as batch_op:
        batch_op.create_index('ix_custody_legs_due', ['due_at'], unique=False, sqlite_where=_OPEN_LEG, postgresql_where=_OPEN_LEG)
        batch_op.create_index('ix_custody_legs_item', ['item_id', 'id'], unique=False)
        batch_op.create_index('uq_custody_legs_one_open', ['item_id'], unique=True, sqlite_where=_OPEN_LEG, postgresql_where=_OPEN_LEG)

    op.create_table('stock_takes',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('desk_code', sa.String(length=20), nullable=False),
    sa.Column('shelf', sa.String(length=20), nullable=False),
    sa.Column('started_by', sa.Integer(), nullable=False),
    sa.Column('started_at', sa.DateTime(), nullable=False),
    sa.Column('closed_by', sa.Integer(), nullable=True),
    sa.Column('closed_at', sa.DateTime(), nullable=True),
    sa.Column('expected', sa.Integer(), nullable=True),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['closed_by'], ['users.id'], name=op.f('fk_stock_takes_closed_by')),
    sa.ForeignKeyConstraint(['desk_code'], ['desks.code'], name=op.f('fk_stock_takes_desk_code')),
    sa.ForeignKeyConstraint(['started_by'], ['users.id'], name=op.f('fk_stock_takes_started_by')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_stock_takes'))
    )
    with op.batch_alter_table('stock_takes', schema=None) as batch_op:
        batch_op.create_index('uq_stock_takes_one_open', ['desk_code', 'shelf'], unique=True, sqlite_where=_OPEN_TAKE, postgresql_where=_OPEN_TAKE)

    op.create_table('stock_counts',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('stock_take_id', sa.Integer(), nullable=False),
    sa.Column('item_id', sa.Integer(), nullable=False),
    sa.Column('shelf', sa.String(length=20), nullable=False),
    sa.Column('counted_by', sa.Integer(), nullable=False),
    sa.Column('counted_at', sa.DateTime(), nullable=False),
    sa.ForeignKeyConstraint(['counted_by'], ['users.id'], name=op.f('fk_stock_counts_counted_by')),
    sa.ForeignKeyConstraint(['item_id'], ['found_items.id'], name=op.f('fk_stock_counts_item_id')),
    sa.ForeignKeyConstraint(['stock_take_id'], ['stock_takes.id'], name=op.f('fk_stock_counts_stock_take_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_stock_counts')),
    sa.UniqueConstraint('stock_take_id', 'item_id', name=op.f('uq_stock_counts_stock_take_id_item_id'))
    )
    op.create_table('custody_differences',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('item_id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=32), nullable=False),
    sa.Column('leg_id', sa.Integer(), nullable=True),
    sa.Column('stock_take_id', sa.Integer(), nullable=True),
    sa.Column('opened_at', sa.DateTime(), nullable=False),
    sa.Column('opened_by', sa.Integer(), nullable=False),
    sa.Column('explanation', sa.String(length=32), nullable=True),
    sa.Column('note', sa.String(length=300), nullable=False),
    sa.Column('settled_at', sa.DateTime(), nullable=True),
    sa.Column('settled_by', sa.Integer(), nullable=True),
    sa.Column('settled_note', sa.String(length=300), nullable=False),
    sa.CheckConstraint('(leg_id IS NULL) != (stock_take_id IS NULL)', name=op.f('ck_custody_differences_one_source')),
    sa.ForeignKeyConstraint(['item_id'], ['found_items.id'], name=op.f('fk_custody_differences_item_id')),
    sa.ForeignKeyConstraint(['leg_id'], ['custody_legs.id'], name=op.f('fk_custody_differences_leg_id')),
    sa.ForeignKeyConstraint(['opened_by'], ['users.id'], name=op.f('fk_custody_differences_opened_by')),
    sa.ForeignKeyConstraint(['settled_by'], ['users.id'], name=op.f('fk_custody_differences_settled_by')),
    sa.ForeignKeyConstraint(['stock_take_id'], ['stock_takes.id'], name=op.f('fk_custody_differences_stock_take_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_custody_differences')),
    sa.UniqueConstraint('stock_take_id', 'item_id', name=op.f('uq_custody_differences_stock_take_id_item_id'))
    )
    with op.batch_alter_table('custody_differences', schema=None) as batch_op:
        batch_op.create_index('ix_custody_differences_item', ['item_id'], unique=False)
        batch_op.create_index('ix_custody_differences_open', ['settled_at', 'id'], unique=False)
        batch_op.create_index('uq_custody_differences_one_open_per_leg', ['leg_id'], unique=True, sqlite_where=_OPEN_DIFFERENCE, postgresql_where=_OPEN_DIFFERENCE)

    op.create_table('item_contents',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('item_id', sa.Integer(), nullable=False),
    sa.Column('line', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=32), nullable=False),
    sa.Column('what', sa.String(length=80), nullable=False),
    sa.Column('count', sa.Integer(), nullable=False),
    sa.Column('fen', sa.Integer(), nullable=True),
    sa.Column('seen_by', sa.Integer(), nullable=True),
    sa.Column('second_by', sa.Integer(), nullable=True),
    sa.Column('second_at', sa.DateTime(), nullable=True),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.CheckConstraint('second_by IS NULL OR second_by != seen_by', name=op.f('ck_item_contents_counted_by_two')),
    sa.ForeignKeyConstraint(['item_id'], ['found_items.id'], name=op.f('fk_item_contents_item_id')),
    sa.ForeignKeyConstraint(['second_by'], ['users.id'], name=op.f('fk_item_contents_second_by')),
    sa.ForeignKeyConstraint(['seen_by'], ['users.id'], name=op.f('fk_item_contents_seen_by')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_item_contents')),
    sa.UniqueConstraint('item_id', 'line', name=op.f('uq_item_contents_item_id_line'))
    )
    # Column by column: SQLite would make the table anew for a batch, and others refer to it.
    op.add_column('found_items', sa.Column('hand_in_desk', sa.String(length=20), nullable=True))
    op.add_column('found_items', sa.Column('log_by', sa.DateTime(), nullable=True))
    op.add_column('found_items', sa.Column('unlogged_told_at', sa.DateTime(), nullable=True))
    op.add_column('found_items', sa.Column('unlogged_security_at', sa.DateTime(), nullable=True))

    _give_legs_to_what_travels()
    _list_what_things_hold()


def _give_legs_to_what_travels() -> None:
    """Whoever sent it signed by that; the desk that it left is where the step before was made."""
    connection = op.get_bind()
    old = sa.MetaData()
    old.reflect(connection, only=['found_items', 'custody_events', 'custody_legs'])
    items, events = old.tables['found_items'], old.tables['custody_events']
    travelling = connection.execute(sa.select(items.c.id, items.c.desk_code).where(items.c.state == 'in_transit')).all()
    for item_id, to_desk in travelling:
        steps = connection.execute(sa.select(events).where(events.c.item_id == item_id).order_by(events.c.id.desc())).mappings().all()
        sent = next((n for n, step in enumerate(steps) if step['step'] == 'sent' and step['actor_id'] is not None), None)
        if sent is None:
            continue
        before = next((step['desk_code'] for step in steps[sent + 1:] if step['desk_code']), to_desk)
        leg: dict[str, Any] = {
            'item_id': item_id, 'from_desk': before, 'to_desk': to_desk, 'given_by': steps[sent]['actor_id'],
            'given_at': steps[sent]['at'], 'due_at': steps[sent]['at'] + timedelta(days=1),
            'carried_by': '', 'note': '', 'arrival_note': '', 'version': 1,
        }
        connection.execute(old.tables['custody_legs'].insert(), [leg])


def _list_what_things_hold() -> None:
    connection = op.get_bind()
    items = sa.table('found_items', sa.column('id', sa.Integer), sa.column('contents', sa.JSON))
    lines = sa.table('item_contents', *(sa.column(name) for name in ('item_id', 'line', 'kind', 'what', 'count', 'version')))
    rows = [
        {
            'item_id': item_id, 'line': n, 'kind': content['kind'], 'what': content.get('note', ''),
            'count': content.get('count', 1), 'version': 1,
        }
        for item_id, contents in connection.execute(sa.select(items.c.id, items.c.contents))
        for n, content in enumerate(contents or (), 1)
    ]
    if rows:
        connection.execute(lines.insert(), rows)


def downgrade() -> None:
    """Take back."""
    for statement in (
        "DELETE FROM outbox WHERE name = 'lostfound.watch'",
        "DELETE FROM notifications WHERE kind LIKE 'custody.%'",
    ):
        op.execute(sa.text(statement))
    for column in ('unlogged_security_at', 'unlogged_told_at', 'log_by', 'hand_in_desk'):
        op.drop_column('found_items', column)

    op.drop_table('item_contents')
    with op.batch_alter_table('custody_differences', schema=None) as batch_op:
        batch_op.drop_index('uq_custody_differences_one_open_per_leg')
        batch_op.drop_index('ix_custody_differences_open')
        batch_op.drop_index('ix_custody_differences_item')

    op.drop_table('custody_differences')
    op.drop_table('stock_counts')
    with op.batch_alter_table('stock_takes', schema=None) as batch_op:
        batch_op.drop_index('uq_stock_takes_one_open')

    op.drop_table('stock_takes')
    with op.batch_alter_table('custody_legs', schema=None) as batch_op:
        batch_op.drop_index('uq_custody_legs_one_open')
        batch_op.drop_index('ix_custody_legs_item')
        batch_op.drop_index('ix_custody_legs_due')

    op.drop_table('custody_legs')
