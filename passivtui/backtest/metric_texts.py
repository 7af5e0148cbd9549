"""What each base metric means, in plain words. The derived forms (`_w`, `btc_` …) are made from these in `metrics.py`.

The definitions are those of `spec/engine.md` §5 and §6.3.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Unit(StrEnum):
    """How a metric's number is to be read."""

    GROWTH = "a factor: 1 is flat"
    RATE = "a change, as a fraction"
    SHARE = "a fraction"
    RATIO = "a plain number"
    SMALL = "a small number"
    HOURS = "hours"
    PER_DAY = "per day"


class Group(StrEnum):
    """The parts of the list of metrics, in its order."""

    GROWTH = "growth"
    RISK = "risk"
    REWARD = "reward for risk"
    PROFIT = "profits and losses"
    POSITIONS = "positions"
    SHAPE = "shape of the curve"
    VOLUME = "traded volume"


@dataclass(frozen=True, slots=True)
class MetricText:
    """A base metric in words: label, one sentence, and the longer answer to "what is this?"."""

    name: str
    label: str
    group: Group
    unit: Unit
    help: str
    explanation: str


BASE_TEXTS: Final = (
    MetricText(
        "gain",
        "gain",
        Group.GROWTH,
        Unit.GROWTH,
        "How much the equity grew from the first day to the end.",
        "The end is a moving average of the daily closing equities in which each new day counts half, so that a lucky "
        "last day does not decide. Formula: that average divided by the first day's closing equity, shown as the "
        "change from 1. Above 0 % is a profit. It says nothing about the way there: read it beside the worst drawdown. "
        "Open positions count at the last price, without the cost of closing them.",
    ),
    MetricText(
        "adg",
        "average daily gain",
        Group.GROWTH,
        Unit.RATE,
        "The daily growth that, repeated every day, gives the whole gain.",
        "Formula: the gain (as a factor) to the power of one over the number of days, minus 1. Runs of different "
        "lengths can be compared by it. 0.1 % a day is about 44 % a year when it lasts, which is the trap: a figure "
        "from a few weeks rarely does.",
    ),
    MetricText(
        "mdg",
        "median daily gain",
        Group.GROWTH,
        Unit.RATE,
        "The change of equity on a middling day: half of the days were better.",
        "Formula: the median of the changes from one day's closing equity to the next. A few exceptional days do not "
        "move it. Far below the average daily gain means that few days made most of the profit; above it, that many "
        "small gains were paid for by few large losses.",
    ),
    MetricText(
        "drawdown_worst",
        "worst drawdown",
        Group.RISK,
        Unit.SHARE,
        "The deepest fall of equity from an earlier high.",
        "Measured on each day's lowest equity: how far the worst day lies below the highest of the days before it. "
        "Lower is better. The curve on the charts page goes minute by minute and may show a little more. The next "
        "drawdown can be deeper than any in a backtest: plan for twice as much.",
    ),
    MetricText(
        "drawdown_worst_mean_1pct",
        "worst drawdowns, mean",
        Group.RISK,
        Unit.SHARE,
        "The average drawdown over the worst 1 % of days.",
        "As the worst drawdown, but averaged over the worst hundredth of the days (at least one), so that it is less a "
        "matter of one moment. Lower is better. With fewer than 200 days it equals the worst drawdown.",
    ),
    MetricText(
        "expected_shortfall_1pct",
        "expected shortfall",
        Group.RISK,
        Unit.SHARE,
        "The average loss on the worst 1 % of days.",
        "Formula: the changes from one day's lowest equity to the next, sorted; the size of the lowest hundredth, "
        "averaged. Lower is better. With fewer than 100 days it is the single worst day.",
    ),
    MetricText(
        "equity_balance_diff_neg_max",
        "deepest unrealised loss",
        Group.RISK,
        Unit.SHARE,
        "How far equity was below balance at the worst minute, as a share of the balance.",
        "Open positions in loss pull equity below the balance. This is the largest such gap: what would have been lost "
        "by closing everything at that moment. Lower is better. A grid that never sells at a loss shows a smooth "
        "balance and hides its risk here.",
    ),
    MetricText(
        "equity_balance_diff_neg_mean",
        "mean unrealised loss",
        Group.RISK,
        Unit.SHARE,
        "How far equity was below balance on average, over the minutes when it was below.",
        "Formula: the mean of (balance - equity) / balance over the minutes with equity below balance. Lower is "
        "better. A high mean tells of positions that stayed in loss for long.",
    ),
    MetricText(
        "equity_balance_diff_pos_max",
        "highest unrealised profit",
        Group.RISK,
        Unit.SHARE,
        "How far equity was above balance at the best minute, as a share of the balance.",
        "Open positions in profit lift equity above the balance. Large values mean that profits were left open; the "
        "optimizer counts lower as better.",
    ),
    MetricText(
        "equity_balance_diff_pos_mean",
        "mean unrealised profit",
        Group.RISK,
        Unit.SHARE,
        "How far equity was above balance on average, over the minutes when it was above.",
        "Formula: the mean of (equity - balance) / balance over the minutes with equity above balance. The optimizer "
        "counts lower as better.",
    ),
    MetricText(
        "sharpe_ratio",
        "Sharpe ratio",
        Group.REWARD,
        Unit.RATIO,
        "Average daily gain for each unit of day-to-day swing.",
        "Formula: average daily gain divided by the spread of the daily changes, which are taken from each day's "
        "lowest equity. Higher is better. It is per day and not made yearly, so it is about 19 times smaller than "
        "the yearly figure that others quote. Swings upwards count as risk too.",
    ),
    MetricText(
        "sortino_ratio",
        "Sortino ratio",
        Group.REWARD,
        Unit.RATIO,
        "Average daily gain for each unit of downward swing.",
        "As the Sharpe ratio, but only days that fell count as risk: the average daily gain divided by the root of "
        "the mean square of the falls. Higher is better. It is per day. Without any falling day it is 0, not infinite.",
    ),
    MetricText(
        "omega_ratio",
        "Omega ratio",
        Group.REWARD,
        Unit.RATIO,
        "Sum of the daily gains divided by the sum of the daily losses.",
        "Above 1 the good days outweigh the bad ones; 2 means twice as much gained as lost. Higher is better. When no "
        "day closed lower than the one before, it is infinite: a sign of a short run, not of a perfect strategy.",
    ),
    MetricText(
        "calmar_ratio",
        "Calmar ratio",
        Group.REWARD,
        Unit.RATIO,
        "Average daily gain divided by the worst drawdown.",
        "Higher is better. It is per day, not per year, hence the small numbers. One drawdown decides it.",
    ),
    MetricText(
        "sterling_ratio",
        "Sterling ratio",
        Group.REWARD,
        Unit.RATIO,
        "Average daily gain divided by the mean of the worst drawdowns.",
        "As the Calmar ratio, with the average over the worst 1 % of days below it. Higher is better. Per day.",
    ),
    MetricText(
        "loss_profit_ratio",
        "loss/profit",
        Group.PROFIT,
        Unit.RATIO,
        "All realised losses divided by all realised profits.",
        "0.3 means that 30 cents were lost for every dollar gained. Lower is better, 0 means that nothing was closed "
        "at a loss, above 1 the closed trades lost money. Fees and open positions are not in it, so 0 may hide a "
        "large unrealised loss. Infinite: there was no profit at all.",
    ),
    MetricText(
        "loss_profit_ratio_long",
        "loss/profit, long",
        Group.PROFIT,
        Unit.RATIO,
        "As loss/profit, of the long side alone.",
        "1 when the side had no fills; infinite or not defined when it had no profit.",
    ),
    MetricText(
        "loss_profit_ratio_short",
        "loss/profit, short",
        Group.PROFIT,
        Unit.RATIO,
        "As loss/profit, of the short side alone.",
        "1 when the side had no fills; infinite or not defined when it had no profit.",
    ),
    MetricText(
        "pnl_ratio_long_short",
        "long share of profit",
        Group.PROFIT,
        Unit.RATIO,
        "Which part of the realised profit came from the long side.",
        "Formula: realised profit and loss of the long side divided by that of both sides. 1 is all long, 0 all short. "
        "Beyond these when one side lost; not defined when both sum to nothing.",
    ),
    MetricText(
        "positions_held_per_day",
        "positions per day",
        Group.POSITIONS,
        Unit.PER_DAY,
        "How many positions were opened and held, per day.",
        "Each coin and side counts from its first entry until it is closed completely. Higher is busier, which is "
        "neither good nor bad in itself; the optimizer counts lower as better.",
    ),
    MetricText(
        "position_held_hours_mean",
        "held, mean",
        Group.POSITIONS,
        Unit.HOURS,
        "How long a position was held on average.",
        "From the first entry until the position is closed completely. Lower is better: less time at risk. A position "
        "that is still open counts until the last fill of the run, not until its end.",
    ),
    MetricText(
        "position_held_hours_max",
        "held, longest",
        Group.POSITIONS,
        Unit.HOURS,
        "How long the longest position was held.",
        "Long times mean that money was stuck in a losing position. Lower is better. A position that is still open "
        "counts until the last fill of the run, not until its end; the coins page counts to the end.",
    ),
    MetricText(
        "position_held_hours_median",
        "held, median",
        Group.POSITIONS,
        Unit.HOURS,
        "How long a middling position was held: half were held longer.",
        "Far below the mean, it tells of many short trades and a few that were stuck.",
    ),
    MetricText(
        "position_unchanged_hours_max",
        "unchanged, longest",
        Group.POSITIONS,
        Unit.HOURS,
        "The longest time for which an open position had no fill at all.",
        "The price stayed between the next entry and the next close, or the entries were used up. Lower is better.",
    ),
    MetricText(
        "equity_choppiness",
        "choppiness",
        Group.SHAPE,
        Unit.RATIO,
        "How much longer the way of the equity was than the distance from start to end.",
        "Formula: the sum of all daily ups and downs divided by the change from the first to the last day. 1 is a "
        "straight way; lower is better. Infinite when the equity ended where it began.",
    ),
    MetricText(
        "equity_jerkiness",
        "jerkiness",
        Group.SHAPE,
        Unit.SMALL,
        "How sharply the equity changes its course from day to day.",
        "Formula: for each three days in a row, how far the middle one is from lying on the line between the others, "
        "in relation to their mean; averaged. Lower is smoother.",
    ),
    MetricText(
        "exponential_fit_error",
        "fit error",
        Group.SHAPE,
        Unit.SMALL,
        "How far the equity is from growing by the same percentage every day.",
        "Formula: the mean square distance of the logarithm of equity from the best straight line through it. Lower "
        "is better; 0 is perfectly even growth, or an even loss. Infinite when equity fell to zero or below.",
    ),
    MetricText(
        "volume_pct_per_day_avg",
        "traded per day",
        Group.VOLUME,
        Unit.SHARE,
        "Traded volume per day as a share of the balance, on days with fills.",
        "Formula: each fill's quantity times price divided by the balance, summed per day, averaged over the days that "
        "have fills. 100 % means that the balance was turned over once. Fees grow with it. Contract multipliers are "
        "not counted, so it is off for coins traded in contracts.",
    ),
)
