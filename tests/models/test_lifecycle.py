"""The table itself: every state is reached and left, every notice told and drawn, no two rows answer the same press."""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlmodel import Session

from handlers import DIALOGUES
from handlers.cards.notices import CARDS
from models import guards, table
from models.errors import Refused
from models.handling import Assignment, Communication
from models.joint import Signature, Withdrawal
from models.lifecycle import (
    ASSIGNMENT,
    COMMUNICATION,
    NAMES,
    OUTCOMES,
    PROPOSAL,
    SIGNATURE,
    TABLES,
    WITHDRAWAL,
    Move,
    decide,
    derived,
)
from models.proposal import Proposal
from models.rules import Rules
from models.states import Event, Handling, Notice, Part, Role, Sign, State, Talk, Wish
from models.step import Row, Step

ROOT = Path(__file__).parents[2]
MOVES = (*PROPOSAL, *SIGNATURE, *WITHDRAWAL, *ASSIGNMENT, *COMMUNICATION)
KINDS = (
    *((State, PROPOSAL), (Sign, SIGNATURE), (Wish, WITHDRAWAL)),
    *((Handling, ASSIGNMENT), (Talk, COMMUNICATION)),
)
Kind = type[State] | type[Sign] | type[Wish] | type[Handling] | type[Talk]
FINAL = {
    *(State.REJECTED, State.MERGED, State.CLOSED, State.WITHDRAWN),
    *(Wish.GRANTED, Wish.DENIED, Wish.REFUSED, Wish.DROPPED, Wish.MOOT),
    *(Handling.RELEASED, Handling.CO_OPINION_SUBMITTED, Handling.DONE),
    *(Talk.CONFIRMED, Talk.AUTO_CONFIRMED, Talk.DISPUTED, Talk.WAIVED, Talk.ENDED),
}
BEGINNINGS = {  # a member's 免予 is written as it is
    *(State.DRAFT, Handling.PENDING_ACK, Talk.RECORDED, Talk.WAIVED),
    *(Sign.INVITED, Wish.CONSENTING, Wish.ASKED),
}
ENDED = {Sign.SIGNED, Sign.DECLINED, Sign.EXPIRED, Sign.TAKEN_BACK, Sign.LEFT}  # they may be asked again, nobody waits


# --- states -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "moves"), KINDS)
def test_every_state_is_reached(kind: Kind, moves: tuple[Move, ...]) -> None:
    reached = {move.becomes for move in moves} | set(OUTCOMES) | {after for _, after in table.FOLLOWS}
    assert set(kind) - reached - BEGINNINGS == set()


@pytest.mark.parametrize(("kind", "moves"), KINDS)
def test_every_state_is_left_but_the_final_ones(kind: Kind, moves: tuple[Move, ...]) -> None:
    left = {s for move in moves for s in move.while_ if move.becomes not in {None, s}}
    left |= {before for before, _ in table.FOLLOWS}
    assert set(kind) - left == FINAL & set(kind)


@pytest.mark.parametrize(("kind", "moves"), KINDS)
def test_a_table_speaks_only_of_its_own_states(kind: Kind, moves: tuple[Move, ...]) -> None:
    for move in moves:
        assert all(isinstance(state, kind) for state in move.while_)
        assert move.becomes is None or isinstance(move.becomes, kind)


# --- presses ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("moves", [moves for _, moves in KINDS])
def test_no_two_rows_answer_the_same_press(moves: tuple[Move, ...]) -> None:
    presses = Counter((state, move.who, move.does) for move in moves for state in move.while_)
    assert [press for press, times in presses.items() if times > 1] == []


def test_every_event_has_a_row() -> None:
    assert set(Event) - {move.does for move in MOVES} == set()


def test_the_clock_lapses_and_nobody_else_does() -> None:
    assert {move.does for move in MOVES if move.who is Role.CLOCK} == {Event.LAPSE}
    assert {move.who for move in MOVES if move.does is Event.LAPSE} == {Role.CLOCK}


def test_what_is_asked_for_is_a_dialogue_and_every_dialogue_is_opened_by_somebody() -> None:
    names = [dialogue.name for dialogue in DIALOGUES]
    asked = {move.asks for move in MOVES if move.asks}
    assert len(names) == len(set(names))
    assert asked - set(names) == set()
    assert set(names) - asked == {
        "again",
        "correct",
        "discard",
        "enter",
        *("topics", "recall_topic"),
        "part",
    }  # the draft's own small questions, and whose it is; the catalogue of topics; a part of what is written together


def test_what_waits_for_somebody_is_also_offered_as_a_button() -> None:
    """A duty that no button offers could only be typed, and nobody would know."""
    for row in sample_rows():
        for move in TABLES[type(row)]:
            if row.state in move.while_ and move.who is not Role.CLOCK and move.duty(row):
                assert move.offered(row), (move.who, move.does)


