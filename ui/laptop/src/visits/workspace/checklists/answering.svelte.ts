/** An answer on its way: what was chosen shows at once, and stays until it is saved. */

import { untrack } from 'svelte';
import type { Item } from '$generated/commands';
import { textOf } from '$shared/i18n/i18n.svelte';
import { Saving } from '$shared/saving.svelte';
import type { VisitDesk } from '../desk.svelte';
import { chosenOf } from './values';

interface Asked {
  desk: VisitDesk;
  template: string;
  item: Item;
  value: unknown;
}

export type Answering = ReturnType<typeof answering>;

export function answering(asked: () => Asked) {
  const saving = new Saving();
  // `undefined`: nothing is on its way.
  let pending = $state.raw<unknown>(undefined);

  const name = () => `answer-${asked().item.id}`;
  const label = () => textOf(asked().item.text);
  untrack(() => saving.found(label(), name()));

  function current(): unknown {
    if (pending !== undefined) return pending;
    const kept = saving.kept(label(), name());
    return kept ? kept.value : asked().value;
  }

  async function give(value: unknown): Promise<void> {
    const { desk, template, item } = asked();
    pending = value;
    const about = { label: label(), name: name(), value };
    await saving.run(() => desk.answer(template, item.id, { value }), about);
    if (pending === value) pending = undefined;
  }

  return {
    saving,
    get value(): unknown {
      return current();
    },
    give,
    /** For a field that saves itself: throws when it cannot be kept. */
    async keep(value: unknown): Promise<void> {
      const { desk, template, item } = asked();
      await desk.answer(template, item.id, { value });
    },
    /** Chooses an option; what is chosen already is taken back. */
    choose(option: string) {
      const chosen = chosenOf(current());
      const isOn = chosen.includes(option);
      if (asked().item.answer.kind !== 'choices') {
        void give(isOn ? null : option);
        return;
      }
      const next = isOn ? chosen.filter((one) => one !== option) : [...chosen, option];
      void give(next.length === 0 ? null : next);
    },
  };
}
