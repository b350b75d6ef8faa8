"""The roster as files: a folder of JSON, or a workbook as officials fill it in; and the empty workbook to fill in."""

import json
import warnings
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from openpyxl import Workbook, load_workbook
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from pydantic import BaseModel

from models.roster import (
    CONTACTS,
    KINDS,
    ORGANISATIONS,
    ROLES,
    BadRoster,
    BadRow,
    Member,
    OrganisationEntry,
    Roster,
    Sheet,
    Staff,
    UnitEntry,
    check,
)

MAX_BYTES = 20 * 1024 * 1024
MAX_ROWS = 100_000
MAX_UNPACKED = {
    "xl/worksheets/": 96 * 1024 * 1024,
    "": 32 * 1024 * 1024,
}  # the sheets; all the rest, which openpyxl keeps whole
MAX_RATIO = 100  # a real workbook shrinks five- to thirtyfold
LAST_ROW = 1_048_576
EXAMPLE = "示例"  # a first cell that begins so is the template's example

MEMBERS = {
    "userid": ("账号", "企业微信账号，可在管理后台“通讯录”里查到。必填"),
    "name": ("姓名", "必填"),
    "title": ("单位职务", "例如：市第一中学教师"),
    "sector": ("界别", "可从下拉列表选，也可自填"),
    "party": ("党派", ""),
    "committee": ("专委会", ""),
    "duty": ("政协职务", "例如：常委、委员"),
    "liaison_area": ("联络组", ""),
    "active": ("在任", "是或否；不填算“是”。填“否”则不能再提交提案"),
    "plain": ("纯文字", "在微信里使用、看不到卡片的委员填“是”；不填则保持原样"),
    "large": ("大字", "看不清小字的委员填“是”：句子短，选项回复数字；不填则保持原样"),
}
UNITS = {
    "id": ("编号", "本地自定，导入后不要再改。必填"),
    "name": ("单位名称", "全称。必填"),
    "short_name": ("简称", ""),
    "system": ("承办系统", "例如：政府系统、党委系统"),
    "kind": ("类型", "可从下拉列表选"),
    "keywords": ("职责关键词", "用顿号隔开，用来推荐承办单位"),
    "reply_prefix": ("答复文号", "例如：云教提"),
    "major": ("承办大户", "是或否；不填算“否”"),
    "liaison": ("联络员账号", "负责签收、沟通、起草答复。必填"),
    "liaison_name": ("联络员姓名", ""),
    "reviewer": ("复核人账号", "负责复核答复，不能与联络员同一人。必填"),
    "reviewer_name": ("复核人姓名", ""),
    "leader": ("领导账号", "负责签发答复，不能与前两人同一人。必填"),
    "leader_name": ("领导姓名", ""),
}
STAFF = {
    "userid": ("账号", "企业微信账号。必填"),
    "name": ("姓名", "必填；与其他表中同一账号的姓名须一致"),
    "title": ("职务", ""),
    "roles": ("角色", "可填多个，用顿号隔开：" + "、".join(ROLES.values()) + "。必填"),
    "unit": ("单位编号", "只有承办单位的联络员、复核人、领导才填"),
    "active": ("在任", "是或否；不填算“是”"),
    "plain": ("纯文字", "在微信里使用、看不到卡片的人填“是”；不填则保持原样"),
    "large": ("大字", "看不清小字的人填“是”；不填则保持原样"),
}
BODIES = {
    "id": ("编号", "本地自定，导入后不要再改。必填"),
    "name": ("组织名称", "对外署名用的全称，例如：农业界别。必填"),
    "kind": ("类型", "从下拉列表选：" + "、".join(ORGANISATIONS) + "。必填"),
    "quota": ("应交件数", "每年应交几件集体提案；不填则按规则参数"),
    "head": ("负责人账号", "以单位名义提交只能由负责人确认，代替盖章。必填"),
    "head_name": ("负责人姓名", "已在其他表中的可不填"),
    "contact": ("联系人账号", "可以组织起草，不能提交"),
    "contact_name": ("联系人姓名", ""),
    "active": ("在用", "是或否；不填算“是”。填“否”则不再计入应交"),
}
OPTIONAL = "集体组织"  # a workbook or folder may do without
SHEETS: dict[str, dict[str, tuple[str, str]]] = {
    "委员": MEMBERS,
    "承办单位": UNITS,
    "工作人员": STAFF,
    OPTIONAL: BODIES,
}
MODELS: dict[str, type[BaseModel]] = {
    "委员": Member,
    "承办单位": UnitEntry,
    "工作人员": Staff,
    OPTIONAL: OrganisationEntry,
}
EXAMPLES = {
    "委员": {"name": "沈小禾", "title": "市第一中学教师", "sector": "教育", "duty": "委员", "active": "是"},
    "承办单位": {
        "name": "云岭市教育局",
        "short_name": "教育",
        "system": "政府系统",
        "kind": "政府部门",
        "keywords": "学校、幼儿园、学位",
        "reply_prefix": "云教提",
        "major": "是",
        "liaison": "zhangsan",
        "liaison_name": "张三",
        "reviewer": "lisi",
        "reviewer_name": "李四",
        "leader": "wangwu",
        "leader_name": "王五",
    },
    "工作人员": {
        "name": "赵六",
        "title": "提案委办公室副主任",
        "roles": "提案委工作人员、提案委复审人",
        "active": "是",
    },
    OPTIONAL: {
        "name": "农业界别",
        "kind": "界别",
        "quota": "1",
        "head": "zhaoliu",
        "head_name": "赵六",
        "active": "是",
    },
}
SECTORS = [
    "中共",
    "民主党派",
    "无党派人士",
    "工会",
    "共青团",
    "妇联",
    "工商联",
    "科技",
    "经济",
    "农业",
    "教育",
    "文化艺术",
    "医药卫生",
    "社会福利和社会保障",
    "新闻出版",
    "体育",
    "民族宗教",
    "特邀",
]
CHOICES = {
    ("委员", "sector"): SECTORS,
    ("承办单位", "system"): ["党委系统", "政府系统", "法检", "群团系统", "区县与功能区"],
    ("承办单位", "kind"): list(KINDS),
    (OPTIONAL, "kind"): list(ORGANISATIONS),
    (OPTIONAL, "active"): ["是", "否"],
    ("工作人员", "roles"): list(ROLES.values()),
    ("承办单位", "major"): ["是", "否"],
    **{(sheet, key): ["是", "否"] for sheet in ("委员", "工作人员") for key in ("active", "plain", "large")},
}
FREE = {"sector", "system", "kind", "roles"}  # the list helps, but something else may be written

