"""A secret shows nowhere."""

from __future__ import annotations

import copy
import dataclasses
import json
import pickle
import traceback
from collections.abc import Callable
from typing import Any

import pytest

from passivtui.vault import Account, Secret
from passivtui.vault.secret import MASK

TEXT = "hunter2-hunter2"


def printed_in_a_traceback(secret: Secret) -> str:
    try:
        raise ValueError(secret)
    except ValueError as error:
        return "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())


@pytest.mark.parametrize(
    "show",
    [
        repr,
        str,
        ascii,
        "{}".format,
        "{!r}".format,
        "{:>30}".format,
        lambda secret: "%s" % secret,  # noqa: UP031
        lambda secret: repr({"fields": [secret]}),
        printed_in_a_traceback,
    ],
)
def test_only_dots_are_printed(show: Callable[[Any], str]) -> None:
    shown = show(Secret(TEXT))
    assert MASK in shown or "\\u2022" in shown
    assert "hunter2" not in shown


@pytest.mark.parametrize("take", [pickle.dumps, copy.copy, copy.deepcopy, json.dumps, vars, dict, list, hash])
def test_it_is_not_taken_along(take: Callable[[Any], object]) -> None:
    with pytest.raises(TypeError) as caught:
        take(Secret(TEXT))
    assert "hunter2" not in str(caught.value)


def test_it_is_a_secret_only_to_others() -> None:
    assert Secret(TEXT).reveal() == TEXT
    assert Secret(TEXT) == Secret(TEXT) != Secret("other")
    assert Secret(TEXT) != TEXT
    assert Secret(TEXT) and not Secret("")


def test_an_account_shows_no_field(okx: Account) -> None:
    assert repr(okx).startswith("Account(user='okx_main', exchange='okx'")
    for plain in ("okxPublicKey", "s3cr3t", "blanks"):
        assert plain not in repr(okx)
    with pytest.raises(TypeError):
        pickle.dumps(okx)
    with pytest.raises(TypeError):
        dataclasses.asdict(okx)
