"""The metrics of a backtest (`spec/engine.md` §6).

`stretch_metrics` computes them over one stretch of the run; the `_w` forms are means over ten stretches that all end at the
end of the run. What they need of the equity comes from an `EquitySummary`, made of a series or while the engine runs. Runs too short for a daily return give the defaults for what needs one instead of failing (§8.7).
"""

from libc.math cimport INFINITY, fabs, isnan, log, pow, sqrt
from libc.stdlib cimport free, malloc, qsort
from libc.string cimport memset

from passivtui.core.equity_summary cimport (
    DAY,
    STRETCHES,
    EquitySummary,
    add_distances,
    add_rows,
    daily_series,
    place_summary,
    summary_bytes,
)
from passivtui.core.params cimport Fill, SHORT_TYPES, int64_t

from typing import NamedTuple

import numpy as np

from passivtui.core.layout import FILL_DTYPE
from passivtui.core.packing import EngineInputError

cdef double TINY = 2.220446049250313e-16


class Analysis(NamedTuple):
    """Metric name → value (may be infinite or NaN), in USD, and in BTC when the run had BTC collateral, else None."""

    usd: object
    btc: object


cdef struct Scratch:  # room for the daily series, the durations, and what each fill counts for
    double* last  # equity at the end of each day
    double* low  # lowest equity of each day
    double* returns  # of `last`
    double* low_returns  # of `low`
    double* drawdowns
    double* pnls  # of each fill, in the currency of the equity
    double* volumes  # of each fill, relative to the balance
    int64_t* durations
    int64_t* opened  # per coin and side, -1: none
    int64_t* touched


cdef int by_value(const void* a, const void* b) noexcept nogil:
    # Ascending, NaN last.
    cdef double x = (<const double*>a)[0]
    cdef double y = (<const double*>b)[0]
    if x < y:
        return -1
    if x > y:
        return 1
    return <int>isnan(x) - <int>isnan(y)


cdef int by_duration(const void* a, const void* b) noexcept nogil:
    cdef int64_t x = (<const int64_t*>a)[0]
    cdef int64_t y = (<const int64_t*>b)[0]
    return (x > y) - (x < y)


cdef void set_defaults(Metrics* m) noexcept nogil:
    # §6.1
    memset(m, 0, sizeof(Metrics))
    m.drawdown_worst = m.drawdown_worst_mean_1pct = 1.0
    m.equity_balance_diff_neg_max = m.equity_balance_diff_neg_mean = 1.0
    m.equity_balance_diff_pos_max = m.equity_balance_diff_pos_mean = 1.0
    m.loss_profit_ratio = m.equity_choppiness = m.equity_jerkiness = m.exponential_fit_error = 1.0


cdef void daily_returns(Scratch* s, int64_t days) noexcept nogil:
    cdef int64_t day
    for day in range(days - 1):
        s.returns[day] = (s.last[day + 1] - s.last[day]) / s.last[day]
        s.low_returns[day] = (s.low[day + 1] - s.low[day]) / s.low[day]


cdef void growth(Metrics* m, const Scratch* s, int64_t days) noexcept nogil:
    # gain and adg: from an average of the daily equities that forgets by half a day, not from the last one alone.
    cdef double smoothed = s.last[0]
    cdef int64_t day
    if days < 2:
        m.gain = m.adg = 0.0
        return
    for day in range(1, days):
        smoothed = 0.5 * s.last[day] + 0.5 * smoothed
    if s.last[0] <= 0.0:
        m.gain = m.adg = INFINITY
    elif smoothed <= 0.0:
        m.gain = m.adg = -1.0
    else:
        m.gain = smoothed / s.last[0]
        m.adg = pow(m.gain, 1.0 / days) - 1.0