def test_a_duty_leads_on_from_every_state_that_is_not_final() -> None:
    """Somebody or the clock must have it in hand: no case may lie unseen."""
    stuck = []
    for row in sample_rows():
        if row.state in FINAL | ENDED or row.state in {State.DRAFT, State.HANDLING, State.APPRAISING, State.REHANDLING}:
            continue  # a draft waits for nobody; the last three wait for their units
        if not any(move.duty(row) for move in TABLES[type(row)] if row.state in move.while_):
            stuck.append((type(row).__name__, row.state))
    assert stuck == []


def sample_rows() -> Iterator[Row]:
    """A row in every state, and a unit's task in every part."""
    for state in State:
        yield Proposal(state=state, proposer="m013", created_at=datetime(2026, 3, 2, tzinfo=UTC))
    for handling in Handling:
        for part in Part:
            if part is Part.CO and handling not in CO_STATES:
                continue
            yield task(handling, part)
    for talk in Talk:
        yield Communication(state=talk, proposal_id=1, assignment_id=1, round=1)  # type: ignore[call-arg]
    for sign in Sign:
        yield Signature(state=sign, proposal_id=1, person="m015", asked_at=datetime(2026, 3, 2, tzinfo=UTC))
    for wish in Wish:
        yield Withdrawal(state=wish, proposal_id=1, asked_at=datetime(2026, 3, 2, tzinfo=UTC))


CO_STATES = {
    Handling.PENDING_ACK,
    Handling.OBJECTING,
    Handling.RELEASED,
    Handling.WORKING,
    Handling.CO_OPINION_SUBMITTED,
}


def task(state: Handling, part: Part = Part.SOLE, round_: int = 1) -> Assignment:
    """A unit's task."""
    day = date(2026, 3, 2)
    return Assignment(proposal_id=1, unit="u10", part=part, state=state, round=round_, assigned_on=day, due_on=day)


# --- what is told -----------------------------------------------------------------------------------------------------


def test_every_notice_is_told_by_somebody() -> None:
    """By a row of the table, by the outcome of a rating, or by perform() itself, which may name a notice."""
    told = {notice for move in MOVES for _, notice in move.tells}
    told |= {notice for tells in OUTCOMES.values() for _, notice in tells}
    tree = ast.parse((ROOT / "handlers" / "actions.py").read_text("utf-8"))
    told |= {
        Notice[node.attr]
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "Notice"
    }
    assert set(Notice) - told == set()


def test_every_notice_has_a_card_and_every_card_a_notice() -> None:
    assert set(CARDS) == set(Notice)


def test_nobody_is_told_what_they_did_themselves() -> None:
    assert [(m.who, m.does) for m in MOVES if m.who in {role for role, _ in m.tells}] == []


# --- what the client reads and signs ----------------------------------------------------------------------------------


def test_every_row_is_printed_in_chinese() -> None:
    printed = table.markdown()
    rows = [line for line in printed.splitlines() if line.startswith("| ") and "---" not in line]
    titles = [line for line in rows if line.startswith("| 现在 ")]
    assert len(titles) == len(TABLES)
    assert len(rows) - len(titles) == len(MOVES)
    for line in rows:
        assert not re.search(r"[A-Za-z]{2,}", line), line
    for move in MOVES:
        assert any(all(words in line for words in _words_of(move)) for line in rows), (move.who, move.does)


def _words_of(move: Move) -> list[str]:
    told = [f"{role.value}：{notice.value}" for role, notice in move.tells]
    becomes = [move.becomes.value] if move.becomes else ["不变"]
    return [*(state.value for state in move.while_), move.who.value, move.does.value, *becomes, *told]


def test_every_condition_is_stated_for_the_client() -> None:
    unstated = {m.provided.__name__ for m in MOVES if m.provided is not guards.always and not _stated(m)}  # type: ignore[attr-defined]
    assert unstated == set()


def _stated(move: Move) -> bool:
    return bool(re.search(r"[\u4e00-\u9fff]", getattr(move.provided, "stated", "")))


def test_every_name_of_the_glossary_is_chinese_and_used_once() -> None:
    for kind in (State, Sign, Wish, Handling, Talk, Part, Event, Role, Notice):
        values = [member.value for member in kind]
        assert len(values) == len(set(values)), kind
        assert all(re.fullmatch(r"[\u4e00-\u9fff]+", value) for value in values), kind


def test_the_diagrams_draw_every_arrow() -> None:
    printed = table.markdown()
    for move in MOVES:
        for state in move.while_:
            after = (move.becomes or state).name.lower()
            assert f"    {state.name.lower()} --> {after}: {move.who.value} {move.does.value}" in printed


# --- the proposal follows its units -----------------------------------------------------------------------------------

A_PROPOSAL = Proposal(proposer="m013", created_at=datetime(2026, 3, 2, tzinfo=UTC))
H, P = Handling, Part


