"""Joint proposals"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Expand: safe while the version before still runs."""
    op.create_table(
        "seconding",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("proposal_id", sa.Integer(), nullable=False),
        sa.Column("person", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["person"],
            ["person.userid"],
        ),
        sa.ForeignKeyConstraint(
            ["proposal_id"],
            ["proposal.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("proposal_id", "person", name="ux_seconding_person"),
    )
    op.create_table(
        "signature",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("proposal_id", sa.Integer(), nullable=False),
        sa.Column("person", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("stamp", sa.Integer(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lapses_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("opinion", sa.String(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["person"],
            ["person.userid"],
        ),
        sa.ForeignKeyConstraint(
            ["proposal_id"],
            ["proposal.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("proposal_id", "person", name="ux_signature_person"),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("signature", schema=None) as batch_op:
        batch_op.create_index("ix_signature_person", ["person", "state"], unique=False)
        batch_op.create_index("ix_signature_state", ["state", "lapses_at"], unique=False)

    op.create_table(
        "version",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("proposal_id", sa.Integer(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("category", sa.String(length=32), nullable=False),
        sa.Column("analysis", sa.String(), nullable=False),
        sa.Column("suggestions", sa.JSON(), nullable=False),
        sa.Column("signers", sa.JSON(), nullable=False),
        sa.Column("asked_for", sa.String(), nullable=False),
        sa.Column("handed_in_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("handed_in_by", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["proposal_id"],
            ["proposal.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("proposal_id", "place", name="ux_version_place"),
    )
    op.create_table(
        "withdrawal",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("proposal_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("stamp", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("answer", sa.String(), nullable=False),
        sa.Column("consented", sa.JSON(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["proposal_id"],
            ["proposal.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("withdrawal", schema=None) as batch_op:
        batch_op.create_index("ix_withdrawal_proposal", ["proposal_id", "state"], unique=False)
        batch_op.create_index("ix_withdrawal_state", ["state"], unique=False)

    with op.batch_alter_table("proposal", schema=None) as batch_op:
        batch_op.add_column(sa.Column("entered_by", sa.String(length=64), server_default="", nullable=False))
    _keep_what_was_handed_in()


def _keep_what_was_handed_in() -> None:
    """What is in the books already is the first version that we have of it."""
    same = ("title", "category", "analysis", "suggestions")
    proposal = sa.table("proposal", *(sa.column(name) for name in ("id", *same, "submitted_at", "proposer")))
    version = sa.table(
        "version",
        *(sa.column(name) for name in ("proposal_id", "place", *same, "signers", "asked_for")),
        *(sa.column(name) for name in ("handed_in_at", "handed_in_by")),
    )
    kept = sa.select(
        proposal.c.id,
        sa.literal_column("1"),
        *(proposal.c[name] for name in same),
        sa.literal([], sa.JSON()),
        sa.literal_column("''"),
        proposal.c.submitted_at,
        proposal.c.proposer,
    ).where(proposal.c.submitted_at.is_not(None))
    op.execute(version.insert().from_select([column.name for column in version.columns], kept))


def downgrade() -> None:
    """Back again."""
    with op.batch_alter_table("proposal", schema=None) as batch_op:
        batch_op.drop_column("entered_by")

    with op.batch_alter_table("withdrawal", schema=None) as batch_op:
        batch_op.drop_index("ix_withdrawal_state")
        batch_op.drop_index("ix_withdrawal_proposal")

    op.drop_table("withdrawal")
    op.drop_table("version")
    with op.batch_alter_table("signature", schema=None) as batch_op:
        batch_op.drop_index("ix_signature_state")
        batch_op.drop_index("ix_signature_person")

    op.drop_table("signature")
    op.drop_table("seconding")