cdef void ratios(Metrics* m, const Scratch* s, int64_t n) noexcept nogil:
    # Sharpe and Sortino use the returns of the daily lows, omega those of the daily ends (§6.3). n: daily returns.
    cdef double squares = 0.0
    cdef double down_squares = 0.0
    cdef double gains = 0.0
    cdef double losses = 0.0
    cdef int64_t down = 0
    cdef int64_t i
    cdef double x, deviation
    m.sharpe_ratio = m.sortino_ratio = m.omega_ratio = 0.0
    if n < 1:
        return
    for i in range(n):
        x = s.low_returns[i]
        squares += (x - m.adg) * (x - m.adg)
        if x < 0.0:
            down_squares += x * x
            down += 1
        x = s.returns[i]
        if x >= 0.0:
            gains += x
        elif x < 0.0:
            losses += fabs(x)
    deviation = sqrt(squares / n)
    if deviation != 0.0:
        m.sharpe_ratio = m.adg / deviation
    if down:
        deviation = sqrt(down_squares / down)
        if deviation != 0.0:
            m.sortino_ratio = m.adg / deviation
    m.omega_ratio = gains / losses if losses != 0.0 else INFINITY


cdef double mean_abs(const double* values, int64_t n) noexcept nogil:
    cdef double total = 0.0
    cdef int64_t i
    for i in range(n):
        total += fabs(values[i])
    return total / n


cdef void drawdowns(Metrics* m, Scratch* s, int64_t days) noexcept nogil:
    # From the daily lows. Sorted last, after `ratios` has used the returns in their order.
    cdef double level = 1.0
    cdef double top = 1.0
    cdef int64_t day, n
    s.drawdowns[0] = 0.0
    for day in range(days - 1):
        level = level * (1.0 + s.low_returns[day])
        top = level if level > top else top
        s.drawdowns[day + 1] = (level - top) / top
    m.drawdown_worst = 0.0
    for day in range(days):
        if fabs(s.drawdowns[day]) > m.drawdown_worst:
            m.drawdown_worst = fabs(s.drawdowns[day])
    qsort(s.drawdowns, days, sizeof(double), by_value)
    n = min(max(1, <int64_t>(days * 0.01)), days)
    m.drawdown_worst_mean_1pct = mean_abs(s.drawdowns, n)
    m.calmar_ratio = m.adg / m.drawdown_worst if m.drawdown_worst != 0.0 else 0.0
    m.sterling_ratio = m.adg / m.drawdown_worst_mean_1pct if m.drawdown_worst_mean_1pct != 0.0 else 0.0


