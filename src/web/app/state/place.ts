import { computed, signal } from '@preact/signals';

/**
 * Where the page stands, as its URL says it after the `#`: a path, such as `graph/nightly`, and parameters. Everything that
 * is shown follows from it, so that every view and moment can be bookmarked and sent.
 */
export interface Place {
  readonly path: readonly string[];
  readonly params: Readonly<Record<string, string>>;
}

/** Text of a URL longer than this is no place of this page. */
const lengthMax = 20_000;

/** The place that a URL's fragment names. What cannot be read is left out. */
export function placeOf(fragment: string): Place {
  // A token is no place: see tokenInUrl.
  if (/^#?token=/.test(fragment)) return { path: [], params: {} };
  const [path = '', query = ''] = fragment
    .slice(0, lengthMax)
    .replace(/^#?\/?/, '')
    .split(/\?(.*)/s);
  const steps = path.split('/').filter((step) => step !== '');
  return { path: steps.map(decoded), params: Object.fromEntries(new URLSearchParams(query)) };
}

/** The fragment of a place. Parameters without a value are left out. */
export function fragmentOf(
  path: readonly string[],
  params: Readonly<Record<string, string | null | undefined>> = {},
): string {
  const given = Object.entries(params).filter((pair): pair is [string, string] => (pair[1] ?? '') !== '');
  const query = new URLSearchParams(given).toString();
  return `#/${path.map(encodeURIComponent).join('/')}${query === '' ? '' : `?${query}`}`;
}

function decoded(step: string): string {
  try {
    return decodeURIComponent(step);
  } catch {
    return step;
  }
}

/** Where the page stands now. */
export const place = signal<Place>({ path: [], params: {} });

export const viewName = computed(() => place.value.path[0] ?? 'graphs');

/** Goes to a place, as a step that the browser's back button takes back. */
export function go(path: readonly string[], params: Readonly<Record<string, string | null | undefined>> = {}): void {
  writeNow();
  location.hash = fragmentOf(path, params);
}

let pending: ReturnType<typeof setTimeout> | null = null;
let pendingSince = 0;
/**
 * The URL follows when nothing has changed for a moment, and while changes go on, now and then: browsers refuse more than
 * some hundred changes in half a minute, and each costs them milliseconds.
 */
const writing = { calmMs: 200, mostMs: 2000 } as const;

/** Changes parameters of the place where the page stands. Null takes one away. */
export function change(params: Readonly<Record<string, string | null>>): void {
  const { path, params: before } = place.value;
  const after = { ...before, ...params };
  const kept = Object.entries(after).filter((pair): pair is [string, string] => pair[1] !== null && pair[1] !== '');
  if (kept.length === Object.keys(before).length && kept.every(([name, value]) => before[name] === value)) return;
  place.value = { path, params: Object.fromEntries(kept) };
  if (pending === null) pendingSince = performance.now();
  else if (performance.now() - pendingSince > writing.mostMs) return;
  else clearTimeout(pending);
  pending = setTimeout(writeNow, writing.calmMs);
}

/** Brings the URL up to date. */
function writeNow(): void {
  if (pending === null) return;
  clearTimeout(pending);
  pending = null;
  const { path, params } = place.value;
  history.replaceState(null, '', fragmentOf(path, params));
}

/** Begins to follow the URL. */
export function followUrl(): void {
  const read = () => {
    if (pending !== null) clearTimeout(pending);
    pending = null;
    place.value = placeOf(location.hash);
  };
  addEventListener('hashchange', read);
  addEventListener('pagehide', writeNow);
  read();
}
