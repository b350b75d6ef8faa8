"""One card per notice of the table. A row of CARDS is found by the notice's name; the test of the table sees to it."""

from collections.abc import Callable

from bot.wecom.messages import Card, Say, Words, link
from handlers.cards import joint
from handlers.cards.buttons import buttons_for
from handlers.cards.similar import checked
from handlers.cards.told import Told, day, gist, left, named
from models.handling import Rating
from models.proposal import Proposal
from models.states import RESULTS, Handling, Notice, Part
from models.step import assignments_of, ratings_of, unit_of

SHOWN = 90  # characters of somebody's reason on a card; its text holds 160 (PROTOCOL §6)
Facts = tuple[tuple[str, str], ...]


def _facts(t: Told) -> Facts:
    """What every reader of a proposal wants to see first."""
    p = t.proposal
    return (("案由", p.title), ("编号", p.number), ("提案人", t.proposers), ("类别", p.category))


def _task_facts(t: Told) -> Facts:
    a = t.assignment
    return (
        ("案由", t.proposal.title),
        ("提案号", t.proposal.number),
        ("提案人", t.proposers),
        ("方式", a.part.value),
        ("期限", left(a.due_on, t.today)),
    )


def _card(t: Told, title: str, text: str, facts: Facts | None = None) -> Card:
    return Card(
        title=title,
        text=text,
        facts=_facts(t) if facts is None else facts,
        buttons=t.buttons,
        link=t.full_text,
        link_text="查看全文",
    )


def _with(text: str, more: str) -> str:
    """A line more, where there is one."""
    return f"{more}\n{text}" if more else text


def _shown(reason: str) -> str:
    """As much of a reason as a card holds beside what to do; the whole follows it in words (`whole_reason`)."""
    return gist(reason, SHOWN)


def _todo(t: Told) -> str:
    return "请向主办单位交会办意见。" if t.assignment.part is Part.CO else "请与提案人沟通后办理。"


def _full_text(t: Told) -> str:
    return f"\n{link(t.full_text, '查看全文')}"


# --- review -----------------------------------------------------------------------------------------------------------


def to_accept(t: Told) -> Say:
    """The office: something has come in."""
    again = "（修改后重新提交）" if t.proposal.reason else ""
    return _card(t, f"有新提案待受理{again}", _with(gist(t.proposal.analysis, 70), checked(t)))


def accepted(t: Told) -> Say:
    """The member: somebody has it in hand."""
    return Words(f"{t.yours}{named(t.proposal)}已受理，正在初审。有结果会马上告诉您。")


def to_review(which: str, how: str) -> Callable[[Told], Say]:
    """A reviewer: your turn."""

    def card(t: Told) -> Say:
        suggestions = f"共{len(t.proposal.suggestions)}条建议。"
        return _card(t, f"请{which}", f"{gist(t.proposal.analysis, 70)}\n{suggestions}{how}")

    return card


def returned(t: Told) -> Say:
    """The member: please mend it; what has to be mended. The co-signers: for information (T08). All who write along."""
    if t.proposal.organisation:
        return _card(
            t,
            "提案退回修改",
            f"请在{day(t.proposal.due_on)}前改好：点“修改”看分工，各改各的部分，改好由负责人以单位名义提交。\n"
            f"需要修改：{_shown(t.proposal.reason)}",
            (("案由", t.proposal.title), ("编号", t.proposal.number), ("审查人", t.by)),
        )
    if not t.is_first:
        return Words(f"{t.yours}{named(t.proposal)}退回修改，由{t.proposer}修改后重新提交。{_full_text(t)}")
    return _card(
        t,
        "提案退回修改",
        f"请在{day(t.proposal.due_on)}前改好，点“修改”可以逐项改，改完提交。\n需要修改：{_shown(t.proposal.reason)}",
        (("案由", t.proposal.title), ("编号", t.proposal.number), ("审查人", t.by)),
    )


def rejected(t: Told) -> Say:
    """The member must be told, with code, reason and where it goes (DOMAIN §5.2)."""
    p = t.proposal
    return Words(
        f"{t.yours}{named(p)}经审查不予立案。\n事由：{t.answers.get('code_label', p.reject_code)}\n说明：{p.reason}\n"
        f"去向：{p.redirect_to}\n如有不同意见，请与提案委员会联系。{_full_text(t)}"
    )


def merged(t: Told) -> Say:
    """The member: it goes on inside another; the right to be answered stays."""
    return Words(
        f"{t.yours}{named(t.proposal)}与同一事项的提案{t.answers.get('into_label', '')}合并办理。"
        f"办理情况会一并告诉您。{_full_text(t)}"
    )


