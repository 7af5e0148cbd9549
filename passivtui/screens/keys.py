"""API keys: the users in the vault; unlock, add, change, rename, remove, import, lock."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeVar

from textual.app import ComposeResult
from textual.content import Content
from textual.events import ScreenResume
from textual.screen import Screen
from textual.widgets import Static
from textual.worker import Worker, WorkerState

from passivtui.errors import PassivTuiError, UsageError, VaultError
from passivtui.screens.base import AppScreen
from passivtui.screens.data_forms import fault_of
from passivtui.screens.dialogs import Choice, ChoiceModal, ConfirmModal, InputModal, TextModal
from passivtui.screens.keys_commands import KEYS_COMMANDS
from passivtui.screens.keys_forms import account_form, create_form, passphrase_form, unlock_form
from passivtui.screens.keys_rows import KEY_COLUMNS, KeyRow, detail_of, locked_row, opened_row
from passivtui.screens.keys_session import VaultSession, vault_session
from passivtui.screens.keys_test import config_question, start_test
from passivtui.vault import UnlockedVault
from passivtui.vault.account import check_user
from passivtui.vault.fields import FIELDS, key_venue, title_of
from passivtui.vault.key_files import Imported, import_accounts, read_key_files
from passivtui.widgets.line_table import LineTable

Result = TypeVar("Result")

_IMPORT_HINT: Final = (
    "A file or folder: api-keys.json of Passivbot. For key files of Passiv-X add the exchange: ~/keys bybit. "
    "Users whose names are taken are left out."
)


class KeysScreen(AppScreen[None]):
    """One list and what may be shown of the user under the cursor."""

    CRUMB = "API keys"
    PURPOSE = (
        "The exchange keys, encrypted. Backtests and paper trading need none; live bots name the user they trade as."
    )
    COMMAND_CLASSES = KEYS_COMMANDS

    DEFAULT_CSS = """
    KeysScreen LineTable { height: 1fr; padding: 0; }
    KeysScreen #detail { height: auto; min-height: 3; max-height: 9; }
    KeysScreen #warning { height: auto; color: $caution; padding: 0 1; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._state = ""

    @property
    def _session(self) -> VaultSession:
        return vault_session(self.services)

    def compose_body(self) -> ComposeResult:
        yield LineTable(
            KEY_COLUMNS,
            row_key=lambda row: row.user,
            empty="No keys yet: a adds some, m imports a file. Backtests need none.",
            classes="pane",
        )
        yield Static("", id="detail", classes="pane", markup=False)
        yield Static("", id="warning", markup=False)

    def on_mount(self) -> None:
        self.query_one(LineTable).focus()
        self.set_interval(1.0, self._tick)
        self.run_worker(self._session.unlock_unasked, thread=True, exit_on_error=False, group="unasked")

    def on_screen_resume(self, event: ScreenResume) -> None:
        self.action_read_keys_again()

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        if event.worker.group != "unasked":
            return
        event.stop()
        if event.state is WorkerState.SUCCESS and isinstance(event.worker.result, UnlockedVault):
            self._session.use(event.worker.result)
            self.action_read_keys_again()
        elif event.state is WorkerState.ERROR and event.worker.error is not None:
            self.services.show_error(event.worker.error, "unlocking the keys")

    # ---- what is shown --------------------------------------------------------------------------------------------

    def action_read_keys_again(self) -> None:
        """List the users anew; it is a small file."""
        session, opened = self._session, self._session.opened
        rows: list[KeyRow] = []
        remark = session.vault.warning()
        try:
            if opened is not None:
                rows = [opened_row(entry, account) for entry, account in opened.accounts()]
            else:
                rows = [locked_row(entry) for entry in session.vault.entries()]
        except PassivTuiError as error:  # said in place: a dialog would come again each time one comes back here
            remark = str(error)
        table = self.query_one(LineTable)
        table.set_rows(rows)
        self.query_one("#warning", Static).update(Content(remark))
        self._show_state()
        self._show_detail(table.current)
        self.services.refresh_facts()

    def _show_state(self) -> None:
        opened = self._session.opened
        left = opened.seconds_left() if opened is not None else None
        if opened is None:
            state = "locked, u unlocks" if self._session.vault.exists() else "no vault yet, u makes one"
        else:
            state = "unlocked" if left is None else f"unlocked, locks in {int(left) // 60}:{int(left) % 60:02}"
        if state != self._state:
            self._state = state
            self.query_one(LineTable).border_title = Content(f"Users: {state}")

    def _show_detail(self, row: object) -> None:
        pane = self.query_one("#detail", Static)
        pane.border_title = Content(row.user if isinstance(row, KeyRow) else "")
        pane.update(detail_of(row if isinstance(row, KeyRow) else None, self._session.vault.path))

    def _tick(self) -> None:
        """Count down, and take the ends of the keys off the screen once the time is over."""
        row = self._row
        shown = row is not None and row.opened
        if self._session.opened is None and shown:
            self.action_read_keys_again()
            self.services.toast("The keys locked themselves.")
        else:
            self._show_state()

    def on_line_table_highlighted(self, message: LineTable.Highlighted) -> None:
        self._show_detail(message.row)

    def on_line_table_selected(self, message: LineTable.Selected) -> None:
        self.action_edit_keys()

    @property
    def _row(self) -> KeyRow | None:
        row = self.query_one(LineTable).current
        return row if isinstance(row, KeyRow) else None

    # ---- the vault ------------------------------------------------------------------------------------------------

    def action_unlock_keys(self) -> None:
        """Ask for the passphrase, or make the vault."""
        self._when_open(lambda _: None)

    def action_lock_keys(self) -> None:
        """Forget the key."""
        if self._session.opened is not None:
            self._session.lock()
            self.services.toast("The keys are locked.")
        self.action_read_keys_again()

    def action_change_passphrase(self) -> None:
        """Ask for the old and the new one."""

        def changed(done: bool | None) -> None:
            if done:
                self.services.toast("The passphrase is changed.")

        self._when_open(lambda opened: self._ask(passphrase_form(opened), changed))

    def _when_open(self, then: Callable[[UnlockedVault], None]) -> None:
        """Do it with the open vault, after asking for what opens it."""
        session = self._session
        if session.opened is not None:
            then(session.opened)
            return

        def opened(vault: UnlockedVault | None) -> None:
            if vault is not None:
                session.use(vault)
                self.action_read_keys_again()
                then(vault)

        self._ask(unlock_form(session) if session.vault.exists() else create_form(session), opened)

    # ---- users ----------------------------------------------------------------------------------------------------

    def action_add_keys(self) -> None:
        """Choose the exchange, then fill in its form."""
        choices = [
            Choice(name, title_of(name), ", ".join(f.title for f in FIELDS[name] if f.required)) for name in FIELDS
        ]

        def fill_in(opened: UnlockedVault, exchange: str | None) -> None:
            if exchange is not None:
                self._ask(account_form(exchange, opened.put), self._kept)

        self._when_open(
            lambda opened: self._ask(
                ChoiceModal("Keys of which exchange?", choices), lambda name: fill_in(opened, name)
            )
        )

    def action_edit_keys(self) -> None:
        """Fill in the form of the user under the cursor."""
        if (row := self._row) is None:
            return

        def edit(opened: UnlockedVault) -> None:
            try:
                present = opened.account(row.user)
            except PassivTuiError as error:
                self.services.show_error(error, f"reading the keys of {row.user}")
                return
            save = lambda account: opened.put(account, replacing=row.user)  # noqa: E731
            self._ask(account_form(present.exchange, save, user=present.user, present=present), self._kept)

        self._when_open(edit)

    def action_test_keys(self) -> None:
        """Ask for a config, then the exchange."""
        if (row := self._row) is None:
            return

        def test(opened: UnlockedVault, config: str | None) -> None:
            if config is None:
                return
            try:
                start_test(self.app, self.services, row.user, opened.account(row.user).login(), config)
            except PassivTuiError as error:
                self.services.show_error(error, f"testing the keys of {row.user}")

        question = config_question(row.user, self.services.home)
        self._when_open(lambda opened: self._ask(question, lambda config: test(opened, config)))

    def _kept(self, user: str | None) -> None:
        if user is not None:
            self.action_read_keys_again()
            self.services.toast(f"The keys of {user} are kept.")

    def action_rename_user(self) -> None:
        """Ask for another name."""
        if (row := self._row) is None:
            return

        def rename(opened: UnlockedVault, name: str | None) -> None:
            if name is not None:
                self._change(f"renaming {row.user}", lambda: opened.rename(row.user, name))

        dialog = InputModal(
            f"Rename {row.user}",
            value=row.user,
            hint="The new name; configs that name the user (live.user) are not changed.",
            check=fault_of(check_user),
        )
        self._when_open(lambda opened: self._ask(dialog, lambda name: rename(opened, name)))

    def action_remove_keys(self) -> None:
        """Ask, then remove."""
        if (row := self._row) is None:
            return

        def remove(opened: UnlockedVault, agreed: bool | None) -> None:
            if agreed:
                self._change(f"removing {row.user}", lambda: opened.remove(row.user))

        question = ConfirmModal(
            f"Remove the keys of {row.user}?",
            "They can't be got back from here, and bots that trade as this user can't start any more. "
            "At the exchange they stay valid until you delete them there.",
            do=f"Remove {row.user}",
            keep="Keep them",
        )
        self._when_open(lambda opened: self._ask(question, lambda agreed: remove(opened, agreed)))

    def _change(self, doing: str, work: Callable[[], None]) -> None:
        """Change the vault in a thread, then list the users anew."""
        self.services.start_job(doing, lambda *_: work(), done=lambda _: self._show_if_there())

    def _show_if_there(self) -> None:
        if self.is_mounted:
            self.action_read_keys_again()

    # ---- import ---------------------------------------------------------------------------------------------------

    def action_import_keys(self) -> None:
        """Ask for a file."""

        def bring_in(opened: UnlockedVault, text: str | None) -> None:
            if text is not None:
                path, exchange = _read_import(text)
                self.services.start_job(
                    f"importing keys from {path.name}",
                    lambda *_: import_accounts(opened, read_key_files(path, exchange)),
                    done=lambda imported: self._imported(path, imported),
                )

        dialog = InputModal("Import keys", hint=_IMPORT_HINT, check=fault_of(_read_import))
        self._when_open(lambda opened: self._ask(dialog, lambda text: bring_in(opened, text)))

    def _imported(self, path: Path, imported: Imported) -> None:
        self._show_if_there()
        lines = [f"taken  {user}" for user in imported.taken]
        lines += [f"left   {left.name}: {left.why}" for left in imported.left]
        if imported.taken:
            lines += ["", f"{path} still holds the keys in plain text: delete it once the bots run with the vault."]
        role = "caution" if imported.left else ""
        self.app.push_screen(TextModal("Imported keys", "\n".join(lines) or "There is nothing in it.", role=role))

    def _ask(self, dialog: Screen[Result], then: Callable[[Result | None], None]) -> None:
        self.app.push_screen(dialog, then)


def _read_import(text: str) -> tuple[Path, str | None]:
    """Path and exchange of a line of `_IMPORT_HINT`'s form. Raises PassivTuiError in one sentence."""
    whole = Path(text.strip()).expanduser().absolute()
    if text.strip() and whole.exists():  # a path with spaces needs no quotes
        return whole, None
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise UsageError(f"the quotes are not closed ({error})") from None
    if not 1 <= len(words) <= 2:
        raise UsageError(
            'give a file or folder, and perhaps an exchange; a path with spaces stands in quotes: "my keys"'
        )
    path = Path(words[0]).expanduser().absolute()
    if not path.exists():
        raise VaultError(f"there is no file or folder {path}")
    return path, key_venue(words[1]) if len(words) > 1 else None
