"""The candle store: what goes in comes out, nothing is stored twice or lost, damage is found."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stored_candles import (
    DAY_MS,
    FIRST_DAY,
    FIRST_MS,
    MINUTE_MS,
    market_spec,
    only,
    same_candles,
    some_candles,
    without,
)

import passivtui
from passivtui.errors import StorageError
from passivtui.market.store import CandleStore, DamagedFile

EVER = 4_000_000_000_000


@pytest.fixture
def store(tmp_path: Path) -> CandleStore:
    return CandleStore(tmp_path / "store")


def everything(store: CandleStore, coin: str = "BTC"):
    return store.read("binance", coin, 0, EVER)


def day_files(store: CandleStore, coin: str = "BTC") -> list[str]:
    return sorted(path.name for path in (store.root / "binance" / coin).glob("*.day"))


def test_candles_come_back_bit_by_bit(store: CandleStore) -> None:
    candles = without(some_candles(3 * 1440 + 77), 500, 3)
    written = store.write("binance", "BTC", candles, origin="a test")
    assert (written.new_rows, written.same_rows, written.differing) == (len(candles), 0, ())
    assert same_candles(everything(store), candles)
    part = store.read("binance", "BTC", FIRST_MS + 100 * MINUTE_MS, FIRST_MS + 1500 * MINUTE_MS)
    assert same_candles(part, candles.between(FIRST_MS + 100 * MINUTE_MS, FIRST_MS + 1500 * MINUTE_MS))


def test_names_tell_what_is_stored(store: CandleStore) -> None:
    store.write("binance", "BTC", some_candles(1440 + 30), origin="a test")
    assert day_files(store) == ["2024-10-04.1440s.day", "2024-10-05.0030p.day"]
    coverage = store.coverage("binance", "BTC")
    assert coverage is not None
    assert (coverage.first_ms, coverage.last_ms) == (FIRST_MS, FIRST_MS + 1469 * MINUTE_MS)
    assert (list(coverage.days), list(coverage.rows), list(coverage.settled)) == (
        [FIRST_DAY, FIRST_DAY + 1], [1440, 30], [True, False],
    )  # fmt: skip
    assert (coverage.n_candles, coverage.missing_minutes, coverage.missing_days) == (1470, 0, 0)
    assert store.days_held("binance", "BTC") == {FIRST_DAY}
    assert (store.exchanges(), store.coins("binance"), store.coins("bybit")) == (("binance",), ("BTC",), ())


def test_nothing_stored_is_nothing_and_no_error(store: CandleStore) -> None:
    assert store.coverage("binance", "BTC") is None
    assert len(everything(store)) == 0
    assert store.days_held("binance", "BTC") == frozenset()
    assert store.exchanges() == ()
    assert store.verify() == ()
    assert store.delete("binance", "BTC") == 0


def test_days_can_be_settled_with_gaps_and_without_candles(store: CandleStore) -> None:
    store.write(
        "binance", "BTC", without(some_candles(1440), 10, 5), origin="x", settled_days=[FIRST_DAY, FIRST_DAY + 2]
    )
    assert store.days_held("binance", "BTC") == {FIRST_DAY, FIRST_DAY + 2}
    assert day_files(store) == ["2024-10-04.1435s.day", "2024-10-06.0000s.day"]
    coverage = store.coverage("binance", "BTC")
    assert coverage is not None
    assert (coverage.missing_minutes, coverage.n_candles) == (5, 1435)


def test_a_second_write_adds_and_never_rewrites(store: CandleStore) -> None:
    first, other = some_candles(900), some_candles(1440, seed=2)
    store.write("binance", "BTC", first, origin="x")
    written = store.write("binance", "BTC", other, origin="y")
    assert (written.new_rows, written.same_rows, len(written.differing)) == (540, 0, 900)
    held = everything(store)
    assert same_candles(only(held, slice(0, 900)), first)
    assert same_candles(only(held, slice(900, 1440)), only(other, slice(900, 1440)))
    assert day_files(store) == ["2024-10-04.1440s.day"]


def test_the_same_again_changes_no_file(store: CandleStore) -> None:
    candles = some_candles(2000)
    store.write("binance", "BTC", candles, origin="x")
    before = {path: path.stat().st_ino for path in store.root.rglob("*.day")}
    written = store.write("binance", "BTC", candles, origin="x")
    assert (written.new_rows, written.same_rows) == (0, 2000)
    assert {path: path.stat().st_ino for path in store.root.rglob("*.day")} == before


def test_stored_candles_are_replaced_when_told_so(store: CandleStore) -> None:
    store.write("binance", "BTC", some_candles(1440), origin="x")
    other = some_candles(100, seed=3)
    written = store.write("binance", "BTC", other, origin="y", overwrite=True)
    assert len(written.differing) == 100
    assert same_candles(only(everything(store), slice(0, 100)), other)
    assert len(everything(store)) == 1440


@settings(max_examples=40, deadline=None)
@given(
    pieces=st.lists(st.tuples(st.integers(0, 4000), st.integers(1, 2500)), min_size=1, max_size=6),
    data=st.data(),
)
def test_however_it_is_written_no_minute_is_twice_or_lost(pieces, data, tmp_path_factory) -> None:
    store = CandleStore(tmp_path_factory.mktemp("any"))
    whole = some_candles(6500)
    wanted: set[int] = set()
    for start, count in data.draw(st.permutations(pieces)):
        piece = only(whole, slice(start, start + count))
        store.write("binance", "BTC", piece, origin="piece")
        wanted |= set(range(start, min(start + count, 6500)))
    rows = np.array(sorted(wanted))
    assert same_candles(everything(store), only(whole, rows))


def test_odd_names_stay_inside_the_store(store: CandleStore) -> None:
    for coin in ("../../evil", ".hidden", "a/b", "ÄÖ", "1000%"):
        store.write("binance", coin, some_candles(5), origin="x")
        assert same_candles(everything(store, coin), some_candles(5))
    assert set(store.coins("binance")) == {"../../evil", ".hidden", "a/b", "ÄÖ", "1000%"}
    assert {path.parent for path in store.root.parent.rglob("*.day") if path.parents[1].name != "binance"} == set()


# ---- damage


def damage(store: CandleStore, how: str) -> Path:
    path = next((store.root / "binance" / "BTC").glob("2024-10-04*.day"))
    content = path.read_bytes()
    changed = {
        "cut": content[:-10],
        "header": content[:5],
        "empty": b"",
        "flipped": content[:60] + bytes([content[60] ^ 1]) + content[61:],
        "longer": content + b"x",
        "other day": next((store.root / "binance" / "BTC").glob("2024-10-05*.day")).read_bytes(),
    }[how]
    path.write_bytes(changed)
    return path


@pytest.mark.parametrize("how", ["cut", "header", "empty", "flipped", "longer", "other day"])
def test_a_damaged_day_is_set_aside_and_wanted_again(store: CandleStore, how: str) -> None:
    candles = some_candles(3 * 1440)
    store.write("binance", "BTC", candles, origin="x")
    path = damage(store, how)
    (finding,) = store.verify()
    assert (finding.exchange, finding.coin, finding.day, finding.set_aside) == ("binance", "BTC", FIRST_DAY, True)
    assert not path.exists()
    assert path.with_name(path.name + ".damaged").exists()
    assert store.days_held("binance", "BTC") == {FIRST_DAY + 1, FIRST_DAY + 2}
    assert store.verify() == ()
    store.write("binance", "BTC", candles, origin="again")
    assert same_candles(everything(store), candles)


def test_reading_a_damaged_day_says_so_and_sets_it_aside(store: CandleStore) -> None:
    store.write("binance", "BTC", some_candles(2 * 1440), origin="x")
    damage(store, "flipped")
    with pytest.raises(
        DamagedFile, match=r"BTC on binance on 2024-10-04 are damaged: its checksum is wrong.*set aside"
    ):
        everything(store)
    assert len(everything(store)) == 1440


def test_writing_over_a_damaged_day_replaces_it(store: CandleStore) -> None:
    store.write("binance", "BTC", some_candles(700), origin="x")
    path = next((store.root / "binance" / "BTC").glob("*.day"))
    path.write_bytes(path.read_bytes()[:-3])
    store.write("binance", "BTC", some_candles(700), origin="x")
    assert same_candles(everything(store), some_candles(700))


def test_of_two_files_of_one_day_the_better_counts_and_the_other_goes(store: CandleStore) -> None:
    store.write("binance", "BTC", some_candles(1440), origin="x")
    folder = store.root / "binance" / "BTC"
    other = CandleStore(store.root.parent / "other")
    other.write("binance", "BTC", some_candles(300), origin="x")
    name = "2024-10-04.0300p.day"
    (folder / name).write_bytes((other.root / "binance" / "BTC" / name).read_bytes())
    assert len(everything(store)) == 1440
    store.write("binance", "BTC", some_candles(1440, seed=4), origin="y", overwrite=True)
    assert day_files(store) == ["2024-10-04.1440s.day"]


def test_leftovers_of_a_killed_writer_vanish_with_the_next_write(store: CandleStore) -> None:
    store.write("binance", "BTC", some_candles(10), origin="x")
    leftover = store.root / "binance" / "BTC" / ".writing-abc"
    leftover.write_bytes(b"half")
    store.write("binance", "BTC", some_candles(20), origin="x")
    assert not leftover.exists()


# ---- other processes, other disks


def run_python(code: str, *arguments: object) -> subprocess.Popen[str]:
    paths = os.pathsep.join(
        [
            str(Path(passivtui.__file__).parents[1]),
            str(Path(__file__).parents[2] / "support"),
            os.environ.get("PYTHONPATH", ""),
        ]
    )
    return subprocess.Popen(
        [sys.executable, "-P", "-c", code, *map(str, arguments)],
        env={**os.environ, "PYTHONPATH": paths},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


WRITER = """
import sys
from pathlib import Path
from stored_candles import only, some_candles
from passivtui.market.store import CandleStore
store, start, step = CandleStore(Path(sys.argv[1])), int(sys.argv[2]), int(sys.argv[3])
whole = some_candles(6 * 1440)
for first in range(start * 90, 6 * 1440, step * 90):
    store.write("binance", "BTC", only(whole, slice(first, first + 90)), origin="writer")
