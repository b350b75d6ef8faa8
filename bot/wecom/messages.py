"""What may be said, typed, and how it becomes requests within the platform's limits."""

import dataclasses
import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from bot.wecom.check import BadBody, advised, check
from bot.wecom.words import clip, flat, is_url, line, link, render, split, tidy

__all__ = [
    "BadBody", "Button", "Card", "CardNow", "Say", "Select", "Words",
    "as_task_id", "bodies", "check", "flat", "from_json", "link", "plain", "split", "tidy", "to_json",
]  # fmt: skip

MOST_FACTS, MOST_BUTTONS, MOST_SELECTS, MOST_OPTIONS = 6, 6, 3, 10
KEY_BYTES, OPTION_BYTES = 1024, 128
LABEL_CHARS = 30  # for the texts no page gives a length for: a dead button's, a select's title
NO_TITLE, NOTHING = "通知", "—"
LONGEST_CHECK = 14400  # seconds the platform remembers a request, at most

_TASK_ID = re.compile(r"[0-9A-Za-z_\-@]{1,128}")


@dataclass(frozen=True)
class Say:
    """Something to be said to one person."""


@dataclass(frozen=True)
class Words(Say):
    """A text message of any length. Links only by `link()`: any other `<` is shown full-width, see words.py."""

    text: str


@dataclass(frozen=True)
class Button:
    """Calls back with `key`, or opens `url`. Styles 1 to 4: blue, grey-blue, red, grey as the client draws them."""

    label: str
    key: str = ""
    url: str = ""
    style: int = 1

    def __post_init__(self) -> None:
        _must(bool(line(self.label)), "a button needs a label")
        _must(bool(self.key) != bool(self.url), "a button has either a key or a url")
        _must(_fits(self.key, KEY_BYTES), "a button's key is too long")
        _must(not self.url or is_url(self.url), "a button's url is no http(s) address")


@dataclass(frozen=True)
class Select:
    """One question with one answer out of at most ten: (id, text) each."""

    question_key: str
    title: str
    options: tuple[tuple[str, str], ...]

    def __post_init__(self) -> None:
        ids = [option for option, _ in self.options]
        _must(bool(self.question_key) and _fits(self.question_key, KEY_BYTES), "a select needs a key, not too long")
        _must(1 <= len(ids) <= MOST_OPTIONS, f"a select has 1 to {MOST_OPTIONS} options; offer a page for more")
        _must(all(ids) and all(_fits(option, OPTION_BYTES) for option in ids), "an option's id is missing or too long")
        _must(len(set(ids)) == len(ids), "two options share an id")


@dataclass(frozen=True)
class Card(Say):
    """Buttons make it a button_interaction, selects with submit a multiple_interaction, a link alone a text_notice.

    With none of the three it is sent as words. Counts beyond the platform's are a mistake of the caller (ValueError);
    texts beyond its lengths are clipped with «…». Facts beyond the sixth, and all of a select card's, go into the text;
    a select card has no place for its link, which then appears in the words only.
    """

    title: str
    text: str = ""
    facts: tuple[tuple[str, str], ...] = ()
    buttons: tuple[Button, ...] = ()
    selects: tuple[Select, ...] = ()
    submit: Button | None = None
    link: str = ""
    link_text: str = ""
    note: str = ""

    def __post_init__(self) -> None:
        keys = [button.key for button in self.buttons if button.key]
        questions = [select.question_key for select in self.selects]
        _must(len(self.buttons) <= MOST_BUTTONS, f"a card has at most {MOST_BUTTONS} buttons")
        _must(len(self.selects) <= MOST_SELECTS, f"a card has at most {MOST_SELECTS} selects")
        _must(bool(self.selects) == bool(self.submit), "selects and submit come together")
        _must(not (self.selects and self.buttons), "a card has either selects or buttons")
        _must(not self.submit or bool(self.submit.key), "submit needs a key")
        _must(len(set(keys)) == len(keys) and len(set(questions)) == len(questions), "a key is used twice")
        _must(not self.link or is_url(self.link), "a card's link is no http(s) address")


@dataclass(frozen=True)
class CardNow(Say):
    """Changes a card already sent: `response_code` is spent by it, `done` is the grey text left in the buttons' place.

    With a card, the card replaces the old one; its buttons stay alive when `done` is empty.
    """

    response_code: str
    done: str
    card: Card | None = None


