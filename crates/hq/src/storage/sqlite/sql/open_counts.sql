-- 0 is what nobody knows the age of: it is old by no count.
SELECT open_for, count(*) AS count, coalesce(min(nullif(open_since_ms, 0)), 0) AS oldest_ms,
       coalesce(sum(open_since_ms < ?2 AND open_since_ms <> 0), 0) AS over_a_day,
       coalesce(sum(open_since_ms < ?3 AND open_since_ms <> 0), 0) AS over_a_week
FROM record
WHERE kind = ?1 AND open_since_ms IS NOT NULL
GROUP BY open_for
