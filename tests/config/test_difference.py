"""Two configs compared key by key."""

from __future__ import annotations

from passivtui.config import template_config
from passivtui.config.difference import ABSENT, differences


def test_a_config_has_no_difference_to_itself(load):
    assert differences(template_config(), template_config()) == ()
    assert differences(template_config(), load({"bot": {"long": {"n_positions": 7}}}).config) == ()


def test_each_changed_key_is_listed_with_both_values(load):
    changed = load({"bot": {"long": {"n_positions": 3}}, "live": {"leverage": 4}}).config
    found = {
        difference.key: (difference.before, difference.after) for difference in differences(template_config(), changed)
    }
    assert found == {"bot.long.n_positions": (7, 3), "live.leverage": (10.0, 4.0)}


def test_overrides_of_one_side_only_are_absent_on_the_other(load):
    changed = load({"bot": {}, "coin_overrides": {"BTC": {"live": {"leverage": 2}}}}).config
    (one,) = differences(template_config(), changed)
    assert (one.key, one.before, one.texts) == ("coin_overrides.BTC.live.leverage", ABSENT, ("", "2.0"))
    (back,) = differences(changed, template_config())
    assert (back.after, back.texts) == (ABSENT, ("2.0", ""))
