"""A candidate as a document: a config that loads like any other, with the metrics it had (§4)."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from passivtui.config import Config
from passivtui.config.frozen import FrozenMap
from passivtui.config.save import to_document
from passivtui.config.validate import RESULT_KEYS
from passivtui.optimize.front import Candidate
from passivtui.optimize.genome import decode, round_significant
from passivtui.optimize.goal import Measured, spread_of

__all__ = ["RESULT_KEYS", "Documents", "as_json", "hash_of"]


class Documents:
    """Makes documents of candidates of one run. Undefined metrics are null."""

    def __init__(self, config: Config, datasets: Sequence[str], digits: int) -> None:
        extra = FrozenMap({key: value for key, value in config.extra.items() if key not in RESULT_KEYS})
        self._config = replace(config, extra=extra)
        self._datasets = tuple(datasets)
        self._digits = digits
        self._base = to_document(self._config)

    def whole(self, candidate: Candidate) -> dict[str, Any]:
        """The record of a candidate, nothing rounded but its genome."""
        bot = to_document(decode(self._config, candidate.genome))["bot"]
        analyses = [_defined(of_dataset) for of_dataset in candidate.measured]
        return {
            **self._base,
            "bot": bot,
            "analyses": dict(zip(self._datasets, analyses, strict=True)),
            "analyses_combined": {
                **_combined(candidate.measured),
                **{f"w_{number}": value for number, value in enumerate(candidate.objectives)},
            },
        }

    def rounded(self, candidate: Candidate) -> dict[str, Any]:
        """The record with its metrics rounded to the run's significant digits. The config's own values are exact."""
        whole = self.whole(candidate)
        return {
            **whole,
            "analyses": {name: self._rounded(metrics) for name, metrics in whole["analyses"].items()},
            "analyses_combined": self._rounded(whole["analyses_combined"]),
        }

    def _rounded(self, metrics: Mapping[str, float | None]) -> dict[str, float | None]:
        known = {name: value for name, value in metrics.items() if value is not None}
        values = round_significant(np.array(list(known.values()), dtype=np.float64), self._digits).tolist()
        return {**metrics, **dict(zip(known, values, strict=True))}


def as_json(document: Mapping[str, Any]) -> str:
    """The text of a result's file: strict JSON, keys sorted."""
    return json.dumps(document, indent=4, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n"


def hash_of(document: Mapping[str, Any]) -> str:
    """SHA-256 of a document's canonical JSON: 64 hexadecimal digits."""
    canonical = json.dumps(document, sort_keys=True, ensure_ascii=False, allow_nan=False)
    return hashlib.sha256(canonical.encode("utf-8", "surrogatepass")).hexdigest()


def _defined(metrics: Mapping[str, float]) -> dict[str, float | None]:
    return {name: value if math.isfinite(value) else None for name, value in metrics.items()}


def _combined(measured: Measured) -> dict[str, float | None]:
    """`<metric>_mean`, `_min`, `_max` and `_std` of every metric of the first dataset."""
    combined: dict[str, float | None] = {}
    for name in measured[0] if measured else ():
        spread = spread_of(name, measured)
        for kind in ("mean", "min", "max", "std"):
            combined[f"{name}_{kind}"] = None if spread is None else getattr(spread, kind)
    return combined
