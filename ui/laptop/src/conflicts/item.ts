/** The item of a checklist that a conflict about an answer belongs to: its options are known by it. */
import type { ConflictRow, Item } from '$generated/commands';
import { call } from '$shared/transport/transport';

/** `null` for other records, and where visit or checklist have not come yet. */
export async function itemOf(conflict: ConflictRow): Promise<Item | null> {
  if (conflict.kind !== 'answer' || !conflict.visit_id) return null;
  try {
    const { checklists } = await call('visit_get', { id: conflict.visit_id });
    for (const list of checklists) {
      const entry = list.answers.find((one) => one.id === conflict.record_id);
      const items = list.template.sections.flatMap((section) => section.items);
      const found = entry && items.find((one) => one.id === entry.answer.item);
      if (found) return found;
    }
  } catch {
    // Without the visit the value reads as it is.
  }
  return null;
}
