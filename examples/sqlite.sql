-- A session for SQLite compiled to WebAssembly; run it with scripts/demo.
CREATE TABLE summit (name TEXT, country TEXT, metres INTEGER);
INSERT INTO summit VALUES
    ('Aconcagua', 'Argentina', 6961), ('Ojos del Salado', 'Chile', 6893), ('Huascarán', 'Peru', 6768),
    ('Sajama', 'Bolivia', 6542), ('Illimani', 'Bolivia', 6438), ('Alpamayo', 'Peru', 5947);

SELECT rank() OVER (ORDER BY metres DESC) AS rank, name, country, metres FROM summit ORDER BY metres DESC;

SELECT country, count(*) AS summits, max(metres) AS highest, group_concat(name, ', ') AS names
FROM summit GROUP BY country ORDER BY summits DESC, highest DESC;

WITH RECURSIVE step (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM step WHERE n < 1000000)
SELECT count(*) AS steps, sum(n) AS total FROM step;

PRAGMA integrity_check;
