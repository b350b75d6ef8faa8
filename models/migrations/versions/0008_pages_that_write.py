"""Pages that write beside the chat"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Expand: safe while the version before still runs."""
    op.add_column("conversation", sa.Column("changes", sa.Integer(), server_default=sa.text("0"), nullable=False))


def downgrade() -> None:
    """Back again."""
    with op.batch_alter_table("conversation", schema=None) as batch_op:
        batch_op.drop_column("changes")
