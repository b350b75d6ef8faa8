"""What is told about co-signing, entries on behalf and withdrawals: one function per notice, like notices.py."""

from collections.abc import Callable
from dataclasses import replace

from bot.wecom.messages import Card, Say, Words, link
from handlers.cards.told import Told, day, gist, minute, named, who_is_asked
from models.collective import has_a_hand
from models.joint import signatures_of, signed_this_session, silent_signers
from models.proposal import Proposal
from models.states import Notice, Sign, State, Wish

SHOWN = 90  # characters of somebody's reason on a card


def whole_text(p: Proposal) -> str:
    """The proposal as it would be handed in, word for word: nobody signs what they have not read (DOMAIN §3.4)."""
    suggestions = "\n".join(f"{place}. {item}" for place, item in enumerate(p.suggestions, 1))
    return f"{named(p)}（{p.category}）\n情况分析：\n{p.analysis}\n具体建议：\n{suggestions}"


def _card(t: Told, title: str, text: str, *more: tuple[str, str]) -> Card:
    number = (("编号", t.proposal.number),) if t.proposal.serial_no else ()
    facts = (("案由", t.proposal.title), *number, ("提案人", t.proposers), *more)
    return Card(title=title, text=text, facts=facts, buttons=t.buttons, link=t.full_text, link_text="查看全文")


def _full_text(t: Told) -> str:
    return f"\n{link(t.full_text, '查看全文')}"


# --- co-signing -------------------------------------------------------------------------------------------------------


def invited(t: Told) -> Say:
    """The invited: will you put your name under this? The whole text goes out before it (`before`)."""
    again = "正文有修改，请重新确认。" if t.signature.stamp else ""
    text = f"{again}全文在上一条消息里。也可以回复“同意联名”或“谢绝联名”，后面可接着写意见。"
    card = _card(t, f"{t.proposer}邀请您联名", text, ("答复期限", minute(t.signature.lapses_at)))
    return replace(card, link=f"{t.full_text}/cosign")  # the whole text, with both answers below it


def text_to_sign(t: Told) -> Words:
    """What goes out before the invitation: the text itself, and a hint to who has signed much already."""
    done = signed_this_session(t.session, t.reader.userid, t.proposal)
    hint = f"\n提示：本次会议您已联名{done}件，请酌情。" if t.rules and done > t.rules.cosigned_hint else ""
    return Words(f"{t.proposer}委员请您联名：\n{whole_text(t.proposal)}{hint}")


def answered(t: Told) -> Say:
    """The first proposer: one more has spoken, or is out of time; how it stands, and what one can do."""
    place = t.signature
    name = t.name_of(place.person)
    how = {Sign.SIGNED: "同意联名", Sign.DECLINED: "谢绝联名", Sign.EXPIRED: "逾期未确认"}[place.state]
    said = f"意见：{gist(place.opinion, SHOWN)}\n" if place.opinion else ""
    return _for_proposer(t, f"{name}{how}", said + how_it_stands(t))


def how_it_stands(t: Told) -> str:
    """已同意2人；等苏婉宁答复; and what to do when nobody is waited for."""
    signed = len(signatures_of(t.session, t.proposal, Sign.SIGNED))
    waiting = who_is_asked(t.session, t.proposal)
    if waiting:
        return f"已同意{signed}人，还在等{waiting}。不想等的，回复“收回 姓名”。"
    if signed:
        return f"已同意{signed}人，都已答复，请点“提交”。"
    return "没有人联名。可以点“邀请联名”另请，或点“提交”作个人提案。"


def _for_proposer(t: Told, title: str, text: str) -> Card:
    """The first proposer goes on from the proposal: the card bears its buttons."""
    about = t.about(t.proposal)
    facts = (("案由", t.proposal.title), ("状态", t.proposal.state.value))
    return Card(title=title, text=text, facts=facts, buttons=about.buttons, link=t.full_text, link_text="查看全文")


def more_time(t: Told) -> Say:
    """The invited who are still thinking: until when now."""
    return Words(f"提案{named(t.proposal)}的联名期限延长到{minute(t.signature.lapses_at)}，请在此前答复。")


def not_signed(t: Told) -> Say:
    """The invited: the time is over, the name stays off."""
    return Words(f"提案{named(t.proposal)}的联名期限已过，您没有署名。如仍愿联名，请联系{t.proposer}延长期限。")


