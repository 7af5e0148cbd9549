"""What five venues answer, in their own forms, with made-up content; for the requests that the adapters send."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

AT = 1_735_689_660_000  # 2025-01-01T00:01Z
ID = "ecptuim7x0lbcwbp9w9a"
WALLET = "0x" + "1" * 40
ID_IN_HEX = "0x000000434501ce9b9b1b19c8ed78d08e"


@dataclass(frozen=True)
class Venue:
    """`answers` to all reads (one long position of 5, one open buy, one fill); `orders`: what create must send for a
    post-only buy of a long, for a close of a long, for a sell of a short, for a market close; `create` its path."""

    name: str
    answers: dict[str, Any]
    create: str
    created: Any
    refused: Any
    orders: tuple[dict[str, Any], ...]
    cancel: str
    cancelled: Any
    unknown_order: Any
    settings: tuple[tuple[str, dict[str, Any]], ...]
    is_hedged: bool
    loaded: tuple[str, ...]
    balance: float
    follows_collateral: bool = False
    fill_pnl: float | None = 0.0
    find: tuple[str, Any] = ("", None)
    extra: dict[str, Any] = field(default_factory=dict)


def _okx_instruments(params: dict[str, Any]) -> dict[str, Any]:
    swap = {
        "instType": "SWAP",
        "instId": "BTC-USDT-SWAP",
        "uly": "BTC-USDT",
        "instFamily": "BTC-USDT",
        "settleCcy": "USDT",
        "ctVal": "0.01",
        "ctMult": "1",
        "ctValCcy": "BTC",
        "ctType": "linear",
        "lever": "100",
        "tickSz": "0.1",
        "lotSz": "1",
        "minSz": "1",
        "state": "live",
        "listTime": "1573557408000",
    }
    return {"code": "0", "msg": "", "data": [swap] if params.get("instType") == "SWAP" else []}


_OKX_ORDER = {
    "instType": "SWAP",
    "instId": "BTC-USDT-SWAP",
    "ordId": "901",
    "clOrdId": ID,
    "px": "990",
    "sz": "5",
    "ordType": "post_only",
    "side": "buy",
    "posSide": "long",
    "accFillSz": "2",
    "state": "partially_filled",
    "reduceOnly": "false",
    "cTime": str(AT),
    "uTime": str(AT),
}
OKX = Venue(
    name="okx",
    answers={
        "GET /api/v5/public/instruments": _okx_instruments,
        "GET /api/v5/account/balance": {
            "code": "0",
            "msg": "",
            "data": [
                {
                    "uTime": str(AT),
                    "details": [
                        {"ccy": "USDT", "cashBal": "1000", "eq": "1100", "eqUsd": "1100", "collateralEnabled": False},
                        {"ccy": "BTC", "cashBal": "0.5", "eq": "0.5", "eqUsd": "500", "collateralEnabled": True},
                        {"ccy": "DOGE", "cashBal": "9", "eq": "9", "eqUsd": "9", "collateralEnabled": False},
                    ],
                }
            ],
        },
        "GET /api/v5/account/positions": {
            "code": "0",
            "msg": "",
            "data": [
                {
                    "instType": "SWAP",
                    "instId": "BTC-USDT-SWAP",
                    "posSide": "long",
                    "pos": "5",
                    "avgPx": "980",
                    "mgnMode": "cross",
                    "lever": "7",
                    "liqPx": "",
                    "cTime": str(AT),
                    "uTime": str(AT),
                }
            ],
        },
        "GET /api/v5/trade/orders-pending": {"code": "0", "msg": "", "data": [_OKX_ORDER]},
        "GET /api/v5/trade/order": {"code": "0", "msg": "", "data": [_OKX_ORDER]},
        "GET /api/v5/trade/fills-history": {
            "code": "0",
            "msg": "",
            "data": [
                {
                    "instType": "SWAP",
                    "instId": "BTC-USDT-SWAP",
                    "tradeId": "701",
                    "ordId": "901",
                    "clOrdId": ID,
                    "billId": "1",
                    "fillPx": "990",
                    "fillSz": "2",
                    "side": "buy",
                    "posSide": "long",
                    "execType": "M",
                    "feeCcy": "USDT",
                    "fee": "-0.02",
                    "fillPnl": "0",
                    "ts": str(AT),
                }
            ],
        },
    },
    create="POST /api/v5/trade/batch-orders",
    created={"code": "0", "msg": "", "data": [{"ordId": "901", "clOrdId": ID, "sCode": "0", "sMsg": ""}]},
    refused={
        "code": "1",
        "msg": "All operations failed",
        "data": [{"ordId": "", "clOrdId": ID, "sCode": "51008", "sMsg": "Insufficient USDT margin"}],
    },
    orders=(
        {"ordType": "post_only", "side": "buy", "posSide": "long", "reduceOnly": False, "px": "990", "clOrdId": ID},
        {"ordType": "post_only", "side": "sell", "posSide": "long", "reduceOnly": True, "sz": "5", "tdMode": "cross"},
        {"ordType": "post_only", "side": "sell", "posSide": "short", "reduceOnly": False},
        {"ordType": "market", "side": "sell", "posSide": "long", "reduceOnly": True},
    ),
    cancel="POST /api/v5/trade/cancel-order",
    cancelled={"code": "0", "msg": "", "data": [{"ordId": "901", "clOrdId": "", "sCode": "0", "sMsg": ""}]},
    unknown_order={
        "code": "1",
        "msg": "",
        "data": [{"ordId": "901", "clOrdId": "", "sCode": "51400", "sMsg": "Cancellation failed: no such order"}],
    },
    settings=(
        ("POST /api/v5/account/set-leverage", {"lever": 7, "mgnMode": "cross", "instId": "BTC-USDT-SWAP"}),
        ("POST /api/v5/account/set-leverage", {"lever": 7, "mgnMode": "cross", "instId": "BTC-USDT-SWAP"}),
        ("POST /api/v5/account/set-position-mode", {"posMode": "long_short_mode"}),
    ),
    is_hedged=True,
    loaded=("GET /api/v5/public/instruments",),
    balance=1500.0,
    follows_collateral=True,
    find=("GET /api/v5/trade/order", {"code": "51603", "msg": "Order does not exist", "data": []}),
)

_BITGET_ORDER = {
    "symbol": "BTCUSDT",
    "size": "5",
    "orderId": "901",
    "clientOid": ID,
    "baseVolume": "2",
    "fee": "0",
    "price": "990",
    "priceAvg": "990",
    "status": "live",
    "state": "live",
    "side": "buy",
    "force": "post_only",
    "totalProfits": "0",
    "posSide": "long",
    "marginCoin": "USDT",
    "leverage": "7",
    "marginMode": "crossed",
    "reduceOnly": "NO",
    "tradeSide": "open",
    "posMode": "hedge_mode",
    "orderType": "limit",
    "cTime": str(AT),
    "uTime": str(AT),
}
_BITGET_OK = {"code": "00000", "msg": "success", "requestTime": AT}
BITGET = Venue(
    name="bitget",
    answers={
        "GET /api/v2/mix/market/contracts": lambda params: {
            **_BITGET_OK,
            "data": [
                {
                    "symbol": "BTCUSDT",
                    "baseCoin": "BTC",
                    "quoteCoin": "USDT",
                    "makerFeeRate": "0.0002",
                    "takerFeeRate": "0.0006",
                    "supportMarginCoins": ["USDT"],
                    "minTradeNum": "1",
                    "priceEndStep": "1",
                    "volumePlace": "0",
                    "pricePlace": "1",
                    "sizeMultiplier": "1",
                    "symbolType": "perpetual",
                    "minTradeUSDT": "5",
                    "symbolStatus": "normal",
                    "maxLever": "125",
                    "launchTime": "",
                }
            ]
            if params["productType"] == "USDT-FUTURES"
            else [],
        },
        "GET /api/v2/mix/account/accounts": {
            **_BITGET_OK,
            "data": [
                {
                    "marginCoin": "USDT",
                    "available": "900",
                    "accountEquity": "1100",
                    "unionTotalMargin": "1250",
                    "unrealizedPL": "50",
                    "assetMode": "union",
                }
            ],
        },
        "GET /api/v2/mix/position/all-position": {
            **_BITGET_OK,
            "data": [
                {
                    "symbol": "BTCUSDT",
                    "marginCoin": "USDT",
                    "holdSide": "long",
                    "total": "5",
                    "available": "5",
                    "openPriceAvg": "980",
                    "marginMode": "crossed",
                    "posMode": "hedge_mode",
                    "leverage": "7",
                    "liquidationPrice": "",
                    "cTime": str(AT),
                    "uTime": str(AT),
                }
            ],
        },
        "GET /api/v2/mix/order/orders-pending": {**_BITGET_OK, "data": {"entrustedList": [_BITGET_ORDER]}},
        "GET /api/v2/mix/order/detail": {**_BITGET_OK, "data": _BITGET_ORDER},
        "GET /api/v2/mix/order/fills": {
            **_BITGET_OK,
            "data": {
                "fillList": [
                    {
                        "tradeId": "701",
                        "symbol": "BTCUSDT",
                        "orderId": "901",
                        "price": "990",
                        "baseVolume": "2",
                        "feeDetail": [{"deduction": "no", "feeCoin": "USDT", "totalFee": "-0.02"}],
                        "side": "buy",
                        "quoteVolume": "1980",
                        "profit": "0",
                        "tradeSide": "open",
                        "posMode": "hedge_mode",
                        "tradeScope": "maker",
                        "cTime": str(AT),
                    }
                ]
            },
        },
    },
    create="POST /api/v2/mix/order/place-order",
    created={**_BITGET_OK, "data": {"orderId": "901", "clientOid": ID}},
    refused=(400, {"code": "40762", "msg": "The order amount exceeds the balance", "data": None}),
    orders=(
        {"side": "buy", "tradeSide": "Open", "force": "post_only", "price": "990", "clientOid": ID},
        {"side": "buy", "tradeSide": "Close", "force": "post_only", "size": "5", "marginMode": "crossed"},
        {"side": "sell", "tradeSide": "Open", "force": "post_only"},
        {"side": "buy", "tradeSide": "Close", "orderType": "market"},
    ),
    cancel="POST /api/v2/mix/order/cancel-order",
    cancelled={**_BITGET_OK, "data": {"orderId": "901", "clientOid": ID}},
    unknown_order=(400, {"code": "40768", "msg": "Order does not exist", "data": None}),
    settings=(
        ("POST /api/v2/mix/account/set-leverage", {"symbol": "BTCUSDT", "leverage": "7", "marginCoin": "USDT"}),
        ("POST /api/v2/mix/account/set-margin-mode", {"symbol": "BTCUSDT", "marginMode": "crossed"}),
        ("POST /api/v2/mix/account/set-position-mode", {"posMode": "hedge_mode", "productType": "USDT-FUTURES"}),
    ),
    is_hedged=True,
    loaded=("GET /api/v2/mix/market/contracts",),
    balance=1200.0,
    follows_collateral=True,
    find=("GET /api/v2/mix/order/detail", (400, {"code": "40109", "msg": "The data of the order cannot be found"})),
)

_GATE_ORDER = {
    "id": 901,
    "id_string": "901",
    "contract": "BTC_USDT",
    "size": 5,
    "left": 3,
    "price": "990",
    "fill_price": "990",
    "tif": "poc",
    "text": f"t-{ID}",
    "status": "open",
    "is_reduce_only": False,
    "create_time": AT / 1000,
    "finish_as": "",
}
GATE = Venue(
    name="gateio",
    answers={
        "GET /api/v4/futures/usdt/contracts": [
            {
                "name": "BTC_USDT",
                "type": "direct",
                "quanto_multiplier": "0.0001",
                "order_price_round": "0.1",
                "order_size_min": 1,
                "order_size_max": 1000000,
                "leverage_max": "125",
                "leverage_min": "1",
                "maker_fee_rate": "0.0002",
                "taker_fee_rate": "0.0005",
                "in_delisting": False,
                "last_price": "1000",
                "create_time": 1546300800,
                "status": "trading",
                "order_price_deviate": "0.2",
            }
        ],
        "GET /api/v4/futures/usdt/accounts": {
            "user": 4242,
            "currency": "USDT",
            "total": "1200",
            "unrealised_pnl": "5",
            "available": "900",
        },
        "GET /api/v4/futures/usdt/positions": [
            {
                "user": 4242,
                "contract": "BTC_USDT",
                "size": 5,
                "leverage": "0",
                "cross_leverage_limit": "7",
                "entry_price": "980",
                "liq_price": "0",
                "mark_price": "1000",
                "value": "0.5",
                "mode": "single",
                "update_time": AT // 1000,
            }
        ],
        "GET /api/v4/futures/usdt/orders": [_GATE_ORDER],
        f"GET /api/v4/futures/usdt/orders/t-{ID}": _GATE_ORDER,
        "GET /api/v4/futures/usdt/my_trades_timerange": [
            {
                "trade_id": "701",
                "create_time": AT / 1000,
                "contract": "BTC_USDT",
                "order_id": "901",
                "size": 2,
                "close_size": 0,
                "price": "990",
                "text": f"t-{ID}",
                "fee": "0.02",
                "point_fee": "0",
                "role": "maker",
            }
        ],
    },
    create="POST /api/v4/futures/usdt/orders",
    created=_GATE_ORDER,
    refused=(400, {"label": "INSUFFICIENT_AVAILABLE", "detail": "not enough margin"}),
    orders=(
        {"size": 5, "tif": "poc", "reduce_only": False, "price": "990", "text": f"t-{ID}"},
        {"size": -5, "tif": "poc", "reduce_only": True},
        {"size": -5, "tif": "poc", "reduce_only": False},
        {"size": -5, "tif": "ioc", "price": "0", "reduce_only": True},
    ),
    cancel="DELETE /api/v4/futures/usdt/orders/901",
    cancelled={**_GATE_ORDER, "status": "finished", "finish_as": "cancelled"},
    unknown_order=(404, {"label": "ORDER_NOT_FOUND", "detail": "no such order"}),
    settings=(
        ("POST /api/v4/futures/usdt/positions/BTC_USDT/leverage", {"cross_leverage_limit": "7", "leverage": "0"}),
        ("POST /api/v4/futures/usdt/positions/BTC_USDT/leverage", {"cross_leverage_limit": "7", "leverage": "0"}),
        ("POST /api/v4/futures/usdt/dual_mode", {"dual_mode": "false"}),
    ),
    is_hedged=False,
    loaded=("GET /api/v4/futures/usdt/contracts",),
    balance=1200.0,
    find=(f"GET /api/v4/futures/usdt/orders/t-{ID}", (404, {"label": "ORDER_NOT_FOUND", "detail": "no such order"})),
)

_HYPERLIQUID_ORDER = {
    "coin": "BTC",
    "side": "B",
    "limitPx": "990.0",
    "sz": "3.0",
    "oid": 901,
    "timestamp": AT,
    "origSz": "5.0",
    "cloid": ID_IN_HEX,
    "reduceOnly": False,
    "orderType": "Limit",
    "tif": "Alo",
}
_HYPERLIQUID_INFO = {
    "metaAndAssetCtxs": [
        {"universe": [{"name": "BTC", "szDecimals": 0, "maxLeverage": 50}]},
        [{"funding": "0", "openInterest": "10", "markPx": "1000", "midPx": "1000", "impactPxs": ["999", "1001"]}],
    ],
    "userAbstraction": "disabled",
    "clearinghouseState": {
        "assetPositions": [
            {
                "type": "oneWay",
                "position": {
                    "coin": "BTC",
                    "szi": "5.0",
                    "entryPx": "980.0",
                    "unrealizedPnl": "100.0",
                    "leverage": {"type": "cross", "value": 7},
                    "liquidationPx": None,
                    "marginUsed": "10",
                    "positionValue": "5000",
                    "returnOnEquity": "0",
                },
            }
        ],
        "marginSummary": {"accountValue": "1300.0", "totalMarginUsed": "10", "totalNtlPos": "1", "totalRawUsd": "1"},
        "withdrawable": "900",
        "time": AT,
    },
    "frontendOpenOrders": [_HYPERLIQUID_ORDER],
    "orderStatus": {
        "status": "order",
        "order": {"order": _HYPERLIQUID_ORDER, "status": "open", "statusTimestamp": AT},
    },
    "userFillsByTime": [
        {
            "coin": "BTC",
            "px": "990.0",
            "sz": "2.0",
            "side": "B",
            "time": AT,
            "dir": "Open Long",
            "closedPnl": "0.0",
            "hash": "0xab",
            "oid": 901,
            "crossed": False,
            "fee": "0.02",
            "tid": 701,
            "cloid": ID_IN_HEX,
            "feeToken": "USDC",
        }
    ],
}


def _said(status: Any) -> dict[str, Any]:
    return {"status": "ok", "response": {"type": "order", "data": {"statuses": [status]}}}


HYPERLIQUID = Venue(
    name="hyperliquid",
    answers={"POST /info": lambda params: _HYPERLIQUID_INFO.get(params["type"], {})},
    create="POST /exchange",
    created=_said({"resting": {"oid": 901}}),
    refused=_said({"error": "Insufficient margin to place order. asset=0"}),
    orders=(
        {"b": True, "r": False, "t": {"limit": {"tif": "Alo"}}, "p": "990", "s": "5", "c": ID_IN_HEX},
        {"b": False, "r": True, "t": {"limit": {"tif": "Alo"}}},
        {"b": False, "r": False, "t": {"limit": {"tif": "Alo"}}},
        {"b": False, "r": True, "t": {"limit": {"tif": "Ioc"}}},
    ),
    cancel="POST /exchange",
    cancelled=_said("success"),
    unknown_order=_said({"error": "Order was never placed, already canceled, or filled. asset=0"}),
    settings=(
        ("POST /exchange", {"type": "updateLeverage", "asset": 0, "isCross": True, "leverage": 7}),
        ("POST /exchange", {"type": "updateLeverage", "asset": 0, "isCross": True, "leverage": 7}),
    ),
    is_hedged=False,
    loaded=("POST /info",),
    balance=1200.0,
    find=("POST /info", {"status": "unknownOid"}),
)

_KUCOIN_ORDER = {
    "id": "901",
    "symbol": "XBTUSDTM",
    "type": "limit",
    "side": "buy",
    "price": "990",
    "size": 5,
    "filledSize": 2,
    "dealSize": 2,
    "dealValue": "1.98",
    "filledValue": "1.98",
    "clientOid": ID,
    "postOnly": True,
    "reduceOnly": False,
    "isActive": True,
    "cancelExist": False,
    "status": "open",
    "createdAt": AT,
    "timeInForce": "GTC",
}


def _kucoin(data: Any) -> dict[str, Any]:
    return {"code": "200000", "data": data}


KUCOIN = Venue(
    name="kucoin",
    answers={
        "GET /api/v1/contracts/active": _kucoin(
            [
                {
                    "symbol": "XBTUSDTM",
                    "type": "FFWCSX",
                    "firstOpenDate": 1585555200000,
                    "expireDate": None,
                    "baseCurrency": "XBT",
                    "quoteCurrency": "USDT",
                    "settleCurrency": "USDT",
                    "lotSize": 1,
                    "tickSize": 0.1,
                    "multiplier": 0.001,
                    "makerFeeRate": 0.0002,
                    "takerFeeRate": 0.0006,
                    "isInverse": False,
                    "status": "Open",
                    "maxLeverage": 125,
                    "nextFundingRateTime": 1000,
                }
            ]
        ),
        "GET /api/v1/account-overview": _kucoin(
            {"accountEquity": 1300, "unrealisedPNL": 100, "marginBalance": 1200, "currency": "USDT"}
        ),
        "GET /api/v1/positions": _kucoin(
            [
                {
                    "symbol": "XBTUSDTM",
                    "currentQty": 5,
                    "avgEntryPrice": 980,
                    "leverage": 7,
                    "isOpen": True,
                    "marginMode": "CROSS",
                    "positionSide": "BOTH",
                    "liquidationPrice": 0,
                    "currentTimestamp": AT,
                }
            ]
        ),
        "GET /api/v1/orders": _kucoin({"currentPage": 1, "items": [_KUCOIN_ORDER]}),
        "GET /api/v1/orders/byClientOid": _kucoin(_KUCOIN_ORDER),
        "GET /api/v1/fills": _kucoin(
            {
                "items": [
                    {
                        "symbol": "XBTUSDTM",
                        "tradeId": "701",
                        "orderId": "901",
                        "side": "buy",
                        "liquidity": "maker",
                        "price": "990",
                        "size": 2,
                        "value": "1.98",
                        "openFeePay": "0.02",
                        "closeFeePay": "0",
                        "fee": "0.02",
                        "feeCurrency": "USDT",
                        "tradeTime": AT * 1_000_000,
                        "createdAt": AT,
                        "orderType": "limit",
                    }
                ]
            }
        ),
    },
    create="POST /api/v1/orders",
    created=_kucoin({"orderId": "901", "clientOid": ID}),
    refused={"code": "300003", "msg": "Balance insufficient."},
    orders=(
        {"side": "buy", "size": 5, "price": "990", "postOnly": True, "marginMode": "CROSS", "clientOid": ID},
        {"side": "sell", "size": 5, "postOnly": True, "reduceOnly": True},
        {"side": "sell", "size": 5, "postOnly": True},
        {"side": "sell", "size": 5, "type": "market", "reduceOnly": True},
    ),
    cancel="DELETE /api/v1/orders/901",
    cancelled=_kucoin({"cancelledOrderIds": ["901"]}),
    unknown_order={"code": "100004", "msg": "The order cannot be canceled."},
    settings=(
        ("POST /api/v2/changeCrossUserLeverage", {"symbol": "XBTUSDTM", "leverage": "7"}),
        ("POST /api/v2/position/changeMarginMode", {"symbol": "XBTUSDTM", "marginMode": "CROSS"}),
        ("POST /api/v2/position/switchPositionMode", {"positionMode": "0"}),
    ),
    is_hedged=False,
    loaded=("GET /api/v1/contracts/active",),
    balance=1200.0,
    find=("GET /api/v1/orders/byClientOid", {"code": "100001", "msg": "error.getOrder.orderNotExist"}),
)

VENUES = (OKX, BITGET, GATE, HYPERLIQUID, KUCOIN)
