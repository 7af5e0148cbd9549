"""How likely a Sharpe ratio is skill: the probabilistic and the deflated Sharpe ratio (Bailey, López de Prado 2014).

All ratios are per period of the returns (per day for daily ones), not made yearly.
"""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import Final

import numpy as np
from numpy.typing import NDArray

Returns = NDArray[np.float64]

_NORMAL: Final = NormalDist()
_EULER_MASCHERONI: Final = 0.5772156649015329
_FEWEST: Final = 3


def sharpe(returns: Returns) -> float:
    """Mean over standard deviation (n - 1) of returns, shape (n,); 0.0 for constant or too few ones."""
    if len(returns) < _FEWEST:
        return 0.0
    deviation = float(returns.std(ddof=1))
    return float(returns.mean()) / deviation if deviation > 0.0 else 0.0


def probabilistic_sharpe(ratio: float, n: int, skewness: float, kurtosis: float, benchmark: float = 0.0) -> float:
    """The probability that the true ratio is above `benchmark`, given an observed one of `n` returns.

    Φ((ratio - benchmark)·√(n - 1) / √(1 - skewness·ratio + (kurtosis - 1)/4·ratio²)); a normal kurtosis is 3.
    """
    spread = 1.0 - skewness * ratio + (kurtosis - 1.0) / 4.0 * ratio * ratio
    if n < 2 or not spread > 0.0:
        return 0.0
    return _NORMAL.cdf((ratio - benchmark) * math.sqrt(n - 1) / math.sqrt(spread))


def expected_maximum_sharpe(variance: float, trials: int) -> float:
    """The best ratio that `trials` without any skill are expected to show, whose ratios have this variance.

    √variance · ((1 - γ)·Φ⁻¹(1 - 1/N) + γ·Φ⁻¹(1 - 1/(N·e))), γ the Euler-Mascheroni constant; 0.0 for a single trial.
    """
    if trials < 2 or variance <= 0.0:
        return 0.0
    first = _NORMAL.inv_cdf(1.0 - 1.0 / trials)
    second = _NORMAL.inv_cdf(1.0 - 1.0 / (trials * math.e))
    return math.sqrt(variance) * ((1.0 - _EULER_MASCHERONI) * first + _EULER_MASCHERONI * second)


def deflated_sharpe(returns: Returns, variance_of_trials: float, trials: int) -> float:
    """The probability that a ratio found as the best of `trials` is skill: above what luck alone would have found."""
    n = len(returns)
    deviation = float(returns.std()) if n else 0.0
    if n < _FEWEST or deviation == 0.0:
        return 0.0
    standard = (returns - returns.mean()) / deviation
    skewness, kurtosis = float((standard**3).mean()), float((standard**4).mean())
    luck = expected_maximum_sharpe(variance_of_trials, trials)
    return probabilistic_sharpe(sharpe(returns), n, skewness, kurtosis, luck)
