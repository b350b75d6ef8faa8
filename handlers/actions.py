"""perform(): the only door through which a proposal changes. People's presses, words, pages and the clock all come here."""

from collections.abc import Sequence
from typing import Any

from sqlmodel import col, select

from bot.payload import read
from bot.turn import Turn
from bot.wecom.messages import Card, Words
from handlers.cards.buttons import KINDS, Do, buttons_for, do, subject
from handlers.cards.notices import CARDS, FIRST, to_merged, whole_reason
from handlers.cards.rating import rating_card
from handlers.cards.told import Told, day, named, who_is_asked
from models import access, audit, effects
from models.audit import Audit
from models.errors import Refused
from models.handling import Assignment, Communication
from models.joint import Signature, Withdrawal, open_withdrawal, signatures_of, silent_signers
from models.joint_effects import forget_wish
from models.lifecycle import IN_HAND, NAMES, OUTCOMES, Move, carry_out, decide, derived, movers, moves_from
from models.messages import Lane
from models.people import Person
from models.proposal import Proposal
from models.states import Event, Handling, Notice, Role, Sign, State, Talk, Wish
from models.step import Row, Step, assignments_of, owed_stages, silent_raters, talks_of, unit_of

NOT_ALWAYS_THERE = access.BESIDE | {Role.LEAD_LIAISON}  # nobody need stand in these roles
RATINGS_END = (Event.RATE, Event.LAPSE)


def get_row(turn: Turn, kind: type[Row], key: int) -> Row:
    """A row with its proposal held first: whoever moves anything of a proposal holds the proposal, so nobody waits crosswise."""
    row: Any = turn.session.get(kind, key)
    if row is not None and not isinstance(row, Proposal):
        turn.get(Proposal, row.proposal_id)
    if isinstance(row, Communication):
        turn.get(Assignment, row.assignment_id)
    held_row: Row = turn.get(kind, key)
    return held_row


def concerns(turn: Turn, row: Row) -> bool:
    """Whether the actor may hear how this stands when they press: the form of a page may be made up."""
    now = {move.who for move in moves_from(row)}
    return access.is_concerned(turn.session, turn.actor, row, movers(row), now)


def perform(turn: Turn, row: Row, event: Event, answers: dict[str, Any] | None = None) -> bool:
    """Make a move, or ask first for what it needs; Refused with the reason when the table does not allow it.

    Returns whether the move was made. It is written down (audit), told to whom it concerns, and every other card about
    it is settled.
    """
    step = Step(turn.session, turn.rules, turn.now, turn.today, row, turn.person, dict(answers or {}))
    move = decide(step, event, _roles(turn, row))
    if move.asks and answers is None:
        turn.dialogues.open(turn, move.asks, do(row, event).key)
        return False
    about, before = subject(row), row.state
    carry_out(step, move)
    _write_down(step, turn, row, move.who.name.lower(), event.name.lower(), before.name.lower())
    _write_followed(step, turn, move)
    who = f"{turn.person.name} · " if turn.person else ""
    outcome = f"{event.done} · {who}{day(turn.today)}"
    turn.card_now(outcome)
    if row.state is not before:
        turn.settle_cards(about, outcome)
    _tell(step, move, turn)
    _follow(step, turn, move)
    return True


def _roles(turn: Turn, row: Row) -> list[Role]:
    if turn.person is None:
        return [Role.CLOCK]
    wanted = {move.who for move in moves_from(row)}
    return [role for role in Role if role in wanted and access.holds(turn.session, turn.person, role, row)]


def _write_down(step: Step, turn: Turn, row: Row, role: str, event: str, before: str) -> None:
    """The books (DOMAIN §4.2): every change of state, with who, when, why."""
    assignment = row.id if isinstance(row, Assignment) else getattr(row, "assignment_id", None)
    audit.write(
        step.session,
        Audit(
            proposal_id=step.proposal.id or 0,
            assignment_id=assignment,
            kind=NAMES[type(row)],
            row_id=row.id or 0,
            actor=step.by,
            role=role,
            event=event,
            before=before,
            after=row.state.name.lower(),
            reason=str(step.answers.get("reason") or ""),
            at=step.now,
            cause=turn.cause,
        ),
    )


