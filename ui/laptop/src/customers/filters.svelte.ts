/** What the list of customers shows; kept while the window is open, so that coming back finds it as it was. */
import type { Level } from '$generated/commands';

interface Filters {
  query: string;
  level: Level | 'any';
  validity: 'any' | 'valid' | 'expiring' | 'expired';
  active: number;
}

export const filters = $state<Filters>({ query: '', level: 'any', validity: 'any', active: -1 });
/** Moves when a customer was added, changed or taken away here: the list asks anew. */
export const changes = $state({ count: 0 });
