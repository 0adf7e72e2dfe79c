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

/** Rows drawn beyond what is seen, so that scrolling shows no gaps. */
const spare = 8;

/** A list of which only the rows in sight are there. All rows are equally high, so that it can be of any length. */
export function VirtualList({ label, count, rowHeight, current, row }: VirtualListProps): JSX.Element {
  const element = useRef<HTMLDivElement>(null);
  const [top, setTop] = useState(0);
  const [height, setHeight] = useState(0);
  useEffect(() => {
    const observer = new ResizeObserver(() => setHeight(element.current?.clientHeight ?? 0));
    observer.observe(element.current!);
    return () => observer.disconnect();
  }, []);
  useLayoutEffect(() => {
    const list = element.current!;
    if (current < 0 || list.clientHeight === 0) return;
    const at = current * rowHeight;
    const isSeen = at >= list.scrollTop + rowHeight && at + 2 * rowHeight <= list.scrollTop + list.clientHeight;
    if (!isSeen) list.scrollTop = Math.max(0, at - list.clientHeight / 2);
  }, [current, height]);
  const first = Math.max(0, Math.floor(top / rowHeight) - spare);
  const last = Math.min(count, Math.ceil((top + height) / rowHeight) + spare);
  const indexes = Array.from({ length: Math.max(0, last - first) }, (_, index) => first + index);
  return (
    <div
      ref={element}
      class="list"
      role="list"
      aria-label={label}
      tabIndex={0}
      onScroll={(event) => setTop(event.currentTarget.scrollTop)}
    >
      <div class="list-all" style={{ height: `${count * rowHeight}px` }}>
        {indexes.map((index) => (
          <div
            key={index}
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
