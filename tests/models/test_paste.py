"""Pasted proposals: the forty of the town in eight ways of writing them, and what else people paste."""

import time
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.paste import Parts, is_whole, items, joined, read
from simulator import town

CORPUS = town.read("proposals")["proposals"]
TENS = "一二三四五六七八九十"
Form = Callable[[str, str, Sequence[str]], str]


def numbered(mark: Callable[[int], str], items_: Sequence[str], between: str = "\n") -> str:
    return between.join(f"{mark(place)}{item}" for place, item in enumerate(items_))


FORMS: dict[str, Form] = {
    "一、（一）": lambda t, a, s: f"{t}\n一、情况分析\n{a}\n二、具体建议\n{numbered(lambda n: f'（{TENS[n]}）', s)}",
    "案由：1.": lambda t, a, s: f"案由：{t}\n情况分析：{a}\n建议：\n{numbered(lambda n: f'{n + 1}. ', s)}",
    "为此，提出以下建议：①": lambda t, a, s: (
        f"{t}\n\n{a}\n\n为此，提出以下建议：\n{numbered(lambda n: chr(0x2460 + n), s)}"
    ),
    "案  由 1、": lambda t, a, s: (
        f"案  由：{t}\n提案人：某某\n情况分析：\n{a}\n意见建议：\n{numbered(lambda n: f'{n + 1}、', s)}"
    ),
    "案由在下一行 一、": lambda t, a, s: f"案由\n{t}\n情况分析\n{a}\n具体建议\n{numbered(lambda n: f'{TENS[n]}、', s)}",
    "一行到底（1）": lambda t, a, s: (
        f"案由：{t} 情况分析：{''.join(a.split())} 具体建议：{numbered(lambda n: f'（{n + 1}）', s, '')}"
    ),
    "【】一行一条": lambda t, a, s: "\n".join((f"《{t}》", "【情况分析】", a, "【具体建议】", *s)),
    "一是": lambda t, a, s: f"{t}\n情况分析：{a}\n建议：\n{numbered(lambda n: f'{TENS[n]}是', s)}",
}


def bare(text: str) -> str:
    return "".join(text.split()).rstrip("；;")


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("row", CORPUS, ids=lambda row: row["id"])
def test_every_proposal_of_the_town_is_recognised(row: dict[str, Any], form: str) -> None:
    suggestions = [item["text"] for item in row["suggestions"]]
    text = FORMS[form](row["title"], row["analysis"], suggestions)
    [parts] = read(text)
    assert is_whole(text)
    assert parts.title == row["title"]
    assert bare(parts.analysis) == bare(row["analysis"])
    assert [bare(item) for item in parts.suggestions] == [bare(item) for item in suggestions]


@pytest.mark.parametrize("row", CORPUS, ids=lambda row: row["id"])
def test_every_proposal_of_the_town_survives_in_pieces(row: dict[str, Any]) -> None:
    """A phone cuts where it likes."""
    text = f"{row['title']}\n{row['body']}"
    pieces = [text[at : at + 120] for at in range(0, len(text), 120)]
    [whole], [parts] = read(text), read(joined(pieces))
    assert bare(whole.analysis + "".join(whole.suggestions)) == bare(parts.analysis + "".join(parts.suggestions))
    assert parts.title == row["title"]


# --- what else people paste -------------------------------------------------------------------------------------------

FIRST, SECOND, THIRD = "关于增设路灯的提案", "关于修缮公厕的提案", "关于延长公交的建议"


@pytest.mark.parametrize(
    "text",
    [
        f"案由：{FIRST}\n路黑。\n建议：装灯。\n案由：{SECOND}\n厕所坏了。\n建议：修。\n案由：{THIRD}\n收车早。\n建议：延长。",
        f"一、{FIRST}\n路黑。\n建议：装灯。\n二、{SECOND}\n厕所坏了。\n建议：修。\n三、{THIRD}\n收车早。\n建议：延长。",
        f"{FIRST}\n路黑。\n\n{SECOND}\n厕所坏了。\n\n{THIRD}\n收车早。",
    ],
)
def test_three_titles_are_three_proposals(text: str) -> None:
    assert [parts.title for parts in read(text)] == [FIRST, SECOND, THIRD]
    assert is_whole(text)


def test_a_title_said_twice_is_one_proposal() -> None:
    [parts] = read(f"{FIRST}\n案由：{FIRST}\n情况分析：路黑。\n建议：装灯。")
    assert (parts.title, parts.analysis, parts.suggestions) == (FIRST, "路黑。", ("装灯。",))


def test_a_form_gives_its_other_fields_too_and_names_what_belongs_elsewhere() -> None:
    [parts] = read(
        f"案由：{FIRST}\n提案人：林知夏\n联系电话：13800000000\n类别：社会建设\n是否调研：是，走访两个社区\n"
        "是否同意公开：同意\n建议承办单位：住建局、城管局\n情况分析：路黑。\n具体建议：\n1.装灯。\n2.修灯。"
    )
    assert parts == Parts(
        title=FIRST,
        analysis="路黑。",
        suggestions=("装灯。", "修灯。"),
        category="社会建设",
        units="住建局、城管局",
        research="是，走访两个社区",
        public="同意",
        left_out=("提案人：林知夏", "联系电话：13800000000"),
    )


