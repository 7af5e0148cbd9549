"""What the market data screens start in the background: downloads, checks, imports, exports."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final, cast

from textual.app import App

from passivtui.clock import DAY_MS, iso_day
from passivtui.inventory import StoredCoin
from passivtui.market import DataIssue
from passivtui.market.exporting import export_candles
from passivtui.market.importing import Imported, import_candles, totals
from passivtui.market.sources.wants import Want
from passivtui.market.store import CandleStore, Finding
from passivtui.paths import Home
from passivtui.progress import CancelToken, ProgressSink
from passivtui.screens.base import Services
from passivtui.screens.data_forms import ImportLine
from passivtui.screens.dialogs import TextModal

_REMARKS: Final = 40  # in a dialog; a person reads no more

Then = Callable[[], None]


def store_of(home: Home) -> CandleStore:
    """The home's candle store."""
    return CandleStore(home.store)


def start_download(services: Services, wants: Sequence[Want], then: Then) -> None:
    """Download in the background; `then` is called when it is over, however it ended."""
    home = services.home

    def work(progress: ProgressSink, cancel: CancelToken) -> tuple[DataIssue, ...]:
        from passivtui.market.sources.download import ensure
        from passivtui.market.sources.settings import load_source_settings

        return ensure(store_of(home.ensure()), wants, load_source_settings(home.settings), progress, cancel)

    coins = ", ".join(dict.fromkeys(want.coin for want in wants))
    name = f"Download {coins} of {wants[0].exchange}"

    def done(issues: tuple[DataIssue, ...]) -> None:
        then()
        services.toast(f"{name}: done.")
        _show_remarks(services, name, [str(issue) for issue in issues if issue.severity == "warning"])

    services.start_job(name, work, done=done, failed=_failing(services, name, then), cancelled=then)


def gap_wants(coin: StoredCoin, now_ms: int) -> list[Want]:
    """What fills a coin's gaps and brings it up to now; settled days are not asked for again."""
    return [Want(coin.exchange, coin.coin, coin.first_ms, now_ms // DAY_MS * DAY_MS + DAY_MS - 1)]


def start_verify(services: Services, then: Then) -> None:
    """Check every stored file in the background."""
    store = store_of(services.home)

    def work(progress: ProgressSink, cancel: CancelToken) -> tuple[Finding, ...]:
        return store.verify(progress=progress, cancel=cancel)

    def done(findings: tuple[Finding, ...]) -> None:
        then()
        if not findings:
            services.toast("Every stored file is whole.")
            return
        lines = [f"{f.coin} of {f.exchange}, {iso_day(f.day * DAY_MS)}: {f.reason}" for f in findings]
        lines.append("They were set aside; g on their coins downloads these days again.")
        _show_remarks(services, f"{len(findings)} damaged files", lines)

    services.start_job("Verify the stored candles", work, done=done, failed=_failing(services, "verifying", then))


def start_import(services: Services, line: ImportLine, then: Then) -> None:
    """Import in the background."""
    home = services.home

    def work(progress: ProgressSink, cancel: CancelToken) -> tuple[Imported, ...]:
        return import_candles(
            store_of(home.ensure()),
            [line.path],
            exchange=line.exchange,
            coin=line.coin,
            progress=progress,
            cancel=cancel,
        )

    def done(results: tuple[Imported, ...]) -> None:
        then()
        sums = totals(results)
        services.toast(f"{sums['new']:,} new candles of {sums['coins']} coins; {sums['same']:,} were there already.")
        remarks = [str(issue) for result in results for issue in result.issues if issue.severity == "warning"]
        _show_remarks(services, f"Import of {line.path.name}", remarks)

    name = f"Import {line.path.name}"
    services.start_job(name, work, done=done, failed=_failing(services, name, then), cancelled=then)


def start_export(services: Services, exchange: str, coins: Sequence[str], form: str, folder: Path) -> None:
    """Export in the background."""
    store = store_of(services.home)

    def work(progress: ProgressSink, cancel: CancelToken) -> tuple[Path, ...]:
        return export_candles(store, exchange, coins, folder, form, progress=progress, cancel=cancel)

    def done(paths: tuple[Path, ...]) -> None:
        services.toast(f"{', '.join(coins)} of {exchange} written to {paths[0] if len(paths) == 1 else folder}.")

    services.start_job(f"Export {', '.join(coins)}", work, done=done)


def _failing(services: Services, name: str, then: Then) -> Callable[[Exception], None]:
    """Show the error, and refresh what was shown: a part may have been stored."""

    def failed(error: Exception) -> None:
        then()
        services.show_error(error, name)

    return failed


def _show_remarks(services: Services, title: str, lines: Sequence[str]) -> None:
    if not lines:
        return
    more = [f"and {len(lines) - _REMARKS} more"] if len(lines) > _REMARKS else []
    cast("App[Any]", services).push_screen(TextModal(title, "\n".join([*lines[:_REMARKS], *more]), role="caution"))


def delete_in_background(services: Services, keys: Sequence[tuple[str, str]], then: Then) -> None:
    """Forget coins."""
    store = store_of(services.home)

    def work(progress: ProgressSink, cancel: CancelToken) -> int:
        return sum(store.delete(exchange, coin) for exchange, coin in keys)

    def done(days: int) -> None:
        then()
        services.toast(f"{days:,} days were deleted.")

    services.start_job("Delete candles", work, done=done, failed=_failing(services, "deleting candles", then))
