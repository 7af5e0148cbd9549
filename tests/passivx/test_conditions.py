"""Break conditions are read by a grammar, and nothing else gets through."""

from __future__ import annotations

import builtins
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from passivx_cases import MARKETS, SETTINGS, demo_data

from passivtui.core import Conditions, run_ticks
from passivtui.passivx.conditions import DEEPEST, LONGEST, NoCondition, compile_condition

ETH = 1000.0, MARKETS["linear"]


def trades_until(text: str) -> tuple[str, Any]:
    """How a run that breaks on the condition ends, and its trades."""
    balance, market = ETH
    conditions = Conditions([compile_condition(text)])
    run = run_ticks(demo_data("ETHUSDT"), SETTINGS, market, balance, accounting="original", conditions=conditions)
    return run.ended, run.trades


SHIPPED = [
    "lambda trades, ticks, k: trades[-1]['closest_liq'] < 0.8",
    "lambda trades, ticks, k: len(trades) > 2 and (trades[-1]['timestamp'] - trades[-2]['timestamp']) / 3.6e6 > 10",
    "lambda trades, ticks, k: trades[-1]['pnl_plus_fees_cumsum'] > 0 and trades[-1]['progress'] > .05",
    "lambda trades, ticks, k: trades[-1]['average_daily_gain'] < 1.005 and trades[-1]['progress'] >= 0.5",
]


@pytest.mark.parametrize("text", SHIPPED)
def test_a_condition_of_passivx_breaks_where_it_first_holds(text: str) -> None:
    every = trades_until("price < 0")[1]
    ended, trades = trades_until(text)
    assert ended == "break"
    assert 0 < len(trades) < len(every)
    code = compile(text, "condition", "eval")
    holds = eval(code, {"__builtins__": {"len": len}})
    first = next(n for n in range(1, len(every) + 1) if holds(every[:n], None, None))
    assert len(trades) == first


def test_stop_losses_are_known_by_the_start_of_their_name() -> None:
    text = "lambda trades, ticks, k: trades[-1]['type'].startswith('stop_loss')"
    assert trades_until(text)[0] == "end of data"
    balance, market = ETH
    settings = {**SETTINGS, "stop_loss_pos_price_diff": 0.01}
    run = run_ticks(demo_data("ETHUSDT"), settings, market, balance, conditions=Conditions([compile_condition(text)]))
    assert run.ended == "break"
    assert run.trades["type"].tolist().index(4) == len(run.trades) - 1


@pytest.mark.parametrize(
    ("text", "n_trades"),
    [
        ("n_trades == 5", 5),
        ("n_trades >= 2 and n_trades*2 > 9 - 1", 5),
        ("not n_trades < 3", 3),
        ("n_trades == 4 or n_trades == 7", 4),
        ("n_trades == 1 and price < 0 or n_trades == 6", 6),
        ("n_trades == 1 and (price < 0 or n_trades == 6) or n_trades > 9", 10),
        ("-n_trades <= -8", 8),
        ("abs(0 - n_trades) / 2 == 1.5", 3),
        ("len(trades) == 2 and k == tick and len(ticks) == n_ticks", 2),
        ("trades[-1]['trade_id'] > trades[-2]['trade_id']", 2),
        ("pnl_plus_fee < 0 and pnl + fee_paid == trades[-1]['pnl_plus_fee']", 1),
        ("1 / 0 > 1", 1),
        ("n_trades - 1 - 1 == 1e0", 3),
    ],
)
def test_arithmetic_and_precedence_are_those_of_python(text: str, n_trades: int) -> None:
    assert len(trades_until(text)[1]) == n_trades


def test_texts_are_compared_with_what_they_can_be() -> None:
    every = trades_until("price < 0")[1]
    closes = trades_until("type == 'close'")[1]
    assert len(closes) == every["type"].tolist().index(2) + 1
    shorts = trades_until('side != "long" and type == "reentry"')[1]
    first = next(i for i, trade in enumerate(every) if trade["side"] == 1 and trade["type"] == 1)
    assert len(shorts) == first + 1


