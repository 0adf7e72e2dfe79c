/**
 * Every code an error can have: what it means and, where there is something to do, what to do. A code stays the same from
 * release to release. `docs/reference/errors.md` is generated from these tables.
 */

interface Explanation {
  readonly means: string;
  readonly remedy?: string;
  /** What throws it, where that is not plain from the table it is in. */
  readonly thrownBy?: string;
}

type Explanations = Readonly<Record<string, Explanation>>;

/** Codes of a `LogError`: the log could not do what was asked. */
export const logErrorCodes = {
  'store-address': {
    means: 'the address, or the settings of the adapter, are wrong',
    remedy: 'give `sqlite:PATH`, `esdb://HOST:PORT`, `memory:`, or an exported `FILE.jsonl`',
  },
  'store-not-installed': {
    means: 'the file does not exist, or is empty',
    remedy: 'call `install(store)`, or run `overseer install`',
  },
  'store-folder-missing': { means: 'the folder of the file does not exist', remedy: 'create the folder' },
  'store-is-a-folder': { means: 'the path is a folder', remedy: 'name a file in it' },
  'store-not-a-database': {
    means: 'the file is not an SQLite database',
    remedy: 'name another file, or restore it from a backup',
  },
  'store-damaged': {
    means: 'pages, rows or tables of the file are damaged, or its `-wal` is missing; nothing is appended',
    remedy: '`overseer verify` says what is wrong and what can still be read; restore the rest from a backup',
  },
  'store-archive-missing': {
    means: 'an archive of the file is missing, and events that were asked for are in it',
    remedy: 'put it back into the folder that the message names; it belongs to the store as the file itself does',
  },
  'store-archive-damaged': {
    means: 'an archive of the file is not what was written',
    remedy: 'restore it from a backup; archives never change',
  },
  'store-gone': {
    means:
      'the file, or its `-wal`, was deleted, moved or replaced while it was in use; an append may have reached the old file',
    remedy: 'stop every worker, put the file back or create a new one, and start again',
  },
  'store-native-part-missing': {
    means: 'the compiled part of `better-sqlite3` is missing, or was built for another Node.js',
    remedy: '`npm rebuild better-sqlite3`, see [installing](../guide/installing.md#the-package)',
  },
  'store-client-missing': {
    means: 'the client for EventStoreDB is not installed: optional dependencies were left out',
    remedy: '`npm install --include=optional`, see [installing](../guide/installing.md#the-small-installation)',
  },
  'store-client-broken': {
    means: 'the client for EventStoreDB is installed, but cannot be loaded',
    remedy: 'remove `node_modules` and install again',
  },
  'store-foreign-database': {
    means: "the file is another program's database; it was not changed",
    remedy: 'give the store a file of its own',
  },
  'store-newer-format': { means: 'a newer release wrote the file', remedy: 'update overseer' },
  'store-read-only': {
    means: 'the file, or its folder, cannot be written to; or it is an export',
    remedy: 'correct the permissions; import an export before you write',
  },
  'store-locked': {
    means: 'another program keeps the file locked',
    remedy: 'find out which; a worker goes on by itself once the lock is released',
  },
  'store-full': { means: 'the disk is full; nothing was written', remedy: 'make room; a worker goes on by itself' },
  'store-credentials-wrong': {
    means: 'the server refuses the user name or password',
    remedy: 'correct them in the address',
  },
  'store-access-denied': {
    means: "the user may not read `$all`, or not append to the namespace's streams",
    remedy: "give the user the roles that the guide's page on EventStoreDB lists",
  },
  'store-server-too-old': { means: 'the EventStoreDB server is older than 22.10', remedy: 'update the server' },
  'store-history-missing': {
    means: 'somebody deleted or truncated a stream of the log',
    remedy: 'restore it from a backup, or submit the graph again under another id',
  },
  'store-unavailable': {
    means: 'the server cannot be reached, or the engine reports something else',
    remedy: 'read the message and its `cause`; a worker goes on by itself when the server is back',
  },
  'store-closed': {
    means: 'the store was closed by this program',
    remedy: 'stop the workers before you close the store',
  },
  'export-unreadable': { means: 'the exported file does not exist, or cannot be read', remedy: 'check the path' },
  'export-invalid': {
    means: 'the file is not an export, or was changed after it was written',
    remedy: 'the message names the line; get the file again',
  },
  'restore-conflict': {
    means: 'another event already stands where an event to be imported belongs',
    remedy: 'import into another store; nothing more was written',
  },
  'restore-out-of-order': {
    means: 'the store holds events recorded later than those to be imported',
    remedy: 'import into a new store',
  },
  'position-invalid': {
    means: 'there is no event at the given position',
    remedy: 'take a position that `history` or `log` shows',
  },
  'projections-disabled': {
    means: 'the server does not run projections of its users',
    remedy: 'start it with `--run-projections=All`',
  },
  'projections-refused': {
    means: 'a projection could not be changed; nothing was changed',
    remedy: 'the message says what is in the way, and what to do',
  },
  'projections-unknown': {
    means: 'there is no projection of this name',
    remedy: '`overseer projections plan` lists them',
  },
  'append-too-large': {
    means: 'the append is larger than an append may be; nothing was written',
    remedy: 'keep [within the limits](limits.md)',
  },
  'event-invalid': {
    means: 'an event does not match its own codec, or is nested too deeply; nothing was written',
    remedy: 'the message names the field',
  },
} as const satisfies Explanations;

