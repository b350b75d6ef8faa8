"""Questions that change nothing: 我的提案, 待办, 帮助, and where one proposal stands."""

from collections import Counter
from typing import Any

from sqlmodel import col, select

from bot.router import Router, listed
from bot.turn import Turn
from bot.wecom.messages import Card, Say, Words, link
from handlers.actions import get_row, what_next
from handlers.cards.buttons import KINDS, Show, buttons_for, subject
from handlers.cards.joint import whole_text
from handlers.cards.rating import rating_card
from handlers.cards.similar import checked
from handlers.cards.told import Told, gist, left, named
from handlers.cosign import places_in_words
from models import access
from models.collective import CONTACT, author, within_reach
from models.errors import Refused
from models.handling import Assignment, Communication
from models.joint import Signature, Withdrawal, versions_of
from models.label import labels_of
from models.lifecycle import NAMES, movers
from models.messages import PARKED, WAITING, Outgoing
from models.people import Person, Unit
from models.proposal import Proposal
from models.states import Handling, Role, Sign, State
from models.step import Row, assignments_of
from models.tasks import Task, tasks_for

router = Router()
SHOWN = 10
TO_CHECK = {State.SUBMITTED, State.FIRST_REVIEW, State.SECOND_REVIEW, State.FINAL_REVIEW, State.FILED}
WHY = {  # the platform's commonest refusals, in an administrator's words (PROTOCOL §19)
    0: "这个人收不到（不在可见范围或没有许可）",
    81013: "不在应用的可见范围（81013），请在管理后台加入",
    60111: "没有这个账号（60111），请核对名单",
    60020: "服务器地址未列入企业可信IP（60020），改好后会自动补发",
    48006: "应用被停用（48006），请在管理后台启用",
    40001: "应用的 Secret 不对（40001），请检查配置",
}


@router.command("待办")
def todo(turn: Turn) -> None:
    """Everything that waits for this person, oldest deadline first."""
    tasks = tasks_for(turn.session, turn.actor, turn.rules)
    trouble = _trouble(turn)
    if not tasks:
        turn.say(f"现在没有等您办的事。{trouble}".strip())
        return
    first = tasks[:SHOWN]
    lines = [f"{place} {task_line(turn, task)}" for place, task in enumerate(first, 1)]
    more = f"\n还有{len(tasks) - SHOWN}件，办完前面的会接着显示。" if len(tasks) > SHOWN else ""
    page = f"\n{link(turn.url('p/todo'), '也可以点开网页办理')}" if turn.actor.in_words else ""
    turn.say(f"有{len(tasks)}件等您办：\n" + "\n".join(lines) + more + _how_to_choose(turn, first) + page + trouble)


def _how_to_choose(turn: Turn, shown: list[Task]) -> str:
    if turn.dialogues.current(turn):
        return "\n您正在回答的问题还在等您，直接回答就好，或回复“继续”再看一遍。"
    listed(turn, [Show(NAMES[type(task.row)], task.row.id or 0) for task in shown])
    return "\n回复序号打开。"


def task_line(turn: Turn, task: Task) -> str:
    """One line of the list: what, what to do, by when."""
    acts = "／".join(event.value for event in dict.fromkeys(task.events))
    unit = ""
    row = task.row
    if isinstance(row, Assignment | Communication) and task.role in {Role.PROPOSER, Role.RATER, Role.DISPATCHER}:
        assignment = row if isinstance(row, Assignment) else turn.session.get_one(Assignment, row.assignment_id)
        unit = f"（{turn.session.get_one(Unit, assignment.unit).name}）"
    return f"{named(task.proposal)}{unit} {acts}，{left(task.due_on, turn.today)}"


def _trouble(turn: Turn) -> str:
    """A sysadmin sees what could not be delivered or worked out."""
    if not any(h.role == access.SYSADMIN for h in access.holdings(turn.session, turn.actor.userid)):
        return ""
    given_up = select(Outgoing).where(col(Outgoing.state) == PARKED)
    held_up = select(Outgoing).where(col(Outgoing.state) == WAITING, col(Outgoing.errcode).is_not(None))
    parked = [
        row
        for wanted in (given_up, held_up)
        for row in turn.session.exec(wanted.order_by(col(Outgoing.id).desc()).limit(SHOWN))
    ]
    if not parked:
        return ""
    count = Counter((row.person, row.errcode or 0) for row in parked)
    lines = []
    for (userid, errcode), number in count.items():
        person = turn.session.get(Person, userid)
        why = WHY.get(errcode, f"错误码 {errcode}")
        lines.append(f"{person.name if person else userid}：{number}条消息没有送到，{why}")
    return "\n\n需要您处理：\n" + "\n".join(lines)


