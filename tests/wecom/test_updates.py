"""Every sample of the protocol notes comes out as the right type, and one update has one key."""

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.wecom import updates
from bot.wecom.envelope import fields_of
from bot.wecom.updates import (
    Enter,
    File,
    Leave,
    Link,
    Location,
    Menu,
    Picture,
    Press,
    Subscribe,
    Text,
    Unknown,
    Video,
    Voice,
)
from tests.wecom.conftest import PROTOCOL, VECTORS

PLAIN = PROTOCOL / "callback" / "plain"
AGENT = VECTORS["agentid"]
CHEN = ("chen_b07", 1795305610, AGENT)
TAP = ("chen_b07", 1795305620, AGENT)


def sample(name: str) -> dict[str, Any]:
    fields = fields_of((PLAIN / f"{name}.xml").read_text("utf-8"))
    assert json.loads(json.dumps(fields)) == fields
    return fields


TYPED: dict[str, tuple[type[updates.Update], dict[str, Any]]] = {
    "msg_text": (Text, {"text": "查 T-0412"}),
    "msg_image": (Picture, {"media_id": "in-img-01"}),
    "msg_voice": (Voice, {"media_id": "in-amr-01", "format": "amr"}),
    "msg_video": (Video, {"media_id": "in-mp4-01", "thumb_media_id": "in-thm-01"}),
    "msg_location": (Location, {}),
    "msg_link": (Link, {}),
    "UNVERIFIED_msg_file": (File, {"media_id": "in-fil-01", "file_name": "说明.pdf"}),
    "event_subscribe": (Subscribe, {}),
    "event_unsubscribe": (Leave, {}),
    "event_enter_agent": (Enter, {}),
    "event_click": (Menu, {}),
    "event_template_card_event_button": (
        Press,
        {
            "event_key": "v1.accept.0412",
            "task_id": "T-0412@b1",
            "response_code": "rC-ev-001",
            "card_type": "button_interaction",
            "selected": {"q.unit": ("u2",)},
        },
    ),
    "event_template_card_event_multiple": (Press, {"selected": {"q.unit": ("u1",), "q.due": ("d60",)}}),
    "event_template_card_event_vote": (Press, {"selected": {"q.sat": ("a", "b")}}),
    "event_template_card_menu_event": (Press, {"event_key": "act.mute", "card_type": "text_notice", "selected": {}}),
    "legacy_event_taskcard_click": (
        Press,
        {"event_key": "k1", "task_id": "old-1", "response_code": "", "agent_id": AGENT},
    ),
}
UNTYPED = {
    "event_LOCATION": "event.LOCATION",
    "event_batch_job_result": "event.batch_job_result",
    "event_change_contact_create_party": "event.change_contact.create_party",
    "event_change_contact_create_user": "event.change_contact.create_user",
    "event_change_contact_delete_party": "event.change_contact.delete_party",
    "event_change_contact_delete_user": "event.change_contact.delete_user",
    "event_change_contact_update_party": "event.change_contact.update_party",
    "event_change_contact_update_tag": "event.change_contact.update_tag",
    "event_change_contact_update_user": "event.change_contact.update_user",
    "event_close_inactive_agent": "event.close_inactive_agent",
    "event_inactive_alert": "event.inactive_alert",
    "event_location_select": "event.location_select",
    "event_open_approval_change": "event.open_approval_change",
    "event_pic_photo_or_album": "event.pic_photo_or_album",
    "event_pic_sysphoto": "event.pic_sysphoto",
    "event_pic_weixin": "event.pic_weixin",
    "event_reopen_inactive_agent": "event.reopen_inactive_agent",
    "event_scancode_push": "event.scancode_push",
    "event_scancode_waitmsg": "event.scancode_waitmsg",
    "event_share_agent_change": "event.share_agent_change",
    "event_share_chain_change": "event.share_chain_change",
    "event_view": "event.view",
    "event_view_miniprogram": "event.view_miniprogram",
}


def test_no_sample_is_left_out() -> None:
    assert {path.stem for path in PLAIN.glob("*.xml")} == TYPED.keys() | UNTYPED.keys()
    assert len(TYPED) + len(UNTYPED) == 39


@pytest.mark.parametrize("name", TYPED)
def test_a_sample_gets_its_type(name: str) -> None:
    kind, expected = TYPED[name]
    update = updates.parse(sample(name))
    assert type(update) is kind
    assert {field: getattr(update, field) for field in expected} == expected
    assert (update.person, update.at, update.agent_id) == (CHEN if "msg" in name else TAP)


@pytest.mark.parametrize("name", UNTYPED)
def test_what_needs_no_answer_is_unknown(name: str) -> None:
    update = updates.parse(sample(name))
    assert isinstance(update, Unknown)
    assert update.kind == UNTYPED[name]


def test_every_sample_has_a_key_of_its_own() -> None:
    keys = {updates.key_of(sample(name)) for name in TYPED | UNTYPED}
    assert len(keys) == 39
    assert all(len(key) <= 41 for key in keys)


@pytest.mark.parametrize("part", ["FromUserName", "CreateTime", "EventKey", "TaskId", "ResponseCode"])
def test_two_taps_are_two_and_a_repetition_is_one(part: str) -> None:
    fields = sample("event_template_card_event_button")
    assert updates.key_of(dict(reversed(fields.items()))) == updates.key_of(fields)
    assert updates.key_of(fields | {part: "17"}) != updates.key_of(fields)


def test_a_message_is_known_by_its_number_alone() -> None:
    fields = sample("msg_text")
    assert updates.key_of(fields) == updates.key_of(fields | {"Content": "别的"}) == "m7501000000000000001"
    assert updates.key_of(fields | {"MsgId": "1" * 33}) != updates.key_of(fields | {"MsgId": "1" * 34})


@pytest.mark.parametrize(
    "items",
    [None, "", {}, {"SelectedItem": None}, {"SelectedItem": {"QuestionKey": "q", "OptionIds": None}}, ["x", None]],
)
def test_nothing_selected_in_any_spelling(items: Any) -> None:
    press = updates.parse(sample("event_template_card_event_button") | {"SelectedItems": items})
    assert isinstance(press, Press)
    assert not any(press.selected.values())


JSON = st.recursive(
    st.none() | st.text(max_size=8),
    lambda below: st.lists(below, max_size=3) | st.dictionaries(st.text(max_size=4), below, max_size=3),
)
NAMES = [
    "FromUserName",
    "CreateTime",
    "MsgType",
    "Event",
    "EventKey",
    "AgentID",
    "MsgId",
    "Content",
    "SelectedItems",
    "ChangeType",
]
KINDS = st.sampled_from(["text", "image", "voice", "video", "file", "location", "link", "event", "new"])
EVENTS = st.sampled_from(["click", "template_card_event", "enter_agent", "subscribe", "unsubscribe", "new"])


@given(st.dictionaries(st.sampled_from(NAMES), JSON), KINDS, EVENTS)
def test_fields_of_any_shape_have_a_key_and_a_type_or_a_plain_refusal(
    fields: dict[str, Any], kind: str, event: str
) -> None:
    assert updates.key_of(fields)
    whole = fields | {"FromUserName": "a", "CreateTime": "1", "MsgType": kind, "Event": event, "AgentID": "1"}
    assert updates.parse(whole).person == "a"
    with contextlib.suppress(ValueError):  # and nothing else
        updates.parse(fields)
