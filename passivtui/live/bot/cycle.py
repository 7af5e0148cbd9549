"""One look at the venue and what follows from it: read, plan, cancel, create (`spec/live.md` §3)."""

from __future__ import annotations

import dataclasses
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass, field
from typing import Final

from passivtui.clock import MINUTE_MS
from passivtui.config import Approved, Config
from passivtui.errors import VenueError
from passivtui.exchanges.base import Exchange, Market
from passivtui.exchanges.errors import AuthError, RateLimited, Rejected, RejectReason, UnknownOutcome
from passivtui.live.bot.account import Account
from passivtui.live.bot.candles import CandleBook
from passivtui.live.bot.sending import Sender
from passivtui.live.bot.timing import Timing
from passivtui.live.bot.trouble import Handling, Troubles
from passivtui.live.orders import OpenOrder, OrderClass, PlannedOrder, Side
from passivtui.live.plan import Plan, plan
from passivtui.live.reasons import Gate, Withheld, for_order
from passivtui.live.snapshot import CoinState, Snapshot, VenueTraits

_HOUR_MS: Final = 60 * MINUTE_MS
_REFUSED_SETTING_MS: Final = 15 * MINUTE_MS  # before leverage that was refused is set again


@dataclass(slots=True)
class _Settings:
    """Leverage and margin of the coins, set once each; those that were refused wait, with the reason."""

    done: set[str] = field(default_factory=set)
    refused: dict[str, tuple[int, str]] = field(default_factory=dict)


