"""How fast a search goes, over the last half minute."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

_WINDOW_SECONDS = 30.0
_REPORT_SECONDS = 0.1


class Pace:
    """Evaluations over time, seen by a clock that only goes forward."""

    def __init__(self, timer: Callable[[], float], evaluations: int, seconds_before: float) -> None:
        self._timer = timer
        self._began = timer()
        self._before = seconds_before
        self._marks = deque([(self._began, evaluations)])
        self._reported_at = self._began - _REPORT_SECONDS

    @property
    def seconds(self) -> float:
        """Of work, earlier sessions of a resumed run included."""
        return self._before + self._timer() - self._began

    def report_is_due(self) -> bool:
        """Whether a tenth of a second has passed since this last said so."""
        now = self._timer()
        if now - self._reported_at < _REPORT_SECONDS:
            return False
        self._reported_at = now
        return True

    def rate(self, evaluations: int) -> float | None:
        """Evaluations per second; None before the first one."""
        now = self._timer()
        self._marks.append((now, evaluations))
        while len(self._marks) > 2 and now - self._marks[1][0] > _WINDOW_SECONDS:
            self._marks.popleft()
        then, before = self._marks[0]
        if evaluations == before or now <= then:
            return None
        return (evaluations - before) / (now - then)
