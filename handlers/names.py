"""Finding units by what people call them: the full name, the short name, or a part; near names are offered."""

import re
from collections.abc import Sequence
from difflib import SequenceMatcher

from sqlmodel import select

from bot.questions import Exchange
from models.errors import Refused
from models.people import Unit

BETWEEN = re.compile(r"[、,，;；\n/／]+|\s+")
OFFERED = 5


def units_named(exchange: Exchange, text: str) -> list[Unit]:
    """Every unit named in a message, in order, twice if named twice; Refused for a name that fits none or several."""
    words = [word for word in BETWEEN.split(text.strip()) if word]
    if not words:
        raise Refused("请写单位名称，例如“住建局”“教育局”，几个单位之间用顿号隔开。")
    known = exchange.turn.session.exec(select(Unit).order_by(Unit.id)).all()
    return [_find(known, word) for word in words]


def one_unit(exchange: Exchange, text: str) -> str:
    """The id of the one unit named."""
    units = units_named(exchange, text)
    if len(units) != 1:
        raise Refused("这里只能写一个单位。")
    return units[0].id


def _find(known: Sequence[Unit], word: str) -> Unit:
    exact = [unit for unit in known if word in {unit.id, unit.name, unit.short_name}]
    fits = exact or [unit for unit in known if word in unit.name] or [unit for unit in known if _is_called(unit, word)]
    if len(fits) == 1:
        return fits[0]
    if fits:
        raise Refused(f"“{word}”可能是：{_names(fits)}。请写得再完整一些。")
    raise Refused(f"没有叫“{word}”的单位。相近的有：{_names(_nearest(known, word))}。请重新写单位名称。")


def _is_called(unit: Unit, word: str) -> bool:
    """住建局 -> 住房和城乡建设局, 卫健委 -> 卫生健康委员会: the short name with its usual ending, or its letters in order."""
    bare = re.sub(r"(市|区)?(局|委|办|厅|部|委员会|政府|管委会)$", "", word)
    if bare and bare == unit.short_name:
        return True
    letters = iter(unit.name)
    return len(word) >= 2 and all(ch in letters for ch in word)


def _nearest(known: Sequence[Unit], word: str) -> list[Unit]:
    def likeness(unit: Unit) -> float:
        common = len(set(word) & set(unit.name + unit.short_name + "".join(unit.keywords)))
        return common + SequenceMatcher(None, word, unit.name).ratio()

    return sorted(known, key=likeness, reverse=True)[:OFFERED]


def _names(units: Sequence[Unit]) -> str:
    return "、".join(unit.name for unit in units[:OFFERED])
