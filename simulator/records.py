"""What the platform knows and keeps: people, what their phones show, and what went over the wire."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class Someone:
    """An entry of the address book."""

    userid: str
    name: str
    title: str = ""
    group: str = ""  # 委员, 政协机关, 交办, 承办单位, 领导, 第三方
    unit: str = ""  # the unit or committee, a department below the group
    on_plugin: bool = False  # reads in WeChat: no cards, no markdown
    private: dict[str, str] = field(default_factory=dict)  # mobile, gender, email…: withheld from newer apps


@dataclass(eq=False)
class Shown:
    """One entry in a person's chat with the app, as the phone shows it now."""

    id: int
    at: datetime
    kind: str  # the msgtype: text, template_card, textcard, news, markdown, image…; from the person: text, image, …
    text: str  # every word a person can read in it
    content: dict[str, Any] = field(default_factory=dict)  # the object of that msgtype, as sent
    card: dict[str, Any] | None = None  # for template_card: the card as it stands now
    live: bool = False  # its buttons can be pressed
    replaced_text: str = ""  # the grey text on a dead card
    from_me: bool = False
    msgid: str = ""
    recalled: bool = False
    selected: dict[str, tuple[str, ...]] = field(default_factory=dict)  # question_key -> option ids last handed in


@dataclass(frozen=True)
class Call:
    """One call of the bot, as logged. Secrets and tokens are left out."""

    at: datetime
    method: str
    path: str  # "message/send"
    request: Any
    response: Any
    ms: float


@dataclass(eq=False)
class Delivery:
    """One callback to the bot: what it said and how it was taken."""

    at: datetime
    person: str
    fields: dict[str, Any]  # the inner XML as a plain dict
    xml: str
    attempts: int = 0
    accepted: bool = False
    answers: list[str] = field(default_factory=list)  # "200", "503", "timeout", "connection" for each attempt


@dataclass(frozen=True)
class Dropped:
    """A message that vanished although the call was answered with errcode 0."""

    at: datetime
    person: str
    msgid: str
    reason: str  # "minute" or "hour"
