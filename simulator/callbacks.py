"""Callbacks to the bot: signed, encrypted, at most five seconds each, repeated when they were not taken (PROTOCOL section 1)."""

import asyncio
import random
import secrets
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import aiohttp

from simulator import wire
from simulator.calendar import Calendar
from simulator.records import Delivery
from simulator.switches import Switches

OnAnswer = Callable[[Delivery, bytes], None]


class NotDelivered(Exception):
    """The bot did not take a callback, not even after the retries."""


@dataclass(eq=False)
class _Waiting:
    delivery: Delivery
    times: int
    done: "asyncio.Future[None]"


class Courier:
    """Carries callbacks: one at a time for each person, in the order they were made unless a switch says otherwise."""

    def __init__(
        self,
        corp_id: str,
        agent_id: int,
        seal: wire.Envelope,
        calendar: Calendar,
        switches: Switches,
        log: deque[Delivery],
        on_answer: OnAnswer,
    ) -> None:
        self._corp_id, self._agent_id, self._seal = corp_id, agent_id, seal
        self._calendar, self._switches, self._log, self._on_answer = calendar, switches, log, on_answer
        self.url = ""
        self._session: aiohttp.ClientSession | None = None
        self._queues: dict[str, list[_Waiting]] = {}
        self._workers: dict[str, asyncio.Task[None]] = {}
        self._dice = random.Random(20261121)

    async def start(self) -> None:
        """Be ready to carry."""
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=200, force_close=True), cookie_jar=aiohttp.DummyCookieJar()
        )

    async def close(self) -> None:
        """Drop what still waits; whoever waits for it gets NotDelivered."""
        workers = list(self._workers.values())
        for worker in workers:
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)
        for waiting in [waiting for queue in self._queues.values() for waiting in queue]:
            _fail(waiting, "the platform was closed")
        self._queues.clear()
        if self._session is not None:
            await self._session.close()
            self._session = None

    def post(self, userid: str, fields: dict[str, Any], deliveries: int = 1) -> "asyncio.Future[None]":
        """Put a callback of one person in line; the future is done when the bot has taken it."""
        xml = wire.xml(fields)
        delivery = Delivery(self._calendar.now(), userid, wire.parse(xml), xml)
        waiting = _Waiting(delivery, deliveries + self._switches.duplicates, asyncio.get_running_loop().create_future())
        self._queues.setdefault(userid, []).append(waiting)
        if userid not in self._workers:
            self._workers[userid] = asyncio.create_task(self._work(userid), name=f"callbacks of {userid}")
        return waiting.done

    async def _work(self, userid: str) -> None:
        """Carry what one person has waiting, until nothing is left."""
        queue = self._queues[userid]
        try:
            await asyncio.sleep(0)  # what is done in the same breath counts as waiting together
            while queue:
                place = {"kept": 0, "reversed": -1, "shuffled": self._dice.randrange(len(queue))}[self._switches.order]
                waiting = queue.pop(place)
                try:
                    await self._carry(waiting)
                except asyncio.CancelledError:
                    _fail(waiting, "the platform was closed")
                    raise
                except NotDelivered as error:
                    _fail(waiting, str(error))
                except Exception as error:  # a fault of ours: whoever acted must see it
                    if not waiting.done.done():
                        waiting.done.set_exception(error)
                else:
                    if not waiting.done.done():
                        waiting.done.set_result(None)
        finally:
            self._workers.pop(userid, None)

    async def _carry(self, waiting: _Waiting) -> None:
        self._log.append(waiting.delivery)
        rounds = [self._until_taken(waiting.delivery) for _ in range(waiting.times)]
        if self._switches.duplicates_at_once:
            for failure in await asyncio.gather(*rounds, return_exceptions=True):
                if failure is not None:
                    raise failure
            return
        for place, one in enumerate(rounds):
            try:
                await one
            except BaseException:
                for rest in rounds[place + 1 :]:
                    rest.close()
                raise

    async def _until_taken(self, delivery: Delivery) -> None:
        """One delivery with its retries."""
        sealed: tuple[dict[str, str], str] | None = None
        answer = ""
        for attempt in range(1 + self._switches.retries):
            if attempt and self._switches.retry_spacing:
                await asyncio.sleep(self._switches.retry_spacing)
            if sealed is None or self._switches.reencrypt_retries:
                sealed = self._sealed(delivery.xml)
            answer, body = await self._attempt(*sealed)
            delivery.attempts += 1
            delivery.answers.append(answer)
            if answer == "200":
                first = not delivery.accepted
                delivery.accepted = True
                if first:
                    self._on_answer(delivery, body)
                return
            if answer not in ("timeout", "connection") and not self._switches.retry_on_status:
                break
        raise NotDelivered(f"the callback was not taken: {', '.join(delivery.answers)}")

    def _sealed(self, xml: str) -> tuple[dict[str, str], str]:
        encrypt = self._seal.encrypt(xml)
        return self._signed(encrypt), wire.envelope(self._corp_id, self._agent_id, encrypt)

    def _signed(self, encrypt: str) -> dict[str, str]:
        timestamp, nonce = str(int(self._calendar.now().timestamp())), str(secrets.randbelow(10**10))
        return {"msg_signature": self._seal.sign(timestamp, nonce, encrypt), "timestamp": timestamp, "nonce": nonce}

    async def _attempt(self, query: dict[str, str], body: str) -> tuple[str, bytes]:
        if self._session is None:
            raise NotDelivered("the platform is not running")
        if not self.url:
            raise NotDelivered("the app has no callback URL")
        try:
            async with (
                asyncio.timeout(self._switches.deadline),
                self._session.post(
                    self.url, params=query, data=body.encode(), headers={"Content-Type": "text/xml; charset=utf-8"}
                ) as response,
            ):
                return str(response.status), await response.content.read(1_000_000)
        except TimeoutError:
            return "timeout", b""
        except aiohttp.ClientError:
            return "connection", b""

    async def verify(self) -> str:
        """The GET when the administrator presses Save; "" when the bot answers as it must, else what is wrong."""
        if self._session is None or not self.url:
            return "there is no callback URL"
        plain = str(secrets.randbelow(9 * 10**18) + 10**18)
        encrypt = self._seal.encrypt(plain)
        query = {**self._signed(encrypt), "echostr": encrypt}
        strict = self._switches.strict_verification
        try:
            async with (
                asyncio.timeout(self._switches.verification_deadline if strict else self._switches.deadline),
                self._session.get(self.url, params=query) as response,
            ):
                status, body = response.status, await response.content.read(10_000)
        except TimeoutError:
            return "no answer in time"
        except aiohttp.ClientError:
            return "no connection"
        if status != 200:
            return f"HTTP {status}"
        right = body == plain.encode() if strict else body.strip().strip(b'"') == plain.encode()
        return "" if right else "the answer is not the plain echostr"


def _fail(waiting: _Waiting, reason: str) -> None:
    if not waiting.done.done():
        waiting.done.set_exception(NotDelivered(reason))
        waiting.done.exception()  # nobody may be waiting any more
