"""Guards of joint proposals, of entries on behalf and of withdrawals: they answer why not, like those in guards.py."""

from sqlmodel import select

from models.guards import Why, complete, not_own, stated
from models.joint import Signature, Withdrawal, digest, is_member, open_withdrawal, place_of, seconders, signatures_of
from models.people import Person
from models.proposal import Proposal
from models.states import Sign, State
from models.step import Row, Step

BEFORE_ASSIGNMENT = (
    *(State.SUBMITTED, State.FIRST_REVIEW, State.SECOND_REVIEW, State.FINAL_REVIEW, State.RETURNED, State.FILED),
)
WITHDRAWABLE = (*BEFORE_ASSIGNMENT, State.HANDLING)  # T14, T15: until the units have replied
SECONDABLE = (State.FILED, State.HANDLING)
HOLDS_A_PLACE = (Sign.INVITED, Sign.SIGNED)


def _name(step: Step, userid: str) -> str:
    person = step.session.get(Person, userid)
    return person.name if person else userid


# --- inviting ---------------------------------------------------------------------------------------------------------


@stated("必填各项齐全；所请的是其他现任委员，尚未受邀；人数在限内")
def invitable(step: Step) -> Why:
    """T01: the text is whole, and whoever is asked may be asked."""
    if step.proposal.organisation:
        return "集体提案以单位名义提出，不请委员联名。"
    if why := complete(step):
        return why
    if "people" not in step.answers:  # only asking whether one may begin
        return None
    people = step.answers["people"]
    for userid in people:
        if why := why_not_invite(step, userid):
            return why
    taken = len(signatures_of(step.session, step.proposal, *HOLDS_A_PLACE))
    most = step.rules.max_co_signers
    if most and taken + len(people) > most:
        return f"一件提案最多{most}位联名人，现在已请{taken}位，请少请几位。"
    if not people and not taken:
        return "还没有写请谁联名，请写委员姓名，例如“邀请 张三、李四”。"
    return None


def why_not_invite(step: Step, userid: str) -> Why:
    """Why this person cannot be asked to co-sign this proposal."""
    name = _name(step, userid)
    if userid == step.proposal.proposer:
        return f"{name}是第一提案人，不用邀请，请写其他委员的姓名。"
    if not is_member(step.session, userid):
        return f"{name}不是现任委员，不能联名。请写其他委员的姓名。"
    if place := place_of(step.session, step.proposal.id, userid, *HOLDS_A_PLACE):
        return f"{name}{'已经同意联名' if place.state is Sign.SIGNED else '已经邀请过，正等答复'}，不用再邀请。"
    return None


@stated("受邀委员都已答复，同意的人看过现在的正文")
def signatures_in(step: Step) -> Why:
    """T03: nobody is still thinking; nobody stands under a text they have not seen, nobody who left office."""
    if why := complete(step):
        return why
    waiting = signatures_of(step.session, step.proposal, Sign.INVITED)
    if waiting:
        names = "、".join(_name(step, place.person) for place in waiting)
        return f"{names}还没有答复，请再等等；不等了请先“收回邀请”，再提交。"
    for place in signatures_of(step.session, step.proposal, Sign.SIGNED):
        if not is_member(step.session, place.person):
            name = _name(step, place.person)
            return f"{name}已不是现任委员，不能署名。请回复“收回 {name}”，再提交。"
        if place.digest != digest(step.proposal):
            return "正文改过，联名人还没有重新确认。请点“邀请联名”再请他们看一遍。"
    return None


@stated("必填各项齐全；联名人同意的就是这份正文")
def still_signed(step: Step) -> Why:
    """T09: a text that was changed in substance is signed anew before it is handed in again."""
    if step.proposal.organisation:
        return "集体提案请点“修改”打开分工，改好后由负责人以单位名义提交。"
    if why := complete(step):
        return why
    stale = [p for p in signatures_of(step.session, step.proposal, Sign.SIGNED) if p.digest != digest(step.proposal)]
    return "正文改过，要请联名人重新确认：请点“邀请联名”。" if stale else None


