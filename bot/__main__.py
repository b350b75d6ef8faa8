"""`python -m bot`: switches the lights on. The one file that sees every room."""

import asyncio
import signal
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
import uvloop
from sqlmodel import Session

from bot.app import App, Office, run_until, utc_now
from bot.config import Settings
from bot.desk import ConfigFile, fail, settings_from, with_store
from bot.dialogue import Dialogues
from bot.logs import log_to_stderr
from bot.turn import Turn
from bot.upkeep import add_commands
from bot.wecom import Clock as Now
from handlers import DIALOGUES, PAGES, ROUTERS
from handlers.collective.begin import tell_heads
from handlers.reading import tell_marked
from models import schema, table
from models.enrolment import Counts, apply_roster
from models.roster import BadRoster, Roster
from models.store import Store
from scheduler import JOBS
from scheduler.clock import Clock

cli = typer.Typer(add_completion=False, no_args_is_help=True, help="提案通：企业微信里的政协提案工作。")


def assemble(settings: Settings, *, now: Now = utc_now, ticking: bool = True) -> App:
    """An application with every room in it; `ticking=False` leaves the ticks to the caller."""
    return App(settings, Office(ROUTERS, DIALOGUES, PAGES, JOBS, Clock if ticking else None), now=now)


@cli.command()
def migrate(config: ConfigFile) -> None:
    """把数据库升级到本版本的结构。"""
    before, after = with_store(settings_from(config), schema.migrate)
    typer.echo(f"数据库结构：{before or '空'} → {after}")


@cli.command()
def serve(config: ConfigFile) -> None:
    """运行机器人；Ctrl-C 或 SIGTERM 会办完手头的事再退出。"""
    settings = settings_from(config)
    with_store(settings, schema.check)
    log_to_stderr()
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_serve(settings))
    except OSError as error:
        fail(
            f"server.port：{settings.server.host}:{settings.server.port} 不能监听（{error.strerror or error}），请换一个端口。"
        )


async def _serve(settings: Settings) -> None:
    await run_until(assemble(settings), until_told())


def until_told() -> asyncio.Event:
    """An event that Ctrl-C and SIGTERM set."""
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    return stop


@cli.command("import")
def import_(config: ConfigFile, path: Annotated[Path, typer.Argument(help="文件夹或 .xlsx 工作簿")]) -> None:
    """导入委员、承办单位、工作人员、集体组织；有一行不对就全不导入。"""
    from bot.roster_files import read  # openpyxl, which a running bot has no use for

    settings = settings_from(config)
    try:
        roster = read(path)
    except BadRoster as bad:
        fail(*map(str, bad.rows), f"共{len(bad.rows)}处要改，什么都没有导入。")

    def enrol(store: Store) -> Counts:
        schema.check(store)
        return store.write(lambda session: enrolled(session, roster, settings, utc_now()))

    counts = with_store(settings, enrol)
    told = [("人员", counts.people), ("承办单位", counts.units)]
    if roster.organisations:
        told.append(("集体组织", counts.organisations))
    for what, tally in told:
        typer.echo(f"{what}：新增{tally.new}，更改{tally.changed}，未变{tally.unchanged}")


def enrolled(session: Session, roster: Roster, settings: Settings, now: datetime) -> Counts:
    """Take the roster in; tell those who read in another way from now on, and whoever heads an organisation now."""
    counts = apply_roster(session, roster)
    turn = Turn(session, settings.rules, now, f"roster:{now.isoformat()}", settings.server.public_url, Dialogues(()))
    tell_marked(turn, counts.reading)
    tell_heads(turn, counts.inherited)
    turn.write_down()
    return counts


@cli.command()
def template(out: Annotated[Path, typer.Argument(help="写到哪里，例如 名单.xlsx")]) -> None:
    """写一份空白名单（.xlsx，带填写说明）。"""
    from bot.roster_files import write_template

    try:
        write_template(out)
    except OSError as error:
        fail(f"写不了 {out}：{error.strerror or error}")
    typer.echo(f"已写好：{out}。填好后运行 python -m bot import --config 配置文件 {out}")


@cli.command("table")
def table_() -> None:
    """打印提案的生命周期表（Markdown 和 Mermaid），供核对签字。"""
    typer.echo(table.markdown())


@cli.command()
def demo(
    data: Annotated[Path, typer.Option(help="演示数据放在哪个文件夹")] = Path("data"),
    port: Annotated[int, typer.Option(help="手机页面的端口，被占用时另选")] = 8081,
) -> None:
    """在本机演示：模拟的企业微信和云岭市，打开一个网页就能用。"""
    log_to_stderr(quiet=True)
    from bot.demo import run_demo  # the only command that needs the simulator

    asyncio.run(run_demo(data, port, assemble, until_told))


add_commands(cli)

if __name__ == "__main__":
    cli()