def test_headings_within_the_analysis_stay_in_it() -> None:
    [parts] = read(
        f"{FIRST}\n一、基本情况\n路长。\n二、存在问题\n（一）路黑。\n（二）灯坏。\n三、工作建议\n（一）装灯。\n（二）修灯。"
    )
    assert parts.analysis == "一、基本情况\n路长。\n二、存在问题\n（一）路黑。\n（二）灯坏。"
    assert parts.suggestions == ("装灯。", "修灯。")


def test_what_stands_below_a_suggestion_belongs_to_it() -> None:
    assert items("一、装灯。\n1.先装主路。\n2.再装支路。\n二、修灯。") == [
        "装灯。\n1.先装主路。\n2.再装支路。",
        "修灯。",
    ]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("1.装灯；2.修灯；3.管灯。", ["装灯", "修灯", "管灯。"]),
        ("一是装灯；二是修灯。", ["装灯", "修灯。"]),
        ("第一，装灯。第二，修灯。", ["装灯。", "修灯。"]),
        ("①装灯。②修灯。", ["装灯。", "修灯。"]),
        ("装灯。", ["装灯。"]),
        ("1. 装灯。", ["装灯。"]),
        ("投入3.5万元，新装12.5公里。", ["投入3.5万元，新装12.5公里。"]),
        ("2024年起每年装一百盏。", ["2024年起每年装一百盏。"]),
        ("一般路段也要装。", ["一般路段也要装。"]),
        ("- 装灯\n- 修灯", ["装灯", "修灯"]),
    ],
)
def test_suggestions_come_apart_at_their_numbers(text: str, found: list[str]) -> None:
    assert items(text) == found


@pytest.mark.parametrize(
    "text",
    [
        FIRST,
        "长" * 200,
        "老人下楼难。",
        "我市主城区老旧小区多，老人下楼难，住在四层以上的老人平均每周下楼不足三次，有的靠子女背着看病，群众意见很大。",
        "第一条建议：由住建部门牵头制定分步实施清单，优先安排老年人比例高、住户意愿高的单元，每年公布一批。",
        "",
        "\n\n\n",
    ],
)
def test_an_answer_is_no_proposal(text: str) -> None:
    assert not is_whole(text)


def test_prose_that_leads_into_the_suggestions_is_kept() -> None:
    [parts] = read(f"提案题目：{FIRST}\n提案内容：\n路黑，去年摔了三个人。为此建议：\n1、装灯。2、修灯。")
    assert (parts.analysis, parts.suggestions) == ("路黑，去年摔了三个人。", ("装灯。", "修灯。"))


def test_parts_may_be_called_parts() -> None:
    [parts] = read(f"{FIRST}\n第一部分 基本情况\n路黑。\n第二部分 意见建议\n1.装灯。\n2.修灯。\n附件：照片三张")
    assert parts.suggestions == ("装灯。", "修灯。")
    assert parts.left_out == ("附件：照片三张",)


def test_without_suggestions_there_are_none() -> None:
    [parts] = read(f"{FIRST}\n路黑，老人夜里不敢出门。\n去年摔了三个人。")
    assert (parts.title, parts.suggestions) == (FIRST, ())


def test_a_text_without_a_title_has_none() -> None:
    [parts] = read("情况分析：路黑，老人夜里不敢出门，去年摔了三个人。\n建议：\n1.装灯。\n2.修灯。")
    assert (parts.title, parts.suggestions) == ("", ("装灯。", "修灯。"))


def test_five_hundred_suggestions_are_all_there() -> None:
    text = f"{FIRST}\n情况分析：路黑。\n建议：\n" + "\n".join(f"{n}. 装第{n}盏灯。" for n in range(1, 501))
    [parts] = read(text)
    assert len(parts.suggestions) == 500
    assert parts.suggestions[-1] == "装第500盏灯。"


def test_sixty_thousand_characters_take_no_time() -> None:
    for text in (
        "长" * 60_000,
        "一、" * 30_000,
        "关于" * 30_000,
        "建议：" * 20_000,
        "1.\n" * 20_000,
        "（一" * 20_000,
        " " * 60_000,
    ):
        began = time.monotonic()
        read(text)
        assert time.monotonic() - began < 3


@given(st.text(alphabet="路灯黑关于。\n一二（）1.、①：- ", max_size=120))
def test_nothing_disappears(text: str) -> None:
    """Every letter that is no number is found again, whatever is pasted."""
    found = "".join("".join((p.title, p.analysis, *p.suggestions)) for p in read(text))
    for ch in "路灯黑关于":
        assert found.count(ch) == text.count(ch)
