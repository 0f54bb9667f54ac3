-- Where a feed ended when it was begun at 0: what had left by then never was here.
ALTER TABLE cursor ADD COLUMN fresh_until INTEGER NOT NULL DEFAULT 0;
