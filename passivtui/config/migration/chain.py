"""The steps in their order, from the outermost form of a file to single names."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from passivtui.config.document import Document
from passivtui.config.findings import Findings
from passivtui.config.migration.coin_flags import coin_flags_to_overrides
from passivtui.config.migration.early_7 import from_common
from passivtui.config.migration.idle_values import settle_idle_values
from passivtui.config.migration.live_keys import rename_backtest_keys, rename_live_keys
from passivtui.config.migration.multi_6 import from_multi
from passivtui.config.migration.names import is_from_before_7_3
from passivtui.config.migration.newer_7 import rename_newer_keys
from passivtui.config.migration.optimizer_goals import settle_metrics
from passivtui.config.migration.refusals import refuse_other_strategies
from passivtui.config.migration.side_keys import settle_bounds, settle_sides
from passivtui.config.migration.step import Step
from passivtui.config.migration.wrapped import unwrap

_FORMS: Final[tuple[Callable[[Step], None], ...]] = (unwrap, refuse_other_strategies, from_multi, from_common)
_OLDER_NAMES: Final = (settle_sides, settle_bounds, rename_live_keys, rename_backtest_keys, coin_flags_to_overrides)


def migrate(path: Path, document: Document, findings: Findings) -> Document:
    """The document in Passivbot 7.3's form; the given one is not changed. Every change becomes a note of `findings`.

    Raises ConfigError for configs of other strategies (Passivbot 8, single-symbol ones of 6 and before), which have no
    equivalent.
    """
    step = Step(path, _plain_copy(document), findings)
    for bring in _FORMS:
        bring(step)
    if step.is_foreign or is_from_before_7_3(step.document):
        step.is_foreign = True
        for bring in _OLDER_NAMES:
            bring(step)
    rename_newer_keys(step)
    if "coin_flags" in step.table("live"):
        step.is_foreign = True  # 7.3 before .14 wrote it also when it was empty
    settle_metrics(step)
    settle_idle_values(step)
    return step.document


def _plain_copy(value: Any) -> Any:
    """Tables and lists copied, values kept: deep enough that no step changes what belongs to others."""
    if isinstance(value, dict):
        return {key: _plain_copy(item) for key, item in value.items()}
    return [_plain_copy(item) for item in value] if isinstance(value, list) else copy.copy(value)
