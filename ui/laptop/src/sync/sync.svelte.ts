/** The state of sync, watched as long as the window is open, so that it is in sight everywhere. */
import type { SyncState } from '$generated/commands';
import { asCommandError, type CommandError, call } from '$shared/transport/transport';

const RETRY_MS = 3000;
const NUDGE_MS = 300;

let current = $state.raw<SyncState | null>(null);
let failed = $state.raw<CommandError | null>(null);
/** Counts syncs that ended while the window was open: pages reload what they show when it moves. */
let ended = $state(0);
let watching = false;
let nudge: ReturnType<typeof setTimeout> | undefined;

function take(next: SyncState) {
  // A short sync may begin and end between two answers.
  const isOver =
    current !== null && !next.running && (current.running || current.last_ok_at !== next.last_ok_at);
  if (isOver) ended += 1;
  current = next;
  failed = null;
}

async function watch(): Promise<void> {
  for (;;) {
    try {
      take(current ? await call('sync_watch', { after: current.revision }) : await call('sync_state'));
    } catch (thrown) {
      failed = asCommandError(thrown);
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }
}

export const sync = {
  get current(): SyncState | null {
    return current;
  },
  get error(): CommandError | null {
    return failed;
  },
  get ended(): number {
    return ended;
  },
  watch() {
    if (watching) return;
    watching = true;
    void watch();
  },
  /** After something was saved here: what waits has changed, and the watch tells of syncs only. */
  changed() {
    clearTimeout(nudge);
    nudge = setTimeout(() => {
      call('sync_state').then(take, () => undefined);
    }, NUDGE_MS);
  },
  async start(): Promise<void> {
    take(await call('sync_start'));
  },
  async cancel(): Promise<void> {
    take(await call('sync_cancel'));
  },
};
