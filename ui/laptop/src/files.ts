/** Files the person asked for: said where they are, and one step to them. */
import type { SavedFile } from '$generated/commands';
import { t } from '$shared/i18n/i18n.svelte';
import { type Toast, toast, toastError } from '$shared/toasts.svelte';
import { call, download, inWindow } from '$shared/transport/transport';

/** Tells where a file was saved; the window opens its folder, the browser takes a copy. */
export function tellSaved(file: SavedFile) {
  toast('good', t('file.saved', { name: file.name }), nextStep(file));
}

/** What is too large for the desk, a browser does not get. */
function nextStep({ path, name, download: id }: SavedFile): Toast['action'] {
  if (inWindow)
    return {
      label: t('action.showFolder'),
      run: () => void call('file_reveal', { path }).catch(toastError),
    };
  if (!id) return undefined;
  return { label: t('action.download'), run: () => void copyToBrowser(id, name).catch(toastError) };
}

async function copyToBrowser(id: string, name: string): Promise<void> {
  const url = URL.createObjectURL(new Blob([await download(id)]));
  const link = Object.assign(document.createElement('a'), { href: url, download: name });
  link.click();
  URL.revokeObjectURL(url);
}