@pytest.mark.parametrize(
    ("units", "state"),
    [
        ([], State.FILED),
        ([(H.RELEASED, P.SOLE, 1)], State.FILED),
        ([(H.RELEASED, P.SOLE, 1), (H.PENDING_ACK, P.SOLE, 1)], State.HANDLING),
        ([(H.PENDING_ACK, P.SOLE, 1)], State.HANDLING),
        ([(H.OBJECTING, P.SOLE, 1)], State.HANDLING),
        ([(H.ISSUED, P.SOLE, 1)], State.HANDLING),
        ([(H.DELIVERED, P.SOLE, 1)], State.APPRAISING),
        ([(H.DONE, P.SOLE, 1)], State.CLOSED),
        ([(H.REDO, P.SOLE, 2)], State.REHANDLING),
        ([(H.REVIEW_L2, P.SOLE, 2)], State.REHANDLING),
        ([(H.DISSENT, P.SOLE, 3)], State.REHANDLING),
        ([(H.DELIVERED, P.SOLE, 2)], State.APPRAISING),
        ([(H.DONE, P.SOLE, 2)], State.CLOSED),
        ([(H.DELIVERED, P.LEAD, 1), (H.WORKING, P.CO, 1)], State.APPRAISING),
        ([(H.DONE, P.LEAD, 1), (H.WORKING, P.CO, 1)], State.CLOSED),
        ([(H.WORKING, P.LEAD, 1), (H.CO_OPINION_SUBMITTED, P.CO, 1)], State.HANDLING),
        ([(H.DELIVERED, P.PARALLEL, 1), (H.WORKING, P.PARALLEL, 1)], State.HANDLING),
        ([(H.DELIVERED, P.PARALLEL, 1), (H.DONE, P.PARALLEL, 1)], State.APPRAISING),
        ([(H.REDO, P.PARALLEL, 2), (H.DONE, P.PARALLEL, 1)], State.REHANDLING),
        ([(H.DONE, P.PARALLEL, 2), (H.WORKING, P.PARALLEL, 1)], State.HANDLING),
        ([(H.DONE, P.PARALLEL, 1), (H.RELEASED, P.PARALLEL, 1)], State.CLOSED),
    ],
)
def test_where_a_proposal_stands_follows_from_its_units(units: list[tuple[Handling, Part, int]], state: State) -> None:
    assert derived(A_PROPOSAL, [task(*unit) for unit in units]) is state


def test_co_units_alone_do_not_close_a_proposal() -> None:
    """Their lead was released and nobody took its place: nobody has answered the proposer."""
    for state in CO_STATES - {Handling.RELEASED}:
        units = [task(Handling.RELEASED, Part.LEAD), task(state, Part.CO)]
        assert derived(A_PROPOSAL, units) is not State.CLOSED, state


@pytest.mark.parametrize("parts", [(P.SOLE,), (P.LEAD, P.CO), (P.PARALLEL, P.PARALLEL)])
def test_the_printed_diagram_has_every_way_that_units_can_lead(parts: tuple[Part, ...]) -> None:
    """Let the units go every way the table has for them, in any order, and see where the proposal goes."""
    seen: set[Units] = set()
    waiting: list[Units] = [tuple((H.PENDING_ACK, part, 1) for part in parts)]
    ways: set[tuple[State, State]] = set()
    while waiting:
        units = waiting.pop()
        if units in seen:
            continue
        seen.add(units)
        before = derived(A_PROPOSAL, [task(*unit) for unit in units])
        if before in {State.FILED, State.CLOSED}:
            continue
        for place, unit in enumerate(units):
            for after in _next(unit):
                then = (*units[:place], after, *units[place + 1 :])
                stands = derived(A_PROPOSAL, [task(*one) for one in then])
                ways |= {(before, stands)} if stands is not before else set()
                waiting.append(then)
    assert ways - set(table.FOLLOWS) == set()


Unit = tuple[Handling, Part, int]
Units = tuple[Unit, ...]


def _next(unit: Unit) -> Iterator[Unit]:
    state, part, round_ = unit
    for move in ASSIGNMENT:
        if state in move.while_ and move.becomes and (part is not Part.CO or move.becomes in CO_STATES):
            if move.becomes is H.CO_OPINION_SUBMITTED and part is not Part.CO:
                continue
            if move.becomes is H.RELEASED and part is Part.LEAD:
                continue  # a lead is replaced, not released alone
            yield move.becomes, part, round_
    if state is H.DELIVERED:
        yield (H.REDO, part, round_ + 1) if round_ <= 2 else (H.DISSENT, part, round_)


# --- decide -----------------------------------------------------------------------------------------------------------


def _step(row: Row) -> Step:
    session = Session()  # no guard below looks further than the row
    return Step(session, Rules(), datetime(2026, 3, 2, tzinfo=UTC), date(2026, 3, 2), row, None)


def test_what_another_has_to_do_is_refused_with_their_name() -> None:
    with pytest.raises(Refused) as refused:
        decide(_step(task(Handling.PENDING_ACK)), Event.ACKNOWLEDGE, [Role.PROPOSER])
    assert "待签收" in refused.value.words
    assert "承办单位联络员" in refused.value.words


def test_what_cannot_be_done_now_is_refused_with_the_state() -> None:
    with pytest.raises(Refused) as refused:
        decide(_step(task(Handling.DONE)), Event.ACKNOWLEDGE, [Role.LIAISON])
    assert "已完成" in refused.value.words
    assert "待办" in refused.value.words


def test_names_of_kinds_are_told_apart() -> None:
    assert set(NAMES) == set(TABLES)
    assert len(set(NAMES.values())) == len(NAMES)
