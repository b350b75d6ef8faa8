"""Every button on every card, and its label typed: find the row and knock at the door. Also the moves that only ask a word or two."""

from typing import Any

from sqlmodel import col, select

from bot.questions import Ask, Choice, Dialogue, Exchange, as_it_is
from bot.router import Router, listed
from bot.turn import Turn
from handlers.actions import Stale, acknowledge, concerns, get_row, held, perform
from handlers.cards.buttons import KINDS, Do, do
from handlers.cards.told import day, named
from handlers.draft.parts import number_in
from handlers.names import one_unit
from models.collective import DESK, in_hand
from models.conversation import Conversation
from models.errors import Refused
from models.handling import Assignment
from models.joint import Signature
from models.label import labels_of
from models.lifecycle import TABLES
from models.people import Person
from models.proposal import Proposal
from models.states import Event, Handling, Stage, State
from models.step import Row, owed_stages
from models.tasks import open_to

router = Router()
LABELS = {event.value: event for event in Event if event is not Event.LAPSE}
OUT_OF_HAND = (Event.SUBMIT, Event.SEAL, Event.GRANT)  # with these a text is no longer its writers' to change


@router.press(Do)
def press(pressed: tuple[Do, Any], turn: Turn) -> None:
    """Somebody presses a button on a card: the table decides, we only carry it there."""
    payload, _ = pressed
    if payload.kind not in KINDS or payload.event not in Event.__members__:
        raise Refused("这个按钮已经不用了。发送“待办”可以看现在等您办的事。")
    event = Event[payload.event]
    row = get_row(turn, KINDS[payload.kind], payload.id)
    if not concerns(turn, row):
        who = next((f"由{move.who.value}来办" for move in TABLES[type(row)] if move.does is event), "现在不能办")
        raise Refused(f"这一件不由您办理，“{event.value}”{who}，您不用操作。发送“待办”看等您办的事。")
    if row.stamp == payload.stamp:
        make(turn, row, event)
    else:
        tell_stale(turn, row, event)


def tell_stale(turn: Turn, row: Row, event: Event) -> None:
    """A card of an earlier day: it says now what is true, and so do we."""
    turn.card_now(f"现在是：{row.state.value}")
    what, anew = ("这个数字", "最新的数字") if turn.actor.in_words else ("这张卡片", "最新的卡片")
    turn.say(f"{what}已经过时：这一件现在是“{row.state.value}”，不能再按它“{event.value}”。发送“待办”可以看{anew}。")


def make(turn: Turn, row: Row, event: Event, answers: dict[str, Any] | None = None) -> None:
    """Perform and answer the actor."""
    if perform(turn, row, event, answers):
        if event in OUT_OF_HAND:
            forget_draft(turn, _proposal(turn, row))
            forget_desks(turn, _proposal(turn, row))
        if isinstance(row, Assignment) and row.state is Handling.REDO and event is Event.RATE:
            turn.say(
                f"已提交评价。{named(_proposal(turn, row))}将重新办理：由单位主要负责人当面与您沟通，"
                f"{day(row.due_on)}前重新答复。感谢您的意见。"
            )
        else:
            shown = _proposal(turn, row) if event is Event.TAKE_BACK else row  # from there one goes on
            acknowledge(turn, shown, spoken(turn, row, event))
        if event is Event.CALL_OFF and row.state is State.DRAFT:
            turn.dialogues.open(turn, "draft", do(row, Event.EDIT).key)


@router.text
def label(words: str, turn: Turn) -> bool:
    """A button's text typed does what the press does; when several cases wait for it, they are listed."""
    event = LABELS.get(words)
    if event is None:
        return False
    rows = open_to(turn.session, turn.actor, event)
    if not rows:
        raise Refused(f"现在没有可以“{event.value}”的事。{_else(turn, event)}")
    if len(rows) == 1:
        make(turn, get_row(turn, type(rows[0]), rows[0].id or 0), event)
        return True
    shown = rows[:20]
    lines = [f"{place} {_called(turn, row)}" for place, row in enumerate(shown, 1)]
    listed(turn, [do(row, event) for row in shown])
    turn.say(f"有{len(rows)}件可以“{event.value}”，请回复序号：\n" + "\n".join(lines))
    return True


