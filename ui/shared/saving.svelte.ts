/** A value on its way to the store: what every field that saves itself shows and remembers. */
import type { CommandError } from './transport/transport';
import { asCommandError } from './transport/transport';

const SAVED_SHOWN_MS = 1800;

export class Saving {
  status = $state<'idle' | 'saving' | 'saved' | 'failed'>('idle');
  error = $state<CommandError | null>(null);
  #shown: ReturnType<typeof setTimeout> | undefined;

  /** Runs the save. Answers whether it went well; what went wrong stays in `error`. */
  async run(save: () => Promise<unknown>): Promise<boolean> {
    clearTimeout(this.#shown);
    this.status = 'saving';
    try {
      await save();
    } catch (thrown) {
      this.error = asCommandError(thrown);
      this.status = 'failed';
      return false;
    }
    this.error = null;
    this.status = 'saved';
    this.#shown = setTimeout(() => {
      this.status = 'idle';
    }, SAVED_SHOWN_MS);
    return true;
  }
}
