"""Reading a handed-in file: what Word wrote as one would read it aloud, and a word for whatever else comes."""

import io
import struct
from zipfile import ZIP_STORED, ZipFile

import pytest

from models.documents import LONGEST, text_of
from models.errors import Refused
from models.paste import read
from models.rules import Rules
from tests.models.files import OLD_WORD, PNG, bomb, document, docx, item, package, paragraph, row

RULES = Rules()
WHOLE = "关于增设路灯的提案\n情况分析：路黑。\n建议：\n1. 装灯。"


def text(data: bytes, name: str = "提案.docx", rules: Rules = RULES) -> str:
    return text_of(io.BytesIO(data), name, rules)


def why(data: bytes, name: str = "提案.docx", rules: Rules = RULES) -> str:
    with pytest.raises(Refused) as refused:
        text(data, name, rules)
    return refused.value.words


def test_paragraphs_are_lines() -> None:
    assert text(docx("关于增设路灯的提案", "", "情况分析：路黑。", "建议：", "1. 装灯 <亮>。")) == (
        "关于增设路灯的提案\n情况分析：路黑。\n建议：\n1. 装灯 <亮>。"
    )


def test_the_numbers_of_a_list_are_written_where_word_shows_them() -> None:
    body = (
        paragraph("关于增设路灯的提案"),
        paragraph("具体建议"),
        item("装灯。"),
        item("先装坡道。", 1),
        item("管灯。"),
    )
    found = text(package(document(*body)))
    assert found.split("\n")[2:] == ["1. 装灯。", "（1）先装坡道。", "2. 管灯。"]
    assert read(found)[0].suggestions == ("装灯。\n（1）先装坡道。", "管灯。")


def test_a_form_in_a_table_is_read_field_by_field() -> None:
    rows = row("案　由", "关于增设路灯的提案"), row("提案人", "林知夏", "界别", "教育"), row("情况分析", "路黑。")
    found = text(package(document(f"<w:tbl>{''.join(rows)}</w:tbl>", paragraph("建议："), paragraph("1. 装灯。"))))
    assert found.split("\n")[:3] == ["案由：关于增设路灯的提案", "提案人：林知夏", "界别：教育"]
    [parts] = read(found)
    assert (parts.title, parts.analysis, parts.suggestions) == ("关于增设路灯的提案", "路黑。", ("装灯。",))


def test_what_was_struck_out_is_not_read_and_what_stands_twice_is_read_once() -> None:
    struck = "<w:p><w:del><w:r><w:delText>旧</w:delText></w:r><w:r><w:t>旧</w:t></w:r></w:del><w:r><w:t>新</w:t><w:br/><w:t>行</w:t></w:r></w:p>"
    twice = (
        '<mc:AlternateContent xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"><mc:Choice>'
        f"{paragraph('框里')}</mc:Choice><mc:Fallback>{paragraph('框里')}</mc:Fallback></mc:AlternateContent>"
    )
    assert text(package(document(struck, twice))) == "新\n行\n框里"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_plain_text_in_the_usual_encodings(encoding: str) -> None:
    assert text(WHOLE.replace("\n", "\r\n").encode(encoding), "提案.txt") == WHOLE
    assert text(docx("其实是文档"), "提案.txt") == "其实是文档"


def test_a_long_text_is_told_so_however_its_letters_are_cut() -> None:
    for encoding in ("utf-8", "gb18030", "utf-16"):
        assert f"超过{LONGEST}字" in why(("长" * (3 * LONGEST) + "。").encode(encoding), "长.txt")
    assert f"超过{LONGEST}字" in why(docx("长" * (LONGEST + 1)))


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("图.docx", PNG, "其实是一张图片（PNG）"),
        ("图.docx", b"\xff\xd8\xff\xe0" + bytes(99), "JPEG"),
        ("文.docx", b"%PDF-1.7 ...", "PDF"),
        ("旧.doc", OLD_WORD, "另存为 .docx"),
        ("旧.docx", OLD_WORD, "加了密码"),
        ("宏.docm", docx("宏"), "带有宏"),
        ("空.docx", b"", "是空的"),
        ("空.txt", b"\xef\xbb\xbf  \n", "没有读到文字"),
        ("空.docx", docx("", "——"), "没有读到文字"),
        ("程序.txt", b"MZ\x90\x00\x03" + bytes(99), "读不出"),
        ("半截.docx", docx("半截")[:-40], "打不开"),
        ("半截.docx", docx("半截")[:30], "打不开"),
        ("坏.docx", package(b"<w:document"), "打不开"),
        ("深.docx", package(document("<w:p>" * 300 + "</w:p>" * 300)), "打不开"),
        ("实体.docx", package(document("<w:p/>", before='<!DOCTYPE d [<!ENTITY a "aaaa">]>')), "打不开"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_no_text_is_told_so(name: str, data: bytes, words: str) -> None:
    assert words in why(data, name)


def test_a_document_with_macros_is_refused_whatever_it_is_called() -> None:
    assert "带有宏" in why(package(document(paragraph("宏")), **{"vbaProject.bin": b"x"}))


def test_another_package_is_no_document() -> None:
    file = io.BytesIO()
    with ZipFile(file, "w") as made:
        made.writestr("xl/workbook.xml", "<workbook/>")
    assert "不是 Word 文档" in why(file.getvalue())


def test_a_bomb_is_not_opened() -> None:
    data = bomb()
    assert len(data) < 200_000
    assert "大得不正常" in why(data)
    assert "大得不正常" in why(data, rules=Rules(docx_ratio_max=500))  # its text alone is too long
    assert "大得不正常" in why(bomb(6), rules=Rules(docx_ratio_max=500))


def test_a_bomb_that_lies_about_its_size_is_not_opened() -> None:
    data = bytearray(bomb())
    whole = len(document(paragraph("长" * 10), "<w:p/>" * (30 * 1024 * 1024 // 6)))
    assert data.count(struct.pack("<I", whole)) == 2  # in the member's head and in the directory
    lying = bytes(data).replace(struct.pack("<I", whole), struct.pack("<I", 5000))
    assert any(words in why(lying) for words in ("大得不正常", "打不开"))


def test_a_package_of_very_many_members_is_not_listed() -> None:
    file = io.BytesIO()
    with ZipFile(file, "w", ZIP_STORED) as made:
        for place in range(1200):
            made.writestr(f"word/{place}", b"")
    assert "1200个部分" in why(file.getvalue())
