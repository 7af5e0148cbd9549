"""The modes that a side or a coin can be forced into (`spec/config.md` §2, `spec/live.md` §4)."""

from __future__ import annotations

#: Canonical name → what it does.
MODES: dict[str, str] = {
    "": "not forced: the bot decides",
    "normal": "all orders",
    "manual": "the bot leaves the coin alone: nothing is created or cancelled",
    "graceful_stop": "as normal while a position is open; no new position is opened",
    "tp_only": "closes only; entries are neither created nor cancelled",
    "panic": "close the whole position at once at the last price",
}

_SHORT_FORMS = {
    "n": "normal",
    "m": "manual",
    "gs": "graceful_stop",
    "graceful-stop": "graceful_stop",
    "t": "tp_only",
    "tp": "tp_only",
    "tp-only": "tp_only",
    "p": "panic",
}


def expand_mode(text: str) -> str | None:
    """The canonical name of a mode or of its short form, in any case; None when there is no such mode."""
    word = text.strip().lower()
    word = _SHORT_FORMS.get(word, word)
    return word if word in MODES else None
