"""Column types that read the same from SQLite and PostgreSQL."""

from datetime import UTC, datetime
from enum import Enum
from typing import Any, TypeVar

from sqlalchemy import DateTime, Dialect, String
from sqlalchemy.types import TypeDecorator

E = TypeVar("E", bound=Enum)


class UtcDateTime(TypeDecorator[datetime]):
    """An aware moment in UTC; SQLite forgets the zone, so it is put back."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse naive times: a moment without a zone is a bug."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment needs a time zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give back an aware time whatever the engine kept."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class EnumName(TypeDecorator[Any]):
    """An enum kept by its lower-case name (DOMAIN's identifier): readable in SQL, no native PostgreSQL type to migrate."""

    impl = String(32)
    cache_ok = True

    def __init__(self, kind: type[Enum]) -> None:
        super().__init__()
        self.kind = kind

    def process_bind_param(self, value: Enum | None, dialect: Dialect) -> str | None:
        """The name, lower-case."""
        return None if value is None else value.name.lower()

    def process_result_value(self, value: str | None, dialect: Dialect) -> Enum | None:
        """The member of the enum."""
        return None if value is None else self.kind[value.upper()]
