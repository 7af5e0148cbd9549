"""The database's row of a run."""

from __future__ import annotations

from pathlib import Path

from passivtui.optimize.run_folder import RunFacts
from passivtui.optimize.session import Session
from passivtui.paths import Home
from passivtui.storage.optimizer_runs import OptimizerRunRow, RunStatus, keep_run


def list_run(folder: Path, facts: RunFacts, session: Session, status: RunStatus, home: Home) -> None:
    """Put the run's row in the place of an earlier one. Raises StorageError."""
    schedule = session.search.schedule
    inside = folder.is_relative_to(home.root)
    keep_run(
        home,
        OptimizerRunRow(
            folder=folder.relative_to(home.root).as_posix() if inside else str(folder),
            created_ms=facts.created_ms,
            config_name=facts.config_name,
            dataset=facts.place,
            synthetic=facts.synthetic,
            coins=facts.coins,
            first_ms=facts.first_ms,
            last_ms=facts.last_ms,
            scoring=session.goal.scoring,
            seed=facts.seed,
            evaluations=session.evaluations,
            expected=max(schedule.evaluations, session.evaluations),
            front_size=len(session.front),
            status=status,
        ),
    )
