import type { Invocation } from '../../call/invocation.js';

export async function installCommand(invocation: Invocation): Promise<void> {
  const { terminal } = invocation;
  await invocation.withStore(
    (store) => {
      const { address, namespace } = store;
      terminal.document({ address, namespace, installed: true });
      terminal.say(`${address} is ready`);
      return Promise.resolve();
    },
    { create: true },
  );
}
