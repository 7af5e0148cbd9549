"""coin_overrides: inline, from another file, and the order between them; and what the engine gets of it."""

from __future__ import annotations

import pytest

from passivtui.config import CoinOverride, engine_params, template_config


def test_inline_overrides_reach_the_engine_for_that_coin_only(load):
    config = load(
        {
            "coin_overrides": {
                "DOGEUSDT": {
                    "bot": {
                        "long": {"wallet_exposure_limit": 0.2, "ema_span_0": 50},
                        "short": {"enforce_exposure_limit": False},
                    },
                    "live": {"forced_mode_long": "gs", "leverage": 3},
                }
            }
        }
    ).config
    doge, btc = engine_params(config, "DOGE"), engine_params(config, "BTC")
    assert (doge["long"]["wallet_exposure_limit"], doge["long"]["ema_span_0"]) == (0.2, 50.0)
    assert doge["short"]["enforce_exposure_limit"] == 0.0
    assert doge["short"]["wallet_exposure_limit"] == -1.0
    assert btc["long"]["ema_span_0"] == 279.0
    assert btc["long"]["wallet_exposure_limit"] == -1.0
    assert config.coin_overrides["DOGE"].live == {"forced_mode_long": "graceful_stop", "leverage": 3.0}


def test_the_engine_gets_exactly_its_parameters_as_floats():
    from passivtui.core.layout import BOT_PARAMS

    params = engine_params(template_config(), "BTC")
    for side in ("long", "short"):
        assert tuple(params[side]) == BOT_PARAMS
        assert all(type(value) is float for value in params[side].values())
    assert params["long"]["enforce_exposure_limit"] == 1.0
    assert params["long"]["n_positions"] == 7.0


EXTERNAL = {
    "bot": {
        "long": {"ema_span_0": 100, "ema_span_1": 475.6, "n_positions": 9, "wallet_exposure_limit": 0.5},
        "short": {"close_grid_qty_pct": 0.5},
    },
    "live": {"leverage": 4, "user": "other"},
}


def test_a_files_values_that_differ_apply_and_inline_ones_win(load, write):
    path = write(EXTERNAL, "other.json")
    inline = {"bot": {"long": {"ema_span_0": 279.0, "unstuck_threshold": 0.5}}, "override_config_path": "other.json"}
    loaded = load({"live": {"approved_coins": "ETH"}, "coin_overrides": {"ETH": inline}})
    override = loaded.config.coin_overrides["ETH"]
    assert override.long == {"ema_span_0": 279.0, "unstuck_threshold": 0.5, "wallet_exposure_limit": 0.5}
    assert override.short == {"close_grid_qty_pct": 0.5}
    assert override.live == {"leverage": 4.0}
    assert loaded.files == (path,)
    assert engine_params(loaded.config, "ETH")["long"]["n_positions"] == 7.0


def test_the_other_file_may_be_toml_and_named_by_an_absolute_path(load, write):
    path = write("[bot.long]\nema_span_0 = 111\n", "deep/other.toml")
    loaded = load({"coin_overrides": {"ETH": {"override_config_path": str(path)}}})
    assert loaded.config.coin_overrides["ETH"] == CoinOverride(long=loaded.config.coin_overrides["ETH"].long)
    assert loaded.config.coin_overrides["ETH"].long == {"ema_span_0": 111.0}


@pytest.mark.parametrize(
    ("override", "key", "expected"),
    [
        ({"bot": {"long": {"n_positions": 1}}}, ".bot.long.n_positions", "can't be set for one coin"),
        ({"bot": {"long": {"filter_volume_drop_pct": 0.1}}}, ".bot.long.filter_volume_drop_pct", "can't be set"),
        ({"bot": {"long": {"ema_spam_0": 1}}}, ".bot.long.ema_spam_0", "did you mean ema_span_0?"),
        ({"bot": {"both": {}}}, ".bot.both", "can't be set"),
        ({"live": {"user": "x"}}, ".live.user", "can't be set"),
        ({"bots": {}}, ".bots", "did you mean bot?"),
        ({"bot": {"short": {"wallet_exposure_limit": -1}}}, ".bot.short.wallet_exposure_limit", "a number >= 0"),
        ({"live": {"forced_mode_short": "x"}}, ".live.forced_mode_short", "a mode"),
        ({"bot": 3}, ".bot", "must be a table"),
        (3, "", "must be a table"),
        ({"override_config_path": "missing.json"}, ".override_config_path", "there is no such file"),
        ({"override_config_path": 5}, ".override_config_path", "must be the path"),
    ],
)
def test_a_wrong_override_is_a_problem_with_its_key(refusal, override, key, expected):
    problem = refusal({"coin_overrides": {"BTC": override}}).problems[0]
    assert problem.key == f"coin_overrides.BTC{key}"
    assert expected in problem.expected


def test_a_coin_given_twice_under_two_names_is_a_problem(refusal):
    assert "twice" in str(refusal({"coin_overrides": {"BTC": {}, "BTCUSDT": {}}}))


def test_a_file_that_leads_back_is_a_problem(refusal, write):
    write({"coin_overrides": {"ETH": {"override_config_path": "config.json"}}}, "other.json")
    error = refusal({"coin_overrides": {"BTC": {"override_config_path": "other.json"}}})
    assert "leads back" in str(error)
    assert error.problems[0].file == "other.json"
    assert "leads back" in str(refusal({"coin_overrides": {"BTC": {"override_config_path": "config.json"}}}))


def test_mistakes_in_the_other_file_are_told_with_its_name(refusal, write):
    write({"bot": {"long": {"ema_span_0": 0}}}, "other.json")
    error = refusal({"live": {"leverage": 0}, "coin_overrides": {"BTC": {"override_config_path": "other.json"}}})
    assert [(problem.file, problem.key) for problem in error.problems] == [
        ("config.json", "live.leverage"),
        ("other.json", "bot.long.ema_span_0"),
    ]
