"""What a user wants to know of a key before trusting it with money; found out with reads alone."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, TypeVar

from passivtui.clock import monotonic
from passivtui.errors import VenueError
from passivtui.exchanges.base import AccountFacts, Exchange, MarginMode, Market, PositionMode, Ticker
from passivtui.exchanges.contract_value import cost_of
from passivtui.exchanges.errors import AuthError, RateLimited
from passivtui.exchanges.login import Login
from passivtui.exchanges.rate_ledger import RateLedgers, shared_ledgers

_OFFSET_LIMIT_MS: Final = 1_000  # beyond it the clock deserves a word, though requests are signed with the offset
_SLOW_MS: Final = 1_500  # an answer that takes longer makes a bot slow
_PATIENCE: Final = 10.0  # seconds until a venue that does not answer is given up

T = TypeVar("T")


class Verdict(StrEnum):
    GOOD = "good"
    WARNING = "warning"
    BAD = "bad"  # the account can't be traded with, or should not be
    UNKNOWN = "unknown"  # the venue doesn't say


@dataclass(frozen=True, slots=True)
class Finding:
    """One line for a person: what was looked at, what was found, and what to do about it ("" for nothing)."""

    subject: str
    verdict: Verdict
    text: str
    advice: str = ""


@dataclass(frozen=True, slots=True)
class CoinNeed:
    """The smallest balance with which a coin's first entry is as large as the venue wants it; None without a price."""

    coin: str
    balance: float | None
    is_met: bool | None


@dataclass(frozen=True, slots=True)
class ConnectionReport:
    """What was found, in the order in which it was asked; `needs` is sorted, the dearest first."""

    findings: tuple[Finding, ...]
    needs: tuple[CoinNeed, ...] = ()

    @property
    def is_usable(self) -> bool:
        """Whether nothing speaks against trading with this key."""
        return all(finding.verdict is not Verdict.BAD for finding in self.findings)


async def examine(
    login: Login, first_entries: Mapping[str, float] | None = None, ledgers: RateLedgers | None = None, **opening: Any
) -> ConnectionReport:
    """`check_connection` of an account that nothing trades on yet: opened for it, and closed. Raises UsageError and
    VenueError for a venue that can't be used at all."""
    from passivtui.exchanges.opening import open_exchange

    exchange = await open_exchange(login, ledgers or shared_ledgers(), **{"timeout_seconds": _PATIENCE, **opening})
    try:
        return await check_connection(exchange, first_entries)
    finally:
        await exchange.close()


async def check_connection(
    exchange: Exchange,
    first_entries: Mapping[str, float] | None = None,
    now: Callable[[], float] = monotonic,
) -> ConnectionReport:
    """Reads markets, clock, account, balance and prices, and tells of each; nothing is changed at the venue.

    `first_entries`: per coin of a config the part of the balance that its first entry costs (wallet exposure limit
    times entry_initial_qty_pct). Never raises for what a venue says: what can't be read is a finding.
    """
    return await _Examination(exchange, now).done(first_entries or {})


class _Examination:
    """The findings so far. What a finding depends on and could not be read ends it early."""

    def __init__(self, exchange: Exchange, now: Callable[[], float]) -> None:
        self._exchange = exchange
        self._title = exchange.traits.title
        self._now = now
        self._findings: list[Finding] = []

    async def done(self, first_entries: Mapping[str, float]) -> ConnectionReport:
        markets = await self._read("venue", self._exchange.load_markets)
        if markets is None:
            return self._report()
        usable = sum(not market.ineligible for market in markets.values())
        verdict = Verdict.GOOD if usable else Verdict.BAD
        self._add("venue", verdict, f"{self._title} answers; {usable} markets can be traded")
        await self._look_at_the_clock()
        facts = await self._read("key", self._exchange.account)
        if facts is None:
            return self._report()
        self._findings += _key(facts, has_hedge_mode=self._exchange.traits.has_hedge_mode)
        balance = await self._read("balance", self._exchange.balance)
        if balance is None:
            return self._report()
        self._findings.append(_money(balance.total, balance.asset))
        if not first_entries:
            return self._report()
        prices = await self._read("prices", self._exchange.tickers)
        return self._report(_needs(first_entries, markets, prices or {}, balance.total))

    async def _look_at_the_clock(self) -> None:
        began = self._now()
        offset = await self._read("clock", self._exchange.clock_offset_ms)
        if offset is None:
            return
        self._findings.append(_clock(offset))
        took_ms = (self._now() - began) * 1000.0
        is_slow = took_ms > _SLOW_MS
        advice = "a server nearer to the exchange would hear sooner" if is_slow else ""
        verdict = Verdict.WARNING if is_slow else Verdict.GOOD
        self._add("latency", verdict, f"an answer takes {took_ms:.0f} ms", advice)

    async def _read(self, subject: str, read: Callable[[], Awaitable[T]]) -> T | None:
        """What is read; None when it can't be, which is a finding."""
        try:
            return await read()
        except AuthError as error:
            self._add("key", Verdict.BAD, str(error), _about_key(str(error)))
        except RateLimited as error:
            self._add(subject, Verdict.BAD, str(error), "wait as long as it says, then test again")
        except VenueError as error:
            advice = "check this computer's connection and the addresses of the user; the exchange may be down"
            self._add(subject, Verdict.BAD, str(error), advice if subject == "venue" else "test again in a minute")
        return None

    def _add(self, subject: str, verdict: Verdict, text: str, advice: str = "") -> None:
        self._findings.append(Finding(subject, verdict, text, advice))

    def _report(self, needs: tuple[CoinNeed, ...] = ()) -> ConnectionReport:
        return ConnectionReport(tuple(self._findings), needs)


