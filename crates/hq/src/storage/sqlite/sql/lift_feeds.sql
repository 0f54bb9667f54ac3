UPDATE feed SET position = max(position, ?1)
