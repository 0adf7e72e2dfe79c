/** All known bugs that `npm run mutate` puts into the sources, by where they are. */
import { answerMutations } from './answers.js';
import { archiveMutations } from './archives.js';
import { dependencyRuleMutations } from './dependency-rules.js';
import { graphMutations, jobMutations, ruleMutations } from './domain.js';
import { engineMutations } from './engines.js';
import { eventStoreDbMutations } from './eventstoredb.js';
import { evidenceMutations } from './evidence.js';
import { growthMutations } from './growth.js';
import { historyMutations } from './history.js';
import { limitMutations } from './limits.js';
import type { Mutation } from './mutation.js';
import { scheduleMutations } from './schedules.js';
import { serverProjectionMutations } from './server-projections.js';
import { shareMutations } from './shares.js';
import { sqliteMutations } from './sqlite.js';
import { storeMutations } from './store.js';
import { supervisorMutations } from './supervisor.js';
import { timeMutations } from './times.js';
import { webMutations } from './web.js';
import { webPageMutations } from './web-page.js';
import { webPictureMutations } from './web-pictures.js';
import { claimMutations, runningMutations, watchingMutations } from './worker.js';

export const catalogue: readonly Mutation[] = [
  ...graphMutations,
  ...jobMutations,
  ...ruleMutations,
  ...dependencyRuleMutations,
  ...growthMutations,
  ...answerMutations,
  ...timeMutations,
  ...limitMutations,
  ...scheduleMutations,
  ...evidenceMutations,
  ...engineMutations,
  ...sqliteMutations,
  ...archiveMutations,
  ...eventStoreDbMutations,
  ...serverProjectionMutations,
  ...storeMutations,
  ...claimMutations,
  ...runningMutations,
  ...watchingMutations,
  ...supervisorMutations,
  ...shareMutations,
  ...historyMutations,
  ...webMutations,
  ...webPageMutations,
  ...webPictureMutations,
];
