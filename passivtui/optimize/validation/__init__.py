"""How far a result can be trusted: data it never saw, its neighbours, and what luck alone would have found."""

from passivtui.optimize.validation.assess import MemberCheck, Validation, ValidationOptions, validate_run
from passivtui.optimize.validation.cliffs import Cliff, CliffMap, cliff_map
from passivtui.optimize.validation.cscv import Overfitting, overfitting
from passivtui.optimize.validation.sharpe import deflated_sharpe, expected_maximum_sharpe, probabilistic_sharpe, sharpe

__all__ = [
    "Cliff",
    "CliffMap",
    "MemberCheck",
    "Overfitting",
    "Validation",
    "ValidationOptions",
    "cliff_map",
    "deflated_sharpe",
    "expected_maximum_sharpe",
    "overfitting",
    "probabilistic_sharpe",
    "sharpe",
    "validate_run",
]
