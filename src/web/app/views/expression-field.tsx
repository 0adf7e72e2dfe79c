import type { JSX } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import { cleanText } from '../../../prelude/clean-text.js';
import type { GraphModel } from '../model/graph-model.js';
import { type Completion, completions, shapeOfGraph } from '../model/questions.js';

interface FieldProps {
  readonly model: GraphModel;
  readonly label: string;
  readonly value: string;
  readonly action: string;
  readonly onEnter: (text: string) => void;
}

/** A field for an expression, which offers the names that the state has. */
export function ExpressionField({ model, label, value, action, onEnter }: FieldProps): JSX.Element {
  const [text, setText] = useState(value);
  const [chosen, setChosen] = useState(-1);
  const [isOpen, setOpen] = useState(false);
  const shape = useMemo(() => shapeOfGraph(model), [model]);
  const offered = isOpen ? completions(shape, text) : [];
  const id = label.replaceAll(' ', '-').toLowerCase();
  const take = (index: number) => {
    setText(offered[index]!.text);
    setChosen(-1);
  };
  const enter = () => {
    setOpen(false);
    if (text.trim() !== '') onEnter(text.trim());
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'ArrowDown') setChosen(Math.min(offered.length - 1, chosen + 1));
    else if (event.key === 'ArrowUp') setChosen(Math.max(-1, chosen - 1));
    else if (event.key === 'Escape') setOpen(false);
    else if ((event.key === 'Enter' || event.key === 'Tab') && offered[chosen] !== undefined) take(chosen);
    else if (event.key === 'Enter') enter();
    else return;
    event.preventDefault();
  };
  return (
    <div class="expression">
      <input
        type="text"
        role="combobox"
        aria-label={label}
        aria-expanded={offered.length > 0}
        aria-controls={id}
        aria-autocomplete="list"
        aria-activedescendant={chosen >= 0 ? `${id}-${chosen}` : undefined}
        spellcheck={false}
        value={text}
        onInput={(event) => {
          setText(event.currentTarget.value);
          setChosen(-1);
          setOpen(true);
        }}
        onBlur={() => setOpen(false)}
        onKeyDown={onKeyDown}
      />
      <button type="button" onClick={enter}>
        {action}
      </button>
      <Offered id={id} label={label} offered={offered} chosen={chosen} take={take} />
    </div>
  );
}

interface OfferedProps {
  readonly id: string;
  readonly label: string;
  readonly offered: readonly Completion[];
  readonly chosen: number;
  readonly take: (index: number) => void;
}

function Offered({ id, label, offered, chosen, take }: OfferedProps): JSX.Element {
  return (
    <ul id={id} role="listbox" aria-label={`Names for ${label}`} hidden={offered.length === 0}>
      {offered.map(({ shown }, index) => (
        <li
          key={shown}
          id={`${id}-${index}`}
          role="option"
          aria-selected={index === chosen}
          // Not a click: by then the field has lost the focus, and the list is gone.
          onMouseDown={(event) => {
            event.preventDefault();
            take(index);
          }}
        >
          {cleanText(shown)}
        </li>
      ))}
    </ul>
  );
}
