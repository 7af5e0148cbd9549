"""Older and newer releases' configs, brought to Passivbot 7.3's form in memory (`spec/config.md` §5).

Each module is one idea and works on a copy of the document; `chain.migrate` runs them in order. Nothing is lost
silently: what is renamed, split or left out is told in a note.
"""

from passivtui.config.migration.chain import migrate

__all__ = ["migrate"]
