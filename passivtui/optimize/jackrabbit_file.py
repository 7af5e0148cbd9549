"""`jackrabbit.json`: how far Jackrabbit is and every best so far, for those who look at the folder of a run."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from passivtui.errors import ReportError
from passivtui.files import write_atomically
from passivtui.optimize.algorithm import BestStep, JackrabbitView

VIEW_FILE: Final = "jackrabbit.json"


def write_view(folder: Path, view: JackrabbitView) -> None:
    """Write it as it is now. Raises StorageError."""
    write_atomically(folder / VIEW_FILE, json.dumps(asdict(view), indent=1, allow_nan=False) + "\n")


def read_view(folder: Path) -> JackrabbitView | None:
    """What was written last; None in the folder of another algorithm. Raises ReportError for a damaged file."""
    path = folder / VIEW_FILE
    try:
        content: dict[str, Any] = json.loads(path.read_bytes())
        history = tuple(BestStep(**step) for step in content.pop("history"))
        return JackrabbitView(**content, history=history)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ReportError(f"can't read {path}: {error.strerror or error}") from error
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise ReportError(f"{path} is damaged; go on with the run to have it written again") from error
