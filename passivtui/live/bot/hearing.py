"""What the venue tells by itself: it completes what the bot knows, and makes it look sooner."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from passivtui.errors import PassivTuiError
from passivtui.exchanges.base import Exchange
from passivtui.exchanges.events import (
    CandleUpdated,
    FillSeen,
    OrderChanged,
    PositionChanged,
    StreamChanged,
    StreamState,
)
from passivtui.live.bot.cycle import Cycle
from passivtui.live.bot.timing import Timing
from passivtui.live.bot.trouble import Troubles

_LISTEN_AGAIN: Final = 5.0  # seconds


class Hearing:
    """Hands each event to the cycle of the moment and calls `wake` when it is worth a look."""

    def __init__(
        self,
        exchange: Exchange,
        timing: Timing,
        troubles: Troubles,
        cycle: Callable[[], Cycle],
        wake: Callable[[], None],
    ) -> None:
        self._exchange = exchange
        self._timing = timing
        self._troubles = troubles
        self._cycle = cycle
        self._wake = wake

    async def listen(self) -> None:
        """Follow what the venue tells, as long as the bot runs; without it, it looks by itself."""
        while True:
            try:
                async for event in self._exchange.events():
                    self._hear(event)
            except PassivTuiError as error:
                self._troubles.count("stream", str(error))
            await self._timing.sleep(_LISTEN_AGAIN)

    def _hear(self, event: object) -> None:
        cycle = self._cycle()
        if isinstance(event, CandleUpdated):
            if not event.is_closed:
                return
            market = cycle.account.markets.get(event.symbol)
            if market is not None and cycle.candles.follow(market.coin, event.candle) == "revised":
                cycle.candles.forget(market.coin)
        elif isinstance(event, FillSeen):
            cycle.account.note_fill(event.fill)
            cycle.account.note_change(event.fill.symbol)
        elif isinstance(event, OrderChanged):
            cycle.account.note_order(event.order)
        elif isinstance(event, PositionChanged):
            cycle.account.note_change(event.symbol)
        elif isinstance(event, StreamChanged) and event.state is not StreamState.UP:
            self._troubles.count("stream", f"{event.stream}: {event.reason or event.state}")
        self._wake()
