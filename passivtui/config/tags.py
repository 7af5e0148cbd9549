"""The tags of the home's configs, in a file beside them: a config may be of any form, its text stays its owner's."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

from passivtui.errors import StorageError, storage_error
from passivtui.files import write_atomically
from passivtui.paths import Home
from passivtui.tags import tidy_tags


def read_tags(home: Home) -> dict[str, tuple[str, ...]]:
    """Tags by file name (`mine.toml`). A missing file means none. Raises StorageError."""
    path = home.config_tags
    try:
        table = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise storage_error("read", path, error) from error
    except ValueError as error:
        raise StorageError(f"{path} is not valid JSON ({error}); repair or delete it") from error
    if not isinstance(table, dict):
        raise StorageError(f"{path} must hold a table of file names and their tags; repair or delete it")
    return {
        str(name): tidy_tags(str(tag) for tag in tags)
        for name, tags in table.items()
        if isinstance(tags, list) and tags
    }


def write_tags(home: Home, name: str, tags: Iterable[str]) -> tuple[str, ...]:
    """Replace the tags of a config's file; none takes it out of the table. Returns them tidied. Raises StorageError."""
    table = read_tags(home)
    tidy = tidy_tags(tags)
    table[name] = tidy
    _write(home, table)
    return tidy


def move_tags(home: Home, old: str, new: str) -> None:
    """The tags of a renamed file. Raises StorageError."""
    table = read_tags(home)
    if old in table:
        table[new] = table.pop(old)
        _write(home, table)


def _write(home: Home, table: Mapping[str, tuple[str, ...]]) -> None:
    kept = {name: list(tags) for name, tags in sorted(table.items()) if tags}
    write_atomically(home.config_tags, json.dumps(kept, indent=1, ensure_ascii=False) + "\n")
