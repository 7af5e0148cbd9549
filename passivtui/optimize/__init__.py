"""The optimizer service: search a config's bounds for better settings, stop, go on, read what was found.

result = run_optimization(OptimizationRequest(load_config(path), dataset="demo"), home, report, cancel)
"""

from passivtui.optimize.algorithm import ALGORITHMS, JACKRABBIT, NSGA2, BestStep, JackrabbitView
from passivtui.optimize.front import Candidate
from passivtui.optimize.goal import Goal
from passivtui.optimize.ideal import Ideal, ideal_point, nearest_member
from passivtui.optimize.pareto_files import MemberFile, read_front
from passivtui.optimize.records import read_records
from passivtui.optimize.request import Notice, OptimizationRequest, OptimizationResult, SearchProgress
from passivtui.optimize.run import resume_optimization, run_optimization
from passivtui.optimize.run_folder import RunFacts, is_running, read_facts
from passivtui.optimize.starts import load_starts
from passivtui.optimize.tick_folder import TickRunFacts, is_tick_run, read_tick_facts
from passivtui.optimize.tick_request import TickSearchProgress, TickSearchRequest, TickSearchResult
from passivtui.optimize.tick_run import resume_tick_search, run_tick_search

__all__ = [
    "ALGORITHMS",
    "JACKRABBIT",
    "NSGA2",
    "BestStep",
    "Candidate",
    "Goal",
    "Ideal",
    "JackrabbitView",
    "MemberFile",
    "Notice",
    "OptimizationRequest",
    "OptimizationResult",
    "RunFacts",
    "SearchProgress",
    "TickRunFacts",
    "TickSearchProgress",
    "TickSearchRequest",
    "TickSearchResult",
    "ideal_point",
    "is_running",
    "is_tick_run",
    "load_starts",
    "nearest_member",
    "read_facts",
    "read_front",
    "read_records",
    "read_tick_facts",
    "resume_optimization",
    "resume_tick_search",
    "run_optimization",
    "run_tick_search",
]
