/** The size of an element, in CSS pixels, and how many pixels of the screen one of these is. */
export interface CanvasSize {
  readonly width: number;
  readonly height: number;
  readonly ratio: number;
}
