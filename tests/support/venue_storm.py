"""Thousands of random operations of an adapter on a local venue in a storm of faults, checked against the venue itself.

    async with storm_world("binance") as world:
        figures = await Storm(world, seed=3).run(10_000)

After each operation: what was confirmed is there, what was refused is not, and what nobody knows is looked up by its
client id and never sent again. At each quiet point the adapter's view is the venue's. One seed is one run.
"""

from __future__ import annotations

import hashlib
import random
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Final

import pytest
from venue_world import VenueWorld
from venues import BinanceVenue, BybitVenue, Market, VenueClock, duplicate_client_ids
from venues import Order as VenueOrder

from passivtui.errors import VenueError
from passivtui.exchanges.base import CancelRequest, Order, OrderRequest, Outcome, OutcomeKind, PositionSide
from passivtui.exchanges.client_ids import new_client_id
from passivtui.exchanges.errors import RejectReason

BEGIN_MS: Final = 1_750_000_000_000
PRICE: Final = 1000.0
STORMS: Final = ("binance", "bybit", "bybit inverse")
_QUIET_EVERY: Final = 50  # operations
_LOOKS: Final = 40  # at most, until a venue in a storm has said twice that it has no such order
_LONGEST_STEP_MS: Final = 3_000
_STALE: Final = 0.02  # how often an order that is long gone is thought of when cancelling
_MOST_OPEN: Final = 100  # orders; beyond, only cancellations
_REOPENED: Final = 0.004  # how often the client is closed and another goes on


def storm_world(name: str) -> VenueWorld:
    """One of `STORMS`, whose time stands still between operations and whose account can pay for everything."""
    is_inverse = name == "bybit inverse"
    market = Market.inverse_of("BTC") if is_inverse else Market.linear("BTC")
    return VenueWorld(
        BinanceVenue if name == "binance" else BybitVenue,
        name.split()[0],
        market,
        PRICE,
        login={"is_inverse": True, "margin_coin": "BTC"} if is_inverse else {},
        clock=VenueClock(BEGIN_MS),
        balances={market.settle: 1_000_000_000},
        liquidates=False,
    )


@dataclass
class StormFigures:
    """What a storm was. `digest`: of all requests with their faults and of all fills; the same for the same seed."""

    operations: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    outcomes: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    faults: dict[str, int] = field(default_factory=dict)
    quiet_points: int = 0
    orders: int = 0
    fills: int = 0
    requests: int = 0
    hours: float = 0.0  # that passed on the venue's clock
    digest: str = ""


