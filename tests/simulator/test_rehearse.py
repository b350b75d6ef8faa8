"""The rehearsal: lives to their expected ends, an account that can be trusted, and a command that says what is wrong."""

import asyncio
import shutil
import signal
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner, Result

from simulator import office, town
from simulator.__main__ import cli
from simulator.acts import Patience
from simulator.calendar import Calendar
from simulator.drafting import Way, pasted, rest
from simulator.person import Person
from simulator.rehearse import ORDER, Rehearsal, efforts, rehearse, summary
from simulator.script import Case, Ending, NoSuchCase, cases
from tests.databases import sqlite_url
from tests.town import Town, settings_for

TEXT_BYTES = 2048
FASTER = 20  # a minute of the town is three seconds of ours: nobody waits long for the limit to a member, and no lease runs out


class Fast(Calendar):
    """A calendar that runs ahead of the wall clock."""

    def now(self) -> datetime:
        return self._base + timedelta(seconds=FASTER * (time.monotonic() - self._since))


@pytest.fixture
async def shared(filled_sqlite: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Town]:
    """Bot and platform on one calendar, a fast one."""
    monkeypatch.setattr("tests.town.Calendar", Fast)
    monkeypatch.setattr("tests.town.SECONDS_TO_TYPE", 0)
    shutil.copy(filled_sqlite, tmp_path / "tiantong.db")
    shared = Town(settings_for(sqlite_url(tmp_path)))
    await shared.open()
    try:
        yield shared
    finally:
        await shared.close()


def command(*arguments: str) -> Result:
    """`python -m simulator rehearse …`."""
    return CliRunner().invoke(cli, ["rehearse", *arguments])


# --- the script -------------------------------------------------------------------------------------------------------


def test_the_whole_corpus_is_played() -> None:
    every = cases()
    assert [case.id for case in every] == [row["id"] for row in town.read("proposals")["proposals"]]
    assert Counter(case.ending for case in every) == {
        Ending.CLOSED: 33,
        Ending.MERGED: 3,
        Ending.REJECTED: 2,
        Ending.RETURNED: 2,
    }
    assert len({case.about for case in every}) == len(every)
    assert {name for case in every for name in case.steps} == set(ORDER)
    assert sum(case.verdicts[0] == "不满意" for case in every if case.verdicts) == 2
    assert sum(verdict == "基本满意" for case in every for verdict in case.verdicts) > 3


def test_no_message_is_longer_than_the_platform_takes() -> None:
    for case in cases():
        assert all(len(words.encode()) <= TEXT_BYTES for words in (*case.analysis, *case.suggestions, case.title))
        written = next(row for row in town.read("proposals")["proposals"] if row["id"] == case.id)
        assert "".join(case.analysis) == written["analysis"]


def test_what_is_merged_comes_with_its_main_proposal() -> None:
    assert [case.id for case in cases(["p006", " P034 "])] == ["P005", "P006", "P034"]
    with pytest.raises(NoSuchCase, match="P099"):
        cases(["P001", "P099"])


# --- lives ------------------------------------------------------------------------------------------------------------


async def test_every_life_comes_to_its_end(shared: Town) -> None:
    played = cases(["P001", "P002", "P023", "P030", "P034", "P036", "P037"])
    report = await Rehearsal(shared.platform, played, patience=Patience(40, 80)).play()
    assert report.troubles == []
    assert report.endings == Counter(case.ending for case in played)
    counted = {name: step.times for name, step in report.tally.steps.items()}
    assert counted == Counter(name for case in played for name in case.steps)
    assert sum(step.callbacks for step in report.tally.steps.values()) == report.tally.callbacks
    assert report.tally.callbacks == len(shared.platform.callbacks)
    assert report.tally.calls["message/send"] > report.tally.callbacks
    assert summary(report)[-1].startswith("协议违规：0。")
    words = [shown.text for shown in shared.person("m012").inbox]
    assert any("为本人或亲属解决个人问题" in text and "信访或医保经办" in text for text in words)


@pytest.mark.parametrize(("way", "most"), [(Way.STEPS, 20), (Way.PASTE, 6), (Way.WORDS, 20)])
async def test_a_proposal_is_handed_in_every_way(shared: Town, way: Way, most: int) -> None:
    played = cases(["P034", "P036"])
    report = await Rehearsal(shared.platform, played, patience=Patience(40, 80), way=way).play()
    assert report.troubles == []
    assert {effort.case for effort in report.tally.efforts} == {"P034", "P036"}
    assert all(1 < effort.messages <= most and effort.pushed > 500 for effort in report.tally.efforts)
    told = Console(width=80, record=True, file=StringIO())
    told.print(efforts(report, way))
    assert f"从“我要提案”到“提交成功”（{way.value}）" in told.export_text()


def test_a_paste_needs_six_messages_at_most() -> None:
    """One to begin, the pieces, one for the rest, one to hand in."""
    for case in cases():
        assert 1 + len(pasted(case)) + 1 + 1 <= 6, case.id
        assert all(len(words.encode()) <= TEXT_BYTES for words in (*pasted(case), rest(case)))


async def test_what_does_not_happen_is_named(shared: Town) -> None:
    shared.platform.switches.out_of_range.add("pc_director")
    case: Case = cases(["P034"])[0]
    report = await Rehearsal(shared.platform, [case], patience=Patience(5, 2)).play()
    assert not report.well
    assert report.troubles[0].startswith(f"P034《{case.title}》：程亦川等了2秒，没有等到带“不予立案”的卡片")
    assert report.endings.total() == 0
    assert f"有 {len(report.troubles)} 处不对：" in summary(report)


