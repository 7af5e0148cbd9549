"""The help pages, as plain text a person can read in a minute each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Page:
    """One page: its title and its text, paragraphs wrapped by the screen."""

    title: str
    text: str


FIRST_STEPS: Final = Page(
    "First steps",
    """\
passivtui backtests Passivbot's strategy: it places limit orders around the price, averages down when the price moves \
against a position, and takes profit in small steps.

Try it now, without money and without a download:

  1  Press esc to go to the menu, then 2 for Backtest.
  2  A shipped config and the demo market are chosen already. The demo market is made up: its prices are good for \
learning the program, not for judging a strategy.
  3  Press enter to run. The bar shows how far it is; the run goes on when you leave the screen.
  4  Read the report: gain and worst drawdown first, then the curves, the coins and the fills.

Every report is kept. Menu row 6 (Results) opens it again, and compares two or more.

Your own configs are files in the folder configs of the home folder. Copy a shipped one, change it with any editor, \
and choose it in Backtest. A value that is not allowed is named with what would be, and nothing runs until it is right.
""",
)

KEYS: Final = Page(
    "Keys",
    """\
Everywhere

  1-9 0        a row of the menu; in a screen a view; in a dialog a choice
  arrows hjkl  move; g and G go to the first and the last row
  tab          next pane, shift+tab the one before
  enter        open, or start editing a field
  esc          stop editing, close a dialog, one level back; never quits
  ?            the keys of the screen you are in
  ctrl+p or :  find a command, section, config or report by name
  J            background jobs
  f1           these pages
  ctrl+q       quit; asks when something runs

In tables

  /            filter: type, enter keeps it, esc clears it
  s            sort: then the digit of a column; the same digit again reverses
  y and Y      copy the row, the whole table (tab separated)
  i            why? where a row has more to tell

In charts

  + and -      zoom in and out        < and >   pan
  left right   move the cursor        L         logarithmic axis
  0            the whole range

Letters act only while no field is being edited. Every key can be changed in settings.toml, table [keys], by the \
command's name, for example  zoom-in = "i".

To select text with the mouse, hold shift.
""",
)

TERMINAL: Final = Page(
    "The terminal",
    """\
passivtui needs 60x16 characters, is comfortable at 80x24 and uses all the room up to 200x60 and beyond.

Signs: when curves look like boxes, the font has no braille. Settings (8) offers plain ASCII signs; they are also the \
right choice where box and arrow signs take two columns (some East Asian fonts).

Colours: gain is blue and loss orange unless you choose otherwise in Settings; a sign (+ -) always says the same as \
the colour. The variable NO_COLOR makes everything grey. The theme "terminal" uses the terminal's own colours.

Copying works over SSH when the terminal allows programs to set the clipboard (OSC 52). If nothing arrives, export to \
a file instead.

Problems are told in words. What a developer needs is in the log file, logs/passivtui.log in the home folder.
""",
)

PAGES: Final = (FIRST_STEPS, KEYS, TERMINAL)
