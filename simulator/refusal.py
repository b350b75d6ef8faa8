"""The platform says no."""

from typing import Any


class Refusal(Exception):
    """A call is answered with this errcode; the hint names fields, never the words in them."""

    def __init__(self, errcode: int, hint: str, **extra: Any) -> None:
        super().__init__(f"{errcode} {hint}")
        self.errcode = errcode
        self.hint = hint
        self.extra = extra  # further fields of the answer