SMUGGLED = [
    "__import__('os').system('touch smuggled') < 1",
    "lambda trades, ticks, k: __import__('os')",
    "trades.__class__.__bases__ < 1",
    "trades[-1].__class__ < 1",
    "trades[-1]['price'].__class__ < 1",
    "().__class__.__mro__[1].__subclasses__() < 1",
    "open('x', 'w') < 1",
    "exec('1') < 1",
    "eval('1') < 1",
    "(lambda: 1)() < 2",
    "[x for x in (1,)] < 1",
    "trades[0]['price'] < 1",
    "trades[-3]['price'] < 1",
    "trades[k]['price'] < 1",
    "ticks[k]['price'] < 1",
    "trades[-1]['__class__'] < 1",
    "9**9**9**9 > 1",
    "9 ** 9 > 1",
    "1 << 9999 > 1",
    "1e999 > 1",
    f"{'9' * 400} > 1",
    "0x10 > 1",
    "1_000 > 1",
    "1j < 2",
    "f'{price}' < 1",
    "'a' * 99 == 'aa'",
    "type == 'something'",
    "type < 'close'",
    "type",
    "side.upper() == 'LONG'",
    "type.startswith('close')",
    "price if price else 1",
    "price < 1; import os",
    "price < 1 # comment",
    "price := 1",
    "price = 1",
    "1 < price < 2",
    "price",
    "price and pnl",
    "not price",
    "(price < 1) + 1 < 3",
    "-(price < 1) < 3",
    "(price < 1) < 1",
    "price < True",
    "",
    "   ",
    "lambda trades, ticks, k:",
    "lambda x: 1 < 2",
    "1 <",
    "(1 < 2",
    "1 < 2)",
    "len(price) < 1",
    "max(price, 1) < 2",
    "\u0430bs(price) < 1",
    "１ < 2",
    "price < 1\\",
    "price < '",
]


@pytest.mark.parametrize("text", SMUGGLED)
def test_what_is_no_condition_is_refused(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("evaluated")

    for name in ("eval", "exec", "compile", "__import__"):
        monkeypatch.setattr(builtins, name, refuse)
    with pytest.raises(NoCondition):
        compile_condition(text)


@pytest.mark.parametrize(
    "text",
    [
        "(" * 5000 + "1 < 2" + ")" * 5000,
        "(" * (DEEPEST + 1) + "1 < 2" + ")" * (DEEPEST + 1),
        "not " * 400 + "1 < 2",
        "-" * 400 + "1 < 2",
        "abs(" * 100 + "1" + ")" * 100 + " < 2",
        "1 < 2 or " * LONGEST + "1 < 2",
        "1 + (2 * (" * 12 + "1" + "))" * 12 + " < 2 and 1 < 1 + 1 * (" + "1 + 1 * (" * 20 + "1" + ")" * 21,
    ],
)
def test_nesting_and_length_have_an_end(text: str) -> None:
    with pytest.raises(NoCondition):
        compile_condition(text)


def test_the_deepest_nesting_that_is_allowed_works() -> None:
    assert compile_condition("(" * DEEPEST + "1 < 2" + ")" * DEEPEST)


@given(st.text(max_size=60))
def test_any_text_is_a_condition_or_refused(text: str) -> None:
    try:
        Conditions([compile_condition(text)])
    except NoCondition as error:
        assert str(error)


WORDS = ("price", "k", "(", ")", "<", "==", "and", "or", "not", "-", "+", "*", "/", "1", ".5", "'pnl'", "abs", "len")
WORDS += ("trades", "ticks", "[", "]", "-1", "type", "'close'")


@given(st.lists(st.sampled_from(WORDS), max_size=14))
def test_any_words_of_the_language_are_a_condition_or_refused(words: list[str]) -> None:
    try:
        Conditions([compile_condition(" ".join(words))])
    except NoCondition as error:
        assert str(error)
