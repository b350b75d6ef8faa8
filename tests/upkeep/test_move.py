"""Move: what arrives is what there was, row by row, or nothing arrives at all."""

import os
import pty
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa

from models import books
from models.store import WrongSchema, copying
from models.store.copying import BadRow, NotEmpty
from tests.databases import sqlite_url
from tests.upkeep.hands import (
    PAIRS,
    PAST_IDS,
    ROOT,
    another_proposal,
    contents,
    goes_on,
    last_ids,
    moved,
    refused,
    store_of,
)

Make = Callable[[str], str]


# --- there and back ---------------------------------------------------------------------------------------------------


def test_an_office_moves_there_and_back_and_nothing_has_changed(
    lived: Make, empty: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copying, "BATCH", 7)  # many batches, the last one not full
    file, server, again = lived("sqlite"), empty("postgresql"), empty("sqlite")
    before, ids = contents(file), last_ids(file)
    assert len(before["audit"]) > 7
    done = moved(file, server)
    assert contents(server) == before
    assert last_ids(server) == ids
    assert [(one.table, one.source) for one in done.counted] == [(name, len(rows)) for name, rows in before.items()]
    assert all(one.source == one.target for one in done.counted)
    assert done.books.whole
    moved(server, again)
    assert contents(again) == contents(file) == before
    assert last_ids(again) == ids
    assert {name: ids[name] for name in ("incoming", "outgoing", "conversation")} == dict.fromkeys(
        ("incoming", "outgoing", "conversation"), PAST_IDS
    )


@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_work_goes_on_where_an_office_has_moved_to(one: str, other: str, lived: Make, empty: Make) -> None:
    target = empty(other)
    moved(lived(one), target)
    goes_on(target)
    with store_of(target) as store, store.snapshot() as now:
        assert books.verify(now).whole


def test_an_office_moves_into_tables_that_are_there_and_empty(lived: Make, empty: Make) -> None:
    file, server = lived("sqlite"), empty("postgresql")
    with store_of(server) as store, store.connection() as connection:
        copying.prepare(connection)
    moved(file, server)
    assert contents(server) == contents(file)


def test_what_is_said_of_progress_is_true(lived: Make, empty: Make) -> None:
    told: list[tuple[str, int, int]] = []
    done = moved(lived("sqlite"), empty("sqlite"), lambda *what: told.append(what))
    assert {whole for _, _, whole in told} == {done.rows}
    counts = [number for _, number, _ in told]
    assert counts == sorted(counts)
    assert counts[-1] == done.rows
    assert {table for table, _, _ in told} == {table.name for table in copying.TABLES}


# --- move is refused --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_nothing_moves_into_an_office_that_has_something(kind: str, lived: Make) -> None:
    target = lived(kind)
    another_proposal(target)
    before = contents(target)
    with pytest.raises(NotEmpty, match="counter"):
        moved(lived("sqlite"), target)
    assert contents(target) == before


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_nothing_moves_into_somebody_elses_database(kind: str, lived: Make, empty: Make) -> None:
    target = empty(kind)
    with store_of(target) as store, store.connection() as connection:
        connection.execute(sa.text("CREATE TABLE invoices (id integer)"))
    with pytest.raises(NotEmpty, match="invoices"):
        moved(lived("sqlite"), target)


@pytest.mark.parametrize("side", ["source", "target"])
@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_nothing_moves_between_versions(kind: str, side: str, lived: Make, empty: Make) -> None:
    source, target = lived(kind), empty(kind)
    with store_of(target) as store, store.connection() as connection:
        copying.prepare(connection)
    with store_of(source if side == "source" else target) as store, store.connection() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '0000'"))
    with pytest.raises(WrongSchema, match="0000"):
        moved(source, target)
    assert not any(contents(target).values())


@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_what_breaks_off_leaves_nothing_behind(one: str, other: str, lived: Make, empty: Make) -> None:
    source, target = lived(one), empty(other)
    before = contents(source)

    def power_cut(table: str, done: int, whole: int) -> None:
        if table == "audit":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        moved(source, target, power_cut)
    with store_of(target) as store, store.connection() as connection:
        assert sa.inspect(connection).get_table_names() == []
    assert contents(source) == before
    moved(source, target)
    assert contents(target) == before


TOO_MUCH = {
    "a character that PostgreSQL does not keep": ("UPDATE rating SET reason = 'a' || char(0)", "rating 的 1 "),
    "a word that is too long": ("UPDATE proposal SET category = hex(zeroblob(40)) WHERE id = 2", "proposal 的 2 "),
    "somebody who is not there": ("UPDATE holding SET person = 'ghost' WHERE id = 60", "holding 的 60 "),
    "a state that does not exist": ("UPDATE proposal SET state = 'lost' WHERE id = 2", "proposal"),
    "a day that does not exist": ("UPDATE assignment SET due_on = '2026-02-31'", "assignment"),
}


