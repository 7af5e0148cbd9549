"""Evaluation on a real dask cluster: the same result, candles sent once, losses that cost time and nothing else."""

from __future__ import annotations

import socket
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from dask_cluster import LocalCluster

from passivtui.optimize import Notice, OptimizationRequest, OptimizationResult, SearchProgress, run_optimization
from passivtui.optimize import cluster as cluster_module
from passivtui.optimize.cluster import ClusterError, ClusterEvaluator
from passivtui.paths import Home

MakeRequest = Callable[..., OptimizationRequest]

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCluster]:
    """Two workers that all tests but the destructive ones share."""
    with LocalCluster(tmp_path_factory.mktemp("cluster")) as started:
        started.start_worker()
        started.start_worker()
        yield started


def front_files(result: OptimizationResult) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (result.folder / "pareto").iterdir()}


class Watch:
    """Keeps what a run tells, and does something once a number of evaluations is reached."""

    def __init__(self, at: int = 0, act: Callable[[], None] | None = None) -> None:
        self.notices: list[str] = []
        self.places: list[str] = []
        self._at, self._act = at, act

    def __call__(self, event: Any) -> None:
        if isinstance(event, Notice):
            self.notices.append(event.text)
        if isinstance(event, SearchProgress):
            self.places.append(event.place)
            if self._act is not None and event.evaluations >= self._at:
                act, self._act = self._act, None
                act()


def on(cluster: LocalCluster, request: OptimizationRequest, home: Home, watch: Watch) -> OptimizationResult:
    return run_optimization(replace(request, cluster=cluster.address), home, watch)


def test_two_workers_find_the_front_that_threads_find(
    cluster: LocalCluster, make_request: MakeRequest, home: Home
) -> None:
    request = make_request("optimize.write_all_results=true")
    watch = Watch()
    remote, local = on(cluster, request, home, watch), run_optimization(request, home)
    assert front_files(remote) == front_files(local)
    assert (remote.folder / "all_results.bin").read_bytes() == (local.folder / "all_results.bin").read_bytes()
    assert watch.notices == []
    assert f"cluster {cluster.address}" in watch.places[-1]


def test_candles_are_sent_once_to_each_worker_and_not_again_for_the_next_run(
    cluster: LocalCluster, make_request: MakeRequest, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[tuple[str, int]] = []
    send = ClusterEvaluator._send_candles

    def counted(self: ClusterEvaluator, key: str, addresses: list[str]) -> None:
        sent.extend((key, 1) for _ in addresses)
        send(self, key, addresses)

    monkeypatch.setattr(ClusterEvaluator, "_send_candles", counted)
    request = make_request("backtest.end_date=2025-01-02T12:00", iters=12)
    for seed in (1, 2):
        on(cluster, replace(request, seed=seed), home, Watch())
    assert 1 <= len(sent) <= 2
    assert len({key for key, _ in sent}) == 1


def test_a_killed_worker_costs_time_and_nothing_else(make_request: MakeRequest, home: Home, tmp_path: Path) -> None:
    request = make_request(iters=240)
    with LocalCluster(tmp_path) as cluster:
        cluster.start_worker()

        def replace_worker() -> None:
            cluster.start_worker()
            cluster.kill_worker(0)

        watch = Watch(at=40, act=replace_worker)
        survived = on(cluster, request, home, watch)
    assert watch.notices == []  # the second joined without candles, was given them, and went on alone
    assert "cluster" in watch.places[-1]
    assert front_files(survived) == front_files(run_optimization(request, home))


def test_a_cluster_that_disappears_is_told_and_threads_go_on(
    make_request: MakeRequest, home: Home, tmp_path: Path
) -> None:
    request = make_request(iters=240)
    with LocalCluster(tmp_path) as cluster:
        cluster.start_worker()
        watch = Watch(at=40, act=cluster.kill_scheduler)
        result = on(cluster, request, home, watch)
        [notice] = watch.notices
        assert notice.startswith(f"the cluster at {cluster.address} is lost")
        assert notice.endswith("the run goes on with 1 thread here")
    assert watch.places[-1] == "1 thread"
    assert front_files(result) == front_files(run_optimization(request, home))


def test_a_worker_of_another_version_is_refused(make_request: MakeRequest, home: Home, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text("import passivtui._version\npassivtui._version.VERSION = '0.0.1'\n")
    with LocalCluster(tmp_path) as cluster:
        cluster.start_worker(python_path=tmp_path)
        with pytest.raises(ClusterError, match=r"worker .* runs passivtui 0\.0\.1, and this is .*; install the same"):
            on(cluster, make_request(), home, Watch())


def test_a_worker_of_another_version_that_joins_later_is_sent_away(
    make_request: MakeRequest, home: Home, tmp_path: Path
) -> None:
    (tmp_path / "sitecustomize.py").write_text("import passivtui._version\npassivtui._version.VERSION = '0.0.1'\n")
    request = make_request(iters=240)
    with LocalCluster(tmp_path) as cluster:
        cluster.start_worker()

        def let_another_join() -> None:
            cluster.start_worker(python_path=tmp_path)
            cluster.wait_for_workers(2)

        watch = Watch(at=20, act=let_another_join)
        result = on(cluster, request, home, watch)
    assert watch.notices
    assert all("runs passivtui 0.0.1" in text and "goes on without it" in text for text in watch.notices)
    assert "cluster" in watch.places[-1]
    assert front_files(result) == front_files(run_optimization(request, home))


def test_an_address_without_a_scheduler_is_refused(
    make_request: MakeRequest, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster_module, "CONNECT_SECONDS", 0.5)
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{unused.getsockname()[1]}"
        with pytest.raises(ClusterError, match=f"can't reach a dask scheduler at {address}"):
            run_optimization(replace(make_request(), cluster=address), home)


def test_a_cluster_needs_dask_and_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)  # as if it were not installed
    with pytest.raises(ClusterError, match=r"pip install 'passivtui\[cluster\]'"):
        ClusterEvaluator("tcp://127.0.0.1:9", [], [], 1, Watch())


def test_a_tls_address_needs_certificates() -> None:
    with pytest.raises(ClusterError, match="needs certificates"):
        ClusterEvaluator("tls://127.0.0.1:9", [], [], 1, Watch())


def test_a_cluster_without_workers_is_refused(tmp_path: Path) -> None:
    with LocalCluster(tmp_path) as cluster, pytest.raises(ClusterError, match="has no worker; start one with"):
        ClusterEvaluator(cluster.address, [], [], 1, Watch(), patience_seconds=0.2)
