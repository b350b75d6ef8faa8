"""提交评价: the member rates the handling, on the card or in words; 不满意 on the result asks why (DOMAIN §10)."""

from typing import Any

from bot.questions import Ask, Choice, Dialogue, Exchange
from bot.router import Router
from bot.turn import Turn
from handlers.actions import concerns, get_row
from handlers.cards.buttons import Rate, do
from handlers.cards.rating import QUESTIONS, labels
from handlers.moves import about, finish, make, short, tell_stale
from models import access
from models.errors import Refused
from models.handling import Assignment
from models.states import Event, Role, Verdict
from models.step import ratings_of

router = Router()
NOT_YOURS = "评价只能由提案人本人、联名人本人填写。"


@router.press(Rate)
def submitted(pressed: tuple[Rate, dict[str, tuple[str, ...]]], turn: Turn) -> None:
    """The rating card comes back with its three answers."""
    payload, selected = pressed
    row = get_row(turn, Assignment, payload.assignment)
    assert isinstance(row, Assignment)
    if not concerns(turn, row):
        raise Refused(NOT_YOURS)
    if row.stamp != payload.stamp:
        tell_stale(turn, row, Event.RATE)
        return
    if not access.holds(turn.session, turn.actor, Role.RATER, row):
        if turn.actor.userid in ratings_of(turn.session, row):
            raise Refused("您已经评价过了，不用再填。")
        raise Refused(NOT_YOURS)
    if not selected and turn.actor.in_words:  # there was nothing to choose on
        turn.dialogues.open(turn, "rate", do(row, Event.RATE).key)
        return
    said = {key: selected[key][0] for key in QUESTIONS if selected.get(key)}
    if len(said) < len(QUESTIONS) or not all(value in Verdict.__members__ for value in said.values()):
        raise Refused("请把办理态度、办理过程、办理结果三项都选好，再点“提交评价”。")
    if said["result"] == Verdict.DISSATISFIED.name:
        turn.dialogues.open(turn, "rate", do(row, Event.RATE).key, said, "reason")
    else:
        make(turn, row, Event.RATE, {**said, "labels": labels(said)})


def _verdict(exchange: Exchange, text: str) -> str:
    raise Refused("请回复 1 满意、2 基本满意 或 3 不满意。")


def _dissatisfied(exchange: Exchange) -> bool:
    return exchange.answers.get("result") == Verdict.DISSATISFIED.name


def _done(exchange: Exchange) -> None:
    exchange.put("labels", labels(exchange.answers))
    finish(exchange)


VERDICTS = tuple(Choice(verdict.name, verdict.value) for verdict in Verdict)
STEPS: tuple[Any, ...] = (
    *(Ask(key, title, f"您对{title}满意吗？", _verdict, choices=VERDICTS) for key, title in QUESTIONS.items()),
    Ask(
        "reason",
        "不满意的原因",
        "您对办理结果不满意，原因是什么？请写几句，单位会据此重新办理。",
        short(500),
        when=_dissatisfied,
        counted=False,
    ),
)
DIALOGUES = (Dialogue("rate", about, STEPS, _done),)