def _else(turn: Turn, event: Event) -> str:
    """Where to go instead: who writes along hears at the desk who hands it in."""
    if event is Event.SEAL and in_hand(turn.session, turn.actor.userid):
        return "回复“集体提案”打开您参与起草的，那里写着由谁提交。"
    return "发送“待办”可以看现在等您办的事。"


def forget_draft(turn: Turn, proposal: Proposal) -> None:
    """What was being written is with others now, or withdrawn: the half-open dialogue about it ends."""
    theirs = col(Conversation.person).in_({turn.actor.userid, proposal.proposer})
    drafts = select(Conversation).where(theirs, Conversation.dialogue == "draft")
    for row in turn.session.exec(drafts.order_by(col(Conversation.id))):
        if number_in(row.subject) == proposal.id:
            turn.session.delete(row)
    turn.session.flush()


def forget_desks(turn: Turn, proposal: Proposal) -> None:
    """A collective proposal is out of everybody's hands; what is half written of a part stays where it is."""
    if not proposal.organisation:
        return
    desks = select(Conversation).where(Conversation.subject == str(proposal.id), Conversation.dialogue == DESK)
    for row in turn.session.exec(desks.order_by(col(Conversation.id))):
        turn.session.delete(row)
    turn.session.flush()


def _called(turn: Turn, row: Row) -> str:
    """How a row is told from others: of several signatures, whose it is."""
    whose = isinstance(row, Signature) and row.person != turn.actor.userid
    name = f"（{turn.session.get_one(Person, row.person).name}）" if isinstance(row, Signature) and whose else ""
    return f"{named(_proposal(turn, row))}{name}"


def spoken(turn: Turn, row: Row, event: Event) -> str:
    """What the actor is told after a press, where 已… would say too little."""
    if isinstance(row, Proposal) and event in {Event.SUBMIT, Event.SEAL} and row.serial_no:
        return f"提交成功，流水号：{row.serial_no}"
    if isinstance(row, Proposal) and event is Event.LABEL:
        return f"五治归类：{'、'.join(labels_of(turn.session, row, turn.rules.labels)) or '不归类'}"
    if isinstance(row, Signature) and event is Event.TAKE_BACK:
        return f"已收回对{turn.session.get_one(Person, row.person).name}的邀请"
    return event.done


def _proposal(turn: Turn, row: Row) -> Proposal:
    return row if isinstance(row, Proposal) else turn.session.get_one(Proposal, row.proposal_id)


# --- moves that ask a word or two -------------------------------------------------------------------------------------


def finish(exchange: Exchange) -> None:
    """The answers are there: make the move they were asked for."""
    turn = exchange.turn
    turn.response_code = exchange.conversation.response_code
    answers = dict(exchange.answers)
    try:
        row, event = held(turn, exchange.subject)
    except Stale as stale:
        turn.say(stale.words)
        return
    turn.dialogues.drop(exchange)
    make(turn, row, event, answers)


def about(exchange: Exchange) -> str:
    """What the open move is called: 退回修改《…》."""
    try:
        row, event = held(exchange.turn, exchange.subject)
    except Refused:
        return "这一步"
    return f"“{event.value}”{named(_proposal(exchange.turn, row))}"


def short(most: int) -> Any:
    """Words of at most so many characters."""

    def accept(exchange: Exchange, text: str) -> str:
        words = as_it_is(exchange, text)
        if len(words) > most:
            raise Refused(f"太长了（{len(words)}字），请压缩到{most}字以内。")
        return words

    return accept


REASONS = {  # DOMAIN §5.2: ten of the nation, then the usual local ones
    "R01_secret": "涉及党和国家秘密",
    "R02_prohibited": "国家明令禁止",
    "R03_party_internal": "中共党员对党内组织人事安排有意见",
    "R04_dem_party_internal": "民主党派成员反映本组织内部问题",
    "R05_judicial": "已进入诉讼或仲裁程序",
    "R06_academic": "属于学术研讨",
    "R07_personal": "为本人或亲属解决个人问题",
    "R08_promotion": "宣传推介具体作品、产品",
    "R09_accusation": "指名举报",
    "R10_vague": "内容空泛、没有具体建议",
    "X01_out_of_scope": "超出本级职权范围",
    "X02_forwarded_letter": "代转群众来信来访",
    "X03_petition": "属信访、投诉、检举申诉",
    "X04_privacy": "涉及个人隐私、商业秘密",
    "X05_duplicate": "同届内重复提出且无新内容",
    "X06_unqualified": "提案者资格不符",
    "X07_plagiarism": "抄袭",
    "X08_multi_matter": "一案多事且拒绝拆分",
}
REDIRECTS = ("社情民意信息", "委员来信", "信访", "有关部门参阅", "仅留存")


