-- 1 when HQ took an operation and values of it lost: it waits until the conflicts about them are here.
ALTER TABLE outbox ADD COLUMN lost INTEGER NOT NULL DEFAULT 0;
CREATE INDEX outbox_lost ON outbox (seq) WHERE lost = 1;
