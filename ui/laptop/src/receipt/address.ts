/** Where a receipt is shown: of a revision, or the latest. */
import { to } from '../router.svelte';

export function receiptAddress(visit: string, revision?: number): string {
  const address = to('visits', visit, 'receipt');
  return revision === undefined ? address : `${address}?revision=${revision}`;
}
