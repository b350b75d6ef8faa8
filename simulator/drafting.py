"""How a member hands a proposal in: question by question, pasted whole, or in words alone; and what it took."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

from simulator.acts import END, Answer, Trouble
from simulator.script import Case, messages

ANEW = Answer(("要接着写吗",), presses="重新开始")
LAST_CARD, LAST_WORDS = "提交前再看一遍", "1 提交\n"  # where the last choice is: on a card, or below the words


class Way(Enum):
    """The ways in; the value is what `--by` takes."""

    STEPS = "steps"
    PASTE = "paste"
    WORDS = "words"


@dataclass(frozen=True)
class Effort:
    """What one proposal took from 我要提案 to 提交成功."""

    case: str
    messages: int  # the member's, presses too
    pushed: int  # bytes of what the bot sent them meanwhile


def answers(case: Case, way: Way, signers: Sequence[str] = ()) -> Sequence[Answer]:
    """What the member answers to each question; at the last, it is handed in, or first sent round to the signers."""
    match way:
        case Way.PASTE:
            asked = _pasted(case)
        case Way.WORDS:
            asked = _step_by_step(case, LAST_WORDS)
        case _:
            asked = _step_by_step(case, LAST_CARD)
    if not signers:
        return asked
    return (*asked[:-1], Answer(asked[-1].to, (f"邀请 {'、'.join(signers)}",)))


def _units(case: Case) -> str:
    return "、".join(unit.name for unit in case.units)


def _step_by_step(case: Case, last: str) -> Sequence[Answer]:
    return (
        ANEW,
        Answer(("案由是什么",), (case.title,)),
        Answer(("属于哪个类别",), presses=case.category),
        Answer(("情况分析：现状",), (*case.analysis, END)),
        Answer(("具体建议：一条消息",), (*case.suggestions, END)),
        Answer(("建议承办单位是",), (_units(case) or "跳过",)),
        Answer(("是否调研过",), (case.researched,)),
        Answer(("是否同意公开这件",), presses=case.public),
        Answer(("不同意公开的原因",), (case.secret_reason,)),
        Answer(("涉密自查：内容",), presses="不涉密"),
        Answer((last,), presses="提交"),
    )


def _pasted(case: Case) -> Sequence[Answer]:
    """The text as its author has it in a file, then the rest in one message."""
    pieces = iter((*pasted(case)[1:], rest(case)))
    return (
        ANEW,
        Answer(("案由是什么",), (pasted(case)[0],)),
        Answer(("一条消息就能答完",), (lambda text: _next(pieces, text),)),
        Answer((LAST_CARD,), presses="提交"),
    )


def pasted(case: Case) -> list[str]:
    """The pieces in which a phone sends the whole text."""
    body = "".join(case.analysis)
    suggestions = "\n".join(f"（{place}）{words}" for place, words in enumerate(case.suggestions, 1))
    units = f"\n建议承办单位：{_units(case)}" if case.units else ""
    return messages(f"{case.title}\n一、情况分析\n{body}\n二、具体建议\n{suggestions}{units}")


def rest(case: Case) -> str:
    """What no text holds, in one message."""
    public = case.public if case.public == "同意" else f"{case.public}，{case.secret_reason}"
    return f"{case.category}，{case.researched}，{public}，不涉密"


def _next(pieces: Iterator[str], question: str) -> str:
    words = next(pieces, None)
    if words is None:
        raise Trouble(f"其余各项没有答上：{question[:200]}")
    return words


def number_of(choice: str, question: str) -> str:
    """The number in front of a choice in a numbered list."""
    for line in question.replace("　", "\n").splitlines():
        number, _, words = line.strip().partition(" ")
        if number.isdecimal() and words.strip() == choice:
            return number
    raise Trouble(f"选项里没有“{choice}”：{question[:200]}")
