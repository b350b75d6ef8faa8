"""config.toml, overridden by the environment, becomes one frozen Settings; whatever is wrong with it is said by key, never by value."""

import os
import re
from contextlib import suppress
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, ValidationError, model_validator
from pydantic_core import ErrorDetails
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
    TomlConfigSettingsSource,
)
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from models.rules import Rules

PREFIX = "TIANTONG_"
WORDS = {  # pydantic's error types, by their beginnings
    "missing": "缺少这一项，请补上",
    "int": "应为整数",
    "float": "应为数字",
    "bool": "应为 true 或 false",
    "string_type": "应为文字，请加引号",
    "string_too_short": "不能为空",
    "string_too_long": "不能超过 {max_length} 个字",
    "string_pattern": "格式不对",
    "literal": "只能是 {expected}",
    "greater_than_equal": "不能小于 {ge}",
    "less_than_equal": "不能大于 {le}",
    "too_short": "不能为空",
    "too_long": "最多 {max_length} 项",
    "tuple": "应为列表，例如 [5, 1]",
    "datetime": "应为日期和时刻，例如 2026-01-20T12:00:00",
    "model": "应为一节，例如 [wecom]",
}


class BadConfig(Exception):
    """The configuration cannot be used; `lines` names every key at fault."""

    def __init__(self, lines: list[str]) -> None:
        super().__init__("\n".join(lines))
        self.lines = lines


def _address(url: str) -> str:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        raise ValueError("请写成 https://主机 的样子") from None
    odd = parts.query or parts.fragment or parts.username or re.search(r"\s", url)
    if parts.scheme not in ("http", "https") or not parts.hostname or odd:
        raise ValueError("请写成 https://主机 的样子")
    return url.rstrip("/")


def _address_or_none(url: str) -> str:
    return _address(url) if url else ""


def _database(url: str) -> str:
    kind, _, place = url.partition("://")
    file = place.removeprefix("/")
    if (kind == "sqlite" and place != file != "" and file != ":memory:") or (kind == "postgresql" and place):
        with suppress(ArgumentError, ValueError):  # which would quote a password
            make_url(url)
            return url
    raise ValueError("请写成 sqlite:///文件名 或 postgresql://用户:密码@主机/库名")


def _aes_key(key: SecretStr) -> SecretStr:
    if not re.fullmatch(r"[A-Za-z0-9]{43}", key.get_secret_value()):
        raise ValueError("应为 43 位英文字母或数字")
    return key


def _token(token: SecretStr) -> SecretStr:
    if not re.fullmatch(r"[A-Za-z0-9]{1,32}", token.get_secret_value()):
        raise ValueError("应为 1 至 32 位英文字母或数字")
    return token


def _secret(secret: SecretStr) -> SecretStr:
    if not re.fullmatch(r"\S+", secret.get_secret_value()):
        raise ValueError("不能为空，也不能含空白")
    return secret


Address = Annotated[str, AfterValidator(_address)]


class Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class WeComSettings(Section):
    """The app as its page in WeCom's admin console shows it."""

    corp_id: str = Field(min_length=1, max_length=64)
    agent_id: int = Field(ge=1, le=2**31 - 1)
    secret: Annotated[SecretStr, AfterValidator(_secret)]
    token: Annotated[SecretStr, AfterValidator(_token)]
    encoding_aes_key: Annotated[SecretStr, AfterValidator(_aes_key)]
    api_base: Address = "https://qyapi.weixin.qq.com"
    oauth_base: Address = "https://open.weixin.qq.com"
    stale_after_seconds: int = Field(default=600, ge=1, le=86400)


class ServerSettings(Section):
    host: str = Field(default="127.0.0.1", min_length=1)
    port: int = Field(default=8080, ge=0, le=65535)
    public_url: Address


class DatabaseSettings(Section):
    url: Annotated[str, AfterValidator(_database)] = Field(repr=False)  # may hold a password


