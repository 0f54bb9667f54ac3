/**
 * The window's title: the screen's own heading, then whose Doorstep it is; a dot in front while something typed is not
 * saved, for which the window asks before it closes. Read from the page, so that no screen can be forgotten.
 */
import { drafts } from '$shared/drafts.svelte';
import { t } from '$shared/i18n/i18n.svelte';
import { session } from './session/session.svelte';

/** What the window's own code looks for; the same in `src-tauri/closing.rs`. */
const UNSAVED = '● ';

let heading = $state('');

/** The words of the heading itself, without figures beside them. */
function read(): string {
  // What is opened stands after the list it was opened from.
  const title = [...document.querySelectorAll('h1')].at(-1);
  // Before the store is open the product's name stands over what is asked.
  const last = title?.textContent === t('app.name') ? document.querySelector('h2') : title;
  if (!last) return '';
  const own = [...last.childNodes].filter((node) => node.nodeType === Node.TEXT_NODE);
  const words = own.map((node) => node.textContent ?? '').join(' ');
  return (words.trim() || (last.textContent ?? '')).replace(/\s+/g, ' ').trim();
}

/** Keeps the title; to be called once, from the window's root. */
export function keepTitle() {
  $effect(() => {
    let due = 0;
    const look = () => {
      due = 0;
      heading = read();
    };
    const changed = new MutationObserver(() => {
      due ||= requestAnimationFrame(look);
    });
    changed.observe(document.body, { childList: true, characterData: true, subtree: true });
    look();
    return () => {
      changed.disconnect();
      cancelAnimationFrame(due);
    };
  });
  $effect(() => {
    const company = session.current?.company?.short_name;
    const parts = [heading, t('app.name'), company].filter(Boolean);
    document.title = `${drafts.count > 0 ? UNSAVED : ''}${parts.join(' · ')}`;
  });
}
