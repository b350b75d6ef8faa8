"""Backup and restore: one moment in one file, and back into either database, or nothing at all."""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlmodel import Session

from models import books
from models.store import Counter, Store, backup, copying, count_up
from models.store.backup import BadBackup
from models.store.copying import NotEmpty
from tests.upkeep.hands import (
    PAIRS,
    another_proposal,
    backed_up,
    bot,
    config,
    contents,
    everything,
    goes_on,
    here,
    last_ids,
    proposal_ids,
    refused,
    restored,
    store_of,
    tampered,
    well,
)

Make = Callable[[str], str]


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
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == []


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
