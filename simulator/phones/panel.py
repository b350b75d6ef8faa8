"""The developer's panel: what went over the wire, what was wrong with it, and how the platform shall behave."""

from collections.abc import Iterable
from dataclasses import fields
from typing import Any, Literal, get_args, get_origin, get_type_hints

from aiohttp import web

from simulator.phones import view
from simulator.phones.doors import Trouble, asked, words
from simulator.platform import Platform
from simulator.switches import EVERY_CALL, Outage, Switches

# field of Switches -> what it is called on the screen; a field that is missing here shows under its own name
NAMES = {
    "passive_card_reply": "点击卡片时的被动回复",
    "retry_on_status": "非 200 应答也重推",
    "retries": "重推次数",
    "retry_spacing": "重推间隔（秒）",
    "reencrypt_retries": "重推时换随机串与密文",
    "deadline": "回调时限（秒）",
    "duplicates": "每个回调多推几次",
    "duplicates_at_once": "重复的回调同时到达",
    "order": "回调的先后",
    "strict_verification": "严格验证回调地址",
    "verification_deadline": "验证回调地址的时限（秒）",
    "reports_enter": "上报进入应用事件",
    "inbound_file": "成员发文件时推送",
    "selected_items": "没有选择项时的 SelectedItems",
    "tap_again": "卡片更新前可再次点击",
    "response_code_hours": "response_code 有效期（小时）",
    "response_code_once": "response_code 只能用一次",
    "event_code_scope": "点击所得 code 的更新范围",
    "update_without_receivers": "更新卡片未写接收人",
    "task_id_once": "task_id 不可重复",
    "callback_needed": "回调卡片须先设回调地址",
    "member_limits": "每人每分钟 30 条、每小时 1000 条",
    "accounts_limit": "账号数上限（每日人次 = ×200）",
    "byte_truncation": "超长文字自动截断",
    "duplicate_answer": "重复消息的应答",
    "empty_lists": "没有无效接收人时的名单",
    "unlicensed": "没有接口许可的人",
    "out_of_range": "不在可见范围的人",
    "call_limits": "接口频率限制",
    "token": "重复取 access_token",
    "old_token_dies": "新 token 使旧的失效",
    "killed_token_errcode": "token 被作废时的错误码",
    "expired_token_errcode": "token 过期时的错误码",
    "wrong_secrets_until_lock": "密钥错几次后锁定（0：不锁）",
    "trusted_caller": "来源 IP 可信（关：60020）",
    "suspended": "应用被停用（48006）",
    "rfc2231_names_refused": "拒绝 filename*= 写法（44001）",
    "media_days": "素材有效天数",
    "fields_withheld": "通讯录隐去敏感字段",
}
OPTIONS = {
    "ignore": "忽略",
    "honour": "照办",
    "kept": "保持",
    "reversed": "倒序",
    "shuffled": "打乱",
    "none": "什么都没有",
    "text": "文字",
    "file": "文件",
    "absent": "不出现",
    "empty": "空元素",
    "all": "全部接收人",
    "tapper": "仅点击者",
    "refuse": "拒绝（82101）",
    "msgid": "仅首次的 msgid",
    "whole": "首次的完整应答",
    "same": "同一个",
    "new": "新的",
}
FAILURES = ("errcode", "status", "hang", "refuse", "lose_answer")
HIGHEST = 1_000_000


def add_panel(app: web.Application, platform: Platform) -> None:
    """Add the routes of the panel."""
    panel = Panel(platform)
    app.add_routes(
        [
            web.get("/api/calls", panel.calls),
            web.get("/api/calls/{key}", panel.call),
            web.get("/api/callbacks", panel.callbacks),
            web.get("/api/callbacks/{key}", panel.callback),
            web.get("/api/violations", panel.violations),
            web.get("/api/switches", panel.switches),
            web.post("/api/switches", panel.switch),
            web.post("/api/outages", panel.break_down),
            web.post("/api/repair", panel.repair),
            web.post("/api/token/kill", panel.kill_token),
            web.post("/api/callback/verify", panel.verify),
        ]
    )


