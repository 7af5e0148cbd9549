"""A result as a folder: `trades.csv`, and `result.json`, whose presence says that the folder is whole."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

from passivtui.core import TICK_SIDES, TICK_TRADE_TYPES
from passivtui.passivx.output_folder import OutputForm
from passivtui.passivx.results import TickOutcome
from passivtui.passivx.run import TickResult

TRADES_FILE, RESULT_FILE = "trades.csv", "result.json"
OUTPUT: Final = OutputForm((TRADES_FILE, RESULT_FILE))
TRADE_COLUMNS: Final = (
    *("tick", "timestamp", "side", "type", "price", "qty", "pos_price", "pos_size", "liq_price", "reentry_price"),
    *("pnl", "fee_paid", "actual_balance", "apparent_balance", "closest_liq"),
)
_NAMES: Final = {"side": TICK_SIDES, "type": TICK_TRADE_TYPES}


def trades_csv(outcome: TickOutcome) -> str:
    """One line a trade; numbers by `repr`, the shortest text that reads back exactly."""
    columns = []
    for name in TRADE_COLUMNS:
        values = outcome.trades[name].tolist()
        columns.append([_NAMES[name][value] for value in values] if name in _NAMES else list(map(repr, values)))
    lines = (",".join(row) for row in zip(*columns, strict=True))
    return "\n".join([",".join(TRADE_COLUMNS), *lines]) + "\n"


def outcome_json(outcome: TickOutcome) -> dict[str, Any]:
    """Results, if there are any, and how the run ended."""
    return {
        **(outcome.results or {"n_trades": len(outcome.trades)}),
        "ended": outcome.ended,
        "ended_at_ms": outcome.end_ms,
        **({"broken_by": outcome.broken_by} if outcome.broken_by else {}),
        "accounting": outcome.accounting,
        "final_balance": outcome.balance,
        "final_equity": outcome.equity,
        "final_position": {"size": outcome.size, "price": outcome.pos_price},
    }


def result_json(result: TickResult) -> dict[str, Any]:
    """The whole of `result.json`; an original run's has the warning, and the true outcome under "true"."""
    ticks = result.ticks
    content = {
        **outcome_json(result.outcome),
        "symbol": result.backtest.symbol,
        "ticks": {
            "place": ticks.place,
            "synthetic": ticks.synthetic,
            "n_ticks": len(ticks.data),
            "first_ms": ticks.first_ms,
            "last_ms": ticks.last_ms,
        },
    }
    if result.true_outcome is not None:
        content |= {"warning": result.warning, "true": outcome_json(result.true_outcome)}
    return content


def check_output_folder(folder: Path) -> None:
    """Raise StorageError unless `folder` can be made, is empty, or holds an earlier output and nothing else."""
    OUTPUT.check(folder)


def write_output(result: TickResult, folder: Path) -> None:
    """Write both files to `folder`, in place of an earlier output (`check_output_folder`). Raises StorageError."""
    texts = {
        TRADES_FILE: trades_csv(result.outcome),
        RESULT_FILE: json.dumps(result_json(result), indent=1, allow_nan=False) + "\n",
    }
    with OUTPUT.writing(folder) as unfinished:
        for name, text in texts.items():
            (unfinished / name).write_text(text, encoding="utf-8", newline="")