def _write_followed(step: Step, turn: Turn, move: Move) -> None:
    """Rows that went along: each has its entry in the books, and its cards say what it is now."""
    role = move.who.name.lower()
    for row, before in step.followed:
        _write_down(step, turn, row, role, "follow", before.name.lower())
        turn.settle_cards(f"{NAMES[type(row)]}:{row.id}:{row.stamp - 1}", row.state.value)


# --- telling ----------------------------------------------------------------------------------------------------------


def told(step: Step, turn: Turn, reader: Person, row: Row | None = None) -> Told:
    """What a card for this reader is made from."""
    link = turn.url(f"p/proposals/{step.proposal.id}")
    return Told(step.session, row or step.row, reader, step.actor, step.today, link, step.answers, step.rules)


def tell(step: Step, turn: Turn, role: Role, notice: Notice, row: Row | None = None) -> None:
    """Tell everybody who stands in this role. Nobody there to tell is told to the office: no case may lie unseen."""
    about = row or step.row
    readers = access.holders(step.session, role, about)
    for reader in readers:
        seen = told(step, turn, reader, about)
        if notice in FIRST:
            turn.say(FIRST[notice](seen), to=reader, lane=Lane.NOTICE)
        if card := CARDS[notice](seen):
            turn.say(card, to=reader, lane=Lane.NOTICE, subject=subject(about))
        if more := whole_reason(notice, seen):
            turn.say(more, to=reader, lane=Lane.NOTICE)
    if role is Role.PROPOSER:
        _tell_merged(step, turn, notice, about)
    if not readers and role not in NOT_ALWAYS_THERE:
        text = f"提案{named(step.proposal)}现在需要{role.value}，但名单里没有这个人，请补上名单。"
        for admin in access.with_role(step.session, access.SYSADMIN):
            turn.say(Words(text), to=admin, lane=Lane.NOTICE)


def _tell_merged(step: Step, turn: Turn, notice: Notice, about: Row) -> None:
    """Whoever's proposal was merged into this one, or into one of those, hears what becomes of it (DOMAIN §5.4)."""
    for own in _merged_into(step):
        for reader in [p for role in (Role.PROPOSER, Role.CO_SIGNER) for p in access.holders(step.session, role, own)]:
            if words := to_merged(notice, told(step, turn, reader, about), own):
                turn.say(words, to=reader, lane=Lane.NOTICE)


def _merged_into(step: Step) -> Sequence[Proposal]:
    found: dict[int, Proposal] = {}
    targets = {step.proposal.id}
    while targets:
        merged = select(Proposal).where(col(Proposal.merged_into).in_(targets)).order_by(col(Proposal.id))
        new = {p.id: p for p in step.session.exec(merged) if p.id and p.id not in found}
        found.update(new)
        targets = set(new)
    return list(found.values())


def _tell(step: Step, move: Move, turn: Turn) -> None:
    about: Row | None = None
    if move.does is Event.RECORD:
        about = _newest_communication(step)
    if move.does is Event.WITHDRAW:
        about = open_withdrawal(step.session, step.proposal)
    for role, notice in move.tells:
        tell(step, turn, role, notice, about)
    if move.does in {Event.INVITE, Event.EXTEND}:
        _tell_invited(step, turn, move)
    _tell_followed(step, turn)
    if isinstance(step.row, Assignment) and (extra := OUTCOMES.get(step.row.state)) and move.does in RATINGS_END:
        for role, notice in extra:
            tell(step, turn, role, notice)
    if move.does is Event.ASSIGN or move.becomes is Handling.RELEASED:
        _tell_new_units(step, turn)
    if move.becomes is Handling.DELIVERED:
        _send_rating(step, turn)