def _reason(exchange: Exchange) -> str:
    return {
        Event.RETURN: "需要怎么修改？请写给提案人看，200字以内。",
        Event.SEND_BACK: "为什么退回？请写明意见，200字以内。",
        Event.DISPUTE: "哪里不属实？请简单说明，单位会重新与您沟通。",
        Event.WITHDRAW: "为什么撤案？请写明理由，200字以内；联名的须联名人都同意，再由提案委决定。",
        Event.LEAVE: "为什么退出联名？请写一句给第一提案人，200字以内。",
        Event.REFUSE: "为什么不同意撤案？请写一句给第一提案人，200字以内。",
        Event.DENY: "为什么不准撤案？请写给提案人看，200字以内。",
        Event.DISOWN: "哪里要改？请写给代录的同志，200字以内。",
    }.get(_event(exchange), "请写明理由，200字以内。")


def _event(exchange: Exchange) -> Event:
    return Event[exchange.subject.split("|")[3]]


def _number_of(exchange: Exchange, text: str) -> int:
    words = text.strip().removeprefix("第").removesuffix("号")
    found = exchange.turn.session.exec(
        select(Proposal).where((Proposal.proposal_no == words) | (Proposal.serial_no == words))
    ).first()
    if found is None:
        raise Refused(f"没有找到编号“{words}”，请写主案的提案号或流水号，例如 20260001 或 S20260001。")
    exchange.put("into_label", f"{found.number}{named(found)}")
    return found.id or 0


def _stages(exchange: Exchange) -> list[Choice]:
    row, _ = held(exchange.turn, exchange.subject)
    assert isinstance(row, Assignment)
    return [Choice(stage.name, stage.value) for stage in owed_stages(exchange.turn.session, row)]


def _waived(exchange: Exchange) -> None:
    exchange.put("stage_label", Stage[exchange.answers["stage"]].value)
    finish(exchange)


def _rejected(exchange: Exchange) -> None:
    exchange.put("code_label", REASONS[exchange.answers["code"]])
    finish(exchange)


def _replacement(exchange: Exchange, text: str) -> str:
    return one_unit(exchange, text)


def _one(name: str, *steps: Ask, done: Any = finish) -> Dialogue:
    return Dialogue(name, about, steps, done)


DIALOGUES = (
    _one("reason", Ask("reason", "理由", _reason, short(200))),
    _one(
        "object",
        Ask("reason", "理由", "为什么不由本单位承办？请写职责依据，并建议改由哪个单位办理，300字以内。", short(300)),
    ),
    _one(
        "replace",
        Ask("unit", "改派单位", "改由哪个单位承办？请写单位名称；不再改派的回复“跳过”。", _replacement, optional=True),
    ),
    _one(
        "reject",
        Ask(
            "code",
            "事由",
            "不予立案的事由是哪一项？请回复数字。",
            lambda exchange, text: _no_such_choice(),
            choices=tuple(Choice(code, words, (code, code[:3])) for code, words in REASONS.items()),
        ),
        Ask("reason", "说明", "请写明理由，提案人会看到，200字以内。", short(200)),
        Ask(
            "redirect_to",
            "去向",
            "这件意见转到哪里？",
            short(60),
            choices=tuple(Choice(where, where) for where in REDIRECTS),
        ),
        done=_rejected,
    ),
    _one("merge", Ask("into", "主案", "并入哪一件？请写主案的提案号或流水号。", _number_of)),
    _one(
        "waive",
        Ask("stage", "哪次沟通", "不需要哪一次沟通？", lambda exchange, text: _no_such_choice(), choices=_stages),
        done=_waived,
    ),
    _one("settle", Ask("reason", "协商情况", "请写明当面协商的时间、参加人和结果，300字以内。", short(300))),
)


def _no_such_choice() -> str:
    raise Refused("请点按钮，或回复前面的数字。")
