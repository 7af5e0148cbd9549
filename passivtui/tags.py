"""Tags: short words by which reports and configs are found again."""

from __future__ import annotations

from collections.abc import Iterable


def tidy_tags(tags: Iterable[str]) -> tuple[str, ...]:
    """Tags in lower case, words joined by "-", sorted, none twice, none empty."""
    return tuple(sorted({"-".join(tag.lower().split()) for tag in tags} - {""}))
