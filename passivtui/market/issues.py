"""What is told about data that was not taken as it stood: nothing is repaired silently (`spec/data.md` §2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Severity = Literal["info", "warning"]


@dataclass(frozen=True, slots=True)
class DataIssue:
    """One remark on a dataset: `coin` is "" when the whole dataset is meant."""

    severity: Severity
    coin: str
    message: str

    def __str__(self) -> str:
        return f"{self.coin}: {self.message}" if self.coin else self.message
