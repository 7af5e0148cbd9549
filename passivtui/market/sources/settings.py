"""Where candles come from and how hard to ask: `[sources]` of settings.toml, over defaults that suit the venues."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from passivtui.errors import ConfigError, Problem, storage_error
from passivtui.exchanges.venues import VENUES

#: One server that stands in for every archive and API: `URL/archive/binance`, `URL/api/binance`, …
SERVER_VARIABLE = "PASSIVTUI_SOURCES"

_ARCHIVES = ("binance", "bybit", "bitget")
_APIS = tuple(name for name, venue in VENUES.items() if venue.ccxt_id)


@dataclass(frozen=True, slots=True)
class SourceSettings:
    """Base URLs without a trailing slash, and the limits of asking, each per host.

    `apis` replaces scheme and host of a venue's API (path kept behind it); a venue that is not in it is asked itself.
    `ranking` is where coins are ranked by their market value.
    """

    archives: Mapping[str, str] = field(
        default_factory=lambda: {
            "binance": "https://data.binance.vision",
            "bybit": "https://public.bybit.com",
            "bitget": "https://img.bitgetimg.com",
        }
    )
    apis: Mapping[str, str] = field(default_factory=dict)
    ranking: str = "https://api.coingecko.com/api/v3"
    connections: int = 4
    requests_per_second: float = 8.0
    attempts: int = 6
    timeout_seconds: float = 60.0
    coins_at_once: int = 3

    def served_by(self, base: str) -> SourceSettings:
        """These settings with one server in place of every archive and API."""
        base = base.rstrip("/")
        return replace(
            self,
            archives={name: f"{base}/archive/{name}" for name in _ARCHIVES},
            apis={name: f"{base}/api/{name}" for name in _APIS},
            ranking=f"{base}/ranking",
        )


def load_source_settings(path: Path, environment: Mapping[str, str] | None = None) -> SourceSettings:
    """`[sources]` of the file at `path` (a missing file: defaults), then the environment. Raises ConfigError."""
    problems: list[Problem] = []
    settings = _from_table(_table(path), str(path), problems)
    server = (os.environ if environment is None else environment).get(SERVER_VARIABLE, "")
    if server and not _is_url(server):
        problems.append(Problem(SERVER_VARIABLE, server, _URL_WANTED, "environment"))
    if problems:
        raise ConfigError(str(problems[0]), problems)
    return settings.served_by(server) if server else settings


_URL_WANTED = "must be a URL such as https://mirror.example/candles"
_NUMBERS: Mapping[str, tuple[type, float, float]] = {
    "connections": (int, 1, 64),
    "requests_per_second": (float, 0.01, 10_000),
    "attempts": (int, 1, 100),
    "timeout_seconds": (float, 0.05, 3600),
    "coins_at_once": (int, 1, 64),
}


def _table(path: Path) -> Mapping[str, Any]:
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8")).get("sources", {})
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise storage_error("read", path, error) from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"{path} is not valid TOML ({error}); repair or delete it") from error
    if isinstance(table, dict):
        return table
    problem = Problem("sources", str(table), "must be a table, [sources]", str(path))
    raise ConfigError(str(problem), [problem])


def _from_table(table: Mapping[str, Any], file: str, problems: list[Problem]) -> SourceSettings:
    settings = SourceSettings()
    archives, apis = dict(settings.archives), dict(settings.apis)
    ranking = {"": settings.ranking}
    urls = {"ranking_api": (ranking, "")}
    urls |= {f"{name}_archive": (archives, name) for name in _ARCHIVES}
    urls |= {f"{name}_api": (apis, name) for name in _APIS}
    numbers: dict[str, Any] = {}
    for key, value in table.items():
        if key in urls:
            if isinstance(value, str) and _is_url(value):
                group, name = urls[key]
                group[name] = value.rstrip("/")
            else:
                problems.append(Problem(f"sources.{key}", repr(value), _URL_WANTED, file))
        elif key in _NUMBERS:
            kind, low, high = _NUMBERS[key]
            fits = isinstance(value, int if kind is int else (int, float)) and not isinstance(value, bool)
            if fits and low <= value <= high:
                numbers[key] = kind(value)
            else:
                form = "a whole number" if kind is int else "a number"
                problems.append(
                    Problem(f"sources.{key}", repr(value), f"must be {form} from {low:g} to {high:g}", file)
                )
        else:
            near = get_close_matches(key, [*urls, *_NUMBERS], n=1)
            hint = f"; did you mean {near[0]}?" if near else ""
            problems.append(Problem(f"sources.{key}", "", f"unknown setting{hint}", file))
    return replace(settings, archives=archives, apis=apis, ranking=ranking[""], **numbers)


def _is_url(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and not parts.query and not parts.fragment
    except ValueError:
        return False
