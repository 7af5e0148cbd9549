"""Binance USDⓈ-M futures (`spec/live.md` §7)."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping, Sequence
from typing import Any, ClassVar, Final

from passivtui.clock import DAY_MS, MINUTE_MS
from passivtui.exchanges.base import AccountFacts, CancelRequest, OrderRequest, PositionSide, RealisedPnl, Traits
from passivtui.exchanges.ccxt_exchange import CcxtVenue
from passivtui.exchanges.ccxt_reads import VenueRules, one_way_side
from passivtui.exchanges.errors import RejectReason
from passivtui.exchanges.kline_rules import KLINE_RULES
from passivtui.exchanges.rate_ledger import Budget
from passivtui.exchanges.readings import number, rows, table, text, time_ms
from passivtui.exchanges.windows import Row, everything_between

_INCOME_PAGE: Final = 1000
_REASONS: Final = {
    "-5022": RejectReason.WOULD_CROSS,
    "-4164": RejectReason.BELOW_MINIMUM,
    "-4003": RejectReason.BELOW_MINIMUM,
    "-4004": RejectReason.BELOW_MINIMUM,
    "-4005": RejectReason.ABOVE_MAXIMUM,
    "-4028": RejectReason.ABOVE_MAXIMUM,
    "-2025": RejectReason.ABOVE_MAXIMUM,
    "-2027": RejectReason.ABOVE_MAXIMUM,
    "-1111": RejectReason.BAD_STEP,
    "-4014": RejectReason.BAD_STEP,
    "-4016": RejectReason.BAD_STEP,
    "-4023": RejectReason.BAD_STEP,
    "-4024": RejectReason.BAD_STEP,
    "-4131": RejectReason.BAD_STEP,
    "-2018": RejectReason.INSUFFICIENT_MARGIN,
    "-2019": RejectReason.INSUFFICIENT_MARGIN,
    "-2022": RejectReason.REDUCE_ONLY,
    "-4118": RejectReason.REDUCE_ONLY,
    "-4116": RejectReason.DUPLICATE_CLIENT_ID,
    "-2011": RejectReason.UNKNOWN_ORDER,
    "-2013": RejectReason.UNKNOWN_ORDER,
    "-4061": RejectReason.POSITION_MODE,
    "-4067": RejectReason.OTHER,
    "-4068": RejectReason.OTHER,
    "-4048": RejectReason.OTHER,
    "-1121": RejectReason.MARKET_CLOSED,
    "-4108": RejectReason.MARKET_CLOSED,
    "-4140": RejectReason.MARKET_CLOSED,
    "-4141": RejectReason.MARKET_CLOSED,
    "-1021": RejectReason.CLOCK,
    "-4046": RejectReason.UNCHANGED,
    "-4059": RejectReason.UNCHANGED,
    "-1022": RejectReason.NOT_ALLOWED,
    "-2014": RejectReason.NOT_ALLOWED,
    "-2015": RejectReason.NOT_ALLOWED,
}


class Binance(CcxtVenue):
    """The USDT account in hedge or one-way mode."""

    rules: ClassVar[VenueRules] = VenueRules(
        traits=Traits(
            name="binance",
            title="Binance",
            quote="USDT",
            has_hedge_mode=True,
            max_client_id=36,
            create_batch=5,
            cancel_batch=10,
            candle_page=KLINE_RULES["binance"].page,
            visibility_lag_ms=3_000,
        ),
        budgets=(Budget(2400, 60),),
        reasons=_REASONS,
        options={"warnOnFetchOpenOrdersWithoutSymbol": False},
        fills_page=1000,
        fills_by_symbol=True,
        size_field="positionAmt",
    )

    def order_params(self, request: OrderRequest) -> dict[str, Any]:
        params: dict[str, Any] = {"newClientOrderId": request.client_id}
        if self.is_hedged:
            params["positionSide"] = request.position_side.upper()  # which implies what reduces
        else:
            params["reduceOnly"] = request.reduce_only
        if request.kind == "limit":
            params["timeInForce"] = "GTX" if request.post_only else "GTC"
        return params

    def side_of(self, raw: Mapping[str, Any]) -> PositionSide:
        info = table(raw.get("info"), "order")
        side = str(info.get("positionSide") or info.get("ps"))
        if side in ("LONG", "SHORT"):
            return "long" if side == "LONG" else "short"
        return one_way_side(raw, reduces=self.reduces(raw, info.get("reduceOnly", info.get("R"))))

    def balance_from(self, raw: Mapping[str, Any]) -> tuple[float, bool]:
        info = table(raw.get("info"), "balance")
        return number(info.get("totalCrossWalletBalance"), "balance"), True

    def pnl_of(self, raw: Mapping[str, Any]) -> float | None:
        info = table(raw.get("info"), "fill")
        value = info.get("realizedPnl", info.get("rp"))
        return None if value is None else number(value, "realised profit")

    async def send_batch(self, batch: Sequence[OrderRequest]) -> list[Row]:
        orders = [self.raw_order(request) for request in batch]
        return rows(await self._client.fapiPrivatePostBatchOrders({"batchOrders": orders}), "order")

    async def send_cancellations(self, batch: Sequence[CancelRequest]) -> list[Row]:
        asked = {
            "symbol": self._client.market_id(batch[0].symbol),
            "orderidlist": [request.order_id for request in batch],
        }
        return rows(await self._client.fapiPrivateDeleteBatchOrders(asked), "order")

    def fetch_by_client_id(self, symbol: str, client_id: str) -> Awaitable[Any]:
        return self._client.fetch_order(None, symbol, {"origClientOrderId": client_id})  # type: ignore[no-any-return]

    async def realised_pnl_since(self, since_ms: int) -> tuple[RealisedPnl, ...]:
        async def page(start: int, end: int) -> list[Row]:
            def fetch() -> Awaitable[Any]:
                asked = {"incomeType": "REALIZED_PNL", "startTime": start, "endTime": end, "limit": _INCOME_PAGE}
                return self._client.fapiPrivateGetIncome(asked)  # type: ignore[no-any-return]

            return rows(await self.ask("list the realised profits", fetch), "realised profit")

        now = self._clock() + MINUTE_MS
        first = max(since_ms, now - 90 * DAY_MS)  # what the venue keeps
        records = await everything_between(page, first, now, 7 * DAY_MS, _INCOME_PAGE)
        found = self.read("realised profits", lambda: [self._record(row) for row in records])
        unique = {record.id: record for record in found if record.symbol in self.markets}
        return tuple(sorted(unique.values(), key=lambda record: (record.time_ms, record.id)))

    def _record(self, row: Row) -> RealisedPnl:
        symbol = self._client.safe_symbol(text(row.get("symbol"), "symbol"), None, None, "swap")
        trade = str(row.get("tradeId") or "") or str(row.get("tranId"))
        return RealisedPnl(
            id=f"{symbol} {text(trade, 'trade id')}",
            symbol=symbol,
            position_side=None,
            pnl=number(row.get("income"), "realised profit"),
            time_ms=time_ms(row.get("time"), "time of a realised profit"),
        )

    async def account(self) -> AccountFacts:
        mode = await self.ask("tell the position mode", lambda: self._client.fapiPrivateGetPositionSideDual())
        is_hedged = _is_true(table(mode, "position mode").get("dualSidePosition"))
        key = await self.ask("describe the key", lambda: self._client.sapiGetAccountApiRestrictions())
        allowed = table(key, "permissions")
        return AccountFacts(
            account="",
            may_read=_is_true(allowed.get("enableReading")),
            may_trade=_is_true(allowed.get("enableFutures")),
            may_withdraw=_is_true(allowed.get("enableWithdrawals")),
            is_ip_bound=_is_true(allowed.get("ipRestrict")),
            position_mode="hedge" if is_hedged else "one_way",
            margin_mode=None,
            account_type="USDⓈ-M futures",
        )


def _is_true(value: object) -> bool:
    return str(value).lower() == "true"
