UPDATE site SET next_address = $1, next_address_at_ms = $2
