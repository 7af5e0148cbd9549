"""What a drawdown stop would have done: on the record of an account, or in a backtest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from passivtui.backtest.result import BacktestResult
from passivtui.clock import DAY_MS, MINUTE_MS, iso_minute
from passivtui.errors import UsageError
from passivtui.live.drawdown_history import samples_of
from passivtui.live.drawdown_stop import ACCOUNT, DrawdownRule, DrawdownWatch, Firing, Sample, Scope
from passivtui.storage import Database
from passivtui.storage.journal import DatabaseJournal

#: Of a long backtest not every minute is looked at, but at least one in every nine.
_MOST_SAMPLES: Final = 400_000
_MOST_MINUTES: Final = 9
#: Of what is older than a month only every hour is kept: then three hours in a row count like three minutes.
_GAP_MS: Final = 90 * MINUTE_MS


@dataclass(frozen=True, slots=True)
class Preview:
    """`firings` in order of time, had the stop been on; `worst` is the deepest drawdown of any part seen, from 0 to 1,
    None where the record is too short."""

    rule: DrawdownRule
    first_ms: int
    end_ms: int
    firings: tuple[Firing, ...]
    worst: float | None

    @property
    def text(self) -> str:
        """`would have fired 2 times in 41.5 days (deepest drawdown 23.1 %)`, then a line for each time."""
        days = (self.end_ms - self.first_ms) / DAY_MS
        times = {0: "not have fired", 1: "have fired once"}.get(
            len(self.firings), f"have fired {len(self.firings)} times"
        )
        deepest = "" if self.worst is None else f" (deepest drawdown {self.worst:.1%})"
        lines = [f"would {times} in {days:.1f} days{deepest}"]
        lines += [f"{iso_minute(f.time_ms)}  {f.part}  {f.drawdown:.1%}  equity {f.equity:.2f}" for f in self.firings]
        return "\n".join(lines)


async def preview_bot(database: Database, bot: str, rule: DrawdownRule) -> Preview:
    """On everything that was recorded of a bot. Raises StorageError, DataError, UsageError when that is nothing."""
    rows, fills = await DatabaseJournal(database).past(bot, 0)
    if not rows:
        raise UsageError(f"nothing was recorded of the bot {bot}; passivtui bots lists the bots there are")
    return preview(rule, samples_of(rows, fills))


def preview_backtest(result: BacktestResult, rule: DrawdownRule) -> Preview:
    """On the equity of a backtest. Raises UsageError for sides and coins, of which a report has no equity."""
    if rule.scope is not Scope.ACCOUNT:
        raise UsageError("a report has the equity of the whole account only; use the scope account, or a bot's record")
    equities = result.equities_usd
    step = min(_MOST_MINUTES, 1 + len(equities) // _MOST_SAMPLES)
    balance, first_ms = result.info.starting_balance, result.info.first_ms
    return preview(
        rule,
        [
            Sample(first_ms + number * step * MINUTE_MS, balance, equity)
            for number, equity in enumerate(equities[::step].tolist())
        ],
    )


def preview(rule: DrawdownRule, samples: Sequence[Sample]) -> Preview:
    """On samples in the order of time, at least one."""
    watch, parts = DrawdownWatch(rule, longest_gap_ms=_GAP_MS), {ACCOUNT}
    firings: list[Firing] = []
    worst: float | None = None
    for sample in samples:
        fired = watch.follow(sample)
        firings += fired
        if rule.scope is not Scope.ACCOUNT:
            parts |= {rule.part_of(leg) for leg in (*sample.upnl, *sample.realised)}
        seen = [one for part in parts if (one := watch.drawdown(part)) is not None] + [f.drawdown for f in fired]
        worst = max(seen + ([] if worst is None else [worst]), default=None)
    return Preview(rule, samples[0].time_ms, samples[-1].time_ms, tuple(firings), worst)
