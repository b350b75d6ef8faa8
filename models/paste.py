"""A proposal pasted as one text: what in it is 案由, 情况分析, the numbered 建议. Pure: text in, Parts out.

Read the way people write: headings with or without numbers, suggestions numbered 一、（一）1. ① 一是, or a line each.
What is not understood stays in the analysis or is named in `left_out`; nothing disappears.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

NUMERAL = "零〇一二三四五六七八九十百"
_STYLES = tuple(
    re.compile(pattern)
    for pattern in (
        rf"第[{NUMERAL}\d]{{1,4}}(?:条|点|项|部分|章|节)?\s*[、，,：:．.\s]\s*",
        rf"[{NUMERAL}]{{1,4}}\s*[、．.，]\s*",
        rf"[（(]\s*[{NUMERAL}]{{1,4}}\s*[）)]\s*[、．.]?\s*",
        r"\d{1,3}\s*[、．.)）：:](?!\d)\s*",
        r"[（(]\s*\d{1,3}\s*[）)]\s*[、．.]?\s*",
        r"[①-⑳❶-❿⓪]\s*[、．.]?\s*",
        rf"(?:[{NUMERAL}]{{1,3}}(?:是|要)|建议[{NUMERAL}\d]{{1,3}}[：:、]?)\s*[，,：:]?\s*",
        r"[-•·●◆■▪*]\s+",
    )
)
_NUMBER = "(?:" + "|".join(style.pattern for style in _STYLES[:6]) + ")?"
_END = r"\s*[：:；;。]?\s*$"
_COLON = r"\s*[：:]\s*(?P<rest>.*)$"
_SUGGEST = (
    r"(?:(?:具体|工作|对策|有关|相关|几点|主要|我的|我们的|意见|解决|改进|[" + NUMERAL + r"]点)?(?:的)?"
    r"(?:建议|对策|举措|措施|办法|意见)(?:(?:和|与|及|、)?(?:建议|对策|措施|办法|意见|方案))?(?:内容|如下|事项)?|建议案|怎么办)"
)
_ANALYSE = (
    r"(?:(?:提案)?(?:背景|理由|缘由|内容|正文)|(?:基本|有关|主要|当前|总体)?(?:情况|现状)(?:(?:和|与|及|、)?(?:问题|分析|说明|背景|原因))?"
    r"|(?:存在|主要|突出|面临)?(?:的)?(?:主要|突出)?(?:问题|困难|不足|短板)(?:(?:和|与|及|、)?(?:原因|分析|不足|困难))*"
    r"|(?:原因|成因|问题|形势|必要性|可行性)(?:分析)?|分析)"
)
_LABELS = {  # what a form calls its fields; the rest of the line is the value
    "title": r"案\s*由|标\s*题|题\s*目|提案(?:题目|名称|标题|案由)",
    "category": r"(?:提案)?(?:类\s*别|分\s*类)",
    "units": r"(?:建\s*议|拟|意向)?\s*(?:主办|承办)\s*(?:单位|部门)(?:建议)?",
    "research": r"(?:是否)?(?:经过)?调研(?:情况|说明|时间)?",
    "public": r"(?:是否)?(?:同意)?公开(?:情况|属性)?",
}
_APART = r"提案(?:人|者|委员|编号|号)|第一提案人|联名人|附议人|姓\s*名|委\s*员|界\s*别|党\s*派|单位(?:及)?职务|工作单位|职\s*务|联系(?:电话|方式|人)|电\s*话|手\s*机|通[讯信]地址|地\s*址|邮\s*(?:编|箱)|提交(?:日期|时间)|日\s*期|附\s*件"
_TITLE = re.compile(r"关于(?![^，。]{0,30}(?:情况|问题)[：:]).{2,90}?的?(?:提案|建议|议案|意见|建议案|意见建议|报告)")
_FIELD = {name: re.compile(f"{_NUMBER}[【\\[]?(?:{words})[】\\]]?{_COLON}") for name, words in _LABELS.items()}
_BARE_TITLE = re.compile(f"{_NUMBER}[【\\[]?(?:{_LABELS['title']})[】\\]]?{_END}")
_APART_LINE = re.compile(f"[【\\[]?(?:{_APART})[】\\]]?\\s*[：:].*$")
_SUGGEST_HEAD = re.compile(f"{_NUMBER}[【\\[]?{_SUGGEST}[】\\]]?{_END}")
_SUGGEST_RUN = re.compile(f"{_NUMBER}[【\\[]?{_SUGGEST}[】\\]]?{_COLON}")
_SUGGEST_TAIL = re.compile(  # … 为此，提出以下建议：
    rf"^.{{0,120}}(?:建议如下|(?:如下|以下|下列|[{NUMERAL}]点|几点)(?:具体|工作|对策|意见)?(?:意见)?(?:建议|对策|意见)|(?:为此|因此|对此|故)[，,]?(?:我们?|本人|特)?(?:提出)?建议){_END}"
)
_ANALYSE_HEAD = re.compile(f"{_NUMBER}[【\\[]?{_ANALYSE}[】\\]]?{_END}")
_ANALYSE_RUN = re.compile(f"{_NUMBER}[【\\[]?{_ANALYSE}[】\\]]?{_COLON}")
_GLUED = re.compile(  # a label in the middle of a line: some phones lose the line breaks
    rf"(?<=[\s。；;！!？?])\s*(?=[【\[]?(?:(?:{_LABELS['title']}|情况分析|具体建议|{_LABELS['category']}|{_LABELS['units']})[】\]]?\s*[：:]|建议\s*[：:]))"
)
_INLINE = re.compile(  # marks that may stand within a line, each at the beginning of a clause
    rf"(?:(?<=^)|(?<=[。；;：:！!？?\s]))(?=[①-⑳]|[（(]\s*(?:\d{{1,3}}|[{NUMERAL}]{{1,4}})\s*[）)]|\d{{1,3}}[、．.](?!\d)|[{NUMERAL}]{{1,3}}是|第[{NUMERAL}]{{1,3}}[，,、])"
)
_GAPS = re.compile(r" {3,}")
_SENTENCE_ENDS = "。！？!?；;：:…"
WHOLE = 40  # characters below which nothing is taken for a whole proposal


@dataclass(frozen=True)
class Parts:
    """What was found; what was not is empty."""

    title: str = ""
    analysis: str = ""
    suggestions: tuple[str, ...] = ()
    category: str = ""
    units: str = ""
    research: str = ""
    public: str = ""
    source: str = field(default="", compare=False)  # the text it was read from
    left_out: tuple[str, ...] = ()  # lines of the form that are asked for elsewhere: 提案人, 电话 …

    @property
    def found(self) -> int:
        """How many of the three main parts there are."""
        return sum(map(bool, (self.title, self.analysis, self.suggestions)))


def read(text: str) -> list[Parts]:
    """The proposal in a text; several when it holds several 案由."""
    lines = [line.strip() for line in _GLUED.sub("\n", _clean(text)).splitlines()]
    lines = [line for line in lines if line]
    return [_parts(chunk) for chunk in _by_title(lines)]


def is_whole(text: str) -> bool:
    """Whether this is a proposal rather than the answer to one question."""
    if len(text) < WHOLE:
        return False
    several = read(text)
    return len(several) > 1 or several[0].found >= 2


def joined(pieces: Sequence[str]) -> str:
    """Several messages as one text: one that stops in mid-sentence goes on in the next."""
    whole = ""
    for piece in pieces:
        last = whole.rstrip()[-1:]
        whole += piece if not last or (last not in _SENTENCE_ENDS and _number(piece.lstrip()) is None) else "\n" + piece
    return whole


def is_numbered(text: str) -> bool:
    """Whether some line of it begins with a number."""
    return any(_number(line.strip()) is not None for line in _clean(text).splitlines())


def items(text: str) -> list[str]:
    """The suggestions in a text, without their numbers: by the style of the first number, else a line each."""
    lines = [line.strip() for line in _clean(text).splitlines() if line.strip()]
    styles = [_number(line) for line in lines]
    if (first := next((style for style in styles if style is not None), None)) is None:
        return _inline(lines[0]) if len(lines) == 1 else lines
    if sum(style == first for style in styles) == 1 and len(lines) == 1:
        return _inline(lines[0])
    found: list[str] = []
    for line, style in zip(lines, styles, strict=True):
        if style == first or not found:
            found.append(_bare(line) if style == first else line)
        else:
            found[-1] = f"{found[-1]}\n{line}"
    return [item.rstrip("；;") for item in found if item]


# --- the steps of it --------------------------------------------------------------------------------------------------


def _clean(text: str) -> str:
    """Odd spaces and line ends made plain; full-width letters stay as they are."""
    text = (
        text.replace("\t", " ").replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n").replace("\u3000", " ")
    )
    text = "".join(
        ch for ch in text.replace("\u00a0", " ") if ch == "\n" or unicodedata.category(ch) not in {"Cf", "Cc"}
    )
    return _GAPS.sub("  ", text)


def _number(line: str) -> int | None:
    """The style of the number a line begins with."""
    return next((place for place, style in enumerate(_STYLES) if style.match(line)), None)


def _bare(line: str) -> str:
    style = _number(line)
    return line if style is None else _STYLES[style].sub("", line, count=1).strip()


def _inline(line: str) -> list[str]:
    """1.…；2.…；3.… in one line."""
    pieces = [piece.strip() for piece in _INLINE.split(line) if piece.strip()]
    numbered = [piece for piece in pieces if _number(piece) is not None]
    if len(numbered) < 2:
        return [_bare(line)]
    style = _number(numbered[0])
    found: list[str] = []
    for piece in pieces:
        if _number(piece) == style:
            found.append(_bare(piece))
        elif found:
            found[-1] += piece
        elif not re.fullmatch(r".{0,20}[：:]", piece):
            found.append(piece)
    return [item.rstrip("；;") for item in found]


def _title_of(line: str) -> str | None:
    """The title a line holds, if it is a title line: labelled, or 关于……的提案 standing alone."""
    if labelled := _FIELD["title"].match(line):
        return labelled["rest"].strip()
    bare = _bare(line).strip('《》“”" *#【】')
    return bare if _TITLE.fullmatch(bare) else None


def _by_title(lines: Sequence[str]) -> Iterator[list[str]]:
    """The lines of each proposal: a new one begins at every other 案由."""
    chunk: list[str] = []
    present, apart = "", 0  # lines like 提案人：… just above a title belong to what follows
    for place, line in enumerate(lines):
        title = _title_of(line)
        if title is None and _BARE_TITLE.match(line):
            title = "".join(lines[place + 1 : place + 2])
        if title and present and title != present:
            yield chunk[: len(chunk) - apart]
            chunk = chunk[len(chunk) - apart :]
        chunk.append(line)
        apart = apart + 1 if _APART_LINE.match(line) else 0
        present = title or present
    yield chunk


def _parts(lines: Sequence[str]) -> Parts:
    parts, section, fields = Parts(), "analysis", dict[str, str]()
    written: dict[str, list[str]] = {"analysis": [], "suggestions": []}
    left: list[str] = []
    expects_title = False
    for line in lines:
        if expects_title:
            parts, expects_title = replace(parts, title=line), False
        elif _BARE_TITLE.match(line) and not parts.title:
            expects_title = True
        elif not parts.title and not any(written.values()) and (title := _title_of(line)):
            parts = replace(parts, title=title)
        elif title := _title_of(line) if _title_of(line) == parts.title else None:
            continue  # said twice: above the form and in it
        elif named := _field(line):
            fields[named[0]] = named[1]
        elif _APART_LINE.match(line):
            left.append(line)
        else:
            before = section
            section, rest = _section(line, section)
            if before != section and not rest and _SUGGEST_HEAD.match(line) is None:
                before_it = line[: max(line.rfind(end) for end in "。！？；") + 1]
                written["analysis"] += [before_it] if before_it else []
            if rest:
                written[section].append(rest)
    if not parts.title:
        parts, written["analysis"] = _title_on_top(parts, written["analysis"])
    if not written["suggestions"]:
        written["analysis"], written["suggestions"] = _numbered_end(written["analysis"])
    return replace(
        parts,
        analysis="\n".join(written["analysis"]),
        suggestions=tuple(items("\n".join(written["suggestions"]))) if written["suggestions"] else (),
        category=fields.get("category", ""),
        units=fields.get("units", ""),
        research=fields.get("research", ""),
        public=fields.get("public", ""),
        left_out=tuple(left),
        source="\n".join(lines),
    )


def _field(line: str) -> tuple[str, str] | None:
    for name, pattern in _FIELD.items():
        if name != "title" and (found := pattern.match(line)) and len(found["rest"]) <= 100:
            return name, found["rest"].strip()
    return None


def _section(line: str, section: str) -> tuple[str, str]:
    """Which section a line belongs to from here on, and what of it is text rather than heading."""
    if _SUGGEST_HEAD.match(line):
        return "suggestions", ""
    if run := _SUGGEST_RUN.match(line):
        return "suggestions", run["rest"]
    if section == "suggestions":
        return section, line
    if _SUGGEST_TAIL.match(line):
        return "suggestions", ""  # what stands before it in the line, `_parts` keeps
    if re.fullmatch(f"{_NUMBER}[【\\[]?(?:情况分析|情况与分析|提案内容|正文)[】\\]]?{_END}", line):
        return "analysis", ""
    if (run := _ANALYSE_RUN.match(line)) and re.match(r"情况分析|提案内容|正文", _bare(line).lstrip("【[")):
        return "analysis", run["rest"]
    return section, line


def _title_on_top(parts: Parts, lines: list[str]) -> tuple[Parts, list[str]]:
    """A first line that is short and no sentence is the title; or one that begins 关于."""
    if len(lines) < 2:
        return parts, lines
    top = lines[0].strip('《》“”" *#【】')
    heading = _ANALYSE_HEAD.match(top) or _number(top) is not None
    if not heading and len(top) <= 60 and top[-1:] not in _SENTENCE_ENDS and "。" not in top:
        return replace(parts, title=top), lines[1:]
    return parts, lines


def _numbered_end(lines: list[str]) -> tuple[list[str], list[str]]:
    """Without a heading: the numbered lines the text ends with, where prose with 建议 stands before them."""
    begin = next((place for place, line in enumerate(lines) if _number(line) is not None), None)
    if begin is None or begin == 0:
        return lines, []
    before, tail = lines[begin - 1], lines[begin:]
    style = _number(tail[0])
    count = sum(_number(line) == style for line in tail)
    if count >= 2 and "建议" in before and before.rstrip()[-1:] in "：:":
        return lines[:begin], tail
    return lines, []
