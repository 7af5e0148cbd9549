"""Input that the engine can't work on is refused before the loop; absurd but defined input is run."""

from __future__ import annotations

import threading
from typing import Any

import generated_series
import numpy as np
import pytest
from golden import vectors

from passivtui.core import (
    EngineInputError,
    MarketData,
    RunControl,
    SimulationCancelled,
    analyse,
    simulate,
    simulate_market,
)

BOT = vectors()["S2"]["bot"]
MARKET = {"qty_step": 0.001, "price_step": 0.01, "min_qty": 0.001, "min_cost": 5.0, "c_mult": 1.0}


@pytest.fixture(scope="module")
def hlcv() -> Any:
    return generated_series.one_coin()


def run(hlcv: Any, *, btc: Any = None, bot: Any = BOT, market: Any = MARKET, balance: float = 1000.0) -> Any:
    btc = np.ones(len(hlcv)) if btc is None else btc
    return simulate(hlcv, btc, [bot], [market], balance, 0.0002)


def changed(side: str, **values: float) -> dict[str, dict[str, float]]:
    return {**BOT, side: {**BOT[side], **values}}


@pytest.mark.parametrize(
    ("arrange", "words"),
    [
        (lambda h: h.astype(np.float32), "float64"),
        (lambda h: h.astype(">f8"), "native byte order"),
        (lambda h: h[:, 0], "3 dimension"),
        (lambda h: h[::2], "contiguous"),
        (lambda h: np.ascontiguousarray(h[:, :, :3]), "shape"),
        (lambda h: h[:1], "at least 2"),
        (lambda h: np.where(np.arange(len(h))[:, None, None] == 77, np.nan, h), "not finite"),
        (lambda h: np.where(np.arange(len(h))[:, None, None] == 77, np.inf, h), "not finite"),
        (lambda h: np.where(np.arange(len(h))[:, None, None] == 77, 0.0, h), "above 0"),
    ],
)
def test_candles_that_are_not_candles_are_refused(hlcv: Any, arrange: Any, words: str) -> None:
    with pytest.raises(EngineInputError, match=words):
        run(arrange(hlcv))


def test_btc_prices_must_be_there_for_every_minute_and_positive(hlcv: Any) -> None:
    with pytest.raises(EngineInputError, match="btc_usd holds"):
        run(hlcv, btc=np.ones(3))
    with pytest.raises(EngineInputError, match="above 0"):
        run(hlcv, btc=np.zeros(len(hlcv)))


@pytest.mark.parametrize("name", ["qty_step", "price_step", "c_mult"])
def test_a_step_of_zero_is_refused_by_name(hlcv: Any, name: str) -> None:
    with pytest.raises(EngineInputError, match=f"coin 0: {name} must be above 0"):
        run(hlcv, market={**MARKET, name: 0.0})


def test_parameters_that_are_missing_or_no_numbers_are_refused_by_name(hlcv: Any) -> None:
    incomplete = {**BOT, "long": {k: v for k, v in BOT["long"].items() if k != "ema_span_0"}}
    with pytest.raises(EngineInputError, match="ema_span_0 is missing"):
        run(hlcv, bot=incomplete)
    with pytest.raises(EngineInputError, match="finite"):
        run(hlcv, bot=changed("short", unstuck_threshold=float("nan")))
    with pytest.raises(EngineInputError, match="must be a number"):
        run(hlcv, bot=changed("long", n_positions="two"))  # type: ignore[arg-type]
    with pytest.raises(EngineInputError, match="ema_span"):
        run(hlcv, bot=changed("long", ema_span_1=-5.0))
    with pytest.raises(EngineInputError, match="1 coins, but 2 bot_params"):
        simulate(hlcv, np.ones(len(hlcv)), [BOT, BOT], [MARKET], 1000.0, 0.0)


@pytest.mark.parametrize(
    "values",
    [
        {"n_positions": 50.0},
        {"total_wallet_exposure_limit": 0.0},
        {"total_wallet_exposure_limit": 1e9},
        {"ema_span_0": 0.2, "ema_span_1": 0.5},
        {"filter_volume_rolling_window": 0.0, "filter_noisiness_rolling_window": 1e12},
        {"wallet_exposure_limit": 0.0},
        {"unstuck_loss_allowance_pct": 100.0},
    ],
)
def test_absurd_but_defined_parameters_run_to_the_end(hlcv: Any, values: dict[str, float]) -> None:
    result = run(hlcv, bot=changed("long", **values))
    assert len(result.equities_usd) == len(hlcv) - 1


@pytest.mark.parametrize("rows", [2, 3, 4, 100, 1441, 3000])
def test_short_data_never_fails(hlcv: Any, rows: int) -> None:
    result = run(hlcv[:rows])
    analysis = analyse(*result, False)
    assert len(result.equities_usd) == rows - 1
    assert analysis.usd["drawdown_worst"] <= 1.0


def test_no_fills_give_the_default_metrics(hlcv: Any) -> None:
    result = run(hlcv, bot={side: {**BOT[side], "n_positions": 0.0} for side in BOT})
    analysis = analyse(*result, False)
    assert len(result.fills) == 0
    assert (analysis.usd["gain"], analysis.usd["drawdown_worst"], analysis.usd["omega_ratio_w"]) == (0.0, 1.0, 0.0)


def test_read_only_candles_are_fine_and_two_threads_share_them(hlcv: Any) -> None:
    frozen = hlcv.copy()
    frozen.flags.writeable = False
    market = MarketData(frozen, np.ones(len(frozen)))
    results: dict[int, Any] = {}

    def work(number: int) -> None:
        results[number] = simulate_market(market, [BOT], [MARKET], 1000.0, 0.0002)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert results[0].fills.tobytes() == results[1].fills.tobytes() == run(hlcv).fills.tobytes()


def test_a_run_that_was_cancelled_says_so(hlcv: Any) -> None:
    control = RunControl()
    control.cancel()
    with pytest.raises(SimulationCancelled):
        simulate(hlcv, np.ones(len(hlcv)), [BOT], [MARKET], 1000.0, 0.0002, control)
    assert control.cancelled
    assert control.done < len(hlcv)


def test_a_run_tells_how_far_it_has_come(hlcv: Any) -> None:
    control = RunControl()
    assert control.done == 0
    simulate(hlcv, np.ones(len(hlcv)), [BOT], [MARKET], 1000.0, 0.0002, control)
    assert control.done == len(hlcv)
