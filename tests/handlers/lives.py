"""A few proposals that live through every row of the table, everybody writing as much as they may."""

from datetime import timedelta

from models.collective import Writer
from models.handling import Assignment, Communication
from models.joint import OPEN_WISHES, Signature, Withdrawal
from models.proposal import Proposal
from models.states import Event, Means
from tests.handlers.office import CHENG, GONG, LIN, MENG, SHEN, SU, WEI, WEN, YAN, Office, whole

E = Event
LONG_TITLE = "关于分步推进主城区老旧小区加装电梯并同步改造公共管网和无障碍设施切实方便老年人出行的提案"


def most(characters: int) -> str:
    """As many words as may be written, the last of which matters."""
    return ("请补充近三年数据，" * characters)[: characters - 5] + "此句要读。"


def every_row(office: Office) -> None:
    """So that each move of the table is made at least once."""
    _through_review(office)
    _objections(office)
    _three_rounds(office)
    _lead_and_co(office)
    _by_the_clock(office)
    _together(office)
    _withdrawn(office)
    _on_behalf(office)
    _in_an_organisations_name(office)


def _together(office: Office) -> None:
    """Co-signers are asked, answer in every way, sign again, rate."""
    proposal = office.add(whole(SU, title=LONG_TITLE, analysis=most(800), suggestions=[most(390)] * 3))
    office.does(SU, proposal, E.INVITE, people=[LIN, "m016", SHEN, "m017"])
    places = {place.person: place for place in office.rows(Signature, Signature.proposal_id == proposal.id)}
    office.does(LIN, places[LIN], E.COSIGN, opinion=most(200))
    office.does("m016", places["m016"], E.DECLINE, opinion=most(200))
    office.does(SU, places[SHEN], E.TAKE_BACK)
    office.passes(hours=1)
    office.does(SU, proposal, E.EXTEND)
    office.passes(hours=24)  # m017 says nothing
    office.does(SU, proposal, E.EXTEND)
    office.does("m017", places["m017"], E.COSIGN)
    office.does(SU, proposal, E.EDIT)
    office.does(SU, proposal, E.INVITE, people=["m016"])
    office.does("m016", places["m016"], E.COSIGN)
    office.does("m016", places["m016"], E.LEAVE, reason=most(200))
    office.does(SU, proposal, E.SUBMIT)
    office.does("m017", places["m017"], E.LEAVE, reason=most(200))
    for who, event in ((WEN, E.ACCEPT), (WEN, E.PASS), (SHEN, E.PASS), (CHENG, E.FILE)):
        office.does(who, proposal, event)
    office.does("m020", proposal, E.SECOND)
    office.does(MENG, proposal, E.ASSIGN, mode="SOLE", units=["u10"], unit_labels="住建局")
    [task] = office.rows(Assignment, Assignment.proposal_id == proposal.id)
    office.does(WEI, task, E.ACKNOWLEDGE)
    for verdict in ("DISSATISFIED", "SATISFIED"):
        office.talks(task, "BEFORE", "DURING", member=SU)
        office.replies(task)
        office.rates(task, "SATISFIED", who=SU)
        office.rates(task, verdict, who=LIN)


def _withdrawn(office: Office) -> None:
    """Asked for, refused, denied, dropped, granted; alone and with others."""
    proposal = office.add(whole(title=LONG_TITLE))
    office.does(LIN, proposal, E.INVITE, people=[SU])
    office.does(LIN, proposal, E.CALL_OFF)
    office.does(LIN, proposal, E.INVITE, people=[SU])
    [place] = office.rows(Signature, Signature.proposal_id == proposal.id)
    office.does(SU, place, E.COSIGN)
    office.does(LIN, proposal, E.SUBMIT)
    for who, event in (
        *((SU, E.REFUSE), (SU, E.CONSENT), (LIN, E.DROP)),
        *((SU, E.CONSENT), (CHENG, E.DENY), (SU, E.CONSENT), (CHENG, E.GRANT)),
    ):
        wishes = office.rows(Withdrawal, Withdrawal.proposal_id == proposal.id)
        if not wishes or wishes[-1].state not in OPEN_WISHES:
            office.does(LIN, proposal, E.WITHDRAW, reason=most(200))
            wishes = office.rows(Withdrawal, Withdrawal.proposal_id == proposal.id)
        office.does(who, wishes[-1], event, reason=most(200))
    [task] = office.assigned(who=SU)
    [own] = [p for p in office.rows(Proposal, Proposal.proposer == SU) if p.id == task.proposal_id]
    office.does(SU, own, E.WITHDRAW, reason=most(200))
    [wish] = office.rows(Withdrawal, Withdrawal.proposal_id == own.id)
    office.does(CHENG, wish, E.GRANT)


def _on_behalf(office: Office) -> None:
    """Written down for a member, sent back, mended, confirmed."""
    proposal = office.add(whole(entered_by=WEN, title=LONG_TITLE))
    office.does(WEN, proposal, E.HAND_OVER)
    office.does(LIN, proposal, E.DISOWN, reason=most(200))
    office.does(WEN, proposal, E.EDIT)
    office.does(WEN, proposal, E.HAND_OVER)
    office.does(LIN, proposal, E.SUBMIT)


