"""Which of the platform's error codes a malformed request earns (PROTOCOL section 19). Hints name fields, never their words."""

import re
from collections.abc import Iterable
from typing import Any, NoReturn

from simulator.refusal import Refusal

CARD_TYPES = ("text_notice", "news_notice", "button_interaction", "vote_interaction", "multiple_interaction")
INTERACTIVE = ("button_interaction", "vote_interaction", "multiple_interaction")
MSGTYPES = (
    "text",
    "image",
    "voice",
    "video",
    "file",
    "textcard",
    "news",
    "mpnews",
    "markdown",
    "miniprogram_notice",
    "template_card",
)
_USER = re.compile(r"[^|\s]{1,64}")
_NUMBER = re.compile(r"[0-9]{1,10}")
_TASK_ID = re.compile(r"[0-9A-Za-z_\-@]{1,128}")


def refuse(name: str, body: dict[str, Any]) -> None:
    """Raise the Refusal a malformed body earns, where the protocol names a code; else come back."""
    if name == "message_send.request":
        _send(body)
    elif name == "update_template_card.request":
        _update(body)
    elif name == "menu_create.request":
        _menu(body)


def too_long(name: str, path: tuple[Any, ...]) -> int:
    """The code for words over a limit that are not cut."""
    last = path[-1]
    if name == "menu_create.request":
        below = "sub_button" in path
        codes = {"name": (40018, 40025), "key": (40019, 40026), "url": (40020, 40027), "pagepath": (40020, 40027)}
        return codes[last][below]
    if last == "key":
        return {"submit_button": 42046, "action_list": 42051}.get(
            next((p for p in path if p in ("submit_button", "action_list")), ""), 42039
        )
    return {"author": 45032, "question_key": 42043, "id": 42040, "url": 40039, "picurl": 40039, "page": 90204}.get(
        last, 45002
    )


def unique_keys(card: dict[str, Any]) -> None:
    """Keys and ids that must differ inside one card; no schema can say so."""
    buttons = [b.get("key") for b in _dicts(card.get("button_list")) if b.get("type", 0) == 0]
    _differ(42039, "button_list.key", buttons)
    _differ(
        42051,
        "action_menu.action_list.key",
        [a.get("key") for a in _dicts(_part(card, "action_menu").get("action_list"))],
    )
    selects = _dicts(card.get("select_list"))
    _differ(42043, "select_list.question_key", [s.get("question_key") for s in selects])
    for question in (*selects, _part(card, "button_selection"), _part(card, "checkbox")):
        _differ(42040, "option_list.id", [o.get("id") for o in _dicts(question.get("option_list"))])


_ROWS = ((1, "url", 42028), (2, "media_id", 42029), (3, "userid", 42050))
_LISTS = (("touser", 1000, 40032, 40031), ("toparty", 100, 82002, 40035), ("totag", 100, 82003, 40035))


def targets(body: dict[str, Any]) -> None:
    """The three lists of a message's receivers: strings joined with |, not all empty, not too long."""
    if not any(body.get(field) for field, *_ in _LISTS):
        _no(82001, "touser, toparty and totag are all empty")
    for field, most, too_many, bad in _LISTS:
        if field not in body:
            continue
        value = body[field]
        if not isinstance(value, str):
            _no(bad, f"{field}: not a string joined with |")
        if field == "touser" and value == "@all":
            if body.get("msgtype") == "miniprogram_notice":
                _no(bad, "touser: no @all for miniprogram_notice")
            continue
        if value.count("|") >= most:
            _no(too_many, f"{field}: more than {most}")
        pattern = _USER if field == "touser" else _NUMBER
        if not all(pattern.fullmatch(part) for part in value.split("|")):
            _no(bad, f"{field}: an empty or bad id")


# --- message/send ----------------------------------------------------------------------------------------------------


def _send(body: dict[str, Any]) -> None:
    if "agentid" not in body:
        _no(41011, "agentid is missing")
    if not _is_int(body["agentid"]):
        _no(40056, "agentid: not an integer")
    msgtype = body.get("msgtype")
    if msgtype not in MSGTYPES:
        _no(40008, "msgtype")
    content = body.get(msgtype)
    if not isinstance(content, dict):
        _no(40063, f"{msgtype}: missing")
    if msgtype in ("text", "markdown"):
        if not content.get("content"):
            _no(44004, f"{msgtype}.content: empty")
    elif msgtype in ("image", "voice", "video", "file"):
        if not content.get("media_id"):
            _no(41006, f"{msgtype}.media_id: missing")
    elif msgtype == "textcard":
        _need(content, "title", 41016)
        _need(content, "description", 41033)
        _address(content, "url", 41010, 40094)
    elif msgtype in ("news", "mpnews"):
        _articles(body, msgtype, content)
    elif msgtype == "miniprogram_notice":
        _notice(content)
    elif msgtype == "template_card":
        card_code(content, sending=True)


