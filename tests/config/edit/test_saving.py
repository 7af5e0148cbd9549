"""Saving: comments and untouched lines stay, other writers are noticed, the file is never half-written."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from passivtui.config import load_config
from passivtui.config.edit import ChangedOnDisk, ConfigDocument
from passivtui.config.edit.json_edit import edit_json
from passivtui.config.edit.toml_edit import edit_toml
from passivtui.errors import ConfigError, StorageError
from passivtui.paths import Home

OpenText = Callable[..., ConfigDocument]


def changed_lines(before: str, after: str) -> list[tuple[str, str]]:
    return [pair for pair in zip(before.splitlines(), after.splitlines(), strict=True) if pair[0] != pair[1]]


def test_only_the_changed_line_changes_and_its_comment_stays(opened: ConfigDocument, home: Home) -> None:
    before = opened.path.read_text()
    opened.set("bot.long.total_wallet_exposure_limit", "1.75")
    assert opened.save() and not opened.is_dirty
    after = opened.path.read_text()
    assert changed_lines(before, after) == [
        ("total_wallet_exposure_limit = 1.50  # keep", "total_wallet_exposure_limit = 1.75  # keep")
    ]
    assert load_config(opened.path, home=home).config == opened.config == opened.saved_config
    assert opened.path.with_name("small.toml.bak").read_text() == before


def test_undoing_everything_gives_the_bytes_back_even_after_saving(opened: ConfigDocument) -> None:
    before = opened.path.read_bytes()
    opened.set("bot.long.total_wallet_exposure_limit", "3")
    opened.set("live.approved_coins", "SOL")
    opened.save()
    while opened.undo():
        pass
    assert opened.is_dirty and opened.save()
    assert opened.path.read_bytes() == before
    assert not opened.save()  # nothing to write


def test_new_keys_stand_behind_the_last_key_of_their_table(opened: ConfigDocument) -> None:
    before = [line for line in opened.path.read_text().splitlines() if line]
    opened.set("bot.long.ema_span_1", "400")
    opened.set("optimize.iters", "5000")
    opened.add_override(opened.add_coin("BTC"), "long wallet_exposure_limit")
    opened.save()
    after = opened.path.read_text().splitlines()
    assert [line for line in after if line in before] == before
    assert after[after.index("ema_span_0 = 279") + 1] == "ema_span_1 = 400.0"
    assert load_config(opened.path).config == opened.config


def test_a_file_that_something_else_wrote_is_not_overwritten_unasked(opened: ConfigDocument, home: Home) -> None:
    other = ConfigDocument.open(opened.path, home)
    other.set("live.leverage", "4")
    other.save()
    opened.set("live.leverage", "5")
    assert opened.changed_on_disk()
    with pytest.raises(ChangedOnDisk, match="nothing was saved"):
        opened.save()
    assert load_config(opened.path).config.live.leverage == 4.0 and opened.is_dirty
    assert opened.save(overwrite=True)
    assert load_config(opened.path).config.live.leverage == 5.0
    assert other.changed_on_disk() and not opened.changed_on_disk()
    other.reload()
    assert other.text("live.leverage") == "5" and other.undo_count == 0 and not other.changed_on_disk()


def test_touching_the_file_is_no_change_but_removing_it_is(opened: ConfigDocument) -> None:
    os.utime(opened.path, ns=(1, 1))
    assert not opened.changed_on_disk()
    opened.path.unlink()
    assert opened.changed_on_disk()
    with pytest.raises(ChangedOnDisk):
        opened.set("live.leverage", "5")
        opened.save()
    assert opened.save(overwrite=True) and opened.path.exists()


def test_a_failed_reload_keeps_what_was_typed(opened: ConfigDocument) -> None:
    opened.set("live.leverage", "5")
    opened.path.write_text("[bot")
    with pytest.raises(ConfigError):
        opened.reload()
    assert opened.text("live.leverage") == "5" and opened.undo_count == 1


def test_a_link_is_followed_and_the_mode_is_kept(opened: ConfigDocument, home: Home) -> None:
    opened.path.chmod(0o600)
    link = home.configs / "link.toml"
    link.symlink_to(opened.path)
    document = ConfigDocument.open(link, home)
    document.set("live.leverage", "5")
    document.save()
    assert link.is_symlink() and "leverage = 5" in opened.path.read_text()
    assert opened.path.stat().st_mode & 0o777 == 0o600


def test_save_as_goes_on_in_the_new_file(opened: ConfigDocument, home: Home) -> None:
    before = opened.path.read_text()
    opened.set("live.leverage", "5")
    new = home.configs / "new.toml"
    opened.save_as(new)
    assert opened.path == new and not opened.is_dirty and "# my first config" in new.read_text()
    assert (home.configs / "small.toml").read_text() == before
    with pytest.raises(ConfigError, match="is there already"):
        opened.save_as(home.configs / "small.toml")
    config = opened.config
    opened.save_as(home.configs / "new.json")
    assert load_config(home.configs / "new.json").config == config == opened.config
    opened.set("live.leverage", "6")
    opened.save()
    opened.save_as(home.configs / "back.toml")
    assert load_config(home.configs / "back.toml").config == opened.config
    assert "# Leverage that is set on the exchange" in (home.configs / "back.toml").read_text()


def test_save_as_elsewhere_writes_out_what_a_path_meant(open_text: OpenText, home: Home, tmp_path: Path) -> None:
    (home.configs / "mine.txt").write_text("SOL XRP")
    document = open_text('[live]\napproved_coins = "./mine.txt"\n')
    document.home = None
    folder = tmp_path / "elsewhere"
    document.save_as(folder / "copy.toml")
    assert load_config(folder / "copy.toml").config.live.approved_coins.long == ("SOL", "XRP")


def test_json_values_are_replaced_where_they_stand(open_text: OpenText) -> None:
    text = (
        '{"bot": {"long": {"ema_span_0": 2.790e2, "n_positions": 3}},\n "live": {"approved_coins": ["BTC", "ETH"]}}\n'
    )
    document = open_text(text, "a.json")
    document.set("bot.long.n_positions", "4")
    document.set("live.approved_coins", "SOL")
    document.save()
    assert document.path.read_text() == text.replace("3}", "4}").replace('["BTC", "ETH"]', '["SOL"]')
    document.set("live.leverage", "2")
    document.save()
    assert document.path.read_text().startswith('{\n "bot": {\n  "long": {')
    while document.undo():
        pass
    document.save()
    assert document.path.read_text() == text


def test_hjson_becomes_json_and_says_so_first(open_text: OpenText) -> None:
    document = open_text("{\n  # a comment\n  bot: {long: {n_positions: 3}}\n}\n", "a.hjson")
    assert document.converts
    assert document.save()
    assert document.path.read_text() == '{\n  "bot": {\n    "long": {\n      "n_positions": 3\n    }\n  }\n}\n'
    assert not document.converts and not document.save()


@pytest.mark.parametrize(
    "text",
    [
        "a.b = 1\na.c = 2\n",
        "[a]\nb = 1\n[z]\nk = 1\n[a.d]\nc = 2\n",
        "a = {b = 1, c = {d = 2}}\n",
        "[a.b]\nc = 1\n# tail\n\n[d]\n",
        "",
    ],
)
def test_toml_of_any_shape_takes_changes(text: str) -> None:
    import tomli

    before = tomli.loads(text)
    after = {**before, "a": {"b": 5, "new": [1, 2], "deep": {"er": {"x": 1.5}}}, "e": {"f": True}}
    edited = edit_toml(text, before, after)
    assert edited is not None and tomli.loads(edited) == after


def test_a_byte_order_mark_and_windows_line_ends_stay(home: Home) -> None:
    path = home.configs / "windows.toml"
    path.write_bytes(b"\xef\xbb\xbf[live]\r\nleverage = 3\r\n# end\r\n")
    document = ConfigDocument.open(path, home)
    document.set("live.leverage", "4")
    document.save()
    assert path.read_bytes() == b"\xef\xbb\xbf[live]\r\nleverage = 4\r\n# end\r\n"


def test_json_with_a_key_given_twice_is_written_anew() -> None:
    assert edit_json('{"a": 1, "a": 2}', {"a": 2}, {"a": 3}) == '{\n    "a": 3\n}\n'


def test_a_failure_before_the_rename_leaves_the_old_file(
    opened: ConfigDocument, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = opened.path.read_bytes()
    opened.set("live.leverage", "5")

    def fail(source: object, target: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(StorageError, match="the disk is full"):
        opened.save()
    assert opened.path.read_bytes() == before and opened.is_dirty
    assert [path.name for path in opened.path.parent.iterdir()] == ["small.toml"]


_SAVER = """
import sys
from pathlib import Path
from passivtui.config.edit import ConfigDocument
document = ConfigDocument.open(Path(sys.argv[1]), None)
print("ready", flush=True)
while True:
    for value in ("3", "4"):
        document.set("live.leverage", value)
        document.save()
        print(value, flush=True)
"""


def test_a_killed_process_leaves_the_old_file_or_the_new_one(small: Path) -> None:
    small.write_text(small.read_text().replace("[live]", "[live]\nleverage = 3"))
    old = small.read_text()
    allowed = {old, old.replace("leverage = 3", "leverage = 4")}
    for saves in range(0, 16, 3):
        process = subprocess.Popen(
            [sys.executable, "-P", "-c", textwrap.dedent(_SAVER), str(small)],
            stdout=subprocess.PIPE,
            text=True,
        )
        with process:
            assert process.stdout is not None
            for _ in range(saves + 1):
                assert process.stdout.readline()
            process.send_signal(signal.SIGKILL)
        assert small.read_text() in allowed
        assert small.with_name("small.toml.bak").read_text() in allowed if saves else True
