"""The document: values typed, stepped, reset, undone; everything wrong is told at once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from passivtui.config import shipped, template_config
from passivtui.config.edit import ConfigDocument
from passivtui.config.edit.rows import marks_of, rows_of
from passivtui.errors import ConfigError
from passivtui.paths import Home

OpenText = Callable[..., ConfigDocument]


def test_a_typed_value_is_in_the_config_at_once(opened: ConfigDocument) -> None:
    assert opened.set("bot.long.ema_span_0", "300") == ()
    assert opened.config is not None and opened.config.bot.long.ema_span_0 == 300.0
    assert opened.is_changed("bot.long.ema_span_0") and opened.is_dirty
    assert opened.differences_to_saved == (("bot.long.ema_span_0", 279, 300),)


def test_a_value_that_is_not_allowed_stays_as_typed_and_blocks_saving(opened: ConfigDocument) -> None:
    before = opened.path.read_bytes()
    assert [str(issue) for issue in opened.set("bot.long.ema_span_0", "fast")] == [
        "bot.long.ema_span_0: must be a number >= 1"
    ]
    opened.set("bot.long.close_grid_qty_pct", "0")
    assert opened.text("bot.long.ema_span_0") == "fast"
    assert opened.config is None and opened.saved_config is not None
    assert [(issue.sign, issue.key) for issue in opened.issues] == [
        ("X", "bot.long.ema_span_0"),
        ("X", "bot.long.close_grid_qty_pct"),
    ]
    with pytest.raises(ConfigError, match="2 problems"):
        opened.save()
    with pytest.raises(ConfigError, match="2 problems"):
        opened.save_as(opened.path.with_name("other.toml"))
    assert opened.path.read_bytes() == before
    opened.set("bot.long.ema_span_0", "30")
    opened.undo()
    assert opened.text("bot.long.ema_span_0") == "fast"


def test_a_file_with_wrong_values_opens_with_all_of_them_listed(open_text: OpenText) -> None:
    document = open_text('[bot.long]\nn_positions = "many"\nema_span_0 = nan\n[live]\nleverage = 0\n')
    assert {issue.key for issue in document.issues if issue.severity == "error"} == {
        "bot.long.n_positions",
        "bot.long.ema_span_0",
        "live.leverage",
    }
    assert document.text("bot.long.ema_span_0") == "nan"
    for key in ("bot.long.n_positions", "bot.long.ema_span_0", "live.leverage"):
        document.set(key, "5")
    assert document.config is not None
    assert document.save()
    assert document.path.read_text() == "[bot.long]\nn_positions = 5\nema_span_0 = 5\n[live]\nleverage = 5\n"


def test_a_trial_says_what_setting_would_say_and_sets_nothing(opened: ConfigDocument) -> None:
    assert [issue.words for issue in opened.trial("bot.long.n_positions", "-1")] == ["must be a number >= 0"]
    assert opened.trial("bot.long.n_positions", "1") == ()
    assert not opened.is_dirty and opened.undo_count == 0


def test_undo_and_redo_walk_the_commands(opened: ConfigDocument) -> None:
    opened.set("bot.long.n_positions", "1")
    opened.step("bot.long.ema_span_0", 1)
    assert (opened.undo_count, opened.redo_count) == (2, 0)
    assert opened.undo() == "bot.long.ema_span_0"
    assert opened.undo() == "bot.long.n_positions"
    assert opened.undo() is None
    assert not opened.is_dirty
    assert opened.redo() == "bot.long.n_positions"
    opened.set("live.leverage", "3")
    assert opened.redo() is None
    assert opened.text("bot.long.n_positions") == "1"


def test_setting_what_is_there_already_is_no_command(opened: ConfigDocument) -> None:
    opened.set("bot.long.n_positions", "2")
    opened.set("live.leverage", "10")  # the template's, which holds anyway
    assert opened.undo_count == 0 and not opened.is_dirty


def test_reset_goes_to_the_saved_value_or_to_the_template(opened: ConfigDocument) -> None:
    key = "bot.long.ema_span_0"
    opened.set(key, "333")
    assert opened.reset(key, "saved") and opened.text(key) == "279" and not opened.is_dirty
    opened.set("live.leverage", "3")
    assert opened.reset("live.leverage", "saved") and not opened.is_given("live.leverage")
    assert opened.reset("bot.long.n_positions", "template") and opened.text("bot.long.n_positions") == "7"
    assert not opened.reset("bot.long.n_positions", "template")


def test_switches_modes_and_choices_go_round(opened: ConfigDocument) -> None:
    key = "live.time_in_force"
    assert opened.next_choice(key) and opened.text(key) == "post_only"
    assert opened.next_choice(key) and opened.text(key) == "good_till_cancelled"
    assert opened.next_choice("live.auto_gs") and opened.text("live.auto_gs") == "false"
    assert opened.next_choice("live.forced_mode_long") and opened.text("live.forced_mode_long") == "normal"
    assert not opened.next_choice("bot.long.ema_span_0")


def test_rows_show_value_template_and_marks(opened: ConfigDocument) -> None:
    opened.set("bot.long.ema_span_0", "0.5")
    rows = {row.key: row for row in rows_of(opened, "bot.long")}
    row = rows["bot.long.ema_span_0"]
    assert (row.text, row.template, row.is_changed, row.sign, row.heading) == ("0.5", "279", True, "X", "ema")
    assert not rows["bot.long.ema_span_1"].is_given
    assert [row.heading for row in rows_of(opened, "bot.long/ema")] == ["", ""]
    assert rows_of(opened, "bot")[-1].heading == "short coin selection"
    marks = marks_of(opened)
    assert marks["bot.long/ema"].sign == marks["bot"].sign == "X" and marks["bot"].changed
    assert not marks["live"].changed and marks["bot.long/unstuck"].sign == ""
    opened.undo()
    assert marks_of(opened)["bot.short"].note == "off"


def test_bounds_are_typed_and_stepped_at_either_end(opened: ConfigDocument) -> None:
    key = "optimize.bounds.long_ema_span_0"
    assert opened.text(key) == "200 .. 1440"
    assert opened.set(key, "300 .. 900") == ()
    assert opened.config is not None and opened.config.optimize.bounds["long_ema_span_0"] == (300.0, 900.0)
    opened.step(key, 2)
    opened.step(key, -1, "low")
    assert opened.text(key) == "290 .. 920"
    opened.step(key, 100, "low")
    assert opened.text(key) == "920"
    assert [issue.words for issue in opened.trial(key, "a .. b")] == [
        "must be [low, high], or one number to keep the setting fixed"
    ]
    other = "optimize.bounds.short_n_positions"
    assert opened.text(other) == "0"  # the template's
    opened.set(other, "1 4")
    assert opened.text(other) == "1 .. 4"


def test_limits_and_scoring(opened: ConfigDocument) -> None:
    key = "optimize.limits.penalize_if_greater_than_loss_profit_ratio"
    assert opened.text(key) == "0.2" and not opened.is_given(key)
    opened.step(key, 1)
    assert opened.text(key) == "0.21"
    assert len(opened.config.optimize.limits) == 3  # type: ignore[union-attr]
    assert [key for key, _, _ in opened.differences_to_saved] == [key]
    opened.reset(key, "saved")
    assert not opened.differences_to_saved
    opened.put("optimize.limits.penalize_if_lower_than_adg", 0.001)
    opened.remove(key)
    assert [limit.metric for limit in opened.config.optimize.limits] == [  # type: ignore[union-attr]
        "btc_drawdown_worst",
        "position_unchanged_hours_max",
        "adg",
    ]
    assert "did you mean" in opened.set("optimize.scoring", "adg_ww, mdg")[0].words
    assert opened.set("optimize.scoring", "adg_w, mdg") == ()


def test_coin_lists_in_all_forms(opened: ConfigDocument) -> None:
    assert opened.text("live.approved_coins") == "BTC, ETH"
    opened.set("live.approved_coins", "long: BTC, SOL | short: ETH")
    assert opened.text("live.approved_coins.short") == "ETH"
    opened.set("live.approved_coins.long", "xrp, ADAUSDT")
    assert opened.config is not None and opened.config.live.approved_coins.long == ("XRP", "ADA")
    opened.undo()
    opened.undo()
    opened.set("live.approved_coins", "configs/approved_coins_top15mcap.json")
    assert opened.config is not None and len(opened.config.live.approved_coins.long) == 15
    issues = opened.set("live.approved_coins", "missing.json")
    assert "there is no such file" in issues[0].words
    assert opened.set("live.ignored_coins.short", "DOGE") == ()
    assert opened.text("live.ignored_coins.long") == ""


def test_overrides_of_a_coin(opened: ConfigDocument) -> None:
    section = opened.add_coin("btc/usdt:usdt")
    assert section == "coin_overrides.BTC" == opened.add_coin("BTCUSDT")
    key = opened.add_override(section, "long ema_span_0")
    assert key == "coin_overrides.BTC.bot.long.ema_span_0" and opened.text(key) == "279"
    opened.set(key, "500")
    assert opened.template_text(key) == "279"  # what the side has
    assert opened.config is not None and dict(opened.config.coin_overrides["BTC"].long) == {"ema_span_0": 500.0}
    assert marks_of(opened)["coin_overrides"].note == "1"
    opened.remove(key)
    assert opened.config is not None and dict(opened.config.coin_overrides["BTC"].long) == {}
    opened.remove(section)
    assert opened.config is not None and not opened.config.coin_overrides
    with pytest.raises(ConfigError, match="no coin name"):
        opened.add_coin(" ")


def test_a_key_that_no_coin_may_have_is_shown_and_can_be_removed(open_text: OpenText) -> None:
    document = open_text("[coin_overrides.BTC.bot.long]\nn_positions = 3\n")
    key = "coin_overrides.BTC.bot.long.n_positions"
    assert [row.sign for row in rows_of(document, "coin_overrides.BTC")] == ["X"]
    document.remove(key)
    assert document.config is not None


def test_an_override_file_counts_and_a_broken_one_is_told(open_text: OpenText, home: Home) -> None:
    other = home.configs / "other.toml"
    other.write_text("[bot.long]\nema_span_0 = 600\n")
    document = open_text('[coin_overrides.BTC]\noverride_config_path = "other.toml"\n')
    assert document.config is not None and document.config.coin_overrides["BTC"].long == {"ema_span_0": 600.0}
    other.write_text("[bot.long]\nema_span_0 = -1000\n")
    document.step("live.leverage", 1)
    assert document.config is None and "other.toml" in document.issues[0].words
    document.set("coin_overrides.BTC.override_config_path", "made.toml")
    assert "leads back" in document.issues[0].words


def test_odd_combinations_are_warned_about_and_block_nothing(opened: ConfigDocument) -> None:
    for key, text in (
        ("bot.long.close_grid_markup_start", "0.001"),
        ("bot.long.close_grid_markup_end", "0.002"),
        ("bot.long.ema_span_1", "279"),
        ("bot.long.n_positions", "9"),
        ("bot.long.total_wallet_exposure_limit", "11"),
        ("bot.long.entry_initial_qty_pct", "0.0001"),
        ("bot.long.unstuck_threshold", "1"),
        ("bot.long.entry_trailing_threshold_pct", "0"),
        ("bot.long.entry_trailing_retracement_pct", "0"),
    ):
        opened.set(key, text)
    assert opened.config is not None
    assert {issue.key.rpartition(".")[2] for issue in opened.issues if issue.severity == "warning"} == {
        "close_grid_markup_start",
        "ema_span_0",
        "n_positions",
        "leverage",
        "entry_initial_qty_pct",
        "unstuck_threshold",
        "entry_trailing_retracement_pct",
    }


def test_every_shipped_config_opens_without_problems_and_every_key_has_one_field(home: Home) -> None:
    for path in sorted(shipped.shipped_configs().glob("*.toml")):
        document = ConfigDocument.open(path, home)
        assert document.config is not None and document.is_shipped
        assert all(document.text(key) is not None for key in document.keys)
        with pytest.raises(ConfigError, match="another name"):
            document.save(overwrite=True)


def test_an_unwrapped_result_of_an_optimisation_says_so(home: Home) -> None:
    path = home.configs / "result.json"
    path.write_text('{"analysis": {"adg": 1}, "config": {"bot": {"long": {"ema_span_0": 300}}}}')
    document = ConfigDocument.open(path, home)
    assert document.converts and document.notices and not document.is_dirty
    assert document.save()
    assert path.read_text().startswith('{\n    "bot"') and not document.converts
    assert path.with_name("result.json.bak").read_text().startswith('{"analysis"')


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("gone.toml", None, "there is no such file"),
        ("half.toml", b"[bot.long]\nema_span_0 = ", "malformed TOML"),
        ("half.json", b'{"bot": {', "malformed JSON"),
        ("binary.toml", b"a\0b", "binary file"),
        ("list.json", b"[1]", "not a config"),
    ],
)
def test_what_is_no_config_is_refused_in_one_sentence(home: Home, name: str, content: bytes | None, words: str) -> None:
    path: Path = home.configs / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ConfigError, match=words):
        ConfigDocument.open(path, home)


def test_an_empty_document_means_the_template(open_text: OpenText) -> None:
    document = open_text("[bot.long]\n")
    assert document.config == template_config()
