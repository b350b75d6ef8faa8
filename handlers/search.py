"""查 老旧小区: proposals that contain some words, ten at a time, for every role within what it may see."""

import re
from dataclasses import dataclass
from typing import Any

from bot.payload import Payload
from bot.router import Router, listed
from bot.turn import Turn
from bot.wecom.messages import link
from handlers.cards.buttons import Show
from handlers.cards.similar import year_of
from handlers.cards.told import gist
from models import finding
from models.collective import author
from models.errors import Refused
from models.proposal import Proposal

router = Router()
SHOWN = 10
TITLE = 40
LONGEST = 60  # characters of what is looked for
HOW = "请在“查”后面空一格写词语，例如“查 老旧小区”；几个词之间空一格，表示都要有。"


@dataclass(frozen=True)
class Older(Payload, tag="older"):
    """The next ten of a search."""

    words: str
    before: int


@router.command("查", "搜索", "查询")
def how(turn: Turn) -> None:
    """The word alone: what to add."""
    turn.say(HOW)


@router.pattern(r"(?:查|搜索|查询) +([^\n]+)")
def look_for(matched: re.Match[str], turn: Turn) -> None:
    """查 and what is looked for."""
    _look_for(matched[1], turn)


def _look_for(words: str, turn: Turn) -> None:
    _answer(turn, " ".join(words.split()), finding.NEWEST)


@router.text
def without_a_space(words: str, turn: Turn) -> bool:
    """查老旧小区, where nothing else is meant by it."""
    begins = next((word for word in ("查询", "搜索", "查") if words.startswith(word)), "")
    if not begins or "\n" in words:
        return False
    _look_for(words.removeprefix(begins), turn)
    return True


@router.press(Older)
def older(pressed: tuple[Older, Any], turn: Turn) -> None:
    """The number behind the tenth."""
    payload, _ = pressed
    _answer(turn, payload.words, payload.before)


def _answer(turn: Turn, words: str, before: int) -> None:
    if len(words) > LONGEST:
        raise Refused(f"要查的词太长了，请写{LONGEST}字以内的几个词。")
    if not finding.runs_of(words):
        raise Refused(HOW)
    if words in turn.rules.labels and before == finding.NEWEST:
        turn.say(f"要看归到“{words}”的提案，回复“五治 {words}”。")
    found = finding.find(turn.session, turn.actor, words, before, SHOWN)
    if found.proposals:
        _list(turn, words, found)
    elif found.gave_up:
        turn.say(f"含有“{words}”里这些字的提案太多，没能查完。请再加一个词，例如地名、单位或年份里的事项。")
    elif before != finding.NEWEST:
        turn.say("没有更早的了。")
    else:
        turn.say(f"没有查到{_called(words)}。只查您能看到的提案；可以少写几个字、换个说法，或只写其中一个词再试。")


def _called(words: str) -> str:
    return f"含“{words.replace(' ', '”“')}”的提案"


def _list(turn: Turn, words: str, found: finding.Found) -> None:
    shown = found.proposals
    head = f"{_called(words)}，最近{SHOWN}件：" if found.more else f"{_called(words)}，共{len(shown)}件："
    if turn.dialogues.current(turn):  # a number would answer its question
        lines = [f"· {link(turn.url(f'p/proposals/{p.id}'), _line(turn, p))}" for p in shown]
        more = "还有更早的，可以再加一个词来查。" if found.more else ""
        tail = f"{more}您正在写的内容还在等您，直接回答就好，或回复“继续”再看一遍。"
    else:
        rows: list[Payload] = [Show("proposal", p.id or 0) for p in shown]
        lines = [f"{place} {_line(turn, p)}" for place, p in enumerate(shown, 1)]
        tail = "回复序号打开。"
        if found.more:
            rows.append(Older(words, shown[-1].id or 0))
            tail = f"回复序号打开，回复 {len(rows)} 看更早的。"
        listed(turn, rows)
    turn.say("\n".join([head, *lines, tail]))


def _line(turn: Turn, p: Proposal) -> str:
    body = f"{author(turn.session, p)}，" if p.organisation else ""
    return f"{p.number}《{gist(p.title, TITLE) or '未写案由'}》（{body}{year_of(p)}，{p.state.value}）"
