/** Language, theme, printers: kept by the laptop, applied here. */
import type { Settings } from '$generated/commands';
import { language } from '$shared/i18n/i18n.svelte';
import { call } from '$shared/transport/transport';

let current = $state.raw<Settings>({
  language: 'system',
  theme: 'system',
  printers: [],
  default_printer: null,
  save_folder: '',
  sync_background: true,
  large_files_wait: false,
});

function apply(next: Settings) {
  current = next;
  language.use(next.language);
  if (next.theme === 'system') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = next.theme;
}

export const settings = {
  get current(): Settings {
    return current;
  },
  async load(): Promise<void> {
    apply(await call('settings_get'));
  },
  /** Changes some of them. What was asked for shows at once; if it cannot be kept, what was comes back. */
  async set(changes: Partial<Settings>): Promise<void> {
    const before = current;
    apply({ ...current, ...changes });
    try {
      apply(await call('settings_set', { settings: current }));
    } catch (thrown) {
      apply(before);
      throw thrown;
    }
  },
};
