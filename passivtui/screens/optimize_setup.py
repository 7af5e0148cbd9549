"""Set up a search: config, market, budget, objectives and limits, workers; then start it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final, cast

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Static
from textual.worker import Worker, WorkerState

from passivtui.backtest.markets import exchanges_entry
from passivtui.backtest.metrics import metric_of
from passivtui.commands import Command
from passivtui.config import Config, ConfigEntry, LoadedConfig, list_configs, load_config
from passivtui.errors import PassivTuiError
from passivtui.market import DatasetEntry, list_datasets
from passivtui.optimize import ALGORITHMS, JACKRABBIT, NSGA2, OptimizationRequest, load_starts
from passivtui.screens.backtest import error_content
from passivtui.screens.base import AppScreen
from passivtui.screens.dialogs import Choice, ChoiceModal, InputModal, TextModal
from passivtui.screens.editor import EditorScreen
from passivtui.widgets.line_table import Column, LineTable

FIRST_EXAMPLE: Final = "six_coins_forager"
"""The shipped config that has the cursor as long as the home has none of its own: it has wide bounds."""


class StartSearch(Command):
    """Start the search with what is chosen here."""

    KEYS = "r"
    FOOTER = "start"


class EditBounds(Command):
    """Edit the config's bounds, objectives and limits."""

    KEYS = "e"
    FOOTER = "bounds"


@dataclass(frozen=True, slots=True)
class Budget:
    """What a search may be given besides its config; "" takes the config's or the program's own."""

    iters: str = ""
    population: str = ""
    seed: str = ""
    workers: str = ""
    holdout_days: str = ""
    start: str = ""
    cluster: str = ""
    algorithm: str = ""
    batch: str = ""
    decides: str = ""

    @property
    def sets(self) -> list[str]:
        """The part that replaces settings of the config."""
        named = {"optimize.iters": self.iters, "optimize.population_size": self.population}
        return [f"{key}={value}" for key, value in named.items() if value]


@dataclass(frozen=True, slots=True)
class _Row:
    name: str
    title: str
    value: str
    note: str


_TITLES: Final = {
    "algorithm": ("Algorithm", "nsga2 breeds generations; jackrabbit mutates the best so far, as Passiv-X does"),
    "iters": ("Iterations", "evaluations in all"),
    "population": ("Population", "candidates of a generation"),
    "seed": ("Seed", "the same seed finds the same front; empty draws one"),
    "workers": ("Threads", "empty takes the config's n_cpus"),
    "holdout_days": ("Hold-out", "days at the end that the search never sees"),
    "start": ("Start from", "a config, or a folder of configs or of an earlier run"),
    "decides": ("Decides", "jackrabbit: the metric that makes a candidate the best; empty takes the first to be high"),
    "batch": ("At a time", "jackrabbit: candidates that are tried side by side; 1 is the original's sequence"),
    "cluster": ("Cluster", "address of a dask scheduler, tcp://host:8786"),
}
_ABOUT: Final = {
    NSGA2: "a population, by all metrics at once",
    JACKRABBIT: "one after the other, from the best by one metric",
}
_COLUMNS: Final[tuple[Column[_Row], ...]] = (
    Column("title", "setting", lambda row: row.title),
    Column("value", "value", lambda row: row.value, role=lambda _: "heading", flexible=True),
    Column("note", "", lambda row: row.note, flexible=True, drop=1, role=lambda _: "muted"),
)
_CONFIG_COLUMNS: Final[tuple[Column[ConfigEntry], ...]] = (
    Column("name", "config", lambda entry: entry.name, flexible=True),
    Column("from", "", lambda entry: "shipped" if entry.shipped else "yours", role=lambda _: "muted", drop=1),
)
_MARKET_COLUMNS: Final[tuple[Column[DatasetEntry], ...]] = (
    Column("name", "market", lambda entry: entry.name, flexible=True),
    Column("kind", "", lambda entry: "synthetic" if entry.synthetic else "", role=lambda _: "synthetic", drop=1),
)


@dataclass(frozen=True, slots=True)
class _Plan:
    """What a search would be: the config with the budget in it, its words, and what stands in the way."""

    loaded: LoadedConfig
    lines: tuple[tuple[str, str], ...] = field(default=())


