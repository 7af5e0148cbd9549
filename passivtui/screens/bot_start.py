"""What a bot to start shall be: config, account, market and pace; and what it will do, in numbers."""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Final, cast

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Static
from textual.worker import Worker, WorkerState

from passivtui.commands import Command
from passivtui.config import Config, ConfigEntry, LoadedConfig, list_configs, load_config
from passivtui.errors import PassivTuiError
from passivtui.exchanges.venues import venues_with_candles
from passivtui.live.live_prices import PREFIX, venue_of
from passivtui.live.status import FASTEST, FULL_SPEED, PAPER, BotSpec, PaperSettings
from passivtui.market import Dataset, list_datasets, open_dataset
from passivtui.paths import Home
from passivtui.screens.backtest import error_content
from passivtui.screens.base import AppScreen
from passivtui.screens.bot_drawdown import fault_of, rule_of
from passivtui.screens.dialogs import Choice, ChoiceModal, InputModal, TextModal
from passivtui.screens.keys_session import vault_session
from passivtui.widgets.line_table import Column, LineTable

DEMO: Final = "demo"
FIRST_EXAMPLE: Final = "btc_long_grid"
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,39}")
_COINS_NAMED: Final = 10


class StartBot(Command):
    """Start the bot with what is chosen here."""

    KEYS = "r"
    FOOTER = "start"


@dataclass(frozen=True, slots=True)
class Pace:
    """What may be chosen of a bot; "" takes what the config or the program says. The last three are for paper."""

    account: str = PAPER
    name: str = ""
    drawdown: str = ""
    speed: str = "60"
    balance: str = ""
    seed: str = ""

    @property
    def is_paper(self) -> bool:
        return self.account == PAPER

    def settings(self, market: str) -> PaperSettings:
        """As a paper bot takes them; live prices have a speed of their own."""
        return PaperSettings(
            market=market,
            speed=float(self.speed) if self.speed and venue_of(market) is None else 1.0,
            balance=float(self.balance) if self.balance else None,
            seed=int(self.seed) if self.seed else 0,
        )


@dataclass(frozen=True, slots=True)
class _Row:
    name: str
    title: str
    note: str
    value: str


_TITLES: Final = {
    "account": ("Account", "paper, or real money of a user whose keys are in the vault"),
    "name": ("Name", "of the bot, in the list and in the journal"),
    "drawdown": ("Drawdown", "percent of the highest equity at which no new positions are opened; empty: off"),
    "speed": ("Speed", "market minutes per minute, up to 1000; 0 as fast as it goes"),
    "balance": ("Balance", "empty takes the config's starting balance"),
    "seed": ("Seed", "of rehearsed faults"),
}
_COLUMNS: Final[tuple[Column[_Row], ...]] = (
    Column("title", "setting", lambda row: row.title),
    Column("value", "value", lambda row: row.value, role=lambda _: "heading"),
    Column("note", "", lambda row: row.note, flexible=True, drop=1, role=lambda _: "muted"),
)
_OF_EVERY_BOT: Final = ("account", "name", "drawdown")
_CONFIG_COLUMNS: Final[tuple[Column[ConfigEntry], ...]] = (
    Column("name", "config", lambda entry: entry.name, flexible=True),
    Column("from", "", lambda entry: "shipped" if entry.shipped else "yours", role=lambda _: "muted", drop=1),
)


@dataclass(frozen=True, slots=True)
class _Market:
    """What a paper bot may trade on: a dataset, or the prices of a venue as they come."""

    name: str
    kind: str


def _markets(home: Home) -> list[_Market]:
    recorded = [entry for entry in list_datasets(home) if not entry.problem]
    venues = [name for name in venues_with_candles() if name != DEMO]
    return [
        *(_Market(entry.name, "synthetic" if entry.synthetic else "recorded") for entry in recorded),
        *(_Market(f"{PREFIX}{name}", "prices as they come") for name in venues),
    ]


_MARKET_COLUMNS: Final[tuple[Column[_Market], ...]] = (
    Column("name", "market", lambda entry: entry.name, flexible=True),
    Column(
        "kind",
        "",
        lambda entry: entry.kind,
        role=lambda entry: "synthetic" if entry.kind == "synthetic" else "muted",
        drop=1,
    ),
)


