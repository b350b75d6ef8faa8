"""The store's schema and its migrations (Alembic): bring it to this version, or say that it is of another.

Alembic is imported only where it works: a bot that serves just compares two words, and saves 10 MB and 0.1 s.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, inspect, text
from sqlmodel import SQLModel

from models import (
    advice,
    attachment,
    audit,
    collective,
    conversation,
    handling,
    joint,
    label,
    messages,
    people,
    proposal,
    search,
    store,
    topic,
    wording,
)
from models.store import Store, WrongSchema, triggers

TABLES = (
    advice,
    attachment,
    audit,
    collective,
    conversation,
    handling,
    joint,
    label,
    messages,
    people,
    proposal,
    store,
    topic,
    wording,
)  # imported so that every table is known
METADATA = SQLModel.metadata
MIGRATIONS = Path(__file__).parent / "migrations"

if TYPE_CHECKING:
    from alembic.config import Config


def _config() -> "Config":
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    return config


def _known() -> list[str]:
    """The versions there are, oldest first: a migration's file begins with its number."""
    return sorted(path.name.partition("_")[0] for path in (MIGRATIONS / "versions").glob("[0-9]*_*.py"))


def newest() -> str:
    """The version this program wants."""
    return _known()[-1]


def current(store_: Store) -> str:
    """The version the database has; empty for a new one."""
    with store_.snapshot() as connection:
        return version(connection)


def version(connection: Connection) -> str:
    """The version found on a bare connection; empty for a new database."""
    if not inspect(connection).has_table("alembic_version"):
        return ""
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar() or ""


def migrate(store_: Store) -> tuple[str, str]:
    """Bring the store to this version, all or nothing; returns (before, after)."""
    with store_.connection() as connection:
        before = version(connection)
        upgrade(connection)
        return before, version(connection)


def upgrade(connection: Connection) -> None:
    """Bring a database to this version within the transaction at hand.

    The guards of the audit entries are not part of any migration: they are put up here, after the last one. A migration
    may thus be drafted anew or build the table anew without losing them, and `migrate` repairs what somebody took away.
    """
    from alembic import command

    config, have = _config(), version(connection)
    if have and have not in _known():
        raise WrongSchema(f"数据库的结构版本是 {have}，本程序只认得到 {newest()} 为止。请换用更新的程序。")
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
    triggers.protect(connection)
    search.catch_up(connection)


def draft(store_: Store, message: str) -> None:
    """Write a new migration from what the models have and the database has not; triggers are none of its business."""
    from alembic import command

    config = _config()
    with store_.connection() as connection:
        config.attributes["connection"] = connection
        command.revision(config, message=message, autogenerate=True, rev_id=f"{len(_known()) + 1:04}")


def check(store_: Store) -> None:
    """WrongSchema unless the database is of exactly this version."""
    have, want = current(store_), newest()
    if have != want:
        raise WrongSchema(
            f"数据库的结构版本是 {have or '空'}，本程序需要 {want}。请先运行：python -m bot migrate --config 配置文件"
        )
