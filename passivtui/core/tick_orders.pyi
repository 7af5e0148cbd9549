from collections.abc import Mapping
from typing import NamedTuple

Numbers = Mapping[str, float]

class TickOrder(NamedTuple):
    qty: float
    price: float

def flat_bid(market: Numbers, settings: Numbers, ema: float, highest_bid: float) -> float: ...
def flat_ask(market: Numbers, settings: Numbers, ema: float, lowest_ask: float) -> float: ...
def reentry_price(market: Numbers, settings: Numbers, balance: float, size: float, pos_price: float) -> float: ...
def reentry_qty(market: Numbers, settings: Numbers, size: float, highest: float, smallest: float) -> float: ...
def stop_loss_qty(market: Numbers, settings: Numbers, size: float) -> float: ...
def min_close_qty(market: Numbers, settings: Numbers, balance: float, price: float) -> float: ...
def close_ladder(
    market: Numbers, settings: Numbers, size: float, pos_price: float, book: float, smallest: float
) -> list[TickOrder]: ...
def reentry_ladder(
    market: Numbers,
    settings: Numbers,
    balance: float,
    equity: float,
    size: float,
    pos_price: float,
    book: float,
    last_price: float,
    n_orders: int,
    max_notional: float = ...,
    *,
    swapped_weights: bool = False,
) -> list[TickOrder]: ...