class Panel:
    """Looks into the platform and turns its switches."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform

    async def calls(self, _: web.Request) -> web.Response:
        """The newest calls, newest first, a line each."""
        return web.json_response({"calls": [view.call_line(call) for call in newest(self._platform.calls)]})

    async def call(self, request: web.Request) -> web.Response:
        """One call with everything it said."""
        call = _found(self._platform.calls, request.match_info["key"])
        both = {"request": view.masked(call.request), "response": view.masked(call.response)}
        return web.json_response(view.call_line(call) | both)

    async def callbacks(self, _: web.Request) -> web.Response:
        """The newest callbacks, newest first, a line each."""
        names = {userid: who.name for userid, who in self._platform.people.items()}
        lines = [view.delivery_line(delivery, names) for delivery in newest(self._platform.callbacks)]
        return web.json_response({"callbacks": lines})

    async def callback(self, request: web.Request) -> web.Response:
        """One callback with its XML."""
        delivery = _found(self._platform.callbacks, request.match_info["key"])
        return web.json_response(view.delivery_line(delivery, {}) | {"xml": delivery.xml})

    async def violations(self, _: web.Request) -> web.Response:
        """What the bot did against the protocol, what was too long for the screen, and what vanished."""
        platform = self._platform
        return web.json_response(
            {
                "count": len(platform.violations),
                "violations": list(newest(platform.violations)),
                "advice": list(newest(platform.advice)),
                "dropped": [view.record(dropped) for dropped in newest(platform.dropped)],
            }
        )

    async def switches(self, _: web.Request) -> web.Response:
        """Every switch with its name, kind, value and default, and the outages that are on."""
        switches = self._platform.switches
        kinds, usual = get_type_hints(Switches), Switches()
        listed = [
            {
                "name": field.name,
                "label": NAMES.get(field.name, field.name),
                "value": _plain(getattr(switches, field.name)),
                "usual": _plain(getattr(usual, field.name)),
                **_kind(kinds[field.name]),
            }
            for field in fields(Switches)
            if field.name != "outages"
        ]
        outages = [_outage(outage) for outage in switches.outages if not outage.cleared.is_set()]
        return web.json_response({"switches": listed, "outages": outages, "every_call": EVERY_CALL})

    async def switch(self, request: web.Request) -> web.Response:
        """Flip one switch: {"name", "value"}."""
        data = await asked(request)
        name, kinds = words(data, "name"), get_type_hints(Switches)
        if name not in kinds or name == "outages":
            raise Trouble("没有这个开关", 404)
        setattr(self._platform.switches, name, _value(kinds[name], data.get("value")))
        return await self.switches(request)

    async def break_down(self, request: web.Request) -> web.Response:
        """Let calls fail: {"call", "how": one of FAILURES, "number", "times"}."""
        data = await asked(request)
        call, how = words(data, "call", EVERY_CALL), words(data, "how")
        times = _value(int, data["times"]) if data.get("times") else None
        switches = self._platform.switches
        if how not in FAILURES or len(call) > 64 or len(switches.outages) >= 50:
            raise Trouble("请选择怎样出错", 400)
        number = data.get("number") if how in ("errcode", "status") else None
        if how == "errcode" and number != -1:  # -1 is the platform's "busy"
            number = _value(int, number)
        if how == "status" and not 400 <= _value(int, number) <= 599:
            raise Trouble("HTTP 状态码应在 400 到 599 之间", 400)
        switches.break_down(
            call,
            errcode=number if how == "errcode" else None,
            status=number if how == "status" else None,
            hang=how == "hang",
            refuse=how == "refuse",
            lose_answer=how == "lose_answer",
            times=times,
        )
        return await self.switches(request)

    async def repair(self, request: web.Request) -> web.Response:
        """End every outage."""
        await asked(request)
        self._platform.switches.repair()
        return await self.switches(request)

    async def kill_token(self, request: web.Request) -> web.Response:
        """End the present access_token before its time."""
        await asked(request)
        self._platform.kill_token()
        return web.json_response({"said": "access_token 已作废，机器人下次调用会收到错误码"})

    async def verify(self, request: web.Request) -> web.Response:
        """Press Save as the administrator would."""
        await asked(request)
        fine = await self._platform.verify_callback()
        return web.json_response({"said": "回调地址验证通过" if fine else "回调地址验证没有通过"})


def newest(things: Iterable[Any]) -> list[Any]:
    """The end of a long list, newest first."""
    return list(things)[-view.LISTED :][::-1]


def _found(things: Iterable[Any], key: str) -> Any:
    for thing in things:
        if f"{id(thing):x}" == key:
            return thing
    raise Trouble("这条记录已经不在了，请刷新列表", 404)


def _plain(value: Any) -> Any:
    return sorted(value) if isinstance(value, set) else value


def _kind(hint: Any) -> dict[str, Any]:
    """How a switch of this type is drawn."""
    if get_origin(hint) is Literal:
        return {"kind": "one", "options": [[option, OPTIONS.get(option, str(option))] for option in get_args(hint)]}
    if get_origin(hint) is set:
        return {"kind": "people"}
    return {"kind": {bool: "yes", int: "whole", float: "number"}[hint]}


def _value(hint: Any, value: Any) -> Any:
    """`value` as a switch of this type takes it; Trouble if it cannot be one."""
    if get_origin(hint) is Literal and value in get_args(hint):
        return value
    if get_origin(hint) is set and isinstance(value, list) and all(isinstance(item, str) for item in value):
        return {item.strip().lower() for item in value if item.strip()}
    if hint is bool and isinstance(value, bool):
        return value
    is_number = isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= HIGHEST
    if hint is float and is_number:
        return float(value)
    if hint is int and is_number and value == int(value):
        return int(value)
    raise Trouble("这个开关不能设成这个值", 400)


def _outage(outage: Outage) -> dict[str, Any]:
    names = ("call", "errcode", "status", "hang", "refuse", "lose_answer", "times", "hits")
    return {name: getattr(outage, name) for name in names}
