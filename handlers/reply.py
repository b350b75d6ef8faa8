"""写答复: letter, text, and for B the promise; a co-unit writes its opinion instead (DOMAIN §9)."""

from typing import Any

from bot.questions import Ask, Choice, Dialogue, Exchange, bare
from handlers.dates import day_in
from handlers.moves import about, finish, short
from models.errors import Refused
from models.states import RESULTS

SHORT = {"A": "已解决", "B": "正在解决", "C": "暂不能解决", "D": "留作参考"}  # as a button holds it
REPLY_MAX = 5000  # characters; the city systems seen allow 2,500 (DOMAIN §3.2, C07)


def _results(exchange: Exchange) -> list[Choice]:
    return [
        Choice(letter, f"{letter} {SHORT[letter]}", (letter, letter.lower(), f"{letter}类", RESULTS[letter]))
        for letter in exchange.turn.rules.result_scheme
    ]


def _result(exchange: Exchange, text: str) -> str:
    letter = bare(text)[:1].upper()
    if letter in exchange.turn.rules.result_scheme and letter:
        return letter
    raise Refused(f"请回复办理结果的字母（{'、'.join(exchange.turn.rules.result_scheme)}）或数字。")


def _piece(exchange: Exchange, text: str) -> str:
    so_far = sum(map(len, exchange.so_far or []))
    if so_far + len(text) > REPLY_MAX:
        raise Refused(f"答复最多{REPLY_MAX}字，已有{so_far}字。请精简，或回复“完”结束。")
    return short(REPLY_MAX)(exchange, text)


def _promise(exchange: Exchange, text: str) -> str:
    if text.strip() == "完":
        raise Refused("请写承诺的事项。")
    return short(300)(exchange, text)


def _due(exchange: Exchange, text: str) -> str:
    due = day_in(text, exchange.turn.today, ahead=True)
    if due <= exchange.turn.today:
        raise Refused("承诺的完成日期应在今天之后，请核对。")
    return due.isoformat()


def is_promised(exchange: Exchange) -> bool:
    """Hard rule 7: B wants the promise, its day and who answers for it (DOMAIN §0.7, §9.2)."""
    return exchange.answers.get("result") == "B"


STEPS: tuple[Any, ...] = (
    Ask("result", "办理结果", "办理结果是哪一类？", _result, choices=_results),
    Ask(
        "text",
        "答复正文",
        "请写答复正文：逐条回应建议，写明已做、在做、计划和理由。可以分几条消息发，写完回复“完”。",
        _piece,
        several="text",
    ),
    Ask("promise", "承诺事项", "B类要写承诺：承诺做什么？一句话写清。", _promise, when=is_promised),
    Ask("promise_due", "完成日期", "承诺的完成日期是哪一天？例如“2027年6月30日”。", _due, when=is_promised),
    Ask("promise_owner", "责任人", "承诺由谁负责？写责任人姓名和职务。", short(50), when=is_promised),
)
DIALOGUES = (
    Dialogue("reply", about, STEPS, finish, parkable=True),
    Dialogue(
        "opinion",
        about,
        (
            Ask(
                "text",
                "会办意见",
                "请写会办意见，交给主办单位。可以分几条消息发，写完回复“完”。",
                _piece,
                several="text",
            ),
        ),
        finish,
        parkable=True,
    ),
)
