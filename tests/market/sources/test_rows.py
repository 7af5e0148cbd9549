"""CSV rows and sheets as candles: every form of Binance's and Bitget's files, and every row that is none."""

from __future__ import annotations

import io
import zipfile

import numpy as np
import pytest
from archive_files import binance_csv, sheet
from archive_market import COLUMNS, MINUTE_MS, Market, candles

from passivtui.market.sources.rows import Rows, candles_of, joined, read_csv_rows
from passivtui.market.sources.sheet import read_sheet_rows

FIRST = 1_735_689_600_000
LAST = FIRST + 99 * MINUTE_MS
TABLE = candles(Market("BTC", price=60_000, decimals=1), FIRST, LAST)


def messages(rows: Rows, first: int = FIRST, last: int = LAST) -> list[str]:
    return [str(issue) for issue in candles_of("BTC", "file.csv", rows, first, last).issues]


@pytest.mark.parametrize("headings", [True, False])
@pytest.mark.parametrize("microseconds", [True, False])
def test_klines_are_read_in_every_form(headings: bool, microseconds: bool) -> None:
    text = binance_csv(TABLE, headings=headings, microseconds=microseconds)
    for form in (text, b"\xef\xbb\xbf" + text, text.rstrip(), text.replace(b"\n", b"\r\n")):
        found = candles_of("BTC", "file.csv", read_csv_rows(form), FIRST, LAST)
        np.testing.assert_array_equal(found.timestamp_ms, TABLE[:, 0].astype(np.int64))
        for index, name in enumerate(COLUMNS, 1):
            np.testing.assert_array_equal(getattr(found, name), TABLE[:, index])
        assert found.issues == ()


def test_an_empty_file_has_no_rows() -> None:
    for text in (b"", b"\n", b"open_time,open,high,low,close,volume\n", b"open_time"):
        assert read_csv_rows(text).table.shape == (0, 6)


def test_lines_that_hold_no_row_are_left_out_and_named() -> None:
    lines = binance_csv(TABLE, headings=True).splitlines()
    lines[3], lines[7] = b"1735689720000,oops", b"1735689960000,1,2,3,four,5"
    rows = read_csv_rows(b"\n".join(lines))
    assert rows.bad_lines == (4, 8)
    assert len(rows.table) == 98
    assert messages(rows) == ["BTC: file.csv: 2 lines hold no row of numbers (first at line 4), left out"]


@pytest.mark.parametrize(
    ("time", "words"),
    [
        (FIRST + 1, "1 row has a time that is no whole minute, left out"),
        (float("nan"), "1 row has a time that is no whole minute, left out"),
        (
            FIRST - MINUTE_MS,
            "1 row has a time outside what was asked for (first 2024-12-31 23:59), left out",
        ),
        (LAST + MINUTE_MS, "1 row has a time outside what was asked for (first 2025-01-01 01:40), left out"),
    ],
)
def test_rows_of_other_times_are_left_out_and_told(time: float, words: str) -> None:
    table = TABLE.copy()
    table[0, 0] = time
    assert messages(Rows(table)) == [f"BTC: file.csv: {words}"]
    assert len(candles_of("BTC", "file.csv", Rows(table), FIRST, LAST)) == 99


def test_bad_values_order_and_repeats_are_told_with_the_file() -> None:
    table = np.concatenate((TABLE[50:], TABLE[:51]))
    table[-1, 5] += 1  # the fiftieth minute once more, with another volume
    table[3, 4] = -1
    told = messages(Rows(table))
    assert [message.split(": ")[1] for message in told] == ["file.csv"] * 3
    assert "a price that is not above 0" in told[0]
    assert "the time goes back" in told[1]
    assert "repeat a minute with other values; the last one counts" in told[2]
    found = candles_of("BTC", "file.csv", Rows(table), FIRST, LAST)
    assert len(found) == 99
    assert found.volume[50] == TABLE[50, 5] + 1


def test_a_later_part_wins_when_parts_are_joined() -> None:
    early = candles_of("BTC", "a", Rows(TABLE[:60]), FIRST, LAST)
    changed = TABLE[40:].copy()
    changed[:, 5] += 1
    late = candles_of("BTC", "b", Rows(changed), FIRST, LAST)
    both = joined([late, early])
    assert both.timestamp_ms.tolist() == TABLE[:, 0].tolist()
    assert both.volume.tolist() == [*TABLE[:60, 5], *changed[20:, 5]]
    assert len(joined([])) == 0


@pytest.mark.parametrize("shared_texts", [False, True])
def test_a_sheet_gives_back_its_rows(shared_texts: bool) -> None:
    rows = read_sheet_rows(sheet(("timestamp", *COLUMNS, "quote"), TABLE, shared_texts=shared_texts))
    np.testing.assert_array_equal(rows.table, TABLE)
    assert rows.bad_lines == ()


def workbook(xml: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as book:
        book.writestr("xl/worksheets/sheet1.xml", xml)
    return buffer.getvalue()


def test_cells_that_a_sheet_leaves_out_are_no_numbers() -> None:
    row = '<row><c r="A2"><v>1</v></c><c r="C2"><v>3</v></c></row>'
    full = "<row>" + "".join(f"<c><v>{value}</v></c>" for value in range(7)) + "</row>"
    rows = read_sheet_rows(workbook(f"<worksheet><sheetData>{full}{row}{full}</sheetData></worksheet>"))
    assert rows.table.tolist() == [[0, 1, 2, 3, 4, 5]] * 2
    assert rows.bad_lines == (2,)


@pytest.mark.parametrize(
    "content",
    [
        workbook("<worksheet><row>"),
        workbook('<!DOCTYPE x [<!ENTITY a "aaaa">]><worksheet>&a;</worksheet>'),
    ],
)
def test_a_sheet_that_is_none_is_refused(content: bytes) -> None:
    with pytest.raises(ValueError, match=r"xml|XML|document type"):
        read_sheet_rows(content)
