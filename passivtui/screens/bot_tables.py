"""How a bot's rows read: positions, orders, fills, and what keeps orders back."""

from __future__ import annotations

from typing import Final

from passivtui.clock import iso_minute
from passivtui.live.status import FillRow, OrderRow, PositionRow, WithheldRow
from passivtui.storage.journal import LiveEventRow
from passivtui.widgets.line_table import Column
from passivtui.widgets.roles import signed_role

_SHORT: Final = {"long": "L", "short": "S"}
_STANDING_ROLES: Final = {
    "as planned": "",
    "to cancel": "caution",
    "to create": "key",
    "waits": "muted",
    "foreign": "synthetic",
    "unknown": "failure",
}


def price_text(value: float | None) -> str:
    """Seven significant digits; "" for none."""
    return "" if value is None else f"{value:,.7g}"


def money_text(value: float | None, *, sign: bool = False) -> str:
    """Two decimals; "unknown" for none."""
    if value is None:
        return "unknown"
    return f"{value:+,.2f}" if sign else f"{value:,.2f}"


def _distance(value: float | None) -> str:
    return "" if value is None else f"{value:+.2%}"


POSITION_COLUMNS: Final[tuple[Column[PositionRow], ...]] = (
    Column("coin", "coin", lambda row: row.coin, sort=lambda row: row.coin),
    Column("side", "side", lambda row: _SHORT[row.side], sort=lambda row: row.side),
    Column("size", "size", lambda row: f"{row.size:,.6g}", align="right"),
    Column("price", "entry", lambda row: price_text(row.price), align="right"),
    Column("last", "last", lambda row: price_text(row.last_price), align="right", drop=3),
    Column(
        "upnl",
        "uPnL",
        lambda row: money_text(row.upnl, sign=True),
        align="right",
        role=lambda row: signed_role(row.upnl or 0.0),
        sort=lambda row: row.upnl,
    ),
    Column(
        "exposure",
        "WE/limit",
        lambda row: f"{row.exposure:.2f}/{row.exposure_limit:.2f}",
        align="right",
        sort=lambda row: row.exposure,
    ),
    Column("next_entry", "next entry", lambda row: price_text(row.next_entry), align="right", drop=5),
    Column("next_close", "next close", lambda row: price_text(row.next_close), align="right", drop=4),
    Column("mode", "mode", lambda row: row.mode, drop=6),
)

ORDER_COLUMNS: Final[tuple[Column[OrderRow], ...]] = (
    Column("coin", "coin", lambda row: row.coin, sort=lambda row: row.coin),
    Column("side", "side", lambda row: _SHORT[row.side]),
    Column("qty", "qty", lambda row: f"{row.qty:+,.6g}", align="right"),
    Column("price", "price", lambda row: price_text(row.price), align="right"),
    Column(
        "distance",
        "dist",
        lambda row: _distance(row.distance),
        align="right",
        sort=lambda row: None if row.distance is None else abs(row.distance),
    ),
    Column(
        "standing",
        "stands",
        lambda row: row.standing,
        role=lambda row: _STANDING_ROLES.get(row.standing, ""),
        drop=1,
    ),
    Column("type", "type", lambda row: row.type or row.part, flexible=True, drop=2),
)

FILL_COLUMNS: Final[tuple[Column[FillRow], ...]] = (
    Column("time", "time, UTC", lambda row: iso_minute(row.time_ms)[5:]),
    Column("coin", "coin", lambda row: row.coin),
    Column("side", "side", lambda row: _SHORT[row.side], drop=3),
    Column("qty", "qty", lambda row: f"{row.qty:+,.6g}", align="right"),
    Column("price", "price", lambda row: price_text(row.price), align="right", drop=2),
    Column(
        "pnl",
        "pnl",
        lambda row: "pending" if row.pnl is None else f"{row.pnl:+,.2f}" if row.pnl else "-",
        align="right",
        role=lambda row: signed_role(row.pnl or 0.0),
    ),
    Column("type", "type", lambda row: row.type, flexible=True, drop=1),
)

WITHHELD_COLUMNS: Final[tuple[Column[WithheldRow], ...]] = (
    Column("coin", "coin", lambda row: row.coin, sort=lambda row: row.coin),
    Column("side", "side", lambda row: _SHORT[row.side]),
    Column("gate", "kept back by", lambda row: row.gate, sort=lambda row: row.gate),
    Column("text", "why", lambda row: row.text, flexible=True, role=lambda _: "muted"),
)


_KIND_ROLES: Final = {"error": "failure", "restart": "failure", "warning": "caution"}
LOG_COLUMNS: Final[tuple[Column[LiveEventRow], ...]] = (
    Column("time", "time, UTC", lambda row: iso_minute(row.time_ms)[5:]),
    Column("kind", "", lambda row: row.kind, role=lambda row: _KIND_ROLES.get(row.kind, "muted")),
    Column("text", "what happened", lambda row: row.text, flexible=True),
)


def position_answer(row: PositionRow) -> str:
    """Everything of a position."""
    return "\n".join(
        [
            f"{row.coin} {row.side}: {row.size:,.8g} at {price_text(row.price)} on average",
            f"last price {price_text(row.last_price) or 'unknown'}, unrealised {money_text(row.upnl, sign=True)}",
            f"wallet exposure {row.exposure:.4f} of {row.exposure_limit:.4f}",
            f"mode {row.mode or 'none yet'}",
            f"next entry {price_text(row.next_entry) or 'none'}, next close {price_text(row.next_close) or 'none'}",
        ]
    )


def order_answer(row: OrderRow) -> str:
    """Everything of an order."""
    words = {
        "as planned": "It is on the book and should be.",
        "to cancel": "It is on the book and should not be: it is cancelled.",
        "to create": "It should be on the book and is not: it is sent.",
        "waits": "It should be on the book and is not; why it waits stands in the table of what is kept back.",
        "foreign": "Somebody else placed it: it is shown, never cancelled and never counted.",
        "unknown": "It was sent and nobody knows what became of it: it is looked up by its client id.",
    }
    return "\n".join(
        [
            f"{row.coin} {row.side}: {'buy' if row.qty > 0 else 'sell'} {abs(row.qty):,.8g} at {price_text(row.price)}",
            f"type {row.type or 'not known'}, {row.execution} order, {row.part}",
            f"distance from the last price {_distance(row.distance) or 'unknown'}",
            f"client id {row.client_id or 'none'}",
            "",
            words[row.standing],
        ]
    )


def withheld_answer(row: WithheldRow) -> str:
    """Why orders are not there, with the numbers."""
    numbers = [f"{name}: {value:,.8g}" for name, value in row.numbers]
    kind = f" ({row.kind})" if row.kind else ""
    return "\n".join(
        [f"{row.coin} {row.side}{kind}: kept back by {row.gate}", "", row.text, *([""] if numbers else []), *numbers]
    )
