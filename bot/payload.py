"""What a button carries: a small typed value, written as `tag|field|field` into the card's event key (at most 1024 bytes)."""

from dataclasses import astuple, dataclass, fields
from typing import ClassVar
from urllib.parse import unquote

LARGEST = 2**31 - 1  # what the database takes for an id
_KINDS: dict[str, type["Payload"]] = {}


@dataclass(frozen=True)
class Payload:
    """Base of all payloads; a subclass names its tag: `class Do(Payload, tag="do")`. Fields are str or int."""

    tag: ClassVar[str] = ""

    def __init_subclass__(cls, tag: str) -> None:
        cls.tag = tag
        _KINDS[tag] = cls

    @property
    def key(self) -> str:
        """As it is written into a card."""
        return "|".join([self.tag, *(str(value).replace("%", "%25").replace("|", "%7C") for value in astuple(self))])


def read(key: str) -> Payload | None:
    """The payload of an event key; None for what is not ours, not whole, or nothing a database could hold."""
    tag, *quoted = key.split("|")
    values = [unquote(value) for value in quoted]
    kind = _KINDS.get(tag)
    if kind is None or len(values) != len(fields(kind)) or any("\0" in value for value in values):
        return None
    try:
        return kind(
            *(_number(v) if f.type is int or f.type == "int" else v for f, v in zip(fields(kind), values, strict=True))
        )
    except ValueError:
        return None


def _number(value: str) -> int:
    """One that may be looked for in the database: a form can be made to send any."""
    number = int(value)
    if not 0 <= number <= LARGEST:
        raise ValueError(value)
    return number