def filed(t: Told) -> Say:
    """The member: it has its number."""
    return Words(
        f"{t.yours}{named(t.proposal)}已立案，提案号：{t.proposal.number}。接下来交办给承办单位。{_full_text(t)}"
    )


# --- assigning --------------------------------------------------------------------------------------------------------


def to_assign(t: Told) -> Say:
    """The dispatchers: whom does it go to."""
    wished = "、".join(t.proposal.suggested_units) or "未写"
    todo = f"委员建议的承办单位：{wished}\n请在{day(t.proposal.due_on)}前交办。"
    return _card(t, "有提案待交办", _with(todo, checked(t)))


def handled_by(t: Told) -> Say:
    """The member: who has it now."""
    units = t.answers.get("unit_labels", "")
    return Words(f"{t.yours}{named(t.proposal)}已交办：{units}。承办单位签收后会与您联系沟通。")


def assigned(t: Told) -> Say:
    """The liaison: a new task with its day."""
    a = t.assignment
    todo = "请向主办单位交会办意见。" if a.part is Part.CO else "请先签收，再与提案人沟通，沟通后答复。"
    return _card(t, "新的承办任务", f"{todo}不属本单位职责的，{day(a.lapses_on)}前可申请调整。", _task_facts(t))


def assigned_to_unit(t: Told) -> Say:
    """The unit's leader: for information."""
    a = t.assignment
    return Words(
        f"本单位新承办提案{named(t.proposal)}（{a.part.value}），期限{day(a.due_on)}，由联络员签收办理。{_full_text(t)}"
    )


def acknowledged(t: Told) -> Say | None:
    """The member: they have it, and will call. A co-unit only advises the lead: no news for the member."""
    if t.assignment.part is Part.CO:
        return None
    due = f"答复期限{day(t.assignment.due_on)}。"
    return Card(
        title=f"{t.unit.name}已签收",
        text=f"{due}答复前，单位会与您沟通两次（办前、办中）。您若不需要，可点“免予沟通”。",
        facts=(("案由", t.proposal.title), ("提案号", t.proposal.number)),
        buttons=t.buttons,
        link=t.full_text,
        link_text="查看全文",
    )


def deemed_acknowledged(t: Told) -> Say:
    """The liaison: the window has closed, it is theirs (DOMAIN §6.3)."""
    return _card(t, "逾期未签收，已视为签收", f"申请调整的期限已过，不再受理调整。{_todo(t)}", _task_facts(t))


def objected(t: Told) -> Say:
    """The dispatchers: the unit says it is not theirs."""
    return _card(
        t,
        "承办单位申请调整",
        f"同意后可改派其他单位。\n理由：{_shown(t.assignment.objection)}",
        (("单位", t.unit.name), *_task_facts(t)[:3]),
    )


def released(t: Told) -> Say:
    """The unit: no longer theirs."""
    return Words(f"提案{named(t.proposal)}的调整申请已同意，本单位不再承办，无须再操作。")


def objection_denied(t: Told) -> Say:
    """The unit: theirs after all, signed for."""
    return _card(
        t, "调整申请未同意", f"本件已视为签收，{_todo(t)}\n答复：{_shown(t.assignment.reason)}", _task_facts(t)
    )


# --- communication ----------------------------------------------------------------------------------------------------


def to_confirm(t: Told) -> Say:
    """The member: was it so?"""
    c = t.communication
    means = c.means.value if c.means else ""
    return Card(
        title=f"请确认{c.stage.value}沟通",
        text=f"纪要：{gist(c.minutes, 110)}\n{day(c.lapses_on)}前未回复的，视为属实。",
        facts=(
            ("单位", t.unit.name),
            ("案由", t.proposal.title),
            ("方式", means),
            ("日期", day(c.held_on)),
        ),
        buttons=t.buttons,
        link=t.full_text,
        link_text="查看全文",
    )


def _for_liaison(t: Told, title: str, text: str) -> Say:
    """The liaison goes on from here: the card bears the assignment's buttons."""
    return _card(t.about(t.assignment), title, text, _task_facts(t))


def confirmed(t: Told) -> Say:
    """The unit: the member says so too."""
    c = t.communication
    on = "可以继续办理。" if buttons_for(t.session, t.assignment, t.reader) else "本件的沟通已全部完成。"
    return _for_liaison(t, f"{c.stage.value}沟通{c.state.value}", on)


def disputed(t: Told) -> Say:
    """The unit: talk again."""
    c = t.communication
    return _for_liaison(
        t, f"{c.stage.value}沟通被指不属实", f"请重新沟通，再登记一次。\n委员意见：{_shown(c.objection)}"
    )