@router.press(Show)
def show(pressed: tuple[Show, Any], turn: Turn) -> None:
    """One case: where it stands, what comes next, and the buttons one has there."""
    payload, _ = pressed
    if payload.kind not in KINDS:
        raise Refused("这个按钮已经不用了。发送“待办”可以看现在等您办的事。")
    row = get_row(turn, KINDS[payload.kind], payload.id)
    for say in shown(turn, row):
        turn.say(say, subject=subject(row) if isinstance(say, Card) else "")


def shown(turn: Turn, row: Row) -> list[Say]:
    """What the actor reads of one case, in the chat or on a page, with what they may do now; Refused if they may not see it."""
    proposal = row if isinstance(row, Proposal) else turn.session.get_one(Proposal, row.proposal_id)
    if not may_open(turn, row):
        raise Refused("这一件不由您办理，您没有查看的权限。发送“待办”看等您办的事。")
    if isinstance(row, Assignment) and row.state is Handling.DELIVERED and _may_rate(turn, row):
        whole = turn.url(f"p/proposals/{proposal.id}")
        return [rating_card(Told(turn.session, row, turn.actor, turn.actor, turn.today, whole))]
    text = [Words(whole_text(proposal))] if isinstance(row, Signature) else []
    return [*text, _standing(turn, row, proposal)]


def may_open(turn: Turn, row: Row) -> bool:
    """Whether the actor may look at this case, by whatever door."""
    return access.may_open(turn.session, turn.actor, row, movers(row))


def _may_rate(turn: Turn, row: Assignment) -> bool:
    return access.holds(turn.session, turn.actor, Role.RATER, row)


def _standing(turn: Turn, row: Row, proposal: Proposal) -> Card:
    text = where_it_stands(turn, proposal)
    if proposal.state in TO_CHECK and access.holds_any(turn.session, turn.actor, access.SEES_ALL):
        words = checked(Told(turn.session, row, turn.actor, turn.actor, turn.today, "", rules=turn.rules))
        text = f"{words}\n{text}".strip()
    if isinstance(row, Communication):
        text = f"纪要：{row.minutes}"
    if isinstance(row, Signature):
        text = "全文在上一条消息里。同意的点“同意联名”，也可以谢绝。" if row.state is Sign.INVITED else ""
    if isinstance(row, Withdrawal):
        text = f"申请撤案的理由：{gist(row.reason, 110)}"
    return Card(
        title=row.state.value if isinstance(row, Signature) else f"{proposal.number} {row.state.value}",
        text=text,
        facts=(("案由", proposal.title), ("类别", proposal.category), *_state_of(turn, proposal)),
        buttons=buttons_for(turn.session, row, turn.actor),
        link=turn.url(f"p/proposals/{proposal.id}"),
        link_text="查看全文",
    )


def _state_of(turn: Turn, proposal: Proposal) -> tuple[tuple[str, str], ...]:
    """Where it stands, under whose names, in which version."""
    versions = len(versions_of(turn.session, proposal))
    changed = (("版本", f"第{versions}版，回复“版本”看修改"),) if versions > 1 else ()
    names = labels_of(turn.session, proposal, turn.rules.labels) if access.was_submitted(proposal) else []
    sorted_under = (("五治", "、".join(names)),) if names else ()
    return (("状态", proposal.state.value), *places_in_words(turn, proposal), *changed, *sorted_under)


def where_it_stands(turn: Turn, proposal: Proposal) -> str:
    """Who has it, and what comes next."""
    if proposal.state is State.MERGED and proposal.merged_into:
        main = turn.session.get_one(Proposal, proposal.merged_into)
        return f"并入{main.number}{named(main)}，现为“{main.state.value}”"
    live = [a for a in assignments_of(turn.session, proposal) if a.state is not Handling.RELEASED]
    units = [f"{turn.session.get_one(Unit, a.unit).name}（{a.part.value}）{a.state.value}" for a in live]
    follows = what_next(turn, proposal)
    if proposal.state is State.RETURNED:
        follows = f"需要修改：{proposal.reason.rstrip('。')}。{follows}"
    if proposal.state is State.WITHDRAWN:
        return f"撤案理由：{proposal.reason}"
    if proposal.state is State.REJECTED:
        follows = f"去向：{proposal.redirect_to}"
    waiting = [what_next(turn, a) for a in live if a.replies_itself and a.state is not Handling.DONE]
    return "\n".join([*units, *([follows] if follows else []), *dict.fromkeys(w for w in waiting if w)])


