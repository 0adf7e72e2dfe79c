/** The length of a text in UTF-8, in bytes. A browser has no `Buffer`. */
export const utf8Bytes: (text: string) => number =
  typeof Buffer === 'undefined' ? (text) => new TextEncoder().encode(text).length : (text) => Buffer.byteLength(text);
