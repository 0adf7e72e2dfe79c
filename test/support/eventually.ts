/** Waits until something holds, looking again and again; fails with what it is waiting for when that takes too long. */
export async function eventually(what: string, holds: () => boolean | Promise<boolean>, mostMs = 5000): Promise<void> {
  const deadline = Date.now() + mostMs;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`waited ${mostMs} ms in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}
