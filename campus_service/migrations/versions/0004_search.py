"""Search on PostgreSQL: the words of a document as tsvector columns, which the table's own engine asks."""

from __future__ import annotations

from alembic import op

revision = '0004_search'
down_revision = '0004_moving'
branch_labels = None
depends_on = None

# The words stand between blanks already: no parser and no dictionary may touch them.
_WORDS = "array_to_tsvector(array_remove(string_to_array({0}, ' '), ''))"
_FIELDS = ('text', 'title', 'grams')


def upgrade() -> None:
    """Add the columns; SQLite does without (table_engine.py)."""
    if op.get_bind().dialect.name != 'postgresql':
        return
    added = ', '.join(
        f'ADD COLUMN {field}_words tsvector GENERATED ALWAYS AS ({_WORDS.format(field)}) STORED' for field in _FIELDS
    )
    op.execute(f'ALTER TABLE search_documents {added}')
    for field in ('text', 'grams'):
        op.execute(f'CREATE INDEX ix_search_documents_{field}_words ON search_documents USING gin ({field}_words)')
    op.execute('CREATE INDEX ix_search_documents_sort ON search_documents (sort DESC, id DESC)')


def downgrade() -> None:
    """Take the columns away; their indexes go with them."""
    if op.get_bind().dialect.name != 'postgresql':
        return
    op.execute('DROP INDEX ix_search_documents_sort')
    dropped = ', '.join(f'DROP COLUMN {field}_words' for field in _FIELDS)
    op.execute(f'ALTER TABLE search_documents {dropped}')
