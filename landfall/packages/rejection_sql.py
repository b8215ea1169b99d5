"""The SQL statements of landfall.packages.rejections."""

TABLES = """
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
PRAGMA cache_size = -8000;
CREATE TABLE failed (
    id INTEGER PRIMARY KEY, entity INT, stage TEXT, fields TEXT, cells TEXT, mark INT, key TEXT, vals TEXT,
    n INT DEFAULT 1, UNIQUE (entity, stage, fields, cells));
CREATE INDEX failed_mark ON failed (entity, mark);
CREATE TABLE candidate (failed INT, position INT, line INT, vague INT, vals TEXT);
CREATE INDEX candidate_failed ON candidate (failed);
CREATE TABLE refused (entity INT, position INT, line INT, stage TEXT, key TEXT, vals TEXT, failed INT);
CREATE UNIQUE INDEX refused_position ON refused (entity, position) WHERE position IS NOT NULL;
CREATE TABLE refusal (
    id INTEGER PRIMARY KEY, entity INT, position INT, line INT, stage TEXT, key TEXT, vals TEXT, failed INT);
CREATE TABLE message (id INTEGER PRIMARY KEY, record INT, field TEXT, text TEXT, staged INT);
CREATE INDEX message_record ON message (record);
CREATE TABLE hint (mark INT, evidence INT, record INT, PRIMARY KEY (mark, evidence, record)) WITHOUT ROWID;
CREATE TABLE holds (mark INT, refusal INT, PRIMARY KEY (mark, refusal)) WITHOUT ROWID;
CREATE TABLE matched (record INTEGER PRIMARY KEY, refusal INT NOT NULL);
CREATE INDEX matched_refusal ON matched (refusal);
CREATE VIEW unexplained AS
    SELECT *, stage = 'target' AS staged FROM refusal
    WHERE NOT EXISTS (SELECT 1 FROM matched WHERE matched.refusal = refusal.id);
CREATE VIEW unmatched AS
    SELECT record, staged > 0 AS staged, max(staged) AS id, group_concat(text, char(10)) AS said FROM message
    WHERE NOT EXISTS (SELECT 1 FROM matched WHERE matched.record = message.record) GROUP BY record;
"""
ADD_FAILED = """
INSERT INTO failed (entity, stage, fields, cells, mark, key, vals) VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT DO UPDATE SET n = n + 1
"""
SHAPES = "SELECT DISTINCT fields FROM failed WHERE entity = ?"
FIND = "SELECT id, cells FROM failed WHERE entity = ? AND mark = ? AND fields = ?"
ADD_CANDIDATE = "INSERT INTO candidate VALUES (?, ?, ?, ?, ?)"