class Storm:
    """One run; `world` is from `storm_world` and open."""

    def __init__(self, world: VenueWorld, seed: int, chance: float = 0.03) -> None:
        self._world = world
        self._dice = random.Random(seed)
        self._chance = chance
        self._numbers = count()
        self._sent: set[str] = set()  # client ids
        self._cancellable: dict[str, str] = {}  # client id → order id
        self._seen_until_ms = BEGIN_MS
        self.figures = StormFigures()

    async def run(self, operations: int) -> StormFigures:
        """So many operations and a quiet point at the end. Raises AssertionError for whatever doesn't hold."""
        world = self._world
        world.faults.seed = self._dice.randrange(1 << 30)
        await world.exchange.load_markets()
        world.faults.storm(self._chance)
        for number in range(1, operations + 1):
            await self._operate()
            if number % _QUIET_EVERY == 0:
                await self._quiet_point()
        await self._quiet_point()
        await self._check_everything()
        return self._summed_up()

    async def _operate(self) -> None:
        world, dice = self._world, self._dice
        world.venue.clock.advance(dice.randrange(1, _LONGEST_STEP_MS))
        actions: dict[str, tuple[int, Callable[[], Awaitable[None]]]] = {
            "enter": (30, self._enter),
            "close": (14, self._close),
            "at market": (4, self._at_market),
            "cancel": (16, self._cancel),
            "market moves": (20, self._move),
            "partial fill": (6, self._fill_partly),
            "read": (10, self._read),
        }
        names = list(actions)
        name = dice.choices(names, [actions[one][0] for one in names])[0]
        if len(world.venue.open_orders) > _MOST_OPEN:
            name = "cancel"
        self.figures.operations[name] += 1
        await actions[name][1]()
        if dice.random() < _REOPENED:
            await self._reopen()

    # ------------------------------------------------------------ operations

    async def _enter(self) -> None:
        """One to four entries of one or both sides; now and then one that would cross."""
        await self._send([self._entry(self._side()) for _ in range(self._dice.randint(1, 4))])

    async def _close(self) -> None:
        """Closes of either side, held or not."""
        await self._send([self._closing(self._side()) for _ in range(self._dice.randint(1, 3))])

    async def _at_market(self) -> None:
        side = self._side()
        made = self._closing(side) if self._dice.random() < 0.7 else self._entry(side)
        await self._send([_at_market(made, self._world.price)], panic=made.reduce_only)

    async def _cancel(self) -> None:
        """Some of the orders that were confirmed: mostly of those that rest, now and then any."""
        world = self._world
        known, resting = self._cancellable, world.venue.matching.open_orders
        some = [one for one in sorted(known) if known[one] in resting or self._dice.random() < _STALE]
        most = min(len(some), world.exchange.traits.cancel_batch, self._dice.randint(1, 6))
        chosen = self._dice.sample(some, most)
        asked = [CancelRequest(world.symbol, self._cancellable[one], one) for one in chosen]
        for outcome in await world.exchange.cancel_orders(asked) if asked else ():
            self.figures.outcomes[f"cancel {outcome.kind}"] += 1
            is_gone = outcome.kind is OutcomeKind.CONFIRMED or outcome.reason is RejectReason.UNKNOWN_ORDER
            assert not is_gone or outcome.order_id not in {one.id for one in world.venue.open_orders}, outcome
            if is_gone:
                del self._cancellable[outcome.client_id]

    async def _move(self) -> None:
        """The market trades nearby, with little or with any volume."""
        world, dice = self._world, self._dice
        pull = (PRICE - world.price) / PRICE * 0.05
        price = round(world.price * (1.0 + dice.uniform(-0.004, 0.004) + pull), 1)
        world.price = price
        volume = dice.choice([None, None, round(world.lot * dice.randint(1, 5), 3)])
        world.venue.move(world.symbol, price, volume)

    async def _fill_partly(self) -> None:
        open_orders = self._world.venue.open_orders
        if open_orders:
            order = self._dice.choice(open_orders)
            self._world.venue.fill(order.id, str(order.left / 2 // self._step * self._step or order.left))

    @property
    def _step(self) -> Any:
        return next(iter(self._world.venue.matching.markets.values())).qty_step

    async def _read(self) -> None:
        """Any read; in a storm it answers whole or says in our words why not."""
        exchange, symbol = self._world.exchange, self._world.symbol
        reads: list[Callable[[], Awaitable[Any]]] = [
            exchange.balance,
            exchange.positions,
            exchange.open_orders,
            exchange.tickers,
            exchange.clock_offset_ms,
            exchange.account,
            lambda: exchange.fills_since(self._seen_until_ms, [symbol]),
            lambda: exchange.realised_pnl_since(self._seen_until_ms),
            lambda: exchange.candles_since(symbol, self._seen_until_ms),
        ]
        try:
            await self._dice.choice(reads)()
        except VenueError as error:
            self.figures.outcomes[f"read {type(error).__name__}"] += 1

    async def _reopen(self) -> None:
        """As after a restart of the process."""
        self.figures.operations["reopen"] += 1
        await self._world.exchange.close()
        self._world.exchange = await self._world.open()
        await self._patiently(self._world.exchange.load_markets)

    # ------------------------------------------------------------ orders

    def _side(self) -> PositionSide:
        return self._dice.choice(("long", "short"))

    def _request(self, side: PositionSide, price: float, lots: int, *, closes: bool) -> OrderRequest:
        kind = "close_grid_long" if closes else "entry_grid_normal_long"
        client_id = new_client_id(kind, self._world.venue.clock.here, lambda _: next(self._numbers))
        return OrderRequest(
            client_id,
            self._world.symbol,
            "buy" if (side == "long") != closes else "sell",
            side,
            round(lots * self._world.lot, 3),
            round(price, 1),
            closes,
        )

    def _entry(self, side: PositionSide) -> OrderRequest:
        away = self._dice.uniform(0.0005, 0.012) * (-1 if self._dice.random() < 0.05 else 1)
        price = self._world.price * (1.0 - away if side == "long" else 1.0 + away)
        return self._request(side, price, self._dice.randint(1, 3), closes=False)

    def _closing(self, side: PositionSide) -> OrderRequest:
        away = self._dice.uniform(0.0005, 0.008)
        price = self._world.price * (1.0 + away if side == "long" else 1.0 - away)
        return self._request(side, price, self._dice.randint(1, 4), closes=True)

    async def _send(self, asked: Sequence[OrderRequest], *, panic: bool = False) -> None:
        self._sent.update(one.client_id for one in asked)
        for outcome in await self._world.exchange.create_orders(asked, panic=panic):
            self.figures.outcomes[f"create {outcome.kind}"] += 1
            await self._account_for(outcome)

    async def _account_for(self, outcome: Outcome) -> None:
        """What the adapter says of an order is so; what it doesn't know is found by the client id."""
        there = [one for one in self._world.venue.orders if one.client_id == outcome.client_id]
        assert len(there) <= 1, f"sent twice: {outcome}"
        if outcome.kind is OutcomeKind.UNRESOLVED:
            found = await self._looked_up(outcome.client_id)
            self.figures.outcomes["found" if found is not None else "not found"] += 1
            assert [one.id for one in there] == ([found.id] if found is not None else []), outcome
            order_id = found.id if found is not None else ""
        else:
            is_there = outcome.kind is OutcomeKind.CONFIRMED
            assert [one.id for one in there] == ([outcome.order_id] if is_there else []), outcome
            order_id = outcome.order_id if is_there else ""
        if order_id:
            self._cancellable[outcome.client_id] = order_id

    async def _looked_up(self, client_id: str) -> Order | None:
        """As a bot does it: found, or twice not found beyond the time that an order may be invisible."""
        world, misses = self._world, 0
        for _ in range(_LOOKS):
            world.venue.clock.advance(world.exchange.traits.visibility_lag_ms + 1)
            try:
                found = await world.exchange.find_order(world.symbol, client_id)
            except VenueError:
                continue
            misses += found is None
            if found is not None or misses == 2:
                return found
        raise AssertionError(f"the venue never told of {client_id}")

    async def _patiently(self, call: Callable[[], Awaitable[Any]]) -> Any:
        for _ in range(_LOOKS):
            try:
                return await call()
            except VenueError:
                self._world.venue.clock.advance(_LONGEST_STEP_MS)
        raise AssertionError("the venue never answered")

    # ------------------------------------------------------------ quiet points

    async def _quiet_point(self) -> None:
        """No faults for a moment: what the adapter reads is what the venue has."""
        world = self._world
        with world.faults.calmed():
            world.venue.clock.advance(_LONGEST_STEP_MS + world.exchange.traits.visibility_lag_ms)
            await self._check_orders()
            await self._check_account()
            await self._check_fills(self._seen_until_ms)
            self._seen_until_ms = world.venue.clock.here()
        self.figures.quiet_points += 1

    async def _check_orders(self) -> None:
        venue = self._world.venue
        assert duplicate_client_ids(venue.orders) == []
        assert {one.client_id for one in venue.orders} <= self._sent
        ours = {one.id: _told(one) for one in await self._world.exchange.open_orders()}
        assert ours == {one.id: _kept(one) for one in venue.open_orders}

    async def _check_account(self) -> None:
        venue, exchange = self._world.venue, self._world.exchange
        ours = {one.side: (one.size, pytest.approx(one.price)) for one in await exchange.positions()}
        assert ours == {one.side: (float(one.size), float(one.entry_price)) for one in venue.account.open_positions()}
        balance = await exchange.balance()
        assert balance.total == pytest.approx(float(venue.account.wallets[balance.asset]))

    async def _check_fills(self, since_ms: int) -> None:
        ours = await self._world.exchange.fills_since(since_ms, [self._world.symbol])
        theirs = [one for one in self._world.venue.fills if one.at_ms >= since_ms]
        assert len(ours) == len(theirs)
        assert {one.id: (one.order_id, one.side, one.position_side, one.qty, one.price) for one in ours} == {
            one.id: (one.order_id, one.side, one.position_side, float(one.qty), float(one.price)) for one in theirs
        }

    async def _check_everything(self) -> None:
        """All fills and profits from the beginning on."""
        with self._world.faults.calmed():
            await self._check_fills(BEGIN_MS)
            told = await self._world.exchange.realised_pnl_since(BEGIN_MS)
        account = self._world.venue.account
        if self._world.venue.ccxt_id == "bybit":
            earned = sum(record.profit for record in account.closed_pnl.values())
        else:
            earned = sum(one.amount for one in account.incomes if one.kind == "REALIZED_PNL")
        assert sum(record.pnl for record in told) == pytest.approx(float(earned), abs=1e-4)

    def _summed_up(self) -> StormFigures:
        venue, figures = self._world.venue, self.figures
        figures.orders, figures.fills, figures.requests = len(venue.orders), len(venue.fills), len(venue.log.requests)
        figures.faults = dict(Counter(kind for request in venue.log.requests for kind in request.faults))
        figures.hours = (venue.clock.here() - BEGIN_MS) / 3_600_000
        happened = [(one.name, one.status, *one.faults) for one in venue.log.requests]
        filled = [(one.id, str(one.qty), str(one.price), one.at_ms) for one in venue.fills]
        figures.digest = hashlib.sha256(repr((happened, filled)).encode()).hexdigest()[:16]
        return figures


def _at_market(request: OrderRequest, price: float) -> OrderRequest:
    return OrderRequest(
        request.client_id,
        request.symbol,
        request.side,
        request.position_side,
        request.qty,
        price,
        request.reduce_only,
        kind="market",
        post_only=False,
    )


def _told(order: Order) -> tuple[Any, ...]:
    """An order as the adapter tells of it."""
    return order.client_id, order.side, order.position_side, order.qty, order.filled, order.price, order.reduce_only


def _kept(order: VenueOrder) -> tuple[Any, ...]:
    """The same of the venue's own."""
    assert order.price is not None
    return (
        order.client_id,
        order.side,
        order.position_side,
        float(order.qty),
        float(order.filled),
        float(order.price),
        order.closes,
    )
