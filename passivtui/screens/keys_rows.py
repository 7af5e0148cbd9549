"""What the keys screen shows of the users: names and ends of keys, nothing that could be used."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from textual.content import Content

from passivtui.vault import Account, Entry
from passivtui.vault.fields import FIELDS, title_of
from passivtui.vault.secret import MASK
from passivtui.widgets.line_table import Column


@dataclass(frozen=True, slots=True)
class KeyRow:
    """One user. `opened` is False while the vault is locked: then only user and exchange are known.

    `fields`: titles of what is kept; `problem`: why it can't be read.
    """

    user: str
    exchange: str
    opened: bool = False
    key: str = ""
    fields: tuple[str, ...] = ()
    network: str = ""
    rest_url: str = ""
    ws_url: str = ""
    problem: str = ""

    @property
    def key_text(self) -> str:
        """The masked key, or why there is none to see."""
        return "damaged" if self.problem else self.key if self.opened else "locked"


def locked_row(entry: Entry) -> KeyRow:
    """What can be told without the passphrase."""
    return KeyRow(entry.user, entry.exchange)


def opened_row(entry: Entry, account: Account | Exception) -> KeyRow:
    """What can be told of an account, or of one that is damaged."""
    if isinstance(account, Exception):
        return KeyRow(entry.user, entry.exchange, True, problem=str(account))
    held = tuple(field.title for field in FIELDS[account.exchange] if field.name in account.fields and not field.flag)
    endpoint = account.endpoint
    return KeyRow(
        account.user,
        account.exchange,
        True,
        account.masked_key,
        held,
        endpoint.network,
        endpoint.rest_url,
        endpoint.ws_url,
    )


def _key_role(row: KeyRow) -> str:
    return "failure" if row.problem else "" if row.opened else "muted"


KEY_COLUMNS: Final[tuple[Column[KeyRow], ...]] = (
    Column("user", "user", lambda row: row.user, sort=lambda row: row.user.casefold(), flexible=True),
    Column("exchange", "exchange", lambda row: row.exchange, sort=lambda row: row.exchange),
    Column("key", "key", lambda row: row.key_text, role=_key_role),
    Column("secret", "secret", lambda row: MASK if row.opened and not row.problem else "", drop=2),
    Column("network", "network", lambda row: row.network, drop=1),
)


def detail_of(row: KeyRow | None, vault: Path) -> Content:
    """The pane below the list: all that may be said of the user under the cursor."""
    if row is None:
        return Content("")
    if row.problem:
        return Content(row.problem[:1].upper() + row.problem[1:] + ".")
    lines = [("exchange", title_of(row.exchange) if row.exchange in FIELDS else row.exchange)]
    if row.opened:
        public, *others = row.fields
        lines += [(public, row.key), *((title, MASK) for title in others)]
        lines += [("REST", row.rest_url), ("WebSocket", row.ws_url)] if row.rest_url or row.ws_url else []
        lines += [("network", row.network)] if not row.rest_url and not row.ws_url else []
    lines.append(("kept in", f"{vault.name}, AES-256-GCM, key by scrypt"))
    return Content("\n").join(Content.assemble((f"{label:<16}", "$muted"), text) for label, text in lines if text)
