"""What each venue wants to know of an account (`spec/live.md` §7): the one table behind forms, prompts and imports.

All of it is typed unseen and kept sealed.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import Final

from passivtui.errors import VaultError
from passivtui.exchanges.venues import VENUES, find_venue


@dataclass(frozen=True, slots=True)
class Field:
    """One thing that a venue wants.

    Attributes:
        name: as in Passivbot's api-keys.json.
        title: what a form calls it.
        ccxt: the name that ccxt gives it, "" for none: accepted too when importing.
        required: an account can't do without it.
        flag: it is "true" or "false" instead of a text.
        spaces: blanks around it belong to it.
        help: one sentence that a person may need to find it.
    """

    name: str
    title: str
    ccxt: str
    required: bool = True
    flag: bool = False
    spaces: bool = False
    help: str = ""


_KEY: Final = Field("key", "API key", "apiKey")
_SECRET: Final = Field("secret", "secret", "secret")
_PASSPHRASE: Final = Field(
    "passphrase", "API passphrase", "password", spaces=True, help="The passphrase chosen when the key was made."
)
_UID: Final = Field(
    "uid",
    "user id",
    "uid",
    required=False,
    help="Needed for the order stream; the profile page shows it.",
)
_WALLET: Final = Field(
    "wallet_address",
    "wallet address",
    "walletAddress",
    help="The account's address (0x…), not the one of the API wallet.",
)
_PRIVATE_KEY: Final = Field(
    "private_key",
    "private key",
    "privateKey",
    help="The private key of an API wallet, which can't withdraw; not the one of your own wallet.",
)
_IS_VAULT: Final = Field(
    "is_vault",
    "is a vault",
    "",
    required=False,
    flag=True,
    help="Whether the address is the one of a vault.",
)

FIELDS: Final[dict[str, tuple[Field, ...]]] = {
    "binance": (_KEY, _SECRET),
    "bybit": (_KEY, _SECRET),
    "okx": (_KEY, _SECRET, _PASSPHRASE),
    "bitget": (_KEY, _SECRET, _PASSPHRASE),
    "gateio": (_KEY, _SECRET, _UID),
    "hyperliquid": (_WALLET, _PRIVATE_KEY, _IS_VAULT),
    "kucoin": (_KEY, _SECRET, _PASSPHRASE),
}
"""Venue name -> its fields, the public one first. Paper trading and the demo market need none."""


def key_venue(name: str) -> str:
    """The venue that `name` means, by its config name. Raises VaultError if it takes no keys, or is not known."""
    wanted = name.strip().lower()
    if wanted == "paper":
        raise VaultError("paper trading needs no keys; choose the exchange when the bot is started")
    venue = find_venue(wanted)
    if venue is not None and venue.name in FIELDS:
        return venue.name
    if venue is not None:
        raise VaultError(venue.note if venue.note and venue.name != "demo" else f"{venue.title} needs no keys")
    near = difflib.get_close_matches(wanted, FIELDS, 1)
    hint = f"did you mean {near[0]}?" if near else f"use one of {', '.join(FIELDS)}"
    raise VaultError(f"the exchange is not known; {hint}")


def title_of(exchange: str) -> str:
    """How people write the venue: `OKX`."""
    return VENUES[exchange].title
