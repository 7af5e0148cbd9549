"""Prepared datasets are kept: found again, never half-written, rebuilt when damaged, bounded."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import passivtui
from passivtui.errors import Cancelled, StorageError
from passivtui.market import Dataset, Prepared, cache, open_dataset, prepare
from passivtui.market import prepare as prepare_function
from passivtui.paths import Home
from passivtui.progress import CancelToken, Progress, ignore_progress

Make = Callable[..., Any]
SETTINGS: dict[str, Any] = {
    "start_ms": None,
    "end_ms": None,
    "gap_tolerance_minutes": 120,
    "minimum_coin_age_days": 0.0,
    "btc_collateral": False,
}


@pytest.fixture
def dataset(tmp_path: Path, home: Home, columns: Make, dataset_writer: Make) -> Dataset:
    market = {coin: columns(3000, seed=seed) for seed, coin in enumerate(("ADA", "BTC", "SOL"))}
    return open_dataset(str(dataset_writer(tmp_path / "market", market)), home)


def prepare_all(dataset: Dataset, home: Home, **changes: Any) -> Prepared:
    return prepare(dataset, dataset.coins, home=home, **(SETTINGS | changes))


def entries(home: Home) -> list[Path]:
    return sorted(path for path in (home.datasets / "prepared").iterdir() if path.is_dir())


def test_the_second_time_nothing_is_read_or_written(dataset: Dataset, home: Home) -> None:
    steps: list[Progress] = []
    first = prepare_all(dataset, home, progress=steps.append)
    assert steps, "the first time there is progress"
    steps.clear()
    second = prepare_all(dataset, home, progress=steps.append)
    assert steps == []
    assert len(entries(home)) == 1
    assert second.record == first.record
    assert second.key == first.key
    assert np.array_equal(second.hlcv, first.hlcv)


def test_progress_tells_the_bytes_coin_by_coin(dataset: Dataset, home: Home) -> None:
    steps: list[Progress] = []
    prepare_all(dataset, home, progress=steps.append)
    reading = [step for step in steps if step.unit == "bytes"]
    assert [step.phase for step in reading] == ["reading ADA", "reading BTC", "reading SOL", "reading done"]
    sizes = [dataset.stamp_of(coin)[0] for coin in ("ADA", "BTC", "SOL")]
    assert [step.done for step in reading] == [0, sizes[0], sum(sizes[:2]), sum(sizes)]
    assert {step.total for step in reading} == {sum(sizes)}
    assert steps[-1].fraction == 1.0


@pytest.mark.parametrize(
    "change",
    [
        {"start_ms": 1_740_000_060_000},
        {"end_ms": 1_740_000_900_000},
        {"gap_tolerance_minutes": 60},
        {"minimum_coin_age_days": 1.0},
        {"btc_collateral": True},
    ],
    ids=lambda change: next(iter(change)),
)
def test_every_setting_is_part_of_the_key(dataset: Dataset, home: Home, change: dict[str, Any]) -> None:
    assert prepare_all(dataset, home).key != prepare_all(dataset, home, **change).key
    assert len(entries(home)) == 2


def test_the_coins_are_part_of_the_key_but_not_their_order(dataset: Dataset, home: Home) -> None:
    one = prepare(dataset, ["SOL", "ADA"], home=home, **SETTINGS)
    assert prepare(dataset, ["ADA", "SOL"], home=home, **SETTINGS).key == one.key
    assert prepare(dataset, ["ADA", "BTC"], home=home, **SETTINGS).key != one.key


def test_changed_candles_are_prepared_again(dataset: Dataset, home: Home, columns: Make) -> None:
    before = prepare_all(dataset, home)
    np.savez(dataset.folder / "ADA.npz", **columns(3000, seed=99))
    after = prepare_all(dataset, home)
    assert after.key != before.key
    assert np.array_equal(after.hlcv[:, 0, 2], columns(3000, seed=99)["close"])


def test_a_changed_description_is_prepared_again(dataset: Dataset, home: Home) -> None:
    before = prepare_all(dataset, home)
    path = dataset.folder / "dataset.json"
    path.write_text(path.read_text().replace('"min_cost": 5.0', '"min_cost": 7.0'))
    after = prepare_all(open_dataset(str(dataset.folder), home), home)
    assert after.key != before.key
    assert after.specs[0].min_cost == 7.0


def flip_a_byte(entry: Path) -> None:
    content = bytearray((entry / "hlcv.npy").read_bytes())
    content[len(content) // 2] ^= 64
    (entry / "hlcv.npy").write_bytes(content)


def truncate(entry: Path) -> None:
    os.truncate(entry / "hlcv.npy", 4096)


def lose_a_file(entry: Path) -> None:
    (entry / "btc_usd.npy").unlink()


def change_the_record(entry: Path) -> None:
    content = json.loads((entry / "prepared.json").read_text())
    (entry / "prepared.json").write_text(json.dumps(content | {"first_ms": 0}, indent=1))


def lose_the_seal(entry: Path) -> None:
    (entry / "seal.json").unlink()


def become_a_file(entry: Path) -> None:
    for path in entry.iterdir():
        path.unlink()
    entry.rmdir()
    entry.write_text("")


@pytest.mark.parametrize(
    "damage", [flip_a_byte, truncate, lose_a_file, change_the_record, lose_the_seal, become_a_file]
)
def test_a_damaged_entry_is_made_again(dataset: Dataset, home: Home, damage: Callable[[Path], None]) -> None:
    good = np.array(prepare_all(dataset, home).hlcv)
    (entry,) = entries(home)
    damage(entry)
    again = prepare_all(dataset, home)
    assert np.array_equal(again.hlcv, good)
    assert again.first_ms == dataset.first_ms
    assert entries(home) == [entry]


def test_arrays_in_use_outlive_their_files(dataset: Dataset, home: Home) -> None:
    prepared = prepare_all(dataset, home)
    good = np.array(prepared.hlcv)
    (entry,) = entries(home)
    cache.remove_entry(entry)
    assert np.array_equal(prepared.hlcv, good)


@pytest.mark.parametrize("phase", ["reading BTC", "writing"])
def test_cancelling_leaves_nothing_and_costs_nothing(dataset: Dataset, home: Home, phase: str) -> None:
    cancel = CancelToken()

    def stop(step: Progress) -> None:
        if step.phase == phase:
            cancel.cancel()

    other = prepare(dataset, ["SOL"], home=home, **SETTINGS)
    with pytest.raises(Cancelled):
        prepare_all(dataset, home, progress=stop, cancel=cancel)
    assert [path.name for path in entries(home)] == [other.key[:32]]
    assert prepare_all(dataset, home).n_minutes == 3000


def test_waiting_for_another_process_can_be_cancelled(dataset: Dataset, home: Home) -> None:
    cancel = CancelToken()
    steps: list[Progress] = []

    def stop(step: Progress) -> None:
        steps.append(step)
        cancel.cancel()

    with (
        cache.writing(home.datasets / "prepared", ignore_progress, CancelToken()),
        pytest.raises(Cancelled),
    ):
        prepare_all(dataset, home, progress=stop, cancel=cancel)
    assert [step.phase for step in steps] == ["waiting for another process that prepares data"]


def test_the_least_recently_used_are_deleted_beyond_the_limit(
    dataset: Dataset, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = {
        coin: home.datasets / "prepared" / prepare(dataset, [coin], home=home, **SETTINGS).key[:32]
        for coin in dataset.coins
    }
    for age, coin in enumerate(("BTC", "ADA", "SOL")):
        os.utime(kept[coin] / "seal.json", (1_700_000_000 + age, 1_700_000_000 + age))
    prepare(dataset, ["BTC"], home=home, **SETTINGS)  # opened again: now the newest of the three
    size = sum(path.stat().st_size for path in kept["BTC"].iterdir())
    monkeypatch.setattr(sys.modules[prepare_function.__module__], "CACHE_LIMIT_BYTES", size * 4)
    newest = prepare(dataset, ["ADA", "SOL"], home=home, **SETTINGS)
    assert entries(home) == sorted([kept["BTC"], kept["SOL"], home.datasets / "prepared" / newest.key[:32]])


def test_the_newest_is_kept_even_beyond_the_limit(
    dataset: Dataset, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.modules[prepare_function.__module__], "CACHE_LIMIT_BYTES", 1)
    prepare(dataset, ["ADA"], home=home, **SETTINGS)
    assert prepare_all(dataset, home).n_minutes == 3000
    assert len(entries(home)) == 1


def test_an_unusable_home_is_one_sentence(dataset: Dataset, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match=r"can't use the dataset cache .*: a part of the path is a file"):
        prepare_all(dataset, Home(tmp_path / "file"))


PREPARE = """
import hashlib, pathlib, resource, sys
from passivtui.errors import StorageError
from passivtui.market import open_dataset, prepare
from passivtui.paths import Home
home, folder, limit = Home(pathlib.Path(sys.argv[1])), sys.argv[2], int(sys.argv[3])
dataset = open_dataset(folder, home)
sys.stdin.readline()
if limit:
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
phases = []
try:
    prepared = prepare(dataset, dataset.coins, start_ms=None, end_ms=None, gap_tolerance_minutes=120,
                       minimum_coin_age_days=0, btc_collateral=True, home=home,
                       progress=lambda step: phases.append(step.phase))
