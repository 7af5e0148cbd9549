"""The demo market is one market, everywhere and every time."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import passivtui
from passivtui.errors import Cancelled, DataError, StorageError
from passivtui.market import demo, open_dataset
from passivtui.paths import Home
from passivtui.progress import CancelToken, Progress


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_generated_candles_have_the_defined_digests() -> None:
    assert {coin: demo.digest(candles) for coin, candles in demo.generate()} == demo.DIGESTS


def test_demo_opens_with_every_coin_as_defined(home: Home) -> None:
    dataset = open_dataset("demo", home)
    assert dataset.name == dataset.exchange == "demo"
    assert dataset.synthetic
    assert tuple(dataset.coins) == ("ADA", "BTC", "DOGE", "ETH", "SOL", "XRP")
    assert dataset.coverage == "2025-01-01 00:00 to 2025-03-01 23:59 (UTC)"
    for coin in dataset.coins:
        candles = dataset.load(coin)
        assert demo.digest(candles) == demo.DIGESTS[coin]
        assert candles.issues == ()
    bitcoin = dataset.coins["BTC"]
    assert (bitcoin.symbol, bitcoin.price_step, bitcoin.qty_step) == ("BTC/USDT:USDT", 0.1, 0.001)
    assert (bitcoin.min_cost, bitcoin.maker_fee, bitcoin.rows) == (100.0, 0.0002, 86_400)


def test_demo_is_made_once(home: Home) -> None:
    steps: list[Progress] = []
    open_dataset("demo", home, steps.append)
    assert [step.done for step in steps] == [0, 1, 2, 3, 4, 5, 6]
    open_dataset("demo", home, steps.append)
    assert len(steps) == 7


def flip_a_byte(folder: Path) -> None:
    content = bytearray((folder / "ETH.npz").read_bytes())
    content[len(content) // 2] ^= 1
    (folder / "ETH.npz").write_bytes(content)


def truncate(folder: Path) -> None:
    os.truncate(folder / "SOL.npz", 1000)


def lose_a_file(folder: Path) -> None:
    (folder / "ADA.npz").unlink()


def change_the_description(folder: Path) -> None:
    path = folder / "dataset.json"
    path.write_text(path.read_text().replace("0.0002", "0.0001"))


def garble_the_seal(folder: Path) -> None:
    (folder / "seal.json").write_bytes(b"\xff{]")


def empty_the_seal(folder: Path) -> None:
    (folder / "seal.json").write_text("[]")


def be_of_another_definition(folder: Path) -> None:
    seal = json.loads((folder / "seal.json").read_text())
    (folder / "seal.json").write_text(json.dumps(seal | {"content": "0" * 64}))


@pytest.mark.parametrize(
    "damage",
    [
        flip_a_byte,
        truncate,
        lose_a_file,
        change_the_description,
        garble_the_seal,
        empty_the_seal,
        be_of_another_definition,
    ],
)
def test_a_damaged_demo_is_made_again(home: Home, damage: Callable[[Path], None]) -> None:
    folder = open_dataset("demo", home).folder
    damage(folder)
    dataset = open_dataset("demo", home)
    assert {coin: demo.digest(dataset.load(coin)) for coin in dataset.coins} == demo.DIGESTS
    assert dataset.coins["BTC"].maker_fee == 0.0002
    assert names_in(home.datasets) == [".lock", "demo"]


def test_a_copied_demo_is_believed_by_its_content(home: Home) -> None:
    for path in open_dataset("demo", home).folder.glob("*.npz"):
        os.utime(path, (1, 1))
    steps: list[Progress] = []
    open_dataset("demo", home, steps.append)
    assert steps == [], "nothing was made again"


def test_leftovers_of_a_killed_process_are_removed(home: Home) -> None:
    (home.datasets / ".demo.abc").mkdir(parents=True)
    (home.datasets / ".demo.abc" / "ADA.npz").write_bytes(b"half")
    open_dataset("demo", home)
    assert names_in(home.datasets) == [".lock", "demo"]


def test_other_numbers_than_defined_are_refused(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(demo.DIGESTS, "ETH", "0" * 64)
    with pytest.raises(DataError, match="ETH came out different on this machine"):
        open_dataset("demo", home)
    assert names_in(home.datasets) == [".lock"]


def test_cancelling_leaves_nothing_and_costs_nothing(home: Home) -> None:
    cancel = CancelToken()

    def stop_after_two(step: Progress) -> None:
        if step.done == 2:
            cancel.cancel()

    with pytest.raises(Cancelled):
        open_dataset("demo", home, stop_after_two, cancel)
    assert names_in(home.datasets) == [".lock"]
    assert open_dataset("demo", home).load("ADA").close[0] > 0


def test_an_unusable_home_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="a part of the path is a file, not a folder"):
        open_dataset("demo", Home(tmp_path / "file" / "home"))


def test_two_processes_at_once_make_one_demo(home: Home) -> None:
    script = (
        "import sys, pathlib\n"
        "from passivtui.market import demo, open_dataset\n"
        "from passivtui.paths import Home\n"
        "sys.stdin.readline()\n"
        "steps = []\n"
        "dataset = open_dataset('demo', Home(pathlib.Path(sys.argv[1])), steps.append)\n"
        "assert demo.digest(dataset.load('BTC')) == demo.DIGESTS['BTC']\n"
        "print(sum(step.total == 6 and step.done == 6 for step in steps))\n"
    )
    environment = os.environ | {"PYTHONPATH": str(Path(passivtui.__file__).parents[1])}
    processes = [
        subprocess.Popen(
            [sys.executable, "-P", "-c", script, str(home.root)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
        )
        for _ in range(2)
    ]
    for process in processes:  # both have started: let them go
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    made = [process.communicate(timeout=60)[0].strip() for process in processes]
    assert [process.returncode for process in processes] == [0, 0]
    assert sorted(made) == ["0", "1"]
    assert names_in(home.datasets) == [".lock", "demo"]
