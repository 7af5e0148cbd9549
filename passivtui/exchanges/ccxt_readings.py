"""ccxt's structures as ours: markets, orders, fills, positions, candles. What can't be read is Unreadable."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from passivtui.exchanges.base import (
    Candle,
    Fill,
    Market,
    Order,
    OrderSide,
    OrderStatus,
    Position,
    PositionSide,
    Ticker,
)
from passivtui.exchanges.errors import Unreadable
from passivtui.exchanges.listed_market import listed_market
from passivtui.exchanges.readings import (
    number,
    number_or_none,
    number_or_zero,
    positive,
    table,
    text,
    text_or_empty,
    time_ms,
)

#: On which side of the account an order or a fill works: from ccxt's structure, with the raw one in "info".
SideOf = Callable[[Mapping[str, Any]], PositionSide]

_LEAST_COST: Final = 0.1  # where a venue names no minimum cost (`spec/live.md` §7)
_STATUS: Final = {
    "open": OrderStatus.OPEN,
    "closed": OrderStatus.FILLED,
    "canceled": OrderStatus.CANCELLED,
    "cancelled": OrderStatus.CANCELLED,
    "expired": OrderStatus.CANCELLED,
    "canceling": OrderStatus.OPEN,
    "rejected": OrderStatus.REJECTED,
}


def market_from(raw: Mapping[str, Any], quote: str, *, wants_inverse: bool = False) -> Market | None:
    """One market; None when it has no steps, so that nothing can be ordered in it. `quote`: what the bot trades in; for
    inverse markets any."""
    listed = listed_market(table(raw, "market"))
    if listed is None:
        return None
    is_inverse = bool(raw.get("inverse"))
    limits = table(raw.get("limits") or {}, "limits")
    cost = number_or_none(table(limits.get("cost") or {}, "limits").get("min"), "minimum cost")
    leverage = number_or_none(table(limits.get("leverage") or {}, "limits").get("max"), "maximum leverage")
    return Market(
        symbol=listed.symbol,
        coin=listed.coin,
        quote=text(raw.get("settle") or raw.get("quote"), "settlement currency"),
        qty_step=listed.qty_step,
        price_step=listed.price_step,
        min_qty=listed.min_qty,
        min_cost=cost if cost else _LEAST_COST,
        c_mult=listed.c_mult,
        max_leverage=leverage if leverage and leverage > 0.0 else None,
        maker_fee=listed.maker_fee,
        taker_fee=listed.taker_fee,
        is_active=listed.active,
        is_inverse=is_inverse,
        listed_ms=listed.listed_ms,
        ineligible=_ineligible(raw, quote, listed.active, wants_inverse),
    )


def _ineligible(raw: Mapping[str, Any], quote: str, is_active: bool, wants_inverse: bool) -> str:
    """Why a market is not for the bot (`spec/live.md` §2); "" when it is."""
    if not is_active:
        return "not active"
    if not raw.get("swap"):
        return "wrong market type"
    if bool(raw.get("inverse")) != wants_inverse:
        return "linear" if wants_inverse else "not linear"
    if not wants_inverse and not str(raw.get("symbol", "")).endswith(f"/{quote}:{quote}"):
        return "wrong quote"
    return ""


def side_from(value: object) -> OrderSide:
    """ "buy" or "sell", in any case. Raises Unreadable."""
    side = text(value, "order side").lower()
    if side == "buy":
        return "buy"
    if side == "sell":
        return "sell"
    raise Unreadable(f"the venue's order side can't be used: {side!r}")


def order_from(raw: Mapping[str, Any], side_of: SideOf, client_id_of: Callable[[str], str]) -> Order:
    """An order; a status that ccxt doesn't know is UNKNOWN. Raises Unreadable."""
    qty = positive(table(raw, "order").get("amount"), "order quantity")
    filled = number_or_zero(raw.get("filled"), "filled quantity")
    if not 0.0 <= filled <= qty * (1.0 + 1e-9):
        raise Unreadable(f"the venue says that {filled:g} of {qty:g} was filled")
    side, position_side = side_from(raw.get("side")), side_of(raw)
    return Order(
        id=text(raw.get("id"), "order id"),
        client_id=client_id_of(text_or_empty(raw.get("clientOrderId"), "client id")),
        symbol=text(raw.get("symbol"), "symbol"),
        side=side,
        position_side=position_side,
        qty=qty,
        price=number_or_zero(raw.get("price"), "order price"),
        filled=filled,
        status=_STATUS.get(str(raw.get("status")), OrderStatus.UNKNOWN),
        reduce_only=(side == "sell") == (position_side == "long"),
        time_ms=time_ms(raw.get("timestamp"), "order time"),
    )


