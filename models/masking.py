"""Names and numbers of people taken out of a text before it leaves the house, and put back into what returns. Pure."""

import re
from collections.abc import Iterable, Sequence

from models.hints import CONTACT

_SURNAMES = (
    "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜谢邹喻苏潘葛范彭鲁韦马苗方俞任袁柳史唐费薛雷贺倪汤"
    "罗毕郝安常傅齐康伍余顾孟黄萧尹姚邵汪毛戴宋庞熊舒屈项祝董梁杜阮蓝闵季贾路江童颜郭梅盛林钟徐邱骆高夏蔡田樊胡凌霍万"
    "柯管卢莫丁邓郁单洪包左石崔吉龚程邢裴陆荣翁曲封储段富巫乌焦巴侯宁甘武刘景龙叶幸黎白蒲邰乔温庄晏瞿阎连习艾容向古易"
    "廖耿欧沃蔚越师聂晁敖冷辛简饶曾关查红游权岳帅涂"
)
_CALLED = rf"(?:欧阳|上官|司马|诸葛|[{_SURNAMES}])[\u4e00-\u9fff]{{0,2}}?(?=(?:某某?|×+|X+)?(?:先生|女士|小姐|大爷|大妈|大娘|阿姨|奶奶|爷爷|师傅|老师|同志|医生|委员|主任|局长|书记))"
_SPEAKS = rf"(?<![\u4e00-\u9fff])[{_SURNAMES}][\u4e00-\u9fff]{{1,2}}(?=说|反映|表示|告诉|介绍|等人|家住|[，（,(][男女])"
_NUMBERS = r"(?:\d[\s\-－—]{0,2}){6,}\d|[零〇一二三四五六七八九幺]{7,}"
_TOKEN = re.compile(r"〔\s*某\s*(\d+)\s*〕")


def mask(text: str, names: Iterable[str]) -> tuple[str, list[list[str]]]:
    """The text with 〔某1〕 in place of every name of these, every person addressed, every telephone and the like; and
    what stands for what.
    """
    hidden: dict[str, str] = {}

    def hide(found: re.Match[str]) -> str:
        return hidden.setdefault(found[0], f"〔某{len(hidden) + 1}〕")

    masked = _pattern(names).sub(hide, _TOKEN.sub(r"（某\1）", text))
    return masked, [[token, word] for word, token in hidden.items()]


def _pattern(names: Iterable[str]) -> re.Pattern[str]:
    """Longer names first: 王小明 before 王小. A name may be written with spaces."""
    written = sorted({name.strip() for name in names if len(name.strip()) > 1}, key=lambda name: (-len(name), name))
    people = [r"\s?".join(map(re.escape, name)) for name in written]
    return re.compile("|".join([*(pattern.pattern for pattern in CONTACT), *people, _CALLED, _SPEAKS, _NUMBERS]))


def unmask(text: str, hidden: Sequence[Sequence[str]]) -> str | None:
    """The words put back; None when it speaks of somebody who was never there."""
    words = {re.sub(r"\D", "", token): word for token, word in hidden}
    if any(number not in words for number in _TOKEN.findall(text)):
        return None
    return _TOKEN.sub(lambda found: words[found[1]], text)
