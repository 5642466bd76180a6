"""Figures of the registry, and finders who agreed to be thanked

Revision ID: 0004_figures
Revises: 0003
"""
import sqlalchemy as sa
from alembic import op

revision = '0004_figures'
down_revision = '0004_custody'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table('commendations',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('item_id', sa.Integer(), nullable=False),
    sa.Column('person_id', sa.Integer(), nullable=True),
    sa.Column('shown_as', sa.String(length=40), nullable=False),
    sa.Column('agreed_at', sa.DateTime(), nullable=False),
    sa.Column('agreed_via', sa.String(length=32), nullable=False),
    sa.Column('withdrawn_at', sa.DateTime(), nullable=True),
    sa.ForeignKeyConstraint(['item_id'], ['found_items.id'], name=op.f('fk_commendations_item_id')),
    sa.ForeignKeyConstraint(['person_id'], ['users.id'], name=op.f('fk_commendations_person_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_commendations')),
    sa.UniqueConstraint('item_id', name=op.f('uq_commendations_item_id'))
    )
    with op.batch_alter_table('commendations', schema=None) as batch_op:
        batch_op.create_index('ix_commendations_person_id', ['person_id'], unique=False)
    op.create_index('ix_found_items_figures', 'found_items', ['created_at', 'category', 'area', 'state', 'occurred_on', 'taken_in_at'], unique=False)
    op.create_index('ix_lost_reports_figures', 'lost_reports', ['created_at', 'category', 'state'], unique=False)


def downgrade() -> None:
    """Take back."""
    op.drop_index('ix_lost_reports_figures', table_name='lost_reports')
    op.drop_index('ix_found_items_figures', table_name='found_items')
    with op.batch_alter_table('commendations', schema=None) as batch_op:
        batch_op.drop_index('ix_commendations_person_id')
    op.drop_table('commendations')
