"""Many bots in one process: apart from each other, one per account, listed and steered from anywhere."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from passivtui.clock import utc_ms
from passivtui.errors import ConfigError, DataError, UsageError
from passivtui.exchanges.login import Login
from passivtui.live.config_source import ConfigSource
from passivtui.live.control import RemoteBot, socket_path
from passivtui.live.listing import list_bots
from passivtui.live.locks import is_running, lock_bot
from passivtui.live.status import BotSpec, BotState, BotStatus, PaperSettings, StopChoice
from passivtui.live.status_text import spec_from_json, spec_to_json, status_from_json, status_to_json
from passivtui.live.supervisor import Supervisor
from passivtui.paths import Home

CONFIG = """
[live]
approved_coins = ["BTC"]
minimum_coin_age_days = 0
[bot.long]
n_positions = 1
total_wallet_exposure_limit = 1.0
[bot.short]
n_positions = 0
total_wallet_exposure_limit = 0
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "plain.toml"
    path.write_text(CONFIG)
    return path


def spec(config: Path, name: str = "one", **paper: object) -> BotSpec:
    return BotSpec(name, "paper", str(config), paper=PaperSettings(**{"speed": 600.0, **paper}))  # type: ignore[arg-type]


async def heard(supervisor: Supervisor, name: str, state: BotState) -> BotStatus:
    """The first status with that state."""
    bot, told = supervisor.bots[name], asyncio.Event()
    leave = bot.subscribe(lambda status: told.set() if status.state is state else None)
    try:
        while bot.state is not state:
            async with asyncio.timeout(10):
                await told.wait()
            told.clear()
        return bot.status()
    finally:
        leave()


async def test_bots_run_side_by_side_and_one_that_fails_disturbs_no_other(home: Home, config: Path) -> None:
    async with Supervisor(home) as supervisor:
        await supervisor.start(spec(config, "one"))
        await supervisor.start(spec(config, "two"))
        await heard(supervisor, "one", BotState.RUNNING)
        await heard(supervisor, "two", BotState.RUNNING)
        supervisor.bots["one"].abandon()
        await asyncio.gather(supervisor.wait("one"), return_exceptions=True)
        assert supervisor.bots["one"].state.is_over
        assert supervisor.bots["two"].state is BotState.RUNNING
        await supervisor.stop("two", StopChoice.CANCEL_ALL)
        assert supervisor.bots["two"].state is BotState.STOPPED
    listed = await list_bots(home, utc_ms)
    assert [(bot.name, bot.shown_state) for bot in listed] == [("one", "stopped"), ("two", "stopped")]


async def test_a_name_and_an_account_are_taken_once(home: Home, config: Path) -> None:
    real = BotSpec("a", "bybit_01", str(config))
    login = Login("bybit", key="public", secret="s")
    locks = lock_bot(home, real, login)
    with pytest.raises(UsageError, match="named a runs already"):
        lock_bot(home, real, login)
    with pytest.raises(UsageError, match="account of bybit_01"):
        lock_bot(home, BotSpec("b", "bybit_01", str(config)), login)
    with pytest.raises(UsageError, match="account of another"):  # other user, same key
        lock_bot(home, BotSpec("b", "another", str(config)), login)
    assert is_running(home, "a")
    locks.release()
    assert not is_running(home, "a")
    lock_bot(home, BotSpec("b", "another", str(config)), login).release()


async def test_a_bot_is_steered_over_its_socket(home: Home, config: Path) -> None:
    async with Supervisor(home) as supervisor:
        await supervisor.start(spec(config))
        await heard(supervisor, "one", BotState.RUNNING)
        remote = RemoteBot("one", home)
        assert (await remote.poll()).state is BotState.RUNNING
        await remote.set_mode("gs")
        assert remote.status().commanded_mode == "graceful_stop"
        with pytest.raises(UsageError, match="no mode"):
            await remote.set_mode("brave")
        await remote.panic()
        assert remote.status().commanded_mode == "panic"
        await remote.stop(StopChoice.CANCEL_ALL)
        assert remote.status().state is BotState.STOPPED
        await supervisor.wait("one")
        with pytest.raises(UsageError, match="does not answer"):
            await remote.poll()


async def test_the_socket_answers_nonsense_and_is_the_user_s_alone(home: Home, config: Path) -> None:
    async with Supervisor(home) as supervisor:
        await supervisor.start(spec(config))
        path = socket_path(home, "one")
        assert path.stat().st_mode & 0o077 == 0
        reader, writer = await asyncio.open_unix_connection(path)
        for line in (b"{\n", b"[]\n", b'{"do":"dance"}\n', b'{"do":"stop","choice":"maybe"}\n'):
            writer.write(line)
            assert b'"ok": false' in await reader.readline()
        writer.close()


async def test_the_kill_switch_reaches_every_bot(home: Home, config: Path) -> None:
    async with Supervisor(home) as supervisor:
        for name in ("one", "two"):
            await supervisor.start(spec(config, name))
            await heard(supervisor, name, BotState.RUNNING)
        await supervisor.panic_all()
        assert {bot.status().commanded_mode for bot in supervisor.bots.values()} == {"panic"}


async def test_a_status_is_the_same_after_a_journey(home: Home, config: Path) -> None:
    async with Supervisor(home) as supervisor:
        await supervisor.start(spec(config))
        status = await heard(supervisor, "one", BotState.RUNNING)
    assert status_from_json(status_to_json(status)) == status
    assert spec_from_json(spec_to_json(status.spec)) == status.spec
    with pytest.raises(DataError, match="another version"):
        status_from_json("{}")


def test_a_config_is_read_again_when_it_changes(home: Home, config: Path) -> None:
    source = ConfigSource(spec(config), home)
    first = source()
    assert first is not None
    assert first.live.approved_coins.long == ("BTC",)
    assert source() is None
    config.write_text(CONFIG.replace('"BTC"', '"BTC", "ETH"'))
    changed = source()
    assert changed is not None
    assert changed.live.approved_coins.long == ("BTC", "ETH")
    config.write_text("[live")
    with pytest.raises(ConfigError):
        source()
    assert source() is None  # said once


async def test_a_market_without_the_config_s_coins_is_refused_before_anything_starts(home: Home, config: Path) -> None:
    config.write_text(CONFIG.replace('"BTC"', '"NONE"'))
    async with Supervisor(home) as supervisor:
        with pytest.raises(DataError, match="none of the config's coins"):
            await supervisor.start(spec(config))
        assert not is_running(home, "one")
