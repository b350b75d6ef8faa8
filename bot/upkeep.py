"""The commands that keep an office in good order: backup, restore, move, verify, parked."""

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, NoReturn

import structlog
import typer
from pydantic import ValidationError
from rich.cells import set_cell_size
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from sqlmodel import Session

from bot.config import DatabaseSettings
from bot.desk import STORE, ConfigFile, fail, settings_from, speaking_of, store_at
from bot.logs import log_to_stderr
from models import books, parked, schema
from models.books import Books
from models.parked import Parked
from models.rules import SHANGHAI
from models.store import Store, database_url
from models.store import backup as backups
from models.store.backup import Done
from models.store.copying import Heard, NotEmpty

Replace = Annotated[bool, typer.Option("--replace", help="已有的内容可以换掉")]

log = structlog.get_logger()


def add_commands(cli: typer.Typer) -> None:
    """Let `python -m bot` know them."""
    for command in (backup, restore, move, verify):
        cli.command()(command)
    cli.command("parked")(parked_)


# --- carrying ---------------------------------------------------------------------------------------------------------


def backup(
    config: ConfigFile,
    out: Annotated[Path, typer.Argument(help="备份写到哪里，例如 备份.db")],
    replace: Replace = False,
) -> None:
    """备份整个数据库到一个文件；机器人照常运行，写好后会打开检查。"""
    url = settings_from(config).database.url
    with speaking_of(str(out)):
        if out.is_dir():
            fail(f"{out}：这是文件夹，请写明文件名。")
        if _is_live(out, url):
            fail(f"{out}：这正是在用的数据库，备份要写到别的文件。")
        if out.exists() and not replace:
            fail(f"{out}：已有这个文件。要换掉它，请加 --replace。")
    with store_at(url) as store:
        schema.check(store)
        with speaking_of(str(out)), _working() as heard:
            done = backups.back_up(store, out, heard)
    _report(f"已备份到 {out}", done)


def restore(
    config: ConfigFile,
    path: Annotated[Path, typer.Argument(metavar="IN", help="backup 写的备份文件")],
    replace: Replace = False,
) -> None:
    """用备份恢复数据库；要么全部恢复，要么什么都不变。请先停下机器人。"""
    url = settings_from(config).database.url
    with speaking_of(str(path)):
        if _is_live(path, url):
            fail(f"{path}：这正是在用的数据库，不是备份。")
        with backups.opened(path):
            pass
    with store_at(url, new=True) as store, _working() as heard:
        try:
            done = backups.restore(store, path, heard, replace=replace)
        except NotEmpty as filled:
            fail(f"{STORE}：{filled}" if replace else f"{STORE}：{filled}要用备份换掉，请加 --replace。")
    _report(f"已用 {path} 恢复", done)


def move(
    from_: Annotated[str, typer.Option("--from", help="从哪里，例如 sqlite:///data/tiantong.db")],
    to: Annotated[str, typer.Option("--to", help="到哪里，例如 postgresql://用户@主机/库名；必须是空的")],
) -> None:
    """把整个数据库搬到另一个（例如从 SQLite 到 PostgreSQL）；原来的不变。请先停下机器人。"""
    _check_address("--from", from_)
    _check_address("--to", to)
    if database_url(from_) == database_url(to):
        fail("--to：和 --from 是同一个数据库。")
    with store_at(from_, "--from") as source, store_at(to, "--to", new=True) as target:
        done = _carry(source, target)
    table = Table("表", "--from", "--to", box=None, pad_edge=False)
    for one in done.counted:
        table.add_row(one.table, str(one.source), str(one.target))
    Console(file=sys.stdout).print(table)
    _report("已搬好", done)
    typer.echo("请把配置里的 database.url 改成 --to 的地址，再启动机器人。")


def _carry(source: Store, target: Store) -> Done:
    with speaking_of("--from"), backups.held(source) as old, speaking_of("--to"), _working() as heard:
        return backups.move(old, target, heard)


def _check_address(option: str, url: str) -> None:
    try:
        DatabaseSettings(url=url)
    except ValidationError as error:
        fail(*(f"{option}：{problem['ctx']['error']}" for problem in error.errors(include_input=False)))


def _is_live(path: Path, url: str) -> bool:
    place = database_url(url)
    live = Path(place.database) if place.drivername == "sqlite" and place.database else None
    return live is not None and live.exists() and path.exists() and path.samefile(live)


