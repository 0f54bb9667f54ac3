-- Customers stand by the sound of their names. The key is set with the record; those that were here before get theirs
-- when the store is opened next.
ALTER TABLE record ADD COLUMN place TEXT;

CREATE INDEX customer_by_place ON record (place, id) WHERE kind = 'customer';
DROP INDEX customer_by_name;
