"""What a backtest would run is told beforehand, with whatever stands in the way."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from passivtui.backtest.plan import Dates, Plan, parse_dates, plan_of
from passivtui.config import LoadedConfig
from passivtui.errors import ConfigError
from passivtui.market import DatasetEntry

FIRST_MS = 1_735_689_600_000  # 2025-01-01
DAY_MS = 86_400_000
MARKET = DatasetEntry("four", "Four days", ("BTC", "DOGE", "ETH"), FIRST_MS, FIRST_MS + 4 * DAY_MS - 60_000, False)


def lines(plan: Plan) -> dict[str, str]:
    return dict(plan.lines)


def test_the_plan_names_sides_coins_dates_and_balance(load: Callable[..., LoadedConfig]) -> None:
    plan = plan_of(load(), MARKET, Dates())
    assert plan.problems == ()
    assert lines(plan) == {
        "config": "lively",
        "long": "up to 3 positions, total wallet exposure limit 1.5",
        "short": "1 position, total wallet exposure limit 0.5",
        "market": "Four days",
        "coins": "BTC, DOGE, ETH (3 of the market's 3)",
        "dates": "2025-01-01 .. 2025-01-04 23:59 UTC, 4.0 days (from the config)",
        "balance": "1,000.00 USD",
    }


def test_chosen_dates_go_before_the_config_s(load: Callable[..., LoadedConfig]) -> None:
    text = lines(plan_of(load(), MARKET, Dates("2025-01-02", "2025-01-03")))["dates"]
    assert text == "2025-01-02 .. 2025-01-03 UTC, 1.0 days (as asked for)"


def test_a_side_that_is_off_says_so(load: Callable[..., LoadedConfig]) -> None:
    assert lines(plan_of(load("bot.short.n_positions=0"), MARKET, Dates()))["short"] == "off"


def test_a_coin_that_the_market_lacks_is_a_problem(load: Callable[..., LoadedConfig]) -> None:
    (problem,) = plan_of(load("live.approved_coins=BTC,XMR"), MARKET, Dates()).problems
    assert problem == "this market has no XMR; it has BTC, DOGE, ETH"


def test_dates_outside_the_market_are_a_problem(load: Callable[..., LoadedConfig]) -> None:
    (problem,) = plan_of(load(), MARKET, Dates("2026-01-01", None)).problems
    assert "holds 2025-01-01 00:00 to 2025-01-04 23:59" in problem


def test_dates_in_the_wrong_order_are_a_problem(load: Callable[..., LoadedConfig]) -> None:
    (problem,) = plan_of(load(), MARKET, Dates(None, "2024-12-01")).problems
    assert "must be before" in problem


def test_a_damaged_market_is_the_only_problem(load: Callable[..., LoadedConfig]) -> None:
    damaged = DatasetEntry("x", "x", (), 0, 0, synthetic=False, problem="x/dataset.json is damaged")
    assert plan_of(load(), damaged, Dates()).problems == ("x/dataset.json is damaged",)


def test_a_synthetic_market_is_called_so(load: Callable[..., LoadedConfig]) -> None:
    demo = DatasetEntry("demo", "Demo market", ("BTC", "DOGE", "ETH"), FIRST_MS, FIRST_MS + DAY_MS, synthetic=True)
    assert lines(plan_of(load(), demo, Dates()))["market"] == "Demo market (synthetic)"


@pytest.mark.parametrize(
    ("text", "dates"),
    [
        ("", Dates()),
        ("  ", Dates()),
        ("2025-01-01 .. 2025-03-01", Dates("2025-01-01", "2025-03-01")),
        ("2025-01-01..2025-03-01", Dates("2025-01-01", "2025-03-01")),
        ("2025-01-01 to now", Dates("2025-01-01", "now")),
        ("2025-01-01 2025-03-01", Dates("2025-01-01", "2025-03-01")),
        (".. 2025-03-01", Dates(None, "2025-03-01")),
        ("2025-01-01", Dates("2025-01-01", None)),
    ],
)
def test_dates_can_be_typed_in_several_ways(text: str, dates: Dates) -> None:
    assert parse_dates(text) == dates
    assert parse_dates(str(dates)) == dates


@pytest.mark.parametrize("text", ["yesterday", "2025-01-01 .. 2025-02-30", "2025-02-01 .. 2025-01-01", "a b c"])
def test_what_is_no_date_is_told(text: str) -> None:
    with pytest.raises(ConfigError):
        parse_dates(text)
