/** Customers for a combobox, by name, pinyin, initials, number or phone. */
import { call } from '$shared/transport/transport';

const OFFERED_MAX = 20;

export async function findCustomers(
  query: string,
): Promise<{ value: string; label: string; hint: string }[]> {
  const { rows } = await call('customer_list', {
    query,
    levels: [],
    validity: 'any',
    parent_id: null,
    offset: 0,
    limit: OFFERED_MAX,
  });
  return rows.map((row) => ({
    value: row.id,
    label: row.name,
    hint: [row.path.join(' / '), row.region].filter(Boolean).join(' · '),
  }));
}
