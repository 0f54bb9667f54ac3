-- The key that HQ will serve with next, announced under the one it has.
ALTER TABLE site ADD COLUMN next_key BLOB;
ALTER TABLE site ADD COLUMN next_key_at_ms INTEGER;
-- Restores from a backup as JSON: [{"epoch": …, "from": …}]. Each began an epoch.
ALTER TABLE site ADD COLUMN restores TEXT NOT NULL DEFAULT '[]';
