"""Chromium for the tests that need a real browser, with a font that has Chinese letters."""

import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pylopdf_fonts_zh_cn
import pytest
from playwright.async_api import BrowserContext, async_playwright

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


@asynccontextmanager
async def chromium(
    folder: Path, *, width: int = 1600, height: int = 900, **options: object
) -> AsyncIterator[BrowserContext]:
    """A fresh browser with its own profile in `folder`; it reaches this machine only by what the test opens."""
    env = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}
    env |= {"FONTCONFIG_FILE": str(chinese_fonts(folder)), "TZ": "UTC", "LANG": "C.UTF-8"}
    path = find_chromium()
    async with async_playwright() as playwright:
        context = await playwright.chromium.launch_persistent_context(
            str(folder / "profile"),
            executable_path=path,
            args=_ARGUMENTS,
            env=env,
            viewport={"width": width, "height": height},
            locale="zh-CN",
            **options,  # type: ignore[arg-type]
        )
        try:
            yield context
        finally:
            await context.close()
