-- Records without a hash are looked for at every start, and are few or none.
CREATE INDEX record_unhashed ON record (kind, id) WHERE hash_high IS NULL;
