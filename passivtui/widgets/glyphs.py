"""The signs the interface draws with: a Unicode set and one in plain ASCII. Every sign is one cell wide."""

from __future__ import annotations

from dataclasses import dataclass, fields

from textual.dom import DOMNode


@dataclass(frozen=True, slots=True)
class Glyphs:
    """One set of signs. `spark` runs from low to high; `curves` has one sign per curve (unused with braille)."""

    name: str
    braille: bool
    gain: str
    loss: str
    entry: str
    close: str
    unstuck: str
    mark: str
    faint: str
    chosen: str
    pointer: str
    ellipsis: str
    full: str
    empty: str
    horizontal: str
    vertical: str
    corner: str
    tick: str
    spark: str
    curves: str

    def signs(self) -> str:
        """All signs of the set in one text."""
        return "".join(value for field in fields(self) if isinstance(value := getattr(self, field.name), str))


UNICODE = Glyphs(
    name="unicode",
    braille=True,
    gain="▲",
    loss="▼",
    entry="▲",
    close="▼",
    unstuck="!",
    mark="●",
    faint="·",
    chosen="◆",
    pointer=">",
    ellipsis="…",
    full="█",
    empty="░",
    horizontal="─",
    vertical="│",
    corner="└",
    tick="┤",
    spark="▁▂▃▄▅▆▇█",
    curves="*ox+#%",
)

ASCII = Glyphs(
    name="ascii",
    braille=False,
    gain="^",
    loss="v",
    entry="^",
    close="v",
    unstuck="!",
    mark="@",
    faint=":",
    chosen="X",
    pointer=">",
    ellipsis="~",
    full="#",
    empty=".",
    horizontal="-",
    vertical="|",
    corner="+",
    tick="|",
    spark="_.-=+*#@",
    curves="*ox+#%",
)

GLYPH_SETS = {glyphs.name: glyphs for glyphs in (UNICODE, ASCII)}


def glyphs_of(node: DOMNode) -> Glyphs:
    """The set the app of this widget draws with (the Unicode one in an app that doesn't say)."""
    glyphs = getattr(node.app, "glyphs", UNICODE)
    return glyphs if isinstance(glyphs, Glyphs) else UNICODE
