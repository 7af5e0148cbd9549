"""Files over real sockets: what is tried again, how long is waited, and what is an end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from email.utils import formatdate

import pytest
from archive_market import Market
from archive_server import ArchiveServer, Fault
from archive_time import NOW_MS, ManualTime

from passivtui.errors import VenueError
from passivtui.market.sources.archives import BinanceArchive
from passivtui.market.sources.fetch import DamagedFile, Fetcher
from passivtui.market.sources.settings import SourceSettings
from passivtui.market.sources.tally import Tally
from passivtui.market.sources.timing import Backoff, Pace
from passivtui.progress import Progress

DAILY = "/archive/binance/data/futures/um/daily/klines/BTCUSDT/1m/BTCUSDT-1m-2025-06-01.zip"
Asking = Callable[..., SourceSettings]


@pytest.fixture
def server() -> Iterator[ArchiveServer]:
    with ArchiveServer({"binance": [Market("BTC")]}, now_ms=NOW_MS) as running:
        yield running


@pytest.fixture
def fetcher(server: ArchiveServer, asking: Asking, manual: ManualTime, tally: Tally) -> Callable[..., Fetcher]:
    return lambda **changes: Fetcher(asking(server.url, **changes), manual.timing(), tally)


async def test_a_file_comes_as_it_is_and_its_bytes_are_counted(
    server: ArchiveServer, fetcher: Callable[..., Fetcher], seen: list[Progress], tally: Tally
) -> None:
    async with fetcher() as session:
        content = await session.file(server.url + DAILY)
    assert content is not None
    assert content.startswith(b"PK")
    assert tally.received_bytes == len(content)
    assert seen[-1].unit.startswith("days, ")


async def test_a_file_that_is_not_there_is_none_and_is_not_asked_for_twice(
    server: ArchiveServer, fetcher: Callable[..., Fetcher]
) -> None:
    async with fetcher() as session:
        assert await session.file(server.url + DAILY.replace("BTC", "XYZ")) is None
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    "fault",
    [
        Fault("", "status", times=2, status=500),
        Fault("", "status", times=2, status=502),
        Fault("", "status", times=2, status=429),
        Fault("", "dropped", times=2),
        Fault("", "slow", times=2, seconds=1.0),
    ],
    ids=["500", "502", "429", "dropped", "slow"],
)
async def test_what_may_pass_is_tried_again_after_doubling_pauses(
    fault: Fault, server: ArchiveServer, fetcher: Callable[..., Fetcher], manual: ManualTime
) -> None:
    server.faults.append(fault)
    async with fetcher(timeout_seconds=0.2) as session:
        content = await session.file(server.url + DAILY)
    assert content is not None
    assert len(server.requests) == 3
    assert [pause for pause in manual.slept if pause > 0.01] == [0.5, 1.0]


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (Fault("", "status", status=503), "HTTP 503"),
        (Fault("", "slow", seconds=1.0), "no answer within 0.2 s"),
        (Fault("", "dropped"), "payload"),
    ],
)
async def test_what_does_not_pass_is_one_sentence(
    fault: Fault, reason: str, server: ArchiveServer, fetcher: Callable[..., Fetcher]
) -> None:
    server.faults.append(fault)
    with pytest.raises(VenueError) as caught:
        async with fetcher(timeout_seconds=0.2) as session:
            await session.file(server.url + DAILY)
    assert reason in str(caught.value)
    assert "3 attempts" in str(caught.value)
    assert "check the connection and try again" in str(caught.value)
    assert len(server.requests) == 3


@pytest.mark.parametrize("after", ["7", formatdate(NOW_MS / 1000 + 7, usegmt=True)])
async def test_a_pause_that_the_host_asks_for_is_kept_by_all(
    after: str, server: ArchiveServer, fetcher: Callable[..., Fetcher], manual: ManualTime
) -> None:
    server.faults.append(Fault("", "status", times=1, status=429, retry_after=after))
    async with fetcher() as session:
        assert await session.file(server.url + DAILY) is not None
    assert 6.9 < sum(manual.slept) < 7.1


async def test_a_pause_that_is_too_long_is_told(server: ArchiveServer, fetcher: Callable[..., Fetcher]) -> None:
    server.faults.append(Fault("", "status", status=429, retry_after="3600"))
    with pytest.raises(VenueError, match="asks to wait 60 minutes"):
        async with fetcher() as session:
            await session.file(server.url + DAILY)
    assert len(server.requests) == 1


async def test_a_refusal_is_not_tried_again(server: ArchiveServer, fetcher: Callable[..., Fetcher]) -> None:
    server.faults.append(Fault("", "status", status=403))
    with pytest.raises(VenueError, match="may not serve your country"):
        async with fetcher() as session:
            await session.file(server.url + DAILY)
    assert len(server.requests) == 1


async def test_nobody_there_is_told(fetcher: Callable[..., Fetcher]) -> None:
    with pytest.raises(VenueError, match="can't download http://127"):
        async with fetcher(timeout_seconds=0.5) as session:
            await session.file("http://127.0.0.1:9/x")


async def test_a_file_that_never_ends_is_cut_off(server: ArchiveServer, fetcher: Callable[..., Fetcher]) -> None:
    with pytest.raises(VenueError, match="larger than"):
        async with fetcher() as session:
            await session.file(server.url + DAILY, largest=1000)


@pytest.mark.parametrize("kind", ["truncated", "wrong checksum", "garbage"])
async def test_a_damaged_file_is_fetched_again(
    kind: str, server: ArchiveServer, fetcher: Callable[..., Fetcher]
) -> None:
    archive = BinanceArchive("")
    match = ".CHECKSUM" if kind == "wrong checksum" else ".zip"
    server.faults.append(Fault(match, kind, times=1))  # type: ignore[arg-type]
    async with fetcher() as session:
        rows = await session.whole_file(server.url + DAILY, archive.read, checksum=True)
        assert rows is not None
        assert len(rows.table) == 1440
    assert len(server.asked("CHECKSUM")) == 2
    server.faults.append(Fault(match, kind, times=10))  # type: ignore[arg-type]
    with pytest.raises(DamagedFile):
        async with fetcher() as session:
            await session.whole_file(server.url + DAILY, archive.read, checksum=True)


async def test_a_file_without_a_checksum_file_is_taken(server: ArchiveServer, fetcher: Callable[..., Fetcher]) -> None:
    server.faults.append(Fault(".CHECKSUM", "missing"))
    async with fetcher() as session:
        assert await session.whole_file(server.url + DAILY, BinanceArchive("").read, checksum=True) is not None


def test_pauses_double_up_to_a_limit_with_jitter() -> None:
    backoff = Backoff(attempts=9, first_seconds=1.0, longest_seconds=10.0)
    assert [backoff.seconds(failures, 1.0) for failures in (1, 2, 3, 4, 5, 1000)] == [1, 2, 4, 8, 10, 10]
    assert [backoff.seconds(failures, 0.0) for failures in (1, 2)] == [0.5, 1]


async def test_requests_to_a_host_are_spaced(manual: ManualTime) -> None:
    pace = Pace(4.0, manual.timing())
    for _ in range(5):
        await pace.turn()
    assert manual.now == pytest.approx(1.0)
