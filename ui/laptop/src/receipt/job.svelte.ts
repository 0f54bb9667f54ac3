/**
 * A job after the printer took it, followed until it ended. A person may leave; what became of it is then said at the foot of
 * the window.
 */
import type { Job } from '$generated/commands';
import { language, type MessageKey, t, tOr } from '$shared/i18n/i18n.svelte';
import { toast } from '$shared/toasts.svelte';
import { call } from '$shared/transport/transport';

/** How long a job is followed; one that waits longer is the printer's. */
const FOLLOWED_MS = 15 * 60_000;

const ENDED: Job['state'][] = ['done', 'cancelled', 'aborted', 'unknown'];

/** How a job stands, why, and what to do: a sentence each. */
export function jobInWords({ state, reasons }: Job): string {
  const why = reasons.map((reason) => tOr(`receipt.jobReason.${reason}`, 'receipt.jobReason.other'));
  const how: MessageKey = `receipt.jobState.${state}`;
  return [t(how), ...why].join(language.current === 'zh' ? '' : ' ');
}

export class JobWatch {
  job = $state.raw<Job>({ job: '', state: 'unknown', reasons: [] });
  /** Nobody looks at it any more. */
  left = false;

  constructor(
    readonly printer: string,
    job: Job,
  ) {
    this.job = job;
  }

  get ended(): boolean {
    return ENDED.includes(this.job.state);
  }

  /** Whether it came to its end without paper. */
  get failed(): boolean {
    return this.job.state === 'cancelled' || this.job.state === 'aborted';
  }

  /** Follows it to its end, at most for a quarter of an hour. */
  async follow(): Promise<void> {
    const until = Date.now() + FOLLOWED_MS;
    while (!this.ended && Date.now() < until) {
      try {
        this.job = await call('print_watch', { printer: this.printer, known: this.job });
      } catch {
        // The app is being locked or closed: nothing more is heard of it.
        this.job = { ...this.job, state: 'unknown', reasons: [] };
      }
    }
    if (this.job.state === 'done') toast('good', t('receipt.jobState.done'));
    else if (this.left) toast(this.failed ? 'bad' : 'info', jobInWords(this.job));
  }
}
