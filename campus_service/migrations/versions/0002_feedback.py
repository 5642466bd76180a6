"""The feedback inbox, its routing and figures; the service guide; webhooks and inbound mail."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from campus_service.migrations import seeds

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    op.create_table('calendar_days',
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('working', sa.Boolean(), nullable=False),
    sa.Column('reason', sa.String(length=60), nullable=False),
    sa.PrimaryKeyConstraint('day', name=op.f('pk_calendar_days'))
    )
    op.create_table('calendar_head',
    sa.Column('id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('stamp', sa.String(length=16), nullable=False),
    sa.Column('years', sa.JSON(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_calendar_head'))
    )
    seeds.fill_calendar(op.get_bind())

    op.create_table('inbound_mails',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('address', sa.String(length=320), nullable=False),
    sa.Column('message_hash', sa.String(length=64), nullable=False),
    sa.Column('received_at', sa.DateTime(), nullable=False),
    sa.Column('senderless', sa.Boolean(), nullable=False),
    sa.Column('raw', sa.LargeBinary(), nullable=True),
    sa.Column('body', sa.Text(), nullable=False),
    sa.Column('automatic', sa.Boolean(), nullable=False),
    sa.Column('handled_at', sa.DateTime(), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_inbound_mails')),
    sa.UniqueConstraint('address', 'message_hash', name='uq_inbound_mails_message')
    )
    with op.batch_alter_table('inbound_mails', schema=None) as batch_op:
        batch_op.create_index('ix_inbound_mails_received_at', ['received_at'], unique=False)

    op.create_table('routing_models',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('trained_at', sa.DateTime(), nullable=False),
    sa.Column('samples', sa.Integer(), nullable=False),
    sa.Column('figures', sa.JSON(), nullable=False),
    sa.Column('weights', sa.LargeBinary(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_routing_models'))
    )
    op.create_table('answer_templates',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('department_code', sa.String(length=32), nullable=True),
    sa.Column('name', sa.String(length=60), nullable=False),
    sa.Column('body', sa.Text(), nullable=False),
    sa.Column('updated_at', sa.DateTime(), nullable=False),
    sa.ForeignKeyConstraint(['department_code'], ['departments.code'], name=op.f('fk_answer_templates_department_code')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_answer_templates'))
    )
    with op.batch_alter_table('answer_templates', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_answer_templates_department_code'), ['department_code'], unique=False)

    op.create_table('cases',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('no', sa.String(length=16), nullable=False),
    sa.Column('kind', sa.String(length=32), nullable=False),
    sa.Column('title', sa.String(length=60), nullable=False),
    sa.Column('body', sa.Text(), nullable=False),
    sa.Column('area', sa.String(length=20), nullable=False),
    sa.Column('place', sa.String(length=80), nullable=False),
    sa.Column('lat', sa.Double(), nullable=True),
    sa.Column('long', sa.Double(), nullable=True),
    sa.Column('channel', sa.String(length=32), nullable=False),
    sa.Column('service_code', sa.String(length=32), nullable=True),
    sa.Column('state', sa.String(length=32), nullable=False),
    sa.Column('is_open', sa.Boolean(), nullable=False),
    sa.Column('urgent', sa.Boolean(), nullable=False),
    sa.Column('anonymous', sa.Boolean(), nullable=False),
    sa.Column('sender_id', sa.Integer(), nullable=True),
    sa.Column('caller_name', sa.String(length=40), nullable=False),
    sa.Column('caller_contact', sa.String(length=120), nullable=False),
    sa.Column('receipt_lookup', sa.String(length=64), nullable=True),
    sa.Column('receipt_hash', sa.String(length=200), nullable=False),
    sa.Column('confidential', sa.Boolean(), nullable=False),
    sa.Column('accused_department', sa.String(length=32), nullable=True),
    sa.Column('department_code', sa.String(length=32), nullable=True),
    sa.Column('first_department', sa.String(length=32), nullable=True),
    sa.Column('offered_to', sa.String(length=32), nullable=True),
    sa.Column('assignee_id', sa.Integer(), nullable=True),
    sa.Column('accepted_at', sa.DateTime(), nullable=True),
    sa.Column('route_how', sa.String(length=32), nullable=True),
    sa.Column('routed_to', sa.String(length=32), nullable=True),
    sa.Column('route_confidence', sa.Double(), nullable=True),
    sa.Column('route_why', sa.JSON(), nullable=False),
    sa.Column('accept_due_at', sa.DateTime(), nullable=True),
    sa.Column('answer_due_at', sa.DateTime(), nullable=True),
    sa.Column('next_due_at', sa.DateTime(), nullable=True),
    sa.Column('next_clock', sa.String(length=32), nullable=True),
    sa.Column('clock_lines', sa.JSON(), nullable=False),
    sa.Column('calendar_version', sa.Integer(), nullable=False),
    sa.Column('paused', sa.Boolean(), nullable=False),
    sa.Column('escalation', sa.Integer(), nullable=False),
    sa.Column('answered_at', sa.DateTime(), nullable=True),
    sa.Column('answered_by', sa.Integer(), nullable=True),
    sa.Column('outcome', sa.String(length=32), nullable=True),
    sa.Column('outcome_detail', sa.String(length=200), nullable=False),
    sa.Column('closed_at', sa.DateTime(), nullable=True),
    sa.Column('solved', sa.Boolean(), nullable=True),
    sa.Column('rating', sa.Integer(), nullable=True),
    sa.Column('rating_text', sa.String(length=300), nullable=False),
    sa.Column('rated_at', sa.DateTime(), nullable=True),
    sa.Column('reopened_at', sa.DateTime(), nullable=True),
    sa.Column('parent_id', sa.Integer(), nullable=True),
    sa.Column('merged_into_id', sa.Integer(), nullable=True),
    sa.Column('consent', sa.Boolean(), nullable=False),
    sa.Column('publicity', sa.String(length=32), nullable=False),
    sa.Column('flags', sa.JSON(), nullable=False),
    sa.Column('followers', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(), nullable=False),
    sa.Column('updated_at', sa.DateTime(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.CheckConstraint('NOT (anonymous AND sender_id IS NOT NULL)', name=op.f('ck_cases_anonymous_is_nobody')),
    sa.ForeignKeyConstraint(['accused_department'], ['departments.code'], name=op.f('fk_cases_accused_department')),
    sa.ForeignKeyConstraint(['answered_by'], ['users.id'], name=op.f('fk_cases_answered_by')),
    sa.ForeignKeyConstraint(['assignee_id'], ['users.id'], name=op.f('fk_cases_assignee_id')),
    sa.ForeignKeyConstraint(['department_code'], ['departments.code'], name=op.f('fk_cases_department_code')),
    sa.ForeignKeyConstraint(['first_department'], ['departments.code'], name=op.f('fk_cases_first_department')),
    sa.ForeignKeyConstraint(['merged_into_id'], ['cases.id'], name=op.f('fk_cases_merged_into_id')),
    sa.ForeignKeyConstraint(['offered_to'], ['departments.code'], name=op.f('fk_cases_offered_to')),
    sa.ForeignKeyConstraint(['parent_id'], ['cases.id'], name=op.f('fk_cases_parent_id')),
    sa.ForeignKeyConstraint(['sender_id'], ['users.id'], name=op.f('fk_cases_sender_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_cases')),
    sa.UniqueConstraint('no', name=op.f('uq_cases_no')),
    sa.UniqueConstraint('receipt_lookup', name=op.f('uq_cases_receipt_lookup'))
    )
    with op.batch_alter_table('cases', schema=None) as batch_op:
        batch_op.create_index('ix_cases_answered', ['answered_at'], unique=False, sqlite_where=sa.text('answered_at IS NOT NULL'), postgresql_where=sa.text('answered_at IS NOT NULL'))
        batch_op.create_index('ix_cases_assignee', ['assignee_id', 'next_due_at', 'id'], unique=False, sqlite_where=sa.text('is_open = 1'), postgresql_where=sa.text('is_open'))
        batch_op.create_index('ix_cases_created', ['created_at', 'id'], unique=False)
        batch_op.create_index('ix_cases_department', ['department_code', 'created_at', 'id'], unique=False)
        batch_op.create_index('ix_cases_flagged', ['id'], unique=False, sqlite_where=sa.text("publicity = 'flagged'"), postgresql_where=sa.text("publicity = 'flagged'"))
        batch_op.create_index('ix_cases_inbox', ['department_code', 'next_due_at', 'id'], unique=False, sqlite_where=sa.text('is_open = 1'), postgresql_where=sa.text('is_open'))
        batch_op.create_index(batch_op.f('ix_cases_merged_into_id'), ['merged_into_id'], unique=False)
        batch_op.create_index('ix_cases_offered', ['offered_to', 'next_due_at', 'id'], unique=False, sqlite_where=sa.text('offered_to IS NOT NULL'), postgresql_where=sa.text('offered_to IS NOT NULL'))
        batch_op.create_index('ix_cases_open', ['state', 'next_due_at', 'id'], unique=False, sqlite_where=sa.text('is_open = 1'), postgresql_where=sa.text('is_open'))
        batch_op.create_index(batch_op.f('ix_cases_parent_id'), ['parent_id'], unique=False)
        batch_op.create_index('ix_cases_public', ['updated_at', 'id'], unique=False, sqlite_where=sa.text("publicity = 'public'"), postgresql_where=sa.text("publicity = 'public'"))
        batch_op.create_index('ix_cases_public_created', ['created_at', 'id'], unique=False, sqlite_where=sa.text("publicity = 'public'"), postgresql_where=sa.text("publicity = 'public'"))
        batch_op.create_index('ix_cases_sender', ['sender_id', 'id'], unique=False)
        batch_op.create_index('ix_cases_urgent', ['department_code', 'next_due_at', 'id'], unique=False, sqlite_where=sa.text('is_open = 1 AND urgent = 1'), postgresql_where=sa.text('is_open AND urgent'))

    op.create_table('department_options',
    sa.Column('department_code', sa.String(length=32), nullable=False),
    sa.Column('needs_approval', sa.Boolean(), nullable=False),
    sa.Column('contact', sa.String(length=80), nullable=False),
    sa.ForeignKeyConstraint(['department_code'], ['departments.code'], name=op.f('fk_department_options_department_code')),
    sa.PrimaryKeyConstraint('department_code', name=op.f('pk_department_options'))
    )
    op.create_table('guides',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('slug', sa.String(length=48), nullable=False),
    sa.Column('department_code', sa.String(length=32), nullable=False),
    sa.Column('title', sa.String(length=60), nullable=False),
    sa.Column('who', sa.String(length=300), nullable=False),
    sa.Column('basis', sa.String(length=300), nullable=False),
    sa.Column('materials', sa.JSON(), nullable=False),
    sa.Column('steps', sa.JSON(), nullable=False),
    sa.Column('promise_working_days', sa.Integer(), nullable=False),
    sa.Column('place', sa.String(length=200), nullable=False),
    sa.Column('hours', sa.String(length=200), nullable=False),
    sa.Column('phone', sa.String(length=60), nullable=False),
    sa.Column('refusal_reasons', sa.JSON(), nullable=False),
    sa.Column('active', sa.Boolean(), server_default=sa.true(), nullable=False),
    sa.Column('updated_at', sa.DateTime(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.CheckConstraint('promise_working_days >= 0', name=op.f('ck_guides_promise')),
    sa.ForeignKeyConstraint(['department_code'], ['departments.code'], name=op.f('fk_guides_department_code')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_guides')),
    sa.UniqueConstraint('department_code', 'title', name=op.f('uq_guides_department_code_title')),
    sa.UniqueConstraint('slug', name=op.f('uq_guides_slug'))
    )
    op.create_table('report_recipients',
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('added_at', sa.DateTime(), nullable=False),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_report_recipients_user_id')),
    sa.PrimaryKeyConstraint('user_id', name=op.f('pk_report_recipients'))
    )
    op.create_table('routing_rules',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=60), nullable=False),
    sa.Column('words', sa.JSON(), nullable=False),
    sa.Column('with_words', sa.JSON(), nullable=False),
    sa.Column('without_words', sa.JSON(), nullable=False),
    sa.Column('firm', sa.Boolean(), nullable=False),
    sa.Column('areas', sa.JSON(), nullable=False),
    sa.Column('kinds', sa.JSON(), nullable=False),
    sa.Column('department_code', sa.String(length=32), nullable=False),
    sa.Column('active', sa.Boolean(), nullable=False),
    sa.Column('updated_at', sa.DateTime(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['department_code'], ['departments.code'], name=op.f('fk_routing_rules_department_code')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_routing_rules'))
    )
    with op.batch_alter_table('routing_rules', schema=None) as batch_op:
        batch_op.create_index('ix_routing_rules_position', ['position', 'id'], unique=False)
    seeds.fill_rules(op.get_bind())

    op.create_table('score_months',
    sa.Column('department_code', sa.String(length=32), nullable=False),
    sa.Column('month', sa.String(length=7), nullable=False),
    sa.Column('frozen_at', sa.DateTime(), nullable=False),
    sa.Column('score', sa.Double(), nullable=False),
    sa.Column('figures', sa.JSON(), nullable=False),
    sa.ForeignKeyConstraint(['department_code'], ['departments.code'], name=op.f('fk_score_months_department_code')),
    sa.PrimaryKeyConstraint('department_code', 'month', name=op.f('pk_score_months'))
    )
    op.create_table('webhooks',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=40), nullable=False),
    sa.Column('kind', sa.String(length=32), nullable=False),
    sa.Column('url', sa.String(length=500), nullable=False),
    sa.Column('secret', sa.String(length=200), nullable=False),
    sa.Column('department_code', sa.String(length=32), nullable=True),
    sa.Column('events', sa.JSON(), nullable=False),
    sa.Column('active', sa.Boolean(), nullable=False),
    sa.Column('created_at', sa.DateTime(), nullable=False),
    sa.Column('last_ok_at', sa.DateTime(), nullable=True),
    sa.Column('last_error', sa.String(length=300), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['department_code'], ['departments.code'], name=op.f('fk_webhooks_department_code')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_webhooks'))
    )
    op.create_table('case_answering',
    sa.Column('case_id', sa.Integer(), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('at', sa.DateTime(), nullable=False),
    sa.ForeignKeyConstraint(['case_id'], ['cases.id'], name=op.f('fk_case_answering_case_id')),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_case_answering_user_id')),
    sa.PrimaryKeyConstraint('case_id', 'user_id', name=op.f('pk_case_answering'))
    )
    op.create_table('case_answers',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('case_id', sa.Integer(), nullable=False),
    sa.Column('department_code', sa.String(length=32), nullable=False),
    sa.Column('author_id', sa.Integer(), nullable=False),
    sa.Column('body', sa.Text(), nullable=False),
    sa.Column('outcome', sa.String(length=32), nullable=False),
    sa.Column('outcome_detail', sa.String(length=200), nullable=False),
    sa.Column('state', sa.String(length=32), nullable=False),
    sa.Column('created_at', sa.DateTime(), nullable=False),
    sa.Column('decided_at', sa.DateTime(), nullable=True),
    sa.Column('decided_by', sa.Integer(), nullable=True),
    sa.Column('decision', sa.String(length=300), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['author_id'], ['users.id'], name=op.f('fk_case_answers_author_id')),
    sa.ForeignKeyConstraint(['case_id'], ['cases.id'], name=op.f('fk_case_answers_case_id')),
    sa.ForeignKeyConstraint(['decided_by'], ['users.id'], name=op.f('fk_case_answers_decided_by')),
    sa.ForeignKeyConstraint(['department_code'], ['departments.code'], name=op.f('fk_case_answers_department_code')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_case_answers'))
    )
    with op.batch_alter_table('case_answers', schema=None) as batch_op:
        batch_op.create_index('ix_case_answers_case', ['case_id', 'id'], unique=False)
        batch_op.create_index('uq_case_answers_one_waiting', ['case_id'], unique=True, sqlite_where=sa.text("state = 'submitted'"), postgresql_where=sa.text("state = 'submitted'"))

    op.create_table('case_events',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('case_id', sa.Integer(), nullable=False),
    sa.Column('at', sa.DateTime(), nullable=False),
    sa.Column('type', sa.String(length=32), nullable=False),
    sa.Column('actor_id', sa.Integer(), nullable=True),
    sa.Column('department_code', sa.String(length=32), nullable=True),
    sa.Column('to_department', sa.String(length=32), nullable=True),
    sa.Column('note', sa.Text(), nullable=False),
    sa.Column('data', sa.JSON(), nullable=False),
    sa.ForeignKeyConstraint(['actor_id'], ['users.id'], name=op.f('fk_case_events_actor_id')),
    sa.ForeignKeyConstraint(['case_id'], ['cases.id'], name=op.f('fk_case_events_case_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_case_events'))
    )
    with op.batch_alter_table('case_events', schema=None) as batch_op:
        batch_op.create_index('ix_case_events_at', ['at'], unique=False)
        batch_op.create_index('ix_case_events_case', ['case_id', 'id'], unique=False)
        batch_op.create_index('ix_case_events_adjudicated', ['id'], unique=False, sqlite_where=sa.text("type = 'adjudicated'"), postgresql_where=sa.text("type = 'adjudicated'"))

    op.create_table('case_followers',
    sa.Column('case_id', sa.Integer(), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('at', sa.DateTime(), nullable=False),
    sa.ForeignKeyConstraint(['case_id'], ['cases.id'], name=op.f('fk_case_followers_case_id')),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_case_followers_user_id')),
    sa.PrimaryKeyConstraint('case_id', 'user_id', name=op.f('pk_case_followers'))
    )
    op.create_table('case_handovers',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('case_id', sa.Integer(), nullable=False),
    sa.Column('from_department', sa.String(length=32), nullable=False),
    sa.Column('to_department', sa.String(length=32), nullable=False),
    sa.Column('reason', sa.String(length=300), nullable=False),
    sa.Column('offered_at', sa.DateTime(), nullable=False),
    sa.Column('offered_by', sa.Integer(), nullable=True),
    sa.Column('state', sa.String(length=32), nullable=False),
    sa.Column('decided_at', sa.DateTime(), nullable=True),
    sa.Column('decided_by', sa.Integer(), nullable=True),
    sa.Column('decision', sa.String(length=300), nullable=False),
    sa.ForeignKeyConstraint(['case_id'], ['cases.id'], name=op.f('fk_case_handovers_case_id')),
    sa.ForeignKeyConstraint(['decided_by'], ['users.id'], name=op.f('fk_case_handovers_decided_by')),
    sa.ForeignKeyConstraint(['from_department'], ['departments.code'], name=op.f('fk_case_handovers_from_department')),
    sa.ForeignKeyConstraint(['offered_by'], ['users.id'], name=op.f('fk_case_handovers_offered_by')),
    sa.ForeignKeyConstraint(['to_department'], ['departments.code'], name=op.f('fk_case_handovers_to_department')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_case_handovers'))
    )
    with op.batch_alter_table('case_handovers', schema=None) as batch_op:
        batch_op.create_index('ix_case_handovers_case', ['case_id', 'id'], unique=False)
        batch_op.create_index('ix_case_handovers_lapsed', ['id'], unique=False, sqlite_where=sa.text("state = 'lapsed'"), postgresql_where=sa.text("state = 'lapsed'"))
        batch_op.create_index('uq_case_handovers_one_pending', ['case_id'], unique=True, sqlite_where=sa.text("state = 'pending'"), postgresql_where=sa.text("state = 'pending'"))

    op.create_table('case_links',
    sa.Column('case_id', sa.Integer(), nullable=False),
    sa.Column('other_id', sa.Integer(), nullable=False),
    sa.Column('at', sa.DateTime(), nullable=False),
    sa.ForeignKeyConstraint(['case_id'], ['cases.id'], name=op.f('fk_case_links_case_id')),
    sa.ForeignKeyConstraint(['other_id'], ['cases.id'], name=op.f('fk_case_links_other_id')),
    sa.PrimaryKeyConstraint('case_id', 'other_id', name=op.f('pk_case_links'))
    )
    with op.batch_alter_table('case_links', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_case_links_other_id'), ['other_id'], unique=False)

    op.create_table('case_messages',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('case_id', sa.Integer(), nullable=False),
    sa.Column('at', sa.DateTime(), nullable=False),
    sa.Column('kind', sa.String(length=32), nullable=False),
    sa.Column('author_id', sa.Integer(), nullable=True),
    sa.Column('department_code', sa.String(length=32), nullable=True),
    sa.Column('body', sa.Text(), nullable=False),
    sa.Column('mentions', sa.JSON(), nullable=False),
    sa.Column('mail_id', sa.String(length=64), nullable=True),
    sa.ForeignKeyConstraint(['author_id'], ['users.id'], name=op.f('fk_case_messages_author_id')),
    sa.ForeignKeyConstraint(['case_id'], ['cases.id'], name=op.f('fk_case_messages_case_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_case_messages')),
    sa.UniqueConstraint('mail_id', name=op.f('uq_case_messages_mail_id'))
    )
    with op.batch_alter_table('case_messages', schema=None) as batch_op:
        batch_op.create_index('ix_case_messages_case', ['case_id', 'id'], unique=False)

    op.create_table('case_recipients',
    sa.Column('case_id', sa.Integer(), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['case_id'], ['cases.id'], name=op.f('fk_case_recipients_case_id')),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_case_recipients_user_id')),
    sa.PrimaryKeyConstraint('case_id', 'user_id', name=op.f('pk_case_recipients'))
    )
    with op.batch_alter_table('case_recipients', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_case_recipients_user_id'), ['user_id'], unique=False)

    op.create_table('case_reminders',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('case_id', sa.Integer(), nullable=False),
    sa.Column('clock', sa.String(length=32), nullable=False),
    sa.Column('due_at', sa.DateTime(), nullable=False),
    sa.Column('step', sa.String(length=12), nullable=False),
    sa.Column('at', sa.DateTime(), nullable=False),
    sa.ForeignKeyConstraint(['case_id'], ['cases.id'], name=op.f('fk_case_reminders_case_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_case_reminders'))
    )
    with op.batch_alter_table('case_reminders', schema=None) as batch_op:
        batch_op.create_index('uq_case_reminders_once', ['case_id', 'clock', 'due_at', 'step'], unique=True)

    op.create_table('case_returns',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('case_id', sa.Integer(), nullable=False),
    sa.Column('department_code', sa.String(length=32), nullable=False),
    sa.Column('reason', sa.String(length=300), nullable=False),
    sa.Column('suggested', sa.String(length=32), nullable=True),
    sa.Column('at', sa.DateTime(), nullable=False),
    sa.Column('actor_id', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['actor_id'], ['users.id'], name=op.f('fk_case_returns_actor_id')),
    sa.ForeignKeyConstraint(['case_id'], ['cases.id'], name=op.f('fk_case_returns_case_id')),
    sa.ForeignKeyConstraint(['department_code'], ['departments.code'], name=op.f('fk_case_returns_department_code')),
    sa.ForeignKeyConstraint(['suggested'], ['departments.code'], name=op.f('fk_case_returns_suggested')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_case_returns'))
    )
    with op.batch_alter_table('case_returns', schema=None) as batch_op:
        batch_op.create_index('uq_case_returns_once', ['case_id', 'department_code'], unique=True)

    op.create_table('public_answers',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('case_id', sa.Integer(), nullable=True),
    sa.Column('department_code', sa.String(length=32), nullable=False),
    sa.Column('title', sa.String(length=60), nullable=False),
    sa.Column('question', sa.Text(), nullable=False),
    sa.Column('answer', sa.Text(), nullable=False),
    sa.Column('faq', sa.Boolean(), nullable=False),
    sa.Column('flags', sa.JSON(), nullable=False),
    sa.Column('suggested_at', sa.DateTime(), nullable=False),
    sa.Column('published_at', sa.DateTime(), nullable=True),
    sa.Column('published_by', sa.Integer(), nullable=True),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['case_id'], ['cases.id'], name=op.f('fk_public_answers_case_id')),
    sa.ForeignKeyConstraint(['department_code'], ['departments.code'], name=op.f('fk_public_answers_department_code')),
    sa.ForeignKeyConstraint(['published_by'], ['users.id'], name=op.f('fk_public_answers_published_by')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_public_answers')),
    sa.UniqueConstraint('case_id', name=op.f('uq_public_answers_case_id'))
    )
    with op.batch_alter_table('public_answers', schema=None) as batch_op:
        batch_op.create_index('ix_public_answers_published', ['published_at', 'id'], unique=False, sqlite_where=sa.text('published_at IS NOT NULL'), postgresql_where=sa.text('published_at IS NOT NULL'))
        batch_op.create_index('ix_public_answers_suggested', ['id'], unique=False, sqlite_where=sa.text("published_by IS NULL"), postgresql_where=sa.text("published_by IS NULL"))

    op.create_table('score_appeals',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('department_code', sa.String(length=32), nullable=False),
    sa.Column('month', sa.String(length=7), nullable=False),
    sa.Column('case_id', sa.Integer(), nullable=False),
    sa.Column('reason', sa.String(length=300), nullable=False),
    sa.Column('state', sa.String(length=32), nullable=False),
    sa.Column('made_at', sa.DateTime(), nullable=False),
    sa.Column('made_by', sa.Integer(), nullable=False),
    sa.Column('decided_at', sa.DateTime(), nullable=True),
    sa.Column('decided_by', sa.Integer(), nullable=True),
    sa.Column('decision', sa.String(length=300), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['case_id'], ['cases.id'], name=op.f('fk_score_appeals_case_id')),
    sa.ForeignKeyConstraint(['decided_by'], ['users.id'], name=op.f('fk_score_appeals_decided_by')),
    sa.ForeignKeyConstraint(['department_code'], ['departments.code'], name=op.f('fk_score_appeals_department_code')),
    sa.ForeignKeyConstraint(['made_by'], ['users.id'], name=op.f('fk_score_appeals_made_by')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_score_appeals'))
    )
    with op.batch_alter_table('score_appeals', schema=None) as batch_op:
        batch_op.create_index('uq_score_appeals_once', ['month', 'case_id'], unique=True)

    with op.batch_alter_table('notifications', schema=None) as batch_op:
        batch_op.add_column(sa.Column('reply_to', sa.String(length=254), server_default='', nullable=False))
        batch_op.add_column(sa.Column('thread', sa.String(length=60), server_default='', nullable=False))



def _forget_what_hangs_on_it() -> None:
    """Delete what older tables hold for ids that are given again later: a new case must not show an old one's photos."""
    for statement in (
        "DELETE FROM photos WHERE owner_type LIKE 'feedback%'",
        "DELETE FROM search_documents WHERE kind IN ('case', 'answer', 'guide')",
        "DELETE FROM outbox WHERE name LIKE 'feedback%' OR name IN ('notifications.inbound', 'notifications.webhook')",
        "DELETE FROM done_once WHERE key LIKE 'feedback%'",
    ):
        op.execute(statement)