/** Codes of a `RejectedError`: a rule said no. */
export const rejectionCodes = {
  'graph-not-found': {
    means: 'no graph of this namespace has this id',
    remedy: 'check the id, the namespace and the store',
  },
  'job-not-found': { means: 'the graph has no job of this id', remedy: 'check the id' },
  'job-not-ready': { means: 'the job waits for others, is backing off, or is put off by its handler', remedy: 'wait' },
  'job-not-started': { means: 'no worker runs the job', remedy: 'nothing: the attempt is over already' },
  'job-already-started': { means: 'a worker runs the job', remedy: 'nothing' },
  'job-already-ended': {
    means: 'the job has finished or failed, and stays so',
    remedy: 'to run a failed job again, retry it',
  },
  'job-external': { means: 'the job is answered from outside; no worker runs it', remedy: 'answer it' },
  'job-not-external': {
    means: 'only a job that its graph calls `external` can be answered',
    remedy: 'let a worker run it, or abort it',
  },
  'job-not-ended': {
    means: 'only a job that failed, was aborted or skipped itself can be retried',
    remedy: 'wait, or abort the job',
  },
  'job-aborted-through-another': {
    means: 'the job was aborted only because another job, or its graph, was',
    remedy: 'retry the one that the message names',
  },
  'attempt-superseded': { means: 'a later attempt of the job runs', remedy: 'nothing: this attempt is over' },
  'attempt-not-found': {
    means: 'the job has no such attempt, or none at all',
    remedy: 'the message says which attempts there are',
  },
  'attempt-not-ended': { means: 'the attempt still runs', remedy: 'wait, or name an earlier one' },
  'graph-already-ended': { means: 'every job of the graph has finished or failed', remedy: 'nothing' },
  'job-paused': {
    means: 'the graph of the job is paused, so the job cannot be started',
    remedy: 'resume the graph',
  },
  'not-paused': {
    means: 'the graph, the type of job, the namespace or the schedule is not paused',
    remedy: '`overseer pauses` lists what is, and `overseer schedule list` the schedules',
  },
  'graph-not-ended': { means: 'nothing in the graph has failed or was aborted', remedy: 'nothing' },
  'graph-unreadable': {
    means: 'the graph holds an event that this release cannot read',
    remedy: 'use the release that wrote it, or do what the message says',
  },
  'fork-same': {
    means: 'the fork would run nothing again: no job gets other args',
    remedy: 'give other args, or name the jobs that shall run again',
  },
  'job-not-kept': {
    means: 'a job cannot keep its result in a fork: it has not finished, or something it depends on runs again',
    remedy: 'let it run, or keep what the message names too',
  },
  'nothing-failed': {
    means: 'nothing in the graph has failed or was aborted',
    remedy: 'name the jobs that shall run again',
  },
  'schedule-not-found': {
    means: 'no schedule of this namespace has this name, or it was removed',
    remedy: '`overseer schedule list` names those that there are',
  },
  'schedule-unreadable': {
    means: 'what the schedule was set to last cannot be read by this release',
    remedy: 'use the release that set it, or set it again',
  },
  'too-many-runs': {
    means: 'more runs of a schedule are asked for than may wait',
    remedy: 'ask for a shorter stretch, and for the rest when those have run',
  },
  'limit-not-found': {
    means: 'no limit is set for the key itself',
    remedy: '`overseer limit list` names those that are set',
  },
} as const satisfies Explanations;