class StartBotScreen(AppScreen[BotSpec]):
    """Dismissed with the specification of the bot to start."""

    CRUMB = "New bot"
    PURPOSE = "On paper: no keys, no money. enter on a setting changes it, r starts."
    COMMAND_CLASSES = (StartBot,)

    DEFAULT_CSS = """
    StartBotScreen #choices { height: 1fr; }
    StartBotScreen #choices > LineTable { height: 100%; width: 1fr; padding: 0; }
    StartBotScreen #pace { height: 9; padding: 0; }
    StartBotScreen.-real #markets { display: none; }
    StartBotScreen.-real #pace { height: 6; }
    StartBotScreen #review { height: auto; max-height: 10; }
    StartBotScreen #review-text { height: auto; padding: 0 1; }
    StartBotScreen.-short #review { max-height: 7; }
    """

    def __init__(self, taken: frozenset[str], config: str = "") -> None:
        """`taken`: names that bots have; `config`: the one to begin with."""
        super().__init__()
        self._taken = taken
        self._wanted = config
        self._pace = Pace()

    def compose_body(self) -> ComposeResult:
        with Horizontal(id="choices"):
            yield LineTable(_CONFIG_COLUMNS, row_key=lambda entry: entry.name, id="configs", classes="pane")
            yield LineTable(_MARKET_COLUMNS, row_key=lambda entry: entry.name, id="markets", classes="pane")
        yield LineTable(_COLUMNS, row_key=lambda row: row.name, id="pace", classes="pane")
        with Vertical(id="review", classes="pane"):
            yield Static("", id="review-text", markup=False)

    def on_mount(self) -> None:
        for name, title in (("#configs", "Config"), ("#markets", "Market"), ("#pace", "Bot")):
            self.query_one(name, LineTable).border_title = Content(title)
        self.query_one("#review").border_title = Content("What it will do")
        home = self.services.home
        try:
            configs = list_configs(home)
            markets = _markets(home)
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
        self._show_pace()

    # ---- what is chosen -------------------------------------------------------------------------------------------

    @property
    def _config(self) -> ConfigEntry | None:
        return cast("ConfigEntry | None", self.query_one("#configs", LineTable).current)

    @property
    def _market(self) -> _Market | None:
        return cast("_Market | None", self.query_one("#markets", LineTable).current)

    @property
    def _bot_name(self) -> str:
        """The name typed, else the config's with the first number that makes it free."""
        if self._pace.name or self._config is None:
            return self._pace.name
        return free_bot_name(self._config.name, self._taken)

    def on_line_table_highlighted(self, message: LineTable.Highlighted) -> None:
        if message.table.id != "pace":
            self._show_pace()
            self._show_review()

    def on_line_table_selected(self, message: LineTable.Selected) -> None:
        if isinstance(message.row, _Row):
            self._ask(message.row)
        else:
            self.action_start_bot()

    def on_line_table_asked(self, message: LineTable.Asked) -> None:
        if isinstance(message.row, _Row):
            self.app.push_screen(TextModal(message.row.title, message.row.note))

    def _show_pace(self) -> None:
        values = {**asdict(self._pace), "name": self._bot_name}
        shown = [name for name in _TITLES if self._pace.is_paper or name in _OF_EVERY_BOT]
        self.query_one("#pace", LineTable).set_rows([_Row(name, *_TITLES[name], values[name]) for name in shown])
        self.set_class(not self._pace.is_paper, "-real")

    def _ask(self, row: _Row) -> None:
        def change(text: str | None) -> None:
            if text is not None:
                self._pace = replace(self._pace, **{row.name: text.strip()})
                self._show_pace()
                self._show_review()

        if row.name == "account":
            self.app.push_screen(ChoiceModal("Whose account?", self._accounts(), current=self._pace.account), change)
            return
        check = _CHECKS.get(row.name, self._name_fault)
        self.app.push_screen(InputModal(row.title, value=row.value, hint=f"{row.note}.", check=check), change)

    def _accounts(self) -> list[Choice[str]]:
        """Paper, then the users of the vault; their names are told while it is locked."""
        choices = [Choice(PAPER, "paper", "recorded candles, no keys, no money")]
        try:
            entries = vault_session(self.services).vault.entries()
        except PassivTuiError as error:
            self.services.show_error(error, "reading the names of the keys")
            entries = ()
        return [*choices, *(Choice(entry.user, entry.user, f"real money at {entry.exchange}") for entry in entries)]

    def _name_fault(self, text: str) -> str | None:
        text = text.strip()
        if text in self._taken:
            return f"{text} is taken"
        return None if not text or _NAME.fullmatch(text) else "letters, digits and . _ - only, at most 40"

    # ---- what it will do ------------------------------------------------------------------------------------------

    def _show_review(self) -> None:
        config, market = self._config, self._market
        if config is None or market is None:
            return
        home, pace = self.services.home, self._pace

        def read() -> Content:
            loaded = load_config(config.path, home=home)
            if not pace.is_paper:
                return real_review(loaded, pace)
            if (venue := venue_of(market.name)) is not None:
                return live_review(loaded, venue, pace)
            return paper_review(loaded, open_dataset(market.name, home), pace)

        self.run_worker(read, thread=True, exclusive=True, exit_on_error=False, group="review")

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        if event.worker.group != "review":
            return
        words = self.query_one("#review-text", Static)
        if event.state is WorkerState.SUCCESS and isinstance(event.worker.result, Content):
            words.update(event.worker.result)
        elif event.state is WorkerState.ERROR and event.worker.error is not None:
            words.update(error_content(event.worker.error))

    def action_start_bot(self) -> None:
        """Read the config once more, then hand the specification over."""
        config, market = self._config, self._market
        if config is None or market is None:
            return
        fault = self._name_fault(self._bot_name)
        if fault is not None:
            self.services.toast(fault, severity="warning")
            return
        try:
            load_config(config.path, home=self.services.home)
        except PassivTuiError as error:
            self.services.show_error(error, "starting the bot")
            return
        paper = self._pace.settings(market.name) if self._pace.is_paper else None
        rule = rule_of(self._pace.drawdown)
        self.dismiss(BotSpec(self._bot_name, self._pace.account, str(config.path), paper=paper, drawdown_stop=rule))


