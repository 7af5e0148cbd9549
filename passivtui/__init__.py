"""passivtui: backtest, tune and run Passivbot's strategy from a terminal.

Importing the package imports nothing else: the command line must answer before NumPy, Textual or ccxt are loaded.
"""

from passivtui._version import VERSION as __version__

__all__ = ["__version__"]
