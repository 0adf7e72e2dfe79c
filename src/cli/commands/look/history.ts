import { shownName } from '../../../prelude/known-names.js';
import { initialWork } from '../../../domain/pauses.js';
import { eventTypes, type RecordedEvent } from '../../../domain/events.js';
import type { GraphState } from '../../../domain/graph.js';
import { toGraphInfo } from '../../../domain/graph-info.js';
import { foldGraph, jobIn } from '../../../store/load-graph.js';
import { orThrow } from '../../../store/or-throw.js';
import type { Store } from '../../../store/store.js';
import { UsageError } from '../../failure.js';
import type { Invocation } from '../../call/invocation.js';
import { readNames } from '../../input/chosen-names.js';
import { readWholeNumber } from '../../input/flag-values.js';
import {
  filterWords,
  isFiltered,
  type JobFilterOptions,
  jobsMeant,
  type PageOptions,
} from '../../input/job-filters.js';
import { resolveReference } from '../../input/reference.js';
import type { CommonOptions } from '../../call/settings.js';
import { eventLine, idWidth, placeWidthMax } from '../../output/event-line.js';
import { plural } from '../../../prelude/phrases.js';
import { eventsThatMatter, eventTypeTable, isLong, type NumberedEvent } from './long-history.js';

export interface HistoryOptions extends CommonOptions, JobFilterOptions, PageOptions {
  readonly follow?: boolean;
}

/** Events keep their number in the graph when only some are shown: `#N` is a moment for `show --at`. */
export async function historyCommand(invocation: Invocation<HistoryOptions>, text: string): Promise<void> {
  const { options, terminal } = invocation;
  const limit = readWholeNumber('--limit', options.limit, 1) ?? Infinity;
  const after = readNumber(options.after);
  await invocation.withStore(async (store) => {
    const { graphId, jobId } = await resolveReference(store, text);
    const { events, live } = await eventsOf(store, graphId, options);
    const graph = foldGraph(graphId, events);
    if (jobId !== null) jobIn(graph, jobId);
    const isMeant = readMeaning(store, graph, options);
    const isAsked = (event: RecordedEvent) => (jobId === null || event.jobId === jobId) && isMeant(event);
    let number = 0;
    const numbered = (some: readonly RecordedEvent[]) =>
      some.map((event): NumberedEvent => ({ ...event, number: ++number }));
    const tell = teller(graph, jobId, invocation);
    const all = numbered(events);
    const meant = all.filter((event) => event.number > after && isAsked(event));
    const isWhole = isFiltered(options) || options.limit !== undefined || options.after !== undefined;
    if (isLong(meant) && !isWhole && options.all !== true && !terminal.isJson)
      saySummary(meant, tell, invocation, text);
    else tell(meant.slice(0, limit));
    const left = meant.length - limit;
    if (left > 0) return sayMore({ left, next: meant[limit - 1]!.number }, invocation, text);
    if (live === null) return;
    let room = limit - meant.length;
    for await (const batch of live) {
      const asked = numbered(batch).filter(isAsked).slice(0, room);
      tell(asked);
      room -= asked.length;
      if (room <= 0) return;
    }
  });
}

async function eventsOf(store: Store, graphId: string, { follow }: HistoryOptions) {
  if (follow === true) return await store.follower.follow(graphId);
  return { events: await orThrow(store.log.readGraph(graphId)), live: null };
}

/** `#12`, or the number alone. */
function readNumber(text: string | undefined): number {
  if (text === undefined) return 0;
  if (/^#?\d{1,15}$/.test(text)) return Number(text.replace('#', ''));
  throw new UsageError(
    'usage',
    `--after ${shownName(text)} is no number of an event; give one as printed, such as #12`,
  );
}

/** Types of events choose among events, the other flags among the jobs that they belong to. */
function readMeaning(store: Store, graph: GraphState, options: JobFilterOptions): (event: RecordedEvent) => boolean {
  // A pause changes no status.
  const jobs = Object.values(toGraphInfo(graph, { now: store.environment.now(), work: initialWork }).jobs);
  const isEventType = (type: string) => eventTypes.some((known) => known === type);
  const types = readNames('--type', options.type, {
    what: `type of an event, or of a job of graph ${graph.id},`,
    known: [...eventTypes, ...jobs.map(({ type }) => type)],
  });
  const ofEvents = new Set([...(types ?? [])].filter(isEventType));
  const ofJobs = [...(types ?? [])].filter((type) => !isEventType(type));
  const { status, job } = options;
  const filter = { ...(status && { status }), ...(job && { job }), ...(ofJobs.length > 0 && { type: ofJobs }) };
  const meant = isFiltered(filter) ? new Set(jobsMeant(graph.id, jobs, filter).map(({ id }) => id)) : null;
  return ({ type, jobId }) =>
    (ofEvents.size === 0 || ofEvents.has(type)) && (meant === null || (jobId !== null && meant.has(jobId)));
}

type Tell = (events: readonly NumberedEvent[]) => void;

function teller(graph: GraphState, jobId: string | null, { terminal }: Invocation): Tell {
  const { paint, columns } = terminal;
  const most = columns === null ? undefined : placeWidthMax(columns);
  const placeWidth = jobId === null ? idWidth(graph.jobs.keys(), most) : 0;
  return (events) => {
    terminal.items(events);
    terminal.sayCut(
      ...events.map((event) => {
        const { number } = event;
        return eventLine(event, { place: event.jobId ?? '', placeWidth, number, paint, columns });
      }),
    );
  };
}

/** What a screen has room for: how many events of which type, and the latest of those that tell of more than progress. */
function saySummary(events: readonly NumberedEvent[], tell: Tell, invocation: Invocation, text: string): void {
  const { terminal } = invocation;
  const matter = eventsThatMatter(events);
  terminal.sayCut(...eventTypeTable(events, terminal), '');
  tell(matter);
  terminal.note({
    lead: `${plural(events.length - matter.length, 'more event')}; --type, --status and --job choose, and this prints all:`,
    command: invocation.hint('history', text, '--all'),
  });
}

function sayMore(
  { left, next }: { readonly left: number; readonly next: number },
  invocation: Invocation<HistoryOptions>,
  text: string,
): void {
  const { options, terminal } = invocation;
  const words = ['history', text, ...filterWords(options), '--limit', options.limit!, '--after', `#${next}`];
  terminal.note({ lead: `${plural(left, 'more event')}:`, command: invocation.hint(...words) });
}
