"""The help pages: written once as Markdown beside this file, read in the app and in `docs/help/`.

Of Markdown they use headings, paragraphs, lists, tables, `code` and **strong**. A line of its own in double braces
stands for something that is made: `{{parameters}}` and `{{venues}}` from the program's tables, `{{picture: grid}}` a
picture that the reader's side draws; `{{config}}` within a text is the name of the config that is drawn.
"""

from passivtui.help_texts.blocks import Block, Kind, Span, spans
from passivtui.help_texts.pages import PAGE_BY_NAME, PAGES, Page, page_blocks, page_markdown
from passivtui.help_texts.searching import Found, Hit, search, words_of

__all__ = [
    "PAGES",
    "PAGE_BY_NAME",
    "Block",
    "Found",
    "Hit",
    "Kind",
    "Page",
    "Span",
    "page_blocks",
    "page_markdown",
    "search",
    "spans",
    "words_of",
]
