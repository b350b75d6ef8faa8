"""润色, 建议更具体: a model proposes and the member chooses; no name and no number leaves; without a model, hints."""

import json
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any

import pytest
from pydantic import SecretStr

from bot.config import AssistantSettings
from models.advice import Advice
from models.conversation import Conversation
from models.messages import Wait
from tests.browser import Handset
from tests.standin import StandIn
from tests.stories.acts import (
    ANSWERS,
    LIN,
    SU,
    TITLE,
    WEN,
    all_have_read,
    drafted,
    edit,
    everybody_is_at_rest,
    forges,
    proposal,
    rows,
    taps,
    tells,
)
from tests.town import Town, settings_for

POOR = "老小区的老人下楼很难。"
BETTER = "老小区的老人下楼很难，问题突出。"
BEGUN = ("我要提案", TITLE, "社会建设", POOR)


@pytest.fixture
async def model() -> AsyncIterator[StandIn]:
    """A model's server; it answers with a better text unless told."""
    standin = StandIn()
    await standin.start()
    yield standin
    await standin.close()


@pytest.fixture
def assistant(model: StandIn) -> AssistantSettings:
    """The office has a model, and little patience."""
    return AssistantSettings(
        base_url=model.base_url, model="local-7b", api_key=SecretStr("key-of-the-tests"), time_limit_seconds=1
    )


@pytest.fixture
async def town(
    database_url: str,
    rules: dict[str, Any],
    assistant: AssistantSettings,
    model: StandIn,
    door: str,
    held: Handset | None,
) -> AsyncIterator[Town]:
    """The town, with this assistant."""
    settings = settings_for(database_url, **rules).model_copy(update={"assistant": assistant})
    town = Town(settings, door, handset=held)
    model.on_asked = lambda: town.calendar.let_pass(2)  # it thinks
    await town.open()
    try:
        yield town
    finally:
        await town.close()


async def answers(town: Town) -> dict[str, Any]:
    """What the newest draft holds."""
    return (await rows(town, Conversation))[-1].answers


async def asks(town: Town, who: str, words: str, *then: str) -> None:
    """Asks the model, and goes on when it has answered."""
    await tells(town, who, words)
    await tells(town, who, *then)


# --- old and new ------------------------------------------------------------------------------------------------------


async def test_the_model_proposes_and_the_member_takes_it_and_takes_it_back(town: Town, model: StandIn) -> None:
    model.write = lambda text: f"<think>想一想</think>\n```\n{BETTER}\n```"
    lin = await tells(town, LIN, *BEGUN, "润色")
    await lin.reads("已请模型看情况分析", "由您选用", "先接着写")
    await lin.reads("【由模型建议】情况分析", f"原来的：\n{POOR}", f"模型写的：\n{BETTER}", "请核对")
    card = await lin.reads("由模型建议：情况分析", "您写的没有动")
    assert (await answers(town))["analysis~"] == [POOR]
    await taps(town, LIN, "用新的")
    await lin.reads("情况分析换上了由模型建议的文字", "撤回")
    assert not card.live
    assert (await answers(town))["analysis~"] == [BETTER]
    await tells(town, LIN, "撤回")
    await lin.reads("已撤回“用新的”")
    assert (await answers(town))["analysis~"] == [POOR]
    [sent], [key] = model.heard, model.keys
    assert (sent["model"], sent["stream"], key) == ("local-7b", False, "Bearer key-of-the-tests")
    [row] = await rows(town, Advice)
    assert (row.state, row.chosen, row.before, row.after, row.masked) == (Wait.DONE, "new", "", "", "")


@pytest.mark.cards_only("a number typed answers the question that is open, not an earlier one")
async def test_what_was_chosen_is_not_chosen_again(town: Town, model: StandIn) -> None:
    lin = await tells(town, LIN, *BEGUN, "润色")
    card = await lin.reads("由模型建议：情况分析", "用哪一个")
    await taps(town, LIN, "用新的")
    taken = (await answers(town))["analysis~"]
    assert taken != [POOR]
    await forges(town, LIN, card, "用原来的")
    await lin.reads("已经选过")
    assert (await answers(town))["analysis~"] == taken


