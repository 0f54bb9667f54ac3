SELECT epoch, version, address, key_fingerprint, next_key, next_key_at_ms, next_address, next_address_at_ms, restores FROM site
