/** Bars, lines and areas over one axis, drawn as SVG; their figures are in a table for those who cannot see them. */
import type { VNode } from 'preact';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { useView } from '../../views/view';
import type { Axis, Datum, Series } from '../chartData';
import { useWidget } from '../context';
import type { WidgetNode } from '../parse';
import { labelOf, nearest, plot, valueOf, type Drawn, type Plot } from '../plot';
import { blockStyle, on, present } from '../style';

export { default as css } from './chart.css?inline';

/** Pixels of a letter on an axis, about. */
const LETTER = 6.6;
const BELOW = 26;
const ABOVE = 10;
/** Before it has been measured, as in a document that is not laid out. */
const SIZE = { width: 400, height: 220 };

export default function Chart({ node }: { node: WidgetNode<'Chart'> }): VNode {
  const { format } = useView().messages.value;
  const { props } = node;
  const { data, series, xAxis } = props;
  const box = useRef<HTMLDivElement>(null);
  const size = useSize(box);
  const [at, setAt] = useState<number | null>(null);
  const short = useMemo(
    () => new Intl.NumberFormat(format.locale, { notation: 'compact', maximumFractionDigits: 1 }),
    [format.locale],
  );
  const left = props.showYAxis ? marginOf(data, series, short) : 2;
  const drawn = useMemo(
    () =>
      plot(
        data,
        series,
        {
          left,
          top: ABOVE,
          width: Math.max(1, size.width - left - 2),
          height: Math.max(1, size.height - ABOVE - (xAxis.isHidden ? 6 : BELOW)),
        },
        { bar: props.barGap, category: props.barCategoryGap },
      ),
    [data, series, size, left, xAxis.isHidden, props.barGap, props.barCategoryGap],
  );
  const style = { ...blockStyle(props), ...present({ flex: props.flex }) };
  const isSized = (style.height ?? style.aspectRatio) !== undefined;
  const row = at === null ? undefined : data[at];
  const canPoint = props.showTooltip && data.length > 0;
  return (
    <figure class="ck-w-chart" style={style}>
      <div
        class={`ck-w-plot ${isSized ? '' : 'ck-w-plot-free'}`}
        ref={box}
        role="group"
        aria-label={new Intl.ListFormat(format.locale).format(series.map(({ label }) => label))}
        tabIndex={canPoint ? 0 : undefined}
        onPointerMove={(event) => {
          if (canPoint)
            setAt(nearest(drawn.centres, event.clientX - event.currentTarget.getBoundingClientRect().left));
        }}
        onPointerLeave={() => setAt(null)}
        onBlur={() => setAt(null)}
        onKeyDown={(event) => {
          const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
          if (event.key === 'Escape') setAt(null);
          if (!canPoint || step === undefined) return;
          event.preventDefault();
          setAt((now) => Math.max(0, Math.min(data.length - 1, now === null ? 0 : now + step)));
        }}
      >
        <svg width={size.width} height={size.height} aria-hidden="true" focusable="false">
          <Ticks plot={drawn} left={left} width={size.width} hasText={props.showYAxis} short={short} />
          {at !== null && (
            <Cursor x={drawn.centres[at] ?? 0} height={size.height} below={xAxis.isHidden ? 6 : BELOW} />
          )}
          <Marks drawn={drawn.drawn} at={at} />
          {!xAxis.isHidden && <Names data={data} axis={xAxis} plot={drawn} size={size} />}
        </svg>
        {row && at !== null && (
          <Tip row={row} series={series} axis={xAxis} x={drawn.centres[at] ?? 0} width={size.width} />
        )}
      </div>
      {props.showLegend && <Legend series={series} />}
      <Figures data={data} series={series} axis={xAxis} />
    </figure>
  );
}

function useSize(box: { readonly current: HTMLElement | null }): typeof SIZE {
  const [size, setSize] = useState(SIZE);
  useEffect(() => {
    const it = box.current;
    if (!it || typeof ResizeObserver === 'undefined') return;
    const watch = new ResizeObserver(() => {
      const { clientWidth: width, clientHeight: height } = it;
      if (width > 0 && height > 0) setSize({ width, height });
    });
    watch.observe(it);
    return () => {
      watch.disconnect();
    };
  }, []);
  return size;
}

function marginOf(data: readonly Datum[], series: readonly Series[], short: Intl.NumberFormat): number {
  const values = data.flatMap((row) => series.map(({ field }) => valueOf(row, field) ?? 0));
  const longest = Math.max(1, ...values.map((value) => short.format(value).length));
  return Math.min(90, longest * LETTER + 14);
}

interface TicksProps {
  readonly plot: Plot;
  readonly left: number;
  readonly width: number;
  readonly hasText: boolean;
  readonly short: Intl.NumberFormat;
}

