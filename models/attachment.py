"""What people sent with a draft besides words: pictures, voices, files. The platform keeps them three days, we for good."""

from datetime import datetime

from sqlalchemy import Column, Index, LargeBinary, text
from sqlmodel import Field, Session, SQLModel, col, select

from models.columns import EnumName, UtcDateTime
from models.messages import Wait
from models.store import locked

KINDS = {"image": "图片", "voice": "语音", "file": "文件"}


class Attachment(SQLModel, table=True):
    """One thing sent in one step of a draft. Its bytes are fetched from the platform a moment later (`Wait.DONE` then)."""

    __table_args__ = (
        Index("ix_attachment_proposal", "proposal_id"),
        Index(
            "ix_attachment_waiting",
            "id",
            sqlite_where=text("state = 'waiting'"),
            postgresql_where=text("state = 'waiting'"),
        ),
        {"sqlite_autoincrement": True},  # pages link to the id
    )

    id: int | None = Field(default=None, primary_key=True)
    proposal_id: int = Field(foreign_key="proposal.id")
    person: str = Field(max_length=64)
    step: str = Field(default="", max_length=32)  # the question it was sent in answer to
    kind: str = Field(max_length=16)  # one of KINDS
    name: str = Field(default="", max_length=200)
    media_id: str = Field(max_length=256)
    mime: str = Field(default="", max_length=100)
    size: int = 0
    state: Wait = Field(default=Wait.WAITING, sa_column=Column(EnumName(Wait), nullable=False))
    attempts: int = 0
    not_before: datetime | None = Field(default=None, sa_type=UtcDateTime)
    created_at: datetime = Field(sa_type=UtcDateTime)


class AttachmentContent(SQLModel, table=True):
    """The bytes, apart from the row, so that a list of attachments does not carry them."""

    __tablename__ = "attachment_content"

    attachment_id: int = Field(primary_key=True, foreign_key="attachment.id")
    data: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


def attachments_of(session: Session, proposal: int | None) -> list[Attachment]:
    """What belongs to a proposal, in the order it was sent."""
    wanted = select(Attachment).where(Attachment.proposal_id == proposal).order_by(col(Attachment.id))
    return list(session.exec(wanted))


def forget(session: Session, attachment: Attachment) -> None:
    """Its owner does not want it any more; whoever brings its bytes at this moment is waited for."""
    if locked(session, Attachment, attachment.id) is None:
        return
    if content := session.get(AttachmentContent, attachment.id):
        session.delete(content)
        session.flush()
    session.delete(attachment)
    session.flush()
