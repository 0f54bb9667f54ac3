-- A home's turn is no row: changes of other homes that touch this feed take its row later, after the records.
SELECT pg_advisory_xact_lock(17489, hashtext($1))
