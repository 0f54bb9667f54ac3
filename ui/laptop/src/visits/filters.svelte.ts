/** What the list of visits shows; kept while the window is open, so that coming back finds it as it was. */
interface Filters {
  query: string;
  filter: 'mine' | 'open' | 'sealed' | 'cancelled' | 'all';
  active: number;
  /** The visit of the active row. */
  marked: string | null;
}

export const filters = $state<Filters>({ query: '', filter: 'mine', active: -1, marked: null });
