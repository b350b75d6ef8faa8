"""The numbers that differ from city to city: each with its default, its bounds and where it comes from."""

import re
from datetime import datetime, time
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator

SHANGHAI = ZoneInfo("Asia/Shanghai")

DIGITS = {"零": 0, "一": 1, "二": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9}
TERM = re.compile(r"第?([一二三四五六七八九十\d]{1,3})届(?:委员会)?第?([一二三四五六七八九十\d]{1,3})次(?:全体)?会议")
SLOT = re.compile(r"\{(yyyy|term|session|seq)(?::(\d))?\}")


def _falling(days: tuple[int, ...]) -> tuple[int, ...]:
    if list(days) != sorted(set(days), reverse=True):
        raise ValueError("应从大到小排列，不能重复")
    return days


def _template(template: str) -> str:
    rest = SLOT.sub("", template)
    if "{" in rest or "}" in rest:
        raise ValueError("只能使用 {yyyy}、{term}、{session}、{seq}、{seq:4} 这几个空位")
    if not any(slot == "seq" for slot, _ in SLOT.findall(template)):
        raise ValueError("必须含有顺序号，例如 {seq:4}")
    return template


def _term_session(text: str) -> str:
    term_and_session(text)
    return text


def _moment(given: object) -> object:
    try:
        return datetime.fromisoformat(given) if isinstance(given, str) else given
    except ValueError:
        raise ValueError("请写成 2026-01-20T12:00:00 的样子") from None


def _in_shanghai(moment: datetime) -> datetime:
    return moment.replace(tzinfo=SHANGHAI) if moment.tzinfo is None else moment


def _distinct(names: tuple[str, ...]) -> tuple[str, ...]:
    if len(set(names)) != len(names):
        raise ValueError("不能有重复的名称")
    return names


Days = Annotated[
    tuple[Annotated[int, Field(ge=0, le=90)], ...], Field(strict=False, max_length=10), AfterValidator(_falling)
]
Template = Annotated[str, StringConstraints(min_length=1, max_length=40), AfterValidator(_template)]
Moment = Annotated[datetime, BeforeValidator(_moment), AfterValidator(_in_shanghai)]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=20)]
Names = Annotated[tuple[Name, ...], Field(strict=False, min_length=1, max_length=30), AfterValidator(_distinct)]


