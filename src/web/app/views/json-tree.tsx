import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { cleanText } from '../../../prelude/clean-text.js';
import type { Json } from '../../../prelude/json.js';
import { plural, thousands } from '../../../prelude/phrases.js';
import { CopyButton } from './copy-button.js';

interface TreeProps {
  readonly name: string;
  readonly value: Json;
  /** Paths, as in RFC 6901, of what is marked as changed. */
  readonly changed?: ReadonlySet<string>;
  readonly isOpen?: boolean;
}

/** More members than this are shown by a button: a page of a hundred thousand elements helps nobody. */
const shownAtOnce = 100;

/** A value as a tree whose branches open and close. */
export function JsonTree({ name, value, changed = none, isOpen = true }: TreeProps): JSX.Element {
  return (
    <div class="tree">
      <CopyButton text={() => JSON.stringify(value, null, 2)} label={`Copy ${name}`} />
      <Branch name={name} value={value} path="" changed={changed} isOpen={isOpen} />
    </div>
  );
}

const none: ReadonlySet<string> = new Set();

interface BranchProps extends Required<TreeProps> {
  readonly path: string;
}

function Branch({ name, value, path, changed, isOpen }: BranchProps): JSX.Element {
  const [open, setOpen] = useState(isOpen);
  const [most, setMost] = useState(shownAtOnce);
  const mark = changed.has(path) ? 'leaf changed' : 'leaf';
  if (typeof value !== 'object' || value === null) {
    return (
      <div class={mark}>
        <span class="key">{cleanText(name)}</span> <Leaf value={value} />
      </div>
    );
  }
  const entries = Object.entries(value);
  const kind = Array.isArray(value) ? plural(entries.length, 'item') : plural(entries.length, 'field');
  return (
    <div class="branch">
      <button type="button" class={`${mark} fold`} aria-expanded={open} onClick={() => setOpen(!open)}>
        <span class="key">{cleanText(name)}</span> <span class="dim">{kind}</span>
      </button>
      {open && (
        <div class="inside">
          {entries.slice(0, most).map(([key, inner]) => (
            <Branch
              key={key}
              name={key}
              value={inner}
              path={`${path}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`}
              changed={changed}
              isOpen={entries.length <= 12 && path.split('/').length < 3}
            />
          ))}
          {entries.length > most && (
            <button type="button" class="more" onClick={() => setMost(most + 10 * shownAtOnce)}>
              {plural(entries.length - most, 'more', 'more')}
            </button>
          )}
        </div>
      )}
    </div>
  );
}

/** Longer texts are cut, and shown whole on request. */
const textMax = 500;

function Leaf({ value }: { readonly value: string | number | boolean | null }): JSX.Element {
  const [isWhole, setWhole] = useState(false);
  if (typeof value !== 'string') return <span class={`value ${typeof value}`}>{String(value)}</span>;
  const isLong = value.length > textMax;
  const shown = isLong && !isWhole ? `${value.slice(0, textMax)}…` : value;
  return (
    <span class="value text">
      {cleanText(JSON.stringify(shown))}
      {isLong && (
        <button type="button" class="more" onClick={() => setWhole(!isWhole)}>
          {isWhole ? 'less' : `all ${thousands(value.length)} characters`}
        </button>
      )}
    </span>
  );
}
