"""Alembic's entry: runs on the connection that models/schema.py hands over."""

from typing import Any, Literal

import sqlalchemy as sa
from alembic import context
from sqlalchemy.types import TypeDecorator

from models.schema import METADATA
from models.store.keys import KEYS


def render_item(kind: str, item: Any, autogen: Any) -> str | Literal[False]:
    """Write plain SQL types into migrations: what a model's type becomes later must not change history."""
    if kind == "type" and isinstance(item, TypeDecorator):
        plain = item.impl_instance
        return f"sa.DateTime(timezone={plain.timezone})" if isinstance(plain, sa.DateTime) else f"sa.{plain!r}"
    return False


def include_name(name: str | None, kind: str, parents: Any) -> bool:
    """Tables that no model has: one engine's own for searching, and those that it keeps for itself."""
    return kind != "table" or not (name or "").startswith(KEYS)


connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=METADATA,
    render_as_batch=connection.dialect.name == "sqlite",
    compare_type=True,
    render_item=render_item,
    include_name=include_name,
)
with context.begin_transaction():
    context.run_migrations()
