"""Probability of backtest overfitting by combinatorially symmetric cross-validation (Bailey, Borwein, López de Prado,
Zhu 2017).

The time is cut into blocks. For every way to choose half of them, the trial that is best on that half is looked up on
the other half: overfitting is when it is below the middle there.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import Final

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]

BLOCKS: Final = 16
_CHUNK: Final = 512  # combinations at once: memory stays at a few megabytes for hundreds of trials


@dataclass(frozen=True, slots=True)
class Overfitting:
    """What the cross-validation came to.

    Attributes:
        probability: how often the best trial of one half was no better than the middle of all on the other half.
        loss: how often it even lost there.
        slope: of its ratio on the other half over that on its own: 1 would be a full carry-over, 0 none.
        combinations, trials, blocks: how much it rests on.
    """

    probability: float
    loss: float
    slope: float
    combinations: int
    trials: int
    blocks: int


def overfitting(returns: Matrix, blocks: int = BLOCKS) -> Overfitting | None:
    """The probability of overfitting among trials; `returns` (periods, trials). None for too little to tell.

    At least two trials and two periods a block are needed; the number of blocks is halved as long as there are fewer
    periods. Ratios are Sharpe ratios; a trial without any movement counts as 0.
    """
    periods, trials = returns.shape
    while blocks > 2 and periods < 2 * blocks:
        blocks //= 2
    if trials < 2 or periods < 2 * blocks:
        return None
    sums, squares, counts = _block_sums(returns, blocks)
    chosen = np.array([[block in half for block in range(blocks)] for half in combinations(range(blocks), blocks // 2)])
    inside, outside, ranks = [], [], []
    for start in range(0, len(chosen), _CHUNK):
        picked = chosen[start : start + _CHUNK].astype(np.float64)
        own = _ratios(picked, sums, squares, counts)
        other = _ratios(1.0 - picked, sums, squares, counts)
        best = own.argmax(axis=1)
        rows = np.arange(len(best))
        value = other[rows, best]
        inside.append(own[rows, best])
        outside.append(value)
        # Ties count half, so that equal trials are in the middle.
        below = (other < value[:, None]).sum(axis=1) + ((other == value[:, None]).sum(axis=1) - 1) / 2.0
        ranks.append((below + 1.0) / (trials + 1.0))
    rank, ours, theirs = np.concatenate(ranks), np.concatenate(inside), np.concatenate(outside)
    spread = float(ours.var())
    slope = float(((ours - ours.mean()) * (theirs - theirs.mean())).mean()) / spread if spread > 0.0 else 0.0
    return Overfitting(
        probability=float((rank <= 0.5).mean()),
        loss=float((theirs < 0.0).mean()),
        slope=slope,
        combinations=len(rank),
        trials=trials,
        blocks=blocks,
    )


def _block_sums(returns: Matrix, blocks: int) -> tuple[Matrix, Matrix, NDArray[np.float64]]:
    """Per block: sum and sum of squares of each trial (blocks, trials), and the number of periods (blocks,)."""
    parts = np.array_split(returns, blocks)
    sums = np.array([part.sum(axis=0) for part in parts])
    squares = np.array([(part * part).sum(axis=0) for part in parts])
    return sums, squares, np.array([float(len(part)) for part in parts])


def _ratios(picked: Matrix, sums: Matrix, squares: Matrix, counts: NDArray[np.float64]) -> Matrix:
    """Sharpe ratios of all trials over the picked blocks, (combinations, trials)."""
    n = (picked @ counts)[:, None]
    mean = (picked @ sums) / n
    variance = np.maximum((picked @ squares) / n - mean * mean, 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratios = mean / np.sqrt(variance)
    # Rounding leaves a variance of about 1e-17 of the squares where nothing moves.
    still = variance <= 1e-15 * np.maximum(squares.sum(axis=0) / counts.sum(), 1e-300)
    return np.where(still, 0.0, ratios)
