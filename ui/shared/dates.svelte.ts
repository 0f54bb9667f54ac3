/**
 * Dates and times as people say them: 今天 14:30, 11月25日 周三. Times are shown in the laptop's zone as the
 * session gives it, so that window, browser and paper agree.
 */
import { language, t } from './i18n/i18n.svelte';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

let zoneMinutes = $state(-new Date().getTimezoneOffset());
let now = $state(Date.now());

// "Today" moves on while the app stays open over midnight.
setInterval(() => {
  now = Date.now();
}, MINUTE_MS / 2);

/** Minutes east of UTC, from the session. */
export function useZone(minutes: number) {
  zoneMinutes = minutes;
}

export function zone(): number {
  return zoneMinutes;
}

/** A moment whose UTC fields read as the clock on the wall. */
function onTheWall(at: string | number): Date {
  return new Date((typeof at === 'number' ? at : Date.parse(at)) + zoneMinutes * MINUTE_MS);
}

/** Today's date, `2026-11-25`. */
export function today(): string {
  return onTheWall(now).toISOString().slice(0, 10);
}

/** The present moment in RFC 3339, as commands take it. */
export function nowStamp(): string {
  return new Date().toISOString();
}

/** The day a moment falls on. */
export function dayOf(at: string): string {
  return onTheWall(at).toISOString().slice(0, 10);
}

/** `14:30` */
export function clock(at: string): string {
  return onTheWall(at).toISOString().slice(11, 16);
}

/** `2026-11-25T14:30`, for an input; empty when there is nothing. */
export function wallTime(at: string | null): string {
  return at === null ? '' : onTheWall(at).toISOString().slice(0, 16);
}

/** A wall time from an input as a moment. */
export function fromWallTime(wall: string): string {
  return new Date(Date.parse(`${wall}:00Z`) - zoneMinutes * MINUTE_MS).toISOString();
}

/** Days from today to that date; negative in the past. */
export function daysUntil(date: string): number {
  return Math.round((Date.parse(date) - Date.parse(today())) / DAY_MS);
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** 周三 */
export function weekday(date: string): string {
  const day = new Date(Date.parse(date)).getUTCDay();
  return language.current === 'zh'
    ? `周${'日一二三四五六'[day]}`
    : (['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'][day] ?? '');
}

/** 11月25日, with the year when it is not this one. */
export function plainDate(date: string): string {
  const [year = 0, month = 1, day = 1] = date.split('-').map(Number);
  const sameYear = date.slice(0, 4) === today().slice(0, 4);
  if (language.current === 'zh') return `${sameYear ? '' : `${year}年`}${month}月${day}日`;
  return `${day} ${MONTHS[month - 1] ?? ''}${sameYear ? '' : ` ${year}`}`;
}

/** 今天, 明天, 昨天, else 11月25日 周三. */
export function day(date: string): string {
  const away = daysUntil(date);
  if (away === 0) return t('date.today');
  if (away === 1) return t('date.tomorrow');
  if (away === -1) return t('date.yesterday');
  return Math.abs(away) > 180 ? plainDate(date) : fullDay(date);
}

/** 今天 14:30 */
export function moment(at: string): string {
  return `${day(dayOf(at))} ${clock(at)}`;
}

/** 11月25日 周三, for the head of a page: always in full. */
export function fullDay(date: string): string {
  const [first, second] = [plainDate(date), weekday(date)];
  return language.current === 'zh' ? `${first} ${second}` : `${second} ${first}`;
}

/** 1 小时 25 分 */
export function duration(minutes: number): string {
  const hours = Math.floor(minutes / 60);
  const rest = minutes % 60;
  if (hours === 0) return t('date.minutes', { n: rest });
  return rest === 0 ? t('date.hours', { n: hours }) : t('date.hoursMinutes', { h: hours, m: rest });
}

/** 3.4 MB */
export function fileSize(bytes: number): string {
  const units = ['B', 'KB', 'MB', 'GB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${value < 10 && unit > 0 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`;
}
