/** Errors in plain words. The words belong to the catalogue; only the looking up is here. */
import { tOr } from './i18n/i18n.svelte';
import { asCommandError } from './transport/transport';

/** What went wrong and what to do next, in the language on screen. */
export function inWords(error: unknown): string {
  const { code, field, line } = asCommandError(error);
  // A table that cannot be read says in `field` why not.
  const params: Record<string, number> = line === null ? {} : { line };
  return tOr(`error.${field?.startsWith('roster_') ? field : code}`, 'error.internal', params);
}

/** The same for a bare code, as lists of the past keep it. */
export function codeInWords(code: string): string {
  return tOr(`error.${code}`, 'error.internal');
}
