import type { JSX } from 'preact';
import type { Theme } from '../drawing/theme.js';
import type { GraphModel } from '../model/graph-model.js';
export interface GraphViewProps {
  readonly model: GraphModel;
  readonly number: number;
  readonly length: number;
  readonly jobId: string | null;
  readonly onChoose: (jobId: string | null) => void;
  readonly search: string;
  readonly theme: Theme;
}
export function GraphView(props: GraphViewProps): JSX.Element {
  return <p>{props.number}</p>;
}
