UPDATE account SET closed_at_ms = ?2 WHERE name = ?1 AND closed_at_ms IS NULL