_BEST = """
SELECT * FROM (
    SELECT c.position, c.line, f.key, c.vals, f.id AS failed, f.n, c.vague, min(c.vague) OVER each AS best,
        row_number() OVER (each ORDER BY c.vague, c.position DESC) AS nth
    FROM failed f JOIN candidate c ON c.failed = f.id
    WHERE f.entity = :entity AND f.stage = :stage
    WINDOW each AS (PARTITION BY f.id))
WHERE vague = best
"""
SETTLE_STAGING = f"""
INSERT OR IGNORE INTO refused SELECT :entity, position, line, :stage, key, vals, failed FROM ({_BEST}) WHERE nth <= n
"""  # noqa: S608  composed of constants only
SETTLE_TARGET = f"""
INSERT OR IGNORE INTO refused SELECT :entity, position, line, :stage, key, vals, failed FROM ({_BEST})
"""  # noqa: S608  composed of constants only
SETTLE_LOST = """
INSERT INTO refused SELECT entity, NULL, NULL, stage, key, vals, id FROM failed
WHERE entity = :entity AND id NOT IN (SELECT failed FROM candidate)
"""
NUMBER_ROWS = """
INSERT INTO refusal (entity, position, line, stage, key, vals, failed)
SELECT * FROM refused ORDER BY entity, position IS NULL, position, rowid
"""
ADD_MESSAGE = "INSERT INTO message (record, field, text, staged) VALUES (?, ?, ?, ?)"
ADD_HINT = "INSERT OR IGNORE INTO hint VALUES (?, ?, ?)"
ADD_HOLDS = """
INSERT OR IGNORE INTO holds SELECT :mark, :refusal WHERE EXISTS (SELECT 1 FROM hint WHERE mark = :mark)
"""
_FREE_HINTS = """
FROM hint WHERE evidence = :evidence AND NOT EXISTS (SELECT 1 FROM matched WHERE matched.record = hint.record)
"""
_RANK = "CASE stage WHEN 'target' THEN id ELSE failed END"
"""Staging records are in the data file's order, rows that staging refused in the order of F&O's file of them."""
_FREE_HOLDS = "FROM holds WHERE NOT EXISTS (SELECT 1 FROM matched WHERE matched.refusal = holds.refusal)"
_BALANCED = f"""
FROM (SELECT mark, min(record) AS record, count(*) AS n {_FREE_HINTS} GROUP BY mark) h
JOIN (SELECT mark, min(refusal) AS refusal, count(*) AS n {_FREE_HOLDS} GROUP BY mark) s
ON s.mark = h.mark AND s.n = h.n
"""
PAIR_CERTAIN = f"""
INSERT OR IGNORE INTO matched (record, refusal)
SELECT min(h.record), s.refusal {_BALANCED} WHERE h.n = 1 GROUP BY s.refusal
"""
BALANCED = f"SELECT h.mark {_BALANCED} ORDER BY h.n LIMIT 10000"
PAIR = f"""
INSERT INTO matched (record, refusal) SELECT h.record, s.refusal FROM
(SELECT record, row_number() OVER (ORDER BY record) AS k, count(*) OVER () AS n {_FREE_HINTS} AND mark = :mark) h
JOIN (SELECT refusal, row_number() OVER (ORDER BY {_RANK}, id) AS k, count(*) OVER () AS n
      FROM holds JOIN refusal ON id = refusal {_FREE_HOLDS.removeprefix("FROM holds ")} AND mark = :mark) s
ON s.k = h.k AND s.n = h.n
"""  # noqa: S608  composed of constants only
MATCH_ONLY_ROW = f"""
INSERT OR IGNORE INTO matched (record, refusal) SELECT hint.record, s.refusal {
    _FREE_HINTS.replace(
        " WHERE",
        " JOIN (SELECT mark, min(refusal) AS refusal FROM holds GROUP BY mark HAVING count(*) = 1) s "
        "ON s.mark = hint.mark WHERE",
    )
}
"""  # noqa: S608  composed of constants only
LEFT = """
SELECT
    (SELECT count(*) FROM unexplained WHERE staged = coalesce(:staged, staged)),
    (SELECT count(DISTINCT entity) FROM unexplained WHERE staged = coalesce(:staged, staged)),
    (SELECT count(*) FROM unmatched WHERE staged = coalesce(:staged, staged)),
    (SELECT count(DISTINCT said) FROM unmatched WHERE staged = coalesce(:staged, staged))
"""
MATCH_LEFT = f"""
INSERT INTO matched (record, refusal) SELECT m.record, r.id FROM
(SELECT record, row_number() OVER (ORDER BY id, record) AS k FROM unmatched
 WHERE staged = coalesce(:staged, staged)) m
JOIN (SELECT id, row_number() OVER (ORDER BY {_RANK}, id) AS k FROM unexplained
 WHERE staged = coalesce(:staged, staged)) r ON r.k = m.k
"""  # noqa: S608  composed of constants only
LINES = """
SELECT r.entity, r.line, r.key, r.stage, r.vals, m.field, m.text
FROM refusal r LEFT JOIN matched t ON t.refusal = r.id LEFT JOIN message m ON m.record = t.record
ORDER BY r.id, m.id
"""
LEFT_OVER = "SELECT field, text FROM message WHERE record IN (SELECT record FROM unmatched) ORDER BY id"
POSITIONS = "SELECT position FROM refusal WHERE entity = ? AND position IS NOT NULL ORDER BY position"
UNEXPLAINED = "SELECT count(*) FROM unexplained"
COUNTS = "SELECT entity, count(*), count(position) FROM refusal GROUP BY entity"
