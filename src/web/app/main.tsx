import { options, render } from 'preact';
import { followAppearance } from './state/appearance.js';
import { followPageKeys } from './state/keys.js';
import { followUrl } from './state/place.js';
import { pageSource } from './source/page-source.js';
import { Shell } from './views/shell.js';

// What changes is drawn once a frame, however often it changes in between.
options.debounceRendering = (draw) => requestAnimationFrame(draw);

followAppearance();
followUrl();
followPageKeys();
render(<Shell source={pageSource()} />, document.getElementById('page')!);
