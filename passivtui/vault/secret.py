"""A text that must not be seen: it shows as dots wherever it is printed, and can't be pickled, copied or dumped."""

from __future__ import annotations

import hmac
from typing import Final, NoReturn, final

MASK: Final = "••••••••"


@final
class Secret:
    """A secret text. Only `reveal()` gives it: search for that word, and every place that uses one is found."""

    __slots__ = ("__text",)

    def __init__(self, text: str) -> None:
        self.__text = text

    def reveal(self) -> str:
        """The text itself: for signing a request or sealing a record, never for showing."""
        return self.__text

    def __bool__(self) -> bool:
        return bool(self.__text)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(
            self.__text.encode("utf-8", "surrogatepass"), other.__text.encode("utf-8", "surrogatepass")
        )

    __hash__ = None  # type: ignore[assignment]  # a hash would tell something of the text

    def __repr__(self) -> str:
        return f"Secret({MASK})"

    def __str__(self) -> str:
        return MASK

    def __format__(self, specification: str) -> str:
        return format(MASK, specification)

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("a secret is neither pickled nor copied")

    def __setstate__(self, state: object) -> NoReturn:
        raise TypeError("a secret is neither pickled nor copied")
