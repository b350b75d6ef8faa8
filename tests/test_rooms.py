"""The house: which room may lean on which, how long a file may grow, and that everything public says what it is for."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ROOMS = ("bot", "handlers", "models", "scheduler")
ORDER = ("scheduler", "handlers", "bot", "models")  # each may import what stands to its right
LONGEST = 450  # lines
ONLY = {  # a tool, and who alone may know it
    "wechatpy": {"bot/wecom"},
    "httpx": {"bot/wecom"},
    "apscheduler": {"scheduler/clock.py"},
    "alembic": {"models/schema.py", "models/migrations"},
    "openpyxl": {"bot/roster_files.py"},
    "psycopg": {"models/store"},
    "sqlite3": {"models/store", "models/trouble.py", "bot/desk.py"},
    "simulator": {"bot/demo.py", "bot/__main__.py"},
}
PROPOSALS = {"models.proposal", "models.handling", "models.lifecycle"}
WATCHES = {("datetime", "now"), ("datetime", "utcnow"), ("datetime", "today"), ("date", "today"), ("time", "time")}


def files(*rooms: str) -> list[Path]:
    """Every module of these rooms."""
    return [path for room in rooms for path in sorted((ROOT / room).rglob("*.py"))]


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def imported(path: Path) -> Iterator[str]:
    """Every module that a file imports, wherever in it, names of modules among what is imported from a package too."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_the_contracts_of_the_rooms_are_kept() -> None:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-logo", "--no-cache"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    assert " 0 broken" in done.stdout


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_leans_only_on_rooms_to_its_right(room: str) -> None:
    left = ORDER[: ORDER.index(room)]
    for path in files(room):
        if name(path) != "bot/__main__.py":
            assert not {module for module in imported(path) if module.split(".")[0] in left}, name(path)


def test_relative_imports_are_not_used() -> None:
    for path in files(*ROOMS, "simulator", "protocol"):
        assert not [n for n in ast.walk(tree(path)) if isinstance(n, ast.ImportFrom) and n.level], name(path)


def test_the_simulator_knows_no_room_and_the_protocol_nobody() -> None:
    for path in files("simulator"):
        assert not {module for module in imported(path) if module.split(".")[0] in ROOMS}, name(path)
    for path in files("protocol"):
        assert not {m for m in imported(path) if m.split(".")[0] in {*ROOMS, "simulator"}}, name(path)


def test_bot_knows_no_proposal() -> None:
    for path in files("bot"):
        assert not PROPOSALS & set(imported(path)), name(path)


@pytest.mark.parametrize("tool", list(ONLY))
def test_a_tool_is_known_to_its_own_file_only(tool: str) -> None:
    for path in files(*ROOMS):
        if tool in {module.split(".")[0] for module in imported(path)}:
            assert any(name(path) == room or name(path).startswith(f"{room}/") for room in ONLY[tool]), name(path)


def test_only_the_application_looks_at_a_watch() -> None:
    looking = {
        name(path)
        for path in files(*ROOMS)
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
        and (node.func.value.id, node.func.attr) in WATCHES
    }
    assert looking <= {"bot/app.py", "scheduler/clock.py"}


def test_no_file_is_too_long_to_be_read() -> None:
    """Migrations excepted: they are written once, mostly by Alembic, and never touched again."""
    lengths = {name(path): len(path.read_text("utf-8").splitlines()) for path in files(*ROOMS, "simulator", "protocol")}
    long = {path for path, lines in lengths.items() if lines > LONGEST}
    assert {path for path in long if "/migrations/versions/" not in path} == set()


def test_every_file_says_what_it_is_for() -> None:
    assert [name(path) for path in files(*ROOMS, "simulator", "protocol") if not ast.get_docstring(tree(path))] == []


def test_everything_public_says_what_it_does() -> None:
    silent = []
    for path in files(*ROOMS):
        silent += [
            f"{name(path)}:{node.lineno} {node.name}" for node in public(tree(path)) if not ast.get_docstring(node)
        ]
    assert silent == []


def public(node: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Functions and methods that others may call; what stands inside a function is its own business."""
    for below in ast.iter_child_nodes(node):
        if isinstance(below, ast.FunctionDef | ast.AsyncFunctionDef) and not below.name.startswith("_"):
            yield below
        elif isinstance(below, ast.ClassDef) and not below.name.startswith("_"):
            yield from public(below)


def test_nothing_is_left_to_be_done() -> None:
    left = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b|raise NotImplementedError|pytest\.mark\.(skip|xfail)")
    places = [path for path in files(*ROOMS, "simulator", "protocol", "tests") if path.name != Path(__file__).name]
    assert [name(path) for path in places if left.search(path.read_text("utf-8"))] == []


def test_only_the_store_speaks_one_engines_sql() -> None:
    """What only SQLite or only PostgreSQL understands stands in models/store, or in a migration, which is history."""
    own = re.compile(
        r"PRAGMA |\bpg_\w+\(|sqlite_(master|sequence)|fts5|json_each|TRUNCATE |\bLISTEN |\bNOTIFY |"
        r"CREATE (TRIGGER|VIRTUAL)|regclass|\bunnest\(|on_conflict|dialect\.name|[^:]::[a-z]+\b"
    )
    rooms = [path for path in files(*ROOMS) if not name(path).startswith(("models/store/", "models/migrations/"))]
    assert [name(path) for path in rooms if own.search(path.read_text("utf-8"))] == []


def test_nobody_reads_a_global_setting() -> None:
    """Settings are passed as an argument; the environment is read in one place."""
    readers = {
        name(path)
        for path in files(*ROOMS)
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and (node.value.id, node.attr) in {("os", "environ"), ("os", "getenv")}
    }
    assert readers <= {"bot/config.py"}
