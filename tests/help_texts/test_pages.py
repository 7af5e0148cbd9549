"""The help pages hold together: they can be read, what they name exists, and what one looks for is found."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import passivtui
from passivtui.cli.main import _parser
from passivtui.config.parameters import PARAMETERS
from passivtui.exchanges.opening import _ADAPTERS
from passivtui.exchanges.venues import VENUES
from passivtui.help_texts import PAGES, Kind, page_blocks, page_markdown, search, spans
from passivtui.help_texts.venue_text import HEDGED

SOURCE = Path(passivtui.__file__).parent
NAMES = [page.name for page in PAGES]


def headings(name: str) -> list[str]:
    return [block.plain for block in page_blocks(name) if block.kind in (Kind.TITLE, Kind.HEADING, Kind.SUBHEADING)]


@pytest.mark.parametrize("name", NAMES)
def test_a_page_begins_with_its_title_and_has_text(name: str) -> None:
    first, *others = page_blocks(name)
    assert (first.kind, first.text) == (Kind.TITLE, next(page.title for page in PAGES if page.name == name))
    assert any(block.kind in (Kind.PARAGRAPH, Kind.ITEM, Kind.TABLE) for block in others)


def test_every_file_is_a_page_and_every_page_a_file() -> None:
    files = {file.stem for file in (SOURCE / "help_texts").glob("*.md")}
    assert files == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_tables_are_whole_and_nothing_is_left_unmade(name: str) -> None:
    for block in page_blocks(name):
        assert len({len(row) for row in block.rows}) <= 1
        assert "{{" not in block.text.replace("{{config}}", "")
    pictures = [block.text for block in page_blocks(name) if block.kind is Kind.PICTURE]
    assert bool(pictures) == (name == "strategy")


def test_every_message_of_the_troubleshooting_page_is_one_of_the_program() -> None:
    source = " ".join(path.read_text(encoding="utf-8") for path in SOURCE.rglob("*.py"))
    source = re.sub(r'"\s+f?"', "", source)  # sentences that go over several lines
    quoted = re.findall(r"^### `(.+)`$", page_markdown("troubleshooting"), re.MULTILINE)
    assert len(quoted) > 12
    known = {*quoted} - {"needs 60x16, have"}  # composed of numbers; the next line looks at it
    assert "needs {LEAST_WIDTH}x{LEAST_HEIGHT}, have" in source
    assert [message for message in known if message not in source] == []


def test_every_command_that_a_page_names_is_one_of_the_program() -> None:
    parser = _parser()
    commands = next(action.choices for action in parser._actions if action.dest == "==SUPPRESS==" or action.choices)
    assert commands is not None
    named = {
        word
        for page in NAMES
        for word in re.findall(r"`passivtui ([a-z-]+)", page_markdown(page))
        if not word.startswith("-")
    }
    assert named and named <= set(commands)


def test_every_setting_that_a_page_names_in_code_exists() -> None:
    known = {param.name for param in PARAMETERS.values()}
    for page in ("strategy", "risk", "going-live"):
        text = page_markdown(page)
        snake = {word for word in re.findall(r"`([a-z]+(?:_[a-z0-9]+)+)`", text) if not word.endswith("_")}
        assert snake - known - {"coin_overrides"} == set()


def test_every_parameter_is_explained() -> None:
    shown = headings("parameters")
    assert {param.name for param in PARAMETERS.values()} <= set(shown)


def test_the_venues_table_says_what_the_adapters_do() -> None:
    hedged = {name for name, adapter in _ADAPTERS.items() if adapter.rules.traits.has_hedge_mode}
    assert hedged == HEDGED
    text = page_markdown("exchanges")
    for venue in VENUES.values():
        assert (f"`{venue.name}`" in text) == bool(venue.ccxt_id)
        assert venue.name == "demo" or venue.title in headings("exchanges")


# ---- search ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("message", "heading"),
    [
        ("passivtui: no coin is approved: name coins in live.approved_coins", "no coin is approved"),
        ("the passphrase is wrong; nothing was changed, try again", "the passphrase is wrong"),
        ("4 problems, all listed below; the first: bot.long.x", "problems, all listed below"),
    ],
)
def test_an_error_message_finds_its_explanation_first(message: str, heading: str) -> None:
    found = search(message)
    assert (found.hits[0].page.name, found.hits[0].heading) == ("troubleshooting", heading)
    assert not found.is_near


def test_all_words_must_be_there_or_most_of_them() -> None:
    assert {hit.page.name for hit in search("bankruptcy price").hits} >= {"risk"}
    near = search("bankruptcy price zebra")
    assert near.is_near and near.hits
    assert search("zebra quagga").hits == ()
    assert search("").hits == search(" ; ").hits == ()


def test_a_parameter_is_found_by_its_name_its_heading_first() -> None:
    hit = search("entry_grid_spacing_weight").hits[0]
    assert (hit.page.name, hit.text) == ("parameters", "entry_grid_spacing_weight")


def test_marks_of_code_and_strong_are_taken_off() -> None:
    cut = [(span.text, span.style) for span in spans("a `b` and **c**")]
    assert cut == [("a ", ""), ("b", "code"), (" and ", ""), ("c", "strong")]