/** Codes that only one class of error has. */
export const classCodes = {
  'graph-invalid': {
    class: 'InvalidGraphError',
    means: 'the graph is not a valid one; nothing was stored',
    remedy: 'correct the graph; the message names the job',
    thrownBy: '`jobGraph`, `simpleGraph`, `transactGraph`',
  },
  'graph-id-taken': {
    class: 'GraphConflictError',
    means: 'another graph is stored under this id; `graphId` says which',
    remedy: 'choose another id, or submit exactly what was submitted',
    thrownBy: '`transactGraph`',
  },
  'handlers-missing': {
    class: 'MissingHandlersError',
    means: 'the graph has types without a handler',
    remedy: 'add a handler for each of its `types`',
    thrownBy: '`validateGraphHandlers`',
  },
  'handler-invalid': {
    class: 'InvalidHandlerError',
    means: 'the value given is not a handler',
    remedy: 'a handler is a function, or an object with `process` and perhaps `preProcess` and `postProcess`',
    thrownBy: '`start`, `harness`',
  },
  'configuration-invalid': {
    class: 'ConfigurationError',
    means: 'a setting is unknown, or has a value it cannot have',
    remedy: 'correct the setting; the message names it and where it is',
    thrownBy: '`start`, the command line',
  },
  'lease-lost': {
    class: 'LeaseLostError',
    means: "the job is no longer this attempt's; what the handler returns is not recorded",
    remedy: 'in a handler: stop',
    thrownBy: '`job.heartbeat`; `job.signal.reason`',
  },
  'job-timeout': {
    class: 'JobTimeoutError',
    means: "the attempt took longer than the job's `timeoutMs`",
    remedy: 'allow it more time, or make it faster',
    thrownBy: 'recorded as the failure; `job.signal.reason`',
  },
  'result-invalid': {
    class: 'InvalidResultError',
    means: 'the handler returned a result that JSON cannot hold, or that is too large',
    remedy: 'return plain data, or a reference to where it is stored',
    thrownBy: 'recorded as the failure',
  },
  'spawn-invalid': {
    class: 'InvalidSpawnError',
    means:
      'the handler spawned jobs that cannot be in its graph; the message says which and why, and nothing was added',
    remedy: 'correct what it gives to `job.spawn`',
    thrownBy: '`job.spawn`',
  },
} as const satisfies Readonly<Record<string, Explanation & { readonly class: string }>>;

