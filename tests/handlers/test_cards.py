"""Cards: each notice is drawn for each of its readers, whatever people wrote; what it names is there; nothing is lost."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pytest

from bot.wecom.check import advised, check
from bot.wecom.messages import Card, CardNow, Say, Words, bodies, from_json, plain
from handlers.actions import perform
from handlers.cards.notices import CARDS
from handlers.cards.rating import QUESTIONS, rating_card
from handlers.cards.told import Told, day, gist, left
from models.lifecycle import TABLES
from models.messages import Outgoing
from models.people import Person
from models.states import Event, Notice
from tests.handlers.lives import every_row, most
from tests.handlers.office import LIN, Office, opened, whole

MOST = advised("message_send", "template_card", "button_interaction")


@dataclass(frozen=True)
class Drawn:
    """A notice as one reader got it."""

    notice: Notice
    reader: str
    say: Say

    @property
    def words(self) -> str:
        """All one can read, for a reader without cards."""
        return plain(self.say) if isinstance(self.say, Card) else self.say.text  # type: ignore[attr-defined]


@pytest.fixture(scope="module")
def drawn(filled_sqlite: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Drawn]]:
    """Every notice of a few whole lives."""
    kept: list[Drawn] = []

    def watched(notice: Notice, draw: Callable[[Told], Say | None]) -> Callable[[Told], Say | None]:
        def card(told: Told) -> Say | None:
            say = draw(told)
            if say:
                kept.append(Drawn(notice, told.reader.userid, say))
            return say

        return card

    with pytest.MonkeyPatch.context() as patch, opened(filled_sqlite, tmp_path_factory.mktemp("cards")) as office:
        for notice, draw in list(CARDS.items()):
            patch.setitem(CARDS, notice, watched(notice, draw))
        every_row(office)
        yield kept


@pytest.fixture(scope="module")
def office(filled_sqlite: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """One office for all tests here: they only look at it, or add to it."""
    with opened(filled_sqlite, tmp_path_factory.mktemp("office")) as office:
        yield office


def test_every_notice_was_drawn(drawn: list[Drawn]) -> None:
    assert set(Notice) - {one.notice for one in drawn} == set()


def test_a_notice_is_what_the_platform_takes_with_and_without_cards(drawn: list[Drawn]) -> None:
    for one in drawn:
        for say in (one.say, Words(one.words)):
            for body in bodies(say, to=one.reader, agent_id=1000002, task_id="t1"):
                check(body, "message_send")


def faults(drawn: list[Drawn], find: Callable[[Drawn], Any]) -> dict[str, Any]:
    """What is found wrong, by the notice's name."""
    return {one.notice.name: found for one in drawn if (found := find(one))}


def test_a_notice_has_no_hole_in_it(drawn: list[Drawn]) -> None:
    holes = re.compile(r"None|[{}]|《》|（）|—前|\bHandling\.|\bState\.")
    assert faults(drawn, lambda one: holes.findall(one.words)) == {}
    assert faults(drawn, lambda one: not re.search(r"[\u4e00-\u9fff]", one.words)) == {}


def test_a_button_that_is_spoken_of_is_there(drawn: list[Drawn]) -> None:
    def missing(one: Drawn) -> set[str]:
        there = {button.label for button in one.say.buttons} if isinstance(one.say, Card) else set()
        return set(re.findall(r"点“(.+?)”", one.words)) - there

    assert faults(drawn, missing) == {}


def test_what_somebody_wrote_is_read_to_its_end(drawn: list[Drawn]) -> None:
    """A reason may be long: the card shows the whole of it, and what to do next."""

    def cut(one: Drawn) -> str:
        if not isinstance(one.say, Card):
            return ""
        shown = bodies(one.say, to=one.reader, agent_id=1, task_id="t")[0]["template_card"].get("sub_title_text", "")
        return "" if shown == one.say.text.strip() else one.say.text.strip()[len(shown) - 1 :]

    assert faults(drawn, cut) == {}