@pytest.mark.parametrize("what", list(TOO_MUCH))
def test_a_row_that_does_not_fit_is_named(what: str, lived: Make, empty: Make) -> None:
    """SQLite takes what PostgreSQL does not; nothing is cut or left out silently."""
    source, target = lived("sqlite"), empty("postgresql")
    statement, named = TOO_MUCH[what]
    with closing(sqlite3.connect(source.removeprefix("sqlite:///"))) as connection:
        assert connection.execute(statement).rowcount
        connection.commit()
    with pytest.raises(BadRow) as bad:
        moved(source, target)
    assert str(bad.value).startswith(named)
    with store_of(target) as store, store.connection() as connection:
        assert sa.inspect(connection).get_table_names() == []


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_nobody_writes_to_an_office_that_is_moving(kind: str, lived: Make, empty: Make) -> None:
    source, target = lived(kind), empty("sqlite")
    refused_: list[str] = []

    def meanwhile(table: str, done: int, whole: int) -> None:
        if table == "audit" and not refused_:
            refused_.append(_tries_to_write(source))

    moved(source, target, meanwhile)
    assert refused_ in (["LockNotAvailable"], ["OperationalError"])
    assert contents(source) == contents(target)


def _tries_to_write(url: str) -> str:
    engine = sa.create_engine(
        url.replace("postgresql:", "postgresql+psycopg:"),
        connect_args={"timeout": 0} if url.startswith("sqlite") else {"options": "-c lock_timeout=1"},
    )
    try:
        with engine.begin() as connection:
            connection.execute(sa.text("UPDATE proposal SET title = 'x'"))
    except sa.exc.OperationalError as error:
        return type(error.orig).__name__
    finally:
        engine.dispose()
    return "written"


# --- as it is typed ---------------------------------------------------------------------------------------------------


def test_the_administrator_moves_with_a_bar_to_watch(lived: Make, empty: Make) -> None:
    source, target = lived("sqlite"), empty("postgresql")
    code, shown, said = watched("move", "--from", source, "--to", target)
    assert code == 0, shown
    assert "━" in shown
    rows = {name: len(rows) for name, rows in contents(source).items()}
    assert f"{sum(rows.values())}/{sum(rows.values())}" in shown
    counted = [line.split() for line in said.splitlines()]
    for name, number in rows.items():
        assert [name, str(number), str(number)] in counted
    assert contents(target) == contents(source)


def watched(*words: str) -> tuple[int, str, str]:
    """A command whose standard error is a terminal: exit code, what the terminal shows, standard output."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "bot", *words]
    environment = os.environ | {"TERM": "xterm", "COLUMNS": "100"}
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=theirs, env=environment)
    os.close(theirs)
    assert process.stdout is not None
    said: list[bytes] = []
    reader = threading.Thread(target=lambda: said.append(process.stdout.read()))  # type: ignore[union-attr]
    reader.start()
    shown = b""
    while True:
        try:
            piece = os.read(ours, 4096)
        except OSError:  # the other side has hung up
            break
        if not piece:
            break
        shown += piece
    os.close(ours)
    reader.join()
    return process.wait(), shown.decode(), b"".join(said).decode()


def test_move_is_refused_in_one_line(lived: Make, empty: Make, tmp_path: Path) -> None:
    source, filled, nowhere = lived("sqlite"), lived("postgresql"), tmp_path / "nowhere.db"

    def line(one: str, other: str) -> str:
        return refused("move", "--from", one, "--to", other)

    assert line(source, filled).startswith("--to：里面已有数据（")
    assert line(source, source).startswith("--to：")
    assert line(sqlite_url(tmp_path / "no"), empty("postgresql")).startswith("--from：")
    assert line(f"sqlite:///{nowhere}", empty("sqlite")).startswith("--from：")
    assert not nowhere.exists()
    assert line("mysql://root@localhost/x", source).startswith("--from：")
    assert line(source, "oracle:///x").startswith("--to：")
    assert line(empty_file(tmp_path), empty("sqlite")).startswith("--from：")


def empty_file(folder: Path) -> str:
    (folder / "empty.db").touch()
    return f"sqlite:///{folder / 'empty.db'}"


def test_a_target_that_was_not_there_is_not_there_after_a_refusal(lived: Make, tmp_path: Path) -> None:
    source = lived("sqlite")
    with closing(sqlite3.connect(source.removeprefix("sqlite:///"))) as connection:
        connection.execute("UPDATE proposal SET state = 'lost'")
        connection.commit()
    target = tmp_path / "new" / "office.db"
    line = refused("move", "--from", source, "--to", f"sqlite:///{target}")
    assert line.startswith("--to：proposal 里有一行读不懂")
    assert list(target.parent.iterdir()) == []
