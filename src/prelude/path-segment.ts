/**
 * An id as one segment of the path of a web address. What reads addresses takes the segments `.` and `..` for steps up the path,
 * however they are encoded, and both are possible ids: so these get a `~` in front, and so do ids that look like that already.
 */
const looksLikeSteps = /^~*\.{1,2}$/;

export function pathSegment(id: string): string {
  return looksLikeSteps.test(id) ? `~${id}` : encodeURIComponent(id);
}

/** The id that a segment stands for; null if it stands for none. */
export function readPathSegment(segment: string): string | null {
  try {
    const id = decodeURIComponent(segment);
    return looksLikeSteps.test(id) && id.startsWith('~') ? id.slice(1) : id;
  } catch {
    return null;
  }
}
