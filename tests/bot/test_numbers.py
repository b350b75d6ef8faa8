"""The numbers beside choices: a phone that is told very much and never answers still types three digits at most."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from sqlmodel import Session

from bot.numbers import AFTERWARDS, MOST, Printing, is_number, offered, print_all
from bot.wecom.messages import Button, Card
from models.conversation import Listed
from models.store import Store

NOON = datetime(2026, 3, 2, 4, tzinfo=UTC)
LIN = "m013"


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    store = Store(database_url)
    yield store
    store.close()


def card(place: int) -> Card:
    buttons = tuple(Button(label, f"do|assignment|{place}|{label}|0") for label in ("签收", "申请调整"))
    return Card(title=f"第{place}件", text="请签收。", buttons=buttons)


def prints(session: Session, places: list[int], now: datetime, chosen: int | None = None) -> list[str]:
    """One turn tells of these; the words that go out."""
    rows = [{"key": f"{now}:{place}", "body": {}} for place in places]
    new = Printing(chosen=chosen, cards=[(row, card(place), False) for row, place in zip(rows, places, strict=True)])
    print_all(session, now, {LIN: new})
    return [str(row["body"]) for row in rows]


def stands_for(session: Session, number: int) -> str:
    offer = offered(session.get(Listed, LIN), number)
    return offer.key if offer else ""


def test_whatever_is_told_can_be_typed(store: Store) -> None:
    for turn in range(150):
        said = store.write(
            lambda s, turn=turn: prints(s, list(range(5 * turn, 5 * turn + 5)), NOON + timedelta(turn / 48))
        )
    numbers = store.write(lambda s: sorted(map(int, (s.get_one(Listed, LIN).offered or {})["given"])))
    assert MOST <= len(numbers) <= MOST + 10
    assert all(is_number(str(number)) for number in numbers)
    newest = next(n for n in numbers if store.write(partial(stands_for, number=n)) == "do|assignment|749|签收|0")
    assert f"{newest} 签收" in said[-1]


def test_a_number_that_was_chosen_is_given_to_nothing_else_for_a_while(store: Store) -> None:
    assert "1 签收" in store.write(lambda s: prints(s, [7], NOON))[0]
    soon, later = NOON + AFTERWARDS / 2, NOON + 2 * AFTERWARDS
    assert "3 签收" in store.write(lambda s: prints(s, [8], soon, chosen=1))[0]
    assert store.write(partial(stands_for, number=1)) == "do|assignment|7|签收|0"
    assert "1 签收" in store.write(lambda s: prints(s, [9], later + AFTERWARDS))[0]
    assert store.write(partial(stands_for, number=1)) == "do|assignment|9|签收|0"
