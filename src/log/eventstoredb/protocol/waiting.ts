/** Does something with each, so many at a time; results in the order of the items. The first failure ends it. */
export async function inParallel<A, B>(
  atOnce: number,
  items: readonly A[],
  work: (item: A) => Promise<B>,
): Promise<readonly B[]> {
  const results: B[] = new Array<B>(items.length);
  let next = 0;
  let hasFailed = false;
  const workThrough = async () => {
    while (next < items.length && !hasFailed) {
      const index = next++;
      try {
        results[index] = await work(items[index]!);
      } catch (error) {
        hasFailed = true;
        throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, workThrough));
  return results;
}
