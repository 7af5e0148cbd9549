"""Coin names and every form of a coin list."""

from __future__ import annotations

import pytest

from passivtui.config import CoinLists, load_config, normalise_coin


@pytest.mark.parametrize(
    ("name", "coin"),
    [
        ("BTC", "BTC"),
        ("BTCUSDT", "BTC"),
        ("BTC/USDT:USDT", "BTC"),
        ("BTC_USDT", "BTC"),
        ("BTC-USDT-SWAP", "BTC"),
        ("BTCUSDC", "BTC"),
        (" btc ", "BTC"),
        ("ethusdt", "ETH"),
        ("1000PEPE", "PEPE"),
        ("1000SHIB/USDT:USDT", "SHIB"),
        ("SHIB1000USDT", "SHIB"),
        ("kPEPE", "PEPE"),
        ("kSHIB/USDC:USDC", "SHIB"),
        ("10000SATS", "SATS"),
        ("1000000MOG", "MOG"),
        ("1MBABYDOGEUSDT", "BABYDOGE"),
        ("1INCH", "1INCH"),
        ("XUSD", "XUSD"),
        ("SUSD/USDT:USDT", "SUSD"),
        ("USDC", "USDC"),
        ("USDT", "USDT"),
        ("KAVA", "KAVA"),
        ("1000", "1000"),
        ("", ""),
    ],
)
def test_a_coins_name_is_its_base(name, coin):
    assert normalise_coin(name) == coin


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (["BTC", "ETH"], CoinLists(("BTC", "ETH"), ("BTC", "ETH"))),
        ("BTC, ETHUSDT", CoinLists(("BTC", "ETH"), ("BTC", "ETH"))),
        (["BTC,ETH", "SOL"], CoinLists(("BTC", "ETH", "SOL"), ("BTC", "ETH", "SOL"))),
        (["BTC", "BTC/USDT:USDT"], CoinLists(("BTC",), ("BTC",))),
        ("BTC/USDT:USDT,ETH/USDT:USDT", CoinLists(("BTC", "ETH"), ("BTC", "ETH"))),
        ("", CoinLists()),
        ([], CoinLists()),
        ({"long": ["BTC"], "short": "ETH,SOL"}, CoinLists(("BTC",), ("ETH", "SOL"))),
        ({"long": "BTC"}, CoinLists(("BTC",), ())),
    ],
)
def test_coin_lists_in_a_config(load, given, expected):
    assert load({"live": {"approved_coins": given}}).config.live.approved_coins == expected


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ('["BTC", "ETH"]', CoinLists(("BTC", "ETH"), ("BTC", "ETH"))),
        ('{"long": ["BTC"], "short": ["ETH", "SOL"]}', CoinLists(("BTC",), ("ETH", "SOL"))),
        ("{\n # mine\n long: [\n BTC\n ETH\n ]\n short: []\n}", CoinLists(("BTC", "ETH"), ())),
        ("[BTC, ETH]", CoinLists(("BTC", "ETH"), ("BTC", "ETH"))),
        ('"BTC"\n"ETH"\n', CoinLists(("BTC", "ETH"), ("BTC", "ETH"))),
        ("BTC ETH\n\nSOL,XRP # and no more\n", CoinLists(("BTC", "ETH", "SOL", "XRP"), ("BTC", "ETH", "SOL", "XRP"))),
        ("", CoinLists()),
        ("\n", CoinLists()),
    ],
)
def test_coin_lists_in_a_file(load, write, content, expected):
    path = write(content, "lists/coins.txt")
    loaded = load({"live": {"approved_coins": "lists/coins.txt"}})
    assert loaded.config.live.approved_coins == expected
    assert loaded.files == (path,)


def test_a_path_may_stand_in_a_list_and_for_one_side(load, write):
    write("BTC", "a.txt")
    write('{"long": ["ETH"], "short": ["SOL"]}', "b.json")
    given = {"approved_coins": ["a.txt", "XRP"], "ignored_coins": {"long": "b.json", "short": ["b.json"]}}
    live = load({"live": given}).config.live
    assert live.approved_coins.long == ("BTC", "XRP")
    assert live.ignored_coins == CoinLists(("ETH",), ("SOL",))


def test_relative_paths_are_looked_for_beside_the_config_then_in_the_home_then_among_the_shipped(write, home):
    config = write({"live": {"approved_coins": "configs/mine.json"}}, "deep/config.json")
    (home.configs / "mine.json").write_text('["DOGE"]')
    assert load_config(config, home=home).config.live.approved_coins.long == ("DOGE",)
    write('["SOL"]', "deep/configs/mine.json")
    assert load_config(config, home=home).config.live.approved_coins.long == ("SOL",)
    shipped = write({"live": {"approved_coins": "configs/approved_coins_top15mcap.json"}}, "b.json")
    assert load_config(shipped).config.live.approved_coins.long[:2] == ("BTC", "ETH")


@pytest.mark.parametrize(
    ("given", "key", "expected"),
    [
        ("missing.json", "live.approved_coins", "there is no such file"),
        ({"long": "missing.txt", "short": []}, "live.approved_coins.long", "there is no such file"),
        ({"long": [], "both": []}, "live.approved_coins.both", "only long and short"),
        ([1, 2], "live.approved_coins", "must be a coin name"),
        (5, "live.approved_coins", "must be a coin name"),
        (["BTC ETH"], "live.approved_coins", "is no coin name"),
        ("broken.json", "live.approved_coins", "malformed"),
        ("numbers.json", "live.approved_coins", "a list of coin names"),
        ("other.json", "live.approved_coins", "or {long, short}"),
    ],
)
def test_a_wrong_coin_list_is_a_problem_with_its_key(refusal, write, given, key, expected):
    write("{", "broken.json")
    write('{"long": [1]}', "numbers.json")
    write('{"bot": {}}', "other.json")
    problems = refusal({"live": {"approved_coins": given}}).problems
    assert {problem.key for problem in problems} == {key}
    assert expected in problems[0].expected
    assert len(problems) == len(set(problems))


def test_ignored_coins_are_removed_for_each_side(load):
    live = {
        "approved_coins": {"long": ["BTC", "ETH"], "short": ["SOL", "BTC"]},
        "ignored_coins": {"long": "1000BTCUSDT", "short": ["SOLUSDT"]},
    }
    approved = load({"live": live}).config.approved()
    assert (approved.long, approved.short, approved.union) == (("ETH",), ("BTC",), ("BTC", "ETH"))


def test_no_approved_coins_means_every_available_one_if_the_config_says_so(load):
    live = {"approved_coins": [], "ignored_coins": {"long": ["ADA"], "short": []}, "empty_means_all_approved": True}
    config = load({"live": live}).config
    assert config.approves_everything
    approved = config.approved(["ETH", "ADA"])
    assert (approved.long, approved.short, approved.union) == (("ETH",), ("ADA", "ETH"), ("ADA", "ETH"))
    nothing = load({"live": {**live, "empty_means_all_approved": False}}).config
    assert not nothing.approves_everything
    assert nothing.approved(["ETH", "ADA"]).union == ()


def test_a_list_for_one_side_only_does_not_approve_everything(load):
    config = load({"live": {"approved_coins": {"long": ["BTC"]}, "empty_means_all_approved": True}}).config
    assert config.approved(["BTC", "ETH"]).short == ()


def test_approved_coins_that_are_all_ignored_do_not_mean_everything(load):
    config = load({"live": {"approved_coins": ["BTC"], "ignored_coins": ["BTC"]}}).config
    assert config.approved(["BTC", "ETH"]).union == ()