async def test_who_keeps_their_own_words_keeps_them(town: Town, model: StandIn) -> None:
    lin = await tells(town, LIN, *BEGUN)
    await asks(town, LIN, "润色", "用原来的", "用新的", "完")
    await lin.reads("由模型建议：情况分析")
    await lin.reads("情况分析还用您原来的")
    await lin.reads("现在没有等您选的建议")
    await lin.reads("情况分析记下了")
    assert (await answers(town))["analysis"] == POOR
    assert len(model.heard) == 1


async def test_at_the_preview_each_part_by_its_number(town: Town, model: StandIn) -> None:
    lin = await drafted(town)
    await tells(town, LIN, "加一条 由街道定期走访。")
    await all_have_read(town)
    await tells(town, LIN, "润色", "润色 2", "润色 4", "建议更具体 7")
    for told in ("请说明润色哪一项", "这一项不用润色", "有2条建议，请说哪一条", "没有第7条"):
        await lin.reads(told)
    model.write = lambda text: "由街道牵头，每月定期走访一次（待补）。"
    await asks(town, LIN, "建议更具体 2", "用新的")
    await lin.reads("【由模型建议】第2条建议", "原来的：\n由街道定期走访。")
    await lin.reads("第2条建议换上了", "请看一遍", "由街道牵头，每月定期走访", "说明：由模型建议：第2条建议")
    assert "更具体" in model.heard[-1]["messages"][-1]["content"]
    model.write = lambda text: "关于稳步推进老旧小区\n加装电梯的提案"
    await asks(town, LIN, "润色 1", "用新的")
    await lin.reads("案由换上了", "案由：关于稳步推进老旧小区 加装电梯的提案", "由模型建议：案由、第2条建议")
    town.calendar.let_pass(60)  # the platform takes only so many messages to one person a minute
    await tells(town, LIN, "第2条改为由街道每月走访。")
    shown = await lin.reads("第2条改好了", "由模型建议：案由，")
    assert "第2条建议，" not in shown.text
    await asks(town, LIN, "润色3", "提交")
    await lin.reads("提交成功")
    assert (await proposal(town)).suggestions[1] == "由街道每月走访。"
    await tells(town, LIN, "用新的")
    await lin.reads("那份草稿已经提交或不在了")


async def test_who_asks_again_chooses_about_the_newer(town: Town, model: StandIn) -> None:
    lin = await tells(town, LIN, *BEGUN, "润色")
    old = await lin.reads("由模型建议：情况分析", "用哪一个")
    model.write = lambda text: BETTER
    await asks(town, LIN, "润色", "用新的")
    await lin.reads("情况分析换上了")
    assert not old.live
    assert (await answers(town))["analysis~"] == [BETTER]
    assert [row.before for row in await rows(town, Advice)] == ["", ""]


async def test_what_was_changed_meanwhile_is_not_overwritten(town: Town, model: StandIn) -> None:
    lin = await tells(town, LIN, *BEGUN)
    await asks(town, LIN, "润色", "还有一句。", "用新的")
    await lin.reads("情况分析后来又改过，没有换上")
    assert (await answers(town))["analysis~"] == [POOR, "还有一句。"]


@pytest.mark.cards_only("forged: nobody can type a number out of somebody else's message")
async def test_nobody_chooses_for_another(town: Town, model: StandIn) -> None:
    lin = await tells(town, LIN, *BEGUN, "润色")
    card = await lin.reads("由模型建议：情况分析", "用哪一个")
    su = await forges(town, SU, card, "用新的")
    await su.reads("这不是给您的建议")
    assert (await answers(town))["analysis~"] == [POOR]


async def test_the_same_in_words(town: Town, model: StandIn) -> None:
    lin = await tells(town, LIN, "大字", *BEGUN, "润色")
    await lin.reads("请回复数字", "用新的", "用原来的")
    await tells(town, LIN, "用新的")
    await lin.reads("换上了")


