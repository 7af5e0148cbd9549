"""The form's rows: what each shows of its key right now."""

from __future__ import annotations

from dataclasses import dataclass

from passivtui.config.edit.document import ConfigDocument
from passivtui.config.edit.fields import Field, Section
from passivtui.config.edit.issue import Issue


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the form, as texts.

    Attributes:
        heading: title of the part of the form that it stands in.
        template: the template's value, or for one coin the side's.
        is_given: False for a key that takes the template's value because the document doesn't hold it.
        issues: what is to be said about it.
    """

    field: Field
    heading: str
    text: str
    template: str
    is_given: bool
    is_changed: bool
    issues: tuple[Issue, ...]

    @property
    def key(self) -> str:
        """The dotted key."""
        return self.field.key

    @property
    def sign(self) -> str:
        """`X` with an error, `!` with a warning, else nothing."""
        signs = {issue.sign for issue in self.issues}
        return "X" if "X" in signs else "!" if signs else ""


def rows_of(document: ConfigDocument, section_id: str) -> tuple[Row, ...]:
    """The rows of a section and of all below it."""
    return tuple(
        _row(document, field, _heading(document, section, section_id))
        for section in document.sections
        if section.is_within(section_id)
        for field in section.fields
    )


def _row(document: ConfigDocument, field: Field, heading: str) -> Row:
    key = field.key
    return Row(
        field,
        heading,
        document.text(key),
        document.template_text(key),
        document.is_given(key),
        document.is_changed(key),
        document.issues_for(key),
    )


def _heading(document: ConfigDocument, section: Section, shown: str) -> str:
    """The section's title with those of the sections between it and the one that is shown."""
    if section.id == shown:
        return ""
    above = [
        other.title
        for other in document.sections
        if other.id not in (shown, section.id) and other.is_within(shown) and section.is_within(other.id)
    ]
    return " ".join([*above, section.title])


@dataclass(frozen=True, slots=True)
class SectionMarks:
    """What a node of the tree says of everything in it."""

    changed: bool
    sign: str  # X, ! or nothing
    note: str  # "off", or how many things are in it


def marks_of(document: ConfigDocument) -> dict[str, SectionMarks]:
    """Marks by section id; a section has those of the ones below it."""
    sections = document.sections
    changed = {_id(document, key) for key, _, _ in document.differences_to_saved}
    signs: dict[str, set[str]] = {}
    for issue in document.issues:
        signs.setdefault(_id(document, issue.key), set()).add(issue.sign)
    marks = {}
    for section in sections:
        within = {other.id for other in sections if other.is_within(section.id)}
        found = {sign for place in within for sign in signs.get(place, ())}
        sign = "X" if "X" in found else "!" if found else ""
        marks[section.id] = SectionMarks(bool(within & changed), sign, _note(document, section))
    return marks


def _id(document: ConfigDocument, key: str) -> str:
    section = document.section_of(key)
    return section.id if section is not None else ""


def _note(document: ConfigDocument, section: Section) -> str:
    if section.id in ("bot.long", "bot.short") and document.config is not None:
        return "" if document.config.bot.side(section.title).is_on else "off"
    if section.id == "coin_overrides":
        count = sum(other.depth == 1 and other.id.startswith("coin_overrides.") for other in document.sections)
        return str(count) if count else ""
    return ""
