-- What no hash covers is kept twice, in the table and in an index over all of it: a check of the structure compares the two.
CREATE INDEX site_double ON site (epoch, version, address, key_fingerprint, next_key, next_key_at_ms, restores);
CREATE INDEX device_double ON device (
    id, name, public_key, token_hash, branch_id, engineer_id, app_version, incarnation, wrapped_store_key, clock_off_ms,
    enrolled_at_ms, seen_at_ms, revoked_at_ms, last_seq, wipe_asked_at_ms, wipe_asked_by, wipe_reason,
    wipe_confirmed_at_ms, wipe_confirmed_by, wipe_told_at_ms
);
CREATE INDEX enrolment_double ON enrolment (secret_hash, branch_id, engineer_id, expires_at_ms, used_at_ms, device);
CREATE INDEX account_double ON account (id, name, role, branch_id, password_hash, created_at_ms, closed_at_ms);
CREATE INDEX audit_double ON audit (at_ms, action, subject, account);
CREATE INDEX login_double ON login (token_hash, account, expires_at_ms);
CREATE INDEX feed_double ON feed (position, root_high, root_low);
