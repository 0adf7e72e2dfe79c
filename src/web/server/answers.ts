import { LogError, type LogErrorCode } from '../../log/event-log.js';
import { type ErrorCode, rejectionCodes, webCodes } from '../../prelude/error-codes.js';
import { OverseerError, wordsFor } from '../../prelude/errors.js';
import { withoutPasswords } from '../../prelude/shown-address.js';

/**
 * With every answer. Nothing that comes from a log is ever in a header.
 *
 * The page may load scripts and styles of this server only, and send nothing elsewhere; nobody may frame it, or read it from
 * another site.
 */
const safeHeaders = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; worker-src 'self'; img-src 'self' data: blob:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy':
    'accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), microphone=(), midi=(), payment=(), usb=()',
} as const;

type Headers = Readonly<Record<string, string>>;

/** A request that is refused, or that cannot be answered now. */
export class WebError extends OverseerError {
  override readonly name = 'WebError';
  constructor(
    code: keyof typeof webCodes,
    message: string,
    readonly headers: Headers = {},
  ) {
    super(code, message);
  }
}

export function answer(body: BodyInit | null, headers: Headers, status = 200): Response {
  return new Response(body, { status, headers: { ...safeHeaders, 'cache-control': 'no-store', ...headers } });
}

export function jsonAnswer(value: unknown, status = 200, headers: Headers = {}): Response {
  return answer(JSON.stringify(value), { ...headers, 'content-type': 'application/json; charset=utf-8' }, status);
}

/** What the browser is told of an error: a code for programs, a sentence for people. */
export interface ShownError {
  readonly code: string;
  readonly message: string;
}

export function shownError(error: unknown): ShownError {
  const message = withoutPasswords(wordsFor(error));
  if (error instanceof OverseerError) return { code: error.code, message };
  return { code: 'unexpected', message: `something unexpected went wrong: ${message}` };
}

export function errorAnswer(error: unknown): Response {
  return jsonAnswer({ error: shownError(error) }, statusOf(error), error instanceof WebError ? error.headers : {});
}

/** Errors of a log that do not mean that the store cannot be reached. */
const statusOfLog: Readonly<Partial<Record<LogErrorCode, number>>> = {
  'position-invalid': 400,
  'store-read-only': 409,
  'store-history-missing': 409,
};

/** Where it is not the input that is wrong. */
const statusOfCode: Readonly<Partial<Record<ErrorCode, number>>> = {
  'graph-not-found': 404,
  'job-not-found': 404,
  'attempt-not-found': 404,
  'event-not-found': 404,
  'moment-before-graph': 404,
  'graph-id-taken': 409,
  'stream-unreadable': 409,
};

function statusOf(error: unknown): number {
  if (error instanceof LogError) return statusOfLog[error.code] ?? 503;
  if (!(error instanceof OverseerError)) return 500;
  if (Object.hasOwn(webCodes, error.code)) return webCodes[error.code as keyof typeof webCodes].status;
  return statusOfCode[error.code] ?? (Object.hasOwn(rejectionCodes, error.code) ? 409 : 400);
}
