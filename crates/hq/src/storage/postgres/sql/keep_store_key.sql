UPDATE device SET wrapped_store_key = $2 WHERE number = $1
