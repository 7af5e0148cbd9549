"""Values: read by the parameter table, every mistake told at once, everything filled in or left out noted."""

from __future__ import annotations

import pytest

from passivtui.config import template_config
from passivtui.config.parameters import PARAMETERS


def test_all_mistakes_of_a_file_are_told_together_with_key_value_and_what_is_allowed(refusal):
    error = refusal(
        {
            "backtest": {"exchanges": ["binance", "mtgox"], "starting_balance": 0, "start_date": "soon"},
            "bot": {"long": {"close_grid_qty_pct": 1.5, "n_positions": "three", "entry_initial_ema_dist": -1}},
            "live": {"leverage": True, "time_in_force": "fok", "forced_mode_long": "asleep", "auto_gs": "maybe"},
            "optimize": {"iters": 2.5, "scoring": ["adgg"], "bounds": {"long_ema_span_0": [1, 2, 3]}},
            "coin_overrides": {"BTC": {"bot": {"long": {"n_positions": 3}}}},
        }
    )
    problems = {problem.key: problem for problem in error.problems}
    assert set(problems) == {
        "backtest.exchanges",
        "backtest.starting_balance",
        "backtest.start_date",
        "bot.long.close_grid_qty_pct",
        "bot.long.n_positions",
        "bot.long.entry_initial_ema_dist",
        "live.leverage",
        "live.time_in_force",
        "live.forced_mode_long",
        "live.auto_gs",
        "optimize.iters",
        "optimize.scoring",
        "optimize.bounds.long_ema_span_0",
        "coin_overrides.BTC.bot.long.n_positions",
    }
    assert str(problems["bot.long.close_grid_qty_pct"]) == (
        "config.json: bot.long.close_grid_qty_pct = 1.5: must be a number > 0 and <= 1"
    )
    assert "mtgox is none of them" in problems["backtest.exchanges"].expected
    assert "did you mean adg?" in problems["optimize.scoring"].expected
    assert "14 problems" in str(error)
    assert len(error.details) == 14


def test_a_single_mistake_is_the_message_itself(refusal):
    assert str(refusal({"live": {"leverage": 0}})) == "config.json: live.leverage = 0: must be a number >= 1"


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("bot.long.close_grid_qty_pct", 0, "> 0 and <= 1"),
        ("bot.long.entry_trailing_grid_ratio", 1.01, ">= -1 and <= 1"),
        ("bot.short.ema_span_0", 0.5, ">= 1"),
        ("bot.short.entry_initial_ema_dist", -1, "> -1"),
        ("bot.long.entry_grid_double_down_factor", 0, "> 0"),
        ("bot.long.total_wallet_exposure_limit", -0.1, ">= 0"),
        ("bot.long.n_positions", -0.4, ">= 0"),
        ("bot.long.unstuck_close_pct", None, ""),
        ("live.max_n_creations_per_batch", 1.5, "a whole number >= 1"),
        ("live.user", 5, "a text"),
        ("optimize.crossover_probability", 1.5, ">= 0 and <= 1"),
        ("backtest.end_date", [], "a date"),
        ("backtest.start_date", "now", "only for the end"),
        ("backtest.exchanges", [], "a list of exchanges"),
        ("backtest.exchanges", ["defx"], "DeFX can't be used"),
        ("bot.long.ema_span_0", 10**400, ">= 1"),
    ],
)
def test_what_a_setting_may_not_be(load, refusal, key, value, expected):
    document: dict = {}
    table = document
    *sections, name = key.split(".")
    for section in sections:
        table = table.setdefault(section, {})
    table[name] = value
    if value is None:  # null is as good as missing
        load(document)
        return
    problem = refusal(document).problems[0]
    assert problem.key == key
    assert expected in problem.expected


@pytest.mark.parametrize(("given", "rounded"), [(7.057, 7), (2.5, 2), (3.5, 4), (0.5, 0), (8, 8), (8.5352, 9)])
def test_n_positions_is_rounded_half_to_even(load, given, rounded):
    assert load({"bot": {"long": {"n_positions": given}}}).config.bot.long.n_positions == rounded


@pytest.mark.parametrize(
    ("given", "mode"),
    [("", ""), ("n", "normal"), ("GS", "graceful_stop"), ("graceful-stop", "graceful_stop"), ("tp", "tp_only"),
     ("t", "tp_only"), ("m", "manual"), ("p", "panic"), ("panic", "panic")],
)  # fmt: skip
def test_modes_are_expanded(load, given, mode):
    assert load({"live": {"forced_mode_long": given}}).config.live.forced_mode_long == mode


@pytest.mark.parametrize(("given", "value"), [(True, True), ("yes", True), (1, True), (0.0, False), ("off", False)])
def test_switches_take_the_words_of_people(load, given, value):
    assert load({"live": {"auto_gs": given}}).config.live.auto_gs is value