@contextmanager
def _working() -> Iterator[Heard]:
    """A bar for whoever is watching; meanwhile SIGTERM ends the command as Ctrl-C does: what was begun is taken back."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description:14}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    before = signal.signal(signal.SIGTERM, _end)
    try:
        with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
            task = bar.add_task("", total=None)
            yield lambda table, done, whole: bar.update(task, description=table, completed=done, total=whole)
    finally:
        signal.signal(signal.SIGTERM, before)


def _end(number: int, _frame: Any) -> NoReturn:
    raise SystemExit(128 + number)


def _report(what: str, done: Done) -> None:
    typer.echo(f"{what}：{len(done.counted)} 张表，共 {done.rows} 行；审计链 {done.books.chains} 条。")
    if not done.books.whole:
        typer.echo(f"注意：{_wrong_with(done.books)}", err=True)


# --- the books --------------------------------------------------------------------------------------------------------


def verify(config: ConfigFile) -> None:
    """逐条核对审计记录；有一条被改动、删去或插入，就指出它在哪里。"""
    with store_at(settings_from(config).database.url) as store:
        schema.check(store)
        with store.snapshot() as now:
            found = books.verify(now)
    if not found.whole:
        fail(_wrong_with(found), code=1)
    typer.echo(f"审计链完好：{found.chains} 条链，{found.entries} 条记录。")


def _wrong_with(found: Books) -> str:
    if found.broken:
        return f"提案 {found.broken.proposal} 的审计链断了：{found.broken.words}。"
    return "审计记录本身完好，但数据库不再拒绝改动它们（触发器缺失）。请运行 migrate 补上。"


# --- what was given up ------------------------------------------------------------------------------------------------


class Doing(Enum):
    """What to do with rows that were given up."""

    LIST = "list"
    RETRY = "retry"
    DROP = "drop"


def parked_(
    doing: Annotated[Doing, typer.Argument(help="list 列出，retry 再办一次，drop 不再办")],
    config: ConfigFile,
    ids: Annotated[list[str] | None, typer.Argument(metavar="ID…", help="例如 outgoing:12；见 list")] = None,
    all_: Annotated[bool, typer.Option("--all", help="全部搁置的消息")] = False,
) -> None:
    """处理搁置的消息（试了几次都没办成的）：列出、再办、不再办。"""
    if doing is not Doing.LIST and bool(ids) is all_:
        fail(f"请写明编号，例如 parked {doing.value} outgoing:12；全部则写 --all。")
    with store_at(settings_from(config).database.url) as store:
        schema.check(store)
        if doing is Doing.LIST:
            _list(store, set(ids or ()))
            return
        names = store.write(lambda session: _decide(session, doing, ids or []))
    log_to_stderr()
    for name in names:
        log.info("parked_retried" if doing is Doing.RETRY else "parked_dropped", row=name)
    typer.echo(f"{'重新排队' if doing is Doing.RETRY else '不再办理'}：{len(names)} 条。")


def _decide(session: Session, doing: Doing, ids: list[str]) -> list[str]:
    """All of them or none."""
    names = list(dict.fromkeys(ids)) or [row.name for row in parked.given_up(session)]
    for name in names:
        (parked.retry if doing is Doing.RETRY else parked.drop)(session, name)
    return names


def _list(store: Store, wanted: set[str]) -> None:
    widths = (20, 22, 24, 8, 6)
    number = 0
    with store.snapshot() as now, Session(now) as session:
        for row in parked.given_up(session):
            if wanted and row.name not in wanted:
                continue
            if not number:
                typer.echo(_line(("编号", "人员", "原因", "错误码", "次数", "时间"), widths))
            number += 1
            typer.echo(_line(_columns(row), widths))
    typer.echo(f"共 {number} 条。" if number else "没有搁置的消息。")


def _columns(row: Parked) -> tuple[str, ...]:
    errcode = "" if row.errcode is None else str(row.errcode)
    at = f"{row.at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"
    return row.name, row.person, row.trouble, errcode, str(row.attempts), at


def _line(cells: tuple[str, ...], widths: tuple[int, ...]) -> str:
    *first, last = cells
    padded = (
        set_cell_size(cell, max(width, len(cell) + 1) if cell.isascii() else width)
        for cell, width in zip(first, widths, strict=True)
    )
    return "".join(padded) + last
