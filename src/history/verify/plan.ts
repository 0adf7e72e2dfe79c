import { availableParallelism } from 'node:os';
import type { Position } from '../../domain/events.js';
import { isOfNamespace } from '../../domain/namespace-stream.js';
import { tileLeaves } from '../../evidence/merkle-tree.js';
import { type EventLog, LogError } from '../../log/event-log.js';
import { comparePositions } from '../../domain/positions.js';
import { orThrow } from '../../store/or-throw.js';
import type { Piece } from './piece.js';

/** How to verify a log. Its pieces end where tiles of the audit's tree end, so that their trees can be joined. */
export interface VerifyPlan {
  readonly pieces: readonly Piece[];
  /**
   * If true, the main thread verifies the first piece, and a thread of its own verifies each of the others. If false, the
   * main thread checks all of them, and a thread of its own hashes each.
   */
  readonly isAuditShared: boolean;
}

export interface PlanLimits {
  /** How many pieces there may be. Reading a log in more than eight places at once gains little. */
  readonly piecesMax: number;
  /** With fewer events than this in a piece, starting a thread for it takes longer than it saves. */
  readonly pieceEventsMin: number;
}

const defaultLimits = { piecesMax: Math.min(availableParallelism(), 8), pieceEventsMin: 8 * tileLeaves };
/** Where in a log to look how long its graphs are, as fractions of its length. */
const probed = [5 / 8, 6 / 8, 7 / 8];

/**
 * How to verify a log up to its end. Checking an event takes the history of its graph. So pieces can be checked side by
 * side where most graphs begin and end within one of them; elsewhere, only hashing can be shared.
 *
 * @throws LogError if the log's end cannot be read
 */
export async function planOf(log: EventLog, limits: PlanLimits = defaultLimits): Promise<VerifyPlan> {
  const [last] = await orThrow(log.readAll({ direction: 'backwards', limit: 1 }));
  if (last === undefined) return { pieces: [], isAuditShared: true };
  try {
    return await planUpTo(log, last.position, limits);
  } catch (error) {
    // Something in it cannot be read. Reading it all, from the start, shows what that is.
    if (error instanceof LogError) return inOnePiece(last.position);
    throw error;
  }
}

async function planUpTo(log: EventLog, end: Position, limits: PlanLimits): Promise<VerifyPlan> {
  const cuts = await cutsOf(log, end, limits);
  if (cuts === null) return inOnePiece(end);
  const { shared, hashed, probes } = cuts;
  let spanning = 0;
  for (const probe of probes) if (await isBegunBefore(log, probe, shared)) spanning += 1;
  const isAuditShared = spanning * 2 < probes.length;
  return { pieces: piecesBetween([...(isAuditShared ? shared : hashed), end]), isAuditShared };
}

function inOnePiece(end: Position): VerifyPlan {
  return { pieces: piecesBetween([end]), isAuditShared: true };
}

interface Cuts<Place> {
  /** For as many pieces as there may be. */
  readonly shared: readonly Place[];
  /** For one piece less. */
  readonly hashed: readonly Place[];
  readonly probes: readonly Place[];
}

/** Where to cut a log; null to leave it whole. */
async function cutsOf(log: EventLog, end: Position, limits: PlanLimits): Promise<Cuts<Position> | null> {
  if (log.positionsOf === undefined) return null;
  let events = 0;
  const positions = await orThrow(
    log.positionsOf(end, (count) => {
      events = count;
      return numbersOf(numberedCuts(count, limits));
    }),
  );
  const cuts = numberedCuts(events, limits);
  if (cuts === null) return null;
  const places = new Map(numbersOf(cuts).map((n, index) => [n, positions[index]!]));
  const placesOf = (numbers: readonly number[]) => numbers.map((n) => places.get(n)!);
  return { shared: placesOf(cuts.shared), hashed: placesOf(cuts.hashed), probes: placesOf(cuts.probes) };
}

/** All of them, in rising order. */
function numbersOf(cuts: Cuts<number> | null): readonly number[] {
  if (cuts === null) return [];
  return [...new Set([...cuts.shared, ...cuts.hashed, ...cuts.probes])].sort((a, b) => a - b);
}

/** The same, by the number of events before a cut. */
function numberedCuts(count: number, { piecesMax, pieceEventsMin }: PlanLimits): Cuts<number> | null {
  const pieces = Math.min(piecesMax, Math.floor(count / pieceEventsMin));
  if (pieces < 2) return null;
  return {
    shared: endsOfPieces(count, pieces),
    hashed: endsOfPieces(count, pieces - 1),
    probes: probed.map((part) => Math.floor(count * part)),
  };
}

/** The numbers of the last events of equal pieces, without the last piece. */
function endsOfPieces(count: number, pieces: number): readonly number[] {
  const size = tileLeaves * Math.ceil(count / pieces / tileLeaves);
  const ends: number[] = [];
  for (let end = size; end < count; end += size) ends.push(end);
  return ends;
}

function piecesBetween(ends: readonly Position[]): readonly Piece[] {
  return ends.map((end, index) => ({ after: ends[index - 1] ?? null, upTo: end }));
}

/** Whether the graph of the event after a position began before the last cut before that position. */
async function isBegunBefore(log: EventLog, position: Position, cuts: readonly Position[]): Promise<boolean> {
  const cut = cuts.findLast((each) => comparePositions(each, position) < 0);
  if (cut === undefined) return false;
  const [event] = await orThrow(log.readStored({ after: position, limit: 1 }));
  if (event === undefined || isOfNamespace(event)) return false;
  const [first] = await orThrow(log.readStream({ graphId: event.graphId, jobId: null }, { from: 0, to: 0 }));
  return first !== undefined && comparePositions(first.position, cut) <= 0;
}
