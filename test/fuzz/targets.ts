import type { Target } from './target.js';
import { commandLineTargets } from './targets/command-line.js';
import { configurationTargets } from './targets/configuration.js';
import { evidenceTargets } from './targets/evidence.js';
import { expressionTargets } from './targets/expressions.js';
import { logTargets } from './targets/logs.js';
import { sqliteTargets } from './targets/sqlite.js';
import { textTargets } from './targets/texts.js';
import { webTargets } from './targets/web.js';

/** Every decoder of bytes, texts and values that come from elsewhere. */
export const targets: readonly Target[] = [
  ...textTargets,
  ...evidenceTargets,
  ...configurationTargets,
  ...logTargets,
  ...sqliteTargets,
  ...commandLineTargets,
  ...expressionTargets,
  ...webTargets,
];
