"""The candle store as a market: one venue, or several with the best venue for each coin (`spec/data.md` §3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from passivtui.clock import DAY_MS, iso_minute
from passivtui.errors import DataError
from passivtui.exchanges.venues import find_venue
from passivtui.market.align import find_gaps
from passivtui.market.candles import Candles
from passivtui.market.dataset import BITCOIN
from passivtui.market.description import MarketSpec
from passivtui.market.issues import DataIssue
from passivtui.market.store import CandleStore

COMBINED: Final = "combined"
_RATIO_DAYS: Final = 60  # volumes are compared over at most so many days at the end
_NAMED: Final = 12


@dataclass(frozen=True, slots=True)
class StoredRequest:
    """What of the store is meant: `exchanges` in the config's order, coins sorted, both ends included (ms).

    `listed_ms`: open time of each coin's first candle on any venue, where it is known; a coin is looked at from when it
    is `minimum_age_ms` old.
    """

    exchanges: tuple[str, ...]
    coins: tuple[str, ...]
    first_ms: int
    last_ms: int
    gap_tolerance_minutes: float
    listed_ms: Mapping[str, int]
    minimum_age_ms: int = 0

    def start_of(self, coin: str) -> int:
        """From when on the coin's candles count."""
        listed = self.listed_ms.get(coin)
        return self.first_ms if listed is None else max(self.first_ms, listed + self.minimum_age_ms)


@dataclass(frozen=True, slots=True, eq=False)
class _Candidate:
    """One coin at one venue: what decides between venues, and its volume in quote of each of the last days."""

    exchange: str
    n_candles: int
    longest_gap: int  # minutes
    missing: int
    volume: float
    daily: Mapping[int, float]

    def rank(self, tolerance: float) -> tuple[bool, int, int, float]:
        """To be compared: venues without too long a gap first, then most candles, fewest gaps, highest volume."""
        return self.longest_gap <= tolerance, self.n_candles, -self.missing, self.volume


@dataclass(frozen=True, slots=True)
class Choice:
    """The venue that a coin's candles are taken from, and what its volumes are multiplied by."""

    exchange: str
    factor: float = 1.0


