"""From a file to plain dicts and lists: TOML, JSON or HJSON, and one clear sentence for everything that can be wrong.

Nothing is known here of what a config means; `load` gives the result its meaning.
"""

from __future__ import annotations

import json
import stat
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

from passivtui.config.findings import Findings
from passivtui.errors import ConfigError, storage_error

LARGEST_FILE = 20 * 1024 * 1024  # bytes; a real config has some thousand
_LARGEST_HJSON = 2 * 1024 * 1024  # its parser is slow
_DEEPEST = 60  # levels of tables and lists; a config has six

Document = dict[str, Any]


def read_text(path: Path, *, may_be_empty: bool = False) -> str:
    """The text of a small UTF-8 file. Raises ConfigError."""
    try:
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            raise ConfigError(f"{path} is a folder; name the config file in it")
        if not stat.S_ISREG(status.st_mode):
            raise ConfigError(f"{path} is not a regular file; name a .toml, .json or .hjson file")
        if status.st_size > LARGEST_FILE:
            raise ConfigError(f"{path} is larger than {LARGEST_FILE // 2**20} MB; that can't be a config")
        content = path.read_bytes()
    except OSError as error:
        raise ConfigError(str(storage_error("read", path, error))) from error
    if b"\0" in content:
        raise ConfigError(f"{path} is a binary file; a config is a text in TOML, JSON or HJSON")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ConfigError(f"{path}, line {line}: the text is not UTF-8; save the file as UTF-8") from None
    if not text.strip() and not may_be_empty:
        raise ConfigError(f"{path} is empty; start from the template config")
    return text


def read_document(path: Path, findings: Findings) -> Document:
    """The table that a config file holds; TOML by its suffix, else JSON with HJSON as the fallback. Raises ConfigError.

    Duplicate keys are noted, values that no config may hold (NaN, infinity, broken text) become problems.
    """
    text = read_text(path)
    try:
        value = _parse(path, text, findings)
    except RecursionError:
        raise ConfigError(f"{path} is nested too deeply to be a config") from None
    if not isinstance(value, dict):
        raise ConfigError(
            f"{path} holds {_kind(value)}, not a config with the sections backtest, bot, live and optimize"
        )
    return _checked(path, value, findings)


def _parse(path: Path, text: str, findings: Findings) -> object:
    suffix = path.suffix.lower()
    if suffix == ".toml" or (suffix not in (".json", ".hjson") and not text.lstrip().startswith(("{", "["))):
        return parse_toml(path, text)
    return parse_json(path, text, findings)


def parse_toml(path: Path, text: str) -> object:
    """Parsed TOML. Raises ConfigError with line and column."""
    import tomli

    try:
        return tomli.loads(text)
    except tomli.TOMLDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise ConfigError(f"{path}, {where}: malformed TOML ({_lower_first(error.msg)})") from None
    except ValueError:
        raise ConfigError(f"{path}: malformed TOML (a number has too many digits)") from None


def parse_json(path: Path, text: str, findings: Findings) -> object:
    """Parsed JSON, or HJSON where it isn't JSON. Raises ConfigError that tells of the error that is further down."""
    pairs = _DuplicateKeys(findings)
    try:
        return json.loads(text, object_pairs_hook=pairs)
    except json.JSONDecodeError as error:
        json_error = error
    except ValueError:
        raise ConfigError(f"{path}: malformed JSON (a number has too many digits)") from None
    if len(text) > _LARGEST_HJSON:
        raise _malformed(path, "JSON", json_error.lineno, json_error.colno, json_error.msg)
    pairs.forget()
    import hjson

    try:
        return hjson.loads(text, object_pairs_hook=pairs)
    except hjson.HjsonDecodeError as error:
        pairs.forget()
        if error.pos > json_error.pos or path.suffix.lower() == ".hjson":
            raise _malformed(path, "HJSON", error.lineno, error.colno, error.msg) from None
        raise _malformed(path, "JSON", json_error.lineno, json_error.colno, json_error.msg) from None
    except ValueError:
        raise _malformed(path, "JSON", json_error.lineno, json_error.colno, json_error.msg) from None


def _malformed(path: Path, form: str, line: int, column: int, reason: str) -> ConfigError:
    return ConfigError(f"{path}, line {line}, column {column}: malformed {form} ({_lower_first(reason.rstrip(':'))})")


def _lower_first(text: str) -> str:
    return text[:1].lower() + text[1:]


class _DuplicateKeys:
    """Builds objects from their pairs and notes keys that are given twice (the last one counts)."""

    def __init__(self, findings: Findings) -> None:
        self._findings = findings
        self._before = len(findings.notes)

    def forget(self) -> None:
        """Drop the notes of a parse that failed."""
        del self._findings.notes[self._before :]

    def __call__(self, pairs: list[tuple[str, Any]]) -> Document:
        table = dict(pairs)
        if len(table) < len(pairs):
            seen: set[str] = set()
            for key, _ in pairs:
                if key in seen:
                    self._findings.warn(key, "is given more than once in the same table; the last one counts")
                seen.add(key)
        return table


def _kind(value: object) -> str:
    return {list: "a list", str: "a text", bool: "true or false", type(None): "nothing"}.get(type(value), "a number")


def _checked(path: Path, root: Document, findings: Findings) -> Document:
    """The document with dates as texts; NaN, infinity and broken texts become problems, deep nesting an error."""
    pending: list[tuple[str, Any, int]] = [("", root, 0)]
    while pending:
        where, container, depth = pending.pop()
        if depth > _DEEPEST:
            raise ConfigError(f"{path} is nested too deeply to be a config")
        items = container.items() if isinstance(container, dict) else enumerate(container)
        for name, value in items:
            key = f"{where}.{name}" if where else str(name)
            if isinstance(value, (dict, list)):
                pending.append((key, value, depth + 1))
            elif isinstance(value, (datetime, date, time)):
                container[name] = value.isoformat()
            elif isinstance(value, float) and value - value != 0.0:
                findings.problem(key, str(value), "must be a finite number")
                container[name] = None
            elif isinstance(value, str) and not is_text(value):
                findings.problem(key, value, "holds characters that are no text")
                container[name] = None
            if isinstance(name, str) and not is_text(name):
                raise ConfigError(f"{path}: the name of a key holds characters that are no text")
    return root


def is_text(value: str) -> bool:
    """Whether it can be written as UTF-8: half of a surrogate pair can't."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True
