"""登记沟通: the unit records a communication; the member says whether it was so (DOMAIN §8)."""

from bot.questions import Ask, Choice, Dialogue, Exchange
from handlers.actions import held
from handlers.dates import day_in
from handlers.moves import about, finish, short
from models.errors import Refused
from models.guards import may_record
from models.handling import Assignment
from models.states import Handling, Means, Stage
from models.step import Step

_ALSO = {
    Means.VISIT: ("走访", "上门", "面谈", "当面"),
    Means.INVITE: ("邀请", "座谈"),
    Means.SITE: ("踏勘", "现场", "调研"),
    Means.VIDEO: ("视频",),
    Means.PHONE: ("打电话", "电话沟通"),
    Means.IM: ("企业微信",),
    Means.MAIL: ("邮件", "信函"),
}


def _stages(exchange: Exchange) -> list[Choice]:
    """Before the reply is issued: 办前, 办中; afterwards: 办后."""
    row, _ = held(exchange.turn, exchange.subject)
    assert isinstance(row, Assignment)
    after = row.state in {Handling.DELIVERED, Handling.DONE}
    stages = [Stage.AFTER] if after else [Stage.BEFORE, Stage.DURING]
    return [Choice(stage.name, stage.value, (f"{stage.value}沟通",)) for stage in stages]


def _stage(exchange: Exchange, text: str) -> str:
    words = text.strip()
    for stage in Stage:
        if words.startswith(stage.value):  # known, but not now: the reason is the guard's
            _check(exchange, stage.name, exchange.turn.today.isoformat())
            return stage.name
    raise Refused("请回复 1 办前、2 办中，或点按钮。")


def _held_on(exchange: Exchange, text: str) -> str:
    held_on = day_in(text, exchange.turn.today).isoformat()
    _check(exchange, exchange.answers["stage"], held_on)
    return held_on


def _check(exchange: Exchange, stage: str, held_on: str) -> None:
    turn = exchange.turn
    row, _ = held(turn, exchange.subject)
    said = {"stage": stage, "held_on": held_on}
    if why := may_record(Step(turn.session, turn.rules, turn.now, turn.today, row, turn.person, said)):
        raise Refused(why)


def _means(exchange: Exchange, text: str) -> str:
    raise Refused("请回复沟通方式前面的数字，例如 1。")


DIALOGUES = (
    Dialogue(
        "communicate",
        about,
        (
            Ask("stage", "哪次沟通", "登记的是哪一次沟通？", _stage, choices=_stages),
            Ask(
                "means",
                "沟通方式",
                "用什么方式沟通的？",
                _means,
                choices=tuple(Choice(means.name, means.value, _ALSO.get(means, ())) for means in Means),
            ),
            Ask("held_on", "沟通日期", "沟通日期是哪一天？例如“今天”“11月20日”。", _held_on),
            Ask(
                "minutes", "沟通纪要", "沟通纪要：谁和谁谈了什么、委员有什么意见？500字以内，一条消息写完。", short(500)
            ),
        ),
        finish,
    ),
)