async def test_a_breach_of_the_protocol_fails_the_rehearsal(shared: Town) -> None:
    shared.platform.breach("message/send: something forbidden")
    report = await Rehearsal(shared.platform, cases(["P037"]), patience=Patience(40, 80)).play()
    assert report.endings == {Ending.RETURNED: 1}
    assert report.troubles == ["违反平台协议：message/send: something forbidden（1 次）"]


async def test_a_bot_that_does_not_listen_is_named(shared: Town) -> None:
    shared.platform.callback_url = "http://127.0.0.1:9/wecom/callback"
    shared.platform.switches.retry_spacing = 0.0
    report = await Rehearsal(shared.platform, cases(["P037"])).play()
    assert "the callback was not taken" in report.troubles[0]


async def test_a_complaint_of_the_bot_ends_the_wait(shared: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    says = Person.says

    async def mumbles(person: Person, text: str, deliveries: int = 1) -> None:
        await says(person, "嗯嗯" if text == "我要提案" else text, deliveries)

    monkeypatch.setattr(Person, "says", mumbles)
    report = await Rehearsal(shared.platform, cases(["P037"])).play()
    assert "机器人却说：没有听懂" in report.troubles[0]


# --- the command ------------------------------------------------------------------------------------------------------


async def test_the_command_starts_and_stops_a_bot_of_its_own(tmp_path: Path) -> None:
    config = office.fresh(tmp_path)
    code, said = await run("--config", str(config), "--only", "P034,P037")
    assert code == 0, said
    assert "结局：已退回修改 1，不予立案 1" in said or "结局：不予立案 1，已退回修改 1" in said
    assert "停机" in said
    assert "协议违规：0。每件都到了预期的结局。" in said
    assert await office.health(office.read(config).addresses) == ("", {})


async def test_a_running_bot_is_used_and_left_running(tmp_path: Path) -> None:
    config = office.fresh(tmp_path)
    here = office.read(config)
    bot = office.Process(here, tmp_path / "bot.log")
    await bot.prepare()
    await bot.start()
    try:
        report = await rehearse(config, ["P037"], attach=True, at_once=2, console=Console(quiet=True))
        assert report.troubles == []
        assert report.stopping is None
        assert bot.running
    finally:
        assert await bot.stop() < office.STOP_SECONDS
    assert not bot.running


async def test_an_interrupted_rehearsal_stops_its_bot(tmp_path: Path) -> None:
    config = office.fresh(tmp_path)
    process = await start("--config", str(config))
    assert process.stdout is not None
    first = await asyncio.wait_for(process.stdout.readline(), 60)
    assert "开始排练 40 件提案" in first.decode()
    process.send_signal(signal.SIGTERM)
    said = (await asyncio.wait_for(process.communicate(), 30))[0].decode()
    assert process.returncode == 1
    assert "排练中断。" in said
    assert await office.health(office.read(config).addresses) == ("", {})


def test_attaching_to_nothing_is_said(tmp_path: Path) -> None:
    result = command("--config", str(office.fresh(tmp_path)), "--attach")
    assert result.exit_code == 1
    assert "没有机器人在运行" in result.stderr


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("[wecom]", "[wecom", "不合 TOML 写法"),
        ("secret = ", "# secret = ", "wecom.secret：缺少这一项"),
        ("agent_id = 1000002", 'agent_id = "x"', "wecom.agent_id：应为整数"),
        ("encoding_aes_key = ", 'encoding_aes_key = "short" # ', "wecom.encoding_aes_key：应为 43 位"),
        ("api_base = ", 'api_base = "https://qyapi.weixin.qq.com" # ', "wecom.api_base：排练时应为本机的地址"),
        ("port = ", "port = 0 # ", "server.port：排练时应为"),
        ("[server]", "[server]\nprot = 1", "server.prot：不认识这一项"),
        ("[wecom]", "wecom = 1\n[other]", "wecom：应为一节"),
    ],
)
def test_a_bad_config_is_one_line(tmp_path: Path, old: str, new: str, line: str) -> None:
    config = office.fresh(tmp_path)
    config.write_text(config.read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8")
    result = command("--config", str(config))
    assert result.exit_code == 2
    assert line in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert result.stdout == ""


def test_a_config_that_is_not_there_and_a_case_that_does_not_exist(tmp_path: Path) -> None:
    missing = command("--config", str(tmp_path / "none.toml"))
    assert (missing.exit_code, missing.stderr.count("\n")) == (2, 1)
    assert "找不到配置文件" in missing.stderr
    strange = command("--config", str(office.fresh(tmp_path)), "--only", "P001,X9")
    assert (strange.exit_code, strange.stderr) == (2, "没有叫 X9 的提案，编号是 P001 至 P040。\n")


def test_the_environment_goes_before_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIANTONG_WECOM__SECRET", "from-outside")
    monkeypatch.setenv("TIANTONG_SERVER__HOST", "0.0.0.0")  # noqa: S104
    monkeypatch.setenv("TIANTONG_SERVER__PORT", "8099")
    here = office.read(office.fresh(tmp_path))
    assert here.secret == "from-outside"
    assert here.addresses[0] == "http://127.0.0.1:8099"
    assert "from-outside" not in repr(here)


async def start(*arguments: str) -> asyncio.subprocess.Process:
    """The command as a process of its own."""
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "simulator", "rehearse", *arguments),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )


async def run(*arguments: str) -> tuple[int | None, str]:
    """Its exit code and all it says."""
    process = await start(*arguments)
    said, _ = await asyncio.wait_for(process.communicate(), 90)
    return process.returncode, said.decode()
