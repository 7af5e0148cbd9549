"""The demo ticks are what their hashes say."""

from __future__ import annotations

import json

import numpy as np
import pytest
from passivx_cases import FOLDER

from passivtui.errors import DataError
from passivtui.passivx import demo_ticks


def test_the_demo_ticks_have_the_hashes_of_the_golden_cases() -> None:
    wanted = json.loads((FOLDER / "hashes.json").read_text())
    assert dict(demo_ticks.DIGESTS) == wanted
    assert {symbol: demo_ticks.digest(demo_ticks.demo_ticks(symbol)) for symbol in wanted} == wanted


def test_no_two_neighbours_have_one_price() -> None:
    times, price, sold = demo_ticks.demo_ticks("BTCUSD")
    assert len(times) == len(price) == len(sold) == 144_204
    assert (np.diff(price) != 0).all()
    assert (np.diff(times) > 0).all()


def test_another_symbol_has_none() -> None:
    with pytest.raises(DataError, match="no demo ticks of XRPUSDT; there are some of ETHUSDT and BTCUSD"):
        demo_ticks.demo_ticks("XRPUSDT")


def test_a_machine_that_computes_otherwise_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo_ticks, "DIGESTS", {"BTCUSD": "0"})
    with pytest.raises(DataError, match="came out different on this machine"):
        demo_ticks.demo_ticks("BTCUSD")
