-- ?1: the epoch. ?2: its floor. ?3: all restores as JSON.
UPDATE site SET epoch = ?1, version = max(version, ?2), restores = ?3
