"""A paper bot over ticks as a bot among others: listed, steered, stopped."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from passivx_cases import read_case, vectors
from tick_arrays import tick_arrays

from passivtui.cli.main import main
from passivtui.core import run_ticks
from passivtui.errors import ConfigError, UsageError
from passivtui.live.control import RemoteBot
from passivtui.live.listing import list_bots
from passivtui.live.passivx.launch import load_terms, open_tick_bot, running_tick_bot
from passivtui.live.status import TICKS, BotSpec, BotState, PaperSettings, StopChoice
from passivtui.live.status_text import status_from_json, status_to_json
from passivtui.live.supervisor import Supervisor
from passivtui.passivx import open_ticks
from passivtui.paths import Home
from passivtui.storage import Database
from passivtui.storage.journal import MemoryJournal, read_equity, read_live_fills

SLOW = 600.0


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home").ensure()


@pytest.fixture
def spec(tmp_path: Path) -> BotSpec:
    """Case 04's settings over lively trades, at full speed."""
    symbol, values, _ = read_case("04_inverse_both")
    (tmp_path / "BTCUSD.json").write_text(json.dumps({**values, "symbol": symbol}))
    np.savez(tmp_path / "BTCUSD.npz", **tick_arrays(1500))
    market = f"{TICKS}{tmp_path / 'BTCUSD.npz'}"
    return BotSpec("ticker", "paper", str(tmp_path / "BTCUSD.json"), (), PaperSettings(market, speed=0.0))


def at_speed(spec: BotSpec, speed: float) -> BotSpec:
    assert spec.paper is not None
    paper = PaperSettings(spec.paper.market, speed=speed)
    return BotSpec(spec.name, spec.user, spec.config, spec.sets, paper)


async def test_it_plays_to_the_end_and_is_listed_with_its_fills(home: Home, spec: BotSpec) -> None:
    async with running_tick_bot(spec, home, rules="backtest") as bot:
        await bot.wait()
    status = bot.status()
    assert (status.state, status.reason) == (BotState.STOPPED, "the recorded market is over")
    (listed,) = await list_bots(home)
    assert (listed.name, listed.shown_state, listed.is_running) == ("ticker", "stopped", False)
    assert listed.status is not None and listed.status.balance == status.balance
    async with Database(home.database) as database:
        fills = await read_live_fills(database, "ticker")
        equity = await read_equity(database, "ticker")
    assert len(fills) == status.fill_count > 10
    assert equity


async def test_as_the_backtest_it_trades_what_the_backtest_trades(home: Home, spec: BotSpec) -> None:
    bot = open_tick_bot(spec, home, MemoryJournal(), rules="backtest")
    await bot.run()
    terms, loaded = load_terms(Path(spec.config), (), None)
    assert spec.paper is not None
    ticks = open_ticks(spec.paper.market.removeprefix(TICKS), "BTCUSD").data
    start, latency = loaded.settings.starting_balance, loaded.settings.latency_ms
    simulation = run_ticks(ticks, terms.strategy_numbers, terms.market_numbers, start, latency_ms=latency)
    assert [(t.price, t.qty) for t in bot.replay.trades] == [(t["price"], t["qty"]) for t in simulation.trades]


async def test_its_status_has_liquidation_and_stop_levels_and_survives_json(home: Home, spec: BotSpec) -> None:
    bot = open_tick_bot(spec, home, MemoryJournal())
    while bot.replay.venue.position is None:
        assert bot.replay.run(most=1) == ""
    status = bot.status()
    (row,) = status.positions
    assert row.price_stop_level is not None and row.size != 0.0
    assert (row.price_stop_level < row.price) == (row.side == "long")
    assert "stop loss" in status.next_action
    assert row.next_close is not None or row.next_entry is not None or status.orders
    assert status_from_json(status_to_json(status)) == status


async def test_it_is_steered_through_its_socket(home: Home, spec: BotSpec) -> None:
    async with running_tick_bot(at_speed(spec, SLOW), home) as bot:
        remote = RemoteBot("ticker", home)
        await remote.set_mode("tp_only")
        assert (await remote.poll()).commanded_mode == "tp_only"
        with pytest.raises(ConfigError):
            await bot.set_mode("sideways")
        assert (await remote.picture("BTCUSD")).coin == "BTCUSD"
        await remote.stop(StopChoice.CANCEL_ALL)
    status = bot.status()
    assert (status.state, status.reason) == (BotState.STOPPED, "stopped; every order is cancelled")
    assert not bot.replay.venue.open_orders


@pytest.mark.parametrize("choice", list(StopChoice))
async def test_a_stop_does_as_chosen(home: Home, spec: BotSpec, choice: StopChoice) -> None:
    bot = open_tick_bot(spec, home, MemoryJournal())
    while bot.replay.venue.position is None or len(bot.replay.venue.open_orders) < 2:
        assert bot.replay.run(most=1) == ""
    before = bot.replay.venue.open_orders
    stopping = asyncio.create_task(bot.stop(choice))
    await asyncio.sleep(0)
    await bot.run()
    await stopping
    expected = {
        StopChoice.LEAVE: before,
        StopChoice.KEEP_CLOSES: tuple(order for order in before if order.reduce_only),
    }
    assert bot.replay.venue.open_orders == expected.get(choice, ())
    assert (bot.replay.venue.position is None) == (choice is StopChoice.CLOSE_POSITIONS)
    if choice is StopChoice.CLOSE_POSITIONS:
        assert bot.replay.trades[-1].type == "panic"


