"""The demo as a visitor has it: a process of its own, its page in Chromium, and people who click and type."""

import asyncio
import os
import re
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from playwright.async_api import FrameLocator, Locator, Page, TimeoutError, expect

from tests.browser import chromium

ROOT = Path(__file__).parents[2]
SCREENS = ROOT / "docs" / "screens"
PATIENCE = 10_000  # milliseconds until an answer must be on the screen
LARGEST = 400 * 1024  # bytes of a picture in the repository

# the place of the first entry of the app after `after` that holds all the words, else null
HEARD = """([person, after, words]) => {
  const entries = [...document.querySelectorAll(`.phone[data-person="${person}"] .entry`)];
  const place = entries.findIndex((entry, at) => at >= after && entry.dataset.from === "app"
    && words.every((word) => entry.textContent.includes(word)));
  return place < 0 ? null : {place};
}"""

STILL = "() => document.getAnimations().every((moving) => moving.playState !== 'running')"


@asynccontextmanager
async def program(
    *command: str, cwd: Path = ROOT, shows: bytes = rb"http://127\.0\.0\.1:\d+/\S*", **environment: str
) -> AsyncIterator[str]:
    """Run a command that stays, from the moment it shows something (its page's address) on; SIGTERM must end it well."""
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=cwd,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env={**os.environ, **environment},
    )
    assert process.stdout is not None
    lines: list[bytes] = []
    try:
        yield await _shown(process.stdout, shows, lines)
        rest = asyncio.create_task(process.stdout.read())
        os.kill(_innermost(process.pid), signal.SIGTERM)
        async with asyncio.timeout(20):
            lines.append(await rest)
            assert await process.wait() == 0, _text(lines)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert '"level": "error"' not in _text(lines)


async def _shown(stream: asyncio.StreamReader, wanted: bytes, lines: list[bytes]) -> str:
    async with asyncio.timeout(60):
        async for line in stream:
            lines.append(line)
            if found := re.search(wanted, line):
                return found[0].decode()
    raise AssertionError(f"it ended before it showed what was wanted: {_text(lines)}")


def _text(lines: list[bytes]) -> str:
    return b"".join(lines).decode(errors="replace")


def _innermost(pid: int) -> int:
    """The process that does the work: make and the shell only wait for it."""
    listed = subprocess.run(["ps", "-A", "-o", "pid=,ppid="], check=True, capture_output=True, text=True).stdout
    children = {int(parent): int(child) for child, parent in (line.split() for line in listed.splitlines())}
    while pid in children:
        pid = children[pid]
    return pid


