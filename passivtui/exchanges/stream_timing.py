"""How patient the watch over streams is."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class StreamTiming:
    """Seconds of real time. A market that trades brings several candles within `candle_silence`; `order_silence` is
    from an order's confirmation to its message. Pauses before opening anew double, from the first to the longest."""

    candle_silence: float = 30.0
    order_silence: float = 10.0
    subscribing: float = 3.0  # ccxt doesn't tell when a subscription takes effect
    look_every: float = 1.0
    settle: float = 0.05
    first_pause: float = 1.0
    longest_pause: float = 60.0
    closing: float = 5.0  # whatever hangs while it is being closed is left behind after it
