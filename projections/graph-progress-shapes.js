/* Which events this release can read: the shapes of src/domain/events.ts, once more. */

function isVersion(version, type) {
  return version === 1 || ((version === 2 || version === 3) && type === 'GraphSubmitted');
}

var isMoment = matches(/^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{3}Z$/);
var isCause = matches(/^(fault|exception|timeout|lease-expired|released)$/);
var isSaidBySomebody = record({ by: isText, reason: isText });
var isFailure = record({ reason: isText, exception: isText, message: isTextOrNull });
var isRetryPolicy = record({
  maximumAttempts: optional(atLeast(1)),
  initialIntervalMs: optional(atLeast(0)),
  backoffCoefficient: optional(between(1, 1000)),
  maximumIntervalMs: optional(atLeast(0)),
  jitter: optional(between(0, 1)),
  nonRetryable: optional(areTexts),
});
var isRule = matches(/^(all-finished|none-failed|all-ended|any-finished|any-failed)$/);
var isLimit = record({ key: isText, units: optional(atLeast(1)) });

function areLimits(value) {
  return Array.isArray(value) && value.every(isLimit);
}

var hasJobsOptions = record({
  when: optional(isRule),
  optional: optional(areTexts),
  withSpawned: optional(areTexts),
  spawnedBy: optional(isText),
  args: optional(isObject),
  retry: optional(isRetryPolicy),
  timeoutMs: optional(atLeast(1)),
  maximumLostLeases: optional(atLeast(0)),
  carried: optional(
    record({ graphId: isText, attempt: atLeast(0), eventId: isText, finishedAt: isMoment, result: isPresent }),
  ),
  carriedStatus: optional(matches(/^skipped$/)),
  memoize: optional(record({ key: isText, maxAgeMs: optional(atLeast(1)), fresh: optional(isTruth) })),
  external: optional(record({ for: optional(isText) })),
  limits: optional(areLimits),
  priority: optional(isWhole),
  startAfter: optional(isMoment),
  delayMs: optional(atLeast(1)),
  scheduleToStartMs: optional(atLeast(1)),
  scheduleToCloseMs: optional(atLeast(1)),
});

var isMemoizedFrom = record({
  graphId: isText,
  jobId: isText,
  attempt: atLeast(1),
  eventId: isText,
  finishedAt: isMoment,
});

var shapes = {
  GraphSubmitted: record({
    part: atLeast(1),
    parts: atLeast(1),
    jobs: areJobs,
    args: isObject,
    labels: areLabels,
    priority: isWhole,
    forkedFrom: optional(record({ graphId: isText, position: isText })),
    startAfter: optional(isMoment),
    deadline: optional(isMoment),
    deadlineMs: optional(atLeast(1)),
  }),
  GraphAborted: record({ by: isText, reason: isText, deadline: optional(isMoment) }),
  GraphReset: isSaidBySomebody,
  GraphPaused: isSaidBySomebody,
  GraphResumed: isSaidBySomebody,
  WorkPaused: record({ jobType: isTextOrNull, by: isText, reason: isText }),
  WorkResumed: record({ jobType: isTextOrNull, by: isText, reason: isText }),
  JobStarted: record({
    attempt: atLeast(1),
    worker: record({ id: isText, host: isText, pid: isWhole, process: optional(isText) }),
    leaseMs: atLeast(1),
  }),
  Heartbeat: record({ attempt: atLeast(1), progress: optional(between(0, 1)) }),
  JobsSpawned: record({ attempt: atLeast(1), jobs: areJobs, args: isObject }),
  JobFinished: record({ attempt: atLeast(1), result: isPresent, memoized: optional(isMemoizedFrom) }),
  JobFaulted: record({
    attempt: atLeast(1),
    cause: isCause,
    failure: isFailure,
    next: isNext,
    stack: optional(isText),
  }),
  JobAborted: record({ by: isText, message: isText, silent: isTruth, attempt: optional(atLeast(1)) }),
  JobSkipped: record({ attempt: atLeast(1), reason: isText }),
  JobDeferred: record({ attempt: atLeast(1), reason: isText, delayMs: atLeast(0) }),
  JobAnswered: isAnswer,
  JobExpired: record({
    limit: matches(/^(scheduleToStart|scheduleToClose)$/),
    failure: isFailure,
    attempt: optional(atLeast(1)),
  }),
  ClaimRevoked: record({ attempt: atLeast(1) }),
  JobReset: isSaidBySomebody,
  ResultMemoized: record({
    graphId: isText,
    jobId: isText,
    attempt: atLeast(1),
    eventId: isText,
    revision: atLeast(0),
  }),
  LimitSet: record({
    key: isText,
    by: isText,
    reason: isText,
    concurrency: optional(atLeast(1)),
    starts: optional(atLeast(1)),
    windowMs: optional(atLeast(1)),
  }),
  LimitRemoved: record({ key: isText, by: isText, reason: isText }),
  PlaceTaken: record({
    graphId: isText,
    jobId: isText,
    attempt: atLeast(1),
    after: atLeast(-1),
    units: atLeast(1),
    concurrency: optional(atLeast(1)),
    starts: optional(atLeast(1)),
    windowMs: optional(atLeast(1)),
  }),
  PlaceGivenBack: record({ graphId: isText, jobId: isText, attempt: atLeast(1), after: atLeast(-1) }),
  ScheduleNamed: record({ name: isText }),
  ScheduleSet: record({
    jobs: areJobs,
    args: isObject,
    labels: areLabels,
    priority: isWhole,
    overlap: matches(/^(skip|buffer-one|allow|abort-earlier)$/),
    catchUpMs: atLeast(1),
    by: isText,
    reason: isText,
    cron: optional(isText),
    timezone: optional(isText),
    everyMs: optional(atLeast(1)),
    deadlineMs: optional(atLeast(1)),
  }),
  SchedulePaused: isSaidBySomebody,
  ScheduleResumed: isSaidBySomebody,
  ScheduleRemoved: isSaidBySomebody,
  ScheduleTriggered: record({
    instants: areMoments,
    by: isText,
    reason: isText,
    backfill: optional(record({ from: isMoment, to: isMoment })),
  }),
  ScheduleFired: record({
    instant: isMoment,
    kind: matches(/^(due|asked|buffered)$/),
    graphId: isText,
    aborts: optional(isText),
  }),
  ScheduleBuffered: record({ instant: isMoment }),
  ScheduleSkipped: record({
    from: isMoment,
    to: isMoment,
    why: matches(/^(overlap|missed)$/),
    count: optional(atLeast(1)),
  }),
};

