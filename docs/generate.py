"""Writes rules.md and lifecycle.md from the code: `python docs/generate.py [folder]`. A test compares both with the code."""

import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

DOCS = Path(__file__).parent
sys.path.insert(0, str(DOCS.parent))

from models import table  # noqa: E402 - found through the line above
from models.rules import Rules  # noqa: E402

GROUPS = {  # the first key of each group -> its heading
    "term_session": "填报",
    "triple_review_distinct": "审查立案",
    "assign_workdays": "交办",
    "handling_months": "办理",
    "comm_before_workdays": "三次沟通",
    "result_scheme": "答复、评价、二次办理",
}
SOURCES = {  # what the marks in the descriptions stand for
    "S0": "福泉市政协“三步棋、三个质量”做法介绍",
    "S2": "太仓市政协五治融合做法介绍",
    "S4": "深圳市政协 2023 年培训班暨交办会材料",
    "C01": "虹口区政协提案管理系统，设计说明（公开代码库）",
    "C04": "政协掌上履职 App V5.0：提交前列出相似提案（公开代码索引）",
    "C06": "河池市政协网委员在线提交提案系统，设计说明（公开代码库）",
    "C11": "鄂州政协提案网上管理系统：输入案由即提示往届相关提案（2014、2016 报道）",
    "R01": "哪些提案不能被立案？（中国政协网知识问答，2011）",
    "R11": "四川省政府办理代表建议和政协提案办法（2024 报道）",
    "R12": "广州市政府办理建议提案规定（转载）",
    "R14": "某市 2008 年办理通知（转载）",
    "R15": "某市办理通知（转载，3 个工作日）",
    "R16": "某省办理建议提案规定（转载，3／6 个月）",
    "R17": "山东省政府办公厅《办理人大代表建议和政协提案办法》（转载，5 日）",
    "R18": "玉林市政府办 2019 年办理通知（人大建议）",
    "R19": "涡阳县政协提案办理工作制度（文档库）",
    "R20": "巴南区政协提案办理工作须知（文档库）",
    "R21": "崇义县政协创新工作机制（2013，转载）",
    "R24": "代表建议、批评和意见的处理（某地人大网学习资料）",
    "R40": "凤阳等地考核办法与报道",
    "R43": "征集通知与格式说明：荆州、谢家集、桐城、绿园",
    "R44": "提案线索征集公告：江苏、湖北、马鞍山、濮阳",
    "R45": "各地通报、报告、报道合集",
    "R48": "云和县人大建议办理“不满意”约见（《浙江人大》2018）",
}
SPAN = re.compile(r"〔([A-Z])(\d+)〕–〔\1(\d+)〕")
MARK = re.compile(r"〔([A-Z]\d+)〕")

RULES = """# 规则参数

本页由 `docs/generate.py` 从 `models/rules.py` 生成，请勿手改。

各地不同的数字都写在配置文件的 `[rules]` 一节，例如 `ack_workdays = 3`；整节或任何一项都可以省略，省略即用下面的默认值。
写错的键、超出范围的值，启动时会逐条指出。改过之后重启机器人生效：办理期限在交办时、评价期限在答复送达时已经写定，不随之改变；
签收、沟通的期限和提醒按新的数字推算。

〔默认〕表示没有找到规定出处，由本地自定，对外不要说成“按规定”。其余标记见页末的出处。全国没有统一的细则，以本地文件为准。
"""
ORIGINS = """## 出处

以下只说明默认值从哪里来。多为转载或外地材料，标明“人大”的属人大建议一类；引用前请核对本地现行文件。
"""


def rules() -> str:
    """The page about [rules]."""
    lines = [RULES]
    properties: Mapping[str, Mapping[str, Any]] = Rules.model_json_schema()["properties"]
    for name, field in properties.items():
        if name in GROUPS:
            lines += [f"## {GROUPS[name]}", "", "| 键 | 说明 | 默认 | 允许 |", "| --- | --- | --- | --- |"]
        lines.append(f"| `{name}` | {field['description']} | {_written(field['default'])} | {_allowed(field)} |")
        following = list(properties)[list(properties).index(name) + 1 :]
        if following and following[0] in GROUPS:
            lines.append("")
    used = sorted(_marks(" ".join(field["description"] for field in properties.values())), key=_order)
    lines += ["", ORIGINS, "| 标记 | 材料 |", "| --- | --- |", *(f"| {mark} | {SOURCES[mark]} |" for mark in used)]
    return "\n".join(lines) + "\n"


def _written(default: object) -> str:
    """As it is written in config.toml."""
    match default:
        case None:
            return "不写"
        case bool():
            return f"`{str(default).lower()}`"
        case str():
            return f'`"{default}"`'
        case list():
            return f"`[{', '.join(_written(item).strip('`') for item in default)}]`"
        case _:
            return f"`{default}`"


def _allowed(field: Mapping[str, Any]) -> str:
    match field:
        case {"enum": choices}:
            return "、".join(f"`{choice}`" for choice in choices)
        case {"type": "boolean"}:
            return "`true`、`false`"
        case {"type": "integer" | "number", "minimum": low, "maximum": high}:
            return f"{low}–{high}"
        case {"type": "array", "items": {"minimum": low, "maximum": high}, "maxItems": most}:
            return f"最多 {most} 个，从大到小，每个 {low}–{high}"
        case {"type": "array", "items": {"maxLength": letters}, "maxItems": most}:
            return f"1–{most} 个名称，每个最多 {letters} 字，不重复"
        case {"pattern": _}:
            return "00:00–23:59"
        case {"anyOf": [{"format": "date-time"}, _]}:
            return "日期和时刻，例如 `2026-01-20T12:00:00`"
        case {"maxLength": most}:
            return f"最多 {most} 字，空位 `{{yyyy}}` `{{term}}` `{{session}}` `{{seq:位数}}`，须有 `{{seq}}`"
        case _:
            return "“某届某次会议”的样子"


def _marks(text: str) -> set[str]:
    spans = {f"{kind}{n:02}" for kind, low, high in SPAN.findall(text) for n in range(int(low), int(high) + 1)}
    return spans | set(MARK.findall(text))


def _order(mark: str) -> tuple[int, int]:
    return "SCR".index(mark[0]), int(mark[1:])


def lifecycle() -> str:
    """What `python -m bot table` prints."""
    return table.markdown() + "\n"


PAGES = {"rules.md": rules, "lifecycle.md": lifecycle}

if __name__ == "__main__":
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else DOCS
    for page, written in PAGES.items():
        (folder / page).write_text(written(), encoding="utf-8")
