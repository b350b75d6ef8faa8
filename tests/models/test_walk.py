"""Random people do random things, allowed and forbidden, through perform(); whatever they do, the rules of the house hold."""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlmodel import Session, col, func, select

from bot.wecom.check import check
from bot.wecom.messages import CardNow, bodies, from_json
from handlers.actions import perform
from models.audit import Audit
from models.errors import Refused
from models.handling import Assignment, Communication, Rating, Reply
from models.joint import Signature, Version, Withdrawal, digest
from models.lifecycle import NAMES, TABLES, Move, derived
from models.messages import Outgoing
from models.people import Holding, Person
from models.proposal import Proposal
from models.states import Event, Handling, Role, Sign, Stage, State, Talk, Verdict, Wish
from models.step import Row, owed_stages
from tests.handlers.office import (
    CHENG,
    GONG,
    LEI,
    LIN,
    LU,
    MENG,
    SHEN,
    SU,
    WEI,
    WEN,
    YAN,
    Office,
    opened,
    undone,
    whole,
)

HE = "m016"  # a member who only ever co-signs
PEOPLE = (LIN, SU, HE, SHEN, WEN, LU, CHENG, MENG, WEI, LEI, YAN, GONG, "u06_review", "u06_leader")
MORE_ROLES = (  # people who stand in several places at once: the guards must tell them apart
    (LIN, "pc_staff", None),
    (WEN, "pc_reviewer", None),
    (SHEN, "pc_director", None),
    (WEI, "unit_reviewer", "u10"),
    (LEI, "unit_liaison", "u10"),
    (LEI, "unit_leader", "u10"),
    (YAN, "unit_liaison", "u10"),
)
OFFICE = {
    Role.STAFF: "pc_staff",
    Role.REVIEWER: "pc_reviewer",
    Role.DIRECTOR: "pc_director",
    Role.DISPATCHER: "dispatcher",
    Role.LIAISON: "unit_liaison",
    Role.UNIT_REVIEWER: "unit_reviewer",
    Role.UNIT_LEADER: "unit_leader",
}
STRAIGHT_ON = (
    *(Event.RATE, Event.SETTLE, Event.ISSUE, Event.AGREE, Event.SEND_UP, Event.WRITE, Event.CONFIRM, Event.RECORD),
    *(Event.ACKNOWLEDGE, Event.ASSIGN, Event.FILE, Event.PASS, Event.ACCEPT, Event.COSIGN, Event.SUBMIT, Event.SEAL),
)
BESIDE = {Role.INVITEE, Role.CO_SIGNER, Role.CONSENTER, Role.RATER, Role.ENTERER, Role.HEAD, Role.WRITER}
MEMBERS = (LIN, SU, SHEN)
ELSEWHERE = {  # moves whose effect may lead on from where the row says
    (Event.CALL_OFF, State.RETURNED),
    (Event.CONSENT, Wish.ASKED),
    (Event.LAPSE, Handling.REDO),
    (Event.LAPSE, Handling.DISSENT),
}
HELD = {Talk.CONFIRMED, Talk.AUTO_CONFIRMED, Talk.WAIVED}
LIVING = {State.HANDLING, State.APPRAISING, State.REHANDLING, State.FILED, State.CLOSED}
MOST_ROWS = 40
UNITS = ["u10", "u06", "u01"]
KINDS = (Proposal, Signature, Withdrawal, Assignment, Communication, Reply, Rating, Version, Audit)

numbers = st.integers(0, 10_000)


