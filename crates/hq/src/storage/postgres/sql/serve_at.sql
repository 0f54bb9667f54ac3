UPDATE site SET address = $1, key_fingerprint = $2
