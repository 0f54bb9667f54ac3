/** Answers as they are shown: in words, and as the choices that are on. */
import type { Item } from '$generated/commands';
import { day } from '$shared/dates.svelte';
import { t, textOf } from '$shared/i18n/i18n.svelte';

/** The options that an answer has chosen. */
export function chosenOf(value: unknown): string[] {
  if (Array.isArray(value)) return value.filter((one) => typeof one === 'string');
  return typeof value === 'string' ? [value] : [];
}

export interface AnswerOption {
  value: string;
  label: string;
  tone?: 'good' | 'bad' | 'quiet';
}

/** What an item offers to choose from; empty for those that are typed. */
export function optionsOf(item: Item): AnswerOption[] {
  const kind = item.answer;
  if (kind.kind === 'yes_no') {
    return [
      { value: 'yes', label: t('checklist.yes'), tone: 'good' },
      { value: 'no', label: t('checklist.no'), tone: 'bad' },
      { value: 'na', label: t('checklist.na'), tone: 'quiet' },
    ];
  }
  if (kind.kind === 'choice' || kind.kind === 'choices') {
    return kind.options.map((option) => ({
      value: option.id,
      label: textOf(option.text),
      ...(option.fails ? { tone: 'bad' as const } : {}),
    }));
  }
  return [];
}

/** An answer in words; empty when there is none. */
export function inWords(item: Item, value: unknown): string {
  if (value === null || value === undefined) return '';
  const kind = item.answer;
  if (kind.kind === 'number') return `${String(value)} ${kind.unit ?? ''}`.trim();
  if (kind.kind === 'date') return day(String(value));
  const options = optionsOf(item);
  if (options.length === 0) return String(value);
  const chosen = chosenOf(value);
  return options
    .filter((option) => chosen.includes(option.value))
    .map((option) => option.label)
    .join('、');
}

/** Between what a number should lie, in words. */
export function rangeInWords(item: Item): string {
  if (item.answer.kind !== 'number') return '';
  const { min, max, unit } = item.answer;
  const words = (n: number) => `${n} ${unit ?? ''}`.trim();
  const low = typeof min === 'number' ? words(min) : null;
  const high = typeof max === 'number' ? words(max) : null;
  if (low && high) return t('checklist.between', { low, high });
  if (low) return t('checklist.atLeast', { low });
  return high ? t('checklist.atMost', { high }) : '';
}
