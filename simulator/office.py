"""The bot as it stands in a config file: read here independently, started as a process of its own, and stopped again."""

import asyncio
import os
import re
import secrets
import signal
import socket
import string
import sys
import tomllib
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from simulator import town

ENVIRONMENT = "TIANTONG_"  # TIANTONG_WECOM__SECRET goes before [wecom] secret
WANTED = ("corp_id", "agent_id", "secret", "token", "encoding_aes_key", "api_base")
HOST = "127.0.0.1"
START_SECONDS, STOP_SECONDS = 30.0, 10.0
LOOKS = 0.1  # seconds between two looks at /healthz


class BadConfig(Exception):
    """The configuration cannot be used for a rehearsal; one line says why."""


class Failed(Exception):
    """The bot did not start, answer or stop as it must."""


@dataclass(frozen=True)
class Office:
    """What the rehearsal needs to know of a configuration."""

    file: Path
    corp_id: str
    agent_id: int
    secret: str = field(repr=False)
    token: str = field(repr=False)
    encoding_aes_key: str = field(repr=False)
    api_host: str
    api_port: int
    addresses: tuple[str, ...]  # where the bot may be reached, the likeliest first


def read(file: Path) -> Office:
    """The office of a config file, the environment laid over it; BadConfig in one line."""
    try:
        given = tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise BadConfig(f"{file}：找不到配置文件，请先复制 config.example.toml 再修改") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        place = re.search(r"line (\d+)", str(error))
        raise BadConfig(f"{file}：{'第 ' + place[1] + ' 行' if place else '文件'}不合 TOML 写法") from None
    except OSError as error:
        raise BadConfig(f"{file}：无法读取（{error.strerror}）") from None
    wecom, server = _section(given, "wecom"), _section(given, "server")
    for name in WANTED:
        if not isinstance(wecom.get(name), str | int) or wecom[name] == "":
            raise BadConfig(f"wecom.{name}：缺少这一项，请补上")
    if not re.fullmatch(r"\d{1,9}", str(wecom["agent_id"])):
        raise BadConfig("wecom.agent_id：应为整数")
    if not re.fullmatch(r"[A-Za-z0-9]{43}", str(wecom["encoding_aes_key"])):
        raise BadConfig("wecom.encoding_aes_key：应为 43 位英文字母或数字")
    host, port = _api(str(wecom["api_base"]))
    return Office(
        file=file,
        corp_id=str(wecom["corp_id"]),
        agent_id=int(wecom["agent_id"]),
        secret=str(wecom["secret"]),
        token=str(wecom["token"]),
        encoding_aes_key=str(wecom["encoding_aes_key"]),
        api_host=host,
        api_port=port,
        addresses=_addresses(server),
    )


def _section(given: dict[str, Any], name: str) -> dict[str, Any]:
    section = given.get(name, {})
    if not isinstance(section, dict):
        raise BadConfig(f"{name}：应为一节，例如 [{name}]")
    start = f"{ENVIRONMENT}{name}__".upper()
    laid_over = {key[len(start) :].lower(): value for key, value in os.environ.items() if key.upper().startswith(start)}
    return {**section, **laid_over}


def _api(base: str) -> tuple[str, int]:
    """Where the simulated platform has to stand in for WeCom."""
    try:
        parts = urlsplit(base)
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    if host is None or parts.scheme != "http" or not port or parts.path.strip("/"):
        raise BadConfig("wecom.api_base：排练时应为本机的地址，例如 http://127.0.0.1:8081；正式环境的配置不能用来排练")
    return host, port


def _addresses(server: dict[str, Any]) -> tuple[str, ...]:
    host, port = str(server.get("host", HOST)), str(server.get("port", 8080))
    if not port.isdecimal() or not 0 < int(port) < 65536:
        raise BadConfig("server.port：排练时应为 1 至 65535 的整数")
    host = {"0.0.0.0": HOST, "::": "[::1]"}.get(host, host)  # noqa: S104  # looked for, not listened on
    public = str(server.get("public_url", "")).rstrip("/")
    return tuple(dict.fromkeys([f"http://{host}:{port}", *([public] if public.startswith("http://") else [])]))


