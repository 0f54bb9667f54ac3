/**
 * The one catalogue of messages, in two languages. Chinese is the original: its keys are the type.
 *
 * A message may hold `{name}`, filled from the parameters, and `{name|one|many}`, which picks a word by a
 * number; Chinese needs no such thing, English does.
 */

import type { Text } from '$generated/commands';
import en from '$messages/en.json';
import zh from '$messages/zh-CN.json';

export type MessageKey = keyof typeof zh;
export type Language = 'zh' | 'en';
export type Params = Record<string, string | number>;

const catalogues: Record<Language, Record<string, string>> = { zh, en };

let current = $state<Language>(systemLanguage());

export function systemLanguage(): Language {
  return navigator.language.toLowerCase().startsWith('zh') ? 'zh' : 'en';
}

export const language = {
  /** The language on screen. */
  get current(): Language {
    return current;
  },
  /** Its tag, for `lang` attributes and number formats. */
  get tag(): 'zh-CN' | 'en-GB' {
    return current === 'zh' ? 'zh-CN' : 'en-GB';
  },
  use(chosen: Language | 'system') {
    current = chosen === 'system' ? systemLanguage() : chosen;
    document.documentElement.lang = current === 'zh' ? 'zh-CN' : 'en';
  },
};

function fill(message: string, params: Params): string {
  return message.replace(
    /\{(\w+)(?:\|([^|}]*)\|([^}]*))?\}/g,
    (whole, name: string, one?: string, many?: string) => {
      const value = params[name];
      if (value === undefined) return whole;
      if (one !== undefined && many !== undefined) return Number(value) === 1 ? one : many;
      return typeof value === 'number' ? value.toLocaleString(language.tag) : value;
    },
  );
}

/** The message in the language on screen. */
export function t(key: MessageKey, params: Params = {}): string {
  return fill(catalogues[current][key] ?? key, params);
}

/** For keys made from a value that Rust gives (`error.<code>`): the message, or `otherwise` if there is none. */
export function tOr(key: string, otherwise: MessageKey, params: Params = {}): string {
  const message = catalogues[current][key];
  return message === undefined ? t(otherwise, params) : fill(message, params);
}

/** A text of HQ's in the language on screen, in Chinese where there is no English. */
export function textOf(text: Text): string {
  return current === 'en' && text.en !== '' ? text.en : text.zh;
}
