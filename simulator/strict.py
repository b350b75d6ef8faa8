"""Every request is held against the schemas, the byte limits and the conditions of PROTOCOL sections 5 to 7 and 12."""

import json
import re
from copy import deepcopy
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import jsonschema_rs

from protocol import schema
from simulator import errcodes
from simulator.refusal import Refusal

_ESCAPE = re.compile(rb"(?<!\\)(?:\\\\)*\\u[0-9a-fA-F]{4}")
_CARD_CALLS = ("message_send.request", "update_template_card.request")


def read_json(raw: bytes) -> dict[str, Any]:
    """The body of a call; Refusal for escapes, broken JSON, or anything but an object."""
    if b"\\u" in raw and _ESCAPE.search(raw):
        raise Refusal(40033, "the body holds \\uXXXX escapes")
    try:
        body = json.loads(raw.decode())
    except (ValueError, RecursionError):
        raise Refusal(40058, "Warning: wrong json format.") from None
    if not isinstance(body, dict):
        raise Refusal(40058, "the body is not an object")
    return body


@dataclass
class Checked:
    """A request that may go on."""

    body: dict[str, Any]  # as the platform goes on with it: over-long words are cut
    cut: list[str] = field(default_factory=list)  # which fields were cut
    clipped: list[str] = field(default_factory=list)  # which fields the client will clip


def check(name: str, body: dict[str, Any], *, cut: bool = True) -> Checked:
    """Hold a request against the shape `name` ("message_send.request"); Refusal carries the platform's errcode.

    Over-long words are cut where the platform cuts them, unless `cut` is off: then they are refused.
    """
    checked = Checked(body)
    _measure(name, _limits(name), body, (), checked, cut)
    _validate(name, checked.body)
    if name in _CARD_CALLS and isinstance(card := checked.body.get("template_card"), dict):
        errcodes.unique_keys(card)
    return checked


def is_valid(name: str, body: Any) -> bool:
    """Whether a request or response fits its schema (bytes are not counted)."""
    if name == "message_send.request" and isinstance(body, dict):
        try:
            errcodes.targets(body)
        except Refusal:
            return False
    return _validator(name).is_valid(body)


# --- schemas ---------------------------------------------------------------------------------------------------------


def _validate(name: str, body: dict[str, Any]) -> None:
    if name == "message_send.request":
        errcodes.targets(body)
    kind = _kind(name, body)
    if kind is not None and _branch(name, *kind).is_valid(body):
        return
    errcodes.refuse(name, body)  # raises where the protocol names a code of its own
    raise Refusal(40058, _complaint(name, kind, body))


def _complaint(name: str, kind: tuple[str, str] | None, body: dict[str, Any]) -> str:
    """The deepest path at fault and the keyword, never a value."""
    if kind is None:
        return "no such kind"
    errors = list(_branch(name, *kind).iter_errors(body))
    worst = max(errors, key=lambda error: len(error.instance_path), default=None)
    if worst is None:
        return "does not fit the schema"
    path = ".".join(str(part) for part in worst.instance_path) or "body"
    keyword = type(worst.kind).__name__
    words = worst.message if keyword in ("AdditionalProperties", "Required") else keyword
    return f"{path}: {words}"


def _kind(name: str, body: dict[str, Any]) -> tuple[str, str] | None:
    """Which branch of the schema a body must fit: (msgtype or object, card type)."""
    if name not in _CARD_CALLS:
        return ("", "")
    if name == "message_send.request":
        outer = body.get("msgtype")
    else:
        outer = next((key for key in ("button", "template_card") if key in body), None)
    if not isinstance(outer, str) or outer not in _branches(name):
        return None
    card = body.get("template_card") if outer == "template_card" else None
    inner = card.get("card_type") if isinstance(card, dict) else ""
    if outer == "template_card" and inner not in errcodes.CARD_TYPES:
        return None
    return (outer, str(inner))


@cache
def _schema(name: str) -> dict[str, Any]:
    """The schema without the patterns for lists of targets: they take seconds to compile, `errcodes.targets` counts instead."""
    relieved = deepcopy(schema(name))
    if name == "message_send.request":
        for branch in relieved["oneOf"]:
            for field_name in ("touser", "toparty", "totag"):
                del branch["properties"][field_name]["pattern"]
    return relieved


@cache
def _validator(name: str) -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator(_schema(name))


