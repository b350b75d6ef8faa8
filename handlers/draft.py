"""我要提案: a member writes a proposal, one question after another (DOMAIN §3). Every answer is in the row at once."""

from typing import Any

from sqlmodel import col, select

from bot.questions import Ask, Choice, Dialogue, Exchange, Resume
from bot.router import Router, listed
from bot.turn import Turn
from bot.wecom.messages import link
from handlers import cosign, form
from handlers.actions import acknowledge
from models import access
from models.errors import Refused
from models.guards import length
from models.proposal import Proposal
from models.states import State

router = Router()
MEMBER = "member"


@router.command("我要提案", "提案")
def propose(turn: Turn) -> None:
    """Start a proposal, or ask whether to go on with the one begun."""
    if not any(h.role == MEMBER for h in access.holdings(turn.session, turn.actor.userid)):
        raise Refused("提案由政协委员提出，您的账号不是委员。发送“待办”看等您办的事，“帮助”看能做什么。")
    current = turn.dialogues.current(turn)
    drafts = [e for e in [current, *turn.dialogues.laid_aside(turn)] if e and e.conversation.dialogue == "draft"]
    if drafts:
        turn.dialogues.open(turn, "again", str(drafts[0].conversation.id))
    else:
        start(turn)


def start(turn: Turn) -> None:
    """An empty draft and its first question."""
    proposal = Proposal(proposer=turn.actor.userid, created_at=turn.now, term_session=turn.rules.term_session)
    turn.session.add(proposal)
    turn.session.flush()
    turn.dialogues.open(turn, "draft", str(proposal.id))


@router.command("继续")
def go_on(turn: Turn) -> None:
    """Take up what was laid aside; several are listed by number."""
    rest = turn.dialogues.laid_aside(turn)
    current = turn.dialogues.current(turn)
    if current:
        turn.dialogues.ask(current)
    elif not rest:
        raise Refused("没有写到一半的内容。发送“我要提案”写提案，“待办”看等您办的事。")
    elif len(rest) == 1:
        turn.dialogues.resume(rest[0])
    else:
        listed(turn, [Resume(e.conversation.id or 0) for e in rest])
        lines = [f"{place} {turn.dialogues.title(e)}" for place, e in enumerate(rest, 1)]
        turn.say("您有几份没写完的，请回复序号：\n" + "\n".join(lines))


@router.press(Resume)
def resume(pressed: tuple[Resume, Any], turn: Turn) -> None:
    """A number of the list above."""
    payload, _ = pressed
    for exchange in turn.dialogues.laid_aside(turn):
        if exchange.conversation.id == payload.conversation:
            turn.dialogues.resume(exchange)
            return
    raise Refused("这一份已经写完或不在了。发送“我的提案”看您的提案。")


# --- the proposal's own answers ---------------------------------------------------------------------------------------


def proposal_of(exchange: Exchange) -> Proposal:
    """The row that is being written: the subject is its id, or the move 提交 of a returned one."""
    subject = exchange.subject
    number = subject.split("|")[2] if "|" in subject else subject
    return exchange.turn.get(Proposal, int(number))


def keep(exchange: Exchange) -> None:
    """Write the answers into the row; a returned proposal keeps its text until it is handed in again."""
    proposal = proposal_of(exchange)
    if proposal.state is State.DRAFT:
        _write(exchange, proposal)


def _write(exchange: Exchange, p: Proposal) -> None:
    said = exchange.answers
    p.title, p.category = said.get("title") or "", said.get("category") or ""
    p.analysis, p.suggestions = said.get("analysis") or "", said.get("suggestions") or []
    p.suggested_units = (said.get("units") or {}).get("names", [])
    p.researched, p.research_note = _yes(said.get("researched")), (said.get("researched") or {}).get("note", "")
    p.consent_public = _yes(said.get("public"))
    why = said.get("no_public_reason") or (said.get("public") or {}).get("note") or ""
    p.no_public_reason = why if p.consent_public is False else ""
    p.not_secret = said.get("secrecy") == "clear"
    exchange.turn.session.add(p)


def _yes(answer: Any) -> bool | None:
    return None if answer is None else answer["yes"]


def answers_of(p: Proposal) -> dict[str, Any]:
    """The other way round: what was answered, from the row."""
    return {
        "title": p.title,
        "category": p.category,
        "analysis": p.analysis,
        "suggestions": p.suggestions,
        "units": {"names": p.suggested_units},
        "researched": None if p.researched is None else {"yes": p.researched, "note": p.research_note},
        "public": None if p.consent_public is None else {"yes": p.consent_public},
        "no_public_reason": p.no_public_reason,
        "secrecy": "clear" if p.not_secret else None,
    }


