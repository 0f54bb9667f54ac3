/** Which conflicts the list shows; kept while the window is open. */
interface Filters {
  show: 'open' | 'settled';
  /** Only those of one visit or one customer, when the list was opened from there. */
  about: { page: 'visits' | 'customers'; id: string } | null;
}

export const filters = $state<Filters>({ show: 'open', about: null });
