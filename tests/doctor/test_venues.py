"""Asking venues for the time: those that answer, those that don't, and a clock that is off."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from venues import BinanceVenue, BybitVenue, Market

from passivtui.clock import utc_ms
from passivtui.doctor import Finding, Verdict, ask_venues
from passivtui.exchanges.venues import VENUES
from passivtui.market.sources.settings import SourceSettings

MARKETS = [Market.linear("BTC")]
PRICES = {"BTCUSDT": 60_000}
NOBODY = "http://127.0.0.1:9"  # the discard port: nothing listens there


def verdicts(findings: Sequence[Finding]) -> dict[str, Verdict]:
    return {finding.subject: finding.verdict for finding in findings}


async def test_venues_that_answer_are_told_with_how_fast_and_the_clock_is_compared() -> None:
    async with BinanceVenue(MARKETS, PRICES) as binance, BybitVenue(MARKETS, PRICES) as bybit:
        settings = replace(SourceSettings(), apis={"binance": binance.rest_url, "bybit": bybit.rest_url})
        chosen = [VENUES["binance"], VENUES["bybit"]]
        findings = await ask_venues(settings, chosen)
        assert verdicts(findings) == dict.fromkeys(("Binance", "Bybit", "clock"), Verdict.GOOD)
        assert all(" ms" in finding.text for finding in findings)

        wrong = await ask_venues(settings, chosen, clock=lambda: utc_ms() - 90_000)
    assert verdicts(wrong)["clock"] is Verdict.WARNING
    seconds, _, direction, *_ = wrong[-1].text.split()
    assert (float(seconds), direction) == (pytest.approx(90, abs=5), "behind")


async def test_without_a_network_it_is_calmly_said() -> None:
    settings = SourceSettings().served_by(NOBODY)
    findings = await ask_venues(settings)
    assert len(findings) == 1 + sum(bool(venue.ccxt_id) for venue in VENUES.values())
    assert set(verdicts(findings).values()) == {Verdict.UNKNOWN}
    assert all("no connection" in finding.text for finding in findings[:-1])
    assert "offline" in findings[-1].text


@pytest.mark.parametrize("fault", ["hang reply", "html"])
async def test_a_venue_that_hangs_or_answers_nonsense_keeps_nobody_waiting(fault: str) -> None:
    async with BinanceVenue(MARKETS, PRICES) as binance:
        binance.faults.add(fault, "time")
        settings = replace(SourceSettings(), apis={"binance": binance.rest_url})
        findings = await ask_venues(settings, [VENUES["binance"]], limit_seconds=0.3)
    assert verdicts(findings) == dict.fromkeys(("Binance", "clock"), Verdict.UNKNOWN)
