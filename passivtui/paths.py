"""Where everything lives on disk. Nothing is ever written outside the home, except where the user names a path."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from passivtui.errors import storage_error

HOME_VARIABLE = "PASSIVTUI_HOME"


@dataclass(frozen=True, slots=True)
class Home:
    """The folders and files of one installation's data. Making a `Home` touches no disk."""

    root: Path

    @property
    def configs(self) -> Path:
        return self.root / "configs"

    @property
    def candles(self) -> Path:
        return self.root / "candles"

    @property
    def store(self) -> Path:
        """The candle store: downloaded and imported candles per exchange, coin and day."""
        return self.candles / "store"

    @property
    def trash(self) -> Path:
        """Configs that were deleted, to be restored or emptied by the user."""
        return self.configs / ".trash"

    @property
    def config_tags(self) -> Path:
        """The tags of the configs, by file name."""
        return self.configs / ".tags.json"

    @property
    def datasets(self) -> Path:
        """Prepared datasets and the generated demo market: a cache, safe to delete."""
        return self.root / "datasets"

    @property
    def backtests(self) -> Path:
        return self.root / "backtests"

    @property
    def optimize(self) -> Path:
        return self.root / "optimize"

    @property
    def live(self) -> Path:
        """Of running bots: locks, control sockets, and the accounts of paper bots."""
        return self.root / "live"

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    @property
    def database(self) -> Path:
        return self.root / "passivtui.db"

    @property
    def vault(self) -> Path:
        return self.root / "keys.vault"

    @property
    def settings(self) -> Path:
        return self.root / "settings.toml"

    def ensure(self) -> Home:
        """Make the folders that are missing and see that one may write there. Raises StorageError."""
        try:
            for folder in (self.root, self.configs, self.datasets, self.backtests, self.logs):
                folder.mkdir(parents=True, exist_ok=True)
            probe = self.root / f".writable-{os.getpid()}"
            probe.write_bytes(b"")
            probe.unlink()
        except OSError as error:
            raise storage_error("use the home folder", self.root, error) from error
        return self


def find_home(chosen: str | None = None) -> Home:
    """The home named by `--home`, else by PASSIVTUI_HOME, else the platform's user data folder."""
    name = chosen or os.environ.get(HOME_VARIABLE)
    if name:
        return Home(Path(name).expanduser().absolute())
    from platformdirs import user_data_path  # 16 ms, only when needed

    return Home(user_data_path("passivtui", appauthor=False))
