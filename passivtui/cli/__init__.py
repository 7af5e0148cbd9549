"""The command line; `main` is what the `passivtui` script calls. One module per subcommand."""

from passivtui.cli.main import main

__all__ = ["main"]
