"""A connection test in plain lines, for the terminal and the screen alike. The sign says what the colour would."""

from __future__ import annotations

from typing import Any, Final

from passivtui.exchanges.connection import CoinNeed, ConnectionReport, Finding, Verdict

SIGNS: Final = {Verdict.GOOD: "ok", Verdict.WARNING: "!", Verdict.BAD: "X", Verdict.UNKNOWN: "?"}
_SUBJECT: Final = 14
_MOST_COINS: Final = 40


def summary(report: ConnectionReport) -> str:
    """One sentence of it all."""
    if not report.is_usable:
        return "A bot must not trade with these keys as they are."
    warned = sum(finding.verdict is Verdict.WARNING for finding in report.findings)
    return f"These keys can be traded with; {warned} things deserve a look." if warned else "All is well."


def finding_lines(finding: Finding) -> list[str]:
    """What was found and, below it, what to do."""
    lines = [f"{SIGNS[finding.verdict]:<3}{finding.subject:<{_SUBJECT}}{finding.text}"]
    return [*lines, f"{'':<{3 + _SUBJECT}}-> {finding.advice}"] if finding.advice else lines


def need_lines(report: ConnectionReport) -> list[str]:
    """Per coin the balance that its first entry needs, the dearest first; no line without any."""
    if not report.needs:
        return []
    shown = [_need_line(need) for need in report.needs[:_MOST_COINS]]
    left = len(report.needs) - len(shown)
    return [
        "",
        "Least balance for the first entry of each coin:",
        *shown,
        *([f"   and {left} more, which need less"] if left else []),
    ]


def _need_line(need: CoinNeed) -> str:
    if need.balance is None:
        return f"?  {need.coin:<{_SUBJECT}}no market or no price at this exchange"
    met = "" if need.is_met else "   more than there is: the coin would not be entered"
    return f"{'ok' if need.is_met else '!':<3}{need.coin:<{_SUBJECT}}{need.balance:>12,.2f}{met}"


def report_text(report: ConnectionReport) -> str:
    """The whole test, a line per check."""
    found = [line for finding in report.findings for line in finding_lines(finding)]
    return "\n".join([*found, *need_lines(report), "", summary(report)])


def report_json(report: ConnectionReport) -> dict[str, Any]:
    """The same for programs."""
    return {
        "usable": report.is_usable,
        "findings": [
            {"subject": one.subject, "verdict": one.verdict.value, "text": one.text, "advice": one.advice}
            for one in report.findings
        ],
        "needs": [{"coin": one.coin, "balance": one.balance, "met": one.is_met} for one in report.needs],
    }
