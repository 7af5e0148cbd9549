"""Bitget USDT futures, hedge mode (`spec/live.md` §7)."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping
from typing import Any, ClassVar, Final

from passivtui.exchanges.base import Fill, Order, OrderRequest, PositionSide, Traits
from passivtui.exchanges.ccxt_exchange import CcxtVenue
from passivtui.exchanges.ccxt_reads import VenueRules, one_way_side
from passivtui.exchanges.errors import RejectReason, Unreadable
from passivtui.exchanges.kline_rules import KLINE_RULES
from passivtui.exchanges.rate_ledger import Budget
from passivtui.exchanges.readings import number, number_or_none, number_or_zero, rows, table
from passivtui.exchanges.windows import Row

_LEAST_COST: Final = 5.1
_PAGE: Final = 100
_MOST_PAGES: Final = 50
_REASONS: Final = {
    "45110": RejectReason.BELOW_MINIMUM,
    "45111": RejectReason.BELOW_MINIMUM,
    "40757": RejectReason.INSUFFICIENT_MARGIN,
    "40754": RejectReason.INSUFFICIENT_MARGIN,
    "43012": RejectReason.INSUFFICIENT_MARGIN,
    "40762": RejectReason.INSUFFICIENT_MARGIN,
    "45115": RejectReason.BAD_STEP,
    "40020": RejectReason.OTHER,
    "22002": RejectReason.REDUCE_ONLY,
    "43025": RejectReason.REDUCE_ONLY,
    "40786": RejectReason.DUPLICATE_CLIENT_ID,
    "40768": RejectReason.UNKNOWN_ORDER,
    "40109": RejectReason.UNKNOWN_ORDER,
    "43001": RejectReason.UNKNOWN_ORDER,
    "43027": RejectReason.BELOW_MINIMUM,
    "40774": RejectReason.POSITION_MODE,
    "40008": RejectReason.CLOCK,
    "40006": RejectReason.NOT_ALLOWED,
    "40009": RejectReason.NOT_ALLOWED,
    "40012": RejectReason.NOT_ALLOWED,
    "40014": RejectReason.NOT_ALLOWED,
    "40018": RejectReason.NOT_ALLOWED,
    "40037": RejectReason.NOT_ALLOWED,
}


class Bitget(CcxtVenue):
    """The futures account in hedge mode, in which "side" is that of the position and "tradeSide" opens or closes."""

    rules: ClassVar[VenueRules] = VenueRules(
        traits=Traits(
            name="bitget",
            title="Bitget",
            quote="USDT",
            has_hedge_mode=True,
            max_client_id=64,
            create_batch=1,
            cancel_batch=1,
            candle_page=KLINE_RULES["bitget"].page,
            visibility_lag_ms=3_000,
            has_pnl_records=False,
        ),
        budgets=(Budget(20, 1), Budget(6000, 60)),
        reasons=_REASONS,
        options={"defaultType": "swap", "uta": False},
        fills_page=_PAGE,
        least_min_cost=_LEAST_COST,
        max_history_days=90,
        size_field="total",
        positions_at=("data",),
        orders_at=("data", "entrustedList"),
        fills_at=("data", "fillList"),
    )

    def order_params(self, request: OrderRequest) -> dict[str, Any]:
        params: dict[str, Any] = {
            "clientOid": request.client_id,
            "marginMode": "cross",
            "reduceOnly": request.reduce_only,
            "hedged": self.is_hedged,  # ccxt turns the side of closes around
        }
        if request.kind == "limit":
            params["timeInForce"] = "PO" if request.post_only else "GTC"
        return params

    def side_of(self, raw: Mapping[str, Any]) -> PositionSide:
        info = table(raw.get("info"), "order")
        if info.get("posSide") in ("long", "short"):
            return "long" if info["posSide"] == "long" else "short"
        if str(info.get("tradeSide")) in ("open", "close"):  # fills: the side is that of the position
            return "long" if info.get("side") == "buy" else "short"
        return one_way_side(raw, reduces=str(info.get("reduceOnly")).lower() in ("yes", "true"))

    def order(self, raw: Mapping[str, Any]) -> Order:
        return super().order({**raw, "side": _side(raw)})

    def fill(self, raw: Mapping[str, Any]) -> Fill:
        return super().fill({**raw, "side": _side(raw)})

    def balance_from(self, raw: Mapping[str, Any]) -> tuple[float, bool]:
        entries = rows(raw.get("info"), "balance")
        entry = next((one for one in entries if one.get("marginCoin") == self.quote), None)
        if entry is None:
            raise Unreadable(f"Bitget's balance has no {self.quote}")
        if entry.get("assetMode") == "union":
            unrealised = number_or_zero(entry.get("unrealizedPL"), "unrealised profit")
            return number(entry.get("unionTotalMargin"), "balance") - unrealised, True
        return number(entry.get("available"), "balance"), False

    def pnl_of(self, raw: Mapping[str, Any]) -> float | None:
        return number_or_none(table(raw.get("info"), "fill").get("profit"), "realised profit")

    async def fetch_open_orders(self) -> list[Row]:
        found: list[Row] = []
        for _ in range(_MOST_PAGES):
            older = {"idLessThan": str(found[-1]["id"])} if found else {}
            asked = {"productType": "USDT-FUTURES", "limit": _PAGE, **older}
            answer = table(await self._client.privateMixGetV2MixOrderOrdersPending(asked), "answer")
            page = rows(table(answer.get("data"), "answer").get("entrustedList"), "open order")
            found += [self._client.parse_order(row) for row in page]
            if len(page) < _PAGE:
                return found
        raise Unreadable(f"Bitget's list of open orders has no end after {_MOST_PAGES} pages")

    def fetch_positions(self) -> Awaitable[Any]:
        return self._client.fetch_positions(None, {"productType": "USDT-FUTURES"})  # type: ignore[no-any-return]

    def fetch_by_client_id(self, symbol: str, client_id: str) -> Awaitable[Any]:
        return self._client.fetch_order(None, symbol, {"clientOid": client_id})  # type: ignore[no-any-return]

    def fetch_trades(self, symbol: str | None, start: int, end: int) -> Awaitable[Any]:
        return self._fills({"productType": "USDT-FUTURES", "startTime": start, "endTime": end, "limit": _PAGE})

    async def _fills(self, asked: dict[str, Any]) -> list[Any]:
        """Asked directly, since ccxt wants a symbol."""
        answer = table(await self._client.privateMixGetV2MixOrderFills(asked), "answer")
        listed = table(answer.get("data"), "answer").get("fillList")
        return [self._client.parse_trade(row) for row in rows(listed, "fill")]


def _side(raw: Mapping[str, Any]) -> object:
    """Buy or sell as everybody else means it: closing a long sells, though Bitget calls it "buy"."""
    info = table(raw.get("info"), "order")
    side = str(info.get("side"))
    closes = str(info.get("tradeSide")) == "close"
    return {"buy": "sell", "sell": "buy"}.get(side, side) if closes else side
