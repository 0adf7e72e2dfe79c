/**
 * Logs that earlier releases wrote, read for ever. A failure here means that users' histories would be read differently:
 * the storage format is public API (see src/domain/events.ts).
 */
import { copyFileSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isPlainObject } from '../../src/prelude/json.js';
import { eventDefinitions, type EventType } from '../../src/domain/events.js';
import { readEvent } from '../../src/domain/read-event.js';
import { forkGraph, graphInfo, graphs, start, store, transactGraph, waitForGraph } from '../../src/index.js';
import { rightOf } from '../support/right.js';
import { assert, describe } from '../support/spec.js';
import { exportText, freshStore, sqliteAddress, temporaryFolder } from '../support/stores.js';
import { evidenceOf, idsOfForks, submissionIds } from './evidence.js';
import { goldenForks, goldenGraphs } from './graphs.js';

const spec = describe('golden logs', { timeoutMs: 30_000 });

const releases = readdirSync(import.meta.dirname)
  .filter((file) => file.endsWith('.db'))
  .map((file) => file.slice(0, -3));

async function openCopy(release: string) {
  const path = join(temporaryFolder(), 'overseer.db');
  copyFileSync(join(import.meta.dirname, `${release}.db`), path);
  return await store(sqliteAddress(path));
}

spec.test('there is one for the first release', () => {
  assert.ok(releases.includes('0.1.0'));
});

const recorded = (file: string) => readFileSync(join(import.meta.dirname, file), 'utf8');

/** A later release may say more about a graph and its jobs than the earlier one did. What they hold is to be as it was. */
function asFarAsThen(now: Record<string, unknown>, then: Record<string, unknown>, levels = 3): Record<string, unknown> {
  const known = Object.entries(now).filter(([key]) => key in then);
  return Object.fromEntries(
    known.map(([key, value]) => {
      const before = then[key];
      const isDeeper = levels > 1 && isPlainObject(value) && isPlainObject(before);
      return [key, isDeeper ? asFarAsThen(value, before, levels - 1) : value];
    }),
  );
}

for (const release of releases) {
  spec.test(`the log of ${release} holds every event there was then, and each can be read`, async () => {
    const db = await openCopy(release);
    const events = await rightOf(db.log.readAll({ limit: 10_000 }));
    assert.equal(
      events.filter((event) => event.type === 'Unreadable'),
      [],
    );
    const types = new Set(events.map((event) => event.type));
    if (release === '0.1.0') {
      assert.equal([...types].sort(), [
        'GraphAborted',
        'GraphSubmitted',
        'Heartbeat',
        'JobAborted',
        'JobFaulted',
        'JobFinished',
        'JobReset',
        'JobStarted',
      ]);
    }
    await db.close();
  });

  spec.test(`the log of ${release} gives the states it gave then`, async () => {
    const db = await openCopy(release);
    const expected = JSON.parse(recorded(`${release}.json`)) as Record<string, unknown>;
    const shown = (info: object) => JSON.parse(JSON.stringify(info)) as Record<string, unknown>;
    assert.ok(Object.keys(expected).length > 3);
    for (const [graphId, state] of Object.entries(expected)) {
      const then = state as Record<string, unknown>;
      const now = asFarAsThen(shown(await graphInfo(db, graphId)), then);
      for (const [key, value] of Object.entries(then)) assert.equal(now[key], value, `${graphId}: ${key}`);
    }
    await db.close();
  });

  spec.test(`the log of ${release} has the events, the root hash and the exports it had then`, async () => {
    const db = await openCopy(release);
    assert.equal(await evidenceOf(db, 'finished'), JSON.parse(recorded(`${release}.evidence.json`)));
    assert.is(await exportText(db, { graphId: 'finished' }), recorded(`${release}.finished.jsonl`));
    await db.close();
  });

  spec.test(
    `the graphs in the log of ${release}, submitted anew, get the ids of events that they got then`,
    async () => {
      const db = await openCopy(release);
      const fresh = await freshStore('memory');
      for (const graph of goldenGraphs) {
        await transactGraph(fresh, graph);
        assert.equal(await submissionIds(fresh, graph.id), await submissionIds(db, graph.id));
        assert.is((await transactGraph(db, graph)).stored, false, `${graph.id} is known as stored`);
      }
      await db.close();
    },
  );

  spec.test(
    `forks of the graphs in the log of ${release}, made anew, get the ids of events that they got then`,
    async () => {
      const db = await openCopy(release);
      const origins = await freshStore('memory');
      const ofGraphs = (await rightOf(db.log.readStored({ limit: 10_000 }))).filter(({ graphId }) =>
        goldenGraphs.some(({ id }) => id === graphId),
      );
      await rightOf(origins.log.restore(ofGraphs));
      for (const { of, id, options } of goldenForks) await forkGraph(origins, of, { ...options, id });
      assert.equal(await idsOfForks(origins), JSON.parse(recorded(`${release}.forks.json`)));
      await db.close();
    },
  );

  spec.test(`work left open in the log of ${release} is done by today’s workers`, async () => {
    const db = await openCopy(release);
    const worker = await start({ concurrency: 50 }, db, { unhandled: (job) => job.args['text'] ?? null });
    const done = await waitForGraph(db, 'in parts');
    assert.equal([done.status, done.counts.finished], ['finished', 600]);
    assert.is(done.jobs['job 7']!.result, 'x'.repeat(600));
    await worker.stop();
    assert.equal((await graphs(db, { status: 'running' })).items, []);
    await db.close();
  });
}