JSON_MEMBERS = {key: key for key in MEMBERS} | {
    "userid": "wecom_userid",
    "title": "org_title",
    "duty": "cppcc_duty",
    "active": "status",
}
JSON_UNITS = (
    {key: key for key in UNITS}
    | {"major": "is_major_unit", "reply_prefix": "doc_prefix.reply"}
    | {column: f"contacts.wecom_userids.{role}" for column, role in CONTACTS.items()}
    | {f"{column}_name": f"contacts.{role}" for column, role in CONTACTS.items()}
)
JSON_STAFF = {key: key for key in STAFF} | {"userid": "wecom_userid", "title": "org_title", "active": "status"}
JSON_BODIES = {key: key for key in BODIES}


def read(path: Path) -> Roster:
    """The roster in a folder (members.json, units.json, staff.json) or in a workbook; BadRoster names what is wrong."""
    if path.is_dir():
        return read_folder(path)
    if path.suffix.lower() != ".xlsx":
        raise _cannot(path, "请给出文件夹或 .xlsx 文件；旧的 .xls 请先另存为 .xlsx")
    return read_workbook(path)


# --- JSON ---


def read_folder(folder: Path) -> Roster:
    """The roster of a folder with members.json, units.json and staff.json; BadRoster with every row at fault."""
    sheets = [
        _json_sheet(folder / "members.json", "members", JSON_MEMBERS),
        _json_sheet(folder / "units.json", "units", JSON_UNITS),
        _json_sheet(folder / "staff.json", "staff", JSON_STAFF),
    ]
    if (folder / "organisations.json").exists():
        sheets.append(_json_sheet(folder / "organisations.json", "organisations", JSON_BODIES))
    if sum(len(sheet.rows) for sheet in sheets) > MAX_ROWS:
        raise _cannot(folder, f"超过 {MAX_ROWS} 行")
    return check(*sheets)


def _json_sheet(path: Path, key: str, columns: Mapping[str, str]) -> Sheet:
    _bounded(path)
    try:
        content = json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        raise _cannot(path, "不是合法的 JSON 文件") from error
    rows = content.get(key) if isinstance(content, dict) else content
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise _cannot(path, f"应有一个名为 {key} 的列表，每项是一条记录")
    return Sheet(path.name, columns, [(at, _picked(row, columns)) for at, row in enumerate(rows, 1)])


