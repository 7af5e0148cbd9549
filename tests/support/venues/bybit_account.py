"""Bybit's account endpoints: wallet, positions, closed profit, settings, the key's permissions."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from . import bybit_shapes as shapes
from .endpoints import Call, Endpoints
from .markets import exact, plain
from .orders import ClosedPnl, Position, Reason, Refusal

if TYPE_CHECKING:
    from .bybit import BybitVenue

ACCOUNT = Endpoints()


@ACCOUNT.on("GET", "/v5/account/wallet-balance", "balance")
def wallet_balance(venue: BybitVenue, call: Call) -> Any:
    if call.params.get("accountType") != "UNIFIED":
        raise Refusal(Reason.BAD_PARAMETER, "accountType")
    row = shapes.wallet(venue.matching)
    if coins := call.params.get("coin"):
        row["coin"] = [coin for coin in row["coin"] if coin["coin"] in coins.split(",")]
    return {"list": [row]}


@ACCOUNT.on("GET", "/v5/position/list", "positions")
def position_list(venue: BybitVenue, call: Call) -> Any:
    """Open positions; of a named market also the empty ones."""
    named = "symbol" in call.params
    rows: list[Position] = []
    for market in venue.selected(call.params):
        sides = ("long", "short") if venue.account.hedged(market.pair) else ("both",)
        held = [venue.account.position(market.pair, side) for side in sides]  # type: ignore[arg-type]
        rows += [one for one in held if named or one.size]
    return venue.page(call, rows, partial(shapes.position, venue.matching), default=20, most=200)


@ACCOUNT.on("GET", "/v5/position/closed-pnl", "closed pnl")
def closed_pnl(venue: BybitVenue, call: Call) -> Any:
    pairs = {market.pair for market in venue.selected(call.params, all_of_category=True)}
    records = [one for one in venue.account.closed_pnl.values() if one.pair in pairs]
    records = venue.in_range(call, records, lambda one: one.updated_ms)

    def shape(one: ClosedPnl) -> dict[str, Any]:
        return shapes.closed_pnl(venue.matching.markets[one.pair], one, venue.account.leverage_of(one.pair))

    return venue.page(call, records[::-1], shape, default=50, most=100)


@ACCOUNT.on("POST", "/v5/position/set-leverage", "leverage")
def set_leverage(venue: BybitVenue, call: Call) -> Any:
    market = venue.market(call.params)
    leverage = exact(venue.needed(call.params, "buyLeverage"))
    if leverage is None or not 1 <= leverage <= market.max_leverage:
        raise Refusal(Reason.LEVERAGE)
    if venue.account.leverage.get(market.pair) == leverage:
        raise Refusal(Reason.SAME_LEVERAGE)
    venue.account.leverage[market.pair] = int(leverage)
    return {}


@ACCOUNT.on("POST", "/v5/position/switch-mode", "position mode")
def switch_mode(venue: BybitVenue, call: Call) -> Any:
    mode = venue.number(call.params, "mode")
    if mode not in (0, 3):
        raise Refusal(Reason.BAD_PARAMETER, "mode")
    if "symbol" in call.params:
        pairs = [venue.market(call.params).pair]
    else:
        coin = venue.needed(call.params, "coin")
        pairs = [one.pair for one in venue.of_category(venue.category(call.params)) if one.settle == coin]
    if all(venue.account.hedged(pair) == (mode == 3) for pair in pairs):
        raise Refusal(Reason.SAME_POSITION_MODE)
    if any(one.pair in pairs for one in venue.account.open_positions()):
        raise Refusal(Reason.MODE_WITH_POSITIONS)
    if any(one.pair in pairs for one in venue.open_orders):
        raise Refusal(Reason.MODE_WITH_ORDERS)
    venue.account.modes |= dict.fromkeys(pairs, mode == 3)
    return {}


@ACCOUNT.on("POST", "/v5/account/set-margin-mode", "margin mode")
def set_margin_mode(venue: BybitVenue, call: Call) -> Any:
    mode = venue.needed(call.params, "setMarginMode")
    if mode not in ("ISOLATED_MARGIN", "REGULAR_MARGIN", "PORTFOLIO_MARGIN"):
        raise Refusal(Reason.BAD_PARAMETER, "setMarginMode")
    venue.account.isolated = set(venue.matching.markets) if mode == "ISOLATED_MARGIN" else set()
    return {"reasons": []}


@ACCOUNT.on("GET", "/v5/account/info", "account")
def account_info(venue: BybitVenue, call: Call) -> Any:
    return {
        "marginMode": "ISOLATED_MARGIN" if venue.account.isolated else "REGULAR_MARGIN",
        "updatedTime": "1697078946000",
        "unifiedMarginStatus": 6,
        "dcpStatus": "OFF",
        "timeWindow": 10,
        "smpGroup": 0,
        "isMasterTrader": False,
        "spotHedgingStatus": "OFF",
    }


@ACCOUNT.on("GET", "/v5/account/fee-rate", "fees")
def fee_rate(venue: BybitVenue, call: Call) -> Any:
    rates = {"takerFeeRate": plain(venue.account.taker_fee), "makerFeeRate": plain(venue.account.maker_fee)}
    return {"list": [{"symbol": market.pair, **rates} for market in venue.selected(call.params, all_of_category=True)]}


@ACCOUNT.on("GET", "/v5/user/query-api", "permissions")
def query_api(venue: BybitVenue, call: Call) -> Any:
    trades = venue.permissions.trade
    wallet = ["AccountTransfer", *(["Withdraw"] if venue.permissions.withdraw else [])]
    return {
        "id": "13770661",
        "note": "local venue",
        "apiKey": venue.credentials.key,
        "readOnly": 0 if trades else 1,
        "secret": "",
        "permissions": {
            "ContractTrade": ["Order", "Position"] if trades else [],
            "Spot": [],
            "Wallet": wallet,
            "Options": [],
            "Derivatives": ["DerivativesTrade"] if trades else [],
            "CopyTrading": [],
            "BlockTrade": [],
            "Exchange": [],
            "NFT": [],
            "Affiliate": [],
        },
        "ips": list(venue.permissions.addresses) or ["*"],
        "type": 1,
        "deadlineDay": 83 if not venue.permissions.addresses else -2,
        "expiredAt": "2030-05-15T03:21:05Z",
        "createdAt": "2022-10-16T02:24:40Z",
        "unified": 0,
        "uta": 1,
        "userID": 24600000,
        "inviterID": 0,
        "vipLevel": "No VIP",
        "mktMakerLevel": "0",
        "affiliateID": 0,
        "rsaPublicKey": "",
        "isMaster": True,
    }
