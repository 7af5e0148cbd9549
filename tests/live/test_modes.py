"""Modes, slots and the choice of coins (`spec/live.md` §4)."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import pytest
from live_snapshots import OFF, STALE, a_coin, a_config, a_snapshot, indicators, long_position, open_order

from passivtui.config import Approved
from passivtui.config.frozen import FrozenMap
from passivtui.config.model import CoinOverride
from passivtui.errors import ConfigError
from passivtui.live import Gate, Mode, Position, Snapshot, VenueTraits, Window, plan
from passivtui.live.modes import parse_mode

DAY_MS = 86_400_000


def modes(snapshot: Snapshot, side: str = "long") -> dict[str, str]:
    return {mode.coin: str(mode.mode) for mode in plan(snapshot).modes if mode.side == side}


def gates(snapshot: Snapshot, coin: str) -> list[Gate]:
    return [reason.gate for reason in plan(snapshot).why(coin, "long")]


def forced(mode: str, side: str = "long") -> CoinOverride:
    return CoinOverride(live=FrozenMap({f"forced_mode_{side}": mode}))


def noisy(*coins: str, **more: Any) -> dict[str, Any]:
    """Coins by noisiness, the calmest first."""
    return {
        coin: a_coin(long=indicators(noisiness=Window(0.1 * (i + 1), 50, 50, True)), **more)
        for i, coin in enumerate(coins)
    }


def abc(n_positions: int, held: Sequence[str] = (), approved: str = "ABC", **settings: Any) -> Snapshot:
    long = {"n_positions": n_positions}
    coins = noisy(*approved)
    return a_snapshot(
        a_config(long=long, **settings),
        coins=coins,
        approved=Approved(tuple(coins), ()),
        positions=tuple(long_position(coin=coin) for coin in held),
    )


@pytest.mark.parametrize(
    ("n_positions", "held", "approved", "settings", "expected"),
    [
        (3, "A", "ABC", {"live": {"forced_mode_long": "m"}}, {"A": "manual"}),
        (2, "", "ABC", {"live": {"forced_mode_long": "normal"}}, {}),
        (1, "A", "ABC", {}, {"A": "graceful_stop"}),
        (2, "A", "ABC", {}, {"A": "graceful_stop", "C": "normal"}),
        (1, "", "ABC", {"overrides": {"B": forced("normal")}}, {"B": "normal"}),
        (1, "A", "ABC", {"overrides": {"A": forced("manual")}}, {"A": "manual", "C": "normal"}),
        (2, "ABC", "ABCD", {}, {"A": "graceful_stop", "B": "graceful_stop", "C": "graceful_stop"}),
        (2, "A", "ABC", {"live": {"auto_gs": False}}, {"A": "manual", "C": "normal"}),
        (3, "", "ABC", {}, {"A": "normal", "B": "normal", "C": "normal"}),
        (1, "C", "ABC", {}, {"C": "normal"}),
        (0, "A", "ABC", {}, {"A": "graceful_stop"}),
        (1, "A", "ABC", {"overrides": {"A": forced("P")}}, {"A": "panic", "C": "normal"}),
    ],
)
def test_modes_of_the_long_side(
    n_positions: int, held: str, approved: str, settings: dict[str, Any], expected: dict[str, str]
) -> None:
    assert modes(abc(n_positions, held, approved, **settings)) == expected


@pytest.mark.parametrize(
    ("text", "mode"),
    [("n", "normal"), ("gs", "graceful_stop"), ("t", "tp_only"), ("m", "manual"), ("p", "panic"), ("", None)],
)
def test_short_names_are_modes(text: str, mode: str | None) -> None:
    assert parse_mode(text) == (None if mode is None else Mode(mode))


def test_a_mode_that_is_none_is_refused_by_name() -> None:
    with pytest.raises(ConfigError, match="'stop' is no mode"):
        plan(a_snapshot(commanded_mode="stop"))


def test_every_coin_without_a_mode_has_a_reason() -> None:
    snapshot = abc(1)
    assert modes(snapshot) == {"C": "normal"}
    for coin in "AB":
        reason = plan(snapshot).why(coin, "long")[0]
        assert reason.gate is Gate.RANK and dict(reason.numbers)["slots"] == 1
    assert gates(abc(2, "A"), "B") == [Gate.SLOTS]
    assert gates(abc(3, live={"forced_mode_long": "gs"}), "A") == [Gate.MODE]


def test_low_volumes_are_dropped_before_noisiness_counts() -> None:
    coins = noisy("A", "B", "C")
    quiet = dataclasses.replace(coins["C"].long, volume=Window(1.0, 100, 100, True))
    coins["C"] = dataclasses.replace(coins["C"], long=quiet)
    config = a_config(long={"filter_volume_drop_pct": 0.4})
    snapshot = a_snapshot(config, coins=coins, approved=Approved(("A", "B", "C"), ()))
    assert modes(snapshot) == {"B": "normal"}
    assert gates(snapshot, "C") == [Gate.VOLUME] and gates(snapshot, "A") == [Gate.RANK]


def test_at_least_as_many_coins_as_slots_survive_the_volume_filter() -> None:
    long = {"n_positions": 2, "filter_volume_drop_pct": 1.0}
    coins = noisy("A", "B", "C")
    assert len(modes(a_snapshot(a_config(long=long), coins=coins, approved=Approved(tuple(coins), ())))) == 2


def test_windows_of_unequal_length_compare_per_minute() -> None:
    coins = noisy("A", "B")
    young = dataclasses.replace(coins["A"].long, noisiness=Window(0.05, 10, 50, True))
    coins["A"] = dataclasses.replace(coins["A"], long=young)
    config = a_config(long={"filter_volume_drop_pct": 0.0})
    assert modes(a_snapshot(config, coins=coins, approved=Approved(("A", "B"), ()))) == {"A": "normal"}


@pytest.mark.parametrize("lack", [None, Window(0.9, 20, 50, False)])
def test_a_coin_without_its_candles_is_not_chosen_and_nothing_stands_in_for_them(lack: Window | None) -> None:
    coins = noisy("A", "B")
    coins["B"] = dataclasses.replace(coins["B"], long=dataclasses.replace(coins["B"].long, noisiness=lack))
    snapshot = a_snapshot(coins=coins, approved=Approved(("A", "B"), ()))
    assert modes(snapshot) == {"A": "normal"}
    assert gates(snapshot, "B") == [Gate.INPUT]


def test_a_coin_with_old_candles_is_not_chosen() -> None:
    coins = noisy("A", "B")
    coins["B"] = dataclasses.replace(coins["B"], candles=STALE)
    snapshot = a_snapshot(coins=coins, approved=Approved(("A", "B"), ()))
    assert modes(snapshot) == {"A": "normal"} and gates(snapshot, "B") == [Gate.INPUT, Gate.INPUT]


@pytest.mark.parametrize(("days", "chosen"), [(29.9, "A"), (30.1, "B"), (None, "A")])
def test_young_coins_wait_while_coins_are_chosen(days: float | None, chosen: str) -> None:
    coins = noisy("A", "B")
    now = a_snapshot().now_ms
    listed = None if days is None else now - int(days * DAY_MS)
    coins["B"] = dataclasses.replace(coins["B"], listed_ms=listed)
    config = a_config(live={"minimum_coin_age_days": 30.0})
    snapshot = a_snapshot(config, coins=coins, approved=Approved(("A", "B"), ()))
    assert modes(snapshot) == {chosen: "normal"}
    if chosen == "A":
        assert gates(snapshot, "B") == [Gate.COIN_AGE]


def test_age_does_not_matter_where_every_coin_has_a_slot() -> None:
    config = a_config(long={"n_positions": 1}, live={"minimum_coin_age_days": 30.0})
    assert modes(a_snapshot(config, coins={"A": a_coin(listed_ms=None)}, approved=Approved(("A",), ()))) == {
        "A": "normal"
    }


def test_coins_that_the_balance_is_too_small_for_are_left_out_with_a_warning() -> None:
    snapshot = a_snapshot(balance=99.0)  # 99 x 1.0 x 0.05 is below the minimum cost of 5
    planned = plan(snapshot)
    assert modes(snapshot) == {} and len(planned.warnings) == 1 and "Raise the balance" in planned.warnings[0]
    reason = planned.why("BTC", "long")[0]
    assert reason.gate is Gate.MIN_COST and dict(reason.numbers) == {"first_entry": 99.0 * 0.05, "minimum_cost": 5.0}
    off = a_config(live={"filter_by_min_effective_cost": False})
    assert modes(a_snapshot(off, balance=99.0)) == {"BTC": "normal"}
    assert plan(a_snapshot(balance=101.0)).warnings == ()


@pytest.mark.parametrize(("standing", "mode"), [("inactive", "tp_only"), ("ineligible", "manual")])
def test_a_held_coin_whose_market_is_not_traded(standing: Any, mode: str) -> None:
    coins = {"BTC": a_coin(standing=standing, standing_reason="it is being delisted")}
    snapshot = a_snapshot(coins=coins, positions=(long_position(),))
    assert modes(snapshot) == {"BTC": mode}
    assert plan(snapshot).modes[0].reason == "it is being delisted"
    assert gates(dataclasses.replace(snapshot, positions=()), "BTC") == [Gate.MARKET]


def test_a_forced_mode_enters_nothing_where_the_market_is_not_active() -> None:
    config = a_config(overrides={"BTC": forced("normal")})
    assert modes(a_snapshot(config, coins={"BTC": a_coin(standing="inactive")})) == {"BTC": "tp_only"}


def test_a_held_coin_that_the_venue_does_not_list_is_left_alone() -> None:
    snapshot = a_snapshot(coins={}, positions=(long_position(),), open_orders=(open_order(1.0, 90.0),))
    assert modes(snapshot) == {"BTC": "manual"} and plan(snapshot).is_quiet


@pytest.mark.parametrize("hedge_mode", [True, False])
def test_one_way_venues_hold_a_coin_on_one_side(hedge_mode: bool) -> None:
    both = a_config(short={})
    venue = VenueTraits(hedge_mode=hedge_mode)
    held = a_snapshot(both, venue=venue, positions=(Position("BTC", "short", -1.0, 100.0),))
    assert modes(held) == ({"BTC": "normal"} if hedge_mode else {})
    flat = a_snapshot(both, venue=venue)
    assert modes(flat) == {"BTC": "normal"}
    assert modes(flat, "short") == ({"BTC": "normal"} if hedge_mode else {})
    if not hedge_mode:
        assert plan(flat).why("BTC", "short")[0].gate is Gate.ONE_WAY


def test_orders_of_a_coin_that_lost_its_slot_are_cancelled() -> None:
    snapshot = dataclasses.replace(abc(1), open_orders=(open_order(0.5, 99.0, coin="A"),))
    assert modes(snapshot) == {"A": "graceful_stop", "C": "normal"}
    assert [order.coin for order in plan(snapshot).cancellations] == ["A"]


def test_orders_of_somebody_else_are_shown_and_left_alone() -> None:
    other = open_order(0.5, 99.0, coin="A", is_ours=False)
    planned = plan(dataclasses.replace(abc(1), open_orders=(other,)))
    assert planned.foreign == (other,) and planned.cancellations == () and "A" not in {m.coin for m in planned.modes}


@pytest.mark.parametrize("mode", ["graceful_stop", "tp_only", "manual", "panic"])
def test_a_command_holds_for_the_whole_bot(mode: str) -> None:
    snapshot = dataclasses.replace(abc(3, "A", overrides={"A": forced("normal")}), commanded_mode=mode)
    assert modes(snapshot) == {"A": mode}


def test_a_side_that_is_off_opens_nothing() -> None:
    assert modes(a_snapshot(a_config(long=OFF))) == {}
