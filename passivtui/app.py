"""PassivTuiApp: the sections and their stacks of screens, the keys that work everywhere, background jobs, theme, log.

Nothing heavy is imported here: the first frame waits for no numpy, plotext, engine or database. The screens that need
them are loaded in a thread once the menu is drawn.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, cast

from rich.text import Text
from textual import on
from textual.app import App
from textual.binding import Binding
from textual.command import Provider
from textual.events import Event, Key, Paste
from textual.filter import LineFilter
from textual.keys import format_key
from textual.screen import Screen
from textual.signal import Signal
from textual.worker import Worker, WorkerState

from passivtui.clock import Clock, utc_ms
from passivtui.commands import CommandHost
from passivtui.commands.everywhere import EVERYWHERE
from passivtui.errors import Cancelled, PassivTuiError
from passivtui.logs import log_exception, log_path, set_log_level
from passivtui.messages import CopyWanted, DataChanged, JobEnded, JobStarted, ReportsChanged
from passivtui.paths import Home
from passivtui.progress import CancelToken, ProgressSink
from passivtui.screens.base import AppScreen, Severity
from passivtui.screens.dialogs import Choice, ChoiceModal, ConfirmModal, TextModal
from passivtui.screens.error_text import explain
from passivtui.screens.help_keys import keys_text
from passivtui.screens.jobs import JobsModal
from passivtui.screens.menu import MenuScreen
from passivtui.screens.menu_facts import FactsProvider, gather_facts
from passivtui.screens.palette import EverythingProvider, PaletteSource
from passivtui.screens.sections import SECTION_BY_NAME, SECTIONS, Section
from passivtui.screens.settings_file import Settings, load_settings, save_setting
from passivtui.screens.theme import make_themes, role_colours
from passivtui.screens.too_small import too_small
from passivtui.widgets.glyphs import GLYPH_SETS
from passivtui.widgets.harmless import Harmless
from passivtui.widgets.job_book import Job, Jobs, JobState

if TYPE_CHECKING:
    from passivtui.screens.bot_house import BotHouse

Done = TypeVar("Done")
Leaving = Callable[[], Coroutine[Any, Any, None]]

TOAST_SECONDS = 4.0
MOUNT_SECONDS = 0.002
KEY_WORDS = {
    "escape": "esc",
    "enter": "enter",
    "pageup": "pgup",
    "pagedown": "pgdn",
    "up": "up",
    "down": "down",
    "left": "left",
    "right": "right",
    "space": "space",
    "tab": "tab",
    "home": "home",
    "end": "end",
    "backspace": "backspace",
    "delete": "del",
}


@dataclass(frozen=True, slots=True)
class _AfterJob:
    """What to call when a job is over."""

    job: Job
    done: Callable[[Any], None] | None
    failed: Callable[[Exception], None] | None
    cancelled: Callable[[], None] | None


class PassivTuiApp(CommandHost, App[None], inherit_bindings=False):
    """The application. `home` holds its data, `clock` gives the time that is shown.

    `facts` gathers the menu's right-hand texts once the first frame is drawn and whenever reports change.
    """

    TITLE = "passivtui"
    CSS_PATH = Path(__file__).with_name("app.tcss")
    PURPOSE = "These keys work on every screen."
    COMMAND_CLASSES = EVERYWHERE
    COMMANDS: ClassVar[set[type[Provider] | Callable[[], type[Provider]]]] = {EverythingProvider}
    DEFAULT_MODE = "menu"
    # Textual declares these two as attributes of the instance, hence no ClassVar.
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-normal"), (160, "-wide")]  # noqa: RUF012
    VERTICAL_BREAKPOINTS = [(0, "-short"), (30, "-normal-h"), (45, "-tall")]  # noqa: RUF012
    NOTIFICATION_TIMEOUT = TOAST_SECONDS

    def __init__(self, home: Home, *, clock: Clock = utc_ms, facts: FactsProvider = gather_facts) -> None:
        loaded = load_settings(home.settings)
        self.home = home
        self.clock = clock
        self.settings = loaded.settings
        self.glyphs = GLYPH_SETS[loaded.settings.glyphs]
        self.jobs = Jobs()
        self.palette_sources: list[PaletteSource] = []
        self._bots: BotHouse | None = None
        self._facts = facts
        self._settings_problems = loaded.problems
        self._harmless = Harmless()
        self._themes = {theme.name: theme for theme in make_themes()}
        self._after: dict[Worker[Any], _AfterJob] = {}
        super().__init__()
        self.job_changed: Signal[Job] = Signal(self, "job_changed")
        self.settings_changed: Signal[Settings] = Signal(self, "settings_changed")
        self.animation_level = "none"
        for theme in self._themes.values():
            self.register_theme(theme)
        self.theme = self.settings.theme
        self._modes.update({"menu": MenuScreen, **{row.name: partial(self._section_screen, row) for row in SECTIONS}})

    # ---- start and end --------------------------------------------------------------------------------------------

    def on_mount(self) -> None:
        self.set_class(self.glyphs.name == "ascii", "-ascii")
        self.set_keymap(dict(self.settings.keys))
        for problem in self._settings_problems:
            self.toast(problem, severity="warning")
        self.call_after_refresh(self._after_first_frame)

    def _after_first_frame(self) -> None:
        self.run_worker(self._load_sections, thread=True, exit_on_error=False, group="loading")
        self.refresh_facts()

    def _load_sections(self) -> None:
        """Import what the sections need (numpy, engine, plotext) while the user reads the menu; runs in a thread."""
        for section in SECTIONS:
            module = import_module(section.screen.partition(":")[0])
            source = getattr(module, "palette_entries", None)
            if source is not None:
                self.palette_sources.append(source)

    # ---- sections -------------------------------------------------------------------------------------------------

    def _section_screen(self, section: Section) -> Screen[Any]:
        """The first screen of a section, made when it is opened."""
        module, _, name = section.screen.partition(":")
        return cast("Screen[Any]", getattr(import_module(module), name)())

    def go_to(self, section: str) -> None:
        """Show a section where it was left; what can't be loaded is told and the present screen stays."""
        try:
            self.switch_mode(section)
        except Exception as error:  # a screen's module and constructor: anything may go wrong there
            self.show_error(error, f"opening {SECTION_BY_NAME[section].title}")

    def breadcrumb(self, screen: Screen[object]) -> str:
        """Where `screen` is: the names of the screens below it and its own."""
        crumbs = []
        for below in self.screen_stack:
            if isinstance(below, AppScreen) and below.crumb():
                crumbs.append(below.crumb())
            if below is screen:
                break
        return f" {self.glyphs.pointer} ".join(crumbs)

    def home_text(self) -> str:
        """The home folder, shortened with ~."""
        try:
            return f"~/{self.home.root.relative_to(Path.home())}"
        except (ValueError, RuntimeError):
            return str(self.home.root)

    @property
    def bots(self) -> BotHouse:
        """The bots; what they need is imported when they are first asked for."""
        if self._bots is None:
            from passivtui.screens.bot_house import BotHouse

            self._bots = BotHouse(self.home, partial(self.toast, severity="warning"))
        return self._bots

    async def on_unmount(self) -> None:
        """End the bots of this process; their orders stay as they are, unless quitting has asked for more."""
        if self._bots is not None:
            await self._bots.close()

    def live_facts(self) -> tuple[str, ...]:
        """What runs here, live or on paper."""
        running = self._bots.running if self._bots is not None else ()
        if not running:
            return ()
        return ("1 bot" if len(running) == 1 else f"{len(running)} bots",)

    def refresh_facts(self) -> None:
        """Gather the menu's right-hand texts anew, in the background."""
        gather: Any = self._gather_facts  # not called here: a superseded worker would never await it
        self.run_worker(gather, exclusive=True, exit_on_error=False, group="facts")

    async def _gather_facts(self) -> None:
        facts = await self._facts(self.home)
        for screen in self._screen_stacks.get("menu", []):
            if isinstance(screen, MenuScreen):
                screen.show_facts(facts)

    @on(DataChanged)
    def _data_changed(self) -> None:
        for stack in self._screen_stacks.values():
            for screen in stack:
                if isinstance(screen, AppScreen) and screen.is_mounted:
                    screen.data_changed()

    @on(ReportsChanged)
    def _tell_screens(self) -> None:
        self.refresh_facts()
        for stack in self._screen_stacks.values():
            for screen in stack:
                if isinstance(screen, AppScreen):
                    screen.reports_changed()

    # ---- keys -----------------------------------------------------------------------------------------------------

    async def on_event(self, event: Event) -> None:
        """Swallow keys while the terminal is too small: nobody should act on what can't be seen.

        Keys that come before the screen they are for is drawn wait for it.
        """
        if isinstance(event, Key | Paste) and not await self._can_take(event):
            return
        hidden = isinstance(event, Key | Paste) and too_small(*self.size)
        if hidden and not (isinstance(event, Key) and event.key == "ctrl+q"):
            return
        await super().on_event(event)

    async def _can_take(self, event: Key | Paste) -> bool:
        """Whether there is a screen that a key can act on; if it is only being made, the key comes again."""
        stack = self.screen_stack
        if not stack or stack[-1].is_mounted:
            return bool(stack)
        await asyncio.sleep(MOUNT_SECONDS)
        self.post_message(event)
        return False

    def get_key_display(self, binding: Binding) -> str:
        """Keys in words and plain signs: no font lacks them."""
        if binding.key_display:
            return binding.key_display
        modifiers, key = binding.parse_key()
        written = KEY_WORDS.get(key) or format_key(key)
        return "".join("^" if modifier == "ctrl" else f"{modifier}+" for modifier in modifiers) + written

    def action_show_keys(self) -> None:
        """What the present screen is for, and its keys."""
        screen = self.screen
        name = screen.crumb() if isinstance(screen, AppScreen) else "dialog"
        self.push_screen(TextModal(f"Keys: {name}", keys_text(screen)))

    def action_read_help(self) -> None:
        """The help pages, at the place that fits the present screen; `esc` comes back to it."""
        from passivtui.screens.help import HelpScreen
        from passivtui.screens.help_places import place_for

        if not isinstance(self.screen, HelpScreen):
            self.push_screen(HelpScreen(place_for(type(self.screen).__name__, self.current_mode)))

    def action_list_jobs(self) -> None:
        """The list of background jobs."""
        self.push_screen(JobsModal())

    def action_explain_quit(self) -> None:
        """ctrl+c stops nothing here."""
        self.toast("press ctrl+q to quit")

    def action_quit_asking(self) -> None:
        """Quit, unless something runs and the user wants to wait for it."""
        if self._bots is not None and self._bots.running:
            self._ask_about_bots(self._bots)
            return
        active = self.jobs.active
        if not active:
            self.exit()
            return
        names = "\n".join(f"  {job.name}" for job in active)
        question = ConfirmModal(
            "Quit passivtui?",
            f"This would be stopped, and what it has computed so far is lost:\n{names}",
            do="Stop it and quit",
            keep="Stay and let it finish",
        )
        self.push_screen(question, self._quit_if)

    def _ask_about_bots(self, bots: BotHouse) -> None:
        """Bots of this process end with it, unless they go on in one of their own."""
        from passivtui.live.status import StopChoice

        names = ", ".join(bot.name for bot in bots.running)
        choices: list[Choice[Leaving | None]] = [
            Choice(bots.detach_all, "Let them go on in the background, and quit", "menu 1 shows them again next time"),
            Choice(None, "Stay"),
            Choice(partial(bots.stop_all, StopChoice.KEEP_CLOSES), "Cancel entries, keep closes, and quit"),
            Choice(partial(bots.stop_all, StopChoice.LEAVE), "Leave orders and positions as they are, and quit"),
        ]

        def chosen(end: Leaving | None) -> None:
            if end is not None:
                leave: Any = partial(self._leave_bots, end)
                self.run_worker(leave, exit_on_error=False, group="quit", description="leaving the bots")

        question = ChoiceModal[Leaving | None](f"Quit while {names} runs?", choices)
        self.push_screen(question, chosen)

    async def _leave_bots(self, end: Leaving) -> None:
        try:
            await end()
        except Exception as error:  # whatever it was: the app stays, so that somebody sees to the bots
            self.show_error(error, "leaving the bots")
        else:
            self.exit()

    def _quit_if(self, agreed: bool | None) -> None:
        if agreed:
            for job in self.jobs.active:
                job.cancel()
            self.exit()

    # ---- jobs -----------------------------------------------------------------------------------------------------

    def start_job(
        self,
        name: str,
        work: Callable[[ProgressSink, CancelToken], Done],
        *,
        done: Callable[[Done], None] | None = None,
        failed: Callable[[Exception], None] | None = None,
        cancelled: Callable[[], None] | None = None,
    ) -> Job:
        """Run `work(progress, cancel)` in a thread; see `screens.base.Services`."""
        job = self.jobs.begin(name)
        worker = self.run_worker(
            lambda: work(job.report, job.token), thread=True, exit_on_error=False, group="jobs", description=name
        )
        self._after[worker] = _AfterJob(job, done, failed, cancelled)
        self.post_message(JobStarted(job))
        self.job_changed.publish(job)
        return job

    @on(Worker.StateChanged)
    def _worker_changed(self, event: Worker.StateChanged) -> None:
        """The one place where background work ends, well or not."""
        worker = event.worker
        if event.state not in (WorkerState.SUCCESS, WorkerState.ERROR, WorkerState.CANCELLED):
            return
        after = self._after.pop(worker, None)
        if after is not None:
            self._end_job(after, event.state, worker)
        elif event.state is WorkerState.ERROR and worker.error is not None and worker.group == "loading":
            self._write_log(worker.error, "loading the sections")  # opening the section says it to the user
        elif event.state is WorkerState.ERROR and worker.error is not None:
            self.show_error(worker.error, worker.description if worker.group == "jobs" else "")

    def _end_job(self, after: _AfterJob, state: WorkerState, worker: Worker[Any]) -> None:
        job, error = after.job, worker.error
        if state is WorkerState.SUCCESS:
            job.end(JobState.DONE)
        elif state is WorkerState.CANCELLED or isinstance(error, Cancelled):
            job.end(JobState.CANCELLED)
        else:
            job.end(JobState.FAILED, error if isinstance(error, Exception) else None)
        self.job_changed.publish(job)
        self.post_message(JobEnded(job))
        if job.state is JobState.DONE and after.done is not None:
            after.done(worker.result)
        elif job.state is JobState.CANCELLED and after.cancelled is not None:
            after.cancelled()
        elif job.state is JobState.FAILED and job.error is not None:
            (after.failed or partial(self.show_error, doing=job.name))(job.error)

    # ---- words ----------------------------------------------------------------------------------------------------

    def toast(self, message: str, *, severity: Severity = "information") -> None:
        """A short note as plain text: the only way notes are given."""
        self.notify(message, severity=severity, markup=False)

    def show_error(self, error: BaseException, doing: str = "") -> None:
        """A dialog that says what happened; the traceback of what wasn't expected goes to the log."""
        words = explain(error, doing, log_path(self.home))
        if not words.expected:
            self._write_log(error, doing)
        self.push_screen(TextModal(words.title, words.text, role="failure"))

    def copy(self, text: str, what: str) -> None:
        """To the terminal's clipboard."""
        self.copy_to_clipboard(text)
        self.toast(f"copied {what}")

    @on(CopyWanted)
    def _copy_wanted(self, message: CopyWanted) -> None:
        self.copy(message.text, message.what)

    def _write_log(self, error: BaseException, doing: str) -> None:
        log_exception(self.home, error, doing or "running")

    def _fatal_error(self) -> None:
        """Textual's last resort, in words instead of a traceback: leave, say what happened and where the log is."""
        error = self._exception or RuntimeError("unknown")
        self._write_log(error, "drawing the interface")
        words = explain(error, "", log_path(self.home))
        self._exit_renderables.append(Text(words.text))
        self._close_messages_no_wait()

    # ---- looks ----------------------------------------------------------------------------------------------------

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """The roles' colours, for style sheets and widgets."""
        return role_colours(self.current_theme, self.settings.colours)

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Textual's own, and after them the one that lets no text act on the terminal."""
        return [*super().get_line_filters(), self._harmless]

    def change_setting(self, name: str, value: str) -> None:
        """Put a setting in force and keep it in settings.toml; when it can't be kept it holds until the end."""
        self.settings = self.settings.changed(name, value)
        self.glyphs = GLYPH_SETS[self.settings.glyphs]
        self.set_class(self.glyphs.name == "ascii", "-ascii")
        if name == "log_level":
            set_log_level(value)
        elif name == "theme":
            self.theme = value
        elif name in ("colours", "glyphs"):
            self._invalidate_css()
            self.refresh_css(animate=False)
        try:
            save_setting(self.home.settings, name, value)
        except PassivTuiError as error:
            self.show_error(error, "keeping the setting")
        self.settings_changed.publish(self.settings)
