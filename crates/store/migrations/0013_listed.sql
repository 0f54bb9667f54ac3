-- Long lists are put in order from these alone, without reading a document. What they are ordered by comes first, so that
-- no other question is answered by going through them.
CREATE INDEX customer_listed ON record (place, id, kind, deleted, doc ->> '$.merged_into',
    ifnull(doc ->> '$.level', 'company'), doc ->> '$.file_valid_until')
WHERE kind = 'customer';
CREATE INDEX visit_listed ON record (
    coalesce(doc ->> '$.appointment.at', doc ->> '$.progress.arrived_at', doc ->> '$.planned_on', changed_at), id,
    kind, deleted, ifnull(doc ->> '$.progress.state', 'planned'),
    ifnull(doc ->> '$.dispatched_to', doc ->> '$.engineer_id'), customer_id)
WHERE kind = 'visit';
