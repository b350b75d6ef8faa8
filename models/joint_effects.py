"""Effects of joint proposals, of entries on behalf and of withdrawals: they write rows, like those in effects.py."""

from datetime import datetime, timedelta

from sqlmodel import col, select

from models import deadlines
from models.effects import end, receive, receive_again
from models.handling import Assignment, Communication
from models.joint import (
    Seconding,
    Signature,
    Version,
    Withdrawal,
    digest,
    open_withdrawal,
    place_of,
    signatures_of,
    signers,
    silent_signers,
    versions_of,
)
from models.joint_guards import WITHDRAWABLE
from models.rules import SHANGHAI, Rules
from models.states import Handling, Sign, State, Talk, Wish
from models.step import Row, Step, assignments_of


def follow(step: Step, row: Row, state: Sign | Wish | Handling | Talk) -> None:
    """Another row goes along: it is written into the books, and its cards are settled, by whoever performs the step."""
    step.followed.append((row, row.state))
    row.state = state
    row.stamp += 1
    step.session.add(row)


# --- inviting ---------------------------------------------------------------------------------------------------------


def cosign_until(now: datetime, rules: Rules) -> datetime:
    """Until when an invitation is answered: hours, fewer while the session sits (DOMAIN §3.4)."""
    end_ = rules.in_session_deadline
    sits = end_ is not None and end_ - timedelta(days=rules.session_days) <= now <= end_
    return now + timedelta(hours=rules.cosign_hours_in_session if sits else rules.cosign_hours)


def invite(step: Step) -> None:
    """T01: everybody named is asked; whoever signed an earlier text is asked again (§3.4: void on substantial change)."""
    p = step.proposal
    for place in signatures_of(step.session, p, Sign.INVITED, Sign.SIGNED):
        if place.digest != digest(p):
            _ask(step, place)
    for userid in step.answers["people"]:
        if earlier := place_of(step.session, p.id, userid):
            _ask(step, earlier)
        else:
            until = cosign_until(step.now, step.rules)
            new = Signature(proposal_id=p.id or 0, person=userid, asked_at=step.now, lapses_at=until, digest=digest(p))
            step.session.add(new)
    step.session.flush()
    _due(step)


def _ask(step: Step, place: Signature) -> None:
    if place.state is Sign.INVITED and place.digest == digest(step.proposal):  # more time for the same question
        place.lapses_at = cosign_until(step.now, step.rules)
        step.session.add(place)
        return
    follow(step, place, Sign.INVITED)
    place.asked_at, place.lapses_at = step.now, cosign_until(step.now, step.rules)
    place.answered_at, place.opinion, place.digest = None, "", digest(step.proposal)


def _due(step: Step) -> None:
    """The proposal's day is that of the last answer it waits for."""
    p = step.proposal
    ends = [place.lapses_at for place in signatures_of(step.session, p, Sign.INVITED) if place.lapses_at]
    p.due_on = max(ends).astimezone(SHANGHAI).date() if ends else step.today
    step.session.add(p)


def extend(step: Step) -> None:
    """More time for whoever has not answered; whose time was over is asked again (C01: 可续期)."""
    for place in signatures_of(step.session, step.proposal, Sign.INVITED, Sign.EXPIRED):
        _ask(step, place)
    step.session.flush()
    _due(step)


def call_off(step: Step) -> None:
    """T02: back to the desk; nobody stands under it any more. One that was returned for revision goes back to that."""
    for place in signatures_of(step.session, step.proposal, Sign.INVITED, Sign.SIGNED):
        follow(step, place, Sign.TAKEN_BACK)
        place.lapses_at = None
    step.proposal.due_on = None
    if step.proposal.serial_no:
        step.row.state = State.RETURNED
        step.proposal.due_on = deadlines.returned_due(step.today, step.rules)


# --- the invited ------------------------------------------------------------------------------------------------------


def sign(step: Step) -> None:
    """By the member's own account, under this text."""
    _answered(step)
    _due(step)


def decline(step: Step) -> None:
    """No, thank you."""
    _answered(step)
    _due(step)


def _answered(step: Step) -> Signature:
    place = step.row
    assert isinstance(place, Signature)
    place.answered_at, place.lapses_at = step.now, None
    place.opinion = str(step.answers.get("opinion") or "")
    return place


def no_more(step: Step) -> None:
    """Nothing is waited for: the time is over, or the invitation was taken back."""
    place = step.row
    assert isinstance(place, Signature)
    place.lapses_at = None
    _due(step)


