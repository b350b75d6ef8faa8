"""A message that is on its way for as long as a test wants."""

import asyncio
from typing import Any

import pytest

from bot.app import App
from bot.wecom.client import Sent


def holds_what_is_sent(app: App, monkeypatch: pytest.MonkeyPatch) -> tuple[asyncio.Event, asyncio.Event]:
    """What this app sends waits: set when something has begun, and to be set when it may go on."""
    begun, go_on, really = asyncio.Event(), asyncio.Event(), app.client.send

    async def send(body: dict[str, Any]) -> Sent:
        begun.set()
        await go_on.wait()
        return await really(body)

    monkeypatch.setattr(app.client, "send", send)
    return begun, go_on
