"""Starting configs: files, folders, runs, and what is left out of them."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from passivtui.config import Config, to_json
from passivtui.errors import ConfigError
from passivtui.optimize import Notice, OptimizationRequest, OptimizationResult, load_starts, run_optimization
from passivtui.optimize.genome import GENES, space_of
from passivtui.optimize.starts import starting_members
from passivtui.paths import Home


def test_a_file_and_a_folder_of_configs_are_read(config: Config, home: Home, tmp_path: Path) -> None:
    folder = tmp_path / "starts"
    (folder / "deep").mkdir(parents=True)
    (folder / "a.json").write_text(to_json(config))
    (folder / "deep" / "b.json").write_text(to_json(config))
    (folder / "notes.md").write_text("not a config")
    assert [one.bot for one in load_starts(folder / "a.json", home)[0]] == [config.bot]
    configs, problems = load_starts(folder, home)
    assert (len(configs), problems) == (2, [])


def test_a_file_that_is_no_config_is_told_and_left_out(config: Config, home: Home, tmp_path: Path) -> None:
    folder = tmp_path / "starts"
    folder.mkdir()
    (folder / "a.json").write_text(to_json(config))
    (folder / "b.json").write_text("{")
    configs, [problem] = load_starts(folder, home)
    assert len(configs) == 1
    assert "b.json" in problem
    with pytest.raises(ConfigError, match=r"b\.json"):
        load_starts(folder / "b.json", home)


def test_lines_of_an_older_result_are_configs(config: Config, home: Home, tmp_path: Path) -> None:
    line = json.dumps(json.loads(to_json(config)))
    path = tmp_path / "old_pareto.txt"
    path.write_text(f"{line}\n\n{line}\n")
    assert len(load_starts(path, home)[0]) == 2
    path.write_text(f"{line}\n{{\n")
    with pytest.raises(ConfigError, match="line 2 is no JSON"):
        load_starts(path, home)


def test_a_run_gives_its_front(run: Callable[..., OptimizationResult], home: Home) -> None:
    result = run()
    assert len(load_starts(result.folder, home)[0]) == len(result.front)


@pytest.mark.parametrize("name", ["nothing", "empty"])
def test_a_path_without_configs_is_refused(name: str, home: Home, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(ConfigError, match=r"no starting config|holds no config"):
        load_starts(tmp_path / name, home)


def test_a_config_outside_of_the_bounds_is_told(make_request: Callable[..., OptimizationRequest], home: Home) -> None:
    request = make_request("bot.long.total_wallet_exposure_limit=9", "bot.long.ema_span_0=1", iters=1)
    told: list[object] = []
    run_optimization(replace(request, starts=(request.config.config,)), home, told.append)
    [notice] = [one.text for one in told if isinstance(one, Notice)]
    assert notice.startswith("starting configs enter at the edge of the bounds they lie outside of: ")
    assert "long_total_wallet_exposure_limit" in notice and "long_ema_span_0" in notice
    assert "short_" not in notice  # a side that is off has no bounds to lie in


def test_each_config_has_a_twin_with_three_quarters_of_its_exposure(config: Config) -> None:
    members = starting_members([config, config], space_of(config))
    exposure = GENES.index(("long", "total_wallet_exposure_limit"))
    assert [member[exposure] for member in members] == [1.0, 0.75]
    different = {index for index in range(len(GENES)) if members[0][index] != members[1][index]}
    assert different == {exposure}
