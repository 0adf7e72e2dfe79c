import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';

interface VirtualListProps {
  readonly label: string;
  readonly count: number;
  /** In CSS pixels; every row is as high. */
  readonly rowHeight: number;
  /** The row that is brought into sight whenever it changes; -1 for none. */
  readonly current: number;
  readonly row: (index: number) => ComponentChildren;
}

/** Rows drawn beyond what is seen, so that scrolling shows no gaps. Where the list has just jumped to, nobody scrolls yet. */
const spareRows = { usual: 8, afterJump: 1, afterMs: 200 } as const;

/** A list of which only the rows in sight are there. All rows are equally high, so that it can be of any length. */
export function VirtualList({ label, count, rowHeight, current, row }: VirtualListProps): JSX.Element {
  const element = useRef<HTMLDivElement>(null);
  const [height, setHeight] = useState(0);
  useEffect(() => {
    const observer = new ResizeObserver(() => setHeight(element.current?.clientHeight ?? 0));
    observer.observe(element.current!);
    return () => observer.disconnect();
  }, []);
  const { top, spare, onScroll } = useTop(element, { count, rowHeight, current, height });
  const first = Math.max(0, Math.floor(top / rowHeight) - spare);
  const last = Math.min(count, Math.ceil((top + height) / rowHeight) + spare);
  const indexes = Array.from({ length: Math.max(0, last - first) }, (_, index) => first + index);
  const keyOf = useKeys(first, last);
  return (
    <div ref={element} class="list" role="list" aria-label={label} tabIndex={0} onScroll={onScroll}>
      <div class="list-all" style={{ height: `${count * rowHeight}px` }}>
        {indexes.map((index) => (
          <div
            key={keyOf(index)}
            role="listitem"
            aria-setsize={count}
            aria-posinset={index + 1}
            class={index === current ? 'row current' : 'row'}
            style={{ top: `${index * rowHeight}px`, height: `${rowHeight}px` }}
          >
            {row(index)}
          </div>
        ))}
      </div>
    </div>
  );
}

interface Rows extends Pick<VirtualListProps, 'count' | 'rowHeight' | 'current'> {
  /** Of the part that is seen. */
  readonly height: number;
}

/**
 * How far the list is scrolled. When another row becomes the current one, the list is drawn at once as it will be scrolled:
 * to wait for the browser to say that it was would show no rows for a frame, and lay everything out twice.
 */
function useTop(element: { readonly current: HTMLDivElement | null }, { count, rowHeight, current, height }: Rows) {
  const [, draw] = useState({});
  const place = useRef({ top: 0, hasJumped: false, isToMove: false }).current;
  const shown = useRef({ current: -1, height: 0 });
  if (height > 0 && (shown.current.current !== current || shown.current.height !== height)) {
    shown.current = { current, height };
    const at = current * rowHeight;
    const isSeen = at >= place.top + rowHeight && at + 2 * rowHeight <= place.top + height;
    if (current >= 0 && !isSeen) {
      place.top = Math.max(0, Math.min(at - height / 2, count * rowHeight - height));
      place.hasJumped = place.isToMove = true;
    }
  }
  useLayoutEffect(() => {
    // Not while somebody scrolls: that would hold the list back.
    if (place.isToMove) element.current!.scrollTop = place.top;
    place.isToMove = false;
  });
  const settle = () => {
    place.hasJumped = false;
    draw({});
  };
  useEffect(() => {
    if (!place.hasJumped) return;
    const timer = setTimeout(settle, spareRows.afterMs);
    return () => clearTimeout(timer);
  }, [place.top, place.hasJumped]);
  const onScroll = ({ currentTarget: { scrollTop } }: { readonly currentTarget: HTMLDivElement }) => {
    // It was scrolled from here, to whole pixels of the screen.
    if (Math.abs(scrollTop - place.top) < 1) return;
    place.top = scrollTop;
    settle();
  };
  return { top: place.top, spare: place.hasJumped ? spareRows.afterJump : spareRows.usual, onScroll };
}

/** The elements of rows are kept: those in sight before and after for their row, and all of them for others after a jump. */
function useKeys(first: number, last: number): (index: number) => number {
  const before = useRef({ first, last, base: 0 });
  const { base } = before.current;
  const isJump = first >= before.current.last || last <= before.current.first;
  before.current = { first, last, base: isJump ? base + first - before.current.first : base };
  const now = before.current.base;
  return (index) => index - now;
}
