"""The small questions beside a draft: go on or begin anew, which part to correct, whether to throw it away."""

from bot.questions import Ask, Choice, Dialogue, Exchange
from handlers.draft.begin import start, start_with
from handlers.draft.edits import PARTS, part_named
from handlers.draft.parts import called, empty
from handlers.draft.steps import DRAFT
from models.errors import Refused
from models.paste import is_whole


def _draft_under(exchange: Exchange) -> Exchange:
    """The draft that a small dialogue was opened over."""
    number = int(exchange.subject)
    for other in exchange.turn.dialogues.laid_aside(exchange.turn):
        if other.conversation.id == number:
            return other
    raise Refused("那份草稿已经不在了。发送“我要提案”重新开始。")


# --- 我要提案, once more ------------------------------------------------------------------------------------------------


def _unfinished(exchange: Exchange) -> str:
    draft = _draft_under(exchange)
    return f"您有一份没写完的{called(draft)}，要接着写吗？"


def _neither(exchange: Exchange, text: str) -> str:
    if is_whole(text):
        return text
    raise Refused("请回复 1 继续 或 2 重新开始。")


def _go_on_or_anew(exchange: Exchange) -> None:
    turn, draft = exchange.turn, _draft_under(exchange)
    choice = exchange.answers["choice"]
    turn.dialogues.drop(exchange)
    if choice == "go_on":
        turn.dialogues.resume(draft)
    elif choice == "anew":
        start(turn)
    else:
        start_with(turn, choice)


AGAIN = Dialogue(
    "again",
    lambda e: "这个问题",
    (
        Ask(
            "choice",
            "接着写还是重新开始",
            _unfinished,
            _neither,
            choices=(Choice("go_on", "继续"), Choice("anew", "重新开始", ("新的", "另写一份"))),
        ),
    ),
    _go_on_or_anew,
    announced=False,
)


# --- 修改 -------------------------------------------------------------------------------------------------------------


def _correct(exchange: Exchange) -> None:
    turn, draft = exchange.turn, _draft_under(exchange)
    part = exchange.answers["part"]
    turn.dialogues.drop(exchange)
    turn.dialogues.correct(draft, part)


def _part(exchange: Exchange, text: str) -> str:
    name = part_named(exchange, text)
    if name is None:
        raise Refused("请回复要修改的那一项前面的数字。")
    return name


CORRECT = Dialogue(
    "correct",
    lambda e: "修改",
    (
        Ask(
            "part",
            "修改哪一项",
            "要修改哪一项？请回复数字，改完会回到预览。",
            _part,
            choices=tuple(Choice(name, DRAFT.step(name).label) for name in PARTS),
        ),
    ),
    _correct,
    announced=False,
)


# --- 删除草稿 ---------------------------------------------------------------------------------------------------------


def _sure(exchange: Exchange) -> str:
    return f"{called(_draft_under(exchange))}要删除吗？删除后找不回来。"


def _yes_or_no(exchange: Exchange, text: str) -> str:
    raise Refused("请回复 1 删除 或 2 留着。")


def _discarded(exchange: Exchange) -> None:
    turn, draft = exchange.turn, _draft_under(exchange)
    keeps = exchange.answers["sure"] == "keep"
    name = called(draft)
    turn.dialogues.drop(exchange)
    if keeps:
        turn.say(f"{name}还留着，回复“我的草稿”随时能看。")
        return
    empty(draft)
    turn.dialogues.drop(draft)
    turn.say(f"{name}已删除。")


DISCARD = Dialogue(
    "discard",
    lambda e: "删除草稿",
    (
        Ask(
            "sure",
            "删除草稿",
            _sure,
            _yes_or_no,
            choices=(Choice("yes", "删除"), Choice("keep", "留着", ("不删",))),
        ),
    ),
    _discarded,
    announced=False,
)
DIALOGUES = (DRAFT, AGAIN, CORRECT, DISCARD)
