"""What the stories of collective proposals share: who writes them, and how far they are."""

from sqlmodel import Session

from bot.__main__ import enrolled
from models.collective import Section
from models.people import Person
from models.roster import OrganisationEntry, Roster
from simulator.person import Person as Phone
from tests.memory import lived_once
from tests.stories.acts import SU, WEN, all_have_read, rows, taps, tells
from tests.town import Town

JIA, LI = "m032", "m033"  # 贾有恒, head of 社会福利和社会保障界别; 黎可安, its contact
ZHOU = "m020"  # 周衡之, a member of 科技界别, whose head is 蔡承宇
BODY = "社会福利和社会保障界别"
TITLE = "关于完善农村互助养老服务点运行机制的提案"
SEAL = "以单位名义提交"
ANALYSIS = ("全市一百二十个服务点，常年开门的不到一半。", "主要是没有固定经费，也没有专人。")
SUGGESTION = "由民政部门按服务人数给运行补贴，每年公布名单。"
WHY = "请写明补贴标准。"
REST = ("社会建设", "跳过", "是，去年9月走访八个服务点", "同意", "不涉密")


@lived_once
async def begun(town: Town) -> Phone:
    """The head has named two writers and given out the parts."""
    jia = await tells(town, JIA, "集体提案", "执笔 苏婉宁、周衡之", "分工 2 苏婉宁", "分工 3 周衡之")
    await all_have_read(town)
    return jia


@lived_once
async def written(town: Town) -> Phone:
    """Every part is there."""
    jia = await begun(town)
    await tells(town, JIA, "1", TITLE)
    await tells(town, SU, "集体提案", "2", *ANALYSIS, "完")
    await tells(town, ZHOU, "集体提案", "3", SUGGESTION)
    await all_have_read(town)
    return jia


@lived_once
async def handed_in(town: Town) -> Phone:
    """By the head."""
    await written(town)
    jia = await tells(town, JIA, SEAL, *REST)
    await all_have_read(town)
    await taps(town, JIA, SEAL)
    return jia


@lived_once
async def returned(town: Town) -> Phone:
    """By the office, to be mended."""
    jia = await handed_in(town)
    await taps(town, WEN, "受理", "退回修改")
    await tells(town, WEN, WHY)
    return jia


async def section(town: Town, place: int) -> Section:
    """A part by its number."""
    return (await rows(town, Section))[place - 1]


async def imports(town: Town, head: str, contact: str | None = None) -> None:
    """A roster in which others speak for the organisation."""

    def work(session: Session) -> None:
        names = {userid: session.get_one(Person, userid).name for userid in {head, contact or head}}
        entry = OrganisationEntry(
            id="s14",
            name=BODY,
            kind="sector",
            head=head,
            head_name=names[head],
            contact=contact,
            contact_name=names[contact] if contact else "",
        )
        enrolled(session, Roster(organisations=(entry,)), town.settings, town.calendar.now())

    await town.change(work)
    await town.settle()
