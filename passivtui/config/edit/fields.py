"""The fields of a config's form: which keys there are, in which section each stands, how its text is read and shown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

from passivtui.config.document import Document
from passivtui.config.edit.config_file import given
from passivtui.config.edit.plain_tables import ABSENT, leaves, value_at
from passivtui.config.edit.value_text import (
    read_bounds_text,
    read_coins,
    read_number,
    read_value,
    show_bounds,
    show_value,
)
from passivtui.config.parameter import Kind, Param
from passivtui.config.parameters import BOUNDS, COIN_BOT_PARAMETERS, COIN_LIVE_PARAMETERS, SECTION_PARAMETERS, SIDES

_COIN_LISTS: Final = ("approved_coins", "ignored_coins")


class Role(Enum):
    """What a field's value is."""

    SETTING = "setting"  # one value of the parameter table
    OVERRIDE = "override"  # the same for one coin
    BOUNDS = "bounds"  # the optimizer's low and high of a setting
    LIMIT = "limit"  # the value that a metric must not pass
    COINS = "coins"  # names, or the path of a file with names
    PATH = "path"  # the config whose values a coin takes
    OTHER = "other"  # a key that isn't known; can only be removed


@dataclass(frozen=True, slots=True)
class Field:
    """One row of the form. `follows` is the dotted key whose value holds while this one isn't given."""

    key: str
    name: str
    role: Role
    param: Param | None = None
    side: str = ""
    follows: str = ""

    @property
    def unit(self) -> str:
        """The unit of its value; empty for words and lists."""
        return self.param.unit if self.param is not None else ""

    @property
    def can_step(self) -> bool:
        """Whether `+` and `-` do something."""
        return self.role is Role.LIMIT or (self.param is not None and self.param.step is not None)

    @property
    def can_remove(self) -> bool:
        """Whether the key stands for an entry of a list that may be taken out."""
        return self.role in (Role.OVERRIDE, Role.LIMIT, Role.PATH, Role.OTHER)

    def read(self, text: str, like: Any) -> Any:
        """The plain value of a typed text; what isn't one stays a text. `like`: the value it replaces."""
        if self.role is Role.BOUNDS:
            return read_bounds_text(text, like=like)
        if self.role is Role.LIMIT:
            return read_number(text, like=like)
        if self.role is Role.COINS:
            return read_coins(text)
        return text.strip() if self.param is None else read_value(self.param, text, like=like)

    def show(self, value: Any) -> str:
        """The text of a plain value, to be shown and edited."""
        if value is ABSENT or value is None:
            return ""
        return show_bounds(value) if self.role is Role.BOUNDS else show_value(value)

    def template(self) -> Any:
        """The plain value that a missing key takes; ABSENT where there is no such thing."""
        if self.role is Role.BOUNDS and self.param is not None:
            return list(self.param.bounds_for(self.side))
        if self.role in (Role.SETTING, Role.COINS) and self.param is not None:
            value = _plain(self.param.template_for(self.side))
            split = self.role is Role.COINS and self.side and isinstance(value, Mapping)
            return value[self.side] if split else value
        return ABSENT


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _plain(item) for name, item in value.items()}
    return list(value) if isinstance(value, tuple) else value


@dataclass(frozen=True, slots=True)
class Section:
    """One node of the editor's tree: its own fields, and whether others follow one level deeper."""

    id: str
    title: str
    depth: int
    fields: tuple[Field, ...] = ()
    prefix: str = ""  # of the keys that belong here though no field shows them

    def is_within(self, other: str) -> bool:
        """Whether it is the section with that id or below it."""
        return self.id == other or self.id.startswith((f"{other}.", f"{other}/"))


def sections_of(table: Document) -> tuple[Section, ...]:
    """The whole tree, top down, for what the document holds."""
    return (
        Section("backtest", "backtest", 0, _settings("backtest"), "backtest"),
        Section("bot", "bot", 0, prefix="bot"),
        *(section for side in SIDES for section in _side(side)),
        Section("coin_overrides", "coin_overrides", 0, prefix="coin_overrides"),
        *_coins(table),
        Section("live", "live", 0, prefix="live"),
        *_grouped("live", "live", 1, _live_fields(table)),
        *_optimize(table),
    )


def _settings(section: str, side: str = "") -> tuple[Field, ...]:
    return tuple(
        Field(param.key(side), param.name, Role.SETTING, param, side)
        for param in SECTION_PARAMETERS[section]
        if param.kind not in (Kind.COINS, Kind.LIMITS)
    )


