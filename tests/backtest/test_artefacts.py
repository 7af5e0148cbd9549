"""Results as folders: whole or not at all, never over somebody's files, and the same when opened again."""

from __future__ import annotations

import json
import math
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from passivtui.backtest import BacktestResult, keep_report, open_report, report_row, write_output
from passivtui.config import LoadedConfig, load_config
from passivtui.errors import ReportError, StorageError
from passivtui.paths import Home
from passivtui.storage.report_folders import read_row

MadeUp = Callable[..., BacktestResult]
Load = Callable[..., LoadedConfig]

OUTPUT = ["analysis.json", "balance_and_equity.csv", "config.json", "fills.csv"]
KEPT = sorted([*OUTPUT, "fills.npz", "report.json", "series.npz"])


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def assert_equal(first: BacktestResult, second: BacktestResult) -> None:
    assert first.info == second.info
    assert first.config == second.config
    for name in ("fills", "equities_usd", "equities_btc", "btc_usd"):
        one, other = getattr(first, name), getattr(second, name)
        assert (one.dtype, one.shape, one.tobytes()) == (other.dtype, other.shape, other.tobytes())
    assert list(first.analysis) == list(second.analysis)
    for name, value in first.analysis.items():
        again = second.analysis[name]
        assert again == value or (value is not None and again is not None and math.isnan(value) and math.isnan(again))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    n_minutes=st.integers(2, 3000),
    n_fills=st.integers(0, 200),
    seed=st.integers(0, 10**6),
    btc_collateral=st.booleans(),
    analysis=st.dictionaries(st.text(max_size=9), st.none() | st.floats(), max_size=9),
)
def test_a_kept_report_opens_equal(
    n_minutes: int,
    n_fills: int,
    seed: int,
    btc_collateral: bool,
    analysis: dict[str, float | None],
    home: Home,
    made_up: MadeUp,
) -> None:
    result = made_up(n_minutes, n_fills, seed, btc_collateral, analysis=analysis)
    folder = keep_report(result, home)
    assert_equal(open_report(folder), result)
    assert read_row(folder, home) == report_row(result, folder, home)


def test_a_run_that_was_kept_opens_equal(run: Callable[..., BacktestResult], home: Home) -> None:
    for sets in ([], ["backtest.use_btc_collateral=true"], ["bot.long.n_positions=0", "bot.short.n_positions=0"]):
        result = run(*sets)
        folder = keep_report(result, home)
        assert names_in(folder) == KEPT
        assert_equal(open_report(folder), result)


def test_reports_of_the_same_second_get_folders_of_their_own(home: Home, made_up: MadeUp) -> None:
    names = [keep_report(made_up(), home).name for _ in range(3)]
    assert names == ["2025-01-01_00-00-00", "2025-01-01_00-00-00_2", "2025-01-01_00-00-00_3"]
    assert names_in(home.backtests) == names


def test_the_output_has_the_four_files_and_a_config_that_loads_equal(tmp_path: Path, made_up: MadeUp) -> None:
    result = made_up()
    write_output(result, tmp_path / "new" / "out")
    assert names_in(tmp_path / "new" / "out") == OUTPUT
    assert names_in(tmp_path / "new") == ["out"]
    assert load_config(tmp_path / "new" / "out" / "config.json").config == result.config


def test_an_empty_folder_and_an_earlier_output_are_replaced(tmp_path: Path, made_up: MadeUp) -> None:
    out = tmp_path / "out"
    out.mkdir()
    inode = out.stat().st_ino
    for n_fills in (3, 7, 0):
        write_output(made_up(n_fills=n_fills), out)
        assert names_in(out) == OUTPUT
        assert len((out / "fills.csv").read_text().splitlines()) == 1 + n_fills
    assert out.stat().st_ino == inode  # somebody may be in it, or it may be a mount


def test_the_leftovers_of_an_interrupted_output_are_no_obstacle(tmp_path: Path, made_up: MadeUp) -> None:
    for leftover in (".incoming", "..incoming.x1y2"):
        (tmp_path / "out" / leftover).mkdir(parents=True)
        (tmp_path / "out" / leftover / "fills.csv").write_text("half")
    write_output(made_up(), tmp_path / "out")
    assert names_in(tmp_path / "out") == OUTPUT


@pytest.mark.parametrize("files", [["notes.txt"], ["config.json"], [*OUTPUT, "notes.txt"], KEPT])
def test_a_folder_with_other_files_is_refused_and_left_alone(files: list[str], tmp_path: Path, made_up: MadeUp) -> None:
    out = tmp_path / "out"
    out.mkdir()
    for name in files:
        (out / name).write_text(name)
    with pytest.raises(StorageError) as error:
        write_output(made_up(), out)
    assert str(error.value).startswith(f"{out} holds other files (")
    assert "\n" not in str(error.value)
    assert {path.name: path.read_text() for path in out.iterdir()} == {name: name for name in files}


