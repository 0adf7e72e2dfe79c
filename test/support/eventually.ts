/** Waits until something holds, checking again and again; after `mostMs`, fails and says what it waited for. */
export async function eventually(what: string, holds: () => boolean | Promise<boolean>, mostMs = 5000): Promise<void> {
  const deadline = Date.now() + mostMs;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`waited ${mostMs} ms in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}
