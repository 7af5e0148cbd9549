"""The end of a bot, as chosen: nothing here plans, so that no formula can keep a bot from stopping."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from passivtui.errors import VenueError
from passivtui.exchanges.base import Exchange
from passivtui.exchanges.errors import AuthError, RateLimited
from passivtui.live.bot.account import Account
from passivtui.live.bot.sending import Sender
from passivtui.live.bot.timing import Timing
from passivtui.live.flatten import flattening_orders, orders_to_cancel
from passivtui.live.orders import OpenOrder
from passivtui.live.status import StopChoice

#: Within this time, in seconds, all writes of a stopping bot end, whether everything could be done or not.
STOP_WITHIN: Final = 60.0
_PAUSE: Final = 2.0
_LEAST_ROUNDS: Final = 5  # also where a market minute takes no longer than a blink


class WindingDown:
    """Cancels, and closes if that was chosen, again and again until the venue shows that it is done."""

    def __init__(self, exchange: Exchange, timing: Timing, account: Account, sender: Sender) -> None:
        self._exchange = exchange
        self._timing = timing
        self._account = account
        self._sender = sender
        self.left = ""  # what couldn't be done, in words

    async def run(self, choice: Callable[[], StopChoice], symbols: dict[str, str]) -> None:
        """Do as chosen; `choice` may come to ask for more. Raises nothing that a venue does; `left` tells it."""
        until, rounds = self._timing.elapsed() + STOP_WITHIN, 0
        while choice() is not StopChoice.LEAVE:
            try:
                if await self._one_round(choice(), symbols):
                    self.left = ""
                    return
                pause = _PAUSE
            except AuthError as error:
                self.left = f"nothing more could be done: {error}"
                return
            except RateLimited as error:
                self.left, pause = f"the venue: {error}", error.retry_after_seconds
            except VenueError as error:
                self.left, pause = f"the venue: {error}", _PAUSE
            rounds += 1
            if rounds >= _LEAST_ROUNDS and self._timing.elapsed() + pause >= until:
                self.left = self.left or "the venue did not confirm everything in time"
                return
            await self._timing.sleep(pause)

    async def _one_round(self, choice: StopChoice, symbols: dict[str, str]) -> bool:
        """Whether nothing is left to do."""
        await self._account.read()
        await self._sender.resolve(self._account.orders, self._account.known_fills())
        orders = orders_to_cancel(self._account.open_orders(), keep_closes=choice is StopChoice.KEEP_CLOSES)
        urgent = choice is StopChoice.CLOSE_POSITIONS
        await self._sender.cancel(orders, symbols, panic=urgent)
        if choice is not StopChoice.CLOSE_POSITIONS:
            return not orders and not self._sender.unresolved
        positions = [held for held in self._account.held() if held.coin in symbols]
        closing = {(sent.coin, sent.side) for sent in self._sender.sent if sent.outcome == "unresolved"}
        creations = [order for order in flattening_orders(positions) if (order.coin, order.side) not in closing]
        if creations:
            await self._sender.create(creations, symbols, post_only=False, panic=True)
        return not orders and not positions and not self._sender.unresolved


def describe(choice: StopChoice, orders: Iterable[OpenOrder]) -> str:
    """What was left on the book by a stop, in words."""
    own = [order for order in orders if order.is_ours]
    closes = sum(1 for order in own if order.part == "close")
    return {
        StopChoice.LEAVE: f"stopped; {len(own)} orders stay as they are",
        StopChoice.KEEP_CLOSES: f"stopped; entries are cancelled, {closes} closes stay",
        StopChoice.CANCEL_ALL: "stopped; every order is cancelled",
        StopChoice.CLOSE_POSITIONS: "stopped; every order is cancelled and every position closed",
    }[choice]
