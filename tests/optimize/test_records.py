"""`all_results.bin`: every record comes back, ours and Passivbot's, whole or cut off."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from passivtui.errors import ReportError
from passivtui.optimize import OptimizationResult, read_records
from passivtui.optimize.append_log import AppendLog
from passivtui.optimize.records import RecordWriter, difference, merged

Run = Callable[..., OptimizationResult]


def records(n: int) -> list[dict[str, Any]]:
    return [
        {
            "bot": {"long": {"ema_span_0": number / 7.0, "n_positions": 3}, "short": {}},
            "live": {"approved_coins": {"long": ["BTC"], "short": []}},
            "analyses": {"combined": {"adg": number * 0.001, "gain": None if number % 3 else 1.0}},
            "analyses_combined": {"w_0": -0.001 * number},
        }
        for number in range(n)
    ]


def write(path: Path, *, compress: bool, n: int = 230) -> list[dict[str, Any]]:
    written = records(n)
    with AppendLog(path) as log:
        writer = RecordWriter(log, compress=compress)
        for record in written:
            writer.write(record)
        log.flush()
    return written


@pytest.mark.parametrize("compress", [True, False])
def test_every_record_comes_back(compress: bool, tmp_path: Path) -> None:
    written = write(tmp_path / "all.bin", compress=compress)
    assert list(read_records(tmp_path / "all.bin")) == written


def test_every_hundredth_record_is_whole_and_those_between_hold_what_changed(tmp_path: Path) -> None:
    write(tmp_path / "all.bin", compress=True)
    with (tmp_path / "all.bin").open("rb") as file:
        entries = list(msgpack.Unpacker(file))
    whole = [number for number, entry in enumerate(entries) if "live" in entry]
    assert whole == [0, 100, 200]
    assert entries[1] == {
        "bot": {"long": {"ema_span_0": 1 / 7.0}},
        "analyses": {"combined": {"adg": 0.001, "gain": None}},
        "analyses_combined": {"w_0": -0.001},
    }


def test_a_file_of_passivbot_is_restored(tmp_path: Path) -> None:
    """Written as the record of its format says: tuples as lists, differences nested, a list as one value."""
    first = {"bot": {"long": {"a": 1.5, "b": [1, 2]}}, "analyses": {"binance": {"adg": 0.1}}, "backtest": {"coins": []}}
    changes = {"bot": {"long": {"b": (3,)}}, "analyses": {"binance": {"adg": 0.2}}}
    packed = msgpack.packb(first) + msgpack.packb(changes) + msgpack.packb({})
    (tmp_path / "all_results.bin").write_bytes(packed)
    second = {"bot": {"long": {"a": 1.5, "b": [3]}}, "analyses": {"binance": {"adg": 0.2}}, "backtest": {"coins": []}}
    assert list(read_records(tmp_path / "all_results.bin")) == [first, second, second]


def test_a_last_record_that_was_cut_off_is_left_out(tmp_path: Path) -> None:
    written = write(tmp_path / "all.bin", compress=True, n=5)
    content = (tmp_path / "all.bin").read_bytes()
    (tmp_path / "all.bin").write_bytes(content[:-3])
    assert list(read_records(tmp_path / "all.bin")) == written[:-1]


@pytest.mark.parametrize("content", [b"\xc1\xc1", b"\x93\x01\x02\x03"])
def test_a_damaged_file_is_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "all.bin").write_bytes(content)
    with pytest.raises(ReportError, match="is damaged"):
        list(read_records(tmp_path / "all.bin"))


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ReportError, match="can't read"):
        list(read_records(tmp_path / "all.bin"))


values = st.recursive(st.integers(), lambda inner: st.dictionaries(st.sampled_from("abc"), inner), max_leaves=12)
maps = st.dictionaries(st.sampled_from("abcd"), values)


@given(maps, maps)
def test_a_difference_laid_over_the_record_before_gives_what_it_changes(before: Any, after: Any) -> None:
    result = merged(before, difference(before, after))
    assert difference(result, after) == {}


@pytest.mark.parametrize("compress", ["true", "false"])
def test_a_run_records_every_candidate_once(run: Run, compress: str) -> None:
    result = run("optimize.write_all_results=true", f"optimize.compress_results_file={compress}")
    found = list(read_records(result.folder / "all_results.bin"))
    assert len(found) == result.evaluations
    genomes = [repr(record["bot"]) for record in found]
    assert len(set(genomes)) > 0.9 * len(genomes)  # rounded positions may coincide
    for record in found:
        assert set(record) >= {"backtest", "bot", "live", "optimize", "analyses", "analyses_combined"}
        combined = record["analyses_combined"]
        assert combined["w_0"] == -combined["adg_mean"] or combined["w_0"] > 1e3
    fronts = {tuple(member.objectives) for member in result.front}
    assert fronts <= {tuple(record["analyses_combined"][f"w_{i}"] for i in range(2)) for record in found}
