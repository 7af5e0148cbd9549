"""Notices when the balance moves by more than trades explain: a deposit, a withdrawal, a cost of the venue."""

from __future__ import annotations

from typing import Final

from passivtui.exchanges.base import Balance, Fill

#: Beyond this part of the balance; funding costs less.
_UNEXPLAINED: Final = 0.005
#: So many readings in a row, as a fill may be told later than the balance that it changed.
_READINGS: Final = 2


class BalanceWatch:
    """Is told of each balance and each new fill. While a fill's profit or fee is unknown nothing can be said."""

    def __init__(self) -> None:
        self._known: float | None = None
        self._since_ms = 0
        self._booked = 0.0
        self._is_vague = False
        self._doubts = 0

    def note_fill(self, fill: Fill) -> None:
        if fill.time_ms < self._since_ms or self._known is None:
            return
        if fill.pnl is None or fill.fee is None:
            self._is_vague = True
        else:
            self._booked += fill.pnl - fill.fee

    def note_balance(self, balance: Balance, now_ms: int) -> str:
        """What to say of it, "" for nothing."""
        if self._known is None or self._is_vague:
            self._begin(balance, self._since_ms if self._known is not None else now_ms)
            return ""
        expected = self._known + self._booked
        if abs(balance.total - expected) <= _UNEXPLAINED * abs(expected):
            self._begin(balance, self._since_ms)
            return ""
        self._doubts += 1
        if self._doubts < _READINGS:
            return ""
        self._begin(balance, self._since_ms)
        change = f"{balance.total - expected:+,.2f} {balance.asset} to {balance.total:,.2f}"
        return f"the balance changed by {change}, which no trade explains: a deposit, a withdrawal or a cost"

    def _begin(self, balance: Balance, since_ms: int) -> None:
        self._known, self._since_ms = balance.total, since_ms
        self._booked, self._doubts, self._is_vague = 0.0, 0, False