def begin(turn: Turn, subject: str) -> tuple[dict[str, Any], str]:
    """A returned proposal is opened at its preview with all it has; a new one at its first question."""
    if "|" not in subject:
        return {}, ""
    return answers_of(turn.get(Proposal, int(subject.split("|")[2]))), "preview"


def called(exchange: Exchange) -> str:
    """提案《…》."""
    title = exchange.answers.get("title")
    return f"提案《{title}》" if title else "提案（还没有案由）"


# --- preview ----------------------------------------------------------------------------------------------------------


def preview(exchange: Exchange) -> str:
    """The proposal as it stands, short; the whole text is on the page."""
    said, rules = exchange.answers, exchange.turn.rules
    suggestions = said.get("suggestions") or []
    body = length((said.get("analysis") or "") + "".join(suggestions))
    lines = [
        *cosign.said_before(proposal_of(exchange)),
        "请看一遍：",
        f"案由：{said.get('title') or '—'}",
        f"类别：{said.get('category') or '—'}",
        f"情况分析：{_clipped(said.get('analysis') or '—')}",
        "具体建议：",
        *[f"{place}. {_clipped(item)}" for place, item in enumerate(suggestions, 1)],
        f"建议承办单位：{'、'.join((said.get('units') or {}).get('names', [])) or '未写'}",
        f"是否调研：{_word(said.get('researched'), '是', '否')}",
        f"是否同意公开：{_word(said.get('public'), '同意', '不同意')}",
        f"涉密自查：{'不涉密' if said.get('secrecy') == 'clear' else '—'}",
    ]
    if body > rules.body_max:
        lines.append(f"注意：正文{body}字，超过{rules.body_max}字，要先精简才能提交。")
    elif body > rules.body_warn:
        lines.append(f"提示：正文{body}字，{rules.body_warn}字以内更便于办理。")
    elif suggestions and body < 200:
        lines.append(f"提示：正文只有{body}字，写得再具体些更容易立案。")
    if rules.research_required == "remind" and _yes(said.get("researched")) is False:
        lines.append("提示：本届提倡不调研不提出。")
    lines.append(link(exchange.turn.url(f"p/proposals/{proposal_of(exchange).id}"), "查看全文"))
    return "\n".join(lines)


def _clipped(text: str, most: int = 100) -> str:
    words = " ".join(text.split())
    return words if len(words) <= most else f"{words[:most]}……（共{len(words)}字）"


def _word(answer: Any, yes: str, no: str) -> str:
    if answer is None:
        return "—"
    note = f"（{answer['note']}）" if answer.get("note") else ""
    return (yes if answer["yes"] else no) + note


PARTS = ("title", "category", "analysis", "suggestions", "units", "researched", "public", "secrecy")


def _after_preview(exchange: Exchange, text: str) -> str:
    """At the preview names may be typed after 邀请; anything else is told what there is."""
    if names := cosign.asked_in(text):
        exchange.put("invited", names)
        return "invite"
    raise Refused("请回复 1 提交、2 修改 或 3 存草稿；请人联名回复“邀请 姓名”。")


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
        case "invite":
            names, exchange.conversation.answers = exchange.answers.pop("invited", ""), _without_choice(exchange)
            _write(exchange, proposal_of(exchange))
            cosign.invite(turn, proposal_of(exchange), names)
        case _:
            submit(exchange)


def submit(exchange: Exchange) -> None:
    """Hand it in; what is missing is said, and nothing is lost."""
    turn = exchange.turn
    proposal = proposal_of(exchange)
    if "|" in exchange.subject and proposal.state not in {State.DRAFT, State.COSIGNING, State.RETURNED}:
        turn.dialogues.drop(exchange)
        turn.say(f"这件提案现在是“{proposal.state.value}”，不用再提交。")
        return
    _write(exchange, proposal)
    turn.response_code = exchange.conversation.response_code
    words = cosign.hand_in(turn, proposal)
    turn.dialogues.drop(exchange)
    acknowledge(turn, proposal, words)


def _without_choice(exchange: Exchange) -> dict[str, Any]:
    """The answers without what was chosen at the preview."""
    return {name: said for name, said in exchange.answers.items() if name not in {"preview", "invited"}}


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
            when=lambda e: _yes(e.answers.get("public")) is False and not (e.answers["public"] or {}).get("note"),
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
                Choice("invite", "邀请联名", ("联名",)),
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


def drafts_of(turn: Turn) -> list[Proposal]:
    """The member's drafts that have at least a title."""
    wanted = select(Proposal).where(Proposal.proposer == turn.actor.userid, col(Proposal.state) == State.DRAFT)
    return [p for p in turn.session.exec(wanted.order_by(col(Proposal.id).desc())) if p.title]
