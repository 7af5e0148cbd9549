"""The database opens every file it should, refuses every other in one sentence, and keeps transactions whole."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from contextlib import closing, suppress
from pathlib import Path

import pytest

from passivtui.errors import StorageError
from passivtui.storage import Database
from passivtui.storage.migrations import APPLICATION_ID, LATEST, MIGRATIONS

DATABASES = Path(__file__).parent / "databases"


def database_of(version: int, path: Path) -> None:
    """Make the database that schema `version` left behind."""
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript((DATABASES / f"v{version}.sql").read_text())


def schema_of(path: Path) -> list[tuple[str, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        rows = connection.execute("SELECT type, name, tbl_name FROM sqlite_master ORDER BY type, name").fetchall()
        columns = [
            (table, *map(str, column))
            for kind, table, _ in rows
            if kind == "table"
            for column in connection.execute(f"PRAGMA table_xinfo({table})")
        ]
    return [*rows, *columns]


def refusal(error: pytest.ExceptionInfo[StorageError], path: Path) -> str:
    """The message, after seeing that it is one line that names the file."""
    message = str(error.value)
    assert "\n" not in message
    assert str(path) in message
    return message


async def test_a_new_database_has_the_latest_schema_and_the_chosen_pragmas(tmp_path: Path) -> None:
    path = tmp_path / "new.db"
    async with Database(path) as database:
        assert database.created
        for pragma, value in (
            ("user_version", LATEST),
            ("application_id", APPLICATION_ID),
            ("journal_mode", "wal"),
            ("synchronous", 2),  # FULL
            ("foreign_keys", 1),
            ("busy_timeout", 5000),
        ):
            assert await database.fetch(f"PRAGMA {pragma}") == [(value,)]
    async with Database(path) as database:
        assert not database.created


async def test_every_table_is_strict(tmp_path: Path) -> None:
    async with Database(tmp_path / "new.db") as database:
        tables = await database.fetch(
            "SELECT name, strict FROM pragma_table_list WHERE schema = 'main' AND type = 'table'"
        )
    assert {"reports", "report_tags"} <= {name for name, _ in tables}
    assert all(strict for name, strict in tables if not name.startswith("sqlite_"))


@pytest.mark.parametrize("version", range(1, LATEST + 1))
async def test_a_database_of_every_released_version_opens_with_its_data(version: int, tmp_path: Path) -> None:
    old, new = tmp_path / "old.db", tmp_path / "new.db"
    database_of(version, old)
    async with Database(old) as database:
        assert not database.created
        assert await database.fetch("PRAGMA user_version") == [(LATEST,)]
        assert await database.fetch("SELECT name, notes, gain, loss_profit_ratio FROM reports") == [
            ("first try", "looks calm", 0.9448, None)
        ]
        assert await database.fetch("SELECT tag FROM report_tags") == [("kept",)]
    async with Database(new):
        pass
    assert schema_of(old) == schema_of(new)


async def test_a_newer_database_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "newer.db"
    database_of(LATEST, path)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA user_version = {LATEST + 1}")
    before = path.read_bytes()
    with pytest.raises(StorageError) as error:
        await Database(path).open()
    assert "newer passivtui" in refusal(error, path)
    assert path.read_bytes() == before
    with pytest.raises(StorageError, match="newer passivtui"):
        await Database(path, read_only=True).open()


async def test_the_database_of_another_program_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE songs (title TEXT)")
    before = path.read_bytes()
    with pytest.raises(StorageError) as error:
        await Database(path).open()
    assert "another program" in refusal(error, path)
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    "content", [b"no database at all, but long enough to have a header" * 40, b"SQLite format 3\0" + b"x" * 4000]
)
async def test_a_file_that_is_no_database_is_refused_and_left_as_it_is(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "odd.db"
    path.write_bytes(content)
    with pytest.raises(StorageError) as error:
        await Database(path).open()
    assert "damaged" in refusal(error, path)
    assert path.read_bytes() == content


async def test_a_database_with_a_damaged_page_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "torn.db"
    database_of(LATEST, path)
    content = bytearray(path.read_bytes())
    content[4096:] = b"\xff" * (len(content) - 4096)
    path.write_bytes(content)
    with pytest.raises(StorageError) as error:
        async with Database(path) as database:
            await database.fetch("SELECT * FROM reports")
    assert "damaged" in refusal(error, path)


@pytest.mark.parametrize("place", ["a folder", "below a file", "in a missing folder"])
async def test_a_place_where_no_database_can_be_is_refused(place: str, tmp_path: Path) -> None:
    path = tmp_path / "home.db"
    if place == "a folder":
        path.mkdir()
    elif place == "below a file":
        path.write_bytes(b"")
        path = path / "passivtui.db"
    else:
        path = tmp_path / "missing" / "passivtui.db"
    with pytest.raises(StorageError) as error:
        await Database(path).open()
    assert "can't be opened" in refusal(error, path)


async def test_a_database_locked_by_another_program_is_refused_after_the_wait(tmp_path: Path) -> None:
    path = tmp_path / "busy.db"
    async with Database(path, busy_timeout_ms=1) as database:
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(StorageError) as error:
                async with database.transaction():
                    pytest.fail("the transaction began")
            assert "another program" in refusal(error, path)
            other.execute("ROLLBACK")
        async with database.transaction():
            pass  # the connection is as good as before


async def test_being_cancelled_while_it_opens_leaves_no_thread(tmp_path: Path) -> None:
    before = set(threading.enumerate())
    for turns in range(12):
        opening = asyncio.ensure_future(Database(tmp_path / "cancelled.db").open())
        for _ in range(turns):
            await asyncio.sleep(0)
        opening.cancel()
        with suppress(asyncio.CancelledError):
            await (await opening).close()
    started = set(threading.enumerate()) - before
    for thread in started:
        thread.join(2.0)
    assert not [thread for thread in started if thread.is_alive()]


async def test_a_transaction_on_a_full_disk_is_explained_and_undone(tmp_path: Path) -> None:
    path = tmp_path / "full.db"
    async with Database(path) as database:
        ((pages,),) = await database.fetch("PRAGMA page_count")
        await database.fetch(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(StorageError) as error:
            async with database.transaction() as connection:
                await connection.execute("CREATE TABLE half (blob BLOB) STRICT")
                await connection.execute("INSERT INTO half VALUES (zeroblob(1000000))")
        assert "disk is full" in refusal(error, path)
        assert await database.fetch("SELECT name FROM sqlite_master WHERE name = 'half'") == []


async def test_a_name_with_signs_that_mean_something_in_a_uri_is_a_name(tmp_path: Path) -> None:
    path = tmp_path / "50% of ?mode=ro#me.db"
    async with Database(path):
        pass
    assert path.exists()


async def test_a_reader_reads_while_the_writer_writes_and_can_not_write(tmp_path: Path) -> None:
    path = tmp_path / "shared.db"
    async with Database(path) as writer, Database(path, read_only=True) as reader:
        async with writer.transaction() as connection:
            await connection.execute("INSERT INTO reports SELECT 'a',1,'','','','',0,'[]',0,0,0,0,0,0,0,0,'f'")
            assert await reader.fetch("SELECT count(*) FROM reports") == [(0,)]
        assert await reader.fetch("SELECT count(*) FROM reports") == [(1,)]
        with pytest.raises(StorageError, match="can't be written"):
            async with reader.transaction() as connection:
                await connection.execute("DELETE FROM reports")
        assert await reader.fetch("SELECT count(*) FROM reports") == [(1,)]


async def test_a_reader_refuses_an_older_schema_instead_of_changing_it(tmp_path: Path) -> None:
    path = tmp_path / "empty.db"
    path.write_bytes(b"")
    with pytest.raises(StorageError, match="older schema"):
        await Database(path, read_only=True).open()
    assert path.read_bytes() == b""


async def test_a_transaction_that_fails_leaves_nothing(tmp_path: Path) -> None:
    async with Database(tmp_path / "new.db") as database:
        with pytest.raises(ZeroDivisionError):
            async with database.transaction() as connection:
                await connection.execute("CREATE TABLE half (done INTEGER) STRICT")
                raise ZeroDivisionError
        assert await database.fetch("SELECT name FROM sqlite_master WHERE name = 'half'") == []


async def test_a_cancelled_transaction_leaves_nothing_and_the_next_one_works(tmp_path: Path) -> None:
    async with Database(tmp_path / "new.db") as database:
        begun = asyncio.Event()

        async def write_for_ever() -> None:
            async with database.transaction() as connection:
                await connection.execute("CREATE TABLE half (done INTEGER) STRICT")
                begun.set()
                await asyncio.Event().wait()

        task = asyncio.create_task(write_for_ever())
        await begun.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        async with database.transaction() as connection:
            await connection.execute("CREATE TABLE whole (done INTEGER) STRICT")
        found = await database.fetch("SELECT name FROM sqlite_master WHERE name IN ('half', 'whole')")
        assert found == [("whole",)]


@pytest.mark.parametrize("steps", range(12))
async def test_a_task_cancelled_at_any_point_leaves_no_open_transaction(steps: int, tmp_path: Path) -> None:
    async with Database(tmp_path / "new.db") as database:

        async def write() -> None:
            async with database.transaction() as connection:
                await connection.execute("CREATE TABLE whole (done INTEGER) STRICT")

        task = asyncio.create_task(write())
        for _ in range(steps):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task])
        async with database.transaction() as connection:  # would fail within another transaction
            await connection.execute("CREATE TABLE IF NOT EXISTS whole (done INTEGER) STRICT")


async def test_tasks_wait_for_each_others_transactions(tmp_path: Path) -> None:
    async with Database(tmp_path / "new.db") as database:
        async with database.transaction() as connection:
            await connection.execute("CREATE TABLE counter (value INTEGER NOT NULL) STRICT")
            await connection.execute("INSERT INTO counter VALUES (0)")

        async def count() -> None:
            async with database.transaction() as connection:
                async with connection.execute("SELECT value FROM counter") as cursor:
                    row = await cursor.fetchone()
                assert row is not None
                await connection.execute("UPDATE counter SET value = ?", (row[0] + 1,))

        await asyncio.gather(*(count() for _ in range(20)))
        assert await database.fetch("SELECT value FROM counter") == [(20,)]


async def test_a_migration_that_fails_is_undone_whole(tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    database_of(LATEST, path)
    before = schema_of(path)
    broken = (*MIGRATIONS, ("CREATE TABLE extra (x INTEGER) STRICT", "INSERT INTO nowhere VALUES (1)"))
    with pytest.raises(sqlite3.OperationalError, match="nowhere"):
        await Database(path, migrations=broken).open()
    assert schema_of(path) == before
    async with Database(path) as database:
        assert await database.fetch("PRAGMA user_version") == [(LATEST,)]


async def test_programs_that_start_at_once_make_one_database(tmp_path: Path) -> None:
    path = tmp_path / "new.db"

    async def use() -> list[tuple[int]]:
        async with Database(path) as database:
            return [(int(value),) for (value,) in await database.fetch("PRAGMA user_version")]

    assert await asyncio.gather(*(use() for _ in range(8))) == [[(LATEST,)]] * 8


async def test_no_thread_is_left_after_closing_or_failing_to_open(tmp_path: Path) -> None:
    before = threading.active_count()
    (tmp_path / "odd.db").write_bytes(b"no database" * 400)
    database = await Database(tmp_path / "new.db").open()
    await database.close()
    await database.close()
    with pytest.raises(StorageError):
        await Database(tmp_path / "odd.db").open()
    with pytest.raises(StorageError):
        await Database(tmp_path / "missing" / "x.db").open()
    for thread in threading.enumerate():
        if thread is not threading.current_thread() and "_connection_worker_thread" in thread.name:
            thread.join(timeout=5)
    assert threading.active_count() <= before
    with pytest.raises(StorageError, match="closed"):
        await database.fetch("SELECT 1")