class StoredMarket:
    """A `CandleSource` over the store. Which venue serves a coin is found out when candles are first read."""

    def __init__(self, store: CandleStore, request: StoredRequest) -> None:
        self._store = store
        self._request = request
        self._issues: dict[str, list[DataIssue]] = {}

    # ---- what it is

    @property
    def name(self) -> str:
        return " + ".join(self._request.exchanges)

    @property
    def exchange(self) -> str:
        """The venue, or "combined" when there are several."""
        return self._request.exchanges[0] if len(self._request.exchanges) == 1 else COMBINED

    @property
    def market_type(self) -> str:
        return "linear_perpetual"

    @property
    def quote(self) -> str:
        """The quote currency of the first venue."""
        venue = find_venue(self._request.exchanges[0])
        return venue.quote if venue is not None else "USDT"

    @property
    def synthetic(self) -> bool:
        return False

    @property
    def coin_names(self) -> tuple[str, ...]:
        return tuple(sorted({*self._request.coins, *([BITCOIN] if self._has(BITCOIN) else [])}))

    @property
    def first_ms(self) -> int:
        return self._request.first_ms

    @property
    def last_ms(self) -> int:
        return self._request.last_ms

    def require(self, coins: Sequence[str]) -> None:
        """Raise a DataError when nothing at all is stored of the coins; single ones are left out with a warning."""
        if not any(self._has(coin) for coin in coins):
            raise DataError(f"no candles of {self._some(coins)} are stored of {self.name}; download them first")

    def holdings_of(self, coins: Sequence[str]) -> str:
        parts = []
        for coin in coins[:_NAMED]:
            for exchange in self._request.exchanges:
                if (held := self._store.coverage(exchange, coin)) is not None:
                    parts.append(f"{coin} on {exchange} {iso_minute(held.first_ms)} to {iso_minute(held.last_ms)}")
        return f"stored are {', '.join(parts)} (UTC)" if parts else "nothing of it is stored"

    def overlaps(self, coins: Sequence[str], first_ms: int, last_ms: int) -> bool:
        for exchange in self._request.exchanges:
            for coin in coins:
                held = self._store.coverage(exchange, coin)
                if held is not None and held.first_ms <= last_ms and held.last_ms >= first_ms:
                    return True
        return False

    def identity_of(self, coins: Sequence[str]) -> dict[str, Any]:
        """The state of the store for all venues and coins that play a part, also in comparing volumes."""
        request = self._request
        every = sorted({*coins, *request.coins})
        return {
            "store": str(self._store.root),
            "exchanges": request.exchanges,
            "considered": request.coins,
            "listed_ms": dict(sorted(request.listed_ms.items())),
            "markets": {exchange: self._store.markets_stamp(exchange) for exchange in request.exchanges},
            "files": {
                f"{exchange} {coin}": self._store.stamp(exchange, coin, request.first_ms, request.last_ms)
                for exchange in request.exchanges
                for coin in every
            },
        }

    def bytes_of(self, coin: str) -> int:
        held = [self._store.coverage(exchange, coin) for exchange in self._request.exchanges]
        return max((coverage.n_bytes for coverage in held if coverage is not None), default=0)

    # ---- its candles

    def spec_of(self, coin: str) -> MarketSpec:
        """The market at the chosen venue; of coins of which nothing is stored, at the first venue that lists it."""
        choice = self.choices.get(coin)
        exchanges = (choice.exchange,) if choice is not None else self._request.exchanges
        for exchange in exchanges:
            spec = self._markets[exchange].get(coin)
            if spec is not None:
                return replace(spec, listed_ms=self._request.listed_ms.get(coin), maker_fee=_maker_fee(exchange, spec))
        raise DataError(f"the market settings of {coin} on {' and '.join(exchanges)} are unknown; download it again")

    def load(self, coin: str) -> Candles:
        choice = self.choices.get(coin)
        if choice is None:
            return self._store.read(self._request.exchanges[0], coin, 0, -1)
        candles = self._store.read(choice.exchange, coin, self._request.first_ms, self._request.last_ms)
        if choice.factor != 1.0:
            candles = replace(candles, volume=candles.volume * choice.factor)
        return replace(candles, issues=tuple(self._issues.get(coin, ())))

    def load_bitcoin(self) -> Candles:
        """BTC's closes at the venue itself, at binance when there are several (or at the first that has them)."""
        order = sorted(self._request.exchanges, key=lambda name: name != "binance")
        for exchange in order:
            candles = self._store.read(exchange, BITCOIN, self._request.first_ms, self._request.last_ms)
            if len(candles):
                return candles
        raise DataError(f"BTC collateral needs BTC's candles, and none are stored of {self.name}; download BTC")

    @cached_property
    def choices(self) -> Mapping[str, Choice]:
        """The venue of every coin of which candles are stored. With one venue there is nothing to compare."""
        if len(self._request.exchanges) == 1:
            (exchange,) = self._request.exchanges
            return {coin: Choice(exchange) for coin in self.coin_names if coin in self._markets[exchange]}
        candidates = {coin: self._candidates(coin) for coin in self.coin_names}
        tolerance = self._request.gap_tolerance_minutes
        best = {coin: max(found, key=lambda c: c.rank(tolerance)) for coin, found in candidates.items() if found}
        factors = self._factors(candidates, best)
        for coin, chosen in best.items():
            self._note_choice(coin, chosen, candidates[coin], factors[chosen.exchange])
        return {coin: Choice(chosen.exchange, factors[chosen.exchange]) for coin, chosen in best.items()}

    @cached_property
    def _markets(self) -> Mapping[str, Mapping[str, MarketSpec]]:
        return {exchange: self._store.markets(exchange) for exchange in self._request.exchanges}

    def _has(self, coin: str) -> bool:
        return any(self._store.coverage(exchange, coin) is not None for exchange in self._request.exchanges)

    def _candidates(self, coin: str) -> list[_Candidate]:
        """Every venue that lists the coin and has candles of its range."""
        found = []
        start_ms = self._request.start_of(coin)
        for exchange in self._request.exchanges:
            if coin not in self._markets[exchange]:
                continue
            candles = self._store.read(exchange, coin, start_ms, self._request.last_ms)
            if len(candles):
                found.append(_candidate(exchange, candles, self._request.last_ms))
        return found

    def _factors(
        self, candidates: Mapping[str, Sequence[_Candidate]], best: Mapping[str, _Candidate]
    ) -> dict[str, float]:
        """What volumes of each venue are multiplied by: those of the venue of most coins stay as they are."""
        counts = {name: sum(c.exchange == name for c in best.values()) for name in self._request.exchanges}
        reference = max(self._request.exchanges, key=lambda name: counts[name])
        factors = {}
        for exchange in self._request.exchanges:
            factor = 1.0 if exchange == reference else volume_ratio(candidates.values(), reference, exchange)
            if factor is None:
                factor = 1.0
                if counts[exchange]:
                    self._note_incomparable(exchange, reference, best)
            factors[exchange] = factor
        return factors

    def _note_choice(self, coin: str, chosen: _Candidate, others: Sequence[_Candidate], factor: float) -> None:
        rest = [f"{c.exchange} {c.n_candles:,}" for c in others if c is not chosen]
        beside = f" (candles: {chosen.n_candles:,}; {', '.join(rest)})" if rest else ""
        scaled = f"; its volumes times {factor:.4g}" if factor != 1.0 else ""
        self._issue(coin, "info", f"taken from {chosen.exchange}{beside}{scaled}")

    def _note_incomparable(self, exchange: str, reference: str, best: Mapping[str, _Candidate]) -> None:
        for coin in (coin for coin, chosen in best.items() if chosen.exchange == exchange):
            self._issue(
                coin, "warning", f"volumes of {exchange} can't be compared with those of {reference}: no coin on both"
            )

    def _issue(self, coin: str, severity: Any, message: str) -> None:
        self._issues.setdefault(coin, []).append(DataIssue(severity, coin, message))

    @staticmethod
    def _some(coins: Sequence[str]) -> str:
        return ", ".join(coins[:_NAMED]) + (f" and {len(coins) - _NAMED} more" if len(coins) > _NAMED else "")


