"""The last line of every screen: the keys that matter here, most used first, at most eight. Each can be clicked."""

from __future__ import annotations

from dataclasses import dataclass

from rich.segment import Segment
from rich.style import Style
from textual.events import Click, Mount
from textual.strip import Strip
from textual.widget import Widget

from passivtui.widgets.roles import role_style

MOST_KEYS = 8
GAP = 2


@dataclass(frozen=True, slots=True)
class Entry:
    """One key of the footer: what is pressed, how it is written, what it does."""

    key: str
    shown: str
    words: str

    @property
    def width(self) -> int:
        """Cells it takes."""
        return len(self.shown) + 1 + len(self.words)


class FooterLine(Widget):
    """Keys of the focused pane, of the screen, then of the app; without those that a field being edited swallows."""

    DEFAULT_CSS = """
    FooterLine { height: 1; padding: 0 1; background: $panel; color: $foreground; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._here: list[Entry] = []
        self._everywhere: list[Entry] = []
        self._spans: list[tuple[int, int, str]] = []

    def on_mount(self, event: Mount) -> None:
        self.screen.bindings_updated_signal.subscribe(self, lambda _: self.update_keys())
        self.call_after_refresh(self.update_keys)

    def update_keys(self) -> None:
        """Read the keys that work now and draw them if they changed."""
        if not self.screen.is_current:
            return
        here: list[Entry] = []
        everywhere: list[Entry] = []
        seen: set[str] = set()
        for key, active in self.screen.active_bindings.items():
            binding = active.binding
            if not binding.show or binding.action in seen:
                continue
            seen.add(binding.action)
            entry = Entry(key, self.app.get_key_display(binding), binding.description)
            (everywhere if active.node is self.app else here).append(entry)
        here = here[: MOST_KEYS - len(everywhere)]
        if (here, everywhere) != (self._here, self._everywhere):
            self._here, self._everywhere = here, everywhere
            self.refresh()

    def render_line(self, y: int) -> Strip:
        key_style = role_style(self, "key") + Style(bold=True)
        segments: list[Segment] = []
        self._spans = []
        x = 0
        for entry in self._fitting(self.size.width):
            self._spans.append((x, x + entry.width, entry.key))
            segments += [Segment(entry.shown, key_style), Segment(f" {entry.words}" + " " * GAP)]
            x += entry.width + GAP
        return Strip(segments).apply_style(self.rich_style).adjust_cell_length(self.size.width, self.rich_style)

    def _fitting(self, room: int) -> list[Entry]:
        """What fits, whole: the least used of this screen go first, the app's own keys (help, back) last."""
        here, everywhere = list(self._here), list(self._everywhere)
        while sum(entry.width + GAP for entry in (*here, *everywhere)) - GAP > room:
            (here or everywhere).pop()
        return here + everywhere

    def on_click(self, event: Click) -> None:
        if (offset := event.get_content_offset(self)) is None:
            return
        for start, end, key in self._spans:
            if start <= offset.x < end:
                self.app.simulate_key(key)
