import { total } from '@shop/cart';
import { shown } from '@shop/money';

/** The last line of a receipt. */
export const lastLine = (lines) => `total ${shown(total(lines))}`;
