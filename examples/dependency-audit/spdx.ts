/** Licence expressions as package manifests have them: SPDX identifiers, AND, OR, WITH and parentheses. */
export type Expression =
  | { readonly kind: 'licence'; readonly id: string; readonly exception: string | null }
  | { readonly kind: 'and' | 'or'; readonly parts: readonly Expression[] };

/** The expression a text is, or null if it is none. AND binds tighter than OR. */
export function parseExpression(text: string): Expression | null {
  const tokens = text.match(/[()]|[A-Za-z0-9.+:-]+|\S/g) ?? [];
  let next = 0;
  const isNext = (word: string) => tokens[next]?.toUpperCase() === word;

  const parseList = (kind: 'and' | 'or', parsePart: () => Expression | null): Expression | null => {
    const parts: Expression[] = [];
    do {
      const part = parsePart();
      if (part === null) return null;
      parts.push(part);
    } while (isNext(kind.toUpperCase()) && (next += 1));
    return parts.length === 1 ? parts[0]! : { kind, parts };
  };
  const parseOr = (): Expression | null => parseList('or', () => parseList('and', parseOne));
  const parseOne = (): Expression | null => {
    if (isNext('(')) {
      next += 1;
      const inner = parseOr();
      return isNext(')') && (next += 1) ? inner : null;
    }
    const id = parseId();
    if (id === null || !isNext('WITH')) return id === null ? null : { kind: 'licence', id, exception: null };
    next += 1;
    const exception = parseId();
    return exception === null ? null : { kind: 'licence', id, exception };
  };
  const parseId = (): string | null => {
    const token = tokens[next];
    if (token === undefined || !/^[A-Za-z0-9]/.test(token) || /^(AND|OR|WITH)$/i.test(token)) return null;
    next += 1;
    return token;
  };

  const expression = parseOr();
  return next === tokens.length ? expression : null;
}

/** In one way of writing, so that equal expressions are counted as one. */
export function writeExpression(expression: Expression, isInner = false): string {
  if (expression.kind === 'licence') {
    return expression.exception === null ? expression.id : `${expression.id} WITH ${expression.exception}`;
  }
  const text = expression.parts.map((part) => writeExpression(part, true)).join(` ${expression.kind.toUpperCase()} `);
  return isInner ? `(${text})` : text;
}
