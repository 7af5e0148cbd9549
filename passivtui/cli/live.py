"""`passivtui live`: one bot without a screen, until it is told to stop."""

from __future__ import annotations

import argparse
import math
from typing import TYPE_CHECKING

from passivtui.cli.drawdown_stop import LIMIT_HELP, add_rule, fraction, rule_of
from passivtui.cli.loading import add_config
from passivtui.cli.output import print_result, say, tell
from passivtui.cli.status import DONE, FAILED
from passivtui.errors import UsageError

if TYPE_CHECKING:
    from passivtui.exchanges.login import Login
    from passivtui.live.drawdown_stop import DrawdownRule
    from passivtui.live.status import BotSpec, BotStatus, LocalBot, StopChoice
    from passivtui.paths import Home

_CHOICES = ("leave", "keep-closes", "cancel-all", "close-positions")
_FASTEST = 1000.0  # live.status.FASTEST, which help must not import
_PAPER_ONLY = ("market", "start", "speed", "balance", "seed")


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser], shared: argparse.ArgumentParser) -> None:
    """Add the subcommand."""
    live = commands.add_parser(
        "live",
        parents=[shared],
        help="run a bot without a screen",
        description="Trade a config on the account of a user of the vault, or on paper, until SIGINT or SIGTERM. "
        "Either stops the bot as --on-stop says; a second one ends it at once and leaves its orders. passivtui bots "
        "lists and steers what runs.",
    )
    add_config(live)
    live.add_argument("--user", metavar="NAME", required=True, help="a user of the vault, or paper")
    live.add_argument("--name", metavar="NAME", help="what the bot is called (default: user and config)")
    live.add_argument(
        "--on-stop",
        metavar="CHOICE",
        choices=_CHOICES,
        default="keep-closes",
        help=f"what a signal does: {', '.join(_CHOICES)} (default: keep-closes)",
    )
    paper = live.add_argument_group("paper")
    paper.add_argument(
        "--market",
        metavar="DATASET",
        help="demo, a folder with a dataset.json, or live:bybit for a venue's prices as they come (default: demo)",
    )
    paper.add_argument(
        "--ticks",
        metavar="DIR|FILE.npz|demo",
        help="trade settings of Passiv-X over these trades (default for such settings: demo)",
    )
    paper.add_argument(
        "--as-backtest", action="store_true", help="over ticks, decide and fill as the backtest does (docs/passivx.md)"
    )
    paper.add_argument("--start", metavar="D", help="day or minute to begin at, UTC (default: the market's first)")
    paper.add_argument(
        "--speed", metavar="N", type=_speed, help="market minutes per minute, up to 1000, or max (default: 1)"
    )
    paper.add_argument("--balance", metavar="X", type=_balance, help="default: the config's starting balance")
    paper.add_argument("--seed", metavar="N", type=int, help="of everything that happens by chance (default: 0)")
    stop = live.add_argument_group(
        "drawdown stop", "off by default; passivtui drawdown-stop shows what one would have done"
    )
    stop.add_argument("--drawdown-stop", metavar="X", type=fraction, help=LIMIT_HELP)
    add_rule(stop, prefix="stop-")
    live.add_argument("--json", action="store_true", help="print the last status as one JSON object")
    live.add_argument("--quiet", action="store_true", help="say nothing while it runs")
    from passivtui.cli.keys_passphrase import add_passphrase

    add_passphrase(live)
    live.set_defaults(run=_live)


def _live(chosen: argparse.Namespace, home: Home) -> int:
    import asyncio

    from passivtui.live.status import StopChoice

    home.ensure()
    if _is_over_ticks(chosen, home):
        spec = _spec_over_ticks(chosen, home)
        return _end(chosen, asyncio.run(_run_over_ticks(spec, chosen, home)))
    if chosen.as_backtest:
        raise UsageError("--as-backtest is for settings of Passiv-X; configs have live.mimic_backtest_1m_delay")
    spec = _spec(chosen, home)
    login = None if spec.is_paper else _login(chosen, home)
    if spec.drawdown_stop is not None and not chosen.quiet:
        asyncio.run(_say_what_it_would_have_done(spec.name, spec.drawdown_stop, home))
    return _end(chosen, asyncio.run(run_bot(spec, login, home, StopChoice(chosen.on_stop), is_quiet=chosen.quiet)))


