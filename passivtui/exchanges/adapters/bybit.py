"""Bybit V5, linear and inverse perpetuals (`spec/live.md` §7)."""

from __future__ import annotations

import dataclasses
from collections.abc import Awaitable, Collection, Mapping, Sequence
from typing import Any, ClassVar, Final

from passivtui.clock import DAY_MS, MINUTE_MS
from passivtui.exchanges.base import (
    AccountFacts,
    CancelRequest,
    MarginMode,
    OrderRequest,
    PositionMode,
    PositionSide,
    RealisedPnl,
    Traits,
)
from passivtui.exchanges.ccxt_exchange import CcxtVenue
from passivtui.exchanges.ccxt_reads import VenueRules, one_way_side, total_of
from passivtui.exchanges.errors import RejectReason, Unreadable
from passivtui.exchanges.kline_rules import KLINE_RULES
from passivtui.exchanges.rate_ledger import Budget
from passivtui.exchanges.readings import number, number_or_none, rows, table, text, text_or_empty, time_ms
from passivtui.exchanges.windows import Row, everything_between

_PAGE: Final = 50
_PNL_PAGE: Final = 100
_MOST_PAGES: Final = 100
_ONE_WAY: Final = 0  # both sides in one
_HEDGE: Final = 3  # both sides apart
_REASONS: Final = {
    "110094": RejectReason.BELOW_MINIMUM,
    "110121": RejectReason.BELOW_MINIMUM,
    "110090": RejectReason.ABOVE_MAXIMUM,
    "110020": RejectReason.ABOVE_MAXIMUM,
    "110013": RejectReason.ABOVE_MAXIMUM,
    "110003": RejectReason.BAD_STEP,
    "110032": RejectReason.BAD_STEP,
    "110049": RejectReason.BAD_STEP,
    "110004": RejectReason.INSUFFICIENT_MARGIN,
    "110006": RejectReason.INSUFFICIENT_MARGIN,
    "110007": RejectReason.INSUFFICIENT_MARGIN,
    "110012": RejectReason.INSUFFICIENT_MARGIN,
    "110044": RejectReason.INSUFFICIENT_MARGIN,
    "110045": RejectReason.INSUFFICIENT_MARGIN,
    "110017": RejectReason.REDUCE_ONLY,
    "110072": RejectReason.DUPLICATE_CLIENT_ID,
    "110001": RejectReason.UNKNOWN_ORDER,
    "110008": RejectReason.UNKNOWN_ORDER,
    "110010": RejectReason.UNKNOWN_ORDER,
    "110019": RejectReason.UNKNOWN_ORDER,
    "110021": RejectReason.ABOVE_MAXIMUM,
    "110023": RejectReason.MARKET_CLOSED,
    "110074": RejectReason.MARKET_CLOSED,
    "110025": RejectReason.UNCHANGED,
    "110026": RejectReason.UNCHANGED,
    "110043": RejectReason.UNCHANGED,
    "110030": RejectReason.DUPLICATE_CLIENT_ID,
    "10002": RejectReason.CLOCK,
    "10003": RejectReason.NOT_ALLOWED,
    "10004": RejectReason.NOT_ALLOWED,
    "10005": RejectReason.NOT_ALLOWED,
    "10010": RejectReason.NOT_ALLOWED,
    "33004": RejectReason.NOT_ALLOWED,
}
_PHRASES: Final = {
    "position idx not match": RejectReason.POSITION_MODE,
    "minimum limit": RejectReason.BELOW_MINIMUM,
    "lower limit": RejectReason.BELOW_MINIMUM,
    "minimum order value": RejectReason.BELOW_MINIMUM,
    "maximum limit": RejectReason.ABOVE_MAXIMUM,
    "exceeds maximum": RejectReason.ABOVE_MAXIMUM,
    "price precision": RejectReason.BAD_STEP,
    "qty invalid": RejectReason.BAD_STEP,
    "price invalid": RejectReason.BAD_STEP,
}


