"""Guards: named after what they want, they answer why not, in words for the one who asks; None means yes.

A guard is asked twice where a move needs answers: before the questions (answers empty) and with the answers.
"""

from collections.abc import Callable, Sequence

from sqlmodel import col, select

from models import deadlines
from models.collective import writes_along
from models.handling import Assignment, Communication
from models.joint import has_signed
from models.people import Unit
from models.proposal import Proposal
from models.states import FACE_TO_FACE, Handling, Mode, Part, Stage, State, Talk
from models.step import HOLDS, Row, Step, assignments_of, owed_stages, talked, talks_of

Why = str | None
Guard = Callable[[Step], Why]


def stated(words: str) -> Callable[[Guard], Guard]:
    """The rule as the client reads it in the printed table."""

    def note(guard: Guard) -> Guard:
        guard.stated = words  # type: ignore[attr-defined]  # a function may carry a note
        return guard

    return note


def always(step: Step) -> Why:
    """Nothing more is wanted."""
    return None


def yes(row: Row) -> bool:
    """For `duty` and `offered`: always."""
    return True


def no(row: Row) -> bool:
    """For `duty` and `offered`: never by itself."""
    return False


# --- sorting by labels (五治) ----------------------------------------------------------------------------------------

SORTABLE = (State.FIRST_REVIEW, State.SECOND_REVIEW, State.FINAL_REVIEW, State.FILED)


def in_first_review(row: Row) -> bool:
    """Whether it is being looked through for the first time: there the button stands; later who wants it types it."""
    return row.state is State.FIRST_REVIEW


# --- the form (DOMAIN §3.1–3.3) ---------------------------------------------------------------------------------------


def length(text: str) -> int:
    """Characters as 河池 counts them (DOMAIN §3.2): punctuation counts, white space does not."""
    return len("".join(text.split()))


@stated("必填各项齐全，字数在限内")
def complete(step: Step) -> Why:
    """Every required part is there and within its length."""
    p, rules = step.proposal, step.rules
    missing = [
        name
        for name, there in (
            ("案由", p.title),
            ("类别", p.category),
            ("情况分析", p.analysis),
            ("具体建议", len(p.suggestions) >= rules.suggestion_min_items),
            ("是否调研", p.researched is not None),
            ("是否同意公开", p.consent_public is not None),
            ("涉密自查", p.not_secret),
        )
        if not there
    ]
    if missing:
        return f"还差{'、'.join(missing)}，填好后再提交。"
    if length(p.title) > rules.title_max:
        return f"案由有{length(p.title)}个字，请缩到{rules.title_max}字以内。"
    if (many := len(p.suggestions)) > rules.suggestion_max_items:
        return f"建议有{many}条，最多{rules.suggestion_max_items}条，请回复“修改”合并后再提交。"
    body = length(p.analysis + "".join(p.suggestions))
    if body > rules.body_max:
        return f"正文有{body}个字，请缩到{rules.body_max}字以内再提交；您可以回复“修改”，更多内容可作附件。"
    if rules.research_required == "block" and not (p.researched and p.research_note):
        return "本届要求“不调研不提出”，请先补上调研情况：回复“修改”，写明时间和方式。"
    return None


# --- review (DOMAIN §5.3) ---------------------------------------------------------------------------------------------


@stated("不是本人的或本人联名的提案")
def not_own(step: Step) -> Why:
    """Nobody reviews a proposal of their own, nor one they have co-signed."""
    if step.by == step.proposal.proposer:
        return "这是您本人的提案，请由其他同事审查。"
    if step.proposal.organisation and writes_along(step.session, step.proposal, step.by):
        return "您参与起草了这件集体提案，请由其他同事审查。"
    return "这是您联名的提案，请由其他同事审查。" if has_signed(step.session, step.proposal.id, step.by) else None


@stated("不是本人的或本人联名的提案；三级审查由不同的人做")
def another_reviewer(step: Step) -> Why:
    """The three reviews are done by different people (T07, §5.3)."""
    if why := not_own(step):
        return why
    p = step.proposal
    earlier = {p.first_reviewer: "初审", p.second_reviewer: "复审"}
    if step.rules.triple_review_distinct and step.by in earlier:
        return f"您已经做过这件提案的{earlier[step.by]}，三级审查须由不同的人来做，请由其他同事审查。"
    return None