print("done")
"""


def test_two_processes_that_write_one_coin_lose_nothing(store: CandleStore) -> None:
    writers = [run_python(WRITER, store.root, which, 2) for which in range(2)]
    for writer in writers:
        out, err = writer.communicate(timeout=60)
        assert (out.strip(), err) == ("done", "")
    assert same_candles(everything(store), some_candles(6 * 1440))
    assert store.days_held("binance", "BTC") == set(range(FIRST_DAY, FIRST_DAY + 6))


KILLED = """
import os, signal, sys
from pathlib import Path
from stored_candles import some_candles
import passivtui.market.store.coin_folder as coin_folder
from passivtui.market.store import CandleStore
calls, limit = 0, int(sys.argv[2])
def dying(name):
    original = getattr(os, name)
    def call(*args, **kwargs):
        global calls
        calls += 1
        if calls > limit:
            os.kill(os.getpid(), signal.SIGKILL)
        return original(*args, **kwargs)
    return call
for name in ("fdatasync", "rename", "replace", "unlink", "fsync", "open", "write"):
    setattr(os, name, dying(name))
CandleStore(Path(sys.argv[1])).write("binance", "BTC", some_candles(4 * 1440), origin="second")
print("whole")
"""


@pytest.mark.slow
def test_killed_at_any_step_the_store_stays_whole(tmp_path: Path) -> None:
    for limit in range(0, 60, 4):
        store = CandleStore(tmp_path / f"store{limit}")
        store.write("binance", "BTC", some_candles(2 * 1440 + 100), origin="first")
        out, err = run_python(KILLED, store.root, limit).communicate(timeout=60)
        assert err == ""
        held = everything(store)
        assert len(held) >= 2 * 1440 + 100
        assert same_candles(held, only(some_candles(4 * 1440), slice(0, len(held))))
        assert store.verify() == ()
        store.write("binance", "BTC", some_candles(4 * 1440), origin="again")
        assert same_candles(everything(store), some_candles(4 * 1440))
        assert not list(store.root.rglob(".writing-*"))
        if out.strip() == "whole":
            return
    raise AssertionError("the write was never let finish")


FULL = """
import resource, signal, sys
from pathlib import Path
from stored_candles import some_candles
from passivtui.errors import StorageError
from passivtui.market.store import CandleStore
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), int(sys.argv[2])))
try:
    CandleStore(Path(sys.argv[1])).write("binance", "BTC", some_candles(4 * 1440), origin="x")
