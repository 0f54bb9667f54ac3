INSERT INTO enrolment (secret_hash, branch_id, engineer_id, expires_at_ms) VALUES ($1, $2, $3, $4)
