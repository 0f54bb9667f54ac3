/**
 * A field's value as people read it: dates as dates, states as words, people and units by their names. Never JSON; what a
 * newer version wrote is said to be that.
 */
import type {
  Appointment,
  Charge,
  Companion,
  Outcome,
  Post,
  Progress,
  SideRow,
  Signing,
} from '$generated/commands';
import { day, moment, plainDate } from '$shared/dates.svelte';
import { language, t, tOr } from '$shared/i18n/i18n.svelte';

/** A line of a value; a value of one line has no label. */
export interface Line {
  label?: string;
  text: string;
}

/** Names of records that a value points at, by their ids. */
export type Names = Readonly<Record<string, string>>;

const DATE = /^\d{4}-\d\d-\d\d$/;
const MOMENT = /^\d{4}-\d\d-\d\dT/;
const ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

function isEmpty(value: unknown): boolean {
  return (
    value === null || value === undefined || value === '' || (Array.isArray(value) && value.length === 0)
  );
}

function named(label: string, text: string | null | undefined): Line[] {
  return text ? [{ label, text }] : [];
}

function at(label: string, when: string | null | undefined): Line[] {
  return when ? [{ label, text: moment(when) }] : [];
}

function progressLines(value: Progress): Line[] {
  return [
    { text: t(`state.${value.state}`) },
    ...at(t('step.departedAt'), value.departed_at),
    ...at(t('step.arrivedAt'), value.arrived_at),
    ...at(t('conflict.startedAt'), value.started_at),
    ...at(t('step.finishedAt'), value.finished_at),
    ...at(t('conflict.sealedAt'), value.sealed_at),
    ...named(t('step.reason.depart'), value.no_appointment_reason),
    ...named(t('step.reason.enter_afterwards'), value.entered_afterwards),
    ...named(t('step.reason.cancel'), value.cancelled_reason),
    ...(value.rescheduled ?? []).map((moved) => ({
      label: t('step.reason.reschedule'),
      text: `${moment(moved.from)} → ${moment(moved.to)} · ${moved.reason}`,
    })),
  ];
}

function appointmentLines(value: Appointment): Line[] {
  return [
    { text: moment(value.at) },
    ...named(t('step.with'), [value.with, value.phone].filter(Boolean).join(' ')),
    ...named(t('step.means'), tOr(`means.${value.means}`, 'conflict.newer')),
    ...at(t('conflict.agreedAt'), value.agreed_at),
  ];
}

function outcomeLines(value: Outcome): Line[] {
  const mode = { text: t(`signing.mode.${value.mode}`) };
  if (value.mode === 'refused')
    return [mode, ...named(t('signing.reason'), value.reason), ...named(t('signing.witness'), value.witness)];
  const who = [value.name, value.position].filter(Boolean).join(' · ');
  return [mode, ...named(t('conflict.signer'), who), ...at(t('conflict.signedAt'), value.at)];
}

function signingLines(value: Signing): Line[] {
  const outcome = value.outcome ? outcomeLines(value.outcome) : [{ text: t('state.presented') }];
  return [...outcome, ...at(t('conflict.presentedAt'), value.presented_at)];
}

function postLine(post: Post, names: Names): Line {
  const unit = post.customer_id ? (names[post.customer_id] ?? t('conflict.elsewhere')) : '';
  const from = post.from ? plainDate(post.from) : '';
  const span = post.from || post.to ? `${from} – ${post.to ? plainDate(post.to) : t('contact.now')}` : '';
  return { text: [unit, post.position, span].filter(Boolean).join(' · ') };
}

function chargeLines(value: Charge): Line[] {
  const word = { text: value.charged ? t('visit.charged') : t('visit.free') };
  return [word, ...named(t('visit.chargeNote'), value.note)];
}

/** Fields that are more than a text, by kind and name. */
const SHAPES: Record<string, (value: never, names: Names) => Line[]> = {
  'visit.progress': progressLines,
  'visit.appointment': appointmentLines,
  'visit.signing': signingLines,
  'visit.charge': chargeLines,
  'visit.companions': (value: Companion[]) =>
    value.map((one) => ({ text: one.sales ? `${one.name} · ${t('visit.sales')}` : one.name })),
  'visit.kind': (value: string) => [{ text: tOr(`kind.${value}`, 'conflict.newer') }],
  'customer.level': (value: string) => [{ text: tOr(`level.${value}`, 'conflict.newer') }],
  'problem.solved': (value: string) => [{ text: tOr(`solved.${value}`, 'conflict.newer') }],
  'contact.posts': (value: Post[], names) => value.map((post) => postLine(post, names)),
};

function simple(value: unknown, names: Names): string {
  if (typeof value === 'boolean') return value ? t('checklist.yes') : t('checklist.no');
  if (typeof value === 'number') return value.toLocaleString(language.tag, { maximumFractionDigits: 20 });
  if (typeof value !== 'string') return t('conflict.newer');
  if (DATE.test(value)) return day(value);
  if (MOMENT.test(value)) return moment(value);
  if (ID.test(value)) return names[value] || t('conflict.elsewhere');
  return value;
}

/** The value of a field in lines. There is always at least one. */
export function linesOf(kind: string, field: string, value: unknown, names: Names = {}): Line[] {
  if (field === 'deleted') return [{ text: value === true ? t('conflict.deleted') : t('conflict.kept') }];
  if (isEmpty(value)) return [{ text: t('conflict.empty') }];
  const shape = SHAPES[`${kind}.${field}`];
  try {
    if (shape) return shape(value as never, names);
  } catch {
    // A shape of a newer version.
    return [{ text: t('conflict.newer') }];
  }
  if (kind === 'answer' && field === 'value' && typeof value === 'string')
    return [{ text: names[value] ?? tOr(`checklist.${value}`, 'conflict.newer') }];
  if (Array.isArray(value)) return value.map((one) => ({ text: simple(one, names) }));
  return [{ text: simple(value, names) }];
}

/** Marks the lines of one side that the other does not have. */
export function differing(lines: Line[], others: Line[]): boolean[] {
  return lines.map((line) => !others.some((other) => other.label === line.label && other.text === line.text));
}

/** Who wrote a side. */
export function whoOf(side: SideRow): string {
  if (side.mine) return side.engineer ? t('conflict.me', { name: side.engineer }) : t('conflict.myself');
  if (side.hq) return t('conflict.hq');
  return side.engineer || t('conflict.someone');
}
