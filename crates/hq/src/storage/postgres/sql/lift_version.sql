SELECT setval('version', greatest(last_value, $1)) FROM version