def test_a_missing_key_takes_the_templates_value_and_is_noted(load):
    loaded = load({"bot": {"long": {"n_positions": 3}}})
    template = template_config()
    assert loaded.config.bot.long.ema_span_1 == template.bot.long.ema_span_1 == 475.6
    assert loaded.config.bot.short == template.bot.short
    notes = {note.key: note for note in loaded.notes}
    assert notes["bot.long.ema_span_1"].message == "not given; the template's value 475.6 is used"
    assert notes["bot.short"].severity == notes["live"].severity == "info"
    assert loaded.warnings == ()


def test_an_empty_config_is_the_template(load):
    assert load({"bot": {}}).config == template_config()


def test_unknown_keys_are_left_out_below_bot_and_bounds_and_kept_elsewhere(load):
    loaded = load(
        {
            "bot": {"long": {"ema_span_2": 5}, "middle": {}},
            "optimize": {"bounds": {"long_ema_spam_0": [1, 2]}, "iterations": 5},
            "live": {"levrage": 3},
            "results_dir": "x",
            "analysis": {"adg": 0.1, "nothing": None, "list": [1, None, {"a": 2}]},
        }
    )
    assert {note.key for note in loaded.warnings} == {
        "bot.long.ema_span_2",
        "bot.middle",
        "optimize.bounds.long_ema_spam_0",
        "optimize.iterations",
        "live.levrage",
        "analysis",
    }
    notes = {note.key: note.message for note in loaded.warnings}
    assert "did you mean live.leverage?" in notes["live.levrage"]
    assert "did you mean long_ema_span_0?" in notes["optimize.bounds.long_ema_spam_0"]
    assert loaded.config.extra == {
        "optimize": {"iterations": 5},
        "live": {"levrage": 3},
        "analysis": {"adg": 0.1, "list": (1, {"a": 2})},
    }


def test_what_a_run_leaves_in_a_config_is_passed_over(load):
    loaded = load(
        {
            "backtest": {"coins": {"binance": ["BTC"]}, "cache_dir": {"binance": "x"}},
            "live": {"coin_flags": {}, "base_config_path": "configs/x.json"},
            "results_dir": "x",
            "analyses_combined": {"adg_mean": 0.1},
        }
    )
    assert loaded.warnings == ()
    assert loaded.config.extra == {}


def test_sections_that_are_no_tables_are_problems(refusal):
    error = refusal({"backtest": [], "bot": {"long": 3}, "live": "x", "optimize": 1, "coin_overrides": []})
    assert {problem.key for problem in error.problems} == {"backtest", "bot.long", "live", "optimize", "coin_overrides"}


def test_exchanges_are_known_by_either_name(load):
    assert load({"backtest": {"exchanges": "Gate, binanceusdm,gateio"}}).config.backtest.exchanges == (
        "gateio",
        "binance",
    )


def test_the_start_may_not_be_after_the_end(refusal, load):
    error = refusal({"backtest": {"start_date": "2025-02", "end_date": "2025-01-31"}})
    assert error.problems[0].key == "backtest.start_date"
    assert load({"backtest": {"start_date": "2025-02", "end_date": "now"}}).config.backtest.end_date == "now"


def test_toml_dates_and_milliseconds_are_dates(load):
    toml = load("[backtest]\nstart_date = 2025-01-01\nend_date = 2025-02-01T12:00:00Z\n", "a.toml").config.backtest
    assert (toml.start_date, toml.end_date) == ("2025-01-01", "2025-02-01T12:00:00+00:00")
    assert load({"backtest": {"start_date": 1735689600000}}).config.backtest.start_date == "1735689600000"
    assert load({"backtest": {"start_date": 2024, "end_date": ""}}).config.backtest.end_date == "now"


def test_nothing_to_trade_is_warned_about(load):
    off = {"n_positions": 0}
    assert [note.key for note in load({"bot": {"long": off, "short": off}}).warnings] == ["bot"]


def test_json_and_toml_of_one_config_are_equal(load):
    toml = """
        [live]
        approved_coins = ["BTC"]
        leverage = 7
        [bot.long]
        ema_span_0 = 300
        [coin_overrides.BTC.bot.long]
        ema_span_0 = 400
    """
    as_json = {
        "live": {"approved_coins": ["BTC"], "leverage": 7.0},
        "bot": {"long": {"ema_span_0": 300.0}},
        "coin_overrides": {"BTCUSDT": {"bot": {"long": {"ema_span_0": 400}}}},
    }
    assert load(toml, "a.toml").config == load(as_json, "b.json").config


def test_every_template_value_is_allowed():
    assert (
        template_config().bot.long.total_wallet_exposure_limit
        == PARAMETERS["bot.long.total_wallet_exposure_limit"].template[0]
    )
