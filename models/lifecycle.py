"""THE table: how a proposal lives, and all that belongs to it: signatures, the wish to withdraw it, units' tasks, talks.

Read a row aloud: while SUBMITTED, the STAFF may ACCEPT; it becomes FIRST_REVIEW; and then the PROPOSER is told ACCEPTED.
DOMAIN §4.2 (T01–T25), §4.3, §8.3. Guards answer why not (models/guards.py); effects change rows (models/effects.py).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from models import effects as fx
from models import guards as g
from models import joint_effects as jx
from models import joint_guards as jg
from models.errors import Refused
from models.handling import Assignment, Communication
from models.joint import Signature, Withdrawal
from models.proposal import Proposal
from models.states import Event as E
from models.states import Handling as H
from models.states import Notice as N
from models.states import Role as R
from models.states import Sign as G
from models.states import State as S
from models.states import Talk as T
from models.states import Wish as W
from models.step import Row, Step, owed_stages

Guard = Callable[[Step], str | None]
Effect = Callable[[Step], None]
Tell = tuple[R, N]
AnyState = S | H | T | G | W


@dataclass(frozen=True)
class Move:
    """One row of the table."""

    while_: tuple[AnyState, ...]
    who: R
    does: E
    becomes: AnyState | None  # None: it stays where it is
    provided: Guard = g.always  # says why not, in words for the one who asks
    effect: Effect = fx.nothing
    tells: tuple[Tell, ...] = ()
    asks: str = ""  # the dialogue that collects what the move needs
    duty: Callable[[Row], bool] = g.yes  # whether this waits for its actor (待办), or is merely possible
    offered: Callable[[Row], bool] = g.yes  # whether a button is shown; who types it all the same hears why not


# The one place where columns are worth more than the formatter.
# fmt: off
PROPOSAL = (
    #    while               who           does       it becomes        provided             and then                told                                            asks
    Move((S.DRAFT,),         R.PROPOSER,   E.SUBMIT,  S.SUBMITTED,      g.complete,          jx.hand_in,             ((R.STAFF, N.TO_ACCEPT),),                      duty=g.no),
    Move((S.DRAFT,),         R.PROPOSER,   E.INVITE,  S.COSIGNING,      jg.invitable,        jx.invite,              (),                                             asks="cosign", duty=g.no),
    Move((S.DRAFT,),         R.HEAD,       E.SEAL,    S.SUBMITTED,      g.complete,          jx.hand_in,             ((R.STAFF, N.TO_ACCEPT), (R.WRITER, N.COLLECTIVELY_SUBMITTED)), duty=g.no),
    Move((S.DRAFT,),         R.ENTERER,    E.EDIT,    None,             g.always,            fx.nothing,             (),                                             asks="draft", duty=jg.was_disowned),
    Move((S.DRAFT,),         R.ENTERER,    E.HAND_OVER, S.CONFIRMING,   g.complete,          jx.hand_over,           ((R.PROPOSER, N.ENTERED),),                     duty=g.no),
    Move((S.CONFIRMING,),    R.PROPOSER,   E.SUBMIT,  S.SUBMITTED,      g.complete,          jx.hand_in,             ((R.STAFF, N.TO_ACCEPT), (R.ENTERER, N.ENTRY_CONFIRMED))),
    Move((S.CONFIRMING,),    R.PROPOSER,   E.DISOWN,  S.DRAFT,          g.always,            jx.disown,              ((R.ENTERER, N.ENTRY_DISOWNED),),               asks="reason", duty=g.no),
    Move((S.COSIGNING,),     R.PROPOSER,   E.SUBMIT,  S.SUBMITTED,      jg.signatures_in,    jx.hand_in,             ((R.STAFF, N.TO_ACCEPT), (R.CO_SIGNER, N.JOINTLY_SUBMITTED))),
    Move((S.COSIGNING,),     R.PROPOSER,   E.INVITE,  None,             jg.invitable,        jx.invite,              (),                                             asks="cosign", duty=g.no),
    Move((S.COSIGNING,),     R.PROPOSER,   E.EXTEND,  None,             jg.extendable,       jx.extend,              (),                                             duty=g.no),
    Move((S.COSIGNING,),     R.PROPOSER,   E.EDIT,    None,             g.always,            fx.nothing,             (),                                             asks="draft", duty=g.no),
    Move((S.COSIGNING,),     R.PROPOSER,   E.CALL_OFF, S.DRAFT,         g.always,            jx.call_off,            (),                                             duty=g.no),
    Move((S.RETURNED,),      R.HEAD,       E.EDIT,    None,             g.always,            fx.nothing,             (),                                             asks="collective"),
    Move((S.RETURNED,),      R.WRITER,     E.EDIT,    None,             g.always,            fx.nothing,             (),                                             asks="collective", duty=g.no),
    Move((S.RETURNED,),      R.HEAD,       E.SEAL,    S.SUBMITTED,      g.complete,          jx.hand_in,             ((R.STAFF, N.TO_ACCEPT), (R.WRITER, N.COLLECTIVELY_SUBMITTED)), asks="collective", duty=g.no, offered=g.no),
    Move((S.RETURNED,),      R.PROPOSER,   E.EDIT,    None,             g.always,            fx.nothing,             (),                                             asks="draft"),
    Move((S.RETURNED,),      R.PROPOSER,   E.SUBMIT,  S.SUBMITTED,      jg.still_signed,     jx.hand_in,             ((R.STAFF, N.TO_ACCEPT), (R.CO_SIGNER, N.JOINTLY_SUBMITTED)), asks="draft", duty=g.no, offered=jg.in_ones_own_name),
    Move((S.RETURNED,),      R.PROPOSER,   E.INVITE,  S.COSIGNING,      jg.invitable,        jx.invite,              (),                                             asks="cosign", duty=g.no, offered=g.no),
    Move(jg.SECONDABLE,      R.MEMBER,     E.SECOND,  None,             jg.may_second,       jx.second,              ((R.PROPOSER, N.SECONDED),),                    duty=g.no, offered=g.no),
    Move(jg.WITHDRAWABLE,    R.PROPOSER,   E.WITHDRAW, None,            jg.no_open_withdrawal, jx.ask_withdrawal,    ((R.CONSENTER, N.TO_CONSENT), (R.DIRECTOR, N.TO_DECIDE_WITHDRAWAL), (R.STAFF, N.WITHDRAWAL_ASKED)), asks="reason", duty=g.no, offered=g.no),
    Move((S.SUBMITTED,),     R.STAFF,      E.ACCEPT,  S.FIRST_REVIEW,   g.not_own,           fx.accept,              ((R.PROPOSER, N.ACCEPTED), (R.CO_SIGNER, N.ACCEPTED))),
    Move((S.FIRST_REVIEW,),  R.STAFF,      E.PASS,    S.SECOND_REVIEW,  g.not_own,           fx.pass_first,          ((R.REVIEWER, N.TO_SECOND_REVIEW),)),
    Move((S.FIRST_REVIEW,),  R.STAFF,      E.RETURN,  S.RETURNED,       g.not_own,           fx.send_back_to_member, ((R.PROPOSER, N.RETURNED), (R.CO_SIGNER, N.RETURNED), (R.WRITER, N.RETURNED)), asks="reason", duty=g.no),
    Move(g.SORTABLE,         R.STAFF,      E.LABEL,   None,             g.not_own,           fx.label,               (),                                             asks="labels", duty=g.no, offered=g.in_first_review),
    Move((S.FINAL_REVIEW, S.FILED), R.DIRECTOR, E.LABEL, None,          g.not_own,           fx.label,               (),                                             asks="labels", duty=g.no, offered=g.no),
    Move((S.SECOND_REVIEW,), R.REVIEWER,   E.PASS,    S.FINAL_REVIEW,   g.another_reviewer,  fx.pass_second,         ((R.DIRECTOR, N.TO_FINAL_REVIEW),)),
    Move((S.SECOND_REVIEW,), R.REVIEWER,   E.RETURN,  S.RETURNED,       g.another_reviewer,  fx.send_back_to_member, ((R.PROPOSER, N.RETURNED), (R.CO_SIGNER, N.RETURNED), (R.WRITER, N.RETURNED)), asks="reason", duty=g.no),
    Move((S.FINAL_REVIEW,),  R.DIRECTOR,   E.FILE,    S.FILED,          g.another_reviewer,  fx.file,                ((R.PROPOSER, N.FILED), (R.CO_SIGNER, N.FILED), (R.DISPATCHER, N.TO_ASSIGN))),
    Move((S.FINAL_REVIEW,),  R.DIRECTOR,   E.RETURN,  S.RETURNED,       g.another_reviewer,  fx.send_back_to_member, ((R.PROPOSER, N.RETURNED), (R.CO_SIGNER, N.RETURNED), (R.WRITER, N.RETURNED)), asks="reason", duty=g.no),
    Move((S.FINAL_REVIEW,),  R.DIRECTOR,   E.REJECT,  S.REJECTED,       g.another_reviewer,  fx.reject,              ((R.PROPOSER, N.REJECTED), (R.CO_SIGNER, N.REJECTED)),                    asks="reject", duty=g.no),
    Move((S.FINAL_REVIEW,),  R.DIRECTOR,   E.MERGE,   S.MERGED,         g.mergeable,         fx.merge,               ((R.PROPOSER, N.MERGED), (R.CO_SIGNER, N.MERGED)),                      asks="merge",  duty=g.no),
    Move((S.FILED,),         R.DISPATCHER, E.ASSIGN,  S.HANDLING,       g.legal_combination, fx.assign,              ((R.PROPOSER, N.HANDLED_BY), (R.CO_SIGNER, N.HANDLED_BY)),                  asks="assign"),
)

OVER = frozenset({H.RELEASED, H.CO_OPINION_SUBMITTED, H.DONE})  # a unit's part is over, but for talks it still owes
IN_HAND = (H.WORKING, H.REDO, H.DRAFTING)
ASSIGNMENT = (
    #    while                              who              does           it becomes              provided                and then             told                                           asks
    Move((H.PENDING_ACK,),                  R.LIAISON,       E.ACKNOWLEDGE, H.WORKING,              g.always,               fx.acknowledge,      ((R.PROPOSER, N.ACKNOWLEDGED),)),
    Move((H.PENDING_ACK,),                  R.CLOCK,         E.LAPSE,       H.WORKING,              g.always,               fx.acknowledge,      ((R.LIAISON, N.DEEMED_ACKNOWLEDGED), (R.PROPOSER, N.ACKNOWLEDGED))),
    Move((H.PENDING_ACK,),                  R.LIAISON,       E.OBJECT,      H.OBJECTING,            g.in_objection_window,  fx.object,           ((R.DISPATCHER, N.OBJECTED),),                 asks="object", duty=g.no),
    Move((H.OBJECTING,),                    R.DISPATCHER,    E.AGREE,       H.RELEASED,             g.legal_replacement,    fx.release,          ((R.LIAISON, N.RELEASED),),                    asks="replace"),
    Move((H.OBJECTING,),                    R.DISPATCHER,    E.SEND_BACK,   H.WORKING,              g.always,               fx.deny,             ((R.LIAISON, N.OBJECTION_DENIED), (R.PROPOSER, N.ACKNOWLEDGED)), asks="reason"),
    Move((*IN_HAND, H.DELIVERED, H.DONE),   R.LIAISON,       E.RECORD,      None,                   g.may_record,           fx.record,           ((R.PROPOSER, N.TO_CONFIRM),),                 asks="communicate", duty=g.owes_communication, offered=g.offers_recording),
    Move(IN_HAND,                           R.PROPOSER,      E.WAIVE,       None,                   g.something_to_waive,   fx.waive,            ((R.LIAISON, N.WAIVED),),                      asks="waive", duty=g.no, offered=g.replies_itself),
    Move((H.WORKING, H.REDO),               R.LIAISON,       E.OPINE,       H.CO_OPINION_SUBMITTED, g.gives_opinion,        fx.opine,            ((R.LEAD_LIAISON, N.CO_OPINION),),             asks="opinion", duty=g.is_co, offered=g.is_co),
    Move(IN_HAND,                           R.LIAISON,       E.WRITE,       H.DRAFTING,             g.consulted,            fx.write,            (),                                            asks="reply", duty=g.is_unwritten, offered=g.replies_itself),
    Move((H.DRAFTING,),                     R.LIAISON,       E.SEND_UP,     H.REVIEW_L2,            g.consulted_and_joined, fx.send_up,          ((R.UNIT_REVIEWER, N.TO_UNIT_REVIEW),)),
    Move((H.REVIEW_L2,),                    R.UNIT_REVIEWER, E.AGREE,       H.REVIEW_L3,            g.not_the_drafter,      fx.review,           ((R.UNIT_LEADER, N.TO_SIGN),)),
    Move((H.REVIEW_L2,),                    R.UNIT_REVIEWER, E.SEND_BACK,   H.DRAFTING,             g.not_the_drafter,      fx.send_back,        ((R.LIAISON, N.SENT_BACK),),                   asks="reason", duty=g.no),
    Move((H.REVIEW_L3,),                    R.UNIT_LEADER,   E.ISSUE,       H.DELIVERED,            g.third_person,         fx.sign_and_issue,   ((R.PROPOSER, N.DELIVERED), (R.CO_SIGNER, N.DELIVERED), (R.LIAISON, N.ISSUED))),
    Move((H.REVIEW_L3,),                    R.UNIT_LEADER,   E.AGREE,       H.ISSUED,               g.third_person,         fx.sign,             ((R.LIAISON, N.TO_ISSUE),),                    duty=g.no),
    Move((H.REVIEW_L3,),                    R.UNIT_LEADER,   E.SEND_BACK,   H.DRAFTING,             g.always,               fx.send_back,        ((R.LIAISON, N.SENT_BACK),),                   asks="reason", duty=g.no),
    Move((H.ISSUED,),                       R.UNIT_LEADER,   E.ISSUE,       H.DELIVERED,            g.always,               fx.issue,            ((R.PROPOSER, N.DELIVERED), (R.CO_SIGNER, N.DELIVERED), (R.LIAISON, N.ISSUED))),
    Move((H.ISSUED,),                       R.LIAISON,       E.ISSUE,       H.DELIVERED,            g.always,               fx.issue,            ((R.PROPOSER, N.DELIVERED), (R.CO_SIGNER, N.DELIVERED), (R.UNIT_LEADER, N.ISSUED))),
    Move((H.DELIVERED,),                    R.RATER,         E.RATE,        H.DONE,                 g.always,               fx.rate,             ((R.STAFF, N.RATED), (R.LIAISON, N.RATED_TO_UNIT), (R.UNIT_LEADER, N.RATED_TO_UNIT)), asks="rate"),
    Move((H.DELIVERED,),                    R.CLOCK,         E.LAPSE,       H.DONE,                 g.always,               fx.close_unrated,    ((R.LIAISON, N.RATED_TO_UNIT), (R.UNIT_LEADER, N.RATED_TO_UNIT))),
    Move((H.DISSENT,),                      R.DIRECTOR,      E.SETTLE,      H.DONE,                 g.always,               fx.settle,           (),                                            asks="settle"),
)

COMMUNICATION = (
    #    while          who         does       it becomes         provided   and then    told                              asks
    Move((T.RECORDED,), R.PROPOSER, E.CONFIRM, T.CONFIRMED,       g.always,  fx.nothing, ((R.LIAISON, N.CONFIRMED),)),
    Move((T.RECORDED,), R.PROPOSER, E.DISPUTE, T.DISPUTED,        g.always,  fx.dispute, ((R.LIAISON, N.DISPUTED),),       asks="reason", duty=g.no),
    Move((T.RECORDED,), R.CLOCK,    E.LAPSE,   T.AUTO_CONFIRMED,  g.always,  fx.nothing, ((R.LIAISON, N.CONFIRMED),)),
)

SIGNATURE = (
    #    while                  who          does         it becomes    provided              and then     told                                         asks
    Move((G.INVITED,),          R.INVITEE,   E.COSIGN,    G.SIGNED,     jg.may_sign,          jx.sign,     ((R.PROPOSER, N.ANSWERED),)),
    Move((G.INVITED,),          R.INVITEE,   E.DECLINE,   G.DECLINED,   g.always,             jx.decline,  ((R.PROPOSER, N.ANSWERED),)),
    Move((G.INVITED,),          R.CLOCK,     E.LAPSE,     G.EXPIRED,    g.always,             jx.no_more,  ((R.PROPOSER, N.ANSWERED), (R.INVITEE, N.NOT_SIGNED))),
    Move((G.INVITED, G.SIGNED), R.PROPOSER,  E.TAKE_BACK, G.TAKEN_BACK, jg.unsigned_or_gone,  jx.no_more,  ((R.INVITEE, N.TAKEN_BACK),),                duty=g.no),
    Move((G.SIGNED,),           R.CO_SIGNER, E.LEAVE,     G.LEFT,       jg.may_leave,         jx.leave,    ((R.PROPOSER, N.LEFT), (R.STAFF, N.LEFT)),    asks="reason", duty=g.no, offered=g.no),
)

WITHDRAWAL = (
    #    while                   who          does       it becomes   provided         and then        told                                                       asks
    Move((W.CONSENTING,),        R.CONSENTER, E.CONSENT, None,        g.always,        jx.consent,     ((R.PROPOSER, N.CONSENTED), (R.DIRECTOR, N.TO_DECIDE_WITHDRAWAL))),
    Move((W.CONSENTING,),        R.CONSENTER, E.REFUSE,  W.REFUSED,   g.always,        jx.answer,      ((R.PROPOSER, N.CONSENT_REFUSED), (R.STAFF, N.CONSENT_REFUSED)), asks="reason", duty=g.no),
    Move((W.ASKED,),             R.DIRECTOR,  E.GRANT,   W.GRANTED,   jg.withdrawable, jx.withdraw,    ((R.PROPOSER, N.WITHDRAWN), (R.CO_SIGNER, N.WITHDRAWN), (R.WRITER, N.WITHDRAWN), (R.STAFF, N.WITHDRAWN), (R.DISPATCHER, N.WITHDRAWN))),
    Move((W.ASKED,),             R.DIRECTOR,  E.DENY,    W.DENIED,    g.not_own,       jx.answer,      ((R.PROPOSER, N.WITHDRAWAL_DENIED), (R.CO_SIGNER, N.WITHDRAWAL_DENIED)), asks="reason"),
    Move((W.CONSENTING, W.ASKED), R.PROPOSER, E.DROP,    W.DROPPED,   g.always,        jx.answer,      ((R.CO_SIGNER, N.WITHDRAWAL_DROPPED), (R.DIRECTOR, N.WITHDRAWAL_DROPPED)), duty=g.no),
)
# fmt: on

Kind = type[Proposal] | type[Assignment] | type[Communication] | type[Signature] | type[Withdrawal]
TABLES: dict[Kind, tuple[Move, ...]] = {
    Proposal: PROPOSAL,
    Signature: SIGNATURE,
    Withdrawal: WITHDRAWAL,
    Assignment: ASSIGNMENT,
    Communication: COMMUNICATION,
}
OUTCOMES: dict[
    H, tuple[Tell, ...]
] = {  # where a rating leads when it does not simply end the matter (DOMAIN §10.3, §10.4)
    H.REDO: (
        *((R.UNIT_LEADER, N.REHANDLE), (R.LIAISON, N.REHANDLE)),
        *((R.PROPOSER, N.HANDLED_AGAIN), (R.CO_SIGNER, N.HANDLED_AGAIN)),
    ),
    H.DISSENT: ((R.DIRECTOR, N.DISSENTED),),
}
NAMES: dict[Kind, str] = {
    Proposal: "proposal",
    Signature: "signature",
    Withdrawal: "withdrawal",
    Assignment: "assignment",
    Communication: "communication",
}


def moves_from(row: Row) -> Sequence[Move]:
    """Every row of the table that begins where this one stands; nobody heads or writes along what is in one's own name."""
    alone = isinstance(row, Proposal) and not row.organisation
    together = {R.HEAD, R.WRITER} if alone else set()
    return [move for move in TABLES[type(row)] if row.state in move.while_ and move.who not in together]