function Ticks({ plot: { ticks }, left, width, hasText, short }: TicksProps): VNode {
  return (
    <g class="ck-w-ticks">
      {ticks.map(({ value, y }) => (
        <g key={value}>
          <line x1={left} x2={width} y1={y} y2={y} class={value === 0 ? 'ck-w-zero' : ''} />
          {hasText && (
            <text x={left - 8} y={y} dy="0.32em" text-anchor="end">
              {short.format(value)}
            </text>
          )}
        </g>
      ))}
    </g>
  );
}

function Cursor({ x, height, below }: { x: number; height: number; below: number }): VNode {
  return <line class="ck-w-cursor" x1={x} x2={x} y1={ABOVE} y2={height - below} />;
}

function Marks({ drawn, at }: { drawn: readonly Drawn[]; at: number | null }): VNode {
  const { scheme } = useWidget();
  return (
    <>
      {drawn.map(({ series, bars, line, area, points }, index) => {
        const colour = on(series.colour, scheme) ?? 'currentcolor';
        const point = at === null || series.kind === 'bar' ? null : points[at];
        // A line through one point is nothing to see.
        const alone = series.kind !== 'bar' && points.length === 1 ? points[0] : null;
        return (
          <g key={index} style={{ color: colour }}>
            {area !== '' && <path class="ck-w-under" d={area} />}
            {bars.map((bar) => (
              <rect
                key={bar.index}
                class={at === null || at === bar.index ? 'ck-w-bar' : 'ck-w-bar ck-w-dim'}
                x={bar.x}
                y={bar.y}
                width={bar.width}
                height={bar.height}
                rx={Math.min(4, bar.width / 2, bar.height / 2)}
              />
            ))}
            {line !== '' && <path class="ck-w-line" d={line} />}
            {[point, alone].map(
              (each, number) => each && <circle key={number} cx={each[0]} cy={each[1]} r="4" />,
            )}
          </g>
        );
      })}
    </>
  );
}

interface NamesProps {
  readonly data: readonly Datum[];
  readonly axis: Axis;
  readonly plot: Plot;
  readonly size: typeof SIZE;
}

/** As many names as there is room for, evenly. */
function Names({ data, axis, plot: { centres }, size }: NamesProps): VNode {
  const names = data.map((row) => labelOf(row, axis));
  const longest = Math.max(1, ...names.map((name) => name.length));
  const room = size.width / Math.max(1, names.length);
  const every = Math.max(1, Math.ceil((Math.min(longest, 14) * LETTER + 10) / room));
  return (
    <g class="ck-w-names">
      {names.map((name, index) => {
        if (index % every !== 0) return null;
        const x = centres[index] ?? 0;
        const half = (Math.min(name.length, 14) * LETTER) / 2;
        const anchor = x < half ? 'start' : x > size.width - half ? 'end' : 'middle';
        return (
          <text key={index} x={x} y={size.height - 6} text-anchor={anchor}>
            {name.length > 14 ? `${name.slice(0, 13)}…` : name}
          </text>
        );
      })}
    </g>
  );
}

interface TipProps {
  readonly row: Datum;
  readonly series: readonly Series[];
  readonly axis: Axis;
  readonly x: number;
  readonly width: number;
}

function Tip({ row, series, axis, x, width }: TipProps): VNode {
  const isRight = x > width / 2;
  return (
    <div
      class="ck-w-tip"
      role="status"
      style={isRight ? { right: `${width - x + 12}px` } : { left: `${x + 12}px` }}
    >
      <strong>{labelOf(row, axis)}</strong>
      {series.map((each, index) => (
        <Entry key={index} series={each} value={row.get(each.field)} />
      ))}
    </div>
  );
}

function Entry({ series, value }: { series: Series; value: string | number | undefined }): VNode {
  const { format } = useView().messages.value;
  const { scheme } = useWidget();
  return (
    <span class="ck-w-entry">
      <i class="ck-w-swatch" style={{ background: on(series.colour, scheme) ?? '' }} />
      <span>{series.label}</span>
      {value !== undefined && <b>{typeof value === 'number' ? format.number(value) : value}</b>}
    </span>
  );
}

function Legend({ series }: { series: readonly Series[] }): VNode {
  const { scheme } = useWidget();
  return (
    <ul class="ck-w-legend" aria-hidden="true">
      {series.map(({ label, colour }, index) => (
        <li key={index}>
          <i class="ck-w-swatch" style={{ background: on(colour, scheme) ?? '' }} />
          {label}
        </li>
      ))}
    </ul>
  );
}

function Figures({
  data,
  series,
  axis,
}: {
  data: readonly Datum[];
  series: readonly Series[];
  axis: Axis;
}): VNode {
  const { format } = useView().messages.value;
  return (
    <div class="ck-hidden">
      <table>
        <thead>
          <tr>
            <th scope="col">{axis.field}</th>
            {series.map(({ label }, index) => (
              <th scope="col" key={index}>
                {label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {data.map((row, index) => (
            <tr key={index}>
              <th scope="row">{labelOf(row, axis)}</th>
              {series.map(({ field }, column) => {
                const value = valueOf(row, field);
                return <td key={column}>{value === null ? '' : format.number(value)}</td>;
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
