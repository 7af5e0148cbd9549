-- A database as schema version 2 left it. Never changed once released: it stands for the files that users have.
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
PRAGMA user_version = 3;
