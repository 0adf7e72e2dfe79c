/**
 * What a browser can run: no log, no store, nothing of Node. dependency-cruiser checks what these files import, ESLint
 * which globals they use.
 */
const rooms = ['domain', 'evidence'];

/** The half of each feature of history that is pure; the other half reads a log. */
const history = [
  'bisect/log-view',
  'bisect/question',
  'bisect/search',
  'bisect/shape',
  'bisect/state-shapes',
  'bisect/expression',
  'bisect/expression-names',
  'estimate/estimator',
  'estimate/remaining',
  'explain/answer-lines',
  'explain/brief-lines',
  'explain/claims',
  'explain/explanation',
  'explain/explanation-lines',
  'explain/job-briefs',
  'explain/limit-waits',
  'explain/ready-lines',
  'explain/speech',
  'explain/stack-lines',
  'fork/plan',
  'moments/compare',
  'moments/graph-history',
  'moments/graph-states',
  'moments/read-moment',
  'projections/projection',
  'replay/recorded-attempt',
  'timeline/by-type',
  'timeline/load',
  'timeline/spans',
  'timeline/ticks',
  'verify/invariants',
  'verify/tally',
  'verify/verification',
  'what-if/supposition',
];

module.exports = { rooms, history };
