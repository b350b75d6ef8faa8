"""What an administrator has at hand: an office with a past, the commands as they are typed, and a look at every row."""

import ctypes
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, select
from typer.testing import CliRunner

from bot.__main__ import cli
from models.attachment import Attachment, AttachmentContent
from models.conversation import Conversation
from models.messages import Incoming, Outgoing, Wait
from models.proposal import Proposal
from models.states import Event
from models.store import Store, backup, copying, triggers
from models.store.copying import Heard
from tests.handlers.office import SU, WEN, Office
from tests.town import MONDAY, prepare

ROOT = Path(__file__).parents[2]
LONGEST = 60  # seconds for a command on a busy machine
PAST_IDS = 70_000  # given out once, and the rows tidied away
ODD = "“引号”、\\反斜杠、'单引号'\n换行\t😀 ‮ ½"
CAPBSET_DROP, DAC_OVERRIDE, DAC_READ_SEARCH = 24, 1, 2

Contents = dict[str, list[dict[str, Any]]]


def live_in(url: str) -> None:
    """A town in which something has happened: cases in several states, odd texts, odd moments, rows given up."""
    prepare(url)
    office = Office(url)
    try:
        office.now = MONDAY + timedelta(microseconds=123_456)
        office.rates(office.delivered("u10", "u06"), "DISSATISFIED")
        returned = office.submitted(SU, title=f"关于{ODD}的提案")
        office.now = MONDAY + timedelta(hours=20)  # another day in the city, and no microsecond
        office.does(WEN, returned, Event.ACCEPT)
        office.does(WEN, returned, Event.RETURN, reason=ODD)
        later = office.submitted()
        office.change(returned, merged_into=later.id)  # a row that points to one that comes after it
        office.store.write(_give_up)
    finally:
        office.close()


def _give_up(session: Session) -> None:
    late = MONDAY + timedelta(microseconds=1)
    words = {"say": "Words", "text": ODD}
    parked: dict[str, Any] = {"state": Wait.PARKED, "attempts": 4}
    for number in range(3):
        fields = {"Content": ODD}
        key = f"given-up-{number}"
        session.add(Incoming(key=key, person=SU, fields=fields, received_at=late, trouble="KeyError", **parked))
        given_up = Outgoing(
            key=key, person=SU, body=words, created_at=late, trouble="Rejected", errcode=60020, **parked
        )
        session.add(given_up)
    for number in range(1, copying.HEAVY + 2):  # more than a batch
        session.add(Attachment(id=number, proposal_id=1, person=SU, kind="image", media_id="m", created_at=late))
        session.flush()
        session.add(AttachmentContent(attachment_id=number, data=bytes(range(256)) * number))
    for row in (
        Incoming(id=PAST_IDS, key="past", person=SU, fields={}, received_at=late),
        Outgoing(id=PAST_IDS, key="past", person=SU, body=words, created_at=late),
        Conversation(id=PAST_IDS, person="nobody", dialogue="draft", step="title", updated_at=late),
    ):
        session.add(row)
        session.flush()
        session.delete(row)
    if session.get_bind().dialect.name == "postgresql":  # an explicit id is not counted there
        session.connection().execute(sa.text(f"SELECT setval('attachment_id_seq', {copying.HEAVY + 1})"))
        for table in ("incoming", "outgoing", "conversation"):
            session.connection().execute(sa.text(f"SELECT setval('{table}_id_seq', {PAST_IDS})"))


@contextmanager
def store_of(url: str) -> Iterator[Store]:
    """The store at an address, for a while."""
    store = Store(url)
    try:
        yield store
    finally:
        store.close()


def contents(url: str) -> Contents:
    """Every row of every table."""
    with store_of(url) as store, store.snapshot() as now:
        return everything(now)


def everything(connection: sa.Connection) -> Contents:
    """The same of a connection."""
    return {
        table.name: [dict(row) for row in connection.execute(sa.select(table).order_by(*table.primary_key)).mappings()]
        for table in copying.TABLES
    }


def last_ids(url: str) -> dict[str, int]:
    """The last id that each table has given out."""
    with store_of(url) as store, store.connection() as connection:
        return copying.last_ids(connection)


