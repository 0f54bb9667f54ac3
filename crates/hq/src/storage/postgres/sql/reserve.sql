SELECT reserve_versions($1) AS version
