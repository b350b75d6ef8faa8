"""The life-cycle table as Markdown and Mermaid, for the client to read and sign."""

from collections.abc import Sequence

from models.joint_guards import WITHDRAWABLE
from models.lifecycle import ASSIGNMENT, COMMUNICATION, PROPOSAL, SIGNATURE, WITHDRAWAL, AnyState, Move
from models.states import Handling, Sign, State, Talk, Wish

States = type[State] | type[Handling] | type[Talk] | type[Sign] | type[Wish]
TITLES: tuple[tuple[str, Sequence[Move], States], ...] = (
    ("提案", PROPOSAL, State),
    ("联名", SIGNATURE, Sign),
    ("撤案", WITHDRAWAL, Wish),
    ("承办单位的办理", ASSIGNMENT, Handling),
    ("沟通记录", COMMUNICATION, Talk),
)
FOLLOWS: tuple[tuple[AnyState, AnyState], ...] = (  # what models.lifecycle.derived can lead to (DOMAIN T17–T22)
    (State.HANDLING, State.FILED),
    (State.HANDLING, State.APPRAISING),
    (State.HANDLING, State.REHANDLING),
    (State.HANDLING, State.CLOSED),
    (State.APPRAISING, State.CLOSED),
    (State.APPRAISING, State.REHANDLING),
    (State.REHANDLING, State.HANDLING),
    (State.REHANDLING, State.APPRAISING),
    (State.REHANDLING, State.CLOSED),
    # a first proposer who calls off the co-signing of a proposal that was returned
    (State.COSIGNING, State.RETURNED),
    # a withdrawal that is granted
    *((state, State.WITHDRAWN) for state in WITHDRAWABLE),
    (Sign.INVITED, Sign.TAKEN_BACK),
    (Talk.RECORDED, Talk.ENDED),
    # asked again: on a new text, with more time, or after all
    *((state, Sign.INVITED) for state in Sign if state is not Sign.INVITED),
    (Sign.SIGNED, Sign.TAKEN_BACK),
    # the last co-signer has agreed, or left; the proposal has ended otherwise
    (Wish.CONSENTING, Wish.ASKED),
    (Wish.CONSENTING, Wish.MOOT),
    (Wish.ASKED, Wish.MOOT),
)
DERIVED = """联名人的签名随提案而动：正文实质修改（案由、情况分析、具体建议，空白不计）后全部作废重签；撤回联名、准予撤案时，邀请一并收回。
撤案申请：联名人全部同意（或退出）后由提案委决定；提案已有别的结果的，申请自动作废。准予撤案时，各单位的办理一并解除。
评价：有评价权的人都评过，或期限届满，单位的办理才完成；对结果不满意的按本地规则二次办理。

提案交办以后的状态由各承办单位的办理推出：全部解除则回到“已立案待交办”；有单位二次办理则为“二次办理中”；
应答复的单位全部送达则为“已办复待评价”；全部完成则为“已办结”。"""


def markdown() -> str:
    """All tables with their diagrams."""
    parts = ["# 提案生命周期表", ""]
    for title, moves, states in TITLES:
        parts += [f"## {title}", "", *_rows(moves), "", "```mermaid", *_diagram(moves, states), "```", ""]
    return "\n".join([*parts, DERIVED])


def _rows(moves: Sequence[Move]) -> list[str]:
    rows = ["| 现在 | 谁 | 做什么 | 变为 | 条件 | 通知 |", "| --- | --- | --- | --- | --- | --- |"]
    for move in moves:
        while_ = "、".join(state.value for state in move.while_)
        becomes = move.becomes.value if move.becomes else "不变"
        told = "；".join(f"{role.value}：{notice.value}" for role, notice in move.tells) or "—"
        condition = getattr(move.provided, "stated", "—")
        rows.append(f"| {while_} | {move.who.value} | {move.does.value} | {becomes} | {condition} | {told} |")
    return rows


def _diagram(moves: Sequence[Move], states: States) -> list[str]:
    used = {state for move in moves for state in (*move.while_, move.becomes) if state}
    follows = [pair for pair in FOLLOWS if isinstance(pair[0], states)]
    used |= {state for pair in follows for state in pair}
    names = [f'    state "{state.value}" as {state.name.lower()}' for state in states if state in used]
    arrows = [
        f"    {state.name.lower()} --> {(move.becomes or state).name.lower()}: {move.who.value} {move.does.value}"
        for move in moves
        for state in move.while_
    ]
    whence = "由各单位或撤案推出" if states is State else "随提案而动"
    arrows += [f"    {a.name.lower()} --> {b.name.lower()}: {whence}" for a, b in follows]
    return ["stateDiagram-v2", *names, *arrows]
