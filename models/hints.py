"""Hints on a draft: what a colleague who reads it through would say. Pure words and patterns; none of them blocks anything."""

import re
from collections.abc import Sequence

_PHONE = re.compile(r"(?<!\d)(?:1[3-9]\d[\s-]?\d{4}[\s-]?\d{4}|0\d{2,3}[\s-]?\d{7,8})(?!\d)")
_IDENTITY = re.compile(r"(?<!\d)\d{17}[\dXx](?!\d)")
_MAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+", re.ASCII)
CONTACT = (_PHONE, _IDENTITY, _MAIL)  # what never leaves the house (models/masking.py)
_SECRET = re.compile(
    r"绝密|机密|秘密级|秘密文件|内部文件|内部资料|密级|涉密|不宜公开|未公开的?(?:文件|数据)|军事设施|部队番号"
)
_COMPANY = re.compile(
    r"[\u4e00-\u9fffA-Za-z0-9（）()]{2,20}?(?:有限责任公司|股份有限公司|有限公司|股份公司|集团公司|责任公司)|“[^”]{2,20}(?:集团|公司|牌)”"
)
_MANY = re.compile(r"[二两三四五六七八九十几多]个?(?:问题|事项|方面)|若干问题|等(?:几|多)?个?问题")
_HEADING = re.compile(
    r"^\s*(?:[一二三四五六七八九十]{1,3}、|（[一二三四五六七八九十]{1,3}）|\d{1,2}[、.．])\s*(.{2,24}?)[。：:]?\s*$",
    re.MULTILINE,
)
_GENERIC = re.compile(r"情况|现状|背景|问题|原因|分析|困难|不足|必要|意义|成效|做法|短板|形势")
_FIGURE = re.compile(
    r"\d|[一二三四五六七八九十百千万两几数]+(?:成|倍|[余多]?(?:个|人|户|家|名|所|条|台|次|起|处|元|亩|公里|平方|吨|年|月|天|小时|分钟|岁|例|件|座|位|辆|门))|百分之|过半|三分之"
)
_ACTOR = re.compile(
    r"由|牵头|会同|联合|配合|部门|单位|政府|市[委级里]|区[委级里县]|县[委级里]|[局委厅办]|街道|乡镇|社区|村|学校|医院|企业|机构|公司|银行|协会|法院|检察|公安|交警|城管|住建|"
    r"教育|民政|财政|卫健|人社|水务|环保|农业|文旅|科技|国资|消防|市监|中心|平台|专班"
)
_VERB = re.compile(
    r"建立|建设|制定|出台|完善|推[进行动广出]|加[强快大装]|开[展放通设]|设[立置]|明确|落实|修[订建改缮]|编制|安排|组织|培[训育养]|统[筹一]|规范|优化|调整|提[高升供倡]|"
    r"[扩增减]|支持|鼓励|引[导入进]|实[施行]|探索|试点|整[治合改]|清理|公[布开示]|改[造为善革]|配[备置套]|纳入|允许|严[格查]|健全|搭建|打[造通]|保[障护留]|"
    r"发[展放挥布]|强化|深化|简化|细化|划定|协调|督[促查办]|考核|评[估价]|检查|排查|监[管督测]|采[用取购]|利用|使用|购买|投[入放]|补[贴助充]|奖[励补]|降低|"
    r"解决|避免|防止|确保|促进|带动|盘活|延[长伸]|缩短|压缩|合并|下放|联[合动系]|共[享建]|签订|登记|列[入为出]|给[予]?|核[定实查]|审[查核批]|梳理|汇总|请|让|定期|每[年月季周]|开始|改|发|送|用|选|建|建|装|设|办|查|管|修|把|将|对"
)
_SLOGAN = re.compile(
    r"高度重视|提高(?:思想)?认识|统一思想|加强(?:组织)?领导|进一步加强|切实加强|大力(?:推进|发展|弘扬)|狠抓落实|真抓实干|营造(?:良好|浓厚)?氛围|"
    r"再上新?台阶|迈上新台阶|凝心聚力|齐抓共管|常抓不懈|全面提升|不断提高|持续加大|多措并举|综合施策|加大(?:宣传|投入|力度)"
)
_CAUSE = re.compile(r"原因|由于|因为|因此|症结|卡在|根源|导致|造成|在于|所致|主要是|缺乏|缺少|不足|不够|不畅|滞后")
_MEASURE = re.compile(
    r"\d|年[内底前末]|月底|季度|每[年月季周]|逐[年步]|首批|分[批期步]|试点|清单|全覆盖|期限|以内|之前|[一二三四五六七八九十]+[个年月]"
)
SHORT_ANALYSIS = 80  # characters
SLOGANS = 2  # so many, and nothing said of who or how much


