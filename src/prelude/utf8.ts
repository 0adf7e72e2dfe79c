/** Of Node.js; a browser has none, nor its types. */
const { Buffer: buffer } = globalThis as { readonly Buffer?: { byteLength(text: string): number } };

/** The length of a text in UTF-8, in bytes. */
export const utf8Bytes: (text: string) => number =
  buffer === undefined ? (text) => new TextEncoder().encode(text).length : (text) => buffer.byteLength(text);
