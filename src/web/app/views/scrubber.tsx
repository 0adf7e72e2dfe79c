import type { JSX, TargetedPointerEvent } from 'preact';
import { useMemo } from 'preact/hooks';
import { clockTime, duration, localTime, thousands } from '../../../prelude/phrases.js';
import { SizedCanvas } from '../canvas/sized-canvas.js';
import { drawScrubber, marksOf, padding, type ScrubberState } from '../drawing/scrubber-picture.js';
import type { GraphModel } from '../model/graph-model.js';
import { TimeScale } from '../model/time-scale.js';
import { theme } from '../state/appearance.js';
import type { GraphSession } from '../state/graph-session.js';
import { change, place } from '../state/place.js';
import { speeds } from '../state/player.js';
import { IconButton } from './icons.js';

interface ScrubberProps {
  readonly session: GraphSession;
  readonly model: GraphModel;
}

/** The strip along the bottom: when what happened, and which moment is shown. */
export function Scrubber({ session, model }: ScrubberProps): JSX.Element {
  return (
    <section class="scrubber" aria-label="Time">
      <Controls session={session} model={model} />
      <Strip session={session} model={model} />
    </section>
  );
}

/** What does not change with the moment that is shown. */
type ScaledStrip = Pick<ScrubberState, 'scale' | 'counts' | 'marks'>;

function Strip({ session, model }: ScrubberProps): JSX.Element {
  const spacing = place.value.params['spacing'] === 'even' ? 'even' : 'time';
  const length = session.length.value;
  const scaleFor = useMemo(() => {
    let last: ScaledStrip | null = null;
    return (width: number) => {
      if (last?.scale.width === width) return last;
      const scale = new TimeScale(model.times, model.first, width, spacing);
      const counts = scale.histogram(Math.max(1, Math.floor(width / 4)));
      return (last = { scale, counts, marks: marksOf(model.marks, scale) });
    };
  }, [model, length, spacing]);
  const number = session.number.value;
  const pins = session.pins.value;
  const jobId = session.jobId.value;
  const colours = theme.value;
  return (
    <div
      class="strip"
      role="slider"
      tabIndex={0}
      aria-label="Moment"
      aria-valuemin={model.first}
      aria-valuemax={length}
      aria-valuenow={number}
      aria-valuetext={momentInWords(model, number)}
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        moveToPointer(event, session, scaleFor);
      }}
      onPointerMove={(event) => {
        if (event.currentTarget.hasPointerCapture(event.pointerId)) moveToPointer(event, session, scaleFor);
      }}
    >
      <SizedCanvas
        aria-hidden="true"
        draw={(context, size) => {
          const isByTime = spacing === 'time';
          const scaled = scaleFor(size.width - 2 * padding);
          drawScrubber(context, size, colours, { model, ...scaled, number, ...pins, jobId, isByTime });
        }}
      />
    </div>
  );
}

function moveToPointer(
  event: TargetedPointerEvent<HTMLElement>,
  session: GraphSession,
  scaleFor: (width: number) => { readonly scale: TimeScale },
): void {
  const { left, width } = event.currentTarget.getBoundingClientRect();
  session.dragTo(scaleFor(Math.floor(width) - 2 * padding).scale.numberAt(event.clientX - left - padding));
}

function Controls({ session, model }: ScrubberProps): JSX.Element {
  const number = session.number.value;
  const spacing = place.value.params['spacing'] === 'even' ? 'even' : 'time';
  const at = model.times[number - 1]!;
  return (
    <div class="controls">
      <Transport session={session} model={model} />
      <output class="moment">
        <b>#{thousands(number)}</b> of {thousands(session.length.value)} · {localTime(at, 'milliseconds')} ·{' '}
        {duration(at - model.times[model.first - 1]!)} after the start
      </output>
      <span class="gap" />
      <Pin session={session} name="a" />
      <Pin session={session} name="b" />
      <button
        type="button"
        title="Space the events by their time, or evenly"
        onClick={() => change({ spacing: spacing === 'time' ? 'even' : null })}
      >
        {spacing === 'time' ? 'By time' : 'Evenly'}
      </button>
    </div>
  );
}

/** Moves through the history: step by step, by itself, or along with what happens. */
function Transport({ session, model }: ScrubberProps): JSX.Element {
  const { player } = session;
  const number = session.number.value;
  const isPlaying = player.isPlaying.value;
  return (
    <>
      <IconButton icon="first" title="To the beginning (Home)" onClick={() => session.moveTo(model.first)} />
      <IconButton icon="back" title="One event back (←)" onClick={() => session.moveTo(number - 1)} />
      <IconButton
        icon={isPlaying ? 'stop' : 'play'}
        title={isPlaying ? 'Stop (Space)' : 'Play (Space)'}
        onClick={() => player.toggle()}
      />
      <IconButton icon="next" title="One event on (→)" onClick={() => session.moveTo(number + 1)} />
      <select
        aria-label="How many times as fast as it happened"
        value={player.speed.value}
        onChange={(event) => player.choose(Number(event.currentTarget.value))}
      >
        {speeds.map((speed) => (
          <option key={speed} value={speed}>
            {speed}×
          </option>
        ))}
      </select>
      <button
        type="button"
        title="Show the latest, and go on with it (L)"
        aria-pressed={session.isAtEnd.value}
        onClick={() => session.moveToEnd()}
      >
        Latest
      </button>
    </>
  );
}

/** Sets a moment to compare, or goes to it, or takes it away. */
function Pin({ session, name }: { readonly session: GraphSession; readonly name: 'a' | 'b' }): JSX.Element {
  const pinned = session.pins.value[name];
  const letter = name.toUpperCase();
  if (pinned === null) {
    const title = `Pin this moment as ${letter}, to compare (${letter})`;
    return (
      <button type="button" title={title} onClick={() => change({ [name]: String(session.number.value) })}>
        Pin {letter}
      </button>
    );
  }
  return (
    <span class="pinned">
      <button type="button" title={`Go to ${letter}`} onClick={() => session.moveTo(pinned)}>
        {letter} #{thousands(pinned)}
      </button>
      <button
        type="button"
        class="icon"
        title={`Take ${letter} away`}
        aria-label={`Take ${letter} away`}
        onClick={() => change({ [name]: null })}
      >
        ×
      </button>
    </span>
  );
}

/** `event 12 of 40, 12:00:03.120`, for those who hear the page. */
function momentInWords(model: GraphModel, number: number): string {
  return `event ${number} of ${model.length}, ${clockTime(model.times[number - 1]!)}, ${model.event(number).type}`;
}