class AssistantSettings(Section):
    """A language model behind an OpenAI-compatible address; without an address nothing is sent to anybody."""

    base_url: Annotated[str, AfterValidator(_address_or_none)] = ""
    model: str = Field(default="", max_length=200)
    api_key: SecretStr = SecretStr("")
    time_limit_seconds: int = Field(default=30, ge=1, le=120)

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.base_url and not self.model:
            raise ValueError("写了 base_url 就要写 model，即模型的名称")
        return self

    @property
    def is_on(self) -> bool:
        """Whether there is a model to ask."""
        return bool(self.base_url)


class Settings(BaseSettings):
    """Everything the bot is told from outside. Built in code it takes what it is given; load() reads file and environment."""

    model_config = SettingsConfigDict(
        frozen=True, extra="forbid", strict=True, env_prefix=PREFIX, env_nested_delimiter="__"
    )

    wecom: WeComSettings
    server: ServerSettings
    database: DatabaseSettings
    rules: Rules = Rules()
    assistant: AssistantSettings = AssistantSettings()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """No source but the arguments: what load() has gathered, or what a test hands over."""
        return (init_settings,)


def load(path: Path) -> Settings:
    """The settings in the file, a key in the environment (TIANTONG_WECOM__SECRET) before the same key in the file."""
    if lines := _strange_variables():
        raise BadConfig(lines)
    try:
        given = _laid_over(_read(path), EnvSettingsSource(Settings)())
    except SettingsError as error:  # its cause holds the value
        field = re.search(r'field "(\w+)"', str(error))
        raise BadConfig([f"{field[1] if field else PREFIX}：环境变量里的值无法解读"]) from None
    try:
        return Settings(**given)
    except ValidationError as error:
        lines = [_line(problem) for problem in error.errors(include_url=False, include_input=False)]
    raise BadConfig(lines)


def _read(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise BadConfig([f"{path}：找不到配置文件，请先复制 config.example.toml 再修改"])
    try:
        return TomlConfigSettingsSource(Settings, toml_file=path)()
    except UnicodeDecodeError:
        line = f"{path}：文件不是 UTF-8 编码"
    except ValueError as error:  # TOML's own message may quote the line
        place = re.search(r"line (\d+)", str(error))
        line = f"{path}：第 {place[1]} 行不合 TOML 写法" if place else f"{path}：不合 TOML 写法，请检查文件末尾"
    except OSError:
        line = f"{path}：无法读取，请检查文件权限"
    raise BadConfig([line])


def _strange_variables() -> list[str]:
    lines = []
    for name in sorted(os.environ):
        section, nested, _ = name.upper().removeprefix(PREFIX).lower().partition("__")
        if name.upper().startswith(PREFIX) and nested and section not in Settings.model_fields:
            lines.append(f"{name}：不认识这个环境变量{_perhaps(section, Settings)}")
    return lines


def _laid_over(file: dict[str, Any], environment: dict[str, Any]) -> dict[str, Any]:
    given = dict(file)
    for section, values in environment.items():
        below = given.get(section)
        given[section] = {**below, **values} if isinstance(below, dict) and isinstance(values, dict) else values
    return given


def _line(problem: ErrorDetails) -> str:
    """One problem in words: the key and what is wanted there, nothing of what stands there."""
    return f"{'.'.join(str(part) for part in problem['loc'])}：{_complaint(problem)}"


def _complaint(problem: ErrorDetails) -> str:
    kind, wanted = problem["type"], problem.get("ctx", {})
    if kind == "extra_forbidden":
        *above, name = problem["loc"]
        model: Any = Settings.model_fields[str(above[0])].annotation if above else Settings
        return f"不认识这一项{_perhaps(str(name), model)}"
    if kind == "value_error":
        return str(wanted["error"])
    for start, words in WORDS.items():
        if kind.startswith(start):
            return words.format(**wanted)
    return "值不合要求"


def _perhaps(name: str, model: type[BaseModel]) -> str:
    near = get_close_matches(name, list(model.model_fields), n=1)
    return f"，是否想写 {near[0]}" if near else "，请删去或核对拼写"
