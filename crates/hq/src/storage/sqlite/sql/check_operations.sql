SELECT device, incarnation, seq, hash, body, outcome FROM operation
