"""`passivtui doctor`: what this installation is like, whether it can work, and what to do where it can't."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from passivtui.cli.output import print_result
from passivtui.cli.status import DONE, FAILED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from passivtui.doctor import Finding
    from passivtui.paths import Home


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser], shared: argparse.ArgumentParser) -> None:
    """Add the subcommand."""
    doctor = commands.add_parser(
        "doctor",
        parents=[shared],
        help="see whether everything works here, and what to do where it doesn't",
        description="Look at Python, terminal, home, database, keys, engine and ccxt, and say what to do. Nothing is "
        "changed, and no network is used without --online. Exit status 1: something won't work.",
    )
    doctor.add_argument(
        "--online", action="store_true", help="also ask the venues, and compare the clock (5 s at most)"
    )
    doctor.add_argument("--json", action="store_true", help="print one JSON object")
    doctor.set_defaults(run=_doctor)


def _doctor(chosen: argparse.Namespace, home: Home) -> int:
    from passivtui.doctor import Terminal, Verdict, examine, worst

    findings = examine(home, Terminal.of_this_process())
    if chosen.online:
        findings += _online(home)
    print_result(_as_json(findings) if chosen.json else _as_text(findings))
    return FAILED if worst(findings) is Verdict.BAD else DONE


def _online(home: Home) -> tuple[Finding, ...]:
    import asyncio

    from passivtui.doctor import ask_venues
    from passivtui.market.sources.settings import load_source_settings

    return asyncio.run(ask_venues(load_source_settings(home.settings)))


def _as_json(findings: Sequence[Finding]) -> str:
    import json
    from dataclasses import asdict

    from passivtui.doctor import worst

    return json.dumps({"worst": worst(findings), "findings": [asdict(finding) for finding in findings]}, indent=1)


def _as_text(findings: Sequence[Finding]) -> str:
    """One line a finding under its area, what to do below it, and a sentence over all at the end."""
    from passivtui.doctor import in_words

    lines: list[str] = []
    area = ""
    for finding in findings:
        if finding.area != area:
            area = finding.area
            lines += ["", area]
        lines.append(f"  {finding.verdict:<5} {finding.subject:<15} {finding.text}".rstrip())
        if finding.advice:
            lines.append(" " * 24 + finding.advice)
    return "\n".join([*lines[1:], "", in_words(findings)])