async def test_where_there_is_nothing_to_improve(town: Town, model: StandIn) -> None:
    lin = await tells(town, LIN, "润色", "我要提案", "润色", TITLE, "建议更具体", "社会建设", "润色")
    for told in ("写提案的时候才能“润色”", "还没有写案由", "还没有写建议", "还没有写情况分析"):
        await lin.reads(told)
    assert model.heard == []


# --- what leaves the house ---------------------------------------------------------------------------------------------


async def test_no_name_and_no_number_leaves_and_all_come_back(town: Town, model: StandIn) -> None:
    people = (
        "林知夏",
        "苏 婉宁",
        "13800138000",
        "138 0013 8001",
        "０８７１－６３１２３４５６",
        "530102199001011234",
        "a.b@city.example",
    )
    text = f"王大爷和{people[0]}说，{'，'.join(people[1:])}，都打过12345，下楼很难。"
    lin = await tells(town, LIN, *BEGUN[:3], text, "润色")
    shown = await lin.reads("【由模型建议】情况分析", f"模型写的：\n{text}（已理顺）")
    assert "没有放回" not in shown.text
    sent = json.dumps(model.heard, ensure_ascii=False)
    for word in (*people, "王大爷", "婉宁", "林", "6312"):
        assert word not in sent, word
    assert "〔某1〕大爷" in sent
    assert "12345" in sent
    assert LIN not in sent
    model.write = lambda masked: "有老人说下楼很难，都打过12345。"
    await asks(town, LIN, "用原来的", "润色一下")
    await lin.reads("【由模型建议】", "有隐去的姓名或号码没有放回")


# --- when it fails ----------------------------------------------------------------------------------------------------


def _said(text: Any) -> Callable[[StandIn], None]:
    return lambda model: setattr(model, "write", lambda masked: text)


def _raw(body: bytes, status: int = 200) -> Callable[[StandIn], None]:
    def prepare(model: StandIn) -> None:
        model.raw, model.status = body, status

    return prepare


@pytest.mark.parametrize(
    ("prepare", "told"),
    [
        (_raw(b"{}", 500), "连不上模型服务"),
        (_raw(b"{}", 401), "模型服务没有接受请求，请告诉管理员"),
        (_raw(b"{}", 302), "模型服务没有接受请求"),
        (_raw(b"{}", 429), "模型服务正忙"),
        (_raw(b"not json"), "模型的回答看不懂"),
        (_raw(b'{"choices": []}'), "模型的回答看不懂"),
        (_raw(b'{"choices": [{"message": {"content": 7}}]}'), "模型的回答看不懂"),
        (_raw(b" " * 300_000), "模型写得太长"),
        (_said(None), "模型没有写出内容"),
        (_said(" \n。"), "模型没有写出内容"),
        (_said("I am sorry, I cannot help with that."), "模型的回答看不懂"),
        (_said("〔某8〕下楼很难。"), "模型的回答看不懂"),
        (_said(POOR * 400), "模型写得太长"),
        (_said(POOR), "模型觉得这一段不用改"),
        (lambda model: model.go_on.clear(), "模型没有在限定的时间内答上来"),
    ],
)
async def test_when_it_fails_the_member_is_told_and_goes_on(
    town: Town, model: StandIn, prepare: Callable[[StandIn], None], told: str
) -> None:
    prepare(model)
    lin = await tells(town, LIN, *BEGUN, "润色")
    await lin.reads(told, "情况分析没有动", "情况分析可以改进的：", "没有数字")
    await tells(town, LIN, "用新的", "完")
    await lin.reads("现在没有等您选的建议")
    await lin.reads("情况分析记下了，11字")
    [row] = await rows(town, Advice)
    assert (row.state, row.before, row.masked) == (Wait.PARKED, "", "")
    await everybody_is_at_rest(town)


async def test_a_server_that_is_not_there_is_told_so(town: Town, model: StandIn) -> None:
    await model.close()
    lin = await tells(town, LIN, *BEGUN, "润色")
    await lin.reads("连不上模型服务")


