UPDATE device SET branch_id = $2 WHERE engineer_id = $1
