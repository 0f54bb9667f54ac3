/** Records saved field by field, the same way everywhere. */
import type { Saved } from '$generated/commands';
import { t } from '$shared/i18n/i18n.svelte';
import { toast } from '$shared/toasts.svelte';
import { call } from '$shared/transport/transport';
import { sync } from './sync/sync.svelte';

export type RecordKind =
  | 'customer'
  | 'contact'
  | 'installation'
  | 'visit'
  | 'problem'
  | 'question'
  | 'open_point'
  | 'attachment';

/** An empty text means "not known": it clears the field. */
function cleared(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [name, value === '' ? null : value]),
  );
}

/** Says so when the change took a visit back from the customer. */
export function tellReopened(saved: { visit_reopened: boolean }) {
  if (saved.visit_reopened) toast('info', t('field.visitReopened'));
}

/** Saves some fields of a record. Throws a CommandError. */
export async function setRecord(
  kind: RecordKind,
  id: string,
  fields: Record<string, unknown>,
): Promise<Saved> {
  const saved = await call('record_set', { kind, id, fields: cleared(fields) });
  tellReopened(saved);
  sync.changed();
  return saved;
}

/** Makes a record; answers its id. Throws a CommandError. */
export async function createRecord(kind: RecordKind, fields: Record<string, unknown>): Promise<string> {
  const filled = Object.entries(cleared(fields)).filter(([, value]) => value !== null);
  const created = await call('record_create', { kind, fields: Object.fromEntries(filled) });
  tellReopened(created);
  return created.id;
}

/** Deletes a record (a tombstone; HQ keeps what it had). Throws a CommandError. */
export async function deleteRecord(kind: RecordKind, id: string): Promise<void> {
  tellReopened(await call('record_delete', { kind, id }));
  sync.changed();
}
