"""A draft nobody has touched for a month: its owner is asked once whether it is still wanted. Nothing is ever deleted."""

from datetime import timedelta

import structlog
from sqlmodel import col, or_, select

from bot.questions import Exchange
from bot.turn import Turn
from handlers.draft.parts import called, where
from models import access, deadlines
from models.conversation import Conversation
from models.messages import Lane
from models.rules import SHANGHAI
from models.store import claimed

BATCH = 100

log = structlog.get_logger()


def ask_about_drafts(turn: Turn) -> bool:
    """Ask about the drafts that have lain idle (rule draft_idle_days); whether there are more."""
    if turn.now.astimezone(SHANGHAI).time() < turn.rules.remind_time or not deadlines.is_workday(turn.today):
        return False
    idle = turn.now - timedelta(days=turn.rules.draft_idle_days)
    wanted = select(Conversation).where(
        Conversation.dialogue == "draft",
        Conversation.updated_at < idle,
        or_(col(Conversation.asked_at).is_(None), col(Conversation.asked_at) < col(Conversation.updated_at)),
    )
    rows = claimed(turn.session, wanted.order_by(col(Conversation.id)).limit(BATCH)).all()
    for row in rows:
        row.asked_at = turn.now
        turn.session.add(row)
        if person := access.active(turn.session, row.person):
            draft = Exchange(turn, row)
            words = f"您有一份{called(draft)}，{where(draft)}。接着写回复“继续”，不要了回复“删除草稿”，想留着不用管它。"
            key = f"idle:{row.id}:{row.updated_at:%Y%m%d%H%M%S}"
            turn.say(words, to=person, key=key, lane=Lane.NOTICE)
            log.info("draft_asked_about", conversation=row.id)
    return len(rows) == BATCH
