"""The account after a fault: what the platform saw against what the database holds. Every complaint is one line."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import combinations, pairwise
from typing import Any

from sqlmodel import Session, col, select

from bot.outbox import _task_id
from bot.wecom.messages import Card, CardNow, Words, bodies, from_json
from bot.wecom.updates import key_of
from models import books
from models.audit import Audit
from models.messages import Incoming, Lane, Outgoing, Wait
from models.proposal import Proposal
from models.states import State
from simulator.records import Call
from simulator.script import Case, Ending
from tests.faults.fleet import Blow
from tests.faults.players import booked, sent_round
from tests.faults.stage import Stage

ENDS = {
    Ending.CLOSED: State.CLOSED,
    Ending.REJECTED: State.REJECTED,
    Ending.RETURNED: State.RETURNED,
}
SAME_MOMENT = timedelta(minutes=1)  # of the town: longer than any turn takes
PREPARED = "cause:"  # of what was done before the bots began, by tests.handlers.office
MOST = 20  # complaints that are printed
TROUBLES = ("turn_failed", "message_broken", "message_parked", "inbox_write_failed", "outbox_step_failed")


def waiting(session: Session) -> list[str]:
    """What still waits to be worked out or said."""
    received = session.exec(select(Incoming).where(col(Incoming.state) == Wait.WAITING)).all()
    said = session.exec(select(Outgoing).where(col(Outgoing.state) == Wait.WAITING)).all()
    return [f"incoming {row.id} {row.person} {row.attempts} {row.not_before} {row.trouble}" for row in received] + [
        f"outgoing {row.id} {row.person} {row.attempts} {row.not_before} {row.trouble} {row.leased_until}"
        for row in said
    ]


async def settled(stage: Stage) -> None:
    """Wait until nothing waits any more, and find nothing wrong."""
    await stage.at_rest(waiting)
    all_is_well(complaints(stage))


def complaints(stage: Stage, *, blows: Sequence[Blow] | None = None) -> list[str]:
    """All that is wrong with what was taken and what was said."""
    fallen = stage.blows if blows is None else blows
    return stage.look(lambda session: [*_taken(stage, session), *_said(stage, session, fallen), *_books(session)])


def all_is_well(*wrong: Sequence[str]) -> None:
    """Fail with every complaint on a line of its own."""
    lines = [line for several in wrong for line in several]
    assert not lines, "\n".join(["", *lines[:MOST], *([f"and {len(lines) - MOST} more"] if len(lines) > MOST else [])])


# --- what came in -----------------------------------------------------------------------------------------------------


def _taken(stage: Stage, session: Session) -> Iterator[str]:
    """Every acknowledged message was written down once and worked out."""
    rows = {row.key: row for row in session.exec(select(Incoming))}
    sent = Counter(key_of(delivery.fields) for delivery in stage.platform.callbacks)
    for delivery in stage.platform.callbacks:
        row = rows.get(key_of(delivery.fields))
        if delivery.accepted and row is None:
            yield f"lost: {delivery.person} {delivery.fields}"
        if row is not None and row.state is not Wait.DONE:
            yield f"not worked out: {row.id} {row.person} {row.state} {row.trouble}"
    for key in rows.keys() - sent.keys():
        yield f"nobody sent {key}"
    for line in stage.logged(*TROUBLES):
        yield f"logged: {line}"
    yield from stage.platform.violations


# --- what went out ----------------------------------------------------------------------------------------------------


def _said(stage: Stage, session: Session, blows: Sequence[Blow]) -> Iterator[str]:
    """Every row was said: a card once, a text once and at most once more where a blow fell in between; in order."""
    rows = session.exec(select(Outgoing).order_by(col(Outgoing.lane), col(Outgoing.id))).all()
    texts = _texts(stage.platform.calls)
    taken = _taken_at(stage.platform.calls)
    wanted: Counter[tuple[str, str]] = Counter()
    told: dict[tuple[str, int], list[tuple[datetime, Outgoing]]] = defaultdict(list)
    for row in rows:
        if row.state is not Wait.DONE:
            yield f"not said: {row.id} to {row.person}: {row.state} {row.trouble} {row.errcode}"
            continue
        say = from_json(row.body)
        if isinstance(say, CardNow):
            continue
        for body in bodies(say, to=row.person, agent_id=stage.platform.agent_id, task_id=_task_id(row)):
            if body["msgtype"] == "text":
                words = (row.person, body["text"]["content"])
                wanted[words] += 1
                if wanted[words] > len(texts[words]):
                    yield f"never shown: {row.id} to {row.person}"
        if row.msgid in taken:
            told[row.person, row.lane].append((taken[row.msgid], row))
        elif isinstance(say, Words):
            yield f"marked as sent, and the platform knows nothing of it: {row.id}"
    yield from _repetitions(texts, wanted, blows)
    yield from _cards_shown(stage, rows)
    owners = dict(session.exec(select(Incoming.key, Incoming.person)).all())
    for said in told.values():
        yield from _out_of_order(said, owners)
    for dropped in stage.platform.dropped:
        yield f"beyond the limit of {dropped.person}"


def _out_of_order(said: Sequence[tuple[datetime, Outgoing]], owners: Mapping[str, str]) -> Iterator[str]:
    """Answers come in the order of the questions, news of a case in that of its moves, all else in that of the clock.

    What several people did about several cases in the same moment has no order among itself.
    """

    def about(row: Outgoing) -> str:
        asked = owners.get(row.key.rpartition("#")[0]) == row.person
        return "what was asked" if asked else row.subject.rpartition(":")[0]

    for (earlier, before), (later, after) in combinations(said, 2):
        related = about(before) == about(after) != ""
        if earlier > later and (related or after.created_at - before.created_at > SAME_MOMENT):
            lane, what = Lane(before.lane).name, about(before) if related else "anything"
            yield f"out of order for {before.person}, {lane}, about {what}: {after.id} came before {before.id}"


def _sent(calls: Iterable[Call]) -> Iterator[Call]:
    """The messages that the platform took and showed: one it knew as a repetition has the number of the first."""
    known = set()
    for call in calls:
        if call.path == "message/send" and call.response.get("errcode") == 0 and call.response["msgid"] not in known:
            known.add(call.response["msgid"])
            yield call


def _texts(calls: Iterable[Call]) -> dict[tuple[str, str], list[datetime]]:
    """When each text was shown."""
    texts: dict[tuple[str, str], list[datetime]] = defaultdict(list)
    for call in _sent(calls):
        if call.request["msgtype"] == "text":
            texts[call.request["touser"], call.request["text"]["content"]].append(call.at)
    return texts


def _taken_at(calls: Iterable[Call]) -> dict[str, datetime]:
    """When each message was taken for the first time."""
    return {call.response["msgid"]: call.at for call in _sent(calls)}


def _repetitions(
    texts: Mapping[tuple[str, str], list[datetime]], wanted: Counter[tuple[str, str]], blows: Sequence[Blow]
) -> Iterator[str]:
    for told, times in texts.items():
        if not wanted[told]:
            yield f"nobody wanted to say {told}"
            continue
        extra = len(times) - wanted[told]
        between = sum(any(b.falls(one, next_) for b in blows) for one, next_ in pairwise(times))
        if extra > between or extra > wanted[told]:
            yield f"said {len(times)} times instead of {wanted[told]}: {told} at {times}"


def _cards_shown(stage: Stage, rows: Sequence[Outgoing]) -> Iterator[str]:
    """As the phones have it: every card once."""
    shown: Counter[tuple[str, str]] = Counter()
    for userid in stage.platform.people:
        for entry in stage.person(userid).inbox:
            if entry.kind == "template_card":
                shown[userid, str(entry.content.get("task_id"))] += 1
    for row in rows:
        if isinstance(say := from_json(row.body), Card) and row.state is Wait.DONE:
            [body] = bodies(say, to=row.person, agent_id=stage.platform.agent_id, task_id=_task_id(row))[:1]
            if body["msgtype"] == "template_card" and (times := shown[row.person, _task_id(row)]) != 1:
                yield f"a card shown {times} times: {row.id} to {row.person}"


def repeated(stage: Stage) -> int:
    """How many texts were shown once more than they were said."""

    def count(session: Session) -> int:
        wanted: Counter[tuple[str, str]] = Counter()
        for row in session.exec(select(Outgoing)):
            say = from_json(row.body)
            if isinstance(say, Words | Card):
                for body in bodies(say, to=row.person, agent_id=stage.platform.agent_id, task_id=_task_id(row)):
                    if body["msgtype"] == "text":
                        wanted[row.person, body["text"]["content"]] += 1
        return sum(len(times) - wanted[told] for told, times in _texts(stage.platform.calls).items())

    return stage.look(count)


# --- what it came to --------------------------------------------------------------------------------------------------


def _books(session: Session) -> Iterator[str]:
    """Every move was made by one message of its actor, and no message made two."""
    causes = {row.key: row for row in session.exec(select(Incoming))}
    made: Counter[str] = Counter()
    for entry in session.exec(select(Audit).order_by(col(Audit.id))):
        if entry.actor == "clock" or entry.event == "follow" or entry.cause.startswith(PREPARED):
            continue
        made[entry.cause] += 1
        cause = causes.get(entry.cause)
        if cause is None or cause.person != entry.actor:
            yield f"{entry.event} of proposal {entry.proposal_id}: nobody has said so ({entry.cause})"
    for cause_, times in made.items():
        if times > 1:
            yield f"worked {times} times: {cause_}"
    found = books.verify(session.connection())
    if not found.whole:
        yield f"the books: {found.broken}"


def as_played(stage: Stage, lived: Sequence[Case], *, short: Counter[str] | None = None) -> list[str]:
    """Every proposal is where its players took it, with what they wrote, by the moves they made."""

    def compare(session: Session) -> list[str]:
        rows = {row.title: row for row in session.exec(select(Proposal))}
        wrong: list[str] = []
        for case in lived:
            row = rows.pop(case.title, None)
            if row is None:
                wrong.append(f"{case.id} is not there")
                continue
            wrong += [f"{case.id} {what}" for what in _as_written(case, row)]
            state = State.SECOND_REVIEW if short else ENDS[case.ending]
            if row.state is not state:
                wrong.append(f"{case.id} is {row.state}, not {state}")
            entries = session.exec(select(Audit).where(Audit.proposal_id == row.id).order_by(col(Audit.place))).all()
            moves = Counter(entry.event for entry in entries if entry.event != "follow")
            played = short + sent_round(case) if short else booked(case)
            if moves != played:
                wrong.append(f"{case.id} moved {dict(moves)}, played {dict(played)}")
            own = [(entry.before, entry.after) for entry in entries if entry.kind == "proposal"]
            if any(one[1] != next_[0] for one, next_ in pairwise(own)):
                wrong.append(f"{case.id} did not go step by step: {own}")
        wrong += [f"{row.id} nobody wrote: {row.title}" for row in rows.values() if row.state is not State.DRAFT]
        serials = sorted(row.serial_no for row in session.exec(select(Proposal)) if row.serial_no)
        if [int(serial[-4:]) for serial in serials] != list(range(1, len(serials) + 1)):
            wrong.append(f"numbers with gaps: {serials}")
        return wrong

    return stage.look(compare)


def _as_written(case: Case, row: Proposal) -> Iterator[str]:
    written: dict[str, tuple[Any, Any]] = {
        "category": (row.category, case.category),
        "analysis": (row.analysis.replace("\n", ""), "".join(case.analysis).replace("\n", "")),
        "suggestions": (
            [" ".join(one.split()) for one in row.suggestions],
            [" ".join(s.split()) for s in case.suggestions],
        ),
        "public": (row.consent_public, case.public == "同意"),
        "proposer": (row.proposer, case.proposer),
    }
    for what, (kept, said) in written.items():
        if kept != said:
            yield f"{what}: {kept!r} is not {said!r}"
