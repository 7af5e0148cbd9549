"""What the editor says of a field: from the parameter table, for the pane below the form and for `i`."""

from __future__ import annotations

from typing import Final

from textual.content import Content

from passivtui.config.edit import ConfigDocument, Field, Role
from passivtui.config.edit.stepping import step_words
from passivtui.config.edit.value_text import show_number
from passivtui.config.parameter import Param

#: Order classes of the parameter table in a person's words.
_ORDERS: Final = {
    "entry_initial": "first entries",
    "entry_grid": "grid entries",
    "entry_trailing": "trailing entries",
    "close_grid": "grid closes",
    "close_trailing": "trailing closes",
    "close_unstuck": "unstucking",
    "close_auto_reduce": "reducing over the limit",
    "selection": "which coins are traded",
}
_ROLE_HELP: Final = {
    Role.LIMIT: "A candidate of the optimizer whose metric passes this value is penalised. X removes the limit.",
    Role.PATH: "A config whose settings this coin takes where they differ from this config's. X removes it.",
    Role.OTHER: "This key can't stand here, or is unknown. X removes it.",
}


def allowed_words(field: Field) -> str:
    """What may be typed, in one sentence."""
    if field.role is Role.BOUNDS and field.param is not None:
        return f"low .. high, each {field.param.expected}; one number keeps the setting fixed"
    if field.role is Role.COINS:
        return "coins separated by commas, the path of a file with coins, or: long: BTC, ETH | short: SOL"
    if field.role is Role.LIMIT:
        return "a number"
    return field.param.expected if field.param is not None else ""


def help_content(document: ConfigDocument, field: Field) -> Content:
    """The pane below the form: name, what it is, what is allowed, what it touches, the paragraph for who wants more."""
    param = field.param
    parts: list[Content | str | tuple[str, str]] = [(field.key, "$heading bold"), "\n"]
    if field.role in _ROLE_HELP or param is None:
        return Content.assemble(*parts, _ROLE_HELP.get(field.role, ""))
    if field.role is Role.BOUNDS:
        parts += ["The optimizer's space for this setting. + - move the high end, < > the low one. "]
    parts += [param.help, "\n", (_facts(document, field, param), "$muted")]
    if param.touches:
        parts += ["\n", ("Touches " + ", ".join(_ORDERS[name] for name in param.touches) + ".", "$muted")]
    if param.more:
        parts += ["\n", param.more]
    return Content.assemble(*parts)


def _facts(document: ConfigDocument, field: Field, param: Param) -> str:
    """Range, step, unit, the template's or the side's value, and the optimizer's bounds in this config."""
    facts = [f"Allowed: {allowed_words(field)}."]
    if step := step_words(param):
        facts.append(f"Step {step}.")
    if param.unit:
        facts.append(f"In {param.unit}." if param.unit in ("minutes", "days", "seconds") else f"Unit: {param.unit}.")
    base = document.template_text(field.key)
    if base:
        facts.append(f"{'The side has' if field.follows else 'Template'} {base}.")
    if (
        field.role is Role.SETTING
        and param.section == "bot"
        and param.bounds is not None
        and document.config is not None
    ):
        low, high = document.config.optimize.bounds[f"{field.side}_{param.name}"]
        facts.append(f"Optimizer {show_number(low)} .. {show_number(high)}.")
    return " ".join(facts)
