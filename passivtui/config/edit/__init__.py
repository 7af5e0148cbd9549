"""Configs while they are edited: a document with undo, all that is wrong with it, and saving that keeps comments."""

from passivtui.config.edit.config_file import ChangedOnDisk
from passivtui.config.edit.document import ConfigDocument
from passivtui.config.edit.fields import Field, Role, Section
from passivtui.config.edit.issue import Issue
from passivtui.config.edit.rows import Row

__all__ = ["ChangedOnDisk", "ConfigDocument", "Field", "Issue", "Role", "Row", "Section"]
