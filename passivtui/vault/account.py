"""One account at one venue: its name here, its keys, and where its requests go."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Literal
from urllib.parse import urlsplit

from passivtui.errors import VaultError
from passivtui.vault.fields import FIELDS, Field, key_venue
from passivtui.vault.secret import Secret

if TYPE_CHECKING:
    from passivtui.exchanges.login import Login

MAX_FIELD: Final = 4096
MAX_URL: Final = 300
_USER_NAME: Final = re.compile(r"[^\W_][\w.@+-]{0,63}")
_TRUE: Final = frozenset({"true", "yes", "1", "on"})
_FALSE: Final = frozenset({"false", "no", "0", "off", ""})
_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_MASK_FROM: Final = 16
"""A public key of fewer characters than this is not shown even in part."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where requests go: the venue itself, its testnet, or addresses of one's own (`spec/live.md` §9.7)."""

    testnet: bool = False
    rest_url: str = ""
    ws_url: str = ""

    @property
    def network(self) -> str:
        """`main`, `testnet`, or the host of an address of one's own."""
        host = urlsplit(self.rest_url or self.ws_url).netloc
        return host or ("testnet" if self.testnet else "main")


@dataclass(frozen=True, slots=True)
class Account:
    """A user as the vault keeps it; made by `make_account`, which checks everything.

    Attributes:
        user: the name that configs and bots use (`live.user`).
        exchange: the venue's config name.
        fields: names of `FIELDS[exchange]` -> what was given; absent when it wasn't.
        endpoint: where requests go.
    """

    user: str
    exchange: str
    fields: Mapping[str, Secret] = field(repr=False)
    endpoint: Endpoint = Endpoint()

    @property
    def masked_key(self) -> str:
        """First and last three characters of the public key or address: enough to tell two apart."""
        public = self.fields.get(FIELDS[self.exchange][0].name)
        return mask(public.reveal()) if public is not None else ""

    def flag(self, name: str) -> bool:
        """Whether a field of yes or no is given as yes."""
        given = self.fields.get(name)
        return given is not None and given.reveal() == "true"

    def login(self) -> Login:
        """What an exchange adapter signs with, in plain text: made for it, handed on at once, and kept nowhere else.

        Raises VaultError for a testnet without an address: a bot must not land at the venue itself by mistake.
        """
        from passivtui.exchanges.login import Login

        if self.endpoint.testnet and not self.endpoint.rest_url:
            raise VaultError(
                f"{self.user} is for the testnet, whose REST address is missing; add it to the user's keys"
            )
        return Login(
            self.exchange,
            key=self._plain("key"),
            secret=self._plain("secret"),
            passphrase=self._plain("passphrase"),
            uid=self._plain("uid"),
            wallet_address=self._plain("wallet_address"),
            private_key=self._plain("private_key"),
            is_vault=self.flag("is_vault"),
            rest_url=self.endpoint.rest_url,
            stream_url=self.endpoint.ws_url,
        )

    def _plain(self, name: str) -> str:
        given = self.fields.get(name)
        return given.reveal() if given is not None else ""


def mask(public: str) -> str:
    """`a7f…1c2`; nothing of a text so short that this would give much of it away."""
    return f"{public[:3]}…{public[-3:]}" if len(public) >= _MASK_FROM else "•••"


def make_account(user: str, exchange: str, given: Mapping[str, str], endpoint: Endpoint | None = None) -> Account:
    """Check what was typed or read, and wrap it. Raises VaultError in a sentence that holds nothing of the values.

    `given`: field names -> texts; yes or no for flags. Empty texts count as absent; names that the venue doesn't have
    are left out.
    """
    user, venue = check_user(user), key_venue(exchange)
    fields = {}
    for wanted in FIELDS[venue]:
        text = check_field(wanted, given.get(wanted.name, ""))
        if text:
            fields[wanted.name] = Secret(text)
    return Account(user, venue, MappingProxyType(fields), check_endpoint(endpoint or Endpoint()))


def check_user(user: str) -> str:
    """The name without blanks around it. Raises VaultError if it can't be one."""
    name = user.strip()
    if not name:
        raise VaultError("the user needs a name, for example bybit_01")
    if not _USER_NAME.fullmatch(name):
        raise VaultError(
            "a user's name begins with a letter or digit and holds letters, digits and _ . @ + - only, 64 at most"
        )
    return name


def check_field(wanted: Field, text: str) -> str:
    """What is kept of `text`, "" for nothing. Raises VaultError if it is missing or can't be right."""
    kept = text if wanted.spaces else text.strip()
    if wanted.flag:
        lowered = kept.lower()
        if lowered not in _TRUE | _FALSE:
            raise VaultError(f"{wanted.title}: say true or false")
        return "true" if lowered in _TRUE else "false"
    if not kept:
        if wanted.required:
            raise VaultError(f"the {wanted.title} is missing")
        return ""
    if len(kept) > MAX_FIELD:
        raise VaultError(f"the {wanted.title} is longer than {MAX_FIELD} characters; that can't be one")
    if not kept.isprintable() or (not wanted.spaces and any(sign.isspace() for sign in kept)):
        raise VaultError(f"the {wanted.title} has blanks or control characters within; copy it again")
    return kept


def check_endpoint(endpoint: Endpoint) -> Endpoint:
    """The endpoint without blanks around its addresses. Raises VaultError if one can't be used."""
    rest = _checked_url("rest", endpoint.rest_url.strip())
    return Endpoint(endpoint.testnet, rest, _checked_url("ws", endpoint.ws_url.strip()))


def _checked_url(kind: Literal["rest", "ws"], url: str) -> str:
    """An encrypted address with a host and no password in it; unencrypted only within this machine."""
    if not url:
        return ""
    title, safe, open_ = ("REST", "https", "http") if kind == "rest" else ("WebSocket", "wss", "ws")
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        raise VaultError(f"the {title} address can't be read; write it as {safe}://host/path") from None
    if parts.scheme not in (safe, open_) or not host or not url.isprintable() or " " in url or len(url) > MAX_URL:
        raise VaultError(f"the {title} address must be like {safe}://host/path")
    if parts.username is not None or parts.password is not None:
        raise VaultError(f"the {title} address must not hold a user or password")
    if parts.scheme == open_ and host not in _LOOPBACK:
        raise VaultError(f"the {title} address must begin with {safe}:// unless it is on this machine")
    return url
