DELETE FROM login WHERE expires_at_ms <= ?1
