"""What this installation is like and whether it can work: one finding after the other, each with what to do."""

from passivtui.doctor.examination import examine
from passivtui.doctor.finding import Finding, Verdict, in_words, worst
from passivtui.doctor.terminal import Terminal
from passivtui.doctor.venues import ask_venues

__all__ = ["Finding", "Terminal", "Verdict", "ask_venues", "examine", "in_words", "worst"]