def _tell_invited(step: Step, turn: Turn, move: Move) -> None:
    """Whoever was asked just now, for the first time or again, sees the whole text and is asked for a word."""
    for place in signatures_of(step.session, step.proposal, Sign.INVITED):
        if place.asked_at == step.now:
            tell(step, turn, Role.INVITEE, Notice.INVITED, place)
        elif move.does is Event.EXTEND:
            tell(step, turn, Role.INVITEE, Notice.MORE_TIME, place)


def _tell_followed(step: Step, turn: Turn) -> None:
    """What went along is told to whom it concerns."""
    for row, _ in step.followed:
        if isinstance(row, Signature) and row.state is Sign.TAKEN_BACK:
            tell(step, turn, Role.INVITEE, Notice.TAKEN_BACK, row)
        if isinstance(row, Assignment):
            for role in (Role.LIAISON, Role.UNIT_LEADER):
                tell(step, turn, role, Notice.WITHDRAWN_FROM_UNIT, row)
        if isinstance(row, Withdrawal) and row.state is Wish.ASKED:
            tell(step, turn, Role.DIRECTOR, Notice.TO_DECIDE_WITHDRAWAL, row)


def _newest_communication(step: Step) -> Communication:
    return step.session.exec(
        select(Communication)
        .where(Communication.assignment_id == step.assignment.id)
        .order_by(col(Communication.id).desc())
        .limit(1)
    ).one()


def _tell_new_units(step: Step, turn: Turn) -> None:
    replacing = isinstance(step.row, Assignment)
    for task in assignments_of(step.session, step.proposal):
        if replacing and task.unit != step.answers.get("unit"):
            continue
        if task.state is Handling.PENDING_ACK and task.stamp == 0:
            tell(step, turn, Role.LIAISON, Notice.ASSIGNED, task)
            tell(step, turn, Role.UNIT_LEADER, Notice.ASSIGNED_TO_UNIT, task)
            if replacing:  # it took another's place: the member should know
                step.answers["unit_labels"] = f"改由{unit_of(step.session, task).name}{task.part.value}"
                tell(step, turn, Role.PROPOSER, Notice.HANDLED_BY)
                tell(step, turn, Role.CO_SIGNER, Notice.HANDLED_BY)


def _send_rating(step: Step, turn: Turn) -> None:
    for reader in access.holders(step.session, Role.RATER, step.row):
        turn.say(rating_card(told(step, turn, reader)), to=reader, lane=Lane.NOTICE, subject=subject(step.row))


def _follow(step: Step, turn: Turn, move: Move) -> None:
    """The proposal follows its units (DOMAIN §4); its end is told. A wish to withdraw it ends with it."""
    if isinstance(step.row, Assignment):
        _follow_units(step, turn, move)
    if not isinstance(step.row, Withdrawal):
        step.followed.clear()
        forget_wish(step)
        _write_followed(step, turn, move)


def _follow_units(step: Step, turn: Turn, move: Move) -> None:
    proposal = step.proposal
    before = proposal.state
    if before not in {State.HANDLING, State.APPRAISING, State.REHANDLING}:
        return
    after = derived(proposal, assignments_of(step.session, proposal))
    effects.finish(step, after)
    step.session.add(proposal)
    if after is not before:
        _write_down(step, turn, proposal, move.who.name.lower(), "follow", before.name.lower())
    if after is State.CLOSED:
        _end_co_units(step, turn, move)
    if after is State.FILED and before is not State.FILED:
        tell(step, turn, Role.DISPATCHER, Notice.TO_ASSIGN, proposal)
    if after is State.CLOSED:
        tell(step, turn, Role.PROPOSER, Notice.CLOSED, proposal)
        tell(step, turn, Role.CO_SIGNER, Notice.CLOSED, proposal)


def _end_co_units(step: Step, turn: Turn, move: Move) -> None:
    """What a co-unit has not said by the end, nobody waits for any more (DOMAIN §4.3: 未提供)."""
    for task in assignments_of(step.session, step.proposal):
        if task.replies_itself or task.state in {Handling.CO_OPINION_SUBMITTED, Handling.RELEASED, Handling.DONE}:
            continue
        turn.settle_cards(subject(task), "本件已办结")
        before = task.state.name.lower()
        effects.end(task)
        step.session.add(task)
        _write_down(step, turn, task, move.who.name.lower(), "follow", before)


