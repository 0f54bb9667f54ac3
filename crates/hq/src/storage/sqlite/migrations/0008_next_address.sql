-- The address at which HQ will be found next, and since when laptops are told.
ALTER TABLE site ADD COLUMN next_address TEXT;
ALTER TABLE site ADD COLUMN next_address_at_ms INTEGER;