def _maker_fee(exchange: str, spec: MarketSpec) -> float:
    """Some venues tell fees that nobody pays; backtests then use what Passivbot does (`exchanges/venues.py`)."""
    venue = find_venue(exchange)
    fee = venue.backtest_maker_fee if venue is not None else None
    return spec.maker_fee if fee is None else fee


def _candidate(exchange: str, candles: Candles, last_ms: int) -> _Candidate:
    volumes = candles.volume * candles.close
    gaps = find_gaps(candles)
    return _Candidate(
        exchange,
        len(candles),
        max((gap.minutes for gap in gaps), default=0),
        sum(gap.missing for gap in gaps),
        float(volumes.sum()),
        _daily(candles.timestamp_ms, volumes, last_ms // DAY_MS - _RATIO_DAYS + 1),
    )


def _daily(times: NDArray[np.int64], volumes: NDArray[np.float64], first_day: int) -> dict[int, float]:
    days = times // DAY_MS
    late = days >= first_day
    if not late.any():
        return {}
    unique, place = np.unique(days[late], return_inverse=True)
    sums = np.bincount(place, weights=volumes[late])
    return {int(day): float(total) for day, total in zip(unique, sums, strict=True)}


def volume_ratio(coins: Any, numerator: str, denominator: str) -> float | None:
    """Σ daily volume at one venue / the same at another, over coins and days that both have; None without any."""
    above = below = 0.0
    for candidates in coins:
        by_exchange = {c.exchange: c.daily for c in candidates}
        first, second = by_exchange.get(numerator, {}), by_exchange.get(denominator, {})
        for day in first.keys() & second.keys():
            above += first[day]
            below += second[day]
    return above / below if above > 0.0 and below > 0.0 else None
