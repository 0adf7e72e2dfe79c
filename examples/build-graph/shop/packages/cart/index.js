import { sum } from '@shop/money';

/** What all lines of a cart come to, in cents. */
export const total = (lines) => sum(lines.map(({ quantity, cents }) => quantity * cents));
