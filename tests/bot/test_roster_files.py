"""The roster as files: the rehearsal city, the workbook officials fill in, and everything that is no honest workbook."""

import json
import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.worksheet.formula import ArrayFormula

from bot import roster_files
from bot.roster_files import OPTIONAL, SHEETS, read, read_folder, write_template
from models.roster import BadRoster, BadRow, Roster

TOWN = Path(__file__).parents[2] / "simulator" / "town"
Change = Callable[[Workbook], None]


@pytest.fixture
def template(tmp_path: Path) -> Path:
    path = tmp_path / "roster.xlsx"
    write_template(path)
    return path


def faults(path: Path) -> list[BadRow]:
    with pytest.raises(BadRoster) as refused:
        read(path)
    return refused.value.rows


def fill(path: Path, sheet: str, *rows: dict[str, object]) -> None:
    """Write rows under the headings, as an official would, below what stands there."""
    book = load_workbook(path)
    columns = {str(cell.value).rstrip("*"): cell.column for cell in book[sheet][1]}
    start = next(row for row in range(2, 1000) if book[sheet].cell(row, 1).value is None)
    for row, values in enumerate(rows, start):
        for heading, value in values.items():
            book[sheet].cell(row, columns[heading], value)
    book.save(path)


UNIT = {
    "编号": "u1",
    "单位名称": "云岭市教育局",
    "承办大户": "是",
    "职责关键词": "学校、学位",
    "类型": "政府部门",
    "联络员账号": "u1_a",
    "联络员姓名": "甲",
    "复核人账号": "u1_b",
    "复核人姓名": "乙",
    "领导账号": "u1_c",
    "领导姓名": "丙",
}


def test_the_rehearsal_city_is_read() -> None:
    roster = read(TOWN)
    assert (len(roster.members), len(roster.units), len(roster.staff)) == (40, 25, 11)
    first, unit = roster.members[0], roster.units[1]
    assert (first.userid, first.name, first.title) == ("m001", "沈禾清", "市政协提案委员会副主任")
    assert (first.sector, first.committee, first.duty, first.liaison_area) == ("中共", "提案委员会", "常委", "青溪")
    assert (unit.name, unit.kind, unit.reply_prefix, unit.major) == ("云岭市教育局", "government", "云教提", True)
    assert "学位" in unit.keywords
    assert list(unit.contacts()) == [
        ("liaison", "u02_liaison", "葛知秋"),
        ("reviewer", "u02_review", "应书瑶"),
        ("leader", "u02_leader", "汤沛文"),
    ]
    assert roster.staff[2].roles == ("member", "pc_reviewer")
    kinds = [body.kind for body in roster.organisations]
    assert [kinds.count(kind) for kind in ("committee", "sector", "party", "org", "liaison_group")] == [8, 17, 6, 3, 8]
    assert list(roster.organisations[9].contacts()) == [("head", "m004", "")]


def test_the_template_is_read_as_empty(template: Path) -> None:
    assert read(template) == Roster()


def test_the_template_explains_itself(template: Path) -> None:
    book = load_workbook(template)
    assert book.sheetnames[:4] == ["委员", "承办单位", "工作人员", OPTIONAL]
    for title, columns in SHEETS.items():
        sheet = book[title]
        assert [str(cell.value).rstrip("*") for cell in sheet[1]] == [heading for heading, _ in columns.values()]
        notes = [cell.comment.text if cell.comment else "" for cell in sheet[1]]
        assert notes == [note for _, note in columns.values()]
        assert str(sheet["A2"].value).startswith("示例")
        assert sheet["B2"].value
        assert sheet["A3"].number_format == "@"
        assert sheet.data_validations.dataValidation
    assert book["委员"]["A1"].value == "账号*"
    assert book["说明"]["A1"].value


def test_the_lists_to_choose_from_fit(template: Path) -> None:
    book = load_workbook(template)
    rules = {
        str(rule.sqref): rule
        for title in SHEETS
        for rule in book[title].data_validations.dataValidation
        if title == "委员"
    }
    assert rules["I2:I2000"].formula1 == '"是,否"'
    assert rules["I2:I2000"].showErrorMessage is True
    assert rules["D2:D2000"].showErrorMessage is False
    for title in SHEETS:
        for rule in book[title].data_validations.dataValidation:
            assert len(rule.formula1) <= 257


