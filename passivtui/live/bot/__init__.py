"""The bot as a service: reads the venue, asks `plan`, writes the journal, sends, and tells how it stands."""

from passivtui.live.bot.bot import Bot
from passivtui.live.bot.parts import BotParts
from passivtui.live.bot.timing import Timing

__all__ = ["Bot", "BotParts", "Timing"]
