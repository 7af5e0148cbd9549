"""The audit of a live bot: what it did against what the strategy would have done on the same candles."""

from passivtui.live.audit.causes import Cause
from passivtui.live.audit.day import BotRecord, audit, audit_bot, read_record
from passivtui.live.audit.report import AuditReport, Difference

__all__ = ["AuditReport", "BotRecord", "Cause", "Difference", "audit", "audit_bot", "read_record"]
