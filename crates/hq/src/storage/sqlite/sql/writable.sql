UPDATE site SET epoch = epoch