def _end(chosen: argparse.Namespace, status: BotStatus) -> int:
    from passivtui.live.status import BotState
    from passivtui.live.status_text import status_to_json

    print_result(status_to_json(status) if chosen.json else _summary(status))
    return FAILED if status.state is BotState.FAILED else DONE


def _spec(chosen: argparse.Namespace, home: Home) -> BotSpec:
    from passivtui.config import find_config
    from passivtui.config.dates import parse_date
    from passivtui.live.status import PAPER, BotSpec, PaperSettings

    path = find_config(chosen.config, home).absolute()
    name = chosen.name or f"{chosen.user}-{path.stem}"
    stop = None if chosen.drawdown_stop is None else rule_of(chosen, chosen.drawdown_stop)
    if chosen.user != PAPER:
        for option in _PAPER_ONLY:
            if getattr(chosen, option) is not None:
                raise UsageError(f"--{option} is for paper trading; use it with --user paper")
        return BotSpec(name, chosen.user, str(path), tuple(chosen.sets), drawdown_stop=stop)
    settings = PaperSettings(
        chosen.market or "demo",
        None if chosen.start is None else parse_date(chosen.start, "--start"),
        1.0 if chosen.speed is None else chosen.speed,
        chosen.balance,
        chosen.seed or 0,
    )
    return BotSpec(name, PAPER, str(path), tuple(chosen.sets), settings, stop)


def _is_over_ticks(chosen: argparse.Namespace, home: Home) -> bool:
    """Whether ticks are asked for, or the settings are of the kind that needs them."""
    if chosen.ticks is not None:
        return True
    from passivtui.passivx.shelf import names_tick_settings

    balance = [] if chosen.balance is None else [f"starting_balance={chosen.balance!r}"]
    return names_tick_settings(chosen.config, [*chosen.sets, *balance], home)


def _spec_over_ticks(chosen: argparse.Namespace, home: Home) -> BotSpec:
    from passivtui.live.status import PAPER, TICKS, BotSpec, PaperSettings
    from passivtui.passivx.shelf import find_settings

    if chosen.user != PAPER:
        raise UsageError("settings of Passiv-X are traded on paper only; use --user paper")
    for option in ("market", "start", "seed", "drawdown_stop"):
        if getattr(chosen, option) is not None:
            raise UsageError(f"--{option.replace('_', '-')} is for configs; over ticks it has no meaning")
    path = find_settings(chosen.config, home).absolute()
    speed = 1.0 if chosen.speed is None else chosen.speed
    paper = PaperSettings(f"{TICKS}{chosen.ticks or 'demo'}", None, speed, chosen.balance)
    return BotSpec(chosen.name or f"{chosen.user}-{path.stem}", PAPER, str(path), tuple(chosen.sets), paper)


async def _run_over_ticks(spec: BotSpec, chosen: argparse.Namespace, home: Home) -> BotStatus:
    from passivtui.live.passivx.launch import running_tick_bot
    from passivtui.live.status import StopChoice

    on_stop = StopChoice(chosen.on_stop)
    async with running_tick_bot(spec, home, rules="backtest" if chosen.as_backtest else "live") as bot:
        if not chosen.quiet:
            tell(bot.notes, everything=False)
            say(f"{spec.name}: started; Ctrl-C stops it ({on_stop})")
            bot.subscribe(_Changes().tell)
        with _Signals(bot, on_stop):
            await bot.wait()
        return bot.status()


