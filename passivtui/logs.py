"""The log file in the home, where tracebacks and warnings go. If it can't be written, that is said and no more."""

from __future__ import annotations

import logging
import sys
import time
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from logging.handlers import RotatingFileHandler
from pathlib import Path

from passivtui.paths import Home

LOG_LEVELS = ("warning", "info", "debug")
DEFAULT_LOG_LEVEL = "info"
MAX_BYTES = 1_000_000
KEPT_FILES = 3

_FORMAT = "%(asctime)s.%(msecs)03dZ %(levelname)s %(name)s: %(message)s"


class _LogFile(RotatingFileHandler):
    """The log; opened at the first record. What keeps it from being written is remembered instead of printed."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            path, maxBytes=MAX_BYTES, backupCount=KEPT_FILES, encoding="utf-8", errors="backslashreplace", delay=True
        )
        self.failure: BaseException | None = None
        formatter = logging.Formatter(_FORMAT, datefmt="%Y-%m-%dT%H:%M:%S")
        formatter.converter = time.gmtime
        self.setFormatter(formatter)

    def handleError(self, record: logging.LogRecord) -> None:
        self.failure = sys.exc_info()[1]


def log_path(home: Home) -> Path:
    """Where the log is."""
    return home.logs / "passivtui.log"


@contextmanager
def logging_to(home: Home) -> Iterator[None]:
    """Send what is logged (from the settings' `log_level` on) and Python's warnings to the home's log alone."""
    root, file = logging.getLogger(), _LogFile(log_path(home))
    level = root.level
    root.addHandler(file)
    set_log_level(_chosen_level(home))
    logging.captureWarnings(True)
    try:
        yield
    finally:
        logging.captureWarnings(False)
        root.setLevel(level)
        root.removeHandler(file)
        file.close()


def set_log_level(name: str) -> None:
    """Let records of this level (of `LOG_LEVELS`) and above through."""
    logging.getLogger().setLevel(name.upper())


def _chosen_level(home: Home) -> str:
    """`log_level` of settings.toml; the default where it can't be read, which the app tells when it reads the rest."""
    try:
        level = tomllib.loads(home.settings.read_text(encoding="utf-8")).get("log_level")
    except (OSError, ValueError):
        return DEFAULT_LOG_LEVEL
    return level if level in LOG_LEVELS else DEFAULT_LOG_LEVEL


def log_exception(home: Home, error: BaseException, doing: str = "running") -> str:
    """Write the error's traceback to the log. Returns a clause for a person: where it is, or why it is nowhere."""
    path = log_path(home)
    file = _LogFile(path)
    trace = (type(error), error, error.__traceback__)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file.handle(logging.LogRecord("passivtui", logging.ERROR, __file__, 0, "while %s", (doing,), trace))
        file.close()
    except OSError as problem:
        file.failure = problem
    if file.failure is None:
        return f"the details are in {path}"
    reason = file.failure.strerror if isinstance(file.failure, OSError) and file.failure.strerror else file.failure
    return f"the details are lost, because {path} can't be written: {reason}"
