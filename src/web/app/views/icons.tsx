import type { JSX } from 'preact';
import type { DerivedStatus, GraphStatus } from '../../../domain/graph.js';

const paths = {
  first: 'M8 3 2 8l6 5zM14 3 8 8l6 5z',
  back: 'M12 3 5 8l7 5zM3 3v10',
  next: 'M4 3l7 5-7 5zM13 3v10',
  play: 'M4 2.5 13 8l-9 5.5z',
  stop: 'M4 3h3v10H4zM9 3h3v10H9z',
  close: 'M4 4l8 8M12 4l-8 8',
  copy: 'M6 6V3h7v7h-3M3 6h7v7H3z',
  sun: 'M8 5a3 3 0 1 0 0 6 3 3 0 0 0 0-6zM8 1v2M8 13v2M1 8h2M13 8h2M3 3l1.4 1.4M11.6 11.6 13 13M13 3l-1.4 1.4M4.4 11.6 3 13',
  moon: 'M13 9.5A5.5 5.5 0 0 1 6.500 3 5.500 5.500 0 1 0 13 9.500z',
  screen: 'M2 3h12v8H2zM5 14h6',
  check: 'M3 8.500l3.500 3.500L13 5',
  started: 'M5 3.500 12 8l-7 4.500z',
  dot: 'M8 5a3 3 0 1 0 0 6 3 3 0 0 0 0-6z',
  clock: 'M8 2.500a5.500 5.500 0 1 0 0 11 5.500 5.500 0 0 0 0-11zM8 5v3l2.500 1.500',
  ring: 'M8 4a4 4 0 1 0 0 8 4 4 0 0 0 0-8z',
  bar: 'M3 8h10',
  skip: 'M3.500 4l4 4-4 4M8.500 4l4 4-4 4',
  question: 'M5 6a3 3 0 1 1 4.500 2.600C8.400 9.200 8 9.700 8 10.500M8 13v.400',
  later: 'M4 4l4 4-4 4M11.500 4v8',
  cross: 'M4 4l8 8M12 4l-8 8',
  slash: 'M8 2.500a5.500 5.500 0 1 0 0 11 5.500 5.500 0 0 0 0-11zM4 12l8-8',
} as const;

const filled: readonly string[] = ['first', 'back', 'next', 'play', 'stop', 'started', 'dot'];

/** A small picture that stands beside a text, or in a button that has a name. */
export function Icon({ name }: { readonly name: keyof typeof paths }): JSX.Element {
  return (
    <svg class={filled.includes(name) ? 'icon filled' : 'icon'} viewBox="0 0 16 16" aria-hidden="true">
      <path d={paths[name]} />
    </svg>
  );
}

interface IconButtonProps {
  readonly icon: keyof typeof paths;
  /** What it does, for those who point at it, or hear it. */
  readonly title: string;
  readonly onClick: () => void;
}

export function IconButton({ icon, title, onClick }: IconButtonProps): JSX.Element {
  return (
    <button type="button" class="icon" title={title} aria-label={title} onClick={onClick}>
      <Icon name={icon} />
    </button>
  );
}

const ofStatus: Readonly<Record<DerivedStatus, keyof typeof paths>> = {
  finished: 'check',
  skipped: 'skip',
  started: 'started',
  ready: 'dot',
  'backing-off': 'clock',
  awaiting: 'question',
  deferred: 'later',
  delayed: 'later',
  waiting: 'ring',
  blocked: 'bar',
  failed: 'cross',
  aborted: 'slash',
};

/** A status, in its colour and with its shape. */
export function Status({ status }: { readonly status: DerivedStatus | GraphStatus }): JSX.Element {
  const shown = status === 'running' ? 'started' : status;
  return (
    <span class={`status ${shown}`}>
      <Icon name={ofStatus[shown]} />
      {status}
    </span>
  );
}
