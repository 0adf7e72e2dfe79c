/** Times that people read and give back, and logs whose times are wrong. */
import {
  graphInfo,
  install,
  jobGraph,
  start,
  store,
  systemEnvironment,
  transactGraph,
  waitForGraph,
} from '../../src/index.js';
import { readMoment } from '../../src/history/moments/read-moment.js';
import { lastEventAhead } from '../../src/store/clock.js';
import { heldElsewhere } from '../../src/cli/commands/work/held-elsewhere.js';
import { localTime } from '../../src/prelude/phrases.js';
import { foldGraph } from '../../src/store/load-graph.js';
import { momentsOf } from '../../src/prelude/local-time.js';
import { rightOf } from '../support/right.js';
import { assert, describe } from '../support/spec.js';
import { freshStore } from '../support/stores.js';

const spec = describe('clocks');
const zone = process.env['TZ'];

spec.afterEach(() => {
  if (zone === undefined) delete process.env['TZ'];
  else process.env['TZ'] = zone;
});

const minuteMs = 60_000;
const zones = [
  'UTC',
  'America/New_York',
  'Europe/Oslo',
  'Australia/Lord_Howe',
  'Asia/Kolkata',
  'America/St_Johns',
  'Pacific/Apia',
  'Africa/Casablanca',
  'Pacific/Chatham',
  'America/Sao_Paulo',
  'Asia/Kathmandu',
];

spec.test(
  'given any time of a year, in whatever zone, when it is read off the screen, then it leads back to itself',
  () => {
    for (const name of zones) {
      process.env['TZ'] = name;
      let twice = 0;
      const begin = Date.parse('2026-01-01T00:00:00.123Z');
      for (let at = begin; at < begin + 366 * 24 * 60 * minuteMs; at += 15 * minuteMs) {
        const shown = localTime(at, 'milliseconds');
        if (/[+-]\d\d:\d\d$/.test(shown)) twice += 1;
        const moment = readMoment(shown);
        assert.is(moment.kind === 'time' && moment.at, at, `${name}: ${shown}`);
      }
      const setsClocks = [
        'America/New_York',
        'Europe/Oslo',
        'Australia/Lord_Howe',
        'America/St_Johns',
        'Africa/Casablanca',
        'Pacific/Chatham',
      ];
      assert.is(twice > 0, setsClocks.includes(name), name);
    }
  },
);

spec.test(
  'given a local time that comes twice or not at all, when it is given as a moment, then it is refused, and how to say it',
  () => {
    const odd: readonly (readonly [zone: string, text: string, says: RegExp])[] = [
      [
        'America/New_York',
        '2026-11-01T01:30',
        /^2026-11-01T01:30 comes twice .* 2026-11-01T01:30-04:00 or 2026-11-01T01:30-05:00$/,
      ],
      ['America/New_York', '2026-11-01 01:00:00', /comes twice/],
      ['America/New_York', '2026-11-01 01:59:59.999', /comes twice/],
      ['America/New_York', '2026-03-08T02:30', /is left out by the clocks here/],
      ['Europe/Oslo', '2026-10-25T02:30', /\+02:00 or .*\+01:00$/],
      ['Europe/Oslo', '2026-03-29T02:00', /is left out/],
      ['Australia/Lord_Howe', '2026-04-05T01:45', /\+11:00 or .*\+10:30$/],
      ['Australia/Lord_Howe', '2026-10-04T02:15', /is left out/],
      ['America/St_Johns', '2026-11-01T01:10', /-02:30 or .*-03:30$/],
      ['Pacific/Chatham', '2026-04-05T03:00', /\+13:45 or .*\+12:45$/],
    ];
    for (const [name, text, says] of odd) {
      process.env['TZ'] = name;
      assert.throws(() => readMoment(text), says, text);
    }
    process.env['TZ'] = 'America/New_York';
    for (const text of ['2026-11-01T00:59:59', '2026-11-01T02:00', '2026-03-08T01:59', '2026-03-08T03:00'])
      assert.is(readMoment(text).kind, 'time');
    assert.equal(momentsOf('no time'), []);
  },
);

spec.test(
  'given a log whose last event lies ahead of the clock, then it is told by how much, and only then',
  async () => {
    for (const [ahead, says] of [
      [-1, null],
      [0.5, null],
      [1.2, /a day ahead/],
      [40, /40 days ahead/],
      [365 * 73 + 1, /73 years ahead/],
    ] as const) {
      const at = Date.now() + ahead * 24 * 60 * minuteMs;
      const db = await store('memory:', { environment: { ...systemEnvironment, now: () => at } });
      await install(db);
      assert.is(await lastEventAhead(db), null, 'of an empty log there is nothing to say');
      await transactGraph(db, jobGraph({ a: [] }));
      const said = await lastEventAhead({ log: db.log, environment: systemEnvironment });
      if (says === null) assert.is(said, null);
      else assert.match(said ?? '', says);
      await db.close();
    }
  },
);

spec.test('given jobs that others hold, then it is told who does, and until when', async () => {
  const db = await freshStore('memory');
  const worker = await start({ concurrency: 3, stopTimeout: 20 }, db, { t: () => new Promise(() => {}) });
  await transactGraph(
    db,
    jobGraph({ jobs: { a: { type: 't' }, b: { type: 't' }, c: { type: 't' } } }, {}, { id: 'g' }),
  );
  while (worker.statistics.claims < 3) await new Promise((resolve) => setTimeout(resolve, 5));
  const graph = foldGraph('g', await rightOf(db.log.readGraph('g')));
  const lines = heldElsewhere(graph, systemEnvironment);
  assert.is(lines.length, 1);
  assert.match(
    lines[0]!,
    /^a, b, c: held by worker .* \(pid \d+ on .*\); taken over by \d\d:\d\d:\d\d unless it gives a sign of life$/,
  );
  assert.match(
    heldElsewhere(graph, { ...systemEnvironment, isGone: () => true })[0]!,
    /whose process is gone; taken over at once$/,
  );
  await worker.stop();
  await db.close();
});

spec.test('given a graph that cannot be read, then whoever waits for it is told so', async () => {
  const db = await freshStore('memory');
  await transactGraph(db, jobGraph({ a: [] }, {}, { id: 'g' }));
  const waiting = waitForGraph(db, 'g');
  const [submitted] = await rightOf(db.log.readStored({ limit: 1 }));
  const id = '00000000-0000-4000-8000-000000000001';
  const strange = { ...submitted!, jobId: 'a', revision: 0, id, type: 'JobPaused', schemaVersion: 1, data: '{}' };
  await rightOf(db.log.restore([{ ...strange, recordedAt: new Date(Date.now() + 1000).toISOString() }]));
  const isTold = (error: unknown) => (error as { readonly code: string }).code === 'graph-unreadable';
  await assert.rejects(waiting, isTold);
  await assert.rejects(waitForGraph(db, 'g'), isTold);
  assert.match((await graphInfo(db, 'g')).unreadable ?? '', /no event is called "JobPaused"/);
  await db.close();
});

spec.run();
