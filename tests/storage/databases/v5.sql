-- A database as schema version 5 left it. Never changed once released: it stands for the files that users have.
PRAGMA application_id = 1886680425;
CREATE TABLE reports (
    id                TEXT    NOT NULL PRIMARY KEY,
    created_ms        INTEGER NOT NULL,
    name              TEXT    NOT NULL,
    notes             TEXT    NOT NULL DEFAULT '',
    config_name       TEXT    NOT NULL,
    dataset           TEXT    NOT NULL,
    synthetic         INTEGER NOT NULL CHECK (synthetic IN (0, 1)),
    coins             TEXT    NOT NULL,
    first_ms          INTEGER NOT NULL,
    n_minutes         INTEGER NOT NULL CHECK (n_minutes >= 0),
    starting_balance  REAL    NOT NULL,
    n_fills           INTEGER NOT NULL CHECK (n_fills >= 0),
    gain              REAL,
    adg               REAL,
    drawdown_worst    REAL,
    loss_profit_ratio REAL,
    folder            TEXT    NOT NULL UNIQUE
) STRICT;
CREATE INDEX reports_by_time ON reports (created_ms);
CREATE TABLE report_tags (
    report_id TEXT NOT NULL REFERENCES reports (id) ON DELETE CASCADE,
    tag       TEXT NOT NULL CHECK (tag <> ''),
    PRIMARY KEY (report_id, tag)
) STRICT, WITHOUT ROWID;
CREATE INDEX report_tags_by_tag ON report_tags (tag);
INSERT INTO reports VALUES ('2025-03-01_12-00-00', 1740830400000, 'first try', 'looks calm', 'btc_long_grid', 'demo', 1,
    '["BTC"]', 1735689600000, 86400, 10000.0, 514, 0.9448, -0.0009, 0.1926, NULL, 'backtests/2025-03-01_12-00-00');
INSERT INTO report_tags VALUES ('2025-03-01_12-00-00', 'kept');
CREATE TABLE stored_coins (
    exchange TEXT    NOT NULL,
    coin     TEXT    NOT NULL,
    stamp    TEXT    NOT NULL,
    first_ms INTEGER NOT NULL,
    last_ms  INTEGER NOT NULL,
    days     INTEGER NOT NULL,
    candles  INTEGER NOT NULL,
    bytes    INTEGER NOT NULL,
    PRIMARY KEY (exchange, coin)
) STRICT, WITHOUT ROWID;
INSERT INTO stored_coins VALUES ('binance', 'BTC', '1740830400000000000', 1735689600000, 1735775940000, 1, 1440, 24000);
CREATE TABLE optimizer_runs (
    folder      TEXT    NOT NULL PRIMARY KEY,
    created_ms  INTEGER NOT NULL,
    config_name TEXT    NOT NULL,
    dataset     TEXT    NOT NULL,
    synthetic   INTEGER NOT NULL CHECK (synthetic IN (0, 1)),
    coins       TEXT    NOT NULL,
    first_ms    INTEGER NOT NULL,
    last_ms     INTEGER NOT NULL,
    scoring     TEXT    NOT NULL,
    seed        INTEGER NOT NULL,
    evaluations INTEGER NOT NULL CHECK (evaluations >= 0),
    expected    INTEGER NOT NULL,
    front_size  INTEGER NOT NULL CHECK (front_size >= 0),
    status      TEXT    NOT NULL CHECK (status IN ('running', 'stopped', 'finished'))
) STRICT;
CREATE INDEX optimizer_runs_by_time ON optimizer_runs (created_ms);
INSERT INTO optimizer_runs VALUES ('optimize/2025-03-01T12_00_00_combined_60days_BTC_0f1e2d3c', 1740830400000,
    'btc_long_grid', 'demo', 1, '["BTC"]', 1735689600000, 1740873600000, '["adg"]', 7, 1200, 2000, 12, 'stopped');
