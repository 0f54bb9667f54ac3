/**
 * A long list fetched page by page as it comes into sight. Holds what was fetched of the present question;
 * an answer to an older question is dropped.
 */
import { SvelteMap } from 'svelte/reactivity';
import { asCommandError, type CommandError } from './transport/transport';

const PAGE_ROWS = 100;

export interface Page<Row> {
  total: number;
  rows: Row[];
}

export class Paged<Row> {
  total = $state<number | null>(null);
  error = $state<CommandError | null>(null);
  #rows = new SvelteMap<number, Row>();
  #asked = new Set<number>();
  #question = 0;
  #fetch: (offset: number, limit: number) => Promise<Page<Row>>;

  constructor(fetch: (offset: number, limit: number) => Promise<Page<Row>>) {
    this.#fetch = fetch;
  }

  /** Asks anew. The old rows stay in sight until the first page of the new answer is there. */
  async reload(): Promise<void> {
    this.#question += 1;
    this.#asked.clear();
    await this.#load(0, true);
  }

  /** The row, once it is there; asking for it fetches its page. */
  row(index: number): Row | undefined {
    return this.#rows.get(index);
  }

  /** Says which rows are in sight. */
  want(from: number, to: number) {
    for (let page = Math.floor(from / PAGE_ROWS); page <= Math.floor(to / PAGE_ROWS); page++) {
      if (!this.#asked.has(page)) void this.#load(page, false);
    }
  }

  async #load(page: number, first: boolean): Promise<void> {
    const question = this.#question;
    this.#asked.add(page);
    try {
      const answer = await this.#fetch(page * PAGE_ROWS, PAGE_ROWS);
      if (question !== this.#question) return;
      if (first) this.#rows.clear();
      this.error = null;
      this.total = answer.total;
      answer.rows.forEach((row, i) => {
        this.#rows.set(page * PAGE_ROWS + i, row);
      });
    } catch (thrown) {
      if (question !== this.#question) return;
      this.#asked.delete(page);
      this.error = asCommandError(thrown);
    }
  }
}