def to_json(say: Say) -> dict[str, Any]:
    """As stored in the outbox row."""
    return {"say": type(say).__name__, **_listed(dataclasses.asdict(say))}


def from_json(stored: dict[str, Any]) -> Say:
    """What `to_json` has stored, as it was."""
    fields = {name: value for name, value in stored.items() if name != "say"}
    match stored["say"]:
        case "Words":
            return Words(**fields)
        case "Card":
            return _card_of(fields)
        case "CardNow":
            return CardNow(**fields | {"card": fields["card"] and _card_of(fields["card"])})
    raise ValueError("no such thing can be said")


def plain(card: Card, numbers: Sequence[int] = ()) -> str:
    """The same card as words, for people who see no cards: every button by the number that presses it, links by link().

    Without numbers by the word that presses it.
    """
    lines = [
        f"【{line(card.title) or NO_TITLE}】",
        *(f"{line(name)}：{line(value) or NOTHING}" for name, value in card.facts),
    ]
    lines.append(card.text.strip())
    for select in card.selects:
        lines.append(f"{line(select.title)}：{'／'.join(line(text) for _, text in select.options)}")
    labels = [line(button.label) for button in (*card.buttons, *([card.submit] if card.submit else [])) if button.key]
    if labels and numbers:
        lines.append("请回复数字：")
        lines += [f"{number} {label}" for number, label in zip(numbers, labels, strict=True)]
    elif labels:
        lines.append(f"请回复：{'／'.join(labels)}")
    lines += [link(button.url, button.label) for button in card.buttons if button.url]
    if card.link:
        lines.append(link(card.link, card.link_text or ("打开网页填写" if card.selects else "查看详情")))
    return "\n".join(words for words in lines if words)


def as_task_id(key: str) -> str:
    """The `task_id` made of a key: the key itself where the platform takes it, else its digest (always the same)."""
    return key if _TASK_ID.fullmatch(key) else hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()


def bodies(say: Say, *, to: str, agent_id: int, task_id: str) -> list[dict[str, Any]]:
    """The requests that say it to `to` (userids joined with `|`): message/send, for CardNow update_template_card.

    Only cards ask for the platform's duplicate check: their task_id makes a repetition the very same request, while
    the same words may rightly be said twice. BadBody when nothing would be left to say.
    """
    match say:
        case Words(text):
            return [_sent(to, agent_id, "text", {"content": piece}) for piece in _pieces(text)]
        case Card():
            if not (body := _card(say, "message_send")):
                return bodies(Words(plain(say)), to=to, agent_id=agent_id, task_id=task_id)
            body["task_id"] = as_task_id(task_id)
            again = {"enable_duplicate_check": 1, "duplicate_check_interval": LONGEST_CHECK}
            return [_sent(to, agent_id, "template_card", body) | again]
        case CardNow(response_code, done, card):
            body = {"userids": to.split("|"), "agentid": agent_id, "response_code": response_code}
            done = clip(line(done), LABEL_CHARS)
            replaced = _card(card, "update_template_card", done) if card else None
            if not (replaced or done):
                raise BadBody("update_template_card", "button.replace_name", "empty")
            return [body | ({"template_card": replaced} if replaced else {"button": {"replace_name": done}})]
    raise TypeError(f"{type(say).__name__} cannot be said")


def _pieces(text: str) -> list[str]:
    content = render(text).strip()
    if not content:
        raise BadBody("message_send", "text.content", "empty")  # the platform would answer 44004
    return split(content)


def _sent(to: str, agent_id: int, msgtype: str, content: dict[str, Any]) -> dict[str, Any]:
    return {"touser": to, "agentid": agent_id, "msgtype": msgtype, msgtype: content}


def _card(card: Card, call: str, done: str = "") -> dict[str, Any] | None:
    """The `template_card` object, or None when it has nothing to tap."""
    if not (kind := _kind(card)):
        return None
    most = advised(call, "template_card", kind)
    if kind == "text_notice":
        body, done = _notice(card, most, done), ""
    else:
        body = _select_card(card, most) if card.selects else _button_card(card, most)
    if note := line(card.note):
        desc = clip(note, most["source.desc"])
        body["source"] = {"desc": desc} if card.selects else {"desc": desc, "desc_color": 0}
    return body | ({"replace_text": done} if done else {})


