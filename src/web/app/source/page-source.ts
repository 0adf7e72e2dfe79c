import { incidentElement } from '../../../evidence/incident-format.js';
import { serverSource } from './server.js';
import { incidentSource } from './incident.js';
import type { Source } from './source.js';

/** Where this page gets what it shows: from within itself if it is an incident file, else from its server. */
export function pageSource(): Source {
  const held = document.getElementById(incidentElement);
  return held === null ? serverSource : incidentSource(held.textContent);
}
