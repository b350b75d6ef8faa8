"""Effects: what a move changes besides the state. They write rows; they say nothing and send nothing."""

from datetime import date

from models import deadlines
from models.handling import Assignment, Communication, Rating, Reply
from models.label import put_labels
from models.rules import number, term_and_session
from models.states import Handling, Means, Mode, Part, Stage, State, Talk, Verdict
from models.step import Step, owed_stages, raters, ratings_of, reply_of, silent_raters, unit_of
from models.store import count_up


def nothing(step: Step) -> None:
    """The state alone changes."""


def _numbered(step: Step, template: str, series: str) -> str:
    """The next number of a series. Each shape of the template counts for itself, so that no number comes twice."""
    year = step.today.year
    term, session = term_and_session(step.proposal.term_session or step.rules.term_session)
    shape = number(template, year, 0, term, session)
    return number(template, year, count_up(step.session, f"{series}:{shape}"), term, session)


# --- the proposal -----------------------------------------------------------------------------------------------------


def receive(step: Step) -> None:
    """T04: the serial number is given at once and never again (DOMAIN §3.6); what comes late is off-session (§3.5)."""
    p = step.proposal
    p.term_session = step.rules.term_session
    p.serial_no = _numbered(step, step.rules.serial_template, "serial")
    p.submitted_at = step.now
    deadline = step.rules.in_session_deadline
    p.in_session = deadline is not None and step.now <= deadline
    p.due_on = deadlines.review_due(step.today, step.rules)


def receive_again(step: Step) -> None:
    """T09: reviewed anew from the start; the serial number stays."""
    p = step.proposal
    p.first_reviewer = p.second_reviewer = p.final_reviewer = p.accepted_by = ""
    p.due_on = deadlines.review_due(step.today, step.rules)


def accept(step: Step) -> None:
    """T05: somebody of the office has taken it in hand."""
    step.proposal.accepted_by = step.by
    step.proposal.due_on = deadlines.review_due(step.today, step.rules)


def pass_first(step: Step) -> None:
    """T06."""
    step.proposal.first_reviewer = step.by
    step.proposal.due_on = deadlines.review_due(step.today, step.rules)


def pass_second(step: Step) -> None:
    """T07."""
    step.proposal.second_reviewer = step.by
    step.proposal.due_on = deadlines.review_due(step.today, step.rules)


def send_back_to_member(step: Step) -> None:
    """T08: what has to be mended is written down; the member has some days."""
    step.proposal.reason = step.answers["reason"]
    step.proposal.due_on = deadlines.returned_due(step.today, step.rules)


def file(step: Step) -> None:
    """T10: the proposal number is given now and never taken back (§3.6)."""
    p = step.proposal
    p.final_reviewer = step.by
    p.filed_at = step.now
    p.proposal_no = _numbered(step, step.rules.numbering_template, "proposal")
    p.due_on = deadlines.assign_due(step.today, step.rules)


def label(step: Step) -> None:
    """五治: what it is sorted under replaces what it was before; the books keep every choice."""
    names = [name for name in step.rules.labels if name in step.answers.get("labels", [])]
    put_labels(step.session, step.proposal, names, step.by, step.now)
    step.answers["reason"] = "、".join(names) or "不归类"


def reject(step: Step) -> None:
    """T11: code, words and where it goes (§5.2)."""
    p = step.proposal
    p.final_reviewer = step.by
    p.reject_code = step.answers["code"]
    p.reason = step.answers["reason"]
    p.redirect_to = step.answers["redirect_to"]
    p.due_on = None


def merge(step: Step) -> None:
    """T12: it goes on inside the main proposal; its proposer keeps every right there (§5.4)."""
    p = step.proposal
    p.final_reviewer = step.by
    p.merged_into = step.answers["into"]
    p.reason = step.answers.get("reason", "")
    p.due_on = None


def assign(step: Step) -> None:
    """T16: a task for each unit, with its day."""
    p = step.proposal
    mode = Mode[step.answers["mode"]]
    p.mode = mode
    p.assigned_at = step.now
    p.due_on = None
    for place, unit in enumerate(step.answers["units"]):
        step.session.add(_task(step, unit, _part(mode, place)))
    step.session.flush()