class Visitor:
    """Looks at the page and plays the people of the town, one phone each."""

    def __init__(self, page: Page, address: str) -> None:
        self.page, self.address = page, address
        self.faults: list[str] = []
        self._read: dict[str, int] = {}
        page.set_default_timeout(PATIENCE)
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on("console", lambda line: self.faults.append(line.text) if line.type == "error" else None)

    # --- the table ----------------------------------------------------------------------------------------------------

    async def opens(self, *people: str) -> None:
        """Open the page, with the phones of these people or those that are there at first."""
        await self.page.goto(self.address + (f"#p={','.join(people)}" if people else ""))
        await self.page.wait_for_selector("body[data-ready]")

    def phone(self, person: str) -> Locator:
        """The phone in somebody's hand."""
        return self.page.locator(f'.phone[data-person="{person}"]')

    async def hands(self, giver: str, taker: str, name: str) -> None:
        """Give a phone to somebody else, found by name in the list."""
        await self.phone(giver).locator('[data-role="who"]').click()
        await self._picks(taker, name)

    async def adds(self, person: str, name: str) -> None:
        """Lay one more phone on the table."""
        await self.page.get_by_role("button", name="添加手机").click()
        await self._picks(person, name)

    async def _picks(self, person: str, name: str) -> None:
        picker = self.page.get_by_role("dialog", name="选择人员")
        await picker.get_by_label("搜索人员").fill(name)
        await picker.locator(f'[data-choose="{person}"]').click()
        await expect(self.phone(person)).to_be_attached()

    async def turns(self, label: str) -> str:
        """Turn the calendar, and return what the page says about it when it stands."""
        await self.page.evaluate("() => document.querySelectorAll('.toast').forEach((note) => note.dataset.old = 1)")
        await self.page.get_by_role("button", name=label).click()
        return await self.page.locator(".toast:not([data-old])").last.inner_text(timeout=60_000)

    @property
    def today(self) -> Locator:
        """The date the page shows."""
        return self.page.locator('[data-role="today"]')

    # --- a person -----------------------------------------------------------------------------------------------------

    async def says(self, person: str, words: str) -> None:
        """Type a message and send it."""
        field = self.phone(person).get_by_label("写消息")
        await field.fill(words)
        await field.press("Enter")

    async def taps(self, person: str, *menu: str) -> None:
        """Choose from the menu at the foot of the chat."""
        for name in menu:
            await self.phone(person).locator(f'[data-menu="{name}"]').click()

    async def reads(self, person: str, *words: str) -> Locator:
        """Wait until a new message or card holds all these words; what came before it counts as read."""
        begun = self._read.get(person, 0)
        try:
            found = await self.page.wait_for_function(HEARD, arg=[person, begun, list(words)])
        except TimeoutError:
            seen = (await self.phone(person).locator(".entry").all_inner_texts())[begun:]
            raise AssertionError(f"{person} did not read {words}, but: {seen}") from None
        place = (await found.json_value())["place"]
        self._read[person] = place + 1
        return self.phone(person).locator(".entry").nth(place)

    def button(self, person: str, label: str) -> Locator:
        """The newest button of that name that can be pressed."""
        return self.phone(person).locator(".card-button:enabled").get_by_text(label, exact=True).last

    async def presses(self, person: str, label: str) -> None:
        """Press a button on the newest card that has it."""
        await self.button(person, label).click()

    async def chooses(self, person: str, choices: Mapping[str, str], submit: str) -> None:
        """Choose on the newest card and hand it in."""
        for question, option in choices.items():
            await self.phone(person).get_by_label(question).last.select_option(option)
        await self.presses(person, submit)

    def web(self, person: str) -> FrameLocator:
        """The page that is open inside a phone."""
        return self.phone(person).frame_locator("iframe")

    async def leaves_the_page(self, person: str) -> None:
        """Close the page that is open inside a phone."""
        await self.phone(person).get_by_role("button", name="关闭网页").click()

    # --- pictures -----------------------------------------------------------------------------------------------------

    async def keeps(self, name: str, person: str = "") -> None:
        """Keep a picture of the page, or of one phone, for the documentation; only if TIANTONG_SCREENSHOTS=1 asks for it."""
        if os.environ.get("TIANTONG_SCREENSHOTS") != "1":
            return
        await self.page.mouse.move(0, 0)
        await expect(self.page.locator(".toast")).to_have_count(0, timeout=PATIENCE)
        await self.page.wait_for_function(STILL)
        SCREENS.mkdir(parents=True, exist_ok=True)
        path = SCREENS / f"{name}.png"
        shown = self.phone(person).locator(".screen") if person else self.page
        await shown.screenshot(path=path, caret="hide")
        assert path.stat().st_size < LARGEST, f"{path.name} is too large"


@asynccontextmanager
async def a_visit(folder: Path, *, width: int = 1600, height: int = 1000) -> AsyncIterator[Visitor]:
    """The demo is running and the page is ready; in the end nothing may have gone wrong behind the scenes."""
    command = (sys.executable, "-m", "bot", "demo", "--data", str(folder / "data"), "--port", "0")
    async with program(*command) as address, chromium(folder, width=width, height=height) as browser:
        visitor = Visitor(browser.pages[0], address)
        yield visitor
        found: dict[str, Any] = await (await browser.request.get(f"{address}api/violations")).json()
        assert found["violations"] == []
        assert found["dropped"] == []
        assert visitor.faults == []
