"""The first tables: accounts, sessions, jobs, audit log, photos, notifications, search, lost and found."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from campus_service.migrations import seeds

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create everything, with the rows that must be there and the audit log closed to changes."""
    op.create_table('audit_head',
    sa.Column('id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('seq', sa.BigInteger(), nullable=False),
    sa.Column('hash', sa.String(length=64), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_audit_head'))
    )
    op.create_table('audit_log',
    sa.Column('seq', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=False, nullable=False),
    sa.Column('at', sa.DateTime(), nullable=False),
    sa.Column('actor_id', sa.Integer(), nullable=True),
    sa.Column('actor_name', sa.String(length=80), nullable=False),
    sa.Column('action', sa.String(length=80), nullable=False),
    sa.Column('object_type', sa.String(length=40), nullable=False),
    sa.Column('object_id', sa.Integer(), nullable=True),
    sa.Column('before', sa.JSON(), nullable=False),
    sa.Column('after', sa.JSON(), nullable=False),
    sa.Column('previous', sa.String(length=64), nullable=False),
    sa.Column('hash', sa.String(length=64), nullable=False),
    sa.PrimaryKeyConstraint('seq', name=op.f('pk_audit_log'))
    )
    op.create_index('ix_audit_log_object', 'audit_log', ['object_type', 'object_id'], unique=False)
    op.create_table('counters',
    sa.Column('name', sa.String(length=40), nullable=False),
    sa.Column('value', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('name', name=op.f('pk_counters'))
    )
    op.create_table('demo_mails',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('to', sa.String(length=254), nullable=False),
    sa.Column('subject', sa.String(length=300), nullable=False),
    sa.Column('body', sa.Text(), nullable=False),
    sa.Column('created_at', sa.DateTime(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_demo_mails'))
    )
    op.create_table('departments',
    sa.Column('code', sa.String(length=32), nullable=False),
    sa.Column('name', sa.String(length=60), nullable=False),
    sa.Column('name_en', sa.String(length=80), nullable=False),
    sa.PrimaryKeyConstraint('code', name=op.f('pk_departments'))
    )
    op.create_table('desks',
    sa.Column('code', sa.String(length=20), nullable=False),
    sa.Column('name', sa.String(length=60), nullable=False),
    sa.Column('name_en', sa.String(length=80), nullable=False),
    sa.Column('place', sa.String(length=60), nullable=False),
    sa.Column('hours', sa.String(length=80), nullable=False),
    sa.Column('phone', sa.String(length=20), nullable=False),
    sa.Column('active', sa.Boolean(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('code', name=op.f('pk_desks'))
    )
    op.create_table('done_once',
    sa.Column('key', sa.String(length=120), nullable=False),
    sa.Column('result', sa.String(length=80), nullable=False),
    sa.Column('at', sa.DateTime(), nullable=False),
    sa.PrimaryKeyConstraint('key', name=op.f('pk_done_once'))
    )
    op.create_index('ix_done_once_at', 'done_once', ['at'], unique=False)
    op.create_table('outbox',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=60), nullable=False),
    sa.Column('payload', sa.JSON(), nullable=False),
    sa.Column('key', sa.String(length=120), nullable=True),
    sa.Column('state', sa.String(length=32), nullable=False),
    sa.Column('created_at', sa.DateTime(), nullable=False),
    sa.Column('due_at', sa.DateTime(), nullable=False),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.Column('locked_until', sa.DateTime(), nullable=True),
    sa.Column('last_error', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_outbox')),
    sa.UniqueConstraint('key', name=op.f('uq_outbox_key'))
    )
    op.create_index('ix_outbox_due', 'outbox', ['state', 'due_at'], unique=False)
    op.create_table('search_documents',
    sa.Column('id', sa.String(length=40), nullable=False),
    sa.Column('kind', sa.String(length=16), nullable=False),
    sa.Column('category', sa.String(length=40), nullable=False),
    sa.Column('status', sa.String(length=16), nullable=False),
    sa.Column('place', sa.String(length=20), nullable=False),
    sa.Column('day', sa.Integer(), nullable=False),
    sa.Column('sort', sa.Float(), nullable=False),
    sa.Column('title', sa.Text(), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('grams', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_search_documents'))
    )
    op.create_index('ix_search_documents_kind_sort', 'search_documents', ['kind', 'sort'], unique=False)
    op.create_table('users',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('student_no', sa.String(length=20), nullable=True),
    sa.Column('name', sa.String(length=40), nullable=False),
    sa.Column('email', sa.String(length=254), nullable=False),
    sa.Column('password_hash', sa.String(length=200), nullable=False),
    sa.Column('locale', sa.String(length=8), server_default='zh_CN', nullable=False),
    sa.Column('active', sa.Boolean(), server_default=sa.true(), nullable=False),
    sa.Column('created_at', sa.DateTime(), nullable=False),
    sa.Column('email_confirmed_at', sa.DateTime(), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_users')),
    sa.UniqueConstraint('email', name=op.f('uq_users_email')),
    sa.UniqueConstraint('student_no', name=op.f('uq_users_student_no'))
    )
    op.create_table('api_tokens',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('token_hash', sa.String(length=64), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=40), nullable=False),
    sa.Column('created_at', sa.DateTime(), nullable=False),
    sa.Column('last_used_at', sa.DateTime(), nullable=True),
    sa.Column('expires_at', sa.DateTime(), nullable=False),
    sa.Column('revoked_at', sa.DateTime(), nullable=True),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_api_tokens_user_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_api_tokens')),
    sa.UniqueConstraint('token_hash', name=op.f('uq_api_tokens_token_hash'))
    )
    op.create_index('ix_api_tokens_user_id', 'api_tokens', ['user_id'], unique=False)
    op.create_table('found_items',
    sa.Column('state', sa.String(length=32), nullable=False),
    sa.Column('custody', sa.String(length=32), nullable=False),
    sa.Column('over_500', sa.Boolean(), nullable=False),
    sa.Column('contents', sa.JSON(), nullable=False),
    sa.Column('question', sa.String(length=200), nullable=False),
    sa.Column('desk_code', sa.String(length=20), nullable=True),
    sa.Column('shelf', sa.String(length=20), nullable=False),
    sa.Column('finder_name', sa.String(length=40), nullable=False),
    sa.Column('taken_in_at', sa.DateTime(), nullable=True),
    sa.Column('notice_on', sa.Date(), nullable=True),
    sa.Column('due_on', sa.Date(), nullable=True),
    sa.Column('hand_in_by', sa.Date(), nullable=True),
    sa.Column('open_claims', sa.Integer(), nullable=False),
    sa.Column('hand_in_reminded_at', sa.DateTime(), nullable=True),
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('no', sa.String(length=16), nullable=False),
    sa.Column('title', sa.String(length=60), nullable=False),
    sa.Column('description', sa.Text(), nullable=False),
    sa.Column('category', sa.String(length=32), nullable=False),
    sa.Column('area', sa.String(length=20), nullable=False),
    sa.Column('place', sa.String(length=80), nullable=False),
    sa.Column('occurred_on', sa.Date(), nullable=False),
    sa.Column('day_part', sa.String(length=12), nullable=False),
    sa.Column('private_marks', sa.Text(), nullable=False),
    sa.Column('contact', sa.String(length=120), nullable=False),
    sa.Column('created_at', sa.DateTime(), nullable=False),
    sa.Column('updated_at', sa.DateTime(), nullable=False),
    sa.Column('listed', sa.Boolean(), nullable=False),
    sa.Column('listed_at', sa.DateTime(), nullable=False),
    sa.Column('cover', sa.String(length=32), nullable=False),
    sa.Column('source_ref', sa.String(length=60), nullable=True),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('reporter_id', sa.Integer(), nullable=True),
    sa.CheckConstraint("state != 'held' OR desk_code IS NOT NULL", name=op.f('ck_found_items_held_somewhere')),
    sa.ForeignKeyConstraint(['desk_code'], ['desks.code'], name=op.f('fk_found_items_desk_code')),
    sa.ForeignKeyConstraint(['reporter_id'], ['users.id'], name=op.f('fk_found_items_reporter_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_found_items')),
    sa.UniqueConstraint('no', name=op.f('uq_found_items_no')),
    sa.UniqueConstraint('source_ref', name=op.f('uq_found_items_source_ref'))
    )
    op.create_index('ix_found_items_area', 'found_items', ['area', 'listed_at', 'id'], unique=False, sqlite_where=sa.text("listed = 1"), postgresql_where=sa.text('listed'))
    op.create_index('ix_found_items_category', 'found_items', ['category', 'listed_at', 'id'], unique=False, sqlite_where=sa.text("listed = 1"), postgresql_where=sa.text('listed'))
    op.create_index('ix_found_items_desk', 'found_items', ['desk_code', 'state'], unique=False)
    op.create_index(op.f('ix_found_items_due_on'), 'found_items', ['due_on'], unique=False)
    op.create_index(op.f('ix_found_items_hand_in_by'), 'found_items', ['hand_in_by'], unique=False)
    op.create_index('ix_found_items_listed', 'found_items', ['listed_at', 'id'], unique=False, sqlite_where=sa.text("listed = 1"), postgresql_where=sa.text('listed'))
    op.create_index(op.f('ix_found_items_reporter_id'), 'found_items', ['reporter_id'], unique=False)
    op.create_index('ix_found_items_state', 'found_items', ['state', 'listed_at', 'id'], unique=False)
    op.create_table('lost_reports',
    sa.Column('state', sa.String(length=32), nullable=False),
    sa.Column('remind_on', sa.Date(), nullable=False),
    sa.Column('reminded_at', sa.DateTime(), nullable=True),
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('no', sa.String(length=16), nullable=False),
    sa.Column('title', sa.String(length=60), nullable=False),
    sa.Column('description', sa.Text(), nullable=False),
    sa.Column('category', sa.String(length=32), nullable=False),
    sa.Column('area', sa.String(length=20), nullable=False),
    sa.Column('place', sa.String(length=80), nullable=False),
    sa.Column('occurred_on', sa.Date(), nullable=False),
    sa.Column('day_part', sa.String(length=12), nullable=False),
    sa.Column('private_marks', sa.Text(), nullable=False),
    sa.Column('contact', sa.String(length=120), nullable=False),
    sa.Column('created_at', sa.DateTime(), nullable=False),
    sa.Column('updated_at', sa.DateTime(), nullable=False),
    sa.Column('listed', sa.Boolean(), nullable=False),
    sa.Column('listed_at', sa.DateTime(), nullable=False),
    sa.Column('cover', sa.String(length=32), nullable=False),
    sa.Column('source_ref', sa.String(length=60), nullable=True),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('reporter_id', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['reporter_id'], ['users.id'], name=op.f('fk_lost_reports_reporter_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_lost_reports')),
    sa.UniqueConstraint('no', name=op.f('uq_lost_reports_no')),
    sa.UniqueConstraint('source_ref', name=op.f('uq_lost_reports_source_ref'))
    )
    op.create_index('ix_lost_reports_area', 'lost_reports', ['area', 'listed_at', 'id'], unique=False, sqlite_where=sa.text("listed = 1"), postgresql_where=sa.text('listed'))
    op.create_index('ix_lost_reports_category', 'lost_reports', ['category', 'listed_at', 'id'], unique=False, sqlite_where=sa.text("listed = 1"), postgresql_where=sa.text('listed'))
    op.create_index('ix_lost_reports_listed', 'lost_reports', ['listed_at', 'id'], unique=False, sqlite_where=sa.text("listed = 1"), postgresql_where=sa.text('listed'))
    op.create_index(op.f('ix_lost_reports_remind_on'), 'lost_reports', ['remind_on'], unique=False)
    op.create_index(op.f('ix_lost_reports_reporter_id'), 'lost_reports', ['reporter_id'], unique=False)
    op.create_index('ix_lost_reports_state', 'lost_reports', ['state', 'listed_at', 'id'], unique=False)
    op.create_table('notification_preferences',
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('group', sa.String(length=32), nullable=False),
    sa.Column('mail', sa.Boolean(), nullable=False),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_notification_preferences_user_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('user_id', 'group', name=op.f('pk_notification_preferences'))
    )
    op.create_table('notifications',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=60), nullable=False),
    sa.Column('params', sa.JSON(), nullable=False),
    sa.Column('link', sa.String(length=200), nullable=False),
    sa.Column('created_at', sa.DateTime(), nullable=False),
    sa.Column('read_at', sa.DateTime(), nullable=True),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_notifications_user_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_notifications'))
    )
    op.create_index('ix_notifications_unread', 'notifications', ['user_id'], unique=False, sqlite_where=sa.text('read_at IS NULL'), postgresql_where=sa.text('read_at IS NULL'))
    op.create_index('ix_notifications_user', 'notifications', ['user_id', 'id'], unique=False)
    op.create_table('one_time_links',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('token_hash', sa.String(length=64), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('purpose', sa.String(length=32), nullable=False),
    sa.Column('expires_at', sa.DateTime(), nullable=False),
    sa.Column('used_at', sa.DateTime(), nullable=True),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_one_time_links_user_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_one_time_links')),
    sa.UniqueConstraint('token_hash', name=op.f('uq_one_time_links_token_hash'))
    )
    op.create_index('ix_one_time_links_user_id', 'one_time_links', ['user_id'], unique=False)
    op.create_table('photos',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('key', sa.String(length=32), nullable=False),
    sa.Column('width', sa.Integer(), nullable=False),
    sa.Column('height', sa.Integer(), nullable=False),
    sa.Column('w320', sa.Integer(), nullable=False),
    sa.Column('h320', sa.Integer(), nullable=False),
    sa.Column('w2048', sa.Integer(), nullable=False),
    sa.Column('h2048', sa.Integer(), nullable=False),
    sa.Column('colour', sa.String(length=7), nullable=False),
    sa.Column('uploaded_by', sa.Integer(), nullable=True),
    sa.Column('created_at', sa.DateTime(), nullable=False),
    sa.Column('owner_type', sa.String(length=40), nullable=True),
    sa.Column('owner_id', sa.Integer(), nullable=True),
    sa.Column('position', sa.Integer(), server_default='0', nullable=False),
    sa.Column('private', sa.Boolean(), server_default=sa.false(), nullable=False),
    sa.CheckConstraint('(owner_type IS NULL) = (owner_id IS NULL)', name=op.f('ck_photos_owner')),
    sa.CheckConstraint('position BETWEEN 0 AND 5', name=op.f('ck_photos_position')),
    sa.ForeignKeyConstraint(['uploaded_by'], ['users.id'], name=op.f('fk_photos_uploaded_by')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_photos')),
    sa.UniqueConstraint('key', name=op.f('uq_photos_key'))
    )
    op.create_index('ix_photos_unattached', 'photos', ['created_at'], unique=False, sqlite_where=sa.text('owner_type IS NULL'), postgresql_where=sa.text('owner_type IS NULL'))
    op.create_index('uq_photos_owner', 'photos', ['owner_type', 'owner_id', 'position'], unique=True)
    op.create_table('role_grants',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('role', sa.String(length=32), nullable=False),
    sa.Column('department_code', sa.String(length=32), nullable=True),
    sa.ForeignKeyConstraint(['department_code'], ['departments.code'], name=op.f('fk_role_grants_department_code')),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_role_grants_user_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_role_grants'))
    )
    op.create_index('uq_role_grants_department', 'role_grants', ['user_id', 'role', 'department_code'], unique=True)
    op.create_index('uq_role_grants_plain', 'role_grants', ['user_id', 'role'], unique=True, sqlite_where=sa.text('department_code IS NULL'), postgresql_where=sa.text('department_code IS NULL'))
    op.create_table('sign_ins',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('token_hash', sa.String(length=64), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(), nullable=False),
    sa.Column('last_seen_at', sa.DateTime(), nullable=False),
    sa.Column('expires_at', sa.DateTime(), nullable=False),
    sa.Column('ended_at', sa.DateTime(), nullable=True),
    sa.Column('device', sa.String(length=60), nullable=False),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_sign_ins_user_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_sign_ins')),
    sa.UniqueConstraint('token_hash', name=op.f('uq_sign_ins_token_hash'))
    )
    op.create_index('ix_sign_ins_user_id', 'sign_ins', ['user_id'], unique=False)
    op.create_table('claims',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('item_id', sa.Integer(), nullable=False),
    sa.Column('claimant_id', sa.Integer(), nullable=False),
    sa.Column('state', sa.String(length=32), nullable=False),
    sa.Column('question', sa.String(length=200), nullable=False),
    sa.Column('answer', sa.Text(), nullable=False),
    sa.Column('when_where', sa.String(length=200), nullable=False),
    sa.Column('submitted_at', sa.DateTime(), nullable=False),
    sa.Column('decided_at', sa.DateTime(), nullable=True),
    sa.Column('decided_by', sa.Integer(), nullable=True),
    sa.Column('reason', sa.String(length=300), nullable=False),
    sa.Column('appeal', sa.Text(), nullable=False),
    sa.Column('appealed_at', sa.DateTime(), nullable=True),
    sa.Column('code_nonce', sa.String(length=32), nullable=False),
    sa.Column('code_expires_at', sa.DateTime(), nullable=True),
    sa.Column('slot_at', sa.DateTime(), nullable=True),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['claimant_id'], ['users.id'], name=op.f('fk_claims_claimant_id')),
    sa.ForeignKeyConstraint(['decided_by'], ['users.id'], name=op.f('fk_claims_decided_by')),
    sa.ForeignKeyConstraint(['item_id'], ['found_items.id'], name=op.f('fk_claims_item_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_claims'))
    )
    op.create_index('ix_claims_claimant', 'claims', ['claimant_id', 'submitted_at'], unique=False)
    op.create_index(op.f('ix_claims_item_id'), 'claims', ['item_id'], unique=False)
    op.create_index('ix_claims_state', 'claims', ['state', 'id'], unique=False)
    op.create_index('uq_claims_one_alive', 'claims', ['item_id', 'claimant_id'], unique=True, sqlite_where=sa.text("state IN ('submitted', 'appealed', 'approved')"), postgresql_where=sa.text("state IN ('submitted', 'appealed', 'approved')"))
    op.create_index('uq_claims_one_approved', 'claims', ['item_id'], unique=True, sqlite_where=sa.text("state IN ('approved', 'returned')"), postgresql_where=sa.text("state IN ('approved', 'returned')"))
    op.create_table('custody_events',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('item_id', sa.Integer(), nullable=False),
    sa.Column('at', sa.DateTime(), nullable=False),
    sa.Column('actor_id', sa.Integer(), nullable=True),
    sa.Column('step', sa.String(length=20), nullable=False),
    sa.Column('desk_code', sa.String(length=20), nullable=True),
    sa.Column('shelf', sa.String(length=20), nullable=False),
    sa.Column('note', sa.String(length=200), nullable=False),
    sa.ForeignKeyConstraint(['actor_id'], ['users.id'], name=op.f('fk_custody_events_actor_id')),
    sa.ForeignKeyConstraint(['desk_code'], ['desks.code'], name=op.f('fk_custody_events_desk_code')),
    sa.ForeignKeyConstraint(['item_id'], ['found_items.id'], name=op.f('fk_custody_events_item_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_custody_events'))
    )
    op.create_index('ix_custody_events_item', 'custody_events', ['item_id', 'id'], unique=False)
    op.create_table('pickups',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('claim_id', sa.Integer(), nullable=False),
    sa.Column('opened_at', sa.DateTime(), nullable=False),
    sa.Column('opened_by', sa.Integer(), nullable=False),
    sa.Column('id_type', sa.String(length=20), nullable=False),
    sa.Column('id_last4', sa.String(length=4), nullable=False),
    sa.Column('id_checked_at', sa.DateTime(), nullable=True),
    sa.Column('id_checked_by', sa.Integer(), nullable=True),
    sa.Column('confirmed_at', sa.DateTime(), nullable=True),
    sa.Column('confirmed_via', sa.String(length=10), nullable=False),
    sa.Column('aborted_at', sa.DateTime(), nullable=True),
    sa.Column('abort_reason', sa.String(length=200), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['claim_id'], ['claims.id'], name=op.f('fk_pickups_claim_id')),
    sa.ForeignKeyConstraint(['id_checked_by'], ['users.id'], name=op.f('fk_pickups_id_checked_by')),
    sa.ForeignKeyConstraint(['opened_by'], ['users.id'], name=op.f('fk_pickups_opened_by')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_pickups'))
    )
    op.create_index('uq_pickups_one_open', 'pickups', ['claim_id'], unique=True, sqlite_where=sa.text('aborted_at IS NULL'), postgresql_where=sa.text('aborted_at IS NULL'))
    op.create_table('returns',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('item_id', sa.Integer(), nullable=False),
    sa.Column('claim_id', sa.Integer(), nullable=False),
    sa.Column('pickup_id', sa.Integer(), nullable=False),
    sa.Column('officer_id', sa.Integer(), nullable=False),
    sa.Column('returned_at', sa.DateTime(), nullable=False),
    sa.ForeignKeyConstraint(['claim_id'], ['claims.id'], name=op.f('fk_returns_claim_id')),
    sa.ForeignKeyConstraint(['item_id'], ['found_items.id'], name=op.f('fk_returns_item_id')),
    sa.ForeignKeyConstraint(['officer_id'], ['users.id'], name=op.f('fk_returns_officer_id')),
    sa.ForeignKeyConstraint(['pickup_id'], ['pickups.id'], name=op.f('fk_returns_pickup_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_returns')),
    sa.UniqueConstraint('claim_id', name=op.f('uq_returns_claim_id')),
    sa.UniqueConstraint('item_id', name=op.f('uq_returns_item_id')),
    sa.UniqueConstraint('pickup_id', name=op.f('uq_returns_pickup_id'))
    )
    seeds.fill(op.get_bind())
    seeds.protect_audit_log(op.get_bind())


def downgrade() -> None:
    """Drop everything."""
    seeds.unprotect_audit_log(op.get_bind())
    op.drop_table('returns')
    op.drop_index('uq_pickups_one_open', table_name='pickups', sqlite_where=sa.text('aborted_at IS NULL'), postgresql_where=sa.text('aborted_at IS NULL'))
    op.drop_table('pickups')
    op.drop_index('ix_custody_events_item', table_name='custody_events')
    op.drop_table('custody_events')
    op.drop_index('uq_claims_one_approved', table_name='claims', sqlite_where=sa.text("state IN ('approved', 'returned')"), postgresql_where=sa.text("state IN ('approved', 'returned')"))
    op.drop_index('uq_claims_one_alive', table_name='claims', sqlite_where=sa.text("state IN ('submitted', 'appealed', 'approved')"), postgresql_where=sa.text("state IN ('submitted', 'appealed', 'approved')"))
    op.drop_index('ix_claims_state', table_name='claims')
    op.drop_index(op.f('ix_claims_item_id'), table_name='claims')
    op.drop_index('ix_claims_claimant', table_name='claims')
    op.drop_table('claims')
    op.drop_index('ix_sign_ins_user_id', table_name='sign_ins')
    op.drop_table('sign_ins')
    op.drop_index('uq_role_grants_plain', table_name='role_grants', sqlite_where=sa.text('department_code IS NULL'), postgresql_where=sa.text('department_code IS NULL'))
    op.drop_index('uq_role_grants_department', table_name='role_grants')
    op.drop_table('role_grants')
    op.drop_index('uq_photos_owner', table_name='photos')
    op.drop_index('ix_photos_unattached', table_name='photos', sqlite_where=sa.text('owner_type IS NULL'), postgresql_where=sa.text('owner_type IS NULL'))
    op.drop_table('photos')
    op.drop_index('ix_one_time_links_user_id', table_name='one_time_links')
    op.drop_table('one_time_links')
    op.drop_index('ix_notifications_user', table_name='notifications')
    op.drop_index('ix_notifications_unread', table_name='notifications', sqlite_where=sa.text('read_at IS NULL'), postgresql_where=sa.text('read_at IS NULL'))
    op.drop_table('notifications')
    op.drop_table('notification_preferences')
    op.drop_index('ix_lost_reports_state', table_name='lost_reports')
    op.drop_index(op.f('ix_lost_reports_reporter_id'), table_name='lost_reports')
    op.drop_index(op.f('ix_lost_reports_remind_on'), table_name='lost_reports')
    op.drop_index('ix_lost_reports_listed', table_name='lost_reports', sqlite_where=sa.text("listed = 1"), postgresql_where=sa.text('listed'))
    op.drop_index('ix_lost_reports_category', table_name='lost_reports', sqlite_where=sa.text("listed = 1"), postgresql_where=sa.text('listed'))
    op.drop_index('ix_lost_reports_area', table_name='lost_reports', sqlite_where=sa.text("listed = 1"), postgresql_where=sa.text('listed'))
    op.drop_table('lost_reports')
    op.drop_index('ix_found_items_state', table_name='found_items')
    op.drop_index(op.f('ix_found_items_reporter_id'), table_name='found_items')
    op.drop_index('ix_found_items_listed', table_name='found_items', sqlite_where=sa.text("listed = 1"), postgresql_where=sa.text('listed'))
    op.drop_index(op.f('ix_found_items_hand_in_by'), table_name='found_items')
    op.drop_index(op.f('ix_found_items_due_on'), table_name='found_items')
    op.drop_index('ix_found_items_desk', table_name='found_items')
    op.drop_index('ix_found_items_category', table_name='found_items', sqlite_where=sa.text("listed = 1"), postgresql_where=sa.text('listed'))
    op.drop_index('ix_found_items_area', table_name='found_items', sqlite_where=sa.text("listed = 1"), postgresql_where=sa.text('listed'))
    op.drop_table('found_items')
    op.drop_index('ix_api_tokens_user_id', table_name='api_tokens')
    op.drop_table('api_tokens')
    op.drop_table('users')
    op.drop_index('ix_search_documents_kind_sort', table_name='search_documents')
    op.drop_table('search_documents')
    op.drop_index('ix_outbox_due', table_name='outbox')
    op.drop_table('outbox')
    op.drop_index('ix_done_once_at', table_name='done_once')
    op.drop_table('done_once')
    op.drop_table('desks')
    op.drop_table('departments')
    op.drop_table('demo_mails')
    op.drop_table('counters')
    op.drop_index('ix_audit_log_object', table_name='audit_log')
    op.drop_table('audit_log')
    op.drop_table('audit_head')
