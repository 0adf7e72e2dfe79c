import { createHash } from 'node:crypto';
import { html, Html } from './html.js';
import { script, style } from './html-page.js';
import { timeline } from './html-timeline.js';
import type { LicenceClass } from './licence-policy.js';
import type { ReportContent } from './reports.js';
import type { PackageRow, Scope } from './results.js';
import { seconds } from './story.js';
import { nestedName } from './text-report.js';
import { count, counted, plain, size } from './wording.js';

/** The report as one page that stands alone: it can be mailed, and loads nothing. */
export function htmlReport(content: ReportContent): string {
  const { licences, root, graphId, settle, story } = content;
  const scriptHash = createHash('sha256').update(script).digest('base64');
  // Even if something from a manifest got past the escaping, the browser would run no script but ours.
  const policy = `default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-${scriptHash}'`;
  // In one piece: the hash is of every character between the tags.
  const ownScript = new Html(`<script>${script}</script>`);
  const name = plain(licences.project.name);
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${policy}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>Dependency audit of ${name}</title>
        <style>
          ${new Html(style)}
        </style>
      </head>
      <body>
        <main>
          <header>
            <h1>Dependency audit of ${name}</h1>
            <div class="soft">
              ${settle.lastLookAt.slice(0, 19).replace('T', ' ')} UTC · <code>${plain(root)}</code> · graph
              <code>${graphId}</code>
            </div>
          </header>
          ${tiles(content)} ${stillness(content)} ${findings(content)}
          <div class="columns">${licenceSummary(content)} ${largest(content)}</div>
          ${duplicatePackages(content)} ${duplicateContents(content)} ${oddities(content)}
          <section id="run">
            <h2>This run, told by its own history</h2>
            ${
              story === null
                ? html`<p class="soft">The run did not know the address of its own store.</p>`
                : html`<p class="soft">
                      ${counted(story.events, 'event')} up to this report. Each bar is one attempt at one job.
                    </p>
                    ${timeline(story)}`
            }
          </section>
          ${packages(content)}
        </main>
        ${ownScript}
      </body>
    </html>`;
  return `${page.text}\n`;
}

function tiles({ inventory, duplicates, licences }: ReportContent): Html {
  const tile = (figure: string, label: string) => html`<div class="tile"><b>${figure}</b><span>${label}</span></div>`;
  const { conflict, attention, note } = licences.counts;
  return html`<div class="tiles">
    ${tile(count(inventory.packages), `packages: ${count(inventory.production)} for production, ${count(inventory.development)} for development`)}
    ${tile(size(inventory.bytes), `in ${counted(inventory.files, 'file')}; ${size(inventory.productionBytes)} for production`)}
    ${tile(size(duplicates.wastedBytes), `wasted by ${counted(duplicates.contentsTotal, 'file')} in several packages`)}
    ${tile(count(conflict + attention), `licences to act on; ${counted(note, 'note')} besides`)}
  </div>`;
}

function stillness({ settle }: ReportContent): Html {
  if (settle.changedTotal === 0) {
    return html`<div class="banner good">
      Nothing changed while the audit read it: the figures belong to one and the same installation. (Each package was
      compared with its measurement in two looks, ${seconds(settle.quietMs)} apart.)
    </div>`;
  }
  return html`<div class="banner bad">
    ${counted(settle.changedTotal, 'package')} changed while the audit read them, so that the figures do not belong
    together. Run it again. Changed: ${settle.changed.slice(0, 20).map(plain).join(', ')}
  </div>`;
}

function findings({ licences }: ReportContent): Html {
  const rows = licences.findings.map(
    ({ severity, name, version, location, scope, message }) =>
      html`<tr>
        <td>${tag(severity)}</td>
        <td><b>${plain(name)}</b> ${plain(version)}<br /><code class="soft">${plain(location)}</code></td>
        <td>${tag(scope)}</td>
        <td>${plain(message)}</td>
      </tr>`,
  );
  const { conflict, attention, note } = licences.counts;
  const unlisted = conflict + attention + note - licences.findings.length;
  return html`<section>
    <h2>Licence findings</h2>
    ${
      rows.length === 0
        ? html`<p class="soft">None.</p>`
        : html`<div class="wide">
            <table>
              <tr>
                <th>Severity</th>
                <th>Package</th>
                <th>Use</th>
                <th>Finding</th>
              </tr>
              ${rows}
            </table>
          </div>`
    }
    ${unlisted > 0 ? html`<p class="soft">… and ${count(unlisted)} more.</p>` : null}
  </section>`;
}

function licenceSummary({ licences }: ReportContent): Html {
  return html`<section>
    <h2>Licences</h2>
    <table>
      <tr>
        <th>Expression</th>
        <th>Class</th>
        <th class="number">Prod.</th>
        <th class="number">Dev.</th>
      </tr>
      ${licences.summary.map(
        ({ expression, licenceClass, production, development }) =>
          html`<tr>
            <td>${plain(expression)}</td>
            <td>${tag(licenceClass)}</td>
            <td class="number">${count(production)}</td>
            <td class="number">${count(development)}</td>
          </tr>`,
      )}
    </table>
  </section>`;
}

function largest({ largest: { packages: list } }: ReportContent): Html {
  const most = Math.max(1, list[0]?.bytes ?? 1);
  return html`<section>
    <h2>The largest</h2>
    <table>
      ${list.map(
        ({ location, bytes }) =>
          html`<tr>
            <td>${plain(location.slice('node_modules/'.length))}</td>
            <td style="width: 38%"><span class="bar" style="width: ${((100 * bytes) / most).toFixed(1)}%"></span></td>
            <td class="number">${size(bytes)}</td>
          </tr>`,
      )}
    </table>
  </section>`;
}

function duplicatePackages({ duplicates }: ReportContent): Html {
  const rows = duplicates.packages.map(
    ({ name, copies, extraBytes }) =>
      html`<tr>
        <td><b>${plain(name)}</b></td>
        <td>
          ${copies.map(({ version, location, bytes }) => html`<div>${plain(version)} <code class="soft">${plain(location)}</code> ${size(bytes)}</div>`)}
        </td>
        <td class="number">${size(extraBytes)}</td>
      </tr>`,
  );
  return html`<section>
    <h2>Packages in more than one place</h2>
    <p class="soft">
      ${counted(duplicates.packagesTotal, 'package')}; all copies but the largest of each take
      ${size(duplicates.extraBytes)}.
    </p>
    ${
      rows.length === 0
        ? null
        : html`<div class="wide">
            <table>
              <tr>
                <th>Package</th>
                <th>Copies</th>
                <th class="number">Extra</th>
              </tr>
              ${rows}
            </table>
          </div>`
    }
  </section>`;
}

function duplicateContents({ duplicates }: ReportContent): Html {
  const rows = duplicates.contents.slice(0, 12).map(
    ({ wastedBytes, copies, packages: holders, examples }) =>
      html`<tr>
        <td>${examples.slice(0, 2).map((path) => html`<code>${plain(path)}</code><br />`)}</td>
        <td class="number">${count(copies)}</td>
        <td class="number">${count(holders)}</td>
        <td class="number">${size(wastedBytes)}</td>
      </tr>`,
  );
  return html`<section>
    <h2>Equal files in several packages</h2>
    <p class="soft">
      ${counted(duplicates.contentsTotal, 'file')} found in more than one package; ${size(duplicates.wastedBytes)} could
      be spared. The dearest:
    </p>
    ${
      rows.length === 0
        ? null
        : html`<div class="wide">
            <table>
              <tr>
                <th>For example</th>
                <th class="number">Copies</th>
                <th class="number">Packages</th>
                <th class="number">Wasted</th>
              </tr>
              ${rows}
            </table>
          </div>`
    }
  </section>`;
}

function oddities({ inventory }: ReportContent): Html {
  const scripts = inventory.installScripts.map(
    ({ name, scripts: run, scope }) =>
      html`<tr>
        <td><b>${plain(name)}</b></td>
        <td>${tag(scope)}</td>
        <td>${run.join(', ')}</td>
      </tr>`,
  );
  const drift = inventory.drift.map((line) => html`<li>${plain(line)}</li>`);
  const rest = inventory.driftTotal - inventory.drift.length;
  return html`<div class="columns">
    <section>
      <h2>Scripts that run when installed</h2>
      ${
        scripts.length === 0
          ? html`<p class="soft">None.</p>`
          : html`<table>
              ${scripts}
            </table>`
      }
    </section>
    <section>
      <h2>Oddities of the installation</h2>
      ${
        drift.length === 0
          ? html`<p class="soft">None.</p>`
          : html`<ul>
              ${drift}
            </ul>`
      }
      ${rest > 0 ? html`<p class="soft">… and ${count(rest)} more.</p>` : null}
    </section>
  </div>`;
}

function packages({ rows }: ReportContent): Html {
  const header = (title: string, kind = '') => html`<th class="${kind}"><button type="button">${title}</button></th>`;
  return html`<section id="packages" class="packages">
    <h2>All packages</h2>
    <input id="filter" type="search" placeholder="Filter: name, licence, use" aria-label="Filter the packages" />
    <span class="soft" id="shown"></span>
    <div class="wide">
      <table>
        <thead>
          <tr>
            ${header('Package')} ${header('Version')} ${header('Licence')} ${header('Use')} ${header('Files', 'number')}
            ${header('Size', 'number')} ${header('Digest')}
          </tr>
        </thead>
        <tbody>
          ${rows.map(packageRow)}
        </tbody>
      </table>
    </div>
  </section>`;
}

function packageRow(row: PackageRow): Html {
  return html`<tr>
    <td>${plain(nestedName(row.name, row.location))}</td>
    <td>${plain(row.version)}</td>
    <td>
      ${row.licenceClass === 'permissive' ? plain(row.licence ?? '') : tag(row.licenceClass, row.licence ?? 'missing')}
    </td>
    <td>${tag(row.scope)}</td>
    <td class="number" data-key="${row.files}">${count(row.files)}</td>
    <td class="number" data-key="${row.bytes}">${size(row.bytes)}</td>
    <td class="digest">
      <code class="soft" title="SHA-256 of the list of its files' hashes: ${row.digest}"
        >${row.digest.slice(0, 10)}</code
      >
    </td>
  </tr>`;
}

/** A coloured word. Its class is the first word of what it says about. */
function tag(kind: LicenceClass | Scope | 'conflict' | 'attention' | 'note', text: string = kind): Html {
  return html`<span class="tag ${kind.split(' ')[0]!}">${plain(text)}</span>`;
}
