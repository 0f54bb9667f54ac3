/** Moving through a checklist and answering it by keyboard: ↑ ↓ between items, 1 2 3 … or Y N A for an answer. */

import type { AnswerOption } from './values';

const LETTERS: Record<string, string> = { y: 'yes', n: 'no', a: 'na' };

/** What is typed into is left alone. */
function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target instanceof HTMLInputElement) return !['checkbox', 'radio', 'file'].includes(target.type);
  return target instanceof HTMLTextAreaElement || target.role === 'spinbutton';
}

/** The first thing of an item one can fill in. */
function firstControl(item: Element | undefined): HTMLElement | null {
  const controls = '[aria-pressed][tabindex="0"], .answer input, .answer textarea, [role="spinbutton"]';
  return item?.querySelector<HTMLElement>(controls) ?? item?.querySelector<HTMLElement>('button') ?? null;
}

/** Moves the focus to the item before or after the one it is in. */
function move(from: Element, by: 1 | -1): boolean {
  const items = [...document.querySelectorAll('[data-item]')];
  const next = items[items.indexOf(from) + by];
  const control = firstControl(next);
  if (!next || !control) return false;
  control.focus({ preventScroll: true });
  next.scrollIntoView({ block: 'nearest' });
  return true;
}

/**
 * The answer a key stands for, if it does. Where one chooses among others than yes and no, Y is the first that is in order,
 * N the first that is not, and A what says that it does not apply.
 */
export function answerOf(key: string, options: AnswerOption[]): string | undefined {
  if (/^[1-9]$/.test(key)) return options[Number(key) - 1]?.value;
  const letter = LETTERS[key.toLowerCase()];
  if (letter === undefined || options.length === 0) return undefined;
  const named = options.find((option) => option.value === letter);
  if (named) return named.value;
  const isAside = (option: AnswerOption) => /^(na|none|not_?applicable)$/.test(option.value);
  if (letter === 'na') return options.find(isAside)?.value;
  return options.find((option) => !isAside(option) && (option.tone === 'bad') === (letter === 'no'))?.value;
}

/** The keys that stand for an option, as the screen shows them. */
export function keysOf(options: AnswerOption[], at: number): string[] {
  const value = options[at]?.value;
  const letters = ['y', 'n', 'a'].filter((key) => answerOf(key, options) === value);
  return [...(at < 9 ? [String(at + 1)] : []), ...letters.map((key) => key.toUpperCase())];
}

/** Handles a key pressed within an item; `choose` takes the value it stands for. */
export function itemKey(
  event: KeyboardEvent & { currentTarget: Element },
  options: AnswerOption[],
  choose: (value: string) => void,
) {
  if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
  if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
    if (move(event.currentTarget, event.key === 'ArrowDown' ? 1 : -1)) event.preventDefault();
    return;
  }
  const value = answerOf(event.key, options);
  if (value === undefined) return;
  event.preventDefault();
  choose(value);
}
