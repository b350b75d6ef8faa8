"""The configuration: the example starts as it stands; whatever is wrong is named by its key and never quoted."""

import os
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from bot.config import AssistantSettings, BadConfig, DatabaseSettings, ServerSettings, Settings, WeComSettings, load
from models.rules import SHANGHAI, Rules, number, term_and_session

EXAMPLE = Path(__file__).parents[2] / "config.example.toml"
SECTIONS = {
    "wecom": WeComSettings,
    "server": ServerSettings,
    "database": DatabaseSettings,
    "assistant": AssistantSettings,
    "rules": Rules,
}


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.upper().startswith("TIANTONG_") and "__" in name:
            monkeypatch.delenv(name)


@pytest.fixture
def config(tmp_path: Path) -> Any:
    """Write the example with some lines replaced, and load it."""

    def write(*replaced: tuple[str, str], more: str = "") -> Settings:
        text = EXAMPLE.read_text(encoding="utf-8")
        for key, line in replaced:
            text, times = re.subn(rf"(?m)^(# )?{re.escape(key)} .*$", line.replace("\\", r"\\"), text)
            assert times == 1, key
        path = tmp_path / "config.toml"
        path.write_text(text + more, encoding="utf-8")
        return load(path)

    return write


def test_the_example_loads_as_it_stands() -> None:
    settings = load(EXAMPLE)
    assert settings.wecom.api_base == settings.wecom.oauth_base == "http://127.0.0.1:8081"
    assert settings.server.public_url == "http://127.0.0.1:8080"
    assert settings.rules == Rules()
    assert settings.wecom.secret.get_secret_value() == "simulator-secret-not-for-production"


def test_the_example_explains_every_key_in_one_line() -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    written = tomllib.loads(re.sub(r"(?m)^# (?=in_session_deadline|collective_deadline)", "", text))
    for section, model in SECTIONS.items():
        assert set(written[section]) == set(model.model_fields)
    for line in text.splitlines():
        if " = " in line and not line.startswith("# 每"):
            assert len(line.removeprefix("# ").split("#", 1)[1].strip()) > 4, line


def test_secrets_do_not_print(config: Any) -> None:
    settings = config(("url", 'url = "postgresql://bot:hunter2@db/tiantong"'))
    assert "hunter2" not in repr(settings)
    assert "simulator-secret" not in repr(settings)
    assert "dGlhbnRv" not in repr(settings)


def test_settings_are_frozen() -> None:
    settings = load(EXAMPLE)
    for section, key in ((settings, "wecom"), (settings.wecom, "agent_id"), (settings.rules, "title_max")):
        with pytest.raises(ValueError, match="frozen"):
            setattr(section, key, None)


