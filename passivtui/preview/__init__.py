"""What a config would do: its orders on one coin, why they are where they are, and a quick backtest of it."""

from passivtui.formulas import Turn
from passivtui.preview.ladder import Ladder, Rung, build_ladder
from passivtui.preview.trial import Trial, TrialMarket, run_trial
from passivtui.preview.why import why_parameter, why_rung

__all__ = ["Ladder", "Rung", "Trial", "TrialMarket", "Turn", "build_ladder", "run_trial", "why_parameter", "why_rung"]