MAY_LEAD = (
    *(State.SUBMITTED, State.FIRST_REVIEW, State.SECOND_REVIEW, State.FINAL_REVIEW, State.FILED),
    *(State.HANDLING, State.APPRAISING, State.REHANDLING),
)


@stated("三级审查由不同的人做；主案存在且未终结")
def mergeable(step: Step) -> Why:
    """There is a main proposal to merge into, not ended (T12)."""
    if why := another_reviewer(step):
        return why
    if not (target := step.answers.get("into")):
        return None
    if target == step.proposal.id:
        return "不能并入它自己，请写另一件提案的提案号。"
    main = step.session.get(Proposal, target)
    if main is None or main.state not in MAY_LEAD:
        return "那件提案不在审查或办理中，不能作为主案。"
    return None


# --- assigning (DOMAIN §6.2, §6.3) ------------------------------------------------------------------------------------


def combination(mode: Mode, units: Sequence[str]) -> Why:
    """Whether a way of assigning and its units fit together (§6.2)."""
    if len(set(units)) != len(units):
        return "同一个单位写了两次；主办与会办不能是同一单位，请重新写承办单位。"
    if mode is Mode.SOLE and len(units) != 1:
        return f"独办只能有一个承办单位，您写了{len(units)}个。请只留一个，或改选“主办会办”“分办”。"
    if mode is Mode.LEAD_CO and len(units) < 2:
        return "主办会办要有一个主办（写在最前）和至少一个会办单位，请补上会办单位，或改选“独办”。"
    if mode is Mode.PARALLEL and len(units) < 2:
        return "分办至少要有两个承办单位，请再补一个，或改选“独办”。"
    return None


@stated("单位数与办理方式相符，主办、会办不重复")
def legal_combination(step: Step) -> Why:
    """T16: at least one unit, and as many as the way of assigning wants."""
    if not step.answers:
        return None
    return combination(Mode[step.answers["mode"]], step.answers["units"])


@stated("在申请调整的期限内")
def in_objection_window(step: Step) -> Why:
    """Objections only within the window; later ones are not taken (§6.3, objection_late_policy)."""
    until = deadlines.objection_until(step.assignment.assigned_on, step.rules)
    if step.today > until:
        return f"申请调整的期限（{until:%m月%d日}）已过，请直接签收办理；确有困难请与交办员联系。"
    return None


@stated("改派的单位不在承办之列")
def legal_replacement(step: Step) -> Why:
    """A released unit's place is taken by another, so that the combination stays legal (§4.3, §6.2)."""
    if not step.answers:
        return None
    unit, leaving = step.answers.get("unit"), step.assignment
    live = [a for a in assignments_of(step.session, step.proposal) if a.state is not Handling.RELEASED]
    if unit in {a.unit for a in live}:
        return "这个单位已经在承办本件，请写另一个单位。"
    if unit is None and leaving.part is Part.LEAD and len(live) > 1:
        return "主办单位不能空缺，会办单位要有主办牵头：请写改由哪个单位主办。"
    return None


# --- handling (DOMAIN §8, §9) -----------------------------------------------------------------------------------------


def replies_itself(row: Row) -> bool:
    """Whether the unit answers the proposer."""
    return isinstance(row, Assignment) and row.replies_itself


def is_co(row: Row) -> bool:
    """Whether the unit only gives the lead its opinion."""
    return isinstance(row, Assignment) and not row.replies_itself


def offers_recording(row: Row) -> bool:
    """Co-units may talk as well, but are not asked to; after the end nobody is offered to record more."""
    return replies_itself(row)


def owes_communication(row: Row) -> bool:
    """Recording waits for somebody while work is in hand and after delivery (the list looks closer, models/tasks.py)."""
    return isinstance(row, Assignment) and row.replies_itself and row.state is not Handling.DRAFTING


def is_unwritten(row: Row) -> bool:
    """No draft of this round yet."""
    return isinstance(row, Assignment) and row.replies_itself and row.state is not Handling.DRAFTING


@stated("已经谈过，阶段相符，不早于交办日")
def may_record(step: Step) -> Why:
    """A communication has taken place, in its stage, and not before the assignment."""
    if not step.answers:
        return None
    stage, held_on = Stage[step.answers["stage"]], step.answers["held_on"]
    a = step.assignment
    issued = a.state in {Handling.DELIVERED, Handling.DONE}
    if stage is Stage.AFTER and not issued:
        return "答复还没有签发，现在登记的应是办前或办中沟通。"
    if stage is not Stage.AFTER and issued:
        return "答复已经送达，现在登记的应是办后沟通。"
    if held_on > step.today.isoformat():
        return "沟通日期还没有到，请在沟通之后再登记。"
    if held_on < a.assigned_on.isoformat():
        return f"沟通日期早于交办日（{a.assigned_on:%Y年%m月%d日}），请核对日期。"
    return None


