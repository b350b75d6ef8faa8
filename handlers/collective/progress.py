"""集体提案进度: which organisations have handed in theirs, which have not, and the share against the target."""

from collections.abc import Sequence

from sqlmodel import Session

from bot.router import Router
from bot.turn import Turn
from bot.wecom.messages import link
from handlers.cards.told import left
from models import access, collective
from models.deadlines import day_of
from models.errors import Refused
from models.people import Person
from models.quota import GROUPS, Owing, filed, quotas

router = Router()
SHOWN = 12


def percent(part: int, whole: int) -> str:
    """27%; a dash where there is nothing to divide by."""
    return f"{round(100 * part / whole)}%" if whole else "—"


@router.command("集体提案进度", "集体进度")
def progress(turn: Turn) -> None:
    """For the office all of them; for a head or contact, their own."""
    owing = quotas(turn.session, turn.rules)
    if not access.holds_any(turn.session, turn.actor, access.SEES_ALL):
        mine = {body.id for body in collective.spoken_for(turn.session, turn.actor.userid)}
        owing = [one for one in owing if one.organisation.id in mine]
        if not owing:
            raise Refused("集体提案进度由提案委查看。发送“我的提案”看您的提案，“帮助”看能做什么。")
        lines = [f"{one.organisation.name}：应交{one.quota}件，已交{one.done}件" for one in owing]
        turn.say("\n".join([*lines, *until(turn)]))
        return
    if not owing:
        raise Refused("名单里还没有集体组织，请在名单的“集体组织”表里填写后导入。")
    page = link(turn.url("p/collective"), "看全部名单")
    turn.say("\n".join([*summary(turn, owing), *_missing(turn.session, owing), page]))


def until(turn: Turn) -> list[str]:
    """Until when, if anybody has said."""
    end = turn.rules.collective_end
    return [f"征集截止：{left(day_of(end), turn.today)}"] if end else []


def summary(turn: Turn, owing: Sequence[Owing]) -> list[str]:
    """The figures, numerator and denominator beside each other (SEEDS A16–A18)."""
    done = sum(not one.missing for one in owing)
    groups = [
        f"{name}{sum(not one.missing for one in theirs)}/{len(theirs)}"
        for name, kinds in GROUPS.items()
        if (theirs := [one for one in owing if one.organisation.kind in kinds])
    ]
    return [
        f"集体提案进度（{turn.rules.term_session}）",
        f"{len(owing)}个组织，{done}个已交齐（{percent(done, len(owing))}）：{'，'.join(groups)}",
        share(turn.session, turn),
        *until(turn),
    ]


def share(session: Session, turn: Turn) -> str:
    """立案30件，其中集体8件，占27%，目标30%."""
    together, whole = filed(session, turn.rules)
    target = turn.rules.collective_ratio_percent
    short = "" if not whole or 100 * together >= target * whole else "，未到目标"
    return f"已立案{whole}件，其中集体提案{together}件，占{percent(together, whole)}，目标{target}%{short}"


def _missing(session: Session, owing: Sequence[Owing]) -> list[str]:
    late = [one for one in owing if one.missing]
    if not late:
        return ["全部交齐。"]
    names = [
        f"{one.organisation.name}（{session.get_one(Person, one.organisation.head).name}）" for one in late[:SHOWN]
    ]
    more = f"等{len(late)}个" if len(late) > SHOWN else ""
    return [f"还没有交齐：{'、'.join(names)}{more}"]