def _picked(row: dict[str, Any], columns: Mapping[str, str]) -> dict[str, object]:
    values = {field: _at(row, address) for field, address in columns.items()}
    if isinstance(status := values.get("active"), str):
        values["active"] = status == "active"
    return values


def _at(row: object, address: str) -> object:
    for name in address.split("."):
        row = row.get(name) if isinstance(row, dict) else None
    return row


# --- the workbook ---


def read_workbook(path: Path) -> Roster:
    """The roster of an .xlsx workbook with the sheets 委员, 承办单位, 工作人员, perhaps 集体组织; BadRoster with every row at fault."""
    _bounded(path)
    _packed_honestly(path)
    left = MAX_ROWS
    sheets: dict[str, Sheet] = {}
    bad: list[BadRow] = []
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # extensions it does not know; we only want the cells
            book = load_workbook(path, read_only=True)
            try:
                for title in SHEETS:
                    if title in book.sheetnames:
                        sheets[title] = _sheet(title, book[title], left, bad)
                        left -= len(sheets[title].rows)
            finally:
                book.close()
    except BadRoster:
        raise
    except Exception as error:  # a broken file makes openpyxl raise nearly anything
        raise _cannot(path, "无法读取，文件可能已损坏；请在表格软件里另存为 .xlsx 后再试") from error
    bad += [
        BadRow(title, 0, "", "缺少这张工作表，请用模板填写")
        for title in SHEETS
        if title not in sheets and title != OPTIONAL
    ]
    if bad:
        raise BadRoster(bad)
    return check(*(sheets[title] for title in SHEETS if title in sheets))


def _bounded(path: Path) -> None:
    try:
        size = path.stat().st_size if path.is_file() else None
    except OSError:
        size = None
    if size is None:
        raise _cannot(path, "找不到这个文件")
    if size > MAX_BYTES:
        raise _cannot(path, f"文件超过 {MAX_BYTES // 1024 // 1024} MB")


def _packed_honestly(path: Path) -> None:
    """Refuse what would unpack to far more than it is; zipfile never reads more than a part has declared."""
    try:
        with zipfile.ZipFile(path) as package:
            parts = package.infolist()
            declared = [
                part for part in parts if part.filename.endswith((".xml", ".rels")) and _declares_a_type(package, part)
            ]
    except Exception as error:
        raise _cannot(path, "不是 .xlsx 文件，或设有密码；请另存为不带密码的 .xlsx") from error
    unpacked = dict.fromkeys(MAX_UNPACKED, 0)
    for part in parts:
        unpacked["xl/worksheets/" if part.filename.startswith("xl/worksheets/") else ""] += part.file_size
    swollen = any(part.file_size > MAX_RATIO * max(part.compress_size, 10_000) for part in parts)
    if declared or swollen or len(parts) > 2000 or any(unpacked[kind] > most for kind, most in MAX_UNPACKED.items()):
        raise _cannot(path, "解压后过大或内容异常，未读取")


def _declares_a_type(package: zipfile.ZipFile, part: zipfile.ZipInfo) -> bool:
    with package.open(part) as stream:
        return b"<!DOCTYPE" in stream.read(4096)  # entities; no spreadsheet program writes one


def _sheet(title: str, worksheet: Any, most: int, bad: list[BadRow]) -> Sheet:
    columns = {field: heading for field, (heading, _) in SHEETS[title].items()}
    worksheet.reset_dimensions()  # what the file says of its own size is often wrong
    rows = _rows(worksheet, 2 * len(columns))
    headings = [_heading(cell.value) for cell in next(rows, (0, ()))[1]]
    bad += _bad_headings(title, headings, columns)
    fields = {heading: field for field, heading in columns.items()}
    read: list[tuple[int, Mapping[str, object]]] = []
    for number, cells in rows:
        filled = {at: cell for at, cell in enumerate(cells) if cell.value is not None}
        if not filled or str(cells[0].value).startswith(EXAMPLE):
            continue
        if len(read) >= most:
            raise BadRoster([BadRow(title, number, "", f"全部工作表合计超过 {MAX_ROWS} 行")])
        for at, cell in filled.items():
            if cell.data_type == "f":
                bad.append(BadRow(title, number, headings[at] or get_column_letter(at + 1), "是公式，请改为填写文字"))
        named = {fields[headings[at]]: cell.value for at, cell in filled.items() if headings[at] in fields}
        read.append((number, named))
    return Sheet(title, columns, read)


def _rows(worksheet: Any, width: int) -> Iterator[tuple[int, tuple[Any, ...]]]:
    yield from enumerate(worksheet.iter_rows(max_row=LAST_ROW, max_col=width), 1)


