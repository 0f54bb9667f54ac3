/** A value on its way to the store: what every field that saves itself shows and remembers. */
import { drafts, keyOf } from './drafts.svelte';
import type { CommandError } from './transport/transport';
import { asCommandError } from './transport/transport';

const SAVED_SHOWN_MS = 1800;

/** The field that a value belongs to. */
interface About {
  label: string;
  /** Tells the fields of one record apart; its label does where there is none. */
  name?: string | undefined;
  value: unknown;
}

export class Saving {
  status = $state<'idle' | 'saving' | 'saved' | 'failed'>('idle');
  error = $state<CommandError | null>(null);
  #shown: ReturnType<typeof setTimeout> | undefined;
  #keptAs: string | null = null;
  /** Read while the component is made: the record is known by its place in the page. */
  #key = keyOf();
  /** Where the field is; once it is left, the address is another one already. */
  #place = location.hash;

  /**
   * Runs the save. Answers whether it went well; what went wrong stays in `error`, and the value `about` a field is kept
   * as a draft until it is saved.
   */
  async run(save: () => Promise<unknown>, about?: About): Promise<boolean> {
    clearTimeout(this.#shown);
    this.status = 'saving';
    const key = about ? this.#key(about.name ?? about.label) : null;
    try {
      await save();
    } catch (thrown) {
      this.error = asCommandError(thrown);
      this.status = 'failed';
      if (about && key !== null) {
        this.#keptAs = key;
        drafts.keep(key, {
          label: about.label,
          value: about.value,
          place: this.#place,
          error: this.error,
          save,
        });
      }
      return false;
    }
    if (key !== null) drafts.drop(key);
    drafts.tryOthers();
    this.told();
    return true;
  }

  /** What of a field waits to be saved. */
  kept(label: string, name?: string): { value: unknown } | undefined {
    return drafts.get(this.#key(name ?? label));
  }

  /** The same, for a field that comes into the page: it shows as it was left. */
  found(label: string, name?: string): { value: unknown } | undefined {
    const key = this.#key(name ?? label);
    const draft = drafts.get(key);
    if (!draft) return undefined;
    this.#keptAs = key;
    this.error = draft.error;
    this.status = 'failed';
    return draft;
  }

  /** The draft was saved, or given up, without the field. */
  get isSettled(): boolean {
    return this.status === 'failed' && this.#keptAs !== null && !drafts.get(this.#keptAs);
  }

  /** What keeps the value from being saved: nothing any more once the draft was saved without the field. */
  get reason(): CommandError | null {
    return this.isSettled ? null : this.error;
  }

  /** Its author gives the draft up. */
  forget(label: string, name?: string) {
    const key = this.#key(name ?? label);
    if (key !== null) drafts.drop(key);
    this.#keptAs = null;
    this.error = null;
    this.status = 'idle';
  }

  /** It is saved: shown for a moment. */
  told() {
    this.#keptAs = null;
    this.error = null;
    this.status = 'saved';
    clearTimeout(this.#shown);
    this.#shown = setTimeout(() => {
      this.status = 'idle';
    }, SAVED_SHOWN_MS);
  }
}
