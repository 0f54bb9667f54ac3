/** A file that was saved: says where, offers its folder, and in a browser hands it to the browser's downloads. */
import type { SavedFile } from '$generated/commands';
import { t } from '$shared/i18n/i18n.svelte';
import { toast, toastError } from '$shared/toasts.svelte';
import { call, downloadUrl, inWindow } from '$shared/transport/transport';

const REVOKE_AFTER_MS = 60_000;

export async function toastSaved(saved: SavedFile): Promise<void> {
  if (inWindow) {
    toast('good', t('file.saved', { name: saved.path }), {
      label: t('action.showFolder'),
      run: () => void call('file_reveal', { path: saved.path }).catch(toastError),
    });
    return;
  }
  const url = await downloadUrl(saved.download, 'application/octet-stream');
  const link = document.createElement('a');
  link.href = url;
  link.download = saved.name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), REVOKE_AFTER_MS);
  toast('good', t('file.saved', { name: saved.name }));
}