/** Codes of a plain `OverseerError`. */
export const otherCodes = {
  'name-unknown': {
    means: 'an option, a status or a type of event has a name that does not exist; nothing was done',
    remedy: 'correct the name; the message says which one is near',
    thrownBy: 'every function that takes options',
  },
  'namespace-invalid': {
    means: 'a namespace is up to 64 letters, digits, dots and underscores',
    thrownBy: '`store`',
  },
  'answer-invalid': {
    means: 'an answer from outside has an empty message, or a result or data that are no JSON or too large',
    remedy: 'the message says what is wrong',
  },
  'reason-invalid': {
    means: '`by` or `reason` is not a string, or `by` is empty or too long; nothing was changed',
    thrownBy:
      '`abortGraph`, `abortJob`, `retryGraph`, `retryJob`, `finishJob`, `failJob`, `pause`, `resume`, the functions that change a schedule',
  },
  'selection-invalid': {
    means: 'it selects by nothing, or by a status or type of job that there is not; nothing was changed',
    thrownBy: '`abortMatching`, `retryMatching`',
  },
  'pause-invalid': {
    means: "what is to be paused is neither `{ graphId }`, `{ type }` nor `'namespace'`; nothing was changed",
    thrownBy: '`pause`, `resume`',
  },
  'schedule-invalid': {
    means:
      'the name, the cron line, the time zone, the period, the graph or another part of a schedule is not a possible one; nothing was changed',
    remedy: 'the message says which, and what is possible',
    thrownBy: '`setSchedule`, `backfillSchedule`',
  },
  'limit-setting-invalid': {
    means: 'the key, the concurrency or the rate of a limit is not a possible one; nothing was changed',
    remedy: 'the message says which, and what is possible',
    thrownBy: '`setLimit`, `removeLimit`, `limit`',
  },
  'schema-invalid': {
    means: 'what is given to check the args of a pipeline is no schema, or one that does not answer at once',
    remedy:
      'give a schema of zod, valibot or arktype (Standard Schema) or a codec of io-ts, without asynchronous checks',
    thrownBy: '`pipeline`, and `graph` of a pipeline',
  },
  'stream-unreadable': {
    means: 'a stream holds events that cannot be read here, so that no append could succeed; nothing was changed',
    thrownBy:
      '`abortGraph`, `abortJob`, `retryGraph`, `retryJob`, `pause`, `resume`, the functions that change a schedule',
  },
  'cursor-invalid': {
    means: '`after` is not the `next` of an earlier page',
    thrownBy: '`graphs`, `jobs`, `jobsReady`, `jobsUnstarted`, `jobsWithStatus`, `workers`',
  },
  'limit-invalid': {
    means: '`limit` is not a whole number from 1',
    thrownBy:
      '`graphs`, `jobs`, `jobsReady`, `jobsUnstarted`, `jobsWithStatus`, `workers`, `abortMatching`, `retryMatching`',
  },
  'slots-invalid': { means: '`slots` is not a whole number from 1', thrownBy: '`estimateTimeLeft`' },
  'wait-invalid': { means: '`timeoutMs` is not a number of milliseconds', thrownBy: '`waitForGraph`' },
  'pipeline-other': {
    means: 'the graph was not made from the pipeline that is given: a job is missing in it, or is of another type',
    remedy: 'wait with the pipeline that the graph was made from, or with none',
    thrownBy: '`waitForGraph`',
  },
  'wait-timeout': { means: 'the graph had not ended after `timeoutMs`', thrownBy: '`waitForGraph`' },
  'wait-aborted': { means: 'the `signal` aborted, or the store was closed', thrownBy: '`waitForGraph`' },
  'heartbeat-invalid': {
    means: 'the details are not JSON or are too large, or the progress is not a number from 0 to 1',
    thrownBy: '`job.heartbeat`',
  },
  'worker-stopping': { means: 'the worker stops and hands the job back', thrownBy: '`job.signal.reason`' },
  'worker-failed': {
    means: 'the worker stopped by itself, and `cause` says why; or it could not record that it handed its jobs back',
    thrownBy: '`worker.stopped`',
  },
  'sentry-missing': { means: 'a DSN is set, and `@sentry/node` is not installed', thrownBy: '`start`' },
  'sentry-dsn': { means: 'the DSN is not valid', thrownBy: '`start`' },
  'fork-unclear': { means: 'neither `from`, `failed` nor `args` says what to run again', thrownBy: '`forkGraph`' },
  'projection-invalid': {
    means: 'the value is not a projection, or made a state that JSON cannot hold; the message says why',
    thrownBy: '`defineProjection`, `project`',
  },
  'projection-failed': {
    means: "the projection's function threw, or returned nothing; the message names the event",
    thrownBy: '`project`, `projected`',
  },
  'retry-invalid': {
    means: 'the value given is not a retry policy; the message says why',
    thrownBy: '`whatIf`',
  },
  'archive-unsupported': {
    means: 'the store is not an SQLite file, and only such a file has archives; nothing was moved',
    thrownBy: '`archiveGraphs`, `overseer archive`',
  },
  'projections-unsupported': {
    means: 'the store has no server that runs projections; use one such as `esdb://HOST:PORT`',
    thrownBy: 'the functions and commands for server projections',
  },
  'redaction-invalid': {
    means: 'a path to redact is not valid, or leads to a field that cannot be redacted',
    thrownBy: '`exportLog`, `auditProve`',
  },
  'import-conflict': {
    means: 'the store holds another graph under the same id; nothing was imported',
    thrownBy: '`importLog`',
  },
  'import-redacted': {
    means: 'parts of the export were redacted: it can be read, but not imported',
    thrownBy: '`importLog`',
  },
  'import-invalid': {
    means: 'what was to be imported is not a complete history; nothing was imported',
    thrownBy: '`importLog`',
  },
  'search-invalid': { means: '`search` is not a text of at most 200 characters', thrownBy: '`graphs`' },
  'web-invalid': {
    means: 'an option of the web handler has a value it cannot have, or is needed; the message says which',
    thrownBy: '`webHandler`, `exportIncident`, `overseer ui`',
  },
  'event-not-found': { means: 'no event has this id or position', thrownBy: '`auditProve`' },
  'head-invalid': {
    means: 'the value is not a tree head; give what `overseer audit head --json` printed',
    thrownBy: '`readTreeHead`',
  },
  'head-foreign': {
    means: 'the tree head is of another namespace, or of a single graph',
    thrownBy: '`auditConsistent`',
  },
  'proof-invalid': { means: 'the value is not a proof', thrownBy: '`auditCheck`' },
  'moment-invalid': {
    means: 'a moment is an ISO time, `@POSITION` or `#N`, and not in the future',
    thrownBy: '`resolveMoment`, `resolveLogMoment`, `graphHistory`, the command line',
  },
  'moment-before-graph': {
    means: 'the graph did not exist at that moment',
    thrownBy: '`graphHistory`, the command line',
  },
  'expression-invalid': {
    means: 'the expression cannot be read, or has no answer; see [time travel](../guide/time-travel.md)',
    thrownBy: '`bisect`, `bisectLog`',
  },
  'testing-invalid': {
    means: 'an option, a name or a value given to `overseer/testing` is unknown or impossible',
    thrownBy: '`overseer/testing`',
  },
  'duration-invalid': {
    means: 'the value is not a length of time, such as `90000`, `90s` or `1d 12h`',
    thrownBy: '`archiveGraphs`, `overseer/testing`',
  },
  'clock-outside-handler': {
    means: 'a test waits for the virtual clock, which would never go on; in a test, call `clock.advance`',
    thrownBy: '`clock.sleep`',
  },
  'time-held': {
    means:
      'virtual time stood still: a handler was at real work for too long, or something waits for no time again and again; the message says what to do',
    thrownBy: '`runGraph`, `world.ended`, `world.until`, `clock.advance`',
  },
  'graph-unending': {
    means: 'the graph did not come to its end, or to what a test waits for; the message says what it waits for',
    thrownBy: '`runGraph`, `world.ended`, `world.until`',
  },
  'fault-never-struck': {
    means: 'a test asked for a fault of the log that had no occasion to strike',
    thrownBy: '`world.ended`',
  },
  'past-impossible': {
    means: 'the rules do not allow the past that a test states; the message names the fact and the rule',
    thrownBy: '`given`',
  },
  'histories-differ': {
    means: 'handlers or projections no longer give what was recorded; the message lists every difference',
    thrownBy: '`replayHistories`',
  },
  'nothing-replayed': {
    means: 'there was nothing to check: no file, or no attempt in it that can be replayed',
    thrownBy: '`replayHistories`',
  },
} as const satisfies Explanations;

