/** Every kind of fault that a simulated world may meet, in words, and how often it strikes. */
interface FaultKindFacts {
  readonly means: string;
  /** For what strikes calls, messages, timers or attempts: the chance that one of them is struck. */
  readonly rate?: number;
  /** For what happens at a moment: how many times in a virtual minute. */
  readonly perMinute?: number;
}

const facts = {
  'append-lost': { means: 'an append does not reach the log', rate: 0.04 },
  'append-late': { means: 'an append reaches the log seconds later', rate: 0.04 },
  'append-twice': { means: 'an append reaches the log a second time, seconds later', rate: 0.04 },
  'answer-lost': { means: 'an append reaches the log, and its answer is lost', rate: 0.04 },
  'answer-late': { means: 'the answer to an append comes seconds later', rate: 0.03 },
  'read-failed': { means: 'a read fails', rate: 0.04 },
  'read-late': { means: 'the answer to a read comes seconds later', rate: 0.02 },
  'messages-late': { means: 'a subscription hands its events over seconds later', rate: 0.03 },
  'subscription-dropped': { means: 'a subscription is dropped, and goes on after a while', rate: 0.02 },
  'messages-again': { means: 'a subscription that was dropped hands events over again', rate: 0.02 },
  'dropped-in-pause': { means: 'the subscription of a suspended machine is dropped', rate: 0.5 },
  'crash-at-await': {
    means: 'a machine dies where it waits: for a call, its answer, a message, or a timer',
    rate: 0.002,
  },
  'snapshot-lost': { means: 'a worker starts without the snapshot', rate: 0.15 },
  'snapshot-stale': { means: 'a worker starts with an older snapshot', rate: 0.25 },
  'snapshot-damaged': { means: 'a worker starts with a damaged snapshot', rate: 0.15 },
  'loop-blocked': { means: 'a handler blocks the event loop of its machine', rate: 0.03 },
  'handler-faults': { means: 'a handler gives the attempt up', rate: 0.08 },
  'handler-throws': { means: 'a handler throws something, errors or not', rate: 0.08 },
  'handler-returns-odd': { means: 'a handler returns something odd', rate: 0.06 },
  'handler-aborts': { means: 'a handler aborts its job', rate: 0.015 },
  'handler-skips': { means: 'a handler finds nothing to do', rate: 0.03 },
  'handler-spawns': { means: 'a handler adds jobs below its own', rate: 0.12 },
  'handler-defers': { means: 'a handler puts its job off', rate: 0.04 },
  'handler-slow': { means: 'a handler outlasts its time-out or its lease', rate: 0.04 },
  'handler-hangs': { means: 'a handler with a time-out never ends, whatever its signal says', rate: 0.05 },
  'large-result': { means: 'a result is too large to be kept in memory', rate: 0.05 },
  partition: { means: 'a machine cannot reach the log for a while', perMinute: 0.5 },
  'half-partition': { means: 'a machine can read but not write for a while, or write but not read', perMinute: 0.5 },
  'clock-skewed': { means: 'the clock of a machine is up to ten minutes off', rate: 1 },
  'clock-drifting': { means: 'the clocks of a machine are up to a hundredth too fast or too slow', rate: 0.6 },
  'clock-jumps': { means: 'the clock of a machine is set by up to five hours', perMinute: 0.6 },
  'log-clock-jumps': { means: 'the clock of the log is set by up to five hours', perMinute: 0.3 },
  paused: { means: 'a machine is suspended, also for longer than a lease', perMinute: 1.5 },
  crash: { means: 'a machine dies', perMinute: 0.8 },
  stop: { means: 'a worker is stopped, and another one takes its place', perMinute: 0.6 },
  'disk-full': { means: 'nothing can be written for a while', perMinute: 0.2 },
  'claimants-wrong': { means: 'a worker is told of other workers than there are', rate: 0.5 },
  'share-at-will': { means: 'a worker follows some of the log, and not what it should', perMinute: 4 },
  operator: { means: 'an operator aborts, retries or forks', perMinute: 2.5 },
  answer: { means: 'somebody answers a job, be it the right one', perMinute: 4 },
  hold: { means: 'an operator pauses or resumes work', perMinute: 1.5 },
  'older-release': { means: 'a worker is of an older release', rate: 0.25 },
  'submitter-dies': { means: 'a submitter dies, and another one submits the same', rate: 0.1 },
  limit: { means: 'an operator sets, changes or removes a limit', perMinute: 1.5 },
  schedule: { means: 'an operator pauses, resumes, sets, removes, triggers or backfills a schedule', perMinute: 1.5 },
} as const satisfies Record<string, FaultKindFacts>;

/** What only a file can meet. */
const factsOfFiles = {
  'read-error': { means: 'reading the file ends in an error', rate: 0.01 },
  'io-error': { means: 'a transaction cannot begin', rate: 0.03 },
  'commit-full': { means: 'a commit does not fit onto the disk, and is rolled back', rate: 0.03 },
  'commit-unknown': { means: 'a commit is in the file, and is said to have failed', rate: 0.03 },
  'power-cut': { means: 'the power fails during a commit, of which some part is in the file', rate: 0.005 },
  locked: { means: 'another program locks the file, for longer than is waited for', perMinute: 1 },
  checkpoint: { means: 'another program moves the journal into the file', perMinute: 1 },
  archive: { means: 'an operator moves all graphs that are over, or some of them, to archives', perMinute: 1.5 },
} as const satisfies Record<string, FaultKindFacts>;

export type FaultKind = keyof typeof facts | keyof typeof factsOfFiles;

export const faultKinds: Readonly<Record<FaultKind, FaultKindFacts>> = { ...facts, ...factsOfFiles };

export const faultsOfFiles = Object.keys(factsOfFiles) as readonly FaultKind[];

/** Every fault that any engine can meet. */
export const allFaults = Object.keys(facts) as readonly FaultKind[];
