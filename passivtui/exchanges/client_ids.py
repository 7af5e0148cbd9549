"""Client ids: what kind of order it is, and a suffix that no other order has (`spec/live.md` §6, §7).

An id is the type's two letters, then 18 characters that carry time and chance: 20 characters in all, letters and digits
only, which every venue takes. Gate wants "t-" in front, Hyperliquid 128 bits in hexadecimal: `as_hex` spells them so.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Final

from passivtui.clock import Clock, utc_ms

#: Two letters per order type; entries begin with e, closes with c, panic with p. Never reuse a code.
CODES: Final = {
    "entry_initial_normal_long": "ea",
    "entry_initial_partial_long": "eb",
    "entry_grid_normal_long": "ec",
    "entry_grid_cropped_long": "ed",
    "entry_grid_inflated_long": "ee",
    "entry_trailing_normal_long": "ef",
    "entry_trailing_cropped_long": "eg",
    "close_grid_long": "ca",
    "close_trailing_long": "cb",
    "close_auto_reduce_long": "cc",
    "close_unstuck_long": "cd",
    "panic_close_long": "pa",
    "entry_initial_normal_short": "en",
    "entry_initial_partial_short": "eo",
    "entry_grid_normal_short": "ep",
    "entry_grid_cropped_short": "eq",
    "entry_grid_inflated_short": "er",
    "entry_trailing_normal_short": "es",
    "entry_trailing_cropped_short": "et",
    "close_grid_short": "cn",
    "close_trailing_short": "co",
    "close_auto_reduce_short": "cp",
    "close_unstuck_short": "cq",
    "panic_close_short": "pn",
}
_TYPES: Final = {code: order_type for order_type, code in CODES.items()}
_OTHER: Final = "xx"
_ALPHABET: Final = "0123456789abcdefghijklmnopqrstuvwxyz"
_MARK: Final = "ptui"  # by which a bot knows the orders of this program
_TIME_DIGITS: Final = 8  # milliseconds in base 36, enough until 2059
_CHANCE_DIGITS: Final = 6
_LENGTH: Final = 2 + len(_MARK) + _TIME_DIGITS + _CHANCE_DIGITS


def new_client_id(order_type: str, clock: Clock = utc_ms, chance: Callable[[int], int] = secrets.randbelow) -> str:
    """A client id that was never used. `chance(n)` gives a whole number from 0 up to n."""
    suffix = _base_36(clock(), _TIME_DIGITS) + _base_36(chance(36**_CHANCE_DIGITS), _CHANCE_DIGITS)
    return CODES.get(order_type, _OTHER) + _MARK + suffix


def is_ours(client_id: str) -> bool:
    """Whether this program made the id."""
    return len(client_id) == _LENGTH and client_id[2 : 2 + len(_MARK)] == _MARK


def order_type_of(client_id: str) -> str | None:
    """The engine's order type that an id of ours stands for; None for the ids of others."""
    return _TYPES.get(client_id[:2]) if is_ours(client_id) else None


def as_hex(client_id: str) -> str:
    """128 bits in hexadecimal with 0x, for a venue that wants them (at most 24 characters of ours fit)."""
    number = int(client_id, 36) if client_id else 0
    if number >= 1 << 128:
        raise ValueError(f"client id {client_id!r} is too long for 128 bits")
    return f"0x{number:032x}"


def from_hex(text: str) -> str:
    """The client id that `as_hex` spelled; an id of others stays what it is."""
    try:
        number = int(text, 16)
    except ValueError:
        return text
    spelled = _base_36(number, _LENGTH)
    return spelled if is_ours(spelled) else text


def _base_36(number: int, digits: int) -> str:
    """`number` in base 36, cut or filled with zeros on the left to `digits` characters."""
    characters = []
    for _ in range(digits):
        number, rest = divmod(number, 36)
        characters.append(_ALPHABET[rest])
    return "".join(reversed(characters))