class OptimizeSetupScreen(AppScreen[OptimizationRequest]):
    """Dismissed with the request; enter in the list of settings changes one, `r` starts."""

    CRUMB = "New search"
    PURPOSE = "Choose config, market and budget; tab goes from list to list, enter changes a setting, r starts."
    COMMAND_CLASSES = (StartSearch, EditBounds)

    DEFAULT_CSS = """
    OptimizeSetupScreen #choices { height: 1fr; }
    OptimizeSetupScreen #choices > LineTable { height: 100%; width: 1fr; padding: 0; }
    OptimizeSetupScreen #budget { height: 10; padding: 0; }
    OptimizeSetupScreen #plan { height: auto; max-height: 9; }
    OptimizeSetupScreen #plan-text { height: auto; padding: 0 1; }
    OptimizeSetupScreen.-short #plan { max-height: 6; }
    """

    def __init__(self, config: str = "") -> None:
        """`config`: the name of the config to begin with."""
        super().__init__()
        self._wanted = config
        self._budget = Budget()
        self._scoring: tuple[str, ...] = ()

    def compose_body(self) -> ComposeResult:
        with Horizontal(id="choices"):
            yield LineTable(_CONFIG_COLUMNS, row_key=lambda entry: entry.name, id="configs", classes="pane")
            yield LineTable(_MARKET_COLUMNS, row_key=lambda entry: entry.name, id="markets", classes="pane")
        yield LineTable(_COLUMNS, row_key=lambda row: row.name, id="budget", classes="pane")
        with Vertical(id="plan", classes="pane"):
            yield Static("", id="plan-text", markup=False)

    def on_mount(self) -> None:
        for name, title in (("#configs", "Config"), ("#markets", "Market"), ("#budget", "Search")):
            self.query_one(name, LineTable).border_title = Content(title)
        self.query_one("#plan").border_title = Content("What will be searched")
        home = self.services.home
        try:
            configs, markets = list_configs(home), [*list_datasets(home), exchanges_entry()]
        except PassivTuiError as error:
            self.services.show_error(error, "listing configs and markets")
            configs, markets = [], []
        table = self.query_one("#configs", LineTable)
        table.set_rows(configs)
        listed = self.query_one("#markets", LineTable)
        listed.set_rows(markets)
        listed.move_to(self.services.settings.market)
        table.move_to(self._wanted or (FIRST_EXAMPLE if all(entry.shipped for entry in configs) else ""))
        table.focus()
        self._show_budget()

    # ---- what is chosen -------------------------------------------------------------------------------------------

    @property
    def _config(self) -> ConfigEntry | None:
        return cast("ConfigEntry | None", self.query_one("#configs", LineTable).current)

    @property
    def _market(self) -> DatasetEntry | None:
        return cast("DatasetEntry | None", self.query_one("#markets", LineTable).current)

    def on_line_table_highlighted(self, message: LineTable.Highlighted) -> None:
        self._show_plan()

    def on_line_table_selected(self, message: LineTable.Selected) -> None:
        if isinstance(message.row, _Row):
            self._ask(message.row)
        else:
            self.action_start_search()

    def on_line_table_asked(self, message: LineTable.Asked) -> None:
        if isinstance(message.row, _Row):
            self.app.push_screen(TextModal(message.row.title, message.row.note))

    def _show_budget(self, loaded: LoadedConfig | None = None) -> None:
        of_config = {} if loaded is None else _of_config(loaded.config)
        rows = [
            _Row(name, title, getattr(self._budget, name) or of_config.get(name, ""), note)
            for name, (title, note) in _TITLES.items()
        ]
        self.query_one("#budget", LineTable).set_rows(rows)

    def _ask(self, row: _Row) -> None:
        def change(text: str | None) -> None:
            if text is not None:
                self._budget = replace(self._budget, **{row.name: text.strip()})
                self._show_budget()
                self._show_plan()

        value = getattr(self._budget, row.name)
        if row.name in ("algorithm", "decides"):
            names = ALGORITHMS if row.name == "algorithm" else self._scoring
            choices = [Choice(name, name, _ABOUT.get(name, "")) for name in names]
            self.app.push_screen(ChoiceModal(row.title, choices, current=value), change)
            return
        check: Callable[[str], str | None] = _CHECKS.get(row.name, lambda _: None)
        self.app.push_screen(InputModal(row.title, value=value, hint=f"{row.note}.", check=check), change)

    def action_edit_bounds(self) -> None:
        """In the editor; what is saved there is read again when one comes back."""
        config = self._config
        if config is None:
            return
        if config.shipped:
            self.services.toast(f"{config.name} ships with the program; saving asks for a name of your own.")

        def back(_: object) -> None:
            home = self.services.home
            self.query_one("#configs", LineTable).set_rows(list_configs(home))
            self._show_plan()

        self.app.push_screen(EditorScreen(config.path, "optimize/bounds"), back)

    # ---- what will be searched ------------------------------------------------------------------------------------

    def _show_plan(self) -> None:
        config, market = self._config, self._market
        if config is None or market is None:
            return
        sets, home = self._budget.sets, self.services.home

        def read() -> _Plan:
            loaded = load_config(config.path, sets=sets, home=home)
            return _Plan(loaded, tuple(_plan_lines(loaded.config, market)))

        self.run_worker(read, thread=True, exclusive=True, exit_on_error=False, group="plan")

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        if event.worker.group != "plan":
            return
        words = self.query_one("#plan-text", Static)
        if event.state is WorkerState.SUCCESS and isinstance(event.worker.result, _Plan):
            plan = event.worker.result
            self._scoring = tuple(sorted(plan.loaded.config.optimize.scoring))
            self._show_budget(plan.loaded)
            width = max(len(label) for label, _ in plan.lines) + 2
            words.update(
                Content("\n").join(
                    [Content.assemble((f"{label:<{width}}", "$muted"), text) for label, text in plan.lines]
                )
            )
        elif event.state is WorkerState.ERROR and event.worker.error is not None:
            words.update(error_content(event.worker.error))

    def action_start_search(self) -> None:
        """Read everything once more, then hand the request over."""
        config, market = self._config, self._market
        if config is None or market is None:
            return
        try:
            self.dismiss(self._request(config, market))
        except PassivTuiError as error:
            self.services.show_error(error, "starting the search")

    def _request(self, config: ConfigEntry, market: DatasetEntry) -> OptimizationRequest:
        budget, home = self._budget, self.services.home
        loaded = load_config(config.path, sets=budget.sets, home=home)
        starts = load_starts(Path(budget.start).expanduser(), home)[0] if budget.start else [loaded.config]
        return OptimizationRequest(
            loaded,
            None if market.downloads else market.name,
            starts=tuple(starts),
            seed=int(budget.seed) if budget.seed else None,
            workers=int(budget.workers) if budget.workers else None,
            cluster=budget.cluster or None,
            holdout_days=float(budget.holdout_days) if budget.holdout_days else None,
            algorithm=budget.algorithm or NSGA2,
            batch=int(budget.batch) if budget.batch and budget.algorithm == JACKRABBIT else 1,
            decides=budget.decides or None if budget.algorithm == JACKRABBIT else None,
        )


