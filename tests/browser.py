"""Chromium for the tests that need a real browser, with a font that has Chinese letters."""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from concurrent.futures import Future
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from threading import Thread
from typing import Any, TypeVar

import aiohttp
import pylopdf_fonts_zh_cn
import pytest
from playwright.async_api import Browser, BrowserContext, Page, async_playwright

T = TypeVar("T")
WIDTH, HEIGHT = 320, 568  # the smallest phone
HOST = "127.0.0.1"
PATIENCE = 10_000  # milliseconds for one act in the browser

_ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
_FONTS = """<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><include ignore_missing="yes">/etc/fonts/fonts.conf</include><dir>{fonts}</dir><cachedir>{cache}</cachedir></fontconfig>
"""


def find_chromium() -> str:
    """The path of a Chromium. Without one the test is skipped, but fails where CI=true."""
    named = os.environ.get("CHROMIUM", "")
    for candidate in (named, "chromium", "chromium-browser", "google-chrome", "google-chrome-stable"):
        if candidate and (found := shutil.which(candidate)):
            return found
    message = "no Chromium here: install it, or name it in the environment variable CHROMIUM"
    if os.environ.get("CI", "").lower() == "true":
        pytest.fail(message)
    pytest.skip(message)


def chinese_fonts(folder: Path) -> Path:
    """A fontconfig file in `folder` that adds Chinese letters to what the machine has."""
    fonts = Path(pylopdf_fonts_zh_cn.__file__).parent
    config = folder / "fonts.conf"
    config.write_text(_FONTS.format(fonts=fonts, cache=folder / "font-cache"), encoding="utf-8")
    return config


def _launching(folder: Path) -> dict[str, Any]:
    env = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}
    env |= {"FONTCONFIG_FILE": str(chinese_fonts(folder)), "TZ": "UTC", "LANG": "C.UTF-8"}
    return {"executable_path": find_chromium(), "args": _ARGUMENTS, "env": env}


@asynccontextmanager
async def chromium(
    folder: Path, *, width: int = 1600, height: int = 900, **options: object
) -> AsyncIterator[BrowserContext]:
    """A fresh browser with its own profile in `folder`; it reaches this machine only by what the test opens."""
    launching = _launching(folder)
    async with async_playwright() as playwright:
        context = await playwright.chromium.launch_persistent_context(
            str(folder / "profile"),
            viewport={"width": width, "height": height},
            locale="zh-CN",
            **launching,
            **options,  # type: ignore[arg-type]
        )
        try:
            yield context
        finally:
            await context.close()


async def hands_over(context: BrowserContext, cookies: aiohttp.CookieJar) -> None:
    """From now on the phone is in the hands of whoever logged in with these; whoever had it before is forgotten."""
    await context.clear_cookies()
    await context.add_cookies([{"name": c.key, "value": c.value, "domain": HOST, "path": "/"} for c in cookies])


class Handset:
    """A browser for many stories: it lives in a loop of its own, and every story has another.

    Whoever taps takes one of its phones.
    """

    def __init__(self, browser: Browser) -> None:
        self._browser, self._loop = browser, asyncio.get_running_loop()
        self._idle: list[Page] = []

    async def do(self, work: Callable[[Page], Awaitable[T]]) -> T:
        """Let something be done with a small phone's page, and wait for it."""
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(self._done(work), self._loop))

    async def _done(self, work: Callable[[Page], Awaitable[T]]) -> T:
        page = self._idle.pop() if self._idle else await self._another()
        try:
            done = await work(page)
        except BaseException:
            await page.context.close()
            raise
        self._idle.append(page)
        return done

    async def _another(self) -> Page:
        context = await self._browser.new_context(viewport={"width": WIDTH, "height": HEIGHT}, locale="zh-CN")
        context.set_default_timeout(PATIENCE)
        return await context.new_page()


@contextmanager
def handset(folder: Path) -> Iterator[Handset]:
    """A browser that serves until this ends."""
    launching = _launching(folder)
    loop, begun, done = asyncio.new_event_loop(), Future[Handset](), asyncio.Event()

    async def serve() -> None:
        try:
            async with async_playwright() as playwright, await playwright.chromium.launch(**launching) as browser:
                begun.set_result(Handset(browser))
                await done.wait()
        except BaseException as error:
            if begun.done():
                raise
            begun.set_exception(error)

    thread = Thread(target=lambda: loop.run_until_complete(serve()), name="handset")
    thread.start()
    try:
        yield begun.result()
    finally:
        loop.call_soon_threadsafe(done.set)
        thread.join()
        loop.close()