@router.command("我的提案")
def mine(turn: Turn) -> None:
    """The member's proposals: where each stands and what comes next."""
    me = turn.actor.userid
    own = select(Proposal.id).where(Proposal.proposer == me)
    signed = select(Signature.proposal_id).where(Signature.person == me, col(Signature.state) == Sign.SIGNED)
    ids = (
        turn.session.connection().execute(own.union(signed, *within_reach(me))).scalars().all()
    )  # apart: each by its own index
    latest = sorted(ids, reverse=True)[:200]
    found = turn.session.exec(select(Proposal).where(col(Proposal.id).in_(latest)).order_by(col(Proposal.id).desc()))
    proposals = [p for p in found if p.state is not State.DRAFT or (p.title and not p.entered_by)]
    if not proposals:
        raise Refused("您还没有提案。发送“我要提案”开始写第一件。")
    shown = proposals[:SHOWN]
    lines = [f"{place} {_mine(turn, p)}" for place, p in enumerate(shown, 1)]
    more = f"\n还有{len(proposals) - SHOWN}件较早的。" if len(proposals) > SHOWN else ""
    tail = "\n回复序号看详情。"
    if turn.dialogues.current(turn):
        tail = "\n您正在写的内容还在等您，直接回答就好，或回复“继续”再看一遍。"
    else:
        listed(turn, [Show("proposal", p.id or 0) for p in shown])
    turn.say(f"您有{len(proposals)}件提案：\n" + "\n".join(lines) + more + tail)


def _mine(turn: Turn, p: Proposal) -> str:
    body = f"（{author(turn.session, p)}）" if p.organisation else ""
    if p.state is State.DRAFT:
        return f"{named(p)}{body} 草稿，回复“{'集体提案' if body else '继续'}”接着写"
    stands = where_it_stands(turn, p).replace("\n", "；")
    joint = body or ("" if p.proposer == turn.actor.userid else "（联名）")
    return f"{p.number}{named(p)}{joint} {p.state.value}{'：' + stands if stands else ''}"


@router.enter
def greet(turn: Turn) -> None:
    """The first time somebody opens the chat: who we are and what to type. Never again after that."""
    waiting = len(tasks_for(turn.session, turn.actor, turn.rules))
    more = f"有{waiting}件事等您办，请看卡片，或发送“待办”。发送“帮助”看能做什么。" if waiting else _help(turn)
    turn.say(f"{turn.actor.name}，您好，这里是提案通。\n{more}", key=f"hello:{turn.actor.userid}")


@router.command("帮助", "?", "？")
def explain(turn: Turn) -> None:
    """What one can do here, for the roles one has."""
    turn.say(_help(turn))


def _help(turn: Turn) -> str:
    roles = {h.role for h in access.holdings(turn.session, turn.actor.userid)}
    lines = ["发送这些词就行："]
    if "member" in roles:
        lines += [
            "我要提案——开始写，写好的全文可以直接粘贴",
            "我的提案——看每件办到哪一步，“版本”看修改过程",
            "我的草稿、继续——接着写没写完的",
        ]
    if turn.actor.large:
        return "\n".join([*lines, "待办——看等您办的事", "普通字——换回普通字"])
    if "member" in roles:
        lines += ["邀请 姓名——请人联名；也可以发“退出联名”“申请撤案”", "选题——看参考选题，选一个来写"]
    if CONTACT in roles:
        lines += ["集体提案——以单位名义写，可以请委员执笔"]
    if access.OFFICE[Role.STAFF] in roles:
        lines += ["代录——为委员录入纸质提案", "发布选题、选题进度——选题目录"]
        lines += ["五治——按五治归类看提案", "集体提案进度——看哪些组织已交、未交"]
    lines += ["待办——看等您办的事，回复序号打开", "查 词语——找您能看到的提案，例如“查 老旧小区”"]
    lines += ["回答问题时：上一步、撤回、示例、再说一遍、跳过、完、预览、存草稿、取消"]
    if "member" in roles:
        lines += ["写的时候：润色、建议更具体——请教怎么改"]
    if access.may_mark(turn.session, turn.actor):
        lines += ["文字版 姓名、大字 姓名——替看不到卡片、看不清小字的人换"]
    if turn.actor.plain:
        return "\n".join([*lines, "消息里的选项回复数字，也可以打字，例如“签收”“同意”。看得到卡片了回复“卡片版”。"])
    lines += ["字小回复“大字”，看不到卡片回复“文字版”。", "卡片上的按钮也可以直接打字，例如“签收”“同意”。"]
    return "\n".join(lines)
