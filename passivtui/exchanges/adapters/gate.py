"""Gate USDT perpetuals, one-way mode (`spec/live.md` §7)."""

from __future__ import annotations

from collections.abc import Awaitable, Collection, Mapping
from typing import Any, ClassVar, Final

from passivtui.exchanges.base import Fill, MarginMode, OrderRequest, PositionSide, Traits
from passivtui.exchanges.ccxt_client import CcxtExchange
from passivtui.exchanges.ccxt_exchange import CcxtVenue
from passivtui.exchanges.ccxt_reads import VenueRules, one_way_side, total_of
from passivtui.exchanges.errors import RejectReason, Unreadable
from passivtui.exchanges.kline_rules import KLINE_RULES
from passivtui.exchanges.rate_ledger import Budget
from passivtui.exchanges.readings import number_or_none, rows, table, text_or_empty
from passivtui.exchanges.realised import with_realised_pnl
from passivtui.exchanges.windows import Row

_MARK: Final = "t-"  # Gate wants it in front of every client id
_PAGE: Final = 100
_MOST_PAGES: Final = 50
_USDT_ONLY: Final = {"fetchMarkets": {"settlementCurrencies": ["usdt"]}}
_FUTURES: Final = {"type": "swap", "settle": "usdt"}
_REASONS: Final = {
    "ORDER_POC_IMMEDIATE": RejectReason.WOULD_CROSS,
    "POC_FILL_IMMEDIATELY": RejectReason.WOULD_CROSS,
    "SIZE_TOO_SMALL": RejectReason.BELOW_MINIMUM,
    "SIZE_TOO_LARGE": RejectReason.ABOVE_MAXIMUM,
    "TOO_MANY_ORDERS": RejectReason.ABOVE_MAXIMUM,
    "RISK_LIMIT_EXCEEDED": RejectReason.ABOVE_MAXIMUM,
    "PRICE_TOO_DEVIATED": RejectReason.BAD_STEP,
    "PRICE_OVER": RejectReason.BAD_STEP,
    "INSUFFICIENT_AVAILABLE": RejectReason.INSUFFICIENT_MARGIN,
    "MARGIN_BALANCE_NOT_ENOUGH": RejectReason.INSUFFICIENT_MARGIN,
    "BALANCE_NOT_ENOUGH": RejectReason.INSUFFICIENT_MARGIN,
    "REDUCE_EXCEEDED": RejectReason.REDUCE_ONLY,
    "INCREASE_POSITION": RejectReason.REDUCE_ONLY,
    "EMPTY_POSITION": RejectReason.REDUCE_ONLY,
    "REPEATED_CREATION": RejectReason.DUPLICATE_CLIENT_ID,
    "ORDER_NOT_FOUND": RejectReason.UNKNOWN_ORDER,
    "ORDER_CLOSED": RejectReason.UNKNOWN_ORDER,
    "ORDER_FINISHED": RejectReason.UNKNOWN_ORDER,
    "ORDER_CANCELLED": RejectReason.UNKNOWN_ORDER,
    "CONTRACT_NOT_FOUND": RejectReason.MARKET_CLOSED,
    "CONTRACT_IN_DELISTING": RejectReason.MARKET_CLOSED,
    "NO_CHANGE": RejectReason.UNCHANGED,
    "INVALID_KEY": RejectReason.NOT_ALLOWED,
    "INVALID_SIGNATURE": RejectReason.NOT_ALLOWED,
    "IP_FORBIDDEN": RejectReason.NOT_ALLOWED,
    "READ_ONLY": RejectReason.NOT_ALLOWED,
    "FORBIDDEN": RejectReason.NOT_ALLOWED,
    "REQUEST_EXPIRED": RejectReason.CLOCK,
}


