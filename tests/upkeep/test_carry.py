"""Backup, restore and move: what arrives is what there was, row by row, or nothing arrives at all."""

import os
import pty
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlmodel import Session

from models import backup, books, copying
from models.backup import BadBackup
from models.copying import BadRow, Heard, NotEmpty
from models.store import Counter, Store, WrongSchema, count_up
from tests.databases import sqlite_url
from tests.upkeep.hands import (
    PAST_IDS,
    ROOT,
    another_proposal,
    bot,
    config,
    contents,
    everything,
    goes_on,
    here,
    last_ids,
    proposal_ids,
    refused,
    store_of,
    tampered,
    well,
)

Make = Callable[[str], str]
PAIRS = [(one, other) for one in ("sqlite", "postgresql") for other in ("sqlite", "postgresql")]


def unheard(table: str, done: int, whole: int) -> None:
    """Nobody is watching."""


def moved(source: str, target: str, heard: Heard = unheard) -> backup.Done:
    with store_of(source) as old, store_of(target) as new, backup.held(old) as office:
        return backup.move(office, new, heard)


def backed_up(url: str, out: Path, heard: Heard = unheard) -> backup.Done:
    with store_of(url) as store:
        return backup.back_up(store, out, heard)


def restored(url: str, path: Path, heard: Heard = unheard, **how: bool) -> backup.Done:
    with store_of(url) as store:
        return backup.restore(store, path, heard, **how)


def companions(folder: Path) -> list[str]:
    """What lies in a folder besides databases that are well."""
    return [path.name for path in folder.iterdir() if path.name.endswith(("-wal", "-shm", "-journal", ".part"))]


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


# --- backup -----------------------------------------------------------------------------------------------------------


def test_a_backup_is_one_file_with_every_row_for_its_owner_only(url: str, tmp_path: Path) -> None:
    folder = tmp_path / "备份 kept?"
    folder.mkdir()
    out = folder / "office 1%20.db"
    done = backed_up(url, out)
    assert [path.name for path in folder.iterdir()] == [out.name]
    assert out.stat().st_mode & 0o777 == 0o600
    with backup.opened(out) as connection:
        assert everything(connection) == contents(url)
        assert copying.last_ids(connection) == last_ids(url)
        assert books.verify(connection).whole
    assert done.rows == sum(len(rows) for rows in contents(url).values())
    assert companions(folder) == []


@contextmanager
def busy(url: str) -> Iterator[Callable[[], None]]:
    """Somebody who writes without rest, always two things together; yields how to wait for one more pair."""
    stop, wrote, store = threading.Event(), threading.Semaphore(0), Store(url)
    name = "串"

    def pair(session: Session) -> None:
        number = count_up(session, f"{name}:1")
        assert count_up(session, f"{name}:2") == number
        session.add(Counter(name=f"{name}-{number}", value=number))

    def write() -> None:
        while not stop.is_set():
            store.write(pair)
            wrote.release()

    thread = threading.Thread(target=write)
    thread.start()

    def one_more() -> None:
        assert wrote.acquire(timeout=20)
        while wrote.acquire(blocking=False):
            pass
        assert wrote.acquire(timeout=20)

    try:
        yield one_more
    finally:
        stop.set()
        thread.join()
        store.close()


def test_a_backup_taken_while_somebody_writes_holds_one_moment(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backup, "PAGES", 5)
    monkeypatch.setattr(copying, "BATCH", 20)
    out = tmp_path / "out.db"
    heard: list[int] = []
    with busy(url) as one_more:
        one_more()

        def meanwhile(table: str, done: int, whole: int) -> None:
            if len(heard) < 12:
                one_more()  # between two handfuls the office goes on
            heard.append(done)

        backed_up(url, out, meanwhile)
        one_more()
    assert len(heard) > 12
    with backup.opened(out) as connection:
        counters = dict(connection.execute(sa.text("SELECT name, value FROM counter WHERE name LIKE '串%'")).all())
        assert books.verify(connection).whole
    last = counters["串:1"]
    assert counters["串:2"] == last
    assert sorted(value for name, value in counters.items() if "-" in name) == list(range(1, last + 1))
    with store_of(url) as store:
        assert store.write(lambda session: count_up(session, "串:1")) > last + 1


