/* eslint-disable no-console */
import { graphs, install, jobGraph, store, transactGraph } from 'overseer';

const red = await store('sqlite:./overseer.db', { namespace: 'red' });
const blue = await store('sqlite:./overseer.db', { namespace: 'blue' });
await install(red);

await transactGraph(red, jobGraph({ paint: [] }));
console.log((await graphs(red)).items.length, (await graphs(blue)).items.length);
await red.close();
await blue.close();
