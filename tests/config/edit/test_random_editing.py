"""Whatever is typed, stepped, removed, undone and saved in whatever order: nothing breaks, nothing is lost."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from passivtui.config import load_config
from passivtui.config.edit import ConfigDocument
from passivtui.config.edit.plain_tables import same
from passivtui.config.edit.rows import marks_of, rows_of
from passivtui.errors import ConfigError

START = """\
# first line
[backtest]
starting_balance = 1_000.0 # grouped
[bot.long]
ema_span_0 = 0.30e3
n_positions = 2
[live] # with a comment
approved_coins = ["BTC"]
[coin_overrides.ETH.bot.long]
ema_span_1 = 7
[bot.short]
# nothing here
[optimize.limits]
penalize_if_lower_than_adg = 0
"""
TEXTS = st.one_of(
    st.sampled_from(
        ["1", "0", "0.5", "-1", "2 %", "1,000", "true", "off", "BTC, ETH", "1 .. 4", "", "now", "2024", "adg"]
    ),
    st.text(max_size=12),
    st.floats(allow_nan=False).map(repr),
)


class Editing(RuleBasedStateMachine):
    """A person who presses everything."""

    @initialize()
    def open(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.path = Path(self.folder.name) / "random.toml"
        self.path.write_text(START)
        self.document = ConfigDocument.open(self.path, None)
        self.first = self.document.table

    def teardown(self) -> None:
        """Undo all and save: the file is what it was at first."""
        while self.document.undo() is not None:
            pass
        assert same(self.document.table, self.first)
        self.document.save()
        assert self.path.read_text() == START
        self.folder.cleanup()

    @rule(data=st.data(), text=TEXTS)
    def type(self, data: st.DataObject, text: str) -> None:
        key = data.draw(st.sampled_from(self.document.keys))
        trial = self.document.trial(key, text)
        assert self.document.set(key, text) == trial

    @rule(data=st.data(), count=st.integers(-15, 15), end=st.sampled_from(["low", "high"]))
    def step(self, data: st.DataObject, count: int, end: str) -> None:
        key = data.draw(st.sampled_from(self.document.keys))
        self.document.step(key, count, end)  # type: ignore[arg-type]

    @rule(data=st.data(), to=st.sampled_from(["saved", "template"]))
    def reset(self, data: st.DataObject, to: str) -> None:
        key = data.draw(st.sampled_from(self.document.keys))
        self.document.reset(key, to)  # type: ignore[arg-type]
        if to == "saved" and self.document.field(key) is not None:
            assert not self.document.is_changed(key)

    @rule(data=st.data())
    def remove(self, data: st.DataObject) -> None:
        self.document.remove(data.draw(st.sampled_from(self.document.keys)))

    @rule(coin=st.sampled_from(["BTC", "eth", "1000PEPE"]), name=st.sampled_from(["long ema_span_0", "leverage"]))
    def override(self, coin: str, name: str) -> None:
        self.document.add_override(self.document.add_coin(coin), name)

    @rule()
    def undo_and_redo(self) -> None:
        before = self.document.table
        if self.document.undo() is not None:
            self.document.redo()
        assert self.document.table is before
        self.document.undo()

    @rule()
    def save(self) -> None:
        if self.document.config is None:
            return
        config = self.document.config
        self.document.save()
        assert load_config(self.path).config == config
        text = self.path.read_text()
        assert "# first line" in text and "[live] # with a comment" in text

    @invariant()
    def everything_can_be_shown(self) -> None:
        document = self.document
        assert (document.config is None) == any(issue.severity == "error" for issue in document.issues)
        assert document.is_dirty or not document.differences_to_saved
        rows = [row for section in document.sections if not section.depth for row in rows_of(document, section.id)]
        assert [row.key for row in rows] == list(document.keys)
        assert set(marks_of(document)) == {section.id for section in document.sections}

    @invariant()
    def what_is_valid_can_be_written(self) -> None:
        try:
            text = self.document._file.text_for(self.document.table)
        except ConfigError:
            raise AssertionError("a text that can't be made") from None
        assert text is not None or self.document.config is None


Editing.TestCase.settings = settings(
    max_examples=25, stateful_step_count=15, deadline=None, suppress_health_check=list(HealthCheck)
)
TestEditing = Editing.TestCase
