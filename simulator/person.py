"""A person in the town: says, presses, chooses, reads."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from simulator import cards
from simulator.callbacks import NotDelivered
from simulator.doors import ByNumber, Door
from simulator.media import PICTURE
from simulator.records import Shown, Someone

if TYPE_CHECKING:
    from simulator.platform import Platform

__all__ = ["NotDelivered", "Person"]


class Person:
    """Someone's phone. Every action returns when the bot has taken the callback, or raises NotDelivered."""

    def __init__(self, platform: "Platform", someone: Someone) -> None:
        self._platform = platform
        self.someone = someone
        self.userid = someone.userid
        self.name = someone.name
        self.on_plugin = someone.on_plugin
        self.door: Door | None = None  # how this person chooses, where it is not by a tap on a card
        self.inbox: list[Shown] = []  # the chat as it is shown, oldest first; cards are changed in place
        self.hidden: list[Shown] = []  # what was sent but is not shown in WeChat
        self._read = 0  # so many entries of the inbox were read
        self._news = asyncio.Event()

    def __repr__(self) -> str:
        return f"<{self.name} {self.userid}>"

    @property
    def in_words(self) -> bool:
        """Whether this person types numbers instead of tapping on cards."""
        return isinstance(self.door, ByNumber)

    # --- acting ------------------------------------------------------------------------------------------------------

    async def says(self, text: str, deliveries: int = 1) -> None:
        """Write a text message."""
        self._writes("text", text, {"content": text})
        await self._message("text", {"Content": text}, deliveries)

    async def sends_picture(self, data: bytes | None = None, deliveries: int = 1) -> None:
        """Send a picture (PNG or JPG)."""
        medium = self._platform.media.put("image", "picture.png", data or PICTURE)
        url = f"{self._platform.api_base}/pictures/{medium.media_id}"
        self._writes("image", "[图片]", {"media_id": medium.media_id, "url": url})
        await self._message("image", {"PicUrl": url, "MediaId": medium.media_id}, deliveries)

    async def sends_file(self, name: str, data: bytes = b"a file", deliveries: int = 1) -> None:
        """Send a file. Whether anything arrives, and as what, is a switch; nothing does by default."""
        medium = self._platform.media.put("file", name, data)
        self._writes("file", f"[文件] {name}", {"media_id": medium.media_id, "filename": name})
        form = self._platform.switches.inbound_file
        if form == "text":
            await self._message("text", {"Content": name}, deliveries)
        elif form == "file":
            await self._message("file", {"FileName": name, "MediaId": medium.media_id}, deliveries)

    async def sends(self, kind: str, elements: dict[str, Any], deliveries: int = 1) -> None:
        """Send any other message: voice, video, location, link, with its own XML elements."""
        self._writes(kind, f"[{kind}]", {})
        await self._message(kind, elements, deliveries)

    async def enters(self, deliveries: int = 1) -> None:
        """Open the chat with the app."""
        if self._platform.switches.reports_enter:
            await self.causes("enter_agent", {"EventKey": ""}, deliveries)

    async def causes(self, event: str, elements: dict[str, Any], deliveries: int = 1) -> None:
        """Any event, with its own XML elements: subscribe, LOCATION, …"""
        await self._platform.callback(self.userid, {"MsgType": "event", "Event": event, **elements}, deliveries)

    async def clicks(self, menu_name: str, deliveries: int = 1) -> str:
        """Tap an entry of the app's menu; returns the url of a page entry, else ""."""
        menu = self._platform.menu or {"button": []}
        leaves = [leaf for top in menu["button"] for leaf in top.get("sub_button", [top])]
        entry = next((leaf for leaf in leaves if leaf["name"] == menu_name), None)
        if entry is None:
            raise AssertionError(f"{self.name} finds no menu entry {menu_name!r}, only {[e['name'] for e in leaves]}")
        kind = entry["type"]
        key = entry.get("url") or entry.get("pagepath") or entry["key"]
        more: dict[str, Any] = {}
        if kind.startswith("scancode_"):
            more["ScanCodeInfo"] = {"ScanType": "qrcode", "ScanResult": "1"}
        elif kind.startswith("pic_"):
            more["SendPicsInfo"] = {"Count": 1, "PicList": {"item": {"PicMd5Sum": "0" * 32}}}
        elif kind == "location_select":
            place = {"Location_X": 25.04, "Location_Y": 102.71, "Scale": 16, "Label": "青溪路", "Poiname": ""}
            more = {"SendLocationInfo": place, "AppType": "wxwork"}
        await self.causes(kind, {"EventKey": key, **more}, deliveries)
        if kind.startswith("pic_"):
            await self.sends_picture()
        return str(key) if kind == "view" else ""

    async def presses(self, label: str, deliveries: int = 1, card: Shown | None = None) -> str:
        """Press the button `label` on the newest live card that has it (or on `card`).

        Selectors on the card go along as they stand. Returns the url of a link button (no event), else "".
        """
        if self.door:
            return await self.door.presses(self, label, deliveries, card)
        shown = self._with(label, card)
        tap = next(tap for tap in self._taps(shown) if tap.label == label)
        if tap.url:
            return tap.url
        await self._taps_on(shown, tap, {}, deliveries)
        return ""

    async def chooses(
        self,
        choices: Mapping[str, str | Sequence[str]],
        submit: str | None = None,
        deliveries: int = 1,
        card: Shown | None = None,
    ) -> None:
        """Choose in the selectors of a card, `{"办理态度": "满意"}`, and hand in with the button `submit`.

        A selector is named by its title or question key (a vote by the card's title), an option by its words or id;
        what is not named stays as it was. Without `submit` the card's only button is taken.
        """
        if self.door:
            await self.door.chooses(self, choices, submit, deliveries, card)
            return
        shown = self._asking(tuple(choices), submit, card)
        chosen: dict[str, tuple[str, ...]] = {}
        for question in cards.questions(shown.card or {}):
            named = next((choices[name] for name in (question.title, question.key) if name in choices), None)
            if named is None:
                continue
            if question.locked:
                raise AssertionError(f"{self.name} cannot change {question.title or question.key!r}: it is locked")
            wanted = (named,) if isinstance(named, str) else tuple(named)
            if len(wanted) != 1 and not question.several:
                raise AssertionError(f"{question.title or question.key!r} takes one option")
            ids = {words: option_id for option_id, words in question.options} | {i: i for i, _ in question.options}
            if strange := [words for words in wanted if words not in ids]:
                raise AssertionError(f"{self.name} finds no option {strange}, only {[w for _, w in question.options]}")
            chosen[question.key] = tuple(ids[words] for words in wanted)
        buttons = [tap for tap in self._taps(shown) if tap.key and not tap.in_menu]
        fitting = [tap for tap in buttons if submit in (None, tap.label)]
        if len(fitting) != 1:
            raise AssertionError(f"{self.name} must say which button: {[tap.label for tap in buttons]}")
        await self._taps_on(shown, fitting[0], chosen, deliveries)

    async def _taps_on(self, shown: Shown, tap: cards.Tap, chosen: dict[str, tuple[str, ...]], deliveries: int) -> None:
        card = shown.card or {}
        answers = {q.key: shown.selected.get(q.key, q.chosen) for q in cards.questions(card)} | chosen
        if not tap.in_menu:
            shown.selected = answers
        elements: dict[str, Any] = {
            "EventKey": tap.key,
            "TaskId": card.get("task_id", ""),
            "CardType": card["card_type"],
            "ResponseCode": self._platform.code_for_tap(self.userid, shown),
        }
        if not tap.in_menu and (answers or self._platform.switches.selected_items == "empty"):
            items = [{"QuestionKey": key, "OptionIds": {"OptionId": list(ids)}} for key, ids in answers.items()]
            elements["SelectedItems"] = {"SelectedItem": items}
        if not self._platform.switches.tap_again and not tap.in_menu:
            shown.live = False
        event = "template_card_menu_event" if tap.in_menu else "template_card_event"
        await self._platform.callback(self.userid, {"MsgType": "event", "Event": event, **elements}, deliveries)

    async def _message(self, kind: str, elements: dict[str, Any], deliveries: int) -> None:
        fields = {"MsgType": kind, **elements, "MsgId": self._platform.next_message_id()}
        await self._platform.callback(self.userid, fields, deliveries)

    def _writes(self, kind: str, text: str, content: dict[str, Any]) -> None:
        self._platform.show(self.userid, self._platform.own_words(kind, text, content))

    # --- reading -----------------------------------------------------------------------------------------------------

    async def reads(self, *fragments: str, within: float = 5.0) -> Shown:
        """Wait for the next unread message or card that holds every fragment; everything up to it counts as read."""
        ends = time.monotonic() + within
        while True:
            news = self._news
            for place in range(self._read, len(self.inbox)):
                shown = self.inbox[place]
                if not shown.from_me and not shown.recalled and all(part in shown.text for part in fragments):
                    self._read = place + 1
                    return shown
            if not await _happens(news, ends):
                raise AssertionError(
                    f"{self.name} does not read {fragments} within {within} s; unread is {self._told(self.unread)}"
                )

    async def sees(self, *fragments: str, within: float = 5.0) -> Shown:
        """Wait until anything on the screen, old or new (a card changed in place), holds every fragment."""
        ends = time.monotonic() + within
        while True:
            news = self._news
            for shown in reversed(self.inbox):
                if not shown.from_me and not shown.recalled and all(part in shown.text for part in fragments):
                    return shown
            if not await _happens(news, ends):
                newest = [shown for shown in self.inbox if not shown.from_me][-5:]
                raise AssertionError(
                    f"{self.name} does not see {fragments} within {within} s; the newest is {self._told(newest)}"
                )

    def reads_nothing_more(self) -> None:
        """Fail if anything unread is there."""
        if self.unread:
            raise AssertionError(f"{self.name} has more to read: {self._told(self.unread)}")

    @property
    def unread(self) -> list[Shown]:
        """What came since the last `reads`."""
        return [shown for shown in self.inbox[self._read :] if not shown.from_me and not shown.recalled]

    def skips_to_the_end(self) -> None:
        """Count everything that is there as read."""
        self._read = len(self.inbox)

    @property
    def last(self) -> Shown:
        """The newest entry from the app."""
        found = next((shown for shown in reversed(self.inbox) if not shown.from_me), None)
        if found is None:
            raise AssertionError(f"{self.name} has got nothing yet")
        return found

    def card_with(self, label: str) -> Shown:
        """The newest live card with the button `label`; the error names the buttons that are there."""
        return self._with(label, None)

    def buttons(self) -> list[str]:
        """The labels that can be pressed now, newest card first."""
        if self.door:
            return self.door.labels(self)
        return [tap.label for shown in reversed(self.inbox) if shown.live for tap in self._taps(shown)]

    def _with(self, label: str, card: Shown | None) -> Shown:
        if card is not None and not card.live:
            dead = card.replaced_text or "no button"
            raise AssertionError(f"{self.name} cannot press {label!r}: the card is dead, it shows {dead!r}")
        for shown in [card] if card is not None else reversed(self.inbox):
            if shown.live and any(tap.label == label for tap in self._taps(shown)):
                return shown
        labels = [tap.label for tap in self._taps(card)] if card is not None else self.buttons()
        grey = [shown.replaced_text for shown in self.inbox if shown.replaced_text][-5:]
        raise AssertionError(f"{self.name} finds no button {label!r}; there are {labels}, greyed out {grey}")

    def _asking(self, names: Sequence[str], submit: str | None, card: Shown | None) -> Shown:
        """The newest live card that has all these selectors and that button."""
        live = [shown for shown in ([card] if card else reversed(self.inbox)) if shown.live and shown.card]
        for shown in live:
            known = {name for q in cards.questions(shown.card or {}) for name in (q.title, q.key)}
            if known.issuperset(names) and (submit is None or any(t.label == submit for t in self._taps(shown))):
                return shown
        asked = [q.title or q.key for shown in live for q in cards.questions(shown.card or {})]
        raise AssertionError(
            f"{self.name} finds no card with {list(names)} and {submit!r}; there are {asked} and {self.buttons()}"
        )

    @staticmethod
    def _taps(shown: Shown) -> list[cards.Tap]:
        return cards.taps(shown.card) if shown.card else []

    @staticmethod
    def _told(entries: Sequence[Shown]) -> str:
        return "; ".join(f"[{shown.kind}] {shown.text!r}" for shown in entries) or "nothing"

    @property
    def news(self) -> asyncio.Event:
        """Set at the next change on this phone."""
        return self._news

    def notice(self) -> None:
        """Something on this phone has changed: wake whoever waits for it."""
        self._news.set()
        self._news = asyncio.Event()


async def _happens(event: asyncio.Event, ends: float) -> bool:
    """Whether the event is set before the moment `ends`."""
    left = ends - time.monotonic()
    if left <= 0:
        return False
    try:
        async with asyncio.timeout(left):
            await event.wait()
    except TimeoutError:
        return False
    return True
