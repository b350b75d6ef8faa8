"""What the commands have at hand: the configuration, a store, and one sentence for whatever is wrong with either."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, NoReturn, TypeVar

import typer
from sqlalchemy.exc import SQLAlchemyError

from bot.config import BadConfig, Settings, load
from models.store import Store, StoreDown, WrongSchema, database_url
from models.trouble import Trouble, why

T = TypeVar("T")
ConfigFile = Annotated[Path, typer.Option("--config", help="配置文件，照 config.example.toml 写")]
STORE = "database.url"


def fail(*lines: str, code: int = 2) -> NoReturn:
    """Say what is wrong, one line each, and exit."""
    for line in lines:
        typer.echo(line, err=True)
    raise typer.Exit(code)


def settings_from(path: Path) -> Settings:
    """The configuration, or exit 2 naming every key at fault."""
    try:
        return load(path)
    except BadConfig as bad:
        fail(*bad.lines)


@contextmanager
def speaking_of(what: str) -> Iterator[None]:
    """Let what goes wrong with a database or a file end the command with one sentence about it, exit 2."""
    try:
        yield
    except (WrongSchema, Trouble) as trouble:
        fail(f"{what}：{trouble}")
    except (StoreDown, OSError, SQLAlchemyError, sqlite3.Error) as error:
        fail(f"{what}：{why(error)}")


@contextmanager
def store_at(url: str, what: str = STORE, *, new: bool = False) -> Iterator[Store]:
    """The store at an address. A file that is not there is made only if it may be new, and not left behind half-made."""
    place = database_url(url)
    file = Path(place.database) if place.drivername == "sqlite" and place.database else None
    made = file is not None and not file.exists()
    if made and not new:
        fail(f"{what}：没有这个数据库文件（{file}）。")
    with speaking_of(what):
        store = Store(url)
    try:
        with speaking_of(what):
            yield store
        made = False
    finally:
        store.close()
        if made and file:
            for tail in ("", "-wal", "-shm"):
                file.with_name(file.name + tail).unlink(missing_ok=True)


def with_store(settings: Settings, work: Callable[[Store], T]) -> T:
    """Do something with the store, or exit 2 with one sentence."""
    with store_at(settings.database.url, new=True) as store:
        return work(store)
