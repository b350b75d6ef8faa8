"""Asks a language model what members wanted improved, where the office has one; it answers in its own time.

Nobody waits for it in a transaction: what is asked is a row (models/advice.py), a hand here takes it with a lease, asks
over HTTP, and writes down the answer together with what the member is told. A process that dies lets its lease run out,
and another asks again; the first answer written down is the one. Only the masked text is sent, to one address.
"""

import asyncio
import json
import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

import aiohttp
import structlog
from sqlmodel import Session, col, or_, select

from bot.bell import Bell
from bot.payload import Payload
from bot.turn import Turn
from bot.wecom import Clock
from bot.wecom.messages import Button, Card
from models.advice import Advice
from models.hints import of_part
from models.masking import unmask
from models.messages import WAITING, Wait
from models.store import Store, StoreDown, claimed
from models.wording import TWO, grams, letters

if TYPE_CHECKING:
    from bot.config import AssistantSettings

log = structlog.get_logger()

HANDS = 2
TRIES = 2  # a process may have died over the first
MARGIN = timedelta(seconds=5)  # a lease is so much longer than the model may take
STOP_WITHIN = 2.0
PAUSE = 0.2  # seconds between tries while the database does not answer
MOST_BYTES = 200_000  # of an answer
AKIN = 0.1  # of an answer's pairs of letters stand in the text, or it speaks of something else
USE, KEEP = "用新的", "用原来的"
SYSTEM = (
    "你是政协提案的文字助手。不增加原文没有的事实、数字、地名、人名和单位。"
    "形如〔某1〕的记号是隐去的内容，原样保留在相应的位置。只输出改好的文字，不要解释、标题或引号。"
)
TASKS = {
    "polish": "润色下面这段{label}：语句通顺、简明、有条理，意思不变，篇幅相近。",
    "concrete": "把下面这条建议写得更具体：由谁牵头、做什么、分几步、到什么程度。不知道的写“（待补）”，不要编造。",
}
WHY = {
    "refused": "模型服务没有接受请求，请告诉管理员",
    "busy": "模型服务正忙",
    "down": "连不上模型服务",
    "slow": "模型没有在限定的时间内答上来",
    "empty": "模型没有写出内容",
    "long": "模型写得太长，不合这一项的要求",
    "nonsense": "模型的回答看不懂",
    "same": "模型觉得这一段不用改",
}
_THOUGHT = re.compile(r"<think>.*?</think>", re.DOTALL)
_FENCE = re.compile(r"^```\w*\n(.*)\n```$", re.DOTALL)


@dataclass(frozen=True)
class Choose(Payload, tag="advice"):
    """Take the new text (new), or keep one's own (old)."""

    advice: int
    use: str


