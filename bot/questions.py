"""What a dialogue is made of: questions, choices, and the exchange with one person. Plain data and functions."""

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from bot.payload import Payload
from bot.turn import Turn
from bot.wecom import updates
from models.conversation import Conversation
from models.errors import Refused


@dataclass(frozen=True)
class Pick(Payload, tag="pick"):
    """A choice pressed on a question's card."""

    conversation: int
    step: str
    value: str


@dataclass(frozen=True)
class Choice:
    """One of several answers; the label, its number, or one of `also` may be typed."""

    value: str
    label: str
    also: tuple[str, ...] = ()


@dataclass
class Exchange:
    """One dialogue with one person, now."""

    turn: Turn
    conversation: Conversation
    note: str = ""  # said before the next question, in the same message: what became of the last answer

    @property
    def answers(self) -> dict[str, Any]:
        """What was answered so far, by the step's name."""
        return self.conversation.answers

    @property
    def subject(self) -> str:
        """What it is about: a payload key, or an id."""
        return self.conversation.subject

    @property
    def so_far(self) -> Any:
        """What this step has heard already, if it takes several messages; None at first."""
        return self.answers.get(pieces(self.conversation.step))

    def put(self, name: str, value: Any) -> None:
        """Keep an answer (JSON values only)."""
        self.conversation.answers = {**self.conversation.answers, name: value}


@dataclass(frozen=True)
class NotYet:
    """Half an answer: `so_far` is kept for the step (see `Exchange.so_far`), the words ask for the rest."""

    words: str
    so_far: Any


@dataclass(frozen=True)
class Several:
    """More than was asked: answers to several questions at once. It goes on at `then`, else with what is still missing."""

    answers: dict[str, Any]
    noted: str = ""
    then: str = ""


def bare(text: str) -> str:
    """Words as they are meant when they stand alone: full-width letters and digits narrowed, no full stop behind."""
    return unicodedata.normalize("NFKC", text).strip().rstrip("。.、!~ ")


def as_it_is(exchange: Exchange, text: str) -> str:
    """Any text with something to read in it."""
    words = text.strip()
    if not any(ch.isalnum() for ch in words):
        raise Refused("没有读到文字，请用文字回答。")
    return words


Accept = Callable[[Exchange, str], Any]
Choices = Sequence[Choice] | Callable[[Exchange], Sequence[Choice]]


@dataclass(frozen=True)
class Ask:
    """One question. `accept` turns the words into an answer or raises Refused with what would help."""

    name: str
    label: str  # what the part is called: 案由, 类别 …
    question: str | Callable[[Exchange], str]
    accept: Accept = as_it_is
    several: Literal["", "text", "list"] = ""  # several messages until 完: one text, or a list of items
    choices: Choices = ()
    picked: Callable[[str], Any] = str  # what a picked choice's value becomes as an answer
    settle: Callable[[Exchange, Any], Any] | None = None  # what an answer leads to, where it is more than itself
    on_end: Any = None  # the answer that 完 stands for, where it ends nothing
    optional: bool = False
    numbers: bool = False  # takes numbers that stand beside no choices
    example: str = ""  # for 示例
    short: str | Callable[[Exchange], str] = ""  # the question in large print, where the usual one is long
    counted: bool = True  # shows and moves the progress （3/8）
    when: Callable[[Exchange], bool] = field(default=lambda exchange: True)

    def choices_for(self, exchange: Exchange) -> Sequence[Choice]:
        """The choices, here and now."""
        return self.choices(exchange) if callable(self.choices) else self.choices


@dataclass(frozen=True)
class Dialogue:
    """A list of questions and what is done with the answers."""

    name: str
    title: Callable[[Exchange], str]  # 提案《…》: how it is called in 继续 and when laid aside
    steps: tuple[Ask, ...]
    done: Callable[[Exchange], None]
    keep: Callable[[Exchange], None] = field(default=lambda exchange: None)  # after every answer
    begin: Callable[[Turn, str], tuple[dict[str, Any], str]] = field(default=lambda turn, subject: ({}, ""))
    noted: Callable[[Exchange, Ask], str] = field(default=lambda exchange, ask: "")  # one line after an answer
    stood: Callable[[Exchange], str] = field(default=lambda exchange: "")  # one line when it is taken up days later
    words: Callable[[Exchange, str], str | None] = field(default=lambda exchange, text: None)  # see Dialogues._own
    attach: Callable[[Exchange, updates.Update], tuple[str, int]] | None = None  # keeps what was sent: words, its id
    detach: Callable[[Exchange, int], str] = field(default=lambda exchange, key: "")
    subject: Callable[[str], str] = field(
        default=lambda subject: subject
    )  # what it is about, of what it is opened with
    one_each: bool = False  # about one subject a person has one: it is taken up again …
    taken_up_at: str = ""  # … at this question, or where it stood
    parkable: bool = False  # may be laid aside and taken up again
    announced: bool = True  # its first question says what it is about: other cases' news may stand between

    @property
    def has_preview(self) -> bool:
        """Whether it ends in a last look at everything."""
        return self.steps[-1].name == "preview"

    def step(self, name: str) -> Ask:
        """The question of that name."""
        return next(ask for ask in self.steps if ask.name == name)

    def asked(self, exchange: Exchange) -> list[Ask]:
        """The questions that apply."""
        return [ask for ask in self.steps if ask.when(exchange)]

    def missing(self, exchange: Exchange) -> list[Ask]:
        """Those of them that have to be answered, and are not yet."""
        asked = [ask for ask in self.asked(exchange) if ask.name != "preview" and not ask.optional]
        return [ask for ask in asked if exchange.answers.get(ask.name) in (None, "", [])]


@dataclass(frozen=True)
class Resume(Payload, tag="resume"):
    """Take up a dialogue that was laid aside."""

    conversation: int


def numbered(choices: Sequence[Choice], between: str = "\n") -> str:
    """1 甲　2 乙."""
    return between.join(f"{place} {choice.label}" for place, choice in enumerate(choices, 1))


def counted(*texts: str) -> int:
    """Characters as people count them: white space does not."""
    return sum(len("".join(text.split())) for text in texts)


def pieces(step: str) -> str:
    """Where the messages of an answer in the making are kept."""
    return f"{step}~"
