"""版本: every text that was handed in, and what changed from one to the next; in words, and for the page."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

from sqlmodel import col, or_, select

from bot.router import Router, listed
from bot.turn import Turn
from bot.wecom.messages import link
from handlers.cards.buttons import Show
from handlers.cards.told import minute, named
from models.errors import Refused
from models.joint import Signature, Version, versions_of
from models.people import Person
from models.proposal import Proposal
from models.states import Sign

router = Router()
TOKEN = re.compile(r"[A-Za-z0-9.]+|[\s\S]")
AROUND = 12  # characters shown on either side of a change
LONGEST = 1800  # characters of differences in words; the page has them all
Kind = Literal["same", "del", "ins"]


@dataclass(frozen=True)
class Piece:
    """Some characters, and what became of them."""

    kind: Kind
    text: str


@dataclass(frozen=True)
class Change:
    """One part of the form, before and after."""

    label: str
    pieces: tuple[Piece, ...]


def pieces_between(before: str, after: str) -> tuple[Piece, ...]:
    """What was struck out and what was put in, in the order of reading."""
    found: list[Piece] = []
    for same, old, new in _runs(before, after):
        found += [Piece("same", old)] if same else []
        found += [Piece("del", old)] if old and not same else []
        found += [Piece("ins", new)] if new and not same else []
    return tuple(found)


def _runs(before: str, after: str) -> list[tuple[bool, str, str]]:
    """(is the same, before, after). A number or a foreign word changes as a whole; one letter between two changes goes
    with them, for nobody reads 【删：四】【增：只装】成【增：118部】.
    """
    old, new = TOKEN.findall(before), TOKEN.findall(after)
    codes = SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    runs: list[tuple[bool, str, str]] = []
    for place, (tag, a, b, c, d) in enumerate(codes):
        was, now = "".join(old[a:b]), "".join(new[c:d])
        same = tag == "equal" and (len(was) > 1 or place in {0, len(codes) - 1})
        if runs and not same and not runs[-1][0]:
            _, earlier, later = runs.pop()
            was, now = earlier + was, later + now
        runs.append((same, was, now))
    return runs


def changes(before: Version, after: Version) -> list[Change]:
    """The parts that differ from one version to the next."""
    parts = (
        ("案由", before.title, after.title),
        ("类别", before.category, after.category),
        ("情况分析", before.analysis, after.analysis),
        ("具体建议", _numbered(before.suggestions), _numbered(after.suggestions)),
    )
    return [Change(label, pieces_between(old, new)) for label, old, new in parts if old != new]


def _numbered(suggestions: Sequence[str]) -> str:
    return "\n".join(f"{place}. {item}" for place, item in enumerate(suggestions, 1))


def in_words(change: Change) -> str:
    """情况分析：……【删：老旧】【增：二〇〇〇年以前的】小区……"""
    said: list[str] = []
    for place, piece in enumerate(change.pieces):
        if piece.kind == "same":
            said.append(_around(piece.text, first=place == 0, last=place == len(change.pieces) - 1))
        else:
            said.append(f"【{'删' if piece.kind == 'del' else '增'}：{piece.text}】")
    return f"{change.label}：{''.join(said)}"


def _around(text: str, *, first: bool, last: bool) -> str:
    """What did not change, as far as one needs it to find the place."""
    if first:
        return text if len(text) <= AROUND else f"……{text[-AROUND:]}"
    if last:
        return text if len(text) <= AROUND else f"{text[:AROUND]}……"
    return text if len(text) <= 2 * AROUND else f"{text[:AROUND]}……{text[-AROUND:]}"


@router.command("版本")
def versions(turn: Turn) -> None:
    """The versions of the member's proposal; of several, those that were changed are listed."""
    me = turn.actor.userid
    signed = select(Signature.proposal_id).where(Signature.person == me, col(Signature.state) == Sign.SIGNED)
    mine = select(Proposal).where(or_(col(Proposal.proposer) == me, col(Proposal.id).in_(signed)))
    proposals = [p for p in turn.session.exec(mine.order_by(col(Proposal.id).desc())) if len(_of(turn, p)) > 1]
    if not proposals:
        raise Refused("您的提案都只有一个版本，没有修改过。发送“我的提案”看每件办到哪一步。")
    tell(turn, proposals[0])
    if len(proposals) > 1 and not turn.dialogues.current(turn):
        listed(turn, [Show("proposal", p.id or 0) for p in proposals[1:10]])
        lines = [f"{place} {p.number}{named(p)}" for place, p in enumerate(proposals[1:10], 1)]
        turn.say("另有几件也修改过，回复序号打开：\n" + "\n".join(lines))


def _of(turn: Turn, proposal: Proposal) -> Sequence[Version]:
    return versions_of(turn.session, proposal)


def tell(turn: Turn, proposal: Proposal) -> None:
    """Every version with what changed, as one message; the rest is on the page."""
    lines = [f"{proposal.number}{named(proposal)}的版本："]
    before: Version | None = None
    for version in _of(turn, proposal):
        lines += _lines(turn, before, version)
        before = version
    text = "\n".join(lines)
    text = text if len(text) <= LONGEST else f"{text[:LONGEST]}……\n（其余见全文）"
    turn.say(f"{text}\n{link(turn.url(f'p/proposals/{proposal.id}') + '#versions', '查看全文')}")


def _lines(turn: Turn, before: Version | None, version: Version) -> Iterator[str]:
    by = turn.session.get(Person, version.handed_in_by)
    yield f"第{version.place}版 {minute(version.handed_in_at)} {by.name if by else ''}提交"
    if version.asked_for:
        yield f"审查意见：{version.asked_for}"
    if before is not None:
        yield from [in_words(change) for change in changes(before, version)] or ["正文没有变化"]
