"""Turn: one cause being worked out, in one transaction: who acts, what time it is, and what is said."""

from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, TypeVar

from sqlmodel import Session, SQLModel, col, select

from bot.large import in_lines, to_type
from bot.numbers import Printing, choices_of, print_all
from bot.wecom.messages import Card, CardNow, Say, Words, from_json, plain, to_json
from models import store
from models.errors import Refused
from models.messages import Lane, Outgoing, Wait
from models.people import Person
from models.rules import SHANGHAI, Rules

if TYPE_CHECKING:
    from bot.dialogue import Dialogues

M = TypeVar("M", bound=SQLModel)
_UNSENT = {"pieces_sent": 0, "attempts": 0, "lease": "", "msgid": "", "response_code": "", "trouble": ""}


@dataclass
class Turn:
    """What a handler or a job has in hand. What it says is a row; the outbox delivers it after the commit."""

    session: Session
    rules: Rules
    now: datetime
    cause: str  # the key of the update, or the name of the job: what was said because of it is said once
    public_url: str
    dialogues: "Dialogues"
    person: Person | None = None
    response_code: str = ""  # of the press that is being worked out; spent by one `card_now`
    has_model: bool = False  # a language model may be asked (bot/assistant.py)
    asks_model: bool = field(default=False, init=False)  # … and is, when this turn is over
    said: int = field(default=0, init=False)
    _held: dict[tuple[type, Any], Any] = field(default_factory=dict, init=False)
    words: list[dict[str, Any]] = field(default_factory=list, init=False)  # said, and not written down yet
    _printing: dict[str, Printing] = field(default_factory=dict, init=False)  # numbers for people who see no cards

    @property
    def today(self) -> date:
        """The day in the city."""
        return self.now.astimezone(SHANGHAI).date()

    @property
    def actor(self) -> Person:
        """The person who acts; jobs have none."""
        assert self.person is not None
        return self.person

    def get(self, kind: type[M], key: Any) -> M:
        """The row, held until the turn ends; Refused when it is gone."""
        row: M | None = self._held.get((kind, key)) or store.locked(self.session, kind, key)
        if row is None:
            raise Refused("没有找到这一件，可能已被删除。发送“待办”可以看现在等您办的事。")
        self._held[kind, key] = row  # and kept: the session itself forgets rows that nobody holds
        return row

    def url(self, path: str) -> str:
        """A link to one of our pages: `url("p/proposals/12")`."""
        return f"{self.public_url.rstrip('/')}/{path}"

    def say(
        self, what: Say | str, to: Person | None = None, *, key: str = "", lane: Lane = Lane.ANSWER, subject: str = ""
    ) -> None:
        """Say something to a person (the actor unless told).

        A key of one's own makes it said once for ever, however often the cause comes back. Whoever reads in the WeChat
        plugin gets a card as words, for cards do not show there (PROTOCOL §20).
        """
        reader = to or self.actor
        words = Words(what) if isinstance(what, str) else what
        card: Card | None = None
        if reader.in_words:
            if isinstance(words, CardNow):
                return
            if isinstance(words, Card) and choices_of(words):
                card = words
            if isinstance(words, Card):
                words = Words(plain(words))
            if isinstance(words, Words):
                words = Words(to_type(words.text))
        if reader.large and isinstance(words, Words):
            words = Words(in_lines(words.text))
        self.said += 1
        row = {
            "key": key or f"{self.cause}#{self.said}",
            "person": reader.userid,
            "lane": lane.value,
            "body": to_json(words),
            "subject": subject,
            "created_at": self.now,
            "state": Wait.WAITING,
            **_UNSENT,
        }
        self.words.append(row)
        if card:
            self.printing(reader).cards.append((row, card, reader.large))

    def printing(self, reader: Person) -> Printing:
        """What this turn prints on the phone of somebody who types numbers."""
        return self._printing.setdefault(reader.userid, Printing())

    def write_down(self) -> None:
        """Put what was said into the outbox, together with everything else this turn has done."""
        self.session.flush()
        print_all(self.session, self.now, self._printing)
        self._printing.clear()
        store.put_all(self.session, Outgoing, self.words)
        self.words.clear()

    def card_now(self, done: str, card: Card | None = None, *, response_code: str = "") -> None:
        """Let the pressed card tell what is now true. A code serves once; without one there is nothing to update."""
        code = response_code or self.response_code
        if code:
            self.say(CardNow(response_code=code, done=done, card=card), lane=Lane.CARD)
            if code == self.response_code:
                self.response_code = ""

    def settle_cards(self, subject: str, done: str) -> None:
        """Every card about this subject tells that it is done; one that is still unsent goes out without its buttons.

        The card just pressed has been told by its own code (`card_now`): telling it again changes nothing.
        """
        cards = self.session.exec(select(Outgoing).where(Outgoing.subject == subject).order_by(col(Outgoing.id))).all()
        for row in cards:
            if row.state is Wait.WAITING and not row.leased_until:
                row.body = _without_buttons(row.body, done, tried=row.attempts > 0)
            elif row.response_code:
                reader = self.session.get_one(Person, row.person)
                self.say(CardNow(response_code=row.response_code, done=done, card=None), to=reader, lane=Lane.CARD)
                row.response_code = ""
            self.session.add(row)


def _without_buttons(body: dict[str, Any], done: str, *, tried: bool) -> dict[str, Any]:
    """What it tells still arrives; what it asked for has been done.

    A card that was tried may be on the phone already. With its link it stays a card, which the platform knows again by
    its task_id; without one it would come once more, as words.
    """
    say = from_json(body)
    if not isinstance(say, Card) or not (say.buttons or say.selects) or (tried and not say.link):
        return body
    text = f"{say.text}\n（{done}）".strip()
    return to_json(replace(say, text=text, buttons=(), selects=(), submit=None))
