"""Exit statuses of the command line."""

from __future__ import annotations

from typing import Final

DONE: Final = 0
FAILED: Final = 1  # explained on stderr in one line
WRONG_USAGE: Final = 2
CANCELLED: Final = 130  # as a program that SIGINT ended
READER_GONE: Final = 141  # as a program that SIGPIPE ended
