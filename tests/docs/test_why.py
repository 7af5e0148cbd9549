"""docs/why.md names only tests that exist, and says of every group of pains what isn't solved."""

from __future__ import annotations

import ast
import re
from pathlib import Path

PROJECT = Path(__file__).parents[2]
WHY = (PROJECT / "docs" / "why.md").read_text(encoding="utf-8")


def names_in(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {
        node.name
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_")
    }


def test_every_named_test_exists() -> None:
    named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", WHY)
    assert len(named) > 40
    missing = [
        f"{path}::{name}"
        for path, name in named
        if not (PROJECT / path).is_file() or name not in names_in(PROJECT / path)
    ]
    assert missing == []


def test_every_group_names_a_test_and_what_is_not_solved() -> None:
    _, *groups = WHY.split("\n## ")
    assert len(groups) == 13
    for group in groups:
        assert "`tests/" in group and "\nNot solved: " in group, group.partition("\n")[0]


def test_every_page_it_links_to_exists() -> None:
    assert [page for page in re.findall(r"\]\((\w[\w.-]+)\)", WHY) if not (PROJECT / "docs" / page).is_file()] == []
