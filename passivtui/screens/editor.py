"""The config editor: sections, a form that is checked as one types, what a setting does, and the preview beside it."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.events import Resize, ScreenResume
from textual.widgets import Static

from passivtui.config.edit import ConfigDocument, Field, Role, Row
from passivtui.config.edit.rows import marks_of, rows_of
from passivtui.config.parameter import Kind
from passivtui.errors import PassivTuiError
from passivtui.screens.base import AppScreen
from passivtui.screens.dialogs import TextModal
from passivtui.screens.editor_commands import EDITOR_COMMANDS
from passivtui.screens.editor_dialogs import FindKeyModal, Found, ProblemsModal
from passivtui.screens.editor_entries import EntryFlow
from passivtui.screens.editor_files import FileFlow
from passivtui.screens.editor_help import allowed_words, help_content
from passivtui.widgets.form_pane import FormPane
from passivtui.widgets.form_table import FormTable
from passivtui.widgets.line_table import LineTable
from passivtui.widgets.tree_sections import SectionTree, TreeNode

if TYPE_CHECKING:
    from passivtui.screens.preview_pane import PreviewPane

PREVIEW_WIDTH: Final = 120
"""Columns from which on the preview stands beside the form."""
LOOK_SECONDS: Final = 2.0
"""How often the file is looked at: has something else written it?"""
_FIRST_SECTION: Final = "bot.long"
_FOLDED: Final = ("bot.short", "live", "optimize", "optimize/bounds")
_EDITOR_ACTIONS: Final = frozenset(command.ACTION.partition("(")[0] for command in EDITOR_COMMANDS)
_FIELD_ACTIONS: Final = frozenset(
    {"step", "step_low", "next_value", "reset_field", "reset_to_template", "override_for_coin", "explain_field"}
)
_EMPTY: Final = {
    "coin_overrides": "No coin has settings of its own; a adds one.",
    "optimize/limits": "No metric is limited; a adds a limit.",
}


class EditorScreen(AppScreen[None]):
    """One open config."""

    PURPOSE = "Edit a config: every value explained and checked, with undo. Nothing reaches the file before you save."
    COMMAND_CLASSES = EDITOR_COMMANDS
    CSS_PATH = Path(__file__).with_name("editor.tcss")

    def __init__(self, path: Path, key: str = "") -> None:
        """`key`: the dotted key to begin at."""
        super().__init__()
        self._path = path
        self._first_key = key
        self._section = _FIRST_SECTION
        self._told_change = False

    # ---- what is on the screen ------------------------------------------------------------------------------------

    def compose_body(self) -> ComposeResult:
        from passivtui.screens.preview_pane import PreviewPane

        with Horizontal(id="editor"):
            yield SectionTree(id="tree", classes="pane")
            with Vertical(id="middle", classes="pane"):
                yield FormPane(id="form-pane")
                yield Static("", id="help", markup=False)
            with Vertical(id="preview"):
                yield PreviewPane()

    def on_mount(self) -> None:
        try:
            self._document = ConfigDocument.open(self._path, self.services.home)
        except PassivTuiError as error:
            app = self.services
            self.dismiss()
            app.show_error(error, "opening the config")
            return
        self._files = FileFlow(self, self._document, self._show_all)
        self._entries = EntryFlow(self, self._document, self._show_at)
        self.query_one("#tree", SectionTree).border_title = Content("Sections")
        self._show_all()
        folded = [name for name in _FOLDED if not _within(self._section, name)]
        self._tree.show_nodes(self._section_rows(), folded=folded)
        self._tree.reveal(self._section)
        self._form.table.focus()
        if self._first_key:
            self.go_to_key(self._first_key)
        if self._document.converts:
            self._tell_conversion()
        self.set_interval(LOOK_SECONDS, self._look_at_file)

    def on_resize(self, event: Resize) -> None:
        self.set_class(event.size.width < PREVIEW_WIDTH, "-no-room")

    def on_screen_resume(self, event: ScreenResume) -> None:
        self._look_at_file()

    @property
    def document(self) -> ConfigDocument:
        """What is edited."""
        return self._document

    @property
    def _form(self) -> FormPane:
        return self.query_one(FormPane)

    @property
    def _tree(self) -> SectionTree:
        return self.query_one(SectionTree)

    @property
    def _preview(self) -> PreviewPane:
        from passivtui.screens.preview_pane import PreviewPane

        return self.query_one(PreviewPane)

    def crumb(self) -> str:
        """The file's name, marked while it has changes."""
        document = getattr(self, "_document", None)
        if document is None:
            return self._path.name
        return f"{document.path.name} *" if document.is_dirty else document.path.name

    def _show_all(self) -> None:
        """Draw everything that depends on the document."""
        self._tree.show_nodes(self._section_rows())
        self._show_rows()
        self._show_state()
        self.refresh_crumb()
        self._show_preview()

    def _show_at(self, key: str) -> None:
        """Draw everything, with the cursor at a key or a section."""
        self._show_all()
        self.go_to_key(key)

    def _show_rows(self) -> None:
        rows = rows_of(self._document, self._section)
        empty = _EMPTY.get(self._section, "No setting of its own yet; a adds one.")
        self._form.table.set_rows(rows, empty=empty)
        self._show_help()

    def _show_help(self) -> None:
        row = self._form.table.current
        content = help_content(self._document, row.field) if row is not None else Content("")
        self.query_one("#help", Static).update(content, layout=False)  # its height is fixed

    def _show_state(self) -> None:
        """The section above the form; changes, undo and problems below it."""
        document, pane = self._document, self.query_one("#middle", Vertical)
        pane.border_title = Content(self._section.replace("/", " "))
        count = len(document.differences_to_saved)
        changes = f"{count} unsaved" if count else "* unsaved" if document.is_dirty else "saved"
        errors = sum(issue.severity == "error" for issue in document.issues)
        warnings = len(document.issues) - errors
        problems = " ".join(
            words for words in (f"X {errors}" if errors else "", f"! {warnings}" if warnings else "") if words
        )
        parts = [changes, f"undo {document.undo_count}", f"redo {document.redo_count}", problems or "valid"]
        if self._told_change:
            parts.append("file changed by others")
        pane.border_subtitle = Content("  ".join(parts))

    def _show_preview(self) -> None:
        if self.is_attached:
            document = self._document
            self._preview.show(document.config, document.saved_config, self._form.table.current_key)

    def _section_rows(self) -> list[TreeNode]:
        sections, marks = self._document.sections, marks_of(self._document)
        depths = [section.depth for section in sections[1:]] + [0]
        return [
            TreeNode(
                section.id,
                section.title,
                section.depth,
                deeper > section.depth,
                marks[section.id].changed,
                marks[section.id].sign,
                marks[section.id].note,
            )
            for section, deeper in zip(sections, depths, strict=True)
        ]

    # ---- going about ----------------------------------------------------------------------------------------------

    def go_to_key(self, key: str) -> None:
        """Show the section of a key, with the cursor on it; a section's own key shows the section."""
        if self._form.table.move_to(key):
            return
        section = self._document.section_of(key)
        if section is not None:
            self._go_to_section(section.id)
            self._form.table.move_to(key)

    def _go_to_section(self, section: str) -> None:
        self._section = section
        self._tree.reveal(section)
        self._show_rows()
        self._show_state()

    def on_line_table_highlighted(self, message: LineTable.Highlighted) -> None:
        if isinstance(message.row, TreeNode) and message.row.id != self._section:
            self._section = message.row.id
            self._show_rows()
            self._show_state()

    def on_line_table_selected(self, message: LineTable.Selected) -> None:
        self.remove_class("-tree")
        self._form.table.focus()

    def on_form_table_highlighted(self, message: FormTable.Highlighted) -> None:
        self._show_help()
        self._show_preview()

    def action_show_tree(self) -> None:
        """To the sections, over the form where there is no room beside it; again: back."""
        if self._tree.has_focus:
            self.remove_class("-tree")
            self._form.table.focus()
        else:
            self.add_class("-tree")
            self._tree.focus()

    def action_show_preview(self) -> None:
        """Where there is room: hide or show it; else in place of the form, with the keys."""
        if not self.has_class("-no-room"):
            self.toggle_class("-no-preview")
        elif self.has_class("-preview"):
            self._hide_preview()
        else:
            self.add_class("-preview")
            self.call_after_refresh(self._preview.focus_orders)

    def _hide_preview(self) -> None:
        self.remove_class("-preview")
        self._form.table.focus()

    def action_find_key(self) -> None:
        """Find a setting by its name or its help."""
        document = self._document
        entries = [
            Found(key, document.text(key), field.param.help if field.param is not None else "")
            for key in document.keys
            if (field := document.field(key)) is not None
        ]
        self.app.push_screen(FindKeyModal(entries), self._go_if)

    def action_list_problems(self) -> None:
        """Everything that is wrong or odd."""
        self.app.push_screen(ProblemsModal(self._document.issues), self._go_if)

    def _go_if(self, key: str | None) -> None:
        if key:
            self.go_to_key(key)
            self._form.table.focus()

    def action_next_problem(self) -> None:
        """The next field with an issue, in the form's order, round and round."""
        self._next_problem(1)

    def action_previous_problem(self) -> None:
        """The one before."""
        self._next_problem(-1)

    def _next_problem(self, direction: int) -> None:
        keys = self._document.keys
        wrong = [place for place, key in enumerate(keys) if self._document.issues_for(key)]
        if not wrong:
            issues = self._document.issues
            self.services.toast(str(issues[0]) if issues else "Nothing is wrong, and nothing is odd.")
            return
        current = self._form.table.current_key
        here = keys.index(current) if current in keys else -1
        ahead = [place for place in wrong if place > here] if direction > 0 else [p for p in wrong if p < here]
        self._go_if(keys[(ahead or wrong)[0 if direction > 0 else -1]])

    # ---- changing values ------------------------------------------------------------------------------------------

    def on_form_table_edit_wanted(self, message: FormTable.EditWanted) -> None:
        field = self._document.field(message.key)
        if field is None or field.role is Role.OTHER:
            self.services.toast("This key can't stand here; X removes it.", severity="warning")
        elif field.param is not None and field.param.kind is Kind.SWITCH:
            self._document.next_choice(field.key)
            self._show_all()
        elif field.param is None or field.param.kind not in (Kind.MODE, Kind.CHOICE) or not self._entries.choose(field):
            trial = partial(self._document.trial, field.key)
            self._form.edit(field.key, self._document.text(field.key), trial, f"Allowed: {allowed_words(field)}")

    def on_form_pane_accepted(self, message: FormPane.Accepted) -> None:
        self._document.set(message.key, message.text)
        self._show_all()

    def action_step(self, count: int) -> None:
        """Step the value under the cursor."""
        self._step(count, "high")

    def action_step_low(self, count: int) -> None:
        """Step the low end of the bounds under the cursor."""
        if (field := self._current_field) is not None and field.role is Role.BOUNDS:
            self._step(count, "low")

    def _step(self, count: int, end: str) -> None:
        field = self._current_field
        if field is None:
            return
        if self._document.step(field.key, count, "low" if end == "low" else "high"):
            self._show_all()
        elif not field.can_step:
            self.services.toast(f"{field.name} has no steps; enter edits it.")

    def action_next_value(self) -> None:
        """The next of a few values, or a list of them."""
        field = self._current_field
        if field is None:
            return
        if self._document.next_choice(field.key):
            self._show_all()
        elif not self._entries.choose(field):
            self.services.toast(f"{field.name} has no list of values; enter edits it.")

    def action_reset_field(self) -> None:
        """To the saved value, or when it is that to the template's."""
        field = self._current_field
        if field is not None and (
            self._document.reset(field.key, "saved") or self._document.reset(field.key, "template")
        ):
            self._show_all()

    def action_reset_to_template(self) -> None:
        """To the template's value."""
        field = self._current_field
        if field is not None and self._document.reset(field.key, "template"):
            self._show_all()

    def action_undo_change(self) -> None:
        """Take the last change back."""
        self._moved_to(self._document.undo(), "Nothing to undo.")

    def action_redo_change(self) -> None:
        """Do it again."""
        self._moved_to(self._document.redo(), "Nothing to redo.")

    def _moved_to(self, key: str | None, otherwise: str) -> None:
        if key is None:
            self.services.toast(otherwise)
        else:
            self._show_at(key)

    def action_override_for_coin(self) -> None:
        """A value of its own for one coin."""
        if (field := self._current_field) is not None:
            self._entries.override(field)

    def action_add_entry(self) -> None:
        """Add what the section holds."""
        self._entries.add(self._section)

    def action_remove_entry(self) -> None:
        """Remove the entry under the cursor, or the coin in the tree."""
        row = self._form.table.current
        key = row.key if isinstance(row, Row) and self._form.table.has_focus else self._section
        self._entries.remove(key)

    @property
    def _current_field(self) -> Field | None:
        row = self._form.table.current
        return row.field if row is not None else None

    # ---- explaining -----------------------------------------------------------------------------------------------

    def action_explain_field(self) -> None:
        """The preview's own words with numbers where it has them, else the table's."""
        field = self._current_field
        if field is None:
            return
        if field.role is Role.SETTING and field.param is not None and self._preview.explain(field.param, field.side):
            return
        self.app.push_screen(TextModal(field.name, help_content(self._document, field)))

    # ---- files ----------------------------------------------------------------------------------------------------

    def action_save_config(self) -> None:
        """Save; a value that is being typed counts first."""
        if self._form.is_editing:
            self._form.accept()
            self.call_after_refresh(self._files.save)
        else:
            self._files.save()

    def action_save_config_as(self) -> None:
        """Save under another name."""
        self._files.save_as()

    def action_diff_to_saved(self) -> None:
        """Compare with what was saved."""
        self._files.diff_to_saved()

    def action_diff_to_other(self) -> None:
        """Compare with another config."""
        self._files.diff_to_other()

    def action_backtest_config(self) -> None:
        """Open Backtest with this config chosen."""
        if self._document.is_dirty:
            self.services.toast("Save the changes first (w): a backtest runs what is in the file.", severity="warning")
            return
        from passivtui.screens.backtest import BacktestScreen

        self.app.push_screen(BacktestScreen(self._document.path.stem))

    def action_back(self) -> None:
        """Close what lies over the form; else leave, asking about unsaved changes."""
        if self.has_class("-tree") and self._tree.has_focus:
            self.action_show_tree()
        elif self.has_class("-preview"):
            self._hide_preview()
        else:
            self._files.leave(partial(AppScreen.action_back, self))

    def _look_at_file(self) -> None:
        """Tell once when something else has written the file."""
        document = getattr(self, "_document", None)
        if document is None:
            return
        try:
            changed = document.changed_on_disk()
        except PassivTuiError:
            return  # saving tells it in full
        if changed and not self._told_change:
            self.services.toast(
                f"{document.path.name} was changed by something else; saving asks what to do.", severity="warning"
            )
        if changed != self._told_change:
            self._told_change = changed
            self._show_state()

    def _tell_conversion(self) -> None:
        notices = "\n".join(self._document.notices) or "It has comments, or a way of writing, that JSON doesn't know."
        text = f"This file is not in the form that it is saved in; saving asks first.\n\n{notices}"
        self.app.push_screen(TextModal("Brought up to date", text))

    # ---- keys -----------------------------------------------------------------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Nothing but saving works while a value is typed; what acts on a field needs the form's focus."""
        if action not in _EDITOR_ACTIONS or not self.is_mounted or not self.query(FormPane):
            return True
        if self._form.is_editing:
            return action == "save_config"
        return self._form.table.has_focus if action in _FIELD_ACTIONS else True


def _within(section: str, above: str) -> bool:
    return section == above or section.startswith((f"{above}.", f"{above}/"))
