import type { DerivedStatus } from '../../../domain/graph.js';
import type { SpanKind } from '../../../history/timeline/spans.js';

/** A mark that tells a status apart without its colour. */
type Shape = 'check' | 'play' | 'dot' | 'clock' | 'ring' | 'bar' | 'cross' | 'slash' | 'skip' | 'question' | 'later';

/** How something of a status is drawn. */
export interface Look {
  /** Of areas; text in `ink` on it is readable. */
  readonly fill: string;
  /** Of outlines and of small marks on the ground. */
  readonly stroke: string;
  readonly shape: Shape;
  readonly isDashed: boolean;
}

/** The colours that the canvases draw with; the style sheet has the same. */
export interface Theme {
  readonly name: 'light' | 'dark';
  readonly ground: string;
  readonly raised: string;
  readonly ink: string;
  readonly dim: string;
  readonly faint: string;
  readonly line: string;
  readonly accent: string;
  readonly warning: string;
  readonly danger: string;
  readonly statuses: Readonly<Record<DerivedStatus, Look>>;
  readonly spans: Readonly<Record<SpanKind, string>>;
  /** Of an attempt that finished its job. */
  readonly finishedBar: string;
}

const shapes: Readonly<Record<DerivedStatus, Pick<Look, 'shape' | 'isDashed'>>> = {
  finished: { shape: 'check', isDashed: false },
  skipped: { shape: 'skip', isDashed: true },
  started: { shape: 'play', isDashed: false },
  ready: { shape: 'dot', isDashed: false },
  'backing-off': { shape: 'clock', isDashed: false },
  awaiting: { shape: 'question', isDashed: true },
  deferred: { shape: 'later', isDashed: true },
  delayed: { shape: 'later', isDashed: false },
  waiting: { shape: 'ring', isDashed: false },
  blocked: { shape: 'bar', isDashed: true },
  failed: { shape: 'cross', isDashed: false },
  aborted: { shape: 'slash', isDashed: true },
};

/** Fill and stroke of each status. */
type Colours = Readonly<Record<DerivedStatus, readonly [fill: string, stroke: string]>>;

function looks(colours: Colours): Theme['statuses'] {
  const named = Object.entries(colours).map(([status, [fill, stroke]]) => {
    return [status, { fill, stroke, ...shapes[status as DerivedStatus] }] as const;
  });
  return Object.fromEntries(named) as Record<DerivedStatus, Look>;
}

const light: Theme = {
  name: 'light',
  ground: '#fbfbfa',
  raised: '#ffffff',
  ink: '#1d2126',
  dim: '#565d66',
  faint: '#8a929b',
  line: '#dcdfe3',
  accent: '#2456c7',
  warning: '#8a6100',
  danger: '#b3261e',
  statuses: looks({
    finished: ['#cfeed6', '#1f7a3a'],
    skipped: ['#e3e7f7', '#4757a5'],
    started: ['#cfe3fb', '#1c61b0'],
    ready: ['#fff1c2', '#8f6b00'],
    'backing-off': ['#e9dbf7', '#74439c'],
    awaiting: ['#ffe1c7', '#a14a0a'],
    deferred: ['#e9dbf7', '#74439c'],
    delayed: ['#f3ead2', '#7a6420'],
    waiting: ['#eff1f3', '#6d757e'],
    blocked: ['#f6ecec', '#a3352e'],
    failed: ['#fbd0cc', '#b3261e'],
    aborted: ['#f6d9ea', '#96286a'],
  }),
  spans: {
    blocked: '#d9dde2',
    ready: '#e9c65a',
    awaiting: '#e8935a',
    'backing-off': '#b78ad8',
    deferred: '#d3b8e8',
    delayed: '#e6dcbd',
    running: '#4d93e0',
  },
  finishedBar: '#4aa564',
};

const dark: Theme = {
  name: 'dark',
  ground: '#14171b',
  raised: '#1c2026',
  ink: '#e8eaed',
  dim: '#a9b1ba',
  faint: '#78818b',
  line: '#343a42',
  accent: '#7fa8ff',
  warning: '#e0b34a',
  danger: '#ff8a80',
  statuses: looks({
    finished: ['#1d4a2b', '#5fd083'],
    skipped: ['#2a3050', '#a3b0f0'],
    started: ['#1b3f6b', '#6db1ff'],
    ready: ['#4d3f10', '#e6c04a'],
    'backing-off': ['#432a5c', '#c79bea'],
    awaiting: ['#56300f', '#ffab6b'],
    deferred: ['#432a5c', '#c79bea'],
    delayed: ['#3a3319', '#d6bd6a'],
    waiting: ['#2a2f36', '#9aa3ad'],
    blocked: ['#3b2626', '#f0938b'],
    failed: ['#5c1f1b', '#ff8a80'],
    aborted: ['#52203f', '#f08cc4'],
  }),
  spans: {
    blocked: '#3a4049',
    ready: '#a58424',
    awaiting: '#b0652c',
    'backing-off': '#8458a8',
    deferred: '#5d4179',
    delayed: '#5f552f',
    running: '#3f83d4',
  },
  finishedBar: '#3f9a5c',
};

export const themes = { light, dark } as const;
