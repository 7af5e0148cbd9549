"""Changes written into a JSON text: values are replaced where they stand; only new or removed keys write it anew."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from json.decoder import scanstring  # type: ignore[attr-defined]
from typing import Any

from passivtui.config.edit.plain_tables import same

_Path = tuple[str, ...]
_SPACE = re.compile(r"[ \t\r\n]*")
_INDENT = re.compile(r"\n([ \t]+)\S")


def edit_json(text: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    """`text`, which means `before`, changed to mean `after`; HJSON that is changed becomes JSON."""
    if same(before, after) and _means(text, after):
        return text
    replaced = list(_replacements((), before, after))
    if None not in replaced:
        edited = _spliced(text, dict(filter(None, replaced)))
        if edited is not None and _means(edited, after):
            return edited
    indent = _INDENT.search(text)
    width: int | str = 4 if indent is None else indent[1] if "\t" in indent[1] else len(indent[1])
    return json.dumps(after, indent=width, ensure_ascii=False, allow_nan=False) + "\n"


def _replacements(
    path: _Path, before: Mapping[str, Any], after: Mapping[str, Any]
) -> Iterator[tuple[_Path, Any] | None]:
    """Values that changed, by path; None for a key that came or went."""
    if before.keys() != after.keys():
        yield None
        return
    for name, value in after.items():
        if isinstance(value, Mapping) and isinstance(before[name], Mapping):
            yield from _replacements((*path, name), before[name], value)
        elif not same(before[name], value):
            yield (*path, name), value


def _spliced(text: str, values: Mapping[_Path, Any]) -> str | None:
    """The text with these values put in; None when it isn't strict JSON or a path isn't in it exactly once."""
    try:
        spans = [(start, end, path) for path, start, end in _spans(text, 0, ()) if path in values]
    except (ValueError, IndexError, RecursionError):
        return None
    if sorted(path for _, _, path in spans) != sorted(values):
        return None
    for start, end, path in sorted(spans, reverse=True):
        text = text[:start] + json.dumps(values[path], ensure_ascii=False, allow_nan=False) + text[end:]
    return text


def _spans(text: str, start: int, path: _Path) -> Iterator[tuple[_Path, int, int]]:
    """Path, start and end of every value, an object after what it holds. Raises ValueError where it isn't JSON."""
    at = _skip(text, start)
    if text[at] != "{":
        _, end = json.JSONDecoder().raw_decode(text, at)
        yield path, at, end
        return
    place = _skip(text, at + 1)
    while text[place] != "}":
        if text[place] != '"':
            raise ValueError("no key")
        name, place = scanstring(text, place + 1, True)
        place = _skip(text, place)
        if text[place] != ":":
            raise ValueError("no value")
        for inner in _spans(text, place + 1, (*path, name)):
            yield inner
            place = inner[2]
        place = _skip(text, place)
        if text[place] == ",":
            place = _skip(text, place + 1)
        elif text[place] != "}":
            raise ValueError("no end")
    yield path, at, place + 1


def _skip(text: str, at: int) -> int:
    match = _SPACE.match(text, at)
    return match.end() if match else at


def _means(text: str, table: Mapping[str, Any]) -> bool:
    try:
        return same(json.loads(text), table)
    except ValueError:
        return False