def _heading(value: object) -> str:
    return str(value).strip().rstrip("*＊") if value is not None else ""


def _bad_headings(title: str, headings: list[str], columns: Mapping[str, str]) -> Iterator[BadRow]:
    required = {columns[name] for name, field in MODELS[title].model_fields.items() if field.is_required()}
    for heading in sorted(required - set(headings)):
        yield BadRow(title, 1, heading, "缺少这一列，第一行须是模板里的列名")
    for heading in headings:
        if heading and heading not in columns.values():
            yield BadRow(title, 1, heading[:20], "不认识这一列，请删去或改成模板里的列名")
        elif heading and headings.count(heading) > 1:
            yield BadRow(title, 1, heading, "这一列出现了两次")


def _cannot(path: Path, reason: str) -> BadRoster:
    return BadRoster([BadRow(path.name, 0, "", reason)])


# --- the template ---


def write_template(path: Path) -> None:
    """An empty workbook with notes on its headings, an example that is not imported, and lists to choose from."""
    book = Workbook()
    book.remove(book.active)
    for title, columns in SHEETS.items():
        _blank_sheet(book, title, columns)
    _instructions(book)
    book.save(path)


def _blank_sheet(book: Workbook, title: str, columns: Mapping[str, tuple[str, str]]) -> None:
    sheet = book.create_sheet(title)
    sheet.freeze_panes = "C2"
    example = {next(iter(columns)): f"{EXAMPLE}（此行不导入）", **EXAMPLES[title]}
    for at, (field, (heading, note)) in enumerate(columns.items(), 1):
        is_required = MODELS[title].model_fields[field].is_required()
        head = sheet.cell(1, at, heading + ("*" if is_required else ""))
        head.font = Font(bold=True)
        head.fill = PatternFill("solid", fgColor="FCE4D6" if is_required else "DDEBF7")
        if note:
            head.comment = Comment(note, "提案通", width=280, height=110)
        letter = get_column_letter(at)
        sheet.column_dimensions[letter].width = 20 if at == 1 else max(12, 2 * len(heading) + 6)
        sheet.column_dimensions[letter].number_format = "@"
        shown = sheet.cell(2, at, example.get(field))
        shown.font = Font(italic=True, color="7F7F7F")
        for row in range(2, 202):
            sheet.cell(row, at).number_format = "@"  # keeps 001 from becoming 1
        if choices := CHOICES.get((title, field)):
            _offer(sheet, book, f"{letter}2:{letter}{2000}", choices, is_free=field in FREE)


def _offer(sheet: Any, book: Workbook, cells: str, choices: list[str], *, is_free: bool) -> None:
    formula = '"' + ",".join(choices) + '"'
    if len(formula) > 255:  # the most a list in the cell may hold
        lists = book["选项"] if "选项" in book.sheetnames else book.create_sheet("选项")
        lists.sheet_state = "hidden"
        at = lists.max_column + 1 if lists.max_row > 1 else 1
        for row, choice in enumerate(choices, 1):
            lists.cell(row, at, choice)
        letter = get_column_letter(at)
        formula = f"选项!${letter}$1:${letter}${len(choices)}"
    rule = DataValidation(type="list", formula1=formula, allow_blank=True, showErrorMessage=not is_free)
    rule.error = "请从列表中选择"
    sheet.add_data_validation(rule)
    rule.add(cells)


def _instructions(book: Workbook) -> None:
    sheet = book.create_sheet("说明")
    sheet.column_dimensions["A"].width = 90
    lines = [
        "一、带 * 的列必填；把鼠标停在列名上可以看到怎么填。",
        "二、第一行的列名不要改动；“示例”开头的行不会导入，可以删去。",
        "三、同一个人可以同时出现在几张表里（例如既是委员又是工作人员），账号相同即是同一人，姓名须一致。",
        "四、每个承办单位要有联络员、复核人、领导各一位，且是三位不同的人；需要更多联络员时写在“工作人员”表并填单位编号。",
        "五、“集体组织”表写能以单位名义提集体提案的专委会、界别、党派、团体、联络组；没有可以不填。",
        "六、请填写文字，不要用公式。一次最多 100000 行，文件不超过 20 MB。",
        "七、有任何一行不对，整份都不会导入，并会指出哪张表、哪一行、哪一列、为什么；改好后重新导入即可。",
        "八、重复导入是安全的：表中的人和单位按表更新；表中没有的人保持原样，要停用请把“在任”改为“否”。",
    ]
    for row, line in enumerate(lines, 1):
        sheet.cell(row, 1, line).alignment = Alignment(wrap_text=True)
