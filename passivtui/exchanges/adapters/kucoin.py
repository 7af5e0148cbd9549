"""KuCoin futures in USDT, one-way mode (`spec/live.md` §7)."""

from __future__ import annotations

from collections.abc import Awaitable, Collection, Mapping
from typing import Any, ClassVar, Final

from passivtui.exchanges.base import Fill, MarginMode, OrderRequest, PositionSide, Traits
from passivtui.exchanges.ccxt_exchange import CcxtVenue
from passivtui.exchanges.ccxt_reads import VenueRules, one_way_side
from passivtui.exchanges.errors import RejectReason, Unreadable
from passivtui.exchanges.kline_rules import KLINE_RULES
from passivtui.exchanges.rate_ledger import Budget
from passivtui.exchanges.readings import number, number_or_zero, rows, table
from passivtui.exchanges.realised import with_realised_pnl
from passivtui.exchanges.windows import Row

_PAGE: Final = 100
_MOST_PAGES: Final = 50
_REASONS: Final = {
    "300003": RejectReason.INSUFFICIENT_MARGIN,
    "300001": RejectReason.REDUCE_ONLY,
    "300009": RejectReason.REDUCE_ONLY,
    "300012": RejectReason.BAD_STEP,
    "300000": RejectReason.OTHER,
    "100004": RejectReason.UNKNOWN_ORDER,
    "300018": RejectReason.DUPLICATE_CLIENT_ID,
    "330005": RejectReason.POSITION_MODE,
    "330011": RejectReason.POSITION_MODE,
    "300008": RejectReason.ABOVE_MAXIMUM,
    "300005": RejectReason.ABOVE_MAXIMUM,
    "200002": RejectReason.OTHER,
    "400002": RejectReason.CLOCK,
    "400001": RejectReason.NOT_ALLOWED,
    "400003": RejectReason.NOT_ALLOWED,
    "400004": RejectReason.NOT_ALLOWED,
    "400005": RejectReason.NOT_ALLOWED,
    "400006": RejectReason.NOT_ALLOWED,
    "400007": RejectReason.NOT_ALLOWED,
    "411100": RejectReason.NOT_ALLOWED,
}
_PHRASES: Final = {
    "post only": RejectReason.WOULD_CROSS,
    "cannot be canceled": RejectReason.UNKNOWN_ORDER,
    "order not exist": RejectReason.UNKNOWN_ORDER,
    "ordernotexist": RejectReason.UNKNOWN_ORDER,
    "no open positions": RejectReason.REDUCE_ONLY,
}


class Kucoin(CcxtVenue):
    """The futures account, cross margin. KuCoin keeps no record of what fills realised: that is computed from them."""

    rules: ClassVar[VenueRules] = VenueRules(
        traits=Traits(
            name="kucoin",
            title="KuCoin",
            quote="USDT",
            has_hedge_mode=False,
            max_client_id=40,
            create_batch=1,
            cancel_batch=1,
            candle_page=KLINE_RULES["kucoin"].page,
            visibility_lag_ms=5_000,
            has_pnl_records=False,
            max_open_orders=100,
        ),
        budgets=(Budget(2000, 30),),
        reasons=_REASONS,
        phrases=_PHRASES,
        options={"uta": False, "hf": False},  # both known, so that ccxt need not ask
        load_params={"marginables": False},
        fills_page=_PAGE,
        size_field="currentQty",
        positions_at=("data",),
        orders_at=("data", "items"),
        fills_at=("data", "items"),
    )

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._leverages: dict[str, int] = {}

    def order_params(self, request: OrderRequest) -> dict[str, Any]:
        params: dict[str, Any] = {
            "clientOid": request.client_id,
            "reduceOnly": request.reduce_only,
            "marginMode": "CROSS",
        }
        if request.symbol in self._leverages:
            params["leverage"] = self._leverages[request.symbol]  # ccxt would say 1
        if request.kind == "limit":
            params["timeInForce"] = "GTC"
            params["postOnly"] = request.post_only
        return params

    def side_of(self, raw: Mapping[str, Any]) -> PositionSide:
        info = table(raw.get("info"), "order")
        closing_fee = number_or_zero(info.get("closeFeePay"), "fee")
        return one_way_side(raw, reduces=closing_fee != 0.0 or self.reduces(raw, info.get("reduceOnly")))

    def balance_from(self, raw: Mapping[str, Any]) -> tuple[float, bool]:
        data = table(table(raw.get("info"), "balance").get("data"), "balance")
        return number(data.get("marginBalance"), "balance"), False

    def fetch_balance(self) -> Awaitable[Any]:
        return self._client.fetch_balance({"type": "swap", "code": self.quote})  # type: ignore[no-any-return]

    async def fetch_open_orders(self) -> list[Row]:
        return await self._pages(self._client.futuresPrivateGetOrders, {"status": "active"}, self._client.parse_order)

    async def _pages(self, fetch: Any, asked: dict[str, Any], parse: Any) -> list[Row]:
        found: list[Row] = []
        for page in range(1, _MOST_PAGES + 1):
            answer = table(await fetch({**asked, "pageSize": _PAGE, "currentPage": page}), "answer")
            listed = rows(table(answer.get("data"), "answer").get("items"), "row")
            found += [parse(row) for row in listed]
            if len(listed) < _PAGE:
                return found
        raise Unreadable(f"KuCoin's list has no end after {_MOST_PAGES} pages")

    def fetch_by_client_id(self, symbol: str, client_id: str) -> Awaitable[Any]:
        return self._client.fetch_order(None, symbol, {"clientOid": client_id})  # type: ignore[no-any-return]

    def fetch_trades(self, symbol: str | None, start: int, end: int) -> Awaitable[Any]:
        asked = {"startAt": start, "endAt": end}
        return self._pages(self._client.futuresPrivateGetFills, asked, self._client.parse_trade)

    async def fills_since(self, since_ms: int, symbols: Collection[str] | None = None) -> tuple[Fill, ...]:
        return with_realised_pnl(await super().fills_since(since_ms, symbols), self.markets)

    async def set_leverage(self, symbol: str, leverage: int) -> None:
        asked = {"marginMode": "cross"}
        await self._set("set the leverage", lambda: self._client.set_leverage(leverage, symbol, asked))
        self._leverages[symbol] = leverage

    async def set_margin_mode(self, symbol: str, mode: MarginMode, leverage: int) -> None:
        await self._set("set the margin mode", lambda: self._client.set_margin_mode(mode, symbol))