def free_bot_name(stem: str, taken: Container[str]) -> str:
    """The stem as a bot may be called, with the first number that makes it free."""
    stem = re.sub(r"[^A-Za-z0-9_.-]+", "_", stem)[:32].strip("_.-") or "bot"
    name, number = stem, 2
    while name in taken:
        name, number = f"{stem}_{number}", number + 1
    return name


def real_review(loaded: LoadedConfig, pace: Pace) -> Content:
    """The venue is asked for the rest before the bot starts."""
    config = loaded.config
    lines = [
        ("money", f"real, of {pace.account}: the venue is asked first, and the user's name is wanted"),
        ("coins", "all of the venue's" if config.approves_everything else _named(config.approved().union)),
        ("leverage", f"{config.live.leverage:g}"),
        ("at worst", " and ".join(_worst(config, None)) or "both sides are off"),
    ]
    return Content("\n").join(_lines(lines))


def live_review(loaded: LoadedConfig, venue: str, pace: Pace) -> Content:
    """On paper, at the prices of a venue."""
    config = loaded.config
    lines = [
        ("market", f"{venue}'s prices as they come, on paper: no keys, no money"),
        ("coins", "all of the venue's" if config.approves_everything else _named(config.approved().union)),
        ("pace", "that of the market; speed counts for recorded markets only"),
        ("at worst", " and ".join(_worst(config, _balance(config, pace))) or "both sides are off"),
    ]
    return Content("\n").join(_lines(lines))


def paper_review(loaded: LoadedConfig, market: Dataset, pace: Pace) -> Content:
    """Coins, exposure at worst, smallest orders against the balance; what stands in the way last."""
    config = loaded.config
    balance = _balance(config, pace)
    coins = [coin for coin in config.approved(market.coin_names).union if coin in market.coins]
    speed = "as fast as it goes" if float(pace.speed or 1) == FULL_SPEED else f"{pace.speed or 1} minutes a minute"
    lines = [
        ("market", f"{market.name}{' (synthetic)' if market.synthetic else ''}, on paper: no keys, no money"),
        ("coins", _named(coins) or "none of its coins is in this market"),
        ("pace", speed),
        ("at worst", " and ".join(_worst(config, balance)) or "both sides are off"),
    ]
    warnings = _too_small(config, market, coins, balance)
    return Content("\n").join(
        [*_lines(lines), *(Content.assemble(("! ", "$caution bold"), (text, "$caution")) for text in warnings)]
    )


def _balance(config: Config, pace: Pace) -> float:
    return float(pace.balance) if pace.balance else config.backtest.starting_balance


def _lines(lines: Iterable[tuple[str, str]]) -> list[Content]:
    return [Content.assemble((f"{label:<10}", "$muted"), text) for label, text in lines]


def _worst(config: Config, balance: float | None) -> Iterator[str]:
    """The most that each side may hold."""
    for name, side in (("long", config.bot.long), ("short", config.bot.short)):
        if side.is_on:
            held = "" if balance is None else f"{side.total_wallet_exposure_limit * balance:,.0f} in "
            places = "1 position" if side.n_positions == 1 else f"up to {side.n_positions} positions"
            yield f"{name} {held}{places} ({side.total_wallet_exposure_limit:g} x the balance)"


def _too_small(config: Config, market: Dataset, coins: list[str], balance: float) -> Iterator[str]:
    """Coins whose smallest order is more than the first entry would cost."""
    for name, side in (("long", config.bot.long), ("short", config.bot.short)):
        if not side.is_on or not side.n_positions:
            continue
        first = balance * side.total_wallet_exposure_limit / side.n_positions * side.entry_initial_qty_pct
        small = [coin for coin in coins if market.spec_of(coin).min_cost > first]
        if small:
            yield f"{name}: a first entry costs {first:,.2f}, less than the least order of {_named(small)}"


def _named(coins: Sequence[str]) -> str:
    more = f" and {len(coins) - _COINS_NAMED} more" if len(coins) > _COINS_NAMED else ""
    return ", ".join(coins[:_COINS_NAMED]) + more


def _number(low: float, high: float = 1e12, *, open_low: bool = False) -> Callable[[str], str | None]:
    def check(text: str) -> str | None:
        try:
            value = float(text) if text.strip() else low + 1.0
        except ValueError:
            value = low - 1.0
        fits = value > low if open_low else value >= low
        return None if fits and value <= high else f"a number {'above' if open_low else 'from'} {low:g} to {high:g}"

    return check


def _seed(text: str) -> str | None:
    text = text.strip()
    return None if not text or (text.isascii() and text.isdecimal()) else "a whole number"


_CHECKS: Final[dict[str, Callable[[str], str | None]]] = {
    "drawdown": fault_of,
    "speed": _number(0.0, FASTEST),
    "balance": _number(0.0, open_low=True),
    "seed": _seed,
}
