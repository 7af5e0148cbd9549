"""Round trips: what is written reads back equal, as TOML and as JSON, for any valid config."""

from __future__ import annotations

import copy
import dataclasses
import json
import pickle
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from passivtui.config import Config, load_config, template_config, to_json, to_toml
from passivtui.config.load import config_from_document
from passivtui.config.metric_names import METRIC_DIRECTIONS
from passivtui.config.modes import MODES
from passivtui.config.parameter import Kind, Param
from passivtui.config.parameters import BOUNDS, COIN_BOT_PARAMETERS, COIN_LIVE_PARAMETERS, SECTION_PARAMETERS
from passivtui.exchanges.venues import venues_with_candles

COINS = st.sampled_from(["BTC", "ETH", "PEPE", "XUSD", "1INCH", "SATS", "USDC"])
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
NUMBERS = st.floats(-1e6, 1e6) | st.integers(-(10**6), 10**6)


def floats(param: Param) -> st.SearchStrategy[float]:
    low, high = param.allowed.low, param.allowed.high
    return st.floats(
        low if low is not None else -1e9,
        high if high is not None else 1e9,
        exclude_min=param.allowed.low_open,
        exclude_max=param.allowed.high_open,
    )


def values(param: Param) -> st.SearchStrategy[Any]:
    """Any value that the setting may have."""
    match param.kind:
        case Kind.NUMBER | Kind.ROUNDED:
            return floats(param)
        case Kind.COUNT:
            return st.integers(int(param.allowed.low or 0), int(param.allowed.high or 10**9))
        case Kind.SWITCH:
            return st.booleans()
        case Kind.TEXT:
            return TEXT
        case Kind.CHOICE:
            return st.sampled_from(param.choices)
        case Kind.MODE:
            return st.sampled_from(sorted(MODES))
        case Kind.DATE:
            dates = ["2021", "2021-05", "2021-05-06", "1620000000000"]
            return st.sampled_from(dates if param.name == "start_date" else ["now", "2024-01-01T10:00"])
        case Kind.EXCHANGES:
            return st.lists(st.sampled_from(venues_with_candles()), min_size=1, unique=True)
        case Kind.NAMES:
            return st.lists(st.sampled_from(param.choices), unique=True)
        case Kind.COINS:
            side = st.lists(COINS, max_size=4)
            return side | st.fixed_dictionaries({"long": side, "short": side})
        case Kind.METRICS:
            return st.lists(st.sampled_from(sorted(METRIC_DIRECTIONS)), min_size=1, max_size=4)
        case Kind.LIMITS:
            prefix = st.sampled_from(["", "penalize_if_greater_than_", "penalize_if_lower_than_"])
            name = st.builds(lambda a, b: a + b, prefix, st.sampled_from(sorted(METRIC_DIRECTIONS)))
            return st.dictionaries(name, NUMBERS, max_size=4)
    raise AssertionError(param.kind)


def table(params: dict[str, Param]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional={name: values(param) for name, param in params.items()})


def section(name: str) -> st.SearchStrategy[dict[str, Any]]:
    return table({param.name: param for param in SECTION_PARAMETERS[name] if "probability" not in param.name})


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**62), 2**62) | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)
UNKNOWN = st.dictionaries(TEXT.map(lambda text: "x" + text), JSON, max_size=3)
BOUND = st.fixed_dictionaries({}, optional={name: st.lists(NUMBERS, min_size=1, max_size=2) for name in BOUNDS})
OVERRIDE = st.fixed_dictionaries(
    {},
    optional={
        "bot": st.fixed_dictionaries({"long": table(COIN_BOT_PARAMETERS), "short": table(COIN_BOT_PARAMETERS)}),
        "live": table(COIN_LIVE_PARAMETERS),
    },
)


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    """Any document that is a valid config, unknown keys included."""
    return {
        **draw(UNKNOWN),
        "backtest": {**draw(UNKNOWN), **draw(section("backtest"))},
        "bot": {"long": draw(section("bot")), "short": draw(section("bot"))},
        "live": {**draw(UNKNOWN), **draw(section("live"))},
        "optimize": {**draw(UNKNOWN), **draw(section("optimize")), "bounds": draw(BOUND)},
        "coin_overrides": draw(st.dictionaries(COINS, OVERRIDE, max_size=2)),
    }


def read_back(folder: Path, config: Config) -> tuple[Config, Config]:
    results = []
    for name, text in (("c.toml", to_toml(config)), ("c.json", to_json(config))):
        path = folder / name
        path.write_text(text, encoding="utf-8")
        results.append(load_config(path).config)
    return results[0], results[1]


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
    deadline=None,
    max_examples=60,
)
@given(document=documents())
def test_any_valid_config_reads_back_equal_from_toml_and_json(tmp_path, document):
    config = config_from_document(document).config
    from_toml, from_json = read_back(tmp_path, config)
    assert from_toml == config
    assert from_json == config


def test_the_template_reads_back_equal(tmp_path):
    config = template_config()
    assert read_back(tmp_path, config) == (config, config)


def test_json_has_all_sections_that_passivbot_asks_for():
    document = json.loads(to_json(template_config()))
    assert set(document) == {"backtest", "bot", "coin_overrides", "live", "optimize"}
    assert set(document["live"]["approved_coins"]) == {"long", "short"}
    assert len(document["bot"]["long"]) == 28
    assert len(document["optimize"]["bounds"]) == 54
    assert document["optimize"]["limits"]["penalize_if_greater_than_loss_profit_ratio"] == 0.2


def test_toml_explains_every_setting():
    text = to_toml(template_config())
    for section_name in ("backtest", "bot", "live", "optimize"):
        for param in SECTION_PARAMETERS[section_name]:
            assert f"# {param.help}" in text


def test_a_config_can_be_copied_pickled_and_compared_but_not_changed(load):
    config = load({"coin_overrides": {"BTC": {"live": {"leverage": 2}}}, "other": {"a": [1]}}).config
    assert pickle.loads(pickle.dumps(config)) == copy.deepcopy(config) == config
    assert hash(config) == hash(copy.deepcopy(config))
    with pytest.raises(dataclasses.FrozenInstanceError):
        config.live = config.live  # type: ignore[misc]
    with pytest.raises(TypeError):
        config.extra["a"] = 1  # type: ignore[index]
