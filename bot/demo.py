"""`python -m bot demo`: the bot and a simulated WeCom in one process, over real HTTP, with a calendar one can turn."""

import asyncio
import secrets
import socket
import string
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import typer
from aiohttp import web
from pydantic import SecretStr

from bot.app import App
from bot.config import DatabaseSettings, ServerSettings, Settings, WeComSettings
from bot.roster_files import read
from models import schema
from models.enrolment import apply_roster
from models.store import Store
from simulator import town
from simulator.calendar import Calendar
from simulator.phones.routes import add_phones
from simulator.platform import Platform

HOST = "127.0.0.1"
TICK = 5.0  # seconds between looks at what is due; turning the calendar looks at once
SETTLE = 20.0  # seconds to wait until everything due has been said

Assemble = Callable[..., App]


async def run_demo(data: Path, port: int, assemble: Assemble, until_told: Callable[[], asyncio.Event]) -> None:
    """Start the town, print the one address to open, and stay until told to stop."""
    stop = until_told()
    settings = fresh_settings(data, _free_port())
    enrol(settings)
    calendar = Calendar(running=True)
    platform = platform_for(settings, calendar)
    await platform.start(HOST, _port_of(settings.wecom.api_base))
    app = assemble(settings, now=calendar.now, ticking=False)
    await app.start()
    calendar.listeners.append(lambda: everything_due(app))
    await platform.verify_callback()
    phones = await serve_phones(platform, settings, port)
    ticking = asyncio.create_task(_tick_on(app))
    address = f"http://{HOST}:{phones.addresses[0][1]}/phones/"
    typer.echo(
        f"\n  请在浏览器打开：{address}\n\n  四部手机：委员、提案委、交办、承办单位；每部都可以换人。按 Ctrl-C 结束。\n"
    )
    await stop.wait()
    ticking.cancel()
    await phones.cleanup()
    await app.stop()
    await platform.close()


def fresh_settings(data: Path, port: int) -> Settings:
    """A new office: a new file, new secrets, free ports."""
    data.mkdir(parents=True, exist_ok=True)
    file = data / "demo.db"
    for old in (file, file.with_name("demo.db-wal"), file.with_name("demo.db-shm")):
        old.unlink(missing_ok=True)
    letters = string.ascii_letters + string.digits
    api = f"http://{HOST}:{_free_port()}"
    return Settings(
        wecom=WeComSettings(
            corp_id="wwyunlingdemo0001",
            agent_id=1000002,
            secret=SecretStr(secrets.token_urlsafe(24)),
            token=SecretStr("".join(secrets.choice(letters) for _ in range(20))),
            encoding_aes_key=SecretStr("".join(secrets.choice(letters) for _ in range(43))),
            api_base=api,
            oauth_base=api,
        ),
        server=ServerSettings(host=HOST, port=port, public_url=f"http://{HOST}:{port}"),
        database=DatabaseSettings(url=f"sqlite:///{file}"),
    )


def enrol(settings: Settings) -> None:
    """Make the tables and load 云岭市."""
    store = Store(settings.database.url)
    try:
        schema.migrate(store)
        roster = read(Path(town.__file__).parent)
        store.write(lambda session: apply_roster(session, roster))
    finally:
        store.close()


def platform_for(settings: Settings, calendar: Calendar) -> Platform:
    """The simulated WeCom that this office is connected to."""
    wecom = settings.wecom
    return Platform(
        corp_id=wecom.corp_id,
        agent_id=wecom.agent_id,
        secret=wecom.secret.get_secret_value(),
        token=wecom.token.get_secret_value(),
        encoding_aes_key=wecom.encoding_aes_key.get_secret_value(),
        callback_url=f"http://{settings.server.host}:{settings.server.port}/wecom/callback",
        calendar=calendar,
        people=town.people(),
    )


async def serve_phones(platform: Platform, settings: Settings, port: int) -> web.AppRunner:
    """The phones in the browser, on `port` or, if that is taken, on a free one."""
    pages = web.Application()
    add_phones(pages, platform, public_url=settings.server.public_url)
    runner = web.AppRunner(pages, access_log=None, handle_signals=False, shutdown_timeout=1)
    await runner.setup()
    try:
        await web.TCPSite(runner, HOST, port).start()
    except OSError:
        await web.TCPSite(runner, HOST, 0).start()
    return runner


async def everything_due(app: App) -> None:
    """When the calendar was turned: do what is due, and wait until it has been said."""
    await app.tick()
    await app.settled(SETTLE)


async def _tick_on(app: App) -> None:
    with suppress(asyncio.CancelledError):
        while True:
            await asyncio.sleep(TICK)
            await app.tick()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _port_of(url: str) -> int:
    return int(url.rsplit(":", 1)[1])
