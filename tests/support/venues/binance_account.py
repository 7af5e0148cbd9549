"""Binance's account endpoints: balances, positions, bookings, settings, the key's permissions, listen keys."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from . import binance_shapes as shapes
from .endpoints import Call, Endpoints
from .markets import plain
from .orders import ZERO, AccountEvent, Reason, Refusal

if TYPE_CHECKING:
    from .binance import BinanceVenue

ACCOUNT = Endpoints()

_TOTALS = {
    "totalInitialMargin": "initialMargin",
    "totalMaintMargin": "maintMargin",
    "totalWalletBalance": "walletBalance",
    "totalUnrealizedProfit": "unrealizedProfit",
    "totalMarginBalance": "marginBalance",
    "totalPositionInitialMargin": "positionInitialMargin",
    "totalOpenOrderInitialMargin": "openOrderInitialMargin",
    "totalCrossWalletBalance": "crossWalletBalance",
    "totalCrossUnPnl": "crossUnPnl",
    "availableBalance": "availableBalance",
    "maxWithdrawAmount": "maxWithdrawAmount",
}


@ACCOUNT.on("GET", "/fapi/v3/account", "balance", weight=5)
def account(venue: BinanceVenue, call: Call) -> Any:
    assets = shapes.balances(venue.matching, venue.clock.now())
    dollars = [row for row in assets if row["asset"] in ("USDT", "USDC")]
    totals = {total: str(sum((Decimal(row[name]) for row in dollars), ZERO)) for total, name in _TOTALS.items()}
    return {**totals, "assets": assets, "positions": _positions(venue, call, version=3, all_markets=False)}


@ACCOUNT.on("GET", "/fapi/v2/account", "balance", weight=5)
def account_v2(venue: BinanceVenue, call: Call) -> Any:
    flags = {
        "feeTier": 0,
        "canTrade": venue.permissions.trade,
        "canDeposit": True,
        "canWithdraw": True,
        "updateTime": 0,
        "multiAssetsMargin": False,
        "tradeGroupId": -1,
    }
    return flags | account(venue, call) | {"positions": _positions(venue, call, version=2, all_markets=True)}


@ACCOUNT.on("GET", "/fapi/v3/balance", "balance", weight=5)
@ACCOUNT.on("GET", "/fapi/v2/balance", "balance", weight=5)
def balance(venue: BinanceVenue, call: Call) -> Any:
    rows = shapes.balances(venue.matching, venue.clock.now())
    names = ("crossWalletBalance", "crossUnPnl", "availableBalance", "maxWithdrawAmount", "marginAvailable")
    return [
        {
            "accountAlias": "SgsRfW",
            "asset": row["asset"],
            "balance": row["walletBalance"],
            **{name: row[name] for name in names},
            "updateTime": row["updateTime"],
        }
        for row in rows
    ]


@ACCOUNT.on("GET", "/fapi/v3/positionRisk", "positions", weight=5)
def position_risk(venue: BinanceVenue, call: Call) -> Any:
    return _positions(venue, call, version=3, all_markets=False)


@ACCOUNT.on("GET", "/fapi/v2/positionRisk", "positions", weight=5)
def position_risk_v2(venue: BinanceVenue, call: Call) -> Any:
    return _positions(venue, call, version=2, all_markets=True)


@ACCOUNT.on("GET", "/fapi/v1/leverageBracket", "brackets")
def leverage_bracket(venue: BinanceVenue, call: Call) -> Any:
    def row(pair: str, most: int) -> dict[str, Any]:
        bracket = {
            "bracket": 1,
            "initialLeverage": most,
            "notionalCap": 10_000_000,
            "notionalFloor": 0,
            "maintMarginRatio": 0.005,
            "cum": 0.0,
        }
        return {"symbol": pair, "notionalCoef": 1.0, "brackets": [bracket]}

    return [row(market.pair, market.max_leverage) for market in venue.matching.markets.values()]


@ACCOUNT.on("GET", "/fapi/v1/income", "income", weight=30)
def income(venue: BinanceVenue, call: Call) -> Any:
    kind, pair = call.params.get("incomeType"), call.params.get("symbol")
    rows = [one for one in venue.account.incomes if kind in (None, one.kind) and pair in (None, one.pair)]
    rows = venue.in_range(call, rows, lambda one: one.at_ms, default=100, days=None)
    trade_ids = {fill.number: fill.id for fill in venue.fills}
    return [shapes.income(one, trade_ids.get(one.fill_number, "")) for one in rows]


@ACCOUNT.on("GET", "/fapi/v1/positionSide/dual", "read position mode", weight=30)
def position_mode(venue: BinanceVenue, call: Call) -> Any:
    return {"dualSidePosition": venue.account.hedge}


@ACCOUNT.on("POST", "/fapi/v1/positionSide/dual", "position mode")
def set_position_mode(venue: BinanceVenue, call: Call) -> Any:
    hedge = venue.needed(call.params, "dualSidePosition").lower() == "true"
    if hedge == venue.account.hedge:
        raise Refusal(Reason.SAME_POSITION_MODE)
    if venue.open_orders:
        raise Refusal(Reason.MODE_WITH_ORDERS)
    if venue.account.open_positions():
        raise Refusal(Reason.MODE_WITH_POSITIONS)
    venue.account.hedge = hedge
    return {"code": 200, "msg": "success"}


@ACCOUNT.on("POST", "/fapi/v1/leverage", "leverage")
def set_leverage(venue: BinanceVenue, call: Call) -> Any:
    market = venue.market(call.params)
    leverage = venue.number(call.params, "leverage")
    if leverage is None or not 1 <= leverage <= market.max_leverage:
        raise Refusal(Reason.LEVERAGE, venue.needed(call.params, "leverage"))
    venue.set_leverage(market.pair, leverage)
    return {"leverage": leverage, "maxNotionalValue": "10000000", "symbol": market.pair}


@ACCOUNT.on("POST", "/fapi/v1/marginType", "margin mode")
def set_margin_type(venue: BinanceVenue, call: Call) -> Any:
    market = venue.market(call.params)
    isolated = venue.needed(call.params, "marginType") == "ISOLATED"
    if isolated == (market.pair in venue.account.isolated):
        raise Refusal(Reason.SAME_MARGIN_MODE)
    if any(position.pair == market.pair for position in venue.account.open_positions()):
        raise Refusal(Reason.MARGIN_MODE_WITH_POSITIONS)
    (venue.account.isolated.add if isolated else venue.account.isolated.discard)(market.pair)
    venue.publish(AccountEvent("MARGIN_TYPE_CHANGE", (), venue.account.snapshot(market.pair)))
    return {"code": 200, "msg": "success"}


@ACCOUNT.on("GET", "/fapi/v1/symbolConfig", "account", weight=5)
def symbol_config(venue: BinanceVenue, call: Call) -> Any:
    def row(pair: str) -> dict[str, Any]:
        return {
            "symbol": pair,
            "marginType": "ISOLATED" if pair in venue.account.isolated else "CROSSED",
            "isAutoAddMargin": False,
            "leverage": venue.account.leverage_of(pair),
            "maxNotionalValue": "10000000",
        }

    pair = call.params.get("symbol")
    return [row(market.pair) for market in venue.matching.markets.values() if pair in (None, market.pair)]


@ACCOUNT.on("GET", "/fapi/v1/accountConfig", "account", weight=5)
def account_config(venue: BinanceVenue, call: Call) -> Any:
    return {
        "feeTier": 0,
        "canTrade": venue.permissions.trade,
        "canDeposit": True,
        "canWithdraw": True,
        "dualSidePosition": venue.account.hedge,
        "updateTime": 0,
        "multiAssetsMargin": False,
        "tradeGroupId": -1,
    }


@ACCOUNT.on("GET", "/fapi/v1/commissionRate", "fees", weight=20)
def commission_rate(venue: BinanceVenue, call: Call) -> Any:
    rates = {
        "makerCommissionRate": plain(venue.account.maker_fee),
        "takerCommissionRate": plain(venue.account.taker_fee),
    }
    return {"symbol": venue.market(call.params).pair, **rates}


@ACCOUNT.on("GET", "/sapi/v1/account/apiRestrictions", "permissions")
def api_restrictions(venue: BinanceVenue, call: Call) -> Any:
    return {
        "ipRestrict": bool(venue.permissions.addresses),
        "createTime": 1_623_840_271_000,
        "enableReading": True,
        "enableWithdrawals": venue.permissions.withdraw,
        "enableInternalTransfer": False,
        "enableMargin": False,
        "enableFutures": venue.permissions.trade,
        "permitsUniversalTransfer": False,
        "enableVanillaOptions": False,
        "enableSpotAndMarginTrading": False,
        "enablePortfolioMarginTrading": False,
    }


@ACCOUNT.on("POST", "/fapi/v1/listenKey", "listen key", writes=False)
def new_listen_key(venue: BinanceVenue, call: Call) -> Any:
    return {"listenKey": venue.new_listen_key()}


@ACCOUNT.on("PUT", "/fapi/v1/listenKey", "listen key", writes=False)
def keep_listen_key(venue: BinanceVenue, call: Call) -> Any:
    if not venue.listen_key:
        raise Refusal(Reason.LISTEN_KEY)
    return {"listenKey": venue.listen_key}


@ACCOUNT.on("DELETE", "/fapi/v1/listenKey", "listen key", writes=False)
def drop_listen_key(venue: BinanceVenue, call: Call) -> Any:
    venue.listen_key = ""
    return {}


def _positions(venue: BinanceVenue, call: Call, *, version: int, all_markets: bool) -> list[dict[str, Any]]:
    """Positions that are open (or, in version 2, those of every market and side)."""
    pair = call.params.get("symbol")
    if all_markets:
        for market in venue.matching.markets.values():
            for side in ("long", "short") if venue.account.hedge else ("both",):
                venue.account.position(market.pair, side)
    return [
        shapes.position(
            venue.matching.markets[held.pair], venue.account, held, venue.matching.last(held.pair), version=version
        )
        for held in venue.account.positions.values()
        if (held.size or all_markets) and pair in (None, held.pair)
    ]
