INSERT INTO digest (feed, kind, bucket, high, low)
VALUES (?, ?, ?, ?, ?)
ON CONFLICT (feed, kind, bucket) DO UPDATE
SET high = (high | excluded.high) - (high & excluded.high), low = (low | excluded.low) - (low & excluded.low)