def in_ones_own_name(row: Row) -> bool:
    """Whether its first proposer hands it in alone: one in an organisation's name goes by its writers' desk."""
    return not (isinstance(row, Proposal) and row.organisation)


@stated("有未答复或逾期的邀请")
def extendable(step: Step) -> Why:
    """There is somebody to give more time."""
    open_ = signatures_of(step.session, step.proposal, Sign.INVITED, Sign.EXPIRED)
    return None if open_ else "没有等答复的邀请，不用延长。"


# --- the invited ------------------------------------------------------------------------------------------------------


@stated("期限未过；本人仍是委员")
def may_sign(step: Step) -> Why:
    """In time, and still a member (DOMAIN §3.4)."""
    place = step.row
    assert isinstance(place, Signature)
    if step.proposal.state is not State.COSIGNING:
        return f"这件提案现在是“{step.proposal.state.value}”，不在联名中，您不用操作。"
    if place.lapses_at and step.now >= place.lapses_at:
        return "联名的期限已过。如仍愿联名，请联系第一提案人“延长期限”。"
    if place.digest != digest(step.proposal):
        return "正文已经修改，请看最新的邀请，再答复。"
    if not is_member(step.session, place.person):
        return "您现在不是委员，不能联名。如有疑问请联系提案委员会。"
    return None


@stated("还没有签名，或已不是现任委员")
def unsigned_or_gone(step: Step) -> Why:
    """A given signature is the signer's own; only one who left office is struck out by the first proposer."""
    place = step.row
    assert isinstance(place, Signature)
    if step.proposal.state is not State.COSIGNING:
        return f"这件提案现在是“{step.proposal.state.value}”，没有等答复的邀请。"
    if place.state is Sign.SIGNED and is_member(step.session, place.person):
        return f"{_name(step, place.person)}已经同意联名，不能收回；本人可以“退出联名”。"
    return None


@stated("提案还没有答复")
def may_leave(step: Step) -> Why:
    """T14: a co-signer may leave alone, as long as a proposal may be withdrawn."""
    if step.proposal.state not in {*WITHDRAWABLE, State.COSIGNING}:
        return f"这件提案现在是“{step.proposal.state.value}”，不能再退出联名。"
    return None


@stated("同意公开的提案；不是本人的或本人联名的提案；没有附议过")
def may_second(step: Step) -> Why:
    """附议 is support from outside, once; it is no signature (DOMAIN §1.5)."""
    if not step.proposal.consent_public:
        return "提案人没有同意公开这件提案，不能附议。"
    if not_own(step):
        return "您已经是这件提案的提案人，不用附议。"
    done = any(person.userid == step.by for person in seconders(step.session, step.proposal))
    return "您已经附议过这件提案。" if done else None


# --- on behalf --------------------------------------------------------------------------------------------------------


def was_disowned(row: Row) -> bool:
    """The member has sent it back to whoever entered it: there it waits."""
    return isinstance(row, Proposal) and bool(row.entered_by and row.reason)


# --- withdrawing ------------------------------------------------------------------------------------------------------


@stated("没有未决的撤案申请；没有别的提案并入本件")
def no_open_withdrawal(step: Step) -> Why:
    """One wish at a time; nobody withdraws what others' proposals were merged into."""
    if found := open_withdrawal(step.session, step.proposal):
        return f"这件提案已经申请撤案，现在是“{found.state.value}”。要收回请回复“不再撤案”。"
    return _leads_others(step)


def _leads_others(step: Step) -> Why:
    other = step.session.exec(select(Proposal).where(Proposal.merged_into == step.proposal.id)).first()
    return f"提案{other.number}已并入本件办理，不能单独撤案，请与提案委员会联系。" if other else None


@stated("不是本人的或本人联名的提案；提案还没有答复")
def withdrawable(step: Step) -> Why:
    """T14, T15: somebody else decides, and the case is still open."""
    assert isinstance(step.row, Withdrawal)
    if why := not_own(step):
        return why
    state = step.proposal.state
    if state not in WITHDRAWABLE:
        return f"这件提案现在是“{state.value}”，不能再撤案。"
    return _leads_others(step)
