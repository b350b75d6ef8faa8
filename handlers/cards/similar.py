"""How a proposal that is near to another is told of in one line: title, year, what became of it (DOMAIN §5.5)."""

from collections.abc import Sequence

from sqlmodel import Session

from handlers.cards.told import Told, gist
from models import access, similar
from models.handling import Reply
from models.people import Unit
from models.proposal import Proposal
from models.rules import SHANGHAI
from models.similar import Near
from models.states import RESULTS
from models.step import assignments_of, reply_of

TITLE = 30  # characters of a title in a line
SHORT_TITLE = 18  # … on a card
REPLY = 40


def year_of(p: Proposal) -> str:
    """The year it belongs to."""
    return f"{(p.filed_at or p.submitted_at or p.created_at).astimezone(SHANGHAI).year}年"


def replies_to(session: Session, p: Proposal) -> list[tuple[Unit, Reply]]:
    """Every unit's last reply that was issued."""
    found = []
    for task in assignments_of(session, p):
        issued = (reply_of(session, task, number) for number in range(task.round, 0, -1))
        if reply := next((r for r in issued if r and r.issued_at), None):
            found.append((session.get_one(Unit, task.unit), reply))
    return found


def outcome(session: Session, p: Proposal) -> str:
    """What became of it, as everybody may know: 2023年，已办结，云岭市教育局答复：已解决或基本解决."""
    replies = [f"{unit.name}答复：{RESULTS.get(reply.result, '')}" for unit, reply in replies_to(session, p)]
    return "，".join([year_of(p), p.state.value, *replies[:1]])


def line(session: Session, near: Near) -> str:
    """One line; who may read it all reads how the reply begins, too."""
    p = near.proposal
    replies = replies_to(session, p) if near.whole else []
    begins = f"：{gist(replies[0][1].text, REPLY)}" if replies else ""
    return f"《{gist(p.title, TITLE)}》（{outcome(session, p)}{begins}）"


def numbered(session: Session, nears: Sequence[Near]) -> list[str]:
    """The lines, to be chosen by number."""
    return [f"{place} {line(session, near)}" for place, near in enumerate(nears, 1)]


def checked(t: Told) -> str:
    """For the office: the nearest with its score, a line of a card; empty when nothing is near."""
    known: dict[tuple[int, int, str], list[Near]] = t.session.info.setdefault("near", {})
    sees_all = access.holds_any(t.session, t.reader, access.SEES_ALL)  # then it is the same for all of them
    key = (t.proposal.id or 0, t.proposal.stamp, "" if sees_all else t.reader.userid)
    if key not in known:
        known[key] = similar.by_text(t.session, similar.words_of(t.proposal), t.reader, t.rules)
    if not (nears := known[key]):
        return ""
    first = nears[0]
    more = f"，另有{len(nears) - 1}件" if len(nears) > 1 else ""
    p = first.proposal
    return (
        f"查重：与{p.number}《{gist(p.title, SHORT_TITLE)}》相似{first.percent}%"
        f"（{year_of(p)}，{p.state.value}）{more}，详见全文页。"
    )
