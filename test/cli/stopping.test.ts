import { assert, describe } from '../support/spec.js';
import { eventually } from '../support/eventually.js';
import { Workplace } from './workplace.js';

/** A chain of two jobs that each take a while; they say when they begin. */
const slowFile = `
export const graph = { first: [], second: ['first'] };
const slow = async (job) => {
  console.error('begun ' + job.id + ' in ' + process.pid);
  await new Promise((done) => setTimeout(done, Number(process.env.SLOW_MS ?? 400)));
  return job.id;
};
export const handlers = { first: slow, second: slow };
`;

const stopping = describe('stopping', { timeoutMs: 60_000 });

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  stopping.test(`a worker told by ${signal} ends what it runs, takes on nothing new, and exits with 0`, async () => {
    const place = new Workplace({ 'slow.mjs': slowFile });
    await place.overseer('submit', 'slow.mjs', '--id', 's');
    const worker = place.begin('worker', 'slow.mjs');
    await worker.says(/begun first/);
    worker.signal(signal);
    const { code } = await worker.ended;
    assert.is(code, 0);
    const { jobs } = await place.json('show', 's');
    assert.equal([jobs.first.status, jobs.first.attempt], ['finished', 1]);
    assert.equal([jobs.second.status, jobs.second.attempt], ['unstarted', 0]);
  });
}

stopping.test('what does not end in time is handed back', async () => {
  const place = new Workplace({ 'slow.mjs': slowFile, 'overseer.yml': 'stop-timeout: 50\n' }, { SLOW_MS: '60000' });
  await place.overseer('submit', 'slow.mjs', '--id', 's');
  const worker = place.begin('worker', 'slow.mjs');
  await worker.says(/begun first/);
  worker.signal('SIGTERM');
  assert.is((await worker.ended).code, 0);
  const { jobs } = await place.json('show', 's');
  assert.equal([jobs.first.derivedStatus, jobs.first.failure.reason], ['ready', 'system/released']);
});

stopping.test('a signal that comes twice within a second is one, and a later one ends a worker at once', async () => {
  const place = new Workplace({ 'slow.mjs': slowFile }, { SLOW_MS: '60000' });
  await place.overseer('submit', 'slow.mjs', '--id', 's');
  const worker = place.begin('worker', 'slow.mjs');
  await worker.says(/begun first/);
  const begunAt = performance.now();
  worker.signal('SIGTERM');
  await worker.says(/worker is stopping/);
  const again = setInterval(() => worker.signal('SIGTERM'), 20);
  assert.is((await worker.ended).code, 143);
  clearInterval(again);
  assert.ok(performance.now() - begunAt >= 1000);
  const { jobs } = await place.json('show', 's');
  assert.is(jobs.first.status, 'started');
});

stopping.test('a run that is interrupted says how to go on, and going on finishes the graph', async () => {
  const place = new Workplace({ 'slow.mjs': slowFile });
  const begun = place.begin('run', 'slow.mjs', '--id', 's');
  await begun.says(/begun first/);
  begun.signal('SIGINT');
  const { code, stdout, stderr } = await begun.ended;
  assert.is(code, 1);
  assert.match(stderr, /overseer: stopping when what runs has ended; interrupt again to exit at once\n/);
  assert.match(
    stdout,
    /graph s has not ended: 2 jobs in .* \(1 finished, 1 ready\)\ngo on with: overseer run slow\.mjs --id s\n$/,
  );
  const again = await place.overseer('run', 'slow.mjs', '--id', 's');
  assert.is(again.code, 0);
  assert.match(again.stdout, /^graph s: 2 jobs, 1 of them finished already\n/);
});

stopping.test('a run takes its worker processes with it, even when it is killed', async () => {
  const place = new Workplace({ 'slow.mjs': slowFile }, { SLOW_MS: '60000' });
  await place.overseer('submit', 'slow.mjs', '--id', 's');
  const begun = place.begin('run', 'slow.mjs', '--id', 's', '--worker-processes', '2', '--log-level', 'info');
  const started = () =>
    new Set([...begun.stderr.matchAll(/"pid":(\d+).*"msg":"worker started"/g)].map(([, pid]) => Number(pid)));
  await eventually('three workers have started', () => started().size === 3, 20_000);
  const others = [...started()].filter((pid) => pid !== begun.pid);
  assert.is(others.length, 2);
  begun.signal('SIGKILL');
  await begun.ended;
  // One of the three may hold the job, and has half a minute for it: another signal makes short work of that.
  await eventually('the idle one is gone', () => others.some((pid) => !isAlive(pid)), 20_000);
  for (const pid of others) if (isAlive(pid)) process.kill(pid, 'SIGKILL');
  await eventually('both are gone', () => !others.some(isAlive), 5000);
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
stopping.run();
