"""What the platform may do in more than one way: every switch of the protocol notes, and outages on demand."""

import asyncio
from dataclasses import dataclass, field
from typing import Literal

EVERY_CALL = "*"


@dataclass(eq=False)
class Outage:
    """One way a call goes wrong, for a number of calls or until it is cleared."""

    call: str = EVERY_CALL  # "message/send", "gettoken", … or every call
    errcode: int | None = None  # answered with this error code
    status: int | None = None  # answered with this HTTP status
    hang: bool = False  # no answer until cleared (at most `hang_seconds`)
    refuse: bool = False  # the connection is cut before anything is done
    lose_answer: bool = False  # the call is carried out, then the connection is cut
    times: int | None = None  # None: until cleared
    hang_seconds: float = 60.0
    hits: int = 0
    struck: asyncio.Event = field(default_factory=asyncio.Event)  # set by the first call it hits
    cleared: asyncio.Event = field(default_factory=asyncio.Event)

    def applies(self, call: str) -> bool:
        """Whether this outage strikes `call` now."""
        spent = self.times is not None and self.hits >= self.times
        return not self.cleared.is_set() and not spent and self.call in (EVERY_CALL, call)

    def clear(self) -> None:
        """The outage is over; whoever hangs in it is let go."""
        self.cleared.set()


@dataclass
class Switches:
    """How this platform behaves where the real one is open, may change, or fails. The defaults follow the protocol notes."""

    # callbacks
    passive_card_reply: Literal["ignore", "honour"] = "ignore"  # an update as the answer to template_card_event
    retry_on_status: bool = True  # a non-200 answer is retried (else only connection faults are)
    retries: int = 3
    retry_spacing: float = 1.0  # real seconds
    reencrypt_retries: bool = True  # a retry carries a new nonce and cipher
    deadline: float = 5.0  # real seconds a callback may take
    duplicates: int = 0  # every callback is delivered this many times more
    duplicates_at_once: bool = False  # the repetitions arrive together, not one after another
    order: Literal["kept", "reversed", "shuffled"] = "kept"  # of the callbacks one person has waiting
    strict_verification: bool = True  # GET: in time, exactly the plain bytes
    verification_deadline: float = 1.0  # real seconds; not strict: `deadline`
    reports_enter: bool = True  # the app wants enter_agent events
    inbound_file: Literal["none", "text", "file"] = "none"  # what arrives when a member sends a file
    selected_items: Literal["absent", "empty"] = "absent"  # in a tap on a card without selectors
    tap_again: bool = True  # a card may be tapped again before it is updated
    # cards
    response_code_hours: float = 72.0
    response_code_once: bool = True
    event_code_scope: Literal["all", "tapper"] = "all"
    update_without_receivers: Literal["refuse", "all"] = "refuse"  # 82101, or as if atall were set
    task_id_once: bool = True  # a second use is 42014
    callback_needed: bool = True  # a callback card from an app without callback URL is 43012
    # messages
    member_limits: bool = True  # 30 a minute and 1000 an hour for each member; the rest vanishes with errcode 0
    accounts_limit: int = 500  # times 200 person-messages a day for the app; 0: no limit
    byte_truncation: bool = True  # over-long words are cut; off: refused with 45002
    duplicate_answer: Literal["msgid", "whole"] = (
        "msgid"  # a suppressed repetition: only the first msgid, or the whole first answer
    )
    empty_lists: Literal["absent", "empty"] = "absent"  # invaliduser and the like when nobody is invalid
    unlicensed: set[str] = field(default_factory=set)  # userids without an interface licence
    out_of_range: set[str] = field(default_factory=set)  # userids the app cannot reach
    # calls
    call_limits: bool = True  # 10,000 a minute and 150,000 an hour for each API
    token: Literal["same", "new"] = "same"  # gettoken inside the life of a token
    old_token_dies: bool = False  # with token="new"
    killed_token_errcode: Literal[40014, 42001] = 40014
    expired_token_errcode: Literal[40014, 42001] = 42001
    wrong_secrets_until_lock: int = 0  # so many within an hour and gettoken is 45009; 0: never
    trusted_caller: bool = True  # off: 60020
    suspended: bool = False  # 48006
    rfc2231_names_refused: bool = True  # multipart filename*= is 44001
    media_days: float = 3.0
    fields_withheld: bool = True  # user/get of an app made after June 2022
    outages: list[Outage] = field(default_factory=list)

    def break_down(
        self,
        call: str = EVERY_CALL,
        *,
        errcode: int | None = None,
        status: int | None = None,
        hang: bool = False,
        refuse: bool = False,
        lose_answer: bool = False,
        times: int | None = None,
    ) -> Outage:
        """Let `call` fail from now on: `switches.break_down("message/send", status=502, times=2)`."""
        outage = Outage(call, errcode, status, hang, refuse, lose_answer, times)
        self.outages.append(outage)
        return outage

    def repair(self) -> None:
        """End every outage."""
        for outage in self.outages:
            outage.clear()
        self.outages.clear()

    def strike(self, call: str) -> Outage | None:
        """The outage that strikes this very call, if any; it is counted."""
        for outage in self.outages:
            if outage.applies(call):
                outage.hits += 1
                outage.struck.set()
                return outage
        return None