def taken_back(t: Told) -> Say:
    """The invited, or who had signed: it is off."""
    return Words(f"{t.proposer}已收回提案{named(t.proposal)}的联名邀请，您没有署名，不用再操作。")


def left_(t: Told) -> Say | None:
    """The first proposer; after it was handed in, the office as well."""
    name = t.name_of(t.signature.person)
    if not t.is_first and t.proposal.state is State.COSIGNING:
        return None
    if t.proposal.state is State.COSIGNING:
        return _for_proposer(t, f"{name}已退出联名", f"理由：{gist(t.signature.opinion, SHOWN)}\n{how_it_stands(t)}")
    why = f"\n理由：{t.signature.opinion}" if t.signature.opinion else ""
    return Words(f"{name}已退出提案{named(t.proposal)}的联名，不再署名，也不再参与评价。{why}")


def jointly_submitted(t: Told) -> Say:
    """The co-signers: it is in."""
    return Words(
        f"您联名的提案{named(t.proposal)}已提交，流水号：{t.proposal.serial_no}，提案人：{t.proposers}。"
        f"发送“我的提案”可以看办到哪一步。{_full_text(t)}"
    )


def collectively_submitted(t: Told) -> Say:
    """Who wrote along: it is in."""
    return Words(
        f"您参与起草的{t.proposer}集体提案{named(t.proposal)}已由负责人以单位名义提交，流水号：{t.proposal.serial_no}。"
        f"{_full_text(t)}"
    )


def seconded(t: Told) -> Say:
    """The first proposer: somebody else supports it."""
    return Words(f"{t.by}附议了您的提案{named(t.proposal)}。附议表示支持，不参与办理和评价。")


# --- on behalf --------------------------------------------------------------------------------------------------------


def entered(t: Told) -> Say:
    """The member: somebody has written this down for you; it counts when you say so."""
    by = t.name_of(t.proposal.entered_by)
    return _card(
        t,
        "请确认代录的提案",
        f"提案委{by}按您的材料代录。请看全文，无误点“提交”，有误点“退回代录”说明。未经您确认，不算提交。",
    )


def entry_confirmed(t: Told) -> Say:
    """Whoever entered it: the member has said yes."""
    return Words(f"{t.proposer}已确认您代录的提案{named(t.proposal)}，流水号：{t.proposal.serial_no}。")


def entry_disowned(t: Told) -> Say:
    """Whoever entered it: what is wrong with it."""
    return _card(t, "代录的提案被退回", f"请点“修改”改好，再请委员确认。\n委员意见：{gist(t.proposal.reason, SHOWN)}")


# --- withdrawing ------------------------------------------------------------------------------------------------------


def to_consent(t: Told) -> Say:
    """A co-signer: do you agree that it is withdrawn?"""
    return _card(
        t, "请表态是否同意撤案", f"联名提案须全体联名人同意才能撤案。\n理由：{gist(t.withdrawal.reason, SHOWN)}"
    )


def to_decide(t: Told) -> Say | None:
    """The director, once every co-signer has agreed."""
    if t.withdrawal.state is not Wish.ASKED:
        return None
    agreed = len(t.withdrawal.consented)
    joint = f"联名人{agreed}人均已同意。" if agreed else ""
    where = "已交办，准予后会告知承办单位。" if t.proposal.state is State.HANDLING else ""
    return _card(
        t,
        "请决定是否准予撤案",
        f"{joint}{where}\n理由：{gist(t.withdrawal.reason, SHOWN)}",
        ("提案状态", t.proposal.state.value),
    )


def withdrawal_asked(t: Told) -> Say:
    """The office: for information."""
    who = "须联名人同意后" if t.withdrawal.state is Wish.CONSENTING else ""
    return Words(f"{t.proposer}申请撤案：{named(t.proposal)}，{who}由提案委负责人决定。\n理由：{t.withdrawal.reason}")


def consented(t: Told) -> Say:
    """The first proposer: one more agrees."""
    silent = "、".join(person.name for person in silent_signers(t.session, t.withdrawal))
    then = f"还在等{silent}表态。" if silent else "联名人均已同意，接下来由提案委负责人决定。"
    return Words(f"{t.by}同意撤案：{named(t.proposal)}。{then}")


