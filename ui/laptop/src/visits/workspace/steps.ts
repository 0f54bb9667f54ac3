/** Looks of the steps a visit can take. Which of them may be taken comes with the visit. */
import BadgeCheck from '@lucide/svelte/icons/badge-check';
import Ban from '@lucide/svelte/icons/ban';
import CalendarCheck from '@lucide/svelte/icons/calendar-check';
import CalendarClock from '@lucide/svelte/icons/calendar-clock';
import Car from '@lucide/svelte/icons/car';
import History from '@lucide/svelte/icons/history';
import MapPin from '@lucide/svelte/icons/map-pin';
import PenLine from '@lucide/svelte/icons/pen-line';
import Signature from '@lucide/svelte/icons/signature';
import Undo from '@lucide/svelte/icons/undo-2';
import Wrench from '@lucide/svelte/icons/wrench';
import type { StepKind } from '$generated/commands';

/** Steps that ask for particulars; the others are taken at once, or on a screen of their own. */
export type AskedStep = Exclude<StepKind, 'present' | 'sign' | 'drop_amendment'>;

export const STEP_ICONS: Record<StepKind, typeof Car> = {
  agree: CalendarCheck,
  reschedule: CalendarClock,
  depart: Car,
  arrive: MapPin,
  begin: Wrench,
  enter_afterwards: History,
  present: BadgeCheck,
  sign: Signature,
  withdraw: Undo,
  cancel: Ban,
  amend: PenLine,
  drop_amendment: Undo,
};
