"""撤回: how a dialogue stood before its last answer; and by the same note, whether an answer came twice by a double tap."""

import hashlib
from datetime import datetime, timedelta
from typing import Any

from bot.questions import Exchange, bare

DOUBLE_TAP = timedelta(minutes=1)
SHORT = 6  # characters: a number or a yes may rightly be said twice
SHOWN = 12  # characters of what was taken back


def remember(exchange: Exchange, said: str) -> None:
    """Note how the dialogue stands, before this changes it."""
    conversation, words = exchange.conversation, " ".join(said.split())
    conversation.undo = {
        "step": conversation.step,
        "back_to": conversation.back_to,
        "answers": conversation.answers,
        "said": words[:SHOWN] + ("…" if len(words) > SHOWN else ""),
        "digest": _digest(said),
        "at": exchange.turn.now.isoformat(),
    }


def remember_attached(exchange: Exchange, key: int) -> None:
    """The last message was no answer but something to keep with it."""
    exchange.conversation.undo = {"attached": key}


def forget(exchange: Exchange) -> None:
    """What was done now cannot be taken back by a word."""
    exchange.conversation.undo = None


def restore(exchange: Exchange, before: dict[str, Any]) -> None:
    """Let it stand as it stood."""
    conversation = exchange.conversation
    conversation.step, conversation.back_to = before["step"], before["back_to"]
    conversation.answers = before["answers"]
    conversation.undo = None


def stands_as_before(exchange: Exchange) -> bool:
    """Whether nothing has changed since it was noted: something was only asked."""
    conversation, before = exchange.conversation, exchange.conversation.undo or {}
    noted = (before.get("step"), before.get("back_to"), before.get("answers"))
    return conversation.open and noted == (conversation.step, conversation.back_to, conversation.answers)


def came_twice(exchange: Exchange, text: str, *, several: bool) -> bool:
    """Whether these very words were the last answer, a moment ago: 发送 was tapped twice."""
    before = exchange.conversation.undo
    if not before or len(bare(text)) <= SHORT or before.get("digest") != _digest(text):
        return False
    if before["step"] == exchange.conversation.step and not several:
        return False  # one went back in between, to say it again
    return exchange.turn.now - datetime.fromisoformat(before["at"]) <= DOUBLE_TAP


def _digest(text: str) -> str:
    return hashlib.sha256(text.strip().encode("utf-8", "replace")).hexdigest()[:16]
