"""ccxt: the version that is installed, and what was tried with which version."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from typing import Final

from passivtui.doctor.finding import Finding, Verdict
from passivtui.exchanges.venues import VENUES

TESTED_CCXT: Final = "4.5.90"
"""The version with which all tests of the venues were run; also the oldest that pyproject.toml allows."""

WHOLLY_TESTED: Final = ("binance", "bybit")
"""Venues whose whole protocol is tried: orders, faults and streams against a local server, through ccxt as it is.

Of the others, requests and readings are tried against answers in their forms."""

_AREA: Final = "ccxt"


def ccxt_findings(installed: str | None = None) -> Iterator[Finding]:
    """The installed version (found out without importing it, unless given) and the venues tested."""
    try:
        found = installed or version("ccxt")
    except PackageNotFoundError:
        yield Finding(_AREA, "version", Verdict.BAD, "ccxt is not installed", f"pip install 'ccxt=={TESTED_CCXT}'")
        return
    if found == TESTED_CCXT:
        yield Finding(_AREA, "version", Verdict.GOOD, f"{found}, the one that was tested")
    else:
        advice = f"if a venue misbehaves, try the tested one: pip install 'ccxt=={TESTED_CCXT}'"
        yield Finding(_AREA, "version", Verdict.WARNING, f"{found}; tested was {TESTED_CCXT}", advice)
    traded = [venue for venue in VENUES.values() if venue.ccxt_id]
    whole = ", ".join(venue.title for venue in traded if venue.name in WHOLLY_TESTED)
    others = ", ".join(venue.title for venue in traded if venue.name not in WHOLLY_TESTED)
    yield Finding(_AREA, "tested whole", Verdict.GOOD, f"{whole}: orders, faults and streams on local servers")
    advice = "begin with small amounts there"
    yield Finding(_AREA, "tested in part", Verdict.GOOD, f"{others}: requests and answers in their forms", advice)
