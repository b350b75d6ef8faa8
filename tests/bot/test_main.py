"""The command line as an administrator types it: what is well ends with 0, what is not says so in one line and ends with 2."""

import ctypes
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Queue
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from openpyxl import load_workbook
from sqlmodel import func, select
from typer.testing import CliRunner

from bot.__main__ import cli
from models import schema
from models.messages import Outgoing
from models.people import Holding, Person, Unit
from models.store import Store
from tests.databases import Server, sqlite_url
from tests.town import prepare

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "config.example.toml"
TOWN = ROOT / "simulator" / "town"
SECRETS = ("simulator-secret-not-for-production", "SimulatorToken", "dGlhbnRvbmcgc2ltdWxhdG9yOiBub3QgYSBzZWNyZXQ")
LONGEST = 60  # seconds for a command on a busy machine


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.upper().startswith("TIANTONG_"):
            monkeypatch.delenv(name)


def config(folder: Path, url: str = "", *, port: int = 0, **replaced: str) -> Path:
    """The example with another database and port, and with whole lines replaced: `secret=""` drops the line."""
    lines = {"port": f"port = {port}", "url": f'url = "{url or sqlite_url(folder)}"', **replaced}
    lines |= {"api_base": 'api_base = "http://127.0.0.1:9"'}
    text = EXAMPLE.read_text("utf-8")
    for key, line in lines.items():
        text, times = re.subn(rf"(?m)^{key} = .*$", lambda _, line=line: line, text)
        assert times == 1, key
    path = folder / "config.toml"
    path.write_text(text, "utf-8")
    return path


def bot(*words: object, **more: Any) -> subprocess.CompletedProcess[str]:
    """`python -m bot …`."""
    command = [sys.executable, "-m", "bot", *map(str, words)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=LONGEST, **more)


def complaint(done: Any) -> list[str]:
    """The lines of a command that was refused."""
    code = done.returncode if isinstance(done, subprocess.CompletedProcess) else done.exit_code
    assert code == 2, done.stderr
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    assert "Error" not in re.sub(r"（\w+Error）", "", done.stderr)
    return [line for line in done.stderr.splitlines() if line.strip()]


def here(*words: object) -> Any:
    """The same in this process, for what needs no process of its own."""
    return CliRunner().invoke(cli, [str(word) for word in words])


def counted(url: str) -> tuple[int, int, int]:
    """How many people, units and roles there are."""
    store = Store(url)
    try:
        return store.write(
            lambda s: tuple(s.exec(select(func.count()).select_from(kind)).one() for kind in (Person, Unit, Holding))  # type: ignore[return-value]
        )
    finally:
        store.close()