def _part(mode: Mode, place: int) -> Part:
    if mode is Mode.LEAD_CO:
        return Part.LEAD if place == 0 else Part.CO
    return Part.SOLE if mode is Mode.SOLE else Part.PARALLEL


def _task(step: Step, unit: str, part: Part) -> Assignment:
    due = deadlines.handling_due(step.today, step.rules, in_session=step.proposal.in_session)
    if part is Part.CO:
        due = deadlines.co_opinion_due(step.today, due, step.rules)
    return Assignment(
        proposal_id=step.proposal.id or 0,
        unit=unit,
        part=part,
        assigned_on=step.today,
        due_on=due,
        entered_on=step.today,
        lapses_on=deadlines.objection_until(step.today, step.rules),
        remind_on=step.today,
    )


# --- the assignment ---------------------------------------------------------------------------------------------------


def acknowledge(step: Step) -> None:
    """By the liaison, or by itself when the window has closed (§6.3, §7.4)."""
    step.assignment.acked_on = step.today
    step.assignment.lapses_on = None


def object(step: Step) -> None:
    """The unit says why it is not theirs; only the dispatcher decides (hard rule 3)."""
    step.assignment.objection = step.answers["reason"]
    step.assignment.objected_on = step.today
    step.assignment.lapses_on = None


def release(step: Step) -> None:
    """Granted: the old task ends, a new unit takes the same part, the term counts anew (§6.3)."""
    step.assignment.lapses_on = None
    if unit := step.answers.get("unit"):
        step.session.add(_task(step, unit, step.assignment.part))
        step.session.flush()


def deny(step: Step) -> None:
    """Refused: the unit has it, signed for."""
    step.assignment.reason = step.answers["reason"]
    acknowledge(step)


def record(step: Step) -> None:
    """What was talked, for the member to confirm (§8.3)."""
    a, said = step.assignment, step.answers
    step.session.add(
        Communication(
            proposal_id=a.proposal_id,
            assignment_id=a.id or 0,
            round=a.round,
            stage=Stage[said["stage"]],
            means=Means[said["means"]],
            held_on=date.fromisoformat(said["held_on"]),
            minutes=said["minutes"],
            recorded_by=step.by,
            recorded_at=step.now,
            lapses_on=deadlines.comm_confirm_due(step.today, step.rules),
        )
    )
    step.session.flush()


def waive(step: Step) -> None:
    """The member does not need it: kept as what it is, by the member's own word (§8.3)."""
    a = step.assignment
    wanted = step.answers.get("stage")
    for stage in [Stage[wanted]] if wanted else owed_stages(step.session, a):
        step.session.add(
            Communication(
                proposal_id=a.proposal_id,
                assignment_id=a.id or 0,
                round=a.round,
                stage=stage,
                recorded_by=step.by,
                recorded_at=step.now,
                state=Talk.WAIVED,
            )
        )
    step.session.flush()


def dispute(step: Step) -> None:
    """The member says it was not so."""
    assert isinstance(step.row, Communication)
    step.row.objection = step.answers["reason"]


def opine(step: Step) -> None:
    """A co-unit's word to the lead (§4.3)."""
    step.assignment.co_opinion = step.answers["text"]


def write(step: Step) -> None:
    """A draft of this round's reply; written again, it replaces the draft."""
    a, said = step.assignment, step.answers
    reply = reply_of(step.session, a) or Reply(
        proposal_id=a.proposal_id, assignment_id=a.id or 0, round=a.round, result="", text="", drafted_by=step.by
    )
    reply.result, reply.text, reply.drafted_by = said["result"], said["text"], step.by
    reply.promise, reply.promise_owner = said.get("promise", ""), said.get("promise_owner", "")
    reply.promise_due = date.fromisoformat(said["promise_due"]) if said.get("promise_due") else None
    reply.sent_up_by = reply.reviewed_by = reply.signed_by = ""
    step.session.add(reply)
    step.session.flush()


def send_up(step: Step) -> None:
    """First of three levels: the liaison answers for the draft."""
    step.reply.sent_up_by = step.by


