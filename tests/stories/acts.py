"""Acts that stories share: each brings a proposal to a state, through the door, with the people of the town.

Every act begins by letting everybody read what came before its last step; what that step told people is still unread.
"""

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import jinja2
import pytest
from sqlmodel import Session, SQLModel, col, select

import handlers.pages
from handlers.pages.proposals import look
from models.handling import Assignment
from models.people import Holding
from models.people import Person as Somebody
from models.proposal import Proposal
from simulator import cards
from simulator.doors import ByNumber, numbered
from simulator.person import Person
from simulator.records import Shown
from tests.memory import lived_once
from tests.town import Town

Row = TypeVar("Row", bound=SQLModel)

TITLE = "关于分步推进老旧小区加装电梯的提案"
LIN, SU, HE = "m013", "m015", "m016"  # members: 林知夏, 苏婉宁, 何静姝
WEN, LU = "pc_staff1", "pc_staff2"  # the committee's staff: 温以宁, 鲁知行
SHEN, CHENG = "m001", "pc_director"  # second review, final review: 沈禾清 (a member, too), 程亦川
MENG, YAO = "dispatch_gov", "dispatch_party"  # who assigns: 孟见微, 姚思齐
WEI, LEI, YAN = "u10_liaison", "u10_review", "u10_leader"  # 住建局: 危听澜, 雷素秋, 阎书闻
GONG = "u06_liaison"  # 财政局: 宫怀瑾
FANG = "admin1"  # the administrator: 方可期

ANSWERS = (
    TITLE,
    "社会建设",
    "我市主城区老旧小区多，老人下楼难。",
    "完",
    "由住建部门牵头制定分步实施清单。",
    "完",
    "住建局",
    "是",
    "同意",
    "不涉密",
)


# --- speaking and reading ---------------------------------------------------------------------------------------------


async def tells(town: Town, who: str, *words: str) -> Person:
    """Write one message after the other, and wait until all are answered."""
    person = town.person(who)
    for text in words:
        await person.says(text)
    await town.quiet()
    return person


async def taps(town: Town, who: str, *labels: str) -> Person:
    """Press one button after the other, each on the newest card that has it."""
    person = town.person(who)
    for label in labels:
        await person.presses(label)
        await town.quiet()
    return person


async def cannot_press(town: Town, who: str, label: str) -> None:
    """Nowhere is there such a choice for this person."""
    with pytest.raises(AssertionError, match="finds no"):
        await town.person(who).presses(label)


async def sees_the_way_forward(person: Person) -> None:
    """After a long preview comes a card with the choices; in words they stand below the text."""
    if person.in_words:
        assert {"提交", "修改", "邀请联名"} <= set(person.buttons())
    else:
        await person.reads("提交前再看一遍", "邀请联名")


async def all_have_read(town: Town) -> None:
    """Nobody has anything unread."""
    await town.quiet()
    for userid in town.platform.people:
        town.person(userid).skips_to_the_end()


async def everybody_is_at_rest(town: Town, *but: str) -> None:
    """Nobody has anything unread except those named."""
    await town.quiet()
    for userid in town.platform.people:
        if userid not in but:
            town.person(userid).reads_nothing_more()


def tap_on(card: Shown, label: str, chosen: dict[str, str] | None = None, code: str = "forged") -> dict[str, Any]:
    """The elements of the event that a press on this card causes, to be sent by whoever, whenever, as often as one likes."""
    assert card.card is not None
    tap = next(tap for tap in cards.taps(card.card) if tap.label == label)
    elements = {
        "EventKey": tap.key,
        "TaskId": card.card["task_id"],
        "CardType": card.card["card_type"],
        "ResponseCode": code,
    }
    if chosen:
        items = [{"QuestionKey": key, "OptionIds": {"OptionId": value}} for key, value in chosen.items()]
        elements["SelectedItems"] = {"SelectedItem": items}
    return elements


async def forges(town: Town, who: str, card: Shown, label: str, chosen: dict[str, str] | None = None) -> Person:
    """A press on a card by somebody who never got it, or can no longer press it; in words an old number, typed."""
    person = town.person(who)
    if person.in_words:
        assert card in person.inbox, "nobody can type a number out of somebody else's message"
        door = ByNumber()
        if door.is_overtaken(person, card, numbered(card.text)[label]):
            card = door.message_with(person, label)
        await person.presses(label, card=card)
        await town.quiet()
        return person
    await person.causes("template_card_event", tap_on(card, label, chosen))
    await town.quiet()
    return person


