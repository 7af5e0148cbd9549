"""A paper account on disk: a line with all of it, then a line per change, so that it survives the process.

A change costs as much as what changed, however long the account has traded. A last line that a crash left unfinished is
not counted: nobody was told of what it held.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import islice
from operator import attrgetter
from pathlib import Path
from typing import Any, Final, TypeVar

from passivtui.errors import DataError, storage_error
from passivtui.exchanges.base import Fill, Order, OrderRequest, OrderStatus
from passivtui.exchanges.paper_books import KEPT_FILLS, KEPT_ORDERS, Books, Holding, Resting
from passivtui.files import write_atomically

_VERSION: Final = 2
_LARGEST_FILE: Final = 64_000_000  # bytes
_MOST_CHANGES: Final = 1_000  # until the whole is written anew

_REQUEST: Final = attrgetter(*OrderRequest.__slots__)
_ORDER: Final = attrgetter(*Order.__slots__)
_FILL: Final = attrgetter(*Fill.__slots__)

Row = TypeVar("Row", Fill, Order)


class BooksFile:
    """The file of one account; one process at a time may write it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._changes = _MOST_CHANGES  # the first save writes the whole
        self._last_fill = self._last_finished = ""

    def save(self, books: Books) -> None:
        """Have the file tell these books, and the disk hold it. Raises StorageError."""
        if self._changes >= _MOST_CHANGES:
            write_atomically(self._path, _line(books, books.finished.values(), books.fills), mode=0o600)
            self._changes = 0
        else:
            self._append(_line(books, self._new_finished(books), self._new_fills(books)))
            self._changes += 1
        self._last_fill = books.fills[-1].id if books.fills else ""
        self._last_finished = next(reversed(books.finished), "")

    def _append(self, line: str) -> None:
        try:
            with self._path.open("ab") as file:
                file.write(line.encode())
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            self._changes = _MOST_CHANGES  # what was appended may be half a line
            raise storage_error("write", self._path, error) from error

    def _new_fills(self, books: Books) -> list[Fill]:
        return _since(reversed(books.fills), self._last_fill)

    def _new_finished(self, books: Books) -> list[Order]:
        return _since(reversed(books.finished.values()), self._last_finished)


def _since(newest_first: Iterable[Row], last_id: str) -> list[Row]:
    """Those after the one that was written last, oldest first."""
    new: list[Row] = []
    for row in newest_first:
        if row.id == last_id:
            break
        new.append(row)
    new.reverse()
    return new


def load_books(path: Path) -> Books | None:
    """The books of the file; None when there is none. Raises DataError for a file that is not what `BooksFile` wrote,
    StorageError for one that can't be read."""
    try:
        if path.stat().st_size > _LARGEST_FILE:
            raise DataError(f"{path} is too large for a paper account; move it away to begin anew")
        lines = path.read_bytes().split(b"\n")
    except FileNotFoundError:
        return None
    except OSError as error:
        raise storage_error("read the paper account", path, error) from error
    try:
        # After the last line's end there is nothing, or what a crash left unfinished.
        written = [json.loads(line) for line in lines[:-1] or lines]
        if any(line["version"] != _VERSION for line in written):
            raise DataError(f"{path} was written by another version; move it away to begin anew")
        return _books(written)
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        raise DataError(f"{path} is damaged; move it away to begin anew") from error


def _line(books: Books, finished: Iterable[Order], fills: Iterable[Fill]) -> str:
    """All that is small as it is now, and of what only grows the given part."""
    written = {
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
        "resting": [[_REQUEST(resting.request), _ORDER(resting.order)] for resting in books.resting.values()],
        "finished": [_ORDER(order) for order in finished],
        "fills": [_FILL(fill) for fill in fills],
    }
    return json.dumps(written, separators=(",", ":"), allow_nan=False) + "\n"


def _books(written: list[dict[str, Any]]) -> Books:
    newest = written[-1]
    resting = [Resting(OrderRequest(*request), _order(order)) for request, order in newest["resting"]]
    finished = {order.id: order for order in map(_order, _grown(written, "finished"))}
    fills = [Fill(*fill) for fill in _grown(written, "fills")]
    if newest["position_mode"] not in ("hedge", "one_way"):
        raise ValueError("position_mode")
    return Books(
        balance=float(newest["balance"]),
        settled_ms=int(newest["settled_ms"]),
        sequence=int(newest["sequence"]),
        throws=int(newest["throws"]),
        position_mode=newest["position_mode"],
        holdings={
            (str(symbol), side): Holding(float(size), float(price)) for symbol, side, size, price in newest["holdings"]
        },
        leverages={str(symbol): int(leverage) for symbol, leverage in newest["leverages"].items()},
        resting={one.order.id: one for one in resting},
        finished=dict(islice(finished.items(), max(0, len(finished) - KEPT_ORDERS), None)),
        fills=fills[-KEPT_FILLS:],
    )


def _grown(written: list[dict[str, Any]], name: str) -> Iterator[list[Any]]:
    for line in written:
        yield from line[name]


def _order(written: list[Any]) -> Order:
    order = Order(*written)
    return replace(order, status=OrderStatus(order.status))
