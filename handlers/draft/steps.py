"""The questions of a proposal, its preview and its corrections."""

from bot.questions import Ask, Choice, Dialogue, Exchange
from handlers import form
from handlers.actions import acknowledge, perform
from handlers.draft.begin import start
from handlers.draft.parts import begin, called, keep, proposal_of, said_yes, write
from handlers.draft.preview import preview
from models.errors import Refused
from models.states import Event, State

PARTS = ("title", "category", "analysis", "suggestions", "units", "researched", "public", "secrecy")


def _after_preview(exchange: Exchange, text: str) -> str:
    """At the preview a number of a part may be typed after 修改; anything else is told what there is."""
    raise Refused("请回复 1 提交、2 修改 或 3 存草稿。")


def done(exchange: Exchange) -> None:
    """提交, 修改 or 存草稿."""
    turn = exchange.turn
    match exchange.answers["preview"]:
        case "edit":
            exchange.conversation.step = "preview"
            exchange.answers.pop("preview")
            turn.dialogues.open_over(exchange, "correct")
        case "save":
            exchange.answers.pop("preview")
            turn.dialogues.lay_aside(exchange)
        case _:
            submit(exchange)


def submit(exchange: Exchange) -> None:
    """Hand it in; what is missing is said, and nothing is lost."""
    turn = exchange.turn
    proposal = proposal_of(exchange)
    if "|" in exchange.subject and proposal.state is not State.RETURNED:
        turn.dialogues.drop(exchange)
        turn.say(f"这件提案现在是“{proposal.state.value}”，不用再提交。")
        return
    write(exchange, proposal)
    turn.response_code = exchange.conversation.response_code
    again = proposal.state is State.RETURNED
    perform(turn, proposal, Event.SUBMIT, {})
    turn.dialogues.drop(exchange)
    words = "已重新提交" if again else "提交成功"
    acknowledge(turn, proposal, f"{words}，流水号：{proposal.serial_no}")


DRAFT = Dialogue(
    "draft",
    called,
    (
        Ask(
            "title",
            "案由",
            lambda e: f"案由是什么？用一句话说明要解决什么，{e.turn.rules.title_max}字以内，例如“关于……的提案”。",
            form.title,
        ),
        Ask(
            "category",
            "类别",
            "属于哪个类别？",
            form.category,
            choices=lambda e: [Choice(name, name) for name in e.turn.rules.categories],
        ),
        Ask(
            "analysis",
            "情况分析",
            "情况分析：现状怎样、问题在哪、原因是什么？可以分几条消息发，写完回复“完”。",
            several="text",
        ),
        Ask("suggestions", "具体建议", "具体建议：一条消息写一条，都写完回复“完”。", form.item, several="list"),
        Ask(
            "units",
            "建议承办单位",
            "建议承办单位是哪几个？写名称或其中几个字，多个用顿号隔开；没有想法回复“跳过”。",
            form.units,
            optional=True,
        ),
        Ask(
            "researched",
            "是否调研",
            "是否调研过？也可以接着写时间和方式，例如“是，去年9月走访两个社区”。",
            form.yes_or_no(form.YES, form.NO, "请回复 1（是）或 2（否）。"),
            choices=(Choice("yes", "是"), Choice("no", "否")),
            picked=form.picked,
        ),
        Ask(
            "public",
            "是否同意公开",
            "是否同意公开这件提案？",
            form.yes_or_no(
                ("同意", *form.YES, "公开"), ("不同意", *form.NO, "不公开"), "请回复 1（同意）或 2（不同意）。"
            ),
            choices=(Choice("yes", "同意"), Choice("no", "不同意")),
            picked=form.picked,
        ),
        Ask(
            "no_public_reason",
            "不公开的原因",
            "不同意公开的原因是什么？一句话就行。",
            when=lambda e: said_yes(e.answers.get("public")) is False and not (e.answers["public"] or {}).get("note"),
            counted=False,
        ),
        Ask(
            "secrecy",
            "涉密自查",
            "涉密自查：内容是否不涉及国家秘密和工作秘密？",
            form.secrecy,
            choices=(Choice("clear", "不涉密"), Choice("unsure", "涉密或拿不准")),
            picked=form.secret,
        ),
        Ask(
            "preview",
            "提交前再看一遍",
            preview,
            _after_preview,
            choices=(
                Choice("submit", "提交", ("确认", "提交提案")),
                Choice("edit", "修改"),
                Choice("save", "存草稿", ("保存",)),
            ),
        ),
    ),
    done,
    keep,
    begin,
    parkable=True,
    announced=False,
)


# --- the small dialogues beside it ------------------------------------------------------------------------------------


def _draft_under(exchange: Exchange) -> Exchange:
    """The draft that a small dialogue was opened over."""
    number = int(exchange.subject)
    for other in exchange.turn.dialogues.laid_aside(exchange.turn):
        if other.conversation.id == number:
            return other
    raise Refused("那份草稿已经不在了。发送“我要提案”重新开始。")


def _go_on_or_anew(exchange: Exchange) -> None:
    turn, draft = exchange.turn, _draft_under(exchange)
    anew = exchange.answers["choice"] == "anew"
    turn.dialogues.drop(exchange)
    if anew:
        start(turn)
    else:
        turn.dialogues.resume(draft)


def _correct(exchange: Exchange) -> None:
    turn, draft = exchange.turn, _draft_under(exchange)
    part = exchange.answers["part"]
    turn.dialogues.drop(exchange)
    turn.dialogues.correct(draft, part)


def _unfinished(exchange: Exchange) -> str:
    draft = _draft_under(exchange)
    return f"您有一份没写完的{called(draft)}，要接着写吗？"


def _part(exchange: Exchange, text: str) -> str:
    words = text.strip()
    for ask in DRAFT.steps:
        if ask.name in PARTS and words and (words in ask.label):
            return ask.name
    raise Refused("请回复要修改的那一项前面的数字。")


AGAIN = Dialogue(
    "again",
    lambda e: "这个问题",
    (
        Ask(
            "choice",
            "接着写还是重新开始",
            _unfinished,
            lambda e, text: _part_of_again(),
            choices=(Choice("go_on", "继续"), Choice("anew", "重新开始", ("新的", "另写一份"))),
        ),
    ),
    _go_on_or_anew,
    announced=False,
)
CORRECT = Dialogue(
    "correct",
    lambda e: "修改",
    (
        Ask(
            "part",
            "修改哪一项",
            "要修改哪一项？请回复数字，改完会回到预览。",
            _part,
            choices=tuple(Choice(ask.name, ask.label) for ask in DRAFT.steps if ask.name in PARTS),
        ),
    ),
    _correct,
    announced=False,
)
DIALOGUES = (DRAFT, AGAIN, CORRECT)


def _part_of_again() -> str:
    raise Refused("请回复 1 继续 或 2 重新开始。")
