"""Figures in words: whether a result may be luck. The thresholds are explained in docs/validation.md."""

from __future__ import annotations

from typing import Final

from passivtui.optimize.validation.cscv import Overfitting

LIKELY_OVERFIT: Final = 0.5
MAY_BE_OVERFIT: Final = 0.2
CONFIDENT: Final = 0.95
DOUBTFUL: Final = 0.5
ROBUST: Final = 0.9


def search_verdict(found: Overfitting | None, trials: int, lost: int = 0, members: int = 0) -> str:
    """What the search as a whole deserves; `lost` of the `members` looked at lost money over the hold-out."""
    words = _luck(found, trials)
    return f"{words} {lost} of {members} members lost money on the days that the search never saw." if lost else words


def _luck(found: Overfitting | None, trials: int) -> str:
    if found is None:
        return f"{trials:,} tries; the time is too short to tell how much of the result is luck."
    splits = (
        f"in {found.probability:.0%} of {found.combinations:,} splits of the time the best of one half was no better "
        "than the middle of all on the other"
    )
    if found.probability >= LIKELY_OVERFIT:
        return f"Best of {trials:,} tries, and picked by luck as likely as not: {splits}. Don't trust it."
    if found.probability >= MAY_BE_OVERFIT:
        return f"Best of {trials:,} tries, with some luck: {splits}. Expect less than it shows."
    return f"Best of {trials:,} tries, and mostly not by luck: {splits}. The market may still change."


def member_verdict(
    deflated: float, trials: int, robust: float | None, gain_in: float | None, gain_out: float | None
) -> str:
    """What one candidate deserves, in a few words."""
    words = []
    if deflated < DOUBTFUL:
        words.append(f"best of {trials:,} tries; a Sharpe of this size is expected by luck")
    elif deflated < CONFIDENT:
        words.append(f"its Sharpe is above what luck gives {trials:,} tries, but not surely ({deflated:.0%})")
    else:
        words.append(f"its Sharpe is more than luck gives {trials:,} tries ({deflated:.1%})")
    if gain_out is not None and gain_in is not None:
        if gain_out < 1.0 <= gain_in:
            words.append("lost money on the days it never saw")
        elif gain_out >= 1.0:
            words.append("earned on the days it never saw")
    if robust is not None and robust < ROBUST:
        words.append(f"only {robust:.0%} of its neighbours keep the limits")
    return "; ".join(words)
