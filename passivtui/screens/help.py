"""Help: pages to read (row 9, f1), beside their list, with a search through all of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Final, cast

from textual.app import App, ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option
from textual.worker import Worker, WorkerState

from passivtui.commands import Command, CommandHost
from passivtui.help_texts import PAGES, Hit, page_blocks, search, words_of
from passivtui.screens.base import AppScreen, Services
from passivtui.screens.help_layout import Line, lay_out
from passivtui.screens.help_places import FIRST, Place
from passivtui.screens.help_view import HelpView
from passivtui.screens.palette import PaletteEntry
from passivtui.widgets.glyphs import Glyphs, glyphs_of

if TYPE_CHECKING:
    from passivtui.paths import Home
    from passivtui.screens.settings_file import Settings

PICTURE_HEIGHT: Final = 11
WIDEST: Final = 96
"""Cells of a line of text; longer ones are hard to read."""
_PAGE_WITH_PICTURES: Final = "strategy"


class NextPage(Command):
    """Turn to the next page."""

    KEYS = "n,right_square_bracket"
    FOOTER = "page"
    SHOWN = "n/p"


class PreviousPage(Command):
    """Turn to the page before."""

    KEYS = "p,left_square_bracket"


class Search(Command):
    """Search all pages; a few words of an error message will do."""

    KEYS = "slash"
    FOOTER = "search"
    SHOWN = "/"
    NAME = "Search the help"


class OpenDoctor(Command):
    """See whether everything works here, and what to do where it doesn't."""

    KEYS = "d"
    FOOTER = "doctor"


class PageBelow(Command):
    """The next page of the list."""

    KEYS = "j"
    ACTION = "cursor_down"
    IN_PALETTE = False


class PageAbove(Command):
    """The page above in the list."""

    KEYS = "k"
    ACTION = "cursor_up"
    IN_PALETTE = False


class ReadPage(Command):
    """Go into the text."""

    KEYS = "l,right"
    ACTION = "screen.focus_text"
    FOOTER = "read"
    SHOWN = "l"
    IN_PALETTE = False


class BackToList(Command):
    """Go to the list of pages."""

    KEYS = "h,left"
    ACTION = "focus_list"
    IN_PALETTE = False


def _page_command(number: int) -> type[Command]:
    title = PAGES[number - 1].title
    values = {"__doc__": f"Turn to: {title}.", "KEYS": str(number), "ACTION": f"turn_to({number})", "IN_PALETTE": False}
    return type(f"Page{number}", (Command,), {**values, "ID": f"help-{number}"})


class PageList(CommandHost, OptionList):
    """The titles; the text beside it follows the cursor."""

    PURPOSE = "The pages: move to one to read it, enter goes into its text."
    COMMAND_CLASSES = (PageBelow, PageAbove, ReadPage)


