"""What people say in a rehearsal: a draft from 我要提案 to 提交, with the words that tell that the bot has asked on."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from simulator import town

MOST_BYTES = 2048  # of one text message


@dataclass(frozen=True)
class Line:
    """One message, and a fragment of the answer it waits for."""

    says: str
    reads: str


@cache
def drafts() -> tuple[tuple[Line, ...], ...]:
    """One conversation for each proposal of the town."""
    return tuple(tuple(_draft(row)) for row in town.read("proposals")["proposals"])


def _draft(row: dict[str, Any]) -> Iterator[Line]:
    yield Line("我要提案", "案由是什么")
    yield Line(row["title"], "属于哪个类别")
    yield Line(row["category"], "情况分析：现状")
    for piece in _pieces(row["analysis"]):
        yield Line(piece, "可以接着发")
    yield Line("完", "具体建议：一条消息")
    for suggestion in row["suggestions"]:
        yield Line(suggestion["text"], "请写下一条")
    yield Line("完", "建议承办单位是")
    yield Line("跳过", "是否调研过")
    yield Line("是，去年9月走访两个社区", "是否同意公开这件")
    yield Line("同意", "涉密自查：内容")
    yield Line("不涉密", "提交前再看一遍")
    yield Line("提交", "提交成功")


def _pieces(text: str) -> Iterator[str]:
    """As somebody types them: a few sentences a message, never more than a message holds."""
    piece = ""
    for sentence in text.replace("。", "。\n").split("\n"):
        if piece and len((piece + sentence).encode()) > MOST_BYTES // 3:
            yield piece
            piece = ""
        piece += sentence
    if piece:
        yield piece


@cache
def everything_said() -> tuple[str, ...]:
    """Every message of every draft, for callbacks of the usual lengths."""
    return tuple(line.says for draft in drafts() for line in draft)
