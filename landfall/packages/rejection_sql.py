"""The SQL statements of landfall.packages.rejections."""

TABLES = """
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
PRAGMA cache_size = -8000;
CREATE TABLE failed (
    id INTEGER PRIMARY KEY, entity INT, stage TEXT, fields TEXT, cells TEXT, mark INT, key TEXT, vals TEXT,
    blank INT, n INT DEFAULT 1, UNIQUE (entity, stage, fields, cells));
CREATE INDEX failed_mark ON failed (entity, mark);
CREATE TABLE candidate (failed INT, position INT, line INT, vague INT, blank INT, vals TEXT);
CREATE INDEX candidate_failed ON candidate (failed);
CREATE TABLE refused (entity INT, position INT, line INT, stage TEXT, key TEXT, vals TEXT);
CREATE UNIQUE INDEX refused_position ON refused (entity, position) WHERE position IS NOT NULL;
CREATE TABLE refusal (
    id INTEGER PRIMARY KEY, entity INT, position INT, line INT, stage TEXT, key TEXT, vals TEXT);
"""
ADD_FAILED = """
INSERT INTO failed (entity, stage, fields, cells, mark, key, vals, blank) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT DO UPDATE SET n = n + 1
"""
SHAPES = "SELECT DISTINCT fields FROM failed WHERE entity = ?"
FIND = "SELECT id, cells FROM failed WHERE entity = ? AND mark = ? AND fields = ?"
ADD_CANDIDATE = "INSERT INTO candidate VALUES (?, ?, ?, ?, ?, ?)"

_BEST = """
SELECT * FROM (
    SELECT position, line, key, vals, n, rank, min(rank) OVER each AS best,
        row_number() OVER (each ORDER BY rank, position DESC) AS nth
    FROM (
        SELECT f.id, c.position, c.line, f.key, c.vals, f.n,
            c.vague + CASE :stage WHEN 'target' THEN 2 * c.blank ELSE 0 END AS rank
        FROM failed f JOIN candidate c ON c.failed = f.id
        WHERE f.entity = :entity AND f.stage = :stage AND NOT EXISTS (
            SELECT 1 FROM refused r WHERE r.entity = :entity AND r.position = c.position))
    WINDOW each AS (PARTITION BY id))
WHERE rank = best
"""
SETTLE_STAGING = f"""
INSERT OR IGNORE INTO refused SELECT :entity, position, line, :stage, key, vals FROM ({_BEST}) WHERE nth <= n
"""  # noqa: S608  composed of constants only
SETTLE_TARGET = f"""
INSERT OR IGNORE INTO refused SELECT :entity, position, line, :stage, key, vals FROM ({_BEST})
"""  # noqa: S608  composed of constants only
SETTLE_LOST = """
INSERT INTO refused SELECT entity, NULL, NULL, stage, key, vals FROM failed
WHERE entity = :entity AND NOT blank AND id NOT IN (SELECT failed FROM candidate)
"""
NUMBER_ROWS = """
INSERT INTO refusal (entity, position, line, stage, key, vals)
SELECT * FROM refused ORDER BY entity, position IS NULL, position, rowid
"""
LINES = """
SELECT r.entity, r.line, r.key, r.stage, r.vals, m.field, m.text
FROM refusal r LEFT JOIN matched t ON t.refusal = r.id LEFT JOIN message m ON m.record = t.record
ORDER BY r.id, m.id
"""
LEFT_OVER = "SELECT field, text FROM message WHERE record IN (SELECT id FROM unmatched) ORDER BY id"
POSITIONS = "SELECT position FROM refusal WHERE entity = ? AND position IS NOT NULL ORDER BY position"
COUNTS = "SELECT entity, count(*), count(position) FROM refusal GROUP BY entity"
LEFT = """
SELECT (SELECT count(*) FROM unexplained), (SELECT count(*) FROM message WHERE record IN (SELECT id FROM unmatched)),
    (SELECT count(DISTINCT refusal) FROM matched WHERE left_over)
"""
