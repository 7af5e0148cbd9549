"""One class gives key, footer, help sentence, palette name, action and id."""

from __future__ import annotations

import pytest
from textual.widget import Widget

from passivtui.commands import Command, CommandHost
from passivtui.commands.everywhere import EVERYWHERE
from passivtui.screens.help import HelpScreen
from passivtui.screens.settings import SettingsScreen
from passivtui.widgets.chart_commands import CHART_COMMANDS
from passivtui.widgets.line_table_commands import TABLE_COMMANDS


class RunBacktest(Command):
    """Run the backtest.

    More that is not shown.
    """

    KEYS = "r,f5"
    FOOTER = "run"


def test_names_follow_from_the_class() -> None:
    binding = RunBacktest.binding()
    assert (RunBacktest.NAME, RunBacktest.ID, binding.action) == ("Run backtest", "run-backtest", "run_backtest")
    assert (binding.key, binding.description, binding.tooltip, binding.show) == (
        "r,f5",
        "run",
        "Run the backtest.",
        True,
    )


def test_a_subclass_hosts_its_own_and_its_bases_commands() -> None:
    class Base(CommandHost, Widget):
        COMMAND_CLASSES = (RunBacktest,)

    class Derived(Base):
        COMMAND_CLASSES = EVERYWHERE[:1]

    assert Derived.all_commands() == (EVERYWHERE[0], RunBacktest)
    assert {"r", "f5", "question_mark"} <= set(Derived._merged_bindings.key_to_bindings)  # type: ignore[union-attr]


def test_listing_commands_in_textuals_own_attribute_is_refused() -> None:
    with pytest.raises(TypeError, match="COMMAND_CLASSES"):

        class Wrong(CommandHost, Widget):
            COMMANDS = (RunBacktest,)


@pytest.mark.parametrize(
    "commands",
    [EVERYWHERE, CHART_COMMANDS, TABLE_COMMANDS, HelpScreen.COMMAND_CLASSES, SettingsScreen.COMMAND_CLASSES],
)
def test_no_key_is_used_twice_and_every_command_has_a_sentence(commands: tuple[type[Command], ...]) -> None:
    keys = [key for command in commands for key in command.KEYS.split(",")]
    assert len(set(keys)) == len(keys)
    assert all(command.sentence().endswith(".") for command in commands)
    assert len({command.ID for command in commands}) == len(commands)


@pytest.mark.parametrize("command", [*EVERYWHERE, *CHART_COMMANDS, *TABLE_COMMANDS])
def test_letters_never_work_while_a_field_is_edited(command: type[Command]) -> None:
    assert not (command.PRIORITY and any(len(key) == 1 for key in command.KEYS.split(",")))
