UPDATE site SET epoch = $1, restores = $2
