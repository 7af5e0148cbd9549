"""Bybit V5's JSON: orders, executions, positions, wallets and closed profits, for REST and streams alike."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from .account import MAINTENANCE
from .markets import Market, plain
from .matching import Matching
from .orders import ZERO, ClosedPnl, Fill, Order, Position

_STATES = {
    "new": "New",
    "partly filled": "PartiallyFilled",
    "filled": "Filled",
    "canceled": "Cancelled",
    "expired": "Cancelled",
    "rejected": "Rejected",
}
_CONTRACT_STATES = {"trading": "Trading", "reduce only": "Trading", "halted": "PreLaunch", "delisted": "Closed"}
_REJECT_REASONS = {"would cross": "EC_PostOnlyWillTakeLiquidity", "reduce only": "EC_NoError"}
_INDEX = {"both": 0, "long": 1, "short": 2}
TIME_IN_FORCE = {"GTC": "GTC", "IOC": "IOC", "FOK": "FOK", "POST": "PostOnly"}


def category(market: Market) -> str:
    return "inverse" if market.inverse else "linear"


def instrument(market: Market) -> dict[str, Any]:
    """A row of instruments-info."""
    decimals = max(0, -int(market.price_step.as_tuple().exponent))
    most = market.qty_text(market.max_qty)
    lot = {
        "maxOrderQty": most,
        "minOrderQty": market.qty_text(market.min_qty),
        "qtyStep": str(market.qty_step),
        "postOnlyMaxOrderQty": most,
        "maxMktOrderQty": most,
        "minNotionalValue": "" if market.inverse else str(market.min_notional),
    }
    return {
        "symbol": market.pair,
        "contractType": "InversePerpetual" if market.inverse else "LinearPerpetual",
        "status": _CONTRACT_STATES[market.status],
        "baseCoin": market.base,
        "quoteCoin": market.quote,
        "launchTime": str(market.listed_ms),
        "deliveryTime": "0",
        "deliveryFeeRate": "",
        "priceScale": str(decimals),
        "leverageFilter": {"minLeverage": "1", "maxLeverage": f"{market.max_leverage}.00", "leverageStep": "0.01"},
        "priceFilter": {
            "minPrice": str(market.price_step),
            "maxPrice": "1999999.80",
            "tickSize": str(market.price_step),
        },
        "lotSizeFilter": lot,
        "unifiedMarginTrade": True,
        "fundingInterval": 480,
        "settleCoin": market.settle,
        "copyTrading": "none",
        "upperFundingRate": "0.00375",
        "lowerFundingRate": "-0.00375",
        "isPreListing": False,
        "preListingInfo": None,
        "riskParameters": {"priceLimitRatioX": "0.05", "priceLimitRatioY": str(market.price_band)},
    }


def order(market: Market, one: Order) -> dict[str, Any]:
    """An order of order/realtime, order/history and the order topic."""
    average = "" if not one.filled else plain(one.cost / one.filled)
    left = one.left if one.open else ZERO
    price = one.price or ZERO
    return {
        "orderId": one.id,
        "orderLinkId": one.client_id,
        "blockTradeId": "",
        "symbol": one.pair,
        "price": market.price_text(price),
        "qty": market.qty_text(one.qty),
        "side": one.side.capitalize(),
        "isLeverage": "",
        "positionIdx": _INDEX[one.position_side],
        "orderStatus": _state(one),
        "cancelType": _cancel_type(one),
        "rejectReason": _REJECT_REASONS.get(one.reject_reason, "EC_NoError"),
        "avgPrice": average,
        "leavesQty": market.qty_text(left),
        "leavesValue": plain(market.value(left, price) if left and price else ZERO),
        "cumExecQty": market.qty_text(one.filled),
        "cumExecValue": plain(market.value(one.filled, one.cost / one.filled) if one.filled else ZERO),
        "cumExecFee": plain(one.fees),
        "timeInForce": TIME_IN_FORCE["IOC" if one.price is None else one.time_in_force],
        "orderType": "Market" if one.price is None else "Limit",
        "stopOrderType": "",
        "orderIv": "",
        "triggerPrice": "",
        "takeProfit": "",
        "stopLoss": "",
        "tpslMode": "",
        "tpLimitPrice": "",
        "slLimitPrice": "",
        "tpTriggerBy": "",
        "slTriggerBy": "",
        "triggerDirection": 0,
        "triggerBy": "",
        "lastPriceOnCreated": "",
        "reduceOnly": one.reduce_only,
        "closeOnTrigger": False,
        "placeType": "",
        "smpType": "None",
        "smpGroup": 0,
        "smpOrderId": "",
        "createType": "CreateByLiq" if one.client_id.startswith("autoclose-") else "CreateByUser",
        "createdTime": str(one.created_ms),
        "updatedTime": str(one.updated_ms),
    }


def execution(market: Market, fill: Fill, rates: tuple[Decimal, Decimal]) -> dict[str, Any]:
    """A row of execution/list and of the execution topic; `rates`: maker's and taker's."""
    kind = {"trade": "Trade", "funding": "Funding", "liquidation": "BustTrade"}[fill.kind]
    return {
        "symbol": fill.pair,
        "orderId": fill.order_id,
        "orderLinkId": fill.client_id,
        "side": fill.side.capitalize(),
        "orderPrice": market.price_text(fill.order_price),
        "orderQty": market.qty_text(fill.order_qty),
        "leavesQty": market.qty_text(fill.left),
        "createType": "CreateByUser",
        "orderType": "UNKNOWN" if fill.kind == "funding" else "Market" if fill.is_market else "Limit",
        "stopOrderType": "UNKNOWN",
        "execFee": plain(fill.fee),
        "execId": fill.id,
        "execPrice": market.price_text(fill.price),
        "execQty": market.qty_text(fill.qty),
        "execType": kind,
        "execValue": plain(fill.value),
        "execTime": str(fill.at_ms),
        "feeCurrency": fill.fee_coin,
        "isMaker": fill.maker,
        "feeRate": plain(rates[0] if fill.maker else rates[1]),
        "tradeIv": "",
        "markIv": "",
        "markPrice": market.price_text(fill.price),
        "indexPrice": market.price_text(fill.price),
        "underlyingPrice": "",
        "blockTradeId": "",
        "closedSize": market.qty_text(fill.closed_qty),
        "isLeverage": "0",
        "seq": 4_688_002_127 + fill.number,
    }


def position(matching: Matching, held: Position, *, streamed: bool = False) -> dict[str, Any]:
    """A row of position/list, or of the position topic; `side` is empty where nothing is held."""
    market, account, price = matching.markets[held.pair], matching.account, matching.last(held.pair)
    size = abs(held.size)
    margin = account.margin_of(market, size, price)
    one_sided = {"long": "Buy", "short": "Sell"}.get(held.side, "")
    side = "Buy" if held.size > 0 else "Sell" if held.size < 0 else one_sided
    value = market.value(size, held.entry_price) if size else ZERO
    return {
        "positionIdx": _INDEX[held.side],
        "riskId": 1,
        "riskLimitValue": "2000000",
        "symbol": held.pair,
        "side": side,
        "size": market.qty_text(size),
        "entryPrice" if streamed else "avgPrice": plain(held.entry_price),
        "positionValue": plain(value) if size else "",
        "tradeMode": 1 if held.pair in account.isolated else 0,
        "positionStatus": "Normal",
        "autoAddMargin": 0,
        "adlRankIndicator": 2 if size else 0,
        "leverage": str(account.leverage_of(held.pair)),
        "positionBalance": plain(margin),
        "markPrice": market.price_text(price),
        "liqPrice": "",
        "bustPrice": "",
        "positionMM": plain(value * MAINTENANCE),
        "positionIM": plain(margin),
        "tpslMode": "Full",
        "takeProfit": "",
        "stopLoss": "",
        "trailingStop": "0",
        "sessionAvgPrice": "",
        "unrealisedPnl": plain(account.unrealized(market, held, price)) if size else "",
        "curRealisedPnl": plain(held.realized),
        "cumRealisedPnl": plain(held.realized),
        "seq": held.updated_ms,
        "isReduceOnly": market.status == "reduce only",
        "mmrSysUpdatedTime": "",
        "leverageSysUpdatedTime": "",
        "createdTime": str(held.created_ms),
        "updatedTime": str(held.updated_ms),
    }


def closed_pnl(market: Market, record: ClosedPnl, leverage: int) -> dict[str, Any]:
    return {
        "symbol": record.pair,
        "orderId": record.order_id,
        "side": record.side.capitalize(),
        "qty": market.qty_text(record.qty),
        "orderPrice": market.price_text(record.order_price),
        "orderType": "Market" if record.is_market else "Limit",
        "execType": "Trade",
        "closedSize": market.qty_text(record.closed_qty),
        "cumEntryValue": plain(record.entry_value),
        "avgEntryPrice": plain(record.entry_price),
        "cumExitValue": plain(record.exit_value),
        "avgExitPrice": plain(record.exit_price),
        "closedPnl": plain(record.profit),
        "fillCount": str(record.fills),
        "leverage": str(leverage),
        "openFee": plain(record.open_fee),
        "closeFee": plain(record.close_fee),
        "createdTime": str(record.created_ms),
        "updatedTime": str(record.updated_ms),
    }


def wallet(matching: Matching) -> dict[str, Any]:
    """The unified account with its coins, as wallet-balance and the wallet topic tell it; totals in dollars."""
    account, prices = matching.account, matching.last_prices
    dollar_prices = {market.base: prices[pair] for pair, market in matching.markets.items()}
    coins, totals = [], dict.fromkeys(("wallet", "equity", "profit", "margin", "free", "maintenance"), ZERO)
    for coin, amount in account.wallets.items():
        held = [one for one in account.open_positions() if matching.markets[one.pair].settle == coin]
        profit = sum((account.unrealized(matching.markets[one.pair], one, prices[one.pair]) for one in held), ZERO)
        margin = sum((account.margin_of(matching.markets[one.pair], one.size, prices[one.pair]) for one in held), ZERO)
        free = account.available(coin, matching.markets, prices, matching.open_orders.values())
        worth = dollar_prices.get(coin, Decimal(1))
        sums = {
            "wallet": amount,
            "equity": amount + profit,
            "profit": profit,
            "margin": amount + profit - free,
            "free": max(free, ZERO),
            "maintenance": margin * MAINTENANCE,
        }
        totals = {name: totals[name] + value * worth for name, value in sums.items()}
        coins.append(
            {
                "coin": coin,
                "equity": plain(amount + profit),
                "usdValue": plain((amount + profit) * worth),
                "walletBalance": plain(amount),
                "free": "",
                "locked": "0",
                "spotHedgingQty": "0",
                "borrowAmount": "0",
                "availableToBorrow": "",
                "availableToWithdraw": "",
                "accruedInterest": "0",
                "totalOrderIM": plain(amount + profit - margin - free),
                "totalPositionIM": plain(margin),
                "totalPositionMM": plain(margin * MAINTENANCE),
                "unrealisedPnl": plain(profit),
                "cumRealisedPnl": plain(account.booked.get(coin, ZERO)),
                "bonus": "0",
                "marginCollateral": True,
                "collateralSwitch": True,
            }
        )
    return {
        "accountType": "UNIFIED",
        "accountIMRate": "0",
        "accountMMRate": "0",
        "accountLTV": "0",
        "totalEquity": plain(totals["equity"]),
        "totalWalletBalance": plain(totals["wallet"]),
        "totalMarginBalance": plain(totals["equity"]),
        "totalAvailableBalance": plain(totals["free"]),
        "totalPerpUPL": plain(totals["profit"]),
        "totalInitialMargin": plain(totals["margin"]),
        "totalMaintenanceMargin": plain(totals["maintenance"]),
        "coin": coins,
    }


def _state(one: Order) -> str:
    if one.state in ("canceled", "expired") and one.filled:
        return "PartiallyFilledCanceled" if one.price is None else "Cancelled"
    return _STATES[one.state]


def _cancel_type(one: Order) -> str:
    if one.state not in ("canceled", "expired"):
        return "UNKNOWN"
    return {"reduce only": "CancelByReduceOnly", "would cross": "UNKNOWN"}.get(one.reject_reason, "CancelByUser")
