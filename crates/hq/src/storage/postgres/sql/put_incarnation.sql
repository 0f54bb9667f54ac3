UPDATE device SET incarnation = $2 WHERE number = $1 AND incarnation < $2
