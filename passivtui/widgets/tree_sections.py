"""The tree of a config's sections: what changed `*`, what is wrong `X` and odd `!` in each, folded and unfolded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from passivtui.commands import Command
from passivtui.widgets.line_table import Column, LineTable
from passivtui.widgets.line_table_commands import FirstRow, LastRow, NextPage, NextRow, PreviousPage, PreviousRow


@dataclass(frozen=True, slots=True)
class TreeNode:
    """One section.

    Attributes:
        id: its name; those of the sections below it follow it directly and are deeper.
        note: a word about it, such as "off", or how many things it holds.
        sign: `X` with errors in it, `!` with warnings, else nothing.
    """

    id: str
    title: str
    depth: int
    has_children: bool
    is_changed: bool = False
    sign: str = ""
    note: str = ""


class OpenSection(Command):
    """Go to the fields of the section under the cursor."""

    KEYS = "enter"
    ACTION = "select_row"
    FOOTER = "fields"
    IN_PALETTE = False


class FoldSection(Command):
    """Fold the section, or go to the one above it."""

    KEYS = "h,left"
    FOOTER = "fold"
    SHOWN = "h/l"
    IN_PALETTE = False


class UnfoldSection(Command):
    """Unfold the section, or go to its fields."""

    KEYS = "l,right"
    IN_PALETTE = False


class SectionTree(LineTable[TreeNode], inherit_bindings=False):
    """Sections as indented rows; `Highlighted` tells which one the form shall show."""

    PURPOSE = "The sections of the config: h and l fold and unfold, enter goes to the fields."
    COMMAND_CLASSES: ClassVar[tuple[type[Command], ...]] = (
        OpenSection,
        FoldSection,
        UnfoldSection,
        NextRow,
        PreviousRow,
        NextPage,
        PreviousPage,
        FirstRow,
        LastRow,
    )

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        columns: tuple[Column[TreeNode], ...] = (
            Column("title", "section", self._title, flexible=True, role=_role),
            Column("marks", "", lambda node: f"{node.note:>3} {_marks(node)}", width=6, role=_role),
        )
        super().__init__(columns, row_key=lambda node: node.id, id=id, classes=classes)
        self._sections: tuple[TreeNode, ...] = ()
        self._folded: set[str] = set()

    def show_nodes(self, nodes: Sequence[TreeNode], *, folded: Sequence[str] | None = None) -> None:
        """Show these sections, top down; `folded` replaces what is folded."""
        self._sections = tuple(nodes)
        if folded is not None:
            self._folded = set(folded)
        self.set_rows(self._visible())

    def reveal(self, id: str) -> bool:
        """Unfold what hides a section and put the cursor on it; False when there is no such section."""
        ancestors = self._ancestors(id)
        if ancestors is None:
            return False
        if self._folded & ancestors:
            self._folded -= ancestors
            self.set_rows(self._visible())
        return self.move_to(id)

    def action_fold_section(self) -> None:
        """Fold, or go up."""
        node = self.current
        if node is None:
            return
        if node.has_children and node.id not in self._folded:
            self._folded.add(node.id)
            self.set_rows(self._visible())
        else:
            self._move_to_parent(node)

    def action_unfold_section(self) -> None:
        """Unfold, or open."""
        node = self.current
        if node is not None and node.id in self._folded:
            self._folded.discard(node.id)
            self.set_rows(self._visible())
        else:
            self.action_select_row()

    def _move_to_parent(self, node: TreeNode) -> None:
        above = [other for other in self._sections[: self._sections.index(node)] if other.depth < node.depth]
        if above:
            self.move_to(above[-1].id)

    def _ancestors(self, id: str) -> set[str] | None:
        path: list[TreeNode] = []
        for node in self._sections:
            path = [*path[: node.depth], node]
            if node.id == id:
                return {above.id for above in path[:-1]}
        return None

    def _visible(self) -> list[TreeNode]:
        shown: list[TreeNode] = []
        hidden_below: int | None = None
        for node in self._sections:
            if hidden_below is not None and node.depth > hidden_below:
                continue
            hidden_below = node.depth if node.id in self._folded else None
            shown.append(node)
        return shown

    def _title(self, node: TreeNode) -> str:
        fold = ("> " if node.id in self._folded else "v ") if node.has_children else "  "
        return "  " * node.depth + fold + node.title


def _marks(node: TreeNode) -> str:
    return f"{'*' if node.is_changed else ' '}{node.sign}"


def _role(node: TreeNode) -> str:
    return "failure" if node.sign == "X" else "caution" if node.sign else ""