/** Codes that only the command line has. */
export const commandLineCodes = {
  usage: { means: 'an unknown command or flag, or a flag with a value it cannot have' },
  'file-not-found': { means: 'the file does not exist' },
  'file-unreadable': { means: 'the file cannot be read, or is not of a kind that is read here' },
  'file-invalid': {
    means: 'the file cannot be parsed, or would lose something when read; the message gives the line and column',
  },
  'file-exists': { means: 'a file that a command was to write exists already' },
  'file-unwritable': { means: 'a file that a command was to write cannot be written', remedy: 'name another file' },
  'file-throws': { means: 'the file, or a function it exports, threw' },
  'setting-invalid': { means: 'the value of a setting repeats, nests or says too much to be read' },
  'output-unwritable': {
    means: 'stdout cannot be written, for example because the disk is full',
    remedy: 'make room, or send it elsewhere',
  },
  'process-ended': {
    means: 'a handler, or a file that was loaded, ended the process by `process.exit`; or nothing was left to wait for',
    remedy: 'throw an error, or return, instead',
  },
  'run-troubled': {
    means:
      'during a run, a promise was rejected that nobody handled, or a worker process failed; the graph may have finished all the same',
    remedy: 'await what handlers start',
  },
  'module-invalid': {
    means: 'the file given as a module does not export what it should',
    remedy: 'export what the message names',
  },
  'graph-missing': { means: 'the file does not export a graph' },
  'projection-missing': { means: 'the file does not export a projection' },
  'handlers-invalid': { means: 'what the file exports as handlers is not a set of handlers' },
  'graph-too-large': {
    means: 'the graph has too many jobs to be drawn as a picture',
    remedy: '`overseer show GRAPH --dot FILE` writes any number',
  },
  'namespace-unknown': {
    means: 'the store to import from holds nothing of this namespace; nothing was imported',
    remedy: 'name another with `--from-namespace`',
  },
  'port-taken': {
    means: 'another program listens at this port already',
    remedy: 'give another with `--port`, or `--port 0` for any that is free',
  },
  'host-unusable': {
    means: 'the server cannot listen at this address',
    remedy: 'give an address of this machine with `--host`',
  },
  'reference-invalid': { means: 'a graph is named by its id, a job by `GRAPH/JOB`' },
  'reference-ambiguous': { means: 'several graphs have an id that begins like this' },
  unexpected: {
    means: 'a bug, in a handler file or in overseer',
    remedy: '`OVERSEER_DEBUG=1` shows where; please report it if it is ours',
  },
} as const satisfies Explanations;

