-- The newest version of HQ's that any record here has had: what HQ accepts under a later one has not come back yet.
INSERT INTO meta (name, value) SELECT 'newest_version', CAST(ifnull(max(hq_version), 0) AS TEXT) FROM record;