# --- what the actor reads ---------------------------------------------------------------------------------------------


def what_next(turn: Turn, row: Row) -> str:
    """Who has to do what now, from the table: 下一步：提案委复审人“通过”. Empty when nobody has."""
    waiting = [move for move in moves_from(row) if move.duty(row) and move.who is not Role.CLOCK]
    if isinstance(row, Assignment) and row.state in IN_HAND:
        return _in_hand(turn, row)
    if not waiting or (isinstance(row, Assignment) and row.state is Handling.DONE):
        return ""
    if isinstance(row, Proposal) and (wish := open_withdrawal(turn.session, row)):
        silent = "、".join(person.name for person in silent_signers(turn.session, wish))
        return f"已申请撤案，等{silent}表态" if wish.state is Wish.CONSENTING else "已申请撤案，等提案委负责人决定"
    if isinstance(row, Proposal) and row.state is State.COSIGNING and (words := who_is_asked(turn.session, row)):
        return f"下一步：等{words}答复"
    if any(move.does is Event.RATE for move in waiting):
        return f"下一步：{_silent_raters(turn, row)}“{Event.RATE.value}”"
    who = waiting[0].who
    acts = "、".join(dict.fromkeys(f"“{m.does.value}”" for m in waiting if m.who is who))
    return f"下一步：{who.value}{acts}"


def _silent_raters(turn: Turn, row: Row) -> str:
    assert isinstance(row, Assignment)
    first = turn.session.get_one(Proposal, row.proposal_id).proposer
    silent = silent_raters(turn.session, row)
    return "、".join("提案人" if person.userid == first else f"联名人{person.name}" for person in silent) or "提案人"


def _in_hand(turn: Turn, a: Assignment) -> str:
    """While a unit works: first the talks, the member's word on them, then the reply."""
    if not a.replies_itself:
        return "下一步：承办单位联络员“写会办意见”"
    talks = talks_of(turn.session, a)
    if asked := next((t for t in talks if t.state is Talk.RECORDED), None):
        return f"下一步：等提案人确认{asked.stage.value}沟通（{day(asked.lapses_on)}前未回复视为属实）"
    if owed := owed_stages(turn.session, a):
        return f"下一步：承办单位与提案人{owed[0].value}沟通后“登记沟通”"
    return "下一步：承办单位联络员“送审”" if a.state is Handling.DRAFTING else "下一步：承办单位联络员“写答复”"


def acknowledge(turn: Turn, row: Row, words: str) -> None:
    """Answer the actor: what was done, and the buttons of what they may do next, or who has to act."""
    buttons = buttons_for(turn.session, row, turn.actor)
    proposal = row if isinstance(row, Proposal) else turn.session.get_one(Proposal, row.proposal_id)
    if buttons:
        card = Card(
            title=words,
            text=what_next(turn, row),
            facts=(("案由", proposal.title), ("编号", proposal.number), ("状态", row.state.value)),
            buttons=buttons,
            link=turn.url(f"p/proposals/{proposal.id}"),
            link_text="查看全文",
        )
        turn.say(card, subject=subject(row))
    else:
        follows = what_next(turn, row)
        stands = f"现为“{proposal.state.value}”" if isinstance(row, Proposal) else ""
        turn.say("。".join(part for part in (words, f"{named(proposal)}{stands}", follows) if part) + "。")


def held(turn: Turn, key: str) -> tuple[Row, Event]:
    """The row and move that a dialogue was opened for; Refused when it has moved on meanwhile."""
    payload = read(key)
    assert isinstance(payload, Do)
    row = get_row(turn, KINDS[payload.kind], payload.id)
    if row.stamp != payload.stamp:
        raise Stale(f"这一件已有变化，现在是“{row.state.value}”。发送“待办”可以看现在等您办的事。")
    return row, Event[payload.event]


class Stale(Refused):
    """The row has moved on since the question or card was made."""
