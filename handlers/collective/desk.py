"""The workspace of a collective proposal: who writes what, the head's remaining questions, the whole, and the head's press."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from bot.questions import Ask, Choice, Dialogue, Exchange, Several, bare
from bot.turn import Turn
from bot.undo import forget
from bot.wecom import updates
from handlers.actions import acknowledge, perform
from handlers.cards.told import day, named
from handlers.collective.attached import room, take_away
from handlers.collective.pasting import fill
from handlers.collective.words import WORDS
from handlers.draft.attachments import asked_away, attach, detach
from handlers.draft.parts import answers_of, number_in, proposal_of, write_rest
from handlers.draft.preview import in_large_print, past_deadline, preview
from handlers.draft.steps import DRAFT
from handlers.moves import forget_desks
from models import collective, paste
from models.attachment import Attachment
from models.conversation import Conversation
from models.errors import Refused
from models.guards import length
from models.people import Person
from models.proposal import Proposal
from models.states import Event, State

SUBMIT = (Event.SEAL.value, "提交", "单位提交", "定稿")
TEXTS = ("title", "analysis", "suggestions")
SCAN = "盖章件"
EXAMPLE = (
    "2（写第2部分）、看 2（读全文）、批注 2 请补数据、版本 2（看每一稿和修改）、预览、删除附件 1（自己发的）。"
    "负责人和联系人还可以：执笔 张三、分工 2 张三、加一条 张三、删除 4、移除 张三、作废。"
    "负责人：以单位名义提交；哪个附件都可以删除。"
)


def is_head(exchange: Exchange) -> bool:
    """Whether it is the head who sits here."""
    return proposal_of(exchange).proposer == exchange.turn.actor.userid


def _begin(turn: Turn, subject: str) -> tuple[dict[str, Any], str]:
    return _rest_of(turn.get(Proposal, int(subject))), ""


def _rest_of(p: Proposal) -> dict[str, Any]:
    return {name: value for name, value in answers_of(p).items() if name not in TEXTS}


def _keep(exchange: Exchange) -> None:
    """What only the head is asked goes into the row; the texts come from the parts."""
    proposal = proposal_of(exchange)
    if proposal.state is State.DRAFT and is_head(exchange):
        write_rest(exchange.answers, proposal)
        exchange.turn.session.add(proposal)


def called(exchange: Exchange) -> str:
    """农业界别集体提案《…》."""
    proposal = proposal_of(exchange)
    return f"{collective.author(exchange.turn.session, proposal)}集体提案{named(proposal)}"


# --- the desk ---------------------------------------------------------------------------------------------------------


def _desk(exchange: Exchange) -> str:
    turn, session = exchange.turn, exchange.turn.session
    proposal = _seated(exchange)
    writers = "、".join(person.name for person in collective.writers_of(session, proposal))
    head = session.get_one(Person, proposal.proposer)
    who = f"{head.name}{'' if head.active else '（已不在任）'}"
    lines = [called(exchange), f"负责人{who}；执笔：{writers or '还没有请人'}"]
    if proposal.state is State.RETURNED:
        lines.append(f"退回修改：{proposal.reason}（请在{day(proposal.due_on)}前改好；改好提交前，原来的全文不变）")
    return "\n".join([*lines, *_parts(turn, proposal), _how(exchange, proposal, writers)])


def _how(exchange: Exchange, proposal: Proposal, writers: str) -> str:
    """What comes next; all that one can say here is told on request (示例)."""
    session, me = exchange.turn.session, exchange.turn.actor.userid
    if not writers and collective.organises(session, proposal, me):
        return "请人执笔回复“执笔 张三、李四”；自己写回复序号，写好的全文可以直接粘贴。其他用法回复“示例”。"
    if is_head(exchange) and all(section.text for section in collective.sections_of(session, proposal)):
        return f"都写好了。“预览”看全部，提交回复“{Event.SEAL.value}”，要改回复序号。"
    return "回复序号写那一部分，“预览”看全部，其他用法回复“示例”。"


def _parts(turn: Turn, proposal: Proposal) -> list[str]:
    sections = collective.sections_of(turn.session, proposal)
    remarks = collective.remarks_of(turn.session, *sections)
    lines, suggestions = [], 0
    for place, section in enumerate(sections, 1):
        suggestions += section.kind == collective.SUGGESTION
        number = str(suggestions) if section.kind == collective.SUGGESTION else ""
        writer = turn.session.get(Person, section.writer) if section.writer else None
        who = f"（{writer.name}{'' if writer.active else '，已不在任'}）" if writer else ""
        many = sum(remark.section_id == section.id for remark in remarks)
        stands = f"{length(section.text)}字" if section.text else "未写"
        noted = f"，批注{many}" if many else ""
        lines.append(f"{place} {collective.LABELS[section.kind]}{number}{who}：{stands}{noted}")
    return lines


def _said(exchange: Exchange, text: str) -> Any:
    """以单位名义提交, or what there is to say."""
    if bare(text) not in SUBMIT:
        raise Refused("请回复部分的序号，或“预览”“批注 2 意见”“版本 2”；要停下回复“存草稿”。")
    ready(exchange)
    first = "" if exchange.answers.get("category") else "category"  # the first time every question comes in its turn
    return Several({"desk": "ready"}, then=first)


def ready(exchange: Exchange) -> None:
    """Only the head hands it in, and not before every part is written."""
    turn, proposal = exchange.turn, proposal_of(exchange)
    if not is_head(exchange):
        head = turn.session.get_one(Person, proposal.proposer)
        if not head.active:
            raise Refused(
                f"以单位名义提交要由负责人来办，{head.name}已不在任，请联系提案委更新名单。写好的都留着，新负责人看得到。"
            )
        raise Refused(f"只有负责人{head.name}能以单位名义提交，代替盖章。您写好的部分{head.name}看得到。")
    sections = collective.sections_of(turn.session, proposal)
    if missing := [collective.label(turn.session, section) for section in sections if not section.text]:
        raise Refused(f"还没有写：{'、'.join(missing)}。写好或“删除”空的建议，再提交。")


def _seated(exchange: Exchange) -> Proposal:
    """What is written here, for whoever has a hand in it, as long as its writers have it."""
    proposal = proposal_of(exchange)
    me = exchange.turn.actor.userid
    if not collective.is_written(proposal) or not collective.has_a_hand(exchange.turn.session, proposal, me):
        raise Refused("这件集体提案现在不由您参与起草。回复“取消”离开，“我的提案”看进展。")
    return proposal


def _words(exchange: Exchange, text: str) -> str | None:
    """Words of the desk, where they cannot be part of an answer."""
    unwanted = asked_away(text)
    if exchange.conversation.step != "desk" and unwanted is None:
        return None
    proposal = _seated(exchange)
    if unwanted is not None:
        return take_away(exchange.turn, proposal, unwanted)
    for pattern, work in WORDS:
        if found := pattern.fullmatch(bare(text) if pattern.groups < 2 else text.strip()):
            told = work(exchange, proposal, found)
            if exchange.conversation in exchange.turn.session and exchange.conversation.open:
                forget(exchange)
            return told
    if paste.is_whole(text):
        told = fill(exchange, proposal, text)
        forget(exchange)
        return told
    return None


# --- the whole --------------------------------------------------------------------------------------------------------


def _fresh(exchange: Exchange, render: Callable[[Exchange], str]) -> str:
    """The texts as the parts have them now, with what the head has answered."""
    proposal = _seated(exchange)
    stamps, mine = _stamps(exchange, proposal), exchange.conversation
    texts = collective.texts_of(exchange.turn.session, proposal)
    rest = mine.answers if is_head(exchange) else _rest_of(proposal)
    said = Conversation(**mine.model_dump(exclude={"answers"}), answers={**rest, **texts})
    whole = render(Exchange(exchange.turn, said))  # of a copy: who only looks, on a page, writes nothing
    shown = {name: value for name, value in said.answers.items() if name not in TEXTS} | {"seen": stamps}
    if shown != mine.answers:
        mine.answers = shown
    scan = "\n有盖章件可以拍照发来，作为附件。" if is_head(exchange) else ""
    return f"{called(exchange)}\n{whole}{scan}"


def _stamps(exchange: Exchange, proposal: Proposal) -> dict[str, int]:
    """Which version of each part it is that somebody reads."""
    return {str(section.id): section.stamp for section in collective.sections_of(exchange.turn.session, proposal)}


def _chosen(exchange: Exchange, choice: str) -> Any:
    """The head hands in what the head has read: what was changed since is shown first."""
    if choice == "submit":
        ready(exchange)
        if changed := _changed(exchange):
            return Several({}, f"{changed}，请再看一遍。\n", then="preview")
    return choice


def _changed(exchange: Exchange) -> str:
    """刚才苏婉宁改了情况分析: what is other than it was read; empty when nothing is."""
    session, proposal = exchange.turn.session, proposal_of(exchange)
    seen = exchange.answers.get("seen") or {}
    if seen == _stamps(exchange, proposal):
        return ""
    words = []
    for section in collective.sections_of(session, proposal):
        if section.stamp != seen.get(str(section.id)):
            last = [revision for revision in collective.revisions_of(session, section) if not revision.apart][-1]
            by = session.get_one(Person, last.person).name
            words.append(f"{by}改了{collective.label(session, section)}")
    return f"刚才{'，'.join(words)}" if words else "刚才有部分删去了"


def _choices(exchange: Exchange) -> tuple[Choice, ...]:
    submit = (Choice("submit", Event.SEAL.value, SUBMIT[1:]),) if is_head(exchange) else ()
    return (*submit, Choice("back", "回到分工", ("修改",)), Choice("save", "存草稿", ("保存",)))


def _neither(exchange: Exchange, text: str) -> str:
    if bare(text) in SUBMIT:
        ready(exchange)
    raise Refused("请点按钮，或回复前面的数字。")


def _attach(exchange: Exchange, update: updates.Update) -> tuple[str, int]:
    """A picture at the last look is the scan of the stamped paper."""
    proposal = _seated(exchange)
    words, key = attach(exchange, update, lambda have: room(exchange.turn, proposal, have))
    row = exchange.turn.session.get_one(Attachment, key)
    if row.kind != "voice" and exchange.conversation.step == "preview":
        row.name = row.name or SCAN
        exchange.turn.session.add(row)
    return words, key


def _detach(exchange: Exchange, key: int) -> str:
    """Taken back, as long as one sits here."""
    _seated(exchange)
    return detach(exchange, key)


def _done(exchange: Exchange) -> None:
    turn = exchange.turn
    choice = exchange.answers["preview"]
    exchange.put("preview", None)
    if choice == "submit":
        _hand_in(exchange)
    elif choice == "save":
        turn.dialogues.lay_aside(exchange)
    else:
        turn.dialogues.correct(exchange, "desk")


def _hand_in(exchange: Exchange) -> None:
    """The head's press stands for the stamp (DOMAIN §3.1)."""
    turn, proposal = exchange.turn, proposal_of(exchange)
    ready(exchange)
    turn.response_code = exchange.conversation.response_code
    late, again = past_deadline(exchange), "重新" if proposal.serial_no else ""
    collective.gather(turn.session, proposal)
    write_rest(exchange.answers, proposal)
    perform(turn, proposal, Event.SEAL, {})
    forget_desks(turn, proposal)
    name = collective.author(turn.session, proposal)
    acknowledge(turn, proposal, f"已以{name}名义{again}提交，流水号：{proposal.serial_no}")
    if late:
        turn.say(late.replace("现在提交按", "这件按"))


def _head_is_asked(name: str) -> Ask:
    """A question of the form that is the head's to answer."""
    ask = DRAFT.step(name)
    return replace(ask, when=lambda exchange: is_head(exchange) and ask.when(exchange))


DESK = Dialogue(
    collective.DESK,
    called,
    (
        Ask("desk", "分工与写作", _desk, _said, optional=True, counted=False, example=EXAMPLE, numbers=True),
        *(
            _head_is_asked(name)
            for name in ("category", "units", "researched", "public", "no_public_reason", "secrecy")
        ),
        Ask(
            "preview",
            "以单位名义提交前再看一遍",
            lambda exchange: _fresh(exchange, preview),
            _neither,
            choices=_choices,
            settle=_chosen,
            short=lambda exchange: _fresh(exchange, in_large_print),
        ),
    ),
    _done,
    _keep,
    _begin,
    subject=lambda subject: str(number_in(subject)),
    one_each=True,
    taken_up_at="desk",
    words=_words,
    attach=_attach,
    detach=_detach,
    parkable=True,
    announced=False,
)
