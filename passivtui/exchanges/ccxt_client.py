"""The way to a venue through ccxt: made without private calls, redirected if wished, its errors put into words.

ccxt takes half a second to import: it happens in a thread, when the first client is opened.
"""

from __future__ import annotations

import asyncio
import importlib
import re
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from email.utils import parsedate_to_datetime
from functools import partial
from typing import Any

from passivtui.errors import VenueError
from passivtui.exchanges.venues import Venue

#: A ccxt exchange. ccxt's classes are generated and untyped; what is used of them is typed where it is used.
CcxtExchange = Any

#: The kinds of markets to load, where a venue has more than perpetuals; ccxt's own word for them differs.
_MARKET_TYPES = {"binanceusdm": "linear", "bybit": "linear"}
#: A number that ccxt would write out digit by digit, as a whole value, and the name of its field.
_ENDLESS = re.compile(r"""(?:(\w+)["']\s*:|[\[,])\s*["']?-?\d[\d.]*[eE][+-]?\d{4,}["',}\]]""")
_NAMES_OF_IDS = ("id", "text", "cloid", "hash")  # which may look like a number
_MOST_DECIMALS = 64
_SCHEME_AND_HOST = re.compile(r"^(http|ws)s?://[^/]+")


@asynccontextmanager
async def public_client(
    venue: Venue, *, base_url: str = "", timeout_seconds: float = 60.0, refine: Callable[[Any], Any] | None = None
) -> AsyncIterator[CcxtExchange]:
    """A client without keys for public data; closed at the end.

    `base_url` replaces scheme and host of every URL (a mirror, a test server). `refine` makes ccxt's class one that
    takes its turns in a ledger (`ccxt_calls.governed`). Without it the venue itself is asked at the pace that ccxt
    knows it to bear; in front of another server the caller keeps the pace. Raises VenueError for a venue that ccxt
    does not know.
    """
    exchange = (refine or strict)(await ccxt_class(venue, "ccxt.async_support"))(
        {
            "enableRateLimit": refine is not None or not base_url,
            "timeout": round(timeout_seconds * 1000),
            "options": {"fetchCurrencies": False, "fetchMargins": False, "uta": False},
        }
    )
    load_perpetuals_only(exchange, venue)
    if base_url:
        exchange.urls["api"] = redirected(exchange.urls["api"], base_url)
    try:
        yield exchange
    finally:
        await exchange.close()


async def ccxt_class(venue: Venue, package: str) -> Any:
    """The venue's class in one of ccxt's packages, imported in a thread. Raises VenueError when there is none."""
    module = await asyncio.to_thread(importlib.import_module, package)
    found = getattr(module, venue.ccxt_id, None) if venue.ccxt_id else None
    if found is None:
        raise VenueError(venue.note or f"{venue.title} can't be reached: the installed ccxt doesn't know it")
    return found


def strict(base: Any) -> Any:
    """`base`, but stricter with answers: one of success that is no JSON is an error (ccxt takes half a text for an
    empty list), and so is a number with which ccxt would compute for ever."""

    class Strict(base):  # type: ignore[misc]  # ccxt is untyped
        answered_well = False
        unreadable_message = ""  # what is wrong with a stream's message; the stream must be opened anew

        def __init__(self, config: Mapping[str, Any]) -> None:
            self.guarded: dict[str, Any] = {}
            super().__init__(config)

        def on_rest_response(self, code: int, *others: Any) -> Any:
            self.answered_well = code < 400
            return super().on_rest_response(code, *others)

        def parse_json(self, http_response: str) -> Any:
            self.refuse_endless(http_response or "")
            parsed = super().parse_json(http_response)
            if parsed is None and http_response and self.answered_well:
                raise ccxt_package().ExchangeNotAvailable(f"{self.id} sent an answer that is cut short or no JSON")
            return parsed

        def client(self, url: str) -> Any:
            """What a stream's message makes ccxt trip over would end the reading of that stream without a word."""
            made = super().client(url)
            if url not in self.guarded or self.guarded[url] is not made:
                self.guarded[url] = made
                made.handle_message = partial(self.handle_safely, made, made.handle_message)
            return made

        def handle_safely(self, client: Any, handle: Callable[[Any], None], message: Any) -> None:
            try:
                handle(message)
            except Exception as error:
                self.unreadable_message = f"{self.id} sent a message that can't be used ({type(error).__name__})"
                client.reject(ccxt_package().NetworkError(self.unreadable_message))

        def handle_message(self, client: Any, message: Any) -> Any:
            self.refuse_endless(str(message))
            return super().handle_message(client, message)

        def refuse_endless(self, text: str) -> None:
            if any(not (one[1] or "").lower().endswith(_NAMES_OF_IDS) for one in _ENDLESS.finditer(text)):
                raise ccxt_package().BadResponse(f"{self.id} sent a number that can't be used")

        def parse_precision(self, precision: str | None) -> Any:
            """ccxt counts the decimals one by one."""
            if precision is not None and not 0 <= int(precision) <= _MOST_DECIMALS:
                raise ccxt_package().BadResponse(f"{self.id} sent a precision that can't be used")
            return super().parse_precision(precision)

    return Strict


