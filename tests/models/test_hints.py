"""Hints: what is said of which text, and that sound proposals are left in peace."""

import pytest

from models import hints
from simulator import town

CORPUS = town.read("proposals")["proposals"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("请联系13800138000。", "电话"),
        ("电话 0871-63123456 常占线。", "电话"),
        ("身份证530102199001011234丢了。", "身份证号"),
        ("写到 someone@city.example 即可。", "邮箱"),
        ("2024年走访1380户，投入0.5亿元。", ""),
        ("12345热线接到20250101起到访。", ""),
    ],
)
def test_contact_data(text: str, found: str) -> None:
    assert (found in hints.contact(text)) if found else hints.contact(text) == ""


@pytest.mark.parametrize("word", ["机密", "内部文件", "绝密", "部队番号"])
def test_words_that_go_with_secrets(word: str) -> None:
    assert f"“{word}”" in hints.secrecy(f"附一份{word}。")
    assert hints.secrecy("依法公开的文件。") == ""


def test_a_firm_in_the_title() -> None:
    assert "企业" in hints.company("关于支持云岭某某食品有限公司扩建的提案")
    assert hints.company("关于支持精密零部件企业设备更新的提案") == ""
    assert hints.company("关于国有公司改革的建议") == ""


@pytest.mark.parametrize(
    ("title", "analysis", "several"),
    [
        ("关于解决道路、操场和市场三个问题的提案", "", True),
        ("关于解决若干问题的提案", "", True),
        ("关于养老、托育、停车及物业的提案", "", True),
        ("关于缓解拥堵、保障学生出行安全的建议", "", False),
        ("关于改善民生的提案", "一、道路坑洼\n很多。\n二、操场老旧\n很旧。\n三、市场脏乱\n很乱。", True),
        ("关于加装电梯的提案", "一、基本情况\n多。\n二、存在问题\n难。\n三、原因分析\n钱。", False),
    ],
)
def test_several_matters(title: str, analysis: str, several: bool) -> None:
    assert bool(hints.matters(title, analysis)) is several


@pytest.mark.parametrize(
    ("analysis", "suggestions", "found"),
    [
        ("有42个单元没有电梯。", ["由住建局制定清单。"], ""),
        ("很多单元没有电梯。", ["由住建局制定清单。"], "没有数字"),
        ("约三成老人下楼难。", ["由住建局制定清单。"], ""),
        ("有42个单元没有电梯。", ["尽快制定清单。"], "由谁来做"),
        ("有42个单元没有电梯。", ["由住建局制定清单。", "电梯很要紧。"], "第2条建议没写要做什么"),
        ("有42个单元没有电梯。", ["要高度重视，加强领导。", "切实加强宣传。"], "“高度重视”这类话"),
    ],
)
def test_one_word_on_the_writing(analysis: str, suggestions: list[str], found: str) -> None:
    told = hints.writing(analysis, suggestions)
    assert (found in told) if found else told == ""


def test_sound_proposals_are_left_in_peace_and_the_poor_ones_are_not() -> None:
    told = {}
    for row in CORPUS:
        suggestions = [item["text"] for item in row["suggestions"]]
        found = [
            *hints.of_text(row["title"], row["analysis"], suggestions),
            hints.writing(row["analysis"], suggestions),
        ]
        told[row["id"]] = [hint for hint in found if hint]
    assert any("几件事" in hint for hint in told["P036"])
    assert any("这类话" in hint for hint in told["P037"])
    assert sum(map(bool, told.values())) <= 4


@pytest.mark.parametrize(
    ("part", "text", "found"),
    [
        ("title", "关于分步推进老旧小区加装电梯的提案", []),
        ("title", "老旧小区加装电梯", ["关于……的提案"]),
        ("title", "关于解决若干问题的建议", ["几件事"]),
        ("analysis", "全市有42个单元没有电梯，主要是低层住户担心采光。" + "老人下楼难。" * 12, []),
        ("analysis", "老人下楼难。", ["没有数字", "没有写原因", "比较短"]),
        ("analysis", "有42人，请联系13800138000，主要是审批慢。", ["有电话", "比较短"]),
        ("suggestions", "由住建局牵头，年底前制定实施清单。", []),
        ("suggestions", "要高度重视。", ["没写由谁来做", "没写要做什么", "什么时候做", "“高度重视”比较笼统"]),
    ],
)
def test_one_part_at_a_time(part: str, text: str, found: list[str]) -> None:
    told = hints.of_part(part, "这一段", text).splitlines()[1:]
    assert len(told) == len(found)
    assert all(words in line for words, line in zip(found, told, strict=True))
