"""`python -m passivtui` is the command `passivtui`."""

import sys

from passivtui.cli import main

if __name__ == "__main__":
    sys.exit(main())