def _articles(body: dict[str, Any], msgtype: str, content: dict[str, Any]) -> None:
    if msgtype == "news" and "safe" in body:
        _no(40074, "news cannot be safe")
    articles = _dicts(content.get("articles"))
    if not articles:
        _no(40063, f"{msgtype}.articles: empty")
    if len(articles) > 8:
        _no(45008, f"{msgtype}.articles: more than 8")
    for article in articles:
        _need(article, "title", 41016)
        if msgtype == "mpnews":
            _need(article, "thumb_media_id", 41006)
            _need(article, "content", 44004)
        elif not (article.get("appid") and article.get("pagepath")):
            _address(article, "url", 41010, 45034)


def _notice(content: dict[str, Any]) -> None:
    _need(content, "appid", 90200)
    _need(content, "title", 41016)
    items = content.get("content_item")
    if isinstance(items, list):
        if len(items) > 10:
            _no(90201, "content_item: more than 10")
        for item in _dicts(items):
            if not isinstance(item.get("key"), str) or not 1 <= len(item["key"]) <= 10:
                _no(90202, "content_item.key")
            if not isinstance(item.get("value"), str) or not 1 <= len(item["value"]) <= 30:
                _no(90203, "content_item.value")


# --- cards -----------------------------------------------------------------------------------------------------------


def card_code(card: dict[str, Any], *, sending: bool) -> None:
    """The code of the first thing wrong with a card, if the protocol names one."""
    kind = card.get("card_type")
    if kind not in CARD_TYPES:
        _no(42031, "card_type")
    if sending:
        task_id, needed = card.get("task_id"), kind in INTERACTIVE or "action_menu" in card
        if (needed and task_id is None) or (task_id is not None and not _is_task_id(task_id)):
            _no(42014, "task_id")
    title = _part(card, "main_title").get("title")
    if not title and not (kind == "text_notice" and card.get("sub_title_text")):
        _no(41016, "main_title.title: missing")
    _rows(card)
    _links(card, kind)
    if "action_menu" in card:
        actions = _dicts(_part(card, "action_menu").get("action_list"))
        if not 1 <= len(actions) <= 3 or any(not a.get("key") or not a.get("text") for a in actions):
            _no(42051, "action_menu.action_list")
    if kind == "button_interaction":
        _buttons(card)
    elif kind == "vote_interaction":
        _question(_part(card, "checkbox"), "checkbox", 20)
    elif kind == "multiple_interaction":
        selects = _dicts(card.get("select_list"))
        if not 1 <= len(selects) <= 3:
            _no(42047, "select_list: 1 to 3")
        for select in selects:
            _question(select, "select_list", 10)
    if kind in ("vote_interaction", "multiple_interaction") and (sending or "submit_button" in card):
        _need(_part(card, "submit_button"), "key", 42046, "submit_button")
        _need(_part(card, "submit_button"), "text", 42049, "submit_button")


def _rows(card: dict[str, Any]) -> None:
    rows = _list(card, "horizontal_content_list", 6, 42035)
    for row in rows:
        _need(row, "keyname", 42027, "horizontal_content_list")
        for kind, wanted, errcode in _ROWS:
            if row.get("type") == kind:
                _need(row, wanted, errcode, "horizontal_content_list")
        if row.get("type") == 1 and not _is_address(row.get("url")):
            _no(42028, "horizontal_content_list.url: no scheme")
    for row in _list(card, "vertical_content_list", 4, 42036):
        _need(row, "title", 42033, "vertical_content_list")
    for jump in _list(card, "jump_list", 3, 42042):
        _need(jump, "title", 42033, "jump_list")
        _click(jump, "jump_list")


def _links(card: dict[str, Any], kind: str) -> None:
    action = card.get("card_action")
    if kind in ("text_notice", "news_notice") and (not isinstance(action, dict) or action.get("type") not in (1, 2)):
        _no(42045, "card_action: required, type 1 or 2")
    for part in ("card_action", "quote_area", "image_text_area"):
        _click(_part(card, part), part)
    if kind == "news_notice":
        if "card_image" not in card and "image_text_area" not in card:
            _no(42044, "card_image or image_text_area: one is required")
        if "card_image" in card:
            _need(_part(card, "card_image"), "url", 42044, "card_image")
        if "image_text_area" in card:
            _need(_part(card, "image_text_area"), "image_url", 42044, "image_text_area")


def _click(part: dict[str, Any], name: str) -> None:
    if part.get("type") == 1 and not _is_address(part.get("url")):
        _no(42028, f"{name}.url: missing or without scheme")
    if part.get("type") == 2:
        _need(part, "appid", 42030, name)


