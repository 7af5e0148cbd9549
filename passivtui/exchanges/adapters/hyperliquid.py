"""Hyperliquid perpetuals in USDC, one-way mode, without builder fee and referrer (`spec/live.md` §7)."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Final

from passivtui.exchanges.base import (
    CancelRequest,
    MarginMode,
    OrderRequest,
    Outcome,
    PositionSide,
    Traits,
)
from passivtui.exchanges.ccxt_exchange import CcxtVenue
from passivtui.exchanges.ccxt_reads import VenueRules, one_way_side
from passivtui.exchanges.client_ids import as_hex, from_hex
from passivtui.exchanges.errors import RejectReason
from passivtui.exchanges.kline_rules import KLINE_RULES
from passivtui.exchanges.rate_ledger import Budget, Priority, RateLedgers
from passivtui.exchanges.readings import number, number_or_none, number_or_zero, rows, table
from passivtui.exchanges.windows import Row

_PHRASES: Final = {
    "would have immediately matched": RejectReason.WOULD_CROSS,
    "minimum value": RejectReason.BELOW_MINIMUM,
    "tick size": RejectReason.BAD_STEP,
    "divisible by": RejectReason.BAD_STEP,
    "invalid price": RejectReason.BAD_STEP,
    "invalid size": RejectReason.BAD_STEP,
    "away from the reference price": RejectReason.BAD_STEP,
    "insufficient margin": RejectReason.INSUFFICIENT_MARGIN,
    "reduce only": RejectReason.REDUCE_ONLY,
    "never placed, already canceled, or filled": RejectReason.UNKNOWN_ORDER,
    "unknownoid": RejectReason.UNKNOWN_ORDER,
    "duplicate": RejectReason.DUPLICATE_CLIENT_ID,
    "trading is halted": RejectReason.MARKET_CLOSED,
    "delisted": RejectReason.MARKET_CLOSED,
    "open interest": RejectReason.MARKET_CLOSED,
    "nonce": RejectReason.CLOCK,
    "does not exist": RejectReason.NOT_ALLOWED,  # the wallet of the key
    "must deposit": RejectReason.NOT_ALLOWED,
}
_RAISE_BY: Final = 1.1


class Hyperliquid(CcxtVenue):
    """The account of a wallet, or a vault, signed for by an agent's key."""

    rules: ClassVar[VenueRules] = VenueRules(
        traits=Traits(
            name="hyperliquid",
            title="Hyperliquid",
            quote="USDC",
            has_hedge_mode=False,
            max_client_id=24,
            create_batch=1,
            cancel_batch=1,
            candle_page=KLINE_RULES["hyperliquid"].page,
            visibility_lag_ms=5_000,
            has_pnl_records=False,
            price_digits=5,
        ),
        budgets=(Budget(1200, 60),),
        phrases=_PHRASES,
        options={"builderFee": False, "approvedBuilderFee": False, "refSet": True, "defaultType": "swap"},
        fills_page=2000,
        history_days=365,
        least_min_cost=10.0,
        min_cost_factor=1.01,
        positions_at=("assetPositions",),
    )

    def __init__(self, login: Any, client_class: Any, ledgers: RateLedgers, **timing: Any) -> None:
        super().__init__(login, _without_builder(client_class), ledgers, **timing)

    def credentials(self) -> dict[str, Any]:
        return {"walletAddress": self._login.wallet_address, "privateKey": self._login.private_key}

    def _vault(self) -> dict[str, Any]:
        return {"vaultAddress": self._login.wallet_address} if self._login.is_vault else {}

    def client_id_sent(self, client_id: str) -> str:
        return as_hex(client_id)

    def client_id_read(self, client_id: str) -> str:
        return from_hex(client_id)

    def order_params(self, request: OrderRequest) -> dict[str, Any]:
        params: dict[str, Any] = {
            "clientOrderId": self.client_id_sent(request.client_id),
            "reduceOnly": request.reduce_only,
            **self._vault(),
        }
        if request.kind == "limit":
            params["timeInForce"] = "Alo" if request.post_only else "Gtc"
        return params

    def price_sent(self, request: OrderRequest) -> float | None:
        return request.price  # a market order is a limit order 5 % beyond it

    def side_of(self, raw: Mapping[str, Any]) -> PositionSide:
        info = table(raw.get("info"), "order")
        direction = str(info.get("dir", "")).lower()
        if "long" in direction or "short" in direction:
            return "long" if "long" in direction.split(">")[-1] else "short"
        return one_way_side(raw, reduces=self.reduces(raw, None))

    def balance_from(self, raw: Mapping[str, Any]) -> tuple[float, bool]:
        info = table(raw.get("info"), "balance")
        value = number(table(info.get("marginSummary"), "balance").get("accountValue"), "balance")
        for held in rows(info.get("assetPositions"), "position"):
            value -= number_or_zero(table(held.get("position"), "position").get("unrealizedPnl"), "unrealised profit")
        return value, False

    def pnl_of(self, raw: Mapping[str, Any]) -> float | None:
        return number_or_none(table(raw.get("info"), "fill").get("closedPnl"), "realised profit")

    def raw_size(self, info: Mapping[str, Any]) -> object:
        return table(info.get("position"), "position").get("szi")

    def ineligible(self, raw: Mapping[str, Any]) -> str:
        info = table(raw.get("info"), "market")
        if info.get("onlyIsolated") in (True, "true"):
            return "isolated margin only"
        return "no open interest" if number_or_none(info.get("openInterest"), "open interest") == 0.0 else ""

    async def fetch_by_client_id(self, symbol: str, client_id: str) -> Row | None:
        asked = {
            "type": "orderStatus",
            "user": self._login.wallet_address,
            "oid": self.client_id_sent(client_id),
        }
        answer = table(await self._client.publicPostInfo(asked), "order")
        if answer.get("status") == "unknownOid":
            return None
        return self._client.parse_order(table(answer.get("order"), "order"))  # type: ignore[no-any-return]

    def cancel_params(self, request: CancelRequest) -> dict[str, Any]:
        return self._vault()

    async def _create(self, batch: Sequence[OrderRequest], priority: Priority) -> list[Outcome]:
        """A coin whose orders are refused as too small has its least cost raised until the markets are loaded again."""
        outcomes = await super()._create(batch, priority)
        for request, outcome in zip(batch, outcomes, strict=True):
            market = self._markets.get(request.symbol)
            if outcome.reason is RejectReason.BELOW_MINIMUM and market is not None:
                self._markets[request.symbol] = dataclasses.replace(
                    market, min_cost=round(market.min_cost * _RAISE_BY, 1)
                )
        return outcomes

    async def set_leverage(self, symbol: str, leverage: int) -> None:
        asked = {"marginMode": "cross", **self._vault()}
        await self._set("set the leverage", lambda: self._client.set_leverage(leverage, symbol, asked))

    async def set_margin_mode(self, symbol: str, mode: MarginMode, leverage: int) -> None:
        asked = {"leverage": leverage, **self._vault()}
        await self._set("set the margin mode", lambda: self._client.set_margin_mode(mode, symbol, asked))

    async def send_position_mode(self, mode: Any) -> None:
        """There is only one."""


def _without_builder(base: Any) -> Any:
    """ccxt's class, but it neither approves a builder's fee nor names a referrer: nobody earns on a user's orders."""

    class WithoutBuilder(base):  # type: ignore[misc]  # ccxt is untyped
        async def handle_builder_fee_approval(self) -> bool:
            self.options["approvedBuilderFee"] = False  # else orders would carry the builder
            return True

        async def set_ref(self) -> bool:
            return True

    return WithoutBuilder
