"""Remind the organisations that still owe a collective proposal, so many days before the collecting ends (SEEDS A17)."""

from datetime import date, timedelta

import structlog
from sqlmodel import col, or_, select

from bot.turn import Turn
from handlers.cards.told import left
from models import access, deadlines
from models.deadlines import Mark, day_of
from models.messages import Lane
from models.people import Organisation
from models.quota import Owing, quotas
from models.rules import SHANGHAI
from models.store import claimed

log = structlog.get_logger()


def urge_organisations(turn: Turn) -> bool:
    """Say it once per mark. Each row remembers the last day it was looked at, so ticks and replicas add nothing."""
    end = turn.rules.collective_end
    if end is None or turn.now > end or turn.now.astimezone(SHANGHAI).time() < turn.rules.remind_time:
        return False
    due = day_of(end)
    mark = deadlines.marks(due, turn.rules.collective_marks_days, turn.today, overdue=())
    if mark is None or mark.left <= 0 or not deadlines.is_workday(turn.today):
        return False
    since = due - timedelta(days=mark.left)
    behind = or_(col(Organisation.reminded_on).is_(None), col(Organisation.reminded_on) < since)
    wanted = select(Organisation).where(col(Organisation.active), behind).order_by(Organisation.id)
    rows = claimed(turn.session, wanted).all()
    if not rows:
        return False
    owing = {one.organisation.id: one for one in quotas(turn.session, turn.rules)}
    for row in rows:
        row.reminded_on = turn.today
        turn.session.add(row)
        if (one := owing.get(row.id)) and one.missing:
            _say(turn, one, mark, due)
    return False


def _say(turn: Turn, one: Owing, mark: Mark, due: date) -> None:
    body = one.organisation
    words = (
        f"{body.name}今年应交集体提案{one.quota}件，已交{one.done}件。征集截止：{left(due, turn.today)}。"
        "发送“集体提案”写，可以请委员一起执笔。"
    )
    for userid in dict.fromkeys((body.head, body.contact)):
        if userid and (person := access.active(turn.session, userid)):
            turn.say(words, to=person, key=f"quota:{body.id}:{due}:{mark.left}:{userid}", lane=Lane.NOTICE)
    log.info("organisation_reminded", organisation=body.id, left=mark.left)
