"""Whatever is wrong with a database or a file: one sentence, exit 2, and nothing half-written lies about."""

import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa
from sqlalchemy.engine import make_url

from models import schema
from models.store import copying
from models.trouble import why
from tests.databases import Server, sqlite_url
from tests.upkeep import old_server
from tests.upkeep.hands import (
    ROOT,
    another_proposal,
    as_others,
    backed_up,
    bot,
    complaint,
    config,
    contents,
    fine,
    on_a_small_disk,
    refused,
    store_of,
    well,
)

Make = Callable[[str], str]


def file_of(url: str) -> Path:
    return Path(url.removeprefix("sqlite:///"))


def left_over(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir() if path.name.endswith((".part", "-journal", "-wal", "-shm"))]


@pytest.fixture(scope="module")
def kept_once(past: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A good backup, to be copied."""
    out = tmp_path_factory.mktemp("kept") / "kept.db"
    backed_up(f"sqlite:///{past}", out)
    return out


@pytest.fixture
def kept(kept_once: Path, tmp_path: Path) -> Path:
    """A good backup."""
    return Path(shutil.copy(kept_once, tmp_path / "kept.db"))


# --- addresses --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("url", ["mysql://root:geheim@localhost/x", "sqlite://", "office.db", "sqlite:///:memory:"])
@pytest.mark.parametrize("command", ["backup", "restore", "verify", "parked list", "migrate"])
def test_a_database_of_an_unknown_kind(command: str, url: str, tmp_path: Path) -> None:
    more = [tmp_path / "out.db"] if command in {"backup", "restore"} else []
    line = refused(*command.split(), "--config", config(tmp_path, url), *more)
    assert line.startswith("database.url：")
    assert "geheim" not in line


@pytest.mark.parametrize("command", ["backup", "verify", "parked list", "parked retry --all"])
def test_a_database_that_is_not_there_is_not_made_by_asking_for_it(command: str, tmp_path: Path) -> None:
    url = sqlite_url(tmp_path / "nowhere")
    more = [tmp_path / "out.db"] if command == "backup" else []
    assert "没有" in refused(*command.split(), "--config", config(tmp_path, url), *more)
    assert [path.name for path in tmp_path.iterdir()] == ["config.toml"]


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
@pytest.mark.parametrize("command", ["backup", "verify", "parked list"])
def test_a_database_without_tables(command: str, kind: str, empty: Make, tmp_path: Path) -> None:
    url = empty(kind)
    if kind == "sqlite":
        file_of(url).parent.mkdir()
        file_of(url).touch()
    more = [tmp_path / "out.db"] if command == "backup" else []
    line = refused(*command.split(), "--config", config(tmp_path, url), *more)
    assert line.startswith(
        f"database.url：数据库的结构版本是 空，本程序需要 {schema.newest()}。请先运行：python -m bot migrate"
    )
    assert not (tmp_path / "out.db").exists()


def test_a_server_that_is_not_there(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    path = config(tmp_path, f"postgresql://tiantong:geheim@127.0.0.1:{port}/x")
    assert refused("verify", "--config", path) == "database.url：服务器没有开，或端口不对。"


def test_a_database_that_the_server_does_not_have(postgres: Server, tmp_path: Path) -> None:
    url = make_url(postgres.fresh()).set(database="nowhere").render_as_string(hide_password=False)
    line = refused("verify", "--config", config(tmp_path, url))
    assert line == "database.url：服务器上没有这个账号或数据库。"


def test_a_wrong_password(tmp_path: Path) -> None:
    with old_server.server(password="right") as server:
        url = f"postgresql://tiantong:geheim@127.0.0.1:{server.port}/x"
        for command in ("verify", "migrate"):
            line = refused(command, "--config", config(tmp_path, url))
            assert line == "database.url：账号或密码不对。"
        assert refused("move", "--from", sqlite_url(tmp_path / "no"), "--to", url).startswith("--from：")
        line = refused("move", "--from", url, "--to", sqlite_url(tmp_path))
        assert line == "--from：账号或密码不对。"


@pytest.mark.parametrize("version", ["12.22", "9.6.24"])
def test_a_server_that_is_too_old(version: str, tmp_path: Path) -> None:
    with old_server.server(version) as server:
        url = f"postgresql://tiantong@127.0.0.1:{server.port}/x"
        for command in ("migrate", "verify", "serve"):
            line = refused(command, "--config", config(tmp_path, url))
            assert (
                line
                == f"database.url：PostgreSQL 的版本是 {version.partition('.')[0]}，至少需要 13。请先升级数据库服务器。"
            )
        assert server.asked == 0


def test_an_account_that_may_not_write(lived: Make, empty: Make, tmp_path: Path) -> None:
    url = empty("postgresql")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("DROP ROLE IF EXISTS onlooker")
        connection.execute("CREATE ROLE onlooker LOGIN")
        connection.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
    onlooker = make_url(url).set(username="onlooker").render_as_string()
    try:
        line = refused("move", "--from", lived("sqlite"), "--to", onlooker)
    finally:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("DROP ROLE onlooker")
    assert line == "--to：这个账号的权限不够。"


# --- files ------------------------------------------------------------------------------------------------------------


def damaged(good: bytes) -> bytes:
    middle = len(good) // 2
    return good[:middle] + b"\xff" * 8192 + good[middle + 8192 :]


BAD_FILES: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "a letter": (lambda good: "亲爱的管理员".encode(), "不是备份文件"),
    "nothing": (lambda good: b"", "不是备份文件"),
    "only its beginning": (lambda good: good[: len(good) // 2], "损坏"),
    "a header alone": (lambda good: good[:16], "损坏"),
    "damaged within": (damaged, "损坏"),
}


@pytest.mark.parametrize("what", list(BAD_FILES))
def test_a_file_that_is_no_backup(what: str, kept: Path, lived: Make, tmp_path: Path) -> None:
    make, words = BAD_FILES[what]
    bad = tmp_path / "bad.db"
    bad.write_bytes(make(kept.read_bytes()))
    url = lived("sqlite")
    before = contents(url)
    line = refused("restore", "--config", config(tmp_path, url), bad, "--replace")
    assert line.startswith(f"{bad}：")
    assert words in line
    assert contents(url) == before
    assert bad.read_bytes() == make(kept.read_bytes())


STRANGE: dict[str, tuple[str, str]] = {
    "somebody else's": ("DROP TABLE alembic_version", "不是提案通的备份"),
    "an older program's": ("UPDATE alembic_version SET version_num = '0000'", "0000"),
    "with people missing": ("DELETE FROM person WHERE userid = 'm013'", "不完整"),
}


@pytest.mark.parametrize("what", list(STRANGE))
def test_a_database_that_is_no_backup_of_ours(what: str, kept: Path, empty: Make, tmp_path: Path) -> None:
    statement, words = STRANGE[what]
    with closing(sqlite3.connect(kept)) as connection:
        connection.execute(statement)
        connection.commit()
    url = empty("sqlite")
    line = refused("restore", "--config", config(tmp_path, url), kept)
    assert line.startswith(f"{kept}：")
    assert words in line
    assert not file_of(url).exists()


def test_a_backup_that_is_not_there_or_is_the_office_itself(lived: Make, tmp_path: Path) -> None:
    url = lived("sqlite")
    path = config(tmp_path, url)
    assert refused("restore", "--config", path, tmp_path / "no.db") == f"{tmp_path / 'no.db'}：没有这个文件。"
    assert refused("restore", "--config", path, tmp_path).endswith("没有这个文件。")
    assert "正是在用的" in refused("restore", "--config", path, file_of(url), "--replace")
    (tmp_path / "alias.db").symlink_to(file_of(url))
    assert "正是在用的" in refused("restore", "--config", path, tmp_path / "alias.db", "--replace")


def test_where_a_backup_may_not_be_written(lived: Make, tmp_path: Path) -> None:
    url = lived("sqlite")
    path, before = config(tmp_path, url), contents(url)
    assert refused("backup", "--config", path, tmp_path / "no" / "out.db").endswith("没有这个文件夹。")
    assert "文件夹" in refused("backup", "--config", path, tmp_path)
    assert refused("backup", "--config", path, tmp_path / ("很长" * 60)).endswith("文件名太长。")
    assert "正是在用的" in refused("backup", "--config", path, file_of(url), "--replace")
    (tmp_path / "yesterday.db").write_text("x")
    assert "--replace" in refused("backup", "--config", path, tmp_path / "yesterday.db")
    assert (tmp_path / "yesterday.db").read_text() == "x"
    fine("backup", "--config", path, tmp_path / "yesterday.db", "--replace")
    assert (tmp_path / "yesterday.db").read_bytes().startswith(b"SQLite format 3")
    assert contents(url) == before


def test_a_file_that_may_only_be_read(kept: Path, lived: Make, tmp_path: Path) -> None:
    url = lived("sqlite")
    another_proposal(url)
    path, before = config(tmp_path, url), contents(url)
    file_of(url).chmod(0o444)
    for words in (
        ("restore", "--config", path, kept, "--replace"),
        ("parked", "drop", "--all", "--config", path),
    ):
        assert (
            complaint(bot(*words, preexec_fn=as_others)) == "database.url：只能读，不能写。请检查文件和文件夹的权限。"
        )
    assert contents(url) == before
    well(bot("verify", "--config", path, preexec_fn=as_others))
    well(bot("backup", "--config", path, tmp_path / "out.db", preexec_fn=as_others))
    well(bot("move", "--from", url, "--to", sqlite_url(tmp_path / "new"), preexec_fn=as_others))
    assert contents(sqlite_url(tmp_path / "new")) == before


def test_a_folder_that_may_only_be_read(lived: Make, tmp_path: Path) -> None:
    path = config(tmp_path, lived("sqlite"))
    folder = tmp_path / "closed"
    folder.mkdir(mode=0o555)
    line = complaint(bot("backup", "--config", path, folder / "out.db", preexec_fn=as_others))
    assert line == f"{folder / 'out.db'}：只能读，不能写。请检查文件和文件夹的权限。"


def test_an_office_whose_file_is_damaged(lived: Make, kept: Path, tmp_path: Path) -> None:
    url = lived("sqlite")
    path = config(tmp_path, url)
    file_of(url).write_bytes(b"\xff" * 8192)
    for words in (("verify", "--config", path), ("restore", "--config", path, kept, "--replace")):
        line = refused(*words)
        assert line.startswith("database.url：数据库文件已损坏")
    file_of(url).rename(tmp_path / "damaged.db")  # as the sentence says
    fine("restore", "--config", path, kept)
    fine("verify", "--config", path)


# --- a full disk ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [0, 4096, 100_000])
def test_the_disk_is_full_while_a_backup_is_written(size: int, url: str, tmp_path: Path) -> None:
    folder = tmp_path / "kept"
    folder.mkdir()
    path = config(tmp_path, url)
    done = bot("backup", "--config", path, folder / "out.db", preexec_fn=on_a_small_disk(size))
    line = complaint(done)
    assert "磁盘" in line
    assert list(folder.iterdir()) == []
    fine("backup", "--config", path, folder / "out.db")


def test_the_disk_is_full_while_an_office_moves(lived: Make, tmp_path: Path) -> None:
    source = lived("postgresql")
    target = tmp_path / "new" / "office.db"
    done = bot("move", "--from", source, "--to", f"sqlite:///{target}", preexec_fn=on_a_small_disk(200_000))
    line = complaint(done)
    assert line.startswith("--to：")
    assert "磁盘" in line
    assert list(target.parent.iterdir()) == []


def test_the_disk_is_full_while_an_office_is_restored(kept: Path, lived: Make, tmp_path: Path) -> None:
    url = lived("sqlite")
    another_proposal(url)
    before = contents(url)
    words = ("restore", "--config", config(tmp_path, url), kept, "--replace")
    assert "磁盘" in complaint(bot(*words, preexec_fn=on_a_small_disk(60_000)))
    assert contents(url) == before
    fine("verify", "--config", config(tmp_path, url))


# --- told to end ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_told_to_end_it_takes_back_what_it_began(how: signal.Signals, lived: Make, tmp_path: Path) -> None:
    """The target is locked by somebody else at the time, so that the command is surely in the middle of its work."""
    source, target = lived("postgresql"), tmp_path / "new" / "office.db"
    with psycopg.connect(source) as other:
        other.execute("LOCK TABLE proposal IN ROW EXCLUSIVE MODE")
        command = [sys.executable, "-m", "bot", "move", "--from", source, "--to", f"sqlite:///{target}"]
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'proposal'::regclass"
        while not other.execute(waiting).fetchone()[0]:  # type: ignore[index]
            assert process.poll() is None
        process.send_signal(how)
        assert process.wait(timeout=30) != 0
    process.stdout.close()  # type: ignore[union-attr]
    assert not target.exists()
    assert left_over(target.parent) == []


# --- words ------------------------------------------------------------------------------------------------------------


def test_nothing_of_what_a_driver_says_is_repeated() -> None:
    for error in (
        sqlite3.OperationalError("no such table: 秘密"),
        psycopg.OperationalError("connection to server at 10.0.0.7, user geheim"),
        sa.exc.OperationalError("SELECT geheim", {}, sqlite3.OperationalError("geheim")),
        OSError("geheim"),
        RuntimeError("geheim"),
    ):
        assert "geheim" not in why(error)
        assert "秘密" not in why(error)
        assert why(error).endswith("。")


def test_a_busy_office_is_said_to_be_busy(
    lived: Make, kept: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("models.store.transactions._BUSY_MS", 50)
    url = lived("sqlite")
    with store_of(url) as store, store.connection():
        line = refused("restore", "--config", config(tmp_path, url), kept, "--replace")
    assert line.startswith("database.url：数据库正忙")
    server = lived("postgresql")
    with psycopg.connect(server) as other:
        other.execute("LOCK TABLE proposal IN ROW EXCLUSIVE MODE")
        line = refused("restore", "--config", config(tmp_path, server), kept, "--replace")
    assert line.startswith("database.url：数据库正忙")
    assert len(contents(server)) == len(copying.TABLES)
