-- HQ's own changes hold this lock alone, laptops' share it.
BEGIN; SELECT pg_advisory_xact_lock_shared(17488, 1)
