"""What the terminal can show, as far as a program can know: a terminal doesn't tell which signs its font has."""

from __future__ import annotations

import locale
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from passivtui.doctor.finding import Finding, Verdict

LEAST_SIZE: Final = (60, 16)
COMFORTABLE_SIZE: Final = (80, 24)
CALM_TMUX: Final = (3, 5)
"""From this version on tmux passes on that a frame belongs together; older ones may flicker."""
_AREA: Final = "terminal"
_WIDE_LANGUAGES: Final = ("zh", "ja", "ko")
_SAMPLE: Final = "⣀⡠⠔⠊⠉ ▁▃▅▇█ ▲▼ ─│└"
_TMUX_SECONDS: Final = 2.0


def _tmux_says() -> str:
    """`tmux -V`; empty when there is no such program or it doesn't answer."""
    try:
        done = subprocess.run(["tmux", "-V"], capture_output=True, text=True, timeout=_TMUX_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip()


@dataclass(frozen=True, slots=True)
class Terminal:
    """Size in cells, the environment's variables, the locale's encoding, and how tmux answers `-V`."""

    columns: int
    rows: int
    variables: Mapping[str, str] = field(default_factory=dict)
    encoding: str = "utf-8"
    tmux_says: Callable[[], str] = _tmux_says

    @classmethod
    def of_this_process(cls, size: tuple[int, int] | None = None) -> Terminal:
        """The terminal that this process talks to; 80x24 is taken when the size can't be known."""
        columns, rows = size or shutil.get_terminal_size()
        return cls(columns, rows, dict(os.environ), locale.getpreferredencoding(False))


def terminal_findings(terminal: Terminal) -> Iterator[Finding]:
    """Size, kind, colours, signs, and tmux if it is in between."""
    yield _size(terminal)
    yield _kind(terminal)
    yield _colours(terminal)
    yield _unicode(terminal)
    yield _braille(terminal)
    if terminal.variables.get("TMUX"):
        yield _tmux(terminal.tmux_says())


def _size(terminal: Terminal) -> Finding:
    text = f"{terminal.columns}x{terminal.rows}"
    if terminal.columns < LEAST_SIZE[0] or terminal.rows < LEAST_SIZE[1]:
        advice = f"make the window at least {LEAST_SIZE[0]}x{LEAST_SIZE[1]}; below that nothing is shown"
        return Finding(_AREA, "size", Verdict.BAD, text, advice)
    if terminal.columns < COMFORTABLE_SIZE[0] or terminal.rows < COMFORTABLE_SIZE[1]:
        advice = f"it is comfortable from {COMFORTABLE_SIZE[0]}x{COMFORTABLE_SIZE[1]} on"
        return Finding(_AREA, "size", Verdict.WARNING, text, advice)
    return Finding(_AREA, "size", Verdict.GOOD, text)


def _kind(terminal: Terminal) -> Finding:
    name = terminal.variables.get("TERM", "")
    if name in ("", "dumb", "unknown"):
        advice = "use a terminal that can place its cursor, or set TERM (xterm-256color suits most)"
        return Finding(_AREA, "kind", Verdict.BAD, f"TERM is {name or 'not set'}", advice)
    return Finding(_AREA, "kind", Verdict.GOOD, f"TERM is {name}")


def _colours(terminal: Terminal) -> Finding:
    variables = terminal.variables
    if "NO_COLOR" in variables:
        text = "grey, because NO_COLOR is set; signs and words say what colours would"
        return Finding(_AREA, "colours", Verdict.GOOD, text)
    if variables.get("COLORTERM", "").lower() in ("truecolor", "24bit"):
        return Finding(_AREA, "colours", Verdict.GOOD, "16 million")
    if "256color" in variables.get("TERM", ""):
        return Finding(_AREA, "colours", Verdict.GOOD, "256", "if the terminal can do more, set COLORTERM=truecolor")
    advice = 'the theme "terminal" in Settings suits it best; TERM=xterm-256color if it can do more'
    return Finding(_AREA, "colours", Verdict.WARNING, "16, or it doesn't say more", advice)


def _unicode(terminal: Terminal) -> Finding:
    encoding = terminal.encoding.upper()
    if encoding.replace("-", "").replace("_", "") != "UTF8":
        advice = "set a UTF-8 locale (LANG=C.UTF-8), or choose the ascii signs in Settings"
        return Finding(_AREA, "unicode", Verdict.WARNING, f"the locale's encoding is {encoding}", advice)
    language = next((terminal.variables[name] for name in _LOCALES if terminal.variables.get(name)), "")
    if language.lower().startswith(_WIDE_LANGUAGES):
        advice = "if borders and curves are ragged, choose the ascii signs in Settings"
        return Finding(_AREA, "unicode", Verdict.WARNING, f"UTF-8; {language} may draw signs two cells wide", advice)
    return Finding(_AREA, "unicode", Verdict.GOOD, "UTF-8")


_LOCALES: Final = ("LC_ALL", "LC_CTYPE", "LANG")


def _braille(terminal: Terminal) -> Finding:
    """Only a person can see that; so it says what to see."""
    return Finding(_AREA, "signs", Verdict.GOOD, _SAMPLE, "if these are boxes or ragged, choose ascii in Settings")


def _tmux(answer: str) -> Finding:
    number = re.search(r"(\d+)\.(\d+)", answer)
    if number is None:
        return Finding(_AREA, "tmux", Verdict.UNKNOWN, "it runs in between, but its version can't be read")
    if (int(number[1]), int(number[2])) < CALM_TMUX:
        advice = f"if pictures flicker, use tmux {CALM_TMUX[0]}.{CALM_TMUX[1]} or newer"
        return Finding(_AREA, "tmux", Verdict.WARNING, answer, advice)
    return Finding(_AREA, "tmux", Verdict.GOOD, answer)