def movers(row: Row) -> set[R]:
    """Whose move it may ever be in a row of this kind."""
    return {move.who for move in TABLES[type(row)]}


def derived(proposal: Proposal, assignments: Sequence[Assignment]) -> S:
    """Where a proposal stands, from its units (DOMAIN §4: the main state follows from the others; T17–T22)."""
    live = [a for a in assignments if a.state is not H.RELEASED]
    if not live:
        return S.FILED
    answering = [a for a in live if a.replies_itself]
    if not answering:
        return S.FILED
    if all(a.state is H.DONE for a in answering):
        return S.CLOSED
    if any(a.round > 1 and a.state is not H.DONE and a.state is not H.DELIVERED for a in answering):
        return S.REHANDLING
    if all(a.state in {H.DELIVERED, H.DONE} for a in answering):
        return S.APPRAISING
    return S.HANDLING


def decide(step: Step, event: E, roles: Sequence[R]) -> Move:
    """The move that `event` makes from here for somebody in `roles`; Refused, in words, where there is none."""
    here = [move for move in moves_from(step.row) if move.does is event]
    mine = [move for move in here if move.who in roles]
    if not mine:
        stands = f"这一件现在是“{step.row.state.value}”"
        if here:
            raise Refused(f"{stands}，“{event.value}”由{here[0].who.value}来办，您不用操作。")
        raise Refused(f"{stands}，不能再“{event.value}”了。发送“待办”可以看现在等您办的事。")
    if why := mine[0].provided(step):
        raise Refused(why)
    return mine[0]


def carry_out(step: Step, move: Move) -> None:
    """Make the move: state, effect, stamp. An effect may lead elsewhere than the row says (a rating may reopen)."""
    before = step.row.state
    if move.becomes is not None:
        step.row.state = move.becomes  # the table pairs each row with its own kind of state
    move.effect(step)
    if step.row.state is not before:
        step.row.stamp += 1
        if isinstance(step.row, Assignment):
            step.row.entered_on = step.today
    if isinstance(step.row, Assignment | Communication):
        task = step.assignment
        task.remind_on = step.today
        task.settled = task.state in OVER and not owed_stages(step.session, task)
    step.session.add(step.row)
    step.session.flush()
