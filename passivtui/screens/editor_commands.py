"""The keys of the config editor. Letters work while no value is typed."""

from __future__ import annotations

from passivtui.commands import Command


class StepUp(Command):
    """Step the value up (of bounds: the high end)."""

    KEYS = "plus,equals_sign"
    ACTION = "step(1)"
    FOOTER = "step"
    SHOWN = "+/-"
    IN_PALETTE = False


class StepDown(Command):
    """Step the value down."""

    KEYS = "minus"
    ACTION = "step(-1)"
    IN_PALETTE = False


class StepUpTen(Command):
    """Ten steps up at once."""

    KEYS = "shift+up,asterisk"
    ACTION = "step(10)"
    SHOWN = "shift+up *"
    IN_PALETTE = False


class StepDownTen(Command):
    """Ten steps down at once."""

    KEYS = "shift+down,underscore"
    ACTION = "step(-10)"
    SHOWN = "shift+down _"
    IN_PALETTE = False


class StepLowUp(Command):
    """Step the low end of bounds up."""

    KEYS = "greater_than_sign"
    ACTION = "step_low(1)"
    IN_PALETTE = False


class StepLowDown(Command):
    """Step the low end of bounds down."""

    KEYS = "less_than_sign"
    ACTION = "step_low(-1)"
    IN_PALETTE = False


class NextValue(Command):
    """Take the next value, or choose from the list of all there are."""

    KEYS = "space"
    IN_PALETTE = False


class SaveConfig(Command):
    """Save the changes, and nothing but them, to the file; its last content stays beside it as .bak."""

    KEYS = "w,ctrl+s"
    FOOTER = "save"
    SHOWN = "w"


class UndoChange(Command):
    """Undo the last change."""

    KEYS = "u,ctrl+z"
    FOOTER = "undo"
    SHOWN = "u"


class RedoChange(Command):
    """Redo what was undone last."""

    KEYS = "ctrl+r,ctrl+y"


class FindKey(Command):
    """Find a setting among all of them by a part of its name or its help."""

    KEYS = "slash"
    FOOTER = "find"
    SHOWN = "/"


class ShowTree(Command):
    """Show the sections; again or esc goes back to the fields."""

    KEYS = "t"
    FOOTER = "sections"


class ShowPreview(Command):
    """Show or hide the preview: what the config would do."""

    KEYS = "p"
    FOOTER = "preview"


class ListProblems(Command):
    """List everything that is wrong or odd, and go to one of them."""

    KEYS = "v"
    FOOTER = "problems"


class NextProblem(Command):
    """Go to the next value that is wrong or odd."""

    KEYS = "n"


class PreviousProblem(Command):
    """Go to the value before that is wrong or odd."""

    KEYS = "N"


class ResetField(Command):
    """Put the saved value back; when it is that already, the template's."""

    KEYS = "r"


class ResetToTemplate(Command):
    """Take the template's value; an override follows its side again."""

    KEYS = "R"


class DiffToSaved(Command):
    """Compare with the file as it was saved last."""

    KEYS = "d"


class DiffToOther(Command):
    """Compare with another config."""

    KEYS = "D"


class SaveConfigAs(Command):
    """Save under another name, as TOML or as Passivbot's JSON, and go on there."""

    KEYS = "W"


class OverrideForCoin(Command):
    """Give one coin a value of its own for this setting."""

    KEYS = "o"


class AddEntry(Command):
    """Add a coin, a coin's setting, a limit or a metric, whatever the section holds."""

    KEYS = "a"


class RemoveEntry(Command):
    """Remove the override, coin or limit under the cursor."""

    KEYS = "X"


class ExplainField(Command):
    """Why? What this setting does, with the formula and its numbers."""

    KEYS = "i"


class BacktestConfig(Command):
    """Choose this config for a backtest; it must be saved."""

    KEYS = "b"


EDITOR_COMMANDS = (
    StepUp,
    SaveConfig,
    UndoChange,
    FindKey,
    ShowTree,
    ShowPreview,
    ListProblems,
    StepDown,
    StepUpTen,
    StepDownTen,
    StepLowUp,
    StepLowDown,
    NextValue,
    RedoChange,
    NextProblem,
    PreviousProblem,
    ResetField,
    ResetToTemplate,
    DiffToSaved,
    DiffToOther,
    SaveConfigAs,
    OverrideForCoin,
    AddEntry,
    RemoveEntry,
    ExplainField,
    BacktestConfig,
)
"""In the order in which the footer shows them."""