CREATE TABLE live_bots (
    bot          TEXT    NOT NULL PRIMARY KEY,
    user         TEXT    NOT NULL,
    spec         TEXT    NOT NULL,
    state        TEXT    NOT NULL,
    reason       TEXT    NOT NULL DEFAULT '',
    pid          INTEGER NOT NULL,
    started_ms   INTEGER NOT NULL,
    heartbeat_ms INTEGER NOT NULL,
    status       TEXT    NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE live_intents (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    bot          TEXT    NOT NULL,
    action       TEXT    NOT NULL CHECK (action IN ('create', 'cancel')),
    client_id    TEXT    NOT NULL,
    order_id     TEXT    NOT NULL DEFAULT '',
    symbol       TEXT    NOT NULL,
    coin         TEXT    NOT NULL,
    side         TEXT    NOT NULL CHECK (side IN ('long', 'short')),
    type         TEXT    NOT NULL,
    execution    TEXT    NOT NULL,
    qty          REAL    NOT NULL,
    price        REAL    NOT NULL,
    intended_ms  INTEGER NOT NULL,
    outcome      TEXT    NOT NULL DEFAULT '',
    reason       TEXT    NOT NULL DEFAULT '',
    message      TEXT    NOT NULL DEFAULT '',
    settled_ms   INTEGER
) STRICT;
CREATE INDEX live_intents_by_bot ON live_intents (bot, id);
CREATE INDEX live_intents_open ON live_intents (bot, action) WHERE outcome IN ('', 'unresolved');
CREATE TABLE live_fills (
    bot     TEXT    NOT NULL,
    id      TEXT    NOT NULL,
    time_ms INTEGER NOT NULL,
    coin    TEXT    NOT NULL,
    side    TEXT    NOT NULL,
    type    TEXT    NOT NULL,
    qty     REAL    NOT NULL,
    price   REAL    NOT NULL,
    pnl     REAL,
    fee     REAL,
    PRIMARY KEY (bot, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX live_fills_by_time ON live_fills (bot, time_ms);
CREATE TABLE live_events (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    bot     TEXT    NOT NULL,
    time_ms INTEGER NOT NULL,
    kind    TEXT    NOT NULL,
    text    TEXT    NOT NULL
) STRICT;
CREATE INDEX live_events_by_bot ON live_events (bot, id);
CREATE TABLE live_equity (
    bot     TEXT    NOT NULL,
    time_ms INTEGER NOT NULL,
    balance REAL    NOT NULL,
    equity  REAL    NOT NULL,
    upnl    TEXT    NOT NULL DEFAULT '{}',
    PRIMARY KEY (bot, time_ms)
) STRICT, WITHOUT ROWID;
CREATE TABLE live_cycles (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    bot     TEXT    NOT NULL,
    time_ms INTEGER NOT NULL,
    is_key  INTEGER NOT NULL CHECK (is_key IN (0, 1)),
    data    BLOB    NOT NULL
) STRICT;
CREATE INDEX live_cycles_by_time ON live_cycles (bot, time_ms);
CREATE INDEX live_cycles_keys ON live_cycles (bot, time_ms) WHERE is_key;
CREATE TABLE live_configs (
    bot    TEXT NOT NULL,
    digest TEXT NOT NULL,
    text   TEXT NOT NULL,
    PRIMARY KEY (bot, digest)
) STRICT, WITHOUT ROWID;
CREATE TABLE live_drawdown_stops (
    bot   TEXT NOT NULL PRIMARY KEY,
    rule  TEXT NOT NULL,
    state TEXT NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO live_bots VALUES ('grid', 'paper', '{}', 'stopped', 'stopped', 4711, 1740830400000, 1740830460000, '{}');
INSERT INTO live_intents VALUES (1, 'grid', 'create', 'eaptui0000000000000a', 'paper-1', 'BTC/USDT:USDT', 'BTC', 'long',
    'entry_initial_normal_long', 'limit', 0.01, 95000.5, 1740830400000, 'confirmed', '', '', 1740830400010);
INSERT INTO live_fills VALUES ('grid', 'trade-2', 1740830460000, 'BTC', 'long', 'entry_initial_normal_long', 0.01, 95000.5,
    0.0, 0.19);
INSERT INTO live_events VALUES (1, 'grid', 1740830400000, 'state', 'running');
INSERT INTO live_equity VALUES ('grid', 1740830400000, 10000.0, 10000.0, '{"BTC long":1.5}');
INSERT INTO live_cycles VALUES (1, 'grid', 1740830400000, 1, x'789c');
INSERT INTO live_configs VALUES ('grid', '0123456789ab', '{}');
INSERT INTO live_drawdown_stops VALUES ('grid', '{}', '{}');
PRAGMA user_version = 5;