class Bybit(CcxtVenue):
    """The unified account, linear USDT markets."""

    category: ClassVar[str] = "linear"
    rules: ClassVar[VenueRules] = VenueRules(
        traits=Traits(
            name="bybit",
            title="Bybit",
            quote="USDT",
            has_hedge_mode=True,
            max_client_id=36,
            create_batch=10,
            cancel_batch=10,
            candle_page=KLINE_RULES["bybit"].page,
            visibility_lag_ms=3_000,
            max_open_orders=500,
        ),
        budgets=(Budget(600, 5),),
        reasons=_REASONS,
        phrases=_PHRASES,
        kind="linear",
        options={"enableUnifiedAccount": True, "enableUnifiedMargin": False, "unifiedMarginStatus": 6},
        fills_page=100,
        max_history_days=180,
        positions_at=("result", "list"),
        orders_at=("result", "list"),
        fills_at=("result", "list"),
    )

    def order_params(self, request: OrderRequest) -> dict[str, Any]:
        params: dict[str, Any] = {"orderLinkId": request.client_id, "reduceOnly": request.reduce_only}
        params["positionIdx"] = (1 if request.position_side == "long" else 2) if self.is_hedged else 0
        if request.kind == "limit":
            params["timeInForce"] = "PostOnly" if request.post_only else "GTC"
        return params

    def side_of(self, raw: Mapping[str, Any]) -> PositionSide:
        info = table(raw.get("info"), "order")
        index = str(info.get("positionIdx", ""))
        if index in ("1", "2"):
            return "long" if index == "1" else "short"
        closed = number_or_none(info.get("closedSize"), "closed size")
        return one_way_side(raw, reduces=bool(closed) or self.reduces(raw, info.get("reduceOnly")))

    def balance_from(self, raw: Mapping[str, Any]) -> tuple[float, bool]:
        info = table(raw.get("info"), "balance")
        accounts = rows(table(info.get("result"), "balance").get("list"), "balance")
        if not accounts:
            raise Unreadable("Bybit's balance names no account")
        if self.category == "linear" and accounts[0].get("accountType") == "UNIFIED":
            return number(accounts[0].get("totalWalletBalance"), "balance"), True
        return total_of(raw, self.quote), False

    async def fetch_open_orders(self) -> list[Row]:
        return await self._pages(
            self._client.privateGetV5OrderRealtime,
            {"openOnly": 0, "limit": _PAGE, **self._scope()},
            self._client.parse_order,
        )

    async def fetch_positions(self) -> list[Row]:
        return await self._pages(
            self._client.privateGetV5PositionList, {"limit": 200, **self._scope()}, self._client.parse_position
        )

    def _scope(self) -> dict[str, Any]:
        """All markets of the category; linear ones are asked for by what they settle in."""
        asked = {"category": self.category}
        return {**asked, "settleCoin": self.quote} if self.category == "linear" else asked

    async def _pages(self, fetch: Any, asked: dict[str, Any], parse: Any) -> list[Row]:
        """Every row of a list that Bybit hands out with cursors."""
        found: list[Row] = []
        cursor = ""
        for _ in range(_MOST_PAGES):
            answer = table(await fetch({**asked, **({"cursor": cursor} if cursor else {})}), "answer")
            result = table(answer.get("result"), "answer")
            listed = rows(result.get("list"), "row")
            found += [parse(row) for row in listed]
            following = result.get("nextPageCursor") or ""
            if not isinstance(following, str):
                raise Unreadable("Bybit's list has a cursor that can't be used")
            if not listed or not following or following == cursor:
                return found
            cursor = following
        raise Unreadable(f"Bybit's list has no end after {_MOST_PAGES} pages")

    async def fetch_by_client_id(self, symbol: str, client_id: str) -> Row | None:
        asked = {"category": self.category, "symbol": self._client.market_id(symbol), "orderLinkId": client_id}
        for fetch in (self._client.privateGetV5OrderRealtime, self._client.privateGetV5OrderHistory):
            answer = table(await fetch(asked), "answer")
            listed = rows(table(answer.get("result"), "answer").get("list"), "order")
            if listed:
                return self._client.parse_order(listed[0])  # type: ignore[no-any-return]
        return None

    def fetch_trades(self, symbol: str | None, start: int, end: int) -> Awaitable[Any]:
        return self._executions({**self._fills_scope(), "startTime": start, "endTime": end, "limit": _PNL_PAGE})

    def _fills_scope(self) -> dict[str, Any]:
        return {"category": self.category, "execType": "Trade"}

    async def _executions(self, asked: dict[str, Any]) -> list[Row]:
        answer = table(await self._client.privateGetV5ExecutionList(asked), "answer")
        listed = rows(table(answer.get("result"), "answer").get("list"), "fill")
        return [self._client.parse_trade(row) for row in listed]

    def fill(self, raw: Mapping[str, Any]) -> Any:
        link = table(raw.get("info"), "fill").get("orderLinkId")
        return super().fill({**raw, "clientOrderId": link})

    async def realised_pnl_since(self, since_ms: int) -> tuple[RealisedPnl, ...]:
        async def page(start: int, end: int) -> list[Row]:
            def fetch() -> Awaitable[Any]:
                asked = {"category": self.category, "startTime": start, "endTime": end, "limit": _PNL_PAGE}
                return self._client.privateGetV5PositionClosedPnl(asked)  # type: ignore[no-any-return]

            answer = table(await self.ask("list the realised profits", fetch), "answer")
            return rows(table(answer.get("result"), "answer").get("list"), "realised profit")

        now = self._clock() + MINUTE_MS
        first = max(since_ms, now - self.rules.max_history_days * DAY_MS)
        records = await everything_between(page, first, now, 7 * DAY_MS, _PNL_PAGE)
        found = self.read("realised profits", lambda: [self._record(row) for row in records])
        unique = {record.id: record for record in found if record.symbol in self.markets}
        return tuple(sorted(unique.values(), key=lambda record: (record.time_ms, record.id)))

    def _record(self, row: Row) -> RealisedPnl:
        symbol = self._client.safe_symbol(text(row.get("symbol"), "symbol"), None, None, "swap")
        when = time_ms(row.get("createdTime") or row.get("updatedTime"), "time of a realised profit")
        side: PositionSide = "long" if row.get("side") == "Sell" else "short"  # the side of the closing order
        return RealisedPnl(
            id=f"{text(row.get('orderId'), 'order id')} {when}",
            symbol=symbol,
            position_side=side,
            pnl=number(row.get("closedPnl"), "realised profit"),
            time_ms=when,
        )

    async def send_batch(self, batch: Sequence[OrderRequest]) -> list[Row]:
        is_unified = True
        orders = [self.raw_order(request, is_unified) for request in batch]
        asked = {"category": self.category, "request": [_without_category(order) for order in orders]}
        return _verdicts(await self._client.privatePostV5OrderCreateBatch(asked))

    async def send_cancellations(self, batch: Sequence[CancelRequest]) -> list[Row]:
        market = self._client.market_id(batch[0].symbol)
        orders = [{"symbol": market, "orderId": request.order_id} for request in batch]
        asked = {"category": self.category, "request": orders}
        return _verdicts(await self._client.privatePostV5OrderCancelBatch(asked))

    async def set_margin_mode(self, symbol: str, mode: MarginMode, leverage: int) -> None:
        """The unified account has one margin mode for all markets."""
        asked = {"setMarginMode": "REGULAR_MARGIN" if mode == "cross" else "ISOLATED_MARGIN"}
        await self._set("set the margin mode", lambda: self._client.privatePostV5AccountSetMarginMode(asked))

    def send_position_mode(self, mode: PositionMode) -> Awaitable[Any]:
        """For all markets that settle in the coin that is traded with; ccxt knows linear ones only."""
        asked = {"category": self.category, "coin": self.quote, "mode": _HEDGE if mode == "hedge" else _ONE_WAY}
        return self._client.privatePostV5PositionSwitchMode(asked)  # type: ignore[no-any-return]

    def fetch_tickers(self, symbols: Collection[str] | None) -> Awaitable[Any]:
        asked = {"category": self.category}
        return self._client.fetch_tickers(list(symbols) if symbols else None, asked)  # type: ignore[no-any-return]

    async def account(self) -> AccountFacts:
        answer = await self.ask("describe the key", lambda: self._client.privateGetV5UserQueryApi())
        result = table(table(answer, "answer").get("result"), "answer")
        allowed = table(result.get("permissions"), "permissions")
        trades = bool(allowed.get("ContractTrade")) and str(result.get("readOnly")) == "0"
        addresses = result.get("ips")
        bound = isinstance(addresses, list) and bool(addresses) and addresses != ["*"]
        wallet = allowed.get("Wallet") or []
        if not isinstance(wallet, list):
            raise Unreadable("Bybit's list of permissions can't be used")
        account = text_or_empty(result.get("userID"), "account number")
        kind = "unified account" if str(result.get("uta")) == "1" else "classic account"
        return AccountFacts(account, True, trades, "Withdraw" in wallet, bound, None, await self._margin_mode(), kind)

    async def _margin_mode(self) -> MarginMode | None:
        answer = await self.ask("describe the account", lambda: self._client.privateGetV5AccountInfo())
        mode = table(table(answer, "answer").get("result"), "account").get("marginMode")
        return {"REGULAR_MARGIN": "cross", "ISOLATED_MARGIN": "isolated"}.get(str(mode))  # type: ignore[return-value]


class BybitInverse(Bybit):
    """Inverse markets, settled in their own coin. `quote` is the coin that the account trades with."""

    category: ClassVar[str] = "inverse"
    rules: ClassVar[VenueRules] = dataclasses.replace(
        Bybit.rules, kind="inverse", traits=dataclasses.replace(Bybit.rules.traits, quote="BTC", cancel_batch=1)
    )


def _without_category(order: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in order.items() if key != "category"}


def _verdicts(answer: object) -> list[Row]:
    """Orders and verdicts of a batch's answer, which come in two lists of one order."""
    orders = rows(table(table(answer, "answer").get("result"), "answer").get("list"), "order")
    verdicts = rows(table(table(answer, "answer").get("retExtInfo"), "answer").get("list"), "verdict")
    if len(orders) != len(verdicts):
        raise Unreadable("Bybit's batch has not one verdict per order")
    return [{**order, **verdict} for order, verdict in zip(orders, verdicts, strict=True)]