def _of_config(config: Config) -> dict[str, str]:
    """What the config says where the budget doesn't."""
    optimize = config.optimize
    return {"iters": f"{optimize.iters:,}", "population": f"{optimize.population_size:,}", "algorithm": NSGA2}


def _plan_lines(config: Config, market: DatasetEntry) -> list[tuple[str, str]]:
    optimize = config.optimize
    open_bounds = sum(low != high for low, high in optimize.bounds.values())
    limits = ", ".join(
        f"{limit.metric} {'<=' if limit.side == 'greater' else '>='} {limit.value:g}" for limit in optimize.limits
    )
    return [
        ("market", f"{market.title}{' (synthetic)' if market.synthetic and 'synth' not in market.title else ''}"),
        ("coins", ", ".join(config.approved(market.coins).union[:12]) or "all"),
        ("searches", f"{open_bounds} settings within their bounds (e edits them)"),
        ("improves", ", ".join(metric_of(name).label for name in sorted(optimize.scoring))),
        ("limits", limits or "none"),
    ]


def _whole(low: int) -> Callable[[str], str | None]:
    def check(text: str) -> str | None:
        text = text.strip()
        if not text:
            return None
        return None if text.isascii() and text.isdecimal() and int(text) >= low else f"a whole number from {low} on"

    return check


def _days(text: str) -> str | None:
    try:
        return None if not text.strip() or 0.0 <= float(text) < 1e5 else "a number of days, 0 or more"
    except ValueError:
        return "a number of days, 0 or more"


def _start(text: str) -> str | None:
    path = Path(text.strip()).expanduser()
    return None if not text.strip() or path.exists() else "there is no such file or folder"


def _cluster(text: str) -> str | None:
    scheme, colon, rest = text.strip().partition("://")
    return (
        None
        if not text.strip() or (colon and scheme in ("tcp", "tls") and rest)
        else "an address such as tcp://host:8786"
    )


_CHECKS: Final[dict[str, Callable[[str], str | None]]] = {
    "iters": _whole(1),
    "population": _whole(2),
    "seed": _whole(0),
    "workers": _whole(1),
    "batch": _whole(1),
    "holdout_days": _days,
    "start": _start,
    "cluster": _cluster,
}
