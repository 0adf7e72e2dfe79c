/** The worker that lays out graphs, so that the page can go on drawing meanwhile. */
import { layOut } from './drawing/lay-out.js';
import type { LayoutAnswer, LayoutQuestion } from './source/layout.js';

self.onmessage = ({ data }: MessageEvent<LayoutQuestion>) => {
  const answer: LayoutAnswer = { id: data.id, layout: layOut(data.request) };
  self.postMessage(answer);
};
