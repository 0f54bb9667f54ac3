UPDATE record SET hash_high = ?3, hash_low = ?4 WHERE kind = ?1 AND id = ?2
