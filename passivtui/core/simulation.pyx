"""Backtests as Python asks for them: one with its series, or many for their metrics."""

from libc.math cimport isfinite
from libc.stdlib cimport free, realloc
from libc.string cimport memcpy, memset

from passivtui.core.analysis cimport RunMetrics, compute_metrics, metrics_as_dict
from passivtui.core.candles cimport MarketData
from passivtui.core.control cimport RunControl
from passivtui.core.engine cimport ran_out_of_memory, run_minutes
from passivtui.core.packing cimport bot_params_of, exchange_params_of
from passivtui.core.params cimport BotParams, ExchangeParams, Fill, int64_t
from passivtui.core.workspace cimport Workspace

from typing import NamedTuple

import numpy as np

from passivtui.core.analysis import Analysis
from passivtui.core.control import SimulationCancelled
from passivtui.core.layout import FILL_DTYPE, SIDES
from passivtui.core.packing import EngineInputError


class Simulation(NamedTuple):
    """What a run yields: fills (FILL_DTYPE) and both equity series, element j belonging to row j, length n − 1."""

    fills: object
    equities_usd: object
    equities_btc: object


class Evaluation(NamedTuple):
    """What `simulate_many` tells of one set of parameters; `fills` (FILL_DTYPE) only if they were asked for."""

    analysis: object
    n_fills: int
    fills: object


cdef class _Inputs:
    # Checked parameters as C structs: exchanges of each coin, and for each set the bots of each coin, long and short.
    cdef ExchangeParams* exchanges
    cdef BotParams* bots
    cdef int64_t n_sets
    cdef int n_coins
    cdef double balance
    cdef double maker_fee
    cdef list arrays

    def __init__(self, MarketData market, sets, exchange_params, starting_balance, maker_fee):
        cdef char[::1] exchanges
        cdef char[::1] bots
        cdef int coin
        self.n_sets, self.n_coins = len(sets), market.n_coins
        self.balance, self.maker_fee = starting_balance, maker_fee
        if not isfinite(self.balance) or not isfinite(self.maker_fee):
            raise EngineInputError("starting_balance and maker_fee must be finite")
        if len(exchange_params) != market.n_coins:
            raise EngineInputError(f"{market.n_coins} coins, but {len(exchange_params)} exchange_params")
        exchanges = np.zeros(self.n_coins * sizeof(ExchangeParams), dtype=np.int8)
        bots = np.zeros(max(1, self.n_sets * self.n_coins * 2 * sizeof(BotParams)), dtype=np.int8)
        self.arrays = [exchanges, bots]
        self.exchanges, self.bots = <ExchangeParams*>&exchanges[0], <BotParams*>&bots[0]
        for coin in range(self.n_coins):
            try:
                self.exchanges[coin] = exchange_params_of(exchange_params[coin])
            except EngineInputError as error:
                raise EngineInputError(f"coin {coin}: {error}") from None
        for index, bot_params in enumerate(sets):
            self.pack(index, bot_params)

    cdef void pack(self, int64_t index, bot_params) except *:
        cdef BotParams* bots = self.of_set(index)
        cdef int coin, s
        where = f"set {index}, " if self.n_sets > 1 else ""
        if len(bot_params) != self.n_coins:
            raise EngineInputError(f"{where}{self.n_coins} coins, but {len(bot_params)} bot_params")
        for coin in range(self.n_coins):
            try:
                for s, name in enumerate(SIDES):
                    bots[2 * coin + s] = bot_params_of(bot_params[coin][name])
            except EngineInputError as error:
                raise EngineInputError(f"{where}coin {coin}: {error}") from None

    cdef BotParams* of_set(self, int64_t index) noexcept nogil:
        return self.bots + index * 2 * self.n_coins


cdef int check_end(Workspace work, RunControl control) except -1:
    if ran_out_of_memory(&work.run):
        raise MemoryError("no memory left for the fills of this backtest")
    if control.stop:
        raise SimulationCancelled
    return 0


def simulate_market(
    MarketData market, bot_params, exchange_params, starting_balance, maker_fee, RunControl control=None
):
    """As `simulate`, on candles that were checked before and that other runs may share."""
    cdef _Inputs inputs = _Inputs(market, (bot_params,), exchange_params, starting_balance, maker_fee)
    cdef Workspace work = Workspace(market, True)
    if control is None:
        control = RunControl()
    with nogil:
        work.start(inputs.bots, inputs.exchanges, inputs.balance, inputs.maker_fee)
        run_minutes(&work.run, control)
    check_end(work, control)
    return Simulation(work.fills_as_array(), work.equities_usd, work.equities_btc)


