UPDATE site SET version = version + ?1 RETURNING version - ?1 AS version