def _grouped(above: str, prefix: str, depth: int, fields: tuple[Field, ...]) -> Iterator[Section]:
    """One section for each group of the parameter table, in its order."""
    groups: dict[str, list[Field]] = {}
    for field in fields:
        groups.setdefault(field.param.group if field.param else "", []).append(field)
    for group, members in groups.items():
        yield Section(f"{above}/{group}", group, depth, tuple(members), prefix)


def _side(side: str) -> Iterator[Section]:
    yield Section(f"bot.{side}", side, 1, prefix=f"bot.{side}")
    yield from _grouped(f"bot.{side}", f"bot.{side}", 2, _settings("bot", side))


def _live_fields(table: Document) -> tuple[Field, ...]:
    fields = []
    for param in SECTION_PARAMETERS["live"]:
        if param.kind is Kind.COINS:
            fields += _coin_lists(table, param)
        else:
            fields.append(Field(param.key(), param.name, Role.SETTING, param))
    return tuple(fields)


def _coin_lists(table: Document, param: Param) -> list[Field]:
    """One row for a list of both sides, two where each side has its own."""
    value = given(table, param.key())
    if isinstance(param.template if value is ABSENT else value, Mapping):
        return [Field(f"{param.key()}.{side}", f"{param.name} {side}", Role.COINS, param, side) for side in SIDES]
    return [Field(param.key(), param.name, Role.COINS, param)]


def _coins(table: Document) -> Iterator[Section]:
    overrides = value_at(table, "coin_overrides")
    if not isinstance(overrides, Mapping):
        return
    for coin, inner in overrides.items():
        key = f"coin_overrides.{coin}"
        yield Section(key, str(coin), 1, tuple(_override_fields(key, inner)), key)


def _override_fields(key: str, inner: Any) -> Iterator[Field]:
    """The coin's keys in the order of the parameter table, unknown ones last."""
    if not isinstance(inner, Mapping):
        yield Field(key, key.rpartition(".")[2], Role.OTHER)
        return
    left = dict(leaves(inner))
    if "override_config_path" in left:
        del left["override_config_path"]
        yield Field(f"{key}.override_config_path", "override_config_path", Role.PATH)
    for field in coin_fields(key.partition(".")[2]):
        if left.pop(field.key.removeprefix(f"{key}."), ABSENT) is not ABSENT:
            yield field
    for name, value in left.items():
        if value != {}:
            yield Field(f"{key}.{name}", name, Role.OTHER)


def coin_fields(coin: str) -> tuple[Field, ...]:
    """Every setting that `coin_overrides` may hold for a coin (`spec/config.md` §4)."""
    key = f"coin_overrides.{coin}"
    bot = tuple(
        Field(
            f"{key}.bot.{side}.{name}",
            f"{side} {name}",
            Role.OVERRIDE,
            param,
            side,
            "" if name == "wallet_exposure_limit" else f"bot.{side}.{name}",
        )
        for side in SIDES
        for name, param in COIN_BOT_PARAMETERS.items()
    )
    live = tuple(
        Field(f"{key}.live.{name}", name, Role.OVERRIDE, param, "", f"live.{name}")
        for name, param in COIN_LIVE_PARAMETERS.items()
    )
    return bot + live


def _optimize(table: Document) -> Iterator[Section]:
    yield Section("optimize", "optimize", 0, prefix="optimize")
    fields = _settings("optimize")
    goal = tuple(field for field in fields if field.param is not None and field.param.kind is Kind.METRICS)
    yield Section("optimize/scoring", "scoring", 1, goal, "optimize.scoring")
    yield Section("optimize/limits", "limits", 1, tuple(_limits(table)), "optimize.limits")
    yield from _grouped("optimize", "optimize", 1, tuple(field for field in fields if field not in goal))
    yield Section("optimize/bounds", "bounds", 1, prefix="optimize.bounds")
    for side in SIDES:
        bounds = tuple(
            Field(f"optimize.bounds.{name}", param.name, Role.BOUNDS, param, side)
            for name, (param, of) in BOUNDS.items()
            if of == side
        )
        yield Section(f"optimize/bounds/{side}", side, 2, bounds, f"optimize.bounds.{side}")


def limits_param() -> Param:
    """The table's entry for `optimize.limits` as a whole."""
    return next(param for param in SECTION_PARAMETERS["optimize"] if param.kind is Kind.LIMITS)


def _limits(table: Document) -> Iterator[Field]:
    param = limits_param()
    value = given(table, param.key())
    limits = param.template if value is ABSENT else value
    if not isinstance(limits, Mapping):
        yield Field(param.key(), param.name, Role.SETTING, param)
        return
    for name in limits:
        yield Field(f"{param.key()}.{name}", str(name), Role.LIMIT)
