import type { JSX } from 'preact';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { Layout } from '../drawing/lay-out.js';
import { layoutRequestOf, type PlacedGraph, placedGraphOf } from '../drawing/placed-graph.js';
import type { Theme } from '../drawing/theme.js';
import { type DrawnGraph, drawnGraphOf } from '../model/drawn-graph.js';
import type { GraphModel } from '../model/graph-model.js';
import type { Search } from '../model/matches.js';
import { cleanText } from '../../../prelude/clean-text.js';
import { thousands } from '../../../prelude/phrases.js';
import { countsInWords, countsOf, type Moment, momentOf, momentOfFirst } from '../model/moment.js';
import { neighbourhoodOf } from '../model/neighbourhood.js';
import { askLayout } from '../source/layout.js';
import { GraphCanvas } from './graph-canvas.js';
import { HeatView } from './heat-view.js';
import { useSettled } from './settled.js';

export interface GraphViewProps {
  readonly model: GraphModel;
  /** The moment that is shown: how many events had happened. */
  readonly number: number;
  /** How many events the model has. */
  readonly length: number;
  readonly jobId: string | null;
  readonly onChoose: (jobId: string | null) => void;
  /** Jobs that are lifted out, by a text in their id or type or by their ids. */
  readonly search: Search;
  readonly theme: Theme;
}

/** The picture of a graph at a moment. */
export function GraphView(props: GraphViewProps): JSX.Element {
  const { model, number, length, jobId, onChoose, search, theme } = props;
  const section = useRef<HTMLElement>(null);
  const started = performance.now();
  const { drawn, fold } = useDrawnGraph(model, length);
  const placed = usePlaced(drawn);
  const whole = useMemo(() => momentOf(model, number), [model, number, length]);
  const moment = useMemo(() => momentOfFirst(whole, drawn.nodes.length), [whole, drawn]);
  const near = useNeighbourhood(drawn, jobId);
  const nearPlaced = usePlaced(near);
  const label = summaryOf(model, whole);
  const onDrawn = () => {
    const { dataset } = section.current!;
    dataset['drawn'] = String(moment.number);
    dataset['boxes'] = String((placed?.targets.length ?? 0) + (nearPlaced?.targets.length ?? 0));
    dataset['ms'] = (performance.now() - started).toFixed(2);
  };
  const rest = { moment, jobId, onChoose, search, theme, onDrawn };
  const kind = drawn.hasStrip ? 'with-strip' : 'boxes-only';
  return (
    <section ref={section} class={`graph-view ${kind}`} aria-label="Graph" aria-busy={placed === null}>
      <div class="graph-panels">
        {placed !== null && <GraphCanvas {...rest} key="all" placed={placed} onFold={fold} label={label} />}
        {nearPlaced !== null && (
          <div class="graph-near">
            <h3>{cleanText(`Around ${jobId}`)}</h3>
            <GraphCanvas {...rest} key={jobId} placed={nearPlaced} onFold={fold} label={`Around job ${jobId}`} />
          </div>
        )}
      </div>
      {drawn.hasStrip && <HeatView {...rest} drawn={drawn} levels={model.levels} label={label} />}
    </section>
  );
}

function summaryOf({ graphId, length }: GraphModel, moment: Moment): string {
  const at = `event ${thousands(moment.number)} of ${thousands(length)}`;
  return cleanText(`graph ${graphId} at ${at}: ${countsInWords(countsOf(moment))}`);
}

/** The boxes and edges, and how to fold and unfold groups. Looked at again when the graph has grown, though not always. */
function useDrawnGraph(model: GraphModel, length: number) {
  const [unfolded, setUnfolded] = useState<ReadonlySet<string>>(new Set());
  const settled = useSettled(length, model.latest.jobs.size > 1000 ? 2000 : 250);
  const drawn = useMemo(() => drawnGraphOf(model, unfolded), [model, settled, unfolded]);
  const fold = (key: string) => {
    setUnfolded((before) => {
      const after = new Set(before);
      if (!after.delete(key)) after.add(key);
      return after;
    });
  };
  return { drawn, fold };
}

/** The neighbourhood of the chosen job, where it has no box of its own. */
function useNeighbourhood(drawn: DrawnGraph, jobId: string | null): DrawnGraph | null {
  return useMemo(() => {
    const job = drawn.nodes.find(({ id }) => id === jobId);
    if (job === undefined) return null;
    const unit = drawn.units[drawn.unitOf[job.index]!]!;
    const hasBox = unit.kind === 'job' || unit.shown.includes(job.index);
    return hasBox && !drawn.hasStrip ? null : neighbourhoodOf(drawn.nodes, job.index);
  }, [drawn, jobId]);
}

/** A graph with the places of its boxes, once they are known. Until then, what was there before goes on to be shown. */
function usePlaced(drawn: DrawnGraph | null): PlacedGraph | null {
  const request = useMemo(() => (drawn === null ? null : layoutRequestOf(drawn)), [drawn]);
  const key = useMemo(() => JSON.stringify(request), [request]);
  const [found, setFound] = useState<{ readonly key: string; readonly layout: Layout } | null>(null);
  const shown = useRef<PlacedGraph | null>(null);
  useEffect(() => {
    if (request === null || found?.key === key) return;
    let isWanted = true;
    void askLayout(request).then((layout) => {
      if (isWanted) setFound({ key, layout });
    });
    return () => {
      isWanted = false;
    };
  }, [key]);
  return useMemo(() => {
    if (drawn === null || request === null) return (shown.current = null);
    if (found !== null && found.key === key) shown.current = placedGraphOf(drawn, request, found.layout);
    // What was placed of another graph would name other jobs.
    else if (shown.current !== null && shown.current.drawn.nodes[0]?.graph !== drawn.nodes[0]?.graph)
      shown.current = null;
    return shown.current;
  }, [drawn, found, key]);
}
