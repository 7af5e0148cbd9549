"""The folder of the front: it mirrors, renames, and survives what others do in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from passivtui.config import Config, load_config
from passivtui.optimize.documents import Documents, hash_of
from passivtui.optimize.front import Candidate, Front
from passivtui.optimize.genome import decode, space_of
from passivtui.optimize.pareto_files import ParetoFolder, read_front


@pytest.fixture
def documents(config: Config) -> Documents:
    return Documents(config, ["demo"], 4)


def member(config: Config, *objectives: float) -> Candidate:
    genome = tuple(space_of(config).encode(config).tolist())
    return Candidate(genome, objectives, ({"adg": -objectives[0], "gain": float("nan")},))


def test_the_folder_follows_the_front_and_files_keep_their_hash(
    config: Config, documents: Documents, tmp_path: Path
) -> None:
    front, folder = Front(2, 4), ParetoFolder(tmp_path, documents)
    for objectives in ((1.0, 3.0), (2.0, 2.0)):
        front.offer(member(config, *objectives))
        folder.mirror(front)
    before = {entry.objectives: entry for entry in read_front(tmp_path)}
    (tmp_path / "notes.txt").write_text("somebody's own")
    front.offer(member(config, 0.5, 9.0))
    front.offer(member(config, 1.5, 1.5))  # dominates (2, 2)
    folder.mirror(front)
    after = {entry.objectives: entry for entry in read_front(tmp_path)}
    assert set(after) == {(1.0, 3.0), (0.5, 9.0), (1.5, 1.5)}
    assert after[1.0, 3.0].hash == before[1.0, 3.0].hash
    assert after[1.0, 3.0].path != before[1.0, 3.0].path  # the distance moved
    assert (tmp_path / "notes.txt").exists()


def test_a_file_that_somebody_deleted_comes_back(config: Config, documents: Documents, tmp_path: Path) -> None:
    front, folder = Front(2, 4), ParetoFolder(tmp_path, documents)
    front.offer(member(config, 1.0, 3.0))
    folder.mirror(front)
    folder.path_of(front.members[0]).unlink()
    front.offer(member(config, 3.0, 1.0))
    folder.mirror(front)
    assert len(read_front(tmp_path)) == 2


def test_a_document_is_rounded_where_it_is_measured_and_exact_where_it_is_a_config(
    config: Config, documents: Documents, tmp_path: Path
) -> None:
    one = member(config, -0.123456789, 2.0)
    document = documents.rounded(one)
    assert document["analyses"] == {"demo": {"adg": 0.1235, "gain": None}}
    assert document["analyses_combined"]["adg_std"] == 0.0
    assert document["analyses_combined"]["w_0"] == -0.1235
    assert documents.whole(one)["analyses"]["demo"]["adg"] == 0.123456789
    assert hash_of(document) == hash_of(documents.rounded(one))
    front = Front(2, 4)
    front.offer(one)
    folder = ParetoFolder(tmp_path, documents)
    folder.mirror(front)
    loaded = load_config(folder.path_of(one)).config
    assert loaded.bot == decode(config, one.genome).bot
    assert (loaded.backtest, loaded.live, loaded.optimize) == (config.backtest, config.live, config.optimize)
