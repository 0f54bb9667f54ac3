SELECT epoch, version, address, key_fingerprint FROM site
