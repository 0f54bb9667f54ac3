/** Files the person asked for: said where they are, and one step to them. */
import type { SavedFile } from '$generated/commands';
import { t } from '$shared/i18n/i18n.svelte';
import { toast, toastError } from '$shared/toasts.svelte';
import { call, download, inWindow } from '$shared/transport/transport';

/** Tells where a file was saved; the window opens its folder, the browser takes a copy. */
export function tellSaved(file: SavedFile) {
  const action = inWindow
    ? {
        label: t('action.showFolder'),
        run: () => void call('file_reveal', { path: file.path }).catch(toastError),
      }
    : { label: t('action.download'), run: () => void copyToBrowser(file).catch(toastError) };
  toast('good', t('file.saved', { name: file.name }), action);
}

async function copyToBrowser(file: SavedFile): Promise<void> {
  const url = URL.createObjectURL(new Blob([await download(file.download)]));
  const link = Object.assign(document.createElement('a'), { href: url, download: file.name });
  link.click();
  URL.revokeObjectURL(url);
}
