/**
 * How the interface reaches the commands: the same three verbs in the window and in the browser.
 * Owns the token of the host; knows nothing of any command.
 */
import type { Commands } from '$generated/commands';

export type Command = keyof Commands;
export type Args<C extends Command> = Commands[C]['args'];
export type Result<C extends Command> = Commands[C]['result'];

/** A command said no. `code` is translated as `error.<code>`; `id` finds it in the log. */
export class CommandError extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly retryable: boolean,
    readonly id: string,
    readonly field: string | null = null,
    /** The line of a file it concerns, from 1. */
    readonly line: number | null = null,
  ) {
    super(message);
    this.name = 'CommandError';
  }
}

interface Transport {
  call(name: string, args: unknown): Promise<unknown>;
  /** A new upload, or the next piece onto one that was begun; gives its id. */
  upload(bytes: ArrayBuffer, onto: string | null): Promise<string>;
  download(id: string): Promise<ArrayBuffer>;
}

const TOKEN_KEY = 'doorstep-token';
/** Header with the id of the upload that a piece goes onto. */
const UPLOAD_ONTO = 'upload-onto';
/** Bytes of a piece. What is larger goes in several, so that neither side holds all of it. */
const PIECE_BYTES = 8 * 1024 * 1024;

/** Whether the interface runs in the app's own window, not in a browser. */
export const inWindow = '__TAURI_INTERNALS__' in window;

/** Turns whatever was thrown into a CommandError, keeping one that is one already. */
export function asCommandError(thrown: unknown): CommandError {
  if (thrown instanceof CommandError) return thrown;
  if (typeof thrown === 'object' && thrown !== null && 'code' in thrown) {
    const wire = thrown as {
      code: unknown;
      message?: unknown;
      retryable?: unknown;
      id?: unknown;
      field?: unknown;
      line?: unknown;
    };
    return new CommandError(
      String(wire.code),
      String(wire.message ?? ''),
      wire.retryable === true,
      String(wire.id ?? ''),
      typeof wire.field === 'string' ? wire.field : null,
      typeof wire.line === 'number' ? wire.line : null,
    );
  }
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new CommandError('internal', message, false, '');
}

function windowTransport(): Transport {
  const core = import('@tauri-apps/api/core');
  return {
    call: async (name, args) => (await core).invoke('call', { name, args }),
    upload: async (bytes, onto) =>
      (await core).invoke<string>('upload', bytes, { headers: onto ? { [UPLOAD_ONTO]: onto } : {} }),
    download: async (id) => (await core).invoke<ArrayBuffer>('download', { id }),
  };
}

/** Takes the token out of the address, so that it is neither shown nor kept in the history. */
function takeToken(): string {
  const given = new URLSearchParams(location.hash.slice(1)).get('token');
  if (given) {
    sessionStorage.setItem(TOKEN_KEY, given);
    history.replaceState(null, '', `${location.pathname}#/`);
    return given;
  }
  return sessionStorage.getItem(TOKEN_KEY) ?? '';
}

function browserTransport(): Transport {
  const token = takeToken();
  async function reach(path: string, init: RequestInit): Promise<Response> {
    const headers = new Headers(init.headers);
    headers.set('Authorization', `Bearer ${token}`);
    let response: Response;
    try {
      response = await fetch(path, { ...init, headers });
    } catch (cause) {
      throw new CommandError('host_gone', String(cause), true, '');
    }
    if (!response.ok) throw asCommandError(await failure(response));
    return response;
  }
  return {
    call: async (name, args) => {
      const headers = { 'Content-Type': 'application/json' };
      const response = await reach(`/call/${name}`, { method: 'POST', headers, body: JSON.stringify(args) });
      return response.json();
    },
    upload: async (bytes, onto) => {
      const headers = new Headers({ 'Content-Type': 'application/octet-stream' });
      if (onto) headers.set(UPLOAD_ONTO, onto);
      const response = await reach('/upload', { method: 'POST', headers, body: bytes });
      return ((await response.json()) as { id: string }).id;
    },
    download: async (id) => (await reach(`/download/${encodeURIComponent(id)}`, {})).arrayBuffer(),
  };
}

async function failure(response: Response): Promise<unknown> {
  try {
    return await response.json();
  } catch {
    const code = response.status === 401 || response.status === 403 ? 'host_refused' : 'internal';
    return { code, message: `${response.status} ${response.statusText}`, retryable: false, id: '' };
  }
}

const transport = inWindow ? windowTransport() : browserTransport();

/** Told of every failure of a command, for whoever has to act on one whichever page met it. */
export const failures = new EventTarget();

type NoArgs<C extends Command> = Args<C> extends Record<string, never> ? [] : [args: Args<C>];

/** Runs a command. Throws a {@link CommandError}. */
export async function call<C extends Command>(name: C, ...args: NoArgs<C>): Promise<Result<C>> {
  try {
    return (await transport.call(name, args[0] ?? {})) as Result<C>;
  } catch (thrown) {
    const error = asCommandError(thrown);
    failures.dispatchEvent(new CustomEvent('failure', { detail: error }));
    throw error;
  }
}

/** Who watches an upload, and who may end it. */
export interface Watch {
  /** Told the share that was handed over, 0 to 1. */
  progress?: (share: number) => void;
  signal?: AbortSignal;
}

/**
 * Hands bytes over, for a command that takes an upload's id. What is large goes piece by piece; one that `signal` ends
 * throws a {@link CommandError} with the code `cancelled`.
 */
export async function upload(bytes: Blob, watch: Watch = {}): Promise<string> {
  try {
    let id: string | null = null;
    for (let at = 0; id === null || at < bytes.size; at += PIECE_BYTES) {
      id = await transport.upload(await bytes.slice(at, at + PIECE_BYTES).arrayBuffer(), id);
      // Looked at after each piece, the last one too: who stops an upload has not attached it.
      if (watch.signal?.aborted) throw new CommandError('cancelled', 'upload', false, '');
      watch.progress?.(Math.min(1, (at + PIECE_BYTES) / bytes.size));
    }
    return id;
  } catch (thrown) {
    throw asCommandError(thrown);
  }
}

/** Fetches the bytes a command offered under this id. */
export async function download(id: string): Promise<ArrayBuffer> {
  try {
    const bytes: unknown = await transport.download(id);
    // Where the window has no fast way for raw bytes, they come as numbers.
    return bytes instanceof ArrayBuffer ? bytes : new Uint8Array(bytes as number[]).buffer;
  } catch (thrown) {
    throw asCommandError(thrown);
  }
}

/** The bytes as an address that `img` can show; the caller revokes it. */
export async function downloadUrl(id: string, mediaType: string): Promise<string> {
  return URL.createObjectURL(new Blob([await download(id)], { type: mediaType }));
}