async def test_modes_hold(home: Home, spec: BotSpec) -> None:
    bot = open_tick_bot(spec, home, MemoryJournal())
    while bot.replay.venue.position is None:
        bot.replay.run(most=1)
    await bot.set_mode("manual")
    book = bot.replay.plan
    bot.replay.run(most=20)
    assert bot.replay.plan is book
    await bot.panic()
    bot.replay.run(most=50)
    assert bot.replay.venue.position is None and not bot.replay.venue.open_orders
    trades = len(bot.replay.trades)
    bot.replay.run(most=200)
    assert len(bot.replay.trades) == trades
    await bot.set_mode("")
    bot.replay.run(most=200)
    assert len(bot.replay.trades) > trades


async def test_a_name_is_taken_once(home: Home, spec: BotSpec) -> None:
    async with running_tick_bot(at_speed(spec, SLOW), home) as bot:
        with pytest.raises(UsageError, match="runs already"):
            async with running_tick_bot(spec, home):
                pass
        await bot.stop(StopChoice.LEAVE)


async def test_leaving_ends_the_bot(home: Home, spec: BotSpec) -> None:
    async with running_tick_bot(at_speed(spec, SLOW), home) as bot:
        await asyncio.sleep(0)
    assert bot.state is BotState.STOPPED


async def test_the_supervisor_runs_it_beside_others(home: Home, spec: BotSpec) -> None:
    async with Supervisor(home) as supervisor:
        bot = await supervisor.start(spec)
        await supervisor.wait("ticker")
    assert (bot.status().state, bot.status().reason) == (BotState.STOPPED, "the recorded market is over")
    assert bot.status().fill_count > 10
    (listed,) = await list_bots(home)
    assert (listed.name, listed.shown_state) == ("ticker", "stopped")


async def test_a_fault_is_told_and_not_passed_over(home: Home, spec: BotSpec, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> str:
        raise ZeroDivisionError("a fault")

    monkeypatch.setattr("passivtui.live.passivx.replay.TickReplay.run", broken)
    with pytest.raises(ZeroDivisionError):
        async with running_tick_bot(spec, home) as bot:
            await bot.wait()
    (listed,) = await list_bots(home)
    assert listed.shown_state == "failed" and "ZeroDivisionError" in listed.reason


def test_live_settings_keep_what_only_they_hold(home: Home, tmp_path: Path) -> None:
    live = vectors()["L02"]["args"]["settings"]  # collects funding
    path = tmp_path / "live.json"
    path.write_text(json.dumps({**live, "n_entry_orders": 3, "market_stop_loss": True}))
    with pytest.raises(ConfigError, match="starting_balance"):
        load_terms(path, (), None)
    terms, loaded = load_terms(path, (), 0.25)
    assert (terms.settings.n_entry_orders, terms.settings.market_stop_loss) == (3, True)
    assert (terms.settings.funding_fee_collect_mode, loaded.settings.starting_balance) == (False, 0.25)
    assert "funding_fee_collect_mode" in {note.key for note in loaded.notes}


async def test_why_and_picture_answer(home: Home, spec: BotSpec) -> None:
    bot = open_tick_bot(spec, home, MemoryJournal())
    await bot.run()
    picture = await bot.picture("BTCUSD")
    assert len(picture.times_ms) == len(picture.closes) > 5
    for order in bot.status().orders:
        assert len(await bot.why(order)) == 2


def test_a_liquidated_account_is_a_failed_bot(home: Home, spec: BotSpec) -> None:
    arrays: dict[str, Any] = tick_arrays(600)
    arrays["price"] = np.round(94_000.0 * np.linspace(1.0, 0.2, 600) * 2) / 2
    arrays["buyer_is_maker"] = np.ones(600, dtype=bool)
    assert spec.paper is not None
    np.savez(spec.paper.market.removeprefix(TICKS), **arrays)
    bot = open_tick_bot(spec, home, MemoryJournal())
    asyncio.run(bot.run())
    assert bot.status().state is BotState.FAILED
    assert bot.status().balance == 0.0


def test_the_command_runs_it(home: Home, spec: BotSpec, capsys: pytest.CaptureFixture[str]) -> None:
    assert spec.paper is not None
    place = spec.paper.market.removeprefix(TICKS)
    words = ["--home", str(home.root), "live", spec.config, "--user", "paper", "--ticks", place, "--speed", "max"]
    assert main([*words, "--json", "--quiet", "--balance", "0.1"]) == 0
    status = json.loads(capsys.readouterr().out)
    assert (status["state"], status["exchange"], status["spec"]["paper"]["balance"]) == ("stopped", "paper", 0.1)
    assert status["fill_count"] > 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--user", "somebody"], "paper only"),
        (["--user", "paper", "--market", "demo"], "--market is for configs"),
        (["--user", "paper", "--drawdown-stop", "0.1"], "--drawdown-stop is for configs"),
        (["--user", "paper", "--ticks", "nowhere"], "nowhere"),
    ],
)
def test_what_makes_no_sense_is_refused(
    home: Home, spec: BotSpec, words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--home", str(home.root), "live", spec.config, *words]) != 0
    assert said in capsys.readouterr().err
