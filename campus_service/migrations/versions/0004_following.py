"""Kept searches, letters between finder and owner, copies of one's data and its deletion."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0004_following'
down_revision = '0004_figures'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables; a claim that is over knows since when."""
    op.add_column('claims', sa.Column('ended_at', sa.DateTime(), nullable=True))
    op.create_index('ix_claims_evidence', 'claims', ['ended_at'], unique=False, sqlite_where=sa.text("answer != ''"), postgresql_where=sa.text("answer != ''"))
    op.execute(sa.text(
        "UPDATE claims SET ended_at = decided_at WHERE state IN ('rejected', 'withdrawn', 'returned', 'expired')"
    ))
    op.create_table('contact_threads',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('report_no', sa.String(length=16), nullable=False),
    sa.Column('asker_id', sa.Integer(), nullable=False),
    sa.Column('poster_id', sa.Integer(), nullable=False),
    sa.Column('opened_at', sa.DateTime(), nullable=False),
    sa.Column('closed_at', sa.DateTime(), nullable=True),
    sa.Column('reported_at', sa.DateTime(), nullable=True),
    sa.Column('reported_by', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['asker_id'], ['users.id'], name=op.f('fk_contact_threads_asker_id')),
    sa.ForeignKeyConstraint(['poster_id'], ['users.id'], name=op.f('fk_contact_threads_poster_id')),
    sa.ForeignKeyConstraint(['reported_by'], ['users.id'], name=op.f('fk_contact_threads_reported_by')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_contact_threads')),
    sa.UniqueConstraint('report_no', 'asker_id', name='uq_contact_threads_once')
    )
    with op.batch_alter_table('contact_threads', schema=None) as batch_op:
        batch_op.create_index('ix_contact_threads_asker', ['asker_id', 'opened_at'], unique=False)
        batch_op.create_index('ix_contact_threads_poster', ['poster_id', 'opened_at'], unique=False)
        batch_op.create_index('ix_contact_threads_reported', ['reported_at'], unique=False)

    op.create_table('data_exports',
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('key', sa.String(length=32), nullable=False),
    sa.Column('asked_at', sa.DateTime(), nullable=False),
    sa.Column('ready_at', sa.DateTime(), nullable=True),
    sa.Column('expires_at', sa.DateTime(), nullable=False),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_data_exports_user_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('user_id', name=op.f('pk_data_exports')),
    sa.UniqueConstraint('key', name=op.f('uq_data_exports_key'))
    )
    op.create_table('erasures',
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('asked_at', sa.DateTime(), nullable=False),
    sa.Column('due_at', sa.DateTime(), nullable=False),
    sa.Column('done_at', sa.DateTime(), nullable=True),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_erasures_user_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('user_id', name=op.f('pk_erasures'))
    )
    op.create_table('saved_searches',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('query', sa.String(length=100), nullable=False),
    sa.Column('kind', sa.String(length=20), nullable=False),
    sa.Column('category', sa.String(length=32), nullable=False),
    sa.Column('area', sa.String(length=20), nullable=False),
    sa.Column('rhythm', sa.String(length=32), nullable=False),
    sa.Column('created_at', sa.DateTime(), nullable=False),
    sa.CheckConstraint('position BETWEEN 0 AND 19', name=op.f('ck_saved_searches_position')),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_saved_searches_user_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_saved_searches')),
    sa.UniqueConstraint('user_id', 'position', name='uq_saved_searches_position'),
    sa.UniqueConstraint('user_id', 'query', 'kind', 'category', 'area', name='uq_saved_searches_once')
    )
    with op.batch_alter_table('saved_searches', schema=None) as batch_op:
        batch_op.create_index('ix_saved_searches_filters', ['kind', 'category', 'area'], unique=False)

    op.create_table('contact_messages',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('thread_id', sa.Integer(), nullable=False),
    sa.Column('author_id', sa.Integer(), nullable=False),
    sa.Column('at', sa.DateTime(), nullable=False),
    sa.Column('body', sa.String(length=500), nullable=False),
    sa.ForeignKeyConstraint(['author_id'], ['users.id'], name=op.f('fk_contact_messages_author_id')),
    sa.ForeignKeyConstraint(['thread_id'], ['contact_threads.id'], name=op.f('fk_contact_messages_thread_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_contact_messages'))
    )
    with op.batch_alter_table('contact_messages', schema=None) as batch_op:
        batch_op.create_index('ix_contact_messages_thread', ['thread_id', 'id'], unique=False)

    op.create_table('saved_search_hits',
    sa.Column('search_id', sa.Integer(), nullable=False),
    sa.Column('document_id', sa.String(length=40), nullable=False),
    sa.Column('found_at', sa.DateTime(), nullable=False),
    sa.Column('told_at', sa.DateTime(), nullable=True),
    sa.ForeignKeyConstraint(['search_id'], ['saved_searches.id'], name=op.f('fk_saved_search_hits_search_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('search_id', 'document_id', name=op.f('pk_saved_search_hits'))
    )
    with op.batch_alter_table('saved_search_hits', schema=None) as batch_op:
        batch_op.create_index('ix_saved_search_hits_document', ['document_id'], unique=False)
        batch_op.create_index('ix_saved_search_hits_untold', ['search_id'], unique=False, sqlite_where=sa.text('told_at IS NULL'), postgresql_where=sa.text('told_at IS NULL'))



def downgrade() -> None:
    """Take the tables back, and what hangs on them."""
    for statement in (
        "DELETE FROM outbox WHERE name LIKE 'following.%' OR name LIKE 'privacy.%'",
        "DELETE FROM notifications WHERE kind LIKE 'following.%' OR kind LIKE 'privacy.%' OR kind LIKE 'contact.%'",
        "DELETE FROM notification_preferences WHERE \"group\" = 'following'",
    ):
        op.execute(sa.text(statement))
    with op.batch_alter_table('saved_search_hits', schema=None) as batch_op:
        batch_op.drop_index('ix_saved_search_hits_untold', sqlite_where=sa.text('told_at IS NULL'), postgresql_where=sa.text('told_at IS NULL'))
        batch_op.drop_index('ix_saved_search_hits_document')

    op.drop_table('saved_search_hits')
    with op.batch_alter_table('contact_messages', schema=None) as batch_op:
        batch_op.drop_index('ix_contact_messages_thread')

    op.drop_table('contact_messages')
    with op.batch_alter_table('saved_searches', schema=None) as batch_op:
        batch_op.drop_index('ix_saved_searches_filters')

    op.drop_table('saved_searches')
    op.drop_table('erasures')
    op.drop_table('data_exports')
    with op.batch_alter_table('contact_threads', schema=None) as batch_op:
        batch_op.drop_index('ix_contact_threads_reported')
        batch_op.drop_index('ix_contact_threads_poster')
        batch_op.drop_index('ix_contact_threads_asker')

    op.drop_table('contact_threads')
    op.drop_index('ix_claims_evidence', table_name='claims')
    # Not in a batch: SQLite would make the table anew, and pick-ups hang on it.
    op.drop_column('claims', 'ended_at')