/** Codes that only the answers of the web UI have, each with the status of HTTP that goes with it. */
export const webCodes = {
  'request-invalid': {
    status: 400,
    means: 'a parameter, a header or the body of the request is unknown, or has a value it cannot have',
    remedy: 'the message names it',
  },
  'token-needed': {
    status: 401,
    means: 'the server asks for a token, and the request shows none',
    remedy: 'open the link that `overseer ui` printed, or give the token on the page',
  },
  'token-wrong': { status: 401, means: 'the token is not the one that the server was started with' },
  'origin-foreign': {
    status: 403,
    means: 'the request comes from the page of another site, or does not say that it comes from this one',
    remedy: 'use the page that the server itself serves',
  },
  'operations-off': {
    status: 403,
    means: 'this server only looks',
    remedy: 'start it with `--operate`, or use the command line',
  },
  'path-unknown': { status: 404, means: 'there is nothing at this path' },
  'method-unknown': { status: 405, means: 'the path takes other methods of HTTP; the header `allow` lists them' },
  'verification-under-way': { status: 409, means: 'another verification runs already', remedy: 'wait for its end' },
  'body-too-large': { status: 413, means: 'the body of the request is longer than it may be' },
  'address-too-long': { status: 414, means: 'the address of the request is longer than it may be' },
  'content-type-wrong': { status: 415, means: 'the body is not said to be `application/json`' },
  'host-unknown': {
    status: 421,
    means: 'the name by which the server was reached is none that it knows',
    remedy: 'use `localhost`, or name the host in `hosts` of `webHandler`',
  },
  'guesses-too-many': { status: 429, means: 'too many wrong tokens were given lately', remedy: 'wait a minute' },
  'page-missing': {
    status: 503,
    means: 'the files of the page are not there: they have not been built, or a bundle is not told where they are',
    remedy: '`npm run build`; in a bundle, the option `page` of `webHandler`',
  },
} as const satisfies Readonly<Record<string, Explanation & { readonly status: number }>>;

/** What the log could not do. See {@link logErrorCodes}. */
export type LogErrorCode = keyof typeof logErrorCodes;
/** Which rule said no. See {@link rejectionCodes}. */
export type RejectionCode = keyof typeof rejectionCodes;

/** Every code an error of this library can have. It stays the same from release to release. */
export type ErrorCode =
  | LogErrorCode
  | RejectionCode
  | keyof typeof classCodes
  | keyof typeof otherCodes
  | keyof typeof commandLineCodes
  | keyof typeof webCodes;
