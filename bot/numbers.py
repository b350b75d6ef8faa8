"""The numbers under which choices are offered to people who see no cards: printed in a message, typed instead of a tap.

A number keeps its meaning until what it stands for has been chosen and some time has passed: typed twice by an impatient
thumb it is told what a second tap on the card is told, and never does something else. Free numbers are given out from 1.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session, col, select

from bot.large import in_lines, to_type
from bot.wecom.messages import Button, Card, Words, plain, to_json
from models import store
from models.conversation import Conversation, Listed
from models.messages import Outgoing

AFTERWARDS = timedelta(minutes=10)  # so long a number that was chosen means nothing else
KEPT = timedelta(days=60)  # so long a number that nobody chose keeps its meaning
MOST = 300  # numbers keep their meaning for one person, the newest ones: nobody wants to type four digits
LISTED = timedelta(days=1)  # so long the numbers of a list one asked for are left to it

Given = dict[
    str, dict[str, Any]
]  # by number: key, label, at, of (the message's key in the outbox), and done when chosen


@dataclass
class Printing:
    """What one turn prints on one phone."""

    asked: int = 0  # choices of the question that was put
    listed: list[str] | None = None  # what a list stands for, one number each
    chosen: int | None = None  # the number that was typed
    cards: list[tuple[dict[str, Any], Card, bool]] = field(default_factory=list)  # row of the outbox, card, large print


@dataclass(frozen=True)
class Offer:
    """What a number stands for, and since when."""

    key: str
    at: datetime


def offered(row: Listed | None, number: int) -> Offer | None:
    """What this number was printed for beside a choice, if it was."""
    given = _given(row).get(str(number))
    return Offer(given["key"], datetime.fromisoformat(given["at"])) if given else None


def still_offered(row: Listed | None, message: str) -> list[tuple[str, str]]:
    """What this message of the outbox (its key) has printed beside its numbers and nobody chose: payloads and labels."""
    entries = [entry for entry in _given(row).values() if entry["of"] == message and "done" not in entry]
    return [(entry["key"], entry["label"]) for entry in entries]


def number_of(row: Listed | None, key: str) -> int | None:
    """The number that offers this payload, for whoever taps on it on a page instead of typing."""
    return next((int(n) for n, entry in _given(row).items() if entry["key"] == key and "done" not in entry), None)


def _given(row: Listed | None) -> Given:
    return dict((row.offered or {}).get("given", {})) if row else {}


def choices_of(card: Card) -> list[Button]:
    """What can be chosen on a card, in the order in which it is printed."""
    return [button for button in (*card.buttons, *([card.submit] if card.submit else [])) if button.key]


def print_all(session: Session, now: datetime, printing: dict[str, Printing]) -> None:
    """Give every choice its number and write the words that show it; people in a fixed order, so that nobody waits crosswise."""
    said = _said_before(session, printing)
    for userid in sorted(printing):
        new = printing[userid]
        new.cards = [entry for entry in new.cards if entry[0]["key"] not in said]
        _print(session, now, userid, new)


def _said_before(session: Session, printing: dict[str, Printing]) -> set[str]:
    """What is said once for ever, and was."""
    keys = [row["key"] for new in printing.values() for row, _, _ in new.cards]
    return set(session.exec(select(Outgoing.key).where(col(Outgoing.key).in_(keys)))) if keys else set()


def _print(session: Session, now: datetime, userid: str, new: Printing) -> None:
    row = _row(session, userid, now)
    before = row.offered or {}
    asked = new.asked or int(before.get("asked", 0))
    given = _newest({number: entry for number, entry in _given(row).items() if not _is_over(entry, now)})
    if new.chosen is not None and (chosen := given.get(str(new.chosen))):
        of = chosen["of"]
        given = {n: e | {"done": now.isoformat()} if e["of"] == of else e for n, e in given.items()}
    if new.listed is not None:
        row.payloads, row.shown_at = new.listed, now
    reserved = asked if new.asked or _is_asked(session, userid) else 0
    if now - row.shown_at < LISTED:
        reserved = max(reserved, len(row.payloads))
    for entry, card, large in new.cards:
        choices, at = choices_of(card), now.isoformat()
        first = _free(given, reserved, len(choices))
        for number, choice in enumerate(choices, first):
            given[str(number)] = {"key": choice.key, "label": choice.label, "at": at, "of": entry["key"]}
        text = to_type(plain(card, range(first, first + len(choices))))
        entry["body"] = to_json(Words(in_lines(text) if large else text))
    row.offered = {"asked": asked, "given": given}
    session.add(row)


def _row(session: Session, userid: str, now: datetime) -> Listed:
    row = store.locked(session, Listed, userid)
    if row is None:
        empty = {"person": userid, "payloads": [], "shown_at": now, "offered": None}
        store.put_all(session, Listed, [empty], unique="person")
        row = store.locked(session, Listed, userid)
    assert row is not None
    return row


def _is_asked(session: Session, userid: str) -> bool:
    """Whether a question waits for this person: its choices have numbers, too."""
    open_one = select(Conversation.id).where(Conversation.person == userid, Conversation.open)
    return session.exec(open_one).first() is not None


def _is_over(entry: dict[str, Any], now: datetime) -> bool:
    """Whether a number may be given out anew."""
    if done := entry.get("done"):
        return now - datetime.fromisoformat(done) > AFTERWARDS
    return now - datetime.fromisoformat(entry["at"]) > KEPT


def _newest(given: Given) -> Given:
    """What is kept where very much was printed and never answered."""
    return dict(sorted(given.items(), key=lambda entry: str(entry[1]["at"]))[-MOST:])


def _free(given: Given, reserved: int, wanted: int) -> int:
    """The first of so many free numbers in a row."""
    first = reserved + 1
    while taken := [n for n in range(first, first + wanted) if str(n) in given]:
        first = taken[-1] + 1
    return first


def is_number(words: str) -> bool:
    """Whether these words are one of our numbers."""
    return words.isascii() and words.isdecimal() and len(words) <= 3