def contact(text: str) -> str:
    """Somebody's telephone, identity card or mail address (DOMAIN §3.1: hidden before anything is published)."""
    found = [
        name for name, pattern in (("电话", _PHONE), ("身份证号", _IDENTITY), ("邮箱", _MAIL)) if pattern.search(text)
    ]
    return f"正文里有{'、'.join(found)}，公开时要隐去，建议删掉。" if found else ""


def secrecy(text: str) -> str:
    """Words that go with secrets."""
    return f"文中提到“{found[0]}”，请确认内容不涉密。" if (found := _SECRET.search(text)) else ""


def company(title: str) -> str:
    """A firm or product in the title (DOMAIN §3.1)."""
    return "案由里像有企业或产品名称，建议换成行业或事情本身。" if _COMPANY.search(title) else ""


def matters(title: str, analysis: str = "") -> str:
    """Several matters in one proposal (DOMAIN §3.3); a broad one is not several."""
    joints = len(re.findall(r"[、和及]|以及", title.removeprefix("关于")))
    topics = [head for head in _HEADING.findall(analysis) if not _GENERIC.search(head)]
    if _MANY.search(title) or joints >= 3 or len(topics) >= 3:
        return "像是讲了几件事；一件提案只讲一件事更容易立案，可以拆开写。"
    return ""


def of_title(title: str) -> list[str]:
    """What can be said as soon as the title is there."""
    return [hint for hint in (matters(title), company(title)) if hint]


def of_text(title: str, analysis: str, suggestions: Sequence[str]) -> list[str]:
    """What touches a rule, in the whole text: personal data and secrets first."""
    text = "\n".join((title, analysis, *suggestions))
    return [hint for hint in (contact(text), secrecy(text), company(title), matters(title, analysis)) if hint]


def writing(analysis: str, suggestions: Sequence[str]) -> str:
    """The one thing that would help most."""
    for place, item in enumerate(suggestions, 1):
        if not _VERB.search(item):
            return f"第{place}条建议没写要做什么，加上具体做法更容易落实。"
    slogans = _SLOGAN.findall("\n".join(suggestions))
    if len(slogans) >= SLOGANS and len(slogans) * 2 >= len(suggestions):
        return f"“{slogans[0]}”这类话较多，换成具体做法更容易落实。"
    if suggestions and not any(_ACTOR.search(item) for item in suggestions):
        return "建议里没写由谁来做，写明部门更容易落实。"
    if analysis and not _FIGURE.search(analysis):
        return "情况分析里没有数字，补一两个数据更有说服力。"
    return ""


# --- asked for, a part at a time (润色, 建议更具体) -----------------------------------------------------------------


def of_part(part: str, label: str, text: str) -> str:
    """What a colleague would say of one part, line by line; empty when there is nothing to say."""
    own = {"title": of_a_title, "analysis": of_analysis}.get(part, of_suggestion)
    found = [hint for hint in (contact(text), *own(text)) if hint]
    return "\n".join([f"{label}可以改进的：", *(f"· {hint}" for hint in found)]) if found else ""


def of_analysis(text: str) -> list[str]:
    """What would make the analysis stronger."""
    return _some(
        (not _FIGURE.search(text), "没有数字，补一两个数据更有说服力。"),
        (not _CAUSE.search(text), "没有写原因，写明问题卡在哪里。"),
        (len("".join(text.split())) < SHORT_ANALYSIS, "写得比较短，可以补上涉及多少人、多久了、有什么影响。"),
        *_slogan(text),
    )


def of_suggestion(text: str) -> list[str]:
    """What would make one suggestion easier to carry out."""
    return _some(
        (not _ACTOR.search(text), "没写由谁来做，写明牵头的部门。"),
        (not _VERB.search(text), "没写要做什么，加上具体做法。"),
        (not _MEASURE.search(text), "没写做到什么程度、什么时候做，可以加上期限或数量。"),
        *_slogan(text),
    )


def of_a_title(title: str) -> list[str]:
    """What would make the title plainer."""
    form = title.startswith("关于") and title.endswith(("提案", "建议"))
    return [*of_title(title), *_some((not form, "通常写成“关于……的提案”。"), *_slogan(title))]


def _slogan(text: str) -> list[tuple[bool, str]]:
    found = _SLOGAN.search(text)
    return [(True, f"“{found[0]}”比较笼统，换成具体做法。")] if found else []


def _some(*told: tuple[bool, str]) -> list[str]:
    return [words for true, words in told if true]