def waived(t: Told) -> Say:
    """The unit: the member does without."""
    return _card(
        t, "委员表示不需要沟通", f"提案人{t.proposer}表示不需要{t.answers.get('stage_label', '')}沟通。", _task_facts(t)
    )


def co_opinion(t: Told) -> Say:
    """The lead: a co-unit's word."""
    return Words(f"{t.unit.name}对提案{named(t.proposal)}的会办意见：\n{t.assignment.co_opinion}")


# --- reply ------------------------------------------------------------------------------------------------------------


def reply_text(t: Told) -> str:
    """A reply as one reads it: letter, text, promise."""
    reply = t.reply
    if reply is None:
        return "尚未起草"
    promise = (
        f"\n承诺：{reply.promise}（{day(reply.promise_due)}前，责任人{reply.promise_owner}）" if reply.promise else ""
    )
    return f"【{reply.result}】{RESULTS.get(reply.result, '')}\n{reply.text}{promise}{_co_units(t)}"


def _co_units(t: Told) -> str:
    """A lead's reply says with whom it was handled, and who gave no opinion (DOMAIN §4.3, §9.1)."""
    if t.assignment.part is not Part.LEAD:
        return ""
    tasks = [a for a in assignments_of(t.session, t.proposal) if a.part is Part.CO and a.state is not Handling.RELEASED]
    names = [
        unit_of(t.session, a).name + ("" if a.state is Handling.CO_OPINION_SUBMITTED else "（未提供会办意见）")
        for a in tasks
    ]
    return f"\n会办单位：{'、'.join(names)}" if names else ""


def to_unit_review(t: Told) -> Say:
    """The unit's reviewer: second level."""
    return _card(t, "答复待复核", f"{gist(reply_text(t), 120)}\n全文见链接。", _task_facts(t))


def to_sign(t: Told) -> Say:
    """The unit's leader: third level."""
    by = t.name_of(t.reply.reviewed_by) if t.reply else ""
    return _card(t, "答复待签发", f"{gist(reply_text(t), 100)}\n{by}已复核。签发后送达提案人。", _task_facts(t))


def sent_back(t: Told) -> Say:
    """The liaison: mend the draft."""
    return _card(
        t, "答复被退回", f"请修改（点“写答复”）后再送审。\n{t.by}：{_shown(t.assignment.reason)}", _task_facts(t)
    )


def to_issue(t: Told) -> Say:
    """After the leader's word: number and send it."""
    return _card(t, "答复已审定，请签发", f"{t.by}已同意。点“签发”编号并送达提案人。", _task_facts(t))


def delivered(t: Told) -> Say:
    """The member: the reply itself; the rating card follows it."""
    reply = t.reply
    number = reply.document_no if reply else ""
    where = "下面的消息里" if t.reader.in_words else "下面的卡片上"
    return Words(
        f"{t.unit.name}对{t.yours}{named(t.proposal)}答复如下（{number}）：\n{reply_text(t)}\n"
        f"请在{where}评价。\n{link(t.full_text + '#reply', '查看全文')}"
    )


def issued(t: Told) -> Say:
    """The unit: it is out; one communication is still owed."""
    return _card(t, "答复已送达提案人", "请在5个工作日内做办后沟通，并登记。", _task_facts(t))


# --- rating -----------------------------------------------------------------------------------------------------------


def rated(t: Told) -> Say:
    """The office: what the member said."""
    said = t.answers.get("labels", "")
    why = f"\n意见：{t.answers['reason']}" if t.answers.get("reason") else ""
    return Words(f"{t.by}评价{t.unit.name}对提案{named(t.proposal)}的办理：{said}{why}")


def rated_to_unit(t: Told) -> Say | None:
    """The unit: what the member thought of it, once it is given; the talk after the reply may still be owed."""
    if t.assignment.state is not Handling.DONE:
        return None  # it is to be handled again: that is told by a notice of its own
    given = ratings_of(t.session, t.assignment)
    if not given:
        return None
    owed = "\n办后沟通还没有登记，请登记。" if t.buttons else ""
    return _card(t, "委员已评价", f"{_what_they_said(t, given)}{owed}", _task_facts(t))


def _what_they_said(t: Told, given: dict[str, Rating]) -> str:
    """One rating in full; of several the results, the first proposer's first (DOMAIN §10.3)."""
    if len(given) == 1:
        [only] = given.values()
        said = (("办理态度", only.attitude), ("办理过程", only.process), ("办理结果", only.result))
        return "、".join(f"{name}{verdict.value}" for name, verdict in said)
    people = sorted(given, key=lambda userid: userid != t.proposal.proposer)
    results = [f"{t.name_of(userid)}{given[userid].result.value}" for userid in people]
    return f"办理结果：{'、'.join(results[:6])}{'等' if len(results) > 6 else ''}"