class Walk(RuleBasedStateMachine):
    """One office, a few days, many hands."""

    office: ClassVar[Office]

    def __init__(self) -> None:
        super().__init__()
        self._undone = undone(self.office.store)
        self.session: Session = self._undone.__enter__()
        self.now = self.office.now
        self.seen: set[Move] = set()
        self.straight: dict[Event, dict[str, Any]] = {}
        self.have: dict[type, list[Any]] = {}
        self.roles: set[tuple[str, str, str | None]] = set()
        for person, role, unit in MORE_ROLES:
            self.session.add(Holding(person=person, role=role, unit=unit))
        self.look()
        self.roles = {(h.person, h.role, h.unit) for h in self.session.exec(select(Holding))}

    def teardown(self) -> None:
        try:
            self._everything_said_can_be_sent()
        finally:
            self._undone.__exit__(None, None, None)

    # --- what happens -------------------------------------------------------------------------------------------------

    @initialize(
        steps=st.integers(0, 50),
        how=st.sampled_from([("SOLE", 1), ("LEAD_CO", 2), ("PARALLEL", 2)]),
        verdict=st.sampled_from(list(Verdict)),
        pick=numbers,
        joint=st.booleans(),
    )
    def begins_somewhere(self, steps: int, how: tuple[str, int], verdict: Verdict, pick: int, joint: bool) -> None:
        """So many steps on the straight way, alone or with others, from the first word through every round of handling."""
        self.somebody_writes(pick)
        if joint:
            [proposal] = self.have[Proposal]
            people = [who for who in (LIN, SU, HE) if who != proposal.proposer]
            self.does(proposal.proposer, proposal, Event.INVITE, 0, {"people": people})
        self.straight = {
            Event.ASSIGN: {"mode": how[0], "units": UNITS[: how[1]], "unit_labels": "住建局"},
            Event.RATE: self.rating(verdict, verdict),
        }
        for _ in range(steps):
            self._goes_on(pick)
        self.straight = {}

    def _goes_on(self, pick: int) -> None:
        for event in STRAIGHT_ON:
            for row in self.rows():
                for move in TABLES[type(row)]:
                    if move.does is event and row.state in move.while_ and self._helps(row, event):
                        for who in PEOPLE:
                            if self.stands(who, move.who, row) and self.does(who, row, event, pick):
                                return

    def _helps(self, row: Row, event: Event) -> bool:
        """A talk is recorded as often as one is owed, and a draft written once."""
        if event is Event.RECORD and isinstance(row, Assignment):
            waits = [t for t in self.have[Communication] if t.assignment_id == row.id and t.state is Talk.RECORDED]
            return not waits and row.replies_itself and row.state in {Handling.WORKING, Handling.REDO}
        return event is not Event.WRITE or row.state is not Handling.DRAFTING

    @rule(pick=numbers)
    def somebody_writes(self, pick: int) -> None:
        entered = {"entered_by": WEN} if pick % 7 == 3 else {"organisation": "s14"} if pick % 7 == 5 else {}
        self.session.add(whole(MEMBERS[pick % 3], **entered))
        self.look()

    @rule(pick=numbers)
    def somebody_is_asked_to_sign(self, pick: int) -> None:
        """A draft goes round, and now and then who is asked agrees at once."""
        drafts = [
            p
            for p in self.have[Proposal]
            if p.state in {State.DRAFT, State.COSIGNING} and not p.entered_by and not p.organisation
        ]
        if drafts:
            proposal = drafts[pick % len(drafts)]
            self.does(proposal.proposer, proposal, Event.INVITE, pick)
            for place in [p for p in self.have[Signature] if p.proposal_id == proposal.id][: pick % 3]:
                self.does(place.person, place, Event.COSIGN, pick)

    @rule(pick=numbers)
    def somebody_mends_the_text(self, pick: int) -> None:
        """From the preview: what is changed is written down together with the move that follows from it, or not at all."""
        mended = [p for p in self.have[Proposal] if p.state in {State.COSIGNING, State.RETURNED}]
        if mended:
            proposal = mended[pick % len(mended)]
            before = proposal.analysis
            proposal.analysis += ("更难。", "  ", "\n")[pick % 3]
            places = [p for p in self.have[Signature] if p.proposal_id == proposal.id]
            standing = [p for p in places if p.state in {Sign.INVITED, Sign.SIGNED}]
            stale = any(place.digest != digest(proposal) for place in standing)
            event = Event.INVITE if stale else Event.SUBMIT
            if not self.does(proposal.proposer, proposal, event, 0, {"people": []} if stale else {}):
                proposal.analysis = before
                self.session.add(proposal)
                self.look()

    @rule(pick=numbers)
    def somebody_does_a_duty(self, pick: int) -> None:
        """What the list of tasks shows, or a draft handed in: this is how a case gets on."""
        waiting = [
            (row, move)
            for row in self.rows()
            for move in TABLES[type(row)]
            if row.state in move.while_ and move.who is not Role.CLOCK and (move.duty(row) or row.state is State.DRAFT)
        ]
        if waiting:
            row, move = waiting[pick % len(waiting)]
            people = [who for who in PEOPLE if self.stands(who, move.who, row)]
            if people:
                self.does(people[pick % len(people)], row, move.does, pick)

    @rule(pick=numbers)
    def somebody_may(self, pick: int) -> None:
        """Anything the table has for anybody, what is rare as often as what is common."""
        by_event: dict[tuple[str, Event], list[tuple[str, Row]]] = {}
        for row in self.rows():
            for move in TABLES[type(row)]:
                if row.state in move.while_ and move.who is not Role.CLOCK:
                    able = [(who, row) for who in PEOPLE if self.stands(who, move.who, row)]
                    by_event.setdefault((type(row).__name__, move.does), []).extend(able)
        events = [event for event, able in by_event.items() if able]
        if events:
            kind, event = events[pick % len(events)]
            able = by_event[kind, event]
            who, row = able[pick // 7 % len(able)]
            self.does(who, row, event, pick // 3)

    @rule(pick=numbers, who=st.sampled_from(PEOPLE), event=st.sampled_from(list(Event)))
    def somebody_tries(self, pick: int, who: str, event: Event) -> None:
        """Anything at all, mostly what is forbidden."""
        rows = self.rows()
        self.does(who, rows[pick % len(rows)], event, pick)

    @rule(pick=numbers, event=st.sampled_from([Event.LAPSE, *Event]))
    def the_clock_tries(self, pick: int, event: Event) -> None:
        rows = self.rows()
        self.does("", rows[pick % len(rows)], event, pick)

    @rule(days=st.integers(1, 40))
    def days_pass(self, days: int) -> None:
        self.now += timedelta(days=days)

    # --- one step -----------------------------------------------------------------------------------------------------

    def does(self, who: str, row: Row, event: Event, pick: int, answers: dict[str, Any] | None = None) -> bool:
        """Try it; then hold what has changed against the table. Whether it was allowed."""
        before, state, round_ = self.fingerprint(), row.state, getattr(row, "round", 0)
        allowed = self.rows_of_the_table(who, row, state, event)
        self.office.now = self.now
        turn = self.office.turn(self.session, who)
        why_not = ""
        try:
            with self.session.begin_nested():
                assert perform(turn, row, event, self.answers(row, event, pick) if answers is None else answers)
                turn.write_down()
        except Refused as refused:
            why_not = refused.words
        if why_not:
            assert re.search(r"[\u4e00-\u9fff].*[。？]$", why_not), why_not
            assert self.fingerprint() == before, "a refused move has left something behind"
            return False
        self.look()
        assert allowed, f"{who or 'the clock'} did {event} while {state}, and no row of the table says so"
        move = allowed[0]
        self.seen.add(move)
        after = self.fingerprint()
        changed = {key for key in before if after[key] != before[key] and isinstance(key, tuple)}
        proposal = ("proposal", row.id if isinstance(row, Proposal) else row.proposal_id)
        for key in changed - {self.key(row), proposal}:
            assert self.was_waited_for_by_nobody(key) or self.went_along(key, row), f"somebody else's row moved: {key}"
        if isinstance(row, Assignment) and event is Event.RATE:
            dissatisfied = self.have[Rating][-1].result is Verdict.DISSATISFIED
            others = Handling.DELIVERED if self.may_still_rate(row) else Handling.DONE
            assert row.state in ({Handling.REDO, Handling.DISSENT} if dissatisfied else {others})
            assert row.round == round_ + (row.state is Handling.REDO)
        elif (event, row.state) not in ELSEWHERE:
            assert row.state is (move.becomes or state)
            assert getattr(row, "round", 0) == round_
        assert after["books"] > before["books"]
        return True

    def went_along(self, key: tuple[str, int], row: Row) -> bool:
        """Signatures and wishes follow their proposal; everything about a proposal ends when it is withdrawn."""
        number = row.id if isinstance(row, Proposal) else row.proposal_id
        proposal = self.session.get_one(Proposal, number)
        about = [r for kind in TABLES for r in self.have[kind] if self.key(r) == key and not isinstance(r, Proposal)]
        if [r.proposal_id for r in about] != [number]:
            return False
        return isinstance(about[0], Signature | Withdrawal) or proposal.state is State.WITHDRAWN

    def may_still_rate(self, task: Assignment) -> bool:
        """Whether anybody has not rated this round who may."""
        given = {r.person for r in self.have[Rating] if (r.assignment_id, r.round) == (task.id, task.round)}
        return bool(self.entitled(task.proposal_id) - given)

    def entitled(self, number: int) -> set[str]:
        """The first proposer and who has signed."""
        signed = {p.person for p in self.have[Signature] if p.proposal_id == number and p.state is Sign.SIGNED}
        return {self.session.get_one(Proposal, number).proposer} | signed

    def was_waited_for_by_nobody(self, key: tuple[str, int]) -> bool:
        """A co-unit's task ends with its proposal, for nobody asks for its opinion any more."""
        tasks = [task for task in self.have[Assignment] if self.key(task) == key and not task.replies_itself]
        proposals = [self.session.get_one(Proposal, task.proposal_id) for task in tasks]
        return [p.state for p in proposals] == [State.CLOSED] and tasks[0].state is Handling.DONE

    def rows_of_the_table(self, who: str, row: Row, state: Any, event: Event) -> list[Move]:
        """The rows that allow it; somebody must stand in the role."""
        fits = [m for m in TABLES[type(row)] if state in m.while_ and m.does is event]
        return [m for m in fits if (m.who is Role.CLOCK if not who else self.stands(who, m.who, row))]

    def answers(self, row: Row, event: Event, pick: int) -> dict[str, Any]:
        """Made-up answers to whatever the move might ask; now and then wrong ones."""
        if event in self.straight:
            return self.straight[event]
        stage, verdicts = list(Stage)[pick % 3], list(Verdict)
        if event is Event.RECORD and isinstance(row, Assignment) and pick % 5:
            owed = owed_stages(self.session, row)
            stage = owed[0] if owed else stage
        proposals = self.have[Proposal]
        given: dict[Event, dict[str, Any]] = {
            Event.REJECT: {"code": "R10_vague", "reason": "空泛", "redirect_to": "信访", "code_label": "内容空泛"},
            Event.MERGE: {"into": proposals[pick % len(proposals)].id, "into_label": "第20260001号"},
            Event.ASSIGN: {
                "mode": ("SOLE", "LEAD_CO", "PARALLEL", "SOLE", "PARALLEL")[pick % 5],
                "units": UNITS[: (1, 2, 2, 1, 3)[pick % 5]] if pick % 7 else UNITS,
                "unit_labels": "住建局",
            },
            Event.RECORD: {
                "stage": stage.name,
                "means": "VISIT" if pick % 4 else "PHONE",
                "held_on": f"{(self.now + timedelta(hours=8)).date() - timedelta(days=pick % 3 and 1):%Y-%m-%d}",
                "minutes": "当面谈了实施清单。",
            },
            Event.WAIVE: {"stage": stage.name, "stage_label": stage.value} if pick % 4 else {},
            Event.LABEL: {"labels": ["法治", "自治", "别的"][: pick % 4]},
            Event.OPINE: {"text": "同意主办意见。"},
            Event.WRITE: {"result": "ABCD"[pick % 4], "text": "已列入计划。"}
            | ({"promise": "年内完成", "promise_due": "2026-12-31", "promise_owner": "局长"} if pick % 4 == 1 else {}),
            Event.INVITE: {"people": [*MEMBERS[pick % 4 :], *((HE,) if pick % 3 else ())]},
            Event.RATE: self.rating(verdicts[pick // 3 % 3], verdicts[pick % 3]),
        }
        if event is Event.AGREE and isinstance(row, Assignment) and row.state is Handling.OBJECTING:
            return {"unit": (None, "u02", "u10", "u06")[pick % 4]}
        return given.get(event, {"reason": "请补充数据。"})

    @staticmethod
    def rating(attitude: Verdict, result: Verdict) -> dict[str, str]:
        """The three answers of the card."""
        said = {"attitude": attitude.name, "process": "SATISFIED", "result": result.name}
        return said | {"reason": "没有解决", "labels": f"办理结果{result.value}"}

    # --- looking ------------------------------------------------------------------------------------------------------

    def look(self) -> None:
        """Read everything there is."""
        self.session.flush()
        for kind in KINDS:
            self.have[kind] = list(self.session.exec(select(kind).order_by(col(kind.id))).all())

    def rows(self) -> list[Row]:
        return [row for kind in TABLES for row in self.have[kind]][-MOST_ROWS:]

    @staticmethod
    def key(row: Row) -> tuple[str, int | None]:
        return NAMES[type(row)], row.id

    def fingerprint(self) -> dict[Any, Any]:
        """Where every row stands, as the store has it, and how much there is of everything else."""
        self.session.flush()
        stands: dict[Any, Any] = {
            (NAMES[kind], row_id): state
            for kind in TABLES
            for row_id, state in self.session.exec(select(kind.id, kind.state))  # type: ignore[call-overload]
        }
        counted = [
            select(func.count()).select_from(kind).scalar_subquery() for kind in (Audit, Rating, Reply, Outgoing)
        ]
        books, *others = self.session.exec(select(*counted)).one()
        return stands | {"books": books, "others": others}

    def stands_beside(self, who: str, role: Role, row: Row, proposal: Proposal) -> bool:
        """The same for those who stand beside the first proposer."""
        if isinstance(row, Signature):
            return row.person == who and role in {Role.INVITEE, Role.CO_SIGNER}
        if role is Role.HEAD:
            return isinstance(row, Proposal) and bool(proposal.organisation) and proposal.proposer == who
        signed = self.entitled(proposal.id or 0) - {proposal.proposer}
        if isinstance(row, Withdrawal):
            return role is Role.CONSENTER and who in signed - set(row.consented)
        if role is Role.RATER and isinstance(row, Assignment):
            given = {r.person for r in self.have[Rating] if (r.assignment_id, r.round) == (row.id, row.round)}
            return who in self.entitled(proposal.id or 0) - given
        return role is Role.ENTERER and isinstance(row, Proposal) and proposal.entered_by == who

    def stands(self, who: str, role: Role, row: Row) -> bool:
        """Whether somebody stands in a role, worked out here once more from the roles alone."""
        proposal = row if isinstance(row, Proposal) else self.session.get_one(Proposal, row.proposal_id)
        if role is Role.PROPOSER:
            others_write = proposal.entered_by or proposal.organisation
            return proposal.proposer == who and not (others_write and proposal.state is State.DRAFT)
        if role is Role.MEMBER:
            return who in {*MEMBERS, HE}
        if role in BESIDE:
            return self.stands_beside(who, role, row, proposal)
        unit = None
        if role in {Role.LIAISON, Role.UNIT_REVIEWER, Role.UNIT_LEADER}:
            of = row if isinstance(row, Assignment) else self.session.get_one(Assignment, row.assignment_id)  # type: ignore[union-attr]
            unit = of.unit
        return (who, OFFICE.get(role, ""), unit) in self.roles

    # --- what always holds --------------------------------------------------------------------------------------------

    @invariant()
    def a_proposal_stands_where_its_units_say(self) -> None:
        for proposal in self.have[Proposal]:
            units = [a for a in self.have[Assignment] if a.proposal_id == proposal.id]
            if units and proposal.state is State.WITHDRAWN:
                assert {unit.state for unit in units} == {Handling.RELEASED}
            elif units:
                assert proposal.state is derived(proposal, units)
            else:
                assert proposal.state not in {State.HANDLING, State.APPRAISING, State.REHANDLING, State.CLOSED}

    @invariant()
    def a_closed_proposal_was_answered(self) -> None:
        for proposal in self.have[Proposal]:
            if proposal.state is State.CLOSED:
                assert any(r.issued_at for r in self.have[Reply] if r.proposal_id == proposal.id)

    @invariant()
    def first_consult_then_reply(self) -> None:
        talks = self.have[Communication]
        for reply in self.have[Reply]:
            if reply.issued_at:
                for stage in (Stage.BEFORE, Stage.DURING):
                    assert any(
                        t.state in HELD
                        for t in talks
                        if (t.assignment_id, t.round, t.stage) == (reply.assignment_id, reply.round, stage)
                    ), "a reply went out without its talks"

    @invariant()
    def three_people_sign(self) -> None:
        for reply in self.have[Reply]:
            if reply.issued_at:
                three = {reply.drafted_by, reply.reviewed_by, reply.signed_by}
                assert len(three) == 3, "who wrote, who reviewed and who signed are three"
                assert reply.sent_up_by not in {reply.reviewed_by, reply.signed_by}
                assert "" not in three
                assert reply.document_no

    @invariant()
    def the_books_have_no_gap(self) -> None:
        """For each row: what an entry found is what the entry before it left, and the last one left what is true."""
        ends: dict[tuple[str, int | None], str] = {}
        first = {"proposal": "draft", "assignment": "pending_ack", "communication": "recorded", "signature": "invited"}
        for entry in self.have[Audit]:
            key = (entry.kind, entry.row_id)
            if entry.kind == "withdrawal":  # it begins with the co-signers, or with the office where there are none
                first["withdrawal"] = "consenting" if entry.before == "consenting" else "asked"
            assert entry.before == ends.get(key, first[entry.kind]), f"{key}: {entry.before} after {ends.get(key)}"
            ends[key] = entry.after
        for key, state in ((self.key(row), row.state) for kind in TABLES for row in self.have[kind]):
            if state not in {Talk.WAIVED, Wish.CONSENTING, Wish.ASKED}:  # written as it is
                assert state.name.lower() == ends.get(key, first[key[0]]), f"{key} is {state}"

    @invariant()
    def the_books_know_who(self) -> None:
        for entry in self.have[Audit]:
            if entry.event == "follow":
                assert entry.kind in NAMES.values()
                assert (entry.role == "clock") == (entry.actor == "clock")
                continue
            assert (entry.role == "clock") == (entry.actor == "clock") == (entry.event == "lapse")
            if entry.event == "rate":
                assert entry.role == "rater"
                assert entry.actor in {*MEMBERS, HE}

    @invariant()
    def only_who_signed_rates_and_once_a_round(self) -> None:
        ratings = self.have[Rating]
        ever = {(e.proposal_id, e.actor) for e in self.have[Audit] if e.event == "cosign"}
        for rating in ratings:
            first = self.session.get_one(Proposal, rating.proposal_id).proposer
            assert rating.person == first or (rating.proposal_id, rating.person) in ever
            assert rating.reply_text
            assert rating.unit_name
        assert len({(r.assignment_id, r.round, r.person) for r in ratings}) == len(ratings)

    @invariant()
    def nobody_signs_but_by_their_own_word_under_their_own_text(self) -> None:
        answers: dict[int, str] = {}
        for entry in self.have[Audit]:
            if entry.kind == "signature":
                answers[entry.row_id] = f"{entry.actor}:{entry.event}"
        for place in self.have[Signature]:
            proposal = self.session.get_one(Proposal, place.proposal_id)
            assert place.person != proposal.proposer
            if place.state is Sign.SIGNED:
                assert answers[place.id] == f"{place.person}:cosign"
                assert place.digest == digest(proposal), "a signature stands under a text that was not read"
            if place.state is Sign.INVITED:
                assert proposal.state is State.COSIGNING
                assert place.digest == digest(proposal)
        assert len({(p.proposal_id, p.person) for p in self.have[Signature]}) == len(self.have[Signature])

    @invariant()
    def what_is_withdrawn_is_over_and_was_asked_for(self) -> None:
        for proposal in self.have[Proposal]:
            wishes = [w for w in self.have[Withdrawal] if w.proposal_id == proposal.id]
            open_ = [w for w in wishes if w.state in {Wish.CONSENTING, Wish.ASKED}]
            granted = [w for w in wishes if w.state is Wish.GRANTED]
            assert len(open_) <= 1
            assert (proposal.state is State.WITHDRAWN) == (len(granted) == 1)
            assert not (granted and open_)
            for wish in granted:
                [entry] = [
                    e for e in self.have[Audit] if (e.kind, e.row_id, e.event) == ("withdrawal", wish.id, "grant")
                ]
                assert entry.actor != proposal.proposer
            talks = [t for t in self.have[Communication] if t.proposal_id == proposal.id]
            assert not granted or all(talk.state is not Talk.RECORDED for talk in talks)

    @invariant()
    def every_text_handed_in_is_kept(self) -> None:
        for proposal in self.have[Proposal]:
            kept = [v for v in self.have[Version] if v.proposal_id == proposal.id]
            assert [v.place for v in kept] == list(range(1, len(kept) + 1))
            assert bool(kept) == bool(proposal.serial_no)
            if kept and proposal.state not in {State.RETURNED, State.COSIGNING, State.DRAFT}:
                assert kept[-1].analysis == proposal.analysis

    @invariant()
    def what_was_written_for_a_member_counts_by_the_members_word(self) -> None:
        for proposal in self.have[Proposal]:
            if proposal.entered_by and proposal.serial_no:
                first = next(e for e in self.have[Audit] if e.proposal_id == proposal.id and e.event == "submit")
                assert (first.actor, first.before) == (proposal.proposer, "confirming")

    @invariant()
    def nobody_reviews_their_own_and_three_review(self) -> None:
        for p in self.have[Proposal]:
            reviewers = [who for who in (p.first_reviewer, p.second_reviewer, p.final_reviewer) if who]
            assert len(set(reviewers)) == len(reviewers)
            assert p.proposer not in reviewers
            if p.state in LIVING:
                assert len(reviewers) == 3
                assert p.proposal_no

    @invariant()
    def numbers_are_given_once(self) -> None:
        proposals = self.have[Proposal]
        for name in ("serial_no", "proposal_no"):
            given = [getattr(p, name) for p in proposals if getattr(p, name)]
            assert len(given) == len(set(given))
        letters = [r.document_no for r in self.have[Reply] if r.document_no]
        assert len(letters) == len(set(letters))

    @invariant()
    def what_the_clock_may_end_has_a_day(self) -> None:
        for kind in (Assignment, Communication):
            clocked = {state for move in TABLES[kind] if move.who is Role.CLOCK for state in move.while_}
            for row in self.have[kind]:
                assert (row.state in clocked) <= (row.lapses_on is not None), row.state
        for place in self.have[Signature]:
            assert (place.state is Sign.INVITED) == (place.lapses_at is not None)

    def _everything_said_can_be_sent(self) -> None:
        people = {person.userid for person in self.session.exec(select(Person))}
        for row in self.session.exec(select(Outgoing)):
            say = from_json(row.body)
            assert row.person in people
            for body in bodies(say, to=row.person, agent_id=1000002, task_id=f"t{row.id}"):
                check(body, "update_template_card" if isinstance(say, CardNow) else "message_send")


@pytest.fixture
def office(filled_sqlite: Path, tmp_path: Path) -> Iterator[Office]:
    with opened(filled_sqlite, tmp_path) as office:
        yield office


def test_whatever_people_do_the_rules_hold(office: Office) -> None:
    class Here(Walk):
        pass

    Here.office = office
    run_state_machine_as_test(
        Here,
        settings=settings(
            max_examples=8, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
