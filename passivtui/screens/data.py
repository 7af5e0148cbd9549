"""Market data: what is stored of every exchange and coin, and everything that is done with it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from textual.app import ComposeResult
from textual.content import Content
from textual.worker import Worker, WorkerState

from passivtui.commands import Command
from passivtui.inventory import Inventory, StoredCoin, inventory
from passivtui.messages import DataChanged
from passivtui.screens.base import AppScreen
from passivtui.screens.data_coin import CoinDataScreen
from passivtui.screens.data_forms import (
    DOWNLOAD_HINT,
    EXPORT_HINT,
    IMPORT_HINT,
    fault_of,
    read_download,
    read_export,
    read_import,
)
from passivtui.screens.data_jobs import (
    delete_in_background,
    gap_wants,
    start_download,
    start_export,
    start_import,
    start_verify,
)
from passivtui.screens.data_rows import STORED_COLUMNS, total_text
from passivtui.screens.dialogs import ConfirmModal, InputModal, TextModal
from passivtui.widgets.line_table import LineTable


class DownloadCandles(Command):
    """Download candles: asks for exchange, coins and days."""

    KEYS = "d"
    FOOTER = "download"


class FillGaps(Command):
    """Download what the coin under the cursor lacks, up to now."""

    KEYS = "f"
    FOOTER = "fill"


class VerifyStore(Command):
    """Check every stored file; damaged ones are set aside."""

    KEYS = "v"
    FOOTER = "verify"


class ImportFiles(Command):
    """Import candles from a file or folder."""

    KEYS = "m"
    FOOTER = "import"


class ExportCandles(Command):
    """Export the coin under the cursor to a file."""

    KEYS = "x"
    FOOTER = "export"


class DeleteCandles(Command):
    """Delete the stored candles of the coin under the cursor; asks first."""

    KEYS = "X"
    FOOTER = "delete"


class ReadStoreAgain(Command):
    """Read what is stored again."""

    KEYS = "f5"


class DataScreen(AppScreen[None]):
    """The coins of the store; enter shows one day by day."""

    CRUMB = "Market data"
    PURPOSE = "The candles that are stored. Enter shows a coin's days and prices; d downloads more in the background."
    COMMAND_CLASSES = (
        DownloadCandles,
        FillGaps,
        VerifyStore,
        ImportFiles,
        ExportCandles,
        DeleteCandles,
        ReadStoreAgain,
    )
    CSS_PATH = Path(__file__).with_name("data.tcss")

    def compose_body(self) -> ComposeResult:
        yield LineTable(
            STORED_COLUMNS,
            row_key=lambda coin: (coin.exchange, coin.coin),
            empty="No candles are stored yet: d downloads some, m imports files.",
            classes="pane",
        )

    def on_mount(self) -> None:
        table = self.query_one(LineTable)
        table.border_title = Content("Stored candles")
        table.focus()
        self.data_changed()

    def action_read_store_again(self) -> None:
        """Read the store anew."""
        self.data_changed()

    def data_changed(self) -> None:
        """Read the store anew, in a thread."""
        self.run_worker(self._read, thread=True, exclusive=True, exit_on_error=False, group="store")

    def _read(self) -> Inventory:
        return inventory(self.services.home)

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        if event.worker.group != "store":
            return
        if event.state is WorkerState.SUCCESS and isinstance(event.worker.result, Inventory):
            stock = event.worker.result
            table = self.query_one(LineTable)
            table.set_rows(stock.coins)
            table.border_title = Content(f"Stored candles: {total_text(stock.coins)}")
            if stock.problem:
                self.services.toast(f"The index can't be used: {stock.problem}", severity="warning")
        elif event.state is WorkerState.ERROR and event.worker.error is not None:
            self.services.show_error(event.worker.error, "reading the candle store")

    @property
    def _current(self) -> StoredCoin | None:
        row = self.query_one(LineTable).current
        return row if isinstance(row, StoredCoin) else None

    def on_line_table_selected(self, message: LineTable.Selected) -> None:
        self._open(message.row)

    def on_line_table_asked(self, message: LineTable.Asked) -> None:
        self._open(message.row)

    def _open(self, row: object) -> None:
        if not isinstance(row, StoredCoin):
            return
        if row.problem:
            self.app.push_screen(TextModal(f"{row.coin} of {row.exchange}", row.problem, role="caution"))
        else:
            self.app.push_screen(CoinDataScreen(row))

    @property
    def _told(self) -> Callable[[], None]:
        """What tells every screen, also when this one is gone by then."""
        app = self.app

        def told() -> None:
            app.post_message(DataChanged())

        return told

    # ---- actions --------------------------------------------------------------------------------------------------

    def action_download_candles(self) -> None:
        """Ask what to download."""
        now = self.services.clock()
        row = self._current
        suggestion = f"{row.exchange} {row.coin}" if row is not None else "binance BTC"

        def download(text: str | None) -> None:
            if text is not None:
                start_download(self.services, read_download(text, now), self._told)

        check = fault_of(lambda text: read_download(text, now))
        self.app.push_screen(
            InputModal("Download candles", value=suggestion, hint=DOWNLOAD_HINT, check=check), download
        )

    def action_fill_gaps(self) -> None:
        """Download what the coin lacks."""
        row = self._current
        if row is not None and not row.problem:
            start_download(self.services, gap_wants(row, self.services.clock()), self._told)

    def action_verify_store(self) -> None:
        """Check all files."""
        start_verify(self.services, self._told)

    def action_import_files(self) -> None:
        """Ask for a file."""

        def bring_in(text: str | None) -> None:
            if text is not None:
                start_import(self.services, read_import(text), self._told)

        check = fault_of(read_import)
        self.app.push_screen(InputModal("Import candles", hint=IMPORT_HINT, check=check), bring_in)

    def action_export_candles(self) -> None:
        """Ask for form and folder."""
        if (row := self._current) is None:
            return

        def write(text: str | None) -> None:
            if text is not None:
                form, folder = read_export(text)
                start_export(self.services, row.exchange, [row.coin], form, folder)

        title = f"Export {row.coin} of {row.exchange}"
        self.app.push_screen(InputModal(title, value="csv ", hint=EXPORT_HINT, check=fault_of(read_export)), write)

    def action_delete_candles(self) -> None:
        """Ask, then delete."""
        if (row := self._current) is None:
            return

        def decide(agreed: bool | None) -> None:
            if agreed:
                delete_in_background(self.services, [(row.exchange, row.coin)], self._told)

        question = ConfirmModal(
            f"Delete the candles of {row.coin} of {row.exchange}?",
            "They are removed from disk; backtests that need them download them again. Reports stay.",
            do=f"Delete {row.coin}",
            keep="Keep them",
        )
        self.app.push_screen(question, decide)
