UPDATE feed
SET root_high = (root_high | ?2) - (root_high & ?2), root_low = (root_low | ?3) - (root_low & ?3)
WHERE name = ?1