def downgrade() -> None:
    """Take back."""
    _forget_what_hangs_on_it()
    op.drop_table('calendar_head')
    op.drop_table('calendar_days')
    with op.batch_alter_table('notifications', schema=None) as batch_op:
        batch_op.drop_column('thread')
        batch_op.drop_column('reply_to')

    with op.batch_alter_table('score_appeals', schema=None) as batch_op:
        batch_op.drop_index('uq_score_appeals_once')

    op.drop_table('score_appeals')
    with op.batch_alter_table('public_answers', schema=None) as batch_op:
        batch_op.drop_index('ix_public_answers_suggested', sqlite_where=sa.text("published_by IS NULL"), postgresql_where=sa.text("published_by IS NULL"))
        batch_op.drop_index('ix_public_answers_published', sqlite_where=sa.text('published_at IS NOT NULL'), postgresql_where=sa.text('published_at IS NOT NULL'))

    op.drop_table('public_answers')
    with op.batch_alter_table('case_returns', schema=None) as batch_op:
        batch_op.drop_index('uq_case_returns_once')

    op.drop_table('case_returns')
    with op.batch_alter_table('case_reminders', schema=None) as batch_op:
        batch_op.drop_index('uq_case_reminders_once')

    op.drop_table('case_reminders')
    with op.batch_alter_table('case_recipients', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_case_recipients_user_id'))

    op.drop_table('case_recipients')
    with op.batch_alter_table('case_messages', schema=None) as batch_op:
        batch_op.drop_index('ix_case_messages_case')

    op.drop_table('case_messages')
    with op.batch_alter_table('case_links', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_case_links_other_id'))

    op.drop_table('case_links')
    with op.batch_alter_table('case_handovers', schema=None) as batch_op:
        batch_op.drop_index('ix_case_handovers_lapsed', sqlite_where=sa.text("state = 'lapsed'"), postgresql_where=sa.text("state = 'lapsed'"))
        batch_op.drop_index('uq_case_handovers_one_pending', sqlite_where=sa.text("state = 'pending'"), postgresql_where=sa.text("state = 'pending'"))
        batch_op.drop_index('ix_case_handovers_case')

    op.drop_table('case_handovers')
    op.drop_table('case_followers')
    with op.batch_alter_table('case_events', schema=None) as batch_op:
        batch_op.drop_index('ix_case_events_case')
        batch_op.drop_index('ix_case_events_adjudicated', sqlite_where=sa.text("type = 'adjudicated'"), postgresql_where=sa.text("type = 'adjudicated'"))
        batch_op.drop_index('ix_case_events_at')

    op.drop_table('case_events')
    with op.batch_alter_table('case_answers', schema=None) as batch_op:
        batch_op.drop_index('uq_case_answers_one_waiting', sqlite_where=sa.text("state = 'submitted'"), postgresql_where=sa.text("state = 'submitted'"))
        batch_op.drop_index('ix_case_answers_case')

    op.drop_table('case_answers')
    op.drop_table('case_answering')
    op.drop_table('webhooks')
    op.drop_table('score_months')
    with op.batch_alter_table('routing_rules', schema=None) as batch_op:
        batch_op.drop_index('ix_routing_rules_position')

    op.drop_table('routing_rules')
    op.drop_table('report_recipients')
    op.drop_table('guides')
    op.drop_table('department_options')
    with op.batch_alter_table('cases', schema=None) as batch_op:
        batch_op.drop_index('ix_cases_urgent', sqlite_where=sa.text('is_open = 1 AND urgent = 1'), postgresql_where=sa.text('is_open AND urgent'))
        batch_op.drop_index('ix_cases_sender')
        batch_op.drop_index('ix_cases_public_created', sqlite_where=sa.text("publicity = 'public'"), postgresql_where=sa.text("publicity = 'public'"))
        batch_op.drop_index('ix_cases_public', sqlite_where=sa.text("publicity = 'public'"), postgresql_where=sa.text("publicity = 'public'"))
        batch_op.drop_index(batch_op.f('ix_cases_parent_id'))
        batch_op.drop_index('ix_cases_open', sqlite_where=sa.text('is_open = 1'), postgresql_where=sa.text('is_open'))
        batch_op.drop_index('ix_cases_offered', sqlite_where=sa.text('offered_to IS NOT NULL'), postgresql_where=sa.text('offered_to IS NOT NULL'))
        batch_op.drop_index(batch_op.f('ix_cases_merged_into_id'))
        batch_op.drop_index('ix_cases_inbox', sqlite_where=sa.text('is_open = 1'), postgresql_where=sa.text('is_open'))
        batch_op.drop_index('ix_cases_flagged', sqlite_where=sa.text("publicity = 'flagged'"), postgresql_where=sa.text("publicity = 'flagged'"))
        batch_op.drop_index('ix_cases_department')
        batch_op.drop_index('ix_cases_created')
        batch_op.drop_index('ix_cases_assignee', sqlite_where=sa.text('is_open = 1'), postgresql_where=sa.text('is_open'))
        batch_op.drop_index('ix_cases_answered', sqlite_where=sa.text('answered_at IS NOT NULL'), postgresql_where=sa.text('answered_at IS NOT NULL'))

    op.drop_table('cases')
    with op.batch_alter_table('answer_templates', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_answer_templates_department_code'))

    op.drop_table('answer_templates')
    op.drop_table('routing_models')
    with op.batch_alter_table('inbound_mails', schema=None) as batch_op:
        batch_op.drop_index('ix_inbound_mails_received_at')

    op.drop_table('inbound_mails')