def rehandle(t: Told) -> Say:
    """The unit's leader and liaison: once more, and in person (DOMAIN §10.4)."""
    a = t.assignment
    return _card(
        t,
        "二次办理通知",
        f"须由主要负责人当面沟通，{day(a.due_on)}前重新答复。\n委员对办理结果不满意：{_shown(a.reason) or '未说明原因'}",
        _task_facts(t),
    )


def dissented(t: Told) -> Say:
    """The director: rounds are used up; meet, then close."""
    return _card(
        t,
        "二次办理后仍不满意",
        f"请组织当面协商，协商后点“协商后办结”。\n意见：{_shown(t.assignment.reason)}",
        _task_facts(t),
    )


def closed(t: Told) -> Say:
    """The member: it is over."""
    return Words(f"{t.yours}{named(t.proposal)}已办结。感谢您建言献策，如有后续情况可随时再提。{_full_text(t)}")


CARDS: dict[Notice, Callable[[Told], Say | None]] = {
    Notice.TO_ACCEPT: to_accept,
    Notice.ACCEPTED: accepted,
    Notice.TO_SECOND_REVIEW: to_review("复审", "请看必要性、可行性和职责归口。"),
    Notice.TO_FINAL_REVIEW: to_review("终审", "请决定是否立案。"),
    Notice.RETURNED: returned,
    Notice.REJECTED: rejected,
    Notice.MERGED: merged,
    Notice.FILED: filed,
    Notice.TO_ASSIGN: to_assign,
    Notice.HANDLED_BY: handled_by,
    Notice.ASSIGNED: assigned,
    Notice.ASSIGNED_TO_UNIT: assigned_to_unit,
    Notice.ACKNOWLEDGED: acknowledged,
    Notice.DEEMED_ACKNOWLEDGED: deemed_acknowledged,
    Notice.OBJECTED: objected,
    Notice.RELEASED: released,
    Notice.OBJECTION_DENIED: objection_denied,
    Notice.TO_CONFIRM: to_confirm,
    Notice.CONFIRMED: confirmed,
    Notice.DISPUTED: disputed,
    Notice.WAIVED: waived,
    Notice.CO_OPINION: co_opinion,
    Notice.TO_UNIT_REVIEW: to_unit_review,
    Notice.TO_SIGN: to_sign,
    Notice.SENT_BACK: sent_back,
    Notice.TO_ISSUE: to_issue,
    Notice.DELIVERED: delivered,
    Notice.ISSUED: issued,
    Notice.RATED: rated,
    Notice.RATED_TO_UNIT: rated_to_unit,
    Notice.REHANDLE: rehandle,
    Notice.DISSENTED: dissented,
    Notice.CLOSED: closed,
    **joint.CARDS,
}
FIRST: dict[Notice, Callable[[Told], Say]] = {Notice.INVITED: joint.text_to_sign}  # what goes out before the card
_REASONS: dict[Notice, Callable[[Told], str]] = {
    Notice.RETURNED: lambda t: t.proposal.reason,
    Notice.OBJECTED: lambda t: t.assignment.objection,
    Notice.OBJECTION_DENIED: lambda t: t.assignment.reason,
    Notice.DISPUTED: lambda t: t.communication.objection,
    Notice.SENT_BACK: lambda t: t.assignment.reason,
    Notice.REHANDLE: lambda t: t.assignment.reason,
    Notice.DISSENTED: lambda t: t.assignment.reason,
    **joint.REASONS,
}


def whole_reason(notice: Notice, t: Told) -> Words | None:
    """What somebody wrote, to its end, where the notice's card could not hold it; None where it could."""
    reason = _REASONS[notice](t) if notice in _REASONS else ""
    return Words(f"全文：{reason}") if len(" ".join(reason.split())) > SHOWN else None


def to_merged(notice: Notice, t: Told, own: Proposal) -> Words | None:
    """The same news for the proposer of a proposal that was merged into this one; None for what is not theirs to act on."""
    news = {
        Notice.HANDLED_BY: lambda: f"已交办：{t.answers.get('unit_labels', '')}。",
        Notice.DELIVERED: lambda: f"{t.unit.name}答复如下：\n{reply_text(t)}",
        Notice.CLOSED: lambda: "已办结。",
    }.get(notice)
    mine = "您的提案" if t.reader.userid == own.proposer else "您联名的提案"
    return (
        Words(f"{mine}{named(own)}已并入{t.proposal.number}{named(t.proposal)}，{news()}{_full_text(t)}")
        if news
        else None
    )
