"""A person in the town: says, presses, chooses, reads."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from simulator.records import Shown, Someone

if TYPE_CHECKING:
    from simulator.platform import Platform


class NotDelivered(Exception):
    """The bot did not take a callback, not even after the retries."""


class Person:
    """Someone's phone. Every action returns when the bot has taken the callback, or raises NotDelivered."""

    def __init__(self, platform: "Platform", someone: Someone) -> None:
        self._platform = platform
        self.someone = someone
        self.userid = someone.userid
        self.name = someone.name
        self.on_plugin = someone.on_plugin
        self.inbox: list[Shown] = []  # the chat as it is shown, oldest first; cards are changed in place
        self.hidden: list[Shown] = []  # what was sent but is not shown in WeChat

    async def says(self, text: str, deliveries: int = 1) -> None:
        """Write a text message."""
        raise NotImplementedError

    async def presses(self, label: str, deliveries: int = 1, card: Shown | None = None) -> str:
        """Press the button `label` on the newest live card that has it (or on `card`); returns the url of a link button, else ""."""
        raise NotImplementedError

    async def chooses(
        self,
        choices: Mapping[str, str | Sequence[str]],
        submit: str | None = None,
        deliveries: int = 1,
        card: Shown | None = None,
    ) -> None:
        """Choose in the selectors of a card, `{"办理态度": "满意"}`, and hand in with the button `submit`."""
        raise NotImplementedError

    async def clicks(self, menu_name: str, deliveries: int = 1) -> str:
        """Tap an entry of the app's menu; returns the url of a page entry, else ""."""
        raise NotImplementedError

    async def enters(self, deliveries: int = 1) -> None:
        """Open the chat with the app."""
        raise NotImplementedError

    async def sends_picture(self, data: bytes | None = None, deliveries: int = 1) -> None:
        """Send a picture (PNG or JPG)."""
        raise NotImplementedError

    async def sends_file(self, name: str, data: bytes = b"", deliveries: int = 1) -> None:
        """Send a file; what arrives is a switch."""
        raise NotImplementedError

    async def reads(self, *fragments: str, within: float = 5.0) -> Shown:
        """Wait for the next unread message or card that holds every fragment; everything up to it counts as read."""
        raise NotImplementedError

    async def sees(self, *fragments: str, within: float = 5.0) -> Shown:
        """Wait until anything on the screen, old or new (a card changed in place), holds every fragment."""
        raise NotImplementedError

    def reads_nothing_more(self) -> None:
        """Fail if anything unread is there."""
        raise NotImplementedError

    @property
    def unread(self) -> list[Shown]:
        """What came since the last `reads`."""
        raise NotImplementedError

    @property
    def last(self) -> Shown:
        """The newest entry from the app."""
        raise NotImplementedError

    def card_with(self, label: str) -> Shown:
        """The newest live card with the button `label`; the error names the buttons that are there."""
        raise NotImplementedError

    def buttons(self) -> list[str]:
        """The labels that can be pressed now, newest card first."""
        raise NotImplementedError
