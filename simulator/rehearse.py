"""The rehearsal: every proposal of the town through the encrypted door, each to its expected end, and the account of it."""

import asyncio
import signal
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from simulator import office, town
from simulator.acts import Patience, Phones, Trouble
from simulator.calendar import Calendar
from simulator.doors import ByNumber
from simulator.drafting import Effort, Way
from simulator.lives import Life, Ties
from simulator.person import NotDelivered
from simulator.platform import Platform
from simulator.script import Case, Ending, cases

AT_ONCE = 12
MOST_TROUBLES = 5  # after so many it is no use going on
ORDER = (
    "提交", "受理", "初审", "退回修改", "复审", "不予立案", "已并案", "立案", "交办", "签收", "申请调整", "会办意见",
    "沟通", "免予沟通", "不属实", "答复", "复核", "退回", "签发", "二次办理", "评价", "核对",
)  # fmt: skip
TO_WORDS, IN_WORDS = "文字版", "已换成文字版"
SHOWN = 20  # troubles and violations of a kind that are printed

_now: ContextVar[str] = ContextVar("step", default="")


@dataclass
class Step:
    """What one kind of step came to."""

    times: int = 0
    callbacks: int = 0
    seconds: float = 0.0
    longest: float = 0.0


class Tally:
    """Counts the steps of all lives, and what went over the wire."""

    def __init__(self) -> None:
        self.steps: dict[str, Step] = {}
        self.calls: Counter[str] = Counter()
        self.callbacks = 0
        self.efforts: list[Effort] = []
        self.advance: Callable[[], None] = lambda: None  # called after every step

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """One step of one life."""
        before, began = _now.set(name), time.monotonic()
        step = self.steps.setdefault(name, Step())
        try:
            yield
        finally:
            _now.reset(before)
        took = time.monotonic() - began
        step.times, step.seconds, step.longest = step.times + 1, step.seconds + took, max(step.longest, took)
        self.advance()

    def wrote(self, effort: Effort) -> None:
        """A proposal has been handed in."""
        self.efforts.append(effort)

    def notice(self, change: dict[str, Any]) -> None:
        """A watcher of the platform."""
        if change["kind"] == "call":
            self.calls[change["path"]] += 1
        elif change["kind"] == "callback":
            self.callbacks += 1
            if name := _now.get():
                self.steps[name].callbacks += 1


@dataclass
class Report:
    """How it went."""

    cases: Sequence[Case]
    tally: Tally
    endings: Counter[Ending] = field(default_factory=Counter)
    troubles: list[str] = field(default_factory=list)
    seconds: float = 0.0
    stopping: float | None = None  # seconds the bot needed to stop, if it was ours

    def wants(self, true: bool, complaint: str) -> None:
        """Something that must be so."""
        if not true:
            self.troubles.append(complaint)

    @property
    def well(self) -> bool:
        """Whether everything went as it must."""
        return not self.troubles


