"""What a bot knows of its account: positions, balance, open orders, fills and realised profits, and how old it is."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Iterable, Mapping
from typing import Final, TypeVar

from passivtui.clock import DAY_MS, MINUTE_MS
from passivtui.exchanges.base import Balance, Exchange, Fill, Market, Order, OrderStatus, Position, RealisedPnl
from passivtui.exchanges.client_ids import is_ours
from passivtui.exchanges.errors import AuthError, RateLimited
from passivtui.live.bot.balance_watch import BalanceWatch
from passivtui.live.bot.timing import Moment, Timing
from passivtui.live.orders import OpenOrder, Side
from passivtui.live.snapshot import AccountAges, PnlHistory
from passivtui.live.snapshot import Position as HeldPosition

#: Beyond these ages nothing is sent (account) or no unstuck order (profits).
ACCOUNT_LIMIT_MS: Final = 30_000
PNL_LIMIT_MS: Final = 300_000
#: How often fills are asked for although nothing seems to have changed.
_FILLS_EVERY_MS: Final = 60_000
_OVERLAP_MS: Final = 2 * MINUTE_MS
_TRAILING_LOOKBACK_MS: Final = 7 * DAY_MS
First = TypeVar("First")
Second = TypeVar("Second")


class Account:
    """Read from the venue before each plan; events only make the bot look sooner.

    `as_backtest`: profits count from the bot's first minute on, and fills are asked for when something changed.
    """

    def __init__(self, exchange: Exchange, timing: Timing, *, pnl_lookback_days: float, as_backtest: bool) -> None:
        self._exchange = exchange
        self._timing = timing
        self._as_backtest = as_backtest
        self._lookback_ms = int(pnl_lookback_days * DAY_MS)
        self.markets: Mapping[str, Market] = {}
        self.positions: tuple[Position, ...] = ()
        self.balance: Balance | None = None
        self.orders: tuple[Order, ...] = ()
        self.last_fills: dict[tuple[str, Side], int] = {}
        self._positions_at: Moment | None = None
        self._balance_at: Moment | None = None
        self._orders_at: Moment | None = None
        self._pnl_at: Moment | None = None
        self._fills: dict[str, Fill] = {}
        self._new_fills: list[Fill] = []
        self._fills_until_ms: int | None = None
        self._realised: dict[str, RealisedPnl] = {}
        self._pnl: PnlHistory | None = None
        self._is_changed = True
        self.changed_coins: set[str] = set()  # by events, since the last reading
        self._watch = BalanceWatch()
        self.remarks: list[str] = []  # what others did to the account, for whoever takes them

    # ------------------------------------------------------------ reading

    async def read(self) -> None:
        """Positions and balance, then open orders; if one of ours is gone, positions again. Raises VenueError."""
        self.changed_coins.clear()
        before = self.positions, self.balance and self.balance.total
        await self._read_holdings()
        asked = self._timing.moment()
        orders = await self._exchange.open_orders()
        gone = {order.id for order in self.orders} - {order.id for order in orders}
        self.orders, self._orders_at = orders, asked
        if gone:  # filled, perhaps since the positions were read
            await self._read_holdings()
        if gone or before != (self.positions, self.balance and self.balance.total):
            self._is_changed = True

    async def _read_holdings(self) -> None:
        asked = self._timing.moment()  # an answer is as old as its question at most
        self.positions, balance = await self._both(self._exchange.positions(), self._exchange.balance())
        if balance.total <= 0.0 and (self.balance is None or self.balance.total > 0.0):
            balance = await self._exchange.balance()  # an account is rarely empty at once: asked twice
        self.balance = balance
        self._positions_at = self._balance_at = asked

    async def _both(self, first: Awaitable[First], second: Awaitable[Second]) -> tuple[First, Second]:
        """Both answers, asked for at once. Of two failures the one that says more is raised, so that a pause which it
        asks for is kept; the other is remarked upon."""
        one, two = asyncio.ensure_future(first), asyncio.ensure_future(second)
        await asyncio.gather(one, two, return_exceptions=True)
        failures = [failure for failure in (one.exception(), two.exception()) if failure is not None]
        failures.sort(key=lambda failure: not isinstance(failure, (AuthError, RateLimited)))
        self.remarks += [f"at the same time: {failure}" for failure in failures[1:]]
        if failures:
            raise failures[0]
        return one.result(), two.result()

    async def read_fills(self) -> None:
        """Fills and realised profits since the last time, if there may be any. Raises VenueError."""
        await self._read_fills()
        if self.balance is not None and (words := self._watch.note_balance(self.balance, self._timing.clock())):
            self.remarks.append(words)

    async def _read_fills(self) -> None:
        now_ms = self._timing.clock()
        age = self._timing.age(self._pnl_at, _FILLS_EVERY_MS)
        if not self._is_changed and (self._as_backtest or age.is_fresh):
            if self._as_backtest:
                self._pnl_at = self._timing.moment()
            return
        first = now_ms - _TRAILING_LOOKBACK_MS if self._fills_until_ms is None else self._fills_until_ms - _OVERLAP_MS
        fills = await self._exchange.fills_since(max(0, first))
        for fill in fills:
            self.note_fill(fill)
        since = self._pnl_since(now_ms)
        for won in await self._exchange.realised_pnl_since(max(0, since)):
            self._realised.setdefault(won.id, won)
        self._fills_until_ms = now_ms
        self._sum_up(now_ms)
        self._pnl_at = self._timing.moment()
        self._is_changed = False

    def _pnl_since(self, now_ms: int) -> int:
        if self._fills_until_ms is not None:
            return self._fills_until_ms - _OVERLAP_MS
        return now_ms if self._as_backtest else now_ms - self._lookback_ms

    def _sum_up(self, now_ms: int) -> None:
        if not self._as_backtest:
            kept = now_ms - self._lookback_ms
            self._realised = {key: won for key, won in self._realised.items() if won.time_ms >= kept}
            known = min(kept, now_ms - _TRAILING_LOOKBACK_MS)
            self._fills = {key: fill for key, fill in self._fills.items() if fill.time_ms >= known}
        total = peak = 0.0
        for won in sorted(self._realised.values(), key=lambda won: won.time_ms):
            total += won.pnl
            peak = max(peak, total)
        pending = sum(1 for fill in self._fills.values() if fill.pnl is None)
        self._pnl = PnlHistory(peak, total, 0 if self._exchange.traits.has_pnl_records else pending)

    # ------------------------------------------------------------ events

    def note_fill(self, fill: Fill) -> bool:
        """Take in a fill, from wherever it came; whether it is new, or newly complete."""
        known = self._fills.get(fill.id)
        if known is not None and (known.pnl is not None or fill.pnl is None):
            return False
        self._fills[fill.id] = fill
        self._new_fills.append(fill)
        self._watch.note_fill(fill)
        market = self.markets.get(fill.symbol)
        if market is not None:
            key: tuple[str, Side] = (market.coin, fill.position_side)
            # A paper fill is dated at the end of its candle: the next one already counts.
            time_ms = fill.time_ms - 1 if self._exchange.traits.name == "paper" else fill.time_ms
            self.last_fills[key] = max(time_ms, self.last_fills.get(key, 0))
        return True

    def note_order(self, order: Order) -> None:
        """An order came or went. Only what filled of it makes doubtful what was planned for its market: the bot's own
        orders and cancellations are told of too, and must not hold up the rest of the same pass."""
        known = next((one.filled for one in self.orders if one.id == order.id), 0.0)
        if order.filled > known or order.status is OrderStatus.UNKNOWN:
            self.note_change(order.symbol)
        self._is_changed = True

    def note_change(self, symbol: str) -> None:
        """Something of this market changed: what was planned for it before may not hold any more."""
        market = self.markets.get(symbol)
        if market is not None:
            self.changed_coins.add(market.coin)
        self._is_changed = True

    def known_fills(self) -> Iterable[Fill]:
        """Every fill that was seen."""
        return self._fills.values()

    def take_new_fills(self) -> list[Fill]:
        """Fills that nobody took before, oldest first."""
        fills, self._new_fills = self._new_fills, []
        return sorted(fills, key=lambda fill: fill.time_ms)

    def drop_order(self, order_id: str) -> None:
        """An order that was cancelled just now."""
        self.orders = tuple(order for order in self.orders if order.id != order_id)

    def forget(self) -> None:
        """Nothing is known for certain any more, such as after a long sleep: all is read anew before any write."""
        self._positions_at = self._balance_at = self._orders_at = self._pnl_at = None
        self._is_changed = True

    # ------------------------------------------------------------ for the snapshot

    def stale(self) -> str:
        """What of the account is too old to send anything now, in words; "" when all of it is fresh."""
        ages = self.ages
        named = (("positions are", ages.positions), ("balance is", ages.balance), ("open orders are", ages.open_orders))
        for name, age in named:
            if not age.is_fresh:
                known = "not known" if age.ms is None else f"{age.ms / 1000:.0f} s old"
                return f"the {name} {known}, {age.limit_ms / 1000:.0f} s at most are allowed"
        return ""

    @property
    def ages(self) -> AccountAges:
        age = self._timing.age
        return AccountAges(
            age(self._positions_at, ACCOUNT_LIMIT_MS),
            age(self._balance_at, ACCOUNT_LIMIT_MS),
            age(self._orders_at, ACCOUNT_LIMIT_MS),
            age(self._pnl_at, PNL_LIMIT_MS),
        )

    @property
    def pnl(self) -> PnlHistory | None:
        return self._pnl

    def held(self) -> tuple[HeldPosition, ...]:
        """Positions by coin; those in markets that the venue doesn't list go by their symbol."""
        return tuple(HeldPosition(self._coin(p.symbol), p.side, p.size, p.price) for p in self.positions)

    def open_orders(self) -> tuple[OpenOrder, ...]:
        return tuple(self._open_order(order) for order in self.orders)

    def _open_order(self, order: Order) -> OpenOrder:
        remaining = order.remaining if order.side == "buy" else -order.remaining
        return OpenOrder(
            order.id,
            order.client_id,
            self._coin(order.symbol),
            order.position_side,
            remaining,
            order.price,
            order.reduce_only,
            is_ours(order.client_id),
        )

    def _coin(self, symbol: str) -> str:
        market = self.markets.get(symbol)
        return symbol if market is None else market.coin


def signed(fill: Fill) -> float:
    """The quantity of a fill as orders have it here: below 0 sells."""
    return fill.qty if fill.side == "buy" else -fill.qty
