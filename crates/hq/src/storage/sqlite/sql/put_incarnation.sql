UPDATE device SET incarnation = max(incarnation, ?2) WHERE number = ?1