def consent_refused(t: Told) -> Say:
    """The first proposer and the office: it goes on."""
    more = "您可以与联名人商量后再申请。" if t.is_first else ""
    return Words(f"联名人{t.by}不同意撤案：{named(t.proposal)}继续办理。{more}\n理由：{t.withdrawal.answer}")


def withdrawal_denied(t: Told) -> Say:
    """The proposers: it goes on."""
    return Words(f"{t.yours}{named(t.proposal)}的撤案申请未获准，继续办理。\n理由：{t.withdrawal.answer}")


def withdrawal_dropped(t: Told) -> Say:
    """Whoever was asked: no more."""
    return Words(f"{t.proposer}不再申请撤案：{named(t.proposal)}继续办理，您不用操作。")


def withdrawn(t: Told) -> Say:
    """Everybody concerned."""
    return Words(
        f"{_whose(t)}{named(t.proposal)}（{t.proposal.number}）已准予撤案，不再办理。\n理由：{t.withdrawal.reason}"
    )


def _whose(t: Told) -> str:
    """As the reader knows it; the office, too, reads of an organisation's."""
    if t.reader.userid in {t.proposal.proposer, *_signed(t)}:
        return t.yours
    if t.proposal.organisation and has_a_hand(t.session, t.proposal, t.reader.userid):
        return f"您参与起草的{t.proposer}集体提案"
    return f"{t.proposer}的提案"


def _signed(t: Told) -> set[str]:
    return {place.person for place in signatures_of(t.session, t.proposal, Sign.SIGNED)}


def withdrawn_from_unit(t: Told) -> Say:
    """The unit: theirs no more (T15)."""
    return Words(
        f"提案{t.proposal.number}{named(t.proposal)}已由提案人撤案，{t.unit.name}不用再办理，未完的环节已全部结束。"
        f"\n撤案理由：{t.proposal.reason}"
    )


def handled_again(t: Told) -> Say | None:
    """The proposers who did not say it themselves: somebody was dissatisfied, it is handled once more."""
    if t.actor is not None and t.actor.userid == t.reader.userid:
        return None
    return Words(
        f"{t.yours}{named(t.proposal)}因有提案人对{t.unit.name}的办理结果不满意，将重新办理，"
        f"{day(t.assignment.due_on)}前重新答复，届时再请您评价。"
    )


CARDS: dict[Notice, Callable[[Told], Say | None]] = {
    Notice.INVITED: invited,
    Notice.ANSWERED: answered,
    Notice.MORE_TIME: more_time,
    Notice.NOT_SIGNED: not_signed,
    Notice.TAKEN_BACK: taken_back,
    Notice.LEFT: left_,
    Notice.JOINTLY_SUBMITTED: jointly_submitted,
    Notice.COLLECTIVELY_SUBMITTED: collectively_submitted,
    Notice.SECONDED: seconded,
    Notice.ENTERED: entered,
    Notice.ENTRY_CONFIRMED: entry_confirmed,
    Notice.ENTRY_DISOWNED: entry_disowned,
    Notice.TO_CONSENT: to_consent,
    Notice.TO_DECIDE_WITHDRAWAL: to_decide,
    Notice.WITHDRAWAL_ASKED: withdrawal_asked,
    Notice.CONSENTED: consented,
    Notice.CONSENT_REFUSED: consent_refused,
    Notice.WITHDRAWAL_DENIED: withdrawal_denied,
    Notice.WITHDRAWAL_DROPPED: withdrawal_dropped,
    Notice.WITHDRAWN: withdrawn,
    Notice.WITHDRAWN_FROM_UNIT: withdrawn_from_unit,
    Notice.HANDLED_AGAIN: handled_again,
}
REASONS: dict[Notice, Callable[[Told], str]] = {
    Notice.ENTRY_DISOWNED: lambda t: t.proposal.reason,
    Notice.TO_CONSENT: lambda t: t.withdrawal.reason,
    Notice.TO_DECIDE_WITHDRAWAL: lambda t: t.withdrawal.reason if t.withdrawal.state is Wish.ASKED else "",
    Notice.ANSWERED: lambda t: t.signature.opinion,
    Notice.LEFT: lambda t: t.signature.opinion if t.is_first and t.proposal.state is State.COSIGNING else "",
}
