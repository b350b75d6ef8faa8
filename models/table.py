"""The life-cycle table as Markdown and Mermaid, for the client to read and sign."""

from collections.abc import Sequence

from models.lifecycle import ASSIGNMENT, COMMUNICATION, PROPOSAL, Move
from models.states import Handling, State, Talk

TITLES: tuple[tuple[str, Sequence[Move], type[State] | type[Handling] | type[Talk]], ...] = (
    ("提案", PROPOSAL, State),
    ("承办单位的办理", ASSIGNMENT, Handling),
    ("沟通记录", COMMUNICATION, Talk),
)
FOLLOWS = (  # what models.lifecycle.derived can lead to (DOMAIN T17–T22)
    (State.HANDLING, State.FILED),
    (State.HANDLING, State.APPRAISING),
    (State.HANDLING, State.REHANDLING),
    (State.HANDLING, State.CLOSED),
    (State.APPRAISING, State.CLOSED),
    (State.APPRAISING, State.REHANDLING),
    (State.REHANDLING, State.HANDLING),
    (State.REHANDLING, State.APPRAISING),
    (State.REHANDLING, State.CLOSED),
)
DERIVED = """提案交办以后的状态由各承办单位的办理推出：全部解除则回到“已立案待交办”；有单位二次办理则为“二次办理中”；
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


def _diagram(moves: Sequence[Move], states: type[State] | type[Handling] | type[Talk]) -> list[str]:
    used = {state for move in moves for state in (*move.while_, move.becomes) if state}
    used |= {state for pair in FOLLOWS for state in pair} if states is State else set()
    names = [f'    state "{state.value}" as {state.name.lower()}' for state in states if state in used]
    arrows = [
        f"    {state.name.lower()} --> {(move.becomes or state).name.lower()}: {move.who.value} {move.does.value}"
        for move in moves
        for state in move.while_
    ]
    if states is State:
        arrows += [f"    {a.name.lower()} --> {b.name.lower()}: 由各单位推出" for a, b in FOLLOWS]
    return ["stateDiagram-v2", *names, *arrows]
