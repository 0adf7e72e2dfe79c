import type { Handlers } from 'overseer';

const pictures = Array.from({ length: 60 }, (_, n) => `picture-${n + 1}`);

export const graph = {
  jobs: {
    ...Object.fromEntries(pictures.map((id) => [id, { type: 'load' }])),
    ...Object.fromEntries(pictures.map((id) => [`small-${id}`, { type: 'shrink', after: [id] }])),
    album: { type: 'album', after: pictures.map((id) => `small-${id}`) },
  },
};

export const handlers: Handlers = {
  load: ({ id }) => ({ file: `${id}.jpg` }),
  shrink: ({ id }) => {
    if (id.endsWith('7')) throw new RangeError('no such size');
    return 'small';
  },
  album: () => 'done',
};