def _through_review(office: Office) -> None:
    proposal = office.submitted(title=LONG_TITLE, analysis=most(800), suggestions=[most(390)] * 3)
    office.does(WEN, proposal, E.ACCEPT)
    office.does(WEN, proposal, E.RETURN, reason=most(200))
    office.does(LIN, proposal, E.EDIT)
    office.does(LIN, proposal, E.SUBMIT)
    office.does(WEN, proposal, E.ACCEPT)
    office.does(WEN, proposal, E.PASS)
    office.does(SHEN, proposal, E.RETURN, reason=most(200))
    office.does(LIN, proposal, E.SUBMIT)
    office.does(WEN, proposal, E.ACCEPT)
    for who in (WEN, SHEN):
        office.does(who, proposal, E.PASS)
    office.does(CHENG, proposal, E.RETURN, reason=most(200))
    office.does(LIN, proposal, E.SUBMIT)
    office.does(WEN, proposal, E.ACCEPT)
    for who in (WEN, SHEN):
        office.does(who, proposal, E.PASS)
    rejected = {"code": "R10_vague", "code_label": "内容空泛、没有具体建议", "redirect_to": "社情民意信息"}
    office.does(CHENG, proposal, E.REJECT, reason=most(200), **rejected)
    main = office.filed(SU, suggested_units=["云岭市住房和城乡建设局", "云岭市财政局"])
    other = office.submitted(LIN)
    office.does(WEN, other, E.ACCEPT)
    for who in (WEN, SHEN):
        office.does(who, other, E.PASS)
    office.does(CHENG, other, E.MERGE, into=main.id, into_label=f"{main.number}《{main.title}》")


def _objections(office: Office) -> None:
    [task] = office.assigned()
    office.does(WEI, task, E.OBJECT, reason=most(300))
    office.does(MENG, task, E.AGREE, unit="u06")
    [_, second] = office.rows(Assignment, Assignment.proposal_id == task.proposal_id)
    office.does(GONG, second, E.OBJECT, reason=most(300))
    office.does(MENG, second, E.AGREE, unit=None)
    [task] = office.assigned()
    office.does(WEI, task, E.OBJECT, reason=most(300))
    office.does(MENG, task, E.SEND_BACK, reason=most(200))


def _three_rounds(office: Office) -> None:
    [task] = office.assigned()
    office.does(WEI, task, E.ACKNOWLEDGE)
    for round_ in range(3):
        if round_ == 0:
            _records(office, task, "BEFORE", Means.OTHER.name)
            talk = office.rows(Communication, Communication.assignment_id == task.id)[-1]
            office.does(LIN, talk, E.DISPUTE, reason=most(200))
        office.talks(task, "BEFORE")
        office.does(LIN, task, E.WAIVE, stage="DURING", stage_label="办中")
        promise = {"promise": most(300), "promise_due": "2026-12-31", "promise_owner": "阎书闻，住房和城乡建设局局长"}
        office.does(WEI, task, E.WRITE, result="B", text=most(2500), **promise)
        office.does(WEI, task, E.SEND_UP)
        office.does("u10_review", task, E.SEND_BACK, reason=most(200))
        office.does(WEI, task, E.SEND_UP)
        office.does("u10_review", task, E.AGREE)
        if round_ == 0:
            office.does(YAN, task, E.SEND_BACK, reason=most(200))
            office.does(WEI, task, E.SEND_UP)
            office.does("u10_review", task, E.AGREE)
        if round_ == 1:
            office.does(YAN, task, E.AGREE)
            office.does(WEI, task, E.ISSUE)
        elif round_ == 2:
            office.does(YAN, task, E.AGREE)
            office.does(YAN, task, E.ISSUE)
        else:
            office.does(YAN, task, E.ISSUE)
        said = {"attitude": "SATISFIED", "process": "BASICALLY_SATISFIED", "result": "DISSATISFIED"}
        labels = "办理态度满意、办理过程基本满意、办理结果不满意"
        office.does(LIN, task, E.RATE, **said, labels=labels, reason=most(500))
    office.does(CHENG, task, E.SETTLE, reason=most(300))


def _lead_and_co(office: Office) -> None:
    lead, co = office.assigned("u10", "u06")
    office.does(WEI, lead, E.ACKNOWLEDGE)
    office.does(GONG, co, E.ACKNOWLEDGE)
    office.does(GONG, co, E.OPINE, text=most(2500))
    office.talks(lead, "BEFORE", "DURING", means="PHONE")
    task = office.replies(lead)
    office.talks(task, "AFTER")
    office.rates(task, "SATISFIED")


def _by_the_clock(office: Office) -> None:
    lead, _ = office.assigned("u10", "u06")
    office.passes(days=20)
    _records(office, lead, "BEFORE", "VISIT")
    office.passes(days=20)
    office.does(LIN, lead, E.WAIVE)
    office.replies(lead)
    office.passes(days=60)


def _records(office: Office, task: Assignment, stage: str, means: str) -> None:
    held_on = f"{(office.now + timedelta(hours=8)).date()}"
    office.does(f"{task.unit}_liaison", task, E.RECORD, stage=stage, means=means, held_on=held_on, minutes=most(700))


def _in_an_organisations_name(office: Office) -> None:
    """Written by several, handed in by the head."""
    proposal = office.add(whole("m032", organisation="s14", title=LONG_TITLE))
    office.add(Writer(proposal_id=proposal.id or 0, person=SU, named_at=office.now))
    office.does("m032", proposal, E.SEAL)
