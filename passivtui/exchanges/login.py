"""What it takes to reach one account: the venue, the key, and where to ask if not at the venue itself."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Login:
    """One account. `venue` is a name of `venues.VENUES`; which of the secrets are needed depends on it.

    `uid`: the account's number (Gate's order stream is asked for by it). `is_inverse`: coin-margined markets (Bybit),
    in which `margin_coin` is the wallet (BTC). `rest_url` and `stream_url` replace scheme and host of the venue's, for
    a testnet or a local venue. Secrets are not in its text.
    """

    venue: str
    key: str = field(default="", repr=False)
    secret: str = field(default="", repr=False)
    passphrase: str = field(default="", repr=False)
    uid: str = ""
    wallet_address: str = ""
    private_key: str = field(default="", repr=False)
    is_vault: bool = False
    is_inverse: bool = False
    margin_coin: str = ""
    rest_url: str = ""
    stream_url: str = ""
