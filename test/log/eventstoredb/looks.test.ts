/** Looks that find more than fits into one: what lies behind a full one comes with the next. */
import { eventually } from '../../support/eventually.js';
import { assert, describe } from '../../support/spec.js';
import { appendBeats, carriedBy, EsdbFixture, jobA, numbers } from './esdb-fixture.js';

const esdb = new EsdbFixture();
const spec = describe('a subscription on EventStoreDB that has to look', { timeoutMs: 60_000 });
spec.afterEach(() => esdb.clear());

spec.test(
  'given a server that delivers nothing, and more events than a look takes, then all come, in order',
  async () => {
    const server = await esdb.server();
    const log = esdb.log(server);
    await appendBeats(log, jobA, 1, 1);
    server.subscribers.areNeglected = true;
    const follower = esdb.follow(log, { safetyNetMs: 20 });
    await eventually('it looks', () => follower.events.length === 1, 20_000);
    await appendBeats(log, jobA, 2, 2100);
    await eventually('all of them', () => follower.events.length >= 2100, 40_000);
    assert.equal(carriedBy(follower.events), numbers(1, 2100));
  },
);

spec.run();
