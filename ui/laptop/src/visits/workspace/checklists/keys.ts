/** Moving through a checklist and answering it by keyboard: ↑ ↓ between items, 1 2 3 … or Y N A for an answer. */

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

/** The answer a key stands for among these values, if it does. */
export function answerOf(key: string, values: string[]): string | undefined {
  const letter = LETTERS[key.toLowerCase()];
  if (letter !== undefined) return values.includes(letter) ? letter : undefined;
  return /^[1-9]$/.test(key) ? values[Number(key) - 1] : undefined;
}

/** Handles a key pressed within an item; `choose` takes the value it stands for. */
export function itemKey(
  event: KeyboardEvent & { currentTarget: Element },
  values: string[],
  choose: (value: string) => void,
) {
  if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
  if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
    if (move(event.currentTarget, event.key === 'ArrowDown' ? 1 : -1)) event.preventDefault();
    return;
  }
  const value = answerOf(event.key, values);
  if (value === undefined) return;
  event.preventDefault();
  choose(value);
}
