"""Archive files in the real formats, made from candles: Binance's zips, Bybit's trades, Bitget's sheets."""

from __future__ import annotations

import gzip
import hashlib
import io
import zipfile

import numpy as np
from archive_market import Table

_BINANCE_HEADINGS = (
    "open_time,open,high,low,close,volume,close_time,quote_volume,count,taker_buy_volume,taker_buy_quote_volume,ignore"
)
_BYBIT_HEADINGS = "timestamp,symbol,side,size,price,tickDirection,trdMatchID,grossValue,homeNotional,foreignNotional"
_BITGET_HEADINGS = ("timestamp", "open", "high", "low", "close", "volume", "quote_volume")


def number(value: float) -> str:
    """Shortest text that reads back as the same float, without an exponent."""
    text = repr(float(value))
    return np.format_float_positional(value, trim="-") if "e" in text else text.removesuffix(".0")


def zipped(name: str, content: bytes) -> bytes:
    """A zip with one file, the same bytes every time."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo(name, (2025, 1, 1, 0, 0, 0)), content, compresslevel=1)
    return buffer.getvalue()


def binance_csv(table: Table, *, headings: bool, microseconds: bool = False) -> bytes:
    """Klines as Binance's archive has them; without headings as in its first years."""
    scale = 1000 if microseconds else 1
    lines = [_BINANCE_HEADINGS] if headings else []
    for row in table.tolist():
        time, (opened, high, low, close, volume) = int(row[0]), row[1:]
        prices = ",".join(number(value) for value in (opened, high, low, close, volume))
        end = (time + 60_000) * scale - 1
        lines.append(f"{time * scale},{prices},{end},{number(round(volume * close, 6))},12,0,0,0")
    return ("\n".join(lines) + "\n").encode()


def binance_zip(name: str, table: Table, *, headings: bool = True, microseconds: bool = False) -> bytes:
    return zipped(f"{name}.csv", binance_csv(table, headings=headings, microseconds=microseconds))


def checksum_file(content: bytes, name: str) -> bytes:
    return f"{hashlib.sha256(content).hexdigest()}  {name}\n".encode()


def bybit_trades(symbol: str, table: Table, *, backwards: bool = False) -> bytes:
    """A day's trades that add up to the candles: open, high, low and close of every minute, volume in four parts."""
    lines = []
    for row in table.tolist():
        second, (opened, high, low, close, volume) = row[0] / 1000, row[1:]
        part = round(volume / 4, 6)
        sizes = (part, part, part, round(volume - 3 * part, 6))
        for offset, price, size in zip((0.0013, 15.25, 30.5, 59.9981), (opened, high, low, close), sizes, strict=True):
            trade = f"{second + offset:.4f},{symbol},Buy,{number(size)},{number(price)}"
            lines.append(f"{trade},PlusTick,0a-1b,1e+08,{number(size)},{number(round(size * price, 6))}")
    if backwards:
        lines.reverse()
    return gzip.compress("\n".join([_BYBIT_HEADINGS, *lines, ""]).encode(), compresslevel=1, mtime=0)


def bitget_zip(name: str, table: Table, *, shared_texts: bool = False) -> bytes:
    """A sheet in a workbook in a zip."""
    return zipped(f"{name}.xlsx", sheet(_BITGET_HEADINGS, table, shared_texts=shared_texts))


def sheet(headings: tuple[str, ...], table: Table, *, shared_texts: bool = False) -> bytes:
    """A workbook with one sheet: numbers as numbers, or every cell as a text that is kept apart."""
    texts: list[str] = []

    def cell(column: int, line: int, value: float | str) -> str:
        place = f"{chr(ord('A') + column)}{line}"
        text = value if isinstance(value, str) else number(value)
        if shared_texts:
            texts.append(text)
            return f'<c r="{place}" t="s"><v>{len(texts) - 1}</v></c>'
        if isinstance(value, str):
            return f'<c r="{place}" t="inlineStr"><is><t>{text}</t></is></c>'
        return f'<c r="{place}"><v>{text}</v></c>'

    lines: list[tuple[float | str, ...]] = [headings, *((*row, round(row[4] * row[5], 6)) for row in table.tolist())]
    rows = "".join(
        f'<row r="{line}">{"".join(cell(column, line, value) for column, value in enumerate(values))}</row>'
        for line, values in enumerate(lines, 1)
    )
    space = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    parts = {"xl/worksheets/sheet1.xml": f"<worksheet {space}><sheetData>{rows}</sheetData></worksheet>"}
    if shared_texts:
        items = "".join(f"<si><t>{text}</t></si>" for text in texts)
        parts["xl/sharedStrings.xml"] = f"<sst {space}>{items}</sst>"
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as book:
        for name, text in parts.items():
            book.writestr(name, f'<?xml version="1.0" encoding="UTF-8"?>{text}')
    return buffer.getvalue()
