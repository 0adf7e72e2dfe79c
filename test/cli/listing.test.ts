/** Lists of jobs and workers on the command line, and results of a run. */
import { assert, describe } from '../support/spec.js';
import { CliSandbox, failingFile, pagesFile } from './cli-sandbox.js';

const sandbox = new CliSandbox({ 'pages.ts': pagesFile, 'failing.mjs': failingFile });
const listing = describe('jobs, workers and results', { timeoutMs: 60_000 });

listing.test('run prints the results that are asked for', async () => {
  const last = await sandbox.overseer('run', 'pages.ts', '--id', 'g', '--results');
  assert.is(last.code, 0);
  assert.match(last.stdout, /\nreport {2}\["page-1","page-2"\]\ngraph g finished/);
  const all = await sandbox.overseer('run', 'pages.ts', '--id', 'g', '--all-results');
  assert.match(all.stdout, /\nstart +\{"rows":3\}\npage-1 +\{"org":123,"page":1\}|\{"page":1,"org":123\}/);
  const { results } = await sandbox.json('run', 'pages.ts', '--id', 'g', '--results');
  assert.equal(results, { report: ['page-1', 'page-2'] });
  assert.is((await sandbox.json('run', 'pages.ts', '--id', 'g')).results, undefined);
  const failed = await sandbox.overseer('run', 'failing.mjs', '--id', 'f', '--results');
  assert.is(failed.code, 1);
  assert.match(failed.stdout, /\naside {2}3\ngraph f failed/);
});

listing.test('jobs: the latest graph first, with filters and pages', async () => {
  const ids = async (...words: string[]) => {
    const page = await sandbox.json<{ items: { graphId: string; id: string }[]; next: string | null }>(
      'jobs',
      ...words,
    );
    return [page.items.map(({ graphId, id }) => `${graphId}/${id}`), page.next] as const;
  };
  const [all] = await ids();
  assert.equal(all, ['f/first', 'f/middle', 'f/last', 'f/aside', 'g/start', 'g/page-1', 'g/page-2', 'g/report']);
  assert.equal(await ids('--status', 'failed,blocked'), [['f/middle', 'f/last'], null]);
  assert.equal(await ids('--status', 'unstarted'), [['f/last'], null]);
  assert.equal(await ids('--label', 'team=billing', '--type', 'fetch'), [['g/page-1', 'g/page-2'], null]);
  assert.equal(await ids('--graph', 'g', '--graph', 'f', '--type', 'report,aside'), [['f/aside', 'g/report'], null]);
  assert.equal(await ids('--status', 'ready,started'), [[], null]);
  const [first, next] = await ids('--limit', '3');
  assert.equal(first, all.slice(0, 3));
  assert.equal(await ids('--limit', '50', '--after', next!), [all.slice(3), null]);
  const { stdout, stderr } = await sandbox.answer('jobs', '--type', 'fetch', '--limit', '1');
  assert.match(stdout, /^JOB +TYPE +STATUS +ATTEMPT +TOOK\ng\/page-1 +fetch +finished +1 +\d+ ms +\{/);
  assert.match(stderr, /^there are more: overseer jobs --type fetch --limit 1 --after \S+\n$/);
  assert.is((await sandbox.answer('jobs', '--graph', 'nope')).code, 2);
});

listing.test('graphs: those with a text in the id, a label, a type or a failure', async () => {
  const ids = async (...words: string[]) =>
    (await sandbox.jsonAnswer<{ items: { id: string }[] }>('graphs', ...words)).items.map(({ id }) => id);
  assert.equal(await ids('--search', 'No Such'), ['f']);
  assert.equal(await ids('--search', 'typeerror'), ['f']);
  assert.equal(await ids('--search', 'BILLING'), ['g']);
  assert.equal(await ids('--search', 'fetch', '--status', 'failed'), []);
  assert.equal(await ids('--search', 'report', '--at', '@1'), ['g']);
  const { stderr } = await sandbox.answer('graphs', '--search', 'r', '--limit', '1');
  assert.match(stderr, /^there are more: overseer graphs --search r --limit 1 --after \S+\n$/);
  const { code, stderr: refusal } = await sandbox.answer('graphs', '--search', 'x'.repeat(201));
  assert.equal([code, refusal.includes('at most 200 characters')], [2, true]);
});

listing.test('workers: who ran what, and how far was looked', async () => {
  const page = await sandbox.jsonAnswer('workers');
  assert.is(page.items.length, 2);
  const [latest, first] = page.items;
  assert.equal([latest.finished, latest.faulted, latest.claims, latest.running], [2, 1, 3, []]);
  assert.equal([first.finished, first.types], [4, ['fetch', 'report', 'start']]);
  assert.is(page.looked.isWhole, true);
  const { stdout, stderr } = await sandbox.answer('workers', '--type', 'report', '--limit', '1');
  assert.match(
    stdout,
    /^WORKER +HOST +PID +RUNS +OVERDUE +SEEN AGO +FINISHED +FAULTS +LOST\n\S+ +\S+ +\d+ +- +- .* 4 +- +-\n$/,
  );
  assert.match(stderr, /^1 worker seen in the whole log \(14 events of jobs, since .*\)\n$/);
  assert.equal((await sandbox.jsonAnswer('workers', '--running')).items, []);
});
listing.run();
