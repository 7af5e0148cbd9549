"""Which program's and which release's config a document is, and its form in Passivbot 7.3."""

from __future__ import annotations

from pathlib import Path

from passivtui.config.document import Document, read_document
from passivtui.config.findings import Findings
from passivtui.config.from_passivx import is_passivx
from passivtui.config.migration import migrate
from passivtui.errors import ConfigError


def recognise(path: Path, document: Document, findings: Findings) -> Document:
    """The document with 7.3's sections at the top, whatever release wrote it (`spec/config.md` §5).

    What was changed on the way is noted in `findings`. Raises ConfigError when it is no config or has no equivalent.
    """
    if is_passivx(document):
        advice = f"make a config of them with: passivtui config convert {path.name}"
        raise ConfigError(f"{path}: these are live settings of Passiv-X; {advice}")
    return migrate(path, document, findings)


def is_passivx_file(path: Path) -> bool:
    """Whether a file holds Passiv-X live settings. Raises ConfigError when it can't be read."""
    return is_passivx(read_document(path, Findings(path.name)))
