"""What happened, told upwards. Each message carries frozen values; none reaches across the widget tree.

Textual's `Message` keeps its delivery state in the instance and so can't be a frozen dataclass itself; what these carry
is not to be changed by whoever receives it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.message import Message

if TYPE_CHECKING:
    from passivtui.widgets.job_book import Job


@dataclass(eq=False)
class JobStarted(Message):
    """A background job began; sent to the app."""

    job: Job


@dataclass(eq=False)
class JobEnded(Message):
    """A background job is over: `job.state` says whether it was done, cancelled or failed. Sent to the app."""

    job: Job


@dataclass(eq=False)
class ReportsChanged(Message):
    """A report was kept or deleted: lists of reports and the menu's right-hand text are out of date.

    Post it to the app (`self.app.post_message`); it tells the menu and whatever screens define `reports_changed()`.
    """


@dataclass(eq=False)
class DataChanged(Message):
    """Candles came to the store or went: post it to the app, which tells every open screen (`data_changed()`)."""


@dataclass(eq=False)
class CopyWanted(Message):
    """A widget gathered text for the clipboard; the app copies it and says "copied WHAT"."""

    text: str
    what: str
