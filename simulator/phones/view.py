"""What the browser is told: people, chats, calls and callbacks as JSON, without a secret in it."""

import re
from dataclasses import fields
from typing import Any

from simulator.person import Person
from simulator.platform import Platform
from simulator.records import Call, Delivery, Shown, Someone

CHAT = 200  # entries a phone is given at once
LISTED = 150  # calls or callbacks in the developer's panel

_SECRET_KEYS = {"access_token", "corpsecret", "secret", "user_ticket", "token", "encodingaeskey", "suite_secret"}
_SECRET_IN_TEXT = re.compile(r"((?:access_token|corpsecret|secret)=)[^&\s\"']+", re.IGNORECASE)
_MASK = "••••••"


def someone(platform: Platform, who: Someone) -> dict[str, Any]:
    """An entry of the address book, with the number of messages that have come so far."""
    person = platform.person(who.userid)
    return {
        "userid": person.userid.lower(),
        "name": who.name,
        "title": who.title,
        "group": who.group or "其他",
        "unit": who.unit,
        "on_plugin": person.on_plugin,
        "arrived": arrived(person),
    }


def arrived(person: Person) -> int:
    """How many messages of the app this person has been shown."""
    return sum(not shown.from_me for shown in person.inbox)


def entry(shown: Shown) -> dict[str, Any]:
    """One entry of a chat."""
    return {
        "id": shown.id,
        "at": shown.at.isoformat(),
        "kind": shown.kind,
        "text": shown.text,
        "content": shown.content,
        "card": shown.card,
        "live": shown.live,
        "replaced_text": shown.replaced_text,
        "from_me": shown.from_me,
        "recalled": shown.recalled,
        "selected": {question: list(options) for question, options in shown.selected.items()},
    }


def chat(person: Person) -> dict[str, Any]:
    """The end of a person's chat."""
    return {
        "userid": person.userid.lower(),
        "arrived": arrived(person),
        "on_plugin": person.on_plugin,
        "entries": [entry(shown) for shown in person.inbox[-CHAT:]],
    }


def masked(value: Any) -> Any:
    """The same value with everything secret covered."""
    if isinstance(value, dict):
        return {k: _MASK if str(k).lower() in _SECRET_KEYS and v else masked(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [masked(item) for item in value]
    if isinstance(value, str):
        return _SECRET_IN_TEXT.sub(rf"\1{_MASK}", value)
    if value is None or isinstance(value, bool | int | float):
        return value
    return f"<{type(value).__name__}>"


def call_line(call: Call) -> dict[str, Any]:
    """A call in one line; its key is good as long as the platform remembers the call."""
    errcode = call.response.get("errcode") if isinstance(call.response, dict) else None
    return {
        "key": f"{id(call):x}",
        "at": call.at.isoformat(),
        "method": call.method,
        "path": masked(call.path),
        "errcode": errcode,
        "ms": round(call.ms, 1),
    }


def delivery_line(delivery: Delivery, names: dict[str, str]) -> dict[str, Any]:
    """A callback in one line."""
    said = delivery.fields
    return {
        "key": f"{id(delivery):x}",
        "at": delivery.at.isoformat(),
        "person": names.get(delivery.person, delivery.person),
        "what": str(said.get("Event") or said.get("MsgType") or ""),
        "about": str(said.get("Content") or said.get("EventKey") or "")[:60],
        "attempts": delivery.attempts,
        "accepted": delivery.accepted,
        "answers": list(delivery.answers),
    }


def record(value: Any) -> dict[str, Any]:
    """A small dataclass as it is, its moments as text."""
    found = {field.name: getattr(value, field.name) for field in fields(value)}
    return {name: v.isoformat() if hasattr(v, "isoformat") else masked(v) for name, v in found.items()}