def tells_what_became_of_it(card: Shown, words: str) -> None:
    """A card that was pressed, by whomever, says so in its buttons' place; a message stays as it was."""
    if card.card is not None:
        assert words in card.replaced_text
        assert not card.live


async def until(town: Town, true: Callable[[], bool], within: float = 5.0) -> None:
    """Wait until something on the platform is so; looked at whenever something changes there."""
    changed = asyncio.Event()
    town.platform.on_change.append(lambda change: changed.set())
    async with asyncio.timeout(within):
        while not true():
            changed.clear()
            await changed.wait()


async def the_menu_is_there(town: Town) -> None:
    """Wait until the bot has made the app's menu."""
    await until(town, lambda: town.platform.menu is not None)


# --- looking behind the curtain ---------------------------------------------------------------------------------------


async def rows(town: Town, kind: type[Row], *where: object) -> Sequence[Row]:
    """Rows of the store as they stand, oldest first."""

    def work(session: Session) -> Sequence[Row]:
        found = session.exec(select(kind).where(*where).order_by(col(kind.id))).all()  # type: ignore[attr-defined, arg-type]
        session.expunge_all()
        return found

    return await town.look(work)


async def proposal(town: Town) -> Proposal:
    """The newest proposal."""
    return (await rows(town, Proposal))[-1]


async def assignment(town: Town, unit: str = "u10") -> Assignment:
    """The newest task of a unit."""
    return (await rows(town, Assignment, Assignment.unit == unit))[-1]


async def edit(town: Town, kind: type[Row], key: object, change: Callable[[Row], None]) -> None:
    """Change one row behind everybody's back."""

    def work(session: Session) -> None:
        row = session.get_one(kind, key)
        change(row)
        session.add(row)

    await town.change(work)


async def gives(town: Town, who: str, role: str, unit: str | None = None) -> None:
    """Somebody holds one role more."""

    def work(session: Session) -> None:
        session.add(Holding(person=who, role=role, unit=unit))

    await town.change(work)


async def page(town: Town, who: str) -> str:
    """The proposal's page as this person gets it."""
    number = (await proposal(town)).id or 0
    seen = await town.look(lambda session: look(session, who, number))
    folder = Path(handlers.pages.__file__).parent / "templates"
    templates = jinja2.Environment(loader=jinja2.FileSystemLoader(folder), autoescape=True)
    return templates.get_template("proposal.html" if seen.status == 200 else "sorry.html").render(seen.values)


async def leaves_office(town: Town, userid: str) -> None:
    """Somebody whose term has ended."""

    def work(session: Session) -> None:
        session.get_one(Somebody, userid).active = False
        for holding in session.exec(select(Holding).where(Holding.person == userid)):
            session.delete(holding)

    await town.change(work)


# --- a proposal on its way --------------------------------------------------------------------------------------------


@lived_once
async def drafted(town: Town, who: str = LIN, title: str = TITLE) -> Person:
    """A proposal, written up to its preview."""
    return await tells(town, who, "我要提案", title, *ANSWERS[1:])


@lived_once
async def submitted(town: Town, who: str = LIN, title: str = TITLE) -> Person:
    """A proposal, handed in."""
    await drafted(town, who, title)
    await all_have_read(town)
    return await tells(town, who, "提交")


@lived_once
async def invited(town: Town, names: str = "苏婉宁、何静姝", who: str = LIN, title: str = TITLE) -> Person:
    """A proposal that others are asked to co-sign."""
    await drafted(town, who, title)
    await all_have_read(town)
    return await tells(town, who, f"邀请 {names}")


@lived_once
async def cosigned(town: Town) -> Person:
    """A proposal that both colleagues have agreed to sign."""
    await invited(town)
    await taps(town, SU, "同意联名")
    await taps(town, HE, "同意联名")
    await all_have_read(town)
    return town.person(LIN)


@lived_once
async def jointly_submitted(town: Town) -> Person:
    """A joint proposal, handed in."""
    await cosigned(town)
    return await taps(town, LIN, "提交")


@lived_once
async def jointly_filed(town: Town) -> None:
    """A joint proposal with its number."""
    await jointly_submitted(town)
    for who, label in ((WEN, "受理"), (WEN, "通过"), (SHEN, "通过"), (CHENG, "立案")):
        await all_have_read(town)
        await taps(town, who, label)


@lived_once
async def jointly_assigned(town: Town, how: str = "独办", units: str = "住建局") -> None:
    """A joint proposal, given to its units."""
    await jointly_filed(town)
    await tells_assign(town, how, units)
    await all_have_read(town)
    await tells(town, MENG, "交办")


