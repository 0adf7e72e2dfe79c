/**
 * What becomes of a run that is due while the one before it has not ended: it is skipped; it waits, one at most; it starts
 * all the same; or the one before it is aborted.
 */
export const overlaps = ['skip', 'buffer-one', 'allow', 'abort-earlier'] as const;

/** What becomes of a run of a schedule that is due while the one before it has not ended. */
export type Overlap = (typeof overlaps)[number];
