/**
 * One visit on the desk: its file as the store has it, kept fresh after each change. It hands changes to commands
 * and shows what they answer; what may be changed and what is missing is decided there, never here.
 */

import { createContext } from 'svelte';
import type { AnswerEntry, Blocker, ChecklistFile, Step, VisitFile } from '$generated/commands';
import { call } from '$shared/transport/transport';
import { createRecord, deleteRecord, type RecordKind, setRecord, tellReopened } from '../../records';

export class VisitDesk {
  file = $state.raw<VisitFile | null>(null);
  error = $state.raw<unknown>(null);
  /** The attachment that is shown large. */
  shown = $state<string | null>(null);
  /** A record just made: its first field takes the focus. */
  fresh = $state<string | null>(null);
  #wanted = 0;
  #loading: Promise<void> | undefined;

  constructor(readonly id: string) {}

  /** Whether it is only read: sealed, cancelled, or of a newer version. */
  get locked(): boolean {
    const state = this.file?.visit.progress.state;
    const isNewer = this.file?.parked.some((one) => one.id === this.id) ?? false;
    return state === 'sealed' || state === 'cancelled' || isNewer;
  }

  /** Reads the file anew. Requests that come while one is under way are answered by one more. */
  refresh(): Promise<void> {
    this.#wanted += 1;
    this.#loading ??= this.#load().finally(() => {
      this.#loading = undefined;
    });
    return this.#loading;
  }

  async #load(): Promise<void> {
    for (;;) {
      const mine = this.#wanted;
      try {
        const file = await call('visit_get', { id: this.id });
        // Something was saved meanwhile: this answer may be older than what is on screen.
        if (mine !== this.#wanted) continue;
        this.file = file;
        this.error = null;
      } catch (thrown) {
        if (mine !== this.#wanted) continue;
        this.error = thrown;
      }
      return;
    }
  }

  async set(fields: Record<string, unknown>): Promise<void> {
    await setRecord('visit', this.id, fields);
    void this.refresh();
  }

  async setChild(kind: RecordKind, id: string, fields: Record<string, unknown>): Promise<void> {
    await setRecord(kind, id, fields);
    void this.refresh();
  }

  /** Makes a record of this visit and lets its first field take the focus. */
  async add(kind: RecordKind, fields: Record<string, unknown> = {}): Promise<void> {
    const id = await createRecord(kind, { visit_id: this.id, ...fields });
    this.fresh = id;
    await this.refresh();
  }

  async remove(kind: string, id: string): Promise<void> {
    await deleteRecord(kind as RecordKind, id);
    await this.refresh();
  }

  async step(step: Step): Promise<void> {
    this.#take(await call('visit_step', { id: this.id, step }));
  }

  /** Freezes the text and puts it before the customer (M43). */
  async present(): Promise<void> {
    this.#take(await call('visit_present', { id: this.id }));
  }

  /** Gives up an amendment: the signed revision stands again. */
  async dropAmendment(): Promise<void> {
    this.#take(await call('amendment_drop', { id: this.id }));
  }

  async addChecklist(template: string): Promise<void> {
    this.#take(await call('checklist_add', { visit: this.id, template }));
  }

  async removeChecklist(template: string): Promise<void> {
    this.#take(await call('checklist_remove', { visit: this.id, template }));
  }

  /** Answers an item; what is left out of `given` stays. */
  async answer(template: string, item: string, given: { value?: unknown; remark?: string }): Promise<void> {
    const saved = await call('answer_set', { visit: this.id, template, item, ...given });
    tellReopened(saved);
    this.#putChecklist(template, (list) => ({
      ...list,
      answers: withAnswer(list.answers, saved.answer),
      review: saved.review,
    }));
    void this.refresh();
  }

  async sectionAsExpected(template: string, section: string): Promise<void> {
    const filled = await call('section_as_expected', { visit: this.id, template, section });
    tellReopened(filled);
    this.#putChecklist(template, () => filled.checklist);
    await this.refresh();
  }

  #putChecklist(template: string, change: (list: ChecklistFile) => ChecklistFile) {
    if (!this.file) return;
    const checklists = this.file.checklists.map((list) =>
      list.template_id === template ? change(list) : list,
    );
    this.file = { ...this.file, checklists };
  }

  #take(file: VisitFile) {
    // A reading that is under way is older than this answer.
    this.#wanted += 1;
    this.file = file;
    this.error = null;
  }
}

function withAnswer(answers: AnswerEntry[], next: AnswerEntry): AnswerEntry[] {
  return [...answers.filter((entry) => entry.answer.item !== next.answer.item), next];
}

export const [getDesk, setDesk] = createContext<VisitDesk>();

/** The element a gap or a link of the outline leads to. */
export const anchors = {
  section: (name: string) => `section-${name}`,
  item: (template: string, item: string) => `item-${template}-${item}`,
  field: (record: string, field: string) => `field-${record}-${field}`,
};

const CONTROL = 'input:not([type="file"]), textarea, [aria-pressed][tabindex="0"], button, input';

const MARKED_MS = 1500;

/** Scrolls there and puts the focus on the first thing one can fill in. */
export function jumpTo(anchor: string) {
  const target = document.getElementById(anchor);
  if (!target) return;
  const calm = window.matchMedia('(prefers-reduced-motion: reduce)').matches;
  target.scrollIntoView({ block: 'center', behavior: calm ? 'auto' : 'smooth' });
  target.querySelector<HTMLElement>(CONTROL)?.focus({ preventScroll: true });
  // A place jumped to by mouse shows no focus ring: mark it for a moment.
  const marked = { outline: '2px solid var(--focus)', outlineOffset: '4px', borderRadius: '4px' };
  target.animate([marked, marked], { duration: MARKED_MS });
}

/** Where the gap is that keeps the visit from being put before the customer. */
export function anchorOf(blocker: Blocker): string {
  if (blocker.template_id && blocker.item) return anchors.item(blocker.template_id, blocker.item);
  if (blocker.code === 'record_newer') return anchors.section('overview');
  if (blocker.field === 'problems') return anchors.section('problems');
  if (blocker.record_id) return anchors.field(blocker.record_id, blocker.field ?? '');
  return anchors.section('overview');
}