def test_the_environment_goes_first(config: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIANTONG_WECOM__SECRET", "from-the-environment")
    monkeypatch.setenv("TIANTONG_WECOM__AGENT_ID", "7")
    monkeypatch.setenv("TIANTONG_RULES__COMM_DURING_FRACTION", "0.5")
    monkeypatch.setenv("TIANTONG_RULES__CO_OPINION_REQUIRED", "true")
    monkeypatch.setenv("TIANTONG_RULES__DUE_MARKS_DAYS", "[10, 2]")
    monkeypatch.setenv("TIANTONG_RULES__IN_SESSION_DEADLINE", "2026-01-20T12:00")
    monkeypatch.setenv("TIANTONG_TEST_POSTGRES_URL", "somebody else's")
    settings = config()
    assert settings.wecom.secret.get_secret_value() == "from-the-environment"
    assert (settings.wecom.agent_id, settings.rules.comm_during_fraction) == (7, 0.5)
    assert settings.rules.co_opinion_required is True
    assert settings.rules.due_marks_days == (10, 2)
    assert settings.rules.in_session_deadline.isoformat() == "2026-01-20T12:00:00+08:00"


def test_a_secret_may_live_in_the_environment_alone(config: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(BadConfig) as missing:
        config(("secret", ""))
    assert missing.value.lines == ["wecom.secret：缺少这一项，请补上"]
    monkeypatch.setenv("TIANTONG_WECOM__SECRET", "0123456789")
    assert config(("secret", "")).wecom.secret.get_secret_value() == "0123456789"


@pytest.mark.parametrize(
    ("key", "line", "said"),
    [
        ("secret", 'secert = "hunter2"', "wecom.secert：不认识这一项，是否想写 secret"),
        ("agent_id", 'agent_id = "hunter2"', "wecom.agent_id：应为整数"),
        ("agent_id", "agent_id = true", "wecom.agent_id：应为整数"),
        ("agent_id", "agent_id = 0", "wecom.agent_id：不能小于 1"),
        ("corp_id", "corp_id = 5", "wecom.corp_id：应为文字，请加引号"),
        ("corp_id", 'corp_id = ""', "wecom.corp_id：不能为空"),
        ("secret", 'secret = "hunter2 "', "wecom.secret：不能为空，也不能含空白"),
        ("token", 'token = "hunter-2"', "wecom.token：应为 1 至 32 位英文字母或数字"),
        ("encoding_aes_key", 'encoding_aes_key = "hunter2"', "wecom.encoding_aes_key：应为 43 位英文字母或数字"),
        (
            "encoding_aes_key",
            f'encoding_aes_key = "hunter2{"=" * 36}"',
            "wecom.encoding_aes_key：应为 43 位英文字母或数字",
        ),
        ("api_base", 'api_base = "hunter2"', "wecom.api_base：请写成 https://主机 的样子"),
        ("api_base", 'api_base = "http://a:hunter2@b"', "wecom.api_base：请写成 https://主机 的样子"),
        ("public_url", 'public_url = "ftp://hunter2"', "server.public_url：请写成 https://主机 的样子"),
        ("public_url", 'public_url = "http://hunter2:99999"', "server.public_url：请写成 https://主机 的样子"),
        ("port", "port = 70000", "server.port：不能大于 65535"),
        ("port", "port = 8080.5", "server.port：应为整数"),
        ("title_max", "title_max = 19", "rules.title_max：不能小于 20"),
        ("co_opinion_required", "co_opinion_required = 1", "rules.co_opinion_required：应为 true 或 false"),
        ("result_scheme", 'result_scheme = "hunter2"', "rules.result_scheme：只能是 'ABC' or 'ABCD'"),
        ("due_marks_days", "due_marks_days = [1, 3]", "rules.due_marks_days：应从大到小排列，不能重复"),
        ("due_marks_days", 'due_marks_days = ["hunter2"]', "rules.due_marks_days.0：应为整数"),
        ("due_marks_days", "due_marks_days = 5", "rules.due_marks_days：应为列表，例如 [5, 1]"),
        ("remind_at", 'remind_at = "24:00"', "rules.remind_at：格式不对"),
        ("term_session", 'term_session = "hunter2"', "rules.term_session：请写成“五届三次会议”的样子"),
        ("serial_template", 'serial_template = "hunter2"', "rules.serial_template：必须含有顺序号，例如 {seq:4}"),
        ("categories", "categories = []", "rules.categories：不能为空"),
        ("categories", 'categories = ["甲", "甲"]', "rules.categories：不能有重复的名称"),
        ("body_warn", "body_warn = 3000", "rules：body_warn 不能大于 body_max"),
        ("handling_months", "handlingmonths = 3", "rules.handlingmonths：不认识这一项，是否想写 handling_months"),
        (
            "in_session_deadline",
            "in_session_deadline = 2026-01-20",
            "rules.in_session_deadline：应为日期和时刻，例如 2026-01-20T12:00:00",
        ),
        (
            "in_session_deadline",
            'in_session_deadline = "hunter2"',
            "rules.in_session_deadline：请写成 2026-01-20T12:00:00 的样子",
        ),
    ],
)
def test_what_is_wrong_is_named_and_never_quoted(config: Any, key: str, line: str, said: str) -> None:
    with pytest.raises(BadConfig) as refused:
        config((key, line))
    assert said in refused.value.lines
    assert all("hunter2" not in text for text in refused.value.lines)
    assert refused.value.__cause__ is None  # nothing that would print the value in a traceback
    assert refused.value.__context__ is None


@pytest.mark.parametrize(
    "url",
    [
        "mysql://bot:hunter2@db/x",
        "sqlite://",
        "sqlite:///",
        "sqlite:///:memory:",
        "postgresql://",
        "postgresql+psycopg2://bot:hunter2@db/x",
        "postgresql://bot:hunter2@db:port/x",
        "hunter2",
        "",
    ],
)
def test_only_two_databases(config: Any, url: str) -> None:
    with pytest.raises(BadConfig) as refused:
        config(("url", f'url = "{url}"'))
    assert refused.value.lines == ["database.url：请写成 sqlite:///文件名 或 postgresql://用户:密码@主机/库名"]


@pytest.mark.parametrize(
    "url",
    ["sqlite:///data/x.db", "sqlite:////var/lib/x.db", "postgresql://u:p@h:5432/d", "postgresql:///d?host=/run/pg"],
)
def test_either_database_may_be_named(config: Any, url: str) -> None:
    assert config(("url", f'url = "{url}"')).database.url == url


def test_several_faults_are_named_at_once(config: Any) -> None:
    with pytest.raises(BadConfig) as refused:
        config(("secret", ""), ("port", 'port = "x"'), more='\n[ruels]\na = "hunter2"\n')
    assert sorted(refused.value.lines) == [
        "ruels：不认识这一项，是否想写 rules",
        "server.port：应为整数",
        "wecom.secret：缺少这一项，请补上",
    ]


def test_a_missing_section_is_named(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("database = 3\n", encoding="utf-8")
    with pytest.raises(BadConfig) as refused:
        load(tmp_path / "config.toml")
    assert sorted(refused.value.lines) == [
        "database：应为一节，例如 [wecom]",
        "server：缺少这一项，请补上",
        "wecom：缺少这一项，请补上",
    ]


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("TIANTONG_WECON__SECRET", "hunter2", "TIANTONG_WECON__SECRET：不认识这个环境变量，是否想写 wecom"),
        ("TIANTONG_WECOM__SECERT", "hunter2", "wecom.secert：不认识这一项，是否想写 secret"),
        ("TIANTONG_SERVER__PORT", "hunter2", "server.port：应为整数"),
        ("TIANTONG_RULES__DUE_MARKS_DAYS", "[hunter2", "rules：环境变量里的值无法解读"),
        ("TIANTONG_WECOM", "{hunter2", "wecom：环境变量里的值无法解读"),
    ],
)
def test_a_bad_variable_is_named(
    config: Any, monkeypatch: pytest.MonkeyPatch, name: str, value: str, said: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(BadConfig) as refused:
        config()
    assert refused.value.lines == [said]
    assert refused.value.__cause__ is None


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b'[wecom]\nsecret = "hunter2\n', "第 2 行不合 TOML 写法"),
        (b'[wecom]\nsecret = "hunter2', "不合 TOML 写法，请检查文件末尾"),
        (b'[wecom]\nsecret = "a"\nsecret = "hunter2"\n', "第 3 行不合 TOML 写法"),
        ("[wecom]\nsecret = '密'".encode("gbk"), "文件不是 UTF-8 编码"),
    ],
)
def test_a_broken_file_is_named_by_its_line(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "config.toml"
    path.write_bytes(content)
    with pytest.raises(BadConfig) as refused:
        load(path)
    assert refused.value.lines == [f"{path}：{said}"]
    assert refused.value.__context__ is None


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadConfig, match="找不到配置文件，请先复制"):
        load(tmp_path / "none.toml")


