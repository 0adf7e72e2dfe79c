import { type Content, html, type Html } from './html.js';
import type { Attempt, Recovery, Story } from './story.js';
import { seconds } from './story.js';
import { counted, plain } from './wording.js';

const width = 1000;
const laneHeight = 9;
const laneGap = 2;

/** Types in the order of the legend. What is not named here is drawn as a join. */
const drawnTypes = ['manifest', 'licence', 'measure', 'hash', 'package'] as const;

/** The run as the history tells it: what each worker ran, when, and the story of each job that faulted. */
export function timeline(story: Story): Html {
  const endMs = Math.max(1, ...story.attempts.map(({ toMs, fromMs }) => toMs ?? fromMs));
  const scale = (ms: number) => (ms / endMs) * width;
  const workers = story.workers.map(({ pid, finished }, index) => {
    const own = story.attempts.filter(({ worker }) => worker === index);
    return html`<div class="lane-name">worker<br /><b>pid ${pid}</b><br />${counted(finished, 'job')}</div>
      ${lanes(own, endMs, scale)}`;
  });
  const recoveries = story.recoveries.map(
    (recovery) =>
      html`<div class="lane-name"><b>${plain(recovery.job)}</b></div>
        ${recoveryLane(recovery, story.attempts, scale)}`,
  );
  const legend = [...drawnTypes, 'joins and reports'].map(
    (type, index) => html`<span><i class="swatch t${index}"></i>${type}</span>`,
  );
  return html`<div class="legend">
      ${legend}<span><i class="swatch faulted"></i>faulted</span><span><i class="swatch waiting"></i>backing off</span>
    </div>
    <div class="timeline">
      ${workers} ${recoveries}
      <div></div>
      <div class="axis">${[0, 1, 2, 3, 4].map((tick) => html`<span>${seconds((endMs * tick) / 4)}</span>`)}</div>
    </div>
    ${story.recoveries.map(recoveryTable)}`;
}

/** Attempts that overlap are drawn below each other: as many lanes as the worker had at work at once. */
function lanes(attempts: readonly Attempt[], endMs: number, scale: (ms: number) => number): Html {
  const freeFrom: number[] = [];
  const paths = new Map<string, string>();
  for (const { type, fromMs, toMs, ending } of attempts) {
    const found = freeFrom.findIndex((freeMs) => freeMs <= fromMs);
    const lane = found === -1 ? freeFrom.length : found;
    const untilMs = toMs ?? endMs;
    freeFrom[lane] = Math.max(untilMs, fromMs + 1);
    const kind = ending === 'faulted' ? 'faulted' : `t${typeIndex(type)}`;
    const bar = box(scale(fromMs), lane * (laneHeight + laneGap), Math.max(1, scale(untilMs - fromMs)), laneHeight);
    paths.set(kind, (paths.get(kind) ?? '') + bar);
  }
  const height = Math.max(1, freeFrom.length) * (laneHeight + laneGap);
  return chart(
    height,
    [...paths].map(([kind, path]) => html`<path class="${kind}" d="${path}" />`),
  );
}

function recoveryLane({ job }: Recovery, attempts: readonly Attempt[], scale: (ms: number) => number): Html {
  const own = attempts.filter((attempt) => attempt.job === job);
  const bars = own.map(({ fromMs, toMs, ending, type }, index) => {
    const next = own[index + 1];
    const until = toMs ?? fromMs;
    const kind = ending === 'faulted' ? 'faulted' : `t${typeIndex(type)}`;
    const waiting = next === undefined ? '' : box(scale(until), 3, scale(next.fromMs - until), laneHeight - 1);
    return html`<path class="waiting" d="${waiting}" /><path
        class="${kind}"
        d="${box(scale(fromMs), 0, Math.max(3, scale(until - fromMs)), laneHeight + 5)}"
      />`;
  });
  return chart(laneHeight + 5, bars);
}

function recoveryTable({ job, faults, finished, events }: Recovery): Html {
  const times = faults === 1 ? 'once' : `${faults} times`;
  return html`<h3>
      <code>${plain(job)}</code> faulted ${times} and ${finished ? 'recovered' : 'had not recovered yet'}
    </h3>
    <table class="story">
      ${events.map(
        ({ atMs, says, isFault }) =>
          html`<tr class="${isFault ? 'bad' : ''}">
            <td class="number">${seconds(atMs)}</td>
            <td>${plain(says)}</td>
          </tr>`,
      )}
    </table>`;
}

function chart(height: number, content: Content): Html {
  return html`<svg viewBox="0 0 ${width} ${height}" preserveAspectRatio="none" height="${height}" aria-hidden="true">
    ${content}
  </svg>`;
}

function box(x: number, y: number, boxWidth: number, height: number): string {
  return `M${x.toFixed(1)} ${y}h${boxWidth.toFixed(1)}v${height}H${x.toFixed(1)}z`;
}

function typeIndex(type: string): number {
  const index = drawnTypes.findIndex((drawn) => drawn === type);
  return index === -1 ? drawnTypes.length : index;
}
