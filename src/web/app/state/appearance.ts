import { computed, effect, signal } from '@preact/signals';
import { themes } from '../drawing/theme.js';

export type Appearance = 'light' | 'dark' | 'system';

const key = 'overseer.appearance';
const prefersDark = matchMedia('(prefers-color-scheme: dark)');
const systemIsDark = signal(prefersDark.matches);

/** What was chosen. Kept by the browser, where it lets a page keep anything. */
export const appearance = signal<Appearance>(kept());

export const theme = computed(() => {
  if (appearance.value === 'system') return systemIsDark.value ? themes.dark : themes.light;
  return themes[appearance.value];
});

function kept(): Appearance {
  try {
    const value = localStorage.getItem(key);
    return value === 'light' || value === 'dark' ? value : 'system';
  } catch {
    return 'system';
  }
}

function keep(value: Appearance): void {
  try {
    localStorage.setItem(key, value);
  } catch {
    // A page from a file, or one in a private window, may not keep anything.
  }
}

/** From light to dark, to what the system says, and round again. */
export function nextAppearance(): void {
  const order: readonly Appearance[] = ['system', 'light', 'dark'];
  appearance.value = order[(order.indexOf(appearance.value) + 1) % order.length]!;
  keep(appearance.value);
}

/** Begins to follow what the system says, and marks the document for the style sheet. */
export function followAppearance(): void {
  prefersDark.addEventListener('change', ({ matches }) => (systemIsDark.value = matches));
  effect(() => {
    document.documentElement.dataset['theme'] = theme.value.name;
  });
}
