import type { DerivedStatus } from '../../../domain/graph.js';

/** Each status has a shape as well as a colour, for people who cannot tell the colours apart. */
export interface StatusLook {
  readonly fill: string;
  readonly stroke: string;
  readonly isDashed: boolean;
  /** By Graphviz's name. */
  readonly shape: 'box' | 'ellipse' | 'hexagon' | 'octagon' | 'diamond' | 'parallelogram';
}

export const statusLooks: Record<DerivedStatus, StatusLook> = {
  finished: { fill: '#cfeed6', stroke: '#23793b', isDashed: false, shape: 'box' },
  skipped: { fill: '#e3e8f8', stroke: '#4a5aa8', isDashed: true, shape: 'box' },
  started: { fill: '#cfe6fa', stroke: '#1f66a8', isDashed: false, shape: 'hexagon' },
  ready: { fill: '#fff4cf', stroke: '#9a7400', isDashed: false, shape: 'ellipse' },
  'backing-off': { fill: '#eadcf6', stroke: '#74439c', isDashed: false, shape: 'diamond' },
  awaiting: { fill: '#ffe3cc', stroke: '#a4500f', isDashed: true, shape: 'hexagon' },
  deferred: { fill: '#eadcf6', stroke: '#74439c', isDashed: true, shape: 'diamond' },
  delayed: { fill: '#f7f0da', stroke: '#7a6420', isDashed: false, shape: 'diamond' },
  waiting: { fill: '#f4f5f6', stroke: '#767d85', isDashed: false, shape: 'ellipse' },
  blocked: { fill: '#f4f5f6', stroke: '#b3261e', isDashed: true, shape: 'ellipse' },
  failed: { fill: '#fbd5d2', stroke: '#b3261e', isDashed: false, shape: 'octagon' },
  aborted: { fill: '#f7dcec', stroke: '#9c2f70', isDashed: true, shape: 'parallelogram' },
};