def test_a_filled_template_is_read(template: Path) -> None:
    fill(
        template,
        "委员",
        {"账号": "M1", "姓名": "沈禾清", "界别": "教育", "在任": "是", "纯文字": "是", "大字": "是"},
        {"账号": "m2", "姓名": "陆观海", "在任": "否"},
    )
    fill(template, "承办单位", UNIT)
    fill(
        template,
        "工作人员",
        {"账号": "m1", "姓名": "沈禾清", "角色": "提案委复审人"},
        {"账号": "x1", "姓名": "丁", "角色": "承办单位联络员", "单位编号": "u1"},
    )
    roster = read(template)
    assert [(one.userid, one.active, one.plain) for one in roster.members] == [("m1", True, True), ("m2", False, None)]
    assert [one.large for one in roster.members] == [True, None]
    assert (roster.units[0].kind, roster.units[0].major, roster.units[0].leader) == ("government", True, "u1_c")
    assert roster.units[0].keywords == ("学校", "学位")
    assert roster.staff[1].unit == "u1"


def test_the_rehearsal_city_survives_the_workbook(template: Path) -> None:
    roster = read(TOWN)
    sheets = {
        "委员": roster.members,
        "承办单位": roster.units,
        "工作人员": roster.staff,
        OPTIONAL: roster.organisations,
    }
    for title, entries in sheets.items():
        rows = []
        for entry in entries:
            written = {}
            for field, (heading, _) in SHEETS[title].items():
                value = getattr(entry, field)
                if isinstance(value, bool):
                    value = "是" if value else "否"
                written[heading] = "、".join(value) if isinstance(value, tuple) else value
            rows.append(written)
        fill(template, title, *rows)
    assert read(template) == roster


def test_blank_rows_are_passed_over_and_rows_keep_their_numbers(template: Path) -> None:
    book = load_workbook(template)
    book["委员"].cell(9, 1, "m1")
    book["委员"].cell(9, 2, "  ")
    book.save(template)
    assert faults(template) == [BadRow("委员", 9, "姓名", "不能为空")]


@pytest.mark.parametrize(
    ("column", "value", "reason"),
    [
        ("账号", 1001, "账号应为文本，请把单元格设为文本格式后重新填写"),
        ("账号", "张三", "账号应以字母或数字开头"),
        ("姓名", date(2026, 1, 1), "应为文字"),
        ("在任", "在", "请填“是”或“否”"),
        ("姓名", "#N/A", ""),
    ],
)
def test_a_cell_that_cannot_be_taken_is_named(template: Path, column: str, value: object, reason: str) -> None:
    fill(template, "委员", {"账号": "m1", "姓名": "沈禾清", column: value})
    if not reason:
        assert read(template).members[0].name == value
        return
    [bad] = faults(template)
    assert (bad.sheet, bad.row, bad.column) == ("委员", 3, column)
    assert bad.reason.startswith(reason)


@pytest.mark.parametrize("formula", ["=A1", "=HYPERLINK(1)", ArrayFormula("B3", "=A1:A2")])
def test_formulas_are_refused(template: Path, formula: object) -> None:
    fill(template, "委员", {"账号": "m1", "姓名": formula})
    assert faults(template) == [BadRow("委员", 3, "姓名", "是公式，请改为填写文字")]


def test_a_formula_outside_the_columns_is_refused_too(template: Path) -> None:
    book = load_workbook(template)
    book["委员"]["A3"], book["委员"]["B3"], book["委员"]["M3"] = "m1", "沈禾清", "=1+1"
    book.save(template)
    assert faults(template) == [BadRow("委员", 3, "M", "是公式，请改为填写文字")]


def headings(change: Callable[[Any], None]) -> Change:
    return lambda book: change(book["委员"])


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda book: book.remove(book["承办单位"]), BadRow("承办单位", 0, "", "缺少这张工作表，请用模板填写")),
        (
            lambda book: book["委员"].delete_cols(2),
            BadRow("委员", 1, "姓名", "缺少这一列，第一行须是模板里的列名"),
        ),
        (
            lambda book: book["委员"].cell(1, 4, "届别"),
            BadRow("委员", 1, "届别", "不认识这一列，请删去或改成模板里的列名"),
        ),
        (lambda book: book["委员"].cell(1, 4, "党派"), BadRow("委员", 1, "党派", "这一列出现了两次")),
        (lambda book: book["委员"].delete_rows(1, 9), BadRow("委员", 1, "账号", "缺少这一列，第一行须是模板里的列名")),
    ],
)
def test_a_workbook_of_another_shape_is_refused(template: Path, change: Change, expected: BadRow) -> None:
    book = load_workbook(template)
    change(book)
    book.save(template)
    assert expected in faults(template)


