from passivtui.core.equity_summary cimport EquitySummary
from passivtui.core.params cimport Fill, int64_t


cdef struct Metrics:
    double adg
    double mdg
    double gain
    double sharpe_ratio
    double sortino_ratio
    double omega_ratio
    double expected_shortfall_1pct
    double calmar_ratio
    double sterling_ratio
    double drawdown_worst
    double drawdown_worst_mean_1pct
    double equity_balance_diff_neg_max
    double equity_balance_diff_neg_mean
    double equity_balance_diff_pos_max
    double equity_balance_diff_pos_mean
    double loss_profit_ratio
    double equity_choppiness
    double equity_jerkiness
    double exponential_fit_error
    double positions_held_per_day
    double position_held_hours_mean
    double position_held_hours_max
    double position_held_hours_median
    double position_unchanged_hours_max
    double volume_pct_per_day_avg


cdef struct RunMetrics:
    Metrics whole  # of the whole run
    Metrics mean  # of the stretches, for the `_w` forms


cdef bint compute_metrics(
    RunMetrics* result, const EquitySummary* summary, const Fill* fills, int64_t n_fills, bint in_btc
) noexcept nogil
cdef dict metrics_as_dict(const RunMetrics* metrics)
