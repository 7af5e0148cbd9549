"""Beside the form of the editor: the orders that the config would place on one coin, recomputed on every change."""

from __future__ import annotations

from typing import Final

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static
from textual.worker import Worker, WorkerState

from passivtui.commands import Command, CommandHost
from passivtui.config import Config
from passivtui.market import Dataset, open_dataset
from passivtui.preview import Ladder, Rung, build_ladder
from passivtui.preview.ladder import Side

_STEP: Final = 0.01


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


class PriceDown(Command):
    """Begin at a price 1 % lower."""

    KEYS = "minus"


class MoreBalance(Command):
    """Double the balance."""

    KEYS = "greater_than_sign"
    FOOTER = "balance"
    SHOWN = "</>"


class LessBalance(Command):
    """Halve the balance."""

    KEYS = "less_than_sign"


class PreviewPane(CommandHost, VerticalScroll, can_focus=True):
    """Entries and closes of one coin and side on the demo market's steps and prices."""

    PURPOSE = "The orders that the config would place if the price went through all of them."
    COMMAND_CLASSES = (NextCoin, OtherSide, PriceUp, PriceDown, MoreBalance, LessBalance)

    DEFAULT_CSS = """
    PreviewPane { height: 1fr; width: 1fr; border: round $frame; border-title-color: $heading; padding: 0 1; }
    PreviewPane:focus { border: round $frame-focus; }
    PreviewPane > Static { height: auto; width: 100%; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._config: Config | None = None
        self._is_old = False
        self._market: Dataset | None = None
        self._prices: dict[str, float] = {}
        self._coin = 0
        self._side: Side | None = None
        self._factor = 1.0
        self._balance_factor = 1.0

    def compose(self) -> ComposeResult:
        yield Static("Reading the demo market.", id="ladder", markup=False)

    def on_mount(self) -> None:
        self.border_title = Content("Orders")
        home = self.app.home  # type: ignore[attr-defined]
        self.run_worker(lambda: _open_market(home), thread=True, exit_on_error=False, group="market")

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        if event.worker.group != "market":
            return
        if event.state is WorkerState.SUCCESS and isinstance(event.worker.result, tuple):
            self._market, self._prices = event.worker.result
            self._draw()
        elif event.state is WorkerState.ERROR:
            self.query_one("#ladder", Static).update(
                Content(f"There is no market to show orders on: {event.worker.error}")
            )

    def show(self, config: Config | None, saved: Config | None, key: str | None) -> None:
        """Show what `config` would do; None while something is not allowed: the last one stays, and that is said."""
        self._is_old = config is None
        self._config = config or self._config or saved
        if self._side is None and self._config is not None:
            self._side = "long" if self._config.bot.long.is_on or not self._config.bot.short.is_on else "short"
        self._draw()

    @property
    def ladder(self) -> Ladder | None:
        """What is shown; None before there is a market and a config."""
        if self._config is None or self._market is None:
            return None
        coin = self._coins[self._coin % len(self._coins)]
        return build_ladder(
            self._config,
            coin,
            self._side or "long",
            self._market.spec_of(coin),
            price=self._prices[coin] * self._factor,
            balance=self._config.backtest.starting_balance * self._balance_factor,
        )

    @property
    def _coins(self) -> list[str]:
        """Approved coins that the market has, else all of it."""
        if self._config is None:
            return sorted(self._prices)
        approved = self._config.approved(sorted(self._prices)).union
        return [coin for coin in approved if coin in self._prices] or sorted(self._prices)

    def _draw(self) -> None:
        ladder = self.ladder
        if ladder is None:
            return
        self.border_title = Content(f"Orders: {ladder.coin} {ladder.side}")
        self.border_subtitle = Content("of the last allowed values" if self._is_old else "")
        self.query_one("#ladder", Static).update(ladder_content(ladder, old=self._is_old))

    def action_next_coin(self) -> None:
        """The next coin."""
        self._coin += 1
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


def _open_market(home: object) -> tuple[Dataset, dict[str, float]]:
    """The demo market and its last prices; made on first use."""
    dataset = open_dataset("demo", home)  # type: ignore[arg-type]
    return dataset, {coin: float(dataset.load(coin).close[-1]) for coin in dataset.coins}


def ladder_content(ladder: Ladder, *, old: bool = False) -> Content:
    """A few lines that fit 34 columns: price, quantity, distance, exposure after each order."""
    lines = [
        f"at {ladder.price:,.6g}, balance {ladder.balance:,.0f}",
        f"limit {ladder.limit:.3g} of the balance",
        "",
        f"{'price':>10}{'qty':>9}{'dist':>8}{'WE':>6}",
    ]
    lines += [_line(rung) for rung in ladder.entries] or ["  no entries"]
    if ladder.entries:
        last = ladder.entries[-1]
        bankrupt = f"{last.bankruptcy:,.6g}" if last.bankruptcy is not None else "none"
        lines += ["", f"average {last.average:,.6g}", f"bankruptcy price {bankrupt}", "", "closes after all entries"]
        lines += [_line(rung) for rung in ladder.closes] or ["  none"]
    lines += ["", *ladder.notes] if ladder.notes else []
    return Content.styled("\n".join(lines), "$muted") if old else Content("\n".join(lines))


def _line(rung: Rung) -> str:
    return f"{rung.price:>10,.6g}{rung.qty:>9.4g}{rung.distance:>+8.1%}{rung.exposure:>6.2f}"