def raise_unreadable(client: CcxtExchange) -> None:
    """Raise ccxt's NetworkError when a stream of this client brought a message that it could not use."""
    if client.unreadable_message:
        raise ccxt_package().NetworkError(client.unreadable_message)


def load_perpetuals_only(exchange: CcxtExchange, venue: Venue, kind: str = "") -> None:
    """Keep `load_markets` to one public call (some venues' clients ignore the option of that name).

    `kind`: which markets, in ccxt's word; the venue's usual ones when empty.
    """
    exchange.has["fetchCurrencies"] = False
    options = exchange.options.get("fetchMarkets")
    if isinstance(options, dict) and "types" in options:
        exchange.options["fetchMarkets"] = {**options, "types": [kind or _MARKET_TYPES.get(venue.ccxt_id, "swap")]}


def redirected(urls: Any, base_url: str, stream_url: str = "") -> Any:
    """ccxt's URLs with other schemes and hosts: `stream_url` for WebSockets, `base_url` for the rest; empty: kept."""
    if isinstance(urls, Mapping):
        return {key: redirected(value, base_url, stream_url) for key, value in urls.items()}
    if not isinstance(urls, str):
        return urls
    instead = (stream_url if urls.startswith("ws") else base_url).rstrip("/")
    return _SCHEME_AND_HOST.sub(lambda _: instead, urls) if instead else urls


def may_pass(error: BaseException) -> bool:
    """Whether asking again can help: the network, the venue's load, a connection that broke off."""
    import aiohttp

    broken = (ccxt_package().NetworkError, aiohttp.ClientError, OSError)
    return isinstance(error, broken) or isinstance(error.__cause__, aiohttp.ClientError)


def is_limit(error: BaseException) -> bool:
    """Whether the venue says that it was asked too often."""
    ccxt = ccxt_package()
    return isinstance(error, (ccxt.DDoSProtection, ccxt.RateLimitExceeded))


def is_refusal(error: BaseException) -> bool:
    """Whether the venue answered that it won't: an unknown market, a range that it doesn't serve."""
    return isinstance(error, ccxt_package().ExchangeError) and not may_pass(error)


def ccxt_package() -> Any:
    """The package, loaded by the time that one of its errors is at hand."""
    return importlib.import_module("ccxt")


def header(exchange: CcxtExchange, name: str) -> str | None:
    """A header of the last answer, in any case of its name."""
    headers = exchange.last_response_headers or {}
    return next((value for key, value in headers.items() if key.lower() == name.lower()), None)


def server_time_ms(exchange: CcxtExchange) -> int | None:
    """What time the venue's server said it was with its last answer (whole seconds); None when it didn't say."""
    try:
        return round(parsedate_to_datetime(header(exchange, "Date") or "").timestamp() * 1000)
    except ValueError:
        return None


def reason_of(error: BaseException) -> str:
    """One short line of what a venue or ccxt said, fit to be shown; never its headers."""
    line = " ".join(str(error).split())[:200]
    return "".join(one if one.isprintable() else "\ufffd" for one in line) or type(error).__name__