class Rehearsal:
    """All these lives on one platform, some at a time."""

    def __init__(
        self,
        platform: Platform,
        played: Sequence[Case],
        *,
        at_once: int = AT_ONCE,
        patience: Patience | None = None,
        way: Way = Way.STEPS,
        alive: Callable[[], bool] = lambda: True,
    ) -> None:
        self.platform, self.cases = platform, played
        self.report = Report(played, Tally())
        platform.on_change.append(self.report.tally.notice)
        self._phones = Phones(platform, patience or Patience())
        self._slots = asyncio.Semaphore(max(2, at_once))  # one may wait for the one that goes into it
        self._alive, self._way = alive, way

    async def play(self) -> Report:
        """Every life to its end; what went wrong is in the report."""
        began = time.monotonic()
        report = self.report
        self.platform.on_change.append(self._phones.notice)
        if self._way is Way.WORDS:
            await self._put_into_words()
        ties = Ties.of(self.cases)
        lives = [asyncio.create_task(self._one(case, ties), name=case.id) for case in self.cases]
        try:
            for life in asyncio.as_completed(lives):
                await life
                if len(report.troubles) >= MOST_TROUBLES or not self._alive():
                    break
        finally:
            for life in lives:
                life.cancel()
            await asyncio.gather(*lives, return_exceptions=True)
            self.platform.on_change.remove(self._phones.notice)
        report.seconds = time.monotonic() - began
        self._account()
        return report

    async def _put_into_words(self) -> None:
        """Every member asks for words in place of cards, and types numbers from then on."""
        members = {userid for case in self.cases for userid in (case.proposer, *case.signers)}
        for userid in sorted(members):
            phone = self._phones.of(userid)
            await phone.does(TO_WORDS, until=lambda text: text.startswith(IN_WORDS), what=IN_WORDS)
            phone.person.door = ByNumber(phone.patience.answer)

    async def _one(self, case: Case, ties: Ties) -> None:
        async with self._slots:
            try:
                await Life(case, self._phones, self.report.tally, ties, self.platform.calendar, self._way).through()
            except (Trouble, NotDelivered, AssertionError) as error:
                self.report.troubles.append(f"{case.id}《{case.title}》：{error}")
            else:
                self.report.endings[case.ending] += 1

    def _account(self) -> None:
        """What must be true of the whole."""
        report, platform = self.report, self.platform
        report.wants(self._alive(), "机器人在排练中退出了")
        undone = len(report.cases) - report.endings.total()
        report.wants(undone == 0 or bool(report.troubles), f"有 {undone} 件没有演完")
        wanted = Counter(name for case in report.cases for name in case.steps)
        for name, times in wanted.items():
            done = report.tally.steps.get(name, Step()).times
            report.wants(done == times or undone > 0, f"“{name}”应有 {times} 次，实有 {done} 次")
        for violation, times in Counter(platform.violations).most_common(SHOWN):
            report.troubles.append(f"违反平台协议：{violation}（{times} 次）")
        report.wants(not platform.dropped, f"有 {len(platform.dropped)} 条消息超过平台限额，没有送到")
        lost = [delivery for delivery in platform.callbacks if not delivery.accepted]
        report.wants(not lost or undone > 0, f"有 {len(lost)} 次回调没有被接收")


# --- from a config file -----------------------------------------------------------------------------------------------


async def rehearse(
    file: Path, only: Sequence[str], *, attach: bool, at_once: int, console: Console, way: Way = Way.STEPS
) -> Report:
    """Play it with the office of this config file: with the bot that runs there, or else with one of our own."""
    here = office.read(file)
    played = cases(only)
    address, before = await office.health(here.addresses)
    if attach and not address:
        raise office.Failed(f"{'、'.join(here.addresses)} 没有机器人在运行；不加 --attach 就由排练自己启动")
    with tempfile.TemporaryDirectory(prefix="tiantong-rehearsal-") as folder:
        process = office.Process(here, Path(folder) / "bot.log")
        if not address:
            await process.prepare()
        platform = _platform(here)
        try:
            await platform.start(here.api_host, here.api_port)
        except OSError as error:
            where = f"{here.api_host}:{here.api_port}"
            raise office.BadConfig(f"wecom.api_base：{where} 不能监听（{error.strerror or error}）") from None
        ours = not address
        rehearsal = Rehearsal(platform, played, at_once=at_once, way=way, alive=lambda: process.running or not ours)
        stopping: float | None = None
        try:
            try:
                address = address or await process.start()
                report = await _play(rehearsal, address, console)
                await _leave(here, before, report)
            finally:
                stopping = await process.stop()
        finally:
            await platform.close()
        report.stopping = stopping if ours else None
    return report


