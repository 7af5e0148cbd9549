"""Files that are no config, or a broken one, end in one sentence that says where and why."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from passivtui.config import load_config
from passivtui.errors import ConfigError


def message(path: Path) -> str:
    with pytest.raises(ConfigError) as caught:
        load_config(path)
    text = str(caught.value)
    assert "\n" not in text
    return text


@pytest.mark.parametrize(
    ("content", "name", "expected"),
    [
        (b"", "a.json", "is empty"),
        (b" \n\n", "a.toml", "is empty"),
        (b"PK\x03\x04\0\0", "a.json", "is a binary file"),
        ('{"a": "é"}'.encode("utf-16"), "a.json", "is a binary file"),
        (b'{\n"live": {"user": "\xff"}}', "a.json", "line 2: the text is not UTF-8"),
        (b'{"backtest": {,}}', "a.json", "line 1, column 15: malformed JSON"),
        (b'{\n  "backtest": {}\n  "bot": [1, 2\n', "a.hjson", "malformed HJSON"),
        (b"[backtest]\nstart_date = \n", "a.toml", "line 2, column 14: malformed TOML"),
        (b"[live]\nuser = 'a'\nuser = 'b'\n", "a.toml", "malformed TOML (cannot overwrite a value"),
        (b"[1, 2]", "a.json", "holds a list"),
        (b'"text"', "a.json", "holds a text"),
        (b"12", "a.json", "holds a number"),
        (b"{}", "a.json", "has none of the sections"),
        (b'{"a": ' * 50_000, "a.json", "nested too deeply"),
        (b'{"a": ' * 100 + b"1" + b"}" * 100, "a.json", "nested too deeply"),
        (b"a = " + b"[" * 50_000, "a.toml", "nested too deeply"),
        (b"a." * 500 + b"b = 1", "a.toml", "nested too deeply"),
        (b'{"a": ' + b"9" * 5000 + b"}", "a.json", "too many digits"),
        (b"a = " + b"9" * 5000, "a.toml", "too many digits"),
    ],
)
def test_a_file_that_is_no_config_is_refused_in_one_sentence(write, content, name, expected):
    path = write(content, name)
    assert str(path) in message(path)
    assert expected in message(path)


def test_what_is_not_a_small_regular_file_is_not_read(tmp_path):
    assert "is a folder" in message(tmp_path)
    assert "there is no such file" in message(tmp_path / "missing.json")
    pipe = tmp_path / "pipe.json"
    os.mkfifo(pipe)
    assert "is not a regular file" in message(pipe)
    huge = tmp_path / "huge.json"
    with huge.open("wb") as file:
        file.truncate(21 * 1024 * 1024)
    assert "larger than 20 MB" in message(huge)
    loop = tmp_path / "loop.json"
    loop.symlink_to(loop)
    assert "can't read" in message(loop)


def test_what_the_system_refuses_to_open_is_explained(tmp_path):
    assert "the name is too long" in message(tmp_path / ("a" * 300 + ".json"))


def test_not_a_number_and_infinity_are_refused_with_their_keys(refusal):
    error = refusal('{"bot": {"long": {"ema_span_0": NaN, "ema_span_1": 1e999}}, "other": [-Infinity]}')
    assert [(problem.key, problem.value) for problem in error.problems] == [
        ("other.0", '"-inf"'),
        ("bot.long.ema_span_0", '"nan"'),
        ("bot.long.ema_span_1", '"inf"'),
    ]


def test_half_a_surrogate_pair_is_refused(refusal):
    assert "no text" in str(refusal('{"live": {"user": "\\ud800"}}'))


def test_a_duplicate_key_is_noted_and_the_last_one_counts(load):
    loaded = load('{"live": {"user": "a", "leverage": 3, "user": "b"}}')
    assert loaded.config.live.user == "b"
    assert [note.key for note in loaded.warnings] == ["user"]


def test_a_duplicate_key_in_hjson_is_noted_once(load):
    loaded = load('{\n  "live": {"user": "a", "user": "b"} # two users, and JSON fails after them\n}', "config.hjson")
    assert loaded.config.live.user == "b"
    assert [note.key for note in loaded.warnings] == ["user"]


def test_comments_and_trailing_commas_are_fine_in_a_file_called_json(load):
    loaded = load('{\n  // mine\n  "live": {"leverage": 4, "user": "me",},\n}')
    assert (loaded.config.live.leverage, loaded.config.live.user) == (4.0, "me")


def test_the_error_further_down_is_reported_when_a_file_is_neither_json_nor_hjson(write):
    text = message(write('{\n  # a comment, so it is HJSON\n  live: {\n    user: "open\n  }\n}\n'))
    assert "malformed HJSON" in text
    assert "line 4" in text or "line 5" in text


def test_a_byte_order_mark_is_no_problem(write):
    assert load_config(write(b'\xef\xbb\xbf{"live": {"leverage": 2}}')).config.live.leverage == 2.0


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=150)
@given(content=st.binary(max_size=200), name=st.sampled_from(["a.toml", "a.json", "a.hjson", "a.txt"]))
def test_any_bytes_load_or_are_refused_with_one_line(tmp_path, content, name):
    path = tmp_path / name
    path.write_bytes(content)
    try:
        load_config(path)
    except ConfigError as error:
        assert str(error)
        assert "\n" not in str(error)