spec.test('a version from the future, an unknown event and a malformed one are told apart, and none throws', () => {
  const problem = (type: string, version: number, data: unknown) => {
    const read = readEvent(type, version, data);
    return read.type === 'Unreadable' ? [read.data.problem, read.data.explanation] : read;
  };
  assert.equal(problem('JobPaused', 1, {}), ['unknown-event-type', 'no event is called "JobPaused"']);
  assert.equal(problem('toString', 1, {}), ['unknown-event-type', 'no event is called "toString"']);
  assert.equal(problem('Heartbeat', 99, {}), [
    'event-from-the-future',
    'version 99 of Heartbeat was written by a newer release; this one reads up to 1',
  ]);
  assert.equal(problem('Heartbeat', 1, { attempt: 0 }), [
    'malformed-event',
    'attempt: expected whole number from 1, got 0',
  ]);
  assert.equal(problem('Heartbeat', 1, 'no object'), [
    'malformed-event',
    'the value: expected Heartbeat, got "no object"',
  ]);
});

spec.test(
  'an older version is read through its upcasters, step by step; a field nobody knows any more is dropped',
  () => {
    const registry = {
      Heartbeat: {
        ...eventDefinitions.Heartbeat,
        version: 3,
        upcasters: {
          1: (data: unknown) => ({ try: (data as { n: number }).n }),
          2: (data: unknown) => ({ attempt: (data as { try: number }).try, gone: true }),
        },
      },
    };
    assert.equal(readEvent('Heartbeat', 1, { n: 4 }, registry), {
      type: 'Heartbeat' as EventType,
      data: { attempt: 4 },
    });
    assert.equal(readEvent('Heartbeat', 2, { try: 5 }, registry), { type: 'Heartbeat', data: { attempt: 5 } });
    assert.equal(readEvent('Heartbeat', 3, { attempt: 6 }, registry), { type: 'Heartbeat', data: { attempt: 6 } });
    const gap = readEvent('Heartbeat', 1, { n: 4 }, { Heartbeat: { ...registry.Heartbeat, upcasters: {} } });
    assert.is(gap.type === 'Unreadable' && gap.data.explanation, 'there is no upcaster from version 1 to 2');
  },
);

spec.run();
