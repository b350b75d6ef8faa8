"""What becomes of a message: send, update, recall, and the limits in between (PROTOCOL sections 5 to 7 and 18)."""

import hashlib
import json
import secrets
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from simulator import cards
from simulator.calendar import Calendar
from simulator.directory import Directory
from simulator.errcodes import INTERACTIVE
from simulator.media import SAFE_FILES, Store
from simulator.records import Dropped, Shown
from simulator.refusal import Refusal
from simulator.switches import Switches

_MINUTE, _HOUR = 30, 1000
_RECALL = timedelta(hours=24)
_KEPT = 200_000


@dataclass(eq=False)
class Message:
    """One message as sent, and the copies of it on people's phones."""

    msgid: str
    kind: str
    at: datetime
    task_id: str
    card_type: str  # as sent
    copies: dict[str, Shown | None] = field(default_factory=dict)  # receivers; None: vanished on the way


@dataclass(eq=False)
class ResponseCode:
    """The right to one update of a card."""

    message: Message
    at: datetime
    tapper: str  # "" for the code that came with sending
    used: bool = False


class Post:
    """The app's messages. `show` puts a copy on a phone, `changed` tells that one looks different now."""

    def __init__(
        self,
        agent_id: int,
        calendar: Calendar,
        directory: Directory,
        media: Store,
        switches: Switches,
        show: Callable[[str, Shown], None],
        changed: Callable[[str, Shown], None],
    ) -> None:
        self._agent_id, self._calendar, self._directory = agent_id, calendar, directory
        self._media, self._switches, self._show, self._changed = media, switches, show, changed
        self.dropped: deque[Dropped] = deque(maxlen=10_000)
        self.task_ids: set[str] = set()  # for ever
        self._messages: dict[str, Message] = {}
        self._codes: dict[str, ResponseCode] = {}
        self._repeats: dict[str, tuple[datetime, dict[str, Any]]] = {}
        self._recent: dict[str, deque[datetime]] = {}
        self._day: tuple[str, int] = ("", 0)
        self._serial = 0

    def next_id(self) -> int:
        """A number for the next entry on any phone."""
        self._serial += 1
        return self._serial

    # --- send --------------------------------------------------------------------------------------------------------

    def send(self, asked: dict[str, Any], body: dict[str, Any], *, callback_url: str) -> dict[str, Any]:
        """message/send; `asked` is the request as it came, `body` as it goes on (over-long words cut)."""
        now = self._calendar.now()
        digest = ""
        if asked.get("enable_duplicate_check") == 1:
            digest = hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()
            window = timedelta(seconds=asked.get("duplicate_check_interval", 1800))
            known = self._repeats.get(digest)
            if known and now - known[0] < window:
                whole = self._switches.duplicate_answer == "whole"
                return dict(known[1]) if whole else {"msgid": known[1]["msgid"]}
        kind = body["msgtype"]
        content = body[kind]
        task_id = content.get("task_id", "") if kind == "template_card" else ""
        self._may_be_sent(kind, content, task_id, body, callback_url)
        to = self._directory.receivers(body)
        bad = {
            "invaliduser": "|".join(to.bad_users),
            "invalidparty": "|".join(to.bad_parties),
            "invalidtag": "|".join(to.bad_tags),
            "unlicenseduser": "|".join(to.unlicensed),
        }
        if self._switches.empty_lists == "absent":
            bad = {name: value for name, value in bad.items() if value}
        if not to.userids:
            raise Refusal(81013, "user & party & tag all invalid", **bad)
        self._count_the_day(now, len(to.userids))
        if task_id:
            self.task_ids.add(task_id)
        if body.get("enable_id_trans") == 1:
            content = cards.translate(kind, content, self._directory.name_of)
        message = Message(f"mG{secrets.token_urlsafe(18)}", kind, now, task_id, content.get("card_type", ""))
        self._keep(self._messages, message.msgid, message)
        for userid in to.userids:
            message.copies[userid] = self._deliver(userid, message, content, now)
        answer: dict[str, Any] = {**bad, "msgid": message.msgid}
        if kind == "template_card" and cards.calls_back(content):
            answer["response_code"] = self.new_code(message, "")
        if digest:
            self._keep(self._repeats, digest, (now, answer))
        return answer

    def _may_be_sent(
        self, kind: str, content: dict[str, Any], task_id: str, body: dict[str, Any], callback_url: str
    ) -> None:
        if kind == "template_card":
            if self._switches.callback_needed and not callback_url and cards.calls_back(content):
                raise Refusal(43012, "the app has no callback URL")
            if self._switches.task_id_once and task_id in self.task_ids:
                raise Refusal(42014, "task_id: used before")
            self._rows_exist(content)
        elif kind in ("image", "voice", "video", "file"):
            medium = self._media.get(content["media_id"], kind)
            if kind == "file" and body.get("safe") == 1 and medium.name.rpartition(".")[2].lower() not in SAFE_FILES:
                raise Refusal(40004, "file: this type cannot be safe")
        elif kind == "mpnews":
            for article in content["articles"]:
                self._media.get(article["thumb_media_id"], "image")

    def _rows_exist(self, card: dict[str, Any]) -> None:
        for row in card.get("horizontal_content_list", []):
            if row.get("type") == 2:
                self._media.get(row["media_id"])
            if row.get("type") == 3 and not self._directory.reachable(row["userid"].lower()):
                raise Refusal(42050, "horizontal_content_list.userid: unknown")

    def _count_the_day(self, now: datetime, receivers: int) -> None:
        today = f"{now + timedelta(hours=8):%Y%m%d}"
        used = self._day[1] if self._day[0] == today else 0
        if self._switches.accounts_limit and used + receivers > self._switches.accounts_limit * 200:
            raise Refusal(45009, "the app's messages of today are used up")
        self._day = (today, used + receivers)

    def _deliver(self, userid: str, message: Message, content: dict[str, Any], now: datetime) -> Shown | None:
        if self._switches.member_limits and (window := self._window_full(userid, now)):
            self.dropped.append(Dropped(now, userid, message.msgid, window))
            return None
        is_card = message.kind == "template_card"
        shown = Shown(
            self.next_id(),
            now,
            message.kind,
            cards.words(message.kind, content),
            content,
            card=content if is_card else None,
            live=is_card and cards.calls_back(content),
            msgid=message.msgid,
        )
        self._show(userid, shown)
        return shown

    def _window_full(self, userid: str, now: datetime) -> str:
        """Which of the two windows of one member is full; else the message is counted."""
        recent = self._recent.setdefault(userid, deque(maxlen=_HOUR))
        if len(recent) >= _MINUTE and now - recent[-_MINUTE] < timedelta(minutes=1):
            return "minute"
        if len(recent) == _HOUR and now - recent[0] < timedelta(hours=1):
            return "hour"
        recent.append(now)
        return ""

    # --- update and recall -------------------------------------------------------------------------------------------

    def new_code(self, message: Message, tapper: str) -> str:
        """A fresh response_code for a message or for one tap."""
        code = f"rC{secrets.token_urlsafe(30)}"
        self._keep(self._codes, code, ResponseCode(message, self._calendar.now(), tapper))
        return code

    def message_of(self, shown: Shown) -> Message | None:
        """The message a copy belongs to."""
        return self._messages.get(shown.msgid)

    def message_of_code(self, code: str) -> Message | None:
        """The message a response_code belongs to."""
        found = self._codes.get(code)
        return found.message if found else None

    def update(self, body: dict[str, Any]) -> dict[str, Any]:
        """message/update_template_card: one code, one update, only for those who got the card."""
        if body["agentid"] != self._agent_id:
            raise Refusal(42015, "the card was sent by another app")
        code = self._codes.get(body["response_code"])
        life = timedelta(hours=self._switches.response_code_hours)
        if code is None or self._calendar.now() - code.at >= life:
            raise Refusal(60140, "response_code: wrong or expired")
        if code.used and self._switches.response_code_once:
            raise Refusal(60140, "response_code: used")
        message = code.message
        if "button" in body and message.card_type not in INTERACTIVE:
            raise Refusal(40058, "button: only for cards with buttons, votes or selectors")
        if "template_card" in body:
            self._rows_exist(body["template_card"])
        chosen, bad = self._chosen(body, code)
        if not chosen:
            raise Refusal(82102, "no target has received this card", invaliduser=bad)
        code.used = True
        card = body.get("template_card")
        if card and body.get("enable_id_trans") == 1:
            card = cards.translate("template_card", card, self._directory.name_of)
        self.change(message, chosen, card, "" if card else body["button"]["replace_name"])
        return {"invaliduser": bad} if bad or self._switches.empty_lists == "empty" else {}

    def _chosen(self, body: dict[str, Any], code: ResponseCode) -> tuple[list[str], list[str]]:
        """The receivers an update is meant for, and the targets that are none."""
        copies = code.message.copies
        named = {userid.lower(): None for userid in body.get("userids", [])}
        for party in body.get("partyids", []):
            if party in self._directory.departments:
                named |= {u: None for u in self._directory.members(party, deep=True) if u in copies}
        whole = body.get("atall") == 1
        if not (whole or named or body.get("partyids") or body.get("tagids")):
            if self._switches.update_without_receivers == "refuse":
                raise Refusal(82101, "no receiver is named")
            whole = True
        targets: Iterable[str] = copies if whole else named
        if code.tapper and self._switches.event_code_scope == "tapper":
            targets = [userid for userid in targets if userid == code.tapper]
        chosen = [userid for userid in targets if userid in copies]
        return chosen, [userid for userid in named if userid not in copies]

    def change(self, message: Message, userids: Iterable[str], card: dict[str, Any] | None, grey: str) -> None:
        """Replace a card on these people's phones, or make its buttons one dead button reading `grey`."""
        if card is not None:
            grey = card.get("replace_text", "")
            card = {**card, **({"task_id": message.task_id} if message.task_id else {})}  # it goes on; UNVERIFIED
        for userid in userids:
            shown = message.copies.get(userid)
            if shown is None or shown.recalled or shown.card is None:
                continue
            if card is not None:
                shown.card = shown.content = card
                shown.selected = {}
            shown.replaced_text = grey
            shown.live = not grey and cards.calls_back(shown.card)
            shown.text = cards.words("template_card", shown.card, grey)
            self._changed(userid, shown)

    def recall(self, msgid: str, on_plugin: Callable[[str], bool]) -> dict[str, Any]:
        """message/recall: within a day; the copy in WeChat stays."""
        message = self._messages.get(msgid)
        if message is None:
            raise Refusal(40058, "msgid: not a message of this app")
        if self._calendar.now() - message.at >= _RECALL:
            raise Refusal(42052, "msgid: older than 24 hours")
        for userid, shown in message.copies.items():
            if shown is not None and not on_plugin(userid):
                shown.recalled, shown.live = True, False
                shown.text = ""
                self._changed(userid, shown)
        return {}

    @staticmethod
    def _keep(store: dict[str, Any], key: str, value: Any) -> None:
        store[key] = value
        if len(store) > _KEPT:
            store.pop(next(iter(store)))