@stated("本单位是会办单位")
def gives_opinion(step: Step) -> Why:
    """Only co-units write co-opinions (§4.3)."""
    return "本单位不是会办单位，请登记沟通后写答复。" if step.assignment.replies_itself else None


@stated("还有沟通未做")
def something_to_waive(step: Step) -> Why:
    """The member may do without a communication that is still owed (§8.3, waived)."""
    owed = owed_stages(step.session, step.assignment)
    if not owed:
        return "办前、办中沟通都已确认，不用再免。"
    stage = step.answers.get("stage")
    if stage and Stage[stage] not in owed:
        return f"{Stage[stage].value}沟通已经确认，不用再免。"
    return None


_TALK_WORDS = {
    None: "还没有登记",
    Talk.RECORDED: "已登记，正等委员确认",
    Talk.DISPUTED: "被委员指为不属实，请重新沟通并登记",
}


@stated("办前、办中沟通已确认或免予；二次办理须有当面沟通；会办单位不答复")
def consulted(step: Step) -> Why:
    """Hard rule 1: first consult, then reply (DOMAIN §0.1, §8.4). Co-units do not reply at all (§2.3)."""
    a = step.assignment
    if not a.replies_itself:
        return "会办单位不直接答复提案人，请把意见交给主办单位：点“写会办意见”。"
    missing = [
        f"{stage.value}沟通{_TALK_WORDS[state]}"
        for stage in (Stage.BEFORE, Stage.DURING)
        if (state := talked(step.session, a, stage)) not in HOLDS
    ]
    if missing:
        return f"先协商、后答复：{'；'.join(missing)}。请先点“登记沟通”，等委员确认“属实”后再写答复。"
    if a.round > 1 and not _met(step):  # hard rule 6 (§0.6, §10.4): the second time, face to face
        return "二次办理须由主要负责人与提案人当面沟通：请登记一次上门走访、邀请座谈、集中座谈会或现场踏勘。"
    return None


def _met(step: Step) -> bool:
    talks = talks_of(step.session, step.assignment)
    return any(t.state is Talk.WAIVED or (t.means in FACE_TO_FACE and t.state in HOLDS) for t in talks)


@stated("同上；按本地规则会办意见已齐")
def consulted_and_joined(step: Step) -> Why:
    """Before sign-off: consulted, and the co-units heard where the city asks for it (hard rule 4, §9.4)."""
    if why := consulted(step):
        return why
    if step.rules.co_opinion_required and (late := silent_co_units(step)):
        return f"会办单位{'、'.join(late)}的会办意见还没有交，请先催交，再送审。"
    return None


def silent_co_units(step: Step) -> list[str]:
    """Names of co-units whose opinion is still out."""
    waiting = select(Unit.name).where(
        col(Unit.id).in_(
            select(Assignment.unit).where(
                Assignment.proposal_id == step.proposal.id,
                col(Assignment.part) == Part.CO,
                col(Assignment.state).not_in([Handling.CO_OPINION_SUBMITTED, Handling.RELEASED]),
            )
        )
    )
    return list(step.session.exec(waiting))


# --- three levels of sign-off (DOMAIN §9.3) ---------------------------------------------------------------------------


@stated("复核人不是起草人")
def not_the_drafter(step: Step) -> Why:
    """Whoever wrote the reply does not review it."""
    mine = step.by in {step.reply.drafted_by, step.reply.sent_up_by}
    return "这份答复是您起草或送审的，须由另一位同事复核。" if mine else None


@stated("签发人不是起草人或复核人")
def third_person(step: Step) -> Why:
    """The three who sign off are three people."""
    if step.by in {step.reply.drafted_by, step.reply.sent_up_by, step.reply.reviewed_by}:
        return "起草、复核、签发须是三位不同的人，请由另一位领导签发。"
    return None


def recorded(row: Row) -> bool:
    """A communication that waits for the member's word."""
    return isinstance(row, Communication) and row.state is Talk.RECORDED