class Unanswered(Exception):
    """There is no answer to be used; `why` is a key of WHY."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class Office(Protocol):
    """Who tells the member."""

    def advise(self, session: Session, advice: Advice) -> None:
        """There is an answer, or there will be none: say so."""


class Model:
    """An OpenAI-compatible server: one question, one answer."""

    def __init__(self, settings: "AssistantSettings") -> None:
        self._settings = settings
        self._http: aiohttp.ClientSession | None = None

    async def start(self) -> None:
        """Opens the connection pool; nothing is sent yet."""
        key = self._settings.api_key.get_secret_value()
        self._http = aiohttp.ClientSession(
            timeout=aiohttp.ClientTimeout(total=self._settings.time_limit_seconds),
            headers={"Authorization": f"Bearer {key}"} if key else {},
            trust_env=False,
        )

    async def close(self) -> None:
        """Let the connections go."""
        if self._http:
            await self._http.close()
            self._http = None

    async def ask(self, task: str, text: str) -> str:
        """The model's words; Unanswered when there are none. Its server's own words are never shown to anybody."""
        assert self._http is not None
        said = [{"role": "system", "content": SYSTEM}, {"role": "user", "content": f"{task}\n\n{text}"}]
        body = {"model": self._settings.model, "messages": said, "temperature": 0.3, "stream": False}
        url = f"{self._settings.base_url}/chat/completions"
        try:
            async with self._http.post(url, json=body, allow_redirects=False) as answer:
                if answer.status != 200:
                    raise Unanswered(_reason(answer.status))
                return _words(await _read(answer.content))
        except TimeoutError:
            raise Unanswered("slow") from None
        except aiohttp.ClientError as error:
            log.info("model_unreachable", cause=type(error).__name__)
            raise Unanswered("down") from None


def _reason(status: int) -> str:
    if status in {429, 503}:
        return "busy"
    return "down" if status >= 500 else "refused"


async def _read(content: aiohttp.StreamReader) -> bytes:
    """All of it, if it is no more than an answer may be."""
    data = bytearray()
    async for chunk in content.iter_any():
        data += chunk
        if len(data) > MOST_BYTES:
            raise Unanswered("long")
    return bytes(data)


def _words(data: bytes) -> str:
    try:
        said = json.loads(data)["choices"][0]["message"]["content"]
    except (ValueError, LookupError, TypeError):
        raise Unanswered("nonsense") from None
    if not isinstance(said, str):
        raise Unanswered("empty" if said is None else "nonsense")
    words = _THOUGHT.sub("", said).strip()
    if fenced := _FENCE.match(words):
        words = fenced[1].strip()
    return words


def fitting(advice: Advice, answer: str) -> str:
    """The answer with the hidden words put back; Unanswered when it cannot stand where the old text stands."""
    if not letters(answer):
        raise Unanswered("empty")
    after = unmask(answer, advice.hidden)
    if after is None:
        raise Unanswered("nonsense")
    if advice.part == "title":
        after = " ".join(after.split())
    if len("".join(after.split())) > advice.most:
        raise Unanswered("long")
    if letters(after) == letters(advice.before):
        raise Unanswered("same")
    said, known = grams(letters(after), TWO), grams(letters(advice.before), TWO)
    if not said or len(said & known) < AKIN * min(len(said), len(known)):
        raise Unanswered("nonsense")
    return after


def tell(turn: Turn, advice: Advice) -> None:
    """Old and new side by side and the choice, or why there is none."""
    if advice.state is not Wait.DONE:
        told = f"{WHY.get(advice.trouble, WHY['down'])}，{advice.label}没有动。过一会儿可以再试，或自己修改。"
        turn.say("\n".join(filter(None, (told, of_part(advice.part, advice.label, advice.before)))))
        return
    gone = "\n注意：有隐去的姓名或号码没有放回，用之前请核对。" if lost_in(advice) else ""
    turn.say(
        f"【由模型建议】{advice.label}\n\n原来的：\n{advice.before}\n\n模型写的：\n{advice.after}\n\n"
        f"模型可能出错，事实和数字请核对。{gone}".strip(),
    )
    turn.say(
        Card(
            title=f"由模型建议：{advice.label}",
            text="用哪一个？选之前，您写的没有动。",
            buttons=(
                Button(USE, Choose(advice.id or 0, "new").key),
                Button(KEEP, Choose(advice.id or 0, "old").key, style=2),
            ),
        ),
        subject=about(advice),
    )


def lost_in(advice: Advice) -> bool:
    """Whether words that were hidden have not come back."""
    return any(word not in advice.after for _, word in advice.hidden)


def about(advice: Advice) -> str:
    """What its card is about."""
    return f"advice:{advice.id}"


class Assistant:
    """One replica's hands."""

    def __init__(
        self,
        store: Store,
        settings: "AssistantSettings",
        office: Office,
        now: Clock,
        *,
        wake_outbox: Callable[[], None],
    ) -> None:
        self._store, self._office, self._now, self._wake_outbox = store, office, now, wake_outbox
        self._model = Model(settings)
        self._lease = timedelta(seconds=settings.time_limit_seconds) + MARGIN
        self._limit = settings.time_limit_seconds
        self.bell = Bell(HANDS)
        self._stopping = False
        self._in_hand: set[int] = set()
        self.tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Begin to ask."""
        await self._model.start()
        self.tasks = [asyncio.create_task(self._run(), name=f"assistant-{n}") for n in range(HANDS)]

    async def stop(self) -> None:
        """Let go of what is being asked: it is asked again by whoever comes next."""
        self._stopping = True
        self.bell.ring()
        if self.tasks:
            await asyncio.wait(self.tasks, timeout=STOP_WITHIN)
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        if self._in_hand:
            with suppress(StoreDown):
                await self._store.run(partial(_let_go, tuple(self._in_hand)))
        await self._model.close()

    @property
    def alive(self) -> bool:
        """Whether every hand still works."""
        return bool(self.tasks) and not any(task.done() for task in self.tasks)

    async def _run(self) -> None:
        while not self._stopping:
            self.bell.begin()
            if not await self._step():
                await self.bell.listen(self._store.poll)

    async def _step(self) -> bool:
        """Ask one question; whether there was any."""
        try:
            if not await self._store.read(self._is_asked):
                return False
            advice = await self._store.run(self._claim)
            if advice is None:  # another hand has it
                return False
            self._in_hand.add(advice.id or 0)
            after, why = await self._answer(advice)
            await self._store.run(partial(self._write_down, advice.id or 0, after, why))
            self._in_hand.discard(advice.id or 0)
            self._wake_outbox()
        except StoreDown as down:
            log.warning("assistant_waits_for_store", cause=str(down))
            await asyncio.sleep(PAUSE)
            return not self._stopping
        except Exception:
            log.exception("assistant_step_failed")
            return False
        return True

    def _is_asked(self, session: Session) -> bool:
        return session.exec(self._waiting()).first() is not None

    def _waiting(self) -> Any:
        """The oldest question that nobody is asking."""
        ready = or_(col(Advice.not_before).is_(None), col(Advice.not_before) <= self._now())
        return select(Advice).where(col(Advice.state) == WAITING, ready).order_by(col(Advice.id)).limit(1)

    def _claim(self, session: Session) -> Advice | None:
        """Ours until the lease ends."""
        advice: Advice | None = claimed(session, self._waiting()).first()
        if advice is None:
            return None
        advice.attempts += 1
        advice.not_before = self._now() + self._lease
        session.add(advice)
        session.flush()
        session.expunge(advice)
        return advice

    async def _answer(self, advice: Advice) -> tuple[str, str]:
        """(what the model proposes, ""), or ("", why there is nothing)."""
        if advice.attempts > TRIES:
            return "", "down"
        try:
            async with asyncio.timeout(self._limit):
                said = await self._model.ask(TASKS[advice.kind].format(label=advice.label), advice.masked)
            return fitting(advice, said), ""
        except TimeoutError:
            return "", "slow"
        except Unanswered as unanswered:
            log.info("model_did_not_answer", advice=advice.id, why=unanswered.why)
            return "", unanswered.why

    def _write_down(self, key: int, after: str, why: str, session: Session) -> None:
        advice = session.get(Advice, key, with_for_update=True)
        if advice is None or advice.state is not Wait.WAITING:
            return  # another replica was quicker
        advice.after, advice.trouble = after, why
        advice.state = Wait.DONE if after else Wait.PARKED
        self._office.advise(session, advice)
        if not after:
            advice.forget()
        session.add(advice)


def _let_go(keys: tuple[int, ...], session: Session) -> None:
    waiting: Any = select(Advice).where(col(Advice.id).in_(keys), col(Advice.state) == WAITING)
    for advice in session.exec(waiting.with_for_update()):
        advice.not_before = None
        advice.attempts -= 1
        session.add(advice)