def leave(step: Step) -> None:
    """仅退出本人 (T14). Who leaves is not asked about a withdrawal any more."""
    place = step.row
    assert isinstance(place, Signature)
    place.answered_at, place.opinion = step.now, str(step.answers.get("reason") or "")
    step.session.add(place)
    step.session.flush()
    wish = open_withdrawal(step.session, step.proposal)
    if wish and wish.state is Wish.CONSENTING and not silent_signers(step.session, wish):
        follow(step, wish, Wish.ASKED)
        wish.due_on = deadlines.review_due(step.today, step.rules)


def second(step: Step) -> None:
    """Kept, shown, and nothing more."""
    step.session.add(Seconding(proposal_id=step.proposal.id or 0, person=step.by, at=step.now))
    step.session.flush()


# --- handing in -------------------------------------------------------------------------------------------------------


def hand_in(step: Step) -> None:
    """T03, T04, T09: received, the first time or again; the text is kept as it was handed in."""
    p = step.proposal
    asked_for = p.reason if p.serial_no else ""
    if p.serial_no:
        receive_again(step)
    else:
        p.reason = ""
        receive(step)
    text = {name: getattr(p, name) for name in ("title", "category", "analysis", "suggestions")}
    step.session.add(
        Version(
            proposal_id=p.id or 0,
            place=len(versions_of(step.session, p)) + 1,
            signers=[person.userid for person in signers(step.session, p)],
            asked_for=asked_for,
            handed_in_at=step.now,
            handed_in_by=step.by,
            **text,
        )
    )
    step.session.flush()


def hand_over(step: Step) -> None:
    """What was written down for a member waits for the member's own word."""
    step.proposal.reason = ""
    step.proposal.due_on = deadlines.returned_due(step.today, step.rules)


def disown(step: Step) -> None:
    """The member says what is wrong with it."""
    step.proposal.reason = step.answers["reason"]
    step.proposal.due_on = None


# --- withdrawing ------------------------------------------------------------------------------------------------------


def ask_withdrawal(step: Step) -> None:
    """T14: the co-signers first, then the committee."""
    p = step.proposal
    joint = bool(signers(step.session, p))
    step.session.add(
        Withdrawal(
            proposal_id=p.id or 0,
            state=Wish.CONSENTING if joint else Wish.ASKED,
            reason=step.answers["reason"],
            asked_at=step.now,
            due_on=deadlines.review_due(step.today, step.rules),
        )
    )
    step.session.flush()


def consent(step: Step) -> None:
    """One more agrees; when all have, it is for the committee to decide."""
    wish = step.row
    assert isinstance(wish, Withdrawal)
    wish.consented = [*wish.consented, step.by]
    wish.due_on = deadlines.review_due(step.today, step.rules)
    if not silent_signers(step.session, wish):
        wish.state = Wish.ASKED


def answer(step: Step) -> None:
    """Why not."""
    wish = step.row
    assert isinstance(wish, Withdrawal)
    wish.answer, wish.due_on = str(step.answers.get("reason") or ""), None


def withdraw(step: Step) -> None:
    """T14, T15: the proposal ends, and with it whatever is open about it."""
    wish, p = step.row, step.proposal
    assert isinstance(wish, Withdrawal)
    wish.due_on = None
    step.followed.append((p, p.state))
    p.state, p.reason, p.due_on = State.WITHDRAWN, wish.reason, None
    p.stamp += 1
    step.session.add(p)
    for place in signatures_of(step.session, p, Sign.INVITED):
        follow(step, place, Sign.TAKEN_BACK)
    for task in assignments_of(step.session, p):
        _end_task(step, task)
    step.session.flush()


def _end_task(step: Step, task: Assignment) -> None:
    recorded = select(Communication).where(
        Communication.assignment_id == task.id, col(Communication.state) == Talk.RECORDED
    )
    for talk in step.session.exec(recorded):
        follow(step, talk, Talk.ENDED)
        talk.lapses_on = None
    if task.state is not Handling.RELEASED:
        before = task.state
        end(task)
        task.state = Handling.RELEASED
        step.followed.append((task, before))
        step.session.add(task)


def forget_wish(step: Step) -> None:
    """A proposal that has come to another end needs no withdrawal."""
    p = step.proposal
    if p.state in WITHDRAWABLE:
        return
    if wish := open_withdrawal(step.session, p):
        follow(step, wish, Wish.MOOT)
        wish.due_on = None
