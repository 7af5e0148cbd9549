"""Passiv-X over ticks: choose settings and ticks, for a backtest or for a Jackrabbit search."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Final, TypeVar, cast

from textual.app import App, ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Static
from textual.worker import Worker, WorkerState

from passivtui.commands import Command
from passivtui.errors import PassivTuiError
from passivtui.live.status import PAPER, TICKS, BotSpec, PaperSettings
from passivtui.optimize import TickSearchRequest
from passivtui.passivx import TickBacktest, load_tick_backtest
from passivtui.passivx.jackrabbit_search import Search, load_search
from passivtui.passivx.model import Loaded
from passivtui.passivx.places import TickPlace, tick_places
from passivtui.passivx.shelf import SettingsEntry, Shelf
from passivtui.screens.backtest import error_content
from passivtui.screens.base import AppScreen
from passivtui.screens.bot_launch import start_bot
from passivtui.screens.bot_start import free_bot_name
from passivtui.screens.dialogs import InputModal, TextModal
from passivtui.screens.passivx_options import ACCOUNTING, BALANCE, DAYS, Option, file_fault, place_fault, whole
from passivtui.screens.passivx_run import run_ticks_and_show
from passivtui.widgets.line_table import Column, LineTable

Chosen = TypeVar("Chosen")


class RunTicks(Command):
    """Run with what is chosen here."""

    KEYS = "r"
    FOOTER = "run"


class OpenSettings(Command):
    """Take settings from a file anywhere."""

    KEYS = "o"
    FOOTER = "open settings"


class OpenTicks(Command):
    """Take ticks from an .npz file or a folder anywhere."""

    KEYS = "t"
    FOOTER = "open ticks"


@dataclass(frozen=True, slots=True)
class _Row:
    option: Option
    value: str


_SETTINGS_COLUMNS: Final[tuple[Column[SettingsEntry], ...]] = (
    Column("name", "settings", lambda entry: entry.name, flexible=True),
    Column(
        "kind", "", lambda entry: f"{entry.kind.removesuffix(' settings')} {entry.exchange}", role=lambda _: "muted"
    ),
)
_TICKS_COLUMNS: Final[tuple[Column[TickPlace], ...]] = (
    Column("title", "ticks", lambda place: place.title, flexible=True),
    Column("symbols", "symbols", lambda place: ", ".join(place.symbols), flexible=True),
    Column("kind", "", lambda place: "synthetic" if place.synthetic else "", role=lambda _: "synthetic", drop=1),
)
_OPTION_COLUMNS: Final[tuple[Column[_Row], ...]] = (
    Column("title", "setting", lambda row: row.option.title),
    Column("value", "value", lambda row: row.value, role=lambda _: "heading", flexible=True),
    Column("note", "", lambda row: row.option.note, flexible=True, drop=1, role=lambda _: "muted"),
)


class TradeTicks(Command):
    """Start a bot on paper with these settings over these ticks, sixty minutes of them a minute."""

    KEYS = "p"
    FOOTER = "bot"


class PassivXSetupScreen(AppScreen[Chosen]):
    """Two lists and some options; the row under the cursor of each list is what is chosen."""

    COMMAND_CLASSES: ClassVar[tuple[type[Command], ...]] = (RunTicks, OpenSettings, OpenTicks)
    OPTIONS: tuple[Option, ...] = ()
    KINDS: tuple[str, ...] = ()

    DEFAULT_CSS = """
    PassivXSetupScreen #choices { height: 1fr; }
    PassivXSetupScreen #choices > LineTable { height: 100%; width: 1fr; padding: 0; }
    PassivXSetupScreen #options { height: 8; padding: 0; }
    PassivXSetupScreen #plan { height: 8; }
    PassivXSetupScreen #plan-text { height: auto; padding: 0 1; }
    PassivXSetupScreen.-short #options { height: 6; }
    PassivXSetupScreen.-short #plan { height: 6; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._opened: list[SettingsEntry] = []
        self._places: list[TickPlace] = []
        self._values: dict[str, str] = {}

    def compose_body(self) -> ComposeResult:
        empty = "No settings of Passiv-X in the home: o opens a file; i in Configs (4) imports a Passiv-X folder."
        with Horizontal(id="choices"):
            yield LineTable(
                _SETTINGS_COLUMNS, row_key=lambda entry: entry.key, empty=empty, id="settings", classes="pane"
            )
            yield LineTable(_TICKS_COLUMNS, row_key=lambda place: place.place, id="ticks", classes="pane")
        yield LineTable(_OPTION_COLUMNS, row_key=lambda row: row.option.name, id="options", classes="pane")
        with Vertical(id="plan", classes="pane"):
            yield Static("", id="plan-text", markup=False)

    def on_mount(self) -> None:
        for name, title in (("#settings", "Settings"), ("#ticks", "Ticks"), ("#options", "Options")):
            self.query_one(name, LineTable).border_title = Content(title)
        self.query_one("#plan").border_title = Content("What will be run")
        self._list()
        self.query_one("#settings", LineTable).focus()

    def _list(self) -> None:
        home = self.services.home
        try:
            entries = [entry for entry in Shelf(home).entries() if entry.kind in self.KINDS]
            places = tick_places(home)
        except PassivTuiError as error:
            self.services.show_error(error, "listing settings and ticks")
            return
        self.query_one("#settings", LineTable).set_rows([*self._opened, *entries])
        self.query_one("#ticks", LineTable).set_rows([*self._places, *places])
        self._show_options()
        self._show_plan()

    def _show_options(self) -> None:
        rows = [_Row(option, self._values.get(option.name, "")) for option in self.OPTIONS]
        self.query_one("#options", LineTable).set_rows(rows)

    @property
    def _settings(self) -> SettingsEntry | None:
        return cast("SettingsEntry | None", self.query_one("#settings", LineTable).current)

    @property
    def _place(self) -> TickPlace | None:
        return cast("TickPlace | None", self.query_one("#ticks", LineTable).current)

    def sets(self, *names: str) -> tuple[str, ...]:
        """The options of these names that were given, as `--set` texts."""
        return tuple(f"{name}={self._values[name]}" for name in names if self._values.get(name))

    # ---- choosing -------------------------------------------------------------------------------------------------

    def on_line_table_highlighted(self, message: LineTable.Highlighted) -> None:
        self._show_plan()

    def on_line_table_selected(self, message: LineTable.Selected) -> None:
        if isinstance(message.row, _Row):
            self._ask(message.row.option)
        else:
            self.action_run_ticks()

    def on_line_table_asked(self, message: LineTable.Asked) -> None:
        row = message.row
        if isinstance(row, _Row):
            self.app.push_screen(TextModal(row.option.title, row.option.note))
        elif isinstance(row, SettingsEntry):
            self.app.push_screen(TextModal(row.name, f"{row.kind.capitalize()}, the file {row.path}"))
        elif isinstance(row, TickPlace):
            self.app.push_screen(TextModal(row.title, f"{row.place}\n\nSymbols: {', '.join(row.symbols)}"))

    def _ask(self, option: Option) -> None:
        def change(text: str | None) -> None:
            if text is not None:
                self._values[option.name] = text.strip()
                self._show_options()
                self._show_plan()

        value = self._values.get(option.name, "")
        self.app.push_screen(InputModal(option.title, value=value, hint=f"{option.note}.", check=option.check), change)

    def action_open_settings(self) -> None:
        """Ask for a path."""

        def add(text: str | None) -> None:
            if text is not None:
                path = Path(text.strip()).expanduser().absolute()
                entry = SettingsEntry("backtest settings", path.stem, str(path.parent), path)
                self._opened.insert(0, entry)
                self._list()
                self.query_one("#settings", LineTable).move_to(entry.key)

        hint = "Live settings or backtest settings of Passiv-X: JSON, HJSON or TOML."
        self.app.push_screen(InputModal("Open settings", hint=hint, check=file_fault), add)

    def action_open_ticks(self) -> None:
        """Ask for a path."""

        def add(text: str | None) -> None:
            if text is not None:
                path = str(Path(text.strip()).expanduser().absolute())
                self._places.insert(0, TickPlace(path, Path(path).name, ()))
                self._list()
                self.query_one("#ticks", LineTable).move_to(path)

        hint = "An .npz file, a folder of them, or a folder of Passiv-X's downloads named for the symbol."
        self.app.push_screen(InputModal("Open ticks", hint=hint, check=place_fault), add)

    # ---- what will be run -----------------------------------------------------------------------------------------

    def load(self, path: Path) -> Loaded[Any]:
        """The settings with the options in them. Raises ConfigError."""
        raise TypeError(f"{type(self).__name__} loads nothing")

    def lines(self, settings: Any) -> list[str]:
        """What is worth knowing about them."""
        raise TypeError(f"{type(self).__name__} tells nothing")

    def _show_plan(self) -> None:
        entry, place = self._settings, self._place
        if entry is None or place is None:
            return

        def read() -> list[str]:
            loaded = self.load(entry.path)
            warnings = [f"! {note}" for note in loaded.notes if note.severity == "warning"]
            return [*self.lines(loaded.settings), *warnings]

        self.run_worker(read, thread=True, exclusive=True, exit_on_error=False, group="plan")

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        if event.worker.group != "plan":
            return
        words = self.query_one("#plan-text", Static)
        if event.state is WorkerState.SUCCESS and isinstance(event.worker.result, list):
            words.update(Content("\n".join(event.worker.result)))
        elif event.state is WorkerState.ERROR and event.worker.error is not None:
            words.update(error_content(event.worker.error))

    def action_run_ticks(self) -> None:
        """Read everything once more, then begin."""
        entry, place = self._settings, self._place
        if entry is None or place is None:
            self.services.toast("Choose settings first: o opens a file.")
            return
        try:
            self.begin(entry, place.place)
        except PassivTuiError as error:
            self.services.show_error(error, "reading the settings")

    def begin(self, entry: SettingsEntry, place: str) -> None:
        """Do it."""
        raise TypeError(f"{type(self).__name__} begins nothing")