def test_the_command_backs_up_beside_a_busy_writer(url: str, tmp_path: Path) -> None:
    out = tmp_path / "out.db"
    path = config(tmp_path, url)
    with busy(url) as one_more:
        one_more()
        said = well(bot("backup", "--config", path, out))
    assert said.startswith(f"已备份到 {out}：{len(copying.TABLES)} 张表，共 ")
    with backup.opened(out) as connection:
        counters = dict(connection.execute(sa.text("SELECT name, value FROM counter WHERE name LIKE '串%'")).all())
    assert counters["串:1"] == counters["串:2"] == len(counters) - 2


def test_a_backup_that_breaks_off_leaves_what_was_there(url: str, tmp_path: Path) -> None:
    folder = tmp_path / "kept"
    folder.mkdir()
    out = folder / "out.db"
    out.write_text("yesterday's")

    def power_cut(table: str, done: int, whole: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        backed_up(url, out, power_cut)
    assert [path.name for path in folder.iterdir()] == ["out.db"]
    assert out.read_text() == "yesterday's"


def test_damage_in_the_office_is_noticed_when_the_backup_is_opened(lived: Make, tmp_path: Path) -> None:
    url = lived("sqlite")
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection:
        connection.execute("PRAGMA foreign_keys = OFF")
        connection.execute("DELETE FROM person WHERE userid = 'm013'")
        connection.commit()
    with pytest.raises(BadBackup, match="数据库本身"):
        backed_up(url, tmp_path / "out.db")
    assert not (tmp_path / "out.db").exists()
    assert companions(tmp_path) == []


def test_a_backup_of_tampered_books_is_made_and_says_so(url: str, tmp_path: Path) -> None:
    tampered(url, "UPDATE audit SET reason = '另有原因' WHERE proposal_id = :p AND place = 2", p=proposal_ids(url)[0])
    done = here("backup", "--config", config(tmp_path, url), tmp_path / "out.db")
    assert done.exit_code == 0
    assert "审计链断了" in done.stderr
    assert (tmp_path / "out.db").exists()


# --- restore ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_a_backup_is_restored_into_either_database(
    one: str, other: str, lived: Make, empty: Make, tmp_path: Path
) -> None:
    source, target, out = lived(one), empty(other), tmp_path / "out.db"
    backed_up(source, out)
    done = restored(target, out)
    assert done.books.whole
    assert contents(target) == contents(source)
    assert last_ids(target) == last_ids(source)
    goes_on(target)


def test_a_restored_office_replaces_the_other_but_gives_out_none_of_its_ids(url: str, tmp_path: Path) -> None:
    out = tmp_path / "out.db"
    before = contents(url)
    backed_up(url, out)
    goes_on(url)
    ids = last_ids(url)
    with pytest.raises(NotEmpty):
        restored(url, out)
    assert contents(url) != before
    restored(url, out, replace=True)
    assert contents(url) == before
    kept = last_ids(url)
    for table in ("incoming", "outgoing", "conversation", "proposal", "assignment", "communication"):
        assert kept[table] == ids[table], "yesterday's cards may still lie about"
    with store_of(url) as store, store.snapshot() as now:
        assert books.verify(now).whole


def test_a_restore_that_breaks_off_changes_nothing(url: str, tmp_path: Path) -> None:
    out = tmp_path / "out.db"
    backed_up(url, out)
    another_proposal(url)
    before = contents(url)

    def power_cut(table: str, done: int, whole: int) -> None:
        if table == "audit":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        restored(url, out, power_cut, replace=True)
    assert contents(url) == before
    with store_of(url) as store, store.snapshot() as now:
        assert books.verify(now).whole


# --- as it is typed ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_the_administrator_restores(kind: str, lived: Make, tmp_path: Path) -> None:
    url, out = lived(kind), tmp_path / "out.db"
    path, before = config(tmp_path, url), contents(url)
    well(bot("backup", "--config", path, out))
    another_proposal(url)
    line = refused("restore", "--config", path, out)
    assert line.startswith("database.url：")
    assert "--replace" in line
    said = well(bot("restore", "--config", path, out, "--replace"))
    assert said.startswith(f"已用 {out} 恢复：")
    assert contents(url) == before
    assert "完好" in here("verify", "--config", path).stdout


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
