/** What the report looks like, and the few lines that sort and filter its table. It loads nothing from anywhere. */
export const style = `
:root {
  color-scheme: light dark;
  --page: #f6f7f9; --card: #ffffff; --ink: #1c2330; --soft: #5b6678; --line: #e1e5eb; --accent: #2f6fde;
  --bad: #c62f3b; --bad-back: #fdecee; --warn: #9a6700; --warn-back: #fff5d6; --good: #1f7a4d; --good-back: #e5f5ec;
  --note-back: #e9f0fd;
  --t0: #7aa6f0; --t1: #5cc0b8; --t2: #e3b341; --t3: #2f6fde; --t4: #9b7fe0; --t5: #2e9e62;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #10141b; --card: #181e28; --ink: #e3e8f0; --soft: #96a1b3; --line: #2a3240; --accent: #78a9ff;
    --bad: #ff7a85; --bad-back: #3a1d22; --warn: #e8bd55; --warn-back: #352c14; --good: #63cf97; --good-back: #16301f;
    --note-back: #1b2a45;
    --t0: #4f7fd0; --t1: #3f9d95; --t2: #c79a35; --t3: #78a9ff; --t4: #8a6fd0; --t5: #4fbf83;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
main { max-width: 1120px; margin: 0 auto; padding: 32px 24px 64px; }
header { margin-bottom: 20px; }
h1 { font-size: 26px; line-height: 1.25; margin: 0 0 4px; overflow-wrap: anywhere; }
h2 { font-size: 18px; margin: 0 0 4px; }
h3 { font-size: 15px; margin: 20px 0 6px; }
p { margin: 0 0 12px; }
.soft { color: var(--soft); overflow-wrap: anywhere; }
code { font: 13px ui-monospace, monospace; overflow-wrap: anywhere; }
section { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 20px 22px; margin-top: 18px; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(190px, 1fr)); gap: 14px; }
.tile { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 14px 18px; }
.tile b { display: block; font-size: 26px; line-height: 1.25; font-variant-numeric: tabular-nums; }
.tile span { color: var(--soft); font-size: 13px; }
.banner { border-radius: 10px; padding: 12px 18px; margin-top: 18px; }
.banner.good { background: var(--good-back); color: var(--good); }
.banner.bad { background: var(--bad-back); color: var(--bad); }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: 14px; }
th, td { text-align: left; padding: 6px 12px 6px 0; border-bottom: 1px solid var(--line); vertical-align: top; }
tr:last-child td { border-bottom: 0; }
th { color: var(--soft); font-weight: 600; font-size: 13px; white-space: nowrap; }
td { overflow-wrap: anywhere; }
td.digest { white-space: nowrap; padding-right: 0; }
th.number + th:not(.number), td.number + td:not(.number) { padding-left: 12px; }
th.number, td.number { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
th button { font: inherit; color: inherit; background: none; border: 0; padding: 0; cursor: pointer; }
th button:hover, th button:focus-visible { color: var(--accent); }
th[aria-sort] button { color: var(--ink); }
th[aria-sort='ascending'] button::after { content: ' ↑'; }
th[aria-sort='descending'] button::after { content: ' ↓'; }
.tag { display: inline-block; border-radius: 99px; padding: 0 9px; font-size: 12.5px; white-space: nowrap; background: var(--note-back); color: var(--accent); }
.tag.conflict, .tag.strong, .tag.not { background: var(--bad-back); color: var(--bad); }
.tag.attention, .tag.unknown, .tag.missing, .tag.weak { background: var(--warn-back); color: var(--warn); }
.tag.permissive, .tag.production { background: var(--good-back); color: var(--good); }
.tag.development { background: var(--line); color: var(--soft); }
.bar { display: block; height: 9px; min-width: 2px; border-radius: 3px; background: var(--t3); margin-top: 6px; }
.columns { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(420px, 100%), 1fr)); gap: 0 18px; }
.columns section { min-width: 0; }
input { font: inherit; color: inherit; background: var(--page); border: 1px solid var(--line); border-radius: 7px; padding: 5px 10px; width: 260px; max-width: 100%; margin: 6px 0 10px; }
.legend { display: flex; flex-wrap: wrap; gap: 4px 16px; font-size: 13px; color: var(--soft); margin-bottom: 12px; }
.swatch { display: inline-block; width: 11px; height: 11px; border-radius: 2px; margin-right: 6px; vertical-align: -1px; }
.timeline { display: grid; grid-template-columns: 110px minmax(0, 1fr); gap: 12px 14px; align-items: center; }
.timeline svg { display: block; width: 100%; background: var(--page); border-radius: 4px; }
.lane-name { font-size: 13px; line-height: 1.35; color: var(--soft); overflow-wrap: anywhere; }
.lane-name b { color: var(--ink); font-weight: 600; }
.axis { display: flex; justify-content: space-between; color: var(--soft); font-size: 12px; }
.t0 { fill: var(--t0); background: var(--t0); } .t1 { fill: var(--t1); background: var(--t1); }
.t2 { fill: var(--t2); background: var(--t2); } .t3 { fill: var(--t3); background: var(--t3); }
.t4 { fill: var(--t4); background: var(--t4); } .t5 { fill: var(--t5); background: var(--t5); }
.faulted { fill: var(--bad); background: var(--bad); }
.waiting { fill: var(--line); background: var(--line); }
.story td:first-child { width: 76px; padding-right: 6px; }
.story .bad td { color: var(--bad); }
@media print { section, .tile { break-inside: avoid; } .packages { break-inside: auto; } input { display: none; } }
`;

export const script = `
const table = document.querySelector('.packages table');
const body = table.tBodies[0];
const headers = [...table.tHead.rows[0].cells];
const keyOf = (row, index) => row.cells[index].dataset.key ?? row.cells[index].textContent;
headers.forEach((header, index) => header.querySelector('button').addEventListener('click', () => {
  const isNumber = header.classList.contains('number');
  const wasUp = header.getAttribute('aria-sort') === 'ascending';
  const isUp = header.hasAttribute('aria-sort') ? !wasUp : !isNumber;
  headers.forEach((other) => other.removeAttribute('aria-sort'));
  header.setAttribute('aria-sort', isUp ? 'ascending' : 'descending');
  const rows = [...body.rows].sort((a, b) => {
    const [x, y] = [keyOf(a, index), keyOf(b, index)];
    return (isNumber ? x - y : x.localeCompare(y)) * (isUp ? 1 : -1);
  });
  body.append(...rows);
}));
const shown = document.querySelector('#shown');
document.querySelector('#filter').addEventListener('input', (event) => {
  const words = event.target.value.toLowerCase().split(/\\s+/).filter(Boolean);
  let count = 0;
  for (const row of body.rows) {
    const text = row.textContent.toLowerCase();
    row.hidden = !words.every((word) => text.includes(word));
    if (!row.hidden) count += 1;
  }
  shown.textContent = count + ' of ' + body.rows.length;
});
`;
