"""Words that change a draft at once, at whatever question: 删除 2, 第2条改为…, 移动 3 到 1, 加一条 …, 修改 4."""

import re
from collections.abc import Callable

from bot.questions import Exchange, bare, pieces
from handlers import form
from handlers.draft import advice, attachments
from handlers.draft.parts import proposal_of
from models.attachment import attachments_of
from models.errors import Refused

WRITING = frozenset({"title", "analysis", "no_public_reason", "which"})  # there every word may belong to the answer
PARTS = ("title", "category", "analysis", "suggestions", "units", "researched", "public", "secrecy", "origin")

_PLACE = r"第?\s*(\d{1,3}|[一二三四五六七八九十]{1,3})\s*条?"
_DIGITS = "零一二三四五六七八九"


def edited(exchange: Exchange, text: str) -> str | None:
    """What was done, in one line; None when these are no such words."""
    words = bare(text)
    if words == "修改" and exchange.conversation.step == "rest":  # a whole preview would be too much there
        exchange.turn.dialogues.open_over(exchange, "correct")
        return ""
    if found := re.fullmatch(r"修改\s*(.+)", words, re.DOTALL):
        return _part(exchange, found[1])
    if (told := advice.wanted(exchange, words)) is not None:
        return told
    if (place := attachments.asked_away(text)) is not None:  # nobody means this to be a part of the text
        proposal = proposal_of(exchange)
        return attachments.remove(exchange.turn, proposal, attachments_of(exchange.turn.session, proposal.id), place)
    if exchange.conversation.step in WRITING:
        return None
    for pattern, work in _WORDS:
        if found := re.fullmatch(pattern, text.strip(), re.DOTALL):
            return work(exchange, found)
    return None


# --- single suggestions -----------------------------------------------------------------------------------------------


def _list(exchange: Exchange) -> tuple[str, list[str]]:
    """Where the suggestions are: in the making, or said."""
    half = pieces("suggestions")
    name = half if exchange.answers.get(half) else "suggestions"
    return name, list(exchange.answers.get(name) or [])


def _remove(exchange: Exchange, found: re.Match[str]) -> str:
    name, items = _list(exchange)
    place = _place(items, found[1])
    items.pop(place)
    exchange.put(name, items)
    return f"删除了第{place + 1}条，{_left(items)}。"


def _replace(exchange: Exchange, found: re.Match[str]) -> str:
    name, items = _list(exchange)
    place = _place(items, found[1])
    items[place] = form.worded(exchange, found[2])
    exchange.put(name, items)
    return f"第{place + 1}条改好了。"


def _move(exchange: Exchange, found: re.Match[str]) -> str:
    name, items = _list(exchange)
    place, target = _place(items, found[1]), _place(items, found[2])
    items.insert(target, items.pop(place))
    exchange.put(name, items)
    return f"第{place + 1}条移到了第{target + 1}条。"


def _add(exchange: Exchange, found: re.Match[str]) -> str:
    name, items = _list(exchange)
    item = form.worded(exchange, found[1])
    if len(items) >= exchange.turn.rules.suggestion_max_items:
        raise Refused(f"最多写{exchange.turn.rules.suggestion_max_items}条建议，这一条没有加上。")
    exchange.put(name, [*items, item])
    return f"加上了第{len(items) + 1}条。"


def _left(items: list[str]) -> str:
    return f"还有{len(items)}条" if items else "现在一条也没有了"


def _place(items: list[str], words: str) -> int:
    number = int(words) if words.isdecimal() else _chinese(words)
    if not items:
        raise Refused("还没有写建议。")
    if not 1 <= number <= len(items):
        raise Refused(f"没有第{number}条，现在有{len(items)}条建议。")
    return number - 1


def _chinese(words: str) -> int:
    tens, ten, ones = words.rpartition("十")
    if not ten:
        return _DIGITS.index(words[-1])
    return (_DIGITS.index(tens[-1]) if tens else 1) * 10 + (_DIGITS.index(ones[-1]) if ones else 0)


_WORDS: tuple[tuple[str, Callable[[Exchange, re.Match[str]], str]], ...] = (
    (rf"(?:删除|删掉|去掉)\s*{_PLACE}", _remove),
    (rf"{_PLACE}\s*(?:改为|改成|换成|修改为|替换为)\s*[：:，,]?\s*(.+)", _replace),
    (rf"(?:移动|把|(?=第))\s*{_PLACE}\s*(?:移到|移动到|挪到|到|放到)\s*{_PLACE}", _move),
    (r"(?:加一条|增加一条|补充一条|再加一条)\s*[：:，,]?\s*(.+)", _add),
)


# --- one part ---------------------------------------------------------------------------------------------------------


def _part(exchange: Exchange, words: str) -> str | None:
    """修改 4, 修改类别: straight to that part."""
    name = part_named(exchange, words)
    if name is None:
        if exchange.conversation.step in WRITING:
            return None
        raise Refused("没有这一项。回复“修改”看各项的数字。")
    exchange.turn.dialogues.correct(exchange, name)
    return ""


def part_named(exchange: Exchange, words: str) -> str | None:
    """A part by its number in the list, or its name."""
    words = words.strip("第项 ")
    if words.isdecimal():
        return PARTS[int(words) - 1] if 1 <= int(words) <= len(PARTS) else None
    dialogue = exchange.turn.dialogues.by_name["draft"]
    return next((name for name in PARTS if words and words in dialogue.step(name).label), None)
