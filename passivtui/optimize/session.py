"""A search under way: candidates out to the evaluator, results into search, front, files and reports."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from pathlib import Path

from passivtui.optimize.algorithm import Algorithm
from passivtui.optimize.documents import Documents
from passivtui.optimize.evaluation import listed
from passivtui.optimize.evaluator import Evaluator
from passivtui.optimize.front import Candidate, Front
from passivtui.optimize.goal import WORST, Goal, Measured
from passivtui.optimize.jackrabbit_file import write_view
from passivtui.optimize.pace import Pace
from passivtui.optimize.pareto_files import PARETO, ParetoFolder
from passivtui.optimize.request import FrontView, Report, SearchProgress
from passivtui.optimize.state import Checkpoint, RunState
from passivtui.progress import CancelToken

_CHECKPOINT_SECONDS = 1.0  # small generations share one: a kill loses no more than that, or the generation under way
_MIRROR_SECONDS = 60.0
_LATELY = 300  # evaluated candidates that reports show beside the front


class Session:
    """One process's share of a run, from `begin` or `restore` to its end or a stop."""

    def __init__(
        self,
        folder: Path,
        search: Algorithm,
        goal: Goal,
        documents: Documents,
        state: RunState,
        report: Report,
        timer: Callable[[], float],
    ) -> None:
        self.folder = folder
        self.search = search
        self.goal = goal
        self.front = Front(len(goal.scoring), search.space.digits)
        self.pareto = ParetoFolder(folder / PARETO, documents)
        self.evaluations = 0
        self._documents = documents
        self._state = state
        self._report = report
        self._timer = timer
        self._done = 0  # of the fresh offspring
        self._lately: deque[tuple[float, ...]] = deque(maxlen=_LATELY)
        self._best = [WORST] * len(goal.scoring)
        self._pace = Pace(timer, 0, 0.0)
        self._checkpoint_at = self._mirror_at = timer()

    def begin(self) -> None:
        """Write the state of a search that has begun. Raises StorageError."""
        self._state.open({})
        self._checkpoint()

    def restore(self, checkpoint: Checkpoint) -> None:
        """Go on from a checkpoint. Raises ReportError when the state is damaged, StorageError."""
        self.search.restore(checkpoint.search, self._state.scores(checkpoint.lengths))
        for candidate in self._state.front(checkpoint.lengths):
            self._enter(candidate)
        self._state.open(checkpoint.lengths)
        self._done, self.evaluations = checkpoint.done, checkpoint.evaluations
        self._pace = Pace(self._timer, self.evaluations, checkpoint.seconds)

    def run(self, evaluator: Evaluator, cancel: CancelToken) -> bool:
        """Search to the end, or until cancelled: what runs is finished, everything is written. True at the end.

        Raises StorageError when the disk refuses; the last checkpoint stays.
        """
        search = self.search
        while not search.finished and not cancel.cancelled:
            waiting = search.offspring.fresh[self._done :]
            genomes = listed(search.offspring.genomes[waiting])
            answers = evaluator.evaluate(genomes, cancel, lambda: self._tell(evaluator))
            for measured, index in zip(answers, waiting, strict=False):  # answers end early when cancelled
                self._take(index, measured)
            if self._done == len(search.offspring.fresh):
                search.advance()
                self._done = 0
                self._checkpoint_if_due()
            self._mirror_if_due()
        self._checkpoint()
        self._mirror()
        self._tell(evaluator, at_once=True)
        return search.finished

    @property
    def seconds(self) -> float:
        """Of work, earlier sessions included."""
        return self._pace.seconds

    def _take(self, index: int, measured: Measured) -> None:
        """Take in the metrics of offspring number `index`."""
        objectives = self.goal.objectives(measured)
        batch = self.search.offspring
        self.search.learn(index, objectives)
        self._state.score(batch.digests[index], objectives)
        candidate = Candidate(tuple(batch.genomes[index].tolist()), objectives, tuple(measured))
        if self._enter(candidate):
            self._state.entered_front(candidate)
        if self._state.wants_records:
            self._state.record(self._documents.whole(candidate))
        self._lately.append(objectives)
        self._done += 1
        self.evaluations += 1

    def _enter(self, candidate: Candidate) -> bool:
        if not self.front.offer(candidate):
            return False
        if self.goal.penalty(candidate.measured) == 0.0:
            self._best = [min(pair) for pair in zip(self._best, candidate.objectives, strict=True)]
        return True

    def _checkpoint_if_due(self) -> None:
        if self._timer() - self._checkpoint_at >= _CHECKPOINT_SECONDS:
            self._checkpoint()

    def _checkpoint(self) -> None:
        self._state.checkpoint(self.search.snapshot(), self._done, self.evaluations, self.seconds)
        self._checkpoint_at = self._timer()

    def _mirror_if_due(self) -> None:
        if self._timer() - self._mirror_at >= _MIRROR_SECONDS:
            self._mirror()

    def _mirror(self) -> None:
        """What others read of a run that goes on."""
        self.pareto.mirror(self.front)
        if (jackrabbit := self.search.jackrabbit) is not None:
            write_view(self.folder, jackrabbit)
        self._mirror_at = self._timer()

    def _tell(self, evaluator: Evaluator, *, at_once: bool = False) -> None:
        if self._pace.report_is_due() or at_once:
            self._mirror_if_due()
            self._report(self._progress(evaluator))

    def _progress(self, evaluator: Evaluator) -> SearchProgress:
        schedule, rate = self.search.schedule, self._pace.rate(self.evaluations)
        expected = max(schedule.evaluations, self.evaluations)
        remaining = 0 if self.search.finished else expected - self.evaluations
        return SearchProgress(
            folder=self.folder,
            place=evaluator.place,
            evaluations=self.evaluations,
            expected=self.evaluations if self.search.finished else expected,
            generation=self.search.generation,
            generations=schedule.generations,
            rate=rate,
            eta_seconds=None if rate is None else remaining / rate,
            front_size=len(self.front),
            best=tuple(
                (name, None if best >= WORST else value)
                for name, best, value in zip(self.goal.scoring, self._best, self.goal.natural(self._best), strict=True)
            ),
            front=FrontView(self.goal, self.front.members, tuple(self._lately), self._documents),
            jackrabbit=self.search.jackrabbit,
        )