def goes_on(url: str) -> None:
    """The office can be worked in: new rows of every kind get ids that nobody has had."""
    before = last_ids(url)
    office = Office(url)
    office._causes = 5_000  # a later process: none of its causes has been before
    try:
        office.now = MONDAY + timedelta(days=1)
        office.rates(office.delivered(), "SATISFIED")
        office.says(SU, "我要提案")
        new = office.store.write(
            lambda session: session.exec(select(Conversation.id).order_by(Conversation.id.desc())).first()
        )  # type: ignore[union-attr]
        assert new == PAST_IDS + 1
    finally:
        office.close()
    after = last_ids(url)
    assert all(after[table] > before[table] for table in ("proposal", "assignment", "audit", "outgoing", "reply"))


def another_proposal(url: str) -> None:
    """One more case, so that two offices differ."""
    office = Office(url)
    office._causes = 9_000
    try:
        office.submitted()
    finally:
        office.close()


def tampered(url: str, statement: str, **values: Any) -> None:
    """Somebody with the administrator's password takes the guards away, changes something, and puts them back."""
    with store_of(url) as store, store.connection() as connection:
        triggers.lift(connection)
        assert connection.execute(sa.text(statement), values).rowcount
        triggers.protect(connection)


def proposal_ids(url: str) -> list[int]:
    """The proposals there are."""
    with store_of(url) as store:
        return store.write(lambda session: [p.id or 0 for p in session.exec(select(Proposal).order_by(Proposal.id))])  # type: ignore[arg-type]


# --- carrying ---------------------------------------------------------------------------------------------------------

PAIRS = [(one, other) for one in ("sqlite", "postgresql") for other in ("sqlite", "postgresql")]


def unheard(table: str, done: int, whole: int) -> None:
    """Nobody is watching."""


def moved(source: str, target: str, heard: Heard = unheard) -> backup.Done:
    """Carry an office over."""
    with store_of(source) as old, store_of(target) as new, backup.held(old) as office:
        return backup.move(office, new, heard)


def backed_up(url: str, out: Path, heard: Heard = unheard) -> backup.Done:
    """Write a backup."""
    with store_of(url) as store:
        return backup.back_up(store, out, heard)


def restored(url: str, path: Path, heard: Heard = unheard, **how: bool) -> backup.Done:
    """Put a backup in place."""
    with store_of(url) as store:
        return backup.restore(store, path, heard, **how)


# --- commands ---------------------------------------------------------------------------------------------------------


def config(folder: Path, url: str) -> Path:
    """The example with another database."""
    text = (ROOT / "config.example.toml").read_text("utf-8")
    text, times = re.subn(r"(?m)^url = .*$", lambda _: f'url = "{url}"', text)
    assert times == 1
    path = folder / "config.toml"
    path.write_text(text, "utf-8")
    return path


def bot(*words: object, **more: Any) -> subprocess.CompletedProcess[str]:
    """`python -m bot …`, in a process of its own."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TIANTONG_")}
    command = [sys.executable, "-m", "bot", *map(str, words)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=LONGEST, env=environment, **more)


def well(done: subprocess.CompletedProcess[str]) -> str:
    """What a command that went well has printed."""
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def complaint(done: subprocess.CompletedProcess[str], code: int = 2) -> str:
    """The one line of a command that was refused."""
    assert (done.returncode, done.stdout) == (code, ""), done.stderr
    [line] = done.stderr.splitlines()
    assert "Error" not in line.partition("（")[0]
    return line


def as_others() -> None:
    """Root may write anywhere; give that up before the command begins."""
    if os.geteuid() == 0:
        libc = ctypes.CDLL(None)
        for capability in (DAC_OVERRIDE, DAC_READ_SEARCH):
            if libc.prctl(CAPBSET_DROP, capability, 0, 0, 0):
                os._exit(99)


def on_a_small_disk(size: int) -> Callable[[], None]:
    """No file may grow beyond `size` bytes."""

    def limit() -> None:
        import resource

        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

    return limit


def here(*words: object) -> Any:
    """The same in this process, for what needs no process of its own."""
    return CliRunner().invoke(cli, [str(word) for word in words])


def fine(*words: object) -> str:
    """What a command that went well has printed, in this process."""
    done = here(*words)
    assert (done.exit_code, done.stderr) == (0, ""), done.output
    return str(done.stdout)


def refused(*words: object, code: int = 2) -> str:
    """The one line with which a command is refused, in this process."""
    done = here(*words)
    assert (done.exit_code, done.stdout) == (code, ""), done.output
    [line] = done.stderr.splitlines()
    assert "Error" not in line.partition("（")[0]
    return str(line)