class TickBacktestScreen(PassivXSetupScreen[None]):
    """A backtest; its report opens when it is done."""

    CRUMB = "Passiv-X backtest"
    PURPOSE = "Choose Passiv-X settings and ticks with the arrows, tab goes from list to list, enter runs."
    COMMAND_CLASSES = (TradeTicks,)
    KINDS = ("backtest settings", "live settings")
    OPTIONS = (BALANCE, DAYS, ACCOUNTING)

    def load(self, path: Path) -> Loaded[TickBacktest]:
        return load_tick_backtest(path, self.sets("starting_balance", "n_days", "accounting"))

    def lines(self, settings: TickBacktest) -> list[str]:
        kind = "inverse" if settings.market.inverse else "linear"
        sides = [side for side, on in (("long", settings.strategy.do_long), ("short", settings.strategy.do_shrt)) if on]
        conditions = [condition.name for condition in settings.break_on if condition.is_active]
        return [
            f"market    {settings.symbol}, {kind}, maker fee {100 * settings.market.maker_fee:g} %",
            f"trades    {' and '.join(sides) or 'nothing'}, leverage {settings.strategy.leverage:g}",
            f"balance   {settings.starting_balance:g}, {settings.accounting} accounting",
            *([f"ends on   {', '.join(conditions)}"] if conditions else []),
        ]

    def begin(self, entry: SettingsEntry, place: str) -> None:
        settings = self.load(entry.path).settings
        run_ticks_and_show(self, cast("App[None]", self.app), settings, place, entry.name)

    def action_trade_ticks(self) -> None:
        """To the monitor of a new bot."""
        entry, place = self._settings, self._place
        if entry is None or place is None:
            self.services.toast("Choose settings first: o opens a file.")
            return
        taken = {handle.name for handle in self.services.bots.handles()}
        name = free_bot_name(f"{entry.name}_ticks", taken)
        paper = PaperSettings(f"{TICKS}{place.place}", speed=60.0)
        start_bot(self.services, spec=BotSpec(name, PAPER, str(entry.path), self.sets("starting_balance"), paper))


