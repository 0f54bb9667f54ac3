SELECT open_for, count(*) AS count, min(open_since_ms) AS oldest_ms,
       coalesce(sum(open_since_ms < ?2), 0) AS over_a_day,
       coalesce(sum(open_since_ms < ?3), 0) AS over_a_week
FROM record
WHERE kind = ?1 AND open_since_ms IS NOT NULL
GROUP BY open_for
