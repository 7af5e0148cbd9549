"""Pages that are generated say what the program says."""

from __future__ import annotations

import runpy
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"


def test_the_configuration_page_is_what_the_parameter_table_gives() -> None:
    made = runpy.run_path(str(DOCS / "generate.py"))["page"]()
    assert (DOCS / "configuration.md").read_text(encoding="utf-8") == made, "run: python docs/generate.py"


def test_every_page_that_the_readme_links_to_is_there() -> None:
    readme = (DOCS.parent / "README.md").read_text(encoding="utf-8")
    targets = [part.split(")")[0] for part in readme.split("](")[1:]]
    assert len(targets) > 5
    assert [target for target in targets if not (DOCS.parent / target).exists()] == []