def fill_from(
    raw: Mapping[str, Any],
    side_of: SideOf,
    client_id_of: Callable[[str], str],
    *,
    quote: str,
    pnl: float | None,
    client_id: str = "",
) -> Fill:
    """A trade. A fee in another currency than the quote is not known in the quote. Raises Unreadable."""
    fee = table(table(raw, "fill").get("fee") or {}, "fee")
    paid = number_or_none(fee.get("cost"), "fee")
    maker = raw.get("takerOrMaker")
    return Fill(
        id=text(raw.get("id"), "fill id"),
        order_id=text_or_empty(raw.get("order"), "order id"),
        client_id=client_id_of(client_id),
        symbol=text(raw.get("symbol"), "symbol"),
        side=side_from(raw.get("side")),
        position_side=side_of(raw),
        qty=positive(raw.get("amount"), "fill quantity"),
        price=positive(raw.get("price"), "fill price"),
        fee=paid if fee.get("currency") in (None, quote) else None,
        pnl=pnl,
        time_ms=time_ms(raw.get("timestamp"), "fill time"),
        is_maker={"maker": True, "taker": False}.get(str(maker)),
    )


def position_from(raw: Mapping[str, Any]) -> Position | None:
    """A position; None when its size is 0. Raises Unreadable."""
    size = abs(number(table(raw, "position").get("contracts"), "position size"))  # what can't be read is not flat
    if size == 0.0:
        return None
    side = str(raw.get("side"))
    if side not in ("long", "short"):
        raise Unreadable(f"the venue's position side can't be used: {side[:40]!r}")
    margin = str(raw.get("marginMode"))
    return Position(
        symbol=text(raw.get("symbol"), "symbol"),
        side="long" if side == "long" else "short",
        size=size if side == "long" else -size,
        price=positive(raw.get("entryPrice"), "entry price"),
        leverage=number_or_none(raw.get("leverage"), "leverage"),
        margin_mode="cross" if margin == "cross" else "isolated" if margin == "isolated" else None,
        liquidation_price=number_or_none(raw.get("liquidationPrice"), "liquidation price"),
    )


def candle_from(row: object) -> Candle:
    """A candle whose prices fit together. Raises Unreadable."""
    if not isinstance(row, list | tuple) or len(row) < 6:
        raise Unreadable("the venue sent a candle in a form that can't be used")
    prices = [positive(value, "candle price") for value in row[1:5]]
    opened, high, low, close = prices
    if high < max(opened, close, low) or low > min(opened, close):
        raise Unreadable("the venue sent a candle whose prices contradict each other")
    volume = number_or_zero(row[5], "candle volume")
    return Candle(time_ms(row[0], "candle time"), opened, high, low, close, max(0.0, volume))


def ticker_from(raw: Mapping[str, Any], now_ms: int) -> Ticker | None:
    """A ticker; None without a usable price. A crossed or empty book says nothing: then bid and ask are the last."""
    try:
        bid = number_or_zero(table(raw, "price").get("bid"), "bid")
        ask = number_or_zero(raw.get("ask"), "ask")
        last = number_or_zero(raw.get("last"), "last price")
        symbol = text(raw.get("symbol"), "symbol")
        stamp = raw.get("timestamp")
        when = now_ms if stamp is None else time_ms(stamp, "ticker time")
    except Unreadable:
        return None
    has_book = 0.0 < bid <= ask
    if last <= 0.0:
        if not has_book:
            return None
        last = (bid + ask) / 2.0
    return Ticker(symbol, last, bid if has_book else last, ask if has_book else last, when)
