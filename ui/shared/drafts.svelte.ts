/**
 * What was typed or chosen and could not be saved: kept here by record and field, in memory, until it is saved or given
 * up. A field that is left, a page, even a store that was locked, comes back with it. Saves nothing by itself: it runs the
 * fields' own saves again.
 */
import { getContext, setContext } from 'svelte';
import { SvelteMap } from 'svelte/reactivity';
import type { CommandError } from './transport/transport';
import { asCommandError } from './transport/transport';

export interface Draft {
  /** What the field is called on screen. */
  label: string;
  /** Where it is, as the address says after `#`. */
  place: string;
  value: unknown;
  error: CommandError;
  save: () => Promise<unknown>;
}

/** What is tried again by itself: the rest was refused for what it says, and would be again. */
const PASSING = new Set(['disk_full', 'folder_unwritable', 'busy', 'internal', 'locked', 'host_gone']);
const RETRY_MS = 15_000;

const kept = new SvelteMap<string, Draft>();
let timer: ReturnType<typeof setTimeout> | undefined;
let isTrying = false;

function wait() {
  clearTimeout(timer);
  timer = kept.size > 0 ? setTimeout(() => void retry(false), RETRY_MS) : undefined;
}

async function retry(all: boolean): Promise<void> {
  if (isTrying) return;
  isTrying = true;
  try {
    for (const [key, draft] of [...kept]) {
      const isPassing = draft.error.retryable || PASSING.has(draft.error.code);
      if (!all && !isPassing) continue;
      try {
        await draft.save();
        if (kept.get(key) === draft) kept.delete(key);
      } catch (thrown) {
        const error = asCommandError(thrown);
        if (kept.get(key) === draft) kept.set(key, { ...draft, error });
        // No room for one is no room for the next.
        if (!all && PASSING.has(error.code)) break;
      }
    }
  } finally {
    isTrying = false;
    wait();
  }
}

export const drafts = {
  get(key: string | null): Draft | undefined {
    return key === null ? undefined : kept.get(key);
  },
  get all(): [string, Draft][] {
    return [...kept];
  },
  get count(): number {
    return kept.size;
  },
  keep(key: string, draft: Draft) {
    kept.set(key, draft);
    wait();
  },
  /** It was saved, or its author gave it up. */
  drop(key: string) {
    kept.delete(key);
    wait();
  },
  dropAll() {
    kept.clear();
    wait();
  },
  /** Something was saved: there may be room for the rest again. */
  tryOthers() {
    if (kept.size > 0) void retry(false);
  },
  /** Somebody asks for it: everything is tried, what was refused as well. */
  retryAll: () => retry(true),
};

const CONTEXT = Symbol('record whose fields these are');

/** Says, for the fields below, of which record they are. */
export function fieldsOf(record: () => string) {
  setContext(CONTEXT, record);
}

/** The key of a field of the record that the components above say; `null` for a field of none. */
export function keyOf(): (field: string) => string | null {
  const record = getContext<(() => string) | undefined>(CONTEXT);
  return (field) => (record ? `${record()}/${field}` : null);
}