@lived_once
async def jointly_delivered(town: Town) -> None:
    """A reply to a joint proposal, in the hands of all who signed it."""
    await jointly_assigned(town)
    await taps(town, WEI, "签收")
    for stage in ("办前", "办中"):
        await all_have_read(town)
        await talks(town, stage)
    await writes(town)
    await signs(town)


@lived_once
async def first_passed(town: Town, who: str = LIN, title: str = TITLE) -> None:
    """A proposal, through its first review."""
    await submitted(town, who, title)
    await taps(town, WEN, "受理")
    await all_have_read(town)
    await taps(town, WEN, "通过")


@lived_once
async def second_passed(town: Town, who: str = LIN, title: str = TITLE) -> None:
    """A proposal, through its second review."""
    await first_passed(town, who, title)
    await all_have_read(town)
    await taps(town, SHEN, "通过")


@lived_once
async def filed(town: Town, who: str = LIN, title: str = TITLE) -> None:
    """A proposal with its number."""
    await second_passed(town, who, title)
    await all_have_read(town)
    await taps(town, CHENG, "立案")


@lived_once
async def assigned(town: Town, how: str = "独办", units: str = "住建局", who: str = LIN) -> None:
    """A proposal, given to its units."""
    await filed(town, who)
    await tells_assign(town, how, units)
    await all_have_read(town)
    await tells(town, MENG, "交办")


async def tells_assign(town: Town, how: str, units: str) -> None:
    """The dispatcher says how and to whom, up to the summary."""
    await taps(town, MENG, "交办")
    await tells(town, MENG, how, units)


@lived_once
async def acknowledged(town: Town, how: str = "独办", units: str = "住建局", who: str = LIN) -> None:
    """A proposal that 住建局 has signed for (as its only unit, or as its lead)."""
    await assigned(town, how, units, who)
    await all_have_read(town)
    await taps(town, WEI, "签收")


async def talks(town: Town, stage: str, means: str = "上门走访", who: str = WEI, member: str = LIN) -> None:
    """A unit records a communication, and the member says it was so."""
    await taps(town, who, "登记沟通")
    await tells(town, who, stage, means, "今天", "与委员当面谈了实施清单，委员希望先做老人多的单元。")
    await taps(town, member, "属实")


@lived_once
async def consulted(town: Town, how: str = "独办", units: str = "住建局") -> None:
    """Both communications are confirmed: the reply may be written."""
    await acknowledged(town, how, units)
    await talks(town, "办前")
    await all_have_read(town)
    await talks(town, "办中")


async def writes(town: Town, letter: str = "A", text: str = "已在全市排出实施清单。", who: str = WEI) -> None:
    """A unit writes its reply."""
    promise = ("年内完成二十个单元加装", "2026年12月31日", "阎书闻局长") if letter == "B" else ()
    await taps(town, who, "写答复")
    await tells(town, who, letter, text, "完", *promise)


@lived_once
async def written(town: Town, letter: str = "A") -> None:
    """A reply, drafted."""
    await consulted(town)
    await all_have_read(town)
    await writes(town, letter)


@lived_once
async def sent_up(town: Town) -> None:
    """A reply before the unit's reviewer."""
    await written(town)
    await all_have_read(town)
    await taps(town, WEI, "送审")


@lived_once
async def reviewed(town: Town) -> None:
    """A reply before the unit's leader."""
    await sent_up(town)
    await all_have_read(town)
    await taps(town, LEI, "同意")


@lived_once
async def delivered(town: Town, how: str = "独办", units: str = "住建局") -> None:
    """A reply in the member's hands, with the rating card."""
    await consulted(town, how, units)
    await writes(town)
    await signs(town)


async def signs(town: Town) -> None:
    """住建局 signs and issues the draft it has."""
    await taps(town, WEI, "送审")
    await taps(town, LEI, "同意")
    await all_have_read(town)
    await taps(town, YAN, "签发")


async def rates(town: Town, result: str, why: str = "清单里没有我们小区。", who: str = LIN) -> None:
    """The member rates: satisfied with manners and course, and with the result as told."""
    member = town.person(who)
    await member.chooses({"办理态度": "满意", "办理过程": "基本满意", "办理结果": result}, submit="提交评价")
    await town.quiet()
    if result == "不满意":
        await tells(town, who, why)


@lived_once
async def dissatisfied(town: Town) -> None:
    """A second handling has begun."""
    await delivered(town)
    await all_have_read(town)
    await rates(town, "不满意")


async def answers_again(town: Town) -> None:
    """住建局 talks once more, in person, and replies once more."""
    for stage in ("办前", "办中"):
        await talks(town, stage)
    await writes(town, text="已把贵小区列入今年清单。")
    await signs(town)
