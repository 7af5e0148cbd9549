"""The compiled engine: whether it loads, and whether it was built so that it is exact.

What the compiler was told can't be read from a finished module, but what it did shows in the results. A product and a
sum that were fused into one instruction (`-ffp-contract=off` forbids it) are rounded once instead of twice: `PROBES`
are fills whose average price then differs in its last bit. A short run beside them goes through all of the engine.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from passivtui.doctor.finding import Finding, Verdict

_AREA: Final = "engine"
_REINSTALL: Final = "install passivtui again, or build it as CONTRIBUTING.md says"
_REBUILD: Final = "its results can't be trusted: build it with setup.py's own flags (no fast-math, no contraction)"

PROBES: Final = (
    (0.945, 44.09, 3.493, 11.08, "0x1.21be3b3e4feaep+4"),
    (1.586, 32.14, 1.763, 65.04, "0x1.8bacde8281776p+5"),
    (3.915, 38.65, 4.008, 62.67, "0x1.96686497d9f0cp+5"),
    (2.108, 69.72, 2.31, 25.26, "0x1.73c9ee3a28734p+5"),
)
"""Size, average price, quantity and price of a fill, and the exact average after it (`spec/engine.md` §2.3)."""

RUN_DIGEST: Final = "f4c2091bcf87"
"""The first digits of SHA-256 over fills and equities of `short_run`."""

_MINUTES: Final = 2880
_MARKET: Final = {"qty_step": 0.001, "price_step": 0.01, "min_qty": 0.001, "min_cost": 1.0, "c_mult": 1.0}
_BOT: Final = {
    "close_grid_markup_end": 0.004,
    "close_grid_markup_start": 0.012,
    "close_grid_qty_pct": 0.3,
    "close_trailing_grid_ratio": 0.4,
    "close_trailing_qty_pct": 0.6,
    "close_trailing_retracement_pct": 0.003,
    "close_trailing_threshold_pct": 0.008,
    "ema_span_0": 90.0,
    "ema_span_1": 210.0,
    "enforce_exposure_limit": 1.0,
    "entry_grid_double_down_factor": 0.9,
    "entry_grid_spacing_pct": 0.011,
    "entry_grid_spacing_weight": 0.7,
    "entry_initial_ema_dist": -0.002,
    "entry_initial_qty_pct": 0.05,
    "entry_trailing_double_down_factor": 1.1,
    "entry_trailing_grid_ratio": 0.5,
    "entry_trailing_retracement_pct": 0.004,
    "entry_trailing_threshold_pct": 0.009,
    "filter_noisiness_rolling_window": 60.0,
    "filter_volume_drop_pct": 0.0,
    "filter_volume_rolling_window": 60.0,
    "n_positions": 1.0,
    "total_wallet_exposure_limit": 1.3,
    "unstuck_close_pct": 0.05,
    "unstuck_ema_dist": -0.01,
    "unstuck_loss_allowance_pct": 0.05,
    "unstuck_threshold": 0.5,
    "wallet_exposure_limit": -1.0,
}


def engine_findings() -> Iterator[Finding]:
    """Whether it loads, rounds as it must, and gives the known result of a short run."""
    try:
        import passivtui.core as core
    except ImportError as error:
        yield Finding(_AREA, "engine", Verdict.BAD, f"it can't be loaded: {error}", _REINSTALL)
        return
    place = Path(str(core.__file__)).parent
    yield Finding(_AREA, "engine", Verdict.GOOD, f"loaded from {place}")
    yield rounding_finding(sum(average(probe) != probe[-1] for probe in PROBES))
    yield run_finding(short_run())


def average(probe: tuple[float, float, float, float, str]) -> str:
    """The average price that the engine gives for a probe, to the last bit."""
    from passivtui.core import calc_position

    size, price, qty, fill_price, _ = probe
    return calc_position(_MARKET, 1000.0, size, price, qty, fill_price).price.hex()


def rounding_finding(n_wrong: int) -> Finding:
    """What it means that so many of the probes are not exact."""
    if n_wrong:
        text = f"{n_wrong} of {len(PROBES)} probes differ in the last bit: products and sums were fused"
        return Finding(_AREA, "rounding", Verdict.BAD, text, _REBUILD)
    return Finding(_AREA, "rounding", Verdict.GOOD, f"{len(PROBES)} probes exact, as -ffp-contract=off makes them")


def run_finding(digest: str) -> Finding:
    """What it means that the short run has this digest."""
    if digest != RUN_DIGEST:
        text = f"a short run gives {digest} instead of {RUN_DIGEST}"
        return Finding(_AREA, "short run", Verdict.BAD, text, _REBUILD)
    return Finding(_AREA, "short run", Verdict.GOOD, f"two days of both sides, to the last bit ({digest})")


def short_run() -> str:
    """A run of two days over prices made of whole cents, so that no library's sine or logarithm takes part."""
    import numpy as np

    from passivtui.core import simulate

    minute = np.arange(_MINUTES)
    # Three zigzags of different lengths: falls that fill the grid, and turns that trailing orders wait for.
    cents = sum(
        size * np.abs(minute * step % (2 * length) - length) // length
        for size, step, length in ((1500, 1, 700), (400, 1, 97), (90, 1, 13))
    )
    close = (9000 + cents) / 100.0
    rows = np.stack([close + 0.03, close - 0.03, close, 10.0 + minute % 7], axis=1)[:, None, :]
    done = simulate(
        np.ascontiguousarray(rows), np.ones(_MINUTES), [{"long": _BOT, "short": _BOT}], [_MARKET], 1000.0, 0.0002
    )
    # Without the prices in BTC, which are all ones here.
    digest = hashlib.sha256(done.fills.tobytes() + done.equities_usd.tobytes())
    return digest.hexdigest()[: len(RUN_DIGEST)]