class HelpScreen(AppScreen[None]):
    """The list of pages, the text of one, and over them the search when it is wanted."""

    CRUMB = "Help"
    PURPOSE = "Read what passivtui is about, or search for a word or an error message."
    COMMAND_CLASSES = (
        Search,
        NextPage,
        PreviousPage,
        OpenDoctor,
        BackToList,
        *(_page_command(number) for number in range(1, 10)),
    )

    DEFAULT_CSS = """
    HelpScreen #reading { height: 1fr; }
    HelpScreen OptionList, HelpScreen OptionList:focus {
        border: none; background: $background; background-tint: $foreground 0%; padding: 0;
        scrollbar-size-vertical: 1; overflow-x: hidden; text-wrap: nowrap; text-overflow: ellipsis;
        & > .option-list--option-highlighted { background: $cursor-row; color: $foreground; text-style: bold; }
        &:nocolor > .option-list--option-highlighted { text-style: bold reverse; }
        &:ansi > .option-list--option-highlighted { text-style: bold reverse; }
    }
    HelpScreen #titles { width: 24; height: 1fr; margin: 1 1 0 1; }
    HelpScreen.-normal #titles, HelpScreen.-wide #titles { width: 30; }
    HelpScreen #text { margin: 1 1 0 1; }
    HelpScreen #search { display: none; height: 1fr; margin: 1 2 0 2; }
    HelpScreen.-searching #search { display: block; }
    HelpScreen.-searching #reading { display: none; }
    HelpScreen #search Input { border: round $frame-focus; background: $background; }
    .-ascii HelpScreen #search Input { border: ascii $frame-focus; }
    HelpScreen #how { height: 1; color: $muted; }
    HelpScreen #hits { height: 1fr; }
    """

    def __init__(self, place: Place = FIRST) -> None:
        super().__init__()
        self._wanted: Place | None = place
        self._number = 0
        self._starts: tuple[int, ...] = ()
        self._pictures: Mapping[str, Sequence[Line]] = {}
        self._drawn_for: tuple[int, str] | None = None
        self._config_name = "your config"
        self._hits: tuple[Hit, ...] = ()

    def compose_body(self) -> ComposeResult:
        with Horizontal(id="reading"):
            yield PageList(*(_title(number) for number in range(1, len(PAGES) + 1)), id="titles")
            yield HelpView(id="text")
        with Vertical(id="search"):
            yield Input(placeholder="words, or part of an error message", select_on_focus=False)
            yield Static("", id="how", markup=False)
            yield OptionList(id="hits")

    def on_mount(self) -> None:
        self.services.settings_changed.subscribe(self, self._settings_changed)
        self.query_one("#titles").focus()

    def _settings_changed(self, _: Settings) -> None:
        self._drawn_for = None
        self._show(keep=True)

    # ---- pages ----------------------------------------------------------------------------------------------------

    @property
    def page_name(self) -> str:
        """The page that is shown."""
        return PAGES[self._number].name

    @property
    def is_laid_out(self) -> bool:
        """Whether there is text to read."""
        return bool(self._starts)

    def open_place(self, place: Place) -> None:
        """Show a page at one of its headings."""
        number = next(index for index, page in enumerate(PAGES) if page.name == place.page)
        self._turn_to(number)
        if place.heading:
            blocks = page_blocks(place.page)
            headings = [index for index, block in enumerate(blocks) if block.plain == place.heading]
            self._go_to_block(headings[0] if headings else 0)

    def _turn_to(self, number: int) -> None:
        self._number = number
        self.query_one("#titles", PageList).highlighted = number
        self._show()

    def _show(self, *, keep: bool = False) -> None:
        """Lay the page out for the present width; `keep` keeps the place in it."""
        view = self.query_one(HelpView)
        if not view.width:
            return
        width = min(view.width, WIDEST)
        top = round(view.scroll_offset.y) if keep else 0
        before = max((index for index, start in enumerate(self._starts) if start <= top), default=0) if keep else 0
        laid = lay_out(page_blocks(self.page_name), width, self._pictures, self._config_name)
        self._starts = laid.starts
        view.show(laid.lines)
        view.go_to_line(laid.starts[before] if before else 0)
        if self.page_name == _PAGE_WITH_PICTURES:
            self._draw_pictures(width)

    def _go_to_block(self, block: int) -> None:
        if block < len(self._starts):
            self.query_one(HelpView).go_to_line(self._starts[block])

    def on_help_view_width_changed(self) -> None:
        if self._wanted is not None:
            self.open_place(self._wanted)
            self._wanted = None
        else:
            self._show(keep=True)

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        if event.option_list.id == "titles" and event.option_index != self._number:
            self.query_one(HelpView).mark(())
            self._turn_to(event.option_index)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        if event.option_list.id == "titles":
            self.action_focus_text()
        else:
            self._open_hit(self._hits[event.option_index])

    def action_turn_to(self, number: int) -> None:
        """Show the page with this number, from 1."""
        self._turn_to(number - 1)

    def action_next_page(self) -> None:
        """Show the next page; after the last the first."""
        self._turn_to((self._number + 1) % len(PAGES))

    def action_previous_page(self) -> None:
        """Show the page before; before the first the last."""
        self._turn_to((self._number - 1) % len(PAGES))

    def action_focus_text(self) -> None:
        """Give the keys to the text."""
        self.query_one(HelpView).focus()

    def action_focus_list(self) -> None:
        """Give the keys to the list."""
        self.query_one("#titles").focus()

    def action_open_doctor(self) -> None:
        """Look at this installation."""
        open_doctor(self.services)

    # ---- pictures -------------------------------------------------------------------------------------------------

    def _draw_pictures(self, width: int) -> None:
        """In a thread: the engine may have to be loaded first, and a config read."""
        glyphs = glyphs_of(self)
        wanted = (width, glyphs.name)
        if wanted != self._drawn_for:
            self._drawn_for = wanted
            work = partial(_pictures, self.services.home, width, glyphs)
            self.run_worker(work, thread=True, exclusive=True, exit_on_error=False, group="pictures")

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        if event.worker.group != "pictures":
            return
        event.stop()
        if event.state is WorkerState.SUCCESS and event.worker.result is not None:
            self._config_name, self._pictures = event.worker.result
            self._show(keep=True)
        elif event.state is WorkerState.ERROR and event.worker.error is not None:
            self.services.show_error(event.worker.error, "drawing the strategy")

    # ---- search ---------------------------------------------------------------------------------------------------

    def action_search(self) -> None:
        """Type words; the places that hold them are listed as one types."""
        self.add_class("-searching")
        self.query_one(Input).focus()
        self._list_hits(self.query_one(Input).value)

    def on_input_changed(self, event: Input.Changed) -> None:
        self._list_hits(event.value)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        if self._hits:
            self._open_hit(self._hits[0])

    def key_down(self) -> None:
        """From the words to what was found."""
        if self.focused is self.query_one(Input):
            self.query_one("#hits").focus()

    def _list_hits(self, words: str) -> None:
        found = search(words)
        self._hits = found.hits
        hits = self.query_one("#hits", OptionList)
        hits.clear_options()
        hits.add_options(Option(_hit_line(hit)) for hit in found.hits)
        if found.hits:
            hits.highlighted = 0
        self.query_one("#how", Static).update(Content(_how(words, len(found.hits), found.is_near)))

    def _open_hit(self, hit: Hit) -> None:
        words = words_of(self.query_one(Input).value)
        self.remove_class("-searching")
        self._turn_to(PAGES.index(hit.page))
        view = self.query_one(HelpView)
        view.mark(words)
        view.focus()
        self.call_after_refresh(self._go_to_block, hit.block)  # it can scroll when it is shown again

    def action_back(self) -> None:
        """Out of the search first; then one level back."""
        if self.has_class("-searching"):
            self.remove_class("-searching")
            self.query_one("#titles").focus()
        else:
            super().action_back()


