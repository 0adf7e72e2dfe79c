import { defer, fault, type RunningJob } from 'overseer';

/**
 * Asks the source of orders, which answers
 *
 * - 200, with what was asked for;
 * - 202, when it does not have that yet. That is no failure: the job is put off for as long as the source says;
 * - 429 or 503, when it is asked too much. The attempt is given up, and the next one waits for as long as the source says.
 *
 * Anything else fails the attempt. The source is told which attempt of which job asks, so that both sides' logs can be compared.
 */
export async function ask<Answer>(job: RunningJob<{ readonly source: string }>, path: string): Promise<Answer> {
  const attempt = encodeURIComponent(`${job.graphId}/${job.id}#${job.attempt}`);
  const response = await fetch(new URL(path, job.args.source), {
    headers: { 'x-request-id': attempt },
    signal: job.signal,
  });
  const seconds = Number(response.headers.get('retry-after') ?? NaN);
  const afterMs = Number.isFinite(seconds) ? seconds * 1000 : 60_000;
  if (response.status === 202) defer(`the source does not have ${path} yet`, { delayMs: afterMs });
  if (response.status === 429 || response.status === 503)
    fault('the source is asked too much', { retryAfterMs: afterMs });
  if (response.status !== 200) throw new Error(`the source answers ${response.status} to ${path}`);
  return (await response.json()) as Answer;
}
