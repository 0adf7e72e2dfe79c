import type { Add } from '../../call/add-command.js';
import { reasonFlags } from '../operate/reason-flags.js';

/** Commands of the group `limit`. */
export function addLimits(add: Add): void {
  const setting = add('set', {
    description: 'limit what runs under a key, over all workers; with a * at the end, under each key that begins so',
    example: "overseer limit set 'tenant-*' --concurrency 2 --rate 100/1m",
    load: async () => (await import('./operate.js')).setCommand,
  });
  reasonFlags(setting)
    .argument('<key>', 'a key that jobs have in their limits')
    .option('--concurrency <n>', 'so many places at a time')
    .option('--rate <starts/length>', 'so many starts in any such stretch of time: 100/1m');
  add('list', {
    description: 'list the limits that are set',
    example: 'overseer limit list',
    load: async () => (await import('./look.js')).listCommand,
  }).option('--at <moment>', 'as of this moment: a time or @POSITION');
  add('show', {
    description: 'show a key, who has its places, and who waits',
    example: 'overseer limit show tenant-7',
    load: async () => (await import('./look.js')).showCommand,
  })
    .argument('<key>')
    .option('--at <moment>', 'as of this moment: a time or @POSITION');
  const removing = add('remove', {
    description: 'take a limit away; what is set for keys that begin alike holds again',
    example: 'overseer limit remove tenant-7',
    load: async () => (await import('./operate.js')).removeCommand,
  });
  reasonFlags(removing).argument('<key>');
}
