"""One line of an examination. Nothing here needs the engine: that it can't be loaded is one of the findings."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Verdict(StrEnum):
    """How it is; the text is the word that is written, so that nothing depends on colours."""

    GOOD = "ok"
    UNKNOWN = "?"  # can't be known, or doesn't matter while it is so
    WARNING = "look"
    BAD = "BAD"  # something won't work


_ORDER: Final = tuple(Verdict)


@dataclass(frozen=True, slots=True)
class Finding:
    """What was looked at, what was found, and what to do about it ("" when there is nothing to do).

    `area` groups findings ("terminal"), `subject` names the thing ("size").
    """

    area: str
    subject: str
    verdict: Verdict
    text: str
    advice: str = ""


def worst(findings: Iterable[Finding]) -> Verdict:
    """The gravest verdict among them; good when there are none."""
    return max((finding.verdict for finding in findings), key=_ORDER.index, default=Verdict.GOOD)


def in_words(findings: Iterable[Finding]) -> str:
    """One sentence over all of them."""
    verdicts = [finding.verdict for finding in findings]
    bad, look = verdicts.count(Verdict.BAD), verdicts.count(Verdict.WARNING)
    if bad:
        return f"{bad} of {len(verdicts)} must be seen to, {look} more deserve a look."
    if look:
        return f"Everything needed works; {look} of {len(verdicts)} deserve{'s' if look == 1 else ''} a look."
    return "Everything is as it should be."