def _kind(card: Card) -> str:
    if card.selects:
        return "multiple_interaction"
    return "button_interaction" if card.buttons else "text_notice" if card.link else ""


def _button_card(card: Card, most: dict[str, int]) -> dict[str, Any]:
    body = _told(card, most) | {
        "card_type": "button_interaction",
        "button_list": [
            {
                "text": clip(line(button.label), most["button_list.text"]),
                "style": button.style if 1 <= button.style <= 4 else 1,
            }
            | ({"type": 1, "url": button.url} if button.url else {"type": 0, "key": button.key})
            for button in card.buttons
        ],
    }
    if card.link:
        body["card_action"] = {"type": 1, "url": card.link}
        rows = body.setdefault("horizontal_content_list", [])
        if len(rows) < MOST_FACTS:  # the whole card opens the page anyway
            words = clip(line(card.link_text) or "打开网页", most["horizontal_content_list.value"])
            rows.append({"type": 1, "keyname": "详情", "value": words, "url": card.link})
    return body


def _notice(card: Card, most: dict[str, int], done: str) -> dict[str, Any]:
    words = clip(line(card.link_text) or "查看详情", most["jump_list.title"])
    body = _told(card, most) | {
        "card_type": "text_notice",
        "card_action": {"type": 1, "url": card.link},
        "jump_list": [{"type": 1, "title": words, "url": card.link}],
    }
    if done:
        body["main_title"]["desc"] = clip(done, most["main_title.desc"])
    return body


def _select_card(card: Card, most: dict[str, int]) -> dict[str, Any]:
    assert card.submit is not None
    told = "\n".join(part for part in (flat(card.text).strip(), _facts_as_text(card.facts)) if part)
    title = {"title": clip(line(card.title) or NO_TITLE, most["main_title.title"])}
    return {
        "card_type": "multiple_interaction",
        "main_title": title | ({"desc": clip(told, most["main_title.desc"])} if told else {}),
        "select_list": [
            {
                "question_key": select.question_key,
                "title": clip(line(select.title), LABEL_CHARS),
                "option_list": [
                    {"id": option, "text": clip(line(text) or NOTHING, most["select_list.option_list.text"])}
                    for option, text in select.options
                ],
            }
            for select in card.selects
        ],
        "submit_button": {"text": clip(line(card.submit.label), most["submit_button.text"]), "key": card.submit.key},
    }


def _told(card: Card, most: dict[str, int]) -> dict[str, Any]:
    """Title, rows and text: the same for a notice and for a card with buttons."""
    body: dict[str, Any] = {"main_title": {"title": clip(line(card.title) or NO_TITLE, most["main_title.title"])}}
    if card.facts:
        body["horizontal_content_list"] = [
            {
                "keyname": clip(line(name) or NOTHING, most["horizontal_content_list.keyname"]),
                "value": clip(line(value) or NOTHING, most["horizontal_content_list.value"]),
            }
            for name, value in card.facts[:MOST_FACTS]
        ]
    told = "\n".join(part for part in (flat(card.text).strip(), _facts_as_text(card.facts[MOST_FACTS:])) if part)
    return body | ({"sub_title_text": clip(told, most["sub_title_text"])} if told else {})


def _facts_as_text(facts: Iterable[tuple[str, str]]) -> str:
    return "\n".join(f"{line(name)}：{line(value) or NOTHING}" for name, value in facts)


def _card_of(fields: dict[str, Any]) -> Card:
    buttons = tuple(Button(**button) for button in fields["buttons"])
    selects = tuple(
        Select(select["question_key"], select["title"], tuple((option, text) for option, text in select["options"]))
        for select in fields["selects"]
    )
    submit = Button(**fields["submit"]) if fields["submit"] else None
    facts = tuple((name, value) for name, value in fields["facts"])
    return Card(**fields | {"buttons": buttons, "selects": selects, "submit": submit, "facts": facts})


def _listed(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _listed(below) for name, below in value.items()}
    return [_listed(item) for item in value] if isinstance(value, (list, tuple)) else value


def _fits(text: str, most: int) -> bool:
    return len(text.encode("utf-8", "replace")) <= most


def _must(true: bool, complaint: str) -> None:
    if not true:
        raise ValueError(complaint)
