"""The lines one types on the market data screen: what to download, to import, to export; read, checked, explained."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from passivtui.clock import DAY_MS
from passivtui.config import parse_date
from passivtui.errors import ConfigError, PassivTuiError, UsageError
from passivtui.exchanges.candle_venues import downloadable
from passivtui.exchanges.coin_names import normalise_coin
from passivtui.market.exporting import FORMS
from passivtui.market.importing import known_exchange
from passivtui.market.sources.listing import EARLIEST_DAY
from passivtui.market.sources.wants import Want

DOWNLOAD_HINT: Final = (
    "Exchange, coins, first day and last day, with spaces between: binance BTC,ETH 2024-01-01 2024-12-31. "
    "Without a last day: up to now; without a first day: everything there is."
)
IMPORT_HINT: Final = (
    "A file or folder, then the exchange and, if the file's name doesn't tell it, the coin: "
    "~/BTCUSDT-1m-2025-06.zip binance. A dataset folder needs neither."
)
EXPORT_HINT: Final = f"A form ({', '.join(FORMS)}) and a folder: csv ~/candles"


def read_download(text: str, now_ms: int) -> list[Want]:
    """What a line of `DOWNLOAD_HINT`'s form asks for. Raises UsageError in one sentence."""
    words = text.split()
    if len(words) < 2:
        raise UsageError("give an exchange and at least one coin, as in binance BTC,ETH 2024-01-01")
    exchange = downloadable(words[0]).name
    coins = [normalise_coin(name) for name in words[1].split(",") if name.strip()]
    if not coins or not all(coins):
        raise UsageError("a coin has no name; give them as BTC,ETH")
    if len(words) > 4:
        raise UsageError("there are too many words; coins have commas between them and no spaces")
    first_ms = _moment(words[2], now_ms) if len(words) > 2 else EARLIEST_DAY * DAY_MS
    last_ms = (_moment(words[3], now_ms) if len(words) > 3 else now_ms) // DAY_MS * DAY_MS + DAY_MS - 1
    if first_ms > last_ms:
        raise UsageError("the first day is after the last one")
    if first_ms > now_ms:
        raise UsageError("the first day is in the future; there are no candles of it yet")
    return [Want(exchange, coin, first_ms, last_ms) for coin in dict.fromkeys(coins)]


def _moment(text: str, now_ms: int) -> int:
    try:
        moment = parse_date(text, "date")
    except ConfigError as error:
        raise UsageError(str(error)) from error
    return now_ms if moment is None else moment


@dataclass(frozen=True, slots=True)
class ImportLine:
    """A path, the exchange and the coin, as far as they are given."""

    path: Path
    exchange: str | None
    coin: str | None


def read_import(text: str) -> ImportLine:
    """What a line of `IMPORT_HINT`'s form means. Raises UsageError in one sentence."""
    words = _words(text)
    if not words or len(words) > 3:
        raise UsageError(
            'give a path, an exchange and perhaps a coin; a path with spaces stands in quotes: "my candles"'
        )
    path = Path(words[0]).expanduser().absolute()
    if not path.exists():
        raise UsageError(f"there is no file or folder {path}")
    exchange = known_exchange(words[1]) if len(words) > 1 else None
    if exchange is None and not (path / "dataset.json").is_file() and path.name != "dataset.json":
        known_exchange(None)
    return ImportLine(path, exchange, words[2] if len(words) > 2 else None)


def read_export(text: str) -> tuple[str, Path]:
    """Form and folder of a line of `EXPORT_HINT`'s form. Raises UsageError in one sentence."""
    words = _words(text)
    if len(words) != 2:
        raise UsageError("give a form and a folder, as in csv ~/candles")
    if words[0] not in FORMS:
        raise UsageError(f"there is no form {words[0]}; use one of {', '.join(FORMS)}")
    return words[0], Path(words[1]).expanduser().absolute()


def _words(text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError as error:
        raise UsageError(f"the quotes are not closed ({error})") from error


def fault_of(read: Callable[[str], object]) -> Callable[[str], str | None]:
    """A check for a dialog's field: the sentence that `read` refuses a text with, None when it takes it."""

    def fault(text: str) -> str | None:
        try:
            read(text)
        except PassivTuiError as error:
            return str(error)
        return None

    return fault
