"""`passivtui keys`: exchange keys in an encrypted vault. Secrets are typed unseen or read from stdin, never argv."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Any

from passivtui.cli.keys_passphrase import (
    add_passphrase,
    ask_unseen,
    given_passphrase,
    has_terminal,
    new_passphrase,
    the_vault,
    typed,
    unlocked,
    unlocked_or_new,
    warn_of,
)
from passivtui.cli.keys_test import add_test
from passivtui.cli.output import print_result, say
from passivtui.cli.status import CANCELLED, DONE, FAILED
from passivtui.errors import UsageError, VaultError

if TYPE_CHECKING:
    from passivtui.paths import Home
    from passivtui.vault import Account

_Actions = argparse._SubParsersAction
_MAX_STDIN = 2**16


def add(commands: _Actions[argparse.ArgumentParser], shared: argparse.ArgumentParser) -> None:
    """Add the subcommand."""
    keys = commands.add_parser("keys", parents=[shared], help="keep exchange keys encrypted")
    actions = keys.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for add_action in (_add_list, _add_add, _add_test, _add_import, _add_remove, _add_rename, _add_passphrase):
        add_action(actions, shared)


def _action(
    actions: _Actions[argparse.ArgumentParser], shared: argparse.ArgumentParser, name: str, summary: str, more: str = ""
) -> argparse.ArgumentParser:
    description = f"{summary[0].upper()}{summary[1:]}. {more}".strip()
    parser = actions.add_parser(name, parents=[shared], help=summary, description=description)
    parser.add_argument("--json", action="store_true", help="print one JSON value")
    return parser


def _add_list(actions: _Actions[argparse.ArgumentParser], shared: argparse.ArgumentParser) -> None:
    more = "Names and exchanges need no passphrase; where one is given, the beginning and end of each key are shown."
    listing = _action(actions, shared, "list", "list the users in the vault", more)
    add_passphrase(listing)
    listing.set_defaults(run=_list)


def _add_add(actions: _Actions[argparse.ArgumentParser], shared: argparse.ArgumentParser) -> None:
    more = "Asks for what the exchange needs, unseen; the first keys make the vault."
    adding = _action(actions, shared, "add", "add a user with the keys of an exchange", more)
    adding.add_argument("user", metavar="USER", help="a name of your choice, the one that configs give as live.user")
    adding.add_argument("--exchange", metavar="NAME", required=True, help="binance, bybit, okx, …")
    adding.add_argument("--from-stdin", action="store_true", help='read them as JSON: {"key": "…", "secret": "…"}')
    adding.add_argument("--testnet", action="store_true", help="the keys are for the exchange's testnet")
    adding.add_argument("--rest-url", metavar="URL", default="", help="address of the REST interface, if not the usual")
    adding.add_argument("--ws-url", metavar="URL", default="", help="address of the streams, if not the usual one")
    adding.add_argument("--replace", action="store_true", help="put them in the place of a user of that name")
    add_passphrase(adding)
    adding.set_defaults(run=_add)


def _add_test(actions: _Actions[argparse.ArgumentParser], shared: argparse.ArgumentParser) -> None:
    more = "Reads only: reach, clock, permissions, modes, balance. Fails when a bot must not trade with the keys."
    add_test(_action(actions, shared, "test", "ask the exchange about a user's keys", more))


def _add_import(actions: _Actions[argparse.ArgumentParser], shared: argparse.ArgumentParser) -> None:
    more = "Of a folder: all its .json files. The plain files stay where they are; delete them afterwards."
    importing = _action(actions, shared, "import", "import api-keys.json of Passivbot, or key files of Passiv-X", more)
    importing.add_argument("file", metavar="FILE", help="the file, or a folder of them")
    importing.add_argument("--exchange", metavar="NAME", help="of Passiv-X key files, which don't say it")
    importing.add_argument("--replace", action="store_true", help="put them in the place of users of the same names")
    add_passphrase(importing)
    importing.set_defaults(run=_import)


def _add_remove(actions: _Actions[argparse.ArgumentParser], shared: argparse.ArgumentParser) -> None:
    removing = _action(actions, shared, "remove", "remove a user's keys from the vault; asks first")
    removing.add_argument("user", metavar="USER")
    removing.add_argument("--yes", action="store_true", help="don't ask")
    removing.set_defaults(run=_remove)


def _add_rename(actions: _Actions[argparse.ArgumentParser], shared: argparse.ArgumentParser) -> None:
    renaming = _action(actions, shared, "rename", "give a user another name")
    renaming.add_argument("user", metavar="USER")
    renaming.add_argument("name", metavar="NAME")
    add_passphrase(renaming)
    renaming.set_defaults(run=_rename)


def _add_passphrase(actions: _Actions[argparse.ArgumentParser], shared: argparse.ArgumentParser) -> None:
    changing = _action(actions, shared, "passphrase", "change the passphrase of the vault, or let the keyring keep it")
    add_passphrase(changing)
    what = changing.add_mutually_exclusive_group()
    what.add_argument("--new-passphrase-fd", metavar="N", type=int, help="read the new one from this descriptor")
    what.add_argument("--remember", action="store_true", help="change nothing; have the desktop's keyring keep it")
    what.add_argument("--forget", action="store_true", help="change nothing; have the keyring forget it")
    changing.set_defaults(run=_passphrase)


# ---- what they do ---------------------------------------------------------------------------------------------------


def _list(chosen: argparse.Namespace, home: Home) -> int:
    vault = the_vault(home)
    entries = vault.entries()
    warn_of(vault)
    passphrase = given_passphrase(chosen, home) if entries else None
    rows: list[dict[str, Any]] = [
        {"user": entry.user, "exchange": entry.exchange, "key": None, "network": None, "problem": ""}
        for entry in entries
    ]
    if passphrase is not None:
        rows = [_row(entry.user, entry.exchange, account) for entry, account in vault.unlock(passphrase).accounts()]
    if chosen.json:
        _print_json(rows)
    elif not rows:
        print_result("no keys yet; passivtui keys add makes the vault")
    else:
        print_result(_table(rows))
    return FAILED if any(row["problem"] for row in rows) else DONE


def _row(user: str, exchange: str, account: Account | VaultError) -> dict[str, Any]:
    if isinstance(account, VaultError):
        return {"user": user, "exchange": exchange, "key": None, "network": None, "problem": str(account)}
    network = account.endpoint.network
    return {"user": user, "exchange": exchange, "key": account.masked_key, "network": network, "problem": ""}


def _table(rows: list[dict[str, Any]]) -> str:
    cells = [("user", "exchange", "key", "network")]
    cells += [
        (row["user"], row["exchange"], row["problem"] or row["key"] or "locked", row["network"] or "") for row in rows
    ]
    widths = [max(len(line[i]) for line in cells) for i in range(3)]
    return "\n".join(
        "  ".join(f"{cell:<{width}}" for cell, width in zip(line, [*widths, 0], strict=True)).rstrip() for line in cells
    )


def _add(chosen: argparse.Namespace, home: Home) -> int:
    from passivtui.vault import Endpoint, make_account
    from passivtui.vault.account import check_endpoint, check_user
    from passivtui.vault.fields import key_venue

    if chosen.from_stdin and chosen.passphrase_fd == 0:
        raise UsageError("stdin can't hold both the keys and the passphrase; use another descriptor, as in 3<file")
    user, exchange = check_user(chosen.user), key_venue(chosen.exchange)
    endpoint = check_endpoint(Endpoint(chosen.testnet, chosen.rest_url, chosen.ws_url))
    opened = unlocked_or_new(chosen, home)
    held = {entry.user for entry in opened.vault.entries()}
    if user in held and not chosen.replace:
        raise UsageError(f"there is a user {user} already; choose another name, or --replace")
    given = _fields_from_stdin() if chosen.from_stdin else _fields_typed(exchange)
    account = make_account(user, exchange, given, endpoint)
    opened.put(account, replacing=user if user in held else None)
    return _done(chosen, user, "replaced" if user in held else "added")


def _fields_typed(exchange: str) -> dict[str, str]:
    """Each field of the venue, typed unseen. Raises UsageError without a terminal, VaultError for bad ones."""
    from passivtui.vault.account import check_field
    from passivtui.vault.fields import FIELDS

    given = {}
    for field in FIELDS[exchange]:
        prompt = f"{field.title}{'' if field.required else ' (may be empty)'}: "
        if field.help:
            say(f"  {field.help}")
        given[field.name] = check_field(field, ask_unseen(prompt))
    return given


def _fields_from_stdin() -> dict[str, str]:
    """A JSON object of texts (and true or false). Raises UsageError, which repeats nothing of it."""
    import json

    content = sys.stdin.buffer.read(_MAX_STDIN + 1)
    try:
        document = json.loads(content) if len(content) <= _MAX_STDIN else None
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict) or not all(isinstance(value, str | bool) for value in document.values()):
        raise UsageError('stdin must be one JSON object of texts, as in {"key": "…", "secret": "…"}')
    return {name: str(value).lower() if isinstance(value, bool) else value for name, value in document.items()}


def _import(chosen: argparse.Namespace, home: Home) -> int:
    from pathlib import Path

    from passivtui.vault.key_files import import_accounts, read_key_files

    found = read_key_files(Path(chosen.file).expanduser().absolute(), chosen.exchange)
    if found.accounts:
        imported = import_accounts(unlocked_or_new(chosen, home), found, replacing=chosen.replace)
        taken, left = imported.taken, imported.left
    else:
        taken, left = (), found.left
    if chosen.json:
        _print_json({"taken": taken, "left": [{"name": item.name, "why": item.why} for item in left]})
    else:
        lines = [f"taken  {user}" for user in taken] + [f"left   {item.name}: {item.why}" for item in left]
        print_result("\n".join(lines) or "there is nothing in it")
    if taken:
        say(f"{chosen.file} still holds the keys in plain text: delete it once the bots run with the vault")
    return DONE if taken else FAILED


def _remove(chosen: argparse.Namespace, home: Home) -> int:
    vault = the_vault(home)
    if not any(entry.user == chosen.user for entry in vault.entries()):
        raise VaultError(f"there is no user {chosen.user!r}; passivtui keys list shows who is there")
    if not chosen.yes:
        if not has_terminal():
            raise UsageError("there is no terminal to ask on; give --yes to remove without asking")
        say(f"Remove the keys of {chosen.user}? They can't be got back from here. [y/N] ")
        if sys.stdin.readline().strip().lower() not in ("y", "yes"):
            say("nothing was removed")
            return CANCELLED
    vault.remove(chosen.user)
    return _done(chosen, chosen.user, "removed")


def _rename(chosen: argparse.Namespace, home: Home) -> int:
    opened = unlocked(chosen, home)
    opened.rename(chosen.user, chosen.name)
    return _done(chosen, chosen.name.strip(), "renamed")


def _passphrase(chosen: argparse.Namespace, home: Home) -> int:
    from passivtui.vault import passphrase_from_descriptor
    from passivtui.vault.passphrase import NO_WAY_BACK, forget_in_keyring, keep_in_keyring

    vault = the_vault(home)
    if chosen.forget:
        return _done(chosen, str(vault.path), "forgotten" if forget_in_keyring(vault.path) else "was not there")
    vault.read()
    warn_of(vault)
    old = given_passphrase(chosen, home) or typed("Present passphrase: ")
    opened = vault.unlock(old)
    if chosen.remember:
        keep_in_keyring(vault.path, old)
        return _done(chosen, str(vault.path), "remembered")
    if chosen.new_passphrase_fd is not None:
        new = passphrase_from_descriptor(chosen.new_passphrase_fd)
    else:
        say(NO_WAY_BACK)
        new = new_passphrase("New passphrase: ")
    opened.change_passphrase(old, new)
    return _done(chosen, str(vault.path), "passphrase changed")


def _done(chosen: argparse.Namespace, name: str, what: str) -> int:
    if chosen.json:
        _print_json({"name": name, "done": what})
    else:
        print_result(f"{name}: {what}")
    return DONE


def _print_json(value: object) -> None:
    import json

    print_result(json.dumps(value, indent=1, ensure_ascii=False))
