"""Which pages there are, in the order of the list, and their texts."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from passivtui.help_texts.blocks import Block, parse


@dataclass(frozen=True, slots=True)
class Page:
    """One page: the name of its file without the ending, and its title."""

    name: str
    title: str


PAGES: Final = (
    Page("first-steps", "First steps"),
    Page("strategy", "Strategy in pictures"),
    Page("parameters", "Every parameter"),
    Page("risk", "Risk in plain words"),
    Page("going-live", "Before going live"),
    Page("exchanges", "Exchanges"),
    Page("troubleshooting", "Troubleshooting"),
    Page("keys", "The keyboard"),
    Page("terminal", "The terminal"),
    Page("from-passivbot", "Coming from Passivbot"),
    Page("from-passivx", "Coming from Passiv-X"),
)

PAGE_BY_NAME: Final = {page.name: page for page in PAGES}


@cache
def page_markdown(name: str) -> str:
    """The page's Markdown with everything in it but the pictures and `{{config}}`. Raises KeyError for other names."""
    text = (Path(__file__).parent / f"{PAGE_BY_NAME[name].name}.md").read_text(encoding="utf-8")
    if "{{parameters}}" in text:
        from passivtui.help_texts.parameter_text import parameters_markdown

        text = text.replace("{{parameters}}", parameters_markdown())
    if "{{venues}}" in text:
        from passivtui.help_texts.venue_text import venues_markdown

        text = text.replace("{{venues}}", venues_markdown())
    return text


@cache
def page_blocks(name: str) -> tuple[Block, ...]:
    """The page's blocks."""
    return parse(page_markdown(name))