async def _say_what_it_would_have_done(name: str, rule: DrawdownRule, home: Home) -> None:
    from passivtui.live.drawdown_preview import preview_bot
    from passivtui.storage import Database

    async with Database(home.database) as database:
        try:
            say(f"the drawdown stop {(await preview_bot(database, name, rule)).text}")
        except UsageError:
            say(f"the drawdown stop begins with {name}: there is no record yet to try it on")


def _login(chosen: argparse.Namespace, home: Home) -> Login:
    from passivtui.cli.keys_passphrase import unlocked

    opened = unlocked(chosen, home)
    try:
        return opened.account(chosen.user).login()
    finally:
        opened.lock()


async def run_bot(
    spec: BotSpec, login: Login | None, home: Home, on_stop: StopChoice, *, is_quiet: bool = False
) -> BotStatus:
    """The bot's life, steered by signals. Its last status."""
    from passivtui.live.supervisor import Supervisor

    async with Supervisor(home) as supervisor:
        bot = await supervisor.start(spec, login)
        if not is_quiet:
            say(f"{spec.name}: started; Ctrl-C stops it ({on_stop})")
            bot.subscribe(_Changes().tell)
        with _Signals(bot, on_stop):
            await supervisor.wait(spec.name)
        return bot.status()


class _Signals:
    """SIGINT, SIGTERM and SIGHUP stop the bot as chosen; a second one leaves everything as it is."""

    def __init__(self, bot: LocalBot, choice: StopChoice) -> None:
        import asyncio

        self._bot = bot
        self._choice = choice
        self._loop = asyncio.get_running_loop()
        self._stopping: asyncio.Task[None] | None = None
        self._whole = asyncio.current_task()

    def __enter__(self) -> None:
        import signal

        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            self._loop.add_signal_handler(number, self._stop)

    def __exit__(self, *_: object) -> None:
        import signal

        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            self._loop.remove_signal_handler(number)

    def _stop(self) -> None:
        if self._stopping is None:
            self._stopping = self._loop.create_task(self._bot.stop(self._choice))
        else:
            self._bot.abandon()


class _Changes:
    """Says what a person who looks at a log wants to know: fills, states, alarms."""

    def __init__(self) -> None:
        self._told: set[str] = set()
        self._state = self._alarm = ""

    def tell(self, status: BotStatus) -> None:
        """Say what is new in this status."""
        from passivtui.clock import iso_minute

        for fill in reversed(status.fills):
            if fill.id not in self._told:
                self._told.add(fill.id)
                say(f"{iso_minute(fill.time_ms)}  {fill.coin} {fill.type or 'foreign'} {fill.qty:+g} at {fill.price:g}")
        if status.state != self._state:
            self._state = status.state
            say(f"{status.spec.name}: {status.state}{f' ({status.reason})' if status.reason else ''}")
        if status.alarm != self._alarm:
            self._alarm = status.alarm
            if status.alarm:
                say(f"{status.spec.name}: {status.alarm}")


def _summary(status: BotStatus) -> str:
    digits = 2 if status.quote.startswith("USD") else 8  # else it is a coin
    money = [
        f"{name} {value:.{digits}f} {status.quote}"
        for name, value in (("balance", status.balance), ("equity", status.equity))
        if value is not None
    ]
    lines = [
        f"{status.spec.name}  {status.state}: {status.reason}",
        *([", ".join(money)] if money else []),
        f"{status.fill_count} fills, {len(status.positions)} positions, {len(status.orders)} orders",
    ]
    return "\n".join(lines)


def _speed(text: str) -> float:
    if text == "max":
        return 0.0
    speed = _above_zero(text)
    if speed > _FASTEST:
        raise argparse.ArgumentTypeError(f"{text} is faster than a bot can look; use {_FASTEST:g} at most, or max")
    return speed


def _balance(text: str) -> float:
    return _above_zero(text)


def _above_zero(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text} is no number") from None
    if not 0.0 < number < 1e9 or math.isnan(number):
        raise argparse.ArgumentTypeError(f"{text} must be above 0 and below 1e9")
    return number
