"""The candles of a bot's coins: fetched, followed minute by minute, and turned into what the plan is made from."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from typing import Final

from passivtui.clock import DAY_MS, MINUTE_MS
from passivtui.config import Config
from passivtui.errors import VenueError
from passivtui.exchanges.base import Candle as VenueCandle
from passivtui.exchanges.base import Exchange, Market
from passivtui.live.bot.timing import Timing
from passivtui.live.candle_history import Candle, CandleHistory
from passivtui.live.orders import SIDES, Side
from passivtui.live.snapshot import Age, CoinState, Standing

#: How old the newest closed candle of a coin with a position or orders may be.
ACTIVE_LIMIT_MS: Final = 2 * MINUTE_MS
_AT_ONCE: Final = 3  # requests (`spec/live.md` §2.4)
_LEAST_KEPT: Final = 1440


class CandleBook:
    """One history per coin, begun from the venue's candles and kept up to date by `read` and by events."""

    def __init__(self, exchange: Exchange, timing: Timing, config: Config, *, from_first_candle: bool) -> None:
        self._exchange = exchange
        self._timing = timing
        self._config = config
        self._from_first_candle = from_first_candle
        self._histories: dict[str, CandleHistory] = {}
        self._slots = asyncio.Semaphore(_AT_ONCE)

    @property
    def _window_ms(self) -> int:
        return int(self._config.live.ohlcvs_1m_rolling_window_days * DAY_MS)

    def closed_ms(self, coin: str) -> int | None:
        """When the newest candle of the coin closed; None without any."""
        history = self._histories.get(coin)
        return None if history is None else history.closed_ms

    def known(self, coin: str) -> tuple[Candle, ...]:
        """The coin's candles as far back as they are kept, oldest first."""
        history = self._histories.get(coin)
        return () if history is None else history.since(0)

    def price(self, coin: str) -> float | None:
        history = self._histories.get(coin)
        return None if history is None else history.close

    @property
    def histories(self) -> Mapping[str, CandleHistory]:
        """By coin; another object than before where a history began anew."""
        return self._histories

    def due(self, coins: Iterable[str], active: Iterable[str]) -> list[str]:
        """The coins whose candles are to be asked for now: active ones each minute, others after the config's time."""
        minute, patience = self._timing.minute(), self._config.live.ohlcvs_1m_update_after_minutes * MINUTE_MS
        urgent = set(active)

        def is_due(coin: str) -> bool:
            closed = self.closed_ms(coin)
            return closed is None or closed < (minute if coin in urgent else minute - patience)

        return [coin for coin in coins if is_due(coin)]

    async def read(self, coins: Iterable[str], markets: Mapping[str, Market]) -> list[VenueError]:
        """Bring the coins' candles up to date, as far as the venue answers. What it said instead, elsewhere."""
        wanted = [markets[coin] for coin in coins if coin in markets]
        if len(wanted) == 1:
            results: list[VenueError | None] = [await self._caught(wanted[0])]
        else:
            results = await asyncio.gather(*(self._caught(market) for market in wanted))
        return [error for error in results if error is not None]

    async def _caught(self, market: Market) -> VenueError | None:
        try:
            async with self._slots:
                await self._read_one(market)
        except VenueError as error:
            return error
        return None

    async def _read_one(self, market: Market) -> None:
        closed = self.closed_ms(market.coin)
        if closed is None:
            await self._begin(market)
            return
        for candle in await self._exchange.candles_since(market.symbol, closed - MINUTE_MS):
            if self.follow(market.coin, candle) == "revised":
                await self._begin(market)
                return

    async def _begin(self, market: Market) -> None:
        """A history from as far back as the config's window goes, or as the venue's candles do."""
        candles = await self._exchange.candles_since(market.symbol, self._timing.minute() - self._window_ms)
        is_first = bool(candles) and market.listed_ms is not None and candles[0].time_ms <= market.listed_ms + MINUTE_MS
        keep = max(_LEAST_KEPT, len(candles))
        first = self._from_first_candle or is_first
        self._histories[market.coin] = CandleHistory(
            self._config, market.coin, keep_minutes=keep, from_first_trade=first
        )
        for candle in candles:
            self.follow(market.coin, candle)

    def follow(self, coin: str, candle: VenueCandle) -> str:
        """Take in a candle if its minute is over; a history must have begun."""
        history = self._histories.get(coin)
        if history is None or candle.time_ms + MINUTE_MS > self._timing.clock():
            return "unfinished"
        volume = candle.volume * candle.close
        return history.follow(Candle(candle.time_ms, candle.high, candle.low, candle.close, volume))

    def forget(self, coin: str) -> None:
        """Begin the coin's history anew at the next reading."""
        self._histories.pop(coin, None)

    def state(
        self, market: Market, last_fills: Mapping[tuple[str, Side], int], held: set[tuple[str, Side]], *, active: bool
    ) -> CoinState:
        """What a plan needs to know of the coin. Indicators are those of sides; extremes since the last fill only
        matter where something is held, and of an unknown fill 7 days count."""
        now_ms, coin = self._timing.clock(), market.coin
        patience = int(self._config.live.ohlcvs_1m_update_after_minutes * MINUTE_MS)
        limit_ms = ACTIVE_LIMIT_MS if active else ACTIVE_LIMIT_MS + patience
        standing, reason = _standing(market)
        history = self._histories.get(coin)
        if history is None or history.close is None:
            return CoinState(
                market,
                None,
                Age(None, limit_ms),
                standing=standing,
                standing_reason=reason,
                listed_ms=market.listed_ms,
            )
        long, short = (
            history.side(
                side, last_fill_ms=last_fills.get((coin, side)) if (coin, side) in held else now_ms, now_ms=now_ms
            )
            for side in SIDES
        )
        age = history.age(now_ms, limit_ms)
        return CoinState(market, history.close, age, long, short, standing, reason, market.listed_ms)


def _standing(market: Market) -> tuple[Standing, str]:
    if market.ineligible:
        return "ineligible", market.ineligible
    return ("active", "") if market.is_active else ("inactive", "its market is not active")
