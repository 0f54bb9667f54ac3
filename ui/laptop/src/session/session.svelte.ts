/** Who is at the laptop and whether the store is open. One session for the whole interface. */
import type { Session, StoreRestored } from '$generated/commands';
import { useZone } from '$shared/dates.svelte';
import { asCommandError, type CommandError, call } from '$shared/transport/transport';

let current = $state.raw<Session | null>(null);
let failed = $state.raw<CommandError | null>(null);
let restored = $state.raw<StoreRestored | null>(null);

export const session = {
  get current(): Session | null {
    return current;
  },
  get error(): CommandError | null {
    return failed;
  },
  /** What came of restoring a damaged store, until somebody has read it. */
  get restored(): StoreRestored | null {
    return restored;
  },
  set restored(next: StoreRestored | null) {
    restored = next;
  },
  /** Takes what a command answered. */
  take(next: Session) {
    current = next;
    failed = null;
    useZone(next.zone_minutes);
  },
  async load(): Promise<void> {
    try {
      session.take(await call('session_state'));
    } catch (thrown) {
      failed = asCommandError(thrown);
    }
  },
};
