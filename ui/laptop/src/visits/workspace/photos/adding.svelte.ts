/** Files on their way into the visit, one after another; each that fails says why and can be tried again. */
import type { Role, Traces } from '$generated/commands';
import { asCommandError, type CommandError, call, upload } from '$shared/transport/transport';
import type { VisitDesk } from '../desk.svelte';

/** What the files belong to; neither: to the visit as a whole. */
export interface Place {
  about?: string | undefined;
  item?: { template: string; item: string } | undefined;
}

export interface Pending {
  key: number;
  file: File;
  role: Role;
  /** Of a large file, the share that was handed over, 0 to 1. */
  share: number;
  error: CommandError | null;
  /** Names what was handed over already, while the person is asked about it. */
  handed: string | null;
  /** What the person wants done with what a camera noted in it. */
  traces: Traces | null;
  ending: AbortController;
}

let nextKey = 1;

export class Adding {
  pending = $state<Pending[]>([]);
  #queue: Promise<void> = Promise.resolve();

  constructor(
    readonly desk: VisitDesk,
    readonly place: () => Place,
  ) {}

  add(files: Iterable<File>, role: Role) {
    for (const file of files) {
      this.pending.push({
        key: nextKey++,
        file,
        role,
        share: 0,
        error: null,
        handed: null,
        traces: null,
        ending: new AbortController(),
      });
      const added = this.pending.at(-1);
      if (added) this.#enqueue(added);
    }
  }

  retry(one: Pending) {
    one.error = null;
    one.share = 0;
    this.#enqueue(one);
  }

  /** Goes on with one about which the person was asked. */
  decide(one: Pending, traces: Traces) {
    one.traces = traces;
    this.retry(one);
  }

  /** Takes one off: what was handed over of it is thrown away. */
  dismiss(one: Pending) {
    one.ending.abort();
    this.pending = this.pending.filter((other) => other.key !== one.key);
  }

  #enqueue(one: Pending) {
    this.#queue = this.#queue.then(() => this.#send(one));
  }

  async #send(one: Pending): Promise<void> {
    const { about, item } = this.place();
    if (one.ending.signal.aborted) return;
    try {
      one.handed ??= await upload(one.file, {
        signal: one.ending.signal,
        progress: (share) => {
          one.share = share;
        },
      });
      await call('attachment_add', {
        visit: this.desk.id,
        about: about ?? null,
        item: item ?? null,
        role: one.role,
        upload: one.handed,
        name: one.file.name,
        caption: '',
        traces: one.traces,
      });
      // The tile stays until the picture that takes its place is there.
      await this.desk.refresh();
      this.dismiss(one);
    } catch (thrown) {
      one.error = asCommandError(thrown);
      // A question leaves it where it is; anything else took it.
      if (one.error.code !== 'photo_tells') one.handed = null;
    }
  }
}

/** Pictures of a paste or a drop. */
export function filesOf(data: DataTransfer | null): File[] {
  return data ? [...data.files] : [];
}

/** Pictures that a paste does not carry: some webviews hand them out only when asked for. */
export async function picturesOnClipboard(): Promise<File[]> {
  try {
    const found: File[] = [];
    for (const item of await navigator.clipboard.read()) {
      const type = item.types.find((one) => one.startsWith('image/'));
      if (type)
        found.push(new File([await item.getType(type)], `${type.replace('image/', 'picture.')}`, { type }));
    }
    return found;
  } catch {
    // Nothing to read there, or the system does not let us.
    return [];
  }
}
