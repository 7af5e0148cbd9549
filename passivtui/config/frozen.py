"""A mapping that can't be changed, for the parts of a config whose keys are not known beforehand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Generic, TypeVar

V_co = TypeVar("V_co", covariant=True)


class FrozenMap(Mapping[str, V_co], Generic[V_co]):
    """An immutable mapping with string keys; equal to any mapping that holds the same. Can be pickled and copied."""

    __slots__ = ("_items",)

    def __init__(self, items: Mapping[str, V_co] | None = None) -> None:
        self._items: dict[str, V_co] = dict(items or {})

    def __getitem__(self, key: str) -> V_co:
        return self._items[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def __hash__(self) -> int:
        return hash(frozenset(self._items.items()))

    def __repr__(self) -> str:
        return f"FrozenMap({self._items!r})"


def freeze(value: Any) -> Any:
    """A deep, immutable copy of parsed JSON or TOML: lists become tuples, tables `FrozenMap`s, nulls are left out."""
    if isinstance(value, Mapping):
        return FrozenMap({key: freeze(item) for key, item in value.items() if item is not None})
    if isinstance(value, (list, tuple)):
        return tuple(freeze(item) for item in value if item is not None)
    return value


def thaw(value: Any) -> Any:
    """The plain dicts and lists of a frozen value, for writing it to a file."""
    if isinstance(value, Mapping):
        return {key: thaw(item) for key, item in value.items()}
    if isinstance(value, tuple):
        return [thaw(item) for item in value]
    return value
