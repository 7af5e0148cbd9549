"""The forms of the keys screen: unlock, make the vault, change its passphrase, enter or change an account."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Final

from textual.widgets import Input

from passivtui.errors import VaultError
from passivtui.screens.keys_dialogs import Row, SecretInput, SecretsModal, YesNo
from passivtui.screens.keys_session import VaultSession
from passivtui.vault import Account, Endpoint, Secret, UnlockedVault, make_account
from passivtui.vault.account import check_user
from passivtui.vault.fields import FIELDS, title_of
from passivtui.vault.passphrase import NO_WAY_BACK, advice
from passivtui.vault.vault import check_passphrase

_UNCHANGED: Final = "empty: stays as it is"


def unlock_form(session: VaultSession) -> SecretsModal[UnlockedVault]:
    """Asks for the passphrase."""

    def read(form: SecretsModal[UnlockedVault]) -> Callable[[], UnlockedVault]:
        if not form.text_of("passphrase"):
            raise VaultError("type the passphrase of the vault")
        return partial(session.unlock, Secret(form.text_of("passphrase")))

    rows = [Row("passphrase", SecretInput(id="passphrase"))]
    return SecretsModal("Unlock the keys", "The keys are encrypted; the passphrase opens them.", rows, read)


def create_form(session: VaultSession) -> SecretsModal[UnlockedVault]:
    """Asks for the passphrase of a new vault, twice."""
    words = f"Your exchange keys are kept in one encrypted file, {session.vault.path.name}. {NO_WAY_BACK}"
    rows = [Row("new passphrase", SecretInput(id="new")), Row("the same again", SecretInput(id="again"))]
    return SecretsModal(
        "Make the vault", words, rows, lambda form: partial(session.create, _new_of(form)), remark=_advice_of
    )


def passphrase_form(opened: UnlockedVault) -> SecretsModal[bool]:
    """Asks for the present passphrase and, twice, for another one; True when it was changed."""

    def read(form: SecretsModal[bool]) -> Callable[[], bool]:
        old, new = Secret(form.text_of("old")), _new_of(form)

        def change() -> bool:
            opened.change_passphrase(old, new)
            return True

        return change

    rows = [
        Row("present passphrase", SecretInput(id="old")),
        Row("new passphrase", SecretInput(id="new")),
        Row("the same again", SecretInput(id="again")),
    ]
    words = f"{NO_WAY_BACK} Copies of the vault made until now still open with the present one."
    return SecretsModal("Change the passphrase", words, rows, read, remark=_advice_of)


def account_form(
    exchange: str, save: Callable[[Account], None], *, user: str = "", present: Account | None = None
) -> SecretsModal[str]:
    """Asks for what the venue needs; `save` keeps it, in a thread. Closes with the user's name.

    With `present` it changes that account: a field that is left empty stays as it is.
    """
    fields = FIELDS[exchange]
    endpoint = present.endpoint if present is not None else Endpoint()
    keep = _UNCHANGED if present is not None else ""
    rows = [
        Row("user", Input(user, compact=True, select_on_focus=False, id="user"), "A name of your choice: live.user.")
    ]
    for field in fields:
        if field.flag:
            rows.append(
                Row(field.title, YesNo(present is not None and present.flag(field.name), id=field.name), field.help)
            )
        else:
            hint = keep if field.required or (present and field.name in present.fields) else "may be empty"
            rows.append(Row(field.title, SecretInput(placeholder=hint, id=field.name), field.help))
    rows += [
        Row(
            "testnet",
            YesNo(endpoint.testnet, id="testnet"),
            "Whether the keys are for the exchange's testnet; space changes it.",
        ),
        Row("REST address", _url_field(endpoint.rest_url, "rest_url"), "Empty for the exchange's own address."),
        Row("WebSocket address", _url_field(endpoint.ws_url, "ws_url"), "Empty for the exchange's own address."),
    ]

    def read(form: SecretsModal[str]) -> Callable[[], str]:
        given = {
            field.name: ("true" if form.yes_of(field.name) else "false") if field.flag else form.text_of(field.name)
            for field in fields
        }
        endpoint = Endpoint(form.yes_of("testnet"), form.text_of("rest_url"), form.text_of("ws_url"))
        name = check_user(form.text_of("user"))
        account = make_account(name, exchange, _with_present(given, present), endpoint)

        def keep_account() -> str:
            save(account)
            return account.user

        return keep_account

    title = f"Change {user}" if present is not None else f"New user of {title_of(exchange)}"
    words = (
        f"{title_of(exchange)}. The keys are never shown; type or paste new ones to replace them."
        if present is not None
        else "Give the key the right to trade, never to withdraw. What you type is encrypted before it is written."
    )
    return SecretsModal(title, words, rows, read)


def _with_present(given: Mapping[str, str], present: Account | None) -> dict[str, str]:
    """What was typed, and for empty fields what is there already."""
    if present is None:
        return dict(given)
    return {
        name: text or (present.fields[name].reveal() if name in present.fields else "") for name, text in given.items()
    }


def _url_field(url: str, name: str) -> Input:
    return Input(url, compact=True, select_on_focus=False, id=name)


def _new_of(form: SecretsModal[UnlockedVault] | SecretsModal[bool]) -> Secret:
    """The new passphrase. Raises VaultError if it is too short or the second one differs."""
    new = Secret(form.text_of("new"))
    check_passphrase(new)
    if Secret(form.text_of("again")) != new:
        raise VaultError("the two passphrases differ; type the new one twice")
    return new


def _advice_of(form: SecretsModal[UnlockedVault] | SecretsModal[bool]) -> str:
    return advice(form.text_of("new"))
