UPDATE enrolment SET branch_id = ?2 WHERE engineer_id = ?1 AND used_at_ms IS NULL
