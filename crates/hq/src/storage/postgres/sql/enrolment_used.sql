UPDATE enrolment SET used_at_ms = $2, device = $3 WHERE secret_hash = $1
