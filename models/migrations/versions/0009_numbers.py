"""Numbers for people who see no cards"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Expand: safe while the version before still runs."""
    op.add_column("listed", sa.Column("offered", sa.JSON(), nullable=True))


def downgrade() -> None:
    """Back again."""
    op.drop_column("listed", "offered")
