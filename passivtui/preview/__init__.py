"""What a config would do, shown while it is edited: order ladders from the engine's own functions."""

from passivtui.preview.ladder import Ladder, Rung, build_ladder

__all__ = ["Ladder", "Rung", "build_ladder"]
