"""OKX perpetual swaps in USDT, hedge mode (`spec/live.md` §7)."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping
from typing import Any, ClassVar, Final

from passivtui.exchanges.base import MarginMode, OrderRequest, PositionSide, Traits
from passivtui.exchanges.ccxt_exchange import CcxtVenue
from passivtui.exchanges.ccxt_reads import VenueRules, one_way_side
from passivtui.exchanges.errors import RejectReason, Unreadable
from passivtui.exchanges.kline_rules import KLINE_RULES
from passivtui.exchanges.rate_ledger import Budget
from passivtui.exchanges.readings import number_or_none, number_or_zero, rows, table
from passivtui.exchanges.windows import Row

_PAGE: Final = 100
_MOST_PAGES: Final = 50
_REASONS: Final = {
    "51020": RejectReason.BELOW_MINIMUM,
    "51202": RejectReason.ABOVE_MAXIMUM,
    "51004": RejectReason.ABOVE_MAXIMUM,
    "51121": RejectReason.BAD_STEP,
    "51006": RejectReason.BAD_STEP,
    "51008": RejectReason.INSUFFICIENT_MARGIN,
    "51131": RejectReason.INSUFFICIENT_MARGIN,
    "51169": RejectReason.REDUCE_ONLY,
    "51112": RejectReason.REDUCE_ONLY,
    "51205": RejectReason.REDUCE_ONLY,
    "51016": RejectReason.DUPLICATE_CLIENT_ID,
    "51400": RejectReason.UNKNOWN_ORDER,
    "51401": RejectReason.UNKNOWN_ORDER,
    "51402": RejectReason.UNKNOWN_ORDER,
    "51410": RejectReason.UNKNOWN_ORDER,
    "51603": RejectReason.UNKNOWN_ORDER,
    "51000": RejectReason.OTHER,
    "51010": RejectReason.POSITION_MODE,
    "51001": RejectReason.MARKET_CLOSED,
    "51021": RejectReason.MARKET_CLOSED,
    "51027": RejectReason.MARKET_CLOSED,
    "51028": RejectReason.MARKET_CLOSED,
    "51087": RejectReason.MARKET_CLOSED,
    "50102": RejectReason.CLOCK,
    "50112": RejectReason.CLOCK,
    "59107": RejectReason.UNCHANGED,
    "50110": RejectReason.NOT_ALLOWED,
    "50111": RejectReason.NOT_ALLOWED,
    "50113": RejectReason.NOT_ALLOWED,
    "50119": RejectReason.NOT_ALLOWED,
    "50120": RejectReason.NOT_ALLOWED,
}


class Okx(CcxtVenue):
    """The account in hedge (long/short) mode, cross margin."""

    rules: ClassVar[VenueRules] = VenueRules(
        traits=Traits(
            name="okx",
            title="OKX",
            quote="USDT",
            has_hedge_mode=True,
            max_client_id=32,
            create_batch=1,
            cancel_batch=1,
            candle_page=KLINE_RULES["okx"].page,
            visibility_lag_ms=3_000,
            has_pnl_records=False,
        ),
        budgets=(Budget(18, 2),),
        reasons=_REASONS,
        options={"defaultType": "swap"},
        fills_page=_PAGE,
        max_history_days=90,
        size_field="pos",
        positions_at=("data",),
        orders_at=("data",),
        fills_at=("data",),
    )

    def order_params(self, request: OrderRequest) -> dict[str, Any]:
        params: dict[str, Any] = {
            "clOrdId": request.client_id,
            "tdMode": "cross",
            "reduceOnly": request.reduce_only,
            "posSide": request.position_side if self.is_hedged else "net",
        }
        if request.kind == "limit":
            params["postOnly"] = request.post_only
        return params

    def side_of(self, raw: Mapping[str, Any]) -> PositionSide:
        info = table(raw.get("info"), "order")
        if info.get("posSide") in ("long", "short"):
            return "long" if info["posSide"] == "long" else "short"
        return one_way_side(raw, reduces=self.reduces(raw, info.get("reduceOnly")))

    def balance_from(self, raw: Mapping[str, Any]) -> tuple[float, bool]:
        """Cash in the quote, and other coins that serve as collateral at what OKX says they are worth."""
        data = rows(table(raw.get("info"), "balance").get("data"), "balance")
        total, has_quote, has_other = 0.0, False, False
        for detail in rows(data[0].get("details"), "balance") if data else ():
            cash = number_or_zero(detail.get("cashBal"), "balance")
            if detail.get("ccy") == self.quote:
                total, has_quote = total + cash, True
            elif detail.get("collateralEnabled") in (True, "true") and cash != 0.0:
                equity = number_or_zero(detail.get("eq"), "equity")
                worth = number_or_zero(detail.get("eqUsd"), "equity")
                if equity != 0.0:
                    total, has_other = total + cash * worth / equity, True
        if not has_quote and not has_other:
            raise Unreadable(f"OKX's balance has no {self.quote}")
        return total, has_other

    def pnl_of(self, raw: Mapping[str, Any]) -> float | None:
        return number_or_none(table(raw.get("info"), "fill").get("fillPnl"), "realised profit")

    def fill(self, raw: Mapping[str, Any]) -> Any:
        return super().fill({**raw, "clientOrderId": table(raw.get("info"), "fill").get("clOrdId")})

    def fetch_positions(self) -> Awaitable[Any]:
        return self._client.fetch_positions(None, {"instType": "SWAP"})  # type: ignore[no-any-return]

    async def fetch_open_orders(self) -> list[Row]:
        found: list[Row] = []
        for _ in range(_MOST_PAGES):
            older = {"after": str(found[-1]["id"])} if found else {}
            asked = {"instType": "SWAP", "limit": _PAGE, **older}
            answer = table(await self._client.privateGetTradeOrdersPending(asked), "answer")
            page = rows(answer.get("data"), "open order")
            found += [self._client.parse_order(row) for row in page]
            if len(page) < _PAGE:
                return found
        raise Unreadable(f"OKX's list of open orders has no end after {_MOST_PAGES} pages")

    def fetch_by_client_id(self, symbol: str, client_id: str) -> Awaitable[Any]:
        return self._client.fetch_order(None, symbol, {"clOrdId": client_id})  # type: ignore[no-any-return]

    async def set_leverage(self, symbol: str, leverage: int) -> None:
        asked = {"mgnMode": "cross"}
        await self._set("set the leverage", lambda: self._client.set_leverage(leverage, symbol, asked))

    async def set_margin_mode(self, symbol: str, mode: MarginMode, leverage: int) -> None:
        asked = {"lever": leverage}
        await self._set("set the margin mode", lambda: self._client.set_margin_mode(mode, symbol, asked))
