"""What the command line says: results on stdout, everything else on stderr."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from contextlib import suppress
from typing import TYPE_CHECKING

from passivtui.errors import ConfigError, PassivTuiError, storage_error

if TYPE_CHECKING:
    from passivtui.config import Note
    from passivtui.market import DataIssue


def tell(remarks: Iterable[Note | DataIssue], *, everything: bool) -> None:
    """Warnings, and with `everything` also what is merely worth knowing, on stderr."""
    for remark in remarks:
        if everything or remark.severity == "warning":
            say(f"{remark.severity}: {remark}")


def explain(error: PassivTuiError, *, everything: bool) -> None:
    say(f"passivtui: {error}")
    if len(error.details) > 1 and (everything or isinstance(error, ConfigError)):
        for detail in error.details:
            say(f"  {detail}")


def print_result(text: str) -> None:
    """Results to stdout, at once: whatever is wrong with it shows here and not when the interpreter ends."""
    encoding = sys.stdout.encoding or "utf-8"
    try:
        sys.stdout.write(text.encode(encoding, "backslashreplace").decode(encoding) + "\n")
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise storage_error("write the results to", "stdout", error) from error


def say(line: str) -> None:
    with suppress(OSError):  # a stderr that is gone or full: there is nobody left to tell
        print(line, file=sys.stderr, flush=True)
