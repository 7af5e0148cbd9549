"""`passivtui config`: check, show and convert configs of every release, and compare two of them."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from passivtui.cli.config_cliffs import add_cliffs
from passivtui.cli.loading import CONFIG_HELP, add_config, load_chosen
from passivtui.cli.output import print_result, say, tell
from passivtui.cli.status import DONE, FAILED
from passivtui.errors import ConfigError, UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from passivtui.config import LoadedConfig, Note
    from passivtui.paths import Home

_Actions = argparse._SubParsersAction


def add(commands: _Actions[argparse.ArgumentParser], shared: argparse.ArgumentParser) -> None:
    """Add the subcommand."""
    config = commands.add_parser("config", parents=[shared], help="check, show, convert or compare configs")
    actions = config.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for add_action in (_add_check, _add_show, _add_convert, _add_diff, add_cliffs):
        add_action(actions, shared)


def _add_check(actions: _Actions[argparse.ArgumentParser], shared: argparse.ArgumentParser) -> None:
    summary = "say everything that is wrong with a config"
    check = actions.add_parser("check", parents=[shared], help=summary, description=f"{summary.capitalize()}.")
    add_config(check)
    check.add_argument("--verbose", action="store_true", help="tell also which values are the template's")
    check.add_argument("--json", action="store_true", help="print one JSON object with all problems and remarks")
    check.set_defaults(run=_check)


def _add_show(actions: _Actions[argparse.ArgumentParser], shared: argparse.ArgumentParser) -> None:
    summary = "print a config with every key filled in"
    show = actions.add_parser("show", parents=[shared], help=summary, description=f"{summary.capitalize()}.")
    add_config(show)
    show.add_argument("--json", action="store_true", help="print Passivbot's JSON form instead of TOML")
    show.set_defaults(run=_show)


def _add_convert(actions: _Actions[argparse.ArgumentParser], shared: argparse.ArgumentParser) -> None:
    summary = "bring a config of any release, or Passiv-X live settings, to today's form"
    convert = actions.add_parser(
        "convert",
        parents=[shared],
        help=summary,
        description=f"{summary.capitalize()}. What was changed is told on stderr.",
    )
    add_config(convert)
    convert.add_argument("--to", choices=("toml", "json"), help="form of the result (default: that of FILE, else TOML)")
    convert.add_argument("--out", metavar="FILE", help="write it there instead of to stdout")
    convert.add_argument("--force", action="store_true", help="replace FILE if it exists")
    convert.set_defaults(run=_convert)


def _add_diff(actions: _Actions[argparse.ArgumentParser], shared: argparse.ArgumentParser) -> None:
    summary = "compare two configs key by key"
    diff = actions.add_parser("diff", parents=[shared], help=summary, description=f"{summary.capitalize()}.")
    diff.add_argument("config", metavar="CONFIG", help=CONFIG_HELP)
    diff.add_argument("other", metavar="OTHER", help="the config to compare it with")
    diff.add_argument("--json", action="store_true", help="print one JSON object: key -> [CONFIG's value, OTHER's]")
    diff.set_defaults(run=_diff, sets=[])


def _check(chosen: argparse.Namespace, home: Home) -> int:
    if chosen.json:
        return _check_as_json(chosen, home)
    config = load_chosen(chosen, home)
    tell(config.notes, everything=chosen.verbose)
    warnings = len(config.warnings)
    print_result(f"{config.name}: ok" + (f", {warnings} warning{'s' if warnings > 1 else ''}" if warnings else ""))
    return DONE


def _check_as_json(chosen: argparse.Namespace, home: Home) -> int:
    """The same for a program: `ok`, `problems` and `notes`; exit status 1 when there are problems."""
    import json

    try:
        notes, problems = _note_list(load_chosen(chosen, home).notes), []
    except ConfigError as error:
        notes = []
        problems = [{"key": p.key, "value": p.value, "expected": p.expected, "file": p.file} for p in error.problems]
        problems = problems or [{"key": "", "value": "", "expected": str(error), "file": ""}]
    print_result(json.dumps({"ok": not problems, "problems": problems, "notes": notes}, indent=1, ensure_ascii=False))
    return FAILED if problems else DONE


def _note_list(notes: tuple[Note, ...]) -> list[dict[str, str]]:
    return [{"severity": note.severity, "key": note.key, "message": note.message} for note in notes]


def _show(chosen: argparse.Namespace, home: Home) -> int:
    from passivtui.config import to_json, to_toml

    config = load_chosen(chosen, home)
    tell(config.notes, everything=False)
    print_result((to_json if chosen.json else to_toml)(config.config).rstrip("\n"))
    return DONE


def _convert(chosen: argparse.Namespace, home: Home) -> int:
    from pathlib import Path

    from passivtui.config import to_json, to_toml

    out = Path(chosen.out).absolute() if chosen.out else None
    if out is not None and out.exists() and not chosen.force:
        raise UsageError(f"{out} exists already; choose another name, or --force to replace it")
    config = _load_any(chosen, home)
    tell(config.notes, everything=True)
    form = chosen.to or ("json" if out is not None and out.suffix.lower() == ".json" else "toml")
    text = (to_json if form == "json" else to_toml)(config.config)
    if out is None:
        print_result(text.rstrip("\n"))
        return DONE
    _write(out, text)
    say(f"{config.name} converted to {out}")
    return DONE


def _load_any(chosen: argparse.Namespace, home: Home) -> LoadedConfig:
    """A config as everywhere, or Passiv-X live settings."""
    from passivtui.config import find_config
    from passivtui.config.load import load_passivx
    from passivtui.config.recognise import is_passivx_file

    path = find_config(chosen.config, home)
    return load_passivx(path, sets=chosen.sets, home=home) if is_passivx_file(path) else load_chosen(chosen, home)


def _write(out: Path, text: str) -> None:
    from passivtui.errors import storage_error
    from passivtui.files import write_atomically

    try:
        out.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise storage_error("make the folder", out.parent, error) from error
    write_atomically(out, text)


def _diff(chosen: argparse.Namespace, home: Home) -> int:
    from passivtui.config.difference import ABSENT, differences

    first = load_chosen(chosen, home)
    second = load_chosen(argparse.Namespace(config=chosen.other, sets=[]), home)
    found = differences(first.config, second.config)
    if chosen.json:
        import json

        pairs = {d.key: [None if value is ABSENT else value for value in (d.before, d.after)] for d in found}
        print_result(json.dumps(pairs, indent=1, ensure_ascii=False, default=list))
        return DONE
    if not found:
        print_result("no difference")
        return DONE
    rows = [("key", first.name, second.name), *((d.key, *d.texts) for d in found)]
    widths = [max(len(row[i]) for row in rows) for i in range(2)]
    print_result("\n".join(f"{a:<{widths[0]}}  {b:<{widths[1]}}  {c}".rstrip() for a, b, c in rows))
    return DONE
