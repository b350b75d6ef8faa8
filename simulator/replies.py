"""What the bot may answer a callback with: nothing, `success`, or a passive reply (PROTOCOL section 4)."""

from typing import Any

from simulator import strict, wire
from simulator.refusal import Refusal

MAY_BE_ANSWERED = (
    "subscribe",
    "enter_agent",
    "LOCATION",
    "click",
    "view",
    "view_miniprogram",
    "scancode_waitmsg",
    "template_card_menu_event",
)
_UPDATES = ("update_button", "update_template_card")
_NAMES = {  # where PascalCase does not simply become snake_case
    "KeyName": "keyname",
    "UserId": "userid",
    "CheckBox": "checkbox",
    "AppId": "appid",
    "Appid": "appid",
    "PagePath": "pagepath",
}
_LISTS = (
    "HorizontalContentList",
    "JumpList",
    "ActionList",
    "VerticalContentList",
    "ButtonList",
    "OptionList",
    "SelectList",
)
_NUMBERS = ("Type", "DescColor", "Style", "Mode", "AspectRatio")
_BOOLEANS = ("IsChecked", "Disable")


class Reply:
    """A passive reply that may be carried out."""

    def __init__(self, kind: str, content: dict[str, Any]) -> None:
        self.kind = kind  # text, image, voice, video, news, update_button, update_template_card
        self.content = content  # as the same kind is written in JSON


class BadReply(Exception):
    """The answer to a callback breaks the protocol; the words say how, without its content."""


def read(body: bytes, inbound: dict[str, Any], seal: wire.Envelope, *, honour_card_events: bool) -> Reply | None:
    """The reply in an answer with status 200, if there is one."""
    if not body or body == b"success":
        return None
    try:
        inner = wire.parse(seal.open_reply(body.decode()))
    except (wire.WireError, UnicodeDecodeError) as error:
        raise BadReply(f"the answer to a callback is not an envelope ({error})") from error
    kind, event = inner.get("MsgType"), inbound.get("Event", "")
    if inner.get("ToUserName") != inbound["FromUserName"] or inner.get("FromUserName") != inbound["ToUserName"]:
        raise BadReply("passive reply: ToUserName is the userid, FromUserName the corpid")
    if not str(inner.get("CreateTime", "")).isdigit():
        raise BadReply("passive reply: CreateTime")
    if event == "template_card_event":
        if not honour_card_events or kind not in _UPDATES:
            raise BadReply(f"passive reply {kind} to template_card_event: ignored by the platform")
    elif event and event not in MAY_BE_ANSWERED:
        raise BadReply(f"passive reply to {event}: ignored by the platform")
    elif kind in _UPDATES and event != "template_card_menu_event":
        raise BadReply(f"passive reply {kind}: only after a tap on a card")
    try:
        return Reply(str(kind), _content(str(kind), inner))
    except (KeyError, TypeError, ValueError) as error:
        raise BadReply(f"passive reply {kind}: an element is missing or bad") from error
    except Refusal as error:
        raise BadReply(f"passive reply {kind}: {error.hint}") from error


def _content(kind: str, inner: dict[str, Any]) -> dict[str, Any]:
    if kind == "text":
        return {"content": _cut(inner["Content"], 2048)}
    if kind in ("image", "voice"):
        return {"media_id": inner[kind.capitalize()]["MediaId"]}
    if kind == "video":
        video = inner["Video"]
        return {
            "media_id": video["MediaId"],
            "title": _cut(video.get("Title", ""), 128),
            "description": _cut(video.get("Description", ""), 512),
        }
    if kind == "news":
        items = wire.as_list(inner["Articles"]["item"])
        if len(items) != int(inner["ArticleCount"]) or not 1 <= len(items) <= 8:
            raise ValueError("ArticleCount")
        return {
            "articles": [
                {
                    "title": _cut(item.get("Title", ""), 128),
                    "description": _cut(item.get("Description", ""), 512),
                    "url": item.get("Url", ""),
                    "picurl": item.get("PicUrl", ""),
                }
                for item in items
            ]
        }
    if kind == "update_button":
        return {"replace_name": inner["Button"]["ReplaceName"]}
    if kind == "update_template_card":
        card: dict[str, Any] = to_json(inner["TemplateCard"])
        strict.check("update_template_card.request", {"agentid": 0, "response_code": "-", "template_card": card})
        return card
    raise ValueError("MsgType")


def to_json(part: Any) -> Any:
    """A `TemplateCard` element as the JSON form of the same card."""
    found: dict[str, Any] = {}
    for name, value in part.items():
        if name in _LISTS:
            found[_snake(name)] = [to_json(item) for item in wire.as_list(value)]
        elif isinstance(value, dict):
            found[_snake(name)] = to_json(value)
        elif name in _NUMBERS:
            found[_snake(name)] = float(value) if "." in value else int(value)
        elif name in _BOOLEANS:
            found[_snake(name)] = {"true": True, "false": False}[value]
        else:
            found[_snake(name)] = value
    return found


def _snake(name: str) -> str:
    if name in _NAMES:
        return _NAMES[name]
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in name).lstrip("_")


def _cut(text: str, most: int) -> str:
    return text.encode()[:most].decode(errors="ignore")
