"""Whatever a file holds: a config or a ConfigError comes of it, and a migrated config keeps its values when written."""

from __future__ import annotations

import contextlib
import copy
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from passivtui.config import load_config, to_json, to_toml
from passivtui.config.findings import Findings
from passivtui.config.migration import migrate
from passivtui.config.parameters import SECTION_PARAMETERS, SIDES
from passivtui.errors import ConfigError

SPECIAL = [
    "backtest", "bot", "live", "optimize", "coin_overrides", "long", "short", "config", "common",
    "universal_live_config", "TWE_long", "approved_symbols", "symbol_flags", "coin_flags", "exchange", "limits",
    "bounds", "scoring", "close_grid_min_markup", "close_grid_markup_range", "filter_rolling_window",
    "filter_relative_volume_clip_pct",
    "minimum_market_age_days", "config_version", "long_close_grid_min_markup", "long_filter_rolling_window", "n_longs",
    "entry_grid_spacing_we_weight", "n_positions", "lower_bound_adg", "metric", "penalize_if", "value", "strategy",
]  # fmt: skip

keys = st.one_of(st.sampled_from(SPECIAL), st.text(max_size=8))
scalars = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text(max_size=12),
    st.sampled_from(["-lm gs", "--adg 1", "binance", "BTC"]),
)  # fmt: skip
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=5), max_leaves=15
)
documents = st.dictionaries(keys, values, max_size=6)
contents = st.binary(max_size=200) | st.text(max_size=200).map(str.encode)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(document=documents)
def test_any_document_is_a_config_or_a_config_error(document: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "any.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    try:
        loaded = load_config(path)
    except ConfigError as error:
        assert str(error)
        return
    for text, name in ((to_toml(loaded.config), "again.toml"), (to_json(loaded.config), "again.json")):
        again = tmp_path / name
        again.write_text(text, encoding="utf-8")
        assert load_config(again).config == loaded.config


@settings(max_examples=200, deadline=None)
@given(document=documents)
def test_migration_leaves_what_it_was_given_alone(document: dict[str, Any]) -> None:
    before = copy.deepcopy(document)
    with contextlib.suppress(ConfigError):
        migrate(Path("any.json"), document, Findings("any.json"))
    assert document == before


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=contents, suffix=st.sampled_from([".json", ".hjson", ".toml"]))
def test_any_bytes_are_a_config_or_a_config_error(content: bytes, suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"any{suffix}"
    path.write_bytes(content)
    try:
        load_config(path)
    except ConfigError as error:
        assert str(error)


def _wrong_values(param: Any) -> list[Any]:
    return [value for value in ({"a": {"b": 1}}, [[1]], "\x07?", -1e300) if not _reads(param, value)]


def _reads(param: Any, value: Any) -> bool:
    try:
        param.read(value)
    except (ValueError, KeyError):
        return False
    return True


PLAIN = [
    (param.key(side), param)
    for section, params in SECTION_PARAMETERS.items()
    for param in params
    if param.kind.name not in ("COINS", "METRICS", "LIMITS")
    for side in (SIDES if section == "bot" else ("long",))
]


@pytest.mark.parametrize(("key", "param"), PLAIN, ids=[key for key, _ in PLAIN])
def test_every_wrong_type_in_every_key_is_named(refusal, key: str, param: Any) -> None:
    wrong = _wrong_values(param)
    assert wrong, "no value is wrong for it"
    for value in wrong:
        document: dict[str, Any] = {"bot": {}}
        table = document
        *path, name = key.split(".")
        for part in path:
            table = table.setdefault(part, {})
        table[name] = value
        error = refusal(document)
        assert key in str(error) or any(problem.key == key for problem in error.problems)