except StorageError as error:
    sys.exit(f"StorageError: {error}")
print("reading ADA" in phases, hashlib.sha256(prepared.hlcv.tobytes()).hexdigest())
"""


def start(home: Home, dataset: Dataset, limit: int = 0) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-P", "-c", PREPARE, str(home.root), str(dataset.folder), str(limit)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(Path(passivtui.__file__).parents[1])},
    )


def test_two_processes_at_once_prepare_once(dataset: Dataset, home: Home) -> None:
    processes = [start(home, dataset) for _ in range(2)]
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    outputs = [process.communicate(timeout=60) for process in processes]
    assert [process.returncode for process in processes] == [0, 0], outputs
    made, digests = zip(*(stdout.split() for stdout, _ in outputs), strict=True)
    assert sorted(made) == ["False", "True"]
    assert len(set(digests)) == 1
    assert len(entries(home)) == 1


def test_a_refused_write_leaves_nothing_half_written(dataset: Dataset, home: Home) -> None:
    process = start(home, dataset, limit=50_000)
    _, stderr = process.communicate("\n", timeout=60)
    assert process.returncode == 1
    assert stderr.startswith(f"StorageError: can't write {home.datasets / 'prepared'}")
    assert stderr.count("\n") == 1
    assert [path.name for path in (home.datasets / "prepared").iterdir()] == [".lock"]
    assert prepare_all(dataset, home).n_minutes == 3000
