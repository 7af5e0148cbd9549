"""What a backtest would run, told before it runs: config, market, coins, dates, and what stands in the way."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from passivtui.backtest.request import date_range
from passivtui.clock import DAY_MS, iso_day, iso_minute
from passivtui.config import LoadedConfig, SideParams, parse_date
from passivtui.errors import ConfigError, Problem
from passivtui.market import DatasetEntry

_COINS_NAMED: Final = 12
_BETWEEN: Final = re.compile(r"\s*\.\.\s*|\s+to\s+|\s+")


@dataclass(frozen=True, slots=True)
class Dates:
    """The dates asked for; None takes the config's."""

    start: str | None = None
    end: str | None = None

    def __str__(self) -> str:
        return f"{self.start or ''} .. {self.end or ''}" if self.start or self.end else ""


@dataclass(frozen=True, slots=True)
class Plan:
    """What would be run, as labelled lines, and what stands in the way (nothing, if it can be run)."""

    lines: tuple[tuple[str, str], ...]
    problems: tuple[str, ...]


def parse_dates(text: str) -> Dates:
    """`2025-01-01 .. 2025-03-01`, either end left out, or nothing at all. Raises ConfigError.

    `..`, `to` or a space may stand between them; a lone date is the start.
    """
    parts = _BETWEEN.split(text.strip()) if text.strip() else []
    if len(parts) > 2:
        problem = Problem("dates", text, "give a start and an end, such as 2025-01-01 .. 2025-03-01")
        raise ConfigError(str(problem), [problem])
    start, end = (*parts, "", "")[:2]
    start_ms = parse_date(start, "start") if start else None
    end_ms = parse_date(end, "end") if end else None
    if start_ms is not None and end_ms is not None and start_ms >= end_ms:
        problem = Problem("start", start, f"must be before the end ({end})")
        raise ConfigError(str(problem), [problem])
    return Dates(start or None, end or None)


def plan_of(config: LoadedConfig, dataset: DatasetEntry, dates: Dates) -> Plan:
    """What a run of `config` on `dataset` over `dates` would be."""
    problems: list[str] = [dataset.problem] if dataset.problem else []
    lines = [
        ("config", config.name),
        ("long", _side_text(config.config.bot.long)),
        ("short", _side_text(config.config.bot.short)),
        ("market", _market_text(config, dataset)),
        ("coins", _coins_text(config, dataset, problems)),
        ("dates", _dates_text(config, dataset, dates, problems)),
        ("balance", _balance_text(config)),
    ]
    lines += [("note", str(note)) for note in config.warnings]
    return Plan(tuple(lines), tuple(problems))


def _side_text(side: SideParams) -> str:
    if not side.is_on:
        return "off"
    positions = "1 position" if side.n_positions == 1 else f"up to {side.n_positions} positions"
    return f"{positions}, total wallet exposure limit {side.total_wallet_exposure_limit:g}"


def _coins_text(config: LoadedConfig, dataset: DatasetEntry, problems: list[str]) -> str:
    if dataset.downloads:
        return _coins_of_exchanges(config)
    wanted = config.config.approved(dataset.coins).union
    missing = [coin for coin in wanted if coin not in dataset.coins]
    if dataset.problem:
        return ", ".join(_some(wanted))
    if not wanted:
        problems.append("no coin is approved: name coins in live.approved_coins")
        return "none"
    if missing:
        problems.append(f"this market has no {', '.join(_some(missing))}; it has {', '.join(_some(dataset.coins))}")
    return f"{', '.join(_some(wanted))} ({len(wanted) - len(missing)} of the market's {len(dataset.coins)})"


def _coins_of_exchanges(config: LoadedConfig) -> str:
    """Which of them the exchanges list is only known when they are asked."""
    if config.config.approves_everything:
        return "all that the exchanges list; that may take long to download"
    return ", ".join(_some(config.config.approved().union))


def _market_text(config: LoadedConfig, dataset: DatasetEntry) -> str:
    if dataset.downloads:
        exchanges = config.config.backtest.exchanges
        how = "combined" if config.config.backtest.combine_ohlcvs else "one run each"
        return f"{', '.join(exchanges)}{f' ({how})' if len(exchanges) > 1 else ''}; missing candles are downloaded"
    return f"{dataset.title}{' (synthetic)' if dataset.synthetic and 'synth' not in dataset.title else ''}"


def _some(coins: tuple[str, ...] | list[str]) -> Iterator[str]:
    yield from coins[:_COINS_NAMED]
    if len(coins) > _COINS_NAMED:
        yield f"{len(coins) - _COINS_NAMED} more"


def _dates_text(config: LoadedConfig, dataset: DatasetEntry, dates: Dates, problems: list[str]) -> str:
    backtest = config.config.backtest
    asked = replace(backtest, start_date=dates.start or backtest.start_date, end_date=dates.end or backtest.end_date)
    try:
        start_ms, end_ms = date_range(replace(config.config, backtest=asked))
    except ConfigError as error:
        problems.append(str(error))
        return f"{asked.start_date} .. {asked.end_date}"
    if dataset.downloads:
        return f"{asked.start_date} .. {asked.end_date}"
    first_ms = dataset.first_ms if start_ms is None else max(start_ms, dataset.first_ms)
    last_ms = dataset.last_ms if end_ms is None else min(end_ms, dataset.last_ms)
    if first_ms > last_ms and not dataset.problem:
        problems.append(
            f"the market holds {iso_minute(dataset.first_ms)} to {iso_minute(dataset.last_ms)} (UTC) only; "
            "choose other dates"
        )
        return f"{asked.start_date} .. {asked.end_date}"
    origin = "as asked for" if dates.start or dates.end else "from the config"
    days = (last_ms - first_ms) / DAY_MS
    return f"{_moment(first_ms)} .. {_moment(last_ms)} UTC, {days:,.1f} days ({origin})"


def _moment(ms: int) -> str:
    """The day alone when it is midnight."""
    return iso_minute(ms) if ms % DAY_MS else iso_day(ms)


def _balance_text(config: LoadedConfig) -> str:
    backtest = config.config.backtest
    held = ", held in BTC" if backtest.use_btc_collateral else ""
    return f"{backtest.starting_balance:,.2f} USD{held}"
