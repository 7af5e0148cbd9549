"""Where ticks are: the demo, the venue through the store, what is stored, and trades imported from Passiv-X."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from passivtui.errors import storage_error
from passivtui.passivx.demo_ticks import DIGESTS
from passivtui.passivx.demo_ticks import NAME as DEMO
from passivtui.passivx.folder import EXCHANGES
from passivtui.passivx.shelf import Shelf
from passivtui.passivx.stored import PREFIX, STORE, StorePlace, tick_store
from passivtui.paths import Home


@dataclass(frozen=True, slots=True)
class TickPlace:
    """A place, as `stored.resolved` and `open_ticks` take it, and the symbols that it has."""

    place: str
    title: str
    symbols: tuple[str, ...]
    synthetic: bool = False


def tick_places(home: Home) -> list[TickPlace]:
    """Every place with ticks. Raises StorageError."""
    demo = TickPlace(DEMO, "demo", tuple(DIGESTS), synthetic=True)
    venue = TickPlace(STORE, "the venue's, last n_days", ("downloads",))
    return [demo, venue, *_stored(home), *_imported(home)]


def _stored(home: Home) -> Iterator[TickPlace]:
    """Of each symbol the newest days that have no gap."""
    store = tick_store(home)
    for exchange in store.exchanges():
        for symbol in store.symbols(exchange):
            days = list(store.days(exchange, symbol))
            first = last = days[-1]
            while first - 1 in days:
                first -= 1
            place = StorePlace(exchange, first, last)
            yield TickPlace(str(place), str(place).removeprefix(PREFIX), (symbol,))


def _imported(home: Home) -> Iterator[TickPlace]:
    shelf = Shelf(home)
    for exchange in EXCHANGES:
        folder = shelf.trades_folder(exchange)
        try:
            names = sorted(path.stem for path in folder.iterdir() if path.suffix == ".npz")
        except FileNotFoundError:
            continue
        except OSError as error:
            raise storage_error("read", folder, error) from error
        if names:
            yield TickPlace(str(folder), f"imported, {exchange}", tuple(names))
