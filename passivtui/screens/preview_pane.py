"""Beside the form of the editor: the orders the config would place on one coin, and a quick backtest of all of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static
from textual.worker import Worker, WorkerState

from passivtui.backtest.markets import EXCHANGES
from passivtui.commands import Command, CommandHost
from passivtui.config import Config
from passivtui.config.parameter import Param
from passivtui.errors import PassivTuiError
from passivtui.market import list_datasets
from passivtui.preview import Ladder, TrialMarket, build_ladder, why_parameter, why_rung
from passivtui.preview.ladder import Side
from passivtui.screens.dialogs import Choice, ChoiceModal, TextModal
from passivtui.screens.preview_orders import LADDER_COLUMNS, LadderRow, ladder_rows, ladder_series
from passivtui.screens.preview_trial import TrialPane
from passivtui.widgets.line_table import LineTable

if TYPE_CHECKING:
    from passivtui.paths import Home

_STEP = 0.01
DEMO = "demo"


class NextCoin(Command):
    """Show the next coin."""

    KEYS = "c"
    FOOTER = "coin"


class OtherSide(Command):
    """Show the other side."""

    KEYS = "x"
    FOOTER = "side"


class PriceUp(Command):
    """Begin at a price 1 % higher."""

    KEYS = "plus,equals_sign"
    FOOTER = "price"
    SHOWN = "+/-"
    IN_PALETTE = False


class PriceDown(Command):
    """Begin at a price 1 % lower."""

    KEYS = "minus"
    IN_PALETTE = False


class MoreBalance(Command):
    """Double the balance."""

    KEYS = "greater_than_sign"
    FOOTER = "balance"
    SHOWN = "</>"
    IN_PALETTE = False


class LessBalance(Command):
    """Halve the balance."""

    KEYS = "less_than_sign"
    IN_PALETTE = False


class SwitchChart(Command):
    """Draw the orders instead of the backtest, and back."""

    KEYS = "f"
    FOOTER = "chart"


class ChooseMarket(Command):
    """Choose the market that orders and backtest are shown on."""

    KEYS = "m"
    FOOTER = "market"


class PreviewPane(CommandHost, Vertical):
    """Entries and closes of one coin and side; below or beside them the quick backtest."""

    PURPOSE = "The orders that the config would place if the price went through all of them, and a quick backtest."
    COMMAND_CLASSES = (
        NextCoin,
        OtherSide,
        PriceUp,
        PriceDown,
        MoreBalance,
        LessBalance,
        SwitchChart,
        ChooseMarket,
    )

    DEFAULT_CSS = """
    PreviewPane { height: 1fr; width: 1fr; }
    PreviewPane #orders-pane { height: 1fr; border: round $frame; border-title-color: $heading; }
    PreviewPane #orders-pane:focus-within { border: round $frame-focus; }
    PreviewPane #orders { height: 1fr; padding: 0; border: none; }
    PreviewPane #about { height: auto; max-height: 5; padding: 0 1; color: $muted; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._config: Config | None = None
        self._saved: Config | None = None
        self._is_old = False
        self._market: TrialMarket | None = None
        self._coin = ""
        self._side: Side | None = None
        self._factor = 1.0
        self._balance_factor = 1.0
        self._shown: Ladder | None = None

    def compose(self) -> ComposeResult:
        with Vertical(id="orders-pane"):
            yield LineTable(LADDER_COLUMNS, row_key=lambda row: row.number, empty="No orders.", id="orders")
            yield Static("Reading the market.", id="about", markup=False)
        yield TrialPane()

    def on_mount(self) -> None:
        self.query_one("#orders-pane").border_title = Content("Orders")
        chosen: str = self.app.settings.market  # type: ignore[attr-defined]
        self._open(DEMO if chosen == EXCHANGES else chosen)

    # ---- the market -----------------------------------------------------------------------------------------------

    @property
    def _home(self) -> Home:
        home: Home = self.app.home  # type: ignore[attr-defined]
        return home

    def _open(self, name: str) -> None:
        home = self._home

        def opened() -> TrialMarket:
            market = TrialMarket.open(name, home)
            for coin in market.dataset.coin_names[:1]:
                market.price_of(coin)  # so that the first ladder needs no file
            return market

        self.run_worker(opened, thread=True, exclusive=True, exit_on_error=False, group="market")

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        if event.worker.group != "market":
            return
        event.stop()
        if event.state is WorkerState.SUCCESS and isinstance(event.worker.result, TrialMarket):
            self._market = event.worker.result
            self._draw()
            self._run()
        elif event.state is WorkerState.ERROR:
            self._about(f"There is no market to show orders on: {event.worker.error}")

    def action_choose_market(self) -> None:
        """The demo market or a dataset folder of the home."""
        entries = [entry for entry in list_datasets(self._home) if not entry.problem and not entry.downloads]
        choices = [Choice(entry.name, entry.title) for entry in entries]
        current = self._market.dataset.name if self._market is not None else DEMO

        def chosen(name: str | None) -> None:
            if name is not None:
                self._open(name)

        self.app.push_screen(ChoiceModal("Market", choices, current=current), chosen)

    # ---- what is shown --------------------------------------------------------------------------------------------

    def show(self, config: Config | None, saved: Config | None, key: str | None) -> None:
        """Show what `config` would do; None while something is not allowed: the last one stays, and that is said."""
        if config is not None and (config, saved, False) == (self._config, self._saved, self._is_old):
            return
        self._is_old = config is None
        self._config, self._saved = config or self._config or saved, saved
        if self._side is None and self._config is not None:
            self._side = "long" if self._config.bot.long.is_on or not self._config.bot.short.is_on else "short"
        self._draw()
        self._run()

    @property
    def trial(self) -> TrialPane:
        """The quick backtest."""
        return self.query_one(TrialPane)

    @property
    def ladder(self) -> Ladder | None:
        """What is shown; None before there is a market and a config."""
        if self._config is None or self._market is None:
            return None
        coins = self._market.coins_for(self._config)
        coin = self._coin if self._coin in coins else coins[0]
        return build_ladder(
            self._config,
            coin,
            self._side or "long",
            self._market.spec_of(coin),
            price=self._market.price_of(coin) * self._factor,
            balance=self._config.backtest.starting_balance * self._balance_factor,
        )

    @property
    def shown(self) -> Ladder | None:
        """The ladder that is on the screen."""
        return self._shown

    def _run(self) -> None:
        if self._market is not None and self.display:
            self.trial.run(self._market, None if self._is_old else self._config, self._saved)

    def _draw(self) -> None:
        try:
            ladder = self.ladder
        except PassivTuiError as error:
            self._about(str(error))
            return
        if ladder is None:
            return
        self._shown = ladder
        pane = self.query_one("#orders-pane", Vertical)
        pane.border_title = Content(f"Orders: {ladder.coin} {ladder.side}")
        pane.border_subtitle = Content("of the last allowed values" if self._is_old else "")
        self.query_one("#orders", LineTable).set_rows(ladder_rows(ladder))
        self._about("\n".join([_facts(ladder), *ladder.notes]))
        if not self.trial.shows_trial:
            self._show_ladder_chart(ladder)

    def _about(self, words: str) -> None:
        about = self.query_one("#about", Static)
        same_height = str(about.content).count("\n") == words.count("\n")
        about.update(Content(words), layout=not same_height)  # a new layout of the screen takes longer than the ladder

    def _show_ladder_chart(self, ladder: Ladder) -> None:
        series, markers = ladder_series(ladder)
        self.trial.show_curves(f"Prices over exposure: {ladder.coin} {ladder.side}", series, markers)

    # ---- why ------------------------------------------------------------------------------------------------------

    def explain(self, param: Param, side: str) -> bool:
        """Answer what a setting does with the numbers of the orders that are shown; False when it touches none."""
        ladder = self.ladder
        if ladder is None or ladder.side != side:
            return False
        lines = why_parameter(ladder, param.name, param.touches)
        if lines:
            words = "\n".join([param.help, "", *lines, "", param.more])
            self.app.push_screen(TextModal(f"Why: {param.name}", words))
        return bool(lines)

    def on_line_table_asked(self, message: LineTable.Asked) -> None:
        message.stop()
        self._explain_row(message.row)

    def on_line_table_selected(self, message: LineTable.Selected) -> None:
        message.stop()
        self._explain_row(message.row)

    def on_line_table_highlighted(self, message: LineTable.Highlighted) -> None:
        message.stop()

    def _explain_row(self, row: object) -> None:
        ladder = self.ladder
        if isinstance(row, LadderRow) and ladder is not None:
            words = "\n".join(why_rung(ladder, row.rung))
            self.app.push_screen(TextModal(f"Why: order {row.number} of {ladder.coin} {ladder.side}", words))

    # ---- keys -----------------------------------------------------------------------------------------------------

    def focus_orders(self) -> None:
        """Give the keys to the orders."""
        self.query_one("#orders", LineTable).focus()

    def action_next_coin(self) -> None:
        """The next coin."""
        ladder = self.ladder
        if ladder is None or self._market is None or self._config is None:
            return
        coins = self._market.coins_for(self._config)
        self._coin = coins[(coins.index(ladder.coin) + 1) % len(coins)]
        self._draw()

    def action_other_side(self) -> None:
        """Long or short."""
        self._side = "short" if self._side == "long" else "long"
        self._draw()

    def action_price_up(self) -> None:
        """A higher price."""
        self._factor *= 1.0 + _STEP
        self._draw()

    def action_price_down(self) -> None:
        """A lower price."""
        self._factor /= 1.0 + _STEP
        self._draw()

    def action_more_balance(self) -> None:
        """Twice as much."""
        self._balance_factor *= 2.0
        self._draw()

    def action_less_balance(self) -> None:
        """Half as much."""
        self._balance_factor /= 2.0
        self._draw()

    def action_switch_chart(self) -> None:
        """Orders or backtest."""
        ladder = self.ladder
        if not self.trial.shows_trial:
            self.trial.show_trial()
        elif ladder is not None:
            self._show_ladder_chart(ladder)


def _facts(ladder: Ladder) -> str:
    """`3,195.89  balance 1,000  limit 0.5`, and where the entries lead."""
    words = f"{ladder.price:,.6g}  balance {ladder.balance:,.0f}  limit {ladder.limit:.3g}"
    if ladder.entries:
        last = ladder.entries[-1]
        words += f"\naverage {last.average:,.6g}"
        words += f"  bankrupt {last.bankruptcy:,.6g}" if last.bankruptcy is not None else "  never bankrupt"
    return words
