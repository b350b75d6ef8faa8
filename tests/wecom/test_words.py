"""Long texts lose nothing, no character is cut in two, and nobody smuggles a link."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.wecom.words import TEXT_BYTES, clip, clip_bytes, line, link, render, split, tidy

MARK = re.compile(r"（(\d+)/(\d+)）")
LETTERS = st.sampled_from("提案办理。！？；，\n ab<>&]😀👨‍👩‍👧🇨🇳é\u200d”")
LONG = st.lists(st.text(LETTERS, min_size=1, max_size=40), min_size=1, max_size=60).map(
    lambda parts: "".join(parts) * 3
)


def without_number(piece: str, n: int, of: int) -> str:
    mark = MARK.match(piece)
    assert mark
    assert (int(mark[1]), int(mark[2])) == (n, of)
    return piece[mark.end() :]


@given(st.one_of(LONG, st.text(max_size=1500).map(lambda text: text * 4)))
def test_split_loses_nothing_and_keeps_to_the_limit(text: str) -> None:
    pieces = split(text)
    assert all(len(piece.encode()) <= TEXT_BYTES for piece in pieces)
    if len(pieces) > 1:
        pieces = [without_number(piece, n, len(pieces)) for n, piece in enumerate(pieces, 1)]
        assert all(pieces)
    assert "".join(pieces) == text


@given(st.integers(0, 700), st.integers(0, 700))
def test_a_link_is_never_cut(before: int, after: int) -> None:
    tag = f'<a href="https://city.example/p/{"x" * 900}">看提案，请点。这里</a>'
    pieces = split("案" * before + tag + "由" * after + tag)
    assert sum(piece.count(tag) for piece in pieces) == 2


@pytest.mark.parametrize("character", ["👨‍👩‍👧‍👦", "🇨🇳", "👍🏽", "e\u0301", "❤️"])
@pytest.mark.parametrize("shift", range(5))
def test_a_visible_character_is_never_cut(character: str, shift: int) -> None:
    pieces = split("a" * shift + character * 1000)
    assert len(pieces) > 1
    for n, piece in enumerate(pieces, 1):
        assert without_number(piece, n, len(pieces)).lstrip("a") == character * piece.count(character)
    assert clip("a" * shift + character * 1000, 60)[:-1].lstrip("a").replace(character, "") == ""


def test_it_is_cut_after_a_sentence_else_after_a_comma_else_anywhere() -> None:
    sentence, clause = "办" * 300 + "。”", "办" * 300 + "，"
    for part in (sentence, clause):
        pieces = split(part * 6)
        assert all(piece.endswith(part[-1]) for piece in pieces)
    assert len(split("办" * 3000)) == 5


@pytest.mark.parametrize("count", [9, 10, 99, 100, 101])
def test_any_number_of_pieces_is_numbered(count: int) -> None:
    pieces = split("x" * 2000 * count)
    assert [without_number(piece, n, len(pieces))[0] for n, piece in enumerate(pieces, 1)] == ["x"] * len(pieces)


def test_a_link_is_a_link_and_typed_tags_are_words() -> None:
    words = render(
        f"请打开{link('https://city.example/p/1?a=1&b=2', '提案<1>')}，不要点<a href='http://bad.example'>提案</a>"
    )
    assert words.count("<a") == words.count("</a>") == 1
    assert '<a href="https://city.example/p/1?a=1&b=2">提案＜1></a>' in words
    assert "＜a href='http://bad.example'>提案＜/a>" in words


@given(st.text(st.sampled_from("\x02\x1f\x03<a hrefhttps://x.y\"'>")))
def test_no_words_become_a_link_once_tidied(text: str) -> None:
    assert "<" not in render(tidy(text))


@given(st.text(st.sampled_from("\x02\x1f\x03<a hrefhttps://x.y\"'>\r\n\x00\ud800")))
def test_whatever_is_rendered_can_be_sent(text: str) -> None:
    rendered = render(text)
    rendered.encode()
    assert not re.search("[\x00-\x09\x0b-\x1f]", rendered)
    assert re.fullmatch(r'(?:[^<]|<a href="https?://[^"<>\s]+">[^<]*</a>)*', rendered)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "javascript:alert(1)",
        "https://",
        "//city.example",
        "https://a b",
        'https://a"b',
        "https://a\x1fb",
        "https://[",
        "https://a/" + "x" * 1024,
    ],
)
def test_only_web_addresses_are_linked(url: str) -> None:
    with pytest.raises(ValueError, match="http"):
        link(url, "看")


@given(st.text(max_size=80), st.integers(1, 40))
def test_clip_keeps_to_its_length(text: str, most: int) -> None:
    short = clip(text, most)
    assert len(short) <= most
    assert short == text or short.endswith("…")


@given(st.text(max_size=80), st.integers(3, 60))
def test_clip_bytes_keeps_to_its_length(text: str, most: int) -> None:
    short = clip_bytes(text, most)
    assert len(short.encode()) <= most
    assert short == text or short.endswith("…")


def test_a_line_is_one_line() -> None:
    assert line(f" 甲\r\n\t乙 {link('https://a.b', '丙')} ") == "甲 乙 丙"