def _buttons(card: dict[str, Any]) -> None:
    buttons = _dicts(card.get("button_list"))
    if not 1 <= len(buttons) <= 6:
        _no(42038, "button_list: 1 to 6")
    for button in buttons:
        _need(button, "text", 42038, "button_list")
        if button.get("type", 0) == 1:
            _click(button, "button_list")
        else:
            _need(button, "key", 42039, "button_list")
    if "button_selection" in card:
        _question(_part(card, "button_selection"), "button_selection", 10)


def _question(part: dict[str, Any], name: str, most: int) -> None:
    _need(part, "question_key", 42043, name)
    options = _dicts(part.get("option_list"))
    if not 1 <= len(options) <= most:
        _no(42037, f"{name}.option_list: 1 to {most}")
    for option in options:
        _need(option, "id", 42040, f"{name}.option_list")
        _need(option, "text", 42041, f"{name}.option_list")


# --- update and menu -------------------------------------------------------------------------------------------------


def _update(body: dict[str, Any]) -> None:
    if not _is_int(body.get("agentid")):
        _no(40056 if "agentid" in body else 41011, "agentid")
    if not body.get("response_code") or not isinstance(body["response_code"], str):
        _no(60140, "response_code: missing")
    for field, most, code in (("userids", 1000, 40032), ("partyids", 100, 82002), ("tagids", 100, 82003)):
        value = body.get(field, [])
        if not isinstance(value, list):
            _no(40031 if field == "userids" else 40035, f"{field}: not an array")
        if len(value) > most:
            _no(code, f"{field}: more than {most}")
    if ("button" in body) == ("template_card" in body):
        _no(40058, "exactly one of button and template_card")
    if "button" in body:
        _need(_part(body, "button"), "replace_name", 42020, "button")
    elif isinstance(body["template_card"], dict):
        card_code(body["template_card"], sending=False)


def _menu(body: dict[str, Any]) -> None:
    tops = _dicts(body.get("button"))
    if not 1 <= len(tops) <= 3:
        _no(40016, "button: 1 to 3")
    for top in tops:
        _need(top, "name", 41102)
        if "sub_button" not in top:
            _leaf(top, 0)
            continue
        subs = _dicts(top["sub_button"])
        if not 1 <= len(subs) <= 5:
            _no(40023, "sub_button: 1 to 5")
        for sub in subs:
            if "sub_button" in sub:
                _no(40022, "menu: more than two levels")
            _need(sub, "name", 41102, "sub_button")
            _leaf(sub, 1)


_LEAVES = {"view": "url", "view_miniprogram": "pagepath"} | dict.fromkeys(
    (
        "click",
        "scancode_push",
        "scancode_waitmsg",
        "pic_sysphoto",
        "pic_photo_or_album",
        "pic_weixin",
        "location_select",
    ),
    "key",
)


def _leaf(leaf: dict[str, Any], level: int) -> None:
    kind = leaf.get("type")
    if not isinstance(kind, str) or kind not in _LEAVES:
        _no((40017, 40024)[level], "menu: type")
    wants = _LEAVES[kind]
    if not leaf.get(wants):
        _no(
            {"key": (40019, 40026), "url": (40020, 40027), "pagepath": (40020, 40027)}[wants][level],
            f"menu: {wants} is missing",
        )
    if kind == "view" and not _is_address(leaf["url"]):
        _no((40055, 40054)[level], "menu: url without scheme")


# --- small things ----------------------------------------------------------------------------------------------------


def _no(errcode: int, hint: str) -> NoReturn:
    raise Refusal(errcode, hint)


def _need(part: dict[str, Any], field: str, errcode: int, name: str = "") -> None:
    if not isinstance(part.get(field), str) or not part[field]:
        _no(errcode, f"{name}.{field}: missing".lstrip("."))


def _address(part: dict[str, Any], field: str, missing: int, no_scheme: int) -> None:
    if not part.get(field):
        _no(missing, f"{field}: missing")
    if not _is_address(part[field]):
        _no(no_scheme, f"{field}: no scheme")


def _is_address(value: Any) -> bool:
    return isinstance(value, str) and value.startswith(("http://", "https://"))


def _is_task_id(value: Any) -> bool:
    return isinstance(value, str) and _TASK_ID.fullmatch(value) is not None


def _is_int(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _part(card: dict[str, Any], name: str) -> dict[str, Any]:
    value = card.get(name)
    return value if isinstance(value, dict) else {}


def _dicts(value: Any) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _list(card: dict[str, Any], name: str, most: int, errcode: int) -> list[dict[str, Any]]:
    rows = _dicts(card.get(name))
    if len(rows) > most:
        _no(errcode, f"{name}: more than {most}")
    return rows


def _differ(errcode: int, name: str, values: Iterable[Any]) -> None:
    known = [value for value in values if value is not None]
    if len(set(known)) != len(known):
        _no(errcode, f"{name}: not unique")
