/** Installs files when told to, at the given moment: see locked.test.ts. */
import { install, store } from '../../../src/index.js';

process.on('message', ({ path, at }: { readonly path: string; readonly at: number }) => {
  while (Date.now() < at);
  void installed(path).then((answer) => process.send!(answer));
});
process.send!('ready');

async function installed(path: string): Promise<string> {
  try {
    const opened = await store(`sqlite:${path}`);
    await install(opened);
    await opened.close();
    return 'ok';
  } catch (error) {
    return String(error);
  }
}