function isReadable(event) {
  // The server fails on asking for the data of an event whose JSON is no object.
  if (!event.isJson || !/^\s*\{/.test(event.bodyRaw) || !isVersion(versionOf(event), event.eventType)) return false;
  return Object.prototype.hasOwnProperty.call(shapes, event.eventType) && shapes[event.eventType](event.data);
}

function versionOf(event) {
  try {
    return isObject(event.metadata) && typeof event.metadata.schemaVersion === 'number'
      ? event.metadata.schemaVersion
      : 1;
  } catch {
    return 1; // Metadata may be anything, and is read as none if it is no JSON.
  }
}

function record(fields) {
  var keys = Object.keys(fields);
  return function (value) {
    if (!isObject(value)) return false;
    for (var i = 0; i < keys.length; i += 1) if (!fields[keys[i]](value[keys[i]])) return false;
    return true;
  };
}

function optional(is) {
  return function (value) {
    return value === undefined || is(value);
  };
}

function atLeast(least) {
  return function (value) {
    return isWhole(value) && value >= least;
  };
}

function between(least, most) {
  return function (value) {
    return typeof value === 'number' && value >= least && value <= most;
  };
}

function matches(pattern) {
  return function (value) {
    return isText(value) && pattern.test(value);
  };
}

/** There are thousands of them in an event, and most have no options. */
function areJobs(jobs) {
  if (!Array.isArray(jobs)) return false;
  for (var i = 0; i < jobs.length; i += 1) {
    var job = jobs[i];
    if (typeof job !== 'object' || job === null || typeof job.id !== 'string' || typeof job.type !== 'string')
      return false;
    if (!areTexts(job.parents)) return false;
    if (Object.keys(job).length > 3 && !hasJobsOptions(job)) return false;
  }
  return true;
}

function areTexts(values) {
  if (!Array.isArray(values)) return false;
  for (var i = 0; i < values.length; i += 1) if (typeof values[i] !== 'string') return false;
  return true;
}

function areMoments(values) {
  if (!Array.isArray(values)) return false;
  for (var i = 0; i < values.length; i += 1) if (!isMoment(values[i])) return false;
  return true;
}

function areLabels(labels) {
  return isObject(labels) && areTexts(Object.values(labels));
}

function isNext(next) {
  if (!isObject(next)) return false;
  if (next.kind === 'failed') return true;
  return next.kind === 'retry' && isMoment(next.notBefore) && optional(atLeast(0))(next.delayMs);
}

/** There is either a result or a failure. */
function isAnswer(answer) {
  if (!isSaidBySomebody(answer) || (answer.result === undefined) === (answer.failure === undefined)) return false;
  return answer.failure === undefined || isFailure(answer.failure);
}

function isPresent(value) {
  return value !== undefined;
}

function isObject(value) {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isText(value) {
  return typeof value === 'string';
}

function isTextOrNull(value) {
  return value === null || typeof value === 'string';
}

function isTruth(value) {
  return typeof value === 'boolean';
}

function isWhole(value) {
  return Number.isSafeInteger(value);
}
