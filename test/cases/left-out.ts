/** The conformance cases that have no test here, each with the reason. */
export const leftOut: Readonly<Record<number, string>> = {
  141: 'Legacy command line: handlers are named by a Clojure namespace and var there; here a worker is given a file that exports them.',
  147: 'A helper inside Overseer (update a map’s value if it is present); this engine has none, since spreading an object does it.',
  148: 'The same helper on an absent key.',
};
