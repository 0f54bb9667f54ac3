UPDATE feed
SET root_high = feed.root_high # new.high, root_low = feed.root_low # new.low
FROM unnest($1::text[], $2::bigint[], $3::bigint[]) AS new (name, high, low)
WHERE feed.name = new.name
