"""Changes written into a TOML text: what isn't changed stays as it is, to the byte, comments included."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from typing import TYPE_CHECKING, Any

from passivtui.config.edit.plain_tables import same

if TYPE_CHECKING:
    from tomlkit.container import Container

_Add = Callable[[Any, str, Any], None]


def edit_toml(text: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> str | None:
    """`text`, which means `before`, changed to mean `after`; None when that can't be done line by line.

    New keys stand behind the last key of their table, above comments that announce what follows.
    """
    if same(before, after):
        return text
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    for add in (_add_behind_last, _add):
        try:
            document = tomlkit.parse(text)
            _apply(document, before, after, add)
            edited = tomlkit.dumps(document)
        except (TOMLKitError, TypeError, ValueError, AttributeError):
            continue  # a shape that tomlkit can't change in place
        if _means(edited, after):
            return edited
    return None


def _apply(table: Any, before: Mapping[str, Any], after: Mapping[str, Any], add: _Add) -> None:
    for name in before:
        if name not in after:
            del table[name]
    for name, value in after.items():
        if name not in before:
            add(table, name, value)
        elif isinstance(value, Mapping) and isinstance(before[name], Mapping):
            _apply(table[name], before[name], value, add)
        elif not same(before[name], value):
            table[name] = value


def _add(table: Any, name: str, value: Any) -> None:
    table[name] = value


def _add_behind_last(table: Any, name: str, value: Any) -> None:
    """Put a plain value behind the table's last plain value; tables go where tomlkit puts them."""
    from tomlkit import item
    from tomlkit.items import AoT, Table

    last = None
    if isinstance(table, Table) and not isinstance(value, Mapping):
        container: Container = table.value
        plain = [key for key, entry in container.body if key is not None and not isinstance(entry, (Table, AoT))]
        last = plain[-1] if plain else None
    if last is None:
        _add(table, name, value)
    else:
        # tomlkit's public append would put the key below the comments that belong to the next table
        container._insert_after(last, name, item(value))


def _means(text: str, table: Mapping[str, Any]) -> bool:
    """Whether reading the text gives the table."""
    import tomli

    try:
        return same(_as_read(tomli.loads(text)), table)
    except (tomli.TOMLDecodeError, ValueError, RecursionError):
        return False


def _as_read(value: Any) -> Any:
    """As `document.read_document` gives it: dates as texts; numbers that no config may hold as their names."""
    if isinstance(value, dict):
        return {name: _as_read(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_as_read(item) for item in value]
    if isinstance(value, (datetime, date, time)):
        return value.isoformat()
    if isinstance(value, float) and value - value != 0.0:
        return str(value)
    return value
