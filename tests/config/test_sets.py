"""--set KEY=VALUE: the same rules as in a file."""

from __future__ import annotations

import pytest

from passivtui.config import CoinLists


def test_values_are_read_as_json_or_toml_else_as_text(load):
    sets = [
        "bot.long.n_positions=3",
        "bot.short.enforce_exposure_limit = no",
        "live.approved_coins=BTC,ETH",
        "live.user=me",
        'live.forced_mode_short="gs"',
        "backtest.exchanges=['demo']",
        "backtest.start_date=2025-01-01",
        "backtest.end_date=2026",
        "backtest.use_btc_collateral=false",
        "optimize.scoring=adg,sharpe_ratio",
        "optimize.bounds.long_ema_span_0=[300, 200]",
        "optimize.limits.drawdown_worst=0.3",
        "coin_overrides.BTC.bot.long.wallet_exposure_limit=0.4",
        "live.leverage=1_0",
    ]
    config = load({"bot": {}}, sets=sets).config
    assert config.bot.long.n_positions == 3
    assert config.bot.short.enforce_exposure_limit is False
    assert config.live.approved_coins == CoinLists(("BTC", "ETH"), ("BTC", "ETH"))
    assert (config.live.user, config.live.forced_mode_short, config.live.leverage) == ("me", "graceful_stop", 10.0)
    assert config.backtest.exchanges == ("demo",)
    assert (config.backtest.start_date, config.backtest.end_date) == ("2025-01-01", "2026")
    assert config.optimize.scoring == ("adg", "sharpe_ratio")
    assert config.optimize.bounds["long_ema_span_0"] == (200.0, 300.0)
    assert [limit.key for limit in config.optimize.limits] == ["penalize_if_greater_than_drawdown_worst"]
    assert config.coin_overrides["BTC"].long == {"wallet_exposure_limit": 0.4}


def test_one_side_of_a_common_coin_list_can_be_set(load):
    loaded = load({"live": {"approved_coins": ["BTC"]}}, sets=["live.approved_coins.short=ETH"])
    assert loaded.config.live.approved_coins == CoinLists(("BTC",), ("ETH",))


def test_a_later_set_wins_over_an_earlier_one_and_over_the_file(load):
    loaded = load({"live": {"leverage": 2}}, sets=["live.leverage=3", "live.leverage=4"])
    assert loaded.config.live.leverage == 4.0


@pytest.mark.parametrize(
    ("text", "key", "expected"),
    [
        ("bot.long.n_position=3", "bot.long.n_position", "did you mean bot.long.n_positions?"),
        ("n_positions=3", "n_positions", "did you mean bot.long.n_positions?"),
        ("live.levrage=3", "live.levrage", "did you mean live.leverage?"),
        ("optimize.bounds.long_ema=1", "optimize.bounds.long_ema", "did you mean optimize.bounds.long_ema_span_"),
        ("coin_overrides.BTC.bot.long.n_positions=3", "coin_overrides.BTC.bot.long.n_positions", "unknown key"),
        ("bot.long.n_positions", "bot.long.n_positions", "must be KEY=VALUE"),
        ("=3", "=3", "must be KEY=VALUE"),
        ("live.user=\udcff", "--set", "no text"),
        ("qqqqqqqqqqqqqqqqq=3", "qqqqqqqqqqqqqqqqq", "unknown key"),
        ("bot.long.n_positions=-3", "bot.long.n_positions", "a number >= 0"),
        ("bot.long.ema_span_0=nan", "bot.long.ema_span_0", "a number >= 1"),
        ("bot.long.ema_span_0=NaN", "bot.long.ema_span_0", "a number >= 1"),
        ("optimize.limits.nonsense=3", "optimize.limits.nonsense", "is no metric"),
    ],
)
def test_a_wrong_set_is_a_problem_with_its_key(refusal, text, key, expected):
    problem = refusal({"bot": {}}, sets=[text]).problems[0]
    assert problem.key == key
    assert expected in problem.expected


def test_mistakes_on_the_command_line_and_in_the_file_are_told_together(refusal):
    error = refusal({"live": {"leverage": 0}}, sets=["bot.long.n_position=3"])
    assert [problem.key for problem in error.problems] == ["bot.long.n_position", "live.leverage"]


def test_a_value_that_is_in_the_way_is_a_problem(refusal):
    error = refusal({"coin_overrides": {"BTC": 3}}, sets=["coin_overrides.BTC.live.leverage=2"])
    assert error.problems[0].key == "coin_overrides.BTC"