@pytest.mark.parametrize("below", [False, True])
def test_a_file_where_the_folder_should_be_is_refused(below: bool, tmp_path: Path, made_up: MadeUp) -> None:
    file = tmp_path / "out"
    file.write_text("mine")
    with pytest.raises(StorageError):
        write_output(made_up(), file / "deeper" if below else file)
    assert file.read_text() == "mine"
    assert names_in(tmp_path) == ["lively.toml", "out"]


def test_a_write_that_fails_leaves_the_earlier_output_as_it_was(
    tmp_path: Path, made_up: MadeUp, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    write_output(made_up(n_fills=3), out)
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    unsound = made_up(n_fills=7)
    unsound.analysis["gain"] = "not a number"  # type: ignore[assignment]
    with pytest.raises(TypeError):
        write_output(unsound, out)
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before
    with pytest.raises(TypeError):
        write_output(unsound, tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_a_report_that_can_not_be_kept_leaves_nothing(home: Home, made_up: MadeUp) -> None:
    unsound = made_up()
    unsound.analysis["gain"] = "not a number"  # type: ignore[assignment]
    with pytest.raises(TypeError):
        keep_report(unsound, home)
    assert names_in(home.backtests) == []


@pytest.mark.parametrize("name", KEPT)
def test_a_report_without_one_of_its_files_says_so(name: str, home: Home, made_up: MadeUp) -> None:
    folder = keep_report(made_up(), home)
    (folder / name).unlink()
    if name.endswith(".csv"):
        open_report(folder)  # for people and other programs; the report itself doesn't need them
        return
    with pytest.raises(ReportError) as error:
        open_report(folder)
    assert str(folder) in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("name", [name for name in KEPT if not name.endswith(".csv")])
@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"null", b"{}", b"\xff\xfe", b"PK\x03\x04", b"9" * 5000],
    ids=["empty", "cut", "list", "null", "object", "no text", "zip", "huge number"],
)
def test_a_report_with_a_foreign_file_is_refused_in_one_sentence(
    name: str, content: bytes, home: Home, made_up: MadeUp
) -> None:
    folder = keep_report(made_up(), home)
    (folder / name).write_bytes(content)
    if (name, content) == ("analysis.json", b"{}"):
        return  # a report without metrics is poor, but not damaged
    with pytest.raises(ReportError) as error:
        open_report(folder)
    assert str(folder) in str(error.value)
    assert "\n" not in str(error.value)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), name=st.sampled_from(["fills.npz", "series.npz"]))
def test_no_flipped_bit_in_the_arrays_goes_unnoticed(
    data: st.DataObject, name: str, home: Home, made_up: MadeUp
) -> None:
    folder = keep_report(made_up(n_minutes=20, n_fills=3), home)
    content = bytearray((folder / name).read_bytes())
    with zipfile.ZipFile(folder / name) as archive:
        first, *_ = archive.infolist()
        # The zip's own headers hold times and the like that nobody reads.
        start = first.header_offset + 30 + len(first.filename) + 20
        end = start + first.compress_size - 20
    content[data.draw(st.integers(start, end - 1))] ^= 1 << data.draw(st.integers(0, 7))
    (folder / name).write_bytes(content)
    with pytest.raises(ReportError, match="damaged"):
        open_report(folder)


@pytest.mark.parametrize(
    ("file", "change"),
    [
        ("series.npz", {"equities_usd": np.zeros(10)}),
        ("series.npz", {"equities_usd": np.zeros(2999, np.float32)}),
        ("fills.npz", {"fills": np.zeros(3)}),
        ("fills.npz", {"other": np.zeros(3)}),
        ("fills.npz", {"fills": np.array([{"a": 1}], dtype=object)}),
    ],
)
def test_arrays_that_do_not_fit_the_run_are_refused(
    file: str, change: dict[str, np.ndarray], home: Home, made_up: MadeUp
) -> None:
    result = made_up()
    folder = keep_report(result, home)
    series = {"equities_usd": result.equities_usd, "equities_btc": result.equities_btc}
    np.savez(folder / file, **({**series, **change} if file == "series.npz" else change))
    with pytest.raises(ReportError, match="damaged"):
        open_report(folder)


@pytest.mark.parametrize("column", ["minute", "coin", "type"])
@pytest.mark.parametrize("value", [-1, 3000])
def test_fills_outside_the_run_are_refused(column: str, value: int, home: Home, made_up: MadeUp) -> None:
    result = made_up()
    fills = result.fills.copy()
    fills[column][0 if value < 0 else -1] = value
    folder = keep_report(result, home)
    np.savez(folder / "fills.npz", fills=fills)
    with pytest.raises(ReportError, match="damaged"):
        open_report(folder)


def test_a_folder_that_is_no_report_and_a_report_of_a_newer_program_are_told_apart(
    tmp_path: Path, home: Home, made_up: MadeUp
) -> None:
    with pytest.raises(ReportError, match="there is no backtest report in"):
        open_report(tmp_path / "missing")
    folder = keep_report(made_up(), home)
    report = json.loads((folder / "report.json").read_text())
    (folder / "report.json").write_text(json.dumps({**report, "format": report["format"] + 1, "info": "unknown"}))
    with pytest.raises(ReportError, match="newer passivtui"):
        open_report(folder)
