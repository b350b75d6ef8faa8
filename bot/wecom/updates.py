"""What may arrive, typed, and the key by which a repetition is known."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

Fields = dict[str, Any]


@dataclass(frozen=True)
class Update:
    """Something happened to a person. userids are not case-sensitive: `person` is in lower case."""

    key: str
    person: str
    at: int
    agent_id: int | None


@dataclass(frozen=True)
class Text(Update):
    text: str


@dataclass(frozen=True)
class Press(Update):
    """A tap on a card's button, on its submit button, or in its menu; `selected`: question key -> option ids."""

    event_key: str
    task_id: str
    response_code: str
    card_type: str
    selected: dict[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Menu(Update):
    event_key: str


@dataclass(frozen=True)
class Enter(Update):
    """The member opens the app's chat."""


@dataclass(frozen=True)
class Subscribe(Update):
    """The member comes into the app's visible range."""


@dataclass(frozen=True)
class Leave(Update):
    """The member is out of the app's visible range, disabled, or gone."""


@dataclass(frozen=True)
class Picture(Update):
    media_id: str
    url: str


@dataclass(frozen=True)
class Voice(Update):
    media_id: str
    format: str


@dataclass(frozen=True)
class Video(Update):
    media_id: str
    thumb_media_id: str


@dataclass(frozen=True)
class File(Update):
    """Undocumented, seen now and then: understood if it comes, never relied on."""

    media_id: str
    file_name: str


@dataclass(frozen=True)
class Location(Update):
    latitude: str
    longitude: str
    label: str


@dataclass(frozen=True)
class Link(Update):
    title: str
    description: str
    url: str


@dataclass(frozen=True)
class Unknown(Update):
    """Answered with silence; `kind` is `event.<Event>`, `event.<Event>.<ChangeType>` or `message.<MsgType>`."""

    kind: str


# What tells one event from another of the same person in the same second (the platform gives events no MsgId).
_TELLING = ("Event", "EventKey", "TaskId", "ResponseCode", "ChangeType", "UserID", "NewUserID", "Id", "TagId")


def key_of(fields: Fields) -> str:
    """The same for every delivery of one update, whatever nonce, time stamp or cipher it came in."""
    number = _word(fields, "MsgId")
    if number and len(number) <= 32 and number.isascii() and number.isalnum():
        return f"m{number}"
    told = [_word(fields, name) for name in ("FromUserName", "CreateTime", "MsgType", "MsgId", *_TELLING)]
    if not any(told[4:]):  # neither a message with its number nor an event we know how to tell apart
        told.append(json.dumps(fields, sort_keys=True, ensure_ascii=True))
    told[0] = told[0].lower()
    return "e" + hashlib.sha256(json.dumps(told).encode()).hexdigest()[:40]


def parse(fields: Fields) -> Update:
    """Gives the decrypted fields a type. ValueError when sender, time or kind is missing; never for an unknown kind."""
    person, at, kind = (
        _word(fields, "FromUserName").strip().lower(),
        _word(fields, "CreateTime"),
        _word(fields, "MsgType"),
    )
    if not (person and kind and at.isascii() and at.isdigit() and len(at) <= 12 and len(person) <= 64):
        raise ValueError("FromUserName, CreateTime or MsgType is missing")
    base = (key_of(fields), person, int(at), agent_of(fields))
    if kind == "event":
        return _event(fields, base)
    match kind:
        case "text":
            return Text(*base, _word(fields, "Content"))
        case "image":
            return Picture(*base, _word(fields, "MediaId"), _word(fields, "PicUrl"))
        case "voice":
            return Voice(*base, _word(fields, "MediaId"), _word(fields, "Format"))
        case "video":
            return Video(*base, _word(fields, "MediaId"), _word(fields, "ThumbMediaId"))
        case "file":
            return File(*base, _word(fields, "MediaId"), _word(fields, "FileName"))
        case "location":
            return Location(*base, *(_word(fields, name) for name in ("Location_X", "Location_Y", "Label")))
        case "link":
            return Link(*base, *(_word(fields, name) for name in ("Title", "Description", "Url")))
    return Unknown(*base, f"message.{kind[:64]}")


def agent_of(fields: Fields) -> int | None:
    """The app an update belongs to, None for those of no app; ValueError for what is no number.

    The legacy task card writes AgentId, all others AgentID.
    """
    text = _word(fields, "AgentID") or _word(fields, "AgentId")
    if text and not (text.isascii() and text.isdigit() and len(text) <= 12):
        raise ValueError("AgentID is no number")
    return int(text) if text else None


def _event(fields: Fields, base: tuple[str, str, int, int | None]) -> Update:
    name = _word(fields, "Event")
    match name.lower():
        case "template_card_event" | "template_card_menu_event" | "taskcard_click":
            card_type, response_code = _word(fields, "CardType"), _word(fields, "ResponseCode")
            event_key, task_id = _word(fields, "EventKey"), _word(fields, "TaskId")
            return Press(*base, event_key, task_id, response_code, card_type, _selected(fields))
        case "click":
            return Menu(*base, _word(fields, "EventKey"))
        case "enter_agent":
            return Enter(*base)
        case "subscribe":
            return Subscribe(*base)
        case "unsubscribe":
            return Leave(*base)
    change = _word(fields, "ChangeType")
    return Unknown(*base, ".".join(part[:64] for part in ("event", name, change) if part))


def _selected(fields: Fields) -> dict[str, tuple[str, ...]]:
    """One item is a dict, several are a list, none is absent or empty: all four come out as one shape."""
    chosen: dict[str, tuple[str, ...]] = {}
    for holder in _each(fields.get("SelectedItems")):
        for item in _each(holder.get("SelectedItem")):
            ids = [
                option
                for options in _each(item.get("OptionIds"))
                for option in _several(options.get("OptionId"))
                if isinstance(option, str) and option
            ]
            if question := _word(item, "QuestionKey"):
                chosen[question] = (*chosen.get(question, ()), *ids)
    return chosen


def _several(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _each(value: Any) -> Iterator[Fields]:
    return (item for item in _several(value) if isinstance(item, dict))


def _word(fields: Fields, name: str) -> str:
    value = fields.get(name)
    return value if isinstance(value, str) else ""
