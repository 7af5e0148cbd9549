"""The config of a running bot: loaded once, and again when one of its files changes."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from passivtui.config import Config, LoadedConfig, find_config, load_config
from passivtui.config.difference import differences
from passivtui.live.status import BotSpec
from passivtui.paths import Home

_MOST_CHANGES: Final = 12  # that are told one by one

_Stamps = tuple[tuple[str, int, int], ...]


class ConfigSource:
    """What a bot calls to learn its config: the config at first and after a change, else None."""

    def __init__(self, spec: BotSpec, home: Home) -> None:
        self._spec = spec
        self._home = home
        self._loaded: LoadedConfig | None = None
        self._stamps: _Stamps = ()

    def load(self) -> LoadedConfig:
        """Load it now. Raises ConfigError."""
        path = find_config(self._spec.config, self._home)
        loaded = load_config(path, sets=list(self._spec.sets), home=self._home)
        self._loaded, self._stamps = loaded, _stamps(loaded, path)
        return loaded

    def __call__(self) -> Config | None:
        """The config if it is new, None if nothing changed. Raises ConfigError for a changed file that can't be used,
        once for each change."""
        if self._loaded is not None:
            path = find_config(self._spec.config, self._home)
            now = _stamps(self._loaded, path)
            if now == self._stamps:
                return None
            self._stamps = now
        return self.load().config


def describe_changes(before: Config, after: Config) -> str:
    """`live.leverage 5 → 3; bot.long.n_positions 2 → 4`: each key whose value differs, in the config's order."""
    texts = [(one.key, *one.texts) for one in differences(before, after)]
    told = [f"{key} {old or 'not set'} → {new or 'not set'}" for key, old, new in texts[:_MOST_CHANGES]]
    more = len(texts) - len(told)
    return "; ".join(told) + (f"; and {more} more" if more else "")


def _stamps(loaded: LoadedConfig, path: Path) -> _Stamps:
    """Size and time of change of each file that it was read from; a missing one has neither."""
    found = []
    for file in sorted({path, *loaded.files}):
        try:
            status = file.stat()
            found.append((str(file), status.st_size, status.st_mtime_ns))
        except OSError:
            found.append((str(file), -1, -1))
    return tuple(found)
