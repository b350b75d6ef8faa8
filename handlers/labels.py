"""五治: the office sorts a proposal under the city's labels, and everybody finds by them what they may see."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bot.payload import Payload
from bot.questions import Ask, Choice, Dialogue, Exchange, bare
from bot.router import Router, listed
from bot.turn import Turn
from bot.wecom.messages import link
from handlers import moves
from handlers.actions import held
from handlers.cards.buttons import Show
from handlers.cards.similar import year_of
from handlers.cards.told import gist
from handlers.names import BETWEEN
from models.errors import Refused
from models.finding import NEWEST
from models.label import counted, labelled, labels_of
from models.proposal import Proposal

router = Router()
SHOWN = 10
NONE = "none"


@dataclass(frozen=True)
class OlderLabelled(Payload, tag="labelled"):
    """The next ten under a label."""

    name: str
    before: int


# --- sorting ----------------------------------------------------------------------------------------------------------


def _choices(exchange: Exchange) -> Sequence[Choice]:
    names = exchange.turn.rules.labels
    return (*(Choice(name, name) for name in names), Choice(NONE, "不归类", ("无", "不归")))


def _question(exchange: Exchange) -> str:
    row, _ = held(exchange.turn, exchange.subject)
    assert isinstance(row, Proposal)
    have = labels_of(exchange.turn.session, row, exchange.turn.rules.labels)
    now = f"现为{'、'.join(have)}。" if have else ""
    return f"归到五治的哪一类？{now}可以多选，例如“1、3”。"


def _accept(exchange: Exchange, text: str) -> list[str]:
    """1、3 or 政治、德治."""
    names = exchange.turn.rules.labels
    chosen = []
    for word in filter(None, BETWEEN.split(bare(text))):
        if word.isdecimal() and 1 <= int(word) <= len(names):
            chosen.append(names[int(word) - 1])
        elif word in names:
            chosen.append(word)
        else:
            raise Refused(f"没有“{word[:10]}”这一类。请回复前面的数字，几类之间用顿号，例如“1、3”。")
    if not chosen:
        raise Refused("请回复前面的数字，几类之间用顿号，例如“1、3”。")
    return [name for name in names if name in chosen]


def _picked(value: str) -> list[str]:
    return [] if value == NONE else [value]


DIALOGUES = (
    Dialogue(
        "labels",
        moves.about,
        (Ask("labels", "五治归类", _question, _accept, choices=_choices, picked=_picked),),
        moves.finish,
    ),
)


# --- finding ----------------------------------------------------------------------------------------------------------


@router.command("五治")
def menu(turn: Turn) -> None:
    """How many are sorted under each, as far as the asker may see."""
    count = counted(turn.session, turn.actor)
    names = [*turn.rules.labels, *sorted(set(count) - set(turn.rules.labels))]
    lines = [f"{place} {name}：{count.get(name, 0)}件" for place, name in enumerate(names, 1)]
    if turn.dialogues.current(turn):
        lines = [f"· {name}：{count.get(name, 0)}件" for name in names]
        tail = f"看一类回复“五治 {names[0]}”。您正在写的内容还在等您，直接回答就好。"
    else:
        listed(turn, [OlderLabelled(name, NEWEST) for name in names])
        tail = "回复序号看这一类的提案；一件提案可以归几类。"
    turn.say("\n".join(["您能看到的提案，按五治归类：", *lines, tail]))


@router.pattern(r"五治 +(\S{1,20})")
def by_name(found: re.Match[str], turn: Turn) -> None:
    """五治 法治."""
    _list(turn, found[1], NEWEST)


@router.press(OlderLabelled)
def older(pressed: tuple[OlderLabelled, Any], turn: Turn) -> None:
    """A number of the menu, or the one behind the tenth."""
    payload, _ = pressed
    _list(turn, payload.name, payload.before)


def _list(turn: Turn, name: str, before: int) -> None:
    shown, more = labelled(turn.session, turn.actor, name, before, SHOWN)
    if not shown:
        names = "、".join(turn.rules.labels)
        known = name in turn.rules.labels
        raise Refused(f"没有归到“{name}”的提案。" if known else f"没有“{name}”这一类。五治有：{names}。")
    lines = [f"{p.number}《{gist(p.title, 40)}》（{year_of(p)}，{p.state.value}）" for p in shown]
    head = f"归到“{name}”的提案，最近{SHOWN}件：" if more else f"归到“{name}”的提案，共{len(shown)}件："
    if before != NEWEST:
        head = f"归到“{name}”的提案，更早的："
    if turn.dialogues.current(turn):  # a number would answer its question
        lines = [f"· {link(turn.url(f'p/proposals/{p.id}'), text)}" for p, text in zip(shown, lines, strict=True)]
        tail = "您正在写的内容还在等您，直接回答就好，或回复“继续”再看一遍。"
    else:
        payloads: list[Payload] = [Show("proposal", p.id or 0) for p in shown]
        lines = [f"{place} {text}" for place, text in enumerate(lines, 1)]
        tail = "回复序号打开。"
        if more:
            payloads.append(OlderLabelled(name, shown[-1].id or 0))
            tail = f"回复序号打开，回复 {len(payloads)} 看更早的。"
        listed(turn, payloads)
    turn.say("\n".join([head, *lines, tail]))
