"""The faults that an exchange must survive, by their numbers in the project's list; each is caused, met and checked.

`ON_VENUES[number](world)` does so on a local venue, `ON_PAPER[number](world)` on the paper venue, for what can happen
in a process without a network. Afterwards no fault is active and `exchange_conformance.as_ever` must hold.
"""

from __future__ import annotations

import faults_of_orders
import faults_of_reads
import faults_of_streams
from fault_entries import ON_PAPER, ON_VENUES

__all__ = ["ON_PAPER", "ON_VENUES", "faults_of_orders", "faults_of_reads", "faults_of_streams"]
