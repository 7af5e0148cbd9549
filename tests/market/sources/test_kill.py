"""A download that is killed with SIGKILL at any moment and started again ends with the same bytes on disk."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from time import monotonic, sleep

import numpy as np
import pytest
from archive_market import COLUMNS, DAY_MS, MINUTE_MS, Market, candles
from archive_server import ArchiveServer
from archive_time import NOW_MS

import passivtui
from passivtui.market.store import CandleStore

BTC = Market("BTC", price=60_000, decimals=1, first_ms=NOW_MS // DAY_MS * DAY_MS - 60 * DAY_MS)
FIRST = (NOW_MS // DAY_MS - 12) * DAY_MS
LAST = (NOW_MS // DAY_MS + 1) * DAY_MS - 1
LAST_CLOSED = NOW_MS // MINUTE_MS * MINUTE_MS - MINUTE_MS

SCRIPT = f"""
import sys
from dataclasses import replace
from pathlib import Path
from passivtui.market.sources.download import Want, ensure
from passivtui.market.sources.settings import load_source_settings
from passivtui.market.store import CandleStore
settings = replace(load_source_settings(Path("none.toml")), requests_per_second=10_000)
for issue in ensure(CandleStore(Path(sys.argv[1])), [Want("binance", "BTC", {FIRST}, {LAST})], settings):
    print(issue)
"""


@pytest.fixture(scope="module")
def server() -> Iterator[ArchiveServer]:
    with ArchiveServer({"binance": [BTC]}, now_ms=NOW_MS) as running:
        yield running


def start(server: ArchiveServer, root: Path) -> subprocess.Popen[str]:
    paths = os.pathsep.join(filter(None, [str(Path(passivtui.__file__).parents[1]), os.environ.get("PYTHONPATH", "")]))
    environment = {**os.environ, **server.environment, "PYTHONPATH": paths}
    return subprocess.Popen(
        [sys.executable, "-P", "-c", SCRIPT, str(root)],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(process: subprocess.Popen[str]) -> None:
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err) == (0, "", "")


def content(root: Path) -> dict[str, bytes]:
    """Every file of candles below `root`."""
    return {
        str(path.relative_to(root)): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file() and not path.name.startswith(".") and "BTC" in str(path.relative_to(root))
    }


@pytest.mark.slow
def test_killed_and_restarted_it_ends_with_the_same_bytes(server: ArchiveServer, tmp_path: Path) -> None:
    finish(start(server, tmp_path / "whole"))
    expected = content(tmp_path / "whole")
    assert expected
    asked = len(server.requests)
    for round_, after in enumerate(range(3, asked, max(1, asked // 6))):
        root = tmp_path / f"killed-{round_}"
        server.requests.clear()
        process = start(server, root)
        deadline = monotonic() + 30
        while len(server.requests) < after and process.poll() is None and monotonic() < deadline:
            sleep(0.002)
        process.kill()
        process.communicate()
        finish(start(server, root))
        assert content(root) == expected
        held = CandleStore(root).read("binance", "BTC", FIRST, LAST)
        table = candles(BTC, FIRST, LAST_CLOSED)
        np.testing.assert_array_equal(held.timestamp_ms, table[:, 0].astype(np.int64))
        for index, name in enumerate(COLUMNS, 1):
            np.testing.assert_array_equal(getattr(held, name), table[:, index])
