"""Files over HTTP: paced per host, tried again when that can help, bounded in size, counted."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Final, Self, TypeVar
from urllib.parse import urlsplit

import aiohttp

from passivtui._version import VERSION
from passivtui.errors import VenueError
from passivtui.market.sources.settings import SourceSettings
from passivtui.market.sources.tally import Tally, size_text
from passivtui.market.sources.timing import Backoff, Pace, Timing

LARGEST_FILE: Final = 1_000_000_000  # bytes; the busiest day of trades is a tenth of that
LONGEST_PAUSE: Final = 300.0  # seconds; a host that asks for more is asked another day

_MISSING = (404, 410)
_CHECKSUM_BYTES = 10_000
_DAMAGED_ATTEMPTS = 3  # a file that is damaged at its source stays so
_CHUNK = 1 << 18
_WHOLE_FILE = 20  # timeouts that a file may take in all, so that a trickle ends too

T = TypeVar("T")


class DamagedFile(Exception):
    """A file arrived, but not as its source made it: cut short, or another checksum. Fetching again may help."""


class _TryAgain(Exception):
    """An attempt failed in a way that may pass; `pause`: seconds that the host asked for."""

    def __init__(self, reason: str, pause: float | None = None) -> None:
        super().__init__(reason)
        self.pause = pause


class Fetcher:
    """One HTTP session with a limit of connections and a pace per host. Use as an async context manager."""

    def __init__(self, settings: SourceSettings, timing: Timing, tally: Tally) -> None:
        self._settings = settings
        self._timing = timing
        self._tally = tally
        self._backoff = Backoff(settings.attempts)
        self._paces: dict[str, Pace] = {}
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        seconds = self._settings.timeout_seconds
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit_per_host=self._settings.connections),
            timeout=aiohttp.ClientTimeout(total=_WHOLE_FILE * seconds, sock_connect=seconds, sock_read=seconds),
            headers={"User-Agent": f"passivtui/{VERSION}"},
            auto_decompress=False,  # an archive's .gz is the file itself
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._session is not None:
            await self._session.close()

    async def file(self, url: str, largest: int = LARGEST_FILE) -> bytes | None:
        """The file at `url`; None when the host says that there is none (404). Raises VenueError."""
        reason = ""
        for failures in range(1, self._settings.attempts + 1):
            await self._pace(url).turn()
            try:
                return await self._ask(url, largest)
            except _TryAgain as failure:
                reason, pause = str(failure), failure.pause
            if pause is not None:
                if pause > LONGEST_PAUSE:
                    raise VenueError(f"{_host(url)} asks to wait {pause / 60:.0f} minutes; try again after that")
                self._pace(url).pause(pause)
            elif failures < self._settings.attempts:
                await self._timing.sleep(self._backoff.seconds(failures, self._timing.chance()))
        tries = f"{self._settings.attempts} attempt{'' if self._settings.attempts == 1 else 's'}"
        raise VenueError(
            f"can't download {url} ({reason}; {tries}); check the connection and try again: what is stored stays"
        )

    async def whole_file(self, url: str, check: Callable[[bytes, bytes | None], T], *, checksum: bool) -> T | None:
        """What `check(file, checksum file or None)` makes of the file at `url`; None when there is none.

        A file that `check` calls damaged is fetched again. Raises DamagedFile when it stays so, and VenueError.
        """
        failures = 0
        while (content := await self.file(url)) is not None:
            expected = await self.file(f"{url}.CHECKSUM", largest=_CHECKSUM_BYTES) if checksum else None
            try:
                return await asyncio.to_thread(check, content, expected)
            except DamagedFile:
                failures += 1
                if failures >= min(self._settings.attempts, _DAMAGED_ATTEMPTS):
                    raise
            await self._timing.sleep(self._backoff.seconds(failures, self._timing.chance()))
        return None

    def _pace(self, url: str) -> Pace:
        host = _host(url)
        if host not in self._paces:
            self._paces[host] = Pace(self._settings.requests_per_second, self._timing)
        return self._paces[host]

    async def _ask(self, url: str, largest: int) -> bytes | None:
        assert self._session is not None, "use the fetcher as a context manager"
        try:
            async with self._session.get(url) as response:
                if response.status in _MISSING:
                    return None
                self._refuse(response, url)
                return await self._body(response, url, largest)
        except TimeoutError as error:
            raise _TryAgain(f"no answer within {self._settings.timeout_seconds:g} s") from error
        except aiohttp.InvalidURL as error:
            raise VenueError(f"{url} is not a usable URL; see [sources] in settings.toml") from error
        except (aiohttp.ClientError, OSError) as error:
            raise _TryAgain(" ".join(str(error).split())[:160] or type(error).__name__) from error

    def _refuse(self, response: aiohttp.ClientResponse, url: str) -> None:
        """Raise what the status means, unless it is a plain 200."""
        status = response.status
        if status == 200:
            return
        if status in (418, 429, 503):
            raise _TryAgain(f"HTTP {status}", pause_asked(response.headers.get("Retry-After"), self._timing))
        if status >= 500 or status in (408, 425):
            raise _TryAgain(f"HTTP {status}")
        raise VenueError(f"{_host(url)} refuses {url} (HTTP {status}); it may not serve your country or network")

    async def _body(self, response: aiohttp.ClientResponse, url: str, largest: int) -> bytes:
        body = bytearray()
        async for chunk in response.content.iter_chunked(_CHUNK):
            body += chunk
            self._tally.receive(len(chunk))
            if len(body) > largest:
                raise VenueError(f"{url} is larger than {size_text(largest)}, which no archive file is; check the URL")
        return bytes(body)


def _host(url: str) -> str:
    return urlsplit(url).netloc


def pause_asked(header: str | None, timing: Timing) -> float | None:
    """Seconds of a Retry-After header: a number, or a date; None when it says neither."""
    if header is None:
        return None
    try:
        return max(0.0, float(int(header)))
    except ValueError:
        pass
    try:
        moment = parsedate_to_datetime(header)
    except ValueError:
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, (moment - datetime.fromtimestamp(timing.clock() / 1000, UTC)).total_seconds())
