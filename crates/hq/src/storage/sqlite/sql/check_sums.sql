SELECT feed, kind, bucket, high, low FROM digest