def test_labels_and_titles_are_not_cut(drawn: list[Drawn]) -> None:
    def long(one: Drawn) -> list[str]:
        if not isinstance(one.say, Card):
            return []
        found = [one.say.title] if len(one.say.title) > MOST["main_title.title"] else []
        found += [name for name, _ in one.say.facts if len(name) > MOST["horizontal_content_list.keyname"]]
        found += [button.label for button in one.say.buttons if len(button.label) > MOST["button_list.text"]]
        return found + (["facts"] if len(one.say.facts) > 6 else [])

    assert faults(drawn, long) == {}


def test_every_button_of_the_table_fits(drawn: list[Drawn]) -> None:
    for move in (move for moves in TABLES.values() for move in moves):
        assert len(move.does.value) <= MOST["button_list.text"]


def test_everything_that_was_said_can_be_sent_and_sent_again_as_it_was(drawn: list[Drawn], office: Office) -> None:
    """Not only notices: acknowledgements, rating cards, reminders, settled cards."""
    every_row(office)
    rows = office.rows(Outgoing)
    assert {"Words", "Card"} <= {row.body["say"] for row in rows}
    for row in rows:
        say = from_json(row.body)
        first = bodies(say, to=row.person, agent_id=1, task_id="t")
        assert first == bodies(from_json(row.body), to=row.person, agent_id=1, task_id="t")
        for body in first:
            check(body, "update_template_card" if isinstance(say, CardNow) else "message_send")


# --- odd contents -----------------------------------------------------------------------------------------------------

ODD = (
    "<a href='http://x'>点这里</a>",
    "𠮷" * 50,
    "a" * 50,
    "&lt;script&gt;",
    "\u202e倒",
    "第一行\n第二行",
    "“引号”｜|",
)


@pytest.mark.parametrize("odd", ODD)
def test_whatever_is_in_a_title_the_platform_takes_the_card(office: Office, odd: str) -> None:
    heard = office.heard(lambda session: _submit(office, session, odd))
    assert heard
    for one in heard:
        for body in bodies(one.say, to=one.person, agent_id=1, task_id="t"):
            check(body, "message_send")


def _submit(office: Office, session: Any, odd: str) -> None:
    proposal = whole(title=odd, analysis=odd, suggestions=[odd], category=odd[:20])
    session.add(proposal)
    session.flush()
    turn = office.turn(session, LIN)
    perform(turn, proposal, Event.SUBMIT, {})
    turn.write_down()


# --- the rating card --------------------------------------------------------------------------------------------------


def test_the_rating_card_asks_three_questions_of_three_answers(office: Office) -> None:
    task = office.delivered()

    def work(session: Any) -> Say:
        row, reader = session.get_one(type(task), task.id), session.get_one(Person, LIN)
        return rating_card(Told(session, row, reader, None, office.now.date(), "http://x/p/proposals/1"))

    card = office.store.write(work)
    assert isinstance(card, Card)
    assert [select.title for select in card.selects] == list(QUESTIONS.values()) == ["办理态度", "办理过程", "办理结果"]
    assert all([text for _, text in select.options] == ["满意", "基本满意", "不满意"] for select in card.selects)
    [body] = bodies(card, to=LIN, agent_id=1, task_id="t")
    check(body, "message_send")
    words = plain(card, [4])
    assert "4 提交评价" in words
    assert f"http://x/p/todo/assignment/{task.id}" in words


# --- phrases ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("短的", "短的"),
        ("有  空\n白", "有 空 白"),
        ("一二三四五六七八九十", "一二三四五六七八九十"),
        ("一二三四五六七八九，十一", "一二三四五六七八九……"),
    ],
)
def test_the_gist_of_a_text(text: str, shown: str) -> None:
    assert gist(text, 10) == shown


def test_days_as_people_say_them() -> None:
    today = date(2026, 3, 2)
    assert day(today) == "3月2日"
    assert day(None) == "—"
    assert [left(today + timedelta(days=n), today) for n in (5, 0, -2)] == [
        "3月7日（还有5天）",
        "3月2日（今天到期）",
        "2月28日（已逾期2天）",
    ]
    assert left(None, today) == "—"


def test_longest_words_are_as_long_as_may_be() -> None:
    assert len(most(200)) == 200
    assert most(200).endswith("此句要读。")
