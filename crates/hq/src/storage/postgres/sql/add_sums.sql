INSERT INTO digest (feed, kind, bucket, high, low)
SELECT feed, kind, bucket, high, low
FROM unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[], $5::bigint[]) AS new (feed, kind, bucket, high, low)
ON CONFLICT (feed, kind, bucket) DO UPDATE SET high = digest.high # excluded.high, low = digest.low # excluded.low
