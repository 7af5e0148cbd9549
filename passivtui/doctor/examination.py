"""Everything that can be found out without a network, in the order in which a person reads it."""

from __future__ import annotations

from collections.abc import Iterator

from passivtui.doctor.contracts import ccxt_findings
from passivtui.doctor.database import database_findings
from passivtui.doctor.engine import engine_findings
from passivtui.doctor.finding import Finding
from passivtui.doctor.keys import vault_findings
from passivtui.doctor.places import home_findings
from passivtui.doctor.program import program_findings
from passivtui.doctor.terminal import Terminal, terminal_findings
from passivtui.paths import Home


def examine(home: Home, terminal: Terminal) -> tuple[Finding, ...]:
    """Looks at program, terminal, home, database, keys, engine and ccxt; takes about a tenth of a second.

    Nothing is repaired, and no passphrase is asked for. What goes wrong is a finding, never an exception.
    """
    return tuple(_all(home, terminal))


def _all(home: Home, terminal: Terminal) -> Iterator[Finding]:
    yield from program_findings()
    yield from terminal_findings(terminal)
    yield from home_findings(home)
    yield database_findings(home.database)
    yield from vault_findings(home)
    yield from engine_findings()
    yield from ccxt_findings()
