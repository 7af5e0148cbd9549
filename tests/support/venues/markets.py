"""What a venue lists: the steps, limits and state of one perpetual contract."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Literal, Self

Status = Literal["trading", "halted", "reduce only", "delisted"]

LISTED_MS = 1_577_836_800_000


@dataclass(frozen=True, slots=True)
class Market:
    """One perpetual contract; quantities are base units, or quote units (contracts of 1 USD) when `inverse`.

    `price_band`: how far through the last price a limit order may reach (0.05: a buy up to 5 % above it).
    """

    base: str
    quote: str
    price_step: Decimal
    qty_step: Decimal
    min_qty: Decimal
    max_qty: Decimal
    min_notional: Decimal
    max_leverage: int = 100
    inverse: bool = False
    status: Status = "trading"
    price_band: Decimal = Decimal("0.05")
    listed_ms: int = LISTED_MS

    @classmethod
    def linear(
        cls,
        base: str,
        *,
        price_step: str = "0.1",
        qty_step: str = "0.001",
        min_qty: str | None = None,
        max_qty: str = "10000000",
        min_notional: str = "5",
        quote: str = "USDT",
        **others: Any,
    ) -> Self:
        """A contract settled in its quote coin. Steps are texts, so that they are exact."""
        return cls(
            base,
            quote,
            Decimal(price_step),
            Decimal(qty_step),
            Decimal(min_qty or qty_step),
            Decimal(max_qty),
            Decimal(min_notional),
            **others,
        )

    @classmethod
    def inverse_of(cls, base: str, *, price_step: str = "0.1", max_qty: str = "25000000", **others: Any) -> Self:
        """A contract of 1 USD, settled in its base coin."""
        one = Decimal(1)
        return cls(base, "USD", Decimal(price_step), one, one, Decimal(max_qty), Decimal(0), inverse=True, **others)

    @property
    def pair(self) -> str:
        """The venue's own name: BTCUSDT, BTCUSD."""
        return self.base + self.quote

    @property
    def settle(self) -> str:
        return self.base if self.inverse else self.quote

    @property
    def symbol(self) -> str:
        """ccxt's name: BTC/USDT:USDT, BTC/USD:BTC."""
        return f"{self.base}/{self.quote}:{self.settle}"

    def with_changes(self, **changes: Any) -> Self:
        """The market after the venue changed it; texts become exact numbers."""
        numbers: dict[str, Any] = {name: Decimal(value) for name, value in changes.items() if name in _EXACT}
        return replace(self, **{**changes, **numbers})

    def value(self, qty: Decimal, price: Decimal) -> Decimal:
        """Worth in the settlement coin."""
        return qty / price if self.inverse else qty * price

    def profit(self, size: Decimal, entry: Decimal, exit: Decimal) -> Decimal:
        """What a position of `size` (short: below 0) gains from `entry` to `exit`, in the settlement coin."""
        return size * (1 / entry - 1 / exit) if self.inverse else size * (exit - entry)

    def price_text(self, price: Decimal) -> str:
        return fixed(price, self.price_step)

    def qty_text(self, qty: Decimal) -> str:
        return fixed(qty, self.qty_step)


_EXACT = ("price_step", "qty_step", "min_qty", "max_qty", "min_notional", "price_band")


def fixed(number: Decimal, step: Decimal) -> str:
    """A number with as many decimals as its step has, never with an exponent: 0.100."""
    return format(number.quantize(step, rounding=ROUND_HALF_UP), "f")


def plain(number: Decimal) -> str:
    """A number with up to eight decimals and no exponent."""
    text = format(number.quantize(Decimal("0.00000001"), rounding=ROUND_HALF_UP), "f").rstrip("0").rstrip(".")
    return "0" if text in ("", "-0") else text


def average_price(market: Market, size: Decimal, price: Decimal, more: Decimal, at: Decimal) -> Decimal:
    """The entry price of a position that grew by `more` bought `at`; an inverse one averages contracts per coin."""
    if market.inverse:
        return (size + more) / (size / price + more / at) if size else at
    return (size * price + more * at) / (size + more)


def exact(text: str) -> Decimal | None:
    """A number from a request; None when the text is no finite number."""
    try:
        number = Decimal(text)
    except ArithmeticError:
        return None
    return number if number.is_finite() else None