def _about_key(said: str) -> str:
    """What to do when the venue doesn't accept a key; some say which part of it is wrong."""
    if "sign" in said.lower():
        return "the secret doesn't belong to the key: enter both again"
    return "check that the key is whole and still there, allows reading and futures, and allows this computer's address"


def _clock(offset_ms: int) -> Finding:
    if abs(offset_ms) <= _OFFSET_LIMIT_MS:
        return Finding("clock", Verdict.GOOD, f"this computer's clock is {abs(offset_ms)} ms off")
    ahead = "behind" if offset_ms > 0 else "ahead of"
    text = f"this computer's clock is {abs(offset_ms) / 1000:.1f} s {ahead} the exchange's"
    return Finding(
        "clock", Verdict.WARNING, text, "have the system set it by the network; requests allow for it so far"
    )


def _key(facts: AccountFacts, *, has_hedge_mode: bool) -> list[Finding]:
    found = [
        _permission("reading", facts.may_read, wanted=True, advice="allow it at the exchange"),
        _permission("trading", facts.may_trade, wanted=True, advice="allow futures trading at the exchange"),
        _permission(
            "withdrawal",
            facts.may_withdraw,
            wanted=False,
            advice="make a key that may not, and delete this one; a bot never needs it",
        ),
        _address(facts.is_ip_bound),
    ]
    if facts.account or facts.account_type:
        described = " ".join(filter(None, (facts.account_type, facts.account and f"number {facts.account}")))
        found.append(Finding("account", Verdict.GOOD, described))
    if has_hedge_mode:
        found.append(_mode(facts.position_mode))
    found.append(_margin(facts.margin_mode))
    return found


def _permission(subject: str, has: bool | None, *, wanted: bool, advice: str) -> Finding:
    if has is None:
        return Finding(subject, Verdict.UNKNOWN, f"the exchange doesn't say whether the key allows {subject}")
    if has is not wanted:
        text = f"the key {'does not allow' if wanted else 'allows'} {subject}"
        return Finding(subject, Verdict.BAD, text, advice)
    return Finding(subject, Verdict.GOOD, f"{subject} is {'allowed' if has else 'not allowed, as it should be'}")


def _address(is_bound: bool | None) -> Finding:
    if is_bound is None:
        return Finding("address", Verdict.UNKNOWN, "the exchange doesn't say whether the key is bound to addresses")
    if not is_bound:
        advice = "bind it to this computer's at the exchange"
        return Finding("address", Verdict.WARNING, "the key works from any address", advice)
    return Finding("address", Verdict.GOOD, "the key is bound to addresses, this one among them")


def _mode(mode: PositionMode | None) -> Finding:
    if mode is None:
        return Finding("position mode", Verdict.UNKNOWN, "the exchange doesn't say; a bot sets hedge mode at its start")
    if mode == "one_way":
        text = "the account is in one-way mode; a bot sets hedge mode at its start"
        return Finding("position mode", Verdict.WARNING, text, "close positions and orders first, they prevent it")
    return Finding("position mode", Verdict.GOOD, "the account is in hedge mode")


def _margin(mode: MarginMode | None) -> Finding:
    if mode is None:
        return Finding("margin mode", Verdict.UNKNOWN, "the exchange says it per market; a bot sets cross margin")
    if mode == "isolated":
        return Finding("margin mode", Verdict.WARNING, "margin is isolated; a bot sets cross margin for what it trades")
    return Finding("margin mode", Verdict.GOOD, "cross margin")


def _money(total: float, asset: str) -> Finding:
    if total <= 0.0:
        text = f"there is no {asset} in the account that a bot would trade with"
        return Finding("balance", Verdict.WARNING, text, f"move {asset} to the futures account")
    return Finding("balance", Verdict.GOOD, f"{total:,.2f} {asset}" if total >= 0.01 else f"{total:.8f} {asset}")


def _needs(
    first_entries: Mapping[str, float], markets: Mapping[str, Market], prices: Mapping[str, Ticker], balance: float
) -> tuple[CoinNeed, ...]:
    by_coin = {market.coin: market for market in markets.values() if not market.ineligible}
    needs = [_need(coin, part, by_coin.get(coin), prices, balance) for coin, part in first_entries.items()]
    return tuple(sorted(needs, key=lambda need: (-(need.balance or 0.0), need.coin)))


def _need(coin: str, part: float, market: Market | None, prices: Mapping[str, Ticker], balance: float) -> CoinNeed:
    """The effective minimum cost (`spec/live.md` §3) through the part of the balance that the first entry takes."""
    price = prices.get(market.symbol) if market is not None else None
    if market is None or price is None or part <= 0.0:
        return CoinNeed(coin, None, None)
    least = max(cost_of(market, market.min_qty, price.last), market.min_cost)
    return CoinNeed(coin, least / part, balance * part >= least)
