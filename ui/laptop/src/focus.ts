/**
 * Where the keyboard goes on when what had the focus is taken out of the page: a step that was taken, a row that was
 * deleted, a dialog whose button is gone. Without this it falls to the page, and Tab begins at the window's edge.
 */

const TABBABLE =
  'a[href], button:not(:disabled), input:not(:disabled, [type="file"]), textarea:not(:disabled), [tabindex="0"]';
/** What is to be done next, where a place says so. */
const NEXT = '.button.primary:not(:disabled)';
/** Menus and dialogs: when they close, the focus goes on where they were opened. */
const FLOATING = '#floating';

function ancestors(element: Element): Element[] {
  const all: Element[] = [];
  for (let one: Element | null = element; one; one = one.parentElement) all.push(one);
  return all;
}

function isShown(element: HTMLElement): boolean {
  return element.getClientRects().length > 0;
}

function goOn(path: Element[]) {
  const left = path.find(
    (one) => one.isConnected && one !== document.body && one !== document.documentElement,
  );
  const main = document.querySelector<HTMLElement>('main');
  const place = left instanceof HTMLElement && left.id !== 'app' ? left : main;
  if (!place) return;
  const candidates =
    place === main
      ? []
      : [...place.querySelectorAll<HTMLElement>(NEXT), ...place.querySelectorAll<HTMLElement>(TABBABLE)];
  const next = candidates.find(isShown) ?? place;
  if (next === place && !place.hasAttribute('tabindex')) place.tabIndex = -1;
  next.focus({ preventScroll: true });
}

/** Watches over the focus; gives what ends it. */
export function keepFocus(): () => void {
  let path: Element[] = [];
  /** Where a menu or dialog was opened. */
  let before: Element[] = [];
  let due = 0;
  const entered = (event: FocusEvent) => {
    if (!(event.target instanceof Element) || event.target === document.body) return;
    if (event.target.closest(FLOATING) && !path[0]?.closest(FLOATING)) before = path;
    path = ancestors(event.target);
  };
  const look = () => {
    due = 0;
    const isLost = document.activeElement === document.body || document.activeElement === null;
    const [last] = path;
    if (!isLost || !last || last.isConnected) return;
    const isFloating = path.some((one) => one.matches(FLOATING));
    goOn(isFloating ? before : path);
  };
  // Two frames: a dialog that closes gives the focus back by itself, and what comes next is drawn.
  const changed = new MutationObserver(() => {
    due ||= requestAnimationFrame(() => requestAnimationFrame(look));
  });
  document.addEventListener('focusin', entered);
  changed.observe(document.body, { childList: true, subtree: true });
  return () => {
    document.removeEventListener('focusin', entered);
    changed.disconnect();
    cancelAnimationFrame(due);
  };
}
