"""What a user wants to know of a key before trusting it with money; found out with reads alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from passivtui.clock import monotonic
from passivtui.errors import VenueError
from passivtui.exchanges.base import AccountFacts, Exchange, Market, Ticker
from passivtui.exchanges.contract_value import cost_of

_OFFSET_LIMIT_MS = 1_000  # beyond it the clock deserves a word, though requests are signed with the offset


class Verdict(StrEnum):
    GOOD = "good"
    WARNING = "warning"
    BAD = "bad"  # the account can't be traded with, or should not be
    UNKNOWN = "unknown"  # the venue doesn't say


@dataclass(frozen=True, slots=True)
class Finding:
    """One line for a person."""

    subject: str
    verdict: Verdict
    text: str


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


async def check_connection(
    exchange: Exchange,
    first_entries: Mapping[str, float] | None = None,
    now: Callable[[], float] = monotonic,
) -> ConnectionReport:
    """Reads markets, clock, account, balance and prices, and tells of each; nothing is changed at the venue.

    `first_entries`: per coin of a config the part of the balance that its first entry costs (wallet exposure limit
    times entry_initial_qty_pct). Never raises for what a venue says: the report ends with the failure.
    """
    findings: list[Finding] = []
    try:
        began = now()
        markets = await exchange.load_markets()
        findings.append(_reached(exchange.traits.title, markets, now() - began))
        findings.append(_clock(await exchange.clock_offset_ms()))
        findings += _key(await exchange.account(), has_hedge_mode=exchange.traits.has_hedge_mode)
        balance = await exchange.balance()
        findings.append(_money(balance.total, balance.asset))
        needs = _needs(first_entries or {}, markets, await exchange.tickers(), balance.total) if first_entries else ()
        return ConnectionReport(tuple(findings), needs)
    except VenueError as error:
        findings.append(Finding("connection", Verdict.BAD, str(error)))
        return ConnectionReport(tuple(findings))


def _reached(title: str, markets: Mapping[str, Market], seconds: float) -> Finding:
    usable = sum(not market.ineligible for market in markets.values())
    text = f"{title} answered in {seconds * 1000:.0f} ms; {usable} markets can be traded"
    return Finding("venue", Verdict.GOOD if usable else Verdict.BAD, text)


def _clock(offset_ms: int) -> Finding:
    if abs(offset_ms) <= _OFFSET_LIMIT_MS:
        return Finding("clock", Verdict.GOOD, f"this computer's clock is {abs(offset_ms)} ms off")
    ahead = "behind" if offset_ms > 0 else "ahead of"
    text = f"this computer's clock is {abs(offset_ms) / 1000:.1f} s {ahead} the venue's; set it by the network"
    return Finding("clock", Verdict.WARNING, text)


def _key(facts: AccountFacts, *, has_hedge_mode: bool) -> list[Finding]:
    found = [
        _permission("reading", facts.may_read, wanted=True, bad="the key may not read the account"),
        _permission(
            "trading", facts.may_trade, wanted=True, bad="the key may not trade futures; allow it at the venue"
        ),
        _permission(
            "withdrawal",
            facts.may_withdraw,
            wanted=False,
            bad="the key may withdraw money; make one that may not, a bot never needs it",
        ),
    ]
    if facts.is_ip_bound is False:
        text = "the key works from any address; bind it to this computer's at the venue"
        found.append(Finding("address", Verdict.WARNING, text))
    elif facts.is_ip_bound:
        found.append(Finding("address", Verdict.GOOD, "the key is bound to addresses"))
    if has_hedge_mode and facts.position_mode == "one_way":
        text = "the account is in one-way mode; the bot sets hedge mode when it starts, which open positions prevent"
        found.append(Finding("position mode", Verdict.WARNING, text))
    elif facts.position_mode is not None:
        mode = facts.position_mode.replace("_", "-")
        found.append(Finding("position mode", Verdict.GOOD, f"the account is in {mode} mode"))
    return found


def _permission(subject: str, has: bool | None, *, wanted: bool, bad: str) -> Finding:
    if has is None:
        return Finding(subject, Verdict.UNKNOWN, f"the venue doesn't say whether the key allows {subject}")
    if has is not wanted:
        return Finding(subject, Verdict.BAD, bad)
    return Finding(subject, Verdict.GOOD, f"{subject} is {'allowed' if has else 'not allowed, as it should be'}")


def _money(total: float, asset: str) -> Finding:
    if total <= 0.0:
        return Finding("balance", Verdict.WARNING, f"there is no {asset} in the account that the bot would trade with")
    return Finding("balance", Verdict.GOOD, f"{total:,.2f} {asset}")


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
