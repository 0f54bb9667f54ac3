/** Products by the name they have in the language on screen; what a person typed stays as typed. */
import type { Installation, ProductEntry } from '$generated/commands';
import { textOf } from '$shared/i18n/i18n.svelte';

/** The name of what is installed: the list's where it was chosen from the list, else as it was typed. */
export function productName(one: Installation, products: ProductEntry[]): string {
  const listed = products.find(({ id }) => id === one.product_id)?.product;
  return listed ? textOf(listed.name) : one.product_name;
}
