"""What is no config of this strategy is refused in one sentence; the config inside a result is taken out."""

from __future__ import annotations

import pytest


def test_the_config_within_the_result_of_an_optimisation_is_taken(load):
    loaded = load({"analysis": {"adg": 1}, "config": {"bot": {"long": {"n_positions": 2}}, "live": {}}})
    assert loaded.config.bot.long.n_positions == 2
    assert loaded.config.extra == {}


def test_live_and_bot_are_enough(load):
    assert load({"bot": {"long": {"n_positions": 2}}, "live": {"leverage": 3}}).warnings == ()


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ({"long": {"enabled": True}, "short": {"enabled": False}}, "single-symbol config of Passivbot 6 or older"),
        ({"TWE_long": 1, "user": "x", "symbols": {}}, "names the configs of its coins in other files"),
        ({"twe_long": 1, "live_configs_map": {}}, "names the configs of its coins in other files"),
        ({"bot": {"long": {"strategy": {"kind": "x"}}}}, "config of Passivbot 8"),
        (
            {"balance_pct": 1, "entry_qty_pct": 1, "grid_spacing": 1, "grid_coefficient": 1, "n_close_orders": 1},
            "passivtui config convert config.json",
        ),
        ({"name": "something else"}, "has none of the sections"),
    ],
)
def test_what_has_no_equivalent_is_refused_in_one_sentence(refusal, document, expected):
    error = refusal(document)
    assert expected in str(error)
    assert error.problems == ()