def test_columns_may_stand_in_another_order(tmp_path: Path) -> None:
    book = Workbook()
    for title, columns in SHEETS.items():
        sheet = book.create_sheet(title)
        for at, (heading, _) in enumerate(reversed(columns.values()), 1):
            sheet.cell(1, at, f" {heading} ")
    sheet = book["委员"]
    sheet.cell(2, sheet.max_column, "m1")
    sheet.cell(2, sheet.max_column - 1, "沈禾清")
    book.save(tmp_path / "r.xlsx")
    assert read(tmp_path / "r.xlsx").members[0].name == "沈禾清"


def test_rows_are_bounded(template: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(roster_files, "MAX_ROWS", 3)
    rows = [{"账号": f"m{at}", "姓名": "沈禾清"} for at in range(4)]
    fill(template, "委员", *rows[:2])
    fill(template, "工作人员", {"账号": "s", "姓名": "温以宁", "角色": "系统管理员"})
    assert len(read(template).members) == 2
    fill(template, "工作人员", {"账号": "t", "姓名": "鲁知行", "角色": "系统管理员"})
    assert faults(template) == [BadRow("工作人员", 4, "", "全部工作表合计超过 3 行")]


def test_a_file_that_is_too_large_is_not_opened(tmp_path: Path) -> None:
    path = tmp_path / "large.xlsx"
    with path.open("wb") as file:
        file.truncate(roster_files.MAX_BYTES + 1)
    assert faults(path) == [BadRow("large.xlsx", 0, "", "文件超过 20 MB")]


def repacked(template: Path, part: str, content: bytes) -> Path:
    """The template with one part replaced or added."""
    path = template.with_name("repacked.xlsx")
    with zipfile.ZipFile(template) as old, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for info in old.infolist():
            if info.filename != part:
                new.writestr(info, old.read(info.filename))
        new.writestr(part, content)
    return path


@pytest.mark.parametrize(
    ("part", "content"),
    [
        ("xl/worksheets/sheet1.xml", b"<worksheet>" + b"<c/>" * 2_000_000),
        ("xl/sharedStrings.xml", b" " * 40_000_000),
        ("xl/media/picture.png", b"\0" * 50_000_000),
        ("xl/sharedStrings.xml", b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><sst>&b;</sst>'),
    ],
    ids=["swollen sheet", "swollen strings", "swollen picture", "entities"],
)
def test_what_unpacks_to_more_than_it_is_is_refused(template: Path, part: str, content: bytes) -> None:
    path = repacked(template, part, content)
    assert path.stat().st_size < 200_000
    assert faults(path) == [BadRow("repacked.xlsx", 0, "", "解压后过大或内容异常，未读取")]


@pytest.mark.parametrize(
    ("part", "content"),
    [
        ("xl/worksheets/sheet1.xml", b"<worksheet><sheetData><row r='x'/></sheetData></worksheet>"),
        ("xl/worksheets/sheet1.xml", b"not xml"),
        ("xl/workbook.xml", b"<workbook/>"),
        ("[Content_Types].xml", b"<Types/>"),
    ],
)
def test_a_broken_workbook_is_refused_in_words(template: Path, part: str, content: bytes) -> None:
    assert {bad.sheet for bad in faults(repacked(template, part, content))} <= {"repacked.xlsx", *SHEETS}


def test_a_row_far_away_ends_soon(template: Path) -> None:
    sheet = (
        b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
        b'<row r="1"><c r="A1" t="inlineStr"><is><t>x</t></is></c></row>'
        b'<row r="99999999999"><c r="A99999999999"/></row></sheetData></worksheet>'
    )
    assert BadRow("委员", 1, "x", "不认识这一列，请删去或改成模板里的列名") in faults(
        repacked(template, "xl/worksheets/sheet1.xml", sheet)
    )


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("r.xlsx", b"not a zip", "不是 .xlsx 文件，或设有密码；请另存为不带密码的 .xlsx"),
        ("r.xlsx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "不是 .xlsx 文件，或设有密码；请另存为不带密码的 .xlsx"),
        ("r.xls", b"", "请给出文件夹或 .xlsx 文件；旧的 .xls 请先另存为 .xlsx"),
        ("r.csv", b"a,b", "请给出文件夹或 .xlsx 文件；旧的 .xls 请先另存为 .xlsx"),
    ],
)
def test_other_files_are_refused(tmp_path: Path, name: str, content: bytes, said: str) -> None:
    (tmp_path / name).write_bytes(content)
    assert faults(tmp_path / name) == [BadRow(name, 0, "", said)]


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    assert faults(tmp_path / "none.xlsx") == [BadRow("none.xlsx", 0, "", "找不到这个文件")]
    assert faults(tmp_path) == [BadRow("members.json", 0, "", "找不到这个文件")]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("members", "units", "staff", "organisations"):
        content = (TOWN / f"{name}.json").read_bytes()
        (tmp_path / f"{name}.json").write_bytes(content)
    return tmp_path


@pytest.mark.parametrize(
    "content",
    [
        b"{",
        b"[" * 100_000,
        b"\xff",
        b'{"people": []}',
        b'{"members": {}}',
        b'["m1"]',
        b"3",
        b'{"members": [' + b"9" * 5000 + b"]}",
    ],
)
def test_json_of_another_shape_is_refused(folder: Path, content: bytes) -> None:
    (folder / "members.json").write_bytes(content)
    [bad] = faults(folder)
    assert (bad.sheet, bad.row) == ("members.json", 0)


@pytest.mark.parametrize(
    ("change", "row", "column", "reason"),
    [
        (lambda row: row.update(wecom_userid="张"), 2, "wecom_userid", "账号应以字母或数字开头"),
        (lambda row: row.update(wecom_userid=2), 2, "wecom_userid", "账号应为文本"),
        (lambda row: row.pop("name"), 2, "name", "不能为空"),
        (lambda row: row.update(wecom_userid="M001"), 2, "wecom_userid", "账号与第 1 行重复"),
        (lambda row: row.update(status=3), 2, "status", "请填“是”或“否”"),
    ],
)
def test_a_json_record_is_named_by_file_record_and_key(
    folder: Path, change: Callable[[dict[str, Any]], object], row: int, column: str, reason: str
) -> None:
    content = json.loads((folder / "members.json").read_bytes())
    change(content["members"][1])
    (folder / "members.json").write_text(json.dumps(content), encoding="utf-8")
    bad = faults(folder)[0]
    assert (bad.sheet, bad.row, bad.column) == ("members.json", row, column)
    assert bad.reason.startswith(reason)


def test_a_unit_without_a_leader_is_named_by_its_json_key(folder: Path) -> None:
    content = json.loads((folder / "units.json").read_bytes())
    content["units"][3]["contacts"]["wecom_userids"].pop("unit_leader")
    (folder / "units.json").write_text(json.dumps(content), encoding="utf-8")
    [bad] = faults(folder)
    assert (bad.sheet, bad.row, bad.column) == ("units.json", 4, "contacts.wecom_userids.unit_leader")


def test_a_member_who_has_left_is_read_as_such(folder: Path) -> None:
    content = json.loads((folder / "members.json").read_bytes())
    content["members"][1]["status"] = "left"
    (folder / "members.json").write_text(json.dumps(content["members"]), encoding="utf-8")
    roster = read_folder(folder)
    assert [one.active for one in roster.members[:3]] == [True, False, True]


def test_an_office_may_do_without_organisations(folder: Path, template: Path) -> None:
    (folder / "organisations.json").unlink()
    assert read(folder).organisations == ()
    book = load_workbook(template)
    del book[OPTIONAL]
    book.save(template)
    assert read(template) == Roster()


@pytest.mark.parametrize(
    ("column", "value", "reason"),
    [
        ("head", None, "不能为空"),
        ("head", "nobody", "不能为空"),
        ("kind", "俱乐部", "请填：专委会"),
        ("quota", "很多", "请填一个数字"),
        ("name", "经济委员会", "名称与第 2 行重复"),
    ],
)
def test_an_organisation_that_cannot_be_taken_is_named(folder: Path, column: str, value: object, reason: str) -> None:
    content = json.loads((folder / "organisations.json").read_bytes())
    content["organisations"][2][column] = value
    (folder / "organisations.json").write_text(json.dumps(content), encoding="utf-8")
    [bad] = faults(folder)
    assert (bad.sheet, bad.row) == ("organisations.json", 3)
    assert bad.reason.startswith(reason)
