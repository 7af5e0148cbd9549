"""The home folder and the disk it is on."""

from __future__ import annotations

import shutil
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from passivtui.doctor.finding import Finding, Verdict
from passivtui.errors import StorageError
from passivtui.paths import Home

_AREA: Final = "home"
_GIB: Final = 2**30
ROOM_WANTED: Final = 2 * _GIB
"""Bytes free below which downloads and searches may fill the disk."""
ROOM_NEEDED: Final = _GIB // 10


def home_findings(home: Home) -> Iterator[Finding]:
    """Where it is, whether it can be written, who else may write there, and how much room there is."""
    if not home.root.exists():
        text = f"{home.root} is not there yet; it is made at the first start"
        yield Finding(_AREA, "folder", Verdict.GOOD, text)
    else:
        yield _writable(home)
        yield _permissions(home.root)
    yield _room(home.root)


def _writable(home: Home) -> Finding:
    try:
        home.ensure()
    except StorageError as error:
        return Finding(_AREA, "folder", Verdict.BAD, str(error), "or choose another with --home or PASSIVTUI_HOME")
    return Finding(_AREA, "folder", Verdict.GOOD, f"{home.root} can be written")


def _permissions(root: Path) -> Finding:
    try:
        mode = stat.S_IMODE(root.stat().st_mode)
    except OSError as error:
        return Finding(_AREA, "permissions", Verdict.UNKNOWN, f"can't be read: {error.strerror}")
    if mode & (stat.S_IWGRP | stat.S_IWOTH):
        text = f"mode {mode:04o}: other users of this computer may change what is in it"
        return Finding(_AREA, "permissions", Verdict.WARNING, text, f"chmod go-w {root}")
    return Finding(_AREA, "permissions", Verdict.GOOD, f"mode {mode:04o}")


def _room(root: Path) -> Finding:
    place = next((folder for folder in (root, *root.parents) if folder.is_dir()), Path("/"))
    try:
        free = shutil.disk_usage(place).free
    except OSError as error:
        return Finding(_AREA, "disk", Verdict.UNKNOWN, f"its free space can't be read: {error.strerror}")
    return room_finding(free)


def room_finding(free: int) -> Finding:
    """What `free` bytes on the home's disk mean."""
    text = f"{free / _GIB:,.1f} GiB free"
    if free < ROOM_NEEDED:
        return Finding(_AREA, "disk", Verdict.BAD, text, "free some space before anything else: writing will fail")
    if free < ROOM_WANTED:
        advice = "a year of one coin's candles takes about 20 MB; datasets/ is a cache and may be deleted"
        return Finding(_AREA, "disk", Verdict.WARNING, text, advice)
    return Finding(_AREA, "disk", Verdict.GOOD, text)
