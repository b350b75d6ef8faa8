"""Holds every request against the platform's own shape before it leaves: schema, byte limits, keys used once.

The schemas' top level is a `oneOf` over ten kinds of message and five of card. The branch is chosen by `msgtype` and
`card_type` first, and one validator is compiled per branch and kept. The patterns of the long target lists
(`…{0,999}`) are left to Python: the validator's engine takes a second to compile one.
"""

import re
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import jsonschema_rs

import protocol

_LONG = re.compile(r"\{0,\d{2,}\}")  # a counted repetition that costs the validator's engine too much


class BadBody(Exception):
    """What was about to be sent would not be taken; names the place and the rule, never the content."""

    def __init__(self, call: str, path: str, rule: str) -> None:
        super().__init__(f"{call}: {path or 'body'}: {rule}")
        self.call, self.path, self.rule = call, path, rule


@dataclass
class _Limits:
    """What JSON Schema cannot count, or its engine not well, along the shape of one branch."""

    most_bytes: int | None = None
    advised: int | None = None
    pattern: re.Pattern[str] | None = None
    fields: dict[str, "_Limits"] = field(default_factory=dict)
    items: "_Limits | None" = None


def check(body: dict[str, Any], call: str) -> None:
    """Raises BadBody unless `body` is a right request of `call`: message_send, update_template_card, menu_create…"""
    kind = _kind(body, call)
    validator = _validator(*kind)
    try:
        validator.validate(body)
    except jsonschema_rs.ValidationError as error:
        rule = str(error.schema_path[-1]) if error.schema_path else "shape"
        raise BadBody(call, ".".join(str(step) for step in error.instance_path), rule) from None
    except (ValueError, TypeError):
        raise BadBody(call, "", "not JSON") from None
    try:
        _within(body, _limits(*kind), call, "")
    except UnicodeEncodeError:
        raise BadBody(call, "", "not Unicode") from None
    if isinstance(card := body.get("template_card"), dict):
        _used_once(card, call)


@cache
def advised(call: str, msgtype: str, card_type: str) -> dict[str, int]:
    """The lengths beyond which the client clips, by dotted path (`button_list.text`), for one kind of card."""
    found: dict[str, int] = {}

    def walk(limits: _Limits, path: str) -> None:
        if limits.advised is not None:
            found[path] = limits.advised
        if limits.items:
            walk(limits.items, path)
        for name, below in limits.fields.items():
            walk(below, f"{path}.{name}" if path else name)

    walk(_limits(call, msgtype, card_type).fields["template_card"], "")
    return found


def _kind(body: Any, call: str) -> tuple[str, str, str]:
    """Which branch this body claims to be."""
    if not isinstance(body, dict):
        raise BadBody(call, "", "type")
    card = body.get("template_card")
    if call in ("message_send", "appchat_send"):
        msgtype = body.get("msgtype")
        if not isinstance(msgtype, str) or msgtype not in _branches(call):
            raise BadBody(call, "msgtype", "oneOf")
        card = card if msgtype == "template_card" else None
    elif call == "update_template_card":
        msgtype = "button" if card is None else "template_card"
    else:
        return call, "", ""
    if card is None:
        return call, msgtype, ""
    card_type = card.get("card_type") if isinstance(card, dict) else None
    if not isinstance(card_type, str) or f"card_{card_type}" not in _schema(call)["$defs"]:
        raise BadBody(call, "template_card.card_type", "oneOf")
    return call, msgtype, card_type


def _schema(call: str) -> dict[str, Any]:
    return protocol.schema(f"{call}.request")


@cache
def _branches(call: str) -> dict[str, dict[str, Any]]:
    """The branches of the top-level `oneOf`, by title, which is the msgtype."""
    return {branch["title"]: branch for branch in _schema(call).get("oneOf", ())}


@cache
def _branch(call: str, msgtype: str, card_type: str) -> dict[str, Any]:
    """The one schema a body of this kind must fit, without any choice left."""
    whole = _schema(call)
    if not msgtype:
        return whole
    narrow = {key: value for key, value in whole.items() if key not in ("oneOf", "$id")} | _branches(call)[msgtype]
    if card_type:
        properties = dict(narrow["properties"])
        properties["template_card"] = {"$ref": f"#/$defs/card_{card_type}"}
        narrow["properties"] = properties
    return narrow


@cache
def _validator(call: str, msgtype: str, card_type: str) -> jsonschema_rs.Draft202012Validator:
    branch = _branch(call, msgtype, card_type)
    properties = {
        name: {key: value for key, value in below.items() if not (key == "pattern" and _LONG.search(value))}
        for name, below in branch["properties"].items()
    }
    return jsonschema_rs.Draft202012Validator(branch | {"properties": properties})


@cache
def _limits(call: str, msgtype: str, card_type: str) -> _Limits:
    schema = _branch(call, msgtype, card_type)
    return _limits_of(schema, schema.get("$defs", {}))


def _limits_of(schema: dict[str, Any], defs: dict[str, Any]) -> _Limits:
    if "$ref" in schema:
        return _limits_of(defs[schema["$ref"].rsplit("/", 1)[-1]], defs)
    limits = _Limits(schema.get("x-maxBytes"), schema.get("x-adviseMaxChars"))
    if _LONG.search(schema.get("pattern", "")):
        limits.pattern = re.compile(schema["pattern"])
    for part in (schema, *schema.get("oneOf", ())):  # a menu's kinds of button agree in their limits
        for name, below in part.get("properties", {}).items():
            limits.fields[name] = _limits_of(below, defs)
    if isinstance(schema.get("items"), dict):
        limits.items = _limits_of(schema["items"], defs)
    return limits


def _within(value: Any, limits: _Limits, call: str, path: str) -> None:
    if isinstance(value, dict):
        for name, below in limits.fields.items():
            if name in value:
                _within(value[name], below, call, f"{path}.{name}" if path else name)
    elif isinstance(value, list) and limits.items:
        for n, item in enumerate(value):
            _within(item, limits.items, call, f"{path}.{n}")
    elif isinstance(value, str):
        if limits.most_bytes and len(value.encode()) > limits.most_bytes:
            raise BadBody(call, path, "x-maxBytes")
        if limits.pattern and not limits.pattern.fullmatch(value):
            raise BadBody(call, path, "pattern")


def _used_once(card: dict[str, Any], call: str) -> None:
    """Keys and ids must differ within their list (42039, 42043, 42051): JSON Schema cannot say so."""
    lists = [("button_list", "key"), ("select_list", "question_key")]
    groups = [(name, [row.get(key) for row in card.get(name, ())]) for name, key in lists]
    groups.append(("action_menu", [row["key"] for row in card.get("action_menu", {}).get("action_list", ())]))
    choices = [*card.get("select_list", ()), *(card[name] for name in ("checkbox", "button_selection") if name in card)]
    groups += [("option_list", [option["id"] for option in choice["option_list"]]) for choice in choices]
    for name, keys in groups:
        given = [key for key in keys if key is not None]
        if len(given) != len(set(given)):
            raise BadBody(call, f"template_card.{name}", "used twice")
