"""Moving in: files that staff bring in, their lines and refusals, kept mappings."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0004_moving'
down_revision = '0004_following'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    op.create_table('imports',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('by', sa.Integer(), nullable=False),
    sa.Column('at', sa.DateTime(), nullable=False),
    sa.Column('changed_at', sa.DateTime(), nullable=False),
    sa.Column('state', sa.String(length=32), nullable=False),
    sa.Column('name', sa.String(length=120), nullable=False),
    sa.Column('file', sa.String(length=32), nullable=False),
    sa.Column('size', sa.Integer(), nullable=False),
    sa.Column('how', sa.JSON(), nullable=False),
    sa.Column('sample', sa.JSON(), nullable=False),
    sa.Column('mapping', sa.JSON(), nullable=False),
    sa.Column('locale', sa.String(length=8), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('total', sa.Integer(), nullable=False),
    sa.Column('found', sa.Integer(), nullable=False),
    sa.Column('lost', sa.Integer(), nullable=False),
    sa.Column('refused', sa.Integer(), nullable=False),
    sa.Column('started_at', sa.DateTime(), nullable=True),
    sa.Column('trouble', sa.String(length=300), nullable=False),
    sa.ForeignKeyConstraint(['by'], ['users.id'], name=op.f('fk_imports_by')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_imports'))
    )
    with op.batch_alter_table('imports', schema=None) as batch_op:
        batch_op.create_index('ix_imports_changed', ['changed_at'], unique=False)

    op.create_table('import_mappings',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=40), nullable=False),
    sa.Column('mapping', sa.JSON(), nullable=False),
    sa.Column('by', sa.Integer(), nullable=False),
    sa.Column('at', sa.DateTime(), nullable=False),
    sa.ForeignKeyConstraint(['by'], ['users.id'], name=op.f('fk_import_mappings_by')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_import_mappings')),
    sa.UniqueConstraint('name', name=op.f('uq_import_mappings_name'))
    )
    op.create_table('imported_lines',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('import_id', sa.Integer(), nullable=False),
    sa.Column('line', sa.Integer(), nullable=False),
    sa.Column('item_id', sa.Integer(), nullable=True),
    sa.Column('report_id', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['import_id'], ['imports.id'], name=op.f('fk_imported_lines_import_id')),
    sa.ForeignKeyConstraint(['item_id'], ['found_items.id'], name=op.f('fk_imported_lines_item_id')),
    sa.ForeignKeyConstraint(['report_id'], ['lost_reports.id'], name=op.f('fk_imported_lines_report_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_imported_lines')),
    sa.UniqueConstraint('item_id', name=op.f('uq_imported_lines_item_id')),
    sa.UniqueConstraint('report_id', name=op.f('uq_imported_lines_report_id'))
    )
    with op.batch_alter_table('imported_lines', schema=None) as batch_op:
        batch_op.create_index('ix_imported_lines_import', ['import_id', 'id'], unique=False)

    op.create_table('import_refusals',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('import_id', sa.Integer(), nullable=False),
    sa.Column('line', sa.Integer(), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('cells', sa.JSON(), nullable=False),
    sa.ForeignKeyConstraint(['import_id'], ['imports.id'], name=op.f('fk_import_refusals_import_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_import_refusals'))
    )
    with op.batch_alter_table('import_refusals', schema=None) as batch_op:
        batch_op.create_index('ix_import_refusals_import', ['import_id', 'id'], unique=False)


def downgrade() -> None:
    """Take back; what was imported stays in the registry."""
    for statement in (
        "DELETE FROM outbox WHERE name LIKE 'lostfound.import%' OR name = 'lostfound.forget_imports'",
        "DELETE FROM counters WHERE name = 'lostfound.imports'",
    ):
        op.execute(sa.text(statement))
    with op.batch_alter_table('import_refusals', schema=None) as batch_op:
        batch_op.drop_index('ix_import_refusals_import')

    op.drop_table('import_refusals')
    with op.batch_alter_table('imported_lines', schema=None) as batch_op:
        batch_op.drop_index('ix_imported_lines_import')

    op.drop_table('imported_lines')
    op.drop_table('import_mappings')
    with op.batch_alter_table('imports', schema=None) as batch_op:
        batch_op.drop_index('ix_imports_changed')

    op.drop_table('imports')
