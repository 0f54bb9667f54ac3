SELECT name, root_high, root_low FROM feed
