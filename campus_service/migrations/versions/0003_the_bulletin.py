"""The bulletin: newsroom, publications, readers; when a worker last looked at the clock."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from campus_service.migrations import seeds

revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    op.create_table('boards',
    sa.Column('code', sa.String(length=16), nullable=False),
    sa.Column('name', sa.String(length=60), nullable=False),
    sa.Column('place', sa.String(length=80), nullable=False),
    sa.Column('active', sa.Boolean(), server_default=sa.true(), nullable=False),
    sa.PrimaryKeyConstraint('code', name=op.f('pk_boards'))
    )
    op.create_table('read_marks',
    sa.Column('mark', sa.String(length=32), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.PrimaryKeyConstraint('mark', name=op.f('pk_read_marks'))
    )
    with op.batch_alter_table('read_marks', schema=None) as batch_op:
        batch_op.create_index('ix_read_marks_day', ['day'], unique=False)

    op.create_table('subscribers',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('email', sa.String(length=254), nullable=False),
    sa.Column('locale', sa.String(length=8), nullable=False),
    sa.Column('whole', sa.Boolean(), server_default=sa.false(), nullable=False),
    sa.Column('sections', sa.JSON(), nullable=False),
    sa.Column('token', sa.String(length=43), nullable=False),
    sa.Column('created_at', sa.DateTime(), nullable=False),
    sa.Column('confirmed_at', sa.DateTime(), nullable=True),
    sa.Column('ended_at', sa.DateTime(), nullable=True),
    sa.Column('ended_why', sa.String(length=16), nullable=False),
    sa.Column('asked_on', sa.Date(), nullable=True),
    sa.Column('asked', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_subscribers')),
    sa.UniqueConstraint('email', name=op.f('uq_subscribers_email')),
    sa.UniqueConstraint('token', name=op.f('uq_subscribers_token'))
    )
    op.create_table('worker_tick',
    sa.Column('id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('at', sa.DateTime(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_worker_tick'))
    )
    op.create_table('articles',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('state', sa.String(length=32), nullable=False),
    sa.Column('section', sa.String(length=32), nullable=False),
    sa.Column('title', sa.String(length=60), nullable=False),
    sa.Column('lede', sa.String(length=200), nullable=False),
    sa.Column('byline', sa.String(length=40), nullable=False),
    sa.Column('body', sa.Text(), nullable=False),
    sa.Column('event', sa.JSON(), nullable=True),
    sa.Column('cover_id', sa.Integer(), nullable=True),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.Column('writer_id', sa.Integer(), nullable=True),
    sa.Column('created_at', sa.DateTime(), nullable=False),
    sa.Column('updated_at', sa.DateTime(), nullable=False),
    sa.Column('submitted_at', sa.DateTime(), nullable=True),
    sa.Column('review_note', sa.String(length=1000), nullable=False),
    sa.Column('reviewed_by', sa.Integer(), nullable=True),
    sa.Column('approved_at', sa.DateTime(), nullable=True),
    sa.Column('approved_hash', sa.String(length=64), nullable=True),
    sa.Column('online_at', sa.DateTime(), nullable=True),
    sa.Column('pen_id', sa.Integer(), nullable=True),
    sa.Column('pen_window', sa.String(length=64), nullable=False),
    sa.Column('pen_until', sa.DateTime(), nullable=True),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.CheckConstraint("state NOT IN ('approved', 'online', 'bound') OR approved_hash IS NOT NULL", name=op.f('ck_articles_approved')),
    sa.ForeignKeyConstraint(['pen_id'], ['users.id'], name=op.f('fk_articles_pen_id')),
    sa.ForeignKeyConstraint(['reviewed_by'], ['users.id'], name=op.f('fk_articles_reviewed_by')),
    sa.ForeignKeyConstraint(['writer_id'], ['users.id'], name=op.f('fk_articles_writer_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_articles'))
    )
    with op.batch_alter_table('articles', schema=None) as batch_op:
        batch_op.create_index('ix_articles_desk', ['state', 'updated_at'], unique=False)
        batch_op.create_index('ix_articles_writer', ['writer_id', 'updated_at'], unique=False)

    op.create_table('issues',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=True),
    sa.Column('state', sa.String(length=32), nullable=False),
    sa.Column('title', sa.String(length=60), nullable=False),
    sa.Column('lede', sa.String(length=300), nullable=False),
    sa.Column('due_on', sa.Date(), nullable=True),
    sa.Column('created_at', sa.DateTime(), nullable=False),
    sa.Column('signed_by', sa.Integer(), nullable=True),
    sa.Column('signed_at', sa.DateTime(), nullable=True),
    sa.Column('signed_hash', sa.String(length=64), nullable=True),
    sa.Column('publish_at', sa.DateTime(), nullable=True),
    sa.Column('published_at', sa.DateTime(), nullable=True),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.CheckConstraint("(state = 'published') = (number IS NOT NULL)", name=op.f('ck_issues_number')),
    sa.ForeignKeyConstraint(['signed_by'], ['users.id'], name=op.f('fk_issues_signed_by')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_issues')),
    sa.UniqueConstraint('number', name=op.f('uq_issues_number'))
    )
    op.create_table('article_comments',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('article_id', sa.Integer(), nullable=False),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.Column('paragraph', sa.Integer(), nullable=False),
    sa.Column('quote', sa.String(length=120), nullable=False),
    sa.Column('body', sa.String(length=1000), nullable=False),
    sa.Column('by_id', sa.Integer(), nullable=False),
    sa.Column('at', sa.DateTime(), nullable=False),
    sa.Column('settled_at', sa.DateTime(), nullable=True),
    sa.Column('settled_by', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['article_id'], ['articles.id'], name=op.f('fk_article_comments_article_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['by_id'], ['users.id'], name=op.f('fk_article_comments_by_id')),
    sa.ForeignKeyConstraint(['settled_by'], ['users.id'], name=op.f('fk_article_comments_settled_by')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_article_comments'))
    )
    with op.batch_alter_table('article_comments', schema=None) as batch_op:
        batch_op.create_index('ix_article_comments_article_id', ['article_id'], unique=False)

    op.create_table('article_images',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('article_id', sa.Integer(), nullable=False),
    sa.Column('photo_key', sa.String(length=32), nullable=False),
    sa.Column('width', sa.Integer(), nullable=False),
    sa.Column('height', sa.Integer(), nullable=False),
    sa.Column('alt', sa.String(length=120), nullable=False),
    sa.Column('focal_x', sa.Integer(), nullable=False),
    sa.Column('focal_y', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['article_id'], ['articles.id'], name=op.f('fk_article_images_article_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_article_images')),
    sa.UniqueConstraint('photo_key', name=op.f('uq_article_images_photo_key'))
    )
    with op.batch_alter_table('article_images', schema=None) as batch_op:
        batch_op.create_index('ix_article_images_article_id', ['article_id'], unique=False)

    op.create_table('article_revisions',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('article_id', sa.Integer(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('base', sa.Integer(), nullable=False),
    sa.Column('origin', sa.String(length=32), nullable=False),
    sa.Column('section', sa.String(length=32), nullable=False),
    sa.Column('title', sa.String(length=60), nullable=False),
    sa.Column('lede', sa.String(length=200), nullable=False),
    sa.Column('byline', sa.String(length=40), nullable=False),
    sa.Column('body', sa.Text(), nullable=False),
    sa.Column('event', sa.JSON(), nullable=True),
    sa.Column('by_id', sa.Integer(), nullable=True),
    sa.Column('at', sa.DateTime(), nullable=False),
    sa.ForeignKeyConstraint(['article_id'], ['articles.id'], name=op.f('fk_article_revisions_article_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['by_id'], ['users.id'], name=op.f('fk_article_revisions_by_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_article_revisions')),
    sa.UniqueConstraint('article_id', 'number', name=op.f('uq_article_revisions_article_id_number'))
    )
    op.create_table('board_scans',
    sa.Column('board_code', sa.String(length=16), nullable=False),
    sa.Column('issue_id', sa.Integer(), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('count', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['board_code'], ['boards.code'], name=op.f('fk_board_scans_board_code')),
    sa.ForeignKeyConstraint(['issue_id'], ['issues.id'], name=op.f('fk_board_scans_issue_id')),
    sa.PrimaryKeyConstraint('board_code', 'issue_id', 'day', name=op.f('pk_board_scans'))
    )
    op.create_table('issue_slots',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('issue_id', sa.Integer(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('section', sa.String(length=32), nullable=False),
    sa.Column('topic', sa.String(length=60), nullable=False),
    sa.Column('writer_id', sa.Integer(), nullable=True),
    sa.Column('due_on', sa.Date(), nullable=True),
    sa.Column('article_id', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['article_id'], ['articles.id'], name=op.f('fk_issue_slots_article_id')),
    sa.ForeignKeyConstraint(['issue_id'], ['issues.id'], name=op.f('fk_issue_slots_issue_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['writer_id'], ['users.id'], name=op.f('fk_issue_slots_writer_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_issue_slots')),
    sa.UniqueConstraint('article_id', name=op.f('uq_issue_slots_article_id'))
    )
    with op.batch_alter_table('issue_slots', schema=None) as batch_op:
        batch_op.create_index('ix_issue_slots_issue_id', ['issue_id', 'position'], unique=False)

    op.create_table('publications',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('article_id', sa.Integer(), nullable=False),
    sa.Column('slug', sa.String(length=40), nullable=False),
    sa.Column('issue_id', sa.Integer(), nullable=True),
    sa.Column('position', sa.Integer(), nullable=True),
    sa.Column('section', sa.String(length=32), nullable=False),
    sa.Column('snapshot', sa.JSON(), nullable=False),
    sa.Column('hash', sa.String(length=64), nullable=False),
    sa.Column('title', sa.String(length=60), nullable=False),
    sa.Column('lede', sa.String(length=200), nullable=False),
    sa.Column('byline', sa.String(length=40), nullable=False),
    sa.Column('body', sa.Text(), nullable=False),
    sa.Column('html', sa.Text(), nullable=False),
    sa.Column('contents', sa.JSON(), nullable=False),
    sa.Column('letters', sa.Integer(), nullable=False),
    sa.Column('minutes', sa.Integer(), nullable=False),
    sa.Column('cover', sa.JSON(), nullable=True),
    sa.Column('published_at', sa.DateTime(), nullable=False),
    sa.Column('updated_at', sa.DateTime(), nullable=False),
    sa.CheckConstraint('(issue_id IS NULL) = (position IS NULL)', name=op.f('ck_publications_bound')),
    sa.ForeignKeyConstraint(['article_id'], ['articles.id'], name=op.f('fk_publications_article_id')),
    sa.ForeignKeyConstraint(['issue_id'], ['issues.id'], name=op.f('fk_publications_issue_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_publications')),
    sa.UniqueConstraint('article_id', name=op.f('uq_publications_article_id')),
    sa.UniqueConstraint('slug', name=op.f('uq_publications_slug'))
    )
    with op.batch_alter_table('publications', schema=None) as batch_op:
        batch_op.create_index('ix_publications_issue_id', ['issue_id', 'position'], unique=False)
        batch_op.create_index('ix_publications_published_at', ['published_at'], unique=False)
        batch_op.create_index('ix_publications_section', ['section', 'published_at'], unique=False)

    op.create_table('bulletin_events',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('uid', sa.String(length=80), nullable=False),
    sa.Column('publication_id', sa.Integer(), nullable=False),
    sa.Column('section', sa.String(length=32), nullable=False),
    sa.Column('title', sa.String(length=60), nullable=False),
    sa.Column('starts_at', sa.DateTime(), nullable=False),
    sa.Column('ends_at', sa.DateTime(), nullable=False),
    sa.Column('place', sa.String(length=80), nullable=False),
    sa.Column('organiser', sa.String(length=80), nullable=False),
    sa.Column('sequence', sa.Integer(), nullable=False),
    sa.Column('cancelled_at', sa.DateTime(), nullable=True),
    sa.Column('changed_at', sa.DateTime(), nullable=False),
    sa.ForeignKeyConstraint(['publication_id'], ['publications.id'], name=op.f('fk_bulletin_events_publication_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_bulletin_events')),
    sa.UniqueConstraint('publication_id', name=op.f('uq_bulletin_events_publication_id')),
    sa.UniqueConstraint('uid', name=op.f('uq_bulletin_events_uid'))
    )
    with op.batch_alter_table('bulletin_events', schema=None) as batch_op:
        batch_op.create_index('ix_bulletin_events_starts_at', ['starts_at'], unique=False)

    op.create_table('corrections',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('publication_id', sa.Integer(), nullable=False),
    sa.Column('wrong', sa.String(length=500), nullable=False),
    sa.Column('right', sa.String(length=500), nullable=False),
    sa.Column('note', sa.String(length=300), nullable=False),
    sa.Column('in_text', sa.Boolean(), server_default=sa.true(), nullable=False),
    sa.Column('by_id', sa.Integer(), nullable=True),
    sa.Column('at', sa.DateTime(), nullable=False),
    sa.ForeignKeyConstraint(['by_id'], ['users.id'], name=op.f('fk_corrections_by_id')),
    sa.ForeignKeyConstraint(['publication_id'], ['publications.id'], name=op.f('fk_corrections_publication_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_corrections'))
    )
    with op.batch_alter_table('corrections', schema=None) as batch_op:
        batch_op.create_index('ix_corrections_publication_id', ['publication_id'], unique=False)

    op.create_table('read_counts',
    sa.Column('publication_id', sa.Integer(), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('count', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['publication_id'], ['publications.id'], name=op.f('fk_read_counts_publication_id')),
    sa.PrimaryKeyConstraint('publication_id', 'day', name=op.f('pk_read_counts'))
    )
    op.create_table('mailings',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=32), nullable=False),
    sa.Column('issue_id', sa.Integer(), nullable=True),
    sa.Column('publication_id', sa.Integer(), nullable=True),
    sa.Column('correction_id', sa.Integer(), nullable=True),
    sa.Column('created_at', sa.DateTime(), nullable=False),
    sa.Column('paused_at', sa.DateTime(), nullable=True),
    sa.Column('finished_at', sa.DateTime(), nullable=True),
    sa.Column('total', sa.Integer(), nullable=False),
    sa.Column('trouble', sa.String(length=300), nullable=False),
    sa.ForeignKeyConstraint(['correction_id'], ['corrections.id'], name=op.f('fk_mailings_correction_id')),
    sa.ForeignKeyConstraint(['issue_id'], ['issues.id'], name=op.f('fk_mailings_issue_id')),
    sa.ForeignKeyConstraint(['publication_id'], ['publications.id'], name=op.f('fk_mailings_publication_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_mailings')),
    sa.UniqueConstraint('correction_id', name=op.f('uq_mailings_correction_id')),
    sa.UniqueConstraint('issue_id', name=op.f('uq_mailings_issue_id')),
    sa.UniqueConstraint('publication_id', name=op.f('uq_mailings_publication_id'))
    )
    op.create_table('deliveries',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('mailing_id', sa.Integer(), nullable=False),
    sa.Column('subscriber_id', sa.Integer(), nullable=False),
    sa.Column('whole', sa.Boolean(), nullable=False),
    sa.Column('sections', sa.JSON(), nullable=False),
    sa.Column('domain', sa.String(length=254), nullable=False),
    sa.Column('state', sa.String(length=32), nullable=False),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.Column('at', sa.DateTime(), nullable=True),
    sa.Column('error', sa.String(length=300), nullable=False),
    sa.CheckConstraint('attempts >= 0', name=op.f('ck_deliveries_attempts')),
    sa.ForeignKeyConstraint(['mailing_id'], ['mailings.id'], name=op.f('fk_deliveries_mailing_id')),
    sa.ForeignKeyConstraint(['subscriber_id'], ['subscribers.id'], name=op.f('fk_deliveries_subscriber_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_deliveries')),
    sa.UniqueConstraint('mailing_id', 'subscriber_id', name=op.f('uq_deliveries_mailing_id_subscriber_id'))
    )
    with op.batch_alter_table('deliveries', schema=None) as batch_op:
        batch_op.create_index('ix_deliveries_lately', ['at', 'domain'], unique=False)
        batch_op.create_index('ix_deliveries_queue', ['mailing_id', 'state', 'domain'], unique=False)
        batch_op.create_index('ix_deliveries_subscriber_id', ['subscriber_id'], unique=False)

    seeds.protect_publications(op.get_bind())


def downgrade() -> None:
    """Take back."""
    _forget_what_hangs_on_it()
    seeds.unprotect_publications(op.get_bind())
    with op.batch_alter_table('deliveries', schema=None) as batch_op:
        batch_op.drop_index('ix_deliveries_subscriber_id')
        batch_op.drop_index('ix_deliveries_queue')
        batch_op.drop_index('ix_deliveries_lately')

    op.drop_table('deliveries')
    op.drop_table('mailings')
    op.drop_table('read_counts')
    with op.batch_alter_table('corrections', schema=None) as batch_op:
        batch_op.drop_index('ix_corrections_publication_id')

    op.drop_table('corrections')
    with op.batch_alter_table('bulletin_events', schema=None) as batch_op:
        batch_op.drop_index('ix_bulletin_events_starts_at')

    op.drop_table('bulletin_events')
    with op.batch_alter_table('publications', schema=None) as batch_op:
        batch_op.drop_index('ix_publications_section')
        batch_op.drop_index('ix_publications_published_at')
        batch_op.drop_index('ix_publications_issue_id')

    op.drop_table('publications')
    with op.batch_alter_table('issue_slots', schema=None) as batch_op:
        batch_op.drop_index('ix_issue_slots_issue_id')

    op.drop_table('issue_slots')
    op.drop_table('board_scans')
    op.drop_table('article_revisions')
    with op.batch_alter_table('article_images', schema=None) as batch_op:
        batch_op.drop_index('ix_article_images_article_id')

    op.drop_table('article_images')
    with op.batch_alter_table('article_comments', schema=None) as batch_op:
        batch_op.drop_index('ix_article_comments_article_id')

    op.drop_table('article_comments')
    op.drop_table('issues')
    with op.batch_alter_table('articles', schema=None) as batch_op:
        batch_op.drop_index('ix_articles_writer')
        batch_op.drop_index('ix_articles_desk')

    op.drop_table('articles')
    op.drop_table('worker_tick')
    op.drop_table('subscribers')
    with op.batch_alter_table('read_marks', schema=None) as batch_op:
        batch_op.drop_index('ix_read_marks_day')

    op.drop_table('read_marks')
    op.drop_table('boards')


def _forget_what_hangs_on_it() -> None:
    """Jobs, notifications, search documents, numbers and roles of the bulletin; what is public of it is gone too."""
    for statement in (
        "DELETE FROM outbox WHERE name LIKE 'bulletin.%'",
        "DELETE FROM notifications WHERE kind LIKE 'article.%' OR kind LIKE 'issue.%'",
        "DELETE FROM notification_preferences WHERE \"group\" = 'newsroom'",
        "DELETE FROM search_documents WHERE kind IN ('article', 'event')",
        "DELETE FROM counters WHERE name LIKE 'bulletin.%'",
        "DELETE FROM role_grants WHERE role = 'writer'",
        "DELETE FROM done_once WHERE key LIKE 'article:%' OR key LIKE 'issue:%' OR key LIKE 'slot-%'",
        "UPDATE photos SET owner_type = NULL, owner_id = NULL, position = 0 WHERE owner_type = 'article_image'",
    ):
        op.execute(sa.text(statement))
