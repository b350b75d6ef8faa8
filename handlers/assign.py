"""交办: the dispatcher says how and to whom, sees it once more, and confirms (DOMAIN §6)."""

from typing import Any

from bot.questions import Ask, Choice, Dialogue, Exchange, NotYet
from handlers.actions import Stale, held
from handlers.cards.told import day, named
from handlers.moves import about, finish
from handlers.names import units_named
from models import deadlines
from models.errors import Refused
from models.guards import combination
from models.people import Unit
from models.proposal import Proposal
from models.states import Mode


def _mode(exchange: Exchange, text: str) -> str:
    words = text.strip().replace("＋", "").replace("+", "").replace("加", "")
    for mode in Mode:
        if words and words in mode.value:
            return mode.name
    raise Refused("请回复 1 独办、2 主办会办 或 3 分办。")


def _units(exchange: Exchange, text: str) -> list[str] | NotYet:
    """All units in one message; a lead named alone waits for its co-units, a first of several for the others."""
    mode = Mode[exchange.answers["mode"]]
    units = [*(exchange.so_far or []), *(unit.id for unit in units_named(exchange, text))]
    why = combination(mode, units)
    if why is None:
        return units
    if mode is Mode.SOLE or len(units) != 1:
        raise Refused(why)
    return NotYet(f"{why}\n已记下{_labels(exchange, units)}，请再写其余单位；要重写请回复“上一步”。", units)


def _labels(exchange: Exchange, units: list[str]) -> str:
    return "、".join(exchange.turn.session.get_one(Unit, unit).name for unit in units)


def parts_said(exchange: Exchange) -> str:
    """主办：住建局；会办：财政局、规划局."""
    mode, units = Mode[exchange.answers["mode"]], exchange.answers["units"]
    if mode is Mode.LEAD_CO:
        return f"主办：{_labels(exchange, units[:1])}；会办：{_labels(exchange, units[1:])}"
    return f"{mode.value}：{_labels(exchange, units)}"


def _summary(exchange: Exchange) -> str:
    turn = exchange.turn
    row, _ = held(turn, exchange.subject)
    assert isinstance(row, Proposal)
    due = deadlines.handling_due(turn.today, turn.rules, in_session=row.in_session)
    return f"请核对：{row.number}{named(row)}\n{parts_said(exchange)}\n答复期限：{due.year}年{day(due)}"


def _more_or_else(exchange: Exchange, text: str) -> str:
    """At the summary another unit may still be named."""
    more = [unit.id for unit in units_named(exchange, text)]
    units = [*exchange.answers["units"], *more]
    if why := combination(Mode[exchange.answers["mode"]], units):
        raise Refused(why)
    exchange.put("units", units)
    exchange.turn.say(f"已加上{_labels(exchange, more)}。")
    return "again"


def _done(exchange: Exchange) -> None:
    match exchange.answers["confirm"]:
        case "no":
            exchange.turn.dialogues.drop(exchange)
            exchange.turn.say("已取消，还没有交办。发送“待办”可以再来。")
        case "edit" | "again" as what:
            kept = {"mode": exchange.answers["mode"], "units": exchange.answers["units"]}
            turn, subject, code = exchange.turn, exchange.subject, exchange.conversation.response_code
            turn.dialogues.drop(exchange)
            turn.response_code = code
            anew = what == "edit"
            turn.dialogues.open(turn, "assign", subject, {} if anew else kept, "mode" if anew else "confirm")
        case _:
            exchange.put("unit_labels", parts_said(exchange))
            finish(exchange)


def _question_units(exchange: Exchange) -> str:
    wished = ""
    try:
        row, _ = held(exchange.turn, exchange.subject)
        if isinstance(row, Proposal) and row.suggested_units:
            wished = f"委员建议：{'、'.join(row.suggested_units)}。"
    except Stale:
        pass
    how = {
        Mode.SOLE: "承办单位是哪一个？",
        Mode.LEAD_CO: "承办单位有哪些？主办写在最前，后面写会办，用顿号隔开。",
        Mode.PARALLEL: "分办单位有哪些？用顿号隔开，至少两个。",
    }[Mode[exchange.answers["mode"]]]
    return how + wished


CONFIRM: tuple[Choice, ...] = (
    Choice("yes", "交办", ("确认", "确认交办", "是", "提交", "完", "好")),
    Choice("edit", "修改"),
    Choice("no", "取消"),
)


def _title(exchange: Exchange) -> str:
    return about(exchange)


STEPS: tuple[Any, ...] = (
    Ask("mode", "办理方式", "用哪种办理方式？", _mode, choices=tuple(Choice(mode.name, mode.value) for mode in Mode)),
    Ask("units", "承办单位", _question_units, _units),
    Ask("confirm", "确认交办", _summary, _more_or_else, choices=CONFIRM),
)
DIALOGUES = (Dialogue("assign", _title, STEPS, _done),)
