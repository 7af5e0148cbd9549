"""What an audit found: each difference with its cause and its cost, and one figure for all of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from passivtui.clock import iso_minute
from passivtui.live.audit.causes import Cause
from passivtui.live.orders import Side


@dataclass(frozen=True, slots=True)
class Difference:
    """A fill that is not as it should be. Quantities are signed, 0 and None where there was none.

    `cost` is what the bot has less by it at the end of the hour, in quote; below 0 it was to its advantage.
    """

    time_ms: int  # the beginning of the candle
    coin: str
    side: Side
    type: str
    cause: Cause
    text: str
    cost: float
    expected_qty: float = 0.0
    expected_price: float | None = None
    live_qty: float = 0.0
    live_price: float | None = None

    @property
    def line(self) -> str:
        """`2025-01-31 07:05  BTC long  entry_grid_normal_long  0.01 at 95000 missing: post-only reject, …`"""
        what = f"{iso_minute(self.time_ms)}  {self.coin} {self.side}  {self.type or 'foreign'}  {self._what()}"
        return f"{what}; {self.cause} ({self.text}); cost {self.cost:.4g}"

    def _what(self) -> str:
        if self.live_price is None:
            return f"{self.expected_qty:+g} at {self.expected_price:g} missing"
        if self.expected_price is None:
            return f"{self.live_qty:+g} at {self.live_price:g} too much"
        return f"{self.live_qty:+g} at {self.live_price:g} instead of {self.expected_qty:+g} at {self.expected_price:g}"


@dataclass(frozen=True, slots=True)
class AuditReport:
    """A stretch of a bot's life. `audited_minutes` of it were replayed; in the rest the bot did not run or nothing was
    recorded. `fills` counts orders that were filled by either, `agreeing` those that both filled alike. `value` is that
    of all of them, `agreeing_value` the part that both traded at the same price and time, in quote."""

    bot: str
    quote: str
    first_ms: int
    end_ms: int
    audited_minutes: int
    fills: int
    agreeing: int
    value: float
    agreeing_value: float
    drift_cost: float
    differences: tuple[Difference, ...]

    @property
    def parity(self) -> float:
        """The part of all traded value in which bot and replay agree, from 0 to 1; 1 when nothing was traded."""
        return 1.0 if self.value == 0.0 else self.agreeing_value / self.value

    @property
    def figure(self) -> str:
        """`parity 99.6 %, drift cost 0.42 USDT`; parity is rounded down, so that 100 % means all."""
        part = int(self.parity * 1000.0) / 10.0
        return f"parity {part:g} %, drift cost {self.drift_cost:.2f} {self.quote}".rstrip()

    @property
    def text(self) -> str:
        """All of it in lines, the one figure first."""
        hours = self.audited_minutes / 60.0
        lines = [
            f"{self.bot}: {self.figure}",
            f"{iso_minute(self.first_ms)} to {iso_minute(self.end_ms)}, {hours:.1f} h of it audited; "
            f"{self.agreeing} of {self.fills} fills agree",
        ]
        lines += [f"  {cause}: {count}, cost {cost:.4g} {self.quote}" for cause, count, cost in self.by_cause()]
        return "\n".join([*lines, *(difference.line for difference in self.differences)])

    def by_cause(self) -> tuple[tuple[Cause, int, float], ...]:
        """Causes with how many differences they explain and what those cost, the most expensive first."""
        found = {cause: [one for one in self.differences if one.cause is cause] for cause in Cause}
        rows = [(cause, len(ones), sum(one.cost for one in ones)) for cause, ones in found.items() if ones]
        return tuple(sorted(rows, key=lambda row: -abs(row[2])))


def total(reports: Sequence[float]) -> float:
    """A sum that does not show rounding as a loss: less than a millionth is none."""
    added = sum(reports)
    return 0.0 if abs(added) < 1e-6 else added
