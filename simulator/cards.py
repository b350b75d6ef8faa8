"""What a person sees in a message and may press on a card; pure functions over the JSON as sent."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from simulator.errcodes import INTERACTIVE

NOT_IN_WECHAT = ("markdown", "miniprogram_notice", "template_card")
_TRANSLATED = re.compile(r"\$(userName|userAlias|userAliasOrName|departmentName)=([^$\s]{1,64})\$")


@dataclass(frozen=True)
class Tap:
    """Something on a card that can be pressed."""

    label: str
    key: str = ""
    url: str = ""
    in_menu: bool = False  # in the menu of the upper right corner
    hands_in: bool = False  # a submit button


@dataclass(frozen=True)
class Question:
    """A selector on a card."""

    key: str
    title: str
    options: tuple[tuple[str, str], ...]  # id, words
    chosen: tuple[str, ...]  # ids, before anybody touches it
    several: bool = False
    locked: bool = False


def calls_back(card: dict[str, Any]) -> bool:
    """Whether pressing something on this card reaches the app."""
    return card.get("card_type") in INTERACTIVE or "action_menu" in card


def taps(card: dict[str, Any]) -> list[Tap]:
    """Everything that can be pressed while the card lives."""
    found = [
        Tap(button["text"], url=button["url"]) if button.get("type", 0) == 1 else Tap(button["text"], button["key"])
        for button in card.get("button_list", [])
    ]
    if "submit_button" in card:
        found.append(Tap(card["submit_button"]["text"], card["submit_button"]["key"], hands_in=True))
    for action in card.get("action_menu", {}).get("action_list", []):
        found.append(Tap(action["text"], action["key"], in_menu=True))
    return found


def questions(card: dict[str, Any]) -> list[Question]:
    """The selectors of a card with what is chosen in them at first."""
    found = []
    for part in [*([card["button_selection"]] if "button_selection" in card else []), *card.get("select_list", [])]:
        options = tuple((option["id"], option["text"]) for option in part["option_list"])
        ids = [option_id for option_id, _ in options]
        chosen = part.get("selected_id") if part.get("selected_id") in ids else ids[0]
        locked = part.get("disable", False) is True
        found.append(Question(part["question_key"], part.get("title", ""), options, (str(chosen),), locked=locked))
    if "checkbox" in card:
        box = card["checkbox"]
        found.append(
            Question(
                box["question_key"],
                card.get("main_title", {}).get("title", ""),
                tuple((option["id"], option["text"]) for option in box["option_list"]),
                tuple(option["id"] for option in box["option_list"] if option.get("is_checked")),
                several=box.get("mode", 0) == 1,
                locked=box.get("disable", False) is True,
            )
        )
    return found


def words(kind: str, content: dict[str, Any], replaced_text: str = "") -> str:
    """Every word a person can read in a message, a line for each part."""
    if kind == "template_card":
        return "\n".join(line for line in (*_card_lines(content, bool(replaced_text)), replaced_text) if line)
    if kind in ("text", "markdown"):
        return str(content["content"])
    if kind in ("news", "mpnews"):
        lines = [
            article.get(part, "") for article in content["articles"] for part in ("title", "description", "digest")
        ]
    else:
        lines = [content.get(part, "") for part in ("title", "description", "btntxt", "filename")]
        lines += [f"{item.get('key', '')}：{item.get('value', '')}" for item in content.get("content_item", [])]
    return "\n".join(line for line in lines if line) or f"[{kind}]"


def _card_lines(card: dict[str, Any], dead: bool) -> Iterator[str]:
    for part, fields in (
        ("source", ("desc",)),
        ("main_title", ("title", "desc")),
        ("emphasis_content", ("title", "desc")),
        ("quote_area", ("title", "quote_text")),
        ("image_text_area", ("title", "desc")),
    ):
        yield from (card.get(part, {}).get(name, "") for name in fields)
    yield card.get("sub_title_text", "")
    for row in card.get("vertical_content_list", []):
        yield from (row["title"], row.get("desc", ""))
    for row in card.get("horizontal_content_list", []):
        yield f"{row['keyname']}：{row.get('value', '')}"
    for jump in card.get("jump_list", []):
        yield jump["title"]
    for question in questions(card):
        if "checkbox" not in card:
            yield question.title
        yield from (text for _, text in question.options)
    yield from (tap.label for tap in taps(card) if not dead or tap.in_menu)


def translate(kind: str, content: dict[str, Any], name_of: Callable[[str, str], str | None]) -> dict[str, Any]:
    """`enable_id_trans`: names instead of ids in the fields where the platform does so; `name_of(what, id)` knows them."""

    def name(found: re.Match[str]) -> str:
        return name_of(found[1], found[2]) or found[0]

    def put(part: Any, *fields: str) -> Any:
        if not isinstance(part, dict):
            return part
        return {key: _TRANSLATED.sub(name, value) if key in fields else value for key, value in part.items()}

    if kind == "template_card":
        changed = put(content, "sub_title_text")
        for part, fields in (("source", ("desc",)), ("main_title", ("title", "desc"))):
            if part in changed:
                changed[part] = put(changed[part], *fields)
        if "horizontal_content_list" in changed:
            changed["horizontal_content_list"] = [put(row, "value") for row in changed["horizontal_content_list"]]
        return dict(changed)
    changed = put(content, "content", "title", "description")
    if "articles" in changed:
        changed["articles"] = [put(row, "title", "description", "digest", "content") for row in changed["articles"]]
    if "content_item" in changed:
        changed["content_item"] = [put(row, "value") for row in changed["content_item"]]
    return dict(changed)
