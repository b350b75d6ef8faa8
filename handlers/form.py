"""The form of a proposal (DOMAIN §3.1, §3.2): what each part accepts, and why not."""

from typing import Any

from bot.questions import Choice, Exchange, as_it_is, bare
from handlers.names import units_named
from models.errors import Refused
from models.guards import length
from models.states import Origin

YES = ("是", "是的", "有", "对", "Y", "y", "yes")
NO = ("否", "不是", "没有", "无", "N", "n", "no")
RESEARCHED = (*YES, "调研过", "已调研", "调研过了")
NOT_RESEARCHED = (*NO, "没调研", "未调研", "没调研过", "没有调研", "没有调研过")
ORIGINS = tuple(Choice(origin.name.lower(), origin.value) for origin in Origin)
PUBLIC = ("同意", *YES, "公开", "同意公开")
NOT_PUBLIC = ("不同意", *NO, "不公开", "不同意公开")


def title(exchange: Exchange, text: str) -> str:
    """案由: one line within title_max."""
    words = " ".join(as_it_is(exchange, text).split())
    most = exchange.turn.rules.title_max
    if length(words) > most:
        raise Refused(f"案由有{length(words)}个字，请缩到{most}个字以内，一句话说明要解决什么。")
    return words


def category(exchange: Exchange, text: str) -> str:
    """类别: one of the city's, by its name or a part of it."""
    words = bare(text)
    fits = [name for name in exchange.turn.rules.categories if words and (words in name or name in words)]
    if len(fits) == 1:
        return fits[0]
    raise Refused("请点按钮，或回复类别的数字、名称。")


def origin(exchange: Exchange, text: str) -> str:
    """来源 in words, by a part of its name."""
    words = bare(text)
    fits = [choice.value for choice in ORIGINS if words and words in choice.label]
    if len(fits) == 1:
        return fits[0]
    raise Refused("请回复来源前面的数字。")


def worded(exchange: Exchange, text: str) -> str:
    """The words of one suggestion, within suggestion_max_chars."""
    words = as_it_is(exchange, text)
    if (much := length(words)) > exchange.turn.rules.suggestion_max_chars:
        raise Refused(f"这一条有{much}字，太长了，请分成几条来写。")
    return words


def item(exchange: Exchange, text: str) -> str:
    """One of 具体建议, within suggestion_max_items."""
    words = worded(exchange, text)
    if len(exchange.so_far or []) >= exchange.turn.rules.suggestion_max_items:
        raise Refused(f"最多写{exchange.turn.rules.suggestion_max_items}条建议，请回复“完”进入下一步。")
    return words


def units(exchange: Exchange, text: str) -> dict[str, Any]:
    """建议承办单位: every unit named, once."""
    wished = {unit.id: unit.name for unit in units_named(exchange, text)}
    return {"names": list(wished.values()), "ids": list(wished)}


def yes_or_no(yes: tuple[str, ...], no: tuple[str, ...], hint: str) -> Any:
    """1/2, the words, or the words followed by a remark: 是，2024年9月走访两个社区."""

    def accept(exchange: Exchange, text: str) -> dict[str, Any]:
        words = text.strip()  # a remark is kept as it was written
        for value, starts in ((False, no), (True, yes)):
            for start in sorted(starts, key=len, reverse=True):
                if bare(text) == start or (words.startswith(start) and not words[len(start)].isalnum()):
                    return {"yes": value, "note": words[len(start) :].strip(" ，,。.：:、；;")}
        raise Refused(hint)

    return accept


def picked(value: str) -> dict[str, Any]:
    """Yes or no by its button or number."""
    return {"yes": value == "yes", "note": ""}


def secrecy(exchange: Exchange, text: str) -> str:
    """涉密自查 in words."""
    words = bare(text).rstrip("。.")
    if words in {*YES, "确认", "没有涉密", "不涉及"}:
        return "clear"
    if words in {"涉密", "拿不准"}:
        return secret("unsure")
    raise Refused("请回复 1（不涉密）或 2（涉密或拿不准）。")


def secret(value: str) -> str:
    """Nothing secret may be handed in here (DOMAIN §3.1); what was written stays."""
    if value == "clear":
        return value
    raise Refused(
        "涉及国家秘密的内容不能在这里提交。请删去后再继续，或联系提案委线下办理；要停下请回复“存草稿”或“取消”。"
    )


researched = yes_or_no(RESEARCHED, NOT_RESEARCHED, "请回复 1（是）或 2（否）。")
public = yes_or_no(PUBLIC, NOT_PUBLIC, "请回复 1（同意）或 2（不同意）。")
