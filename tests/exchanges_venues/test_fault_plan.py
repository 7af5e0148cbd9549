"""The fault dial itself: which calls it meets, and that a seed repeats itself."""

from __future__ import annotations

import pytest
from venues import ROLES, BinanceVenue, BybitVenue, FaultPlan
from venues.faults import MISSING, with_field, with_rows


def test_a_fault_meets_the_calls_it_names():
    plan = FaultPlan()
    third = plan.add("drop reply", "create", at=3)
    several = plan.add("html", "reads", at={1, 4}, times=1)
    met = [[fault.kind for fault in plan.meeting("create", "POST /x", "writes", "all")] for _ in range(4)]
    assert met == [[], [], ["drop reply"], []]
    assert (third.calls, third.hits, several.calls) == (4, 1, 0)
    met = [len(plan.meeting("balance", "GET /x", "reads", "all")) for _ in range(5)]
    assert met == [1, 0, 0, 0, 0]


def test_patterns_and_paths_are_understood_and_nonsense_is_refused():
    plan = FaultPlan()
    plan.add("lose", "stream *")
    plan.add("html", "GET /fapi/v1/order")
    assert len(plan.meeting("stream fill")) == 1
    assert len(plan.meeting("order", "GET /fapi/v1/order", "reads", "all")) == 1
    assert plan.meeting("order", "GET /fapi/v1/orders", "reads", "all") == []
    with pytest.raises(ValueError, match="creat"):
        plan.add("html", "creat")


def test_the_same_seed_gives_the_same_faults():
    def run(seed: int) -> list[list[str]]:
        plan = FaultPlan(seed)
        plan.storm(0.1)
        return [[fault.kind for fault in plan.meeting("create", "POST /x", "writes", "all")] for _ in range(200)]

    assert run(5) == run(5)
    assert run(5) != run(6)
    assert any(run(5))


def test_a_fault_lasts_as_long_as_its_block():
    plan = FaultPlan()
    with plan.during("maintenance", "writes"):
        assert plan.meeting("create", "POST /x", "writes", "all")
    assert not plan.meeting("create", "POST /x", "writes", "all")
    plan.storm(1.0)
    plan.calm()
    assert not plan.meeting("create", "POST /x", "writes", "all")


def test_fields_change_at_any_depth_without_touching_the_original():
    body = {"list": [{"price": "1", "deep": {"price": "2"}}], "price": "3"}
    assert with_field(body, "price", None) == {"list": [{"price": None, "deep": {"price": None}}], "price": None}
    assert with_field(body, "price", MISSING) == {"list": [{"deep": {}}]}
    assert with_field(body, "price", lambda old: old * 2)["price"] == "33"
    assert with_rows({"result": {"list": [1, 2]}}, lambda rows: rows[::-1]) == {"result": {"list": [2, 1]}}
    assert body["price"] == "3"


@pytest.mark.parametrize("venue", [BinanceVenue, BybitVenue])
def test_every_endpoint_has_a_role_that_a_plan_may_name(venue):
    roles = {endpoint.role for endpoint in venue.endpoints.values()} - {""}
    assert roles <= ROLES
    shared = {"time", "markets", "candles", "tickers", "book", "create", "create batch", "cancel", "cancel batch"}
    assert roles >= shared | {"cancel all", "open orders", "order history", "fills", "positions", "balance", "leverage"}
