/** Short messages at the foot of the window: what was just done, what just failed. */
import { codeInWords } from './errors';
import { asCommandError } from './transport/transport';

export interface Toast {
  id: number;
  tone: 'good' | 'bad' | 'info';
  text: string;
  action?: { label: string; run: () => void };
}

const SHOWN_MS = 5000;
const BAD_SHOWN_MS = 10_000;
let next = 1;

export const toasts = $state<Toast[]>([]);

export function dismiss(id: number) {
  const at = toasts.findIndex((toast) => toast.id === id);
  if (at >= 0) toasts.splice(at, 1);
}

export function toast(tone: Toast['tone'], text: string, action?: Toast['action']) {
  const id = next++;
  toasts.push(action ? { id, tone, text, action } : { id, tone, text });
  if (toasts.length > 4) {
    // What one can still act on goes last.
    const at = toasts.findIndex((one) => !one.action);
    toasts.splice(Math.max(0, at), 1);
  }
  // What offers an action stays until it is taken or dismissed: nobody is too slow for it (WCAG 2.2.1).
  if (action) return;
  setTimeout(() => dismiss(id), tone === 'bad' ? BAD_SHOWN_MS : SHOWN_MS);
}

/** Says in plain words what went wrong. */
export function toastError(thrown: unknown) {
  toast('bad', codeInWords(asCommandError(thrown).code));
}