class TestPatience:
    """A slow model."""

    @pytest.fixture
    def assistant(self, model: StandIn) -> AssistantSettings:
        return AssistantSettings(base_url=model.base_url, model="local-7b", time_limit_seconds=60)

    async def test_nobody_waits_while_it_thinks(self, town: Town, model: StandIn) -> None:
        lin = await tells(town, LIN, *BEGUN)
        model.go_on.clear()
        await lin.says("润色")
        await lin.reads("已请模型看情况分析")
        await lin.says("润色")
        await lin.reads("上一次还在等模型回答")
        await lin.says("完")
        await lin.reads("（4/8）情况分析记下了")
        wen = town.person(WEN)
        await wen.says("待办")
        await wen.reads("没有等您办的事")
        model.go_on.set()
        await lin.reads("【由模型建议】情况分析", f"{POOR}（已理顺）")
        await tells(town, LIN, "用新的")
        await lin.reads("情况分析换上了")
        assert (await answers(town))["analysis"] == f"{POOR}（已理顺）"
        assert len(model.heard) == 1

    async def test_a_restart_asks_again_and_tells_once(self, town: Town, model: StandIn) -> None:
        lin = await tells(town, LIN, *BEGUN)
        model.go_on.clear()
        await lin.says("润色")
        await lin.reads("已请模型")
        await model.is_asked(1)
        await town.restart(replicas=2)
        await model.is_asked(2)
        model.go_on.set()
        await lin.reads("【由模型建议】情况分析")
        await lin.reads("由模型建议：情况分析")
        await town.settle()
        lin.reads_nothing_more()
        assert len(model.heard) == 2

    async def test_what_a_killed_process_had_in_hand_is_asked_again_when_its_lease_ends(
        self, town: Town, model: StandIn
    ) -> None:
        """kill -9 leaves the row as it was taken: nobody may ask before the lease ends, somebody must after."""
        lin = await tells(town, LIN, *BEGUN, "润色")
        await lin.reads("用哪一个")

        def taken(attempts: int) -> Callable[[Advice], None]:
            def change(row: Advice) -> None:
                row.state, row.attempts, row.after = Wait.WAITING, attempts, ""
                row.before, row.masked = POOR, POOR
                row.not_before = town.calendar.now() + timedelta(seconds=65)

            return change

        await edit(town, Advice, 1, taken(1))
        await town.settle()
        lin.reads_nothing_more()
        town.calendar.let_pass(70)
        await town.settle()
        assert len(model.heard) == 2
        [row] = await rows(town, Advice)
        assert (row.state, row.after) == (Wait.DONE, f"{POOR}（已理顺）")
        await edit(town, Advice, 1, taken(2))
        town.calendar.let_pass(70)
        await town.settle()
        assert len(model.heard) == 2
        assert (await rows(town, Advice))[0].state is Wait.PARKED


# --- without a model --------------------------------------------------------------------------------------------------


class TestOff:
    """As it comes: no address, and nothing leaves."""

    @pytest.fixture
    def assistant(self, model: StandIn) -> AssistantSettings:
        return AssistantSettings(model="local-7b", api_key=SecretStr("key-of-the-tests"))

    async def test_hints_are_given_and_nothing_is_sent(self, town: Town, model: StandIn) -> None:
        lin = await tells(town, LIN, *BEGUN, "润色")
        await lin.reads("情况分析可以改进的：", "没有数字", "没有写原因", "写得比较短")
        await tells(town, LIN, "撤回")
        await lin.reads("已撤回“老小区的老人下楼很难。”")  # asking is nothing to take back
        await tells(town, LIN, POOR)
        await tells(
            town, LIN, "完", "要高度重视。", "建议更具体", "由住建局在年底前制定清单，每季度公布。", "建议更具体"
        )
        await lin.reads("第1条建议可以改进的：", "没写由谁来做", "没写做到什么程度", "“高度重视”比较笼统")
        await lin.reads("第2条建议没有看出要改的")
        await tells(town, LIN, "完", *ANSWERS[6:], "润色 1", "润色第1条", "用新的")
        await lin.reads("案由没有看出要改的")
        await lin.reads("第1条建议可以改进的")
        await lin.reads("现在没有等您选的建议")
        assert model.heard == []
        assert await rows(town, Advice) == []
