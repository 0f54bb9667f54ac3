SELECT kind, bucket, high, low FROM digest WHERE feed = $1 AND (high <> 0 OR low <> 0)
