"""What proposals say, to be searched and compared"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Expand: safe while the version before still runs. The rows are filled in by `schema.upgrade`."""
    op.create_table(
        "wording",
        sa.Column("proposal_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("proposal_id"),
    )
    op.create_table(
        "mark",
        sa.Column("gram", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("proposal_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("gram", "proposal_id"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_assignment_of_unit", "assignment", ["unit", "proposal_id"], unique=False)
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            "CREATE VIRTUAL TABLE wording_keys USING "
            "fts5(keys, content='', detail=none, columnsize=0, tokenize='ascii')"
        )
        return
    op.execute(
        "CREATE TABLE wording_keys (proposal_id integer PRIMARY KEY, keys integer[] NOT NULL) "
        "WITH (toast_tuple_target = 128)"
    )
    op.execute("ALTER TABLE wording_keys ALTER COLUMN keys SET STORAGE EXTERNAL")
    op.execute("CREATE INDEX ix_wording_keys ON wording_keys USING gin (keys)")


def downgrade() -> None:
    """Back again."""
    op.execute("DROP TABLE wording_keys")
    op.drop_index("ix_assignment_of_unit", table_name="assignment")
    op.drop_table("mark")
    op.drop_table("wording")
