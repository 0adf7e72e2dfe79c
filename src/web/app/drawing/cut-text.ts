/** Widths of texts are asked for at every drawing, and measuring takes longer than drawing. */
const known = new Map<string, string>();
const knownMax = 5000;

/** The text, cut with `…` so that it takes no more than a number of CSS pixels in the context's font. */
export function cutToWidth(context: CanvasRenderingContext2D, text: string, width: number): string {
  const key = `${context.font} ${Math.round(width)} ${text}`;
  const before = known.get(key);
  if (before !== undefined) return before;
  if (known.size >= knownMax) known.clear();
  const cut = cutNow(context, text, width);
  known.set(key, cut);
  return cut;
}

function cutNow(context: CanvasRenderingContext2D, text: string, width: number): string {
  if (context.measureText(text).width <= width) return text;
  const characters = Array.from(text.slice(0, 500));
  let [low, high] = [0, characters.length];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (context.measureText(`${characters.slice(0, middle).join('')}…`).width <= width) low = middle;
    else high = middle - 1;
  }
  return `${characters.slice(0, low).join('')}…`;
}
