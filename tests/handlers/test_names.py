"""Units by what people call them."""

import pytest

from bot.questions import Exchange
from bot.turn import Turn
from handlers.names import OFFERED, one_unit, units_named
from models.conversation import Conversation
from models.errors import Refused
from tests.handlers.office import MENG, Office


def named(office: Office, text: str) -> list[str]:
    """The units meant."""

    def work(turn: Turn) -> list[str]:
        return [unit.id for unit in units_named(Exchange(turn, Conversation(step="units")), text)]  # type: ignore[call-arg]

    return office.act(MENG, work)


@pytest.mark.parametrize(
    ("text", "units"),
    [
        ("住建局", ["u10"]),
        ("住建", ["u10"]),
        ("u10", ["u10"]),
        ("云岭市住房和城乡建设局", ["u10"]),
        ("住房和城乡建设局", ["u10"]),
        ("财政", ["u06"]),
        ("财政局", ["u06"]),
        ("市财政局", ["u06"]),
        ("教育局", ["u02"]),
        ("卫健委", ["u16"]),
        ("发改委", ["u01"]),
        ("人社局", ["u07"]),
        ("城管局", ["u19"]),
        ("市场监管局", ["u18"]),
        ("医保局", ["u21"]),
        ("文旅局", ["u15"]),
        ("组织部", ["u22"]),
        ("残联", ["u23"]),
        ("青溪区", ["u24"]),
        ("高新区", ["u25"]),
        ("公安", ["u04"]),
        ("住建局、财政局", ["u10", "u06"]),
        ("财政局，住建局;教育局", ["u06", "u10", "u02"]),
        ("住建局 财政局\n教育局", ["u10", "u06", "u02"]),
        ("住建局、住建局", ["u10", "u10"]),
        (" 住建局、", ["u10"]),
    ],
)
def test_a_unit_is_known_by_many_names(office: Office, text: str, units: list[str]) -> None:
    assert named(office, text) == units


@pytest.mark.parametrize("text", ["和财政局", "住建局和财政局"])
def test_and_is_understood_or_the_parts_are_offered(office: Office, text: str) -> None:
    """Whoever writes 和 between two units is not left without a way on."""
    try:
        assert named(office, text)[-1] == "u06"
    except Refused as refused:
        offered = refused.words
        assert "财政局" in offered


@pytest.mark.parametrize(
    ("text", "near"),
    [
        ("气象局", "局"),
        ("住见局", "住房和城乡建设局"),
        ("交警队", "交通运输局"),
        ("水务局", "水利局"),
        ("xyz", "云岭市"),
    ],
)
def test_a_name_nobody_has_is_answered_with_the_nearest(office: Office, text: str, near: str) -> None:
    with pytest.raises(Refused) as refused:
        named(office, text)
    assert f"没有叫“{text}”的单位" in refused.value.words
    assert near in refused.value.words
    offered = refused.value.words.split("相近的有：")[1].split("。")[0].split("、")
    assert len(offered) == OFFERED


@pytest.mark.parametrize("text", ["管理局", "局", "云岭市"])
def test_a_name_that_fits_several_names_them(office: Office, text: str) -> None:
    with pytest.raises(Refused) as refused:
        named(office, text)
    assert "可能是" in refused.value.words
    assert "再完整一些" in refused.value.words


@pytest.mark.parametrize("text", ["", "  ", "、", "，；"])
def test_no_name_at_all_is_told_how_to_write_one(office: Office, text: str) -> None:
    with pytest.raises(Refused, match="请写单位名称"):
        named(office, text)


def test_where_one_unit_is_wanted_two_are_too_many(office: Office) -> None:
    def work(turn: Turn, text: str) -> str:
        return one_unit(Exchange(turn, Conversation(step="unit")), text)  # type: ignore[call-arg]

    assert office.act(MENG, lambda turn: work(turn, "住建局")) == "u10"
    with pytest.raises(Refused, match="一个单位"):
        office.act(MENG, lambda turn: work(turn, "住建局、财政局"))
