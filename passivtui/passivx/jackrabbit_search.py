"""What a Jackrabbit search over ticks works on, and one iteration of it (`spec/passivx.md` §5)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from passivtui.config.document import read_document
from passivtui.config.findings import Findings
from passivtui.errors import ConfigError
from passivtui.passivx.jackrabbit import Candidate, strategy_of
from passivtui.passivx.markets import TickMarket, known_of
from passivtui.passivx.model import LiveSettings, Loaded, SessionSettings, TickBacktest
from passivtui.passivx.parameters import BY_NAME, LIVE, MARKET, SESSION
from passivtui.passivx.reading import read_values, with_sets
from passivtui.passivx.settings import (
    find_candidate,
    is_session,
    load_live_settings,
    read_session_settings,
    with_accounting,
)

_SETTABLE: Final = (*(param.name for param in (*SESSION, *MARKET)), "accounting")


@dataclass(frozen=True, slots=True)
class Search:
    """What a search works on. `start`: live settings whose strategy is tried first, None for a random one."""

    session: SessionSettings
    market: TickMarket
    start: LiveSettings | None
    accounting: str


@dataclass(frozen=True, slots=True)
class Step:
    """One iteration. `results` is None for a candidate that was tried before, or came to nothing (`note` says why)."""

    k: int
    m: float  # of the mutation that follows
    key: str
    candidate: Candidate
    results: dict[str, Any] | None
    note: str = ""

    @property
    def gain(self) -> float | None:
        """What the balance was multiplied by; None without results."""
        return None if self.results is None else float(self.results["gain"])


def load_search(path: Path, sets: Sequence[str] = ()) -> Loaded[Search]:
    """The search that Passiv-X's backtest settings describe; `sets` are `KEY=VALUE` texts that count before the file.

    Raises ConfigError with all problems together.
    """
    findings = Findings(path.name)
    document = read_document(path, findings)
    if not is_session(document):
        raise ConfigError(
            f"{path} has no ranges to search in; Jackrabbit needs backtest settings of Passiv-X with "
            "ranges = {setting: [low, high, step]}"
        )
    document = with_sets(document, sets, _SETTABLE, findings)
    accounting = read_values(with_accounting(document, path), (BY_NAME["accounting"],), findings)["accounting"]
    session = read_session_settings(document, findings)
    known = known_of(session.exchange, session.symbol)
    market = TickMarket(**read_values({**known, **document}, MARKET, findings))
    findings.raise_if_any()
    notes, start = list(findings.notes), None
    file = find_candidate(path, session.starting_candidate_filepath)
    if file is not None:
        live = load_live_settings(file)
        start, notes = live.settings, [*notes, *live.notes]
    return Loaded(Search(session, market, start, accounting), tuple(dict.fromkeys(notes)))


def best_of(steps: Sequence[Step]) -> Step | None:
    """The first of those with the highest gain."""
    best = None
    for step in steps:
        best = step if is_better(step, best) else best
    return best


def is_better(step: Step, best: Step | None) -> bool:
    """Whether its gain is higher; nothing else counts."""
    gain, highest = step.gain, None if best is None else best.gain
    return gain is not None and (highest is None or gain > highest)


def backtest_of(search: Search, step: Step) -> TickBacktest:
    """The backtest that tells what a candidate is worth."""
    session = search.session
    return TickBacktest(
        name=step.key,
        symbol=session.symbol,
        strategy=strategy_of(step.candidate),
        market=search.market,
        starting_balance=session.starting_balance,
        latency_ms=session.latency_simulation_ms,
        n_days=session.n_days,
        break_on=session.break_on,
        accounting=search.accounting,
    )


def live_settings_of(search: Search, step: Step) -> LiveSettings:
    """Live settings that trade the candidate: the starting ones with its strategy, or Passiv-X's defaults."""
    base = search.start or LiveSettings(
        **{param.name: param.template for param in LIVE}, strategy=strategy_of(step.candidate)
    )
    return replace(
        base,
        config_name=search.session.session_name,
        symbol=search.session.symbol,
        strategy=strategy_of(step.candidate),
        extra=type(base.extra)({**base.extra, "key": step.key}),
    )