def _title(number: int) -> Option:
    digit = f"{number}" if number <= 9 else " "
    return Option(Content.assemble((f" {digit} ", "$key bold"), (PAGES[number - 1].title, "")))


def _hit_line(hit: Hit) -> Content:
    text = "" if hit.text == hit.heading else f"  {hit.text}"
    where = hit.page.title if hit.heading == hit.page.title else f"{hit.page.title}: {hit.heading}"
    return Content.assemble((where, "$heading"), (text, ""))


def _how(words: str, count: int, is_near: bool) -> str:
    if not words_of(words):
        return "Type; enter opens the first place, down goes to the list, esc back."
    if not count:
        return "Nothing like it. Try fewer words."
    places = "1 place" if count == 1 else f"{count} places"
    return f"No place holds all of it; {places} with most of the words." if is_near else places


def _pictures(home: Home, width: int, glyphs: Glyphs) -> tuple[str, Mapping[str, Sequence[Line]]]:
    """What the config is called that is drawn, and its pictures."""
    from passivtui.screens.help_pictures import config_to_draw, draw_all

    shown = config_to_draw(home)
    return shown.name, draw_all(shown, width, PICTURE_HEIGHT, glyphs)


def open_doctor(services: Services) -> None:
    """Put the doctor on top of the present screen."""
    from passivtui.screens.doctor import DoctorScreen

    cast(App[Any], services).push_screen(DoctorScreen())


async def palette_entries(services: Services) -> Iterable[PaletteEntry]:
    """The pages and the doctor by name, for the command palette."""

    def opener(name: str) -> Any:
        return lambda: cast(App[Any], services).push_screen(HelpScreen(Place(name)))

    pages = [PaletteEntry(f"Help: {page.title}", "Read this page.", opener(page.name)) for page in PAGES]
    doctor = PaletteEntry("Doctor", OpenDoctor.sentence(), lambda: open_doctor(services))
    return [doctor, *pages]
