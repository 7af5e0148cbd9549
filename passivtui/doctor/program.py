"""The program itself and what it runs on."""

from __future__ import annotations

import platform
import sys
from collections.abc import Iterator
from typing import Final

from passivtui._version import VERSION
from passivtui.doctor.finding import Finding, Verdict

_AREA: Final = "program"
OLDEST: Final = (3, 11)
NEWEST_TRIED: Final = (3, 13)


def program_findings(version: tuple[int, int] | None = None, system: str = "") -> Iterator[Finding]:
    """passivtui, Python and the system; `version` and `system` are those of this process unless given."""
    yield Finding(_AREA, "passivtui", Verdict.GOOD, VERSION)
    yield _python(version or (sys.version_info.major, sys.version_info.minor))
    yield _system(system or platform.system())


def _python(version: tuple[int, int]) -> Finding:
    text = f"{platform.python_version()} at {sys.executable}"
    if version < OLDEST:
        advice = f"install Python {OLDEST[0]}.{OLDEST[1]} or newer; this one can't run all of passivtui"
        return Finding(_AREA, "Python", Verdict.BAD, text, advice)
    if version > NEWEST_TRIED:
        advice = f"passivtui was tried with Python up to {NEWEST_TRIED[0]}.{NEWEST_TRIED[1]}; report what goes wrong"
        return Finding(_AREA, "Python", Verdict.WARNING, text, advice)
    return Finding(_AREA, "Python", Verdict.GOOD, text)


def _system(system: str) -> Finding:
    text = platform.platform()
    if system == "Windows":
        return Finding(_AREA, "system", Verdict.BAD, text, "use the Windows Subsystem for Linux (WSL)")
    return Finding(_AREA, "system", Verdict.GOOD, text)
