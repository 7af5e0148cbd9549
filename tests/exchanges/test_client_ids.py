"""Client ids say what an order is for, are never used twice, and fit every venue."""

from __future__ import annotations

import pytest

from passivtui.core import ORDER_TYPES
from passivtui.exchanges.client_ids import CODES, as_hex, from_hex, is_ours, new_client_id, order_type_of
from passivtui.exchanges.opening import _ADAPTERS


def test_every_order_type_of_the_engine_has_its_own_code() -> None:
    assert set(ORDER_TYPES) - {"empty"} <= set(CODES)
    assert len(set(CODES.values())) == len(CODES) and {len(code) for code in CODES.values()} == {2}


@pytest.mark.parametrize("order_type", CODES)
def test_an_id_tells_its_order_type(order_type: str) -> None:
    client_id = new_client_id(order_type)
    assert is_ours(client_id) and order_type_of(client_id) == order_type
    assert client_id.isascii() and client_id.isalnum()


def test_an_id_fits_every_venue() -> None:
    longest = len(new_client_id("entry_grid_normal_long"))
    assert all(longest <= adapter.rules.traits.max_client_id for adapter in _ADAPTERS.values())


def test_no_id_comes_twice() -> None:
    clock = iter(range(1_735_689_600_000, 1_735_689_601_000))
    ids = {new_client_id("close_grid_long", lambda: next(clock), lambda n: 0) for _ in range(1000)}
    assert len(ids) == 1000
    at_once = {new_client_id("close_grid_long", lambda: 1_735_689_600_000) for _ in range(1000)}
    assert len(at_once) == 1000


@pytest.mark.parametrize("stranger", ["", "x-cvBPrNm9-1", "web_abc", "ecptui", "a" * 20, "t-123", "ö" * 20])
def test_the_ids_of_others_are_not_ours(stranger: str) -> None:
    assert not is_ours(stranger) and order_type_of(stranger) is None


def test_hexadecimal_and_back() -> None:
    client_id = new_client_id("entry_trailing_cropped_short")
    spelled = as_hex(client_id)
    assert len(spelled) == 34 and from_hex(spelled) == client_id
    assert from_hex("0x" + "f" * 32) == "0x" + "f" * 32
    assert from_hex("web") == "web"
    with pytest.raises(ValueError, match="too long"):
        as_hex("z" * 30)
