import { coloured, failureInShort } from '../../domain/status-phrases.js';
import { clockTime, duration, inShort, localTime, plural } from '../../prelude/phrases.js';
import type { JobBrief } from './job-briefs.js';
import type { AlignedRows, ExplanationLine, Speech } from './speech.js';

/** Jobs, one a line, and how many more there are. */
export function briefLines(briefs: readonly JobBrief[], { paint, now, limit }: Speech): ExplanationLine[] {
  const rows = briefs
    .slice(0, limit)
    .map((brief) => [`    ${brief.id}`, coloured(brief.status, paint), briefRemark(brief, now)]);
  const told: AlignedRows = { rows, cut: { 0: 'middle', 2: 'end' }, last: 0 };
  const left = briefs.length - limit;
  return left <= 0 ? [told] : [told, `    … and ${plural(left, 'job')} more`];
}

function briefRemark(brief: JobBrief, now: number): string {
  const remark = statusRemark(brief, now);
  return brief.isPaused ? `paused${remark === '' ? '' : `; ${remark}`}` : remark;
}

function statusRemark(brief: JobBrief, now: number): string {
  const { status, attempt, worker, startedAt, notBefore, failure, awaits, deferReason } = brief;
  if (awaits !== null) return `the answer of ${inShort(awaits, 100)}`;
  if (deferReason !== null) return `until ${clockTime(notBefore!)}: ${inShort(deferReason, 100)}`;
  if (status === 'started')
    return `attempt ${attempt} on ${worker} for ${duration(Math.max(0, now - Date.parse(startedAt!)))}`;
  if (status === 'delayed') return `until ${localTime(notBefore!)}`;
  if (status === 'backing-off')
    return `until ${clockTime(notBefore!)}, after ${failure === null ? 'a fault' : failureInShort(failure, 100)}`;
  return status === 'failed' && failure !== null ? failureInShort(failure, 100) : '';
}
