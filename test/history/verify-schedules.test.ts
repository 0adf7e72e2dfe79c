/** What `verify` says of the streams of schedules. */
import { install, jobGraph, setSchedule, store, type Store, triggerSchedule, verify } from '../../src/index.js';
import type { DomainEvent } from '../../src/domain/events.js';
import { namespaceStream } from '../../src/domain/namespace-stream.js';
import { runId, scheduleStream } from '../../src/domain/schedules.js';
import { orThrow } from '../../src/store/or-throw.js';
import { assert, describe } from '../support/spec.js';
import { exportText, freshStore, temporaryFolder } from '../support/stores.js';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

const spec = describe('verifying schedules', { timeoutMs: 30_000 });

const graph = jobGraph({ report: [] });
const hour = 3_600_000;
const said = { by: 'ann', reason: 'x' };

async function world(): Promise<Store> {
  const db = await freshStore('memory');
  await setSchedule(db, 'tick', { graph, every: { ms: hour }, overlap: 'allow' });
  return db;
}

/** Events by a program that is not ours, at the end of the schedule's stream. */
async function forge(db: Store, ...events: readonly DomainEvent[]): Promise<void> {
  const known = await orThrow(db.log.readStream(scheduleStream('tick')));
  const written = events.map((event) => ({ id: db.environment.newId(), event, causationId: null, actor: 'x' }));
  await orThrow(db.log.append([{ ...scheduleStream('tick'), expectedRevision: known.length - 1, events: written }]));
}

const problems = async (db: Store) => (await verify(db)).problems.map(({ problem }) => problem);
const soon = () => new Date(Math.floor(Date.now() / hour) * hour).toISOString();
const ask = (instant: string): DomainEvent => ({ type: 'ScheduleTriggered', data: { instants: [instant], ...said } });
const fire = (instant: string, kind: 'due' | 'asked' = 'asked'): DomainEvent => ({
  type: 'ScheduleFired',
  data: { instant, kind, graphId: runId('tick', Date.parse(instant)) },
});
const at = (minutes: number) => new Date(Date.parse('2026-01-01T00:00:00Z') + minutes * 60_000).toISOString();

spec.test('given runs that are there, then nothing is wrong; the graph of the last may be on its way', async () => {
  const db = await world();
  await triggerSchedule(db, 'tick');
  assert.equal(await problems(db), []);
  await forge(db, ask(at(1)), fire(at(1)));
  assert.equal(await problems(db), []);
  await db.close();
});

spec.test('given a run without its graph, after which something was decided, then that is told', async () => {
  const db = await world();
  await forge(db, ask(at(1)), ask(at(2)), fire(at(1)), fire(at(2)));
  assert.equal(await problems(db), [
    'it comes after run tick@2026-01-01T00:01:00Z was decided, whose graph was not there by then',
  ]);
  await db.close();
});

spec.test('given a run that is decided twice, or that nobody has asked for, then that is told', async () => {
  const db = await world();
  const graphId = await triggerSchedule(db, 'tick');
  const instant = new Date(Date.parse(graphId.slice('tick@'.length))).toISOString();
  await forge(db, fire(instant), ask(instant), fire(instant));
  assert.equal(await problems(db), [
    `nobody has asked for ${instant}, or it was begun already`,
    `its graph ${graphId} was there before: the run is decided a second time`,
  ]);
  await db.close();
});

spec.test('given a decision that came too early, then nothing is wrong with the log', async () => {
  const db = await world();
  const early = new Date(Date.parse(soon()) + 5 * hour).toISOString();
  await forge(db, fire(early, 'due'));
  assert.equal(await problems(db), []);
  await db.close();
});

spec.test('given events in streams where they do not belong, then that is told', async () => {
  const db = await world();
  await forge(db, { type: 'WorkPaused', data: { jobType: null, ...said } });
  const [named] = await orThrow(db.log.readStream(namespaceStream));
  const event = { type: 'ScheduleNamed', data: { name: 'tick' } } as const;
  const append = { ...namespaceStream, expectedRevision: named!.revision };
  await orThrow(
    db.log.append([{ ...append, events: [{ id: db.environment.newId(), event, causationId: null, actor: 'x' }] }]),
  );
  assert.equal(await problems(db), [
    'WorkPaused does not belong in the stream of a schedule',
    'schedule "tick" is named already',
  ]);
  await db.close();
});

spec.test(
  'given an export in which args are hidden, then the schedule is checked all the same, and its args are hidden',
  async () => {
    const db = await freshStore('memory');
    await install(db);
    const secret = jobGraph({ report: [] }, { token: 'a secret' });
    await setSchedule(db, 'tick', { graph: secret, every: { ms: hour }, overlap: 'allow' });
    await triggerSchedule(db, 'tick');
    await forge(db, fire(at(1)));
    const text = await exportText(db, { redact: ['args.token', 'jobs[].args.token'] });
    assert.not.match(text, /a secret/);
    const file = join(temporaryFolder(), 'hidden.jsonl');
    writeFileSync(file, text);
    const source = await store(file);
    assert.match((await problems(source)).join(), /^nobody has asked for/);
    await Promise.all([db.close(), source.close()]);
  },
);

spec.run();