def review(step: Step) -> None:
    """Second level."""
    step.reply.reviewed_by = step.by


def sign(step: Step) -> None:
    """Third level: agreed; issuing follows."""
    step.reply.signed_by = step.by


def issue(step: Step) -> None:
    """Numbered, dated, delivered (§9.1); the rating's term begins (§10.2)."""
    reply, a = step.reply, step.assignment
    reply.issued_at, reply.issued_on = step.now, step.today
    prefix = unit_of(step.session, a).reply_prefix or "提复"
    seq = count_up(step.session, f"reply:{a.unit}:{step.today.year}")
    reply.document_no = f"{prefix}〔{step.today.year}〕{seq}号"
    a.lapses_on = deadlines.feedback_due(step.today, step.rules)


def sign_and_issue(step: Step) -> None:
    """Agreed and issued in one press."""
    sign(step)
    issue(step)


def send_back(step: Step) -> None:
    """Any level may return the draft, saying why (§9.3)."""
    step.assignment.reason = step.answers["reason"]


def rate(step: Step) -> None:
    """T20/T21: kept as given, for ever; dissatisfied with the result means: handle it again (hard rule 6)."""
    a, said = step.assignment, step.answers
    reply = step.reply
    step.session.add(
        Rating(
            proposal_id=a.proposal_id,
            assignment_id=a.id or 0,
            round=a.round,
            person=step.by,
            unit=a.unit,
            unit_name=unit_of(step.session, a).name,
            result_class=reply.result,
            reply_text=reply.text,
            attitude=Verdict[said["attitude"]],
            process=Verdict[said["process"]],
            result=Verdict[said["result"]],
            reason=said.get("reason", ""),
            rated_at=step.now,
        )
    )
    step.session.flush()
    if why := dissatisfaction(step):
        _again(step, why)
    elif silent_raters(step.session, a):
        a.state = Handling.DELIVERED  # the others may still rate
        return
    a.lapses_on = None


def dissatisfaction(step: Step, *, over: bool = False) -> str:
    """Why it has to be handled again, if that is what the ratings say: anybody's, the first proposer's, or most people's
    不满意 with the result (DOMAIN §10.3); `over`: nobody is waited for any more, so only those who answered count.
    """
    given = ratings_of(step.session, step.assignment)
    unhappy = [rating for rating in given.values() if rating.result is Verdict.DISSATISFIED]
    match step.rules.dissatisfied_trigger:
        case "first":
            enough = any(rating.person == step.proposal.proposer for rating in unhappy)
        case "majority":
            enough = 2 * len(unhappy) > (len(given) if over else len(raters(step.session, step.proposal)))
        case _:
            enough = bool(unhappy)
    return "；".join(rating.reason for rating in unhappy if rating.reason) or "未说明原因" if enough else ""


def _again(step: Step, why: str) -> None:
    a = step.assignment
    a.reason = why
    if a.round > step.rules.rehandle_max_rounds:
        a.state = Handling.DISSENT
        return
    a.round += 1
    a.state = Handling.REDO
    a.acked_on = step.today
    a.due_on = deadlines.rehandle_due(step.today, step.rules)


def close_unrated(step: Step) -> None:
    """No answer in time counts neither as satisfied nor in the denominator (§10.2): no rating is written."""
    step.assignment.lapses_on = None
    if why := dissatisfaction(step, over=True):
        _again(step, why)


def settle(step: Step) -> None:
    """T23: talked face to face, still not satisfied; it ends, and says so in the statistics."""
    step.proposal.closed_with_dissent = True
    step.assignment.reason = step.answers["reason"]


def finish(step: Step, state: State) -> None:
    """The proposal follows its units."""
    p = step.proposal
    if p.state is state:
        return
    p.state = state
    p.stamp += 1
    p.closed_at = step.now if state is State.CLOSED else None
    if state is State.FILED:
        p.due_on = deadlines.assign_due(step.today, step.rules)


def end(task: Assignment) -> None:
    """A task that nothing is expected of any more."""
    task.state = Handling.DONE
    task.stamp += 1
    task.lapses_on = task.remind_on = None
    task.settled = True
