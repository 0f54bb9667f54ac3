/**
 * A long list fetched page by page: what is in sight first, then what the scrolling leads to. Holds what was fetched of the
 * present question; an answer to an older question is dropped, and what was scrolled past before it was asked for is not
 * asked for at all.
 */
import { SvelteMap } from 'svelte/reactivity';
import { asCommandError, type CommandError } from './transport/transport';

const PAGE_ROWS = 100;
/** Pages fetched before they are in sight: where the scrolling leads, and on the other side. */
const AHEAD_PAGES = 6;
const BEHIND_PAGES = 2;
/** Requests at once for what is not in sight yet, so that what comes into sight waits for few. */
const AHEAD_REQUESTS = 2;
/** Pages kept; those farthest from sight are let go. */
const KEPT_PAGES = 60;

export interface Page<Row> {
  total: number;
  rows: Row[];
  /** Which row of the whole list the record that was asked for is. */
  found_at: number | null;
}

export class Paged<Row> {
  total = $state<number | null>(null);
  error = $state<CommandError | null>(null);
  #pages = new SvelteMap<number, Row[]>();
  #onTheirWay = new Set<number>();
  #failed = new Set<number>();
  #question = 0;
  #first = 0;
  #last = 0;
  #isUpwards = false;
  #fetch: (offset: number, limit: number, find: string | null) => Promise<Page<Row>>;

  constructor(fetch: (offset: number, limit: number, find: string | null) => Promise<Page<Row>>) {
    this.#fetch = fetch;
  }

  /**
   * Asks anew, and where the record `find` stands now; `isOther` for another question, whose answer is read from its
   * beginning. The old rows stay in sight until those in their place are there. Gives `undefined` when yet another question
   * came up meanwhile.
   */
  async reload(find: string | null = null, isOther = false): Promise<number | null | undefined> {
    if (isOther) this.#first = this.#last = 0;
    this.#question += 1;
    this.#onTheirWay.clear();
    this.#failed.clear();
    const found = await this.#load(this.#first, true, find);
    this.#pump();
    return found;
  }

  /** The row, once it is there. */
  row(index: number): Row | undefined {
    return this.#pages.get(Math.floor(index / PAGE_ROWS))?.[index % PAGE_ROWS];
  }

  /** The row, fetched if need be; `undefined` when there is none, or another question came up meanwhile. */
  async fetched(index: number): Promise<Row | undefined> {
    const page = Math.floor(index / PAGE_ROWS);
    if (!this.#pages.has(page)) await this.#load(page, false, null);
    return this.row(index);
  }

  /** Where a record stands in the list; `undefined` when another question came up meanwhile. */
  async locate(id: string): Promise<number | null | undefined> {
    const question = this.#question;
    try {
      const answer = await this.#fetch(0, 0, id);
      return question === this.#question ? answer.found_at : undefined;
    } catch (thrown) {
      if (question === this.#question) this.error = asCommandError(thrown);
      return undefined;
    }
  }

  /** Says which rows are in sight. */
  want(from: number, to: number) {
    const first = Math.floor(from / PAGE_ROWS);
    if (first !== this.#first) this.#isUpwards = first < this.#first;
    this.#first = first;
    this.#last = Math.floor(to / PAGE_ROWS);
    this.#pump();
  }

  #pump() {
    if (this.total === null) return;
    for (let page = this.#first; page <= this.#last; page++) {
      if (this.#isMissing(page)) void this.#loadAndGoOn(page);
    }
    for (const page of this.#ahead()) {
      if (this.#onTheirWay.size >= AHEAD_REQUESTS) return;
      if (this.#isMissing(page)) void this.#loadAndGoOn(page);
    }
  }

  *#ahead() {
    for (let step = 1; step <= AHEAD_PAGES; step++) {
      yield this.#isUpwards ? this.#first - step : this.#last + step;
      if (step <= BEHIND_PAGES) yield this.#isUpwards ? this.#last + step : this.#first - step;
    }
  }

  #isMissing(page: number): boolean {
    const isInList = page >= 0 && page * PAGE_ROWS < (this.total ?? 0);
    return isInList && !this.#pages.has(page) && !this.#onTheirWay.has(page) && !this.#failed.has(page);
  }

  async #loadAndGoOn(page: number) {
    await this.#load(page, false, null);
    this.#pump();
  }

  async #load(page: number, isAnew: boolean, find: string | null): Promise<number | null | undefined> {
    const question = this.#question;
    this.#onTheirWay.add(page);
    try {
      const answer = await this.#fetch(page * PAGE_ROWS, PAGE_ROWS, find);
      if (question !== this.#question) return undefined;
      this.#onTheirWay.delete(page);
      this.error = null;
      this.total = answer.total;
      if (isAnew) {
        for (const old of [...this.#pages.keys()]) if (old !== page) this.#pages.delete(old);
      }
      this.#pages.set(page, answer.rows);
      this.#letGo();
      return answer.found_at;
    } catch (thrown) {
      if (question !== this.#question) return undefined;
      this.#onTheirWay.delete(page);
      // Not asked for again and again: whoever reads the error has a button for it.
      this.#failed.add(page);
      this.error = asCommandError(thrown);
      return undefined;
    }
  }

  #letGo() {
    const far = (page: number) => Math.max(this.#first - page, page - this.#last);
    while (this.#pages.size > KEPT_PAGES) {
      const farthest = [...this.#pages.keys()].reduce((a, b) => (far(b) > far(a) ? b : a));
      this.#pages.delete(farthest);
    }
  }
}
