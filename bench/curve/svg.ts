/** Draws a chart as SVG: logarithmic axes, readable on light and on dark pages, every line labelled. */
import type { Chart, Line } from './chart.ts';
import { logScale } from './log-scale.ts';
import type { LogScale } from './log-scale.ts';

const WIDTH = 720;
const HEIGHT = 400;
/** The plot's edges. */
const LEFT = 74;
const RIGHT = WIDTH - 172;
const TOP = 44;
const BOTTOM = HEIGHT - 56;
/** Labels at the ends of lines keep this distance from each other. */
const LABEL_HEIGHT = 16;

const STYLE = `
svg{--paper:#ffffff;--ink:#1f2328;--faint:#59636e;--grid:#d8dee4;--line0:#0757b8;--line1:#b3470a;--line2:#5c6670}
@media(prefers-color-scheme:dark){svg{--paper:#0d1117;--ink:#f0f6fc;--faint:#9198a1;--grid:#2b323b;--line0:#6cb0ff;--line1:#f2a15f;--line2:#b1bac4}}
text{font:13px system-ui,sans-serif;fill:var(--ink)}
.title{font-size:15px;font-weight:600}.tick{fill:var(--faint);font-size:12px}
.grid{stroke:var(--grid);stroke-width:1}.line{fill:none;stroke-width:2.2;stroke-linejoin:round}`;

/** The whole file. */
export function draw(chart: Chart): string {
  const points = chart.lines.flatMap((line) => line.points);
  const x = logScale(
    points.map(([value]) => value),
    LEFT,
    RIGHT,
  );
  const y = logScale(
    points.map(([, value]) => value),
    BOTTOM,
    TOP,
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escaped(chart.title)}">`,
    `<style>${STYLE}</style>`,
    `<rect width="${WIDTH}" height="${HEIGHT}" rx="6" fill="var(--paper)"/>`,
    text(LEFT, 24, chart.title, 'class="title"'),
    ...xAxis(x, chart.xLabel),
    ...yAxis(y, chart.yLabel),
    ...lines(chart.lines, x, y),
    '</svg>\n',
  ].join('\n');
}

function xAxis(scale: LogScale, label: string): string[] {
  return [
    ...scale.ticks.flatMap((value) => {
      const at = scale.at(value);
      return [
        `<path class="grid" d="M${at} ${TOP}V${BOTTOM}"/>`,
        text(at, BOTTOM + 18, short(value), 'class="tick" text-anchor="middle"'),
      ];
    }),
    text((LEFT + RIGHT) / 2, HEIGHT - 14, label, 'text-anchor="middle"'),
  ];
}

function yAxis(scale: LogScale, label: string): string[] {
  const middle = (TOP + BOTTOM) / 2;
  return [
    ...scale.ticks.flatMap((value) => {
      const at = scale.at(value);
      return [
        `<path class="grid" d="M${LEFT} ${at}H${RIGHT}"/>`,
        text(LEFT - 8, at + 4, short(value), 'class="tick" text-anchor="end"'),
      ];
    }),
    text(20, middle, label, `text-anchor="middle" transform="rotate(-90 20 ${middle})"`),
  ];
}

function lines(all: readonly Line[], x: LogScale, y: LogScale): string[] {
  const groups = [...new Set(all.map(({ group }) => group))];
  const labelAt = apart(all.map(({ points }) => y.at(points.at(-1)?.[1] ?? 1)));
  return all.flatMap((line, index) => {
    const colour = `var(--line${groups.indexOf(line.group)})`;
    const isFirst = all.findIndex(({ group }) => group === line.group) === index;
    const at = line.points.map(([px, py]) => [x.at(px), y.at(py)] as const);
    return [
      `<path class="line" stroke="${colour}"${isFirst ? '' : ' stroke-dasharray="7 4"'} d="M${at.map((point) => point.join(' ')).join('L')}"/>`,
      ...at.map(([px, py], i) => dot(px, py, colour, line.points[i]!)),
      text(RIGHT + 10, labelAt[index]! + 4, line.label, `style="fill:${colour}"`),
    ];
  });
}

function dot(x: number, y: number, colour: string, [px, py]: readonly [number, number]): string {
  return `<circle cx="${x}" cy="${y}" r="3.2" fill="${colour}"><title>${short(px)}: ${short(py)}</title></circle>`;
}

/** Moves positions that are too close to each other apart, downwards; they keep their order. */
function apart(positions: readonly number[]): number[] {
  const order = positions.map((at, index) => ({ at, index })).toSorted((a, b) => a.at - b.at);
  const moved = [...positions];
  let free = -Infinity;
  for (const { at, index } of order) {
    const place = Math.max(at, free);
    moved[index] = place;
    free = place + LABEL_HEIGHT;
  }
  return moved;
}

const UNITS: readonly (readonly [number, string])[] = [
  [1e6, 'M'],
  [1e3, 'k'],
];

/** 20000 as 20k, 0.5 as 0.5. */
function short(value: number): string {
  const [size, unit] = UNITS.find(([least]) => value >= least) ?? [1, ''];
  return `${Number((value / size).toPrecision(3))}${unit}`;
}

function text(x: number, y: number, content: string, attributes = ''): string {
  return `<text x="${x}" y="${y}" ${attributes}>${escaped(content)}</text>`;
}

function escaped(content: string): string {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
