"""What the engine is given besides the bot's parameters: the prepared market of a request, and its coins' markets."""

from __future__ import annotations

from passivtui.backtest.markets import Market, open_market
from passivtui.backtest.request import BacktestRequest
from passivtui.clock import Clock
from passivtui.config import Config
from passivtui.core import EXCHANGE_PARAMS
from passivtui.market import Prepared, prepare
from passivtui.market.store import DamagedFile
from passivtui.paths import Home
from passivtui.progress import CancelToken, Progress, ProgressSink


def prepared_market(
    request: BacktestRequest, config: Config, home: Home, progress: ProgressSink, token: CancelToken, clock: Clock
) -> tuple[Market, Prepared]:
    """The market of a request, whose resolved config is `config`, and its arrays.

    Downloads what is missing. A damaged file of the store is set aside when read, and downloaded again once. Raises
    what opening, downloading and preparing can.
    """
    try:
        market = open_market(request, config, home, progress, token, clock)
        return market, _prepare(market, config, home, progress, token)
    except DamagedFile:
        market = open_market(request, config, home, progress, token, clock)
        return market, _prepare(market, config, home, progress, token)


def exchange_params(prepared: Prepared) -> list[dict[str, float]]:
    """The steps and minimums of each coin's market, in the order of the arrays."""
    return [{name: getattr(spec, name) for name in EXCHANGE_PARAMS} for spec in prepared.specs]


def _prepare(market: Market, config: Config, home: Home, progress: ProgressSink, token: CancelToken) -> Prepared:
    progress(Progress("prepare", 0, 0))
    return prepare(
        market.source,
        market.coins,
        start_ms=market.start_ms,
        end_ms=market.end_ms,
        gap_tolerance_minutes=config.backtest.gap_tolerance_ohlcvs_minutes,
        minimum_coin_age_days=config.live.minimum_coin_age_days,
        btc_collateral=config.backtest.use_btc_collateral,
        home=home,
        progress=progress,
        cancel=token,
    )
