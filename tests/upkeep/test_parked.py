"""What was given up: listed without what was said, tried again, or let be; for both kinds of rows, on both databases."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import col, select

from bot.wecom.messages import Words
from models.messages import Incoming, Outgoing, Wait
from models.people import Person
from tests.town import Town
from tests.upkeep.hands import ODD, bot, config, here, refused, store_of, well

Row = Incoming | Outgoing
LIN = "m013"


def rows(url: str, kind: type[Any], state: Wait = Wait.PARKED) -> list[Any]:
    """Those given up, oldest first."""
    with store_of(url) as store:
        chosen = select(kind).where(col(kind.state) == state, col(kind.key).like("given-up-%")).order_by(col(kind.id))
        return store.write(lambda session: list(session.exec(chosen)))


def names(url: str) -> list[str]:
    return [
        *(f"incoming:{row.id}" for row in rows(url, Incoming)),
        *(f"outgoing:{row.id}" for row in rows(url, Outgoing)),
    ]


def test_the_list_shows_everything_but_what_was_said(url: str, tmp_path: Path) -> None:
    said = well(bot("parked", "list", "--config", config(tmp_path, url)))
    head, *lines, total = said.splitlines()
    assert head.split() == ["编号", "人员", "原因", "错误码", "次数", "时间"]
    assert [line.split()[0] for line in lines] == names(url)
    assert lines[0].split() == [names(url)[0], "m015", "KeyError", "4", "2026-03-02", "10:00"]
    assert lines[-1].split() == [names(url)[-1], "m015", "Rejected", "60020", "4", "2026-03-02", "10:00"]
    assert total == "共 6 条。"
    for word in ODD.split():
        assert word not in said


def test_one_can_be_looked_up(url: str, tmp_path: Path) -> None:
    wanted = names(url)[4]
    said = here("parked", "list", wanted, "--config", config(tmp_path, url)).stdout
    assert [line.split()[0] for line in said.splitlines()[1:-1]] == [wanted]


def test_trying_again_makes_it_wait_as_if_for_the_first_time(url: str, tmp_path: Path) -> None:
    path, (first, second, *_) = config(tmp_path, url), rows(url, Outgoing)
    done = bot("parked", "retry", f"outgoing:{first.id}", f"incoming:{rows(url, Incoming)[0].id}", "--config", path)
    assert (done.returncode, done.stdout) == (0, "重新排队：2 条。\n")
    assert [f'"row": "outgoing:{first.id}"' in line for line in done.stderr.splitlines()] == [True, False]
    assert all('"event": "parked_retried"' in line for line in done.stderr.splitlines())
    [row] = rows(url, Outgoing, Wait.WAITING)
    assert (row.id, row.attempts, row.trouble, row.errcode, row.lease) == (first.id, 0, "", None, "")
    assert (row.not_before, row.leased_until) == (None, None)
    assert row.body == first.body
    [update] = rows(url, Incoming, Wait.WAITING)
    assert (update.attempts, update.not_before, update.trouble) == (0, None, "")
    assert rows(url, Outgoing)[0] == second


def test_letting_it_be_counts_as_done_and_keeps_the_trouble(url: str, tmp_path: Path) -> None:
    path, name = config(tmp_path, url), names(url)[3]
    done = bot("parked", "drop", name, "--config", path)
    assert (done.returncode, done.stdout) == (0, "不再办理：1 条。\n")
    assert '"event": "parked_dropped"' in done.stderr
    [row] = rows(url, Outgoing, Wait.DONE)
    assert (row.errcode, row.trouble, row.attempts, row.sent_at) == (60020, "Rejected", 4, None)
    assert name not in names(url)


def test_all_of_them_at_once(url: str, tmp_path: Path) -> None:
    path = config(tmp_path, url)
    assert bot("parked", "retry", "--all", "--config", path).stdout == "重新排队：6 条。\n"
    assert names(url) == []
    assert here("parked", "list", "--config", path).stdout == "没有搁置的消息。\n"
    assert well(bot("parked", "drop", "--all", "--config", path)) == "不再办理：0 条。\n"


@pytest.mark.parametrize("doing", ["retry", "drop"])
def test_an_unknown_id_is_refused_and_nothing_is_done(doing: str, url: str, tmp_path: Path) -> None:
    path, given_up = config(tmp_path, url), names(url)
    with store_of(url) as store:
        waiting = store.write(lambda s: s.exec(select(Outgoing.id).where(Outgoing.state == Wait.WAITING)).first())
    for unknown in (f"outgoing:{waiting}", "outgoing:0", "outgoing:99999999999999999999", "mail:1", "7", "outgoing:x"):
        line = refused("parked", doing, given_up[0], unknown, "--config", path)
        assert line == f"database.url：{unknown}：搁置的消息里没有这个编号。"
    assert names(url) == given_up
    assert "编号" in refused("parked", doing, "--config", path)
    assert "编号" in refused("parked", doing, given_up[0], "--all", "--config", path)
    assert names(url) == given_up


async def test_what_the_platform_refused_arrives_after_all(town: Town, tmp_path: Path) -> None:
    """The platform refuses a message for good; the administrator mends what was wrong there, and tries it again."""
    outage = town.platform.switches.break_down("message/send", errcode=40058, times=1)

    def say(session: Any) -> None:
        turn = town.app.turn(session, "m1", session.get_one(Person, LIN))
        turn.say(Words("今天的通知"))
        turn.write_down()

    await town.change(say)
    await town.settle()
    assert outage.hits == 1
    [(parked, state)] = await town.look(lambda s: s.exec(select(Outgoing.id, Outgoing.state)).all())
    assert state is Wait.PARKED
    path = config(tmp_path, town.settings.database.url)
    done = await asyncio.to_thread(bot, "parked", "retry", f"outgoing:{parked}", "--config", path)
    assert done.returncode == 0, done.stderr
    await town.settle()
    await town.person(LIN).reads("今天的通知")
    town.person(LIN).reads_nothing_more()
