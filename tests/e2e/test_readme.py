"""What the README and the deployment pages say: every marked command runs in a fresh clone, every path and link is there."""

import asyncio
import json
import os
import re
import shlex
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.__main__ import cli
from tests.e2e.visitor import ROOT, program

PAIRS = (
    ("README.md", "README.zh-CN.md"),
    ("docs/deploy.md", "docs/deploy.zh-CN.md"),
    ("docs/upkeep.md", "docs/upkeep.zh-CN.md"),
    ("docs/guarantees.md", "docs/guarantees.zh-CN.md"),
    ("docs/scale.md", "docs/scale.zh-CN.md"),
)
PAGES = tuple(page for pair in PAIRS for page in pair)
ALL_PAGES = (*PAGES, "docs/rules.md", "docs/lifecycle.md")
BLOCK = re.compile(r"^```(\w*)( runnable)?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
NAMED = re.compile(r"`([A-Za-z][\w.-]*(?:/[\w.-]*)+|[\w-]+\.(?:py|md|toml))`")


def git(folder: Path, *words: str) -> str:
    return subprocess.run(["git", "-C", str(folder), *words], check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What somebody gets who clones the repository and runs `make setup`; what is installed is shared with this run."""
    folder = tmp_path_factory.mktemp("clone") / "tiantong"
    subprocess.run(["git", "clone", "--quiet", "--no-hardlinks", str(ROOT), str(folder)], check=True)
    environment = folder / ".venv"
    environment.mkdir()
    for part in ("bin", "lib", "lib64", "include", "pyvenv.cfg"):
        if (Path(sys.prefix) / part).exists():
            (environment / part).symlink_to(Path(sys.prefix) / part)
    locked = b"".join(path.read_bytes() for path in sorted((folder / "requirements").glob("*.txt")))
    wanted = subprocess.run(["git", "hash-object", "--stdin"], input=locked, check=True, capture_output=True)
    (environment / ".prepared").write_text(f"dev {wanted.stdout.decode().strip()}\n", encoding="utf-8")
    return folder


def blocks(page: Path, *, runnable: bool = False) -> Iterator[tuple[str, str]]:
    """The code blocks of a page: language and text."""
    for language, marked, text in BLOCK.findall(page.read_text(encoding="utf-8")):
        if marked or not runnable:
            yield language, text


def commands(page: Path, *, runnable: bool = False) -> list[list[str]]:
    """The commands of a page, word by word, without their comments."""
    lines = [
        line for language, text in blocks(page, runnable=runnable) if language == "sh" for line in text.splitlines()
    ]
    return [words for line in lines if (words := shlex.split(line, comments=True))]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def is_target(clone: Path, target: str) -> None:
    """`make target` would run scripts that are there and may be run."""
    recipe = re.search(
        rf"^{target}:[^;\n]*[;\n]([^\n]*)", (clone / "Makefile").read_text(encoding="utf-8"), re.MULTILINE
    )
    assert recipe, f"make {target} is documented, but not in the Makefile"
    for script in re.findall(r"scripts/\w+", recipe[1]):
        assert os.access(clone / script, os.X_OK), f"{script} cannot be run"


# --- the commands -----------------------------------------------------------------------------------------------------


async def test_every_marked_command_runs(clone: Path) -> None:
    done: list[list[str]] = []
    for page in PAGES:
        for words in commands(clone / page, runnable=True):
            if words in done:
                continue
            done.append(words)
            if words[:1] == ["make"] and words[1] not in {"setup", "demo"}:
                is_target(clone, words[1])
            elif words[:2] == ["make", "demo"] or words[-1:] == ["demo"]:
                async with program(*words, cwd=clone) as address:
                    status, page_there = await asyncio.to_thread(get, address)
                    assert (status, "提案通" in page_there.decode()) == (200, True)
            elif "serve" in words:
                await serves(clone, words)
            else:
                ran = await asyncio.to_thread(subprocess.run, words, cwd=clone, capture_output=True, text=True)
                assert ran.returncode == 0, f"{words}: {ran.stderr}"
    assert ["make", "demo"] in done
    assert ["make", "test"] in done
    for file in ("roster.xlsx", "data/tiantong.db", "data/backup.db", "data/office.db"):
        assert (clone / file).stat().st_size > 4096
    assert git(clone, "status", "--porcelain", "--untracked-files=all") == "?? roster.xlsx"


async def serves(clone: Path, words: list[str]) -> None:
    """The bot runs and is well, though nobody plays WeCom; the addresses of the deployment page are there."""
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    settings = {"TIANTONG_SERVER__PORT": str(port), "TIANTONG_WECOM__API_BASE": "http://127.0.0.1:9"}
    async with program(*words, cwd=clone, shows=rb'"event": "started"', **settings):
        for path, status in (("/healthz", 200), ("/p/", 200), ("/wecom/callback", 400), ("/", 404)):
            answer = await asyncio.to_thread(get, base + path)
            assert (path, answer[0]) == (path, status)
            if path == "/healthz":
                assert json.loads(answer[1])["ok"] is True


def get(url: str) -> tuple[int, bytes]:
    """Straight to this machine, whatever proxy is set for the rest of the world."""
    try:
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(url, timeout=10) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, b""


def test_every_make_target_that_is_documented_exists(clone: Path) -> None:
    targets = {words[1] for page in PAGES for words in commands(clone / page) if words[0] == "make"}
    assert targets == {"setup", "check", "test", "demo", "rehearse", "bench"}
    for target in targets:
        is_target(clone, target)


def test_every_command_of_the_bot_that_is_documented_exists(clone: Path) -> None:
    known = {command.name or command.callback.__name__ for command in cli.registered_commands if command.callback}
    known |= {group.name for group in cli.registered_groups if group.name}
    for words in (words for page in PAGES for words in commands(clone / page)):
        if "bot" in words:
            assert words[words.index("bot") + 1] in known, words
        for script in (word for word in words if word.startswith("scripts/")):
            assert os.access(clone / script, os.X_OK), script


# --- the two languages ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("english", "chinese"), PAIRS)
def test_both_languages_say_the_same(clone: Path, english: str, chinese: str) -> None:
    one, other = clone / english, clone / chinese
    assert shape(one) == shape(other)
    assert commands(one) == commands(other)
    assert commands(one, runnable=True) == commands(other, runnable=True)
    assert [text for language, text in blocks(one) if language != "sh"] == [
        text for language, text in blocks(other) if language != "sh"
    ]
    assert paths(one) == paths(other)


def shape(page: Path) -> list[str]:
    """The headings' levels, the list items, the rows of tables, in order."""
    text = BLOCK.sub("", page.read_text(encoding="utf-8"))
    starts = (re.match(r"#+ |\d+\. |\| |!\[|- ", line) for line in text.splitlines())
    return [start[0] for start in starts if start]


def paths(page: Path) -> set[str]:
    return set(NAMED.findall(BLOCK.sub("", page.read_text(encoding="utf-8"))))


# --- what they point to -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", ALL_PAGES)
def test_every_link_and_path_is_there(clone: Path, page: str) -> None:
    text = BLOCK.sub("", (clone / page).read_text(encoding="utf-8"))
    for link in LINK.findall(text):
        if not re.match(r"https?:", link):
            assert ((clone / page).parent / link.partition("#")[0]).exists(), link
    for path in paths(clone / page):
        ignored = subprocess.run(["git", "-C", str(clone), "check-ignore", "-q", path], check=False).returncode == 0
        assert ignored or (clone / path).exists(), path


def test_every_room_has_its_line(clone: Path) -> None:
    rooms = {f"{path.parent.name}/" for path in clone.glob("*/__init__.py")}
    for page in PAIRS[0]:
        lines = re.findall(r"^\| `([\w/]+/)` \|", (clone / page).read_text(encoding="utf-8"), re.MULTILINE)
        assert rooms <= set(lines)


def test_every_picture_is_shown(clone: Path) -> None:
    kept = {path.name for path in (clone / "docs" / "screens").iterdir()}
    for page in PAIRS[0]:
        assert set(re.findall(r"\(docs/screens/([\w.]+)\)", (clone / page).read_text(encoding="utf-8"))) == kept


# --- the pages that are written from the code -------------------------------------------------------------------------


@pytest.mark.parametrize("page", ["rules.md", "lifecycle.md"])
def test_generated_pages_are_current(page: str, tmp_path: Path) -> None:
    subprocess.run([sys.executable, "docs/generate.py", str(tmp_path)], cwd=ROOT, check=True)
    written, kept = (folder.joinpath(page).read_text(encoding="utf-8") for folder in (tmp_path, ROOT / "docs"))
    assert written == kept, "run: python docs/generate.py"


def test_the_life_cycle_is_what_the_command_prints() -> None:
    printed = subprocess.run([sys.executable, "-m", "bot", "table"], cwd=ROOT, check=True, capture_output=True)
    assert printed.stdout.decode() == (ROOT / "docs" / "lifecycle.md").read_text(encoding="utf-8")
