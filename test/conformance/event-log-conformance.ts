/**
 * What every log must do, whatever it keeps its events in. An engine that is not run through this does not exist. The
 * tests are in the files beside this one, by operation; an engine says what it can do, and is shown to refuse the rest.
 */
import { describe } from '../support/spec.js';
import { appendRefusals, appendTests } from './append.js';
import { closeTests } from './close.js';
import { type ConformanceTests, type EngineUnderTest, LogFixture } from './log-fixture.js';
import { noOpenGraphs, openGraphTests } from './open-graphs.js';
import { readTests } from './read.js';
import { readAllTests } from './read-all.js';
import { restoreRefusals, restoreTests } from './restore.js';
import { snapshotRefusals, snapshotTests } from './snapshots.js';
import { liveSubscriptionTests, subscriptionTests } from './subscribe.js';
import { givenClockTests, momentTests, ownClockTests } from './times.js';

export function eventLogConformance(name: string, engine: EngineUnderTest, missing: string | null = null): void {
  const spec = describe(`conformance of ${name}`, { missing });
  const logs = new LogFixture(engine);
  spec.afterEach(() => logs.closeAll());
  const groups: readonly ConformanceTests[] = [
    readTests,
    readAllTests,
    momentTests,
    subscriptionTests,
    closeTests,
    engine.hasGivenClock ? givenClockTests : ownClockTests,
    engine.canAppend ? { ...appendTests, ...liveSubscriptionTests } : appendRefusals,
    engine.canRestore ? restoreTests : restoreRefusals,
    engine.hasSnapshots ? snapshotTests : snapshotRefusals,
    engine.findsOpenGraphs === true ? openGraphTests : noOpenGraphs,
  ];
  for (const group of groups) {
    for (const [title, body] of Object.entries(group)) spec.test(title, () => body(logs));
  }
  spec.run();
}