cdef void order_statistics(Metrics* m, Scratch* s, int64_t n) noexcept nogil:
    # Median daily return and expected shortfall; sorts both series of n daily returns.
    cdef int64_t worst
    m.mdg = m.expected_shortfall_1pct = 0.0
    if n < 1:
        return
    qsort(s.returns, n, sizeof(double), by_value)
    qsort(s.low_returns, n, sizeof(double), by_value)
    m.mdg = s.returns[n // 2] if n % 2 else (s.returns[n // 2 - 1] + s.returns[n // 2]) / 2.0
    worst = <int64_t>(n * 0.01)
    m.expected_shortfall_1pct = mean_abs(s.low_returns, worst) if worst > 0 else fabs(s.low_returns[0])


cdef void curve_quality(Metrics* m, const double* last, int64_t days) noexcept nogil:
    # Choppiness, jerkiness and the error of an exponential fit, over the daily equities (§6.3).
    cdef double path = 0.0
    cdef double jerks = 0.0
    cdef double net = fabs(last[days - 1] - last[0])
    cdef double mean
    cdef int64_t day
    for day in range(days - 1):
        path += fabs(last[day + 1] - last[day])
    m.equity_choppiness = 0.0
    if days >= 2:
        m.equity_choppiness = path / net if net >= TINY else INFINITY
    m.equity_jerkiness = 0.0
    if days >= 3:
        for day in range(days - 2):
            mean = (last[day] + last[day + 1] + last[day + 2]) / 3.0
            if fabs(mean) >= TINY:
                jerks += fabs(last[day + 2] - 2.0 * last[day + 1] + last[day]) / fabs(mean)
        m.equity_jerkiness = jerks / (days - 2)
    m.exponential_fit_error = fit_error(last, days)


cdef double fit_error(const double* last, int64_t days) noexcept nogil:
    # Mean squared residual of the least-squares line through (day, ln equity).
    cdef double sum_x = 0.0
    cdef double sum_y = 0.0
    cdef double sum_xx = 0.0
    cdef double sum_xy = 0.0
    cdef double error = 0.0
    cdef double y, slope, intercept, denominator
    cdef int64_t day
    if days < 2:
        return INFINITY
    for day in range(days):
        if last[day] <= 0.0:
            return INFINITY
        y = log(last[day])
        sum_x += day
        sum_y += y
        sum_xx += <double>day * day
        sum_xy += day * y
    denominator = days * sum_xx - sum_x * sum_x
    if denominator == 0.0:
        return INFINITY
    slope = (days * sum_xy - sum_x * sum_y) / denominator
    intercept = (sum_y - slope * sum_x) / days
    for day in range(days):
        y = log(last[day]) - (slope * day + intercept)
        error += y * y
    return error / days


cdef void equity_balance_difference(Metrics* m, const EquitySummary* summary) noexcept nogil:
    # Equity against the balance of the last fill; before the first fill, the balance after it (§8.23).
    m.equity_balance_diff_neg_max, m.equity_balance_diff_pos_max = summary.below.highest, summary.above.highest
    m.equity_balance_diff_neg_mean = summary.below.total / summary.below.count if summary.below.count else 0.0
    m.equity_balance_diff_pos_mean = summary.above.total / summary.above.count if summary.above.count else 0.0


cdef void weigh_fills(const Fill* fills, int64_t n, bint in_btc, Scratch* s) noexcept nogil:
    cdef double price = 1.0
    cdef int64_t i
    for i in range(n):
        if in_btc:
            price = fills[i].btc_price
        s.pnls[i] = fills[i].pnl / price
        s.volumes[i] = (fabs(fills[i].qty) * fills[i].price) / (fills[i].balance_usd_total / price)


cdef double loss_profit(const double* pnls, int64_t n) noexcept nogil:
    cdef double profits = 0.0
    cdef double losses = 0.0
    cdef int64_t i
    for i in range(n):
        profits += pnls[i] if pnls[i] > 0.0 else 0.0
        losses += 0.0 if pnls[i] > 0.0 else fabs(pnls[i])
    return losses / profits if profits != 0.0 else INFINITY


cdef double volume_per_day(const Fill* fills, const double* volumes, int64_t n) noexcept nogil:
    # Without c_mult, over days that have fills (§8.24); the days are summed in their order.
    cdef double total = 0.0
    cdef double of_day = 0.0
    cdef int64_t days = 0
    cdef int64_t day_end = -1
    cdef int64_t i
    for i in range(n):
        if fills[i].minute >= day_end:
            total += of_day
            of_day = 0.0
            day_end = (fills[i].minute // DAY + 1) * DAY
            days += 1
        of_day += volumes[i]
    return (total + of_day) / days


cdef void position_durations(Metrics* m, const Fill* fills, int64_t n_fills, int64_t n, int n_keys, Scratch* s) noexcept nogil:
    # How long positions were held and how long they lay unchanged (§6.3). Open ones end at the last fill (§8.25).
    cdef int64_t longest_gap = 0
    cdef int64_t count = 0
    cdef int64_t total = 0
    cdef int64_t end = fills[n_fills - 1].minute
    cdef int64_t i, minute
    cdef int key
    for key in range(n_keys):
        s.opened[key] = -1
    for i in range(n_fills):
        key = 2 * fills[i].coin + (1 if fills[i].type >= SHORT_TYPES else 0)
        minute = fills[i].minute
        if s.opened[key] < 0:
            s.opened[key] = s.touched[key] = minute
        longest_gap = max(longest_gap, minute - s.touched[key])
        s.touched[key] = minute
        if fills[i].psize == 0.0:
            s.durations[count] = minute - s.opened[key]
            count += 1
            s.opened[key] = -1
    for key in range(n_keys):
        if s.opened[key] >= 0:
            s.durations[count] = end - s.opened[key]
            count += 1
            longest_gap = max(longest_gap, end - s.touched[key])
    qsort(s.durations, count, sizeof(int64_t), by_duration)
    for i in range(count):
        total += s.durations[i]
    m.positions_held_per_day = count / (n / 1440.0)
    m.position_unchanged_hours_max = longest_gap / 60.0
    m.position_held_hours_mean = m.position_held_hours_max = m.position_held_hours_median = 0.0
    if count == 0:
        return
    m.position_held_hours_mean = <double>total / (count * 60)
    m.position_held_hours_max = s.durations[count - 1] / 60.0
    if count % 2:
        m.position_held_hours_median = s.durations[count // 2] / 60.0
    else:
        m.position_held_hours_median = (s.durations[count // 2 - 1] + s.durations[count // 2]) / 120.0


cdef void stretch_metrics(
    Metrics* m, const EquitySummary* summary, int stretch, const Fill* fills, int64_t first_fill, int64_t n_fills,
    Scratch* s,
) noexcept nogil:
    # What has a `_w` form, and the drawdowns: everything that is computed for each stretch.
    cdef int64_t n = n_fills - first_fill
    cdef int64_t days
    set_defaults(m)
    if n < 2:
        return
    days = daily_series(summary, stretch, s.low, s.last)
    daily_returns(s, days)
    growth(m, s, days)
    ratios(m, s, days - 1)
    drawdowns(m, s, days)
    order_statistics(m, s, days - 1)
    curve_quality(m, s.last, days)
    m.loss_profit_ratio = loss_profit(s.pnls + first_fill, n)
    m.volume_pct_per_day_avg = volume_per_day(fills + first_fill, s.volumes + first_fill, n)


cdef int stretches(
    Metrics* each, const EquitySummary* summary, const Fill* fills, int64_t n_fills, bint in_btc, int n_keys, Scratch* s
) noexcept nogil:
    # The whole run first, then its last 1/2, 1/3, … 1/10 (§6.4); returns how many there are.
    cdef int64_t first_fill = 0
    cdef int i
    weigh_fills(fills, n_fills, in_btc, s)
    stretch_metrics(&each[0], summary, 0, fills, 0, n_fills, s)
    if n_fills < 2:
        return 1
    equity_balance_difference(&each[0], summary)
    position_durations(&each[0], fills, n_fills, summary.n, n_keys, s)
    for i in range(1, STRETCHES):
        while first_fill < n_fills and fills[first_fill].minute < summary.stretch_starts[i]:
            first_fill += 1
        if summary.stretch_starts[i] >= summary.n or first_fill == n_fills:
            return i
        stretch_metrics(&each[i], summary, i, fills, first_fill, n_fills, s)
    return STRETCHES


cdef void mean_of(const Metrics* each, int count, Metrics* mean) noexcept nogil:
    # Always by ten, also when there are fewer (§8.22).
    cdef size_t n_fields = sizeof(Metrics) // sizeof(double)
    cdef double total
    cdef size_t field
    cdef int i
    for field in range(n_fields):
        total = 0.0
        for i in range(count):
            total += (<const double*>&each[i])[field]
        (<double*>mean)[field] = total / STRETCHES


WEIGHTED = (
    "adg",
    "mdg",
    "sharpe_ratio",
    "sortino_ratio",
    "omega_ratio",
    "calmar_ratio",
    "sterling_ratio",
    "loss_profit_ratio",
    "equity_choppiness",
    "equity_jerkiness",
    "exponential_fit_error",
    "volume_pct_per_day_avg",
)


cdef bint compute_metrics(
    RunMetrics* result, const EquitySummary* summary, const Fill* fills, int64_t n_fills, bint in_btc
) noexcept nogil:
    # False when there is no memory left.
    cdef Metrics each[STRETCHES]
    cdef Scratch s
    cdef int64_t days = summary.n // DAY + 1
    cdef int n_keys = 2
    cdef size_t doubles, integers
    cdef int64_t i
    cdef double* memory
    cdef int count
    for i in range(n_fills):
        n_keys = max(n_keys, 2 * fills[i].coin + 2)
    doubles = 5 * days + 2 * n_fills
    integers = n_fills + 3 * n_keys
    memory = <double*>malloc(doubles * sizeof(double) + integers * sizeof(int64_t))
    if memory == NULL:
        return False
    s.last, s.low, s.returns = memory, memory + days, memory + 2 * days
    s.low_returns, s.drawdowns = memory + 3 * days, memory + 4 * days
    s.pnls, s.volumes = memory + 5 * days, memory + 5 * days + n_fills
    s.durations = <int64_t*>(memory + doubles)
    s.opened, s.touched = s.durations + n_fills + n_keys, s.durations + n_fills + 2 * n_keys
    count = stretches(each, summary, fills, n_fills, in_btc, n_keys, &s)
    free(memory)
    result.whole = result.mean = each[0]  # the defaults of the `_w` forms are those of the plain ones (§6.1, §6.4)
    if n_fills >= 2:
        mean_of(each, count, &result.mean)
    return True


cdef dict metrics_as_dict(const RunMetrics* metrics):
    result = dict(metrics.whole)
    mean = dict(metrics.mean)
    result.update({f"{name}_w": mean[name] for name in WEIGHTED})
    return result


def analyse(fills, equities_usd, equities_btc, bint btc_collateral):
    """All metrics of a run: `spec/engine.md` §6, the `btc_` forms as a table of their own.

    fills are FILL_DTYPE in processing order, the equities as `simulate` returns them. Raises EngineInputError for arrays
    of another layout, MemoryError.
    """
    cdef double[::1] usd
    cdef double[::1] btc
    if fills.dtype != FILL_DTYPE or fills.ndim != 1:
        raise EngineInputError("fills must be a one-dimensional array of FILL_DTYPE")
    if len(equities_usd) < 1 or len(equities_btc) != len(equities_usd):
        raise EngineInputError("both equity series must have the same length, at least 1")
    usd, btc = np.ascontiguousarray(equities_usd), np.ascontiguousarray(equities_btc)
    fills = np.ascontiguousarray(fills)
    return Analysis(_analyse(fills, usd, False), _analyse(fills, btc, True) if btc_collateral else None)


cdef dict _analyse(fills, double[::1] equity, bint in_btc):
    cdef EquitySummary summary
    cdef RunMetrics metrics
    cdef const Fill* first = NULL
    cdef int64_t n = equity.shape[0]
    cdef int64_t n_fills = len(fills)
    cdef const char[::1] raw
    cdef bint is_done
    cdef void* memory = malloc(summary_bytes(n))
    if memory == NULL:
        raise MemoryError("no memory left for the metrics of this backtest")
    if n_fills:
        raw = fills.view(np.int8)
        first = <const Fill*>&raw[0]
    with nogil:
        place_summary(&summary, n, memory)
        summarise_series(&summary, &equity[0], first, n_fills, in_btc)
        is_done = compute_metrics(&metrics, &summary, first, n_fills, in_btc)
    free(memory)
    if not is_done:
        raise MemoryError("no memory left for the metrics of this backtest")
    return metrics_as_dict(&metrics)


cdef void summarise_series(
    EquitySummary* summary, const double* equity, const Fill* fills, int64_t n_fills, bint in_btc
) noexcept nogil:
    # A finished series, from fill to fill.
    cdef int64_t row = 0
    cdef int64_t i, until
    cdef double balance
    add_rows(summary, equity, summary.n)
    for i in range(n_fills):
        until = summary.n
        if i + 1 < n_fills:
            until = min(fills[i + 1].minute, summary.n)
        if until > row:
            balance = fills[i].balance_usd_total / (fills[i].btc_price if in_btc else 1.0)
            add_distances(summary, equity + row, until - row, balance)
            row = until
