SELECT site.epoch, CASE WHEN version.is_called THEN version.last_value ELSE 0 END AS version, site.address,
       site.key_fingerprint, site.next_key, site.next_key_at_ms, site.next_address, site.next_address_at_ms, site.restores
FROM site, version