class Gate(CcxtVenue):
    """The USDT futures account. Gate's trades don't say what they earned: that is computed from the fills."""

    rules: ClassVar[VenueRules] = VenueRules(
        traits=Traits(
            name="gateio",
            title="Gate",
            quote="USDT",
            has_hedge_mode=False,
            max_client_id=28,
            create_batch=1,
            cancel_batch=1,
            candle_page=KLINE_RULES["gateio"].page,
            visibility_lag_ms=3_000,
            has_pnl_records=False,
        ),
        budgets=(Budget(100, 1),),
        reasons=_REASONS,
        options={"defaultType": "swap", "unifiedAccount": False, "swap": _USDT_ONLY},
        fills_page=_PAGE,
        max_history_days=180,
    )

    def credentials(self) -> dict[str, Any]:
        return {**super().credentials(), "uid": self._login.uid}

    def client_id_sent(self, client_id: str) -> str:
        return _MARK + client_id

    def client_id_read(self, client_id: str) -> str:
        return client_id.removeprefix(_MARK)

    def order_params(self, request: OrderRequest) -> dict[str, Any]:
        params: dict[str, Any] = {"text": self.client_id_sent(request.client_id), "reduceOnly": request.reduce_only}
        if request.kind == "limit":
            params["timeInForce"] = "poc" if request.post_only else "gtc"
        return params

    def side_of(self, raw: Mapping[str, Any]) -> PositionSide:
        info = table(raw.get("info"), "order")
        closed = number_or_none(info.get("close_size"), "closed size")
        flag = info.get("is_reduce_only", info.get("reduce_only"))
        return one_way_side(raw, reduces=bool(closed) or self.reduces(raw, flag))

    def fill(self, raw: Mapping[str, Any]) -> Fill:
        return super().fill({**raw, "clientOrderId": text_or_empty(_text(raw), "client id")})

    def balance_from(self, raw: Mapping[str, Any]) -> tuple[float, bool]:
        return total_of(raw, self.quote), False

    async def fetch_balance(self) -> Any:
        raw = await self._client.fetch_balance(_FUTURES)
        accounts = raw.get("info")
        for account in accounts if isinstance(accounts, list) else [accounts]:
            if isinstance(account, Mapping) and account.get("user"):
                self._client.uid = str(account["user"])  # the order stream is asked for by it
        return raw

    def stream_client(self, *, with_keys: bool) -> CcxtExchange:
        client = super().stream_client(with_keys=with_keys)
        client.uid = self._client.uid
        return client

    def fetch_positions(self) -> Awaitable[Any]:
        return self._client.fetch_positions(None, _FUTURES)  # type: ignore[no-any-return]

    async def fetch_open_orders(self) -> list[Row]:
        found: list[Row] = []
        for _ in range(_MOST_PAGES):
            asked = {"settle": "usdt", "status": "open", "limit": _PAGE, "offset": len(found)}
            page = rows(await self._client.privateFuturesGetSettleOrders(asked), "open order")
            found += [self._client.parse_order(row) for row in page]
            if len(page) < _PAGE:
                return found
        raise Unreadable(f"Gate's list of open orders has no end after {_MOST_PAGES} pages")

    def fetch_by_client_id(self, symbol: str, client_id: str) -> Awaitable[Any]:
        return self._client.fetch_order(self.client_id_sent(client_id), symbol)  # type: ignore[no-any-return]

    def fetch_trades(self, symbol: str | None, start: int, end: int) -> Awaitable[Any]:
        return self._timerange({"settle": "usdt", "from": start // 1000, "to": -(-end // 1000), "limit": _PAGE})

    async def _timerange(self, asked: dict[str, Any]) -> list[Row]:
        page = rows(await self._client.privateFuturesGetSettleMyTradesTimerange(asked), "fill")
        return [self._client.parse_trade(row) for row in page]

    async def fills_since(self, since_ms: int, symbols: Collection[str] | None = None) -> tuple[Fill, ...]:
        return with_realised_pnl(await super().fills_since(since_ms, symbols), self.markets)

    async def set_leverage(self, symbol: str, leverage: int) -> None:
        asked = {"cross_leverage_limit": leverage}
        await self._set("set the leverage", lambda: self._client.set_leverage(leverage, symbol, asked))

    async def set_margin_mode(self, symbol: str, mode: MarginMode, leverage: int) -> None:
        """On Gate leverage 0 is cross margin, and the leverage its limit: one request sets both."""
        await self.set_leverage(symbol, leverage)


def _text(raw: Mapping[str, Any]) -> object:
    text = table(raw.get("info"), "fill").get("text")
    return text if isinstance(text, str) and text.startswith(_MARK) else ""
