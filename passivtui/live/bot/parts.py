"""What a bot is made of: the venue, the journal, the config, and the time it goes by."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field

from passivtui.clock import Clock, utc_ms
from passivtui.config import Config
from passivtui.exchanges.base import Exchange
from passivtui.exchanges.rate_ledger import Headroom
from passivtui.live.bot.timing import Timing
from passivtui.live.bot.trouble import Chance
from passivtui.storage.journal import Journal


@dataclass(frozen=True, slots=True)
class BotParts:
    """What a bot is made of. `load_config` gives the config, again when it may have changed (None: unchanged).

    `fills_as_backtest`: the venue fills whole candles (paper). `ends_ms`: when its recorded market is over. `headroom`
    tells how much of the venue's budget is used; `listens`: whether the venue's events are followed.
    """

    exchange: Exchange
    journal: Journal
    load_config: Callable[[], Config | None]
    timing: Timing = field(default_factory=Timing)
    real_clock: Clock = utc_ms
    chance: Chance = secrets.randbelow
    fills_as_backtest: bool = False
    ends_ms: int | None = None
    headroom: Callable[[], Headroom | None] = lambda: None
    listens: bool = True
