-- What operations change, beside the outbox: HQ's answers rewrite its rows and would write these anew each time.
CREATE TABLE outbox_fields (
    seq    INTEGER PRIMARY KEY REFERENCES outbox (seq) ON UPDATE CASCADE ON DELETE CASCADE,
    fields TEXT    NOT NULL                     -- {field: {"value": …, "base": HQ's version its author saw}}
) STRICT;
INSERT INTO outbox_fields (seq, fields) SELECT seq, fields FROM outbox;
ALTER TABLE outbox DROP COLUMN fields;
