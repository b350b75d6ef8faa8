"""Closed cases are marked, so that years of them are not read again"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# What the bot itself would have marked: over, and no talk after the reply still owed (co-units owe none).
MARK = """
    UPDATE assignment SET settled = true
    WHERE state IN ('released', 'co_opinion_submitted') OR (state = 'done' AND (part = 'co' OR EXISTS (
        SELECT 1 FROM communication AS talk
        WHERE talk.assignment_id = assignment.id AND talk.round = assignment.round AND talk.stage = 'after'
            AND talk.state IN ('confirmed', 'auto_confirmed', 'waived'))))
"""


def upgrade() -> None:
    """Expand: safe while the version before still runs; what that one closes stays unmarked, which is only slower."""
    op.add_column("assignment", sa.Column("settled", sa.Boolean(), server_default=sa.text("false"), nullable=False))
    op.drop_index("ix_assignment_unit", "assignment")
    op.create_index(
        "ix_assignment_waiting",
        "assignment",
        ["unit", "state"],
        unique=False,
        sqlite_where=sa.text("settled = 0"),
        postgresql_where=sa.text("NOT settled"),
    )
    op.create_index("ix_proposal_merged", "proposal", ["merged_into"], unique=False)
    op.execute(MARK)


def downgrade() -> None:
    """Back again."""
    op.drop_index("ix_proposal_merged", "proposal")
    with op.batch_alter_table("assignment", schema=None) as batch_op:
        batch_op.drop_index("ix_assignment_waiting")
        batch_op.create_index("ix_assignment_unit", ["unit", "state"], unique=False)
        batch_op.drop_column("settled")
