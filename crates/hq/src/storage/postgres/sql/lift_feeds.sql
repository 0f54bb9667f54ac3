UPDATE feed SET position = greatest(position, $1)
