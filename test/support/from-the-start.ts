import { allPartitions } from '../../src/domain/share.js';

/** Asks which graphs may be open, in the whole log. */
export const fromTheStart = { since: new Map(allPartitions.map((partition) => [partition, null])) };