def simulate(hlcv, btc_usd, bot_params, exchange_params, starting_balance, maker_fee, RunControl control=None):
    """Run one backtest (`spec/engine.md` §4) and return a `Simulation`.

    hlcv              float64 (n, N, 4), C order: high, low, close in quote currency, quote volume; one row a minute
    btc_usd           float64 (n,): the BTC price, or ones; BTC collateral is on when any element differs from 1.0
    bot_params        N mappings {"long": {…}, "short": {…}} with the names of `BOT_PARAMS`
    exchange_params   N mappings with the names of `EXCHANGE_PARAMS`
    starting_balance  USD
    maker_fee         a fraction of the cost, for every fill

    Raises EngineInputError for arrays or parameters it can't work on, SimulationCancelled when `control` was cancelled,
    MemoryError. The GIL is released meanwhile; the arrays must not be written to.
    """
    market = MarketData(hlcv, btc_usd)
    return simulate_market(market, bot_params, exchange_params, starting_balance, maker_fee, control)


cdef struct Outcome:  # of one set
    RunMetrics usd
    RunMetrics btc
    Fill* fills  # taken over from the run, NULL unless they are kept
    int64_t n_fills


cdef class _Outcomes:
    cdef Outcome* of_set
    cdef int64_t n
    cdef object array

    def __init__(self, int64_t n):
        cdef char[::1] raw = np.zeros(max(1, n * sizeof(Outcome)), dtype=np.int8)
        self.array, self.of_set, self.n = raw, <Outcome*>&raw[0], n

    def __dealloc__(self):
        cdef int64_t i
        for i in range(self.n):
            free(self.of_set[i].fills)


cdef bint evaluate(Workspace work, Outcome* outcome, bint keep_fills) noexcept nogil:
    # After a run: its metrics, and its fills if they are to be kept. False when there is no memory left.
    cdef Fill* fills = work.run.fills.fills
    cdef Fill* trimmed
    outcome.n_fills = work.run.fills.used
    if not compute_metrics(&outcome.usd, &work.run.usd_summary, fills, outcome.n_fills, False):
        return False
    if work.run.btc_mode:
        if not compute_metrics(&outcome.btc, &work.run.btc_summary, fills, outcome.n_fills, True):
            return False
    if keep_fills and outcome.n_fills:
        trimmed = <Fill*>realloc(fills, outcome.n_fills * sizeof(Fill))
        outcome.fills = fills if trimmed == NULL else trimmed
        memset(&work.run.fills, 0, sizeof(work.run.fills))
    return True


cdef object evaluation(const Outcome* outcome, bint has_btc, bint with_fills):
    cdef char[::1] raw
    fills = None
    if with_fills:
        fills = np.empty(outcome.n_fills, dtype=FILL_DTYPE)
        if outcome.n_fills:
            raw = fills.view(np.int8)
            memcpy(&raw[0], outcome.fills, outcome.n_fills * sizeof(Fill))
    btc = metrics_as_dict(&outcome.btc) if has_btc else None
    return Evaluation(Analysis(metrics_as_dict(&outcome.usd), btc), outcome.n_fills, fills)


def simulate_many(
    MarketData market, sets, exchange_params, starting_balance, maker_fee, RunControl control=None, *,
    bint with_fills=False,
):
    """Run a backtest for each set of parameters, one after the other, and return an `Evaluation` for each, in order.

    sets   a sequence of `bot_params` as `simulate` takes them; all of them are checked before the first run

    The other arguments are those of `simulate_market`. Metrics are the same as `analyse` finds in the result of
    `simulate`; no equity series is kept, and no Python object is made while the runs last. `control` tells how many are
    done. Raises EngineInputError, SimulationCancelled, MemoryError. The GIL is released; any number of threads may
    evaluate sets of their own on one market.
    """
    cdef _Inputs inputs = _Inputs(market, sets, exchange_params, starting_balance, maker_fee)
    cdef _Outcomes outcomes = _Outcomes(inputs.n_sets)
    cdef Workspace work = Workspace(market, False)
    cdef int64_t i
    if control is None:
        control = RunControl()
    control.runs_finished = 0
    with nogil:
        for i in range(inputs.n_sets):
            work.start(inputs.of_set(i), inputs.exchanges, inputs.balance, inputs.maker_fee)
            run_minutes(&work.run, control)
            if control.stop or ran_out_of_memory(&work.run):
                break
            if not evaluate(work, &outcomes.of_set[i], with_fills):
                break
            control.runs_finished = i + 1
    check_end(work, control)
    if control.runs_finished < inputs.n_sets:
        raise MemoryError("no memory left for the metrics of these backtests")
    return [evaluation(&outcomes.of_set[i], market.btc_mode, with_fills) for i in range(inputs.n_sets)]
