BEGIN; SELECT pg_advisory_xact_lock(17488, 1)
