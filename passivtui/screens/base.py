"""What every screen has: where you are, what this screen is for, its keys, and a way back."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar, Literal, Protocol, TypeVar, cast

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.events import Resize, ScreenResume
from textual.screen import Screen
from textual.signal import Signal

from passivtui.clock import Clock
from passivtui.commands import CommandHost
from passivtui.paths import Home
from passivtui.progress import CancelToken, ProgressSink
from passivtui.screens.settings_file import Settings
from passivtui.screens.too_small import TooSmallNotice
from passivtui.widgets.footer_line import FooterLine
from passivtui.widgets.glyphs import Glyphs
from passivtui.widgets.header_line import HeaderLine
from passivtui.widgets.job_book import Job, Jobs
from passivtui.widgets.status_line import StatusLine

if TYPE_CHECKING:
    from passivtui.screens.bot_house import BotHouse

Result = TypeVar("Result")
Done = TypeVar("Done")
Severity = Literal["information", "warning", "error"]


class Services(Protocol):
    """What screens may ask of the app (`self.services`)."""

    home: Home
    clock: Clock
    settings: Settings
    glyphs: Glyphs
    jobs: Jobs
    job_changed: Signal[Job]
    settings_changed: Signal[Settings]

    @property
    def bots(self) -> BotHouse:
        """The bots of this process and of others."""
        ...

    def start_job(
        self,
        name: str,
        work: Callable[[ProgressSink, CancelToken], Done],
        *,
        done: Callable[[Done], None] | None = None,
        failed: Callable[[Exception], None] | None = None,
        cancelled: Callable[[], None] | None = None,
    ) -> Job:
        """Run `work(progress, cancel)` in a thread; it goes on when the screen is left.

        `done`, `failed` and `cancelled` are called on the UI thread, also when the screen that started the job is gone.
        Without `failed` an error becomes a dialog: what happened, why, what to do. Give the job to
        `ProgressLine.follow`; `job.cancel()` asks it to stop.
        """
        ...

    def toast(self, message: str, *, severity: Severity = "information") -> None:
        """A short note for four seconds, as plain text."""
        ...

    def show_error(self, error: BaseException, doing: str = "") -> None:
        """A dialog for the serious: what happened, its details, and where the log is when it was unexpected."""
        ...

    def go_to(self, section: str) -> None:
        """Show a section ("menu", "backtest", "results", "settings", "help" ...) where it was left."""
        ...

    def copy(self, text: str, what: str) -> None:
        """Put text on the terminal's clipboard (OSC 52) and say so."""
        ...

    def change_setting(self, name: str, value: str) -> None:
        """Put a setting in force and keep it in settings.toml."""
        ...

    def refresh_facts(self) -> None:
        """Gather what the menu's rows say anew."""
        ...

    def home_text(self) -> str:
        """The home folder, shortened with ~."""
        ...

    def live_facts(self) -> tuple[str, ...]:
        """What runs live or on paper, for the header; empty when nothing does."""
        ...

    def breadcrumb(self, screen: Screen[object]) -> str:
        """Where `screen` is: the names of the screens below it and its own."""
        ...


class AppScreen(CommandHost, Screen[Result]):
    """Base of all screens. A subclass gives:

    - `CRUMB`, its name in the breadcrumb; or the method `crumb()` when that depends on data, and `refresh_crumb()` when
      it changes;
    - `PURPOSE`, one sentence for `?`;
    - `COMMAND_CLASSES`, command classes whose actions are methods `action_<name>`;
    - `compose_body()`, what is between header and footer (in a vertical container `#body`).

    Header, status line, footer, `esc` (one level back, never quits), `?`, the size guard and the breakpoint classes
    (-narrow/-normal/-wide, -short/-normal-h/-tall) come with it. A style sheet beside the module goes in `CSS_PATH`.
    """

    CRUMB: ClassVar[str] = ""

    DEFAULT_CSS = """
    AppScreen { layers: default too-small; layout: vertical; background: $background; color: $foreground; }
    AppScreen > #body { height: 1fr; width: 100%; }
    """

    @property
    def services(self) -> Services:
        """The app, as far as screens may know it."""
        return cast(Services, self.app)

    def compose(self) -> ComposeResult:
        yield HeaderLine(self.services.clock, self.services.home_text())
        with Vertical(id="body"):
            yield from self.compose_body()
        yield StatusLine(self.services.jobs, self.services.job_changed)
        yield FooterLine()
        yield TooSmallNotice()

    def compose_body(self) -> ComposeResult:
        """The screen's own widgets."""
        yield from ()

    def crumb(self) -> str:
        """This screen's name in the breadcrumb."""
        return self.CRUMB

    def refresh_crumb(self) -> None:
        """Call it when what `crumb()` gives has changed."""
        header = self.query_one(HeaderLine)
        header.show_crumb(self.services.breadcrumb(cast("Screen[object]", self)))
        header.show_live(self.services.live_facts())

    def on_mount(self) -> None:
        self.refresh_crumb()

    def on_screen_resume(self, event: ScreenResume) -> None:
        self.refresh_crumb()
        self.query_one(StatusLine).show_jobs()
        self.query_one(FooterLine).update_keys()

    def on_resize(self, event: Resize) -> None:
        self.query_one(TooSmallNotice).fit(event.size.width, event.size.height)

    def action_back(self) -> None:
        """One level back: the screen below, or the menu from the first screen of a section."""
        if len(self.app.screen_stack) > 1:
            self.dismiss()
        else:
            self.services.go_to("menu")

    def data_changed(self) -> None:
        """Stored candles came or went (messages.DataChanged); called on every open screen. Nothing by default."""

    def reports_changed(self) -> None:
        """Reports were kept or deleted (messages.ReportsChanged); called on every open screen. Nothing by default."""