def test_a_trailing_slash_is_dropped(config: Any) -> None:
    assert config(("public_url", 'public_url = "https://h/app/"')).server.public_url == "https://h/app"


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("{yyyy}{seq:4}", "20260257"),
        ("S{yyyy}{seq:4}", "S20260257"),
        ("{term}{session}{seq:3}", "53257"),
        ("{seq:3}", "257"),
        ("第{seq}号", "第257号"),
        ("{seq:2}", "257"),
    ],
)
def test_numbers_follow_their_template(template: str, expected: str) -> None:
    assert number(template, 2026, 257, 5, 3) == expected
    assert Rules(numbering_template=template).numbering_template == template


@pytest.mark.parametrize("template", ["{yyyy}", "{seq:4}{name}", "{seq:4", "{seq:4}}", "{seq:04}", "", "{{seq}}"])
def test_a_template_must_hold_a_sequence_and_nothing_unknown(template: str) -> None:
    with pytest.raises(ValueError, match="numbering_template"):
        Rules(numbering_template=template)


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("五届三次会议", (5, 3)),
        ("第十届第一次会议", (10, 1)),
        ("十四届委员会第二次全体会议", (14, 2)),
        ("二十一届三次会议", (21, 3)),
        ("15届4次会议", (15, 4)),
    ],
)
def test_term_and_session_are_read(text: str, numbers: tuple[int, int]) -> None:
    assert term_and_session(text) == numbers


@pytest.mark.parametrize("text", ["五三", "届次会议", "五五届三次会议", "十二十届三次会议", "五届三次会议记录"])
def test_an_odd_term_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="五届三次会议"):
        term_and_session(text)


def test_a_deadline_without_a_zone_is_meant_in_shanghai(config: Any) -> None:
    rules = config(("in_session_deadline", "in_session_deadline = 2026-01-20T12:00:00")).rules
    assert rules.in_session_deadline.tzinfo is SHANGHAI
    rules = config(("in_session_deadline", "in_session_deadline = 2026-01-20T04:00:00Z")).rules
    assert rules.in_session_deadline.astimezone(SHANGHAI).hour == 12


def test_every_rule_is_described() -> None:
    for name, field in Rules.model_fields.items():
        assert field.description, name
        assert "〔" in field.description or name == "term_session", name


def test_an_assistant_is_off_unless_it_has_an_address_and_then_needs_a_model(config: Any) -> None:
    assert not load(EXAMPLE).assistant.is_on
    with pytest.raises(BadConfig) as refused:
        config(("base_url", 'base_url = "http://127.0.0.1:8000/v1"'))
    assert refused.value.lines == ["assistant：写了 base_url 就要写 model，即模型的名称"]
    with pytest.raises(BadConfig) as refused:
        config(("base_url", 'base_url = "127.0.0.1:8000"'), ("model", 'model = "local"'))
    assert refused.value.lines == ["assistant.base_url：请写成 https://主机 的样子"]
    settings = config(
        ("base_url", 'base_url = "http://127.0.0.1:8000/v1/"'),
        ("model", 'model = "local"'),
        ("api_key", 'api_key = "hunter2"'),
    )
    assert (settings.assistant.is_on, settings.assistant.base_url) == (True, "http://127.0.0.1:8000/v1")
    assert "hunter2" not in repr(settings)
