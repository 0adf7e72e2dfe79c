/** An empty database for each run, on a server that nobody else uses. */
import pg from 'pg';

export async function freshDatabase(
  port: number,
): Promise<{ readonly url: string; readonly remove: () => Promise<void> }> {
  const address = `postgres://postgres@127.0.0.1:${port}`;
  const name = `bench_${process.hrtime.bigint()}`;
  const administer = async (command: string) => {
    const pool = new pg.Pool({ connectionString: `${address}/postgres`, max: 1 });
    try {
      await pool.query(command);
    } finally {
      await pool.end();
    }
  };
  await administer(`create database ${name}`);
  return { url: `${address}/${name}`, remove: () => administer(`drop database ${name} with (force)`) };
}