except StorageError as error:
    print(error)
"""


@pytest.mark.parametrize("limit", [0, 10, 5000])
def test_a_full_disk_is_one_sentence_and_stores_nothing_of_it(store: CandleStore, limit: int) -> None:
    store.write("binance", "BTC", some_candles(100), origin="first")
    out, err = run_python(FULL, store.root, limit).communicate(timeout=60)
    assert err == ""
    assert out.startswith("can't ")
    assert len(out.strip().splitlines()) == 1
    assert same_candles(everything(store), some_candles(100))
    assert not list(store.root.rglob(".writing-*"))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_store_that_can_t_be_written_can_be_read(store: CandleStore) -> None:
    store.write("binance", "BTC", some_candles(100), origin="x")
    folder = store.root / "binance" / "BTC"
    folder.chmod(stat.S_IRUSR | stat.S_IXUSR)
    try:
        assert len(everything(store)) == 100
        with pytest.raises(StorageError):
            store.write("binance", "BTC", some_candles(200), origin="y")
    finally:
        folder.chmod(stat.S_IRWXU)


def test_a_file_in_the_stores_place_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "store").write_text("")
    with pytest.raises(StorageError, match="store"):
        CandleStore(tmp_path / "store").write("binance", "BTC", some_candles(5), origin="x")


# ---- deleting, facts


def test_days_and_coins_are_deleted(store: CandleStore) -> None:
    store.write("binance", "BTC", some_candles(3 * 1440), origin="x")
    assert store.delete("binance", "BTC", [FIRST_DAY, FIRST_DAY + 9]) == 1
    assert store.days_held("binance", "BTC") == {FIRST_DAY + 1, FIRST_DAY + 2}
    assert store.delete("binance", "BTC") == 2
    assert store.coins("binance") == ()


def test_a_stamp_changes_with_the_candles_of_its_range_only(store: CandleStore) -> None:
    store.write("binance", "BTC", some_candles(1440), origin="x")
    first, before = FIRST_MS, FIRST_MS + 1439 * MINUTE_MS
    stamp = store.stamp("binance", "BTC", first, before)
    store.write("binance", "BTC", some_candles(100, FIRST_MS + DAY_MS), origin="x")
    assert store.stamp("binance", "BTC", first, before) == stamp
    assert store.stamp("binance", "BTC", first, before + DAY_MS) != stamp


def test_market_settings_and_listings_are_kept(store: CandleStore) -> None:
    assert store.markets("binance") == {}
    assert store.markets_age_ms("binance", 50) is None
    specs = {"BTC": market_spec("BTC"), "ETH": market_spec("ETH", listed_ms=FIRST_MS)}
    store.set_markets("binance", specs, 1000)
    assert store.markets("binance") == specs
    assert store.markets_age_ms("binance", 5000) == 4000
    store.add_markets("binance", {"SOL": market_spec("SOL")})
    assert set(store.markets("binance")) == {"BTC", "ETH", "SOL"}
    assert store.markets_age_ms("binance", 5000) == 4000
    assert store.listing("binance", "BTC") is None
    store.set_listing("binance", "BTC", FIRST_MS)
    store.set_listing("binance", "ETH", FIRST_MS + 1)
    assert (store.listing("binance", "BTC"), store.listing("binance", "ETH")) == (FIRST_MS, FIRST_MS + 1)


@pytest.mark.parametrize(
    "content", ["", "[]", "{", '{"coins": 7, "fetched_ms": "x"}', '{"coins": {"BTC": {"symbol": 1}}}']
)
def test_facts_that_can_t_be_understood_count_as_missing(store: CandleStore, content: str) -> None:
    store.set_markets("binance", {"BTC": market_spec("BTC")}, 1000)
    for name in ("markets.json", "listings.json"):
        (store.root / "binance" / name).write_text(content)
    assert store.markets("binance") == {}
    assert store.markets_age_ms("binance", 5000) is None
    assert store.listing("binance", "BTC") is None
