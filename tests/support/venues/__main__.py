"""Runs a local venue for trying things out by hand: `PYTHONPATH=tests/support python -m venues --venue bybit`.

Prices walk at random, once a second; the addresses, the key and the secret are printed. Ctrl-C ends it.
"""

from __future__ import annotations

import argparse
import asyncio
import random

from . import BinanceVenue, BybitVenue, FaultPlan, LocalVenue, Market

COINS = {"BTC": (60_000.0, "0.1", "0.001"), "ETH": (3000.0, "0.01", "0.01"), "XRP": (0.6, "0.0001", "1")}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m venues", description="Run a local venue with prices that walk.")
    parser.add_argument("--venue", choices=("binance", "bybit"), default="binance")
    parser.add_argument("--port", type=int, default=8910)
    parser.add_argument("--storm", type=float, default=0.0, help="how often each fault happens (0.02: at 1 call in 50)")
    parser.add_argument("--volatility", type=float, default=0.001, help="size of a second's step, as part of the price")
    chosen = parser.parse_args()
    try:
        asyncio.run(run(chosen))
    except KeyboardInterrupt:
        print("ended")


async def run(chosen: argparse.Namespace) -> None:
    """Serves until cancelled."""
    markets = [Market.linear(coin, price_step=tick, qty_step=lot) for coin, (_, tick, lot) in COINS.items()]
    prices = {f"{coin}USDT": price for coin, (price, _, _) in COINS.items()}
    if chosen.venue == "bybit":
        markets.append(Market.inverse_of("BTC"))
        prices["BTCUSD"] = prices["BTCUSDT"]
    faults = FaultPlan(seed=1)
    if chosen.storm:
        faults.storm(chosen.storm)
    kind: type[LocalVenue] = BybitVenue if chosen.venue == "bybit" else BinanceVenue
    async with kind(markets, prices, faults=faults, port=chosen.port) as venue:
        print(f"{venue.rest_url} {venue.ws_url}")
        print(f"key {venue.credentials.key} secret {venue.credentials.secret}", flush=True)
        while True:
            await asyncio.sleep(1)
            for market in markets:
                price = float(venue.matching.last(market.pair)) * (1 + random.gauss(0, chosen.volatility))
                ticks = max(1, round(price / float(market.price_step)))
                venue.move(market.pair, market.price_text(ticks * market.price_step))


if __name__ == "__main__":
    main()
