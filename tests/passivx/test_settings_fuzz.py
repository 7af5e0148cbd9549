"""Whatever a file holds: it is run, or refused in words."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from passivx_cases import read_case
from passivx_files import SESSION
from tick_arrays import tick_arrays

from passivtui.core import TickData
from passivtui.errors import ConfigError, PassivTuiError
from passivtui.passivx import Ticks, load_live_settings, load_session_settings, load_tick_backtest, run_over_ticks

FLAT: dict[str, Any] = {**read_case("04_inverse_both")[1], "symbol": "BTCUSD"}
ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(allow_nan=True, allow_infinity=True),
    st.floats(0.0, 3.0),
    st.text(max_size=12),
    st.lists(st.one_of(st.integers(-3, 3), st.text(max_size=3)), max_size=3),
    st.dictionaries(st.text(max_size=3), st.integers(), max_size=2),
)


@pytest.fixture(scope="module")
def ticks() -> Ticks:
    arrays = tick_arrays(500)
    return Ticks("made", "BTCUSD", True, TickData(arrays["timestamp_ms"], arrays["price"], arrays["buyer_is_maker"]))


@given(st.dictionaries(st.sampled_from([*FLAT, "exchange", "accounting"]), ODD, max_size=4))
@settings(max_examples=300)
def test_settings_with_odd_values_run_or_are_refused(
    tmp_path_factory: pytest.TempPathFactory, ticks: Ticks, odd: dict[str, Any]
) -> None:
    path = tmp_path_factory.getbasetemp() / "odd.json"
    path.write_text(json.dumps({**FLAT, **odd}))
    try:
        loaded = load_tick_backtest(path)
    except ConfigError as error:
        assert error.problems or str(error)
        return
    result = run_over_ticks(loaded.settings, ticks)
    assert result.outcome.ended in ("end of data", "liquidation", "break")


@given(st.dictionaries(st.sampled_from(["ranges", "break_on", "indicator_settings", "symbol", "leverage"]), ODD))
def test_odd_documents_of_any_form_are_refused_in_words(
    tmp_path_factory: pytest.TempPathFactory, document: dict[str, Any]
) -> None:
    path = tmp_path_factory.getbasetemp() / "odd.json"
    path.write_text(json.dumps(document))
    for load in (load_tick_backtest, load_live_settings, load_session_settings):
        with pytest.raises(ConfigError) as caught:
            load(path)
        assert "\n" not in str(caught.value)


@given(st.integers(0, len(SESSION)), st.integers(0, 30), st.text("[]{}:,\"'\n\\0x-", max_size=5))
def test_a_garbled_file_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, start: int, length: int, put: str
) -> None:
    path: Path = tmp_path_factory.getbasetemp() / "garbled.hjson"
    path.write_text(SESSION[:start] + put + SESSION[start + length :])
    try:
        load_session_settings(path)
    except PassivTuiError as error:
        assert str(error)
