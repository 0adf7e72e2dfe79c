/** Adds amounts in cents up. */
export const sum = (amounts) => amounts.reduce((total, cents) => total + cents, 0);

/** An amount in cents, as people write it. */
export const shown = (cents) => `${(cents / 100).toFixed(2)} €`;