def fresh(folder: Path) -> Path:
    """The config file of a new office: an empty database, new secrets, free ports."""
    letters = string.ascii_letters + string.digits
    api, own = _free_ports(2)
    file = folder / "config.toml"
    file.write_text(
        f"""[wecom]
corp_id = "wwyunlingdemo0001"
agent_id = 1000002
secret = "{secrets.token_urlsafe(24)}"
token = "{"".join(secrets.choice(letters) for _ in range(20))}"
encoding_aes_key = "{"".join(secrets.choice(letters) for _ in range(43))}"
api_base = "http://{HOST}:{api}"
oauth_base = "http://{HOST}:{api}"

[server]
host = "{HOST}"
port = {own}
public_url = "http://{HOST}:{own}"

[database]
url = "sqlite:///{folder / "rehearsal.db"}"
""",
        encoding="utf-8",
    )
    return file


def _free_ports(number: int) -> list[int]:
    with ExitStack() as held:
        probes = [held.enter_context(socket.socket()) for _ in range(number)]
        for probe in probes:
            probe.bind((HOST, 0))
        return [int(probe.getsockname()[1]) for probe in probes]


async def health(addresses: tuple[str, ...]) -> tuple[str, dict[str, Any]]:
    """The first of these addresses where a bot answers, and what it says of itself; ("", {}) when none does."""
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5)) as session:
        for address in addresses:
            with suppress(aiohttp.ClientError, TimeoutError, ValueError):
                async with session.get(f"{address}/healthz") as response:
                    said = await response.json()
                    if isinstance(said, dict) and "ok" in said:
                        return address, said
    return "", {}


class Process:
    """`python -m bot serve`, with the town enrolled."""

    def __init__(self, office: Office, log: Path) -> None:
        self._office, self._log = office, log
        self._serving: asyncio.subprocess.Process | None = None

    async def prepare(self) -> None:
        """Bring the database up to date and enrol the town."""
        await self._run("migrate")
        await self._run("import", str(Path(town.__file__).parent))

    async def start(self) -> str:
        """Serve; returns the address when it is ready."""
        with self._log.open("ab") as log:
            self._serving = await asyncio.create_subprocess_exec(
                *self._command("serve"), stdout=log, stderr=log, start_new_session=True
            )
        try:
            async with asyncio.timeout(START_SECONDS):
                while self._serving.returncode is None:
                    address, said = await health(self._office.addresses)
                    if said.get("ok"):
                        return address
                    await asyncio.sleep(LOOKS)
        except TimeoutError:
            raise Failed(f"机器人启动后 {START_SECONDS:g} 秒内没有就绪：{self._last_words()}") from None
        raise Failed(f"机器人没有启动（退出码 {self._serving.returncode}）：{self._last_words()}")

    async def stop(self) -> float:
        """SIGTERM; the seconds it took. Failed when it does not end well within its time."""
        serving = self._serving
        if serving is None:
            return 0.0
        self._serving = None
        began = asyncio.get_running_loop().time()
        with suppress(ProcessLookupError):
            serving.send_signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(STOP_SECONDS):
                code = await serving.wait()
        except TimeoutError:
            serving.kill()
            await serving.wait()
            raise Failed(f"机器人收到 SIGTERM 后 {STOP_SECONDS:g} 秒内没有退出") from None
        if code != 0:
            raise Failed(f"机器人收到 SIGTERM 后的退出码是 {code}：{self._last_words()}")
        return asyncio.get_running_loop().time() - began

    @property
    def running(self) -> bool:
        """Whether it has been started and lives."""
        return self._serving is not None and self._serving.returncode is None

    async def _run(self, command: str, *more: str) -> None:
        process = await asyncio.create_subprocess_exec(
            *self._command(command), *more, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
        )
        said, _ = await process.communicate()
        lines = said.decode(errors="replace").strip().splitlines()
        if process.returncode == 2:
            raise BadConfig(lines[0] if lines else f"{self._office.file}：配置有误")
        if process.returncode:
            raise Failed(f"python -m bot {command} 的退出码是 {process.returncode}：{lines[-1] if lines else ''}")

    def _command(self, name: str) -> list[str]:
        return [sys.executable, "-m", "bot", name, "--config", str(self._office.file)]

    def _last_words(self) -> str:
        with suppress(OSError):
            lines = self._log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
            return lines[-1][:300] if lines else "没有留下日志"
        return "没有留下日志"
