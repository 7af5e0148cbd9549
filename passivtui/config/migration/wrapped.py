"""Files that hold a config inside: the results of an optimisation."""

from __future__ import annotations

from passivtui.config.migration.step import Step


def unwrap(step: Step) -> None:
    """Take the config out of its `config` key; the rest (the analysis) is about a run that was."""
    inner = step.document.get("config")
    if isinstance(inner, dict) and "bot" in inner and "bot" not in step.document:
        step.findings.info("config", "taken from the result of an optimisation")
        step.document = inner
