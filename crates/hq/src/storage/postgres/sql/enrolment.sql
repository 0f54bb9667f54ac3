SELECT branch_id, engineer_id, expires_at_ms, used_at_ms FROM enrolment WHERE secret_hash = $1 FOR UPDATE
