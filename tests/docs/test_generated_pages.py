"""Pages that are generated say what the program says."""

from __future__ import annotations

import runpy
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"
HINT = "run: python docs/generate.py"


def test_the_configuration_page_is_what_the_parameter_table_gives() -> None:
    made = runpy.run_path(str(DOCS / "generate.py"))["configuration_page"]()
    assert (DOCS / "configuration.md").read_text(encoding="utf-8") == made, HINT


def test_the_help_pages_are_those_of_the_app() -> None:
    made = runpy.run_path(str(DOCS / "generate.py"))["help_pages"]()
    written = {file.name: file.read_text(encoding="utf-8") for file in (DOCS / "help").glob("*.md")}
    assert written == made, HINT
    assert not any("{{" in text for text in written.values())


def test_every_page_that_the_readme_links_to_is_there() -> None:
    readme = (DOCS.parent / "README.md").read_text(encoding="utf-8")
    targets = [part.split(")")[0] for part in readme.split("](")[1:]]
    assert len(targets) > 5
    assert [target for target in targets if not (DOCS.parent / target).exists()] == []