class Rules(BaseModel):
    """One city's rules. 〔默认〕 marks a number that rests on no regulation: nothing people read may call it one."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    # The form
    term_session: Annotated[str, AfterValidator(_term_session)] = Field(
        default="五届三次会议", description="届次；编号里的 {term}、{session} 由它得出"
    )
    in_session_deadline: Moment | None = Field(
        default=None, description="大会提案截止时刻，不写时区即北京时间；过后自动转为平时提案〔R45〕"
    )
    categories: Names = Field(
        default=("经济建设", "政治建设", "文化建设", "社会建设", "生态文明建设", "其他"), description="提案类别〔默认〕"
    )
    labels: Names = Field(
        default=("政治", "法治", "德治", "自治", "智治"),
        description="五治归类的标签，初审、立案时由提案委给，可多选〔S2〕",
    )
    topic_max: int = Field(default=500, ge=100, le=2000, description="一条选题或线索连说明最多字数〔R44〕")
    title_max: int = Field(default=50, ge=20, le=100, description="案由最多字数〔C06〕")
    body_short: int = Field(default=200, ge=0, le=800, description="正文少于此字数时提示写具体些〔默认〕")
    body_warn: int = Field(default=1500, ge=800, le=5000, description="正文超过此字数时提醒〔R43〕")
    body_max: int = Field(default=2000, ge=800, le=5000, description="正文最多字数〔C06〕")
    suggestion_min_items: int = Field(default=1, ge=1, le=10, description="建议至少几条〔R01〕")
    suggestion_max_items: int = Field(default=50, ge=1, le=100, description="建议最多几条〔默认〕")
    suggestion_max_chars: int = Field(default=2500, ge=200, le=5000, description="一条建议最多字数〔默认〕")
    attachments_max: int = Field(default=5, ge=0, le=50, description="一件提案最多几个附件〔C06〕")
    file_max_mb: int = Field(default=10, ge=1, le=20, description="交来的 Word、文本文件最大几兆字节〔默认〕")
    docx_members_max: int = Field(default=1000, ge=50, le=5000, description="Word 文件里最多几个部分〔默认〕")
    docx_unpacked_max_mb: int = Field(default=50, ge=5, le=200, description="Word 文件展开后最大几兆字节〔默认〕")
    docx_text_max_mb: int = Field(default=5, ge=1, le=20, description="其中正文部分最大几兆字节〔默认〕")
    docx_ratio_max: int = Field(default=100, ge=20, le=500, description="Word 文件压缩比最高几倍〔默认〕")
    draft_idle_days: int = Field(default=30, ge=1, le=365, description="草稿几日未动时问一次还要不要〔默认〕")
    research_required: Literal["off", "remind", "block"] = Field(
        default="remind", description="未写调研情况时：off 不管、remind 提醒、block 拦截〔S0〕"
    )
    similar_title_percent: int = Field(
        default=50, ge=20, le=100, description="案由有几成相近时提示往届提案，百分比；做法见〔C11〕，数字〔默认〕"
    )
    similar_percent: int = Field(
        default=20, ge=10, le=100, description="正文有几成见于别的提案时提示，百分比；做法见〔C04〕，数字〔默认〕"
    )
    similar_shown: int = Field(default=3, ge=1, le=5, description="相近的提案最多列几件〔默认〕")
    cosign_hours: int = Field(default=24, ge=1, le=240, description="联名邀请几小时内确认，平时〔C01〕")
    cosign_hours_in_session: int = Field(default=3, ge=1, le=72, description="联名邀请几小时内确认，全会期间〔C01〕")
    cosign_remind_minutes: int = Field(
        default=60, ge=5, le=1440, description="联名邀请到期前几分钟再提醒一次；刚发出的不提醒〔默认〕"
    )
    session_days: int = Field(
        default=5, ge=0, le=30, description="大会截止时刻之前几日算全会期间，联名期限据此〔默认〕"
    )
    max_co_signers: int = Field(default=0, ge=0, le=50, description="一件提案最多几位联名人，0 不限〔默认〕")
    co_signers_hint: int = Field(default=10, ge=0, le=50, description="联名人超过几位时提示提案人〔默认〕")
    cosigned_hint: int = Field(default=5, ge=0, le=50, description="同一委员本次会议联名超过几件时提示本人〔默认〕")
    collective_deadline: Moment | None = Field(
        default=None, description="集体提案征集截止时刻，不写时区即北京时间；不填即 in_session_deadline〔默认〕"
    )
    collective_quota_per_org: int = Field(default=1, ge=0, le=5, description="每个组织每年应交几件集体提案〔S0〕")
    collective_marks_days: Days = Field(default=(30, 15, 7), description="集体提案征集截止前几日提醒未交的组织〔S0〕")
    collective_ratio_percent: int = Field(
        default=30, ge=10, le=50, description="立案提案中集体提案的目标占比，百分比〔S0〕"
    )
    serial_template: Template = Field(default="S{yyyy}{seq:4}", description="流水号样式，提交即给〔默认〕")
    numbering_template: Template = Field(default="{yyyy}{seq:4}", description="提案号样式，立案时才给〔S4〕")

    # Review and filing
    triple_review_distinct: bool = Field(default=True, description="初审、复审、终审须为不同的人〔默认〕")
    review_workdays: int = Field(default=2, ge=1, le=20, description="收件后几个工作日内首次处理〔默认〕")
    returned_workdays: int = Field(default=5, ge=1, le=30, description="退回修改后给提案者几个工作日〔默认〕")

    # Assignment
    assign_workdays: int = Field(default=5, ge=1, le=60, description="平时提案立案后几个工作日内交办〔默认〕")
    ack_workdays: int = Field(default=3, ge=1, le=10, description="承办单位几个工作日内签收〔默认〕")
    objection_workdays: int = Field(default=5, ge=3, le=10, description="申请调整的窗口，工作日〔R15〕–〔R20〕")
    objection_reply_days: int = Field(default=7, ge=1, le=15, description="交办方几日内答复调整申请〔R12〕")

    # Handling
    handling_months: int = Field(default=3, ge=1, le=6, description="平时提案办理期限，月〔R16〕")
    handling_months_in_session: int = Field(
        default=3, ge=1, le=6, description="大会提案办理期限，月〔R16〕，〔R11〕为 5"
    )
    handling_months_max: int = Field(default=6, ge=1, le=12, description="连同延期最长几个月〔R16〕〔R11〕")
    co_opinion_days: int = Field(default=30, ge=7, le=60, description="会办意见几日内提交〔R14〕")
    co_opinion_before_lead_days: int = Field(default=20, ge=5, le=60, description="且须早于主办期限几日〔R40〕")
    co_opinion_required: bool = Field(default=False, description="会办意见未齐时不得送审〔默认〕")
    due_marks_days: Days = Field(default=(30, 15, 7, 3, 1), description="到期前几日提醒〔默认〕")
    remind_at: Annotated[str, StringConstraints(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")] = Field(
        default="09:00", description="每日提醒的时刻，北京时间〔默认〕"
    )

    # The three communications
    comm_before_workdays: int = Field(default=15, ge=5, le=30, description="签收后几个工作日内办前沟通〔R21〕")
    comm_during_fraction: float = Field(
        default=0.67, ge=0.3, le=0.9, description="办中沟通须在期限过去几成之前〔默认〕"
    )
    comm_after_workdays: int = Field(default=5, ge=1, le=15, description="答复签发后几个工作日内办后沟通〔默认〕")
    comm_confirm_days: int = Field(default=7, ge=1, le=30, description="沟通记录几日不确认即视为默认〔默认〕")
    comm_reminders_before_workdays: Days = Field(default=(5, 1, 0), description="沟通到期前几个工作日提醒〔默认〕")

    # Reply, rating, handling again
    result_scheme: Literal["ABC", "ABCD"] = Field(default="ABCD", description="办理结果分类：ABC 或 ABCD〔R24〕")
    feedback_workdays: int = Field(default=15, ge=5, le=30, description="征询意见表几个工作日内填〔R21〕")
    dissatisfied_trigger: Literal["any", "first", "majority"] = Field(
        default="any",
        description="谁对结果不满意即二次办理：any 任一评价人、first 第一提案人、majority 过半的评价人〔默认〕",
    )
    rehandle_months: int = Field(default=1, ge=1, le=3, description="二次办理期限，月〔R48〕〔R11〕")
    rehandle_max_rounds: int = Field(default=2, ge=1, le=3, description="最多重办几轮〔默认〕")

    @model_validator(mode="after")
    def _agree(self) -> Self:
        for low, high in (
            ("body_warn", "body_max"),
            ("suggestion_min_items", "suggestion_max_items"),
            ("handling_months", "handling_months_max"),
            ("handling_months_in_session", "handling_months_max"),
        ):
            if getattr(self, low) > getattr(self, high):
                raise ValueError(f"{low} 不能大于 {high}")
        return self

    @property
    def collective_end(self) -> datetime | None:
        """Until when collective proposals are collected; None when nobody has said."""
        return self.collective_deadline or self.in_session_deadline

    @property
    def remind_time(self) -> time:
        """When reminders go out, as a time of day."""
        return time.fromisoformat(self.remind_at)


def number(template: str, year: int, seq: int, term: int = 0, session: int = 0) -> str:
    """The number a template gives. A sequence wider than its slot keeps all its digits: no number is given twice."""
    values = {"yyyy": (year, 4), "seq": (seq, 1), "term": (term, 1), "session": (session, 1)}

    def fill(slot: re.Match[str]) -> str:
        value, width = values[slot[1]]
        return str(value).zfill(int(slot[2] or width))

    return SLOT.sub(fill, template)


def term_and_session(text: str) -> tuple[int, int]:
    """五届三次会议 -> (5, 3)."""
    if not (found := TERM.fullmatch(text.strip())):
        raise ValueError("请写成“五届三次会议”的样子")
    return _chinese(found[1]), _chinese(found[2])


def _chinese(text: str) -> int:
    if text.isascii() and text.isdecimal():
        return int(text)
    tens, ten, ones = text.rpartition("十")
    try:
        return (DIGITS[tens] if tens else 1) * 10 * bool(ten) + (DIGITS[ones] if ones else 0)
    except KeyError:
        raise ValueError("请写成“五届三次会议”的样子") from None
