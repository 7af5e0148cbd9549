"""Coin flags: every flag, and every mistake in one."""

from __future__ import annotations

import pytest


def config_with(flags):
    return {"bot": {"long": {}}, "live": {"coin_flags": {"XMR": flags}}}


@pytest.mark.parametrize(
    ("flags", "long", "short", "live"),
    [
        ("-lm gs", {}, {}, {"forced_mode_long": "graceful_stop"}),
        ("-sm m -lm n", {}, {}, {"forced_mode_long": "normal", "forced_mode_short": "manual"}),
        ("-lw 0.2 -sw 0.1", {"wallet_exposure_limit": 0.2}, {"wallet_exposure_limit": 0.1}, {}),
        ("-lev 7", {}, {}, {"leverage": 7.0}),
        ("-lw=0.2", {"wallet_exposure_limit": 0.2}, {}, {}),
        ("  -lm   tp_only ", {}, {}, {"forced_mode_long": "tp_only"}),
    ],
)
def test_each_flag_has_its_place(load, flags, long, short, live):
    override = load(config_with(flags)).config.coin_overrides["XMR"]
    assert (override.long, override.short, override.live) == (long, short, live)


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        ("-lm", "needs a value"),
        ("-lm sideways", "is no mode"),
        ("-lw much", "must be a number"),
        ("-lev nan", "must be a number"),
        ("-lm 'gs", "can't be read"),
        (7, "must be a text of flags"),
    ],
)
def test_a_mistake_in_a_flag_is_named(refusal, flags, words):
    error = str(refusal(config_with(flags)))
    assert "live.coin_flags.XMR" in error
    assert words in error


def test_unknown_flags_and_missing_files_are_told(load):
    loaded = load(config_with("-pp 3 -lc nowhere.json -lw 0 -lm n"))
    texts = " | ".join(str(note) for note in loaded.notes)
    assert "-pp is unknown" in texts
    assert "nowhere.json is not there" in texts
    assert "-lw 0 is left out" in texts
    assert loaded.config.coin_overrides["XMR"].live == {"forced_mode_long": "normal"}


def test_overrides_of_the_file_itself_count_more(load):
    document = {**config_with("-lm gs"), "coin_overrides": {"XMR": {"live": {"leverage": 3}}}}
    loaded = load(document)
    assert loaded.config.coin_overrides["XMR"].live == {"leverage": 3.0}
    assert any(note.key == "live.coin_flags" for note in loaded.warnings)


def test_flags_must_be_a_table(refusal):
    assert "must be a table of coins" in str(refusal({"bot": {}, "live": {"coin_flags": "-lm gs"}}))
