"""Binance USDⓈ-M's JSON: orders, fills, positions, balances, and the events of the user's stream."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from .account import MAINTENANCE, Account
from .markets import Market, plain
from .matching import Matching
from .orders import ZERO, AccountEvent, Fill, Income, Order, OrderEvent, Position

STATES = {
    "new": "NEW",
    "partly filled": "PARTIALLY_FILLED",
    "filled": "FILLED",
    "canceled": "CANCELED",
    "expired": "EXPIRED",
    "rejected": "REJECTED",
}
TIME_IN_FORCE = {"GTC": "GTC", "IOC": "IOC", "FOK": "FOK", "POST": "GTX"}
_CONTRACT_STATES = {"trading": "TRADING", "reduce only": "TRADING", "halted": "BREAK", "delisted": "SETTLING"}
_CHANGES = {"new": "NEW", "trade": "TRADE", "canceled": "CANCELED", "expired": "EXPIRED", "liquidation": "CALCULATED"}


def contract(market: Market) -> dict[str, Any]:
    """A symbol of exchangeInfo."""
    price_decimals = max(0, -int(market.price_step.as_tuple().exponent))
    qty_decimals = max(0, -int(market.qty_step.as_tuple().exponent))
    least, most = market.qty_text(market.min_qty), market.qty_text(market.max_qty)
    lot = {"minQty": least, "maxQty": most, "stepSize": str(market.qty_step)}
    return {
        "symbol": market.pair,
        "pair": market.pair,
        "contractType": "PERPETUAL",
        "deliveryDate": 4133404800000,
        "onboardDate": market.listed_ms,
        "status": _CONTRACT_STATES[market.status],
        "maintMarginPercent": "2.5000",
        "requiredMarginPercent": "5.0000",
        "baseAsset": market.base,
        "quoteAsset": market.quote,
        "marginAsset": market.settle,
        "pricePrecision": price_decimals,
        "quantityPrecision": qty_decimals,
        "baseAssetPrecision": 8,
        "quotePrecision": 8,
        "underlyingType": "COIN",
        "underlyingSubType": [],
        "settlePlan": 0,
        "triggerProtect": "0.0500",
        "liquidationFee": "0.012500",
        "marketTakeBound": "0.05",
        "filters": [
            {
                "filterType": "PRICE_FILTER",
                "minPrice": str(market.price_step),
                "maxPrice": "4529764",
                "tickSize": str(market.price_step),
            },
            {"filterType": "LOT_SIZE", **lot},
            {"filterType": "MARKET_LOT_SIZE", **lot},
            {"filterType": "MAX_NUM_ORDERS", "limit": 200},
            {"filterType": "MAX_NUM_ALGO_ORDERS", "limit": 10},
            {"filterType": "MIN_NOTIONAL", "notional": str(market.min_notional)},
            {
                "filterType": "PERCENT_PRICE",
                "multiplierUp": str(1 + market.price_band),
                "multiplierDown": str(1 - market.price_band),
                "multiplierDecimal": "4",
            },
        ],
        "orderTypes": ["LIMIT", "MARKET", "STOP", "STOP_MARKET", "TAKE_PROFIT", "TAKE_PROFIT_MARKET"],
        "timeInForce": ["GTC", "IOC", "FOK", "GTX", "GTD"],
    }


def order(market: Market, order: Order) -> dict[str, Any]:
    """An order as create, cancel and query answer it."""
    average = order.cost / order.filled if order.filled else ZERO
    kind = "MARKET" if order.price is None else "LIMIT"
    return {
        "orderId": int(order.id),
        "symbol": order.pair,
        "status": STATES[order.state],
        "clientOrderId": order.client_id,
        "price": market.price_text(order.price or ZERO),
        "avgPrice": plain(average),
        "origQty": market.qty_text(order.qty),
        "executedQty": market.qty_text(order.filled),
        "cumQty": market.qty_text(order.filled),
        "cumQuote": plain(order.cost),
        "timeInForce": TIME_IN_FORCE[order.time_in_force],
        "type": kind,
        "origType": kind,
        "reduceOnly": order.closes,
        "closePosition": False,
        "side": order.side.upper(),
        "positionSide": order.position_side.upper(),
        "stopPrice": "0",
        "workingType": "CONTRACT_PRICE",
        "priceProtect": False,
        "priceMatch": "NONE",
        "selfTradePreventionMode": "EXPIRE_MAKER",
        "goodTillDate": 0,
        "time": order.created_ms,
        "updateTime": order.updated_ms,
    }


def trade(market: Market, fill: Fill) -> dict[str, Any]:
    """A row of userTrades."""
    return {
        "buyer": fill.side == "buy",
        "commission": plain(fill.fee),
        "commissionAsset": fill.fee_coin,
        "id": int(fill.id),
        "maker": fill.maker,
        "orderId": int(fill.order_id),
        "price": market.price_text(fill.price),
        "qty": market.qty_text(fill.qty),
        "quoteQty": plain(fill.value),
        "realizedPnl": plain(fill.realized),
        "side": fill.side.upper(),
        "positionSide": fill.position_side.upper(),
        "symbol": fill.pair,
        "time": fill.at_ms,
    }


def income(booking: Income, trade_id: str) -> dict[str, Any]:
    return {
        "symbol": booking.pair,
        "incomeType": booking.kind,
        "income": plain(booking.amount),
        "asset": booking.coin,
        "info": trade_id if booking.kind == "COMMISSION" else booking.kind,
        "time": booking.at_ms,
        "tranId": 7_000_000_000_000_000_000 + booking.id,
        "tradeId": trade_id,
    }


def position(market: Market, account: Account, held: Position, price: Decimal, *, version: int) -> dict[str, Any]:
    """A row of positionRisk; version 2 has leverage and margin type, version 3 has margins instead."""
    profit = account.unrealized(market, held, price)
    margin = account.margin_of(market, held.size, price)
    row = {
        "symbol": held.pair,
        "positionSide": held.side.upper(),
        "positionAmt": market.qty_text(held.size),
        "entryPrice": plain(held.entry_price),
        "breakEvenPrice": plain(held.entry_price),
        "markPrice": market.price_text(price),
        "unRealizedProfit": plain(profit),
        "liquidationPrice": "0",
        "isolatedMargin": "0",
        "notional": plain(held.size * price),
        "isolatedWallet": "0",
        "updateTime": held.updated_ms,
    }
    if version == 2:
        isolated = held.pair in account.isolated
        return row | {
            "leverage": str(account.leverage_of(held.pair)),
            "maxNotionalValue": "10000000",
            "marginType": "isolated" if isolated else "cross",
            "isAutoAddMargin": "false",
            "isolated": isolated,
            "adlQuantile": 2,
        }
    return row | {
        "marginAsset": market.settle,
        "initialMargin": plain(margin),
        "maintMargin": plain(abs(held.size) * price * MAINTENANCE),
        "positionInitialMargin": plain(margin),
        "openOrderInitialMargin": "0",
        "adl": 2,
        "bidNotional": "0",
        "askNotional": "0",
    }


def balances(matching: Matching, now_ms: int) -> list[dict[str, Any]]:
    """The assets of an account, with their profits and margins."""
    account, prices, rows = matching.account, matching.last_prices, []
    for coin, wallet in account.wallets.items():
        held = [one for one in account.open_positions() if matching.markets[one.pair].settle == coin]
        profit = sum((account.unrealized(matching.markets[one.pair], one, prices[one.pair]) for one in held), ZERO)
        margin = sum((account.margin_of(matching.markets[one.pair], one.size, prices[one.pair]) for one in held), ZERO)
        free = account.available(coin, matching.markets, prices, matching.open_orders.values())
        orders_margin = wallet + profit - margin - free
        rows.append(
            {
                "asset": coin,
                "walletBalance": plain(wallet),
                "unrealizedProfit": plain(profit),
                "marginBalance": plain(wallet + profit),
                "maintMargin": plain(margin * account.leverage_of("") * MAINTENANCE),
                "initialMargin": plain(margin + orders_margin),
                "positionInitialMargin": plain(margin),
                "openOrderInitialMargin": plain(orders_margin),
                "crossWalletBalance": plain(wallet),
                "crossUnPnl": plain(profit),
                "availableBalance": plain(max(free, ZERO)),
                "maxWithdrawAmount": plain(max(min(free, wallet), ZERO)),
                "marginAvailable": True,
                "updateTime": now_ms,
            }
        )
    return rows


def order_event(market: Market, event: OrderEvent, now_ms: int) -> dict[str, Any]:
    """ORDER_TRADE_UPDATE."""
    one, fill = event.order, event.fill
    kind = "MARKET" if one.price is None else "LIMIT"
    details: dict[str, Any] = {
        "s": one.pair,
        "c": one.client_id,
        "S": one.side.upper(),
        "o": kind,
        "f": TIME_IN_FORCE[one.time_in_force],
        "q": market.qty_text(one.qty),
        "p": market.price_text(one.price or ZERO),
        "ap": plain(one.cost / one.filled if one.filled else ZERO),
        "sp": "0",
        "x": _CHANGES[event.change],
        "X": STATES[one.state],
        "i": int(one.id),
        "l": market.qty_text(fill.qty if fill else ZERO),
        "z": market.qty_text(one.filled),
        "L": market.price_text(fill.price if fill else ZERO),
        "T": one.updated_ms,
        "t": int(fill.id) if fill else 0,
        "b": "0",
        "a": "0",
        "m": bool(fill and fill.maker),
        "R": one.closes,
        "wt": "CONTRACT_PRICE",
        "ot": kind,
        "ps": one.position_side.upper(),
        "cp": False,
        "rp": plain(fill.realized) if fill else "0",
        "pP": False,
        "si": 0,
        "ss": 0,
        "V": "EXPIRE_MAKER",
        "pm": "NONE",
        "gtd": 0,
    }
    if fill is not None:
        details |= {"N": fill.fee_coin, "n": plain(fill.fee)}
    return {"e": "ORDER_TRADE_UPDATE", "E": now_ms, "T": one.updated_ms, "o": details}


def account_event(matching: Matching, event: AccountEvent, now_ms: int) -> dict[str, Any]:
    """ACCOUNT_UPDATE."""
    account = matching.account
    wallets = [
        {"a": coin, "wb": plain(account.wallets[coin]), "cw": plain(account.wallets[coin]), "bc": plain(event.amount)}
        for coin in event.coins
    ]
    positions = [
        {
            "s": held.pair,
            "pa": matching.markets[held.pair].qty_text(held.size),
            "ep": plain(held.entry_price),
            "bep": plain(held.entry_price),
            "cr": plain(held.realized),
            "up": plain(account.unrealized(matching.markets[held.pair], held, matching.last(held.pair))),
            "mt": "isolated" if held.pair in account.isolated else "cross",
            "iw": "0",
            "ps": held.side.upper(),
        }
        for held in event.positions
    ]
    update = {"m": event.reason, "B": wallets, "P": positions}
    return {"e": "ACCOUNT_UPDATE", "E": now_ms, "T": now_ms, "a": update}
