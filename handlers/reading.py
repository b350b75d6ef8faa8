"""How somebody reads: cards or words, usual or large print. Everybody for themselves, the office for anybody."""

import re
from collections.abc import Iterable

from sqlmodel import col, or_, select

from bot.router import Router
from bot.turn import Turn
from models import access
from models.errors import Refused
from models.messages import Lane
from models.people import Person

router = Router()

MODES = {  # what is set, and what is said to the one who reads so from now on
    "文字版": ({"plain": True}, "文字版，不发卡片，选项回复数字。想换回来，回复“卡片版”。"),
    "卡片版": ({"plain": False, "large": False}, "卡片版。看不到卡片，请回复“文字版”。"),
    "大字": (
        {"large": True},
        "大字版，句子短，选项回复数字。字号请在手机“设置—通用—字体大小”里调大。想换回来，回复“普通字”。",
    ),
    "普通字": ({"large": False}, "普通字。字太小，请回复“大字”。"),
}


def _set(person: Person, mode: str) -> str:
    values, words = MODES[mode]
    for name, value in values.items():
        setattr(person, name, value)
    return words


def _own(mode: str) -> None:
    @router.command(mode)
    def choose(turn: Turn) -> None:
        words = _set(turn.actor, mode)
        turn.session.add(turn.actor)
        turn.say(f"已换成{words}")
        if current := turn.dialogues.current(turn):
            turn.dialogues.ask(current)


for _mode in MODES:
    _own(_mode)


@router.pattern(rf"({'|'.join(MODES)})\s+(\S+)")
def mark(found: re.Match[str], turn: Turn) -> None:
    """大字 林知夏: the office sets it for somebody, who is told."""
    if not access.may_mark(turn.session, turn.actor):
        raise Refused(f"只能给自己换：直接回复“{found[1]}”就行。替别人换，请联系提案委。")
    person = _named(turn, found[2])
    words = _set(person, found[1])
    turn.session.add(person)
    turn.say(f"已为{person.name}换成{found[1]}。")
    if person.userid != turn.actor.userid:
        turn.say(f"提案委为您换成了{words}", to=person)


def tell_marked(turn: Turn, people: Iterable[Person]) -> None:
    """Those for whom the roster has changed it hear how they read from now on, and how to change it back."""
    for person in people:
        mode = "大字" if person.large else "文字版" if person.plain else "卡片版"
        if person.active:
            turn.say(f"提案委为您换成了{MODES[mode][1]}", to=person, lane=Lane.NOTICE)


def _named(turn: Turn, name: str) -> Person:
    wanted = select(Person).where(or_(col(Person.userid) == name.lower(), col(Person.name) == name), Person.active)
    people = turn.session.exec(wanted.order_by(Person.userid)).all()
    if not people:
        raise Refused(f"名单里没有“{name}”，请写姓名或账号。")
    if len(people) > 1:
        same = "、".join(f"{person.userid}（{person.title or person.sector or person.name}）" for person in people)
        raise Refused(f"有{len(people)}位{name}：{same}。请写账号，例如“大字 {people[0].userid}”。")
    return people[0]
