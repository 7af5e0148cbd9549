"""The optimizer service: search a config's bounds for better settings, stop, go on, read what was found.

result = run_optimization(OptimizationRequest(load_config(path), dataset="demo"), home, report, cancel)
"""

from passivtui.optimize.front import Candidate
from passivtui.optimize.goal import Goal
from passivtui.optimize.ideal import Ideal, ideal_point, nearest_member
from passivtui.optimize.pareto_files import MemberFile, read_front
from passivtui.optimize.records import read_records
from passivtui.optimize.request import Notice, OptimizationRequest, OptimizationResult, SearchProgress
from passivtui.optimize.run import resume_optimization, run_optimization
from passivtui.optimize.run_folder import RunFacts, is_running, read_facts
from passivtui.optimize.starts import load_starts

__all__ = [
    "Candidate",
    "Goal",
    "Ideal",
    "MemberFile",
    "Notice",
    "OptimizationRequest",
    "OptimizationResult",
    "RunFacts",
    "SearchProgress",
    "ideal_point",
    "is_running",
    "load_starts",
    "nearest_member",
    "read_facts",
    "read_front",
    "read_records",
    "resume_optimization",
    "run_optimization",
]
