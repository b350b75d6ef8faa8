"""The platform: its address book, its inboxes, its memory of tokens, cards and media, and the door to its API."""

from collections import deque
from collections.abc import Callable
from typing import Any

from simulator.calendar import Calendar
from simulator.person import Person
from simulator.records import Call, Delivery, Dropped, Shown, Someone
from simulator.switches import Switches

__all__ = ["Call", "Delivery", "Dropped", "Platform", "Shown", "Someone"]

Watcher = Callable[[dict[str, Any]], None]


class Platform:
    """One corp with one app. Start it, point the bot at `api_base`, and let people act."""

    def __init__(
        self,
        corp_id: str,
        agent_id: int,
        secret: str,
        token: str,
        encoding_aes_key: str,
        callback_url: str,
        calendar: Calendar,
        people: dict[str, Someone],
        switches: Switches | None = None,
    ) -> None:
        self.corp_id, self.agent_id, self.calendar = corp_id, agent_id, calendar
        self.callback_url = callback_url  # may be set later; "" means the app has none
        self.people = {userid.lower(): someone for userid, someone in people.items()}
        self.switches = switches or Switches()
        self.trusted_domain = ""  # "host" or "host:port" that OAuth may redirect to; "": any
        self.calls: deque[Call] = deque(maxlen=10_000)
        self.callbacks: deque[Delivery] = deque(maxlen=10_000)
        self.dropped: deque[Dropped] = deque(maxlen=10_000)
        self.violations: list[str] = []  # what the bot did against the protocol
        self.advice: deque[str] = deque(maxlen=1_000)  # words so long that the client clips them
        self.menu: dict[str, Any] | None = None  # {"button": […]} as created
        # watchers get {"kind": "message"|"card"|"menu"|"call"|"callback"|"calendar"|"people", "person": userid or "", …}
        self.on_change: list[Watcher] = []

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> None:
        """Open the API on `host` and `port` (0: any free one)."""
        raise NotImplementedError

    async def close(self) -> None:
        """End everything that was started, at once."""
        raise NotImplementedError

    @property
    def api_base(self) -> str:
        """`http://host:port`; the calls are below `/cgi-bin/`, OAuth is `/connect/oauth2/authorize`."""
        raise NotImplementedError

    def person(self, userid: str) -> Person:
        """The person behind a userid (case does not matter); always the same object. KeyError if unknown."""
        raise NotImplementedError

    def oauth_redirect(self, userid: str, authorize_url: str) -> str:
        """What the client of `userid` is redirected to when it opens `authorize_url`; raises Refusal(errcode)."""
        raise NotImplementedError

    async def verify_callback(self) -> bool:
        """The administrator presses Save: GET with an echostr; tells whether the bot answered as it must."""
        raise NotImplementedError

    async def set_on_plugin(self, userid: str, on: bool) -> None:
        """Let a member read in WeChat (no cards, no markdown) or in WeCom again."""
        raise NotImplementedError

    def kill_token(self) -> None:
        """End the present token before its time."""
        raise NotImplementedError