class TickSearchSetupScreen(PassivXSetupScreen[TickSearchRequest]):
    """A Jackrabbit search; dismissed with the request."""

    CRUMB = "New Jackrabbit search"
    PURPOSE = "Choose backtest settings of Passiv-X with ranges, and ticks; enter starts Jackrabbit."
    KINDS = ("backtest settings",)
    OPTIONS = (
        Option("iters", "Iterations", "candidates to try; empty: the file's", whole(1)),
        Option("seed", "Seed", "the same seed finds the same; empty draws one", whole(0)),
        Option("batch", "At a time", "candidates tried side by side; 1 is the original's sequence", whole(1, 10_000)),
        BALANCE,
        DAYS,
        ACCOUNTING,
    )

    def load(self, path: Path) -> Loaded[Search]:
        return load_search(path, self.sets("starting_balance", "n_days", "accounting"))

    def lines(self, settings: Search) -> list[str]:
        session = settings.session
        varied = sum(each.low < each.high for each in session.ranges.values())
        start = settings.start.config_name or "live settings" if settings.start is not None else "a random candidate"
        iterations = self._values.get("iters") or f"{session.n_jackrabbit_iterations:,}"
        return [
            f"market    {session.symbol} on {session.exchange}",
            f"searches  {varied} settings within their ranges, {iterations} iterations",
            f"starts    from {start}; the highest gain is the best",
            f"balance   {session.starting_balance:g}, {settings.accounting} accounting",
        ]

    def begin(self, entry: SettingsEntry, place: str) -> None:
        self.load(entry.path)
        numbers = {name: int(value) for name in ("iters", "seed", "batch") if (value := self._values.get(name))}
        self.dismiss(
            TickSearchRequest(
                entry.path,
                place,
                sets=self.sets("starting_balance", "n_days", "accounting"),
                iters=numbers.get("iters"),
                seed=numbers.get("seed"),
                batch=numbers.get("batch", 1),
            )
        )
