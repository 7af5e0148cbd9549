"""`trades.csv` and `result.json`: whole, strict, readable back exactly, and never mixed with other files."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from passivx_cases import expected_trades, read_case

from passivtui.errors import StorageError
from passivtui.passivx import TickResult, load_tick_backtest, run_tick_backtest, write_output
from passivtui.passivx.artefacts import OUTPUT, RESULT_FILE, TRADES_FILE, check_output_folder

Write = Callable[..., Path]


@pytest.fixture
def result(write: Write, flat_settings: dict[str, Any]) -> TickResult:
    return run_tick_backtest(load_tick_backtest(write(flat_settings)).settings, "demo")


def strict(path: Path) -> dict[str, Any]:
    def refuse(word: str) -> None:
        raise AssertionError(f"{word} is no JSON")

    content: dict[str, Any] = json.loads(path.read_text(), parse_constant=refuse)
    return content


def test_the_trades_have_the_columns_and_numbers_of_the_golden_case(result: TickResult, tmp_path: Path) -> None:
    write_output(result, tmp_path / "out")
    with (tmp_path / "out" / TRADES_FILE).open(newline="") as file:
        rows = csv.DictReader(file)
        expected = expected_trades("04_inverse_both")
        assert rows.fieldnames == list(expected[0])
        assert list(rows) == expected


def test_the_result_says_how_it_ended_and_what_is_true(result: TickResult, tmp_path: Path) -> None:
    write_output(result, tmp_path / "out")
    content = strict(tmp_path / "out" / RESULT_FILE)
    assert content.items() >= read_case("04_inverse_both")[2]["result"].items()
    assert (content["ended"], content["accounting"]) == ("end of data", "original")
    assert content["true"]["accounting"] == "true"
    assert content["warning"] == result.warning
    assert content["ticks"]["synthetic"] is True


def test_an_output_is_replaced_and_leftovers_are_cleared(result: TickResult, tmp_path: Path) -> None:
    out = tmp_path / "out"
    write_output(result, out)
    (out / RESULT_FILE).write_text("old")
    (out / ".incoming").mkdir()
    write_output(result, out)
    assert sorted(path.name for path in out.iterdir()) == [RESULT_FILE, TRADES_FILE]
    assert strict(out / RESULT_FILE)["ended"] == "end of data"


def test_a_folder_with_other_files_is_refused(result: TickResult, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(StorageError, match=r"holds other files \(.*\); name a new, an empty or an earlier"):
        write_output(result, tmp_path)
    assert not (tmp_path / RESULT_FILE).exists()


def test_a_file_in_the_way_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for folder in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(StorageError, match="is a file; name another folder"):
            check_output_folder(folder)


@pytest.mark.parametrize("before", [False, True])
def test_an_output_that_fails_leaves_the_folder_as_it_was(tmp_path: Path, before: bool) -> None:
    folder, names = tmp_path / "out", (TRADES_FILE, RESULT_FILE)
    if before:
        with OUTPUT.writing(folder) as unfinished:
            for name in names:
                (unfinished / name).write_text("old")
    with pytest.raises(StorageError, match="the disk is full"), OUTPUT.writing(folder) as unfinished:
        (unfinished / TRADES_FILE).write_text("new")
        raise OSError(28, "full")
    assert folder.exists() == before
    assert [(folder / name).read_text() for name in names if before] == ["old"] * 2 * before
    assert [path.name for path in tmp_path.rglob(".*")] == []
