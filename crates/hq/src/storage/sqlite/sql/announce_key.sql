UPDATE site SET next_key = ?1, next_key_at_ms = ?2