# --- a town is set up -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_an_office_is_set_up_and_serves_until_it_is_told_to_stop(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    url = sqlite_url(tmp_path / "data")
    if kind == "postgresql":
        server: Server = request.getfixturevalue("postgres")
        url = server.fresh()
    path = config(tmp_path, url)
    [refused] = complaint(here("serve", "--config", path))
    assert "python -m bot migrate" in refused
    done = bot("migrate", "--config", path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"数据库结构：空 → {schema.newest()}\n"
    done = bot("import", "--config", path, TOWN)
    assert (done.returncode, done.stderr) == (0, "")
    assert (
        done.stdout == "人员：新增125，更改0，未变0\n承办单位：新增25，更改0，未变0\n集体组织：新增42，更改0，未变0\n"
    )
    assert here("import", "--config", path, TOWN).stdout == (
        "人员：新增0，更改0，未变125\n承办单位：新增0，更改0，未变25\n集体组织：新增0，更改0，未变42\n"
    )
    how = signal.SIGTERM if kind == "sqlite" else signal.SIGINT
    with serving(path) as running:
        answer = httpx.get(f"http://127.0.0.1:{running.port}/healthz", trust_env=False, timeout=10)
        assert answer.status_code == 200
        told = answer.json()
        assert told["ok"] is True
        assert (told["database"], told["inbox"], told["outbox"], told["clock"]) == (True, True, True, True)
        assert running.stops(how) == 0
    assert any(line.get("event") == "stopped" for line in running.log)
    for secret in SECRETS:
        assert secret not in running.text


class Running:
    """`serve` as it runs, and what it has logged so far."""

    def __init__(self, path: Path) -> None:
        command = [sys.executable, "-m", "bot", "serve", "--config", str(path)]
        self.process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.log: list[dict[str, Any]] = []
        self.text = ""
        self._ports: Queue[int] = Queue()
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()
        self.port = self._ports.get(timeout=LONGEST)
        assert self.port, self.text

    def _listen(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.text += line
            if line.startswith("{"):
                self.log.append(json.loads(line))
                if self.log[-1]["event"] == "started":
                    self._ports.put(self.log[-1]["port"])
        self._ports.put(0)

    def stops(self, how: signal.Signals) -> int:
        """Tell it to stop; its exit code."""
        self.process.send_signal(how)
        code = self.process.wait(timeout=10)
        self._listener.join(timeout=10)
        return code


@contextmanager
def serving(path: Path) -> Iterator[Running]:
    running = Running(path)
    try:
        yield running
    finally:
        if running.process.poll() is None:
            running.process.kill()
            running.process.wait()


# --- rosters ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def empty_office(tmp_path: Path) -> Path:
    """A configuration whose database has its tables."""
    store = Store(sqlite_url(tmp_path))
    schema.migrate(store)
    store.close()
    return config(tmp_path)


def test_a_workbook_is_written_filled_in_and_imported(tmp_path: Path, empty_office: Path) -> None:
    book = tmp_path / "名单.xlsx"
    done = bot("template", book)
    assert (done.returncode, done.stderr) == (0, "")
    assert str(book) in done.stdout
    fill(book, "委员", {"账号": "m1", "姓名": "沈小禾", "界别": "教育", "在任": "是"})
    fill(book, "工作人员", {"账号": "a1", "姓名": "方可期", "角色": "系统管理员"})
    done = bot("import", "--config", empty_office, book)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "人员：新增2，更改0，未变0\n承办单位：新增0，更改0，未变0\n"
    assert counted(sqlite_url(tmp_path)) == (2, 0, 2)


def test_who_is_marked_by_the_roster_is_told(tmp_path: Path, empty_office: Path) -> None:
    book = tmp_path / "名单.xlsx"
    assert here("template", book).exit_code == 0
    fill(book, "委员", {"账号": "m1", "姓名": "沈小禾"}, {"账号": "m2", "姓名": "陆观海"})
    assert here("import", "--config", empty_office, book).exit_code == 0
    fill(book, "委员", {"账号": "m1", "姓名": "沈小禾", "大字": "是"}, {"账号": "m2", "姓名": "陆观海", "纯文字": "否"})
    for _ in range(2):
        assert here("import", "--config", empty_office, book).exit_code == 0
    store = Store(sqlite_url(tmp_path))
    told = store.write(lambda session: [(row.person, row.body["text"]) for row in session.exec(select(Outgoing))])
    store.close()
    [(person, words)] = told
    assert person == "m1"
    assert words.startswith("提案委为您换成了大字版")


def test_bad_rows_are_each_named_and_nothing_is_imported(tmp_path: Path, empty_office: Path) -> None:
    book = tmp_path / "名单.xlsx"
    here("template", book)
    fill(
        book,
        "委员",
        {"账号": "m1", "姓名": "沈小禾", "在任": "是"},
        {"账号": "m2", "在任": "是"},
        {"账号": "m3", "姓名": "陆观海", "在任": "也许"},
    )
    fill(book, "工作人员", {"账号": "a1", "姓名": "方可期", "角色": "掌柜"})
    lines = complaint(bot("import", "--config", empty_office, book))
    assert len(lines) == 4
    assert "姓名" in lines[0]
    assert "在任" in lines[1]
    assert "角色" in lines[2]
    assert all(re.search(r"第\s*\d+\s*行", line) for line in lines[:3])
    assert lines[3] == "共3处要改，什么都没有导入。"
    assert counted(sqlite_url(tmp_path)) == (0, 0, 0)


@pytest.mark.parametrize("name", ["nowhere", "nowhere.xlsx"])
def test_a_roster_that_is_not_there(name: str, tmp_path: Path, empty_office: Path) -> None:
    lines = complaint(here("import", "--config", empty_office, tmp_path / name))
    assert name in lines[0]


def test_importing_into_a_database_without_tables(tmp_path: Path) -> None:
    [line] = complaint(here("import", "--config", config(tmp_path), TOWN))
    assert "python -m bot migrate" in line


def fill(path: Path, sheet: str, *rows: dict[str, str]) -> None:
    """Write rows under the headings, in place of the example."""
    book = load_workbook(path)
    columns = {str(cell.value).rstrip("*"): cell.column for cell in book[sheet][1]}
    for row, values in enumerate(rows, 3):
        for heading, value in values.items():
            book[sheet].cell(row, columns[heading], value)
    book.save(path)


# --- the table --------------------------------------------------------------------------------------------------------


def test_the_table_is_printed_and_is_the_one_in_the_documents() -> None:
    done = bot("table")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("# 提案生命周期表\n")
    assert done.stdout.count("```mermaid") == 5
    assert done.stdout == (ROOT / "docs" / "lifecycle.md").read_text("utf-8")


# --- what is wrong is said by its key ---------------------------------------------------------------------------------


def test_every_fault_of_the_configuration_in_one_line_each(tmp_path: Path) -> None:
    path = config(
        tmp_path,
        corp_id="corpid = 'ww1'",
        agent_id="agent_id = 'a word'",
        secret="",
        title_max="title_max = 3",
        host="host = 7",
    )
    lines = complaint(bot("serve", "--config", path))
    assert [line.split("：")[0] for line in sorted(lines)] == [
        "rules.title_max",
        "server.host",
        "wecom.agent_id",
        "wecom.corp_id",
        "wecom.corpid",
        "wecom.secret",
    ]
    assert "corp_id" in next(line for line in lines if line.startswith("wecom.corpid"))
    assert "a word" not in "".join(lines)


@pytest.mark.parametrize("command", ["migrate", "serve", "import"])
@pytest.mark.parametrize("url", ["mysql://root:hunter2@localhost/x", "sqlite://", "tiantong.db", "postgresql://"])
def test_a_database_of_an_unknown_kind(command: str, url: str, tmp_path: Path) -> None:
    path = config(tmp_path, url)
    [line] = complaint(here(command, "--config", path, *([TOWN] if command == "import" else [])))
    assert line.startswith("database.url：")
    assert "hunter2" not in line


@pytest.mark.parametrize("command", ["migrate", "serve", "import"])
def test_a_configuration_that_is_not_there(command: str, tmp_path: Path) -> None:
    path = tmp_path / "nowhere.toml"
    [line] = complaint(here(command, "--config", path, *([TOWN] if command == "import" else [])))
    assert str(path) in line


def test_a_configuration_that_is_no_toml(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text("[wecom]\nsecret = hunter2\n", "utf-8")
    [line] = complaint(here("serve", "--config", path))
    assert "第 2 行" in line
    assert "hunter2" not in line


def test_a_server_that_does_not_answer(tmp_path: Path) -> None:
    path = config(tmp_path, "postgresql://somebody:hunter2@127.0.0.1:9/none")
    [line] = complaint(here("migrate", "--config", path))
    assert line.startswith("database.url：")
    assert "hunter2" not in line


@pytest.mark.parametrize("version", ["0000", "9999"], ids=["older", "newer"])
def test_a_schema_of_another_version_is_refused(version: str, tmp_path: Path, empty_office: Path) -> None:
    store = Store(sqlite_url(tmp_path))
    with store.connection() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = :it"), {"it": version})
    store.close()
    [line] = complaint(here("serve", "--config", empty_office))
    assert version in line
    assert schema.newest() in line


def test_migrating_down_is_refused_in_one_line(tmp_path: Path, empty_office: Path) -> None:
    """The database is of a newer program than this one."""
    store = Store(sqlite_url(tmp_path))
    with store.connection() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    store.close()
    lines = complaint(here("migrate", "--config", empty_office))
    assert len(lines) == 1
    assert "9999" in lines[0]


def test_a_port_that_is_taken(tmp_path: Path, empty_office: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = bot("serve", "--config", config(tmp_path, port=port))
    lines = [line for line in complaint(done) if not line.startswith("{")]
    assert len(lines) == 1
    assert lines[0].startswith("server.port：")
    assert str(port) in lines[0]


# --- a folder that may only be read -----------------------------------------------------------------------------------

CAPBSET_DROP, DAC_OVERRIDE, DAC_READ_SEARCH = 24, 1, 2


def _as_others() -> None:
    """Root may write anywhere; give that up before the command begins."""
    if os.geteuid() == 0:
        libc = ctypes.CDLL(None)
        for capability in (DAC_OVERRIDE, DAC_READ_SEARCH):
            if libc.prctl(CAPBSET_DROP, capability, 0, 0, 0):
                os._exit(99)


@pytest.fixture
def closed(tmp_path: Path) -> Iterator[Path]:
    """A folder with a filled database in which nothing may be written."""
    folder = tmp_path / "closed"
    folder.mkdir()
    prepare(sqlite_url(folder))
    for file in folder.iterdir():
        file.chmod(0o444)
    folder.chmod(0o555)
    yield folder
    folder.chmod(0o755)


COMMANDS: dict[str, Callable[[Path], tuple[str, list[object]]]] = {
    "migrate": lambda folder: ("database.url：", ["migrate", "--config", config(folder.parent, sqlite_url(folder))]),
    "migrate below": lambda folder: (
        "database.url：",
        ["migrate", "--config", config(folder.parent, sqlite_url(folder / "below"))],
    ),
    "serve": lambda folder: ("database.url：", ["serve", "--config", config(folder.parent, sqlite_url(folder))]),
    "import": lambda folder: (
        "database.url：",
        ["import", "--config", config(folder.parent, sqlite_url(folder)), TOWN],
    ),
    "template": lambda folder: ("写不了", ["template", folder / "名单.xlsx"]),
}


@pytest.mark.parametrize("command", list(COMMANDS))
def test_a_folder_that_may_only_be_read(command: str, closed: Path) -> None:
    begins, words = COMMANDS[command](closed)
    [line] = complaint(bot(*words, preexec_fn=_as_others))
    assert line.startswith(begins)
