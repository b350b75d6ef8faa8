"""What the platform may refuse, one class per way we react. Texts hold the call and the code, never url or body."""

WRONG_TOKEN = frozenset({40001, 40014, 42001})
WRONG_CODE = frozenset({40029, 42003, 42022})  # an OAuth code: wrong, expired, used
NO_MENU = 46003
ALL_UNREACHABLE = 81013

# seconds that the platform names or that its windows last; None: as long as the caller thinks fit
_LATER: dict[int, float | None] = {
    -1: None, 6000: None, 45009: 60.0, 45033: 5.0, 45035: 5.0, 45036: 60.0, 301064: None, 2000111: None,
}  # fmt: skip

_PERSON = frozenset(
    {40003, 40031, 40066, 40068, 40070, 40073, 43004, 46004, 50002, 60003, 60011, 60021, 60111, 60123, 60124}
    | {ALL_UNREACHABLE, 82102, 86007, 86216, 92000, 701008}
)
_ADMIN = frozenset(
    {40001, 40013, 40056, 40057, 40091, 43009, 43012, 45031, 48001, 48002, 48004, 48006, 48009, 50001, 50003, 50006}
    | {60020, 60030, 60031, 80001, 85005, 92001, 94000, 301007, 301042, 670001, 701099}
)
_SPENT = 60140


class WeComError(Exception):
    """`errcode` is 0 where there was no answer to take one from; `note` then says why (`HTTP 502`, `ReadTimeout`)."""

    def __init__(self, errcode: int, call: str, note: str = "") -> None:
        said = [f"errcode {errcode}"] if errcode else []
        super().__init__(f"{call}: {', '.join([*said, *([note] if note else [])])}")
        self.errcode, self.call, self.note = errcode, call, note


class TokenExpired(WeComError):
    """The token was refused even after one renewal: come again later."""


class TryLater(WeComError):
    """Nothing wrong with the request; `after` seconds if they are known."""

    def __init__(self, errcode: int, call: str, note: str = "", after: float | None = None) -> None:
        super().__init__(errcode, call, note)
        self.after = after


class Rejected(WeComError):
    """The same request will be refused again: park it, tell an operator."""

    def __init__(self, errcode: int, call: str, note: str = "", *, unreachable: bool | None = None) -> None:
        super().__init__(errcode, call, note)
        # about this receiver only: unknown, out of range, without a licence
        self.unreachable = errcode in _PERSON if unreachable is None else unreachable

    @property
    def spent(self) -> bool:
        """The response_code is used up, expired or wrong: the card can no longer be changed by it."""
        return self.errcode == _SPENT

    @property
    def admin(self) -> bool:
        """Someone must change something in the admin console (or in the config) first."""
        return self.errcode in _ADMIN


def error_of(errcode: int, call: str) -> WeComError:
    """The error that an errcode other than 0 stands for; a refused token only after its renewal has not helped."""
    if errcode in _LATER:
        return TryLater(errcode, call, after=_LATER[errcode])
    if errcode in (40014, 42001):
        return TokenExpired(errcode, call)
    return Rejected(errcode, call)
