"""Entries of lists in the editor: coins with overrides, their settings, limits, metrics and other names."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from passivtui.config.edit import ConfigDocument, Field, Role
from passivtui.config.edit.document import choices_of
from passivtui.config.edit.fields import coin_fields
from passivtui.config.metric_names import METRIC_DIRECTIONS
from passivtui.config.modes import MODES
from passivtui.config.parameter import Kind
from passivtui.errors import PassivTuiError
from passivtui.exchanges.venues import venues_with_candles
from passivtui.screens.base import AppScreen
from passivtui.screens.dialogs import Choice, ChoiceModal, ConfirmModal, InputModal
from passivtui.screens.editor_dialogs import Pick, PickModal

_SCORING: Final = "optimize.scoring"
_SIDES_OF_LIMIT: Final = {
    "greater": "penalise what is greater",
    "lower": "penalise what is lower",
}


class EntryFlow:
    """Adds, picks and removes. `show(key)` is called with the key to go to when the document has changed."""

    def __init__(self, screen: AppScreen[None], document: ConfigDocument, show: Callable[[str], None]) -> None:
        self._screen = screen
        self._document = document
        self._show = show

    # -- choosing a value -------------------------------------------------------------------------------------------

    def choose(self, field: Field) -> bool:
        """Offer the values of a field that has a list of them; False for other fields."""
        kind = field.param.kind if field.param is not None else None
        if field.param is None or field.role not in (Role.SETTING, Role.OVERRIDE):
            return False
        if kind is Kind.METRICS:
            self._pick_names(field, [Pick(name, f"{way} is better") for name, way in METRIC_DIRECTIONS.items()])
        elif kind is Kind.EXCHANGES:
            self._pick_names(field, [Pick(name) for name in venues_with_candles()])
        elif kind is Kind.NAMES and field.param.choices:
            self._pick_names(field, [Pick(name) for name in field.param.choices])
        elif kind in (Kind.MODE, Kind.CHOICE):
            self._choose_one(field)
        else:
            return False
        return True

    def _choose_one(self, field: Field) -> None:
        values: Sequence[str] = choices_of(field.param) if field.param is not None else ()
        choices = [Choice(value, value or "(none)", MODES.get(value, "")) for value in values]

        def decide(value: str | None) -> None:
            if value is not None:
                self._document.put(field.key, value)
                self._show(field.key)

        current = self._document.value(field.key)
        self._screen.app.push_screen(ChoiceModal(field.name, choices, current=current), decide)

    def _pick_names(self, field: Field, picks: Sequence[Pick]) -> None:
        value = self._document.value(field.key)
        chosen = [name for name in value if isinstance(name, str)] if isinstance(value, list) else []

        def decide(names: tuple[str, ...] | None) -> None:
            if names is not None:
                self._document.put(field.key, list(names))
                self._show(field.key)

        self._screen.app.push_screen(PickModal(field.name, picks, chosen), decide)

    # -- adding -----------------------------------------------------------------------------------------------------

    def add(self, section: str) -> None:
        """Add what the section holds."""
        if section == "coin_overrides":
            self.add_coin()
        elif section.startswith("coin_overrides."):
            self._add_setting(section)
        elif section == "optimize/limits":
            self._add_limit()
        elif section == "optimize/scoring" and (field := self._document.field(_SCORING)) is not None:
            self.choose(field)
        else:
            self._screen.services.toast("Here is nothing to add: a works in coin_overrides, limits and scoring.")

    def add_coin(self, setting: str = "") -> None:
        """Ask for a coin; with `setting`, give it that setting at once."""
        known = self._document.config.approved().union if self._document.config is not None else ()
        hint = "A coin such as BTC. " + (f"Approved: {', '.join(known[:30])}" if known else "")

        def decide(text: str | None) -> None:
            if text is None:
                return
            try:
                coin = self._document.add_coin(text)
            except PassivTuiError as error:
                self._screen.services.toast(str(error), severity="warning")
                return
            self._show(self._document.add_override(coin, setting) if setting else coin)

        self._screen.app.push_screen(InputModal("Settings of its own for which coin?", hint=hint), decide)

    def override(self, field: Field) -> None:
        """Give a coin its own value of this field."""
        path = field.key.split(".")
        name = f"{path[1]} {path[2]}" if path[0] == "bot" and len(path) == 3 else path[-1]
        if name in {other.name for other in coin_fields("BTC")} and field.role is Role.SETTING:
            self.add_coin(name)
        else:
            self._screen.services.toast(f"{field.name} can't be set for one coin.", severity="warning")

    def _add_setting(self, coin: str) -> None:
        fields = [field for field in coin_fields(coin.partition(".")[2]) if not self._document.is_given(field.key)]
        picks = [Pick(field.name, field.param.help if field.param is not None else "") for field in fields]

        def decide(names: tuple[str, ...] | None) -> None:
            if names:
                self._show(self._document.add_override(coin, names[0]))

        self._screen.app.push_screen(PickModal(f"A setting of its own for {coin[15:]}", picks, many=False), decide)

    def _add_limit(self) -> None:
        picks = [Pick(name, f"{way} is better") for name, way in METRIC_DIRECTIONS.items()]

        def choose_side(names: tuple[str, ...] | None) -> None:
            if names:
                metric = names[0]
                choices = [Choice(side, words) for side, words in _SIDES_OF_LIMIT.items()]
                usual = "lower" if METRIC_DIRECTIONS[metric] == "higher" else "greater"
                modal = ChoiceModal(f"{metric}: penalise which side?", choices, current=usual)
                self._screen.app.push_screen(modal, lambda side: put(metric, side))

        def put(metric: str, side: str | None) -> None:
            if side is not None:
                key = f"optimize.limits.penalize_if_{side}_than_{metric}"
                if self._document.field(key) is None:
                    self._document.put(key, 0.0, "add")
                self._show(key)

        self._screen.app.push_screen(PickModal("Limit which metric?", picks, many=False), choose_side)

    # -- removing ---------------------------------------------------------------------------------------------------

    def remove(self, key: str) -> None:
        """Take an entry out (undo brings it back); a coin with settings of its own is asked about first."""
        field = self._document.field(key)
        if field is not None and field.can_remove:
            self._document.remove(key)
            self._show(key.rpartition(".")[0])
        elif key.startswith("coin_overrides.") and field is None:
            self._ask_coin(key)
        else:
            self._screen.services.toast("Only overrides, coins and limits can be removed; r resets a value.")

    def _ask_coin(self, key: str) -> None:
        coin = key.partition(".")[2]
        count = sum(other.startswith(f"{key}.") for other in self._document.keys)

        def decide(agreed: bool | None) -> None:
            if agreed:
                self._document.remove(key)
                self._show("coin_overrides")

        question = ConfirmModal(
            f"Remove the settings of {coin}?",
            f"It has {count} of its own; {coin} then trades as every other coin. u brings them back.",
            do=f"Remove the settings of {coin}",
        )
        self._screen.app.push_screen(question, decide)
