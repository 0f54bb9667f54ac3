SELECT position FROM feed WHERE name = $1 FOR UPDATE
