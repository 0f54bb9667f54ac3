UPDATE site SET version = ?1
