"""Dates: ISO, shortened ISO, milliseconds, "now"; always UTC."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from passivtui.config import parse_date
from passivtui.errors import ConfigError


def ms(*parts: int) -> int:
    return int(datetime(*parts, tzinfo=UTC).timestamp() * 1000)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2024", ms(2024, 1, 1)),
        ("2024-06", ms(2024, 6, 1)),
        ("2024-6", ms(2024, 6, 1)),
        ("2024-06-23", ms(2024, 6, 23)),
        ("2024-6-3", ms(2024, 6, 3)),
        (" 2024-06-23T12:30 ", ms(2024, 6, 23, 12, 30)),
        ("2024-06-23 12:30:15", ms(2024, 6, 23, 12, 30, 15)),
        ("2024-06-23T12:30Z", ms(2024, 6, 23, 12, 30)),
        ("2024-06-23T12:30+02:00", ms(2024, 6, 23, 10, 30)),
        ("20240623", ms(2024, 6, 23)),
        ("1719100800000", 1719100800000),
        ("now", None),
        ("NOW", None),
        ("today", None),
        ("", None),
    ],
)
def test_every_form_of_a_date_is_read_as_utc(text, expected):
    assert parse_date(text, "backtest.end_date") == expected


@pytest.mark.parametrize(
    "text", ["yesterday", "2024-13", "2024-02-30", "5/3/2021", "2024-06-23T25:00", "-5", "1e12", "٢٠٢٤"]
)
def test_what_is_no_date_is_refused_with_key_and_forms(text):
    with pytest.raises(ConfigError) as caught:
        parse_date(text, "backtest.start_date")
    assert str(caught.value).startswith(f"backtest.start_date = {text}: must be a date such as 2024")


def test_seconds_are_not_taken_for_milliseconds():
    with pytest.raises(ConfigError, match="looks like seconds"):
        parse_date("1719100800", "backtest.start_date")


@given(st.datetimes(min_value=datetime(1971, 1, 1), max_value=datetime(2200, 1, 1)))
def test_iso_texts_read_back_to_the_same_minute(moment):
    minute = moment.replace(second=0, microsecond=0)
    assert parse_date(minute.isoformat(), "k") == round(minute.replace(tzinfo=UTC).timestamp() * 1000)


@given(st.text(max_size=30))
def test_any_text_is_a_date_or_a_config_error(text):
    try:
        parse_date(text, "k")
    except ConfigError as error:
        assert error.problems[0].key == "k"
