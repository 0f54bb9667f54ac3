-- Where a feed ended when it was begun at 0: what had left by then never was here.
ALTER TABLE cursor ADD COLUMN fresh_until INTEGER NOT NULL DEFAULT 0;

-- Customers that another one stands for.
CREATE INDEX customer_merged ON record (doc ->> '$.merged_into')
WHERE kind = 'customer' AND doc ->> '$.merged_into' IS NOT NULL;