async def _play(rehearsal: Rehearsal, address: str, console: Console) -> Report:
    platform, report = rehearsal.platform, rehearsal.report
    platform.callback_url = f"{address}/wecom/callback"
    if not await platform.verify_callback():
        wrong = platform.violations[-1]
        raise office.Failed(f"机器人没有通过回调地址的验证（{wrong}），请核对 wecom.token 和 encoding_aes_key")
    _say(console, f"机器人在 {address}，开始排练 {len(report.cases)} 件提案。")
    columns = (
        TextColumn("排练"),
        BarColumn(),
        TaskProgressColumn(),
        MofNCompleteColumn(),
        TextColumn("步 · 演完 {task.fields[done]} 件"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, transient=True) as progress:
        bar = progress.add_task("", total=sum(len(case.steps) for case in report.cases), done=0)
        report.tally.advance = lambda: progress.update(bar, advance=1, done=report.endings.total())
        return await rehearsal.play()


async def _leave(here: office.Office, before: dict[str, Any], report: Report) -> None:
    """The bot is still well and has put nothing aside."""
    _, after = await office.health(here.addresses)
    report.wants(bool(after.get("ok")), "排练结束时 /healthz 不正常")
    kept = before.get("parked") or {}
    for name, words in (("incoming", "收到"), ("outgoing", "要发")):
        aside = int((after.get("parked") or {}).get(name, 0)) - int(kept.get(name, 0))
        report.wants(aside <= 0, f"有 {aside} 条{words}的消息被搁置")


def _platform(here: office.Office) -> Platform:
    return Platform(
        corp_id=here.corp_id,
        agent_id=here.agent_id,
        secret=here.secret,
        token=here.token,
        encoding_aes_key=here.encoding_aes_key,
        callback_url=f"{here.addresses[0]}/wecom/callback",
        calendar=Calendar(running=True),
        people=town.people(),
    )


# --- the account ------------------------------------------------------------------------------------------------------


def table(report: Report) -> Table:
    """Step by step, then the whole."""
    tally = report.tally
    shown = Table(title=f"排练 {len(report.cases)} 件提案", show_footer=True)
    total = Step()
    for step in tally.steps.values():
        total.times, total.callbacks = total.times + step.times, total.callbacks + step.callbacks
    shown.add_column("环节", footer="合计")
    shown.add_column("次数", f"{total.times}", justify="right")
    shown.add_column("回调", f"{total.callbacks}", justify="right")
    shown.add_column("平均秒", justify="right")
    shown.add_column("最长秒", justify="right")
    played = {name for case in report.cases for name in case.steps}
    for name in sorted(played, key=ORDER.index):
        step = tally.steps.get(name, Step())
        mean = step.seconds / step.times if step.times else 0.0
        shown.add_row(name, f"{step.times}", f"{step.callbacks}", f"{mean:.1f}", f"{step.longest:.1f}")
    return shown


def summary(report: Report) -> list[str]:
    """The lines below the table."""
    tally = report.tally
    ends = "，".join(f"{ending.value} {times}" for ending, times in report.endings.items())
    calls = "，".join(f"{path} {times}" for path, times in tally.calls.most_common())
    lines = [
        f"结局：{ends or '没有'}",
        f"回调：{tally.callbacks} 次",
        f"平台接口：{tally.calls.total()} 次（{calls}）",
        f"用时：{report.seconds:.0f} 秒" + (f"，停机 {report.stopping:.1f} 秒" if report.stopping is not None else ""),
    ]
    if report.well:
        return [*lines, "协议违规：0。每件都到了预期的结局。"]
    return [*lines, f"有 {len(report.troubles)} 处不对："] + [f"  {line}" for line in report.troubles[:SHOWN]]


def efforts(report: Report, way: Way) -> Table:
    """What handing in took the member, proposal by proposal."""
    shown = Table(title=f"从“我要提案”到“提交成功”（{way.value}）", show_footer=True)
    rows = sorted(report.tally.efforts, key=lambda effort: effort.case)
    count = len(rows) or 1
    shown.add_column("提案", footer=f"平均（{len(rows)} 件）")
    shown.add_column("委员发出", f"{sum(row.messages for row in rows) / count:.1f} 条", justify="right")
    shown.add_column("机器人推送", f"{sum(row.pushed for row in rows) / count:.0f} 字节", justify="right")
    for row in rows:
        shown.add_row(row.case, f"{row.messages} 条", f"{row.pushed} 字节")
    return shown


def run(file: Path | None, only: Sequence[str], *, attach: bool, at_once: int, by: Way | None = None) -> int:
    """The command: plays, prints, and returns the exit code."""
    way = by or Way.STEPS
    console, errors = Console(), Console(stderr=True)
    with tempfile.TemporaryDirectory(prefix="tiantong-office-") as folder:
        config = file or office.fresh(Path(folder))
        try:
            playing = rehearse(config, only, attach=attach, at_once=at_once, console=errors, way=way)
            report = asyncio.run(_until_told(playing))
        except office.BadConfig as bad:
            _say(errors, str(bad))
            return 2
        except office.Failed as failed:
            _say(errors, str(failed))
            return 1
        except asyncio.CancelledError:
            _say(errors, "排练中断。")
            return 1
    console.print(table(report))
    if by:
        console.print(efforts(report, by))
    for line in summary(report):
        _say(console, line)
    return 0 if report.well else 1


async def _until_told(playing: Any) -> Report:
    """Ctrl-C and SIGTERM end it in order: the bot is stopped first."""
    task = asyncio.ensure_future(playing)
    loop = asyncio.get_running_loop()
    with suppress(NotImplementedError):
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, task.cancel)
    result: Report = await task
    return result


def _say(console: Console, line: str) -> None:
    console.print(line, markup=False, highlight=False, soft_wrap=True)
