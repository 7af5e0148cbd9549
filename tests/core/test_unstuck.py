"""Unstucking over several positions (`spec/engine.md` §3.13, §7.14)."""

from __future__ import annotations

from typing import Any

import pytest
from golden import vectors

from passivtui.core import Held, calc_loss_allowance, calc_unstuck

MARKET = {"qty_step": 0.001, "price_step": 0.01, "min_qty": 0.001, "min_cost": 5.0, "c_mult": 1.0}


def held(side: str, coin: int, size: float, price: float, close: float, pct: float, limit: float = 1.0) -> Held:
    upper, lower = (close, 0.99 * close) if side == "long" else (51.0, 50.0)
    if side == "long" and close == 99.99:
        upper, lower = 100.0, 99.0
    bot: dict[str, Any] = {
        **vectors()["S2"]["bot"][side],
        "unstuck_close_pct": pct,
        "unstuck_threshold": 0.5,
        "unstuck_ema_dist": 0.0,
        "wallet_exposure_limit": limit,
    }
    return Held(coin, side, size, price, close, upper, lower, bot, MARKET)


@pytest.mark.parametrize(
    ("positions", "balance", "peak", "now", "expected"),
    [
        ([held("long", 0, 6.0, 110.0, 100.0, 0.1)], 1000.0, 0.0, 0.0, (0, "long", -1.0, 100.0)),
        ([held("long", 0, 6.0, 110.0, 99.99, 0.1)], 1000.0, 0.0, 0.0, None),
        ([held("long", 0, 4.5, 110.0, 100.0, 0.1)], 1000.0, 0.0, 0.0, None),
        ([held("long", 0, 8.0, 110.0, 100.0, 0.3)], 1000.0, 0.0, 0.0, (0, "long", -2.0, 100.0)),
        ([held("long", 0, 8.0, 110.0, 100.0, 0.3)], 995.0, 10.0, -5.0, (0, "long", -0.519, 100.0)),
        ([held("long", 0, 8.0, 110.0, 100.0, 0.3)], 970.0, 0.0, -30.0, None),
        ([held("long", 0, 8.0, 110.0, 100.0, 0.3)], 1000.0, 0.0, -20.3, (0, "long", -0.05, 100.0)),
        (
            [held("long", 0, 6.0, 120.0, 100.0, 0.05), held("long", 1, 12.0, 55.0, 50.0, 0.05)],
            1000.0, 0.0, 0.0, (1, "long", -1.0, 50.0),
        ),
        (
            [held("long", 0, 6.0, 120.0, 100.0, 0.05), held("short", 1, -12.0, 48.0, 50.0, 0.05)],
            1000.0, 0.0, 0.0, (1, "short", 1.0, 50.0),
        ),
        (
            [held("long", 0, 6.0, 95.0, 100.0, 0.05), held("short", 1, -12.0, 48.0, 50.0, 0.05)],
            1000.0, 0.0, 0.0, (0, "long", -0.5, 100.0),
        ),
        ([held("long", 0, 0.1, 110.0, 100.0, 0.1, limit=0.0)], 1000.0, 0.0, 0.0, (0, "long", -0.05, 100.0)),
    ],
)  # fmt: skip
def test_the_least_stuck_position_goes_first_within_the_allowance(
    positions: list[Held], balance: float, peak: float, now: float, expected: tuple[int, str, float, float] | None
) -> None:
    allowance = calc_loss_allowance(balance, 0.02, peak, now)
    found = calc_unstuck(balance, allowance, allowance, positions)
    if expected is None:
        assert found is None
        return
    assert found is not None
    coin, side, order = found
    assert (coin, side, order.qty, order.price, order.type) == (*expected, f"close_unstuck_{side}")


@pytest.mark.parametrize(
    ("balance", "pct", "peak", "now", "expected"),
    [
        (10000.0, 0.03, 500.0, 500.0, 300.0),
        (9800.0, 0.03, 500.0, 300.0, 99.99999999999982),
        (9700.0, 0.03, 500.0, 100.0, 0.0),
        (1000.0, 0.02, 0.0, 0.0, 20.0),
    ],
)
def test_the_allowance_shrinks_with_losses_since_the_peak(
    balance: float, pct: float, peak: float, now: float, expected: float
) -> None:
    assert calc_loss_allowance(balance, pct, peak, now) == expected
