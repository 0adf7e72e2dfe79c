import type { HTMLAttributes, JSX } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { CanvasSize } from './canvas-size.js';

export interface SizedCanvasProps extends HTMLAttributes<HTMLCanvasElement> {
  /** Draws everything, in CSS pixels. Called after every render, and when the size changes. */
  readonly draw: (context: CanvasRenderingContext2D, size: CanvasSize) => void;
  /** Is told the canvas once it is there. */
  readonly onCanvas?: (canvas: HTMLCanvasElement) => (() => void) | undefined;
}

/** A canvas as large as the element around it, and as sharp as the screen. */
export function SizedCanvas({ draw, onCanvas, ...attributes }: SizedCanvasProps): JSX.Element {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [size, setSize] = useState<CanvasSize>({ width: 0, height: 0, ratio: 1 });
  useEffect(() => {
    const element = canvas.current!;
    const measure = () => {
      const { width, height } = element.parentElement!.getBoundingClientRect();
      setSize({ width: Math.floor(width), height: Math.floor(height), ratio: devicePixelRatio });
    };
    const observer = new ResizeObserver(measure);
    observer.observe(element.parentElement!);
    measure();
    const end = onCanvas?.(element);
    return () => {
      observer.disconnect();
      end?.();
    };
  }, []);
  useLayoutEffect(() => {
    const { width, height, ratio } = size;
    if (width === 0 || height === 0) return;
    const element = canvas.current!;
    const [columns, rows] = [Math.round(width * ratio), Math.round(height * ratio)];
    if (element.width !== columns) element.width = columns;
    if (element.height !== rows) element.height = rows;
    element.style.width = `${width}px`;
    element.style.height = `${height}px`;
    const context = element.getContext('2d')!;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, width, height);
    draw(context, size);
  });
  return <canvas ref={canvas} {...attributes} />;
}