@cache
def _branches(name: str) -> dict[str, dict[str, Any]]:
    """The alternatives of a schema by their title (the msgtype, or the object that is updated)."""
    return {branch["title"]: branch for branch in _schema(name)["oneOf"]}


@cache
def _branch(name: str, outer: str, inner: str) -> jsonschema_rs.Draft202012Validator:
    """A validator for one alternative: quicker than all of them, and its complaint is to the point."""
    if not outer:
        return _validator(name)
    branch = deepcopy(_branches(name)[outer])
    if inner:
        branch["properties"]["template_card"] = {"$ref": f"#/$defs/card_{inner}"}
    return jsonschema_rs.Draft202012Validator({**branch, "$defs": _schema(name)["$defs"]})


# --- lengths ---------------------------------------------------------------------------------------------------------


@dataclass
class _Limits:
    """The lengths below one point of a body."""

    max_bytes: int | None = None
    max_chars: int | None = None
    overflow: str = ""
    advised: int | None = None
    fields: dict[str, "_Limits"] = field(default_factory=dict)
    items: "_Limits | None" = None
    cards: dict[str, "_Limits"] = field(default_factory=dict)  # by card_type

    @property
    def empty(self) -> bool:
        """Whether nothing is measured here or below."""
        return not (self.max_bytes or self.max_chars or self.advised or self.fields or self.items or self.cards)


@cache
def _limits(name: str) -> _Limits:
    found = _Limits()
    _collect(_schema(name), _schema(name), found)
    return found


def _collect(node: dict[str, Any], root: dict[str, Any], into: _Limits) -> None:
    if "$ref" in node:
        node = root["$defs"][node["$ref"].rpartition("/")[2]]
    into.max_bytes = node.get("x-maxBytes", into.max_bytes)
    into.advised = node.get("x-adviseMaxChars", into.advised)
    into.overflow = node.get("x-overflow", into.overflow)
    if node.get("x-overflow") == "truncate" and "maxLength" in node:
        into.max_chars = node["maxLength"]
    for key, child in node.get("properties", {}).items():
        below = into.fields.get(key) or _Limits()
        _collect(child, root, below)
        if not below.empty:
            into.fields[key] = below
    if isinstance(node.get("items"), dict):
        below = into.items or _Limits()
        _collect(node["items"], root, below)
        into.items = None if below.empty else below
    for branch in node.get("oneOf", []):
        target = root["$defs"][branch["$ref"].rpartition("/")[2]] if "$ref" in branch else branch
        card_type = target.get("properties", {}).get("card_type", {}).get("const")
        _collect(branch, root, into.cards.setdefault(card_type, _Limits()) if card_type else into)


def _measure(name: str, limits: _Limits, value: Any, path: tuple[Any, ...], checked: Checked, cut: bool) -> None:
    if isinstance(value, str):
        _measure_words(name, limits, value, path, checked, cut)
    elif isinstance(value, dict):
        if limits.cards:
            card_type = value.get("card_type")
            limits = limits.cards.get(card_type, _Limits()) if isinstance(card_type, str) else _Limits()
        for key, below in limits.fields.items():
            if key in value:
                _measure(name, below, value[key], (*path, key), checked, cut)
    elif isinstance(value, list) and limits.items:
        for place, item in enumerate(value[:1000]):
            _measure(name, limits.items, item, (*path, place), checked, cut)


def _measure_words(name: str, limits: _Limits, words: str, path: tuple[Any, ...], checked: Checked, cut: bool) -> None:
    where = ".".join(str(part) for part in path)
    if limits.advised and len(words) > limits.advised:
        checked.clipped.append(f"{where}: {len(words)} characters, about {limits.advised} are shown")
    shorter = words
    if limits.max_chars and len(words) > limits.max_chars:
        shorter = words[: limits.max_chars]
    elif limits.max_bytes and len(words) * 4 > limits.max_bytes:
        data = words.encode("utf-8", "surrogatepass")
        if len(data) > limits.max_bytes:
            shorter = data[: limits.max_bytes].decode(errors="ignore")
    if shorter is words:
        return
    if limits.overflow != "truncate" or not cut:
        raise Refusal(errcodes.too_long(name, path), f"{where}: too long")
    if not checked.cut:
        checked.body = deepcopy(checked.body)
    checked.cut.append(where)
    place: Any = checked.body
    for part in path[:-1]:
        place = place[part]
    place[path[-1]] = shorter
