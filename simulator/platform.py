"""The platform: one corp, one app, its people and their phones, and everything the other files here work on."""

from collections import deque
from collections.abc import Callable
from typing import Any

from aiohttp import web

from simulator import api, cards, replies, wire
from simulator.calendar import Calendar
from simulator.callbacks import Courier, NotDelivered
from simulator.directory import Directory
from simulator.identity import Codes, Tokens
from simulator.media import Store
from simulator.person import Person
from simulator.post import Post
from simulator.records import Call, Delivery, Dropped, Shown, Someone
from simulator.refusal import Refusal
from simulator.switches import Switches

__all__ = ["Call", "Delivery", "Dropped", "NotDelivered", "Person", "Platform", "Refusal", "Shown", "Someone"]

Watcher = Callable[[dict[str, Any]], None]
_MOST_VIOLATIONS = 10_000
_FIRST_MESSAGE_ID = 7501000000000000001


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
        self.corp_id, self.agent_id, self.secret, self.calendar = corp_id, agent_id, secret, calendar
        self.people = {userid.lower(): someone for userid, someone in people.items()}
        self.switches = switches or Switches()
        self.trusted_domain = ""  # "host" or "host:port" that OAuth may redirect to; "": any
        self.app_name = "提案通"
        self.calls: deque[Call] = deque(maxlen=10_000)
        self.callbacks: deque[Delivery] = deque(maxlen=10_000)
        self.violations: list[str] = []  # what the bot did against the protocol
        self.advice: deque[str] = deque(maxlen=1_000)  # words so long that the client clips them
        self.menu: dict[str, Any] | None = None  # {"button": […]} as created
        # watchers get {"kind": "message"|"card"|"menu"|"call"|"callback"|"calendar"|"people", "person": userid or "", …}
        self.on_change: list[Watcher] = []

        self.seal = wire.Envelope(token, encoding_aes_key, corp_id)
        self.directory = Directory("云岭市政协", self.people, self.switches)
        self.tokens = Tokens(calendar, self.switches)
        self.codes = Codes(calendar)
        self.media = Store(calendar, self.switches)
        self.post = Post(agent_id, calendar, self.directory, self.media, self.switches, self.show, self._card_changed)
        self._courier = Courier(corp_id, agent_id, self.seal, calendar, self.switches, self.callbacks, self._on_answer)
        self._courier.url = callback_url
        self._persons = {userid: Person(self, someone) for userid, someone in self.people.items()}
        self._message_id = _FIRST_MESSAGE_ID
        self._runner: web.AppRunner | None = None
        self._api_base = ""
        calendar.listeners.append(self._calendar_turned)

    # --- life --------------------------------------------------------------------------------------------------------

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> None:
        """Open the API on `host` and `port` (0: any free one)."""
        await self._courier.start()
        self._runner = web.AppRunner(api.application(self), access_log=None, shutdown_timeout=0.2)
        await self._runner.setup()
        site = web.TCPSite(self._runner, host, port)
        await site.start()
        real_host, real_port = self._runner.addresses[0][:2]
        self._api_base = f"http://{real_host}:{real_port}"

    async def close(self) -> None:
        """End everything that was started, at once."""
        for outage in self.switches.outages:
            outage.clear()
        if self._calendar_turned in self.calendar.listeners:
            self.calendar.listeners.remove(self._calendar_turned)
        await self._courier.close()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    @property
    def api_base(self) -> str:
        """`http://host:port`; the calls are below `/cgi-bin/`, OAuth is `/connect/oauth2/authorize`."""
        return self._api_base

    @property
    def callback_url(self) -> str:
        """Where callbacks go; may be set at any time; "" means that the app has none."""
        return self._courier.url

    @callback_url.setter
    def callback_url(self, url: str) -> None:
        self._courier.url = url

    # --- people ------------------------------------------------------------------------------------------------------

    def person(self, userid: str) -> Person:
        """The person behind a userid (case does not matter); always the same object. KeyError if unknown."""
        return self._persons[userid.lower()]

    def named(self, name: str) -> Person:
        """The first person of that name; KeyError if there is none."""
        for person in self._persons.values():
            if person.name == name:
                return person
        raise KeyError(name)

    async def set_on_plugin(self, userid: str, on: bool) -> None:
        """Let a member read in WeChat (no cards, no markdown) or in WeCom again."""
        self.person(userid).on_plugin = on
        self.tell("people", userid.lower())

    @property
    def dropped(self) -> deque[Dropped]:
        """The messages that vanished at the limits of a member although the call was answered with errcode 0."""
        return self.post.dropped

    # --- the administrator and the clients ---------------------------------------------------------------------------

    def oauth_redirect(self, userid: str, authorize_url: str, *, fragment_seen: bool = True) -> str:
        """What the client of `userid` is redirected to when it opens `authorize_url`; raises Refusal(errcode).

        Somebody who is not in the address book is an outsider and gets a code all the same.
        """
        try:
            return self.codes.redirect(
                userid.lower(),
                authorize_url,
                corp_id=self.corp_id,
                trusted_domain=self.trusted_domain,
                fragment_seen=fragment_seen,
            )
        except Refusal as error:
            self.breach(f"oauth2/authorize: {error.hint}")
            raise

    async def verify_callback(self) -> bool:
        """The administrator presses Save: GET with an echostr; tells whether the bot answered as it must."""
        wrong = await self._courier.verify()
        if wrong:
            self.breach(f"URL verification: {wrong}")
        return not wrong

    def kill_token(self) -> None:
        """End the present token before its time."""
        self.tokens.kill()

    # --- for the files of this room ----------------------------------------------------------------------------------

    def tell(self, kind: str, userid: str = "", **more: Any) -> None:
        """Tell whoever watches that something has changed."""
        for watcher in list(self.on_change):
            watcher({"kind": kind, "person": userid, **more})

    def breach(self, what: str) -> None:
        """Note that the bot broke the protocol."""
        if len(self.violations) < _MOST_VIOLATIONS:
            self.violations.append(what)

    def note_call(self, method: str, path: str, request: Any, response: Any, ms: float) -> None:
        """Log one call of the bot."""
        self.calls.append(Call(self.calendar.now(), method, path, request, response, ms))
        if self.on_change:
            self.tell("call", path=path)

    def show(self, userid: str, shown: Shown) -> None:
        """Put an entry on a phone, unless WeChat does not show its kind."""
        person = self._persons[userid.lower()]
        if person.on_plugin and shown.kind in cards.NOT_IN_WECHAT and not shown.from_me:
            person.hidden.append(shown)
            return
        person.inbox.append(shown)
        person.notice()
        if self.on_change:
            self.tell("message", userid.lower(), id=shown.id)

    def own_words(self, kind: str, text: str, content: dict[str, Any]) -> Shown:
        """An entry that the person wrote."""
        return Shown(self.post.next_id(), self.calendar.now(), kind, text, content, from_me=True)

    def next_message_id(self) -> int:
        """The MsgId of the next message of a person."""
        self._message_id += 1
        return self._message_id - 1

    def code_for_tap(self, userid: str, shown: Shown) -> str:
        """The ResponseCode of one tap on a card."""
        message = self.post.message_of(shown)
        return self.post.new_code(message, userid.lower()) if message else ""

    async def callback(self, userid: str, fields: dict[str, Any], deliveries: int = 1) -> None:
        """Send what a person did to the bot and wait until it was taken."""
        whole = {
            "ToUserName": self.corp_id,
            "FromUserName": self._persons[userid.lower()].userid,
            "CreateTime": int(self.calendar.now().timestamp()),
            **fields,
            "AgentID": self.agent_id,
        }
        try:
            await self._courier.post(userid.lower(), whole, deliveries)
        finally:
            self.tell("callback", userid.lower())

    def _card_changed(self, userid: str, shown: Shown) -> None:
        self._persons[userid].notice()
        if self.on_change:
            self.tell("card", userid, id=shown.id)

    async def _calendar_turned(self) -> None:
        self.tell("calendar")

    def _on_answer(self, delivery: Delivery, body: bytes) -> None:
        """The bot has taken a callback; it may have answered with words or a changed card."""
        try:
            honour = self.switches.passive_card_reply == "honour"
            reply = replies.read(body, delivery.fields, self.seal, honour_card_events=honour)
        except replies.BadReply as error:
            self.breach(str(error))
            return
        if reply is None:
            return
        if reply.kind in ("update_button", "update_template_card"):
            self._change_passively(delivery, reply)
            return
        text = cards.words(reply.kind, reply.content)
        self.show(delivery.person, Shown(self.post.next_id(), self.calendar.now(), reply.kind, text, reply.content))

    def _change_passively(self, delivery: Delivery, reply: replies.Reply) -> None:
        message = self.post.message_of_code(delivery.fields.get("ResponseCode", ""))
        if message is not None:
            card = reply.content if reply.kind == "update_template_card" else None
            self.post.change(message, [delivery.person], card, "" if card else reply.content["replace_name"])
