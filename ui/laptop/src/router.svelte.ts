/** Where the person is, kept in the address after `#`: `#/visits/ID?tab=x`. Owns no page. */

export interface Place {
  /** `['visits', ID]` */
  parts: string[];
  query: URLSearchParams;
}

function read(): Place {
  const [path = '', query = ''] = location.hash.replace(/^#\/?/, '').split('?');
  return {
    parts: path.split('/').filter(Boolean).map(decodeURIComponent),
    query: new URLSearchParams(query),
  };
}

let place = $state.raw<Place>(read());

window.addEventListener('hashchange', () => {
  place = read();
});

export const router = {
  get place(): Place {
    return place;
  },
  /** First part of the path: which page. */
  get page(): string {
    return place.parts[0] ?? 'today';
  },
  get id(): string | undefined {
    return place.parts[1];
  },
};

/** The address of a page, for `href`. */
export function to(...parts: string[]): string {
  return `#/${parts.map(encodeURIComponent).join('/')}`;
}

export function go(...parts: string[]) {
  location.hash = to(...parts);
}

/** Goes there without a step in the history: for what the list beside already shows. */
export function replace(...parts: string[]) {
  history.replaceState(null, '', to(...parts));
  place = read();
}
