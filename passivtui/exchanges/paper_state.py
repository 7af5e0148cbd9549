"""A paper account on disk: one JSON file, replaced whole, so that a venue in this process survives the process."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from passivtui.errors import DataError, storage_error
from passivtui.exchanges.base import Fill, Order, OrderRequest, OrderStatus
from passivtui.exchanges.paper_books import Books, Holding, Resting
from passivtui.files import write_atomically

_VERSION: Final = 1
_LARGEST_FILE: Final = 64_000_000  # bytes


def save_books(path: Path, books: Books) -> None:
    """Replace the file by these books. Raises StorageError."""
    write_atomically(path, json.dumps(_as_json(books), separators=(",", ":"), allow_nan=False), mode=0o600)


def load_books(path: Path) -> Books | None:
    """The books of the file; None when there is none. Raises DataError for a file that is not what `save_books` wrote,
    StorageError for one that can't be read."""
    try:
        if path.stat().st_size > _LARGEST_FILE:
            raise DataError(f"{path} is too large for a paper account; move it away to begin anew")
        written = json.loads(path.read_bytes())
    except FileNotFoundError:
        return None
    except OSError as error:
        raise storage_error("read the paper account", path, error) from error
    except ValueError as error:
        raise DataError(f"{path} is not a paper account; move it away to begin anew") from error
    try:
        if written["version"] != _VERSION:
            raise DataError(f"{path} was written by another version; move it away to begin anew")
        return _from_json(written)
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        raise DataError(f"{path} is damaged; move it away to begin anew") from error


def _as_json(books: Books) -> dict[str, Any]:
    return {
        "version": _VERSION,
        "balance": books.balance,
        "settled_ms": books.settled_ms,
        "sequence": books.sequence,
        "throws": books.throws,
        "position_mode": books.position_mode,
        "holdings": [
            [symbol, side, holding.size, holding.price]
            for (symbol, side), holding in books.holdings.items()
            if holding.size != 0.0
        ],
        "leverages": books.leverages,
        "resting": [[asdict(resting.request), asdict(resting.order)] for resting in books.resting.values()],
        "finished": [asdict(order) for order in books.finished.values()],
        "fills": [asdict(fill) for fill in books.fills],
    }


def _from_json(written: dict[str, Any]) -> Books:
    resting = [Resting(OrderRequest(**request), _order(order)) for request, order in written["resting"]]
    finished = [_order(order) for order in written["finished"]]
    if written["position_mode"] not in ("hedge", "one_way"):
        raise ValueError("position_mode")
    return Books(
        balance=float(written["balance"]),
        settled_ms=int(written["settled_ms"]),
        sequence=int(written["sequence"]),
        throws=int(written["throws"]),
        position_mode=written["position_mode"],
        holdings={
            (str(symbol), side): Holding(float(size), float(price)) for symbol, side, size, price in written["holdings"]
        },
        leverages={str(symbol): int(leverage) for symbol, leverage in written["leverages"].items()},
        resting={one.order.id: one for one in resting},
        finished={order.id: order for order in finished},
        fills=[Fill(**fill) for fill in written["fills"]],
    )


def _order(written: dict[str, Any]) -> Order:
    return Order(**{**written, "status": OrderStatus(written["status"])})
