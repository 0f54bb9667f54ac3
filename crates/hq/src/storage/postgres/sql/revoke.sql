UPDATE device SET revoked_at_ms = coalesce(revoked_at_ms, $2) WHERE number = $1
