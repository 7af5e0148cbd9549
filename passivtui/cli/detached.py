"""`python -m passivtui.cli.detached NAME`: a bot that another process of passivtui leaves behind.

What it shall be comes on standard input (`live/detached.py`); NAME only tells a reader of the process list which it is.
"""

from __future__ import annotations

import asyncio
import sys

from passivtui.cli.live import run_bot
from passivtui.cli.output import explain, say
from passivtui.cli.status import DONE, FAILED
from passivtui.errors import PassivTuiError


def main() -> int:
    """The bot's whole life; the exit status as that of `passivtui live`."""
    from passivtui.live.detached import taken_over
    from passivtui.live.status import BotState, StopChoice
    from passivtui.logs import log_exception, logging_to

    spec, home, login = taken_over(sys.stdin.buffer.read())
    with logging_to(home):
        try:
            status = asyncio.run(run_bot(spec, login, home, StopChoice.KEEP_CLOSES))
        except PassivTuiError as error:
            explain(error, everything=True)
            return FAILED
        except Exception as error:  # a fault of the program
            say(f"passivtui: this should not have happened ({type(error).__name__}); {log_exception(home, error)}")
            return FAILED
    return FAILED if status.state is BotState.FAILED else DONE


if __name__ == "__main__":
    sys.exit(main())
