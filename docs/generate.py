"""Write what the program can tell of itself: `python docs/generate.py` makes docs/configuration.md and docs/help/.

The help pages are those of the app; their pictures are drawn with the template config.
"""

from __future__ import annotations

from pathlib import Path

from passivtui.config import template_config
from passivtui.help_texts import PAGES, page_markdown
from passivtui.help_texts.parameter_text import parameters_markdown
from passivtui.screens.help_pictures import Shown, draw_all
from passivtui.widgets.glyphs import UNICODE

DOCS = Path(__file__).parent
CONFIGURATION = DOCS / "configuration.md"
HELP = DOCS / "help"
PICTURE_SIZE = (72, 12)
INTRODUCTION = """# Configuration

A config is a TOML file, or Passivbot's JSON or HJSON of v7.3. `passivtui config check FILE` names every problem at
once, `passivtui config show FILE` prints what was understood. A key that is missing takes the template's value, given
below as "template" (long / short where they differ). `--set bot.long.n_positions=3` changes a key for one run.
Settings marked "per coin" may stand in `coin_overrides`:
`coin_overrides.DOGE.bot.long.entry_grid_spacing_pct = 0.02`.

`template.toml` in `configs/` holds every key with its comment. This page is written by `docs/generate.py`.
"""
HELP_INTRODUCTION = """# Help

The pages that `f1` opens in the app. They are written by `docs/generate.py` from `passivtui/help_texts/`.
"""
ELSEWHERE = {"parameters": "../configuration.md"}
"""Pages that are in docs/ under another name."""


def configuration_page() -> str:
    """docs/configuration.md."""
    return f"{INTRODUCTION.strip()}\n\n{parameters_markdown()}\n"


def help_pages() -> dict[str, str]:
    """The files of docs/help by name."""
    pages = {f"{page.name}.md": help_page(page.name) for page in PAGES if page.name not in ELSEWHERE}
    links = [f"- [{page.title}]({ELSEWHERE.get(page.name, f'{page.name}.md')})" for page in PAGES]
    return {"README.md": HELP_INTRODUCTION + "\n" + "\n".join(links) + "\n", **pages}


def help_page(name: str) -> str:
    """One page with its pictures as text."""
    shown = Shown("the template config", template_config(), "long")
    text = page_markdown(name).replace("{{config}}", shown.name)
    if "{{picture: " in text:
        for picture, lines in draw_all(shown, *PICTURE_SIZE, UNICODE).items():
            rows = ["".join(piece for piece, _ in line).rstrip() for line in lines]
            text = text.replace(f"{{{{picture: {picture}}}}}", "\n".join(["```text", *rows, "```"]))
    return text


def main() -> None:
    """Write all of them, and remove pages that are no more."""
    CONFIGURATION.write_text(configuration_page(), encoding="utf-8")
    HELP.mkdir(exist_ok=True)
    pages = help_pages()
    for old in HELP.glob("*.md"):
        if old.name not in pages:
            old.unlink()
    for name, text in pages.items():
        (HELP / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
