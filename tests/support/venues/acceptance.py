"""What a venue looks at before it takes an order: each check raises Refusal with its reason."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from .markets import Market
from .orders import ZERO, NewOrder, Reason, Refusal

if TYPE_CHECKING:
    from .matching import Matching


def acceptable_qty(book: Matching, new: NewOrder) -> Decimal:
    """The quantity that is taken of an order that passes every check; a close may be cut to its position."""
    market = _tradable(book, new.pair)
    _check_client_id(book, new.client_id)
    _check_side(book, new)
    closes = new.reduce_only or new.side == {"long": "sell", "short": "buy"}.get(new.position_side)
    _check_size(book, market, new, closes)
    if market.status == "reduce only" and not closes:
        raise Refusal(Reason.REDUCE_ONLY_SYMBOL)
    qty = _closing_qty(book, new) if closes else new.qty
    if not closes:
        _check_margin(book, market, new)
    if book.rules.post_only_refuses and new.time_in_force == "POST" and crosses(book, new):
        raise Refusal(Reason.WOULD_CROSS)
    if len(book.open_orders) >= book.rules.most_open_orders:
        raise Refusal(Reason.TOO_MANY_ORDERS, str(book.rules.most_open_orders))
    return qty


def crosses(book: Matching, new: NewOrder) -> bool:
    """Whether an order would trade at once."""
    if new.price is None:
        return True
    return new.price >= book.ask(new.pair) if new.side == "buy" else new.price <= book.bid(new.pair)


def _tradable(book: Matching, pair: str) -> Market:
    market = book.markets.get(pair)
    if market is None:
        raise Refusal(Reason.UNKNOWN_SYMBOL)
    if market.status in ("halted", "delisted"):
        raise Refusal(Reason.NOT_TRADING)
    return market


def _check_client_id(book: Matching, client_id: str) -> None:
    if len(client_id) > book.rules.client_id_length:
        raise Refusal(Reason.CLIENT_ID)
    known = book.find(None, client_id=client_id)
    if known is not None and (known.open or book.rules.client_ids_forever):
        raise Refusal(Reason.DUPLICATE_CLIENT_ID)


def _check_side(book: Matching, new: NewOrder) -> None:
    if book.account.hedged(new.pair) == (new.position_side == "both"):
        raise Refusal(Reason.POSITION_SIDE)


def _check_size(book: Matching, market: Market, new: NewOrder, closes: bool) -> None:
    price = book.last(new.pair) if new.price is None else new.price
    if new.price is not None and (new.price <= 0 or new.price % market.price_step):
        raise Refusal(Reason.PRICE_STEP)
    if new.qty <= 0 or new.qty < market.min_qty:
        raise Refusal(Reason.QTY_TOO_SMALL, market.qty_text(market.min_qty))
    if new.qty % market.qty_step:
        raise Refusal(Reason.QTY_STEP)
    if new.qty > market.max_qty:
        raise Refusal(Reason.QTY_TOO_LARGE)
    last = book.last(new.pair)
    if new.side == "buy" and price > last * (1 + market.price_band):
        raise Refusal(Reason.PRICE_TOO_HIGH, market.price_text(last * (1 + market.price_band)))
    if new.side == "sell" and price < last * (1 - market.price_band):
        raise Refusal(Reason.PRICE_TOO_LOW, market.price_text(last * (1 - market.price_band)))
    if not closes and not market.inverse and price * new.qty < market.min_notional:
        raise Refusal(Reason.NOTIONAL, str(market.min_notional))


def _check_margin(book: Matching, market: Market, new: NewOrder) -> None:
    position = book.account.position(new.pair, new.position_side)
    opposite = position.size * (1 if new.side == "buy" else -1) < 0
    more = max(ZERO, new.qty - abs(position.size)) if opposite else new.qty
    price = book.last(new.pair) if new.price is None else new.price
    need = book.account.margin_of(market, more, price)
    free = book.account.available(market.settle, book.markets, book.last_prices, book.open_orders.values())
    if need > free:
        raise Refusal(Reason.MARGIN)


def _closing_qty(book: Matching, new: NewOrder) -> Decimal:
    size = book.account.position(new.pair, new.position_side).size
    if size * (1 if new.side == "buy" else -1) >= 0:
        raise Refusal(Reason.REDUCE_ONLY, "current position is zero")
    if new.qty > abs(size) and not book.rules.close_may_exceed:
        raise Refusal(Reason.REDUCE_ONLY)
    return min(new.qty, abs(size))
