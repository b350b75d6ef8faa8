"""Who may call and who is looking: access tokens and the codes of the web login (PROTOCOL sections 9 and 10)."""

import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import parse_qs, urlencode, urlsplit

from simulator.calendar import Calendar
from simulator.refusal import Refusal
from simulator.switches import Switches

TOKEN_LIFE = timedelta(seconds=7200)
CODE_LIFE = timedelta(minutes=5)
_LOCK = timedelta(hours=1)
_STATE = re.compile(r"[a-zA-Z0-9]{0,128}")
_KEPT = 10_000


class Tokens:
    """The tokens of one app."""

    def __init__(self, calendar: Calendar, switches: Switches) -> None:
        self._calendar, self._switches = calendar, switches
        self._ends: dict[str, datetime] = {}
        self._killed: set[str] = set()
        self._current = ""
        self._wrong: list[datetime] = []

    def issue(self, secret_is_right: bool) -> tuple[str, int]:
        """gettoken: the token and the seconds it has left."""
        now = self._calendar.now()
        self._wrong = [at for at in self._wrong if at > now - _LOCK]
        limit = self._switches.wrong_secrets_until_lock
        if limit and len(self._wrong) >= limit:
            raise Refusal(45009, "too many wrong secrets, this address is locked for an hour")
        if not secret_is_right:
            self._wrong = [*self._wrong[-100:], now]
            raise Refusal(40001, "invalid credential")
        alive = self._current not in self._killed and self._ends.get(self._current, now) > now + timedelta(seconds=1)
        if not alive or self._switches.token == "new":
            if alive and self._switches.old_token_dies:
                self.kill()
            self._current = secrets.token_urlsafe(48)
            self._ends[self._current] = now + TOKEN_LIFE
            while len(self._ends) > _KEPT:
                self._ends.pop(next(iter(self._ends)))
        return self._current, int((self._ends[self._current] - now).total_seconds())

    def kill(self) -> None:
        """End the present token before its time."""
        if self._current:
            self._killed.add(self._current)

    def check(self, token: str | None) -> None:
        """Refuse a call without a living token."""
        if not token:
            raise Refusal(41001, "access_token missing")
        if token not in self._ends:
            raise Refusal(40014, "invalid access_token")
        if token in self._killed:
            raise Refusal(self._switches.killed_token_errcode, "access_token no longer valid")
        if self._ends[token] <= self._calendar.now():
            raise Refusal(self._switches.expired_token_errcode, "access_token expired")


@dataclass
class _Code:
    userid: str
    ends: datetime
    private: bool
    used: bool = False


class Codes:
    """The single-use codes a client brings back from the authorize page."""

    def __init__(self, calendar: Calendar) -> None:
        self._calendar = calendar
        self._codes: dict[str, _Code] = {}

    def redirect(self, userid: str, address: str, *, corp_id: str, trusted_domain: str, fragment_seen: bool) -> str:
        """Where the client of `userid` goes after the authorize page at `address`."""
        url = urlsplit(address)
        query = {name: values[0] for name, values in parse_qs(url.query, keep_blank_values=True).items()}
        target, state = query.get("redirect_uri", ""), query.get("state", "")
        if not url.path.endswith("/connect/oauth2/authorize"):
            raise Refusal(40058, "not the authorize page")
        if query.get("appid") != corp_id:
            raise Refusal(40013, "appid is not the corpid")
        goal = urlsplit(target)
        if goal.scheme not in ("http", "https") or not goal.netloc:
            raise Refusal(50001, "redirect_uri: not an address")
        if trusted_domain and goal.netloc.lower() != trusted_domain.lower():
            raise Refusal(50001, "redirect_uri is not in the trusted domain")
        if query.get("response_type") != "code":
            raise Refusal(40058, "response_type is not code")
        if query.get("scope") not in ("snsapi_base", "snsapi_privateinfo"):
            raise Refusal(40058, "scope")
        if not _STATE.fullmatch(state):
            raise Refusal(84025, "state: at most 128 letters and digits")
        if fragment_seen and url.fragment != "wechat_redirect":
            raise Refusal(40058, "the fragment #wechat_redirect is required")
        private = query["scope"] == "snsapi_privateinfo" and bool(query.get("agentid"))
        code = secrets.token_urlsafe(32)
        self._codes[code] = _Code(userid, self._calendar.now() + CODE_LIFE, private)
        while len(self._codes) > _KEPT:
            self._codes.pop(next(iter(self._codes)))
        joint = "&" if goal.query else "?"
        head, hash_mark, fragment = target.partition("#")
        return f"{head}{joint}{urlencode({'code': code, 'state': state})}{hash_mark}{fragment}"

    def spend(self, code: str) -> tuple[str, bool]:
        """Who brought this code, and whether private details were consented to."""
        if not code:
            raise Refusal(41008, "code missing")
        found = self._codes.get(code)
        if found is None:
            raise Refusal(40029, "invalid code")
        if found.used:
            raise Refusal(42022, "code already used")
        if found.ends <= self._calendar.now():
            raise Refusal(42003, "code expired")
        found.used = True
        return found.userid, found.private
