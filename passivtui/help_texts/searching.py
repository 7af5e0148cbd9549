"""Finding words in all pages."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Final

from passivtui.help_texts.blocks import Kind
from passivtui.help_texts.pages import PAGES, Page, page_blocks

MOST_HITS: Final = 100
NEAR: Final = 0.5
"""Which part of the words a place must hold when none holds all of them: error messages carry names and numbers."""

_MESSAGES: Final = "troubleshooting"
_MESSAGE: Final = 8  # characters; what is shorter is no message
_SHORT: Final = 2
_WORD: Final = re.compile(r"[^\W_][\w.'-]*")


@dataclass(frozen=True, slots=True)
class Hit:
    """A block of a page in which words were found: its number on the page, the heading it stands under, its text."""

    page: Page
    block: int
    heading: str
    text: str


@dataclass(frozen=True, slots=True)
class Found:
    """The hits, best first. `is_near`: no place holds all of the words; these hold most of them."""

    hits: tuple[Hit, ...]
    is_near: bool = False


def words_of(query: str) -> list[str]:
    """The words that are searched for: in lower case, each once, short ones only if there are no others."""
    words = list(dict.fromkeys(_WORD.findall(query.casefold())))
    return [word for word in words if len(word) > _SHORT] or words


def search(query: str) -> Found:
    """All places that hold every word; if there are none, those that hold most of them. Headings come first.

    Before all of them come the messages that the query quotes.
    """
    words = words_of(query)
    if not words:
        return Found(())
    scored = [(sum(word in folded for word in words), hit) for folded, hit in _places()]
    best = max(score for score, _ in scored)
    hits = [hit for score, hit in scored if score == best] if best >= max(1, len(words) * NEAR) else []
    hits.sort(key=lambda hit: hit.text != hit.heading)
    told = _messages_in(query)
    found = (*told, *(hit for hit in hits if hit not in told))
    return Found(found[:MOST_HITS], is_near=bool(found) and not told and best < len(words))


def _messages_in(query: str) -> list[Hit]:
    """The messages of the troubleshooting page that the query holds, word for word."""
    said = " ".join(query.casefold().split())
    messages = (hit for _, hit in _places() if hit.page.name == _MESSAGES and hit.text == hit.heading)
    return [hit for hit in messages if len(hit.text) >= _MESSAGE and hit.text.casefold() in said]


@cache
def _places() -> tuple[tuple[str, Hit], ...]:
    """Every block with the words it is found by: its own, and those of the subheading it stands under."""
    found = []
    for page in PAGES:
        heading = subheading = ""
        for number, block in enumerate(page_blocks(page.name)):
            text = block.plain
            if block.kind in (Kind.TITLE, Kind.HEADING):
                heading, subheading = text, ""
            elif block.kind is Kind.SUBHEADING:
                subheading = text
            if block.kind is not Kind.PICTURE:
                found.append((f"{subheading} {text}".casefold(), Hit(page, number, subheading or heading, text)))
    return tuple(found)
