"""The SQL statements of landfall.packages.joining."""

TABLES = """
CREATE TABLE message (id INTEGER PRIMARY KEY, record INT, field TEXT, text TEXT);
CREATE INDEX message_record ON message (record);
CREATE TABLE record (id INTEGER PRIMARY KEY, kind INT, stage TEXT);
CREATE TABLE hint (mark INT, worth INT, record INT, PRIMARY KEY (mark, worth, record)) WITHOUT ROWID;
CREATE TABLE holds (mark INT, refusal INT, PRIMARY KEY (mark, refusal)) WITHOUT ROWID;
CREATE TABLE fitting (id INTEGER PRIMARY KEY, refusal INT);
CREATE TABLE matched (record INT, refusal INT, left_over INT DEFAULT 0, PRIMARY KEY (record, refusal)) WITHOUT ROWID;
CREATE UNIQUE INDEX matched_once ON matched (record) WHERE NOT left_over;
CREATE INDEX matched_refusal ON matched (refusal);
CREATE VIEW unexplained AS
    SELECT * FROM refusal WHERE NOT EXISTS (SELECT 1 FROM matched WHERE matched.refusal = refusal.id);
CREATE VIEW unmatched AS
    SELECT * FROM record WHERE NOT EXISTS (SELECT 1 FROM matched WHERE matched.record = record.id);
"""
ROWS = "SELECT id, stage, vals FROM refusal"
NOT_STAGED = """
SELECT id, vals FROM unexplained WHERE stage <> 'target' AND EXISTS (SELECT 1 FROM unmatched WHERE stage = 'target')
"""
ADD_MESSAGE = "INSERT INTO message (record, field, text) VALUES (?, ?, ?)"
ADD_RECORD = "INSERT OR REPLACE INTO record VALUES (?, ?, ?)"
ADD_HINT = "INSERT OR IGNORE INTO hint VALUES (?, ?, ?)"
ADD_HOLDS = """
INSERT OR IGNORE INTO holds SELECT :mark, :refusal WHERE EXISTS (SELECT 1 FROM hint WHERE mark = :mark)
"""
_FREE_HINTS = """
FROM hint JOIN record ON record.id = hint.record
WHERE worth = :worth AND NOT EXISTS (SELECT 1 FROM matched WHERE matched.record = hint.record)
"""
_FREE_HOLDS = "FROM holds WHERE NOT EXISTS (SELECT 1 FROM matched WHERE matched.refusal = holds.refusal)"
_BALANCED = f"""
FROM (SELECT mark, min(record) AS record, count(*) AS n, min(kind) = max(kind) AS alike {_FREE_HINTS} GROUP BY mark) h
JOIN (SELECT mark, min(refusal) AS refusal, count(*) AS n {_FREE_HOLDS} GROUP BY mark) s
ON s.mark = h.mark AND s.n = h.n AND h.alike
"""
PAIR_CERTAIN = f"""
INSERT OR IGNORE INTO matched (record, refusal)
SELECT min(h.record), s.refusal {_BALANCED} WHERE h.n = 1 GROUP BY s.refusal
"""
BALANCED = f"SELECT h.mark {_BALANCED} ORDER BY h.n LIMIT 10000"
PAIR = f"""
INSERT INTO matched (record, refusal) SELECT h.record, s.refusal FROM
(SELECT record, row_number() OVER (ORDER BY record) AS k, count(*) OVER () AS n {_FREE_HINTS} AND mark = :mark) h
JOIN (SELECT refusal, row_number() OVER (ORDER BY refusal) AS k, count(*) OVER () AS n
      {_FREE_HOLDS} AND mark = :mark) s
ON s.k = h.k AND s.n = h.n
"""  # noqa: S608  composed of constants only
MATCH_ONLY_ROW = """
INSERT OR IGNORE INTO matched (record, refusal) SELECT hint.record, s.refusal
FROM hint JOIN (SELECT mark, min(refusal) AS refusal FROM holds GROUP BY mark HAVING count(*) = 1) s
ON s.mark = hint.mark
WHERE worth = :worth AND NOT EXISTS (SELECT 1 FROM matched WHERE matched.record = hint.record)
"""
LEFT_KINDS = "SELECT min(id), count(*) FROM unmatched WHERE :stage IN ('', stage) GROUP BY kind LIMIT 2"
LEFT_ROWS = "SELECT id, vals FROM unexplained WHERE :stage IN ('', stage) ORDER BY id"
LEFT_RECORDS = "SELECT id, stage FROM unmatched"
COUNT_FITTING = """
SELECT count(*), count(DISTINCT entity) FROM fitting JOIN refusal ON refusal.id = fitting.refusal
"""
JOIN_FITTING = """
INSERT INTO matched (record, refusal, left_over) SELECT m.id, f.refusal, 1 FROM fitting f CROSS JOIN
(SELECT id, row_number() OVER (ORDER BY id) AS k FROM unmatched WHERE :stage IN ('', stage)) m
ON m.k = min(f.id, :records)
"""
JOIN = "INSERT INTO matched (record, refusal, left_over) VALUES (?, ?, 1)"
MESSAGES_OF = "SELECT '', field, text FROM message WHERE record = ? ORDER BY id"