class Cycle:
    """Everything that one pass needs, between passes. `commanded_mode` is that of the next plan."""

    def __init__(
        self,
        exchange: Exchange,
        timing: Timing,
        config: Config,
        sender: Sender,
        troubles: Troubles,
        *,
        as_backtest: bool,
    ) -> None:
        self._exchange = exchange
        self._timing = timing
        self._sender = sender
        self._troubles = troubles
        self._fills_as_backtest = as_backtest
        self._settings = _Settings()
        self._listed_ms: int | None = None
        self._sizing_balance: float | None = None
        self._without: set[str] = set()  # coins that lacked an input at the last plan
        self._warned: tuple[str, ...] = ()
        self.config = config
        self.commanded_mode = ""
        self.symbols: dict[str, str] = {}
        self.markets: dict[str, Market] = {}
        self.account = Account(
            exchange, timing, pnl_lookback_days=config.live.pnls_max_lookback_days, as_backtest=self.as_backtest
        )
        sender.stale = self.account.stale
        self.candles = CandleBook(exchange, timing, config, from_first_candle=as_backtest)
        self.snapshot: Snapshot | None = None
        self.plan = Plan()
        self.held_back: tuple[Withheld, ...] = ()
        self.warnings: tuple[str, ...] = ()

    @property
    def as_backtest(self) -> bool:
        return self._fills_as_backtest and self.config.live.mimic_backtest_1m_delay

    # ------------------------------------------------------------ start

    async def prepare(self) -> None:
        """Markets, clock, hedge mode; then candles of every coin that may matter. Raises VenueError."""
        await self.load_markets()
        await self._exchange.clock_offset_ms()
        await self._set_hedge_mode()
        await self._read_account()
        await self.account.read_fills()
        errors = await self.candles.read(self._coins(), self.markets)
        self._count(errors)

    async def load_markets(self) -> None:
        """All markets anew. Of several of one coin the first that may be traded counts."""
        by_symbol = await self._exchange.load_markets()
        self.markets = {}
        for market in sorted(by_symbol.values(), key=lambda m: (bool(m.ineligible), not m.is_active, m.symbol)):
            self.markets.setdefault(market.coin, market)
        self.symbols = {coin: market.symbol for coin, market in self.markets.items()}
        self.account.markets = by_symbol
        self._listed_ms = self._timing.clock()

    async def _set_hedge_mode(self) -> None:
        if not self._exchange.traits.has_hedge_mode:
            return
        facts = await self._exchange.account()
        if facts.may_trade is False:
            raise AuthError("the key may not trade; give it that permission at the venue, or add another key")
        if facts.position_mode == "hedge":
            return
        try:
            await self._exchange.set_position_mode("hedge")
        except Rejected as error:
            if error.reason is not RejectReason.UNCHANGED:
                raise

    def use(self, config: Config) -> None:
        """Go on with another config from the next pass on; indicators begin anew, as their spans may differ."""
        self.config = config
        self.candles = CandleBook(self._exchange, self._timing, config, from_first_candle=self._fills_as_backtest)

    # ------------------------------------------------------------ one pass

    async def run(self) -> bool:
        """One pass. Whether it sent or cancelled anything. Raises VenueError, ConfigError."""
        planned = await self.look()
        return await self.act(planned)

    async def look(self) -> Plan:
        """Read and plan; nothing is sent. Raises VenueError when positions, balance or orders can't be read."""
        if self._listed_ms is None or self._timing.clock() - self._listed_ms >= _HOUR_MS:
            await self.load_markets()
            self._settings.done.clear()  # somebody may have changed them by hand: set again before the next entries
        await self._read_candles()  # first what may take long, so that the account is fresh when something is sent
        await self._read_account()
        await self._read_what_may_fail()
        await self._sender.resolve(self.account.orders, self.account.known_fills())
        await self._read_candles()  # of coins that the account holds since
        self._remark_on_account()
        planned = self._plan()
        late = self._late_coins(planned)
        if late:  # chosen by older candles, as coins without orders are: look again before anything is sent
            self._count(await self.candles.read(late, self.markets))
            planned = self._plan()
        self._remark_on_inputs(planned)
        return planned

    async def _read_account(self) -> None:
        try:
            await self.account.read()
        finally:
            self._tell_remarks()  # also of a reading that failed

    def _tell_remarks(self) -> None:
        for words in self.account.remarks:
            self._troubles.remark("account", words)
        self.account.remarks.clear()

    def _remark_on_account(self) -> None:
        """What others did: it is told, and leverage that they changed is set again before the next entry."""
        self._tell_remarks()
        for position in self.account.positions:
            market = self.account.markets.get(position.symbol)
            if market is None or market.coin not in self._settings.done or position.leverage is None:
                continue
            wanted = self._leverage(market)
            if position.leverage != wanted or position.margin_mode == "isolated":
                how = f"{position.leverage:g}x {position.margin_mode or ''}".strip()
                words = f"{market.coin} is at {how} instead of {wanted}x cross: changed by another hand, set again"
                self._troubles.count("settings", words)
                self._settings.done.discard(market.coin)

    def _remark_on_inputs(self, planned: Plan) -> None:
        """Tell when an input is lost for a coin, and when it is there again."""
        lost = {one.coin: one.text for one in planned.withheld if one.gate is Gate.INPUT}
        for coin in sorted(lost.keys() - self._without):
            self._troubles.remark("input", f"{coin}: {lost[coin]}; orders that need it wait")
        for coin in sorted(self._without - lost.keys()):
            self._troubles.remark("input", f"{coin}: all inputs are there again")
        if not planned.modes and planned.warnings and planned.warnings != self._warned:
            self._troubles.remark("input", " ".join(planned.warnings))
        self._without, self._warned = set(lost), planned.warnings

    async def _read_what_may_fail(self) -> None:
        try:
            await self.account.read_fills()
        except (AuthError, RateLimited):
            raise
        except VenueError as error:  # only unstucking needs them, and their age tells
            self._count([error])

    async def _read_candles(self) -> None:
        coins = self._coins()
        active = coins if self.as_backtest else self._active_coins()
        due = self.candles.due(coins, active)
        if due:
            self._count(await self.candles.read(due, self.markets))

    def _late_coins(self, planned: Plan) -> list[str]:
        minute = self._timing.minute()
        coins = {order.coin for order in planned.creations if order.part == "entry"}
        return sorted(coin for coin in coins if (self.candles.closed_ms(coin) or 0) < minute - MINUTE_MS)

    def _plan(self) -> Plan:
        self.snapshot = self._snapshot()
        self.plan = plan(self.snapshot)
        self._sizing_balance = self.plan.sizing_balance
        return self.plan

    async def act(self, planned: Plan) -> bool:
        """Cancel, then create; whether anything was tried. Creations of coins whose state changed under way wait."""
        self._troubles.forget_cancels({order.id for order in planned.cancellations})
        cancellations = [order for order in planned.cancellations if self._troubles.may_cancel(order.id)]
        gone = await self._cancel(cancellations)
        failed = {order.coin for order in planned.cancellations if order.id not in gone}
        creations = await self._sendable(planned, failed)
        handlings: list[Handling] = []
        if creations:
            live = self.config.live
            sent = await self._sender.create(creations, self.symbols, post_only=live.time_in_force == "post_only")
            handlings = sent.handlings
        await self._follow_up(handlings)
        return bool(cancellations or creations)

    async def _cancel(self, orders: list[OpenOrder]) -> set[str]:
        """The ids of those that are gone."""
        gone = await self._sender.cancel(orders, self.symbols)
        for order_id in gone:
            self.account.drop_order(order_id)
        return gone

    async def _sendable(self, planned: Plan, failed: set[str]) -> list[PlannedOrder]:
        held_back: list[Withheld] = []
        sendable = []
        for order in planned.creations:
            stopped = self._stop(order, failed) or self._troubles.stop(order) or await self._stop_setting(order)
            if stopped is None:
                sendable.append(order)
            else:
                held_back.append(stopped)
        self.held_back = tuple(held_back)
        # Another look: settings were sent, and events came in, since the plan was made.
        return [order for order in sendable if order.coin not in self.account.changed_coins or self.as_backtest]

    def _stop(self, order: PlannedOrder, failed: set[str]) -> Withheld | None:
        if order.coin not in failed or order.kind is OrderClass.PANIC:
            return None
        return for_order(order, Gate.UNSETTLED, "a cancellation of the coin failed; it waits for the next look")

    # ------------------------------------------------------------ leverage and margin

    async def _stop_setting(self, order: PlannedOrder) -> Withheld | None:
        """See that margin mode and leverage of an entry's coin are set; why it waits when they can't be."""
        if order.part == "close" or order.coin in self._settings.done:
            return None
        waiting = self._settings.refused.get(order.coin)
        if waiting is None or waiting[0] <= self._timing.clock():
            waiting = await self._set_up(order.coin)
        if waiting is None:
            return None
        return for_order(order, Gate.SETTINGS, f"the venue doesn't take leverage or margin mode: {waiting[1]}")

    async def _set_up(self, coin: str) -> tuple[int, str] | None:
        market = self.markets[coin]
        leverage = self._leverage(market)
        try:
            if self._exchange.traits.has_margin_mode:
                await self._setting(self._exchange.set_margin_mode(market.symbol, "cross", leverage))
            await self._setting(self._exchange.set_leverage(market.symbol, leverage))
        except (Rejected, UnknownOutcome) as error:
            self._troubles.count("settings", f"{coin}: {error}")
            self._settings.refused[coin] = self._timing.clock() + _REFUSED_SETTING_MS, str(error)
            return self._settings.refused[coin]
        self._settings.refused.pop(coin, None)
        self._settings.done.add(coin)
        return None

    def _leverage(self, market: Market) -> int:
        """What the config wants for the coin, as far as the venue allows."""
        override = self.config.coin_overrides.get(market.coin)
        own = None if override is None else override.live.get("leverage")
        wanted = float(self.config.live.leverage if own is None else own)
        return max(1, int(min(wanted, market.max_leverage or wanted)))

    @staticmethod
    async def _setting(call: Awaitable[None]) -> None:
        try:
            await call
        except Rejected as error:
            if error.reason is not RejectReason.UNCHANGED:
                raise

    async def _follow_up(self, handlings: list[Handling]) -> None:
        if any(handling.reload_markets for handling in handlings):
            self._listed_ms = None
        if any(handling.measure_clock for handling in handlings):
            await self._exchange.clock_offset_ms()
        if any(handling.check_account for handling in handlings):
            await self._set_hedge_mode()

    # ------------------------------------------------------------ the snapshot

    def _approved(self) -> Approved:
        eligible = [coin for coin, market in self.markets.items() if market.is_active and not market.ineligible]
        approved = self.config.approved(eligible)
        missing = sorted(set(approved.union) - set(self.markets))
        self.warnings = (f"not listed by the venue: {', '.join(missing)}",) if missing else ()
        listed = self.markets
        return Approved(
            tuple(coin for coin in approved.long if coin in listed),
            tuple(coin for coin in approved.short if coin in listed),
        )

    def _active_coins(self) -> set[str]:
        held = {position.coin for position in self.account.held()}
        ordered = {order.coin for order in self.account.open_orders()}
        return held | ordered | {mode.coin for mode in self.plan.modes}

    def _coins(self) -> list[str]:
        wanted = set(self._approved().union) | self._active_coins()
        return sorted(coin for coin in wanted if coin in self.markets)

    def _snapshot(self) -> Snapshot:
        held = self.account.held()
        sides: set[tuple[str, Side]] = {(position.coin, position.side) for position in held}
        active = self._active_coins()
        coins = {
            coin: self.candles.state(self.markets[coin], self.account.last_fills, sides, active=coin in active)
            for coin in self._coins()
        }
        balance, traits = self.account.balance, self._exchange.traits
        return Snapshot(
            now_ms=self._timing.clock(),
            config=self.config,
            approved=self._approved(),
            coins=coins if not self.as_backtest else _listed_always(coins),
            balance=None if balance is None else balance.total,
            ages=self.account.ages,
            positions=held,
            open_orders=self.account.open_orders(),
            pnl=self.account.pnl,
            venue=VenueTraits(
                hedge_mode=traits.has_hedge_mode,
                balance_follows_collateral=balance is not None and balance.follows_collateral,
                max_open_orders=traits.max_open_orders,
                fills_as_backtest=self._fills_as_backtest,
            ),
            last_sizing_balance=self._sizing_balance,
            commanded_mode=self.commanded_mode,
            sent=self._sender.sent,
            unsettled=frozenset(() if self.as_backtest else self.account.changed_coins),
        )

    def _count(self, errors: list[VenueError]) -> None:
        for error in errors:
            if isinstance(error, (AuthError, RateLimited)):
                raise error
            self._troubles.count("candles", str(error))


def _listed_always(coins: Mapping[str, CoinState]) -> Mapping[str, CoinState]:
    """A backtest knows no age of coins but that of their candles."""
    return {coin: dataclasses.replace(state, listed_ms=0) for coin, state in coins.items()}
