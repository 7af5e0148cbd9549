"""What the store knows of a venue besides candles, in two small JSON files: market settings, and listing times."""

from __future__ import annotations

import dataclasses
import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from passivtui.errors import storage_error
from passivtui.files import write_atomically
from passivtui.market.description import MarketSpec

MARKETS_FILE: Final = "markets.json"
LISTINGS_FILE: Final = "listings.json"
_LOCK_FILE: Final = ".lock"
_SPEC_FIELDS: Final = frozenset(field.name for field in dataclasses.fields(MarketSpec))


class VenueFacts:
    """The facts of one venue, kept in its folder. A file that can't be understood counts as missing: both can be had
    again from the venue."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def markets(self) -> dict[str, MarketSpec]:
        """Market settings by coin; empty when there are none. Raises StorageError."""
        coins = self._read(MARKETS_FILE).get("coins")
        specs: dict[str, MarketSpec] = {}
        for coin, fields in coins.items() if isinstance(coins, dict) else ():
            if isinstance(fields, dict) and set(fields) == _SPEC_FIELDS:
                specs[coin] = MarketSpec(**fields)
        return specs

    def fetched_ms(self) -> int | None:
        """When the market settings were asked for."""
        when = self._read(MARKETS_FILE).get("fetched_ms")
        return when if isinstance(when, int) else None

    def set_markets(self, specs: Mapping[str, MarketSpec], fetched_ms: int) -> None:
        """Replace the market settings. Raises StorageError."""
        coins = {coin: dataclasses.asdict(specs[coin]) for coin in sorted(specs)}
        self._write(MARKETS_FILE, {"fetched_ms": fetched_ms, "coins": coins})

    def add_markets(self, specs: Mapping[str, MarketSpec]) -> None:
        """Add settings of coins that are imported; how old the venue's own are stays as it is. Raises StorageError."""
        with self._locked():
            known = self.markets()
            self.set_markets({**known, **specs}, self.fetched_ms() or 0)

    def listing(self, coin: str) -> int | None:
        """Open time of the first candle that the venue has; None when it was not asked yet."""
        when = self._read(LISTINGS_FILE).get(coin)
        return when if isinstance(when, int) else None

    def set_listing(self, coin: str, first_ms: int) -> None:
        """Remember it. Raises StorageError."""
        with self._locked():
            listings = self._read(LISTINGS_FILE)
            listings[coin] = first_ms
            self._write(LISTINGS_FILE, dict(sorted(listings.items())))

    def stamp(self) -> str:
        """The market settings as text: part of the identity of what is prepared with them."""
        return json.dumps(self._read(MARKETS_FILE).get("coins"), sort_keys=True)

    def _read(self, name: str) -> dict[str, Any]:
        try:
            content = json.loads((self._folder / name).read_bytes())
        except FileNotFoundError:
            return {}
        except ValueError:
            return {}
        except OSError as error:
            raise storage_error("read", self._folder / name, error) from error
        return content if isinstance(content, dict) else {}

    def _write(self, name: str, content: Mapping[str, Any]) -> None:
        write_atomically(self._folder / name, json.dumps(content, indent=1) + "\n")

    @contextmanager
    def _locked(self) -> Iterator[None]:
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(self._folder / _LOCK_FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise storage_error("write to the candle store", self._folder, error) from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)
