"""Pictures of the menu, kept as SVG: dark and light, at both sizes."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from passivtui.app import PassivTuiApp
from passivtui.paths import Home


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("size", [(80, 24), (120, 35)], ids=lambda size: f"{size[0]}x{size[1]}")
def test_menu(
    snap_compare: Callable[..., bool],
    make_app: Callable[[], PassivTuiApp],
    home: Home,
    monkeypatch: pytest.MonkeyPatch,
    theme: str,
    size: tuple[int, int],
) -> None:
    home.settings.write_text(f'theme = "{theme}"\n')
    monkeypatch.setattr(PassivTuiApp, "home_text", lambda self: "~/.local/share/passivtui")
    assert snap_compare(make_app(), terminal_size=size)
