/** Archives all events of a store, three at a time, and prints a line after each file. */
import { openSqliteLog } from '../../../src/log/sqlite/sqlite-log.js';
import { rightOf } from '../../support/right.js';

const log = openSqliteLog({ path: process.argv[2]! });
const [last] = await rightOf(log.readAll({ direction: 'backwards', limit: 1 }));
const resting = await rightOf(log.archive!.restingGraphs(last!.position));
process.stdout.write('begun\n');
await rightOf(
  log.archive!.move(
    resting.map(({ graphId }) => graphId),
    last!.position,
    { fileEventsMax: 3, pieceEventsMax: 2, onBatch: ({ files }) => process.stdout.write(`${files}\n`) },
  ),
);
await log.close();
process.stdout.write('done\n');
