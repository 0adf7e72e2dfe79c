var __defProp = Object.defineProperty;
var __getOwnPropNames = Object.getOwnPropertyNames;
var __esm = (fn, res, err) => function __init() {
  if (err) throw err[0];
  try {
    return fn && (res = (0, fn[__getOwnPropNames(fn)[0]])(fn = 0)), res;
  } catch (e) {
    throw err = [e], e;
  }
};
var __export = (target, all) => {
  for (var name2 in all)
    __defProp(target, name2, { get: all[name2], enumerable: true });
};

// src/prelude/nearest.ts
function nearestTo(name2, names) {
  return (nearest(name2.slice(0, comparedMax), names, Infinity) ?? { known: names[0] }).known;
}
function closeTo(name2, names) {
  const most = Math.min(farthest, Math.max(1, Math.floor(name2.length / 3)), name2.length - 1);
  return name2.length > comparedMax ? null : nearest(name2, names, most)?.known ?? null;
}
function closeAmong(name2, names) {
  const most = Math.max(2, Math.ceil(name2.length * 0.4));
  return name2.length > comparedMax ? null : nearest(name2, names, most)?.known ?? null;
}
function didYouMean(name2, names) {
  const known = closeTo(name2, names);
  return known === null ? "" : `; did you mean ${known}?`;
}
function nearest(name2, names, most) {
  const compared = name2.toLowerCase();
  let best = null;
  for (const known of names) {
    if (known === name2) continue;
    const limit2 = best === null ? most : best.distance - 1;
    if (Math.abs(known.length - name2.length) > limit2) continue;
    const distance = editDistance(compared, known.toLowerCase(), limit2);
    if (distance > limit2) continue;
    best = { known, distance };
    if (distance === 0) break;
  }
  return best;
}
function editDistance(a, b, limit2) {
  let start3 = 0;
  while (start3 < a.length && a[start3] === b[start3]) start3 += 1;
  let [endA, endB] = [a.length, b.length];
  while (endA > start3 && endB > start3 && a[endA - 1] === b[endB - 1]) [endA, endB] = [endA - 1, endB - 1];
  const [left2, right3] = [a.slice(start3, endA), b.slice(start3, endB)];
  let before = [];
  let row = Array.from({ length: right3.length + 1 }, (_, index) => index);
  for (let i = 1; i <= left2.length; i++) {
    const next = [i];
    let least = i;
    for (let j = 1; j <= right3.length; j++) {
      const replaced = row[j - 1] + (left2[i - 1] === right3[j - 1] ? 0 : 1);
      let fewest = Math.min(replaced, row[j] + 1, next[j - 1] + 1);
      const isSwapped = i > 1 && j > 1 && left2[i - 1] === right3[j - 2] && left2[i - 2] === right3[j - 1];
      if (isSwapped) fewest = Math.min(fewest, before[j - 2] + 1);
      next.push(fewest);
      least = Math.min(least, fewest);
    }
    if (least > limit2 + 1) return least;
    [before, row] = [row, next];
  }
  return row[right3.length];
}
var comparedMax, farthest;
var init_nearest = __esm({
  "src/prelude/nearest.ts"() {
    "use strict";
    comparedMax = 100;
    farthest = 4;
  }
});

// src/prelude/errors.ts
function isError(value2) {
  if (typeof value2 !== "object" || value2 === null) return false;
  return value2 instanceof Error || Object.prototype.toString.call(value2) === "[object Error]";
}
function wordsFor(thrown2) {
  try {
    if (!isError(thrown2)) return String(thrown2);
    const { message: message2 } = thrown2;
    return typeof message2 === "string" && message2 !== "" ? message2 : String(thrown2);
  } catch {
    return "something that throws again when looked at";
  }
}
var OverseerError;
var init_errors = __esm({
  "src/prelude/errors.ts"() {
    "use strict";
    OverseerError = class extends Error {
      constructor(code, message2, options) {
        super(message2, options?.cause === void 0 ? void 0 : { cause: options.cause });
        this.code = code;
      }
      code;
      name = "OverseerError";
    };
  }
});

// src/prelude/fp.ts
import { isLeft, isRight, left, right, tryCatch } from "fp-ts/lib/Either.js";
import { left as leftLater, right as rightLater, tryCatch as tryCatchLater } from "fp-ts/lib/TaskEither.js";
var E, TE;
var init_fp = __esm({
  "src/prelude/fp.ts"() {
    "use strict";
    E = { isLeft, isRight, left, right, tryCatch };
    TE = { left: leftLater, right: rightLater, tryCatch: tryCatchLater };
  }
});

// src/prelude/utf8.ts
var buffer, utf8Bytes;
var init_utf8 = __esm({
  "src/prelude/utf8.ts"() {
    "use strict";
    ({ Buffer: buffer } = globalThis);
    utf8Bytes = buffer === void 0 ? (text) => new TextEncoder().encode(text).length : (text) => buffer.byteLength(text);
  }
});

// src/prelude/json.ts
function isPlainObject(value2) {
  if (typeof value2 !== "object" || value2 === null) return false;
  const prototype = Object.getPrototypeOf(value2);
  return prototype === Object.prototype || prototype === null || isRootOfRealm(prototype);
}
function isRootOfRealm(prototype) {
  return Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype, "propertyIsEnumerable");
}
function toJson(value2, path) {
  const copying = new Copying(path);
  return E.tryCatch(
    () => copying.of(value2),
    (thrown2) => thrown2 instanceof NotJson ? thrown2.message : `${path} cannot be written as JSON: ${wordsFor(thrown2)}`
  );
}
function isInvalidDate(value2) {
  const isDate = Object.prototype.toString.call(value2) === "[object Date]";
  return isDate && Number.isNaN(value2.valueOf());
}
function keyPath(path, key) {
  const next = typeof key === "number" ? `[${key}]` : plainKey.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`;
  const whole3 = `${path}${next}`;
  return whole3.length <= pathCharactersMax ? whole3 : `${whole3.slice(0, 80)}\u2026${whole3.slice(-80)}`;
}
function isNestedDeeper(text, most) {
  if (text.length <= 2 * most) return false;
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    switch (text.charCodeAt(at)) {
      case quote:
        at = endOfText(text, at);
        break;
      case openingBracket:
      case openingBrace:
        depth += 1;
        if (depth > most) return true;
        break;
      case closingBracket:
      case closingBrace:
        depth -= 1;
        break;
    }
  }
  return false;
}
function endOfText(text, begins) {
  for (let at = text.indexOf('"', begins + 1); at >= 0; at = text.indexOf('"', at + 1)) {
    let slashes = 0;
    while (text.charCodeAt(at - 1 - slashes) === backslash) slashes += 1;
    if (slashes % 2 === 0) return at;
  }
  return text.length;
}
function jsonText(value2) {
  try {
    return JSON.stringify(value2);
  } catch (error) {
    if (error instanceof RangeError) return deepJsonText(value2);
    throw error;
  }
}
function deepJsonText(value2) {
  const pieces2 = [];
  const open = [{ value: value2 }];
  for (let next = open.pop(); next !== void 0; next = open.pop()) {
    if ("text" in next) pieces2.push(next.text);
    else if (typeof next.value !== "object" || next.value === null) pieces2.push(JSON.stringify(next.value));
    else {
      const isList = Array.isArray(next.value);
      const entries = Object.entries(next.value);
      pieces2.push(isList ? "[" : "{");
      open.push({ text: isList ? "]" : "}" });
      entries.reverse().forEach(([key, item], index) => {
        open.push({ value: item });
        const comma = index === entries.length - 1 ? "" : ",";
        open.push({ text: isList ? comma : `${comma}${JSON.stringify(key)}:` });
      });
    }
  }
  return pieces2.join("");
}
function copied(value2) {
  if (Array.isArray(value2)) return value2.map((item) => copied(item));
  if (typeof value2 !== "object" || value2 === null) return value2;
  const entries = Object.entries(value2);
  return Object.fromEntries(entries.map(([key, item]) => [key, copied(item)]));
}
function canonicalJson(value2) {
  return JSON.stringify(inKeyOrder(value2));
}
function inKeyOrder(value2) {
  if (typeof value2 !== "object" || value2 === null) return value2;
  if (Array.isArray(value2)) {
    const items = value2;
    const inner2 = items.map((item) => inKeyOrder(item));
    return inner2.every((item, index) => item === items[index]) ? items : inner2;
  }
  const entries = Object.entries(value2);
  const inner = entries.map(([key, item]) => [key, inKeyOrder(item)]);
  const isInOrder = entries.every(
    ([key, item], index) => (index === 0 || entries[index - 1][0] < key) && inner[index][1] === item
  );
  if (isInOrder) return value2;
  inner.sort(([a], [b]) => a < b ? -1 : 1);
  return Object.fromEntries(inner);
}
function jsonBytes(value2) {
  return utf8Bytes(JSON.stringify(value2));
}
function frozen(value2) {
  const open = [value2];
  for (let next = open.pop(); next !== void 0; next = open.pop()) {
    if (typeof next !== "object" || next === null || Object.isFrozen(next)) continue;
    Object.freeze(next);
    for (const inner of Object.values(next)) if (typeof inner === "object" && inner !== null) open.push(inner);
  }
  return value2;
}
function parsedOrText(text) {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
var nestingMax, unitsMax, NotJson, Copying, plainKey, pathCharactersMax, quote, backslash, openingBracket, closingBracket, openingBrace, closingBrace;
var init_json = __esm({
  "src/prelude/json.ts"() {
    "use strict";
    init_errors();
    init_fp();
    init_utf8();
    nestingMax = 200;
    unitsMax = 4 * 1024 * 1024;
    NotJson = class extends Error {
    };
    Copying = class {
      constructor(root) {
        this.root = root;
      }
      root;
      above = /* @__PURE__ */ new Set();
      /** The keys that lead to where the copying is. */
      trail = [];
      units = 0;
      of(value2) {
        this.count(1);
        switch (typeof value2) {
          case "string":
            this.count(value2.length);
            return value2;
          case "boolean":
            return value2;
          case "number":
            if (Number.isFinite(value2)) return value2 === 0 ? 0 : value2;
            throw this.problem(`is ${value2}, which JSON cannot hold`);
          case "object":
            return value2 === null ? null : this.ofObject(value2);
          case "undefined":
            throw this.problem("is undefined, which JSON cannot hold; use null");
          case "bigint":
            throw this.problem("is a BigInt, which JSON cannot hold; store it as a string");
          default:
            throw this.problem(`is a ${typeof value2}, which JSON cannot hold`);
        }
      }
      ofObject(value2) {
        if (this.above.has(value2)) throw this.problem("refers back to itself, which JSON cannot hold");
        if (this.above.size >= nestingMax)
          throw this.problem(`is nested deeper than the limit of ${nestingMax}`, this.root);
        this.above.add(value2);
        const written = this.written(value2);
        this.above.delete(value2);
        return written;
      }
      written(value2) {
        if ("toJSON" in value2 && typeof value2.toJSON === "function") {
          if (isInvalidDate(value2)) throw this.problem("is an invalid Date, which JSON cannot hold");
          return this.of(value2.toJSON());
        }
        if (Array.isArray(value2)) return Array.from(value2, (item, index) => this.at(index, item));
        if (isPlainObject(value2)) return this.entriesOf(value2);
        const kind = value2.constructor?.name || "object with a prototype of its own";
        throw this.problem(`is a ${kind}, which JSON cannot hold; give a plain object or array`);
      }
      entriesOf(value2) {
        const entries = [];
        for (const [key, item] of Object.entries(value2)) {
          if (item === void 0) continue;
          this.count(key.length);
          entries.push([key, this.at(key, item)]);
        }
        return Object.fromEntries(entries);
      }
      at(key, item) {
        this.trail.push(key);
        const copy = this.of(item);
        this.trail.pop();
        return copy;
      }
      count(units) {
        this.units += units;
        if (this.units > unitsMax) throw this.problem("is larger than any limit", this.root);
      }
      problem(what, where2 = this.trail.reduce(keyPath, this.root)) {
        return new NotJson(`${where2} ${what}`);
      }
    };
    plainKey = /^[A-Za-z_$][\w$]*$/;
    pathCharactersMax = 200;
    [quote, backslash, openingBracket, closingBracket, openingBrace, closingBrace] = [34, 92, 91, 93, 123, 125];
  }
});

// src/prelude/shown-address.ts
function shownAddress(address) {
  const [prefix, name2 = ""] = scheme.exec(address) ?? [];
  if (prefix === void 0 || fileSchemes.test(name2)) return withoutSecretSettings(address);
  return withoutSecretSettings(`${prefix}${withoutLogin(address.slice(prefix.length), name2)}`);
}
function withoutPasswords(text) {
  return withoutPasswordsInQuotes(text).replaceAll(
    /\b(?:[a-z][a-z\d+.-]{0,30}:\/\/|(?:esdb|eventstoredb)[a-z+]{0,20}:)[^\s"]+/gi,
    shownAddress
  );
}
function withoutPasswordsInQuotes(text) {
  const opening = /"(?=[a-z][a-z\d+.-]{0,30}:\/)/gi;
  const rest = /(?:[^"\\]|\\.)*(?=")/y;
  let shown5 = "";
  let done = 0;
  for (let opened = opening.exec(text); opened !== null; opened = opening.exec(text)) {
    rest.lastIndex = opening.lastIndex;
    const address = rest.exec(text)?.[0];
    if (address === void 0) break;
    shown5 += `${text.slice(done, opening.lastIndex)}${shownAddress(address)}`;
    done = rest.lastIndex;
    opening.lastIndex = done + 1;
  }
  return `${shown5}${text.slice(done)}`;
}
function withoutLogin(rest, name2) {
  const end = rest.lastIndexOf("@");
  if (beginsWithHost(rest)) return rest;
  if (end < 0) return serverSchemes.test(name2) ? withoutOddPort(rest) : rest;
  const colon = rest.indexOf(":");
  const hasPassword = colon >= 0 && colon < end;
  if (keyedSchemes.test(name2)) return beginsWithPath(rest, end) ? rest : `${hidden}${rest.slice(end)}`;
  if (!hasPassword) return rest;
  const user = serverSchemes.test(name2) ? /^[^:@/]*/.exec(rest)[0] : /^[^:@/?#]*/.exec(rest)[0];
  return `${user}:${hidden}${rest.slice(end)}`;
}
function withoutOddPort(rest) {
  return rest.replace(/^([^:@/?,[]+):(?!\d+(?:[,/?]|$)|PORT\b).*$/s, `$1:${hidden}`);
}
function beginsWithHost(rest) {
  return /^[^:@/?]+:\d+(,|\/?$|\/?\?([^@=]+=.*)?$)/s.test(rest);
}
function beginsWithPath(rest, end) {
  return /^[^:@/]*(:\d+)?\//.test(rest.slice(0, end));
}
function withoutSecretSettings(address) {
  const query = address.indexOf("?");
  if (query < 0) return address;
  const shown5 = address.slice(query).replaceAll(
    secretSetting,
    (all, before, name2) => namesFile.test(name2) ? all : `${before}${name2}=${hidden}`
  );
  return `${address.slice(0, query)}${shown5}`;
}
var hidden, scheme, fileSchemes, keyedSchemes, serverSchemes, secretSetting, namesFile;
var init_shown_address = __esm({
  "src/prelude/shown-address.ts"() {
    "use strict";
    init_json();
    hidden = "***";
    scheme = /^\s*([a-z][a-z\d+.-]*):\/*/i;
    fileSchemes = /^(sqlite|memory|file)$/i;
    keyedSchemes = /^(https?|wss?)$/i;
    serverSchemes = /^(esdb|eventstoredb|kurrentdb|kdb)/i;
    secretSetting = /(^|[?&;])([^=&;?]*(?:pass|pwd|secret|token|key|credential|auth|signature)[^=&;?]*)=([^&;]*)/gi;
    namesFile = /file$/i;
  }
});

// src/prelude/known-names.ts
function shownName(name2, most = shownMax) {
  return JSON.stringify(name2.length > most ? `${name2.slice(0, most - 3)}\u2026` : name2);
}
function shownValue(value2) {
  if (value2 === void 0) return "nothing";
  const text = withoutPasswords(textOf(value2));
  return text.length > shownMax ? `${text.slice(0, shownMax - 3)}\u2026` : text;
}
function textOf(value2) {
  try {
    return String(JSON.stringify(value2) ?? typeof value2);
  } catch {
    return Array.isArray(value2) ? "a list" : `an ${typeof value2}`;
  }
}
function unknownMember(whose, kind, value2, known) {
  const name2 = Object.keys(value2).find((key) => !known.includes(key));
  return name2 === void 0 ? null : `${whose} has no ${kind} ${shownName(name2)}; ${meantAmong(name2, known)}`;
}
function unknownName(what, value2, known) {
  if (known.some((name2) => name2 === value2)) return null;
  const shown5 = typeof value2 === "string" ? shownName(value2) : String(value2);
  return `${what} cannot be ${shown5}; ${meantAmong(String(value2), known)}`;
}
function meantAmong(name2, known) {
  const near = closeAmong(name2, known);
  const all = known.length === 1 ? `is ${known[0]}` : `are ${known.join(", ")}`;
  return near === null ? `there ${all}` : `did you mean ${near}? There ${all}`;
}
function assertOptions(call, options, names) {
  if (typeof options !== "object" || options === null || Array.isArray(options)) {
    const kind = Array.isArray(options) ? "a list" : options === null ? "null" : `a ${typeof options}`;
    throw unknown(`the options of ${call} must be an object, not ${kind}`);
  }
  const problem = unknownMember(call, "option", options, Object.keys(names));
  if (problem !== null) throw unknown(problem);
}
function assertName(what, value2, known) {
  const problem = unknownName(what, value2, known);
  if (problem !== null) throw unknown(problem);
}
function unknown(message2) {
  return new OverseerError("name-unknown", message2);
}
var shownMax, shownId;
var init_known_names = __esm({
  "src/prelude/known-names.ts"() {
    "use strict";
    init_errors();
    init_nearest();
    init_shown_address();
    shownMax = 60;
    shownId = (id) => shownName(id, 500);
  }
});

// src/prelude/io.ts
import {
  appendContext,
  boolean,
  failure,
  failures,
  identity,
  Int,
  keyof,
  literal,
  null as null2,
  number,
  readonly,
  readonlyArray,
  record,
  string,
  success,
  Type,
  union,
  UnknownRecord
} from "io-ts";
var init_io = __esm({
  "src/prelude/io.ts"() {
    "use strict";
  }
});

// src/prelude/codec.ts
function where(name2, is) {
  return new Type(name2, is, (u, context) => is(u) ? success(u) : failure(u, context), identity);
}
function intFrom(least, name2 = `whole number from ${least}`) {
  return where(name2, (u) => Number.isSafeInteger(u) && u >= least);
}
function numberBetween(least, most, name2) {
  return where(name2, (u) => typeof u === "number" && u >= least && u <= most);
}
function matching(pattern, name2) {
  return where(name2, (u) => typeof u === "string" && pattern.test(u));
}
function oneOf(names, name2) {
  return keyof(Object.fromEntries(names.map((each2) => [each2, null])), name2);
}
function orNull(codec2) {
  return union([codec2, null2], `${codec2.name}, or null`);
}
function record2(name2, required, optional) {
  const requiredKeys = Object.keys(required);
  const optionalKeys = Object.keys(optional ?? {});
  const codecs = { ...required, ...optional };
  const codec2 = new Type(
    name2,
    (u) => isPlainObject(u) && requiredKeys.every((key) => codecs[key].is(u[key])) && optionalKeys.every((key) => u[key] === void 0 || codecs[key].is(u[key])),
    (u, context) => {
      if (!isPlainObject(u)) return failure(u, context);
      const errors = [];
      const decoded = {};
      const read3 = (key) => {
        const field = codecs[key];
        const result = field.validate(u[key], appendContext(context, key, field, u[key]));
        if (result._tag === "Left") errors.push(...result.left);
        else decoded[key] = result.right;
      };
      for (const key of requiredKeys) read3(key);
      for (const key of optionalKeys) if (u[key] !== void 0) read3(key);
      return errors.length > 0 ? failures(errors) : success(decoded);
    },
    identity
  );
  return Object.assign(codec2, { fields: [...requiredKeys, ...optionalKeys] });
}
function withOneOf(codec2, one, other) {
  const hasOne = (value2) => value2[one] === void 0 !== (value2[other] === void 0);
  const checked2 = new Type(
    codec2.name,
    (u) => codec2.is(u) && hasOne(u),
    (u, context) => {
      const read3 = codec2.validate(u, context);
      if (read3._tag === "Left" || hasOne(read3.right)) return read3;
      return failure(u, context, `expected either ${one} or ${other}`);
    },
    identity
  );
  return Object.assign(checked2, { fields: codec2.fields });
}
function closed(codec2) {
  return new Type(
    codec2.name,
    (u) => codec2.is(u) && Object.keys(u).every((key) => codec2.fields.includes(key)),
    (u, context) => {
      const problem = isPlainObject(u) ? unknownMember(codec2.name, "field", u, codec2.fields) : null;
      return problem === null ? codec2.validate(u, context) : failure(u, context, problem);
    },
    identity
  );
}
function isIntersection(codec2) {
  return codec2 !== void 0 && "_tag" in codec2 && codec2._tag === "IntersectionType";
}
function problems(errors) {
  const first = errors.slice(0, problemsMax).map((error) => {
    const path = error.context.filter(({ key }, index) => key !== "" && !isIntersection(error.context[index - 1]?.type)).map(({ key }) => key).join(".");
    const where2 = path === "" ? "the value" : path.length > pathMax ? `${path.slice(0, pathMax - 1)}\u2026` : path;
    const expected = error.context.at(-1)?.type.name ?? "something else";
    return `${where2}: ${error.message ?? `expected ${expected}, got ${shownValue(error.value)}`}`;
  });
  const left2 = errors.length - first.length;
  return left2 === 0 ? first : [...first, `\u2026 and ${left2} more`];
}
var SafeInt, Uuid, Sha256, instantPattern, Instant, JsonValue, Anything, JsonRecord, problemsMax, pathMax;
var init_codec = __esm({
  "src/prelude/codec.ts"() {
    "use strict";
    init_io();
    init_json();
    init_known_names();
    SafeInt = where("whole number", (u) => Number.isSafeInteger(u));
    Uuid = matching(/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/, "UUID in lower case");
    Sha256 = matching(/^[0-9a-f]{64}$/, "SHA-256 as 64 hexadecimal digits");
    instantPattern = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
    Instant = where(
      "instant (ISO 8601, UTC, milliseconds)",
      (u) => typeof u === "string" && instantPattern.test(u) && !Number.isNaN(Date.parse(u))
    );
    JsonValue = where("JSON value", (u) => u !== void 0);
    Anything = where("value", (u) => u !== void 0);
    JsonRecord = where("JSON object", (u) => isPlainObject(u));
    problemsMax = 10;
    pathMax = 200;
  }
});

// src/prelude/absurd.ts
function absurd(value2) {
  throw new Defect(`this case should not exist: ${JSON.stringify(value2)}`);
}
var Defect;
var init_absurd = __esm({
  "src/prelude/absurd.ts"() {
    "use strict";
    Defect = class extends Error {
      name = "Defect";
    };
  }
});

// src/domain/dependency-rules.ts
function openCounts(openParents) {
  return { openParents, finishedParents: 0, failedParents: 0, abortedParents: 0, skippedParents: 0 };
}
function prospectOf(rule, parents) {
  const { openParents, finishedParents, failedParents, abortedParents, skippedParents } = parents;
  switch (rule) {
    case "all-finished":
    case "none-failed":
      if (abortedParents > 0) return "aborted";
      if (failedParents > 0) return "blocked";
      if (openParents > 0) return "waiting";
      return rule === "all-finished" && skippedParents > 0 ? "skipped" : "ready";
    case "all-ended":
      return openParents > 0 ? "waiting" : "ready";
    case "any-finished":
      if (finishedParents > 0) return "ready";
      if (openParents > 0) return "waiting";
      if (failedParents > 0) return "blocked";
      return abortedParents > 0 ? "aborted" : "skipped";
    case "any-failed":
      if (failedParents > 0 || abortedParents > 0) return "ready";
      return openParents > 0 ? "waiting" : "skipped";
    default:
      return absurd(rule);
  }
}
function afterChange({ openParents, finishedParents, failedParents, abortedParents, skippedParents }, before, after2, isOptional) {
  const counts = { openParents, finishedParents, failedParents, abortedParents, skippedParents };
  const [from, to] = [countOf(before, isOptional), countOf(after2, isOptional)];
  if (from !== null) counts[from] -= 1;
  if (to !== null) counts[to] += 1;
  return counts;
}
function countOf(outcome, isOptional) {
  switch (outcome) {
    case "open":
      return "openParents";
    case "finished":
      return "finishedParents";
    case "failed":
    case "blocked":
      return "failedParents";
    case "aborted":
      return "abortedParents";
    case "skipped":
      return isOptional ? null : "skippedParents";
    default:
      return absurd(outcome);
  }
}
var dependencyRules;
var init_dependency_rules = __esm({
  "src/domain/dependency-rules.ts"() {
    "use strict";
    init_absurd();
    dependencyRules = ["all-finished", "none-failed", "all-ended", "any-finished", "any-failed"];
  }
});

// src/domain/external.ts
var External;
var init_external = __esm({
  "src/domain/external.ts"() {
    "use strict";
    init_io();
    init_codec();
    External = record2(
      "external",
      {},
      {
        /** Whose answer it waits for, in words for people. */
        for: string
      }
    );
  }
});

// src/domain/job-limit.ts
var JobLimit;
var init_job_limit = __esm({
  "src/domain/job-limit.ts"() {
    "use strict";
    init_io();
    init_codec();
    JobLimit = record2("limit", { key: string }, { units: intFrom(1) });
  }
});

// src/domain/memoize.ts
var PositiveInt, Memoize, MemoizedFrom;
var init_memoize = __esm({
  "src/domain/memoize.ts"() {
    "use strict";
    init_io();
    init_codec();
    PositiveInt = intFrom(1);
    Memoize = record2(
      "memoize",
      {
        /** Jobs of one namespace that have the same key have, by their author's word, the same result. */
        key: string
      },
      {
        /** How old a remembered result may be when the job starts. Without it, as old as it happens to be. */
        maxAgeMs: PositiveInt,
        /** Run the job whatever is remembered, and remember its new result. */
        fresh: boolean
      }
    );
    MemoizedFrom = record2("memoized result", {
      /** The graph in which the job ran. */
      graphId: string,
      /** The job there. */
      jobId: string,
      /** The attempt that finished it there. */
      attempt: PositiveInt,
      /** Of the JobFinished that recorded the result there. */
      eventId: string,
      /** When the log recorded that event. */
      finishedAt: Instant
    });
  }
});

// src/domain/overlap.ts
var overlaps;
var init_overlap = __esm({
  "src/domain/overlap.ts"() {
    "use strict";
    overlaps = ["skip", "buffer-one", "allow", "abort-earlier"];
  }
});

// src/domain/timing.ts
function isTimed({ startAfter, delayMs, scheduleToStartMs, scheduleToCloseMs }) {
  const isDelayed = startAfter !== void 0 || delayMs !== void 0;
  return isDelayed || scheduleToStartMs !== void 0 || scheduleToCloseMs !== void 0;
}
function limitOf({ scheduleToStartMs, scheduleToCloseMs }, limit2) {
  return limit2 === "scheduleToStart" ? scheduleToStartMs : scheduleToCloseMs;
}
function reasonOf(limit2) {
  return reasons[limit2];
}
function deadlineOf({ deadline, deadlineMs }, { recordedAt }) {
  if (deadline !== void 0) return Date.parse(deadline);
  return deadlineMs === void 0 ? null : Date.parse(recordedAt) + deadlineMs;
}
function dueFrom({ startAfter, delayMs = 0 }, graphStartAfter, { at }) {
  const since = startAfter === void 0 ? at : Math.max(at, Date.parse(startAfter));
  const ofGraph = graphStartAfter === null ? since : Math.max(since, Date.parse(graphStartAfter));
  return Math.max(ofGraph, at + delayMs);
}
function closesBy({ scheduleToCloseMs }, due, { reopenedAt }) {
  if (scheduleToCloseMs === void 0) return null;
  const at = Math.max(due, reopenedAt) + scheduleToCloseMs;
  return { limit: "scheduleToClose", at, limitMs: scheduleToCloseMs };
}
function startsBy({ scheduleToStartMs }, from) {
  if (scheduleToStartMs === void 0) return null;
  return { limit: "scheduleToStart", at: from + scheduleToStartMs, limitMs: scheduleToStartMs };
}
var timeLimits, reasons;
var init_timing = __esm({
  "src/domain/timing.ts"() {
    "use strict";
    timeLimits = ["scheduleToStart", "scheduleToClose"];
    reasons = {
      scheduleToStart: "system/schedule-to-start",
      scheduleToClose: "system/schedule-to-close"
    };
  }
});

// src/domain/events.ts
function versionOf(job2) {
  const { when, optional, withSpawned: withSpawned2, spawnedBy: spawnedBy2, carried, carriedStatus, external, limits: limits3 } = job2;
  const ofVersion3 = [when, optional, withSpawned2, spawnedBy2, carriedStatus, external, limits3];
  if (ofVersion3.some((field) => field !== void 0) || carried?.attempt === 0 || isTimed(job2)) return 3;
  return carried === void 0 ? 1 : 2;
}
function define(definition) {
  return { upcasters: {}, ...definition };
}
function answerIn({ result = null, failure: failure2 }) {
  return failure2 === void 0 ? { kind: "finished", result } : { kind: "failed", failure: failure2 };
}
function jobsIn(event) {
  return event.type === "GraphSubmitted" || event.type === "JobsSpawned" ? event.data.jobs : noJobs;
}
var PositiveInt2, Milliseconds, PositionText, RetryPolicy, CarriedResult, ForkedFrom, JobDefinition, JobDefinitions, WorkerIdentity, Failure, FaultCause, Retry, Failed, firingKinds, definitions, eventDefinitions, attemptEnds, eventTypes, noJobs, definingJobs;
var init_events = __esm({
  "src/domain/events.ts"() {
    "use strict";
    init_io();
    init_codec();
    init_dependency_rules();
    init_external();
    init_job_limit();
    init_memoize();
    init_overlap();
    init_timing();
    PositiveInt2 = intFrom(1);
    Milliseconds = intFrom(0, "milliseconds, a whole number from 0");
    PositionText = string;
    RetryPolicy = record2(
      "retry policy",
      {},
      {
        /** Attempts in all, including the first. Without it there is no limit. */
        maximumAttempts: PositiveInt2,
        initialIntervalMs: Milliseconds,
        backoffCoefficient: numberBetween(1, 1e3, "number from 1 to 1000"),
        maximumIntervalMs: Milliseconds,
        /** How much of a delay is random: a delay d becomes one between d × (1 − jitter) and d. */
        jitter: numberBetween(0, 1, "number from 0 to 1"),
        /** Names of errors (`error.name`, its class or its `code`) that are never tried again. */
        nonRetryable: readonlyArray(string, "list of error names")
      }
    );
    CarriedResult = record2("carried result", {
      /** The graph in which the job ran. */
      graphId: string,
      /** The attempt that finished it there; 0 if it was answered from outside, and no attempt ran. */
      attempt: intFrom(0),
      /** Of the JobFinished or JobAnswered that recorded the result there. */
      eventId: string,
      /** When the log recorded that event. */
      finishedAt: Instant,
      result: JsonValue
    });
    ForkedFrom = record2("origin", { graphId: string, position: PositionText });
    JobDefinition = record2(
      "job",
      { id: string, type: string, parents: readonlyArray(string, "list of job ids") },
      {
        /** What it asks of its parents before it may start; `all-finished` unless given. */
        when: oneOf(dependencyRules, "rule of a dependency"),
        /** Those of its parents that may be skipped without its being skipped too. */
        optional: readonlyArray(string, "list of job ids"),
        /** Those of its parents for whose spawned jobs it waits as well, however deep below them. */
        withSpawned: readonlyArray(string, "list of job ids"),
        /** Only in a fork: the job that spawned it in the graph that the fork was made from, and that is carried over. */
        spawnedBy: string,
        /** Only where they differ from the graph's. */
        args: JsonRecord,
        retry: RetryPolicy,
        timeoutMs: PositiveInt2,
        /** How many leases may be lost before the job counts as poison and fails. */
        maximumLostLeases: intFrom(0),
        /** The job does not run in this graph: it is finished from the start, with this result. */
        carried: CarriedResult,
        /** What is carried over is that the job skipped itself there: `eventId` is of its JobSkipped, and the result is null. */
        carriedStatus: literal("skipped"),
        /**
         * Its result is remembered. Added without a new version of GraphSubmitted: a reader that ignores it runs the job, which
         * is never wrong.
         */
        memoize: Memoize,
        /** No worker runs it: somebody outside answers it. */
        external: External,
        /** What it counts under, in the order of the keys: see limit-places.ts. */
        limits: readonlyArray(JobLimit, "list of limits"),
        /**
         * In place of its graph's. Added without a new version of GraphSubmitted: a reader that ignores it starts jobs in another
         * order, which no job relies on.
         */
        priority: SafeInt,
        /** It does not start before this instant. */
        startAfter: Instant,
        /** It does not start before it has been ready for so long. */
        delayMs: PositiveInt2,
        /** It has failed if no worker has started it so long after it could be. */
        scheduleToStartMs: PositiveInt2,
        /** It has failed if it has not ended so long after it could first be started, whatever the attempts. */
        scheduleToCloseMs: PositiveInt2
      }
    );
    JobDefinitions = readonlyArray(JobDefinition, "list of jobs");
    WorkerIdentity = record2(
      "worker",
      { id: string, host: string, pid: SafeInt },
      {
        /**
         * Identifies the process on its host, so that others there can see whether it still runs; absent where a host cannot
         * tell. Added without a new version of JobStarted, since a reader that ignores it misreads nothing.
         */
        process: string
      }
    );
    Failure = record2(
      "failure",
      { reason: string, exception: string, message: orNull(string) },
      { data: JsonValue }
    );
    FaultCause = keyof(
      { fault: null, exception: null, timeout: null, "lease-expired": null, released: null },
      "cause of a fault"
    );
    Retry = record2(
      "retry",
      {
        kind: literal("retry"),
        /** Until when the job must wait, by the writer's clock. Only release 0.1.0 uses it; later ones use `delayMs`. */
        notBefore: Instant
      },
      {
        /**
         * How long the job must wait after the log recorded this event. Added without a new version: a reader that ignores it
         * uses `notBefore` as before, but a reader that does not know a new version could not read the job at all.
         */
        delayMs: Milliseconds
      }
    );
    Failed = record2("failed", { kind: literal("failed") });
    firingKinds = ["due", "asked", "buffered"];
    definitions = {
      GraphSubmitted: define({
        version: 3,
        // Version 2 added `carried` to jobs, and version 3 `when`, `optional`, `withSpawned`, `spawnedBy`, `carriedStatus`,
        // `external`, `limits` and all that is said of time. A release that would run such a job again, or too early, or too many
        // of them, or at all, must not be able to read it.
        upcasters: { 1: (data) => data, 2: (data) => data },
        versionNeeded: ({ jobs: jobs2, startAfter, deadline, deadlineMs }) => {
          const ofVersion3 = [startAfter, deadline, deadlineMs].some((field) => field !== void 0);
          return jobs2.reduce((needed, job2) => Math.max(needed, versionOf(job2)), ofVersion3 ? 3 : 1);
        },
        means: "The graph exists. One too large for one event comes in parts and exists from its last part on; the first part has args, labels, priority and origin.",
        codec: record2(
          "GraphSubmitted",
          {
            part: PositiveInt2,
            parts: PositiveInt2,
            jobs: JobDefinitions,
            args: JsonRecord,
            labels: readonly(record(string, string, "labels")),
            priority: SafeInt
          },
          {
            /** The graph it is a fork of. */
            forkedFrom: ForkedFrom,
            /** None of its jobs starts before this instant. */
            startAfter: Instant,
            /** It is aborted if it has not ended at this instant, or so long after its submission. */
            deadline: Instant,
            deadlineMs: PositiveInt2
          }
        )
      }),
      GraphAborted: define({
        version: 1,
        means: "Every job of the graph that had not ended is aborted.",
        codec: record2(
          "GraphAborted",
          { by: string, reason: string },
          {
            /**
             * Its deadline, if that is why. Recorded before it, which only a wrong clock does, the event has no effect. Added
             * without a new version: only a graph with a deadline has it.
             */
            deadline: Instant
          }
        )
      }),
      GraphReset: define({
        version: 1,
        means: "An operator resets the abort of the graph: jobs aborted only by it are unstarted again.",
        codec: record2("GraphReset", { by: string, reason: string })
      }),
      GraphPaused: define({
        version: 1,
        means: "An operator pauses the graph: none of its jobs is started until it is resumed. Those that run go on.",
        codec: record2("GraphPaused", { by: string, reason: string })
      }),
      GraphResumed: define({
        version: 1,
        means: "An operator ends the pause of the graph.",
        codec: record2("GraphResumed", { by: string, reason: string })
      }),
      WorkPaused: define({
        version: 1,
        means: "An operator pauses a type of job in all graphs, or with the type null all work of the namespace: no such job is started until it is resumed. Those that run go on.",
        codec: record2("WorkPaused", { jobType: orNull(string), by: string, reason: string })
      }),
      WorkResumed: define({
        version: 1,
        means: "An operator ends the pause of a type of job, or with the type null that of all work.",
        codec: record2("WorkResumed", { jobType: orNull(string), by: string, reason: string })
      }),
      JobStarted: define({
        version: 1,
        means: "A worker has claimed the job and holds it for the length of the lease.",
        codec: record2("JobStarted", { attempt: PositiveInt2, worker: WorkerIdentity, leaseMs: PositiveInt2 })
      }),
      Heartbeat: define({
        version: 1,
        means: "The owner is alive; its lease starts again.",
        codec: record2(
          "Heartbeat",
          { attempt: PositiveInt2 },
          { progress: numberBetween(0, 1, "number from 0 to 1"), details: JsonValue }
        )
      }),
      JobsSpawned: define({
        version: 1,
        means: "The attempt adds jobs to the graph, below its own. They exist from the moment at which it finishes, and never if it does not. Many come in several of these events.",
        codec: record2("JobsSpawned", {
          attempt: PositiveInt2,
          jobs: JobDefinitions,
          /** Those of the job that spawns, for every job that has none of its own. */
          args: JsonRecord
        })
      }),
      JobFinished: define({
        version: 1,
        means: "The job is done; children whose rules ask for no more become ready.",
        codec: record2(
          "JobFinished",
          { attempt: PositiveInt2, result: JsonValue },
          {
            /**
             * The handler was not run: the result was remembered from this job. Added without a new version: a reader that
             * ignores it sees a job that finished with this result, which it did.
             */
            memoized: MemoizedFrom
          }
        )
      }),
      JobFaulted: define({
        version: 1,
        means: "This attempt is over without a result. Either the job is unstarted again and may start after a delay, or it has failed.",
        codec: record2(
          "JobFaulted",
          {
            attempt: PositiveInt2,
            cause: FaultCause,
            failure: Failure,
            next: union([Retry, Failed], "retry or failed")
          },
          { stack: string }
        )
      }),
      JobAborted: define({
        version: 1,
        means: "The job is aborted, and with it every job that depends on its success.",
        codec: record2(
          "JobAborted",
          { by: string, message: string, silent: boolean },
          /** The attempt that aborted itself; absent when somebody else did. */
          { attempt: PositiveInt2 }
        )
      }),
      JobSkipped: define({
        version: 1,
        means: "The handler found that there is nothing to do. Jobs that need a result of this one are skipped too.",
        codec: record2("JobSkipped", { attempt: PositiveInt2, reason: string })
      }),
      JobDeferred: define({
        version: 1,
        means: "The handler found that it is too early: the job is unstarted again and may start after a delay. The attempt counts as no failure.",
        codec: record2("JobDeferred", {
          attempt: PositiveInt2,
          reason: string,
          /** How long the job must wait after the log recorded this event. */
          delayMs: Milliseconds
        })
      }),
      JobAnswered: define({
        version: 1,
        means: "Somebody outside answered a job that no worker runs: it has finished with a result, or has failed.",
        codec: withOneOf(
          record2(
            "JobAnswered",
            { by: string, reason: string },
            {
              /** Of a job that has finished. There is either a result or a failure. */
              result: JsonValue,
              /** Of a job that has failed. */
              failure: Failure
            }
          ),
          "result",
          "failure"
        )
      }),
      JobExpired: define({
        version: 1,
        means: "A time limit of the job has run out: it has failed. An attempt that runs is over; only its own worker writes that. Recorded too early, which only a wrong clock does, the event has no effect.",
        codec: record2(
          "JobExpired",
          { limit: oneOf(timeLimits, "time limit"), failure: Failure },
          /** The attempt that ran; absent when none did. */
          { attempt: PositiveInt2 }
        )
      }),
      ClaimRevoked: define({
        version: 1,
        means: "Nobody starts this attempt any more on what was seen of the job before. It is written when a place was taken for a claim that does not come: then the place can be given back. The job stays as it is.",
        codec: record2("ClaimRevoked", { attempt: PositiveInt2 })
      }),
      JobReset: define({
        version: 1,
        means: "An operator reopens a job that failed, was aborted or skipped itself: it is unstarted again.",
        codec: record2("JobReset", { by: string, reason: string })
      }),
      ResultMemoized: define({
        version: 1,
        means: "The result of a job that has finished is the one remembered under the key in the stream's name, from now on.",
        codec: record2("ResultMemoized", {
          graphId: string,
          jobId: string,
          attempt: PositiveInt2,
          /** Of the JobFinished that holds the result. */
          eventId: string,
          /** Of that event in its stream. */
          revision: intFrom(0)
        })
      }),
      LimitSet: define({
        version: 1,
        means: "An operator limits what runs under a key, or under all keys that begin alike: so many places at a time, so many starts in any window, or both. It holds for what starts from now on.",
        codec: record2(
          "LimitSet",
          { key: string, by: string, reason: string },
          { concurrency: PositiveInt2, starts: PositiveInt2, windowMs: PositiveInt2 }
        )
      }),
      LimitRemoved: define({
        version: 1,
        means: "An operator takes a limit away. What else is set for keys that begin alike holds again.",
        codec: record2("LimitRemoved", { key: string, by: string, reason: string })
      }),
      PlaceTaken: define({
        version: 1,
        means: "A worker takes a place under the key in the stream's name, for a claim of a job behind a revision of its stream. It names the limits it was judged by. Over these, or too early for them by the time at which it was recorded, it is void: it has no effect.",
        codec: record2(
          "PlaceTaken",
          { graphId: string, jobId: string, attempt: PositiveInt2, after: intFrom(-1), units: PositiveInt2 },
          { concurrency: PositiveInt2, starts: PositiveInt2, windowMs: PositiveInt2 }
        )
      }),
      PlaceGivenBack: define({
        version: 1,
        means: "The attempt that had the place is over, or can never begin: another may take it.",
        codec: record2("PlaceGivenBack", {
          graphId: string,
          jobId: string,
          attempt: PositiveInt2,
          after: intFrom(-1)
        })
      }),
      ScheduleNamed: define({
        version: 1,
        means: "There may be a schedule of this name from now on: its stream says so. Names are never taken back.",
        codec: record2("ScheduleNamed", { name: string })
      }),
      ScheduleSet: define({
        // What needs a new version of GraphSubmitted, because of its jobs, needs one of this event too.
        version: 1,
        means: "An operator sets the schedule: what falls due after this moment is made from it. It holds the whole graph of the runs, and either a cron line and its time zone, or a period.",
        codec: record2(
          "ScheduleSet",
          {
            jobs: readonlyArray(JobDefinition, "list of jobs"),
            args: JsonRecord,
            labels: readonly(record(string, string, "labels")),
            priority: SafeInt,
            overlap: oneOf(overlaps, "rule of overlapping runs"),
            catchUpMs: PositiveInt2,
            by: string,
            reason: string
          },
          { cron: string, timezone: string, everyMs: PositiveInt2, deadlineMs: PositiveInt2 }
        )
      }),
      SchedulePaused: define({
        version: 1,
        means: "An operator pauses the schedule: nothing that falls due is made until it is resumed. Runs there are go on.",
        codec: record2("SchedulePaused", { by: string, reason: string })
      }),
      ScheduleResumed: define({
        version: 1,
        means: "An operator ends the pause of the schedule. What fell due before this moment and was not decided is not made.",
        codec: record2("ScheduleResumed", { by: string, reason: string })
      }),
      ScheduleRemoved: define({
        version: 1,
        means: "An operator removes the schedule: it makes no run any more, until it is set again. Runs there are go on.",
        codec: record2("ScheduleRemoved", { by: string, reason: string })
      }),
      ScheduleTriggered: define({
        version: 1,
        means: "An operator asks for runs: one now, or those of a stretch of the past. Each waits for the run before it.",
        codec: record2(
          "ScheduleTriggered",
          { instants: readonlyArray(Instant, "list of instants"), by: string, reason: string },
          { backfill: record2("stretch", { from: Instant, to: Instant }) }
        )
      }),
      ScheduleFired: define({
        version: 1,
        means: "A run is decided: the graph of this id, made from what was last set before. Whoever sees that it is missing submits it.",
        codec: record2(
          "ScheduleFired",
          { instant: Instant, kind: oneOf(firingKinds, "kind of run"), graphId: string },
          /** The run before it, which is aborted first if it has not ended. */
          { aborts: string }
        )
      }),
      ScheduleBuffered: define({
        version: 1,
        means: "An instant is due, and waits until the run before it has ended.",
        codec: record2("ScheduleBuffered", { instant: Instant })
      }),
      ScheduleSkipped: define({
        version: 1,
        means: "What fell due from one instant to another is not made: the run before it had not ended (`overlap`), or nobody was there in time (`missed`).",
        codec: record2(
          "ScheduleSkipped",
          { from: Instant, to: Instant, why: oneOf(["overlap", "missed"], "reason") },
          /** How many instants, if not too many to be counted. */
          { count: PositiveInt2 }
        )
      })
    };
    eventDefinitions = definitions;
    attemptEnds = [
      "JobFinished",
      "JobFaulted",
      "JobAborted",
      "JobSkipped",
      "JobDeferred",
      "JobExpired"
    ];
    eventTypes = Object.keys(definitions);
    noJobs = [];
    definingJobs = ["GraphSubmitted", "JobsSpawned"];
  }
});

// src/domain/read-event.ts
function versionOf2(event) {
  const definition = eventDefinitions[event.type];
  return definition.versionNeeded?.(event.data) ?? definition.version;
}
function nestedTooDeep(storedType, text) {
  const explanation = `its data is nested deeper than ${readableNestingMax} levels, too deep for any release to work with`;
  return { type: "Unreadable", data: { storedType, problem: "nested-too-deep", explanation, stored: text } };
}
function whyUnwritable({ type, data }) {
  const { codec: codec2 } = eventDefinitions[type];
  if (codec2.is(data)) return null;
  const decoded = codec2.decode(data);
  return `${type} ${E.isLeft(decoded) ? problems(decoded.left).join("; ") : "does not match its codec"}`;
}
function readEvent(storedType, schemaVersion, stored, registry = eventDefinitions) {
  const unreadable = (problem, explanation) => ({
    type: "Unreadable",
    data: { storedType, problem, explanation, stored }
  });
  const definition = Object.hasOwn(registry, storedType) ? registry[storedType] : void 0;
  if (definition === void 0) {
    const isDeletion = storedType === streamDeleted;
    const unknown2 = `no event is called ${shownName(storedType)}`;
    return unreadable("unknown-event-type", isDeletion ? "somebody has deleted this stream" : unknown2);
  }
  if (schemaVersion > definition.version) {
    return unreadable(
      "event-from-the-future",
      `version ${schemaVersion} of ${storedType} was written by a newer release; this one reads up to ${definition.version}`
    );
  }
  const decoded = upcast(definition, schemaVersion, stored);
  if (E.isLeft(decoded)) return unreadable("malformed-event", decoded.left);
  return { type: storedType, data: decoded.right };
}
function upcast(definition, schemaVersion, stored) {
  let data = stored;
  for (let version = schemaVersion; version < definition.version; version++) {
    const step = definition.upcasters[version];
    if (step === void 0) return E.left(`there is no upcaster from version ${version} to ${version + 1}`);
    data = step(data);
  }
  const decoded = definition.codec.decode(data);
  return E.isLeft(decoded) ? E.left(problems(decoded.left).join("; ")) : decoded;
}
var readableNestingMax, valueNestingInData, streamDeleted;
var init_read_event = __esm({
  "src/domain/read-event.ts"() {
    "use strict";
    init_codec();
    init_fp();
    init_known_names();
    init_events();
    readableNestingMax = 1e3;
    valueNestingInData = 4;
    streamDeleted = "$streamDeleted";
  }
});

// src/domain/limits.ts
function cutMessage(text) {
  const { messageCharactersMax } = limits;
  return text.length <= messageCharactersMax ? text : `${text.slice(0, messageCharactersMax - 1)}\u2026`;
}
var limits;
var init_limits = __esm({
  "src/domain/limits.ts"() {
    "use strict";
    init_json();
    limits = {
      graphIdBytesMax: 200,
      jobIdBytesMax: 500,
      jobTypeBytesMax: 200,
      /** The key under which a job's result is remembered. */
      memoizeKeyBytesMax: 400,
      argsBytesMax: 256 * 1024,
      resultBytesMax: 512 * 1024,
      /** One heartbeat's details. */
      detailsBytesMax: 64 * 1024,
      labelsBytesMax: 16 * 1024,
      /** A larger failure record is cut, and says so. Its size never stops a failure from being recorded. */
      failureBytesMax: 32 * 1024,
      /** One job's definition: its id, type, parents, args and policy together. */
      jobDefinitionBytesMax: 768 * 1024,
      /** The size at which the next part of a graph's submission begins. */
      submissionPartBytes: 256 * 1024,
      /** Texts that an operator or a handler gives: a reason, a message. Longer ones are cut. */
      messageCharactersMax: 2e3,
      jobsPerGraphMax: 1e6,
      /** The graph of a schedule: it is kept in one event. */
      scheduledGraphBytesMax: 512 * 1024,
      /** A graph id less an instant, which takes 25 bytes. */
      scheduleNameBytesMax: 175,
      /** How many runs may be asked of a schedule that have not begun. */
      askedRunsMax: 1e3,
      /** The key of a limit on what runs at once: it names a stream, which engines allow about this much. */
      limitKeyBytesMax: 200,
      limitsPerJobMax: 8,
      limitUnitsMax: 1e6,
      /** How many starts in a window a rate may allow: as many are remembered. */
      limitStartsMax: 1e4,
      /** The longest window of a rate, in milliseconds: 31 days. */
      limitWindowMsMax: 31 * 864e5,
      /** Who does something: a worker's id or an operator's name. */
      actorBytesMax: 500,
      /** How deep arrays and objects may be nested in each other: in args, results, details, data of a failure. */
      nestingMax
    };
  }
});

// src/domain/positions.ts
function comparePositions(a, b) {
  if (a === b) return 0;
  if (!a.includes("/") && !b.includes("/")) return compareNumerals(a, b);
  const [a1 = "", a2 = a1] = a.split("/");
  const [b1 = "", b2 = b1] = b.split("/");
  return compareNumerals(a1, b1) || compareNumerals(a2, b2);
}
function ordinalOf(position) {
  return Number.parseInt(position, 10);
}
function compareNumerals(a, b) {
  if (a.length !== b.length) return a.length - b.length;
  return a < b ? -1 : a > b ? 1 : 0;
}
var init_positions = __esm({
  "src/domain/positions.ts"() {
    "use strict";
  }
});

// src/log/log-error.ts
var LogError;
var init_log_error = __esm({
  "src/log/log-error.ts"() {
    "use strict";
    init_errors();
    LogError = class extends OverseerError {
      name = "LogError";
      constructor(code, message2, options = {}) {
        super(code, message2, options);
        this.isTransient = options.isTransient ?? false;
        this.outcomeUnknown = options.outcomeUnknown ?? false;
      }
      /** Whether the same call may succeed a little later. */
      isTransient;
      /** Whether the append may have reached the log even so. Sending the same events again is safe: their ids tell. */
      outcomeUnknown;
    };
  }
});

// src/log/event-log.ts
function onlyAfter(events, position) {
  const [first] = events;
  if (position === null || first === void 0 || comparePositions(first.position, position) > 0) return events;
  return events.filter((event) => comparePositions(event.position, position) > 0);
}
function allAppends(requests) {
  return requests.flatMap((request) => request.along === void 0 ? [request] : [request, ...request.along]);
}
function streamKey({ graphId, jobId: jobId2 }) {
  return jobId2 === null ? graphId : `${graphId}/${jobId2}`;
}
function encodeAppends(requests, address) {
  return requests.map(({ graphId, jobId: jobId2, expectedRevision, events, notBefore = -Infinity, along = [] }) => {
    let bytes = 0;
    const encoded = events.map(({ id, event, causationId, actor }) => {
      const data = textOf2(event, actor);
      bytes += Buffer.byteLength(data);
      return { id, type: event.type, schemaVersion: versionOf2(event), data, causationId, actor };
    });
    if (bytes <= appendBytesMax) {
      return { graphId, jobId: jobId2, expectedRevision, events: encoded, notBefore, along: encodeAppends(along, address) };
    }
    const message2 = `an append of ${bytes} bytes to ${address} is over the limit of ${appendBytesMax}`;
    throw new LogError("append-too-large", message2);
  });
}
function textOf2(event, actor) {
  const invalid8 = (why2) => new LogError("event-invalid", `an event cannot be written: ${why2}`);
  const why = whyUnwritable(event);
  if (why !== null) throw invalid8(why);
  if (typeof actor !== "string") throw invalid8(`the actor of ${event.type} is a ${typeof actor}, not a name`);
  const text = E.tryCatch(() => JSON.stringify(event.data), wordsFor);
  if (E.isLeft(text)) throw invalid8(`${event.type} cannot be written as JSON: ${text.left}`);
  if (isNestedDeeper(text.right, dataNestingMax)) {
    throw invalid8(`${event.type} is nested deeper than the limit of ${limits.nestingMax}`);
  }
  return text.right;
}
var appendBytesMax, dataNestingMax;
var init_event_log = __esm({
  "src/log/event-log.ts"() {
    "use strict";
    init_errors();
    init_fp();
    init_read_event();
    init_limits();
    init_positions();
    init_json();
    init_log_error();
    init_log_error();
    appendBytesMax = 900 * 1024;
    dataNestingMax = limits.nestingMax + valueNestingInData;
  }
});

// src/log/eventstoredb/address.ts
var init_address = __esm({
  "src/log/eventstoredb/address.ts"() {
    "use strict";
    init_known_names();
    init_shown_address();
    init_event_log();
  }
});

// src/prelude/ending-at-once.ts
function endingAtOnce(generator, stop) {
  const waiting2 = /* @__PURE__ */ new Set();
  let hasEnded3 = false;
  const done = { done: true, value: void 0 };
  async function end() {
    hasEnded3 = true;
    const isWaiting = waiting2.size > 0;
    for (const answer4 of waiting2) answer4();
    waiting2.clear();
    stop();
    const ended = generator.return(void 0);
    if (isWaiting) ended.catch(() => {
    });
    else await ended;
  }
  const iterator = {
    next: () => {
      if (hasEnded3) return Promise.resolve(done);
      return new Promise((resolve2, reject2) => {
        const answer4 = () => resolve2(done);
        waiting2.add(answer4);
        generator.next().then(resolve2, reject2).finally(() => waiting2.delete(answer4));
      });
    },
    return: async () => {
      await end();
      return done;
    },
    throw: async (error) => {
      await end();
      throw error;
    },
    [Symbol.asyncIterator]: () => iterator
  };
  return iterator;
}
var init_ending_at_once = __esm({
  "src/prelude/ending-at-once.ts"() {
    "use strict";
  }
});

// src/prelude/when-aborted.ts
function whenAborted(signal, callback) {
  if (signal === void 0) return () => {
  };
  if (signal.aborted) {
    callback();
    return () => {
    };
  }
  const { callbacks, listener } = waiting.get(signal) ?? listenTo(signal);
  const call = () => callback();
  callbacks.add(call);
  return () => {
    if (!callbacks.delete(call) || callbacks.size > 0 || waiting.get(signal)?.callbacks !== callbacks) return;
    signal.removeEventListener("abort", listener);
    waiting.delete(signal);
  };
}
function listenTo(signal) {
  const callbacks = /* @__PURE__ */ new Set();
  const listener = () => {
    waiting.delete(signal);
    const all = [...callbacks];
    callbacks.clear();
    for (const callback of all) callback();
  };
  const added = { callbacks, listener };
  signal.addEventListener("abort", listener, { once: true });
  waiting.set(signal, added);
  return added;
}
var waiting;
var init_when_aborted = __esm({
  "src/prelude/when-aborted.ts"() {
    "use strict";
    waiting = /* @__PURE__ */ new WeakMap();
  }
});

// src/prelude/timer.ts
function afterMs(ms, callback) {
  const endsAt = performance.now() + ms;
  const wait2 = (leftMs) => leftMs <= timerMsMax ? setTimeout(callback, leftMs) : setTimeout(waitOn, timerMsMax);
  const waitOn = () => {
    timer = wait2(endsAt - performance.now());
  };
  let timer = wait2(ms);
  return () => clearTimeout(timer);
}
var timerMsMax;
var init_timer = __esm({
  "src/prelude/timer.ts"() {
    "use strict";
    timerMsMax = 2 ** 31 - 1;
  }
});

// src/log/polling-subscription.ts
import { setImmediate as nextTurn } from "node:timers/promises";
function pollingSubscription(source, request) {
  const safetyNetMs2 = request.safetyNetMs ?? 2e3;
  const closing = new AbortController();
  const close = () => closing.abort();
  async function* messages() {
    let after2 = request.after ?? null;
    let isBehind = true;
    let failures2 = 0;
    while (!closing.signal.aborted) {
      const wait2 = startWaiting(source, closing.signal);
      try {
        const { events, upTo, hasMore } = source.readBatch(after2);
        failures2 = 0;
        isBehind ||= upTo !== after2;
        after2 = upTo;
        if (events.length > 0) {
          wait2.cancel();
          isBehind = true;
          yield { kind: "events", events };
          if (hasMore) await nextTurn();
          continue;
        }
      } catch (error) {
        wait2.cancel();
        if (closing.signal.aborted) return;
        if (!(error instanceof LogError) || error.code === "store-gone") throw error;
        if (error.code === "store-closed") return;
        isBehind = true;
        yield { kind: "interrupted", error };
        await startWaiting({ onChange: () => () => {
        } }, closing.signal).until(
          Math.min(retryMs.first * 2 ** failures2++, retryMs.most)
        );
        continue;
      }
      if (isBehind) {
        isBehind = false;
        yield { kind: "caughtUp", upTo: after2 };
      }
      await wait2.until(safetyNetMs2);
    }
  }
  return {
    [Symbol.asyncIterator]: () => endingAtOnce(messages(), close),
    close
  };
}
function startWaiting(source, closing) {
  let wake = () => {
  };
  const woken = new Promise((resolve2) => {
    wake = resolve2;
  });
  const unlisten = source.onChange(wake);
  const unlistenClosing = whenAborted(closing, wake);
  const cancel = () => {
    unlisten();
    unlistenClosing();
    wake();
  };
  return {
    cancel,
    async until(ms) {
      const cancelTimer = afterMs(ms, wake);
      await woken;
      cancelTimer();
      cancel();
    }
  };
}
var retryMs;
var init_polling_subscription = __esm({
  "src/log/polling-subscription.ts"() {
    "use strict";
    init_ending_at_once();
    init_when_aborted();
    init_timer();
    init_event_log();
    retryMs = { first: 10, most: 1e3 };
  }
});

// src/prelude/iso-time.ts
function isoTime(at) {
  if (at !== last.at) last = { at, text: new Date(at).toISOString() };
  return last.text;
}
var last;
var init_iso_time = __esm({
  "src/prelude/iso-time.ts"() {
    "use strict";
    last = { at: Number.NaN, text: "" };
  }
});

// src/domain/namespace-stream.ts
function isOfNamespace({ graphId }) {
  return graphId === ofNamespace;
}
var ofNamespace, namespaceStream;
var init_namespace_stream = __esm({
  "src/domain/namespace-stream.ts"() {
    "use strict";
    ofNamespace = "";
    namespaceStream = Object.freeze({ graphId: ofNamespace, jobId: null });
  }
});

// src/prelude/bounded-map.ts
var BoundedMap;
var init_bounded_map = __esm({
  "src/prelude/bounded-map.ts"() {
    "use strict";
    BoundedMap = class extends Map {
      constructor(sizeMax) {
        super();
        this.sizeMax = sizeMax;
      }
      sizeMax;
      set(key, value2) {
        if (this.size >= this.sizeMax) this.clear();
        return super.set(key, value2);
      }
    };
  }
});

// src/domain/priorities.ts
function givesPriority(event) {
  if (event.type === "GraphSubmitted" && event.data.priority !== 0) return true;
  return jobsIn(event).some(({ priority }) => priority !== void 0);
}
var init_priorities = __esm({
  "src/domain/priorities.ts"() {
    "use strict";
    init_events();
  }
});

// src/domain/share.ts
function partitionOf(graphId) {
  const last2 = graphId.length - 1;
  const isPair = graphId.charCodeAt(last2) >= 56320 && graphId.charCodeAt(last2) <= 57343;
  const code = graphId.codePointAt(isPair ? last2 - 1 : last2) ?? 0;
  return (code + 9 * (code >> 6)) % partitionCount;
}
function isInShare(graphId, { partitions, graphIds }) {
  return partitions.has(partitionOf(graphId)) || graphIds.has(graphId);
}
function isForShare(event, share) {
  if (isOfNamespace(event) || isInShare(event.graphId, share)) return true;
  return givesPriority(event);
}
var partitionCount, allPartitions;
var init_share = __esm({
  "src/domain/share.ts"() {
    "use strict";
    init_namespace_stream();
    init_priorities();
    partitionCount = 16;
    allPartitions = Array.from({ length: partitionCount }, (_, partition) => partition);
  }
});

// src/prelude/memo.ts
var memoLengthMax, memoSizeMax, Memo;
var init_memo = __esm({
  "src/prelude/memo.ts"() {
    "use strict";
    init_bounded_map();
    memoLengthMax = 300;
    memoSizeMax = 2e3;
    Memo = class {
      constructor(make) {
        this.make = make;
      }
      make;
      known = new BoundedMap(memoSizeMax);
      of(text) {
        if (text.length > memoLengthMax) return this.make(text);
        const known = this.known.get(text);
        if (known !== void 0) return known;
        const made = this.make(text);
        this.known.set(text, made);
        return made;
      }
    };
  }
});

// src/evidence/event-content.ts
function contentOf(type, version, text, parse = asStored) {
  if (isNestedDeeper(text, readableNestingMax)) {
    return { event: nestedTooDeep(type, text), bytes: utf8Bytes(text) };
  }
  const { value: value2, bytes } = parse(text);
  return { event: readEvent(type, version, value2), bytes };
}
var asStored, EventContents;
var init_event_content = __esm({
  "src/evidence/event-content.ts"() {
    "use strict";
    init_json();
    init_memo();
    init_utf8();
    init_read_event();
    asStored = (text) => ({ value: parsedOrText(text), bytes: utf8Bytes(text) });
    EventContents = class {
      constructor(parse = asStored) {
        this.parse = parse;
      }
      parse;
      known = new Memo(() => []);
      /** @param parse makes the value of the text, for who has it already */
      of(type, version, text, parse = this.parse) {
        const sameText = this.known.of(text);
        for (const known of sameText) if (known.type === type && known.version === version) return known;
        const { event, bytes } = contentOf(type, version, text, parse);
        const isShared = text.length <= memoLengthMax;
        const content = { type, version, event: isShared ? frozen(event) : event, bytes };
        sameText.push(content);
        return content;
      }
    };
  }
});

// src/prelude/defined.ts
function defined(fields) {
  const kept4 = {};
  for (const name2 in fields) if (fields[name2] !== void 0) kept4[name2] = fields[name2];
  return kept4;
}
var init_defined = __esm({
  "src/prelude/defined.ts"() {
    "use strict";
  }
});

// src/prelude/grouped.ts
function listIn(lists, key) {
  const list = lists.get(key);
  if (list !== void 0) return list;
  const fresh = [];
  lists.set(key, fresh);
  return fresh;
}
var init_grouped = __esm({
  "src/prelude/grouped.ts"() {
    "use strict";
  }
});

// src/evidence/redaction-mark.ts
function redactionMark(digest) {
  return { [redactedKey]: `sha256:${digest}` };
}
function redactionIn(value2) {
  if (!isPlainObject(value2)) return null;
  const mark = value2[redactedKey];
  if (typeof mark !== "string" || Object.keys(value2).length !== 1) return null;
  return /^sha256:([0-9a-f]{64})$/.exec(mark)?.[1] ?? null;
}
function mentionsRedaction(text) {
  return text.includes(`${redactedKey}"`);
}
function holdsRedaction(value2) {
  return someWithin(value2, (inner) => isPlainObject(inner) && Object.hasOwn(inner, redactedKey));
}
function someWithin(value2, holds, isSkipped = () => false) {
  const left2 = [value2];
  for (let at = left2.pop(); at !== void 0; at = left2.pop()) {
    if (isSkipped(at)) continue;
    if (holds(at)) return true;
    if (typeof at === "object" && at !== null) for (const inner of Object.values(at)) left2.push(inner);
  }
  return false;
}
function escapeKeys(value2) {
  return renamed(value2, (key) => /^\$+redacted$/.test(key) ? `$${key}` : key);
}
function unescapeKeys(value2) {
  return renamed(value2, (key) => /^\$\$+redacted$/.test(key) ? key.slice(1) : key);
}
function renamed(value2, rename) {
  const root = { value: value2 };
  const left2 = [root];
  for (let at = left2.pop(); at !== void 0; at = left2.pop()) {
    for (const [key, item] of Object.entries(at)) {
      if (typeof item !== "object" || item === null) continue;
      const members2 = Object.entries(item).map(([name2, inner]) => [rename(name2), inner]);
      const copy = Array.isArray(item) ? [...item] : Object.fromEntries(members2);
      at[key] = copy;
      left2.push(copy);
    }
  }
  return root["value"];
}
function placeholdersFor(data) {
  if (!isPlainObject(data)) return data;
  return mapped(data, (key, value2) => {
    if (redactionIn(value2) !== null) return placeholderFor(key, value2);
    if (key === "jobs" && Array.isArray(value2)) return value2.map(jobWithPlaceholders);
    if (key === "instants" && Array.isArray(value2)) return value2.map(instantOr);
    if (!isPlainObject(value2)) return value2;
    if (key === "failure") return mapped(value2, textOr);
    if (key === "memoized") return { ...memoizedPlaceholder, ...kept(value2) };
    if (key === "backfill") return { ...stretchPlaceholder, ...kept(value2) };
    return key === "labels" ? mapped(value2, (_, label) => textOr("message", label)) : value2;
  });
}
function placeholderFor(key, mark) {
  return Object.hasOwn(placeholders, key) ? placeholders[key] : textOr(key, mark);
}
function instantOr(value2) {
  return redactionIn(value2) === null ? value2 : redactedInstant;
}
function jobWithPlaceholders(job2) {
  if (!isPlainObject(job2)) return job2;
  return mapped(job2, (key, value2) => {
    if (key !== "carried" || !isPlainObject(value2)) return value2;
    return redactionIn(value2) === null ? { ...carriedPlaceholder, ...kept(value2) } : carriedPlaceholder;
  });
}
function kept(object) {
  const members2 = Object.entries(object);
  return Object.fromEntries(members2.filter(([, value2]) => redactionIn(value2) === null));
}
function textOr(key, value2) {
  return textKeys.has(key) && redactionIn(value2) !== null ? shown : value2;
}
function mapped(object, change3) {
  return Object.fromEntries(Object.entries(object).map(([key, value2]) => [key, change3(key, value2)]));
}
var redactedKey, shown, redactedInstant, failurePlaceholder, carriedPlaceholder, memoizedPlaceholder, textKeys, stretchPlaceholder, placeholders;
var init_redaction_mark = __esm({
  "src/evidence/redaction-mark.ts"() {
    "use strict";
    init_json();
    redactedKey = "$redacted";
    shown = "(redacted)";
    redactedInstant = "1970-01-01T00:00:00.000Z";
    failurePlaceholder = { reason: shown, exception: shown, message: shown };
    carriedPlaceholder = {
      graphId: shown,
      attempt: 1,
      eventId: shown,
      finishedAt: redactedInstant,
      result: shown
    };
    memoizedPlaceholder = {
      graphId: shown,
      jobId: shown,
      attempt: 1,
      eventId: shown,
      finishedAt: redactedInstant
    };
    textKeys = /* @__PURE__ */ new Set([
      "message",
      "reason",
      "exception",
      "stack",
      "graphId",
      "jobId",
      "jobType",
      "eventId",
      "name",
      "cron",
      "timezone",
      "aborts",
      "key"
    ]);
    stretchPlaceholder = { from: redactedInstant, to: redactedInstant };
    placeholders = {
      failure: failurePlaceholder,
      memoized: memoizedPlaceholder,
      revision: 0,
      delayMs: 0,
      limit: "scheduleToClose",
      startAfter: redactedInstant,
      deadline: redactedInstant,
      deadlineMs: 1,
      // Of schedules.
      instant: redactedInstant,
      ...stretchPlaceholder,
      instants: [],
      backfill: stretchPlaceholder,
      kind: "due",
      why: "overlap",
      overlap: "skip",
      count: 1,
      catchUpMs: 1,
      everyMs: 1,
      // Of limits.
      limits: [],
      after: 0,
      units: 1,
      concurrency: 1,
      starts: 1,
      windowMs: 1
    };
  }
});

// src/evidence/payload-fields.ts
function visibilityOf(key, value2) {
  if (clearKeys.has(key)) return "clear";
  return key === "jobs" && Array.isArray(value2) && value2.every(isPlainObject) ? "jobs" : "payload";
}
function visibilityInJob(key) {
  return key === "args" || key === "carried" ? "payload" : "clear";
}
function isEmpty(value2) {
  if (value2 === null || value2 === "") return true;
  if (Array.isArray(value2)) return value2.length === 0;
  return isPlainObject(value2) && Object.keys(value2).length === 0;
}
function membersOf(object) {
  return Object.entries(object);
}
var clearKeys;
var init_payload_fields = __esm({
  "src/evidence/payload-fields.ts"() {
    "use strict";
    init_json();
    init_redaction_mark();
    clearKeys = /* @__PURE__ */ new Set([
      "attempt",
      "worker",
      "leaseMs",
      "cause",
      "next",
      "part",
      "parts",
      "priority",
      "by",
      "silent",
      "progress",
      "forkedFrom"
    ]);
  }
});

// src/evidence/canonical-event.ts
function canonicalData(kept4) {
  return canonicalTexts.of(kept4);
}
function canonicalOf(kept4) {
  const value2 = parsedOrText(kept4);
  const text = jsonText(value2);
  return mentionsRedaction(text) ? jsonText(escapeKeys(value2)) : text;
}
function keptData(canonical) {
  if (!mentionsRedaction(canonical)) return canonical;
  const value2 = JSON.parse(canonical);
  return holdsRedaction(value2) ? null : jsonText(unescapeKeys(value2));
}
function quoted(text) {
  return plainText.test(text) ? `"${text}"` : JSON.stringify(text);
}
function lineBeforeData(event) {
  const { graphId, jobId: jobId2, revision, id, type, schemaVersion, recordedAt, causationId, actor } = event;
  const job2 = jobId2 === null ? "null" : quoted(jobId2);
  const cause = causationId === null ? "null" : quoted(causationId);
  return `{"graphId":${quotedNames.of(graphId)},"jobId":${job2},"revision":${revision},"id":${quoted(id)},"type":${quotedNames.of(type)},"schemaVersion":${schemaVersion},"recordedAt":"${recordedAt}","causationId":${cause},"actor":${quotedNames.of(actor)},"data":`;
}
function eventLine(event) {
  return `${lineBeforeData(event)}${event.data}}`;
}
function readData(canonical) {
  const kept4 = keptData(canonical);
  const value2 = JSON.parse(kept4 ?? canonical);
  return { value: kept4 === null ? placeholdersFor(value2) : value2, bytes: utf8Bytes(kept4 ?? canonical) };
}
function recordedEvent(stored) {
  return recordedAs(stored, readData);
}
function recordedAs(stored, read3) {
  const { graphId, jobId: jobId2, id, revision, position, recordedAt, schemaVersion, causationId, actor } = stored;
  const { event, bytes } = contents.of(stored.type, schemaVersion, stored.data, read3);
  return {
    graphId,
    jobId: jobId2,
    id,
    revision,
    position,
    recordedAt,
    schemaVersion,
    causationId,
    actor,
    bytes,
    type: event.type,
    data: event.data
  };
}
var canonicalTexts, quotedNames, plainText, Line, contents;
var init_canonical_event = __esm({
  "src/evidence/canonical-event.ts"() {
    "use strict";
    init_io();
    init_codec();
    init_fp();
    init_json();
    init_memo();
    init_utf8();
    init_event_content();
    init_payload_fields();
    init_redaction_mark();
    canonicalTexts = new Memo(canonicalOf);
    quotedNames = new Memo((name2) => JSON.stringify(name2));
    plainText = /^[\w-]*$/;
    Line = record2("event", {
      graphId: string,
      jobId: orNull(string),
      revision: intFrom(0),
      id: Uuid,
      type: string,
      schemaVersion: intFrom(0),
      recordedAt: Instant,
      causationId: orNull(Uuid),
      actor: string,
      data: JsonValue
    });
    contents = new EventContents(readData);
  }
});

// src/log/event-list.ts
function matches(event, filter) {
  if (filter.graphId !== void 0 && event.graphId !== filter.graphId) return false;
  if (filter.share !== void 0 && !isForShare(event, filter.share)) return false;
  const type = event.type === "Unreadable" ? event.data.storedType : event.type;
  return filter.types === void 0 || filter.types.includes(type);
}
function positionOf(index) {
  return String(index + 1);
}
function indexOf(position) {
  return Number(position) - 1;
}
var EventList;
var init_event_list = __esm({
  "src/log/event-list.ts"() {
    "use strict";
    init_defined();
    init_grouped();
    init_canonical_event();
    init_namespace_stream();
    init_share();
    init_event_log();
    EventList = class {
      recorded = [];
      storedEvents = [];
      streams = /* @__PURE__ */ new Map();
      graphs = /* @__PURE__ */ new Map();
      get size() {
        return this.recorded.length;
      }
      get graphCount() {
        return this.graphs.size - (this.graphs.has(ofNamespace) ? 1 : 0);
      }
      /** The position of the next event. */
      get nextPosition() {
        return positionOf(this.recorded.length);
      }
      add(stored) {
        const event = recordedEvent(stored);
        this.recorded.push(event);
        this.storedEvents.push(stored);
        listIn(this.streams, streamKey(event)).push(event);
        listIn(this.graphs, event.graphId).push(event);
      }
      stream(stream, { from = 0, to, last: last2 } = {}) {
        const events = this.streams.get(streamKey(stream)) ?? [];
        if (last2 !== void 0) return events.slice(Math.max(0, events.length - last2));
        return events.slice(from, to === void 0 ? void 0 : to + 1);
      }
      /** How many events a stream has. */
      lengthOf(stream) {
        return this.streams.get(streamKey(stream))?.length ?? 0;
      }
      graph(graphId, upTo) {
        const events = this.graphs.get(graphId) ?? [];
        return upTo === null ? [...events] : events.filter((event) => indexOf(event.position) <= indexOf(upTo));
      }
      all(request) {
        return this.found(request).map((index) => this.recorded[index]);
      }
      stored({ graphId, types, ...rest }) {
        const filter = defined({ graphId, types });
        return this.found({ ...rest, filter }).map((index) => this.storedEvents[index]);
      }
      /** The indexes of the next events that are asked for. */
      found({ after: after2 = null, direction = "forwards", filter = {}, limit: limit2 }) {
        const isBackwards = direction === "backwards";
        const step = isBackwards ? -1 : 1;
        const found = [];
        let index = isBackwards ? this.size - 1 : 0;
        if (after2 !== null) index = isBackwards ? Math.min(index, indexOf(after2) - 1) : indexOf(after2) + 1;
        for (; index >= 0 && index < this.size && found.length < limit2; index += step) {
          if (matches(this.recorded[index], filter)) found.push(index);
        }
        return found;
      }
      claimantsAfter(position) {
        const claims = this.recorded.slice(position === null ? 0 : indexOf(position) + 1);
        const workers2 = /* @__PURE__ */ new Map();
        for (const event of claims) if (event.type === "JobStarted") workers2.set(event.data.worker.id, event.data.worker);
        return { workers: [...workers2.values()], upTo: this.size === 0 ? null : positionOf(this.size - 1) };
      }
      positionAt(moment) {
        return this.recorded.findLast((event) => Date.parse(event.recordedAt) <= moment)?.position ?? null;
      }
      /** The next events for a subscription. */
      batch(after2, filter, batchSize) {
        const events = [];
        let index = after2 === null ? 0 : indexOf(after2) + 1;
        for (; index < this.size && events.length < batchSize; index++) {
          if (matches(this.recorded[index], filter)) events.push(this.recorded[index]);
        }
        return { events, upTo: index === 0 ? null : positionOf(index - 1), hasMore: index < this.size };
      }
    };
  }
});

// src/log/restore-check.ts
function toBeRestored(events, target, address) {
  const lengths = /* @__PURE__ */ new Map();
  const taken = [];
  let lastAt = target.lastAt;
  for (const event of events) {
    const key = streamKey(event);
    const length = lengths.get(key) ?? target.lengthOf(event);
    if (event.revision < length && !lengths.has(key) && target.idAt(event) === event.id) continue;
    if (event.revision !== length) {
      const there = event.revision < length ? "another event is there" : `its next event must be ${length}`;
      throw conflict(`${placeOf(event)} cannot be restored into ${address}: ${there}`);
    }
    const at = Date.parse(event.recordedAt);
    if (at < lastAt) throw outOfOrder(event, lastAt, address);
    taken.push({ event, text: textOf4(event) });
    lengths.set(key, length + 1);
    lastAt = at;
  }
  return taken;
}
function textOf4(event) {
  const text = keptData(event.data);
  if (text === null) throw conflict(`${placeOf(event)} was redacted, and only whole events can be restored`);
  return text;
}
function conflict(message2) {
  return new LogError("restore-conflict", message2);
}
function outOfOrder(event, lastAt, address) {
  const last2 = new Date(lastAt).toISOString();
  const message2 = `${placeOf(event)} was recorded at ${event.recordedAt}, and ${address} has a later event (${last2}); events cannot be restored after newer ones, so use a store without these`;
  return new LogError("restore-out-of-order", message2);
}
function placeOf(event) {
  const { graphId, jobId: jobId2, revision } = event;
  if (isOfNamespace(event))
    return `event ${revision} of the namespace's own stream${jobId2 === null ? "" : ` ${jobId2}`}`;
  return `event ${revision} of ${jobId2 === null ? `graph ${graphId}` : `job ${graphId}/${jobId2}`}`;
}
var init_restore_check = __esm({
  "src/log/restore-check.ts"() {
    "use strict";
    init_canonical_event();
    init_event_log();
    init_namespace_stream();
    init_log_error();
  }
});

// src/prelude/delay.ts
function delay3(timers, ms, signal) {
  return new Promise((resolve2) => {
    if (signal?.aborted === true) return resolve2();
    const done = () => {
      cancel();
      unlisten();
      resolve2();
    };
    const cancel = timers.setTimer(ms, done);
    const unlisten = whenAborted(signal, done);
  });
}
var init_delay = __esm({
  "src/prelude/delay.ts"() {
    "use strict";
    init_when_aborted();
  }
});

// src/prelude/cron.ts
var cron_exports = {};
__export(cron_exports, {
  cronTimes: () => cronTimes
});
import { Cron } from "croner";
function cronTimes(line, timezone) {
  const unknown2 = unknownZone(timezone);
  if (unknown2 !== null) return E.left(unknown2);
  const cron = read2(line, timezone);
  if (typeof cron === "string") return E.left(`the cron line ${shownName(line)} cannot be read: ${cron}`);
  return E.right({
    next: (after2) => cron.nextRun(new Date(after2))?.getTime() ?? null,
    previous: (before) => cron.previousRuns(1, new Date(before))[0]?.getTime() ?? null
  });
}
function read2(line, timezone) {
  try {
    const cron = new Cron(line, { timezone, mode: "5-or-6-parts" });
    if (cron.getOnce() === null) return cron;
    return 'it is a date; give five fields (minute, hour, day of the month, month, day of the week), such as "0 6 * * 1-5"';
  } catch (thrown2) {
    const said = thrown2 instanceof Error ? thrown2.message.replace(/^CronPattern: /, "") : "";
    const isForm = /\bparts\b|configuration format/.test(said);
    return isForm ? 'it needs five fields (minute, hour, day of the month, month, day of the week), or six with seconds in front, such as "0 6 * * 1-5"' : said.replace(/\.$/, "").replace(/^[A-Z]/, (letter) => letter.toLowerCase());
  }
}
function unknownZone(timezone) {
  try {
    new Intl.DateTimeFormat("en", { timeZone: timezone });
    return null;
  } catch {
    const near = closeTo(timezone, ["UTC", ...Intl.supportedValuesOf("timeZone")]);
    const meant = near === null ? "give one such as Europe/Oslo, or UTC" : `did you mean ${near}?`;
    return `there is no time zone ${shownName(timezone)}; ${meant}`;
  }
}
var init_cron = __esm({
  "src/prelude/cron.ts"() {
    "use strict";
    init_fp();
    init_known_names();
    init_nearest();
  }
});

// src/evidence/leaf-content.ts
function isAllClear(data) {
  if (!isPlainObject(data)) return isEmpty(data);
  return membersOf(data).every(([key, value2]) => {
    const visibility = visibilityOf(key, value2);
    if (visibility === "payload") return isEmpty(value2);
    return visibility === "clear" || value2.every(isClearJob);
  });
}
function isClearJob(job2) {
  return membersOf(job2).every(([key, value2]) => visibilityInJob(key) === "clear" || isEmpty(value2));
}
function leafContent(event, hash3) {
  if (isNestedDeeper(event.data, readableNestingMax)) {
    return `${lineBeforeData(event)}"sha256:${wholeDigest(event, hash3)}"}`;
  }
  const { value: value2, isClear } = parsedTexts.of(event.data);
  if (isClear) return eventLine(event);
  return `${lineBeforeData(event)}${new PayloadDigests(event.id, hash3).dataText(value2)}}`;
}
function wholeDigest({ id, data }, hash3) {
  return hash3.digest(`${JSON.stringify([id])}=${data}`);
}
function membersWithin(value2) {
  if (Array.isArray(value2)) return value2.map((item, index) => [index, item]);
  return isPlainObject(value2) && redactionIn(value2) === null ? membersOf(value2) : null;
}
function addMember({ isList, members: members2, texts }, digest) {
  texts.push(isList ? digest : `${JSON.stringify(members2[texts.length][0])}:${digest}`);
}
function textOf7({ isList, texts }) {
  return isList ? `[${texts.join(",")}]` : `{${texts.join(",")}}`;
}
function objectText(object, shown5) {
  const members2 = membersOf(object).map(([key, value2]) => `${JSON.stringify(key)}:${shown5(key, value2)}`);
  return `{${members2.join(",")}}`;
}
var parsedTexts, recursionMax, PayloadDigests;
var init_leaf_content = __esm({
  "src/evidence/leaf-content.ts"() {
    "use strict";
    init_json();
    init_canonical_event();
    init_read_event();
    init_payload_fields();
    init_redaction_mark();
    init_memo();
    parsedTexts = new Memo((text) => {
      const value2 = JSON.parse(text);
      return { value: value2, isClear: isAllClear(value2) };
    });
    recursionMax = 250;
    PayloadDigests = class {
      constructor(eventId, hash3) {
        this.eventId = eventId;
        this.hash = hash3;
      }
      eventId;
      hash;
      /** The data as JSON text, with digests for payloads. */
      dataText(data) {
        if (!isPlainObject(data) || redactionIn(data) !== null) return this.payload(data, []);
        return objectText(data, (key, value2) => {
          const visibility = visibilityOf(key, value2);
          if (visibility === "payload") return this.payload(value2, [key]);
          if (visibility === "clear") return JSON.stringify(value2);
          return `[${value2.map((job2, index) => this.jobText(job2, index)).join(",")}]`;
        });
      }
      jobText(job2, index) {
        return objectText(
          job2,
          (key, value2) => visibilityInJob(key) === "payload" ? this.payload(value2, ["jobs", index, key]) : JSON.stringify(value2)
        );
      }
      payload(value2, path) {
        return isEmpty(value2) ? JSON.stringify(value2) : `"sha256:${this.of(value2, path)}"`;
      }
      /** The digest of one value, in hexadecimal. */
      of(value2, path) {
        const redacted = redactionIn(value2);
        if (redacted !== null) return redacted;
        return path.length > recursionMax ? this.ofDeep(value2, path) : this.digest(path, this.content(value2, path));
      }
      content(value2, path) {
        if (Array.isArray(value2)) {
          return `[${value2.map((item, index) => this.of(item, [...path, index])).join(",")}]`;
        }
        if (isPlainObject(value2)) return objectText(value2, (key, member) => this.of(member, [...path, key]));
        return `=${JSON.stringify(value2)}`;
      }
      /**
       * The same for values nested deeper than is allowed today: older releases took them.
       * Members come before the value around them; values still open are kept in a list.
       */
      ofDeep(value2, path) {
        const open = [];
        for (let at = value2, atPath = path; ; ) {
          const members2 = membersWithin(at);
          let digest = null;
          if (members2 === null) digest = redactionIn(at) ?? this.digest(atPath, `=${JSON.stringify(at)}`);
          else open.push({ path: atPath, isList: Array.isArray(at), members: members2, texts: [] });
          for (; ; ) {
            const around = open.at(-1);
            if (around === void 0) return digest;
            if (digest !== null) addMember(around, digest);
            const next = around.members[around.texts.length];
            if (next !== void 0) {
              [at, atPath] = [next[1], [...around.path, next[0]]];
              break;
            }
            digest = this.digest(around.path, textOf7(around));
            open.pop();
          }
        }
      }
      digest(path, content) {
        return this.hash.digest(`${JSON.stringify([this.eventId, ...path])}${content}`);
      }
    };
  }
});

// src/evidence/merkle-tree.ts
function isTree({ size, tiles, peaks }) {
  return tiles.length === Math.floor(size / tileLeaves) && peaks.length === onesIn(size % tileLeaves);
}
function onesIn(n) {
  let ones = 0;
  for (let rest = n; rest > 0; rest >>>= 1) ones += rest & 1;
  return ones;
}
function rootOf({ size, tiles, peaks }, hash3) {
  if (size === 0) return hash3.plain("");
  const rest = peaks.length === 0 ? null : foldPeaks(peaks, hash3);
  return rootOver(tiles, rest, hash3);
}
function rootOver(tiles, rest, hash3) {
  const roots = rest === null ? tiles : [...tiles, rest];
  return rootOfRoots(roots, 0, roots.length, hash3);
}
function rootOfRoots(roots, from, to, hash3) {
  if (to - from === 1) return roots[from];
  const middle = from + splitOf(to - from);
  return hash3.node(rootOfRoots(roots, from, middle, hash3), rootOfRoots(roots, middle, to, hash3));
}
function foldPeaks(peaks, hash3) {
  return peaks.reduceRight((right3, left2) => hash3.node(left2, right3));
}
function rootOfLeaves(leaves, hash3) {
  return leaves.length === 0 ? hash3.plain("") : rootOfRoots(leaves, 0, leaves.length, hash3);
}
function splitOf(size) {
  return 2 ** Math.floor(Math.log2(size - 1));
}
var tileLeaves, emptyTree, GrowingTree, SearchableTree;
var init_merkle_tree = __esm({
  "src/evidence/merkle-tree.ts"() {
    "use strict";
    tileLeaves = 4096;
    emptyTree = { size: 0, tiles: [], peaks: [] };
    GrowingTree = class {
      constructor(hash3, from = emptyTree) {
        this.hash = hash3;
        this.grownTo = from.size;
        this.tiles = [...from.tiles];
        this.peaks = [...from.peaks];
      }
      hash;
      grownTo;
      tiles;
      peaks;
      get size() {
        return this.grownTo;
      }
      get parts() {
        return { size: this.grownTo, tiles: [...this.tiles], peaks: [...this.peaks] };
      }
      add(leaf) {
        let top = leaf;
        for (let rest = this.grownTo % tileLeaves; (rest & 1) === 1; rest >>>= 1)
          top = this.hash.node(this.peaks.pop(), top);
        this.grownTo += 1;
        if (this.grownTo % tileLeaves === 0) this.tiles.push(top);
        else this.peaks.push(top);
      }
      /** The root of the whole tree; for an empty tree, the hash of nothing. */
      root() {
        return rootOf(this.parts, this.hash);
      }
    };
    SearchableTree = class {
      /** @param leavesOf the hashes of a tile's leaves, the first tile being 0; the last may be incomplete */
      constructor(parts, hash3, leavesOf) {
        this.parts = parts;
        this.hash = hash3;
        this.leavesOf = leavesOf;
      }
      parts;
      hash;
      leavesOf;
      tiles = /* @__PURE__ */ new Map();
      async root([from, to]) {
        const { size, tiles, peaks } = this.parts;
        const first = Math.floor(from / tileLeaves);
        const isWithinTile = to <= (first + 1) * tileLeaves;
        const isWhole2 = from % tileLeaves === 0 && (to % tileLeaves === 0 || to === size);
        if (isWhole2) {
          const full2 = tiles.slice(first, Math.floor(to / tileLeaves));
          const hasRest = to % tileLeaves !== 0;
          return rootOver(full2, hasRest ? foldPeaks(peaks, this.hash) : null, this.hash);
        }
        if (isWithinTile) {
          const leaves = await this.tile(first);
          return rootOfLeaves(leaves.slice(from - first * tileLeaves, to - first * tileLeaves), this.hash);
        }
        const middle = from + splitOf(to - from);
        return this.hash.node(await this.root([from, middle]), await this.root([middle, to]));
      }
      async tile(tile) {
        const known = this.tiles.get(tile);
        if (known !== void 0) return known;
        const leaves = await this.leavesOf(tile);
        this.tiles.set(tile, leaves);
        return leaves;
      }
    };
  }
});

// src/log/tree-hash.ts
import { hash } from "node:crypto";
var nodeBytes, treeHash;
var init_tree_hash = __esm({
  "src/log/tree-hash.ts"() {
    "use strict";
    nodeBytes = Buffer.alloc(65);
    nodeBytes[0] = 1;
    treeHash = {
      leaf: (content) => hash("sha256", `\0${content}`),
      node: (left2, right3) => {
        nodeBytes.write(left2, 1, 32, "hex");
        nodeBytes.write(right3, 33, 32, "hex");
        return hash("sha256", nodeBytes);
      },
      digest: (content) => hash("sha256", `${content}`),
      plain: (content) => hash("sha256", content)
    };
  }
});

// src/evidence/export-format.ts
function headLine({ size, rootHash, headerHash }) {
  return JSON.stringify({ treeHead: { size, rootHash, headerHash } });
}
function headerLine({ namespace, graphId, redacted }) {
  return JSON.stringify({ overseerExport: { format, namespace, graphId, redacted } });
}
var format, Header, Head, ExportWriter;
var init_export_format = __esm({
  "src/evidence/export-format.ts"() {
    "use strict";
    init_io();
    init_codec();
    init_fp();
    init_json();
    init_known_names();
    init_canonical_event();
    init_leaf_content();
    init_merkle_tree();
    format = 1;
    Header = record2("header", {
      overseerExport: record2("header", {
        format: intFrom(1),
        namespace: string,
        graphId: orNull(string),
        redacted: readonlyArray(string, "list of paths")
      })
    });
    Head = record2("tree head", {
      treeHead: record2("tree head", { size: intFrom(0), rootHash: string, headerHash: string })
    });
    ExportWriter = class {
      constructor(header, hash3) {
        this.hash = hash3;
        this.header = headerLine(header);
        this.tree = new GrowingTree(hash3);
      }
      hash;
      header;
      tree;
      event(event) {
        this.tree.add(this.hash.leaf(leafContent(event, this.hash)));
        return eventLine(event);
      }
      head() {
        const { hash: hash3, tree } = this;
        return headLine({ size: tree.size, rootHash: tree.root(), headerHash: hash3.plain(this.header) });
      }
    };
  }
});

// src/evidence/incident-format.ts
var incidentElement, incidentOpening;
var init_incident_format = __esm({
  "src/evidence/incident-format.ts"() {
    "use strict";
    incidentElement = "export";
    incidentOpening = `<script type="application/gzip" id="${incidentElement}">`;
  }
});

// src/log/list-reads.ts
import { setImmediate as nextTurn6 } from "node:timers/promises";
function whileOpenBy(assertOpen) {
  return (work) => TE.tryCatch(
    async () => {
      await nextTurn6();
      assertOpen();
      return work();
    },
    (error) => error instanceof LogError ? error : new LogError("store-unavailable", String(error), { cause: error })
  );
}
function listReads(events, assertOpen, onChange, subscriptionBatch2 = 1e3) {
  const whileOpen = whileOpenBy(assertOpen);
  return {
    readStream: (stream, range) => whileOpen(() => events.stream(stream, range)),
    readGraph: (graphId, upTo = null) => whileOpen(() => events.graph(graphId, upTo)),
    readGraphs: (graphIds, upTo, accept) => whileOpen(() => {
      for (const graphId of graphIds) accept(graphId, events.graph(graphId, upTo));
    }),
    readAll: (request) => whileOpen(() => events.all(request)),
    readStored: (request) => whileOpen(() => events.stored(request)),
    positionAt: (moment) => whileOpen(() => events.positionAt(moment)),
    subscribe: (request = {}) => {
      const readBatch6 = (after2) => {
        assertOpen();
        return events.batch(after2, request.filter ?? {}, subscriptionBatch2);
      };
      return pollingSubscription({ readBatch: readBatch6, onChange }, request);
    },
    check: () => whileOpen(() => [])
  };
}
var init_list_reads = __esm({
  "src/log/list-reads.ts"() {
    "use strict";
    init_fp();
    init_event_log();
    init_polling_subscription();
  }
});

// src/log/memory/memory-log.ts
function createMemoryLog(options = {}) {
  const namespace = options.namespace ?? "overseer";
  const events = new EventList();
  const writer = new MemoryWriter(events, options.now ?? Date.now);
  const snapshots = /* @__PURE__ */ new Map();
  const listeners = /* @__PURE__ */ new Set();
  let isClosed = false;
  function assertOpen() {
    if (isClosed) throw new LogError("store-closed", `the store ${namespace} in memory is closed`);
  }
  const whileOpen = whileOpenBy(assertOpen);
  const onChange = (callback) => {
    listeners.add(callback);
    return () => listeners.delete(callback);
  };
  function notifyAll() {
    for (const notify of [...listeners]) notify();
  }
  return {
    address: "memory:",
    namespace,
    joinsStreams: true,
    ...listReads(events, assertOpen, onChange, options.subscriptionBatch),
    claimantsAfter: (position) => whileOpen(() => events.claimantsAfter(position)),
    install: () => whileOpen(() => void 0),
    append: (requests) => whileOpen(() => {
      const results = encodeAppends(requests, "memory:").map((request) => writer.append(request));
      notifyAll();
      return results;
    }),
    restore: (given) => whileOpen(() => {
      writer.restore(given);
      notifyAll();
    }),
    loadSnapshot: (name2) => whileOpen(() => snapshots.get(name2) ?? null),
    saveSnapshot: (name2, snapshot) => whileOpen(() => {
      const stored = snapshots.get(name2);
      if (stored === void 0 || Number(stored.position) <= Number(snapshot.position)) snapshots.set(name2, snapshot);
    }),
    close: () => {
      isClosed = true;
      notifyAll();
      return Promise.resolve();
    }
  };
}
function repeatedAppend(there, { expectedRevision, events }) {
  const isSame2 = there.length >= events.length && events.every(({ id }, index) => there[index].id === id);
  const revision = expectedRevision + events.length;
  return isSame2 && events.length > 0 ? { appended: true, revision } : null;
}
var MemoryWriter;
var init_memory_log = __esm({
  "src/log/memory/memory-log.ts"() {
    "use strict";
    init_canonical_event();
    init_event_log();
    init_event_list();
    init_list_reads();
    init_restore_check();
    MemoryWriter = class {
      constructor(events, now) {
        this.events = events;
        this.now = now;
      }
      events;
      now;
      lastRecordedAt = 0;
      append(request) {
        const actualRevision = this.events.lengthOf(request) - 1;
        if (actualRevision !== request.expectedRevision) {
          const there = this.events.stream(request, { from: request.expectedRevision + 1 });
          return repeatedAppend(there, request) ?? { appended: false, actualRevision };
        }
        const at = Math.max(this.lastRecordedAt, this.now());
        const isInPlace = (other) => this.events.lengthOf(other) - 1 === other.expectedRevision;
        if (!request.along.every((other) => isInPlace(other) && other.notBefore <= at)) {
          return { appended: false, actualRevision };
        }
        const recordedAt = new Date(at).toISOString();
        for (const append of [request, ...request.along]) this.addAll(append, recordedAt);
        return { appended: true, revision: this.events.lengthOf(request) - 1 };
      }
      addAll(append, recordedAt) {
        const { graphId, jobId: jobId2 } = append;
        for (const { id, type, schemaVersion, data, causationId, actor } of append.events) {
          const revision = this.events.lengthOf(append);
          const envelope = { graphId, jobId: jobId2, id, revision, recordedAt, schemaVersion, causationId, actor };
          this.add({ ...envelope, type, data: canonicalData(data) });
        }
      }
      restore(given) {
        const { events } = this;
        const target = {
          lengthOf: (event) => events.lengthOf(event),
          idAt: (event) => events.stream(event, { from: event.revision, to: event.revision })[0]?.id ?? null,
          lastAt: this.lastRecordedAt
        };
        for (const { event } of toBeRestored(given, target, "memory:")) this.add(event);
      }
      add(stored) {
        const event = { ...stored, position: this.events.nextPosition };
        this.lastRecordedAt = Math.max(this.lastRecordedAt, Date.parse(event.recordedAt));
        this.events.add(event);
      }
    };
  }
});

// test/simulation/run.ts
init_nearest();
import { fork } from "node:child_process";
import { readFileSync as readFileSync5 } from "node:fs";
import { parseArgs } from "node:util";

// test/simulation/fault-kinds.ts
var facts = {
  "append-lost": { means: "an append does not reach the log", rate: 0.04 },
  "append-late": { means: "an append reaches the log seconds later", rate: 0.04 },
  "append-twice": { means: "an append reaches the log a second time, seconds later", rate: 0.04 },
  "answer-lost": { means: "an append reaches the log, and its answer is lost", rate: 0.04 },
  "answer-late": { means: "the answer to an append comes seconds later", rate: 0.03 },
  "read-failed": { means: "a read fails", rate: 0.04 },
  "read-late": { means: "the answer to a read comes seconds later", rate: 0.02 },
  "messages-late": { means: "a subscription hands its events over seconds later", rate: 0.03 },
  "subscription-dropped": { means: "a subscription is dropped, and goes on after a while", rate: 0.02 },
  "messages-again": { means: "a subscription that was dropped hands events over again", rate: 0.02 },
  "dropped-in-pause": { means: "the subscription of a suspended machine is dropped", rate: 0.5 },
  "crash-at-await": {
    means: "a machine dies where it waits: for a call, its answer, a message, or a timer",
    rate: 2e-3
  },
  "snapshot-lost": { means: "a worker starts without the snapshot", rate: 0.15 },
  "snapshot-stale": { means: "a worker starts with an older snapshot", rate: 0.25 },
  "snapshot-damaged": { means: "a worker starts with a damaged snapshot", rate: 0.15 },
  "loop-blocked": { means: "a handler blocks the event loop of its machine", rate: 0.03 },
  "handler-faults": { means: "a handler gives the attempt up", rate: 0.08 },
  "handler-throws": { means: "a handler throws something, errors or not", rate: 0.08 },
  "handler-returns-odd": { means: "a handler returns something odd", rate: 0.06 },
  "handler-aborts": { means: "a handler aborts its job", rate: 0.015 },
  "handler-skips": { means: "a handler finds nothing to do", rate: 0.03 },
  "handler-spawns": { means: "a handler adds jobs below its own", rate: 0.12 },
  "handler-defers": { means: "a handler puts its job off", rate: 0.04 },
  "handler-slow": { means: "a handler outlasts its time-out or its lease", rate: 0.04 },
  "handler-hangs": { means: "a handler with a time-out never ends, whatever its signal says", rate: 0.05 },
  "large-result": { means: "a result is too large to be kept in memory", rate: 0.05 },
  partition: { means: "a machine cannot reach the log for a while", perMinute: 0.5 },
  "half-partition": { means: "a machine can read but not write for a while, or write but not read", perMinute: 0.5 },
  "clock-skewed": { means: "the clock of a machine is up to ten minutes off", rate: 1 },
  "clock-drifting": { means: "the clocks of a machine are up to a hundredth too fast or too slow", rate: 0.6 },
  "clock-jumps": { means: "the clock of a machine is set by up to five hours", perMinute: 0.6 },
  "log-clock-jumps": { means: "the clock of the log is set by up to five hours", perMinute: 0.3 },
  paused: { means: "a machine is suspended, also for longer than a lease", perMinute: 1.5 },
  crash: { means: "a machine dies", perMinute: 0.8 },
  stop: { means: "a worker is stopped, and another one takes its place", perMinute: 0.6 },
  "disk-full": { means: "nothing can be written for a while", perMinute: 0.2 },
  "claimants-wrong": { means: "a worker is told of other workers than there are", rate: 0.5 },
  "share-at-will": { means: "a worker follows some of the log, and not what it should", perMinute: 4 },
  operator: { means: "an operator aborts, retries or forks", perMinute: 2.5 },
  answer: { means: "somebody answers a job, be it the right one", perMinute: 4 },
  hold: { means: "an operator pauses or resumes work", perMinute: 1.5 },
  "older-release": { means: "a worker is of an older release", rate: 0.25 },
  "submitter-dies": { means: "a submitter dies, and another one submits the same", rate: 0.1 },
  limit: { means: "an operator sets, changes or removes a limit", perMinute: 1.5 },
  schedule: { means: "an operator pauses, resumes, sets, removes, triggers or backfills a schedule", perMinute: 1.5 }
};
var factsOfFiles = {
  "read-error": { means: "reading the file ends in an error", rate: 0.01 },
  "io-error": { means: "a transaction cannot begin", rate: 0.03 },
  "commit-full": { means: "a commit does not fit onto the disk, and is rolled back", rate: 0.03 },
  "commit-unknown": { means: "a commit is in the file, and is said to have failed", rate: 0.03 },
  "power-cut": { means: "the power fails during a commit, of which some part is in the file", rate: 5e-3 },
  locked: { means: "another program locks the file, for longer than is waited for", perMinute: 1 },
  checkpoint: { means: "another program moves the journal into the file", perMinute: 1 },
  archive: { means: "an operator moves all graphs that are over, or some of them, to archives", perMinute: 1.5 }
};
var faultKinds = { ...facts, ...factsOfFiles };
var faultsOfFiles = Object.keys(factsOfFiles);
var allFaults = Object.keys(facts);

// test/simulation/totals.ts
function noTotals() {
  return { worlds: 0, virtualMs: 0, events: 0, runs: 0, crashes: 0, strikes: {}, transitions: {} };
}
function count(totals, { virtualMs, events, runs, crashes: crashes2, strikes, coverage }) {
  const struck = {};
  for (const { kind } of strikes) struck[kind] = (struck[kind] ?? 0) + 1;
  add(totals, {
    worlds: 1,
    virtualMs,
    events: events.length,
    runs,
    crashes: crashes2,
    strikes: struck,
    transitions: coverage.counts
  });
}
function add(totals, more) {
  for (const key of ["worlds", "virtualMs", "events", "runs", "crashes"]) totals[key] += more[key];
  addCounts(totals.strikes, more.strikes);
  for (const [transition, counts] of Object.entries(more.transitions))
    addCounts(totals.transitions[transition] ??= {}, counts);
}
function addCounts(to, from) {
  for (const [key, number2] of Object.entries(from)) to[key] = (to[key] ?? 0) + number2;
}
var hourMs = 36e5;
function totalLines(totals) {
  const { worlds, virtualMs, events, runs, crashes: crashes2, strikes, transitions: transitions2 } = totals;
  const number2 = (value2) => value2.toLocaleString("en");
  const width = Math.max(...Object.keys(faultKinds).map((kind) => kind.length));
  const kinds = Object.keys(faultKinds);
  const struck = kinds.filter((kind) => (strikes[kind] ?? 0) > 0);
  const longest2 = Math.max(0, ...Object.keys(transitions2).map((transition) => transition.length));
  return [
    `${number2(worlds)} worlds, ${number2(Math.round(virtualMs / hourMs))} hours of virtual time, ${number2(events)} events, ${number2(runs)} runs of handlers, ${number2(crashes2)} crashes of workers`,
    "",
    "Faults that struck",
    ...struck.map(
      (kind) => `  ${kind.padEnd(width)}  ${number2(strikes[kind]).padStart(12)}  ${faultKinds[kind].means}`
    ),
    "",
    "Transitions, how often each was written, and in the circumstances of how many kinds of fault",
    ...Object.entries(transitions2).sort(([a], [b]) => a < b ? -1 : 1).map(([transition, counts]) => {
      const kinds2 = String(Object.keys(counts).length - 1).padStart(2);
      return `  ${transition.padEnd(longest2)}  ${number2(counts.all ?? 0).padStart(12)}  ${kinds2} kinds`;
    })
  ];
}

// test/simulation/player.ts
import { createWriteStream, mkdirSync as mkdirSync2, writeFileSync as writeFileSync2 } from "node:fs";
import { join as join5 } from "node:path";
import { pipeline as pipeline2 } from "node:stream/promises";

// src/store/store.ts
init_errors();

// src/log/open-log.ts
init_json();
init_known_names();
init_shown_address();
init_address();

// src/log/eventstoredb/client-packages.ts
init_errors();
init_log_error();

// src/log/sqlite/sqlite-log.ts
init_fp();
init_polling_subscription();
import { statSync as statSync5 } from "node:fs";
import { setImmediate as nextTurn3 } from "node:timers/promises";

// src/log/sqlite/archive/archive-check.ts
init_log_error();
import { readFileSync as readFileSync2 } from "node:fs";

// src/log/sqlite/archive/archive-folder.ts
init_log_error();
import {
  chmodSync,
  closeSync,
  existsSync as existsSync2,
  fchmodSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  statSync as statSync2,
  writeSync
} from "node:fs";
import { dirname, join } from "node:path";

// src/log/sqlite/file-place.ts
init_event_log();
import { existsSync, realpathSync, statSync } from "node:fs";
function fileAt(path) {
  const found = statSync(path, { bigint: true, throwIfNoEntry: false });
  return found === void 0 ? null : { device: found.dev, inode: found.ino, bytes: found.size };
}
function isSameFile(a, b) {
  return a !== null && b !== null && a.inode === b.inode && a.device === b.device;
}
var FilePlace = class {
  /**
   * @param path of the database
   * @param id of the file that was opened at that path
   */
  constructor(path, id) {
    this.path = path;
    this.id = id;
    const journal = `${realPath(path)}-wal`;
    this.journal = { path: journal, id: fileAt(journal) };
  }
  path;
  id;
  journal;
  /** How long each file was at least when it was last known to be whole. */
  bytes = /* @__PURE__ */ new Map();
  /** How long each was at the last look. */
  seen = /* @__PURE__ */ new Map();
  /**
   * Throws `store-gone` once one of the files is no longer where it was.
   *
   * @returns whether one of them is shorter than it was
   */
  assertUnmoved() {
    const isShorter = this.assertThere(this.path, this.id);
    const { path, id } = this.journal;
    return id !== null && this.assertThere(path, id) || isShorter;
  }
  /** The files are whole, though one of them was shorter at the last look. They may be cut from now on. */
  areWhole() {
    for (const [path, bytes] of this.seen) this.bytes.set(path, bytes);
  }
  assertThere(path, id) {
    const found = this.look(path);
    if (!isSameFile(found, id)) throw gone(path, found === null);
    const { bytes } = found;
    this.seen.set(path, bytes);
    const before = this.bytes.get(path) ?? 0n;
    if (bytes < before) return true;
    if (bytes > before) this.bytes.set(path, bytes);
    return false;
  }
  look(path) {
    try {
      return fileAt(path);
    } catch (error) {
      const { code = "", message: message2 } = error;
      if (code === "ESTALE" || code === "ENOTDIR") return null;
      throw new LogError("store-unavailable", `${path} cannot be looked at: ${message2}`, {
        cause: error,
        isTransient: true,
        outcomeUnknown: true
      });
    }
  }
};
function gone(path, isNothingThere) {
  const happened = isNothingThere ? "was deleted or moved away" : "was replaced by another file";
  return new LogError(
    "store-gone",
    `${path} ${happened} while the store was in use; stop every worker, put it back (the file and its -wal together) or begin a new one, then start again`,
    { outcomeUnknown: true }
  );
}
var looksMax = 3;
function assertNotLost(path) {
  const real = realPath(path);
  if (sizeOf(`${real}-wal`) > 0 && sizeOf(real) === 0) {
    throw lost(
      path,
      `it is not there, or is empty, and ${real}-wal holds the end of a store`,
      `put the file back, or move ${real}-wal away`
    );
  }
  for (let look = 0; look < looksMax; look++) {
    if (sizeOf(`${real}-shm`) === 0 || existsSync(`${real}-wal`)) return;
  }
  throw lost(
    path,
    `${real}-wal is missing, and ${real}-shm says that it held the end of the log`,
    `put it back; if it is lost for good, delete ${real}-shm, and go on with what is in ${path} alone`
  );
}
function lost(path, what, whatToDo) {
  return new LogError("store-damaged", `${path} is damaged: ${what}; ${whatToDo}`);
}
function realPath(path) {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}
function sizeOf(path) {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

// src/log/sqlite/archive/member.ts
import { createHash } from "node:crypto";
import { gunzipSync, gzipSync } from "node:zlib";

// src/prelude/least-where.ts
function leastWhere(from, to, holds) {
  let low = from;
  let high = to;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (holds(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}

// src/log/sqlite/row-values.ts
init_iso_time();

// src/log/sqlite/quick-check.ts
var bounds = {
  position: { first: 1, last: Number.MAX_SAFE_INTEGER },
  at: { first: Date.parse("0000-01-01T00:00:00.000Z"), last: Date.parse("9999-12-31T23:59:59.999Z") }
};
var isWithin = (column) => `${column} between ${bounds[column].first} and ${bounds[column].last}`;
var isPossible = { position: isWithin("position"), at: isWithin("at") };
var selectEnd = `
  select position,
    ${isPossible.position} as isPosition, ${isPossible.at} as isTime,
    exists (select 1 from streams s join graphs g on g.id = s.graph where s.id = e.stream) as hasStream,
    exists (select 1 from names n where n.id = e.type) as hasType,
    exists (select 1 from names n where n.id = e.actor) as hasActor
  from events e order by position desc limit 1`;
function damageAtEnd(db) {
  const end = db.prepare(selectEnd).get();
  if (end === void 0) return countedBeyond(db, 0);
  const { position, isPosition, isTime, hasStream, hasType, hasActor } = end;
  const problems2 = countedBeyond(db, position);
  const at = `event @${position}`;
  if (!isPosition) problems2.push(`${at} has a position at which no event can be read`);
  if (!isTime) problems2.push(`${at} has an impossible time`);
  if (!hasStream) problems2.push(`${at} belongs to no stream`);
  if (!hasType) problems2.push(`the type of ${at} has no name`);
  if (!hasActor) problems2.push(`the actor of ${at} has no name`);
  return problems2;
}
function countedBeyond(db, last2) {
  const counted = db.prepare("select seq from sqlite_sequence where name = 'events'").pluck().get();
  if (counted === void 0 || counted <= last2) return [];
  return [`positions were assigned up to @${counted}, but the last event is @${last2}: events at the end were removed`];
}
function atOneMoment(db, look) {
  tried(() => db.exec("begin"));
  try {
    return look();
  } finally {
    if (db.inTransaction) tried(() => db.exec("rollback"));
  }
}
function tried(work) {
  try {
    work();
  } catch {
  }
}

// src/log/sqlite/row-values.ts
function timeText(at) {
  return isoTime(possible(at));
}
function possible(at) {
  return Math.min(Math.max(Number(at) || 0, bounds.at.first), bounds.at.last);
}
function textOf3(data) {
  return typeof data === "string" ? data : String(data);
}
function uuidAt(text, at) {
  const t = text.length < at + 32 ? text.padEnd(at + 32, "0") : text;
  return String.fromCharCode(
    digit(t, at),
    digit(t, at + 1),
    digit(t, at + 2),
    digit(t, at + 3),
    digit(t, at + 4),
    digit(t, at + 5),
    digit(t, at + 6),
    digit(t, at + 7),
    dash,
    digit(t, at + 8),
    digit(t, at + 9),
    digit(t, at + 10),
    digit(t, at + 11),
    dash,
    digit(t, at + 12),
    digit(t, at + 13),
    digit(t, at + 14),
    digit(t, at + 15),
    dash,
    digit(t, at + 16),
    digit(t, at + 17),
    digit(t, at + 18),
    digit(t, at + 19),
    dash,
    digit(t, at + 20),
    digit(t, at + 21),
    digit(t, at + 22),
    digit(t, at + 23),
    digit(t, at + 24),
    digit(t, at + 25),
    digit(t, at + 26),
    digit(t, at + 27),
    digit(t, at + 28),
    digit(t, at + 29),
    digit(t, at + 30),
    digit(t, at + 31)
  );
}
var dash = 45;
function digit(text, at) {
  const code = text.charCodeAt(at);
  return code > 64 ? code | 32 : code;
}

// src/log/sqlite/archive/event-line.ts
var beforeData = ',"data":';
var beforeDataBytes = Buffer.from(beforeData);
function lineOf(namespace, row) {
  const [position, graphId, job2, revision, type, schemaVersion, id, actor, at, data, causationId] = row;
  const jobId2 = job2 === "" ? null : job2;
  const recordedAt = timeText(at);
  const place = { position, namespace, graphId, jobId: jobId2, revision };
  const head = JSON.stringify({ ...place, id, type, schemaVersion, recordedAt, causationId, actor }).slice(0, -1);
  return isJsonInOneLine(data) ? `${head}${beforeData}${data}}` : `${head},"text":${JSON.stringify(data)}}`;
}
function markOf(graphId, job2) {
  const ofGraph = `,"graphId":${JSON.stringify(graphId)},"jobId":`;
  return job2 === void 0 ? ofGraph : `${ofGraph}${job2 === "" ? "null" : JSON.stringify(job2)},"revision":`;
}
function rowOf(bytes, start3, end) {
  const found = bytes.indexOf(beforeDataBytes, start3);
  const hasData = found >= 0 && found < end;
  const head = JSON.parse(
    hasData ? `${bytes.toString("utf8", start3, found)}}` : bytes.toString("utf8", start3, end)
  );
  const { position, graphId, jobId: jobId2, revision, id, type, schemaVersion, recordedAt, causationId, actor, text } = head;
  const data = hasData ? bytes.toString("utf8", found + beforeData.length, end - 1) : text;
  const at = Date.parse(recordedAt);
  return [position, graphId, jobId2 ?? "", revision, type, schemaVersion, id, actor, at, data, causationId];
}
function isJsonInOneLine(data) {
  if (data.includes("\n") || data.includes("\r")) return false;
  try {
    JSON.parse(data);
    return true;
  } catch {
    return false;
  }
}

// src/log/sqlite/archive/member.ts
var memberMax = { events: 1e3, bytes: 1024 * 1024 };
function pack(namespace, rows) {
  const text = Buffer.from(rows.map((row) => `${lineOf(namespace, row)}
`).join(""));
  const written = new UnpackedMember(text);
  for (const [index, row] of rows.entries()) {
    const again3 = written.row(index);
    if (!row.every((value2, column) => value2 === again3[column])) {
      throw new Error(`event @${row[0]} cannot be written to an archive unchanged`);
    }
  }
  const bytes = gzipSync(text);
  return { bytes, sha256: sha256(bytes), unpacked: text.length };
}
function unpack(bytes, unpacked) {
  const text = gunzipSync(bytes, { maxOutputLength: unpacked });
  if (text.length === unpacked) return new UnpackedMember(text);
  throw new Error(`it has ${text.length} bytes unpacked, where ${unpacked} were expected`);
}
var lineBreak = 10;
var beforePosition = '{"position":';
var UnpackedMember = class {
  constructor(text) {
    this.text = text;
    const ends3 = [];
    for (let end = text.indexOf(lineBreak); end >= 0; end = text.indexOf(lineBreak, end + 1)) ends3.push(end);
    this.ends = Uint32Array.from(ends3);
    this.positions = Float64Array.from(ends3, (_, index) => numberAt(text, this.startOf(index) + beforePosition.length));
  }
  text;
  positions;
  /** Where each line ends. */
  ends;
  get size() {
    return this.ends.length;
  }
  /** @throws Error if its line is not one that was written */
  row(index) {
    return rowOf(this.text, this.startOf(index), this.ends[index]);
  }
  rows() {
    return Array.from(this.ends, (_, index) => this.row(index));
  }
  /** The events of a graph, or of one of its streams. */
  rowsOf(graphId, job2) {
    const mark = markOf(graphId, job2);
    const rows = [];
    for (let at = this.text.indexOf(mark); at >= 0; ) {
      const index = leastWhere(0, this.ends.length, (each2) => this.ends[each2] > at);
      const row = this.row(index);
      if (row[1] === graphId && (job2 === void 0 || row[2] === job2)) rows.push(row);
      at = this.text.indexOf(mark, this.ends[index]);
    }
    return rows;
  }
  /** The number of the first event after a position. */
  indexAfter(position) {
    return leastWhere(0, this.positions.length, (index) => this.positions[index] > position);
  }
  startOf(index) {
    return index === 0 ? 0 : this.ends[index - 1] + 1;
  }
};
function numberAt(text, from) {
  let number2 = 0;
  for (let at = from; ; at++) {
    const digit2 = (text[at] ?? 0) - 48;
    if (digit2 < 0 || digit2 > 9) return number2;
    number2 = number2 * 10 + digit2;
  }
}
function sha256(bytes) {
  return createHash("sha256").update(bytes).digest();
}

// src/log/sqlite/archive/archive-folder.ts
var ArchiveFolder = class {
  constructor(database) {
    this.database = database;
    this.path = `${realPath(database)}-archive`;
  }
  database;
  path;
  /** The path of a file by its number. */
  file(id) {
    return join(this.path, `${String(id).padStart(4, "0")}.jsonl.gz`);
  }
  /** The path of a file that is being written. */
  partial(id) {
    return `${this.file(id)}.partial`;
  }
  /** Whether there is anything under the names of a file. */
  has(id) {
    return existsSync2(this.file(id)) || existsSync2(this.partial(id));
  }
  /** Makes the folder. Whoever may read the database may read what is in it. */
  create() {
    if (existsSync2(this.path)) return;
    const { mode } = statSync2(this.database);
    mkdirSync(this.path);
    chmodSync(this.path, mode & 438 | (mode & 292) >> 2);
    syncFolder(dirname(this.path));
  }
  /** The size of a file. */
  size(id) {
    const path = this.file(id);
    const found = statSync2(path, { throwIfNoEntry: false });
    if (found === void 0) throw this.missing(id);
    return found.size;
  }
  /** Reads a piece of a file, and checks that it is what was written. */
  piece(id, start3, length, hash3) {
    if (start3 + length > this.size(id)) throw this.damaged(id, "it was cut short");
    const bytes = Buffer.alloc(length);
    const file = this.opened(id);
    try {
      let read3 = 0;
      while (read3 < length) {
        const more = readSync(file, bytes, read3, length - read3, start3 + read3);
        if (more === 0) throw this.damaged(id, "it was cut short");
        read3 += more;
      }
    } catch (error) {
      throw this.unreadable(id, error);
    } finally {
      closeSync(file);
    }
    if (!sha256(bytes).equals(hash3)) throw this.damaged(id, `bytes ${start3} to ${start3 + length - 1} were changed`);
    return bytes;
  }
  /** Writes a file, under another name first. When it returns, the file is on the disk, and has only to be given its name. */
  write(id, bytes) {
    const path = this.partial(id);
    try {
      writeDurably(path, bytes, statSync2(this.database).mode & 292);
      if (!readFileSync(path).equals(bytes)) throw this.damaged(id, "what was written to it is not what is there");
    } catch (error) {
      rmSync(path, { force: true });
      throw this.unwritable(id, error);
    }
  }
  /** Gives a file that was written its name, for good. */
  seal(id) {
    if (existsSync2(this.file(id))) throw new Error(`${this.file(id)} exists already`);
    renameSync(this.partial(id), this.file(id));
    syncFolder(this.path);
  }
  /** Removes what was written of a file that no event relies on. */
  discard(id) {
    rmSync(this.partial(id), { force: true });
    rmSync(this.file(id), { force: true });
  }
  missing(id) {
    return new LogError(
      "store-archive-missing",
      `${this.file(id)} is missing: events of the store ${this.database} are in it; put it back, or restore the folder ${this.path} from the backup that the store is in`
    );
  }
  damaged(id, what) {
    return new LogError(
      "store-archive-damaged",
      `${this.file(id)} is damaged: ${what}; restore it from a backup (archives never change, so any backup that has it will do)`
    );
  }
  unwritable(id, error) {
    if (error instanceof LogError) return error;
    const { code = "", message: message2 } = error;
    const cause = { cause: error };
    if (code === "ENOSPC" || code === "EDQUOT") {
      const what = `the disk under ${this.path} is full; what was to be archived is where it was, make room and try again`;
      return new LogError("store-full", what, cause);
    }
    return new LogError("store-unavailable", `${this.file(id)} cannot be written: ${message2}`, cause);
  }
  opened(id) {
    try {
      return openSync(this.file(id), "r");
    } catch (error) {
      throw this.unreadable(id, error);
    }
  }
  /** Why a file could not be read. */
  unreadable(id, error) {
    if (error instanceof LogError) return error;
    const { code = "", message: message2 } = error;
    if (code === "ENOENT" || code === "ENOTDIR") return this.missing(id);
    return new LogError("store-unavailable", `${this.file(id)} cannot be read: ${message2}`, { cause: error });
  }
};
function writeDurably(path, bytes, mode) {
  const file = openSync(path, "wx", 384);
  try {
    let written = 0;
    while (written < bytes.length) written += writeSync(file, bytes, written);
    fchmodSync(file, mode);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
function syncFolder(path) {
  if (process.platform === "win32") return;
  const folder = openSync(path, "r");
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}

// src/log/sqlite/archive/directory.ts
init_json();

// src/log/sqlite/errors.ts
init_event_log();
import Sqlite2 from "better-sqlite3";

// src/log/sqlite/native-part.ts
init_event_log();
import Sqlite from "better-sqlite3";
function isNativePartMissing(error) {
  if (!(error instanceof Error) || error instanceof Sqlite.SqliteError) return false;
  const { code } = error;
  if (code === "ERR_DLOPEN_FAILED" || code === "MODULE_NOT_FOUND") return true;
  return /could not locate the bindings file/i.test(error.message);
}
function nativePartMissing(cause) {
  const isOther = cause.code === "ERR_DLOPEN_FAILED";
  const what = isOther ? `cannot be loaded by Node.js ${process.version} on this machine` : "is missing";
  return new LogError(
    "store-native-part-missing",
    `the compiled part of better-sqlite3 ${what}; where overseer is installed, run \`npm install-scripts approve better-sqlite3\` (npm 11 and later) and \`npm rebuild better-sqlite3\``,
    { cause }
  );
}

// src/log/sqlite/errors.ts
function asLogError(error, path) {
  if (error instanceof LogError) return error;
  if (isNativePartMissing(error)) return nativePartMissing(error);
  const code = error instanceof Sqlite2.SqliteError ? error.code : "";
  const cause = { cause: error };
  if (isLocked(error)) {
    return new LogError("store-locked", `${path} is locked by another program; try again when that has ended`, {
      ...cause,
      isTransient: true
    });
  }
  if (code.startsWith("SQLITE_FULL")) {
    return new LogError("store-full", `the disk under ${path} is full; nothing was written, make room and try again`, {
      ...cause,
      isTransient: true
    });
  }
  if (code.startsWith("SQLITE_READONLY") || code.startsWith("SQLITE_PERM")) {
    return new LogError(
      "store-read-only",
      `${path} cannot be written to; check its permissions and those of its folder`,
      cause
    );
  }
  if (code === "SQLITE_NOTADB") {
    return new LogError(
      "store-not-a-database",
      `${path} is not an SQLite database; name another file or restore it from a backup`,
      cause
    );
  }
  const message2 = error instanceof Error ? error.message : String(error);
  if (code.startsWith("SQLITE_CORRUPT")) return damaged(path, message2, cause);
  if (code === "SQLITE_ERROR" && /^no such (table|column)/.test(message2)) return damaged(path, message2, cause);
  if (code.startsWith("SQLITE_CANTOPEN")) {
    return new LogError(
      "store-read-only",
      `${path} cannot be opened; check its permissions and those of its folder`,
      cause
    );
  }
  return new LogError("store-unavailable", `${path} failed: ${message2}`, {
    ...cause,
    isTransient: code.startsWith("SQLITE_IOERR"),
    outcomeUnknown: code.startsWith("SQLITE_IOERR")
  });
}
function damaged(path, what, options = {}) {
  return new LogError(
    "store-damaged",
    `${path} is damaged (${what}); \`overseer verify\` says what can still be read, and a backup brings back the rest`,
    options
  );
}
function isLocked(error) {
  if (error instanceof LogError) return error.code === "store-locked";
  return error instanceof Sqlite2.SqliteError && /^SQLITE_(BUSY|LOCKED)/.test(error.code);
}

// src/log/sqlite/schema.ts
init_event_log();
import Sqlite3 from "better-sqlite3";
var applicationId = 1331057490;
var steps = [
  `
  create table names (
    id integer primary key,
    name text not null unique
  ) strict;

  create table graphs (
    id integer primary key,
    namespace text not null,
    name text not null,
    unique (namespace, name)
  ) strict;

  -- One row per stream; job is '' for the graph's own stream.
  create table streams (
    id integer primary key,
    graph integer not null references graphs,
    job text not null,
    unique (graph, job)
  ) strict;

  create table events (
    position integer primary key autoincrement,
    stream integer not null references streams,
    revision integer not null check (revision >= 0),
    type integer not null references names,
    version integer not null,
    id blob not null check (length(id) = 16),
    causation blob,
    actor integer not null references names,
    at integer not null,
    data text not null,
    unique (stream, revision)
  ) strict;

  create table snapshots (
    namespace text not null,
    name text not null,
    position integer not null,
    bytes blob not null,
    primary key (namespace, name)
  ) strict, without rowid;

  create trigger events_are_never_updated before update on events begin select raise(abort, 'the log is append-only: events are never updated'); end;
  create trigger events_are_never_deleted before delete on events begin select raise(abort, 'the log is append-only: events are never deleted'); end;
  create trigger streams_are_never_updated before update on streams begin select raise(abort, 'the log is append-only: streams are never updated'); end;
  create trigger streams_are_never_deleted before delete on streams begin select raise(abort, 'the log is append-only: streams are never deleted'); end;
  create trigger graphs_are_never_updated before update on graphs begin select raise(abort, 'the log is append-only: graphs are never updated'); end;
  create trigger graphs_are_never_deleted before delete on graphs begin select raise(abort, 'the log is append-only: graphs are never deleted'); end;
  create trigger names_are_never_updated before update on names begin select raise(abort, 'the log is append-only: names are never updated'); end;
  create trigger names_are_never_deleted before delete on names begin select raise(abort, 'the log is append-only: names are never deleted'); end;
  `,
  // `insert or replace` deletes the row in its way without firing the triggers on delete. So no row may be in its way: an
  // event may only go to the end of its stream and of the log, not in place of another, nor between two. (A number that
  // SQLite will choose is -1 before the insert.) Positions stay below 2^53, up to where JavaScript counts exactly.
  `
  create trigger events_are_only_appended before insert on events
  when new.revision <> coalesce((select revision from events where stream = new.stream order by revision desc limit 1), -1) + 1
    or (new.position <> -1 and new.position <= coalesce((select max(position) from events), 0))
    or new.position > 9007199254740991
  begin select raise(abort, 'the log is append-only: an event goes behind the last one of its stream and of the log'); end;
  create trigger events_have_positions_from_1 after insert on events when new.position < 1
  begin select raise(abort, 'the log is append-only: an event goes behind the last one of its stream and of the log'); end;
  create trigger streams_are_never_replaced before insert on streams
  when (new.id <> -1 and exists (select 1 from streams where id = new.id)) or exists (select 1 from streams where graph = new.graph and job = new.job)
  begin select raise(abort, 'the log is append-only: streams are never replaced'); end;
  create trigger graphs_are_never_replaced before insert on graphs
  when (new.id <> -1 and exists (select 1 from graphs where id = new.id)) or exists (select 1 from graphs where namespace = new.namespace and name = new.name)
  begin select raise(abort, 'the log is append-only: graphs are never replaced'); end;
  create trigger names_are_never_replaced before insert on names
  when (new.id <> -1 and exists (select 1 from names where id = new.id)) or exists (select 1 from names where name = new.name)
  begin select raise(abort, 'the log is append-only: names are never replaced'); end;
  `,
  // Archives: files beside the database that hold events in its place. An event may be deleted only when its stream is
  // recorded as archived up to it, and never the last one, which says where the log ends and when that was.
  `
  -- A file that has no hash yet was begun, and does not count.
  create table archive_files (
    id integer primary key autoincrement,
    bytes integer,
    sha256 blob,
    check ((bytes is null) = (sha256 is null))
  ) strict;

  -- Pieces of files that are compressed each by itself. Their events are in the order of the log.
  create table archive_members (
    id integer primary key,
    file integer not null references archive_files,
    start integer not null,
    bytes integer not null,
    sha256 blob not null,
    unpacked integer not null,
    namespace text not null,
    events integer not null,
    first integer not null,
    last integer not null,
    first_at integer not null,
    last_at integer not null,
    types text not null
  ) strict;

  -- Which members hold events of a graph.
  create table archived_graphs (
    graph integer not null references graphs,
    member integer not null references archive_members,
    primary key (graph, member)
  ) strict, without rowid;

  -- The last revision of a stream that is archived, as all those before it are; and the first and the last position.
  create table archived_streams (
    stream integer primary key references streams,
    revision integer not null,
    first integer not null,
    last integer not null
  ) strict;

  drop trigger events_are_never_deleted;
  create trigger events_are_deleted_when_archived before delete on events
  when not exists (select 1 from archived_streams where stream = old.stream and revision >= old.revision and old.position between first and last)
    or old.position = (select max(position) from events)
  begin select raise(abort, 'the log is append-only: an event is deleted only when it is in an archive, and never the last one'); end;
  drop trigger events_are_only_appended;
  create trigger events_are_only_appended before insert on events
  when new.revision <> coalesce((select revision from events where stream = new.stream order by revision desc limit 1), (select revision from archived_streams where stream = new.stream), -1) + 1
    or (new.position <> -1 and new.position <= coalesce((select max(position) from events), 0))
    or new.position > 9007199254740991
  begin select raise(abort, 'the log is append-only: an event goes behind the last one of its stream and of the log'); end;

  create trigger archive_files_are_never_updated before update on archive_files when old.sha256 is not null begin select raise(abort, 'the log is append-only: archives are never updated'); end;
  create trigger archive_files_are_never_deleted before delete on archive_files when old.sha256 is not null begin select raise(abort, 'the log is append-only: archives are never deleted'); end;
  create trigger archive_files_are_never_replaced before insert on archive_files when new.id <> -1 and exists (select 1 from archive_files where id = new.id)
  begin select raise(abort, 'the log is append-only: archives are never replaced'); end;
  create trigger archive_members_are_never_updated before update on archive_members begin select raise(abort, 'the log is append-only: archives are never updated'); end;
  create trigger archive_members_are_never_deleted before delete on archive_members begin select raise(abort, 'the log is append-only: archives are never deleted'); end;
  create trigger archive_members_are_never_replaced before insert on archive_members when new.id <> -1 and exists (select 1 from archive_members where id = new.id)
  begin select raise(abort, 'the log is append-only: archives are never replaced'); end;
  create trigger archived_graphs_are_never_updated before update on archived_graphs begin select raise(abort, 'the log is append-only: archives are never updated'); end;
  create trigger archived_graphs_are_never_deleted before delete on archived_graphs begin select raise(abort, 'the log is append-only: archives are never deleted'); end;
  create trigger archived_graphs_are_never_replaced before insert on archived_graphs when exists (select 1 from archived_graphs where graph = new.graph and member = new.member)
  begin select raise(abort, 'the log is append-only: archives are never replaced'); end;
  create trigger archived_streams_are_only_extended before update on archived_streams when new.stream <> old.stream or new.revision <= old.revision or new.first <> old.first or new.last <= old.last
  begin select raise(abort, 'the log is append-only: archives only grow'); end;
  create trigger archived_streams_are_never_deleted before delete on archived_streams begin select raise(abort, 'the log is append-only: archives are never deleted'); end;
  create trigger archived_streams_are_never_replaced before insert on archived_streams when exists (select 1 from archived_streams where stream = new.stream)
  begin select raise(abort, 'the log is append-only: archives are never replaced'); end;
  `
];
var formatWithArchives = 3;
var formatVersion = steps.length;
function readFormat(db, path) {
  const read3 = db.transaction(() => ({
    id: db.pragma("application_id", { simple: true }),
    version: db.pragma("user_version", { simple: true }),
    objects: db.prepare("select count(*) from sqlite_schema").pluck().get(),
    pages: db.pragma("page_count", { simple: true }),
    journal: db.pragma("journal_mode", { simple: true })
  }));
  const { id, version, objects, pages, journal } = read3();
  if (objects === 0 && id === 0 && version === 0) {
    if (pages === 0 || journal !== "wal") return null;
    throw lost(
      path,
      "it has no tables: it was copied without its -wal, or the -wal was lost",
      "copy it again together with its -wal (or by `.backup`), or delete it if nothing was ever in it"
    );
  }
  if (id !== applicationId) {
    throw new LogError(
      "store-foreign-database",
      `${path} is a database of another program; give the store a file of its own`
    );
  }
  if (version > formatVersion) {
    throw new LogError(
      "store-newer-format",
      `${path} has format ${version}, written by a newer release; this one knows formats up to ${formatVersion}, so update overseer`
    );
  }
  return version;
}
function migrate(db, path) {
  db.transaction(() => {
    for (let version = readFormat(db, path) ?? 0; version < formatVersion; version++) db.exec(steps[version]);
    db.pragma(`application_id = ${applicationId}`);
    db.pragma(`user_version = ${formatVersion}`);
  }).immediate();
}
var selectObjects = "select type, name, tbl_name as 'table', sql from sqlite_schema where name not like 'sqlite\\_%' escape '\\'";
function objectsOf(format2) {
  const db = new Sqlite3(":memory:");
  try {
    for (const step of steps.slice(0, format2)) db.exec(step);
    return db.prepare(selectObjects).all();
  } finally {
    db.close();
  }
}
function schemaProblems(db, format2) {
  const found = new Map(db.prepare(selectObjects).all().map((each2) => [each2.name, each2]));
  const problems2 = [];
  const expected = objectsOf(format2);
  for (const { type, name: name2, sql } of expected) {
    const there = found.get(name2);
    if (there === void 0) problems2.push(`the ${type} ${name2} is missing`);
    else if (there.sql !== sql) problems2.push(`the ${type} ${name2} was changed`);
  }
  const ours = new Set(expected.map(({ name: name2 }) => name2));
  const tables = new Set(expected.map(({ table }) => table));
  for (const { type, name: name2, table } of found.values()) {
    if (type === "trigger" && tables.has(table) && !ours.has(name2))
      problems2.push(`the trigger ${name2} is not one of Overseer's`);
  }
  return problems2;
}

// src/log/sqlite/archive/directory.ts
var ArchiveDirectory = class {
  constructor(db) {
    this.db = db;
  }
  db;
  /** By their first positions. */
  members = [];
  byId = /* @__PURE__ */ new Map();
  /** For each of them, the last position of it and all before it. */
  lasts = [];
  latest = 0;
  knownTypes = /* @__PURE__ */ new Map();
  statements = null;
  get isEmpty() {
    return this.members.length === 0;
  }
  /** Looks what was added. Costs a microsecond if nothing was. */
  refresh() {
    const statements = this.prepared();
    if (statements === null) return;
    const latest = statements.latest.get() ?? 0;
    if (latest === this.latest) return;
    const added = statements.added.raw().all(this.latest);
    this.latest = latest;
    for (const row of added) this.byId.set(row[0], this.memberOf(row));
    this.members = [...this.byId.values()].sort((a, b) => a.first - b.first);
    let last2 = 0;
    this.lasts = this.members.map((member) => last2 = Math.max(last2, member.last));
  }
  /** Some of them, by their ids. */
  withIds(ids) {
    return ids.map((id) => this.byId.get(id) ?? impossible(this.db, id));
  }
  /** The number of the first member of which, or of one before it, an event may be after a position. */
  firstBehind(position) {
    return leastWhere(0, this.lasts.length, (index) => this.lasts[index] > position);
  }
  /** How many members have events before a position. */
  countBefore(position) {
    return leastWhere(0, this.members.length, (index) => this.members[index].first >= position);
  }
  /** The last position of the members up to the nth. */
  lastUpTo(index) {
    return this.lasts[index];
  }
  /** Null for a file of a format without archives, until another program brings it to one that has them. */
  prepared() {
    if (this.statements !== null) return this.statements;
    if (!hasArchives(this.db)) return null;
    const columns = "id, namespace, events, first, last, first_at, last_at, types";
    this.statements = {
      latest: this.db.prepare("select max(id) from archive_members").pluck(),
      added: this.db.prepare(`select ${columns} from archive_members where id > ? order by id`)
    };
    return this.statements;
  }
  memberOf([id, namespace, events, first, last2, firstAt, lastAt, types]) {
    let known = this.knownTypes.get(types);
    if (known === void 0) {
      const list = parsedOrText(types);
      if (!Array.isArray(list)) return impossible(this.db, id);
      known = new Set(list);
      this.knownTypes.set(types, known);
    }
    return { id, namespace, events, first, last: last2, firstAt, lastAt, types: known };
  }
};
function hasArchives(db) {
  return db.pragma("user_version", { simple: true }) >= formatWithArchives;
}
function impossible({ name: name2 }, member) {
  throw damaged(name2, `what it says of piece ${member} of its archives is not possible`);
}

// src/log/sqlite/archive/archive-check.ts
function archiveTotals(db) {
  if (!hasArchives(db)) return { files: 0, bytes: 0, events: 0 };
  const sql = `
    select (select count(*) from archive_files where sha256 is not null) as files,
      (select coalesce(sum(bytes), 0) from archive_files) as bytes,
      (select coalesce(sum(events), 0) from archive_members) as events`;
  return db.prepare(sql).get();
}
function missingArchives(db) {
  return problemsOf(db, assertSize);
}
function archiveProblems(db) {
  return problemsOf(db, assertWhole);
}
function readableArchives(db) {
  const { files } = archiveTotals(db);
  if (files === 0) return null;
  const eventsIn = db.prepare("select coalesce(sum(events), 0) from archive_members where file = ?").pluck();
  let events = 0;
  let whole3 = 0;
  const damaged3 = problemsOf(db, (folder, file) => {
    assertWhole(folder, file);
    events += eventsIn.get(file.id);
    whole3 += 1;
  });
  const of = damaged3.length === 0 ? "" : ` of ${files}`;
  return `${events} events in ${whole3}${of} archives`;
}
function assertWhole(folder, file) {
  assertSize(folder, file);
  const isWhole2 = sha256(readFileSync2(folder.file(file.id))).equals(file.sha256);
  if (!isWhole2) throw folder.damaged(file.id, "it is not what was written");
}
function assertSize(folder, { id, bytes }) {
  const size = folder.size(id);
  if (size !== bytes) throw folder.damaged(id, `it has ${size} bytes, where ${bytes} were written`);
}
function problemsOf(db, look) {
  if (!hasArchives(db)) return [];
  const folder = new ArchiveFolder(db.name);
  const sql = "select id, bytes, sha256 from archive_files where sha256 is not null order by id";
  const problems2 = [];
  for (const file of db.prepare(sql).all()) {
    try {
      look(folder, file);
    } catch (error) {
      problems2.push(error instanceof LogError ? error.message : folder.unreadable(file.id, error).message);
    }
  }
  return problems2;
}

// src/log/sqlite/archive/index-check.ts
init_log_error();

// src/log/sqlite/named-problems.ts
var namedMax = 5;
var Named = class {
  kinds = /* @__PURE__ */ new Map();
  add(kind, name2) {
    const known = this.kinds.get(kind) ?? { count: 0, first: [] };
    this.kinds.set(kind, known);
    known.count += 1;
    if (known.first.length < namedMax) known.first.push(String(name2));
  }
  get sentences() {
    return [...this.kinds].map(([kind, { count: count2, first }]) => {
      const more = count2 > first.length ? `, and ${count2 - first.length} more` : "";
      return `${kind}: ${first.join(", ")}${more}`;
    });
  }
};

// src/log/sqlite/archive/unpacked-members.ts
init_log_error();
var keptBytesMax = 16 * 1024 * 1024;
var unpackedMax = 2 ** 30;
var UnpackedMembers = class {
  constructor(db, folder) {
    this.db = db;
    this.folder = folder;
    const columns = "file, start, bytes, sha256, unpacked";
    this.select = db.prepare(`select ${columns} from archive_members where id = ?`);
  }
  db;
  folder;
  kept = /* @__PURE__ */ new Map();
  bytes = 0;
  select;
  /**
   * What a member holds.
   *
   * @throws LogError `store-archive-missing`, `store-archive-damaged`
   */
  of(member) {
    const { id } = member;
    const known = this.kept.get(id);
    if (known !== void 0) {
      this.kept.delete(id);
      this.kept.set(id, known);
      return known.member;
    }
    const place = this.placeOf(id);
    const found = this.read(member, place);
    const { unpacked } = place;
    this.kept.set(id, { member: found, bytes: unpacked });
    this.bytes += unpacked;
    for (const [oldest, { bytes }] of this.kept) {
      if (this.bytes <= keptBytesMax || oldest === id) break;
      this.kept.delete(oldest);
      this.bytes -= bytes;
    }
    return found;
  }
  placeOf(id) {
    const place = this.select.get(id);
    if (place === void 0) return impossible(this.db, id);
    const { file, start: start3, bytes, sha256: sha2562, unpacked } = place;
    const isPossible3 = file > 0 && start3 >= 0 && bytes > 0 && unpacked > 0 && unpacked <= unpackedMax;
    return isPossible3 && Buffer.isBuffer(sha2562) ? place : impossible(this.db, id);
  }
  read({ events, first, last: last2 }, { file, start: start3, bytes, sha256: sha2562, unpacked }) {
    const packed = this.folder.piece(file, start3, bytes, sha2562);
    try {
      const found = unpack(packed, unpacked);
      const { size, positions } = found;
      if (size === events && positions[0] === first && positions[size - 1] === last2) return found;
      throw new Error(
        `its events are not those that the store has recorded for bytes ${start3} to ${start3 + bytes - 1}`
      );
    } catch (error) {
      if (error instanceof LogError) throw error;
      throw this.folder.damaged(file, error instanceof Error ? error.message : String(error));
    }
  }
};

// src/log/sqlite/archive/index-check.ts
var selectGraphs = "select g.name from archived_graphs a join graphs g on g.id = a.graph where a.member = ?";
var selectStream = `
  select a.revision, a.first, a.last from archived_streams a
  join streams s on s.id = a.stream
  join graphs g on g.id = s.graph
  where g.namespace = ? and g.name = ? and s.job = ?`;
function indexProblems(db) {
  const directory = new ArchiveDirectory(db);
  directory.refresh();
  if (directory.isEmpty) return [];
  const check = new IndexCheck(db);
  for (const member of directory.members) check.look(member);
  const events = directory.members.reduce((sum, member) => sum + member.events, 0);
  const listed2 = db.prepare("select coalesce(sum(revision + 1), 0) from archived_streams").pluck().get();
  const differing = `${listed2} events are said to be archived of all streams, where archives hold ${events}`;
  return listed2 === events ? check.sentences : [...check.sentences, differing];
}
var IndexCheck = class {
  kinds = new Named();
  unpacked;
  graphs;
  stream;
  constructor(db) {
    this.unpacked = new UnpackedMembers(db, new ArchiveFolder(db.name));
    this.graphs = db.prepare(selectGraphs).pluck();
    this.stream = db.prepare(selectStream);
  }
  get sentences() {
    return this.kinds.sentences;
  }
  look(member) {
    try {
      this.compare(member, this.unpacked.of(member).rows());
    } catch (error) {
      if (!(error instanceof LogError)) throw error;
    }
  }
  compare(member, rows) {
    const { id, namespace, types, firstAt, lastAt } = member;
    const listed2 = new Set(this.graphs.all(id));
    const graphs2 = new Set(rows.map((row) => row[1]));
    const isListed = graphs2.size === listed2.size && [...graphs2].every((graph) => listed2.has(graph));
    if (!isListed) this.kinds.add("pieces of archives that are not listed for their graphs", id);
    const isDescribed = rows[0][8] === firstAt && rows.at(-1)[8] === lastAt && rows.every((row) => types.has(row[4]));
    if (!isDescribed) this.kinds.add("pieces of archives whose times or types are not those of their events", id);
    for (const { row, revision, last: last2 } of ends(rows)) {
      const [first, graph, job2] = row;
      const found = this.stream.get(namespace, graph, job2);
      const isTakenIn = found !== void 0 && found.revision >= revision && found.first <= first && found.last >= last2;
      if (!isTakenIn) this.kinds.add("archived events that their streams are not said to have", `@${first}`);
    }
  }
};
function ends(rows) {
  const streams = /* @__PURE__ */ new Map();
  for (const row of rows) {
    const [position, graph, job2, revision] = row;
    const key = `${graph}/${job2}`;
    const known = streams.get(key);
    if (known === void 0) streams.set(key, { row, revision, last: position });
    else Object.assign(known, { revision, last: position });
  }
  return streams.values();
}

// src/log/sqlite/archive/mover.ts
init_namespace_stream();
import { setImmediate as nextTurn2 } from "node:timers/promises";

// src/log/sqlite/event-row.ts
function idOf(row) {
  return isNamed(row) ? row[6] : uuidAt(row[6], 0);
}
function causationIdOf(row) {
  if (isNamed(row)) return row[10];
  return row[6].length < 64 ? null : uuidAt(row[6], 32);
}
function isNamed(row) {
  return typeof row[1] === "string";
}

// src/log/sqlite/names.ts
init_bounded_map();
var namesKeptMax = 5e4;
var Names = class {
  known = new BoundedMap(namesKeptMax);
  select;
  constructor(db, table) {
    this.select = db.prepare(`select name from ${table} where id = ?`).pluck();
  }
  /** @param number or the name itself, as archives have it */
  get(number2) {
    if (typeof number2 === "string") return number2;
    const known = this.known.get(number2);
    if (known !== void 0) return known;
    const found = this.select.get(number2);
    const name2 = typeof found === "string" ? found : `(name ${number2} is missing)`;
    this.known.set(number2, name2);
    return name2;
  }
};

// src/log/sqlite/select-events.ts
var select = "select e.position, s.graph, s.job, e.revision, e.type, e.version, hex(e.id) || hex(e.causation), e.actor, e.at, e.data";
var isPossible2 = `+e.position <= ${bounds.position.last}`;
var selectEvents = `
  ${select}
  from events e
  cross join streams s on s.id = e.stream
  cross join graphs g on g.id = s.graph
  where ${isPossible2}`;
var selectEventsOfGraphs = `
  ${select}
  from json_each(?) i
  cross join graphs g on g.name = i.value
  cross join streams s on s.graph = g.id
  cross join events e on e.stream = s.id
  where g.namespace = ? and +e.position > ? and +e.position <= ? and ${isPossible2}`;
var limitTo = "limit cast(? as integer)";
var selectLast = `select max(position) from events where position <= ${bounds.position.last}`;

// src/log/sqlite/storage-check.ts
init_errors();

// src/log/sqlite/archive/archived-events.ts
init_share();
init_json();
var ArchivedEvents = class {
  constructor(db, path, namespace) {
    this.db = db;
    this.namespace = namespace;
    this.folder = new ArchiveFolder(path);
    this.directory = new ArchiveDirectory(db);
  }
  db;
  namespace;
  directory;
  prepared = null;
  folder;
  /** Whether there are any, as far as is known since {@link look} was called last. */
  get areKnown() {
    return !this.directory.isEmpty;
  }
  /** Looks what is archived now. Returns whether anything is. */
  look() {
    this.directory.refresh();
    return this.areKnown;
  }
  /** How many events there are, of all namespaces, and the first position. */
  get extent() {
    const { members: members2 } = this.directory;
    return {
      events: members2.reduce((sum, { events }) => sum + events, 0),
      first: members2[0]?.first ?? Number.MAX_SAFE_INTEGER
    };
  }
  /** The next events after a position, in log order. */
  after(position, filter, limit2) {
    const { members: members2 } = this.directory;
    const accepts = this.accepting(filter);
    const found = new Nearest(limit2, (a, b) => a[0] - b[0]);
    for (let index = this.directory.firstBehind(position); index < members2.length; index++) {
      const member = members2[index];
      if (found.isFull && found.farthest < member.first) break;
      if (member.last <= position || !accepts.member(member)) continue;
      const unpacked = this.unpacked(member);
      found.take(unpacked, unpacked.indexAfter(position), 1, accepts.row);
    }
    return found.rows;
  }
  /** The next events before a position, the last one first. */
  before(position, filter, limit2) {
    const { members: members2 } = this.directory;
    const accepts = this.accepting(filter);
    const found = new Nearest(limit2, (a, b) => b[0] - a[0]);
    for (let index = this.directory.countBefore(position) - 1; index >= 0; index--) {
      const member = members2[index];
      if (found.isFull && found.farthest > this.directory.lastUpTo(index)) break;
      if (!accepts.member(member)) continue;
      const unpacked = this.unpacked(member);
      found.take(unpacked, unpacked.indexAfter(position - 1) - 1, -1, accepts.row);
    }
    return found.rows;
  }
  /** What is archived of a graph, after a position and up to another, in log order. */
  ofGraph(graph, name2, after2, upTo) {
    const rows = [];
    for (const member of this.membersOf(graph)) {
      if (member.last <= after2 || member.first > upTo) continue;
      for (const row of this.unpacked(member).rowsOf(name2)) if (row[0] > after2 && row[0] <= upTo) rows.push(row);
    }
    return rows;
  }
  /** What is archived of a stream; null if nothing is. */
  stream(stream) {
    return this.statements().stream.get(stream) ?? null;
  }
  /** What is archived of a stream, in order: its events from one revision up to another. */
  ofStream({ graph, name: name2, job: job2 }, archived, from, to) {
    if (from > archived.revision || from > to) return [];
    const members2 = this.membersOf(graph).filter(({ first, last: last2 }) => last2 >= archived.first && first <= archived.last);
    const isAsked = ([, , , revision]) => revision >= from && revision <= to;
    const rowsIn = (member) => this.unpacked(member).rowsOf(name2, job2).filter(isAsked);
    const found = [];
    if (to < archived.revision) {
      for (const member of members2) {
        found.push(...rowsIn(member));
        if (found.at(-1)?.[3] === to) break;
      }
      return found;
    }
    for (const member of members2.toReversed()) {
      found.unshift(...rowsIn(member));
      if (found[0]?.[3] === from) break;
    }
    return found;
  }
  /** The position of the last event, of whatever namespace, that was recorded at or before a moment; 0 if none was. */
  positionAt(moment) {
    const begun = this.directory.members.filter(({ firstAt }) => firstAt <= moment);
    let found = begun.reduce((last2, member) => member.lastAt <= moment ? Math.max(last2, member.last) : last2, 0);
    for (const member of begun) {
      if (member.lastAt <= moment || member.last <= found) continue;
      const rows = this.unpacked(member).rows();
      const row = rows.findLast(([, , , , , , , , at]) => at <= moment);
      found = Math.max(found, row?.[0] ?? 0);
    }
    return found;
  }
  /** How many events of the namespace are at or before a position. */
  countUpTo(position) {
    let count2 = 0;
    for (const member of this.directory.members) {
      if (member.first > position) break;
      if (member.namespace !== this.namespace) continue;
      count2 += member.last <= position ? member.events : this.unpacked(member).indexAfter(position);
    }
    return count2;
  }
  /** The positions of all events, of whatever namespace, that lie between two positions; in rising order. */
  positionsBetween(first, last2) {
    const within = this.directory.members.filter((member) => member.last >= first && member.first <= last2);
    const positions = within.flatMap((member) => [...this.unpacked(member).positions]);
    return positions.filter((position) => position >= first && position <= last2).sort((a, b) => a - b);
  }
  unpacked(member) {
    return this.statements().unpacked.of(member);
  }
  /** In the order in which they were archived: what is archived later of a graph is later in the log. */
  membersOf(graph) {
    return this.directory.withIds(this.statements().members.all(graph));
  }
  accepting({ graph, types, share }) {
    const ofGraph = graph === void 0 ? null : new Set(this.statements().members.all(graph.number));
    const ofTypes = types === void 0 ? null : new Set(types);
    return {
      member: ({ id, namespace, types: there }) => namespace === this.namespace && (ofGraph === null || ofGraph.has(id)) && (ofTypes === null || [...ofTypes].some((type) => there.has(type))),
      row: (row) => (graph === void 0 || row[1] === graph.name) && (ofTypes === null || ofTypes.has(row[4])) && (share === void 0 || isRowForShare(row, share))
    };
  }
  statements() {
    this.prepared ??= {
      members: this.db.prepare("select member from archived_graphs where graph = ? order by member").pluck(),
      stream: this.db.prepare("select revision, first, last from archived_streams where stream = ?"),
      unpacked: new UnpackedMembers(this.db, this.folder)
    };
    return this.prepared;
  }
};
function isRowForShare([, graphId, , , type, , , , , data], share) {
  if (isInShare(graphId, share)) return true;
  if (type !== "GraphSubmitted" && type !== "JobsSpawned") return false;
  const event = parsedOrText(data);
  if (!isPlainObject(event)) return false;
  const { priority = 0, jobs: jobs2 } = event;
  const hasOwn = (job2) => isPlainObject(job2) && "priority" in job2;
  return typeof priority === "number" && priority !== 0 || Array.isArray(jobs2) && jobs2.some(hasOwn);
}
var Nearest = class {
  constructor(limit2, order) {
    this.limit = limit2;
    this.order = order;
  }
  limit;
  order;
  rows = [];
  get isFull() {
    return this.rows.length >= this.limit;
  }
  /** The position of the farthest of them. */
  get farthest() {
    return this.rows.at(-1)?.[0];
  }
  /** Takes those of a member that are accepted, from one on, and lets go of those that are too many. */
  take(member, from, step, accepts) {
    for (let at = from, taken = 0; at >= 0 && at < member.size && taken < this.limit; at += step) {
      const row = member.row(at);
      if (!accepts(row)) continue;
      this.rows.push(row);
      taken += 1;
    }
    this.rows.sort(this.order);
    if (this.rows.length > this.limit) this.rows.length = this.limit;
  }
};

// src/log/sqlite/page-check.ts
init_errors();
function pageProblems(db) {
  const problems2 = [];
  try {
    for (const [text] of db.prepare("pragma integrity_check").raw().iterate())
      problems2.push(...text.split("\n").filter((line) => line !== "ok" && line !== ""));
  } catch (error) {
    problems2.push(`SQLite's check of its pages ended early: ${wordsFor(error)}`, ...corruptedPages(db));
  }
  return problems2;
}
function corruptedPages(db) {
  const sql = "select name, pageno from dbstat where pagetype = 'corrupted' limit 100";
  try {
    const pages = db.prepare(sql).all();
    return pages.map(({ name: name2, pageno }) => `page ${pageno}, of ${name2}, is damaged`);
  } catch {
    return ["page 1, or one that continues it: the list of tables itself (sqlite_schema) cannot be read"];
  }
}

// src/log/sqlite/storage-check.ts
function storageProblems(db, format2, why, ofArchives = missingArchives) {
  return atOneMoment(db, () => problemsNow(db, format2, why, ofArchives));
}
function problemsNow(db, format2, why, ofArchives) {
  const looks = [
    ["its tables", () => schemaProblems(db, format2)],
    ["its pages", pageProblems],
    ["what its rows refer to", referenceProblems],
    ["its events", rowProblems],
    ["its positions", gaps],
    ["its end", damageAtEnd],
    ["its archives", ofArchives]
  ];
  const problems2 = new Set(why === null ? [] : [`it cannot be used: ${why}`]);
  for (const [what, look] of looks) {
    try {
      for (const problem of look(db)) problems2.add(problem);
    } catch (error) {
      problems2.add(`${what} cannot be checked: ${wordsFor(error)}`);
    }
  }
  return [...problems2];
}
function referenceProblems(db) {
  const rows = db.prepare('select "table", rowid, parent from pragma_foreign_key_check').all();
  const kinds = new Named();
  for (const { table, rowid, parent } of rows) {
    if (table.startsWith("archive"))
      kinds.add(`rows of ${table} that belong to no ${ofParent[parent] ?? parent}`, rowid);
    else if (table === "streams")
      kinds.add("streams that belong to no graph, so that their events cannot be found", rowid);
    else if (parent === "streams")
      kinds.add("events that belong to no stream, so that they cannot be found", `@${rowid}`);
    else kinds.add("events whose type or actor has no name", `@${rowid}`);
  }
  return kinds.sentences;
}
var ofParent = {
  archive_files: "file",
  archive_members: "member",
  streams: "stream",
  graphs: "graph"
};
var impossible2 = {
  "events at positions that no program can read": `not (${isPossible.position})`,
  "events with an impossible time": `not (${isPossible.at})`,
  "events with an invalid id": `typeof(id) <> 'blob' or length(id) <> 16`,
  "events whose cause is not a valid id": `causation is not null and (typeof(causation) <> 'blob' or length(causation) <> 16)`,
  "events of an impossible version": `typeof(version) <> 'integer' or version < 1`,
  "events without data": `typeof(data) <> 'text'`
};
function rowProblems(db) {
  const conditions = Object.values(impossible2).map((condition) => `(${condition})`);
  const sql = `select cast(position as text), ${conditions.join(", ")} from events where ${conditions.join(" or ")}`;
  const kinds = new Named();
  for (const [position, ...found] of db.prepare(sql).raw().iterate()) {
    for (const [index, kind] of Object.keys(impossible2).entries())
      if (found[index] === 1) kinds.add(kind, `@${position}`);
  }
  return kinds.sentences;
}
function gaps(db) {
  const possible2 = `from events where ${isPossible.position}`;
  const [first, last2, events] = db.prepare(`select min(position), max(position), count(*) ${possible2}`).raw().get();
  if (first === null || last2 === null || events + archiveTotals(db).events === last2) return [];
  const archived = new ArchivedEvents(db, db.name, "");
  archived.look();
  const sql = `select before + 1, position - 1 from (
    select position, lag(position, 1, 0) over (order by position) as before ${possible2}
  ) where position > before + 1`;
  const kinds = new Named();
  for (const [from, to] of db.prepare(sql).raw().all()) {
    let next = from;
    for (const position of [...archived.positionsBetween(from, to), to + 1]) {
      if (position > next) kinds.add("positions whose event is missing", rangeOf(next, position - 1));
      next = position + 1;
    }
  }
  return kinds.sentences;
}
function rangeOf(from, to) {
  return from === to ? `@${from}` : `@${from} to @${to}`;
}

// src/log/sqlite/when-free.ts
import { setTimeout as delay } from "node:timers/promises";
var pauseMs = { first: 1, most: 50 };
async function whenFree(work, waitMs) {
  const startedAt = performance.now();
  for (let retry = 0; ; retry++) {
    try {
      return work();
    } catch (error) {
      if (!isLocked(error) || performance.now() - startedAt >= waitMs) throw error;
    }
    await delay(pauseBefore(retry));
  }
}
function pauseBefore(retry) {
  return Math.min(pauseMs.first * 2 ** retry, pauseMs.most) * (0.5 + Math.random() / 2);
}

// src/log/sqlite/archive/archive-file.ts
function fileOf(namespace, leaving, pieceEventsMax) {
  const members2 = [];
  let start3 = 0;
  for (const piece2 of pieces(leaving, pieceEventsMax)) {
    const packed = pack(
      namespace,
      piece2.map(({ row }) => row)
    );
    members2.push({ ...packed, start: start3, leaving: piece2 });
    start3 += packed.bytes.length;
  }
  const bytes = Buffer.concat(members2.map((member) => member.bytes));
  return { members: members2, bytes, sha256: sha256(bytes) };
}
function pieces(leaving, eventsMax) {
  const all = [];
  let bytes = Infinity;
  for (const each2 of leaving) {
    const size = each2.row[9].length;
    const isFull = bytes + size > memberMax.bytes || all.at(-1).length >= eventsMax;
    if (isFull) {
      all.push([]);
      bytes = 0;
    }
    all.at(-1).push(each2);
    bytes += size;
  }
  return all;
}

// src/log/sqlite/archive/archive-index.ts
var ArchiveIndex = class {
  constructor(db, namespace, folder) {
    this.db = db;
    this.namespace = namespace;
    this.folder = folder;
    this.insertFile = db.prepare("insert into archive_files default values");
    this.deleteFile = db.prepare("delete from archive_files where id = ?");
    this.sealFile = db.prepare("update archive_files set bytes = ?, sha256 = ? where id = ? and sha256 is null");
    this.insertMember = db.prepare(
      `insert into archive_members (file, start, bytes, sha256, unpacked, namespace, events, first, last, first_at, last_at, types)
        values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`
    );
    this.insertGraph = db.prepare("insert into archived_graphs (graph, member) values (?, ?)");
    this.readStream = db.prepare("select revision from archived_streams where stream = ?").pluck();
    this.insertStream = db.prepare("insert into archived_streams (stream, revision, first, last) values (?, ?, ?, ?)");
    this.extendStream = db.prepare("update archived_streams set revision = ?, last = ? where stream = ?");
    this.deleteEvent = db.prepare("delete from events where position = ?");
    const begin2 = db.transaction(() => this.beginFile());
    this.transactBegin = () => begin2.immediate();
    const seal = db.transaction((id, file) => this.moveInto(id, file));
    this.transactSeal = (id, file) => seal.immediate(id, file);
  }
  db;
  namespace;
  folder;
  insertFile;
  deleteFile;
  sealFile;
  insertMember;
  insertGraph;
  readStream;
  insertStream;
  extendStream;
  deleteEvent;
  transactBegin;
  transactSeal;
  /** Begins a file, and so gives it its number, which no other file has had. */
  begin() {
    return this.transactBegin();
  }
  /** Forgets the files that were begun and never sealed, and removes what was written of them. */
  discardBegun() {
    const begun = this.db.prepare("select id from archive_files where sha256 is null").pluck().all();
    for (const id of begun) {
      this.folder.discard(id);
      this.deleteFile.run(id);
    }
  }
  /** Gives a file that was written its name, records what is in it, and deletes that from the database: all of it, or none. */
  seal(id, file) {
    this.transactSeal(id, file);
  }
  /** A file of that name may be there, if the database was restored from an older backup than the folder. It stays. */
  beginFile() {
    for (; ; ) {
      const id = Number(this.insertFile.run().lastInsertRowid);
      if (!this.folder.has(id)) return id;
      this.deleteFile.run(id);
    }
  }
  moveInto(id, { members: members2, bytes, sha256: sha2562 }) {
    this.folder.seal(id);
    assertOne(this.sealFile.run(bytes.length, sha2562, id).changes);
    const parts = /* @__PURE__ */ new Map();
    for (const member of members2) this.addMember(id, member, parts);
    for (const [stream, part] of parts) this.extend(stream, part);
    for (const { leaving } of members2) {
      for (const { row } of leaving) assertOne(this.deleteEvent.run(row[0]).changes);
    }
  }
  addMember(file, member, parts) {
    const { start: start3, bytes, sha256: sha2562, unpacked, leaving } = member;
    const first = leaving[0].row;
    const last2 = leaving.at(-1).row;
    const types = [...new Set(leaving.map(({ row }) => row[4]))].sort();
    const ends3 = [leaving.length, first[0], last2[0], first[8], last2[8], JSON.stringify(types)];
    const inserted = this.insertMember.run(file, start3, bytes.length, sha2562, unpacked, this.namespace, ...ends3);
    for (const graph of new Set(leaving.map((each2) => each2.graph)))
      this.insertGraph.run(graph, inserted.lastInsertRowid);
    for (const { stream, row } of leaving) {
      const [position, , , revision] = row;
      const part = parts.get(stream);
      if (part === void 0) parts.set(stream, { from: revision, to: revision, first: position, last: position });
      else {
        part.to = revision;
        part.last = position;
      }
    }
  }
  extend(stream, { from, to, first, last: last2 }) {
    const archived = this.readStream.get(stream) ?? -1;
    if (from !== archived + 1) throw new Error(`revision ${from} of stream ${stream} does not follow ${archived}`);
    if (archived < 0) this.insertStream.run(stream, to, first, last2);
    else this.extendStream.run(to, last2, stream);
  }
};
function assertOne(changes2) {
  if (changes2 !== 1) throw new Error("what was to be archived is not there any more");
}

// src/log/sqlite/archive/run-lock.ts
init_log_error();
import { join as join2 } from "node:path";
import Sqlite4 from "better-sqlite3";
function lockFolder({ path, database }) {
  const lock = new Sqlite4(join2(path, ".lock"), { timeout: 0 });
  try {
    lock.exec("begin exclusive");
  } catch (error) {
    lock.close();
    if (!isLocked(error)) throw error;
    throw new LogError("store-locked", `another process is archiving ${database}; wait until that has ended`);
  }
  return () => lock.close();
}

// src/log/sqlite/archive/mover.ts
var fileMax = { events: 2e4, bytes: 16 * 1024 * 1024 };
var selectLeaving = `
  select e.position, s.graph, s.job, e.revision, e.type, e.version, hex(e.id) || hex(e.causation), e.actor, e.at, e.data, e.stream
  from events e
  cross join streams s on s.id = e.stream
  where e.position > ? and e.position <= ? and e.position < (select max(position) from events)
    and s.graph in (select graph from temp.leaving)
  order by e.position ${limitTo}`;
var selectResting = `
  select g.name as graphId, count(*) filter (where e.position < (select max(position) from events)) as events
  from graphs g
  join streams s on s.graph = g.id
  join events e on e.stream = s.id
  where g.namespace = ? and g.name <> ?
  group by g.id having max(e.position) <= ? and events > 0
  order by min(e.position)`;
function restingGraphs(db, namespace, upTo) {
  return db.prepare(selectResting).all(namespace, ofNamespace, Number(upTo));
}
var Mover = class {
  constructor(connection, namespace, folder) {
    this.connection = connection;
    this.namespace = namespace;
    this.folder = folder ?? new ArchiveFolder(connection.path);
  }
  connection;
  namespace;
  folder;
  async move(graphIds, upTo, options = {}) {
    const { connection, folder } = this;
    const db = await this.whenFree(() => {
      this.assertSound();
      return connection.database;
    });
    folder.create();
    const unlock = lockFolder(folder);
    const synchronous = db.pragma("synchronous", { simple: true });
    try {
      db.pragma("synchronous = FULL");
      const names = this.leavingGraphs(db, graphIds);
      return await this.moveAll(db, names, Number(upTo), options);
    } finally {
      if (db.open) {
        db.exec("drop table if exists temp.leaving");
        db.pragma(`synchronous = ${synchronous}`);
      }
      unlock();
    }
  }
  async moveAll(db, graphs2, upTo, { signal, onBatch, fileEventsMax = fileMax.events, pieceEventsMax = memberMax.events }) {
    const index = new ArchiveIndex(db, this.namespace, this.folder);
    await this.written(() => index.discardBegun());
    let moved = { events: 0, files: 0, bytes: 0 };
    for (let after2 = 0; signal?.aborted !== true; ) {
      const leaving = await this.whenFree(() => this.nextLeaving(db, graphs2, { after: after2, upTo, limit: fileEventsMax }));
      if (leaving.length === 0) break;
      const file = fileOf(this.namespace, leaving, pieceEventsMax);
      const id = await this.written(() => index.begin());
      this.folder.write(id, file.bytes);
      await this.written(() => index.seal(id, file));
      const { events, files, bytes } = moved;
      moved = { events: events + leaving.length, files: files + 1, bytes: bytes + file.bytes.length };
      onBatch?.(moved);
      after2 = leaving.at(-1).row[0];
      await nextTurn2();
    }
    return moved;
  }
  /** The graphs to move, by their numbers; the same numbers are in a temporary table. */
  leavingGraphs(db, graphIds) {
    db.exec("drop table if exists temp.leaving; create temp table leaving (graph integer primary key)");
    const find = db.prepare("select id from graphs where namespace = ? and name = ?").pluck();
    const insert = db.prepare("insert or ignore into temp.leaving values (?)");
    const names = /* @__PURE__ */ new Map();
    db.transaction(() => {
      for (const graphId of graphIds) {
        const number2 = find.get(this.namespace, graphId);
        if (number2 === void 0 || graphId === ofNamespace) continue;
        names.set(number2, graphId);
        insert.run(number2);
      }
    })();
    return names;
  }
  nextLeaving(db, graphs2, { after: after2, upTo, limit: limit2 }) {
    const found = [];
    let bytes = 0;
    for (const row of db.prepare(selectLeaving).raw().iterate(after2, upTo, limit2)) {
      found.push(row);
      bytes += row[9].length;
      if (bytes > fileMax.bytes) break;
    }
    const names = new Names(db, "names");
    return found.map(([position, graph, job2, revision, type, version, ids, actor, at, data, stream]) => {
      const row = [position, graph, job2, revision, type, version, ids, actor, at, data];
      const place = [position, graphs2.get(graph), job2, revision];
      const said = [names.get(type), version, idOf(row), names.get(actor), at, data, causationIdOf(row)];
      return { row: [...place, ...said], stream, graph };
    });
  }
  /** Nothing is moved out of a damaged file. */
  assertSound() {
    this.connection.assertWritable();
    const [problem] = this.connection.examined(storageProblems);
    if (problem !== void 0) throw damaged(this.connection.path, problem);
  }
  async written(work) {
    return await this.whenFree(() => this.connection.written(work));
  }
  async whenFree(work) {
    const { connection } = this;
    return await whenFree(() => connection.guarded(work), connection.busyTimeoutMs);
  }
};
function compact(connection) {
  const { database } = connection;
  database.exec("vacuum");
  database.pragma("wal_checkpoint(truncate)");
}

// src/log/sqlite/change-watch.ts
import { watch } from "node:fs";
var paces = { busyMs: 1, quietMs: 3, idleMs: 500, idleUnwatchedMs: 30 };
var quietAfterMs = 1e3;
var idleAfterMs = 6e4;
var systemClock = {
  now: () => performance.now(),
  setTimer: (ms, callback) => {
    const timer = setTimeout(callback, ms);
    return () => clearTimeout(timer);
  },
  watchFile: (path, callback) => {
    const watcher = watch(path, { persistent: false }, callback);
    watcher.on("error", callback);
    return () => watcher.close();
  }
};
var ChangeWatch = class {
  constructor(file, clock = systemClock) {
    this.file = file;
    this.clock = clock;
    this.changedAt = clock.now();
  }
  file;
  clock;
  waiting = /* @__PURE__ */ new Set();
  cancelTimer = null;
  endWatch = null;
  changedAt;
  /** The last version seen. The first poll always counts as a change: nothing is known of commits before it. */
  seen = null;
  onChange(callback) {
    this.waiting.add(callback);
    if (this.cancelTimer === null) this.askLater();
    return () => {
      this.waiting.delete(callback);
      if (this.waiting.size === 0) this.rest();
    };
  }
  notify() {
    this.changedAt = this.clock.now();
    this.unwatch();
    for (const callback of [...this.waiting]) callback();
  }
  /** Ends polling and watching, until somebody waits again. */
  stop() {
    this.rest();
    this.unwatch();
  }
  /** Ends polling. The file stays watched: a reader that waits again and again would have to start that anew each time. */
  rest() {
    this.cancelTimer?.();
    this.cancelTimer = null;
  }
  askLater() {
    this.cancelTimer = this.clock.setTimer(this.paceMs(), () => {
      this.cancelTimer = null;
      this.look();
      if (this.waiting.size > 0 && this.cancelTimer === null) this.askLater();
    });
  }
  paceMs() {
    const quietMs2 = this.clock.now() - this.changedAt;
    if (quietMs2 < quietAfterMs) return paces.busyMs;
    if (quietMs2 < idleAfterMs) return paces.quietMs;
    return this.isWatching() ? paces.idleMs : paces.idleUnwatchedMs;
  }
  isWatching() {
    try {
      this.endWatch ??= this.clock.watchFile(this.file.journal, () => this.wake());
    } catch {
    }
    return this.endWatch !== null;
  }
  /** A commit is about to appear: from now on, poll closely. */
  wake() {
    this.changedAt = this.clock.now();
    this.unwatch();
    if (this.cancelTimer === null) return;
    this.rest();
    this.askLater();
  }
  unwatch() {
    this.endWatch?.();
    this.endWatch = null;
  }
  look() {
    let version;
    try {
      version = this.file.version().get();
    } catch {
      this.notify();
      return;
    }
    if (version === this.seen) return;
    this.seen = version;
    this.notify();
  }
};

// src/log/sqlite/connection.ts
init_event_log();
import { accessSync, constants, existsSync as existsSync3, statSync as statSync3 } from "node:fs";
import { dirname as dirname2, join as join3, resolve } from "node:path";
import Sqlite5 from "better-sqlite3";
var blockedMsMax = 10;
var lookEveryMs = 100;
var SqliteConnection = class {
  constructor(options) {
    this.options = options;
    this.path = resolve(options.path);
    this.busyTimeoutMs = options.busyTimeoutMs ?? 5e3;
    checkPlace(this.path);
    try {
      this.guarded(() => this.open());
    } catch (error) {
      if (!isLocked(error) && !isDamaged(error)) throw error;
    }
  }
  options;
  path;
  busyTimeoutMs;
  opened = null;
  isClosed = false;
  lookedAt = -Infinity;
  /** The open database; throws if it cannot be used. */
  get database() {
    const { db } = this.current();
    const now = performance.now();
    if (now - this.lookedAt > lookEveryMs) {
      this.assertInPlace();
      this.lookedAt = now;
    }
    return db;
  }
  /**
   * Writes, unless the files were cut short; then throws if they are no longer where they were: what went elsewhere does not
   * count as recorded.
   */
  written(write) {
    this.assertInPlace();
    const result = write();
    this.assertInPlace();
    return result;
  }
  /** Throws if the file cannot be written to, or if a quick look finds damage. */
  assertWritable() {
    const { db, format: format2 } = this.current();
    if (db.readonly) throw readOnly(this.path);
    const problems2 = atOneMoment(db, () => [...schemaProblems(db, format2), ...damageAtEnd(db)]);
    if (problems2.length > 0) throw damaged(this.path, problems2.join("; "));
  }
  /**
   * Looks at the file, even if it is too damaged to be used.
   *
   * @param look its `why` says why the file cannot be used; null if it can
   */
  examined(look) {
    const usable = this.currentOrDamage();
    if (!(usable instanceof LogError)) return look(usable.db, usable.format, null);
    const why = usable.cause instanceof Error ? usable.cause.message : usable.message;
    const db = new Sqlite5(this.path, { readonly: true, timeout: blockedMsMax });
    try {
      passOverBadTables(db);
      return look(db, formatVersion, why);
    } finally {
      db.close();
    }
  }
  install() {
    this.assertNotClosed();
    if (this.opened === null) this.open();
    if (this.opened === null) {
      this.create();
      this.open();
    }
    this.assertWritable();
  }
  close() {
    this.isClosed = true;
    this.opened?.db.close();
    this.opened = null;
  }
  guarded(work) {
    try {
      return work();
    } catch (error) {
      throw asLogError(error, this.path);
    }
  }
  assertNotClosed() {
    if (this.isClosed) throw new LogError("store-closed", `the store ${this.path} is closed`);
  }
  current() {
    this.assertNotClosed();
    if (this.opened === null) this.open();
    if (this.opened !== null) return this.opened;
    throw new LogError(
      "store-not-installed",
      `${this.path} is not set up as a store yet; run \`overseer install\` or call install(store) first`
    );
  }
  assertInPlace() {
    const { place } = this.current();
    if (!place.assertUnmoved()) return;
    this.assertWhole();
    place.areWhole();
  }
  /** Reads every page anew, since this connection may remember those that are missing. */
  assertWhole() {
    const db = new Sqlite5(this.path, { readonly: true, timeout: blockedMsMax });
    try {
      assertReadable(db);
      const [problem] = pageProblems(db);
      if (problem !== void 0) throw damaged(this.path, `it was cut short while it was in use: ${problem}`);
    } finally {
      db.close();
    }
  }
  currentOrDamage() {
    try {
      return this.guarded(() => this.current());
    } catch (error) {
      if (isDamaged(error)) return error;
      throw error;
    }
  }
  /** Opens the file, if there is one and it is a store. */
  open() {
    assertNotLost(this.path);
    const id = fileAt(this.path);
    if (id === null) return;
    const isWritable = canWrite(this.path);
    const db = this.connect({ fileMustExist: true, readonly: !isWritable });
    try {
      let format2 = readFormat(db, this.path);
      if (format2 === null) return void db.close();
      if (format2 < formatVersion && isWritable) {
        migrate(db, this.path);
        format2 = formatVersion;
      }
      if (isWritable) {
        db.pragma("journal_mode = wal");
        db.pragma(`synchronous = ${this.options.synchronous ?? "FULL"}`);
      }
      db.pragma("foreign_keys = off");
      db.pragma("user_version");
      if (!isSameFile(id, fileAt(this.path))) throw replacedMeanwhile(this.path);
      this.opened = { db, place: new FilePlace(this.path, id), format: format2 };
    } catch (error) {
      db.close();
      throw error;
    }
  }
  /** Makes a store of an empty or missing file. Any number of processes may try at once: one does it, the others see it. */
  create() {
    assertNotLost(this.path);
    const db = this.connect({ fileMustExist: false, readonly: false });
    try {
      migrate(db, this.path);
    } finally {
      db.close();
    }
  }
  connect(options) {
    return new Sqlite5(this.path, { ...options, timeout: Math.min(this.busyTimeoutMs, blockedMsMax) });
  }
};
function assertReadable(db) {
  try {
    db.exec("begin");
    db.pragma("user_version");
  } catch (error) {
    if (isLocked(error)) throw error;
  }
}
function passOverBadTables(db) {
  db.unsafeMode(true);
  try {
    db.pragma("writable_schema = on");
  } catch {
  }
}
function checkPlace(path) {
  if (existsSync3(path) && statSync3(path).isDirectory()) {
    throw new LogError(
      "store-is-a-folder",
      `${path} is a folder; name a file in it, such as sqlite:${join3(path, "overseer.db")}`
    );
  }
  const folder = dirname2(path);
  if (!existsSync3(folder)) {
    throw new LogError(
      "store-folder-missing",
      `${folder} does not exist; create the folder, then the store ${path} in it`
    );
  }
}
function replacedMeanwhile(path) {
  return new LogError("store-locked", `${path} was replaced while it was being opened; try again`, {
    isTransient: true
  });
}
function isDamaged(error) {
  return error instanceof LogError && error.code === "store-damaged" && error.cause instanceof Sqlite5.SqliteError;
}
function readOnly(path) {
  return new LogError("store-read-only", `${path} cannot be written to; check its permissions and those of its folder`);
}
function canWrite(path) {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

// src/log/sqlite/describe.ts
init_namespace_stream();
import { statSync as statSync4 } from "node:fs";
var synchronousModes = ["OFF", "NORMAL", "FULL", "EXTRA"];
function describeSqlite(db, path, namespace) {
  const number2 = (sql, ...values2) => db.prepare(sql).pluck().get(...values2);
  const pragma = (name2) => db.pragma(name2, { simple: true });
  const archives = archiveTotals(db);
  return {
    file: path,
    bytes: statSync4(path).size,
    freeBytes: pragma("freelist_count") * pragma("page_size"),
    format: pragma("user_version"),
    newestFormat: formatVersion,
    isWritable: !db.readonly,
    journal: db.pragma("journal_mode", { simple: true }),
    synchronous: synchronousModes[pragma("synchronous")] ?? "unknown",
    events: number2("select count(*) from events") + archives.events,
    archiveFiles: archives.files,
    archiveBytes: archives.bytes,
    archivedEvents: archives.events,
    graphs: number2("select count(*) from graphs where namespace = ? and name <> ?", namespace, ofNamespace),
    namespaces: number2("select count(distinct namespace) from graphs")
  };
}
function namespacesIn(db) {
  return db.prepare("select distinct namespace from graphs order by namespace").pluck().all();
}

// src/log/sqlite/graphs-search.ts
init_events();
init_read_event();
init_share();

// src/log/sqlite/share-queries.ts
init_share();
var lastCode = "unicode(substr(g.name, -1))";
var partitionBit = `(1 << ((${lastCode} + 9 * (${lastCode} >> 6)) & ${partitionCount - 1}))`;
var givesPriority2 = `case when json_valid(e.data) then
  coalesce(e.data ->> 'priority', 0) <> 0
  or (
    instr(substr(e.data, 1 + instr(e.data, '"priority":') * (e.data ->> 'parts' is not null)), '"priority":') > 0
    and exists (select 1 from json_each(e.data, '$.jobs') j where json_type(j.value, '$.priority') is not null)
  )
end`;
var isForShare2 = `(
  ${partitionBit} & ?
  or g.name = ''
  or g.name in (select value from json_each(?))
  or (
    e.type in (select id from names where name in ('GraphSubmitted', 'JobsSpawned'))
    and ${givesPriority2}
  )
)`;
var selectLastClaims = `${selectEvents} and e.position in (
  select max(e.position)
  from events e
  cross join streams s on s.id = e.stream
  cross join graphs g on g.id = s.graph
  where e.position > ? and e.type = (select id from names where name = 'JobStarted') and g.namespace = ?
  group by e.actor
)`;
function bitsOf(partitions) {
  let bits = 0;
  for (const partition of partitions) bits |= 1 << partition;
  return bits;
}

// src/log/sqlite/graphs-search.ts
var graphsAtOnce = 500;
var GraphsSearch = class {
  constructor(db, namespace, request) {
    this.request = request;
    this.upTo = db.prepare(selectLast).pluck().get();
    this.touched = touchedGraphs(db, namespace, request);
    const ids = new Map(db.prepare("select name, id from names").raw().all());
    this.judge = db.prepare(selectJudged((type) => ids.get(type) ?? -1)).raw();
  }
  request;
  found = [];
  judge;
  upTo;
  touched;
  lookedAt = 0;
  /** Looks at the next graphs. Returns whether there are more. */
  lookOn() {
    const { since } = this.request;
    const numbers = this.touched.slice(this.lookedAt, this.lookedAt + graphsAtOnce);
    this.lookedAt += graphsAtOnce;
    const rows = this.judge.all(JSON.stringify(numbers));
    for (const [graphId, mayBeOpen, hasPriority] of rows) {
      if (mayBeOpen === 0 && since.get(partitionOf(graphId)) === null) continue;
      this.found.push({ graphId, mayBeOpen: mayBeOpen === 1, hasPriority: hasPriority === 1 });
    }
    return this.lookedAt < this.touched.length;
  }
  get result() {
    return { graphs: this.found, upTo: this.upTo === null ? null : String(this.upTo) };
  }
};
function touchedGraphs(db, namespace, { since }) {
  const isOurs = "g.namespace = ? and g.name <> ''";
  const from = [...new Set(since.values())].map((position) => Number(position ?? 0)).sort((a, b) => b - a);
  const first = from.at(-1);
  if (first === void 0) return [];
  const askedFrom = (position) => bitsOf(new Set([...since].filter(([, each2]) => Number(each2 ?? 0) <= position).map(([partition]) => partition)));
  if (first === 0 && from.length === 1) {
    const sql2 = `select g.id from graphs g where ${isOurs} and ${partitionBit} & ?`;
    return db.prepare(sql2).pluck().all(namespace, askedFrom(0));
  }
  const asked = `case ${from.map((position) => `when e.position > ${position} then ${askedFrom(position)}`).join(" ")} end`;
  const sql = `
    select distinct s.graph
    from events e
    cross join streams s on s.id = e.stream
    cross join graphs g on g.id = s.graph
    where e.position > ? and ${isOurs} and ${partitionBit} & ${asked}`;
  return db.prepare(sql).pluck().all(first, namespace);
}
function selectJudged(id) {
  const is = (type) => `e.type = ${id(type)}`;
  const known = [...commonest, ...eventTypes.filter((type) => !commonest.includes(type))];
  const versions = known.map((type) => `when ${id(type)} then ${eventDefinitions[type].version}`);
  const isUnknown = `e.version not between 1 and case e.type ${versions.join(" ")} else 0 end`;
  const brackets = `length(e.data) - length(replace(replace(e.data, '[', ''), '{', ''))`;
  const isLong = `octet_length(e.data) > ${2 * readableNestingMax}`;
  const isOdd = `case when ${isUnknown} then 1 when ${isLong} then ${brackets} > ${readableNestingMax} else 0 end`;
  const attempt = `case when e.data glob '{"attempt":[0-9]*' then cast(substr(e.data, 12, 12) as integer) end`;
  const isDefining = `e.type in (${definingJobs.map(id).join(", ")})`;
  const inSubmission = (value2) => `case when ${is("GraphSubmitted")} and json_valid(e.data) then ${value2} end`;
  const graphs2 = `
    select g.name as name,
      exists (select 1 from archived_graphs a where a.graph = g.id) as isParted,
      sum(${isOdd}) as odd,
      sum(s.job = '') as own,
      sum(${is("GraphSubmitted")}) as submissions,
      max(${inSubmission(`json_extract(e.data, '$.parts')`)}) as parts,
      sum(case when ${isDefining} and json_valid(e.data) then json_array_length(e.data, '$.jobs') end) as named,
      max(case when ${isDefining} then ${givesPriority2} end) as hasPriority,
      max(case when ${is("GraphAborted")} and instr(e.data, '"deadline":') = 0 then e.revision end) = sum(s.job = '') - 1 as isAborted,
      count(*) - sum(s.job = '') as ofJobs,
      sum(s.job <> '' and e.revision = 0) as jobs,
      sum(${is("JobFinished")}) as ends,
      sum(case when ${is("JobFinished")} then e.revision + 1 end) as untilEnds,
      sum(case when ${is("JobFinished")} then ${attempt} end) as attempts,
      sum(${is("JobStarted")}) as starts
    from json_each(?) t
    cross join graphs g on g.id = t.value
    cross join streams s on s.graph = g.id
    cross join events e on e.stream = s.id
    group by g.id`;
  const areFinished = "jobs = named and ends = named and untilEnds = ofJobs and attempts = starts";
  const isOver = `odd = 0 and submissions = parts and (isAborted or (submissions = own and ${areFinished}))`;
  return `
    select name, isParted or ((own > 0 or odd > 0) and not coalesce(${isOver}, 0)), isParted or coalesce(hasPriority, 0)
    from (${graphs2})`;
}
var commonest = ["JobStarted", "JobFinished", "GraphSubmitted"];

// src/log/sqlite/group-commit.ts
init_event_log();
import { setTimeout as delay2 } from "node:timers/promises";
var GroupCommit = class {
  constructor(commit, committed, waitMs) {
    this.commit = commit;
    this.committed = committed;
    this.waitMs = waitMs;
  }
  commit;
  committed;
  waitMs;
  waiting = [];
  flushing = null;
  async add(requests, path) {
    const appends = encodeAppends(requests, path);
    return await new Promise((resolve2, reject2) => {
      this.waiting.push({ appends, giveUpAt: performance.now() + this.waitMs, resolve: resolve2, reject: reject2 });
      this.flushing ??= new Promise((flushed) => {
        setImmediate(() => {
          void this.flush().then(flushed);
        });
      });
    });
  }
  async settled() {
    while (this.flushing !== null) await this.flushing;
  }
  /** Never rejects: the appends that wait hear what went wrong. */
  async flush() {
    for (let retry = 0; !this.tryToCommit(); retry++) await delay2(pauseBefore(retry));
    this.flushing = null;
  }
  /** @returns whether no append waits any more */
  tryToCommit() {
    const group = this.waiting;
    this.waiting = [];
    try {
      const results = this.commit(group.flatMap((each2) => each2.appends));
      let from = 0;
      for (const { appends, resolve: resolve2 } of group) resolve2(results.slice(from, from += appends.length));
    } catch (error) {
      const now = performance.now();
      const patient = isLocked(error) ? group.filter(({ giveUpAt }) => giveUpAt > now) : [];
      for (const each2 of group) if (!patient.includes(each2)) each2.reject(error);
      this.waiting = patient;
      return patient.length === 0;
    }
    this.committed();
    return this.waiting.length === 0;
  }
};

// src/log/sqlite/readable-events.ts
var failuresMax = 2e3;
var rangesNamedMax = 5;
function readableEvents(db) {
  const survey = new Survey(db);
  const last2 = survey.lastPosition();
  if (last2 !== null) survey.look(bounds.position.first, last2);
  const archives = survey.tried(() => readableArchives(db));
  return archives === null ? survey.words : `${survey.words}; ${archives}`;
}
var Survey = class {
  constructor(db) {
    this.db = db;
    this.select = this.tried(
      () => db.prepare(`${selectEvents} and e.position between ? and ? order by e.position`).raw()
    );
  }
  db;
  select;
  ranges = [];
  graphs = /* @__PURE__ */ new Set();
  failures = 0;
  /** The position of the last event, from whatever still tells it. */
  lastPosition() {
    const ask = (sql) => this.tried(() => this.db.prepare(sql).pluck().get());
    const last2 = ask("select max(position) from events") ?? ask("select seq from sqlite_sequence where name = 'events'");
    return last2 === null ? null : Math.min(last2, bounds.position.last);
  }
  look(from, to) {
    if (this.select === null || this.failures > failuresMax) return;
    const ranges = [];
    const graphs2 = /* @__PURE__ */ new Set();
    try {
      for (const [position, graph] of this.select.iterate(from, to)) {
        graphs2.add(graph);
        add2(ranges, [position, position]);
      }
    } catch {
      this.failures += 1;
      if (from === to) return;
      const middle = Math.floor((from + to) / 2);
      this.look(from, middle);
      this.look(middle + 1, to);
      return;
    }
    for (const range of ranges) add2(this.ranges, range);
    for (const graph of graphs2) this.graphs.add(graph);
  }
  get words() {
    const events = this.ranges.reduce((sum, [from, to]) => sum + to - from + 1, 0);
    if (events === 0) return "no event";
    const named2 = this.ranges.slice(0, rangesNamedMax).map(([from, to]) => from === to ? `@${from}` : `@${from} to @${to}`);
    const more = this.ranges.length > named2.length ? ", \u2026" : "";
    const isWhole2 = this.failures <= failuresMax ? "" : ", and perhaps more";
    return `${events} events of ${this.graphs.size} graphs (${named2.join(", ")}${more})${isWhole2}`;
  }
  tried(work) {
    try {
      return work();
    } catch {
      return null;
    }
  }
};
function add2(ranges, [from, to]) {
  const last2 = ranges.at(-1);
  if (last2 !== void 0 && last2[1] === from - 1) last2[1] = to;
  else ranges.push([from, to]);
}

// src/log/sqlite/recent-events.ts
init_event_content();
init_event_list();
var kept2 = { events: 4096, bytes: 8 * 1024 * 1024 };
var RecentEvents = class {
  contents = new EventContents();
  /** In log order. */
  stretches = [];
  count = 0;
  bytes = 0;
  /** Adds what one transaction has committed: events at positions without gaps. */
  commit(committed) {
    const [first] = committed;
    if (first === void 0) return;
    const events = committed.map((each2) => ({
      position: each2.position,
      bytes: each2.event.data.length,
      recorded: null,
      committed: each2
    }));
    this.add(first.position - 1, events);
  }
  /** Adds what has been read from the file: all events of the namespace after a position. */
  read(after2, events) {
    if (events.length === 0) return;
    const added = events.map((recorded) => ({
      position: Number(recorded.position),
      bytes: recorded.bytes,
      recorded,
      committed: null
    }));
    this.add(after2, added);
  }
  /** The next events after a position that match a filter, as far as they are known from there; null if none is known there. */
  after(position, filter, limit2) {
    const stretch2 = this.stretches[this.indexAfter(position) - 1];
    if (stretch2 === void 0 || position >= stretch2.upTo) return null;
    const events = [];
    let index = leastWhere(0, stretch2.events.length, (each2) => stretch2.events[each2].position > position);
    for (; index < stretch2.events.length && events.length < limit2; index++) {
      const recorded = this.recordedOf(stretch2.events[index]);
      if (matches(recorded, filter)) events.push(recorded);
    }
    const upTo = index === stretch2.events.length ? stretch2.upTo : stretch2.events[index - 1].position;
    return { events, upTo: String(upTo), hasMore: events.length === limit2 };
  }
  /** Where the next known stretch begins after a position that is in none. */
  nextAfter(position) {
    return this.stretches[this.indexAfter(position)]?.after ?? null;
  }
  recordedOf(event) {
    event.recorded ??= recordedOf(event.committed, this.contents);
    event.committed = null;
    return event.recorded;
  }
  add(after2, events) {
    const index = this.indexAfter(after2);
    const before = this.stretches[index - 1];
    const upTo = events.at(-1).position;
    if (before?.upTo === after2) {
      before.events.push(...events);
      before.upTo = upTo;
      this.join(index - 1);
    } else {
      this.stretches.splice(index, 0, { after: after2, upTo, events });
      this.join(index);
    }
    this.count += events.length;
    for (const { bytes } of events) this.bytes += bytes;
    if (this.count > kept2.events || this.bytes > kept2.bytes) this.letGo();
  }
  /** Joins a stretch with the one behind it, if nothing lies between them. */
  join(index) {
    const stretch2 = this.stretches[index];
    const next = this.stretches[index + 1];
    if (next?.after !== stretch2.upTo) return;
    stretch2.events.push(...next.events);
    stretch2.upTo = next.upTo;
    this.stretches.splice(index + 1, 1);
  }
  /** Lets the older half go. */
  letGo() {
    const events = this.stretches.flatMap((stretch2) => stretch2.events);
    const half = Math.ceil(events.length / 2);
    const lastGone = events[half - 1].position;
    this.stretches = this.stretches.filter(({ upTo }) => upTo > lastGone).map(({ after: after2, upTo, events: all }) => ({
      after: Math.max(after2, lastGone),
      upTo,
      events: all.filter(({ position }) => position > lastGone)
    }));
    this.count -= half;
    for (const { bytes } of events.slice(0, half)) this.bytes -= bytes;
  }
  /** The index of the first stretch that begins after a position. */
  indexAfter(position) {
    return leastWhere(0, this.stretches.length, (index) => this.stretches[index].after > position);
  }
};
function recordedOf({ position, stream, event, revision, at }, contents2) {
  const { id, type, schemaVersion, data, causationId, actor } = event;
  const { event: content, bytes } = contents2.of(type, schemaVersion, data);
  return {
    graphId: stream.graphId,
    jobId: stream.jobId,
    id: id.toLowerCase(),
    revision,
    position: String(position),
    recordedAt: timeText(at),
    schemaVersion,
    causationId: causationId?.toLowerCase() ?? null,
    actor,
    bytes,
    type: content.type,
    data: content.data
  };
}

// src/log/sqlite/log-rows.ts
var selectExtent = `
  select
    (select min(namespace) = max(namespace) from graphs) as isAlone,
    (select count(*) from events) as events,
    (select min(position) from events) as first,
    (select max(position) from events) as last`;
var selectStream2 = `
  select s.id, g.id from streams s join graphs g on g.id = s.graph where g.namespace = ? and g.name = ? and s.job = ?`;
var rowsAtOnceMax = 5e3;
var LogRows = class {
  constructor(db, path, namespace) {
    this.db = db;
    this.namespace = namespace;
    this.archived = new ArchivedEvents(db, path, namespace);
    this.transact = db.transaction((work) => work());
  }
  db;
  namespace;
  statements = /* @__PURE__ */ new Map();
  archived;
  transact;
  stream(stream, range) {
    const kept4 = () => this.keptOfStream(stream, range);
    return this.read(kept4, () => {
      const rest = kept4();
      return [...this.archivedOfStream(stream, range, rest.length), ...rest];
    });
  }
  /** Of a graph and its jobs, after a position and up to another, in log order. */
  graph(graphId, after2, upTo, limit2 = Number.MAX_SAFE_INTEGER) {
    const sql = `${selectEventsOfGraphs} order by e.position ${limitTo}`;
    const kept4 = (most = limit2) => this.rows(sql, [JSON.stringify([graphId]), this.namespace, after2, upTo, most]);
    return this.read(kept4, () => {
      const number2 = this.graphNumber(graphId);
      const archived = number2 === null ? [] : this.archived.ofGraph(number2, graphId, after2, upTo);
      if (archived.length >= limit2) return archived.slice(0, limit2);
      return [...archived, ...kept4(limit2 - archived.length)];
    });
  }
  /** Of several graphs up to a position, in no order; null if these are too many rows, or may not be all of them. */
  graphs(graphIds, upTo) {
    const kept4 = () => this.rows(`${selectEventsOfGraphs} ${limitTo}`, [
      JSON.stringify(graphIds),
      this.namespace,
      0,
      upTo,
      rowsAtOnceMax + 1
    ]);
    const rows = this.read(kept4, () => null);
    return rows === null || rows.length > rowsAtOnceMax ? null : rows;
  }
  /**
   * Of the whole log: the next ones after a position, or before it.
   *
   * @param upTo none after it, if a position is given; only forwards
   */
  all({ after: after2 = null, direction = "forwards", filter = {}, limit: limit2 }, upTo = null) {
    const isForwards = direction === "forwards";
    const bound = upTo === null ? null : upTo + 1;
    const from = after2 === null ? isForwards ? 0 : Number.MAX_SAFE_INTEGER : Number(after2);
    const kept4 = (end) => this.kept(isForwards, from, end, { direction, filter, limit: limit2 });
    return this.read(
      () => kept4(bound),
      () => {
        const within = this.archiveFilter(filter);
        if (within === null) return kept4(bound);
        const found = isForwards ? this.archived.after(from, within, limit2) : this.archived.before(from, within, limit2);
        const archived = bound === null ? found : found.filter(([position]) => position < bound);
        const end = archived.length < limit2 ? bound : archived.at(-1)?.[0] ?? bound;
        const inOrder = (a, b) => isForwards ? a[0] - b[0] : b[0] - a[0];
        return [...archived, ...kept4(end)].sort(inOrder).slice(0, limit2);
      }
    );
  }
  /** The last claim of each worker after a position, and the end of the log. The actor of a claim is the worker. */
  lastClaims(after2) {
    return this.atOneMoment(() => {
      this.archived.look();
      const kept4 = this.rows(selectLastClaims, [after2, this.namespace]);
      const archived = this.archived.after(after2, { types: ["JobStarted"] }, Infinity);
      const last2 = new Map(archived.map((row) => [row[7], row]));
      const names = this.prepare("select name from names where id = ?").pluck();
      for (const row of kept4) {
        const worker = names.get(row[7]);
        if ((last2.get(worker)?.[0] ?? 0) < row[0]) last2.delete(worker);
      }
      const isLater = (row) => !last2.has(names.get(row[7]));
      return { claims: [...last2.values(), ...kept4.filter(isLater)], end: this.last() };
    });
  }
  /** The last position, of whatever namespace. The last event is never archived. */
  last() {
    return this.prepare(selectLast).pluck().get();
  }
  /** A binary search: events are in the order of their times, so this needs no index. */
  positionAt(moment) {
    const kept4 = () => this.keptPositionAt(moment);
    return this.read(kept4, () => Math.max(kept4() ?? 0, this.archived.positionAt(moment)) || null);
  }
  /** The positions of the nth events (from 1) of those up to a position, in rising order. */
  positionsOf(upTo, choose) {
    return this.read(
      () => this.placesOf(Number(upTo), choose, null),
      () => this.placesOf(Number(upTo), choose, this.archived)
    );
  }
  placesOf(upTo, choose, archived) {
    const extent = this.prepare(selectExtent).get();
    const first = Math.min(extent.first, archived?.extent.first ?? extent.first);
    const events = extent.events + (archived?.extent.events ?? 0);
    if (extent.isAlone === 1 && extent.last - first + 1 === events) {
      return choose(upTo - first + 1).map((n) => first + n - 1);
    }
    const ours = `select e.position from events e cross join streams s on s.id = e.stream cross join graphs g on g.id = s.graph
      where g.namespace = ? and e.position <= ? order by e.position`;
    const kept4 = this.prepare(ours).pluck().all(this.namespace, upTo);
    const countUpTo = (position) => countOf2(kept4, position) + (archived?.countUpTo(position) ?? 0);
    return choose(countUpTo(upTo)).map((n) => leastWhere(first, upTo, (position) => countUpTo(position) >= n));
  }
  /**
   * Reads the database alone, if nothing is archived; or else both, in one transaction. What is archived is looked up after
   * the database was read: if there is nothing even then, nothing was missing before.
   */
  read(kept4, both2) {
    if (!this.archived.areKnown) {
      const found = kept4();
      if (!this.archived.look()) return found;
    }
    return this.atOneMoment(() => {
      this.archived.look();
      return both2();
    });
  }
  atOneMoment(work) {
    return this.transact(work);
  }
  keptOfStream({ graphId, jobId: jobId2 }, { from, to, last: last2 }) {
    const sql = `${selectEvents}
      and e.stream = (
        select s.id from streams s join graphs g on g.id = s.graph where g.namespace = ? and g.name = ? and s.job = ?
      )`;
    const stream = [this.namespace, graphId, jobId2 ?? ""];
    if (last2 !== void 0)
      return this.rows(`${sql} order by e.revision desc ${limitTo}`, [...stream, last2]).toReversed();
    const revisions = [from ?? 0, to ?? Number.MAX_SAFE_INTEGER];
    return this.rows(`${sql} and e.revision between ? and ? order by e.revision`, [...stream, ...revisions]);
  }
  archivedOfStream({ graphId, jobId: jobId2 }, range, kept4) {
    const job2 = jobId2 ?? "";
    const found = this.prepare(selectStream2).raw().get(this.namespace, graphId, job2);
    const archived = found === void 0 ? null : this.archived.stream(found[0]);
    if (archived === null) return [];
    const [from, to] = revisionsOf(range, archived.revision, kept4);
    return this.archived.ofStream({ graph: found[1], name: graphId, job: job2 }, archived, from, to);
  }
  /** @param end only rows before it (backwards: after it) */
  kept(isForwards, from, end, { filter = {}, limit: limit2 }) {
    const [beyond, before] = isForwards ? [">", "<"] : ["<", ">"];
    const conditions = [`e.position ${beyond} ?`, "g.namespace = ?"];
    const values2 = [from, this.namespace];
    if (end !== null) {
      conditions.push(`e.position ${before} ?`);
      values2.push(end);
    }
    if (filter.graphId !== void 0) {
      conditions.push("g.name = ?");
      values2.push(filter.graphId);
    }
    if (filter.types !== void 0) {
      conditions.push("e.type in (select id from names where name in (select value from json_each(?)))");
      values2.push(JSON.stringify(filter.types));
    }
    if (filter.share !== void 0) {
      const { partitions, graphIds } = filter.share;
      conditions.push(isForShare2);
      values2.push(bitsOf(partitions), JSON.stringify([...graphIds]));
    }
    const sql = `${selectEvents} and ${conditions.join(" and ")} order by e.position ${isForwards ? "asc" : "desc"} ${limitTo}`;
    return this.rows(sql, [...values2, limit2]);
  }
  /** Null if no event in an archive can pass it. */
  archiveFilter({ graphId, types, share }) {
    if (graphId === void 0) return { types, share };
    const number2 = this.graphNumber(graphId);
    return number2 === null ? null : { types, share, graph: { number: number2, name: graphId } };
  }
  graphNumber(graphId) {
    const sql = "select id from graphs where namespace = ? and name = ?";
    return this.prepare(sql).pluck().get(this.namespace, graphId) ?? null;
  }
  keptPositionAt(moment) {
    const at = this.prepare("select position, at from events where position >= ? order by position limit 1");
    let low = 0;
    let high = this.last() ?? 0;
    let found = null;
    while (low <= high) {
      const middle = Math.floor((low + high) / 2);
      const row = at.get(middle);
      if (row === void 0 || row.at > moment) high = middle - 1;
      else {
        found = row.position;
        low = row.position + 1;
      }
    }
    return found;
  }
  rows(sql, values2) {
    return this.prepare(sql).raw().all(...values2);
  }
  prepare(sql) {
    const known = this.statements.get(sql);
    if (known !== void 0) return known;
    const statement = this.db.prepare(sql);
    this.statements.set(sql, statement);
    return statement;
  }
};
function revisionsOf({ from = 0, to, last: last2 }, archived, kept4) {
  if (last2 !== void 0) return [Math.max(0, archived - (last2 - kept4) + 1), archived];
  return [from, Math.min(to ?? archived, archived)];
}
function countOf2(numbers, most) {
  return leastWhere(0, numbers.length, (index) => numbers[index] > most);
}

// src/log/sqlite/reader.ts
init_defined();
init_canonical_event();
init_event_content();
var passedBy = { least: 1e3, times: 4, limitMost: 1e4 };
var SqliteReader = class {
  constructor(db, rows, namespace) {
    this.rows = rows;
    this.namespace = namespace;
    this.names = new Names(db, "names");
    this.graphIds = new Names(db, "graphs");
    this.selectSnapshot = db.prepare("select position, bytes from snapshots where namespace = ? and name = ?");
  }
  rows;
  namespace;
  contents = new EventContents();
  names;
  graphIds;
  selectSnapshot;
  stream(stream, range) {
    return this.events(this.rows.stream(stream, range));
  }
  graph(graphId, upTo) {
    return this.events(this.rows.graph(graphId, 0, upTo === null ? Number.MAX_SAFE_INTEGER : Number(upTo)));
  }
  /** Hands over the histories of several graphs, in the order of their ids. */
  graphs(graphIds, upTo, accept) {
    const rows = this.rows.graphs(graphIds, upTo === null ? Number.MAX_SAFE_INTEGER : Number(upTo));
    if (rows === null) {
      for (const graphId of graphIds) accept(graphId, this.graph(graphId, upTo));
      return;
    }
    const ofGraphs = new Map(graphIds.map((graphId) => [graphId, []]));
    for (const row of rows) ofGraphs.get(this.graphIds.get(row[1])).push(row);
    for (const [graphId, ofGraph] of ofGraphs) accept(graphId, this.events(ofGraph.sort(([a], [b]) => a - b)));
  }
  all(request, upTo = null) {
    return this.events(this.rows.all(request, upTo));
  }
  stored({ after: after2 = null, direction = "forwards", graphId, types, limit: limit2 }) {
    const most = Math.min(limit2, Number.MAX_SAFE_INTEGER);
    const rows = graphId !== void 0 && types === void 0 && direction === "forwards" ? this.storedOfGraph(graphId, after2, most) : this.rows.all({ after: after2, direction, filter: defined({ graphId, types }), limit: most });
    return rows.map((row) => this.storedOf(row));
  }
  /**
   * To list the streams of a large graph, and to sort their events, takes as long for a part of them as for all. So it is seen
   * first whether the part is found by passing by all events of the log that come next: at its end, or where the graph has
   * run nearly alone.
   */
  storedOfGraph(graphId, after2, limit2) {
    const from = after2 === null ? 0 : Number(after2);
    const upTo = from + Math.max(passedBy.least, limit2 <= passedBy.limitMost ? passedBy.times * limit2 : 0);
    const isEnd = (this.rows.last() ?? 0) <= upTo;
    const next = this.rows.all({ after: after2, filter: { graphId }, limit: limit2 }, isEnd ? null : upTo);
    return isEnd || next.length === limit2 ? next : this.rows.graph(graphId, from, Number.MAX_SAFE_INTEGER, limit2);
  }
  /**
   * The next events for a subscription, up to a position or to the end of the log. The end is read first, so that no event
   * after it is missed.
   */
  batch({ after: after2 = null, filter, limit: limit2 }, upTo = null) {
    const end = upTo ?? this.rows.last();
    if (end === null || after2 !== null && end <= Number(after2)) return { events: [], upTo: after2, hasMore: false };
    const events = this.all(defined({ after: after2, limit: limit2, filter }), upTo);
    const last2 = Number(events.at(-1)?.position ?? 0);
    const hasMore = events.length === limit2;
    return { events, upTo: String(hasMore ? last2 : Math.max(last2, end)), hasMore };
  }
  claimantsAfter(position) {
    const { claims, end } = this.rows.lastClaims(Number(position ?? 0));
    const events = this.events(claims);
    const workers2 = events.flatMap((event) => event.type === "JobStarted" ? [event.data.worker] : []);
    return { workers: workers2, upTo: end === null ? null : String(end) };
  }
  positionAt(moment) {
    const found = this.rows.positionAt(moment);
    return found === null ? null : String(found);
  }
  /** The positions of the nth events (from 1) of those up to a position, in rising order. */
  positionsOf(upTo, choose) {
    return this.rows.positionsOf(upTo, choose).map((position) => String(position));
  }
  snapshot(name2) {
    const row = this.selectSnapshot.get(this.namespace, name2);
    return row === void 0 ? null : { position: String(row.position), bytes: row.bytes };
  }
  events(rows) {
    return rows.map((row) => this.recorded(row));
  }
  storedOf(row) {
    const [position, graph, job2, revision, type, version, , actor, at, data] = row;
    return {
      graphId: this.graphIds.get(graph),
      jobId: job2 === "" ? null : textOf3(job2),
      revision,
      id: idOf(row),
      type: this.names.get(type),
      schemaVersion: version,
      recordedAt: timeText(at),
      causationId: causationIdOf(row),
      actor: this.names.get(actor),
      position: String(position),
      data: canonicalData(textOf3(data))
    };
  }
  recorded(row) {
    const [position, graph, job2, revision, type, version, , actor, at, data] = row;
    const { event, bytes } = this.contents.of(this.names.get(type), version, textOf3(data));
    return {
      graphId: this.graphIds.get(graph),
      jobId: job2 === "" ? null : textOf3(job2),
      id: idOf(row),
      revision,
      position: String(position),
      recordedAt: timeText(at),
      schemaVersion: version,
      causationId: causationIdOf(row),
      actor: this.names.get(actor),
      bytes,
      type: event.type,
      data: event.data
    };
  }
};

// src/log/sqlite/writer.ts
init_event_log();

// src/log/sqlite/numbered-rows.ts
init_bounded_map();
var numbersKeptMax = 5e4;
var NumberedRows = class {
  select;
  add;
  constructor(db, table, columns) {
    const where2 = columns.map((column) => `${column} = ?`).join(" and ");
    const values2 = columns.map(() => "?").join(", ");
    this.select = db.prepare(`select id from ${table} where ${where2}`).pluck();
    this.add = db.prepare(`insert into ${table} (${columns.join(", ")}) values (${values2})`);
  }
  find(...row) {
    return this.select.get(...row) ?? null;
  }
  insert(...row) {
    return Number(this.add.run(...row).lastInsertRowid);
  }
};
var NumberedNames = class {
  known = new BoundedMap(numbersKeptMax);
  rows;
  constructor(db) {
    this.rows = new NumberedRows(db, "names", ["name"]);
  }
  get(name2) {
    const known = this.known.get(name2);
    if (known !== void 0) return known;
    const number2 = this.rows.find(name2) ?? this.rows.insert(name2);
    this.known.set(name2, number2);
    return number2;
  }
  forget() {
    this.known.clear();
  }
};
var NumberedStreams = class {
  constructor(db, namespace) {
    this.namespace = namespace;
    this.graphs = new NumberedRows(db, "graphs", ["namespace", "name"]);
    this.streams = new NumberedRows(db, "streams", ["graph", "job"]);
  }
  namespace;
  known = /* @__PURE__ */ new Map();
  kept = 0;
  graphs;
  streams;
  find({ graphId, jobId: jobId2 }) {
    const graph = this.graph(graphId);
    if (graph === null) return null;
    const job2 = jobId2 ?? "";
    const known = graph.streams.get(job2);
    if (known !== void 0) return known;
    const found = this.streams.find(graph.number, job2);
    return found === null ? null : this.keep(graph, job2, found);
  }
  /** As {@link find}; a stream that is not there is made. */
  get(stream) {
    const found = this.find(stream);
    if (found !== null) return found;
    const { graphId, jobId: jobId2 } = stream;
    const graph = this.graph(graphId) ?? this.keepGraph(graphId, this.graphs.insert(this.namespace, graphId));
    return this.keep(graph, jobId2 ?? "", this.streams.insert(graph.number, jobId2 ?? ""));
  }
  forget() {
    this.known.clear();
    this.kept = 0;
  }
  graph(graphId) {
    const known = this.known.get(graphId);
    if (known !== void 0) return known;
    const found = this.graphs.find(this.namespace, graphId);
    return found === null ? null : this.keepGraph(graphId, found);
  }
  keepGraph(graphId, number2) {
    if (this.kept >= numbersKeptMax) this.forget();
    this.kept += 1;
    const graph = { number: number2, streams: /* @__PURE__ */ new Map() };
    this.known.set(graphId, graph);
    return graph;
  }
  keep(graph, job2, number2) {
    if (this.kept >= numbersKeptMax) this.forget();
    this.kept += 1;
    graph.streams.set(job2, number2);
    return number2;
  }
};

// src/log/sqlite/writer.ts
init_restore_check();
var SqliteWriter = class {
  constructor(db, rows, namespace, now) {
    this.rows = rows;
    this.now = now;
    this.insertEvent = db.prepare(
      "insert into events (stream, revision, type, version, id, causation, actor, at, data) values (?, ?, ?, ?, ?, ?, ?, ?, ?)"
    );
    this.readHead = db.prepare("select revision from events where stream = ? order by revision desc limit 1").pluck();
    this.readArchivedHead = db.prepare("select revision from archived_streams where stream = ?").pluck();
    this.lastAt = db.prepare("select at from events order by position desc limit 1").pluck();
    this.names = new NumberedNames(db);
    this.streams = new NumberedStreams(db, namespace);
    const transaction = db.transaction((requests) => {
      this.hasBegun = true;
      const at = Math.max(this.now(), this.lastAt.get() ?? 0);
      return requests.map((request) => this.appendOne(request, at));
    });
    this.transact = (requests) => transaction.immediate(requests);
    const restoring = db.transaction((events, address) => {
      this.hasBegun = true;
      const target = {
        lengthOf: (event) => this.lengthOf(event),
        idAt: (event) => this.idAt(event),
        lastAt: this.lastAt.get() ?? 0
      };
      for (const restored of toBeRestored(events, target, address)) this.insertRestored(restored);
    });
    this.transactRestore = (events, address) => restoring.immediate(events, address);
  }
  rows;
  now;
  insertEvent;
  readHead;
  readArchivedHead;
  lastAt;
  names;
  streams;
  transact;
  /** Whether the file was free for the last transaction. */
  hasBegun = false;
  /** What the transaction under way has written. */
  written = [];
  /** SQLite copies what it is given, so each insert uses the same bytes. */
  idBytes = Buffer.alloc(16);
  causeBytes = Buffer.alloc(16);
  transactRestore;
  append(requests) {
    this.written = [];
    const results = this.remembering(() => this.transact(requests));
    return { results, events: this.written };
  }
  /** Appends events of another log unchanged: all of them, or none. */
  restore(events, address) {
    this.remembering(() => this.transactRestore(events, address));
  }
  remembering(transaction) {
    this.hasBegun = false;
    try {
      return transaction();
    } catch (error) {
      if (this.hasBegun) {
        this.names.forget();
        this.streams.forget();
      }
      throw error;
    }
  }
  appendOne(request, at) {
    const known = this.streams.find(request);
    const actualRevision = known === null ? -1 : this.headOf(known);
    if (actualRevision !== request.expectedRevision) {
      return known !== null && this.repeated(request) || { appended: false, actualRevision };
    }
    const isInPlace = (other) => this.lengthOf(other) - 1 === other.expectedRevision;
    if (!request.along.every((other) => isInPlace(other) && other.notBefore <= at)) {
      return { appended: false, actualRevision };
    }
    const revision = this.insertAll(known ?? this.streams.get(request), request, at);
    for (const other of request.along) this.insertAll(this.streams.get(other), other, at);
    return { appended: true, revision };
  }
  /** Inserts the events of an append whose stream is where it expects it. Returns the stream's revision from then on. */
  insertAll(stream, append, at) {
    let revision = append.expectedRevision;
    for (const event of append.events) {
      const position = this.insert(stream, ++revision, event, at);
      this.written.push({ position, stream: append, event, revision, at });
    }
    return revision;
  }
  lengthOf(event) {
    const stream = this.streams.find(event);
    return stream === null ? 0 : this.headOf(stream) + 1;
  }
  /** The revision of a stream's last event, wherever that is; -1 if it has none. */
  headOf(stream) {
    const kept4 = this.readHead.get(stream);
    return kept4 ?? this.readArchivedHead.get(stream) ?? -1;
  }
  idAt({ graphId, jobId: jobId2, revision, id }) {
    const [row] = this.rows.stream({ graphId, jobId: jobId2 }, { from: revision, to: revision });
    return row !== void 0 && isSameId(row, id) ? id : null;
  }
  insertRestored({ event, text }) {
    this.insert(this.streams.get(event), event.revision, { ...event, data: text }, Date.parse(event.recordedAt));
  }
  insert(stream, revision, { id, type, schemaVersion, data, causationId, actor }, at) {
    const inserted = this.insertEvent.run(
      stream,
      revision,
      this.names.get(type),
      schemaVersion,
      uuidInto(this.idBytes, id),
      causationId === null ? null : uuidInto(this.causeBytes, causationId),
      this.names.get(actor),
      at,
      data
    );
    return Number(inserted.lastInsertRowid);
  }
  /** The result of the first try, if exactly these events are already where they were meant to go. */
  repeated({ graphId, jobId: jobId2, expectedRevision, events }) {
    const revision = expectedRevision + events.length;
    try {
      const there = this.rows.stream({ graphId, jobId: jobId2 }, { from: expectedRevision + 1, to: revision });
      const isSame2 = there.length > 0 && there.length === events.length && there.every((row, index) => isSameId(row, events[index].id));
      return isSame2 ? { appended: true, revision } : null;
    } catch (problem) {
      if (problem instanceof LogError) return { appended: false, actualRevision: null, problem };
      throw problem;
    }
  }
};
function isSameId(row, id) {
  return idOf(row) === id.toLowerCase();
}
function uuidInto(bytes, id) {
  let at = 0;
  for (let index = 0; index < 16; index++) {
    if (index === 4 || index === 6 || index === 8 || index === 10) at += 1;
    bytes[index] = digits[id.charCodeAt(at)] << 4 | digits[id.charCodeAt(at + 1)];
    at += 2;
  }
  return bytes;
}
var digits = new Uint8Array(256);
for (let value2 = 0; value2 < 16; value2++) {
  const digit2 = value2.toString(16);
  digits[digit2.charCodeAt(0)] = value2;
  digits[digit2.toUpperCase().charCodeAt(0)] = value2;
}

// src/log/sqlite/sqlite-log.ts
var subscriptionBatch = 1e3;
function openSqliteLog(options) {
  const namespace = options.namespace ?? "overseer";
  const connection = new SqliteConnection(options);
  const { path } = connection;
  const prepared = new PreparedFor(connection, namespace, options.now ?? Date.now);
  const changes2 = new ChangeWatch({ version: () => prepared.version, journal: `${path}-wal` });
  const recent = new RecentEvents();
  const commits = new GroupCommit(
    (requests) => {
      const { results, events } = connection.guarded(() => connection.written(() => prepared.writer.append(requests)));
      recent.commit(events);
      return results;
    },
    () => changes2.notify(),
    connection.busyTimeoutMs
  );
  const attempt = (work) => TE.tryCatch(
    async () => {
      await Promise.resolve();
      return await whenFree(work, connection.busyTimeoutMs);
    },
    (error) => asLogError(error, path)
  );
  return {
    // Two slashes would begin a path that is relative.
    address: `sqlite:${options.path.replace(/^\/{2,}/, "/")}`,
    namespace,
    joinsStreams: true,
    ...reads(attempt, prepared),
    install: () => attempt(() => connection.install()),
    append: (requests) => TE.tryCatch(
      () => commits.add(requests, path),
      (error) => asLogError(error, path)
    ),
    restore: (events) => attempt(() => {
      connection.written(() => prepared.writer.restore(events, path));
      changes2.notify();
    }),
    subscribe: (request = {}) => {
      const readBatch6 = (after2) => connection.guarded(() => nextBatch(prepared.reader, recent, after2, request.filter ?? {}));
      return pollingSubscription({ readBatch: readBatch6, onChange: (callback) => changes2.onChange(callback) }, request);
    },
    saveSnapshot: (name2, snapshot) => attempt(() => saveSnapshot(connection.database, namespace, name2, snapshot)),
    archive: archiveOf(attempt, connection, namespace, path),
    namespaces: () => attempt(() => namespacesIn(connection.database)),
    describe: () => attempt(() => describeSqlite(connection.database, path, namespace)),
    assertWritable: () => attempt(() => assertSound(connection)),
    check: () => attempt(() => connection.examined(allProblems)),
    readable: () => attempt(() => connection.examined(readableEvents)),
    async close() {
      await commits.settled();
      connection.close();
      changes2.stop();
      changes2.notify();
    }
  };
}
function nextBatch(reader, recent, after2, filter) {
  const events = [];
  for (let from = after2; ; ) {
    const limit2 = subscriptionBatch - events.length;
    const known = recent.after(Number(from ?? 0), filter, limit2);
    const knownNext = known === null ? recent.nextAfter(Number(from ?? 0)) : null;
    const batch3 = known ?? reader.batch({ after: from, filter, limit: limit2 }, knownNext);
    if (known === null && isWhole(filter)) recent.read(Number(from ?? 0), batch3.events);
    events.push(...batch3.events);
    from = batch3.upTo;
    const isAtEnd2 = known === null && knownNext === null;
    if (batch3.hasMore || isAtEnd2) return { events, upTo: from, hasMore: batch3.hasMore };
  }
}
function isWhole({ graphId, types, share }) {
  return graphId === void 0 && types === void 0 && share === void 0;
}
function reads(attempt, prepared) {
  return {
    readStream: (stream, range = {}) => attempt(() => prepared.reader.stream(stream, range)),
    readGraph: (graphId, upTo = null) => attempt(() => prepared.reader.graph(graphId, upTo)),
    readGraphs: (graphIds, upTo, accept) => async () => {
      let next = 0;
      return await inPieces(attempt, () => {
        prepared.reader.graphs(graphIds.slice(next, next + graphsAtOnce2), upTo, accept);
        next += graphsAtOnce2;
        return next < graphIds.length;
      });
    },
    readAll: (request) => attempt(() => prepared.reader.all(request)),
    readStored: (request) => attempt(() => prepared.reader.stored(request)),
    graphsAfter: (request) => searched(attempt, () => prepared.graphsSearch(request)),
    claimantsAfter: (position) => attempt(() => prepared.reader.claimantsAfter(position)),
    positionsOf: (upTo, choose) => attempt(() => prepared.reader.positionsOf(upTo, choose)),
    positionAt: (moment) => attempt(() => prepared.reader.positionAt(moment)),
    loadSnapshot: (name2) => attempt(() => prepared.reader.snapshot(name2))
  };
}
function archiveOf(attempt, connection, namespace, path) {
  return {
    restingGraphs: (upTo) => attempt(() => restingGraphs(connection.database, namespace, upTo)),
    move: (graphIds, upTo, options) => TE.tryCatch(
      () => new Mover(connection, namespace).move(graphIds, upTo, options),
      (error) => asLogError(error, path)
    ),
    compact: () => attempt(() => compact(connection))
  };
}
function searched(attempt, begin2) {
  return async () => {
    const search = await attempt(begin2)();
    if (E.isLeft(search)) return search;
    const all = await inPieces(attempt, () => search.right.lookOn());
    return E.isLeft(all) ? all : E.right(search.right.result);
  };
}
var graphsAtOnce2 = 100;
async function inPieces(attempt, lookOn) {
  for (; ; ) {
    const isMore = await attempt(lookOn)();
    if (E.isLeft(isMore)) return isMore;
    if (!isMore.right) return E.right(void 0);
    await nextTurn3();
  }
}
function saveSnapshot(db, namespace, name2, { position, bytes }) {
  const sql = `insert into snapshots (namespace, name, position, bytes) values (?, ?, ?, ?)
    on conflict do update set position = excluded.position, bytes = excluded.bytes where excluded.position >= position`;
  db.prepare(sql).run(namespace, name2, Number(position), bytes);
}
function allProblems(db, format2, why) {
  return storageProblems(db, format2, why, (archived) => [...archiveProblems(archived), ...indexProblems(archived)]);
}
var checkedBytesMax = 32 * 1024 * 1024;
function assertSound(connection) {
  connection.assertWritable();
  const { path } = connection;
  if (statSync5(path).size > checkedBytesMax) return;
  const problems2 = connection.examined((db, format2, why) => storageProblems(db, format2, why, () => []));
  if (problems2.length > 0) throw damaged(path, problems2.slice(0, 3).join("; "));
}
var PreparedFor = class {
  constructor(connection, namespace, now) {
    this.connection = connection;
    this.namespace = namespace;
    this.now = now;
  }
  connection;
  namespace;
  now;
  made = null;
  asked = null;
  written = null;
  get reader() {
    return this.madeFor(this.connection.database).reader;
  }
  graphsSearch(request) {
    return new GraphsSearch(this.connection.database, this.namespace, request);
  }
  /** A statement whose result changes with every commit of another connection. */
  get version() {
    const db = this.connection.database;
    if (this.asked?.db !== db) this.asked = { db, version: db.prepare("pragma data_version").pluck() };
    return this.asked.version;
  }
  /** Made only if a quick look finds no damage: nothing is added to a damaged file. */
  get writer() {
    const db = this.connection.database;
    if (this.written?.db !== db) {
      this.connection.assertWritable();
      this.written = { db, writer: new SqliteWriter(db, this.madeFor(db).rows, this.namespace, this.now) };
    }
    return this.written.writer;
  }
  madeFor(db) {
    if (this.made?.db === db) return this.made;
    const rows = new LogRows(db, this.connection.path, this.namespace);
    this.made = { db, rows, reader: new SqliteReader(db, rows, this.namespace) };
    return this.made;
  }
};

// src/log/store-address.ts
init_known_names();
init_nearest();
init_shown_address();
init_event_log();
init_address();

// src/store/environment.ts
init_timer();
import { hostname as hostname2 } from "node:os";

// src/prelude/uuid.ts
import { randomFillSync } from "node:crypto";
var drawn = new Uint8Array(16 * 256);
var used = drawn.length;
var digits2 = Array.from("0123456789abcdef", (digit2) => digit2.charCodeAt(0));
var dash2 = 45;
function newUuid() {
  if (used === drawn.length) {
    randomFillSync(drawn);
    used = 0;
  }
  const from = used;
  used += 16;
  const high = (index) => digits2[drawn[from + index] >> 4];
  const low = (index) => digits2[drawn[from + index] & 15];
  const version = digits2[4];
  const variant2 = digits2[8 | drawn[from + 8] >> 4 & 3];
  return String.fromCharCode(
    high(0),
    low(0),
    high(1),
    low(1),
    high(2),
    low(2),
    high(3),
    low(3),
    dash2,
    high(4),
    low(4),
    high(5),
    low(5),
    dash2,
    version,
    low(6),
    high(7),
    low(7),
    dash2,
    variant2,
    low(8),
    high(9),
    low(9),
    dash2,
    high(10),
    low(10),
    high(11),
    low(11),
    high(12),
    low(12),
    high(13),
    low(13),
    high(14),
    low(14),
    high(15),
    low(15)
  );
}

// src/store/process-identity.ts
import { readFileSync as readFileSync3, readlinkSync } from "node:fs";
import { hostname } from "node:os";
function processToken() {
  try {
    return `${spaceOfProcesses()}:${startOf("self")}`;
  } catch {
    return void 0;
  }
}
function isProcessGone({ host, pid, process: token }) {
  const name2 = token === void 0 ? null : nameIn(token);
  if (name2 === null || host !== hostname()) return false;
  try {
    return name2.space === spaceOfProcesses() && startOf(pid) !== name2.startedAt;
  } catch {
    return false;
  }
}
function nameIn(token) {
  const at = token.lastIndexOf(":");
  return at < 0 ? null : { space: token.slice(0, at), startedAt: token.slice(at + 1) };
}
var space = null;
function spaceOfProcesses() {
  space ??= `${readFileSync3("/proc/sys/kernel/random/boot_id", "utf8").trim()}:${readlinkSync("/proc/self/ns/pid")}`;
  return space;
}
function startOf(pid) {
  const text = statOf(pid);
  if (text === null) return null;
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const [state, startTicks] = [fields[0], fields[19]];
  return state === "Z" || state === "X" ? null : startTicks;
}
function statOf(pid) {
  try {
    return readFileSync3(`/proc/${pid}/stat`, "utf8");
  } catch (error) {
    if (["ENOENT", "ESRCH"].includes(error.code ?? "")) return null;
    throw error;
  }
}

// src/store/environment.ts
var systemEnvironment = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  setTimer: afterMs,
  newId: newUuid,
  random: () => Math.random(),
  host: hostname2(),
  pid: process.pid,
  process: processToken(),
  isGone: isProcessGone
};

// src/store/graph-follower.ts
init_event_log();
init_positions();
init_ending_at_once();
init_fp();
init_when_aborted();
var GraphFollower = class {
  constructor(store2) {
    this.store = store2;
  }
  store;
  /** By graph. */
  inboxes = /* @__PURE__ */ new Map();
  /** Those who have come in this turn: their graphs will be read together. */
  comers = [];
  subscription = null;
  /** Where the subscription begins, or how far it has come. */
  position = null;
  beginning = null;
  isOfAll = false;
  /** Follows a graph. Returns how to stop that; nothing is called from then on. */
  listen(graphId, listener) {
    const inbox = new Inbox(graphId, listener);
    addTo(this.inboxes, inbox);
    if (this.comers.push(inbox) === 1) void this.readComers();
    return () => {
      inbox.close();
      this.leave(inbox);
    };
  }
  /**
   * The same, for one who reads in turn. Whoever has it must read `live`, or end it.
   *
   * @throws LogError
   */
  async follow(graphId, signal) {
    const queue = new EventQueue();
    const leave = this.listen(graphId, queue);
    const events = await queue.first();
    const stop = () => {
      leave();
      queue.onEnd(null);
    };
    return { events, live: endingAtOnce(queue.batches(signal, stop), stop) };
  }
  /** Reads the graphs of those who have come in one turn, together. Never rejects. */
  async readComers() {
    try {
      do {
        this.beginning ??= this.subscribeToEnd();
        await this.beginning;
      } while (this.subscription === null && this.inboxes.size > 0);
    } catch (error) {
      return this.fail(this.takeComers(), error);
    }
    const comers = this.takeComers();
    if (!this.isOfAll && this.inboxes.size > 1) this.subscribe(void 0);
    await this.open(comers).catch((error) => this.fail(comers, error));
  }
  takeComers() {
    const { comers } = this;
    this.comers = [];
    return comers;
  }
  /** Everything up to where the subscription is now is in these reads, and the inboxes get everything after that. */
  async open(comers) {
    const ofGraphs = /* @__PURE__ */ new Map();
    for (const inbox of comers) if (inbox.isReading) addTo(ofGraphs, inbox);
    const { log } = this.store;
    await log.readGraphs([...ofGraphs.keys()], null, (graphId, history2) => {
      for (const inbox of ofGraphs.get(graphId)) {
        if (history2 instanceof LogError) this.fail([inbox], history2);
        else inbox.open(history2);
      }
    })();
    for (const inbox of comers) {
      if (!inbox.isReading) continue;
      const alone = await log.readGraph(inbox.graphId)();
      if (E.isLeft(alone)) this.fail([inbox], alone.left);
      else inbox.open(alone.right);
    }
  }
  fail(inboxes, error) {
    for (const inbox of inboxes) if (inbox.isReading && this.leave(inbox)) inbox.end(error);
  }
  async subscribeToEnd() {
    const last2 = await this.store.log.readAll({ direction: "backwards", limit: 1 })();
    if (E.isLeft(last2)) {
      this.beginning = null;
      throw last2.left;
    }
    if (this.subscription !== null) return;
    this.position = last2.right[0]?.position ?? null;
    const [only, ...others] = this.inboxes.keys();
    if (only === void 0) this.beginning = null;
    else this.subscribe(others.length === 0 ? only : void 0);
  }
  /** Subscribes anew from where the last subscription was: for the events of one graph, or of all. */
  subscribe(graphId) {
    this.subscription?.close();
    this.isOfAll = graphId === void 0;
    const filter = graphId === void 0 ? {} : { graphId };
    const subscription = this.store.log.subscribe({ after: this.position, filter });
    this.subscription = subscription;
    this.read(subscription).then(
      () => this.ended(subscription, null),
      (error) => this.ended(subscription, error)
    );
  }
  async read(subscription) {
    for await (const message2 of subscription) {
      if (subscription !== this.subscription) return;
      if (message2.kind === "events") this.deliver(onlyAfter(message2.events, this.position));
      else if (message2.kind === "caughtUp" && isBeyond(message2.upTo, this.position)) this.position = message2.upTo;
    }
  }
  deliver(events) {
    const reached2 = [];
    for (const event of events) {
      const ofGraph = this.inboxes.get(event.graphId);
      if (ofGraph === void 0) continue;
      for (const inbox of ofGraph) if (inbox.add(event)) reached2.push(inbox);
    }
    this.position = events.at(-1)?.position ?? this.position;
    for (const inbox of reached2) inbox.endBatch();
  }
  /** False if it had left already. */
  leave(inbox) {
    const ofGraph = this.inboxes.get(inbox.graphId);
    if (ofGraph?.delete(inbox) !== true) return false;
    if (ofGraph.size === 0) this.inboxes.delete(inbox.graphId);
    if (this.inboxes.size === 0) this.rest();
    return true;
  }
  ended(subscription, error) {
    if (subscription !== this.subscription) return;
    const inboxes = [...this.inboxes.values()].flatMap((ofGraph) => [...ofGraph]);
    this.inboxes.clear();
    this.rest();
    for (const inbox of inboxes) inbox.end(error);
  }
  rest() {
    const { subscription } = this;
    this.subscription = null;
    this.beginning = null;
    this.isOfAll = false;
    subscription?.close();
  }
};
function isBeyond(position, other) {
  return position !== null && (other === null || comparePositions(position, other) > 0);
}
function addTo(inboxes, inbox) {
  const ofGraph = inboxes.get(inbox.graphId);
  if (ofGraph === void 0) inboxes.set(inbox.graphId, /* @__PURE__ */ new Set([inbox]));
  else ofGraph.add(inbox);
}
var Inbox = class {
  constructor(graphId, listener) {
    this.graphId = graphId;
    this.listener = listener;
  }
  graphId;
  listener;
  early = [];
  isInBatch = false;
  mode = "reading";
  /** Of the last event that was read. A slow subscription may hand over some of these only afterwards. */
  readUpTo = null;
  get isReading() {
    return this.mode === "reading";
  }
  /** Returns whether a batch begins with it. */
  add(event) {
    if (this.mode === "reading") this.early.push(event);
    if (this.mode !== "open" || !isBeyond(event.position, this.readUpTo)) return false;
    this.listener.onEvent(event);
    const begins = !this.isInBatch;
    this.isInBatch = true;
    return begins;
  }
  endBatch() {
    this.isInBatch = false;
    if (this.mode === "open") this.listener.onBatch();
  }
  /** The graph has been read: what has come since and is not part of that follows it. */
  open(events) {
    if (this.mode !== "reading") return;
    this.mode = "open";
    this.readUpTo = events.at(-1)?.position ?? null;
    for (const event of events) this.listener.onEvent(event);
    for (const event of onlyAfter(this.early, this.readUpTo)) this.listener.onEvent(event);
    this.early = [];
    this.listener.onBatch();
  }
  close() {
    this.mode = "closed";
  }
  end(error) {
    if (this.mode === "closed") return;
    this.mode = "closed";
    this.listener.onEnd(error);
  }
};
var EventQueue = class {
  events = [];
  hasBegun = false;
  hasEnded = false;
  error = null;
  onNews = () => {
  };
  onEvent(event) {
    this.events.push(event);
  }
  onBatch() {
    this.hasBegun = true;
    this.onNews();
  }
  onEnd(error) {
    this.hasEnded = true;
    this.error ??= error;
    this.onNews();
  }
  /** The graph as it is read first. */
  async first() {
    while (!this.hasBegun && !this.hasEnded) await this.news();
    if (this.error !== null) throw this.error;
    return this.taken();
  }
  async *batches(signal, stop) {
    const unlisten = whenAborted(signal, () => this.onEnd(null));
    try {
      while (!this.hasEnded) {
        if (this.events.length > 0) yield this.taken();
        else await this.news();
      }
      if (this.error !== null) throw this.error;
    } finally {
      unlisten();
      stop();
    }
  }
  taken() {
    const { events } = this;
    this.events = [];
    return events;
  }
  async news() {
    await new Promise((resolve2) => {
      this.onNews = resolve2;
    });
    this.onNews = () => {
    };
  }
};

// src/domain/graph.ts
init_defined();
init_iso_time();
init_json();

// src/domain/job.ts
init_json();
init_absurd();
init_events();

// src/domain/retry-policy.ts
var faultPolicy = {
  initialIntervalMs: 1e3,
  backoffCoefficient: 2,
  maximumIntervalMs: 6e4,
  jitter: 0.2
};
var longestDelayMs = 100 * 366 * 24 * 3600 * 1e3;
var shortestDeferralMs = 1e3;
function deferralMs(askedMs) {
  return Math.min(Math.max(Number.isNaN(askedMs) ? 0 : Math.ceil(askedMs), shortestDeferralMs), longestDelayMs);
}
var defaultMaximumLostLeases = 5;
function afterAttempt(policy, over) {
  switch (over.cause) {
    case "released":
      return 0;
    case "lease-expired":
      return over.lostLeases > over.maximumLostLeases ? "failed" : 0;
    case "exception":
    case "timeout":
      return policy === void 0 ? "failed" : nextTry(policy, over);
    case "fault":
      return nextTry(policy ?? {}, over);
  }
}
function nextTry(policy, over) {
  if (policy.maximumAttempts !== void 0 && over.failures >= policy.maximumAttempts) return "failed";
  if (over.cause !== "fault" && over.errorNames.some((name2) => policy.nonRetryable?.includes(name2))) return "failed";
  const { retryAfterMs } = over;
  const isAsked = typeof retryAfterMs === "number" && retryAfterMs >= 0;
  const delayMs = isAsked ? Math.ceil(retryAfterMs) : backoffMs(policy, over.failures, over.random);
  return Math.min(delayMs, longestDelayMs);
}
function backoffMs(policy, failures2, random) {
  const { initialIntervalMs, backoffCoefficient, maximumIntervalMs, jitter } = { ...faultPolicy, ...policy };
  const grown = initialIntervalMs === 0 ? 0 : initialIntervalMs * backoffCoefficient ** (failures2 - 1);
  const delay4 = Math.min(grown, maximumIntervalMs);
  return Math.round(delay4 * (1 - jitter * random));
}

// src/domain/delay-after.ts
function delayAfter(event) {
  return event.type === "JobDeferred" ? Math.min(event.data.delayMs, longestDelayMs) : delayAfterFault(event);
}
function delayAfterFault({
  data: { cause, next },
  recordedAt
}) {
  if (next.kind === "failed" || cause === "released" || cause === "lease-expired") return 0;
  if (next.delayMs !== void 0) return Math.min(next.delayMs, longestDelayMs);
  const untilMs = Date.parse(next.notBefore) - Date.parse(recordedAt);
  return Math.min(Math.max(untilMs, 0), longestDelayMs);
}

// src/domain/job.ts
var jobStatuses = ["unstarted", "started", "finished", "failed", "aborted", "skipped"];
function noJobs2() {
  return { unstarted: 0, started: 0, finished: 0, failed: 0, aborted: 0, skipped: 0 };
}
var transitions = {
  JobStarted: { unstarted: "started" },
  Heartbeat: { started: "started" },
  JobsSpawned: { started: "started" },
  JobFinished: { started: "finished" },
  /** To `unstarted` when it may be tried again, to `failed` when not: the event says which. */
  JobFaulted: { started: "unstarted" },
  JobAborted: { unstarted: "aborted", started: "aborted" },
  JobSkipped: { started: "skipped" },
  JobDeferred: { started: "unstarted" },
  /** To `finished` or to `failed`: the event says which. */
  JobAnswered: { unstarted: "finished" },
  JobExpired: { unstarted: "failed", started: "failed" },
  ClaimRevoked: { unstarted: "unstarted" },
  JobReset: { failed: "unstarted", aborted: "unstarted", skipped: "unstarted" }
};
var initialJob = Object.freeze({
  status: "unstarted",
  attempt: 0,
  failures: 0,
  lostLeases: 0,
  worker: null,
  leaseMs: null,
  startedAt: null,
  endedAt: null,
  heartbeatAt: null,
  progress: null,
  details: null,
  delayMs: null,
  notBefore: null,
  result: null,
  memoizedFrom: null,
  failure: null,
  abort: null,
  skipReason: null,
  deferReason: null,
  answer: null,
  interrupted: false,
  revision: -1,
  lastEventId: null
});
function whyImpossible(job2, event) {
  if (!(job2.status in transitions[event.type])) return `${event.type} cannot follow while the job is ${job2.status}`;
  switch (event.type) {
    case "JobStarted":
    case "ClaimRevoked":
      return event.data.attempt === job2.attempt + 1 ? null : `attempt ${event.data.attempt} cannot follow attempt ${job2.attempt}`;
    case "Heartbeat":
    case "JobsSpawned":
    case "JobFinished":
    case "JobFaulted":
    case "JobSkipped":
    case "JobDeferred":
      return event.data.attempt === job2.attempt ? null : `${event.type} of attempt ${event.data.attempt} while attempt ${job2.attempt} runs`;
    case "JobExpired":
      return whyNotExpired(job2, event.data.attempt);
    case "JobAborted":
    case "JobAnswered":
    case "JobReset":
      return null;
    default:
      return absurd(event);
  }
}
function whyNotExpired(job2, attempt) {
  if (attempt === (job2.status === "started" ? job2.attempt : void 0)) return null;
  if (attempt !== void 0) return `JobExpired of attempt ${attempt} while no such attempt runs`;
  return `JobExpired of no attempt while attempt ${job2.attempt} runs`;
}
function evolveJob(job2, event) {
  const draft = copyOf(job2);
  draft.interrupted = false;
  change(draft, event);
  return after(event, draft);
}
function change(job2, event) {
  const { recordedAt } = event;
  switch (event.type) {
    case "JobStarted":
      return start(job2, event);
    case "Heartbeat": {
      const { progress, details } = event.data;
      job2.heartbeatAt = recordedAt;
      if (progress !== void 0) job2.progress = progress;
      if (details !== void 0) job2.details = frozen(details);
      return;
    }
    case "JobsSpawned":
      job2.heartbeatAt = recordedAt;
      return;
    case "ClaimRevoked":
      return;
    case "JobFinished":
      job2.status = "finished";
      job2.result = frozen(event.data.result);
      job2.memoizedFrom = event.data.memoized === void 0 ? null : Object.freeze(event.data.memoized);
      job2.failure = null;
      job2.worker = null;
      job2.endedAt = recordedAt;
      return;
    case "JobFaulted":
      return fault(job2, event);
    case "JobAborted": {
      const { by, message: message2, silent } = event.data;
      job2.status = "aborted";
      job2.abort = Object.freeze({ by, message: message2, silent });
      job2.worker = null;
      endWait(job2);
      job2.endedAt = recordedAt;
      return;
    }
    case "JobSkipped":
      job2.status = "skipped";
      job2.skipReason = event.data.reason;
      job2.failure = null;
      job2.worker = null;
      job2.endedAt = recordedAt;
      return;
    case "JobDeferred":
      return defer(job2, event);
    case "JobAnswered":
      return answer(job2, event);
    case "JobExpired":
      return expire(job2, event);
    case "JobReset":
      return reset(job2);
    default:
      absurd(event);
  }
}
function fault(job2, event) {
  const { cause, failure: failure2, next } = event.data;
  job2.status = next.kind === "failed" ? "failed" : "unstarted";
  job2.failure = frozen(failure2);
  job2.worker = null;
  job2.endedAt = event.recordedAt;
  if (cause === "lease-expired") job2.lostLeases += 1;
  else if (cause !== "released") job2.failures += 1;
  if (next.kind === "retry") wait(job2, delayAfter(event), event.recordedAt);
}
function expire(job2, { data, recordedAt }) {
  job2.status = "failed";
  job2.failure = frozen(data.failure);
  job2.worker = null;
  endWait(job2);
  job2.endedAt = recordedAt;
}
function defer(job2, event) {
  job2.status = "unstarted";
  job2.deferReason = event.data.reason;
  job2.failure = null;
  job2.worker = null;
  job2.endedAt = event.recordedAt;
  wait(job2, delayAfter(event), event.recordedAt);
}
function answer(job2, { data, recordedAt }) {
  const { by, reason: reason2 } = data;
  const outcome = answerIn(data);
  job2.status = outcome.kind;
  job2.answer = Object.freeze({ by, reason: reason2, at: recordedAt });
  job2.result = outcome.kind === "finished" ? frozen(outcome.result) : null;
  job2.failure = outcome.kind === "failed" ? frozen(outcome.failure) : null;
  job2.endedAt = recordedAt;
}
function reset(job2) {
  job2.status = "unstarted";
  job2.abort = null;
  job2.skipReason = null;
  job2.answer = null;
  endWait(job2);
  job2.endedAt = null;
  job2.failures = 0;
  job2.lostLeases = 0;
}
function start(job2, { data, recordedAt }) {
  job2.status = "started";
  job2.attempt = data.attempt;
  job2.worker = Object.freeze(data.worker);
  job2.leaseMs = data.leaseMs;
  endWait(job2);
  job2.progress = null;
  job2.startedAt = recordedAt;
  job2.heartbeatAt = recordedAt;
  job2.endedAt = null;
}
function endWait(job2) {
  job2.delayMs = null;
  job2.notBefore = null;
  job2.deferReason = null;
}
function wait(job2, delayMs, recordedAt) {
  if (delayMs === 0) return;
  job2.delayMs = delayMs;
  job2.notBefore = new Date(Date.parse(recordedAt) + delayMs).toISOString();
}
function carriedJob({ result }, status) {
  if (status !== void 0) return Object.freeze({ ...initialJob, status });
  return Object.freeze({ ...initialJob, status: "finished", result: frozen(result) });
}
function interruptJob(job2) {
  return job2.status === "started" ? Object.freeze({ ...job2, status: "unstarted", worker: null, interrupted: true }) : job2;
}
function noteLateEvent(job2, event) {
  const draft = copyOf(job2);
  if (event.type === "JobStarted") draft.attempt = event.data.attempt;
  draft.interrupted = event.type === "JobStarted" || event.type === "Heartbeat" || event.type === "JobsSpawned";
  return after(event, draft);
}
function passOver(job2, event) {
  return after(event, copyOf(job2));
}
function withoutResult(job2) {
  const draft = copyOf(job2);
  draft.result = null;
  return Object.freeze(draft);
}
function after({ revision, id }, job2) {
  job2.revision = revision;
  job2.lastEventId = id;
  return Object.freeze(job2);
}
function copyOf(job2) {
  return {
    status: job2.status,
    attempt: job2.attempt,
    failures: job2.failures,
    lostLeases: job2.lostLeases,
    worker: job2.worker,
    leaseMs: job2.leaseMs,
    startedAt: job2.startedAt,
    endedAt: job2.endedAt,
    heartbeatAt: job2.heartbeatAt,
    progress: job2.progress,
    details: job2.details,
    delayMs: job2.delayMs,
    notBefore: job2.notBefore,
    result: job2.result,
    memoizedFrom: job2.memoizedFrom,
    failure: job2.failure,
    abort: job2.abort,
    skipReason: job2.skipReason,
    deferReason: job2.deferReason,
    answer: job2.answer,
    interrupted: job2.interrupted,
    revision: job2.revision,
    lastEventId: job2.lastEventId
  };
}

// src/domain/graph.ts
init_dependency_rules();

// src/domain/graph-walk.ts
function descendants(node) {
  return reached(node, (at) => at.children);
}
function reached(from, next) {
  const found = /* @__PURE__ */ new Set();
  const open = [...next(from)];
  for (let at = open.pop(); at !== void 0; at = open.pop()) {
    if (found.has(at)) continue;
    found.add(at);
    open.push(...next(at));
  }
  return found;
}
function levelsOf(jobIds, parentsOf) {
  const all = new Set(jobIds);
  const levels = /* @__PURE__ */ new Map();
  const entered = /* @__PURE__ */ new Set();
  for (const start3 of all) {
    const open = [start3];
    while (open.length > 0) {
      const id = open.at(-1);
      const parents = parentsOf(id).filter((parent) => all.has(parent));
      const missing = entered.has(id) ? [] : parents.filter((parent) => !entered.has(parent));
      entered.add(id);
      if (missing.length > 0) {
        open.push(...missing);
        continue;
      }
      levels.set(
        id,
        parents.reduce((most, parent) => Math.max(most, (levels.get(parent) ?? -1) + 1), 0)
      );
      open.pop();
    }
  }
  return levels;
}

// src/domain/graph.ts
init_priorities();

// src/domain/growth.ts
function attach({ spawner, nodes }, jobs2) {
  for (const node of nodes) {
    jobs2.set(node.id, node);
    for (const parent of node.parents) parent.children.push(node);
  }
  for (const awaiter of spawner.awaiters) for (const node of nodes) link(awaiter, node);
}
function link(awaiter, node) {
  awaiter.parents.push(node);
  node.children.push(awaiter);
}
function detach({ spawner, nodes }, jobs2) {
  const gone2 = new Set(nodes);
  for (const node of nodes) {
    jobs2.delete(node.id);
    node.children.length = 0;
    for (const parent of node.parents) dropLast(parent.children, gone2);
  }
  for (const awaiter of spawner.awaiters) dropLast(awaiter.parents, gone2);
}
function dropLast(list, gone2) {
  while (list.length > 0 && gone2.has(list.at(-1))) list.pop();
}

// src/domain/graph.ts
init_timing();
var graphStatuses = ["running", "finished", "failed", "aborted"];
var nobody = Object.freeze([]);
var unconnected = fromParents(openCounts(0), "waiting", false, null);
function fromParents({ openParents, finishedParents, failedParents, abortedParents, skippedParents }, prospect, wasReady, readyCause) {
  return {
    openParents,
    finishedParents,
    failedParents,
    abortedParents,
    skippedParents,
    prospect,
    wasReady,
    readyCause
  };
}
var JobNode = class {
  constructor(graph, definition, index, sharedArgs, spawner = null, resultOmitted = false) {
    this.graph = graph;
    this.definition = definition;
    this.index = index;
    this.sharedArgs = sharedArgs;
    this.spawner = spawner;
    const { carried, carriedStatus, when, optional } = definition;
    this.rule = when ?? "all-finished";
    this.isTimed = graph.startAfter !== null || isTimed(definition);
    this.optional = optional ?? null;
    const state = carried === void 0 ? initialJob : carriedJob(carried, carriedStatus);
    this.record = { state, resultOmitted, above: unconnected, parentsAtStart: null };
  }
  graph;
  definition;
  index;
  sharedArgs;
  spawner;
  record;
  children = [];
  /** Those that its definition names and that exist, and then those that were spawned since below some of them. */
  parents = [];
  /** The jobs that wait for all that is spawned below it, however deep. */
  awaiters = nobody;
  /** What it asks of its parents. */
  rule;
  /** Whether it, or its graph, says anything of when it starts or ends. */
  isTimed;
  optional;
  /** Replaces the record by one with these changes, field by field: spreading takes half as long again for a whole fold. */
  change(changes2) {
    const { record: record3 } = this;
    this.record = {
      state: changes2.state ?? record3.state,
      resultOmitted: changes2.resultOmitted ?? record3.resultOmitted,
      above: changes2.above ?? record3.above,
      parentsAtStart: changes2.parentsAtStart ?? record3.parentsAtStart
    };
  }
  /** Notes that an event may have made it ready. */
  causedBy(readyCause) {
    const { above } = this.record;
    this.setAbove(fromParents(above, above.prospect, above.wasReady, readyCause));
  }
  /** Notes that a parent has come out otherwise than before, by an event. */
  changeParent(before, after2, isOptional, eventId) {
    const { above } = this.record;
    const counts = afterChange(above, before, after2, isOptional);
    const prospect = prospectOf(this.rule, counts);
    const isReady = prospect === "ready";
    const readyCause = isReady && above.prospect === "ready" ? above.readyCause : eventId;
    this.setAbove(fromParents(counts, prospect, isReady || above.wasReady, readyCause));
  }
  /** It waits for more jobs, which have just come to be, beside one that has not ended yet. So it was not to run before. */
  awaitMore(count2) {
    const { above } = this.record;
    const { prospect, wasReady, readyCause } = above;
    const counts = { ...above, openParents: above.openParents + count2 };
    this.setAbove(fromParents(counts, prospect, wasReady, readyCause));
  }
  /** Replaces what its parents mean for it. */
  setAbove(above) {
    const { state, resultOmitted, parentsAtStart: parentsAtStart2 } = this.record;
    this.record = { state, resultOmitted, above, parentsAtStart: parentsAtStart2 };
  }
  get state() {
    return this.record.state;
  }
  get id() {
    return this.definition.id;
  }
  /** The result of another graph's job that stands in for running this one; null if the job runs here. */
  get carried() {
    return this.definition.carried ?? null;
  }
  /** Frozen: many jobs share theirs. */
  get args() {
    return frozen(this.definition.args ?? this.sharedArgs);
  }
  /** Jobs of a higher one start first. */
  get priority() {
    return this.definition.priority ?? this.graph.priority;
  }
  /** The ids of its parents: those that its definition names, whether they exist or not, and those spawned since. */
  get parentIds() {
    const { parents, withSpawned: withSpawned2 } = this.definition;
    if (withSpawned2 === void 0) return parents;
    return [.../* @__PURE__ */ new Set([...parents, ...this.parents.map(({ id }) => id)])];
  }
  /** Whether all its parents have finished, for good, once it has started. */
  get hasFixedInputs() {
    return this.rule === "all-finished" && this.optional === null;
  }
  /** Whether a parent of it may be skipped without its being skipped too. */
  isOptional(parent) {
    const { optional } = this;
    if (optional === null || optional.includes(parent.id)) return optional !== null;
    const { withSpawned: withSpawned2 = [] } = this.definition;
    for (let at = parent.spawner; at !== null; at = at.spawner) {
      if (withSpawned2.includes(at.id) && optional.includes(at.id)) return true;
    }
    return false;
  }
  /** How it has come out, for the jobs that depend on it. An abort of the graph as a whole is not counted. */
  get outcome() {
    return outcomeOf(this.record);
  }
  /** The effective status. A job that has come to an end is never changed by the abort of another job or of its graph. */
  get status() {
    const own = this.state.status;
    if (own !== "unstarted" && own !== "started") return own;
    if (own === "unstarted" && this.record.above.prospect === "skipped") return "skipped";
    if (this.graph.abort !== null) return "aborted";
    return own === "unstarted" && this.record.above.prospect === "aborted" ? "aborted" : own;
  }
  /**
   * Whether it may be claimed, as far as its graph knows, as soon as its `delayMs` is over if it has one. Its type or the
   * whole namespace may be paused: see `pausesOf`.
   */
  get isReady() {
    const { isOpen, pause: pause2 } = this.graph;
    const mayStart = this.record.above.prospect === "ready" && this.definition.external === void 0;
    return this.status === "unstarted" && mayStart && isOpen && pause2 === null;
  }
  /** Whether it waits for nothing but an answer from outside. */
  get isAwaiting() {
    const mayBeAnswered = this.record.above.prospect === "ready" && this.definition.external !== void 0;
    return mayBeAnswered && this.status === "unstarted";
  }
  /** @param now milliseconds since the epoch */
  derivedStatus(now) {
    const status = this.status;
    if (status !== "unstarted") return status;
    const { prospect } = this.record.above;
    if (prospect !== "ready") return prospect;
    if (this.isAwaiting) return "awaiting";
    const { notBefore, deferReason } = this.state;
    if (notBefore !== null && Date.parse(notBefore) > now) return deferReason === null ? "backing-off" : "deferred";
    const { due } = this;
    return due !== null && due > now ? "delayed" : "ready";
  }
  /** From when on it may start, as far as its definition and its graph say; null if that is when it is ready. */
  get due() {
    if (!this.isTimed) return null;
    const readiness = this.graph.readiness.get(this);
    if (readiness === void 0) return null;
    const due = dueFrom(this.definition, this.graph.startAfter, readiness);
    return due > readiness.at ? due : null;
  }
  /** From when on it may start, by the log's clock, in milliseconds since the epoch; null if it was never asked to wait. */
  get startsFrom() {
    const { notBefore } = this.state;
    const again3 = notBefore === null ? null : Date.parse(notBefore);
    const { due } = this;
    return due === null || again3 === null ? due ?? again3 : Math.max(due, again3);
  }
  /** The same as text. */
  get notBefore() {
    const from = this.startsFrom;
    return from === null || from === Date.parse(this.state.notBefore ?? "") ? this.state.notBefore : isoTime(from);
  }
  /** When the next of its time limits runs out, if that is to be watched here; null if none will. */
  get expiry() {
    return this.isTimed && this.graph.isOpen ? this.expiresBy : null;
  }
  /** The same, whoever watches: as long as it can be run or answered, or runs. */
  get expiresBy() {
    const readiness = this.graph.readiness.get(this);
    const { status } = this;
    const mayRun = status === "unstarted" && this.record.above.prospect === "ready";
    if (readiness === void 0 || status !== "started" && !mayRun) return null;
    const due = dueFrom(this.definition, this.graph.startAfter, readiness);
    const closes = closesBy(this.definition, due, readiness);
    if (status === "started") return closes;
    const { endedAt, notBefore } = this.state;
    const last2 = Date.parse(notBefore ?? endedAt ?? "") || 0;
    const starts = startsBy(this.definition, Math.max(due, readiness.reopenedAt, last2));
    if (starts === null || closes === null) return starts ?? closes;
    return starts.at < closes.at ? starts : closes;
  }
  /** Whether it would be ready if this parent, which has not ended, finished. */
  isReadyOnceFinished(parent) {
    if (this.record.above.prospect === "ready" || parent.outcome !== "open") return false;
    return prospectOf(this.rule, afterChange(this.record.above, "open", "finished", false)) === "ready";
  }
  /** The job in the form that `decideJob` needs. */
  subject() {
    return {
      graphId: this.graph.id,
      definition: this.definition,
      state: this.state,
      status: this.status,
      waitsFor: this.waitsFor().map((parent) => parent.id),
      abortedThrough: this.abortedThrough(),
      isPaused: this.graph.pause !== null,
      startsFrom: this.startsFrom
    };
  }
  /** The parents that keep it from being ready: those that have not ended, or the others that block it. */
  waitsFor() {
    const { prospect } = this.record.above;
    if (prospect === "ready") return [];
    return this.parents.filter(({ outcome }) => prospect === "waiting" ? outcome === "open" : outcome !== "finished");
  }
  /** The jobs above it whose own aborts are why it is aborted. */
  abortedBy() {
    return this.reasons("aborted").filter((node) => node.state.abort !== null);
  }
  /** The jobs above it whose failures are why it is blocked. */
  blockedBy() {
    return this.reasons("blocked", "failed").filter((node) => node.state.status === "failed");
  }
  /** All above it that have come out as one of these, and through which it has too; in the order of the graph. */
  reasons(...outcomes) {
    const next = (node) => node !== this && node.state.status !== "unstarted" ? [] : node.parents.filter(({ outcome }) => outcomes.includes(outcome));
    return [...reached(this, next)].sort((a, b) => a.index - b.index);
  }
  abortedThrough() {
    if (this.status !== "aborted" || this.state.abort !== null) return null;
    if (this.graph.abort !== null) return { graph: this.graph.id };
    const [ancestor] = this.abortedBy();
    return ancestor === void 0 ? null : { job: ancestor.id };
  }
};
var GraphState = class {
  constructor(id, options = {}) {
    this.id = id;
    this.options = options;
  }
  id;
  options;
  jobs = /* @__PURE__ */ new Map();
  args = {};
  labels = {};
  priority = 0;
  /** Whether any of its jobs may come before or after those of other graphs because of a priority. */
  hasPriorities = false;
  submittedAt = null;
  /** None of its jobs starts before this instant. */
  startAfter = null;
  /** When it is aborted if it has not ended, in milliseconds since the epoch; null if never, or not any more. */
  deadlineAt = null;
  /** What was said of that. */
  deadline = {};
  /** The graph it is a fork of, if it is one. */
  forkedFrom = null;
  /** Position of the part that completed the submission; null while the graph does not exist yet. */
  existsFrom = null;
  abort = null;
  /** Its own pause. It holds the jobs back that have not been started, and outlasts the graph's end, should it be retried. */
  pause = null;
  /** Of the last event in the graph's own stream. */
  revision = -1;
  lastEventId = null;
  lastEventAt = null;
  anomalies = [];
  /** An event that this release cannot read. The state may be wrong after it, so no job of the graph may be claimed. */
  unreadable = null;
  /** Whether whoever folds it leaves its jobs to others: it is folded on, but none of its jobs is ready here. */
  isLeft = false;
  partsSeen = 0;
  /** What attempts that run have spawned, which exists when they finish. */
  spawning = /* @__PURE__ */ new Map();
  /** Of jobs that say something of time: when they became ready. A job that runs, or has ended, keeps what it had then. */
  readiness = /* @__PURE__ */ new Map();
  /** What was spawned so far, in order. */
  growths = [];
  /** How many jobs have each own status. */
  counts = noJobs2();
  /** How many jobs can still run to an end. */
  live = 0;
  /** Whether its jobs may be claimed here: it exists, this release can read all of it, and it is not left to others. */
  get isOpen() {
    return this.existsFrom !== null && this.unreadable === null && !this.isLeft;
  }
  /** Whether anything in it is said of time. */
  get isTimed() {
    return this.deadlineAt !== null || this.readiness.size > 0;
  }
  /** Whether nothing in it can run any more. */
  get isSettled() {
    return this.existsFrom !== null && (this.abort !== null || this.live === 0);
  }
  get status() {
    if (this.abort !== null) return "aborted";
    if (!this.isSettled) return "running";
    if (this.counts.failed > 0) return "failed";
    return this.counts.aborted > 0 ? "aborted" : "finished";
  }
  /** Jobs by effective status. */
  countByStatus() {
    const counts = noJobs2();
    for (const node of this.jobs.values()) counts[node.status] += 1;
    return counts;
  }
  /** All that events change in the graph, to go back to later. The graph must exist: from then on, jobs only come by growth. */
  capture() {
    const { abort: abort2, pause: pause2, deadlineAt, revision, lastEventId, lastEventAt, unreadable, live } = this;
    return {
      fields: { abort: abort2, pause: pause2, deadlineAt, revision, lastEventId, lastEventAt, unreadable },
      live,
      counts: { ...this.counts },
      anomalies: this.anomalies.length,
      growths: [...this.growths],
      spawning: new Map(this.spawning),
      readiness: new Map(this.readiness),
      records: Array.from(this.jobs.values(), (node) => node.record)
    };
  }
  /** Goes back to a captured state of this graph. */
  restore({ fields, live, counts, anomalies, growths, spawning, readiness, records }) {
    this.regrow(growths);
    this.spawning = new Map(spawning);
    this.readiness = new Map(readiness);
    Object.assign(this, fields);
    Object.assign(this.counts, counts);
    this.live = live;
    this.anomalies.length = anomalies;
    let index = 0;
    for (const node of this.jobs.values()) node.record = records[index++];
  }
  regrow(growths) {
    let same = 0;
    while (same < growths.length && growths[same] === this.growths[same]) same += 1;
    for (const growth of this.growths.slice(same).reverse()) detach(growth, this.jobs);
    for (const growth of growths.slice(same)) attach(growth, this.jobs);
    this.growths = [...growths];
  }
  /** Applies the next event of this graph. Returns the jobs whose readiness may have changed. */
  apply(event) {
    this.lastEventAt = event.recordedAt;
    if (event.type === "Unreadable") {
      const anomaly = this.note(event, event.data.explanation);
      this.unreadable ??= { ...anomaly, why: event.data.problem };
      const job2 = event.jobId === null ? void 0 : this.jobs.get(event.jobId);
      if (job2 !== void 0) job2.change({ state: passOver(job2.state, event) });
      else if (event.jobId === null) this.moveTo(event);
      return this.jobs.values();
    }
    if (event.jobId === null) return this.applyToGraph(event);
    return this.applyToJob(event, event.jobId);
  }
  applyToGraph(event) {
    switch (event.type) {
      case "GraphSubmitted":
        return this.submit(event);
      case "GraphAborted":
        this.moveTo(event);
        if (this.existsFrom === null) return this.impossible(event, "a graph that does not exist cannot be aborted");
        if (this.abort !== null) return this.impossible(event, "the graph is aborted already");
        if (event.data.deadline !== void 0 && !this.hasPassedDeadline(event)) return this.jobs.values();
        this.abort = interventionOf(event);
        for (const node of this.jobs.values()) this.setState(node, interruptJob(node.state), event);
        return this.jobs.values();
      case "GraphReset":
        this.moveTo(event);
        if (this.abort === null) return this.impossible(event, "the graph is not aborted");
        this.abort = null;
        this.deadlineAt = null;
        for (const node of this.readiness.keys()) this.reopen(node, event);
        return this.readyThrough(event);
      case "GraphPaused":
        this.moveTo(event);
        if (this.existsFrom === null) return this.impossible(event, "a graph that does not exist cannot be paused");
        if (this.pause !== null) return this.impossible(event, "the graph is paused already");
        this.pause = interventionOf(event);
        return this.jobs.values();
      case "GraphResumed":
        this.moveTo(event);
        if (this.pause === null) return this.impossible(event, "the graph is not paused");
        this.pause = null;
        return this.readyThrough(event);
      default:
        return this.impossible(event, `${event.type} does not belong in a graph's stream`);
    }
  }
  /** What a wrong clock has written too early has no effect. */
  hasPassedDeadline({ recordedAt }) {
    return this.deadlineAt !== null && Date.parse(recordedAt) >= this.deadlineAt;
  }
  /** Any job may be ready now because of an event of the graph. */
  readyThrough(event) {
    for (const node of this.jobs.values()) node.causedBy(event.id);
    return this.jobs.values();
  }
  submit(event) {
    this.moveTo(event);
    const { part, parts, jobs: jobs2 } = event.data;
    if (this.existsFrom !== null || part !== this.partsSeen + 1) {
      return this.impossible(event, `part ${part} of ${parts} cannot follow part ${this.partsSeen}`);
    }
    if (part === 1) {
      this.args = event.data.args;
      this.labels = Object.freeze(event.data.labels);
      this.priority = event.data.priority;
      this.forkedFrom = event.data.forkedFrom ?? null;
      this.startAfter = event.data.startAfter ?? null;
      const { deadline, deadlineMs } = event.data;
      this.deadline = defined({ deadline, deadlineMs });
    }
    for (const definition of jobs2) {
      if (this.jobs.has(definition.id)) this.note(event, `job ${JSON.stringify(definition.id)} is submitted twice`);
      else this.jobs.set(definition.id, this.newNode(definition));
    }
    this.partsSeen = part;
    this.hasPriorities ||= givesPriority(event);
    if (part < parts) return [];
    this.connect(event);
    this.existsFrom = event.position;
    this.submittedAt = event.recordedAt;
    this.deadlineAt = deadlineOf(this.deadline, event);
    this.live = 0;
    for (const node of this.jobs.values()) {
      this.counts[node.state.status] += 1;
      if (node.outcome === "open") this.live += 1;
    }
    return this.jobs.values();
  }
  newNode(definition) {
    const { resultBytesMax: resultBytesMax2 = Infinity } = this.options;
    const { carried } = definition;
    const isTooLarge = carried !== void 0 && resultBytesMax2 < Infinity && jsonBytes(carried.result) > resultBytesMax2;
    if (!isTooLarge) return new JobNode(this, definition, this.jobs.size, this.args);
    const kept4 = { ...definition, carried: { ...carried, result: null } };
    return new JobNode(this, kept4, this.jobs.size, this.args, null, true);
  }
  connect(event) {
    for (const node of this.jobs.values()) {
      this.findParents(node, event);
      for (const parent of node.parents) parent.children.push(node);
    }
    findAwaited(this.jobs.values(), (id) => this.jobs.get(id));
    for (const node of this.jobs.values()) this.placeSpawned(node);
    const ended = [...this.jobs.values()].filter(({ outcome }) => outcome !== "open");
    for (const node of ended) this.spread(node, "open", event);
  }
  findParents(node, event, find = (id) => this.jobs.get(id)) {
    for (const id of node.definition.parents) {
      const parent = find(id);
      if (parent !== void 0) node.parents.push(parent);
      else this.note(event, `job ${JSON.stringify(node.id)} depends on ${JSON.stringify(id)}, which does not exist`);
    }
    const counts = openCounts(node.definition.parents.length);
    const prospect = prospectOf(node.rule, counts);
    node.setAbove(fromParents(counts, prospect, prospect === "ready", event.id));
    if (node.isTimed) this.noteReadiness(node, event);
  }
  /** Notes when a job became ready that says something of time. It may have come out otherwise by an event. */
  noteReadiness(node, { recordedAt }) {
    if (node.state.status !== "unstarted") return;
    if (node.record.above.prospect !== "ready") this.readiness.delete(node);
    else if (!this.readiness.has(node)) {
      const at = Date.parse(recordedAt);
      this.readiness.set(node, { at, reopenedAt: at });
    }
  }
  /** An operator has opened a job again, or its graph: its limits count from now. */
  reopen(node, { recordedAt }) {
    const known = this.readiness.get(node);
    if (known !== void 0) this.readiness.set(node, { at: known.at, reopenedAt: Date.parse(recordedAt) });
  }
  /** Of a fork: a job that was spawned in the other graph is awaited as if it had been spawned in this one. */
  placeSpawned(node) {
    const { spawnedBy: spawnedBy2 } = node.definition;
    if (spawnedBy2 === void 0) return;
    const spawner = this.jobs.get(spawnedBy2);
    if (spawner === void 0 || spawner.index >= node.index) return;
    node.spawner = spawner;
    node.awaiters = node.awaiters === nobody ? spawner.awaiters : [...node.awaiters, ...spawner.awaiters];
    for (const awaiter of spawner.awaiters) {
      if (awaiter.definition.parents.includes(node.id)) continue;
      link(awaiter, node);
      awaiter.awaitMore(1);
    }
  }
  /** What an attempt had spawned that this event ends; null if it had spawned nothing, or goes on. */
  takeSpawned(node, event) {
    const { spawning } = this;
    const before = spawning.size === 0 ? void 0 : spawning.get(node);
    if (event.type === "JobsSpawned") {
      spawning.set(node, [...before ?? [], event.data]);
      return null;
    }
    if (before !== void 0) spawning.delete(node);
    return before ?? null;
  }
  /**
   * The jobs that an attempt spawned come to be when it finishes. It is still open here, as they are; so whoever waits for
   * all of them is not ready in between.
   */
  grow(spawner, spawned, event) {
    const added = /* @__PURE__ */ new Map();
    for (const { jobs: jobs2, args } of spawned) {
      for (const definition of jobs2) {
        const { id } = definition;
        if (this.jobs.has(id) || added.has(id)) this.note(event, `job ${JSON.stringify(id)} is spawned a second time`);
        else added.set(id, new JobNode(this, definition, this.jobs.size + added.size, args, spawner));
      }
    }
    const nodes = [...added.values()];
    this.hasPriorities ||= nodes.some(({ definition }) => definition.priority !== void 0);
    const find = (id) => id === spawner.id ? spawner : added.get(id);
    for (const node of nodes) {
      this.findParents(node, event, find);
      node.awaiters = spawner.awaiters;
    }
    findAwaited(nodes, (id) => added.get(id));
    const growth = { spawner, nodes };
    attach(growth, this.jobs);
    this.growths.push(growth);
    for (const awaiter of spawner.awaiters) awaiter.awaitMore(nodes.length);
    this.counts.unstarted += nodes.length;
    this.live += nodes.length;
    return nodes;
  }
  applyToJob(event, jobId2) {
    const node = this.jobs.get(jobId2);
    if (node === void 0 || this.existsFrom === null) {
      return this.impossible(event, `job ${JSON.stringify(jobId2)} is not a job of this graph`);
    }
    if (!isJobEvent(event)) return this.impossible(event, `${event.type} does not belong in a job's stream`);
    if (this.isTooLate(node, event)) {
      node.change({ state: noteLateEvent(node.state, event) });
      return [];
    }
    const problem = whyImpossible(node.state, event) ?? whyNotBy(node, event) ?? this.whyNotYet(node, event);
    if (problem !== null) {
      node.change({ state: passOver(node.state, event) });
      return this.impossible(event, problem);
    }
    if (event.type === "JobExpired" && isTooEarly(node, event)) {
      node.change({ state: passOver(node.state, event) });
      return [node];
    }
    const spawned = event.type === "Heartbeat" ? null : this.takeSpawned(node, event);
    const added = event.type === "JobFinished" && spawned !== null ? this.grow(node, spawned, event) : [];
    const changed2 = this.setState(node, evolveJob(node.state, event), event);
    if ((event.type === "JobFinished" || event.type === "JobAnswered") && event.bytes > (this.options.resultBytesMax ?? Infinity)) {
      node.change({ state: withoutResult(node.state), resultOmitted: true });
    }
    if (event.type === "JobFaulted" || event.type === "JobDeferred" || event.type === "JobReset")
      node.causedBy(event.id);
    if (event.type === "JobReset" && node.isTimed) this.reopen(node, event);
    if (event.type === "JobStarted" && !node.hasFixedInputs)
      node.change({ parentsAtStart: node.parents.map(({ record: record3 }) => record3) });
    return added.length === 0 ? changed2 : [...changed2, ...added];
  }
  /**
   * An event that reaches the log after its graph's abort is no anomaly, since it is in another stream. Nor is an event
   * of the attempt that the abort interrupted, even if the abort was reset before the attempt's worker heard of it.
   */
  isTooLate({ state }, event) {
    if (event.type === "JobAborted" || event.type === "JobReset") return false;
    const isOfAttempt = event.type !== "JobStarted" && event.type !== "JobAnswered";
    if (state.interrupted && isOfAttempt && event.data.attempt !== void 0)
      return event.data.attempt === state.attempt;
    return this.abort !== null && (state.status === "unstarted" || state.status === "started");
  }
  /** A claim or an answer may reach the log after the reset of a parent that it was made before: these are in other streams. */
  whyNotYet(node, event) {
    const { prospect, wasReady } = node.record.above;
    const isAnswer = event.type === "JobAnswered";
    if (event.type !== "JobStarted" && !isAnswer || prospect === "ready" || wasReady) return null;
    const did = isAnswer ? "it was answered" : "it started";
    if (prospect === "aborted") return `${did} while an ancestor was aborted`;
    if (prospect === "skipped") return `${did} though it is skipped because of its parents`;
    const waitsFor = node.waitsFor().length + node.definition.parents.filter((id) => !this.jobs.has(id)).length;
    if (node.rule === "all-finished") return `${did} while ${waitsFor} of its parents were not finished`;
    return `${did} while its parents had not ended as its rule ${node.rule} asks for`;
  }
  /** Gives a job another state, and tells the jobs below it what that means for them. Returns those whose readiness may have changed. */
  setState(node, state, event) {
    const before = node.outcome;
    this.counts[node.state.status] -= 1;
    this.counts[state.status] += 1;
    node.change({ state });
    if (node.isTimed) this.noteReadiness(node, event);
    const after2 = node.outcome;
    if (after2 === before) return [node];
    this.countLive(before, after2);
    return [node, ...this.spread(node, before, event)];
  }
  countLive(before, after2) {
    this.live += (after2 === "open" ? 1 : 0) - (before === "open" ? 1 : 0);
  }
  /** What it means for the jobs below a job that it comes out otherwise than before. An event costs the edges below what changes by it. */
  spread(node, before, event) {
    const touched = [];
    const open = /* @__PURE__ */ new Map([[node, before]]);
    for (const [parent, was] of open) {
      open.delete(parent);
      const is = parent.outcome;
      if (is === was) continue;
      for (const child of parent.children) {
        const childWas = child.outcome;
        child.changeParent(was, is, child.isOptional(parent), event.id);
        if (child.isTimed) this.noteReadiness(child, event);
        touched.push(child);
        const childIs = child.outcome;
        if (childIs === childWas) continue;
        this.countLive(childWas, childIs);
        if (!open.has(child)) open.set(child, childWas);
      }
    }
    return touched;
  }
  moveTo(event) {
    this.revision = event.revision;
    this.lastEventId = event.id;
  }
  impossible(event, problem) {
    this.note(event, problem);
    return [];
  }
  note(event, problem) {
    const { position, id, graphId, jobId: jobId2 } = event;
    const anomaly = { position, eventId: id, graphId, jobId: jobId2, problem };
    this.anomalies.push(anomaly);
    return anomaly;
  }
};
function findAwaited(nodes, find) {
  const lists = /* @__PURE__ */ new Map();
  for (const node of nodes) {
    for (const id of node.definition.withSpawned ?? []) {
      const awaited = find(id);
      if (awaited === void 0) continue;
      let list = lists.get(awaited);
      if (list === void 0) {
        list = [...awaited.awaiters];
        lists.set(awaited, list);
        awaited.awaiters = list;
      }
      list.push(node);
    }
  }
}
function carriedFrom({ carried }) {
  if (carried === null) return null;
  const { result: _, ...from } = carried;
  return from;
}
function interventionOf({
  data: { by, reason: reason2 },
  recordedAt
}) {
  return Object.freeze({ by, reason: reason2, at: recordedAt });
}
function whyNotBy({ definition }, event) {
  const isExternal = definition.external !== void 0;
  if (event.type === "JobExpired" && limitOf(definition, event.data.limit) === void 0) {
    return `it ran out of its ${event.data.limit}Ms, and has none`;
  }
  if (event.type === "JobStarted" && isExternal) return "it started, though it is answered from outside";
  return event.type === "JobAnswered" && !isExternal ? "it was answered from outside, though workers run it" : null;
}
function isTooEarly(node, { data, recordedAt }) {
  if (data.attempt !== void 0) return false;
  const { expiresBy } = node;
  return expiresBy === null || Date.parse(recordedAt) < expiresBy.at;
}
function outcomeOf({ state: { status }, above: { prospect } }) {
  if (status === "started") return "open";
  if (status !== "unstarted") return status;
  return prospect === "ready" || prospect === "waiting" ? "open" : prospect;
}
function isJobEvent(event) {
  return event.type in transitions;
}

// src/domain/live-projection.ts
init_namespace_stream();

// src/domain/pauses.ts
init_absurd();
init_fp();
init_known_names();
init_nearest();

// src/domain/limit-settings.ts
function settingFor(settings2, key) {
  if (settings2.size === 0) return null;
  const own = settings2.get(key);
  if (own !== void 0) return own;
  let best = null;
  for (const [pattern, setting] of settings2) {
    if (!pattern.endsWith("*") || !key.startsWith(pattern.slice(0, -1))) continue;
    if (best === null || pattern.length > best.key.length) best = setting;
  }
  return best;
}
function measureOf({ concurrency, starts, windowMs }) {
  return {
    ...concurrency === void 0 ? {} : { concurrency },
    ...starts === void 0 || windowMs === void 0 ? {} : { starts, windowMs }
  };
}
function isSameMeasure(a, b) {
  return a.concurrency === b.concurrency && a.starts === b.starts && a.windowMs === b.windowMs;
}
function settingIn({ key, by, reason: reason2, ...measure }, at) {
  return Object.freeze({ key, ...measureOf(measure), set: Object.freeze({ by, reason: reason2, at }) });
}

// src/domain/pauses.ts
init_limits();
var initialWork = Object.freeze({
  pause: null,
  types: /* @__PURE__ */ new Map(),
  schedules: /* @__PURE__ */ new Set(),
  limits: /* @__PURE__ */ new Map(),
  revision: -1,
  lastEventId: null
});
function evolveWork(work, event) {
  const { revision, id: lastEventId } = event;
  if (whyNoWork(work, event) !== null) return { ...work, revision, lastEventId };
  const allowed2 = event;
  if (allowed2.type === "ScheduleNamed") {
    return { ...work, schedules: /* @__PURE__ */ new Set([...work.schedules, allowed2.data.name]), revision, lastEventId };
  }
  if (allowed2.type === "LimitSet" || allowed2.type === "LimitRemoved") {
    const limits3 = new Map(work.limits);
    if (allowed2.type === "LimitSet") limits3.set(allowed2.data.key, settingIn(allowed2.data, event.recordedAt));
    else limits3.delete(allowed2.data.key);
    return { ...work, limits: limits3, revision, lastEventId };
  }
  const { type, data } = allowed2;
  const pause2 = type === "WorkPaused" ? interventionOf(allowed2) : null;
  if (data.jobType === null) return { ...work, pause: pause2, revision, lastEventId };
  const types = new Map(work.types);
  if (pause2 === null) types.delete(data.jobType);
  else types.set(data.jobType, pause2);
  return { ...work, types, revision, lastEventId };
}
function whyNoWork(work, event) {
  switch (event.type) {
    case "Unreadable":
      return event.data.explanation;
    case "WorkPaused":
      return pauseIn(work, event.data.jobType) === null ? null : `${workInWords(event.data)} is paused already`;
    case "WorkResumed":
      return pauseIn(work, event.data.jobType) === null ? `${workInWords(event.data)} is not paused` : null;
    case "ScheduleNamed":
      return work.schedules.has(event.data.name) ? `schedule ${shownName(event.data.name)} is named already` : null;
    case "LimitSet": {
      const known = work.limits.get(event.data.key);
      const isSame2 = known !== void 0 && isSameMeasure(known, event.data);
      return isSame2 ? `limit ${shownName(event.data.key)} is set to this already` : null;
    }
    case "LimitRemoved":
      return work.limits.has(event.data.key) ? null : `no limit is set for ${shownName(event.data.key)}`;
    default:
      return `${event.type} does not belong in the namespace's own stream`;
  }
}
function pauseIn(work, jobType) {
  return jobType === null ? work.pause : work.types.get(jobType) ?? null;
}
function workInWords({ jobType }) {
  return jobType === null ? "all work" : `work of type ${shownName(jobType)}`;
}
function decideWork(work, command) {
  const { kind, jobType, by } = command;
  const isPaused = pauseIn(work, jobType) !== null;
  const data = { jobType, by, reason: cutMessage(command.reason) };
  switch (kind) {
    case "pause":
      return E.right(isPaused ? [] : [{ type: "WorkPaused", data }]);
    case "resume":
      if (isPaused) return E.right([{ type: "WorkResumed", data }]);
      return E.left({ code: "not-paused", message: whyNotResumed(work, command) });
    default:
      return absurd(kind);
  }
}
function whyNotResumed({ pause: pause2, types }, command) {
  const known = [...types.keys()];
  if (command.jobType === null) {
    return `the namespace is not paused as a whole${known.length === 0 ? "" : `; these types are: ${known.join(", ")}`}`;
  }
  const sentence = `${workInWords(command)} is not paused`;
  if (known.length > 0) return `${sentence}; did you mean ${shownName(nearestTo(command.jobType, known))}?`;
  return pause2 === null ? sentence : `${sentence} by itself; all work of the namespace is`;
}
function isTypePaused({ pause: pause2, types }, type) {
  return pause2 !== null || types.has(type);
}
function pausesOfWork({ pause: pause2, types }) {
  const ofTypes = [...types].map(([type, given]) => ({ scope: "type", type, graphId: null, ...given }));
  return pause2 === null ? ofTypes : [{ scope: "namespace", type: null, graphId: null, ...pause2 }, ...ofTypes];
}
function pauseOfGraph({ id, pause: pause2 }) {
  return pause2 === null ? null : { scope: "graph", type: null, graphId: id, ...pause2 };
}
var none = Object.freeze([]);
function pausesOf(job2, work) {
  const { graph, definition, record: record3 } = job2;
  if (definition.external !== void 0) return none;
  const isFree = work.pause === null && graph.pause === null && !work.types.has(definition.type);
  if (isFree || job2.status !== "unstarted" || record3.above.prospect === "blocked") return none;
  const ofGraph = pauseOfGraph(graph);
  const ofWork = pausesOfWork(work).filter(({ scope, type }) => scope === "namespace" || type === definition.type);
  return ofGraph === null ? ofWork : [...ofWork, ofGraph];
}

// src/domain/live-projection.ts
var LiveProjection = class {
  constructor(listener = null, options = {}) {
    this.listener = listener;
    this.options = options;
  }
  listener;
  options;
  graphs = /* @__PURE__ */ new Map();
  /** Those of them that have jobs with priorities. */
  prioritised = /* @__PURE__ */ new Set();
  /** Which work is paused in all graphs. A graph's own pause is part of its state. */
  work = initialWork;
  /**
   * Ready jobs by type. A job that is backing off is among them, and so is one whose type is paused: a pause of a type, or
   * of all work, costs nothing per job, and whoever takes jobs asks {@link mayStart}.
   */
  ready = /* @__PURE__ */ new Map();
  /** Started jobs, and by whom. */
  started = /* @__PURE__ */ new Map();
  runningOf = /* @__PURE__ */ new Map();
  /** The position in the log up to which events are applied. */
  position = null;
  /**
   * Graphs that were dropped and are reopened by an operator. The feed must read their events up to `position` and pass
   * them to {@link restore} before it applies the next event.
   */
  reopened = /* @__PURE__ */ new Set();
  /** Told of graphs with time limits, if anybody watches them. */
  onTimes = null;
  apply(event) {
    this.position = event.position;
    this.fold(event);
  }
  /** Applies an event that lies at or before the position: one of a graph that was not followed until now. */
  fold(event) {
    if (isOfNamespace(event)) {
      if (event.jobId === null) this.work = evolveWork(this.work, event);
      return;
    }
    const graph = this.graphs.get(event.graphId);
    if (graph !== void 0) {
      this.refresh(graph, graph.apply(event));
    } else if (event.type === "Unreadable" || event.type === "GraphSubmitted" && event.data.part === 1) {
      const opened = new GraphState(event.graphId, this.options);
      this.graphs.set(event.graphId, opened);
      this.refresh(opened, opened.apply(event));
    } else if (event.type === "JobReset" || event.type === "GraphReset") {
      this.reopened.add(event.graphId);
    }
  }
  /** Replaces what is known of a graph by its whole history so far, given in log order. */
  restore(graphId, events) {
    this.reopened.delete(graphId);
    const known = this.graphs.get(graphId);
    if (known !== void 0) this.forget(known);
    const graph = new GraphState(graphId, this.options);
    for (const event of events) graph.apply(event);
    this.graphs.set(graphId, graph);
    this.refresh(graph, graph.jobs.values());
  }
  /** Leaves a graph to others: none of its jobs is ready here any more. It is folded on until it is forgotten. */
  leave(graph) {
    graph.isLeft = true;
    for (const job2 of graph.jobs.values()) this.setReady(job2, false);
  }
  /** Drops a graph, whose events are not followed any more. */
  forget(graph) {
    graph.isLeft = true;
    this.drop(graph);
  }
  /** Replaces what is known of the namespace's own stream by all its events so far. */
  restoreWork(events) {
    this.work = initialWork;
    for (const event of events) this.work = evolveWork(this.work, event);
  }
  /** Whether ready jobs of a type may be started: neither it nor all work is paused. */
  mayStart(type) {
    return !isTypePaused(this.work, type);
  }
  /** Those graphs that exist: not the ones of whose submission a part is still missing. */
  existing() {
    return [...this.graphs.values()].filter(({ existsFrom }) => existsFrom !== null);
  }
  job(graphId, jobId2) {
    return this.graphs.get(graphId)?.jobs.get(jobId2);
  }
  /** How many jobs a worker runs. */
  runningBy(workerId) {
    return this.runningOf.get(workerId) ?? 0;
  }
  refresh(graph, changed2) {
    const jobs2 = graph.isTimed ? [...changed2] : changed2;
    for (const job2 of jobs2) this.reindex(job2);
    if (graph.isTimed) this.onTimes?.(graph, jobs2);
    if (graph.isSettled) this.drop(graph);
    else if (graph.hasPriorities) this.prioritised.add(graph);
  }
  drop(graph) {
    this.graphs.delete(graph.id);
    this.prioritised.delete(graph);
    for (const job2 of graph.jobs.values()) {
      this.setReady(job2, false);
      this.setStarted(job2, null);
    }
    if (graph.isTimed) this.onTimes?.(graph, graph.jobs.values());
  }
  reindex(job2) {
    this.setReady(job2, job2.isReady);
    const isRunning = job2.status === "started" && job2.graph.unreadable === null;
    this.setStarted(job2, isRunning ? job2.state.worker.id : null);
  }
  setStarted(job2, workerId) {
    const known = this.started.get(job2);
    if (known !== void 0) this.runningOf.set(known, this.runningBy(known) - 1);
    if (workerId === null) this.started.delete(job2);
    else {
      this.started.set(job2, workerId);
      this.runningOf.set(workerId, this.runningBy(workerId) + 1);
    }
    if (known !== void 0 && this.runningOf.get(known) === 0) this.runningOf.delete(known);
  }
  setReady(job2, isReady) {
    const { type } = job2.definition;
    const ofType = this.ready.get(type);
    const wasReady = ofType?.has(job2) ?? false;
    if (isReady === wasReady) return;
    if (isReady) {
      if (ofType === void 0) this.ready.set(type, /* @__PURE__ */ new Set([job2]));
      else ofType.add(job2);
      this.listener?.becameReady(job2);
    } else {
      ofType.delete(job2);
      if (ofType.size === 0) this.ready.delete(type);
      this.listener?.noLongerReady(job2);
    }
  }
};

// src/store/live-feed.ts
init_namespace_stream();
init_priorities();
init_share();
init_event_log();
init_positions();
init_fp();

// src/store/load-work.ts
init_namespace_stream();
init_positions();

// src/store/or-throw.ts
init_errors();
init_fp();
var RejectedError = class extends OverseerError {
  name = "RejectedError";
  constructor(rejection) {
    super(rejection.code, rejection.message);
  }
};
async function orThrow(task) {
  const result = await task();
  if (E.isLeft(result)) throw result.left;
  return result.right;
}
async function appendOrThrow(log, requests) {
  const results = await orThrow(log.append(requests));
  for (const result of results) if (!result.appended && result.actualRevision === null) throw result.problem;
  return results;
}
function allowed(decision) {
  if (E.isLeft(decision)) throw new RejectedError(decision.left);
  return decision.right;
}

// src/store/load-work.ts
async function readWorkEvents(log, upTo = null) {
  const events = await orThrow(log.readStream(namespaceStream));
  return upTo === null ? events : events.filter(({ position }) => comparePositions(position, upTo) <= 0);
}
async function loadWork({ log }, asOf = null) {
  return (await readWorkEvents(log, asOf)).reduce(evolveWork, initialWork);
}

// src/store/open-graphs.ts
init_json();
init_share();
init_positions();
init_fp();

// src/store/json-snapshot.ts
init_json();
import { createHash as createHash2 } from "node:crypto";
async function loadJson(log, name2, read3) {
  const snapshot = await orThrow(log.loadSnapshot(name2));
  if (snapshot === null) return null;
  const { position, bytes } = snapshot;
  const text = Buffer.from(bytes).toString();
  if (text.startsWith("{")) return { position, value: read3(parsedOrText(text)) };
  const lineEnd = text.indexOf("\n");
  const json = text.slice(lineEnd + 1);
  const [named2, checksum] = text.slice(0, lineEnd).split(" ");
  if (named2 !== position) return null;
  return { position, value: checksum === checksumOf(position, json) ? read3(parsedOrText(json)) : null };
}
function saveJson(log, name2, position, value2) {
  const json = JSON.stringify(value2);
  const bytes = Buffer.from(`${position} ${checksumOf(position, json)}
${json}`);
  return log.saveSnapshot(name2, { position, bytes });
}
function checksumOf(position, json) {
  return createHash2("sha256").update(`${position}
${json}`).digest("hex");
}

// src/store/open-graphs.ts
var snapshotName = "live-2";
var readBatch = 5e3;
var KnownGraphs = class {
  constructor(log) {
    this.log = log;
  }
  log;
  known = allPartitions.map(() => null);
  of(partition) {
    return this.known[partition];
  }
  note(partition, open) {
    this.known = this.known.map((known, each2) => each2 === partition ? open : known);
  }
  /**
   * Learns the latest that can be had for little of some partitions: their snapshots, and of those to be searched what an engine
   * can tell. Returns the position of the snapshots, or null if one has none.
   */
  async learn(partitions, searched2 = partitions) {
    const snapshots = await this.snapshots(partitions);
    this.known = this.known.map((known, partition) => later(known, snapshots.get(partition) ?? null));
    const savedAt = earliest([...snapshots.values()]);
    if (this.log.graphsAfter === void 0) return savedAt;
    const since = new Map([...searched2].map((partition) => [partition, this.of(partition)?.position ?? null]));
    const found = await this.log.graphsAfter({ since })();
    if (E.isRight(found)) this.update(searched2, found.right);
    return savedAt;
  }
  /** Which of some partitions may have open graphs with a priority of their own, at a position. */
  async withPriorities(partitions, upTo) {
    if (partitions.size === 0) return partitions;
    const known = [...partitions].map((partition) => this.of(partition));
    const found = new Set([...partitions].filter((partition) => this.of(partition)?.mayHavePriorities === true));
    const filter = { share: { partitions: /* @__PURE__ */ new Set(), graphIds: /* @__PURE__ */ new Set() } };
    for (let after2 = earliest(known); ; ) {
      const events = await orThrow(this.log.readAll({ after: after2, filter, limit: readBatch }));
      for (const { type, graphId, position } of events) {
        const isOf = type === "GraphSubmitted" && partitions.has(partitionOf(graphId));
        if (isOf && comparePositions(position, upTo) <= 0) found.add(partitionOf(graphId));
      }
      if (events.length < readBatch) return found;
      after2 = events.at(-1).position;
    }
  }
  update(partitions, { graphs: graphs2, upTo }) {
    if (upTo === null) return;
    for (const partition of partitions) {
      const known = this.of(partition);
      const touched = graphs2.filter(({ graphId }) => partitionOf(graphId) === partition);
      const open = new Set(known?.graphIds);
      for (const { graphId, mayBeOpen } of touched) {
        if (mayBeOpen) open.add(graphId);
        else open.delete(graphId);
      }
      const mayHavePriorities = known?.mayHavePriorities === true || touched.some((each2) => each2.hasPriority);
      this.note(partition, { position: upTo, graphIds: [...open], mayHavePriorities });
    }
  }
  /** The last snapshot of each partition: that of all, or a later one of its own, by a worker that followed only a share. */
  async snapshots(partitions) {
    const whole3 = await load(this.log, null);
    const ofWhole = (partition) => whole3 && { ...whole3, graphIds: whole3.graphIds.filter((graphId) => partitionOf(graphId) === partition) };
    const own = await Promise.all(
      [...partitions].map(async (partition) => {
        const isShared = this.log.claimantsAfter !== void 0;
        return [partition, later(isShared ? await load(this.log, partition) : null, ofWhole(partition))];
      })
    );
    return new Map(own);
  }
};
function later(a, b) {
  if (a === null || b === null) return a ?? b;
  return comparePositions(a.position, b.position) > 0 ? a : b;
}
function earliest(known) {
  let first = null;
  for (const open of known) {
    if (open === null) return null;
    if (first === null || comparePositions(open.position, first) < 0) first = open.position;
  }
  return first;
}
async function saveOpenGraphs(log, partition, open) {
  const { position, graphIds, mayHavePriorities } = open;
  const value2 = { partition, open: [...graphIds], priorities: mayHavePriorities };
  await orThrow(saveJson(log, nameOf(partition), position, value2));
}
async function load(log, partition) {
  const snapshot = await loadJson(log, nameOf(partition), (value2) => read(value2, partition));
  return snapshot?.value ? { position: snapshot.position, ...snapshot.value } : null;
}
function read(snapshot, expected) {
  if (!isPlainObject(snapshot) || !Array.isArray(snapshot["open"])) return null;
  const { open, priorities = true, partition = null } = snapshot;
  if (partition !== expected) return null;
  const graphIds = open.filter((graphId) => typeof graphId === "string");
  return { graphIds, mayHavePriorities: priorities !== false };
}
function nameOf(partition) {
  return partition === null ? snapshotName : `${snapshotName}.${partition.toString(16)}`;
}

// src/store/live-feed.ts
var readBatch2 = 5e3;
var resultBytesMax = 1024;
var LiveFeed = class {
  /** @param readGraph how to read a graph again; a worker gives one that keeps trying, since no event may be applied twice */
  constructor(log, listener = null, readGraph = (graphId, upTo) => log.readGraph(graphId, upTo), onLost = () => {
  }) {
    this.log = log;
    this.readGraph = readGraph;
    this.onLost = onLost;
    this.projection = new LiveProjection(listener, { resultBytesMax });
    this.known = new KnownGraphs(log);
  }
  log;
  readGraph;
  onLost;
  projection;
  /**
   * Graphs of which a part is missing, or cannot be read by this release. They stay in every snapshot, whatever their state looks
   * like: what is missing may be repaired, and what cannot be read may be an event of a newer release that goes on with them.
   */
  lost = /* @__PURE__ */ new Set();
  followed = new Set(allPartitions);
  /** Graphs of other partitions that are folded on, until nothing of them is held here. */
  left = /* @__PURE__ */ new Set();
  known;
  /** Partitions that are not followed and may have graphs with a priority of their own. */
  priorities = /* @__PURE__ */ new Set();
  isStarted = false;
  sinceSnapshot = 0;
  savedAt = null;
  catchingUp = null;
  get partitions() {
    return this.followed;
  }
  get followsAll() {
    return this.followed.size === partitionCount;
  }
  /** Whether a graph is followed, and has not ended. False also where that is not known here. */
  isOpen(graphId) {
    return this.followed.has(partitionOf(graphId)) && this.projection.graphs.get(graphId)?.isSettled === false;
  }
  /** What of the log is to be applied. */
  get filter() {
    if (this.followsAll) return {};
    return { share: { partitions: new Set(this.followed), graphIds: new Set(this.left) } };
  }
  /** Whether there may be open graphs with a priority of their own, in any partition. */
  get mayHavePriorities() {
    return this.projection.prioritised.size > 0 || this.priorities.size > 0;
  }
  /** Loads the snapshot, if there is one. Call once, before the first event. */
  async start(partitions = allPartitions) {
    if (this.isStarted) return;
    this.isStarted = true;
    const isWanted = new Set(partitions);
    for (const partition of allPartitions) if (!isWanted.has(partition)) this.followed.delete(partition);
    const savedAt = await this.known.learn(new Set(allPartitions), isWanted);
    const known = [...isWanted].map((partition) => this.known.of(partition));
    const position = earliest(known);
    if (position === null) return;
    const open = known.flatMap((each2) => each2.graphIds);
    this.restore(await this.historiesOf(open, position));
    this.projection.restoreWork(await readWorkEvents(this.log, position));
    this.projection.position = position;
    this.savedAt = savedAt;
    const others = new Set(allPartitions.filter((partition) => !isWanted.has(partition)));
    for (const partition of await this.known.withPriorities(others, position)) this.priorities.add(partition);
  }
  /** Returns those that were new. */
  async apply(given) {
    const events = onlyAfter(given, this.projection.position);
    for (const event of events) {
      if (!this.follows(event)) {
        this.projection.position = event.position;
        continue;
      }
      this.projection.apply(event);
      if (event.type === "Unreadable" && !isOfNamespace(event)) this.lost.add(event.graphId);
      for (const graphId of this.projection.reopened) await this.reopen(graphId, event.position);
    }
    this.sinceSnapshot += events.length;
    return events;
  }
  follows(event) {
    const { graphId } = event;
    if (this.followsAll || isOfNamespace(event)) return true;
    const partition = partitionOf(graphId);
    if (this.followed.has(partition) || this.left.has(graphId)) return true;
    if (givesPriority(event)) this.priorities.add(partition);
    return false;
  }
  /** Follows further partitions from the present position on. If that fails, nothing has changed. */
  async take(partitions) {
    const taken = new Set([...partitions].filter((partition) => !this.followed.has(partition)));
    const { position } = this.projection;
    const histories = position === null ? null : await this.read(taken, position);
    for (const partition of taken) {
      this.followed.add(partition);
      this.priorities.delete(partition);
    }
    this.forgetLeft((graphId) => !taken.has(partitionOf(graphId)));
    if (histories === null) return;
    this.restore(histories.ofGraphs);
    for (const event of histories.events) this.projection.fold(event);
  }
  /**
   * Leaves partitions to others. A graph that something is held of is folded on, but none of its jobs is ready any more, until
   * {@link forgetLeft}.
   */
  leave(partitions, isHeld) {
    const left2 = new Set([...partitions].filter((partition) => this.followed.has(partition)));
    const { position } = this.projection;
    if (position !== null) for (const partition of left2) this.known.note(partition, this.open(position, partition));
    for (const partition of left2) this.followed.delete(partition);
    for (const graph of [...this.projection.graphs.values()]) {
      const partition = partitionOf(graph.id);
      if (!left2.has(partition)) continue;
      if (graph.hasPriorities) this.priorities.add(partition);
      if (isHeld(graph.id)) {
        this.left.add(graph.id);
        this.projection.leave(graph);
      } else this.projection.forget(graph);
    }
    for (const graphId of this.lost) if (left2.has(partitionOf(graphId))) this.lost.delete(graphId);
  }
  /** Drops the graphs that were left and of which nothing is held any more. */
  forgetLeft(isHeld) {
    for (const graphId of this.left) {
      if (isHeld(graphId)) continue;
      this.left.delete(graphId);
      const graph = this.projection.graphs.get(graphId);
      if (graph !== void 0) this.projection.forget(graph);
    }
  }
  get hasLeft() {
    return this.left.size > 0;
  }
  /** All of some partitions up to a position: the graphs that were open when they were last known, and what has come since. */
  async read(partitions, upTo) {
    await this.known.learn(new Set(allPartitions.filter((partition) => !this.followed.has(partition))));
    const taken = [...partitions].map((partition) => this.known.of(partition));
    const open = new Set(taken.flatMap((known) => known?.graphIds ?? []));
    const after2 = earliest(taken);
    if (after2 !== null && comparePositions(after2, upTo) >= 0) {
      return { ofGraphs: await this.historiesOf([...open], upTo), events: [] };
    }
    const events = await this.eventsOf(partitions, after2, upTo);
    for (const { type, graphId } of events) if (type === "JobReset" || type === "GraphReset") open.add(graphId);
    const ofGraphs = await this.historiesOf([...open], upTo);
    return { ofGraphs, events: events.filter((event) => !open.has(event.graphId)) };
  }
  async eventsOf(partitions, from, upTo) {
    const filter = { share: { partitions, graphIds: /* @__PURE__ */ new Set() } };
    const events = [];
    for (let after2 = from; ; ) {
      const batch3 = await orThrow(this.log.readAll({ after: after2, filter, limit: readBatch2 }));
      const due = batch3.filter(({ position }) => comparePositions(position, upTo) <= 0);
      events.push(...due.filter((event) => !isOfNamespace(event) && partitions.has(partitionOf(event.graphId))));
      if (due.length < readBatch2) return events;
      after2 = due.at(-1).position;
    }
  }
  async historiesOf(graphIds, upTo) {
    const ofGraphs = /* @__PURE__ */ new Map();
    await orThrow(this.log.readGraphs(graphIds, upTo, (graphId, history2) => ofGraphs.set(graphId, history2)));
    return ofGraphs;
  }
  restore(ofGraphs) {
    const read3 = [];
    for (const [graphId, history2] of ofGraphs) {
      if (history2 instanceof LogError) this.lose(graphId, history2);
      else if (history2.length > 0) read3.push([graphId, history2, history2[0].position]);
    }
    for (const [graphId, history2] of read3.sort((a, b) => comparePositions(a[2], b[2]))) {
      this.projection.restore(graphId, history2);
      if (history2.some(({ type }) => type === "Unreadable")) this.lost.add(graphId);
    }
  }
  async reopen(graphId, upTo) {
    const history2 = await this.readGraph(graphId, upTo)();
    if (E.isRight(history2)) return this.projection.restore(graphId, history2.right);
    if (history2.left.code !== "store-history-missing") throw history2.left;
    this.projection.reopened.delete(graphId);
    this.lose(graphId, history2.left);
  }
  lose(graphId, error) {
    this.lost.add(graphId);
    this.onLost(graphId, error);
  }
  /** Moves the position on, because the log holds no further event of this namespace up to there. */
  passOver(upTo) {
    this.projection.position = upTo ?? this.projection.position;
  }
  /** Reads on to the end of the log. Calls at the same time share one read. */
  async catchUp() {
    this.catchingUp ??= this.readOn().finally(() => this.catchingUp = null);
    await this.catchingUp;
  }
  /**
   * Saves a snapshot if at least this many events have come since the last one; for 0, if any has. It costs the more, the more
   * graphs are open, so by default that many events are waited for too.
   */
  async saveSnapshot(worthIt = Math.max(1e4, this.projection.graphs.size)) {
    const { position } = this.projection;
    if (position === null || position === this.savedAt || this.sinceSnapshot < worthIt) return;
    this.sinceSnapshot = 0;
    this.savedAt = position;
    if (this.followsAll) return await saveOpenGraphs(this.log, null, this.open(position, null));
    const snapshots = [...this.followed].map((partition) => ({ partition, open: this.open(position, partition) }));
    for (const { partition, open } of snapshots) await saveOpenGraphs(this.log, partition, open);
  }
  open(position, partition) {
    const isOf = (graphId) => partition === null || partitionOf(graphId) === partition;
    const { graphs: graphs2, reopened, prioritised } = this.projection;
    const open = /* @__PURE__ */ new Set([...graphs2.keys(), ...reopened, ...this.lost]);
    const mayHavePriorities = [...prioritised].some(({ id }) => isOf(id)) || [...this.lost].some(isOf);
    return { position, graphIds: [...open].filter(isOf), mayHavePriorities };
  }
  async readOn() {
    await this.start();
    for (; ; ) {
      const events = await orThrow(this.log.readAll({ after: this.projection.position, limit: readBatch2 }));
      await this.apply(events);
      if (events.length < readBatch2) return;
    }
  }
};

// src/store/store.ts
init_known_names();
var Store = class {
  /** @internal */
  constructor(log, environment) {
    this.log = log;
    this.environment = environment;
    this.live = new LiveFeed(log);
    this.follower = new GraphFollower(this);
  }
  log;
  environment;
  /** @internal The unfinished graphs, for queries; brought up to date by each of them. */
  live;
  /** @internal Follows the log for all who follow a graph. */
  follower;
  /** The address it was opened with. */
  get address() {
    return this.log.address;
  }
  get namespace() {
    return this.log.namespace;
  }
  /** Lets go of the log. Stop workers first; what still uses the store afterwards fails with code `store-closed`. */
  async close() {
    await this.log.close();
  }
};

// src/config/configuration.ts
init_io();
init_events();
init_codec();
init_errors();
init_fp();
init_json();
init_known_names();
init_nearest();
var ConfigurationError = class extends OverseerError {
  name = "ConfigurationError";
  constructor(message2) {
    super("configuration-invalid", message2);
  }
};
var Milliseconds2 = intFrom(1, "whole number of milliseconds from 1");
var PositiveInt3 = intFrom(1, "whole number from 1");
var isProcesses = (u) => u === "auto" || PositiveInt3.is(u);
var Processes = new Type(
  "whole number from 1, or auto",
  isProcesses,
  (u, context) => isProcesses(u) ? success(u) : failure(u, context),
  identity
);
var TypeSettings = closed(record2("a type", {}, { concurrency: PositiveInt3, retry: closed(RetryPolicy) }));
var StoreObject = closed(record2("store", { adapter: string }, { config: union([string, JsonRecord]) }));
var StoreSetting = new Type(
  "address of a store, or adapter and config",
  (u) => typeof u === "string" || StoreObject.is(u),
  (u, context) => {
    if (typeof u === "string") return success(u);
    return isPlainObject(u) ? StoreObject.validate(u, context) : failure(u, context);
  },
  identity
);
var settings = {
  store: {
    codec: StoreSetting,
    fallback: void 0,
    means: "Where the log is kept: `sqlite:PATH`, `memory:`, an exported `FILE.jsonl` (to read), or `adapter` (memory, sqlite) and `config` (for sqlite: path, synchronous, busyTimeoutMs)."
  },
  namespace: {
    codec: string,
    fallback: "overseer",
    means: "Graphs of one namespace do not see those of another in the same log."
  },
  concurrency: {
    codec: PositiveInt3,
    fallback: 1,
    means: "How many jobs one worker runs at a time. In several processes, each has a worker."
  },
  processes: {
    codec: Processes,
    fallback: void 0,
    means: "How many processes the command line works in, or `auto`: as many as it may use processors. Unless set, `auto` for `worker` and 1 for `run`."
  },
  types: {
    codec: record(string, TypeSettings, "settings by job type"),
    fallback: {},
    means: "By job type: `concurrency`, how many jobs of it one worker runs at a time, and `retry`, the policy of jobs that have none of their own."
  },
  "detector-sleep-time": {
    codec: Milliseconds2,
    fallback: 2e3,
    means: "Milliseconds after which a worker looks for new events though nothing woke it. Wake-ups are pushed; this is the safety net."
  },
  "sleep-time": {
    codec: Milliseconds2,
    fallback: 1e4,
    means: "Milliseconds after which an idle worker says so in its log, and looks again."
  },
  "heartbeat.sleep-time": {
    codec: Milliseconds2,
    fallback: 1e4,
    means: "Milliseconds between two heartbeats of a running job."
  },
  "heartbeat.tolerance": {
    codec: numberBetween(1, 1e6, "number from 1"),
    fallback: 3,
    means: "How many periods a job may stay silent before it is taken from its worker."
  },
  "heartbeat.monitor-shutdown": {
    codec: boolean,
    fallback: true,
    means: "Whether a worker stops when the log has failed for the length of ten leases. Otherwise it goes on trying."
  },
  "stop-timeout": {
    codec: intFrom(0, "whole number of milliseconds from 0"),
    fallback: 3e4,
    means: "Milliseconds a stopping worker waits for its running jobs before it hands them back."
  },
  "sentry.dsn": {
    codec: string,
    fallback: void 0,
    means: "Where errors of handlers are reported to. Off unless given."
  },
  "log-level": {
    codec: keyof(
      { silent: null, error: null, warn: null, info: null, debug: null },
      "silent, error, warn, info or debug"
    ),
    fallback: "info",
    means: "What the command line writes to its log."
  }
};
var settingNames = Object.keys(settings);
var Settings = record2(
  "settings",
  {},
  Object.fromEntries(settingNames.map((name2) => [name2, settings[name2].codec]))
);
function readConfiguration(...layers) {
  const merged = {};
  for (const layer of layers) Object.assign(merged, readLayer(layer));
  const defaults = Object.fromEntries(settingNames.map((name2) => [name2, settings[name2].fallback]));
  return { ...defaults, ...merged };
}
function readLayer({ from, values: values2 }) {
  if (values2 === null || values2 === void 0) return {};
  const flat = flatten(values2, "", from);
  const decoded = Settings.decode(flat);
  if (E.isLeft(decoded)) throw new ConfigurationError(`${from}: ${problems(decoded.left).join("; ")}`);
  return decoded.right;
}
function flatten(values2, prefix, from) {
  if (!isPlainObject(values2)) {
    throw new ConfigurationError(
      `${from}: ${prefix === "" ? "the settings" : prefix.slice(0, -1)} must be an object of settings`
    );
  }
  const flat = {};
  for (const [key, value2] of Object.entries(values2)) {
    const name2 = prefix + kebab(key);
    const isSection = settingNames.some((known) => known.startsWith(`${name2}.`));
    if (isSection) {
      if (value2 === null || value2 === void 0) continue;
      const inSection = flatten(value2, `${name2}.`, from);
      const twice = Object.keys(inSection).find((inner) => Object.hasOwn(flat, inner));
      if (twice !== void 0) throw setTwice(from, twice);
      Object.assign(flat, inSection);
    } else if (!Object.hasOwn(settings, name2)) {
      throw new ConfigurationError(
        `${from}: there is no setting ${shownName(prefix + key)}; did you mean ${nearestTo(name2, settingNames)}?`
      );
    } else if (value2 !== null && value2 !== void 0) {
      if (Object.hasOwn(flat, name2)) {
        throw setTwice(from, name2);
      }
      flat[name2] = value2;
    }
  }
  return flat;
}
function setTwice(from, name2) {
  return new ConfigurationError(`${from}: ${name2} is set twice, in two spellings; keep one of them`);
}
function kebab(key) {
  return key.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

// src/handlers/handler.ts
init_errors();
init_json();
init_known_names();
var stageNames = ["preProcess", "process", "postProcess"];
var InvalidHandlerError = class extends OverseerError {
  name = "InvalidHandlerError";
  constructor(message2) {
    super("handler-invalid", message2);
  }
};
function assertHandler(handler, whose) {
  if (typeof handler === "function") return;
  if (!isPlainObject(handler)) {
    throw new InvalidHandlerError(
      `${whose} is ${handler === null ? "null" : `a ${typeof handler}`}; a handler is a function or { preProcess, process, postProcess }`
    );
  }
  for (const [key, stage] of Object.entries(handler)) {
    if (!stageNames.some((name2) => name2 === key)) {
      throw new InvalidHandlerError(`${whose} has an unknown stage ${shownName(key)}; ${meantAmong(key, stageNames)}`);
    }
    if (typeof stage !== "function") throw new InvalidHandlerError(`stage ${key} of ${whose} is not a function`);
  }
  if (handler.process === void 0)
    throw new InvalidHandlerError(`${whose} has no process stage, which every handler needs`);
}
async function invokeHandler(handler, job2) {
  assertHandler(handler, `the handler of type ${JSON.stringify(job2.type)}`);
  if (typeof handler === "function") return await handler(job2);
  await handler.preProcess?.(job2);
  const result = await handler.process(job2);
  return handler.postProcess === void 0 ? result : await handler.postProcess(job2, result);
}

// src/worker/start.ts
init_known_names();
init_nearest();

// src/worker/logger.ts
function guardedLogger(logger) {
  const guarded = (level) => (details, message2) => {
    try {
      logger[level](details, message2);
    } catch {
    }
  };
  return { debug: guarded("debug"), info: guarded("info"), warn: guarded("warn"), error: guarded("error") };
}
var silentLogger = { debug() {
}, info() {
}, warn() {
}, error() {
} };

// src/handlers/failure.ts
init_limits();
init_defined();
init_errors();
init_fp();
init_json();
function failureOf(thrown2, reason2 = "system/exception") {
  return bounded(
    defined({
      reason: reason2,
      exception: safely(() => classOf(thrown2), "unknown"),
      message: safely(() => messageOf(thrown2), "the handler threw something that throws again when looked at"),
      data: safely(() => dataOf(thrown2), void 0)
    })
  );
}
function safely(look, otherwise) {
  try {
    return look();
  } catch {
    return otherwise;
  }
}
function stackOf(thrown2) {
  return safely(() => stackIn(thrown2), void 0);
}
function stackIn(thrown2) {
  const stacks = [];
  const seen = /* @__PURE__ */ new Set();
  for (let at = thrown2; isError(at) && !seen.has(at); at = at.cause) {
    seen.add(at);
    if (typeof at.stack === "string") stacks.push(at.stack);
  }
  return stacks.length === 0 ? void 0 : cut(stacks.join("\ncaused by: "), limits.failureBytesMax / 4);
}
function namesOf(thrown2) {
  return safely(() => namesIn(thrown2), []);
}
function namesIn(thrown2) {
  if (typeof thrown2 !== "object" || thrown2 === null) return [classOf(thrown2)];
  const names = /* @__PURE__ */ new Set();
  for (let at = prototypeOf(thrown2); at !== null && prototypeOf(at) !== null; at = prototypeOf(at)) {
    const name2 = classNameOf(at);
    if (name2 !== null) names.add(name2);
  }
  for (const key of ["name", "code"]) {
    const name2 = thrown2[key];
    if (typeof name2 === "string") names.add(name2);
  }
  return [...names];
}
function serialisable(data) {
  const kept4 = [];
  for (const [key, value2] of Object.entries(data)) {
    const json = toJson(value2, key);
    if (E.isRight(json)) kept4.push([key, json.right]);
  }
  return Object.fromEntries(kept4);
}
function prototypeOf(value2) {
  return Object.getPrototypeOf(value2);
}
function classNameOf(value2) {
  const { constructor } = value2;
  const name2 = constructor?.name;
  return typeof name2 === "string" && name2 !== "" ? name2 : null;
}
function classOf(thrown2) {
  if (isError(thrown2)) {
    return classNameOf(thrown2) ?? (typeof thrown2.name === "string" ? thrown2.name : "Error");
  }
  return thrown2 === null ? "null" : typeof thrown2;
}
function messageOf(thrown2) {
  if (isError(thrown2)) {
    const { message: message2 } = thrown2;
    if (message2 === "" || message2 === void 0 || message2 === null) return null;
    return typeof message2 === "string" ? message2 : shownSafely(message2);
  }
  if (typeof thrown2 === "string") return thrown2;
  if (isPlainObject(thrown2) && typeof thrown2.message === "string") return thrown2.message;
  return thrown2 === void 0 || thrown2 === null ? null : shownSafely(thrown2);
}
function shownSafely(thrown2) {
  try {
    return JSON.stringify(thrown2) ?? String(thrown2);
  } catch {
    return Object.prototype.toString.call(thrown2);
  }
}
function dataOf(thrown2) {
  if (typeof thrown2 !== "object" || thrown2 === null) return void 0;
  if ("data" in thrown2 && thrown2.data !== void 0) {
    if (isPlainObject(thrown2.data)) return serialisable(thrown2.data);
    const json = toJson(thrown2.data, "data");
    return E.isRight(json) ? json.right : void 0;
  }
  if (!isError(thrown2)) return void 0;
  const {
    name: _name,
    message: _message,
    stack: _stack,
    cause: _cause,
    ...own
  } = { ...thrown2 };
  const kept4 = serialisable(own);
  return Object.keys(kept4).length === 0 ? void 0 : kept4;
}
function bounded(failure2) {
  if (jsonBytes(failure2) <= limits.failureBytesMax) return failure2;
  const { data, ...rest } = failure2;
  const message2 = rest.message === null ? null : cut(rest.message, limits.failureBytesMax / 4);
  const withData = defined({ ...rest, message: message2, data });
  if (jsonBytes(withData) <= limits.failureBytesMax) return withData;
  const note = `left out: with it the record would be over the limit of ${limits.failureBytesMax} bytes`;
  return { ...rest, exception: cut(rest.exception, 200), message: message2, data: { cut: note } };
}
function cut(text, bytesMax) {
  if (Buffer.byteLength(text) <= bytesMax) return text;
  const kept4 = Buffer.from(text).subarray(0, bytesMax).toString().replace(/�+$/, "");
  return `${kept4}\u2026 (cut: ${Buffer.byteLength(text)} bytes)`;
}

// src/worker/reporter.ts
init_errors();
init_json();
init_shown_address();
var noReporter = { report() {
}, close: () => Promise.resolve() };
function guardedReporter(reporter, logger) {
  const failed = (error) => logger.warn({ err: error }, "an error could not be reported");
  return {
    report(error, job2) {
      try {
        reporter.report(error, job2);
      } catch (failure2) {
        failed(failure2);
      }
    },
    async close() {
      try {
        await reporter.close();
      } catch (failure2) {
        failed(failure2);
      }
    }
  };
}
var flushMs = 2e3;
async function sentryReporter(dsn) {
  if (!dsnForm.test(dsn)) throw noDsn(dsn);
  const sentry = await loadSentry();
  const client = new sentry.NodeClient({
    dsn,
    integrations: [],
    transport: sentry.makeNodeTransport,
    stackParser: sentry.defaultStackParser
  });
  if (client.getDsn() === void 0) throw noDsn(dsn);
  client.init();
  return {
    report(error, { graphId, id, type, attempt }) {
      const scope = new sentry.Scope();
      scope.setClient(client);
      scope.setTags({ "job.type": type });
      const data = typeof error === "object" && error !== null && "data" in error && isPlainObject(error.data) ? error.data : {};
      scope.setExtras({ ...serialisable(data), "graph id": graphId, "job id": id, "job type": type, attempt });
      scope.captureException(error);
    },
    async close() {
      await client.close(flushMs);
    }
  };
}
var dsnForm = /^https?:\/\/\w+(:\w*)?@(\[[:.%\w]+\]|[\w.-]+)(:\d+)?\/(.+\/)?\d+$/;
function noDsn(dsn) {
  const shown5 = JSON.stringify(shownAddress(dsn));
  return new OverseerError(
    "sentry-dsn",
    `sentry.dsn ${shown5} is not a DSN; copy it from the project's settings in Sentry`
  );
}
async function loadSentry() {
  try {
    return await import("@sentry/node");
  } catch (error) {
    throw new OverseerError(
      "sentry-missing",
      "sentry.dsn is set but @sentry/node is not installed; run `npm install @sentry/node`",
      {
        cause: error
      }
    );
  }
}

// src/domain/lease.ts
function leaseLengthMs(heartbeatSleepTimeMs, tolerance) {
  return Math.min(Math.max(1, Math.round(heartbeatSleepTimeMs * tolerance)), Number.MAX_SAFE_INTEGER);
}
function isLeaseExpired(observedAtMs, nowMs, leaseMs) {
  return nowMs - observedAtMs > leaseMs;
}

// src/worker/running-worker.ts
init_event_log();
init_errors();

// src/worker/claimed-jobs.ts
init_event_log();
var ofOneJob = [
  "JobStarted",
  "Heartbeat",
  "JobsSpawned",
  "JobFinished",
  "JobSkipped",
  "JobDeferred",
  "ClaimRevoked"
];
var ClaimedJobs = class {
  constructor(projection, underWay) {
    this.projection = projection;
    this.underWay = underWay;
  }
  projection;
  underWay;
  jobs = /* @__PURE__ */ new Map();
  get size() {
    return this.jobs.size;
  }
  all() {
    return [...this.jobs.values()];
  }
  has(job2) {
    return this.get(job2) !== void 0;
  }
  get(job2) {
    return this.jobs.get(streamKey({ graphId: job2.graph.id, jobId: job2.id }));
  }
  /** The graphs of which it has a job; one may come several times. */
  *graphIds() {
    for (const { graphId } of this.jobs.values()) yield graphId;
  }
  /** Adds a job, and lets it go at once if it has been taken already: the answer to its claim may have come that late. */
  add(claimed) {
    const { key } = claimed;
    const known = this.jobs.get(key);
    if (known === void 0 || known.attempt <= claimed.attempt) this.jobs.set(key, claimed);
    this.loseIfTaken(claimed);
  }
  remove(claimed) {
    const { key } = claimed;
    if (this.jobs.get(key) === claimed) this.jobs.delete(key);
  }
  /**
   * Lets go of jobs that an event has taken away, through their own streams or through their graph.
   *
   * @param key the event's stream
   */
  loseTaken({ type, graphId }, key) {
    const isAboutOne = ofOneJob.includes(type);
    const concerned = isAboutOne ? [this.jobs.get(key)] : this.jobs.values();
    for (const claimed of concerned) if (claimed?.graphId === graphId) this.loseIfTaken(claimed);
  }
  loseIfTaken(claimed) {
    const graph = this.projection.graphs.get(claimed.graphId);
    const job2 = graph?.jobs.get(claimed.id);
    const isBehind = job2 !== void 0 && job2.state.revision < claimed.state.revision;
    if (claimed.isOver || isBehind || job2?.status === "started" && job2.state.attempt === claimed.attempt) return;
    if (claimed.isWriting) {
      this.underWay.add(claimed.written().then(() => this.loseIfTaken(claimed)));
      return;
    }
    claimed.lose(graph === void 0 ? "its graph has ended" : `it is ${job2?.status ?? "gone"} by now`);
    if (graph === void 0) this.underWay.add(claimed.followGraphAbort());
  }
};

// src/domain/job-decisions.ts
init_defined();

// src/prelude/duration.ts
init_errors();
init_known_names();
var unitsMs = { ms: 1, s: 1e3, min: 6e4, m: 6e4, h: 36e5, d: 864e5 };
var piece = /(\d+(?:\.\d+)?)\s*(ms|s|min|m|h|d)\s*/y;
function msOf(duration2, what) {
  const ms = typeof duration2 === "string" ? parsed(duration2) : duration2;
  if (Number.isFinite(ms) && ms >= 0) return ms;
  const shown5 = typeof duration2 === "string" ? shownName(duration2) : String(duration2);
  throw new OverseerError(
    "duration-invalid",
    `${what} is ${shown5}; give milliseconds from 0, or text such as '90s', '2h' or '1d 12h'`
  );
}
function parsed(text) {
  let ms = 0;
  let at = 0;
  const trimmed = text.trim();
  if (trimmed === "") return NaN;
  while (at < trimmed.length) {
    piece.lastIndex = at;
    const found = piece.exec(trimmed);
    if (found === null) return NaN;
    ms += Number(found[1]) * unitsMs[found[2]];
    at = piece.lastIndex;
  }
  return ms;
}
function inWords(ms) {
  const units = ["d", "h", "min", "s"];
  const unit = units.find((unit2) => ms >= 2 * unitsMs[unit2]) ?? "ms";
  const length = unitsMs[unit];
  return `${Number((ms / length).toFixed(1))} ${unit}`;
}

// src/domain/job-decisions.ts
init_fp();

// src/prelude/phrases.ts
import stripAnsi from "strip-ansi";

// src/prelude/clean-text.ts
var unsafe = "[\\p{Cc}\\p{Cs}\\p{Zl}\\p{Zp}\\p{Default_Ignorable_Code_Point}\\p{Noncharacter_Code_Point}\\u{FFF9}-\\u{FFFB}]";
var joined = "(?<=[\\p{L}\\p{M}\\p{Extended_Pictographic}\\p{Emoji_Modifier}])(?<![\\x00-\\x7f])[\\u200C\\u200D](?![\\x00-\\x7f])(?=[\\p{L}\\p{M}\\p{Extended_Pictographic}])";
var variant = "(?<=[\\p{Emoji}\\p{Ideographic}])\\p{Variation_Selector}";
var shortForms = { "\n": "\\n", "\r": "\\r", "	": "\\t" };
function cleaner(kept4, written = asUnits) {
  const alone = [...kept4 === void 0 ? [] : [kept4.source], joined, variant].join("|");
  let pattern = null;
  const doubtful = kept4 === void 0 ? /[^\x20-\x7e]/ : new RegExp(`(?!${kept4.source})[^\\x20-\\x7e]`, "u");
  return (text) => doubtful.test(text) ? text.replaceAll(
    pattern ??= new RegExp(`(${alone})|${unsafe}`, "gu"),
    (found, left2) => left2 === void 0 ? shortForms[found] ?? written(found) : found
  ) : text;
}
var cleanText = cleaner();
var cleanJson = cleaner(/\n/);
var cleanForShell = cleaner(void 0, (found) => {
  const code = found.codePointAt(0).toString(16);
  return code.length > 4 ? `\\U${code.padStart(8, "0")}` : `\\u${code.padStart(4, "0")}`;
});
function asUnits(text) {
  return Array.from({ length: text.length }, (_, at) => `\\u${text.charCodeAt(at).toString(16).padStart(4, "0")}`).join(
    ""
  );
}

// src/prelude/local-time.ts
var minuteMs = 6e4;
var dayMs = 24 * 60 * minuteMs;
function momentsOf(text) {
  const asUtc = Date.parse(`${text}Z`);
  if (Number.isNaN(asUtc)) return [];
  const offsets = new Set([-dayMs, dayMs].map((aside) => new Date(asUtc + aside).getTimezoneOffset()));
  const moments = [...offsets].map((offset) => ({ offset, at: asUtc + offset * minuteMs }));
  const real = moments.filter(({ offset, at }) => new Date(at).getTimezoneOffset() === offset);
  return real.map(({ at }) => at).sort((a, b) => a - b);
}
function offsetAt(at) {
  const minutes = -new Date(at).getTimezoneOffset();
  const two = (part) => String(Math.floor(part)).padStart(2, "0");
  return `${minutes < 0 ? "-" : "+"}${two(Math.abs(minutes) / 60)}:${two(Math.abs(minutes) % 60)}`;
}

// src/prelude/phrases.ts
function localTime(time, precision = "seconds") {
  const at = new Date(time);
  const two = (part) => String(part).padStart(2, "0");
  const date = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  const clock = clockTime(at.getTime(), precision);
  const isTwice = momentsOf(`${date}T${clock}`).length > 1;
  return `${date} ${clock}${isTwice ? offsetAt(at.getTime()) : ""}`;
}
function clockTime(time, precision = "seconds") {
  const at = new Date(time);
  const two = (part) => String(part).padStart(2, "0");
  const clock = `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
  return precision === "seconds" ? clock : `${clock}.${String(at.getMilliseconds()).padStart(3, "0")}`;
}
function plural(count2, one, many = `${one}s`) {
  return `${thousands(count2)} ${count2 === 1 ? one : many}`;
}
function thousands(count2) {
  return String(count2).replace(/\B(?=(?:\d{3})+$)/g, ",");
}
function inShort(text, lengthMax2) {
  const line = cleanText(
    stripAnsi(text).replaceAll(/[\s\p{Cc}]+/gu, " ").trim()
  );
  if (line.length <= lengthMax2) return line;
  return `${line.slice(0, lengthMax2 - 1).replace(/[\ud800-\udbff]$/, "")}\u2026`;
}
function jsonInShort(value2, lengthMax2) {
  return inShort(JSON.stringify(value2) ?? "", lengthMax2);
}

// src/domain/job-decisions.ts
init_absurd();
init_iso_time();

// src/domain/answer-phrases.ts
function answeredBy(state) {
  const { answer: answer4, status, result, failure: failure2 } = state;
  const { by, reason: reason2, at } = answer4;
  const said = status === "failed" ? `the failure ${JSON.stringify(failure2?.message ?? "")}` : jsonInShort(result, 100);
  const why = reason2 === "" ? "" : ` (${inShort(reason2, 200)})`;
  return `answered by ${inShort(by, 100)} at ${localTime(at)} with ${inShort(said, 200)}${why}`;
}

// src/domain/job-decisions.ts
init_limits();
init_timing();
function decideJob(job2, command) {
  switch (command.kind) {
    case "start":
      return decideStart(job2, command);
    case "heartbeat":
      return whileHeld(job2, command.attempt, () => {
        const { attempt, progress, details } = command;
        return [{ type: "Heartbeat", data: defined({ attempt, progress, details }) }];
      });
    case "spawn":
      return whileHeld(job2, command.attempt, () => [spawnedBy(command)]);
    case "finish":
      return whileHeld(job2, command.attempt, () => {
        const { attempt, result, memoized, spawned } = command;
        const finished = { type: "JobFinished", data: defined({ attempt, result, memoized }) };
        return spawned === void 0 ? [finished] : [spawnedBy({ attempt, spawned }), finished];
      });
    case "fault":
      return whileHeld(job2, command.attempt, () => [faulted(job2, command)]);
    case "skip":
      return whileHeld(job2, command.attempt, () => {
        const { attempt, reason: reason2 } = command;
        return [{ type: "JobSkipped", data: { attempt, reason: cutMessage(reason2) } }];
      });
    case "defer":
      return whileHeld(job2, command.attempt, () => {
        const { attempt, reason: reason2, delayMs } = command;
        return [{ type: "JobDeferred", data: { attempt, reason: cutMessage(reason2), delayMs: deferralMs(delayMs) } }];
      });
    case "answer":
      return decideAnswer(job2, command);
    case "abort":
      return decideAbort(job2, command);
    case "expire":
      return decideExpire(job2, command);
    case "revoke":
      return decideRevoke(job2, command);
    case "reset":
      return decideReset(job2, command);
    default:
      return absurd(command);
  }
}
function decideStart(job2, command) {
  if (job2.definition.external !== void 0) {
    return reject("job-external", `${named(job2)} is answered from outside, and run by no worker`);
  }
  if (job2.status === "started") return reject("job-already-started", `${named(job2)} is already started`);
  if (job2.status !== "unstarted") return reject("job-already-ended", `${named(job2)} is ${job2.status}`);
  if (job2.waitsFor.length > 0) {
    return reject("job-not-ready", `${named(job2)} waits for ${job2.waitsFor.join(", ")}`);
  }
  if (job2.isPaused) return reject("job-paused", `${named(job2)} is held back, since its graph is paused`);
  if (job2.startsFrom !== null && !command.hasWaited) {
    return reject("job-not-ready", `${named(job2)} ${whyItWaits(job2.state)} until ${isoTime(job2.startsFrom)}`);
  }
  const { worker, leaseMs } = command;
  return E.right([{ type: "JobStarted", data: { attempt: job2.state.attempt + 1, worker, leaseMs } }]);
}
function whyItWaits({ delayMs, deferReason }) {
  if (delayMs === null) return "is delayed";
  return deferReason === null ? "is backing off" : "is put off";
}
function decideAnswer(job2, command) {
  if (job2.definition.external === void 0) {
    return reject("job-not-external", `${named(job2)} is run by workers; only a job with external can be answered`);
  }
  if (job2.status !== "unstarted") return reject("job-already-ended", `${named(job2)} ${howEnded(job2)}`);
  if (job2.waitsFor.length > 0) {
    return reject("job-not-ready", `${named(job2)} cannot be answered yet: it waits for ${job2.waitsFor.join(", ")}`);
  }
  const { by, reason: reason2, outcome } = command;
  const said = outcome.kind === "finished" ? { result: outcome.result } : { failure: outcome.failure };
  return E.right([{ type: "JobAnswered", data: { by, reason: cutMessage(reason2), ...said } }]);
}
function howEnded({ status, state, definition, abortedThrough }) {
  const { answer: answer4, abort: abort2 } = state;
  if (answer4 !== null) return `is ${status} already: ${answeredBy(state)}`;
  if (definition.carried !== void 0) return `is ${status} already, in graph ${definition.carried.graphId}`;
  if (abort2 !== null) return `is aborted, by ${abort2.by}: ${inShort(abort2.message, 200)}`;
  if (abortedThrough === null) return `is ${status} already`;
  return "job" in abortedThrough ? `is aborted through job ${JSON.stringify(abortedThrough.job)}` : "is aborted with its graph";
}
function decideAbort(job2, command) {
  const { by, message: message2, silent, attempt } = command;
  const event = {
    type: "JobAborted",
    data: defined({ by, message: cutMessage(message2), silent, attempt })
  };
  if (attempt !== void 0) return whileHeld(job2, attempt, () => [event]);
  if (job2.status === "aborted" && job2.state.abort !== null) return E.right([]);
  if (job2.status === "finished" || job2.status === "failed" || job2.status === "skipped") {
    return reject("job-already-ended", `${named(job2)} is ${job2.status} and stays so`);
  }
  return E.right([event]);
}
function decideExpire(job2, command) {
  const { attempt, expiry } = command;
  const { limit: limit2 } = expiry;
  const event = { type: "JobExpired", data: defined({ limit: limit2, failure: expired(job2, expiry), attempt }) };
  if (attempt !== void 0) return whileHeld(job2, attempt, () => [event]);
  if (job2.status !== "unstarted") return reject("job-already-ended", `${named(job2)} is ${job2.status}`);
  if (job2.waitsFor.length > 0) return reject("job-not-ready", `${named(job2)} waits for ${job2.waitsFor.join(", ")}`);
  return E.right([event]);
}
function expired({ state, definition }, { limit: limit2, limitMs }) {
  const within = `within ${inWords(limitMs)} (${limit2}Ms)`;
  const isAsked = definition.external !== void 0;
  const did = limit2 === "scheduleToStart" ? "was not started" : isAsked ? "was not answered" : "had not ended";
  const last2 = state.failure === null ? "" : `; its last attempt failed: ${inShort(state.failure.message ?? state.failure.exception, 500)}`;
  return {
    reason: reasonOf(limit2),
    exception: limit2 === "scheduleToStart" ? "ScheduleToStartTimeout" : "ScheduleToCloseTimeout",
    message: cutMessage(`it ${did} ${within}${last2}`)
  };
}
function decideRevoke({ state, ...job2 }, { attempt }) {
  if (state.status === "unstarted" && state.attempt + 1 === attempt) {
    return E.right([{ type: "ClaimRevoked", data: { attempt } }]);
  }
  return reject("attempt-superseded", `attempt ${attempt} of ${named({ state, ...job2 })} is not the next one to start`);
}
function decideReset(job2, command) {
  if (job2.state.status === "failed" || job2.state.status === "skipped" || job2.state.abort !== null) {
    return E.right([{ type: "JobReset", data: { by: command.by, reason: cutMessage(command.reason) } }]);
  }
  if (job2.status === "aborted" && job2.abortedThrough !== null) {
    const instead2 = "job" in job2.abortedThrough ? `job ${JSON.stringify(job2.abortedThrough.job)}` : `graph ${job2.abortedThrough.graph}`;
    return reject("job-aborted-through-another", `${named(job2)} is aborted only through ${instead2}; retry that one`);
  }
  const instead = job2.status === "skipped" ? "is skipped because of the jobs it depends on; retry one of those" : `is ${job2.status}; only a job that failed, was aborted or skipped itself can be retried`;
  return reject("job-not-ended", `${named(job2)} ${instead}`);
}
function whileHeld(job2, attempt, events) {
  if (job2.status !== "started") return reject("job-not-started", `${named(job2)} is ${job2.status}, not started`);
  if (job2.state.attempt !== attempt) {
    return reject(
      "attempt-superseded",
      `attempt ${attempt} of ${named(job2)} is over; attempt ${job2.state.attempt} runs`
    );
  }
  return E.right(events());
}
function spawnedBy({ attempt, spawned }) {
  return { type: "JobsSpawned", data: { attempt, ...spawned } };
}
function faulted(job2, command) {
  const { attempt, cause, failure: failure2, stack: stack2, errorNames, retryAfterMs, now, random } = command;
  const counted = cause !== "lease-expired" && cause !== "released";
  const next = afterAttempt(job2.definition.retry ?? command.policyOfType, {
    cause,
    failures: job2.state.failures + (counted ? 1 : 0),
    lostLeases: job2.state.lostLeases + (cause === "lease-expired" ? 1 : 0),
    maximumLostLeases: job2.definition.maximumLostLeases ?? defaultMaximumLostLeases,
    errorNames,
    retryAfterMs,
    random
  });
  return {
    type: "JobFaulted",
    data: defined({
      attempt,
      cause,
      failure: failure2,
      next: next === "failed" ? { kind: "failed" } : again(next, now),
      stack: stack2
    })
  };
}
var lastInstant = Date.parse("9999-12-31T23:59:59.999Z");
function again(delayMs, now) {
  const notBefore = new Date(Math.min(now + delayMs, lastInstant)).toISOString();
  return { kind: "retry", notBefore, delayMs };
}
function reject(code, message2) {
  return E.left({ code, message: message2 });
}
function named(job2) {
  return `job ${JSON.stringify(job2.definition.id)} of graph ${job2.graphId}`;
}

// src/worker/claims.ts
init_event_log();
init_fp();
init_iso_time();

// src/worker/claimed-job.ts
import { setMaxListeners } from "node:events";
init_event_log();
init_errors();
init_fp();
init_iso_time();

// src/store/new-events.ts
function newEvents(environment, events, causationId, actor) {
  return events.map((event) => ({ id: environment.newId(), event, causationId, actor }));
}

// src/worker/outbox.ts
init_fp();
function isUnwritable({ code }) {
  return code === "event-invalid" || code === "append-too-large";
}
var Outbox = class {
  /** @param onDefect called if an answer could not be dealt with, which should never happen */
  constructor(log, onDefect) {
    this.log = log;
    this.onDefect = onDefect;
  }
  log;
  onDefect;
  letters = [];
  send(append, isWanted, onAnswer) {
    this.letters.push({ append, isWanted, onAnswer });
    if (this.letters.length > 1) return;
    queueMicrotask(() => {
      const letters = this.letters;
      this.letters = [];
      this.post(letters).catch(this.onDefect);
    });
  }
  async post(letters) {
    const appends = letters.map(({ append }) => append);
    const answers = await this.log.append(appends, () => letters.some(({ isWanted }) => isWanted()));
    if (E.isLeft(answers) && letters.length > 1 && isUnwritable(answers.left)) {
      await Promise.all(letters.map((letter) => this.post([letter])));
      return;
    }
    letters.forEach(({ onAnswer }, index) => {
      onAnswer(E.isLeft(answers) ? answers : E.right(answers.right[index]));
    });
  }
};

// src/worker/claimed-job.ts
var LeaseLostError = class extends OverseerError {
  constructor(graphId, jobId2, attempt, why) {
    super(
      "lease-lost",
      `attempt ${attempt} of job ${JSON.stringify(jobId2)} of graph ${graphId} has lost its lease: ${why}`
    );
    this.graphId = graphId;
    this.jobId = jobId2;
    this.attempt = attempt;
  }
  graphId;
  jobId;
  attempt;
  name = "LeaseLostError";
};
var ClaimedJob = class {
  constructor(dependencies, subject) {
    this.dependencies = dependencies;
    this.subject = subject;
    this.lastSignAt = dependencies.environment.monotonic();
    this.key = streamKey({ graphId: subject.graphId, jobId: subject.definition.id });
  }
  dependencies;
  subject;
  /** What is to be written, in order. The first is on its way. */
  writes = [];
  whenDone = [];
  /** Created on first use: most handlers never ask, and it is the costliest part of a run. */
  controller = null;
  interruption = null;
  onInterruption = [];
  ending = null;
  expiry = null;
  onExpiry = null;
  /** Its stream. */
  key;
  /** When the log last recorded a sign of life, on the monotonic clock. */
  lastSignAt;
  get graphId() {
    return this.subject.graphId;
  }
  get id() {
    return this.subject.definition.id;
  }
  get type() {
    return this.subject.definition.type;
  }
  get workerId() {
    return this.dependencies.worker.id;
  }
  get state() {
    return this.subject.state;
  }
  get attempt() {
    return this.subject.state.attempt;
  }
  get leaseMs() {
    return this.subject.state.leaseMs;
  }
  /** For the handler: aborts when its outcome will not be recorded. */
  get signal() {
    if (this.controller === null) {
      this.controller = new AbortController();
      setMaxListeners(0, this.controller.signal);
      if (this.interruption !== null) this.controller.abort(this.interruption);
    }
    return this.controller.signal;
  }
  /** Why the attempt's outcome will not be recorded, or null. */
  get interruptedBy() {
    return this.interruption;
  }
  get isOver() {
    return this.ending !== null;
  }
  /**
   * Appends the events that a command leads to. Resolves when it is in the log; rejects with a LeaseLostError if it is refused, or
   * with a LogError if the log cannot take such an event at all.
   */
  write(command) {
    return new Promise((resolve2, reject2) => {
      this.record(command, (failure2) => failure2 === null ? resolve2() : reject2(failure2));
    });
  }
  /** As {@link write}, for the ending that most jobs have: it costs no promise, and others may go along with it. */
  record(command, onWritten, alongWith = () => null) {
    this.writes.push({ command, onWritten, alongWith });
    if (this.writes.length === 1) this.writeNext();
  }
  /** Gives the attempt up: whatever its handler does from now on is not written. */
  lose(why) {
    const lost2 = new LeaseLostError(this.graphId, this.id, this.attempt, why);
    this.ending ??= lost2;
    this.interrupt(lost2);
    return lost2;
  }
  /** Tells the handler that its outcome will not be recorded. */
  interrupt(reason2) {
    if (this.interruption !== null) return;
    this.interruption = reason2;
    this.controller?.abort(reason2);
    for (const callback of this.onInterruption) callback();
  }
  /** Notes that a time limit of the job has run out while this attempt has it. */
  expire(expiry) {
    this.expiry = expiry;
    this.onExpiry?.(expiry);
  }
  /** Calls back when a time limit runs out, at once if it has already. */
  whenExpired(callback) {
    this.onExpiry = callback;
    if (this.expiry !== null) callback(this.expiry);
  }
  /** Calls back when the attempt is interrupted, at once if it is already. */
  whenInterrupted(callback) {
    if (this.interruption !== null) callback();
    else this.onInterruption.push(callback);
  }
  /** Whether an append is under way, which may be in the log already. */
  get isWriting() {
    return this.writes.length > 0;
  }
  /** Resolves when the appends under way have been answered. */
  async written() {
    if (this.isWriting) await new Promise((resolve2) => this.whenDone.push(resolve2));
  }
  /** Appends JobAborted for a graph that was aborted, so that the job's own stream says so too. */
  async followGraphAbort() {
    const event = {
      type: "JobAborted",
      data: { by: this.workerId, message: "its graph was aborted", silent: true }
    };
    if (this.state.status !== "started") return;
    await new Promise((resolve2) => {
      this.dependencies.outbox.send(
        this.appendOf([event]),
        () => true,
        () => resolve2()
      );
    });
  }
  writeNext() {
    const { command, alongWith } = this.writes[0];
    const made = typeof command === "function" ? command() : command;
    if (this.ending instanceof LeaseLostError) return this.done(this.ending);
    const decision = decideJob(this.subject, made);
    if (E.isLeft(decision)) return this.done(this.lose(decision.left.message));
    const append = this.appendOf(decision.right);
    const along = alongWith(append.events[0]);
    if (along === null) return this.send(append);
    this.dependencies.outbox.send({ ...append, along: along.appends }, this.isWanted, (answer4) => {
      along.onAnswer(E.isRight(answer4) && answer4.right.appended);
      const isOthers = E.isRight(answer4) && !answer4.right.appended && answer4.right.actualRevision === append.expectedRevision;
      if (isOthers || E.isLeft(answer4) && isUnwritable(answer4.left)) this.send(append);
      else this.done(this.conclude(append, answer4));
    });
  }
  send(append) {
    this.dependencies.outbox.send(append, this.isWanted, (answer4) => this.done(this.conclude(append, answer4)));
  }
  isWanted = () => !(this.ending instanceof LeaseLostError);
  /** The first write has come to its end. Goes on with the next. */
  done(failure2) {
    const { onWritten } = this.writes.shift();
    const isMore = this.isWriting;
    onWritten(failure2);
    if (isMore) return this.writeNext();
    if (this.isWriting) return;
    const waiting2 = this.whenDone;
    this.whenDone = [];
    for (const resolve2 of waiting2) resolve2();
  }
  conclude(append, answer4) {
    if (E.isLeft(answer4)) return isUnwritable(answer4.left) ? answer4.left : this.lose(answer4.left.message);
    const result = answer4.right;
    if (!result.appended) {
      return this.lose(
        result.actualRevision === null ? result.problem.message : `its stream is at revision ${result.actualRevision}, and this attempt's last event at ${this.state.revision}`
      );
    }
    const recordedAt = isoTime(this.dependencies.environment.now());
    let state = this.state;
    append.events.forEach(({ id, event }, index) => {
      const revision = append.expectedRevision + 1 + index;
      state = evolveJob(state, { id, revision, recordedAt, ...event });
    });
    this.subject = { ...this.subject, state, status: state.status };
    this.lastSignAt = this.dependencies.environment.monotonic();
    this.dependencies.onSign?.(this);
    if (state.status !== "started") this.ending ??= "recorded";
    return null;
  }
  appendOf(events) {
    const { state, graphId } = this.subject;
    const created = newEvents(this.dependencies.environment, events, state.lastEventId, this.workerId);
    return { graphId, jobId: this.id, expectedRevision: state.revision, events: created };
  }
};

// src/worker/limit-desk.ts
init_event_log();

// src/domain/limit-places.ts
init_iso_time();
init_limits();
init_namespace_stream();
var streamPrefix = "limit/";
function limitStream(key) {
  return { graphId: ofNamespace, jobId: `${streamPrefix}${key}` };
}
function limitKeyOf({ graphId, jobId: jobId2 }) {
  const isLimit = isOfNamespace({ graphId }) && jobId2 !== null && jobId2.startsWith(streamPrefix);
  return isLimit ? jobId2.slice(streamPrefix.length) : null;
}
function placeId({ graphId, jobId: jobId2, after: after2 }) {
  return `${graphId}/${jobId2}@${after2}`;
}
var Places = class {
  constructor(key, snapshot = null) {
    this.key = key;
    if (snapshot === null) return;
    for (const place of snapshot.taken) this.put(place);
    this.starts = [...snapshot.starts];
    this.unreadable = snapshot.unreadable;
    this.revision = snapshot.revision;
    this.lastEventId = snapshot.lastEventId;
  }
  key;
  byId = /* @__PURE__ */ new Map();
  byGraph = /* @__PURE__ */ new Map();
  units = 0;
  /** When the last places were taken that were not void, by the log's clock. */
  starts = [];
  /** Why this release leaves the key alone: it holds an event that it cannot read. */
  unreadable = null;
  /** Of the last event in the stream, -1 while there is none. */
  revision = -1;
  lastEventId = null;
  get snapshot() {
    const { unreadable, revision, lastEventId } = this;
    const starts = this.starts.slice(-limits.limitStartsMax);
    return { taken: this.taken, starts, unreadable, revision, lastEventId };
  }
  /** The places that are taken, in the order in which they were. */
  get taken() {
    return [...this.byId.values()];
  }
  /** How many units are taken. */
  get unitsTaken() {
    return this.units;
  }
  /** How many places a graph has. */
  countOf(graphId) {
    return this.byGraph.get(graphId) ?? 0;
  }
  has(owner) {
    return this.find(owner) !== void 0;
  }
  find(owner) {
    return this.byId.get(placeId(owner));
  }
  /** Applies the next event of the stream. Returns why it has no effect; null if it has one. */
  apply(event) {
    const why = this.whyVoid(event);
    if (why === null && event.type === "PlaceTaken") this.take(event);
    if (why === null && event.type === "PlaceGivenBack") this.giveBack(event.data);
    if (event.type === "Unreadable") this.unreadable ??= event.data.explanation;
    this.revision = event.revision;
    this.lastEventId = event.id;
    return why;
  }
  take({ data, recordedAt: at, revision }) {
    const { units, graphId, jobId: jobId2, attempt, after: after2, ...measure } = data;
    this.put({ graphId, jobId: jobId2, attempt, after: after2, units, at, revision, measure });
    this.starts.push(Date.parse(at));
    const { limitStartsMax } = limits;
    if (this.starts.length > 2 * limitStartsMax) this.starts = this.starts.slice(-limitStartsMax);
  }
  put(place) {
    this.byId.set(placeId(place), place);
    this.units += place.units;
    this.byGraph.set(place.graphId, this.countOf(place.graphId) + 1);
  }
  giveBack(owner) {
    const id = placeId(owner);
    const { units, graphId } = this.byId.get(id);
    this.units -= units;
    this.byId.delete(id);
    const left2 = this.countOf(graphId) - 1;
    if (left2 === 0) this.byGraph.delete(graphId);
    else this.byGraph.set(graphId, left2);
  }
  whyVoid(event) {
    switch (event.type) {
      case "Unreadable":
        return event.data.explanation;
      case "PlaceGivenBack":
        return this.has(event.data) ? null : "no such place is taken";
      case "PlaceTaken":
        if (this.has(event.data)) return "its claim has a place already";
        return this.whyNoRoom(event.data, event.data.units, Date.parse(event.recordedAt));
      default:
        return `${event.type} does not belong in the stream of a limit`;
    }
  }
  whyNoRoom(measure, units, now) {
    const { concurrency } = measure;
    if (concurrency !== void 0 && this.units + units > concurrency) {
      return `${this.units} of ${concurrency} places were taken, and it takes ${units}`;
    }
    const opensAt = this.nextStart(measure);
    return opensAt <= now ? null : `there was no further start before ${isoTime(opensAt)}`;
  }
  /** How many units are free. */
  unitsFree({ concurrency }) {
    return concurrency === void 0 ? Infinity : concurrency - this.units;
  }
  /**
   * From when on one more may start, as far as the rate goes, in milliseconds since the epoch; -Infinity for at any time.
   *
   * @param planned how many are to start before it, and have no place yet: fewer than the rate allows in a window
   */
  nextStart({ starts, windowMs }, planned = 0) {
    if (starts === void 0 || windowMs === void 0) return -Infinity;
    const before = this.starts[this.starts.length + planned - starts];
    return before === void 0 ? -Infinity : before + windowMs;
  }
  /** How many starts there were in the window that ends now, as far as the rate needs to know. */
  startsWithin({ starts = 0, windowMs = 0 }, now) {
    let count2 = 0;
    for (let at = this.starts.length - 1; at >= 0 && count2 < starts; at--) {
      if (this.starts[at] <= now - windowMs) break;
      count2 += 1;
    }
    return count2;
  }
};

// src/worker/limit-streams.ts
init_event_log();
init_fp();

// src/store/known-limit.ts
init_io();
init_codec();
init_fp();
init_positions();
var snapshotEvents = 1e3;
var KnownLimit = class _KnownLimit {
  constructor(log, places) {
    this.log = log;
    this.places = places;
  }
  log;
  places;
  /** When the log recorded the last event that was read. */
  lastRecordedAt = null;
  sinceSnapshot = 0;
  position = null;
  reading = null;
  /** Reads the places under a key, as they are now or were at a position. */
  static async load(log, key, asOf = null) {
    const known = new _KnownLimit(log, new Places(key, await loadPlaces(log, key, asOf)));
    for (const event of await known.readOn()) {
      if (asOf === null || comparePositions(event.position, asOf) <= 0) known.take(event);
    }
    return known;
  }
  get key() {
    return this.places.key;
  }
  /** Reads on to the end of the stream. Calls at the same time share one read. */
  async refresh() {
    this.reading ??= this.readOn().then((events) => {
      for (const event of events) this.hear(event);
    }).finally(() => this.reading = null);
    await this.reading;
  }
  /** Takes an event of its stream that was heard of, if it is the next one. Returns false for one that comes too soon. */
  hear(event) {
    const { revision } = this.places;
    if (event.revision === revision + 1) this.take(event);
    return event.revision <= revision + 1;
  }
  /** Saves a snapshot, if that is worth it. It is a cache: that it cannot be saved changes nothing. */
  async saveSnapshot() {
    if (this.sinceSnapshot < snapshotEvents || this.position === null) return;
    this.sinceSnapshot = 0;
    const { snapshot } = this.places;
    const json = JSON.parse(JSON.stringify(snapshot));
    await saveJson(this.log, snapshotName2(this.key), this.position, json)();
  }
  async readOn() {
    return await orThrow(this.log.readStream(limitStream(this.key), { from: this.places.revision + 1 }));
  }
  take(event) {
    this.places.apply(event);
    this.position = event.position;
    this.lastRecordedAt = event.recordedAt;
    this.sinceSnapshot += 1;
  }
};
var Measure = record2("measure", {}, { concurrency: SafeInt, starts: SafeInt, windowMs: SafeInt });
var Snapshot = record2("snapshot of a limit", {
  taken: readonlyArray(
    record2("place", {
      graphId: string,
      jobId: string,
      attempt: intFrom(1),
      after: intFrom(-1),
      units: intFrom(1),
      at: string,
      revision: intFrom(0),
      measure: Measure
    })
  ),
  starts: readonlyArray(SafeInt),
  unreadable: orNull(string),
  revision: intFrom(0),
  lastEventId: string
});
function snapshotName2(key) {
  return `limit.${key}`;
}
async function loadPlaces(log, key, asOf) {
  const read3 = (value2) => {
    const decoded = Snapshot.decode(value2);
    return E.isRight(decoded) ? decoded.right : null;
  };
  const kept4 = await loadJson(log, snapshotName2(key), read3);
  if (kept4?.value == null || asOf !== null && comparePositions(kept4.position, asOf) > 0) return null;
  return kept4.value.unreadable === null ? kept4.value : null;
}

// src/worker/limit-waiters.ts
init_positions();

// src/prelude/heap.ts
var Heap = class {
  constructor(isBefore2) {
    this.isBefore = isBefore2;
  }
  isBefore;
  items = [];
  get all() {
    return this.items;
  }
  get first() {
    return this.items[0] ?? null;
  }
  add(item) {
    const { items } = this;
    let at = items.length;
    items.push(item);
    while (at > 0) {
      const parent = at - 1 >> 1;
      if (!this.isBefore(item, items[parent])) break;
      items[at] = items[parent];
      at = parent;
    }
    items[at] = item;
  }
  removeFirst() {
    const { items } = this;
    const last2 = items.pop();
    if (last2 === void 0 || items.length === 0) return;
    let at = 0;
    for (; ; ) {
      let child = 2 * at + 1;
      if (child >= items.length) break;
      if (child + 1 < items.length && this.isBefore(items[child + 1], items[child])) child += 1;
      if (!this.isBefore(items[child], last2)) break;
      items[at] = items[child];
      at = child;
    }
    items[at] = last2;
  }
};

// src/worker/limit-waiters.ts
var rememberedMost = 1e3;
var LimitWaiters = class {
  jobs = /* @__PURE__ */ new Set();
  /** At which call a job of a graph was called last, by its id. */
  calledAt = /* @__PURE__ */ new Map();
  calls = 0;
  groups = /* @__PURE__ */ new Map();
  get size() {
    return this.jobs.size;
  }
  *[Symbol.iterator]() {
    yield* this.jobs;
  }
  add(job2, units) {
    if (this.jobs.has(job2)) return;
    this.jobs.add(job2);
    const { graph, definition, priority } = job2;
    const key = `${priority} ${units} ${graph.id}/${definition.type}`;
    let group = this.groups.get(key);
    if (group === void 0) {
      const { id: graphId } = graph;
      const submittedAt = ordinalOf(graph.existsFrom);
      const heap = new Heap((a, b) => a.index < b.index);
      group = { graphId, type: definition.type, priority, submittedAt, heap };
      this.groups.set(key, group);
    }
    group.heap.add(job2);
  }
  delete(job2) {
    return this.jobs.delete(job2);
  }
  /** The job that is next, of those that can run here now; null if there is none. */
  next(canRun, placesOf) {
    let best = null;
    for (const [key, group] of this.groups) {
      const job2 = this.firstOf(group);
      if (job2 === null) this.groups.delete(key);
      if (job2 === null || !canRun(job2)) continue;
      const { priority, graphId, submittedAt } = group;
      const calledAt = this.calledAt.get(graphId) ?? 0;
      const candidate = { job: job2, rank: [-priority, placesOf(graphId), calledAt, submittedAt] };
      if (best === null || comesBefore(candidate.rank, best.rank)) best = candidate;
    }
    return best?.job ?? null;
  }
  /** A job waits no longer, since it is called: the next one is of another graph, if they are equal in all else. */
  call(job2) {
    const { id } = job2.graph;
    this.delete(job2);
    this.calledAt.delete(id);
    this.calledAt.set(id, ++this.calls);
    if (this.calledAt.size > rememberedMost) this.calledAt.delete(this.calledAt.keys().next().value);
  }
  firstOf({ heap }) {
    for (let first = heap.first; first !== null; first = heap.first) {
      if (this.jobs.has(first)) return first;
      heap.removeFirst();
    }
    return null;
  }
};
function comesBefore(a, b) {
  const differing = a.findIndex((value2, index) => value2 !== b[index]);
  return differing >= 0 && a[differing] < b[differing];
}

// src/worker/limit-counter.ts
var LimitCounter = class {
  constructor(key) {
    this.key = key;
  }
  key;
  /** Null until its stream has been read. */
  known = null;
  /** Whether it is being read, or written to by this worker. Nothing else is done with it meanwhile. */
  isBusy = false;
  /** What this round of claims takes, beside what is known: units, and places. */
  planned = { units: 0, places: 0 };
  /** How many jobs are being claimed that want a place of it. */
  claims = 0;
  /** Whether an event was heard that comes after one that was not read yet. */
  isBehind = false;
  /** Where its stream was when claims were refused with their places; null if none were. */
  refusedAt = null;
  /** Whether it is too early by the log's clock for what this worker takes to be due. */
  isClockWrong = false;
  /** How many events of this round are to be appended to its stream. */
  ahead = 0;
  /** Ready jobs that are set aside. */
  waiters = new LimitWaiters();
  /** Ready jobs whose next claim has a place already: another worker is about to start them, or has died before it could. */
  spokenFor = /* @__PURE__ */ new Set();
  /** Jobs that were called up to be claimed now. */
  called = /* @__PURE__ */ new Set();
  /** Places of this worker whose attempts are over. */
  returns = [];
  /** When this worker first saw a place that others have, on the monotonic clock, by the revision that took it. */
  seenAt = /* @__PURE__ */ new Map();
  cancelWindow = () => {
  };
  cancelLook = null;
  /** Whether nobody here wants anything of it. */
  get isIdle() {
    const isUsed = this.isBusy || this.isWaitedFor || this.called.size > 0 || this.returns.length > 0;
    return !isUsed && this.planned.places === 0;
  }
  /** Whether jobs are set aside here. */
  get isWaitedFor() {
    return this.waiters.size > 0 || this.spokenFor.size > 0;
  }
  /** Whether a job's next claim has a place, be it of another worker. */
  hasPlaceOf({ graph, id, state }) {
    return this.known?.places.find({ graphId: graph.id, jobId: id, after: state.revision }) !== void 0;
  }
  /** Whether there is room for so many units at a time by the log's clock, if what is planned is done. */
  hasRoom(measure, units, now) {
    return this.unitsFree(measure) >= units && this.startsFree(measure, now) >= 1;
  }
  unitsFree(measure) {
    return this.readable === null ? 0 : this.readable.unitsFree(measure) - this.planned.units;
  }
  startsFree(measure, now) {
    if (measure.starts === void 0) return Infinity;
    if (this.readable === null || this.readable.nextStart(measure) > now) return 0;
    return measure.starts - this.readable.startsWithin(measure, now) - this.planned.places;
  }
  /** Its places; null where they are not known, or this release cannot read them. */
  get readable() {
    return this.known === null || this.known.places.unreadable !== null ? null : this.known.places;
  }
  /** How many places a graph has. */
  placesOf(graphId) {
    return this.known?.places.countOf(graphId) ?? 0;
  }
  close() {
    this.cancelWindow();
    this.cancelLook?.();
  }
};

// src/store/schedule-clock.ts
var ScheduleClock = class {
  constructor(environment) {
    this.environment = environment;
  }
  environment;
  aheadMs = 0;
  now() {
    return this.environment.now() - this.aheadMs;
  }
  /** @param began when an append was sent, by this machine's clock; @param recordedAt when the log recorded it, by its own */
  learn(began, recordedAt) {
    this.aheadMs = Math.max(0, began - recordedAt);
  }
};

// src/worker/log-clock.ts
var LogClock = class {
  constructor(environment) {
    this.environment = environment;
    this.timeOfDay = new ScheduleClock(environment);
  }
  environment;
  timeOfDay;
  /** The log's clock less the monotonic one, at least. */
  aheadOfMonotonic = -Infinity;
  /** It is this time or later, whatever other clocks say. */
  atLeast() {
    return this.environment.monotonic() + this.aheadOfMonotonic;
  }
  now() {
    return Math.max(this.atLeast(), this.timeOfDay.now());
  }
  /** Notes when the log recorded an event that has just come. */
  heard(recordedAt) {
    this.aheadOfMonotonic = Date.parse(recordedAt) - this.environment.monotonic();
  }
  /** Notes that something was recorded at another time than this clock said. @param sentAt by the time of day */
  learn(sentAt, recordedAt) {
    this.timeOfDay.learn(sentAt, Date.parse(recordedAt));
  }
};

// src/worker/orphaned-places.ts
init_fp();

// src/store/place-standing.ts
init_positions();
async function standingOf(log, owner, asOf = null) {
  const isThen = ({ position }) => asOf === null || comparePositions(position, asOf) <= 0;
  const { graphId, jobId: jobId2, attempt, after: after2 } = owner;
  const own = await orThrow(log.readStream({ graphId, jobId: jobId2 }, { from: after2 + 1 }));
  const standing2 = byItsStream(own.filter(isThen), attempt);
  if (standing2 !== "runs") return standing2;
  const ofGraph = await orThrow(log.readStream({ graphId, jobId: null }));
  if (!ofGraph.some((event) => event.type === "GraphAborted" && isThen(event))) return "runs";
  const graph = new GraphState(graphId);
  for (const event of await orThrow(log.readGraph(graphId, asOf))) graph.apply(event);
  const job2 = graph.jobs.get(jobId2);
  return job2?.status === "started" && job2.state.attempt === attempt ? "runs" : "is-over";
}
function byItsStream([first, ...later2], attempt) {
  if (first === void 0) return "may-come";
  if (first.type !== "JobStarted" || first.data.attempt !== attempt) return "is-over";
  return later2.some((event) => ends2(event, attempt)) ? "is-over" : "runs";
}
function ends2(event, attempt) {
  switch (event.type) {
    case "JobFinished":
    case "JobFaulted":
    case "JobSkipped":
    case "JobDeferred":
    case "JobExpired":
      return event.data.attempt === attempt;
    case "JobAborted":
    case "JobStarted":
      return true;
    default:
      return false;
  }
}

// src/worker/orphaned-places.ts
async function lookForOrphans(dependencies, owners, mayRevoke) {
  const orphans = [];
  for (const owner of owners) {
    const standing2 = await standingOf(dependencies.log, owner);
    if (standing2 === "is-over") orphans.push(owner);
    if (standing2 === "may-come" && mayRevoke && await revoke(dependencies, owner)) orphans.push(owner);
  }
  return orphans;
}
async function revoke({ retrying: retrying2, environment, worker, logger }, owner) {
  const { graphId, jobId: jobId2, attempt, after: expectedRevision } = owner;
  const events = newEvents(environment, [{ type: "ClaimRevoked", data: { attempt } }], null, worker.id);
  const results = await retrying2.append([{ graphId, jobId: jobId2, expectedRevision, events }]);
  const isRevoked = E.isRight(results) && results.right[0].appended;
  if (isRevoked)
    logger.warn({ graphId, jobId: jobId2, attempt }, "a place was taken for a claim that did not come; it is given back");
  return isRevoked;
}

// src/worker/limit-streams.ts
var idleMost = 1e3;
var triesMost = 50;
var againMs = 1e3;
var othersMs = 150;
var LimitStreams = class {
  constructor(dependencies, options) {
    this.dependencies = dependencies;
    this.options = options;
    this.clock = new LogClock(dependencies.environment);
  }
  dependencies;
  options;
  clock;
  counters = /* @__PURE__ */ new Map();
  isClosed = false;
  find(key) {
    return this.counters.get(key);
  }
  counter(key) {
    let counter = this.counters.get(key);
    if (counter === void 0) {
      counter = new LimitCounter(key);
      this.counters.set(key, counter);
    }
    return counter;
  }
  /** Keys that were of use lately may be again; but there may be any number of keys. */
  forgetIdle() {
    if (this.counters.size <= idleMost) return;
    for (const [key, counter] of this.counters) {
      if (this.counters.size <= idleMost / 2) return;
      if (!counter.isIdle || this.options.isHeldUnder(counter)) continue;
      counter.close();
      this.counters.delete(key);
    }
  }
  // ---- the log
  /** Takes events of the log, after what they change. */
  hear(events) {
    const last2 = events.at(-1);
    if (this.counters.size > 0 && last2 !== void 0) this.clock.heard(last2.recordedAt);
    for (const event of events) {
      const key = event.type === "PlaceTaken" || event.type === "PlaceGivenBack" ? limitKeyOf(event) : null;
      if (key !== null) this.hearOfKey(key, event);
      else if (isEndElsewhere(event)) this.hearOfEnd(event);
    }
  }
  hearOfKey(key, event) {
    const counter = this.counters.get(key);
    if (counter === void 0 || counter.known?.hear(event) === true) return;
    counter.isBehind = true;
    if (!counter.isBusy && counter.known !== null) this.dependencies.underWay(this.refreshed(counter));
  }
  /** Its worker may be gone: whoever waits for the place, or sees that it was taken, makes sure that it is given back. */
  hearOfEnd({ graphId, jobId: jobId2 }) {
    const { projection, environment, underWay } = this.dependencies;
    const own = jobId2 === null ? void 0 : projection.job(graphId, jobId2);
    const keys = new Set(own?.definition.limits?.map(({ key }) => key));
    for (const [key, { known }] of this.counters)
      if (known !== null && known.places.countOf(graphId) > 0) keys.add(key);
    for (const key of keys) {
      if (settingFor(projection.work.limits, key) === null && !this.counters.has(key)) continue;
      const isOf = (owner) => owner.graphId === graphId && (jobId2 === null || owner.jobId === jobId2);
      environment.setTimer(othersMs * (1 + environment.random()), () => {
        if (!this.isClosed) underWay(this.lookUnder(key, isOf));
      });
    }
  }
  async lookUnder(key, isConcerned) {
    const counter = this.counter(key);
    if (counter.known === null && !counter.isBusy) await this.load(counter);
    await this.look(counter, counter.known?.places.taken.filter(isConcerned) ?? []);
  }
  /** Looks at places that may be nobody's any more. */
  async look(counter, owners, mayRevoke = false) {
    if (owners.length === 0) return;
    const { log, retrying: retrying2, environment, worker, logger } = this.dependencies;
    const about = { log, retrying: retrying2, environment, worker, logger };
    try {
      for (const owner of await lookForOrphans(about, owners, mayRevoke)) this.returnTo([counter], owner);
    } catch (error) {
      this.failed(counter, error);
    }
  }
  async load(counter) {
    counter.isBusy = true;
    await this.read(counter);
    this.free(counter);
  }
  async read(counter) {
    counter.isBehind = false;
    try {
      const known = counter.known ?? await KnownLimit.load(this.dependencies.log, counter.key);
      if (known === counter.known) await known.refresh();
      counter.known = known;
      this.hearOfTime(known.lastRecordedAt);
      await known.saveSnapshot();
    } catch (error) {
      this.failed(counter, error);
    }
  }
  /** What was recorded was so before now, however far behind this machine's clock is. */
  hearOfTime(recordedAt) {
    if (recordedAt !== null && Date.parse(recordedAt) > this.clock.atLeast()) this.clock.heard(recordedAt);
  }
  failed(counter, error) {
    if (!(error instanceof LogError)) throw error;
    counter.known = null;
    if (this.isClosed) return;
    this.dependencies.logger.warn({ err: error, limit: counter.key }, `limit ${counter.key}: ${error.message}`);
    this.dependencies.environment.setTimer(againMs, () => {
      if (counter.known === null && !counter.isBusy && counter.isWaitedFor)
        this.dependencies.underWay(this.load(counter));
    });
  }
  /** Appends to a key's stream, where it is known to be, and reads on. Returns the last event's revision; null if it did not go in. */
  async write(counter, events) {
    if (counter.known === null) return null;
    const { revision } = counter.known.places;
    const results = await this.dependencies.retrying.append([this.append(counter, revision, events)]);
    if (E.isLeft(results)) counter.known = null;
    else await this.read(counter);
    return E.isRight(results) && results.right[0].appended ? results.right[0].revision : null;
  }
  append(counter, expectedRevision, events) {
    const { environment, worker } = this.dependencies;
    const causationId = counter.known.places.lastEventId;
    return {
      ...limitStream(counter.key),
      expectedRevision,
      events: newEvents(environment, events, causationId, worker.id)
    };
  }
  /** Reads on, once nothing of this worker is under way there. */
  async refreshed(counter) {
    counter.planned = { units: 0, places: 0 };
    counter.ahead = 0;
    counter.isBusy = true;
    const { refusedAt } = counter;
    counter.refusedAt = null;
    await this.read(counter);
    if (refusedAt !== null && counter.known?.places.revision === refusedAt) counter.isClockWrong = true;
    this.free(counter);
  }
  /** A clock that is ahead of the log's has taken a place too early, perhaps. */
  learn(counter, sentAt) {
    counter.isClockWrong = false;
    const at = counter.known?.lastRecordedAt ?? null;
    if (at === null) return;
    this.clock.heard(at);
    this.clock.learn(sentAt, at);
  }
  // ---- what is given back
  /** A place may be given back: its attempt is over. */
  returnTo(counters, owner) {
    for (const counter of counters) {
      counter.returns.push(owner);
      if (!counter.isBusy) this.dependencies.underWay(this.giveBack(counter));
    }
  }
  async giveBack(counter) {
    if (counter.isBusy) return;
    counter.isBusy = true;
    if (counter.known === null) await this.read(counter);
    for (let tries = 0; tries < triesMost && counter.known !== null; tries++) {
      const { places } = counter.known;
      const owners = counter.returns.filter((owner) => places.has(owner));
      counter.returns = owners;
      if (owners.length === 0) break;
      const events = owners.map(({ graphId, jobId: jobId2, attempt, after: after2 }) => {
        return { type: "PlaceGivenBack", data: { graphId, jobId: jobId2, attempt, after: after2 } };
      });
      await this.write(counter, events);
    }
    counter.returns = [];
    this.free(counter);
  }
  free(counter) {
    counter.isBusy = false;
    if (this.isClosed) return;
    if (counter.isBehind && counter.known !== null) return this.dependencies.underWay(this.refreshed(counter));
    if (counter.returns.length > 0) this.dependencies.underWay(this.giveBack(counter));
    else if (counter.isWaitedFor) this.dependencies.onRoom();
    this.forgetIdle();
  }
  // ---- time
  /** While somebody waits: a timer to when the window opens, and one to look for places that are nobody's. */
  watch(counter) {
    counter.cancelWindow();
    counter.cancelWindow = () => {
    };
    if (this.isClosed || !counter.isWaitedFor || counter.readable === null) return;
    const { environment, projection, onRoom } = this.dependencies;
    const measure = settingFor(projection.work.limits, counter.key) ?? {};
    const opensAt = counter.readable.nextStart(measure);
    const inMs = Math.ceil(opensAt - this.clock.now());
    if (inMs > 0 && inMs < Infinity) {
      counter.cancelWindow = environment.setTimer(inMs, () => onRoom());
    }
    this.watchPlaces(counter);
  }
  /** A worker that dies between taking a place and claiming its job leaves the place behind. */
  watchPlaces(counter) {
    if (counter.cancelLook !== null) return;
    const { environment, leaseMs, underWay } = this.dependencies;
    const now = environment.monotonic();
    this.noteSeen(counter, now);
    counter.cancelLook = environment.setTimer(leaseMs * (1 + environment.random() / 10), () => {
      counter.cancelLook = null;
      if (this.isClosed || !counter.isWaitedFor) return counter.seenAt.clear();
      const since = environment.monotonic() - leaseMs;
      const old = counter.known?.places.taken.filter(
        (place) => (counter.seenAt.get(place.revision) ?? Infinity) <= since && !this.options.isHeld(place)
      );
      underWay(this.look(counter, old ?? [], true));
      this.watchPlaces(counter);
    });
  }
  noteSeen(counter, now) {
    const taken = counter.known?.places.taken ?? [];
    const revisions = new Set(taken.map(({ revision }) => revision));
    for (const revision of counter.seenAt.keys()) if (!revisions.has(revision)) counter.seenAt.delete(revision);
    for (const revision of revisions) if (!counter.seenAt.has(revision)) counter.seenAt.set(revision, now);
  }
  close() {
    this.isClosed = true;
    for (const counter of this.counters.values()) counter.close();
  }
};
function isEndElsewhere(event) {
  switch (event.type) {
    case "JobFaulted":
      return event.data.cause === "lease-expired" || event.data.cause === "released";
    case "JobAborted":
    case "JobExpired":
    case "GraphAborted":
      return true;
    default:
      return false;
  }
}

// src/worker/limit-desk.ts
var LimitDesk = class {
  constructor(dependencies) {
    this.dependencies = dependencies;
    this.streams = new LimitStreams(dependencies, {
      isHeld: (owner) => this.held.has(heldKey(owner)),
      isHeldUnder: (counter) => this.isHeldUnder(counter)
    });
  }
  dependencies;
  /** Jobs that are being claimed, and what they take. */
  admitted = /* @__PURE__ */ new Map();
  /** Those of them that were offered again meanwhile. */
  again = /* @__PURE__ */ new Set();
  /** The keys under which jobs wait. */
  waitedFor = /* @__PURE__ */ new Set();
  held = /* @__PURE__ */ new Map();
  streams;
  /** Takes events of the log, after what they change. */
  hear(events) {
    this.streams.hear(events);
  }
  close() {
    this.streams.close();
  }
  // ---- which jobs may be claimed
  /** Whether a job may be claimed now; what it takes is kept for it until {@link settle}. If not, it is set aside. */
  admits(job2) {
    if (this.admitted.has(job2)) {
      this.again.add(job2);
      return false;
    }
    const takings = [];
    const wasCalled = this.uncall(job2);
    for (const { key, units = 1 } of job2.definition.limits) {
      const measure = settingFor(this.dependencies.projection.work.limits, key);
      if (measure === null) continue;
      const counter = this.streams.counter(key);
      const isFree = !counter.isBusy && counter.known !== null && (wasCalled || counter.waiters.size === 0);
      const hasRoom = isFree && counter.hasRoom(measure, units, this.streams.clock.now());
      if (!hasRoom || counter.hasPlaceOf(job2)) {
        this.setAside(job2, counter);
        return false;
      }
      takings.push({ counter, measure: measureOf(measure), units });
    }
    if (takings.length === 0) return true;
    if (!this.areJoined(takings)) {
      const planned = takings.find(({ counter }) => counter.planned.places > 0);
      if (planned !== void 0) {
        this.setAside(job2, planned.counter);
        return false;
      }
      for (const { counter } of takings) counter.isBusy = true;
    }
    for (const { counter, units } of takings) {
      counter.planned.units += units;
      counter.planned.places += 1;
      counter.claims += 1;
    }
    this.admitted.set(job2, takings);
    return true;
  }
  uncall(job2) {
    let wasCalled = false;
    for (const { key } of job2.definition.limits) {
      const counter = this.streams.find(key);
      if (counter?.called.delete(job2) === true) wasCalled = true;
    }
    return wasCalled;
  }
  setAside(job2, counter) {
    if (counter.hasPlaceOf(job2)) counter.spokenFor.add(job2);
    else counter.waiters.add(job2, unitsUnder(job2, counter.key));
    this.waitedFor.add(counter);
    if (counter.known === null && !counter.isBusy) this.dependencies.underWay(this.streams.load(counter));
    this.streams.watch(counter);
  }
  /** Forgets a job that is not ready any more. */
  forget(job2) {
    for (const { key } of job2.definition.limits) {
      const counter = this.streams.find(key);
      counter?.waiters.delete(job2);
      counter?.spokenFor.delete(job2);
      counter?.called.delete(job2);
    }
  }
  /** Calls up as many of the jobs that wait as there is room for. False if that is none. */
  callUp() {
    let isAny = false;
    for (const counter of this.waitedFor) {
      if (!counter.isWaitedFor) this.waitedFor.delete(counter);
      else if (this.callUnder(counter)) isAny = true;
    }
    return isAny;
  }
  callUnder(counter) {
    if (counter.isBusy || counter.known === null) return false;
    for (const job2 of counter.spokenFor) {
      if (counter.hasPlaceOf(job2)) continue;
      counter.spokenFor.delete(job2);
      counter.waiters.add(job2, unitsUnder(job2, counter.key));
    }
    const { projection, slots, offer } = this.dependencies;
    const measure = settingFor(projection.work.limits, counter.key) ?? {};
    const unitsOf = (job2) => unitsUnder(job2, counter.key);
    const mayRun = ({ definition: { type } }) => projection.mayStart(type) && slots.freeOf(type) > 0;
    const canRun = (job2) => mayRun(job2) && unitsOf(job2) <= (measure.concurrency ?? Infinity);
    const ready = [...counter.called].filter(mayRun);
    let units = counter.unitsFree(measure) - ready.reduce((sum, job2) => sum + unitsOf(job2), 0);
    let places = Math.min(counter.startsFree(measure, this.streams.clock.now()), slots.free) - ready.length;
    let isAny = false;
    while (places >= 1) {
      const job2 = counter.waiters.next(canRun, (graphId) => counter.placesOf(graphId));
      if (job2 === null || unitsOf(job2) > units) break;
      counter.waiters.call(job2);
      counter.called.add(job2);
      units -= unitsOf(job2);
      places -= 1;
      isAny = true;
      offer(job2);
    }
    this.streams.watch(counter);
    return isAny;
  }
  // ---- claims
  /** Whether a job that was admitted takes any place. */
  takes(job2) {
    return this.admitted.has(job2);
  }
  /** Whether its places go into the log together with its claim. */
  joins(job2) {
    return this.areJoined(this.admitted.get(job2));
  }
  areJoined(takings) {
    return this.dependencies.log.joinsStreams === true && !takings.some(({ counter }) => counter.isClockWrong);
  }
  /** The appends that take its places, behind those that were planned before. */
  placesFor(job2, owner) {
    return this.admitted.get(job2).map((taking) => {
      const { counter, measure } = taking;
      const { places } = counter.known;
      counter.isBusy = true;
      const notBefore = places.nextStart(measure, counter.ahead);
      const expectedRevision = places.revision + counter.ahead++;
      return { ...this.streams.append(counter, expectedRevision, [placeTaken(owner, taking)]), notBefore };
    });
  }
  /** A claim was refused together with its places: others were faster, or it is too early by the log's clock. */
  refused(job2) {
    for (const { counter, measure } of this.admitted.get(job2)) {
      if (measure.starts !== void 0) counter.refusedAt = counter.known?.places.revision ?? null;
    }
  }
  /** Takes its places one after the other. False if one was not to be had; then those before it are given back. */
  async take(job2, owner) {
    const taken = [];
    for (const taking of this.admitted.get(job2)) {
      const { counter } = taking;
      const sentAt = this.dependencies.environment.now();
      const takenBy = await this.streams.write(counter, [placeTaken(owner, taking)]);
      if (takenBy !== null) this.streams.learn(counter, sentAt);
      if (takenBy === null || counter.known?.places.find(owner)?.revision !== takenBy) {
        this.streams.returnTo(taken, owner);
        return false;
      }
      taken.push(counter);
    }
    return true;
  }
  /** Notes that a job runs here, and keeps its places until it is over. */
  won(job2, owner) {
    const counters = this.admitted.get(job2).map(({ counter }) => counter);
    this.held.set(heldKey(owner), { owner, counters });
  }
  /** Gives back what was taken for a claim that did not come, if it is certain that it never will. */
  async lost(job2, owner) {
    const counters = this.admitted.get(job2).map(({ counter }) => counter);
    await this.giveBackIfOver({ owner, counters });
  }
  /** Claims of some jobs are decided, or there were none: reads what has become of their keys, and goes on with these. */
  async settle(jobs2) {
    const concerned = /* @__PURE__ */ new Set();
    for (const job2 of jobs2) {
      for (const { counter } of this.admitted.get(job2) ?? []) {
        counter.claims -= 1;
        if (counter.claims === 0) concerned.add(counter);
      }
      this.admitted.delete(job2);
      if (this.again.delete(job2)) this.dependencies.offer(job2);
    }
    await Promise.all([...concerned].map((counter) => this.streams.refreshed(counter)));
  }
  // ---- what is over
  /** An attempt of this worker has ended, or was lost. */
  over(claimed) {
    if (this.held.size === 0) return;
    const held2 = this.held.get(heldKey({ graphId: claimed.graphId, jobId: claimed.id, attempt: claimed.attempt }));
    if (held2 !== void 0) this.dependencies.underWay(this.giveBackOnceOver(held2, claimed));
  }
  async giveBackOnceOver(held2, claimed) {
    await Promise.resolve();
    await claimed.written();
    this.held.delete(heldKey(held2.owner));
    if (claimed.state.status !== "started") this.streams.returnTo(held2.counters, held2.owner);
    else await this.giveBackIfOver(held2);
  }
  async giveBackIfOver({ owner, counters }) {
    await Promise.all(counters.map((counter) => this.streams.look(counter, [owner])));
  }
  isHeldUnder(counter) {
    for (const { counters } of this.held.values()) if (counters.includes(counter)) return true;
    return false;
  }
};
function unitsUnder({ definition }, key) {
  return definition.limits.find((each2) => each2.key === key)?.units ?? 1;
}
function placeTaken(owner, { measure, units }) {
  const { graphId, jobId: jobId2, attempt, after: after2 } = owner;
  return { type: "PlaceTaken", data: { graphId, jobId: jobId2, attempt, after: after2, units, ...measure } };
}
function heldKey({ graphId, jobId: jobId2, attempt }) {
  return `${streamKey({ graphId, jobId: jobId2 })}#${attempt}`;
}

// src/worker/claims.ts
var Claims = class {
  constructor(dependencies) {
    this.dependencies = dependencies;
    const { queue, log: retrying2, eventLog: log, onDecided: onRoom } = dependencies;
    this.limits = new LimitDesk({ ...dependencies, log, retrying: retrying2, onRoom, offer: (job2) => queue.offerAgain(job2) });
  }
  dependencies;
  /** Jobs that another worker claimed first, and the revision that says so. */
  contested = /* @__PURE__ */ new Map();
  /** Claims that have not come back through the log yet, of which graph, and when they were sent, on the monotonic clock. */
  sent = /* @__PURE__ */ new Map();
  /** Jobs that run when their claims have come back: what their parents are to them, and returned, is known only then. */
  held = /* @__PURE__ */ new Map();
  /** Where jobs that have limits get their places. */
  limits;
  /** Claims as many ready jobs as there are free slots. Null if there is none; else resolves when all are decided. */
  claimReady() {
    const { limits: limits3 } = this;
    const { queue, slots, projection } = this.dependencies;
    const dequeue = () => queue.dequeue(slots.free, (type) => projection.mayStart(type) ? slots.freeOf(type) : 0);
    if (slots.free > 0) limits3.callUp();
    let jobs2 = dequeue();
    while (jobs2.length === 0 && slots.free > 0 && limits3.callUp()) jobs2 = dequeue();
    return jobs2.length > 0 ? this.claim(jobs2) : null;
  }
  /** How many claims have not come back through the log. */
  get underWay() {
    return this.sent.size;
  }
  /** The graphs of which a claim is under way, or has not come back through the log yet; one may come several times. */
  *graphIds() {
    for (const { graphId } of this.sent.values()) yield graphId;
  }
  /** Notes a claim that has come back through the log, by its stream, and how long that took. */
  saw(key) {
    this.runHeld(key);
    const sent = this.sent.get(key);
    if (sent === void 0) return;
    this.sent.delete(key);
    this.dependencies.queue.claimTook(this.dependencies.environment.monotonic() - sent.at);
  }
  /**
   * The claim of a job that becomes ready by the end of another, to go into the log along with that. So a chain takes one
   * commit a job. Only when nothing else is offered: otherwise jobs are claimed in their order, and share their commits
   * anyway.
   */
  alongWith(ended, ending) {
    const { queue, slots, eventLog } = this.dependencies;
    if (eventLog.joinsStreams !== true || slots.free < 1 || !queue.isEmpty) return null;
    const job2 = ended.children.find((child) => this.isFreedBy(child, ended));
    if (job2 === void 0) return null;
    const claim = this.claimOf(job2, { ...job2.subject(), waitsFor: [] }, ending.id);
    if (claim === null || this.sent.has(claim.key)) return null;
    this.send(claim);
    return { appends: [claim.append], onAnswer: (wentIn) => this.concludeAlong(claim, wentIn) };
  }
  isFreedBy(child, parent) {
    const { queue, slots, projection } = this.dependencies;
    const { type } = child.definition;
    const { graph, status } = child;
    const isFreed = child.isReadyOnceFinished(parent);
    const isFree = !child.isTimed && child.definition.limits === void 0;
    const canRun = isFreed && isFree && status === "unstarted" && graph.isOpen && graph.pause === null;
    return canRun && queue.handles(type) && projection.mayStart(type) && slots.freeOf(type) > 0;
  }
  concludeAlong({ key, job: job2, hold }, wentIn) {
    const { slots, statistics, onDecided } = this.dependencies;
    statistics.claims += 1;
    if (!wentIn) {
      statistics.claimsLost += 1;
      this.sent.delete(key);
      slots.release(job2.definition.type);
      return onDecided();
    }
    this.runOnceSeen(key, job2, hold());
  }
  /** Runs a job when its claim has come back through the log: what its parents are to it stands there. */
  runOnceSeen(key, job2, claimed) {
    this.dependencies.hold(claimed);
    this.held.set(key, { job: job2, claimed });
    const seen = this.dependencies.projection.job(claimed.graphId, claimed.id);
    const hasComeBack = seen === void 0 || seen.state.revision >= claimed.state.revision;
    if (hasComeBack) this.runHeld(key);
  }
  runHeld(key) {
    const held2 = this.held.get(key);
    if (held2 === void 0) return;
    this.held.delete(key);
    const { job: job2, claimed } = held2;
    const now = this.dependencies.projection.job(claimed.graphId, claimed.id);
    if (now === void 0) claimed.lose("its graph has ended");
    this.dependencies.run(now ?? job2, claimed);
  }
  send({ key, job: job2 }) {
    this.dependencies.slots.occupy(job2.definition.type);
    this.sent.set(key, { graphId: job2.graph.id, at: this.dependencies.environment.monotonic() });
  }
  /** Offers those contested jobs again whose deciding event this worker has seen by now. */
  offerContested() {
    for (const [job2, revision] of this.contested) this.offerOnceSeen(job2, revision);
  }
  offerOnceSeen(job2, revision) {
    if (job2.isReady && job2.state.revision < revision) return;
    this.contested.delete(job2);
    this.dependencies.queue.offerAgain(job2);
  }
  async claim(jobs2) {
    const { limits: limits3 } = this;
    const { queue, onDecided } = this.dependencies;
    const claims = [];
    const later2 = [];
    const refused3 = [];
    for (const job2 of jobs2) {
      const claim = this.claimOf(job2, job2.subject(), job2.record.above.readyCause);
      const takes = limits3.takes(job2);
      if (claim === null) {
        if (takes) refused3.push(job2);
        else queue.offerAgain(job2);
      } else if (!takes) claims.push(claim);
      else if (limits3.joins(job2)) claims.push(withPlaces(claim, limits3.placesFor(job2, claim.owner)));
      else later2.push(this.claimAfterPlaces(claim));
    }
    if (refused3.length > 0) later2.push(this.refuse(refused3));
    if (claims.length > 0) await this.claimTogether(claims);
    else if (later2.length === 0) onDecided();
    await Promise.all(later2);
  }
  async refuse(jobs2) {
    const { limits: limits3 } = this;
    const { queue, onDecided } = this.dependencies;
    await limits3.settle(jobs2);
    for (const job2 of jobs2) queue.offerAgain(job2);
    onDecided();
  }
  async claimTogether(claims) {
    const { limits: limits3 } = this;
    const { log, onUnwritable, onDecided } = this.dependencies;
    for (const claim of claims) this.send(claim);
    const results = await log.append(claims.map((claim) => claim.append));
    if (E.isLeft(results)) onUnwritable(results.left);
    claims.forEach((claim, index) => this.conclude(claim, E.isRight(results) ? results.right[index] : null));
    const limited2 = claims.flatMap(({ job: job2 }) => limits3.takes(job2) ? [job2] : []);
    if (limited2.length > 0) await limits3.settle(limited2);
    onDecided();
  }
  /** The log cannot take places and claim together, or only the log's clock tells whether the places were to be had. */
  async claimAfterPlaces(claim) {
    const { limits: limits3 } = this;
    const { log, slots, queue, statistics, onUnwritable, onDecided } = this.dependencies;
    const { job: job2, key, owner, append } = claim;
    this.send(claim);
    if (await limits3.take(job2, owner)) {
      const results = await log.append([append]);
      if (E.isLeft(results)) onUnwritable(results.left);
      const result = E.isRight(results) ? results.right[0] : null;
      this.conclude(claim, result);
      if (result?.appended !== true) await limits3.lost(job2, owner);
    } else {
      statistics.claims += 1;
      statistics.claimsLost += 1;
      this.sent.delete(key);
      slots.release(job2.definition.type);
      queue.offerAgain(job2);
    }
    await limits3.settle([job2]);
    onDecided();
  }
  conclude({ key, job: job2, append, owner, hold }, result) {
    const { queue, slots, logger, statistics } = this.dependencies;
    if (result !== null) statistics.claims += 1;
    if (result?.appended === true) {
      if (this.limits.takes(job2)) this.limits.won(job2, owner);
      if (job2.hasFixedInputs) return this.dependencies.run(job2, hold());
      return this.runOnceSeen(key, job2, hold());
    }
    this.sent.delete(key);
    slots.release(job2.definition.type);
    if (result === null) return queue.offerAgain(job2);
    statistics.claimsLost += 1;
    const about = { graphId: job2.graph.id, jobId: job2.id, type: job2.definition.type };
    if (result.actualRevision === null) {
      logger.error({ ...about, err: result.problem }, `a job cannot be claimed: ${result.problem.message}`);
      return;
    }
    if (append.along !== void 0 && result.actualRevision === append.expectedRevision) {
      this.limits.refused(job2);
      return queue.offerAgain(job2);
    }
    this.contested.set(job2, result.actualRevision);
    logger.debug({ ...about, revision: append.expectedRevision }, "another worker was faster to claim the job");
    this.offerOnceSeen(job2, result.actualRevision);
  }
  claimOf(job2, subject, causationId) {
    const { environment, worker, leaseMs, queue, holding } = this.dependencies;
    const decision = decideJob(subject, { kind: "start", worker, leaseMs, hasWaited: queue.hasWaited(job2) });
    if (E.isLeft(decision)) return null;
    const event = decision.right[0];
    const id = environment.newId();
    const expectedRevision = subject.state.revision;
    const sentAt = environment.now();
    const started = { id, event, causationId, actor: worker.id };
    const append = { graphId: job2.graph.id, jobId: job2.id, expectedRevision, events: [started] };
    const hold = () => {
      const recordedAt = isoTime(sentAt);
      const recorded = { id, revision: expectedRevision + 1, recordedAt, ...event };
      const state = evolveJob(subject.state, recorded);
      return new ClaimedJob(holding, { ...subject, state, status: state.status });
    };
    const { attempt } = event.data;
    const owner = { graphId: job2.graph.id, jobId: job2.id, attempt, after: expectedRevision };
    return { key: streamKey(append), job: job2, append, owner, hold };
  }
};
function withPlaces(claim, along) {
  return { ...claim, append: { ...claim.append, along } };
}

// src/worker/following.ts
init_event_log();
init_fp();
var Following = class {
  constructor(dependencies) {
    this.dependencies = dependencies;
  }
  dependencies;
  /** A job that looks ready in the middle of an old log was claimed long ago: claims begin where the log ends. */
  isCaughtUp = false;
  subscription = null;
  isClosed = false;
  isChanging = false;
  /** Whether it has seen all that must be known to choose jobs: of graphs with priorities, every one. */
  get mayClaim() {
    const { feed } = this.dependencies;
    return this.isCaughtUp && (feed.followsAll || !feed.mayHavePriorities);
  }
  /** Resolves when it was closed, to true; to false if the store was. */
  async follow() {
    const { log, feed, safetyNetMs: safetyNetMs2 } = this.dependencies;
    do {
      this.isChanging = false;
      await this.change();
      if (this.isClosed) break;
      this.subscription = log.subscribe({ after: feed.projection.position, filter: feed.filter, safetyNetMs: safetyNetMs2 });
      for await (const message2 of this.subscription) {
        await this.take(message2);
        if (this.isChanging) break;
      }
    } while (this.isChanging && !this.isClosed);
    return this.isClosed;
  }
  /** Goes on with the share that is wanted by now. */
  changeShare() {
    this.isChanging = true;
    this.subscription?.close();
  }
  close() {
    this.isClosed = true;
    this.subscription?.close();
  }
  async take(message2) {
    const { health, feed, onEvents, onMessage } = this.dependencies;
    if (message2.kind === "interrupted") return health.failed("reading", message2.error);
    health.worked("reading");
    if (message2.kind === "events") await onEvents(await feed.apply(message2.events));
    else {
      feed.passOver(message2.upTo);
      this.isCaughtUp = true;
    }
    if (feed.hasLeft) feed.forgetLeft(this.isHeld());
    onMessage();
  }
  isHeld() {
    const held2 = this.dependencies.heldGraphs();
    return (graphId) => held2.has(graphId);
  }
  async change() {
    const { retrying: retrying2, feed, shares, onLeave } = this.dependencies;
    const { wanted } = shares;
    const left2 = [...feed.partitions].filter((partition) => !wanted.has(partition));
    if (left2.length > 0) {
      feed.leave(left2, this.isHeld());
      onLeave();
    }
    const taken = [...wanted].filter((partition) => !feed.partitions.has(partition));
    if (taken.length === 0) return;
    const result = await retrying2.read(TE.tryCatch(() => feed.take(taken), asLogError2))();
    if (E.isLeft(result) && !this.isClosed) throw result.left;
    shares.followsWanted();
  }
};
function asLogError2(error) {
  if (error instanceof LogError) return error;
  throw error;
}

// src/handlers/output.ts
init_limits();

// src/domain/results.ts
init_fp();
init_json();
init_limits();
function resultFrom(value2) {
  const json = toJson(value2 === void 0 ? null : value2, "result");
  if (E.isLeft(json)) return json;
  const bytes = jsonBytes(json.right);
  if (bytes <= limits.resultBytesMax) return json;
  return E.left(
    `result takes ${bytes} bytes as JSON; the limit is ${limits.resultBytesMax}, so store it elsewhere and return a reference`
  );
}

// src/handlers/output.ts
init_errors();
init_fp();
init_json();
init_known_names();

// src/handlers/signals.ts
init_known_names();
var brand = /* @__PURE__ */ Symbol.for("overseer.signal");
var Signal = class extends Error {
  [brand];
  constructor(kind, message2) {
    super(message2);
    this[brand] = kind;
  }
};
var Fault = class extends Signal {
  constructor(message2, retryAfterMs) {
    super("fault", message2);
    this.retryAfterMs = retryAfterMs;
  }
  retryAfterMs;
  name = "Fault";
};
var Abort = class extends Signal {
  constructor(message2, isSilent) {
    super("abort", message2);
    this.isSilent = isSilent;
  }
  isSilent;
  name = "Abort";
};
var Skip = class extends Signal {
  name = "Skip";
  constructor(reason2) {
    super("skip", reason2);
  }
};
var Defer = class extends Signal {
  constructor(reason2, until) {
    super("defer", reason2);
    this.until = until;
  }
  until;
  name = "Defer";
};
function fault2(message2, options = {}) {
  assertOptions("fault", options, { retryAfterMs: true });
  const { retryAfterMs } = options;
  if (retryAfterMs !== void 0 && !(Number.isFinite(retryAfterMs) && retryAfterMs >= 0)) {
    throw new RangeError(`retryAfterMs is ${String(retryAfterMs)}; it is a number of milliseconds from 0`);
  }
  throw new Fault(message2, retryAfterMs);
}
function abort(message2) {
  throw new Abort(message2, false);
}
function skip(reason2) {
  throw new Skip(reason2);
}
function defer2(reason2, options) {
  assertOptions("defer", options, { delayMs: true, untilMs: true });
  const { delayMs, untilMs } = options;
  if (delayMs === void 0 === (untilMs === void 0)) {
    const given = delayMs === void 0 ? "neither" : "both";
    throw new RangeError(
      `defer is given ${given} of delayMs and untilMs; give one of them, such as { delayMs: 60_000 }`
    );
  }
  if (delayMs !== void 0 && !(Number.isFinite(delayMs) && delayMs >= 0)) {
    throw new RangeError(`delayMs is ${String(delayMs)}; it is a number of milliseconds from 0`);
  }
  if (untilMs !== void 0 && !Number.isFinite(untilMs)) {
    throw new RangeError(`untilMs is ${String(untilMs)}; it is a number of milliseconds since the epoch`);
  }
  throw new Defer(reason2, options);
}
function signalIn(thrown2) {
  const seen = /* @__PURE__ */ new Set();
  const open = [thrown2];
  while (open.length > 0) {
    const next = open.shift();
    if (typeof next !== "object" || next === null || seen.has(next)) continue;
    seen.add(next);
    if (brand in next) return next;
    if ("cause" in next) open.push(next.cause);
    if ("errors" in next && Array.isArray(next.errors)) open.push(...next.errors);
  }
  return null;
}
function isFault(signal) {
  return signal[brand] === "fault";
}
function isAbort(signal) {
  return signal[brand] === "abort";
}
function isDefer(signal) {
  return signal[brand] === "defer";
}
function delayFrom({ delayMs, untilMs }, now) {
  return delayMs ?? (untilMs === void 0 ? NaN : untilMs - now);
}
function isSkip(signal) {
  return signal[brand] === "skip";
}

// src/handlers/output.ts
var InvalidResultError = class extends OverseerError {
  name = "InvalidResultError";
  constructor(message2) {
    super("result-invalid", message2);
  }
};
function checkedResult(returned) {
  const result = resultFrom(returned);
  return E.isLeft(result) ? E.left(new InvalidResultError(`the handler's ${result.left}`)) : result;
}
function checkedBeat(details, progress) {
  const invalid8 = (message2) => E.left(new OverseerError("heartbeat-invalid", message2));
  if (progress !== void 0 && !(typeof progress === "number" && progress >= 0 && progress <= 1)) {
    return invalid8(`progress is ${shownValue(progress)}; it must be a number from 0 to 1`);
  }
  if (details === void 0) return E.right(void 0);
  const json = toJson(details, "details");
  if (E.isLeft(json)) return invalid8(`the heartbeat's ${json.left}`);
  const bytes = jsonBytes(json.right);
  if (bytes <= limits.detailsBytesMax) return json;
  return invalid8(`the heartbeat's details take ${bytes} bytes as JSON; the limit is ${limits.detailsBytesMax}`);
}
var reasons2 = { threw: "system/exception", "timed-out": "system/timeout", released: "system/released" };
function inspected(error, kind) {
  const reason2 = reasons2[kind];
  const failed = (thrown2) => ({
    signal: null,
    failure: failureOf(thrown2, reason2),
    stack: kind === "timed-out" ? void 0 : stackOf(thrown2),
    errorNames: namesOf(thrown2)
  });
  const signal = kind === "timed-out" ? null : safely(() => signalIn(error), null);
  if (signal === null) return failed(error);
  return { signal, failure: failureOf(signal, "system/fault"), stack: void 0, errorNames: namesOf(error) };
}

// src/worker/heartbeats.ts
init_fp();
var Heartbeats = class {
  constructor(options) {
    this.options = options;
  }
  options;
  /** Those that are to beat, the one whose last sign is oldest first. */
  jobs = /* @__PURE__ */ new Set();
  isTimed = false;
  add(claimed) {
    this.jobs.add(claimed);
    if (!this.isTimed) this.beatIn(this.options.heartbeatMs);
  }
  remove(claimed) {
    this.jobs.delete(claimed);
  }
  /** A job has just given a sign of life: it goes to the end. */
  sawSign(claimed) {
    if (this.jobs.delete(claimed)) this.jobs.add(claimed);
  }
  beatIn(ms) {
    this.isTimed = true;
    this.options.environment.setTimer(Math.max(1, ms), () => {
      this.isTimed = false;
      this.beatAll();
    });
  }
  beatAll() {
    const { environment, heartbeatMs } = this.options;
    const now = environment.monotonic();
    for (const claimed of this.jobs) {
      const silentMs = now - claimed.lastSignAt;
      if (silentMs < heartbeatMs) return this.beatIn(heartbeatMs - silentMs);
      this.beat(claimed, silentMs - heartbeatMs);
    }
  }
  beat(claimed, lateMs2) {
    this.jobs.delete(claimed);
    if (claimed.isOver) return;
    if (lateMs2 > claimed.leaseMs / 2) {
      this.options.logger.warn(
        { lateMs: Math.round(lateMs2), type: claimed.type },
        "a heartbeat is late: something keeps the event loop busy, or stopped the process"
      );
    }
    claimed.record({ kind: "heartbeat", attempt: claimed.attempt }, (failure2) => {
      if (failure2 === null && !claimed.isOver) this.add(claimed);
    });
  }
};
function coalescedHeartbeat(claimed) {
  let waiting2 = null;
  return (details, progress) => {
    const checked2 = checkedBeat(details, progress);
    if (E.isLeft(checked2)) return unheard(Promise.reject(checked2.left));
    if (waiting2 !== null) {
      if (checked2.right !== void 0) waiting2.details = checked2.right;
      if (progress !== void 0) waiting2.progress = progress;
      return waiting2.written;
    }
    const beat = { details: checked2.right, progress, written: Promise.resolve() };
    waiting2 = beat;
    const { attempt } = claimed;
    beat.written = unheard(
      claimed.write(() => {
        waiting2 = null;
        return { kind: "heartbeat", attempt, details: beat.details, progress: beat.progress };
      })
    );
    return beat.written;
  };
}
function unheard(promise) {
  promise.catch(() => {
  });
  return promise;
}

// src/worker/learn.ts
function learnFrom(event, key, { workerId, queue, shares, claims, feed }) {
  if (event.type === "JobStarted") {
    queue.sawClaim(event.data.worker.id);
    shares.sawClaim(event.data.worker);
    if (event.data.worker.id === workerId) claims.saw(key);
  }
  if (event.type !== "JobFinished" || event.jobId === null || event.data.memoized !== void 0) return;
  const job2 = feed.projection.job(event.graphId, event.jobId);
  const startedAt = job2?.state.startedAt ?? null;
  if (job2 === void 0 || startedAt === null) return;
  queue.jobTook(job2.definition.type, Date.parse(event.recordedAt) - Date.parse(startedAt));
}

// src/worker/monitor.ts
init_fp();
var lookMs = { least: 20, most: 1e3 };
var Monitor = class {
  constructor(dependencies) {
    this.dependencies = dependencies;
  }
  dependencies;
  observed = /* @__PURE__ */ new Map();
  nextLookAt = null;
  /** How long until the next look: a tenth of the shortest lease, within bounds. */
  waitMs(sleepTimeMs) {
    const wait2 = Math.max(lookMs.least, Math.min(sleepTimeMs, lookMs.most, this.shortestLeaseMs() / 10));
    this.nextLookAt = this.dependencies.environment.monotonic() + wait2;
    return wait2;
  }
  /** Looks at every started job, and takes back those whose lease is over or whose owner has ended. */
  async look() {
    const { projection, environment, isHeld } = this.dependencies;
    const now = environment.monotonic();
    const lost2 = [];
    this.forgetIfPaused(now);
    for (const job2 of this.observed.keys()) if (!projection.started.has(job2)) this.observed.delete(job2);
    const isGone = this.goneWorkers();
    for (const job2 of projection.started.keys()) {
      const seen = this.observe(job2, now);
      if (isHeld(job2) || seen.isRefused) continue;
      const owner = job2.state.worker;
      const named2 = `worker ${owner.id} on ${owner.host} (pid ${owner.pid})`;
      const silentMs = Math.round(now - seen.at);
      if (isGone(owner)) lost2.push({ job: job2, why: `the process of ${named2} is gone` });
      else if (isLeaseExpired(seen.at, now, job2.state.leaseMs)) {
        lost2.push({ job: job2, why: `${named2} gave no sign of life for ${silentMs} ms` });
      }
    }
    if (lost2.length > 0) await this.reclaim(lost2);
  }
  /** Starts to watch again: a worker that could not read or write for a while cannot tell others' silence from its own. */
  beginAnew() {
    this.observed.clear();
  }
  observe(job2, now) {
    const { revision } = job2.state;
    const known = this.observed.get(job2);
    if (known?.revision === revision) return known;
    const fresh = { revision, at: now, isRefused: false };
    this.observed.set(job2, fresh);
    return fresh;
  }
  /** Asks once per look about each worker, however many jobs it holds. */
  goneWorkers() {
    const known = /* @__PURE__ */ new Map();
    return (worker) => {
      const asked = known.get(worker.id) ?? this.dependencies.environment.isGone?.(worker) ?? false;
      known.set(worker.id, asked);
      return asked;
    };
  }
  /** The same holds for a worker whose process was suspended. */
  forgetIfPaused(now) {
    if (this.nextLookAt !== null && now - this.nextLookAt > this.shortestLeaseMs() / 2) this.beginAnew();
  }
  shortestLeaseMs() {
    let shortest2 = Infinity;
    for (const job2 of this.dependencies.projection.started.keys()) shortest2 = Math.min(shortest2, job2.state.leaseMs);
    return shortest2;
  }
  async reclaim(lost2) {
    const { logger, health, log } = this.dependencies;
    const takings = lost2.flatMap((each2) => this.taking(each2));
    const results = await log.append(takings.map(({ append }) => append))();
    if (E.isLeft(results)) return health.failed("writing", results.left);
    health.worked("writing");
    takings.forEach(({ job: job2, why, append, attempt }, index) => {
      const about = { graphId: job2.graph.id, jobId: job2.id, attempt };
      if (results.right[index].appended) return logger.warn(about, `lease expired: ${why}`);
      const seen = this.observed.get(job2);
      if (seen?.revision === append.expectedRevision) seen.isRefused = true;
      logger.debug(about, `its lease would have expired (${why}), but somebody has written to its stream`);
    });
  }
  taking({ job: job2, why }) {
    const { environment, worker } = this.dependencies;
    const { attempt, lastEventId, revision } = job2.state;
    const failure2 = { reason: "system/lease-expired", exception: "LeaseExpired", message: why };
    const command = {
      kind: "fault",
      attempt,
      cause: "lease-expired",
      failure: failure2,
      errorNames: [],
      now: environment.now(),
      random: 0
    };
    const decision = decideJob(job2.subject(), command);
    if (E.isLeft(decision)) return [];
    const events = newEvents(environment, decision.right, lastEventId, worker.id);
    const append = { graphId: job2.graph.id, jobId: job2.id, expectedRevision: revision, events };
    return [{ job: job2, why, attempt, append }];
  }
};

// src/worker/own-timers.ts
var OwnTimers = class {
  constructor(environment) {
    this.environment = environment;
    this.host = environment.host;
    this.pid = environment.pid;
    this.process = environment.process;
  }
  environment;
  host;
  pid;
  process;
  running = /* @__PURE__ */ new Set();
  isCancelled = false;
  now() {
    return this.environment.now();
  }
  monotonic() {
    return this.environment.monotonic();
  }
  newId() {
    return this.environment.newId();
  }
  random() {
    return this.environment.random();
  }
  isGone(worker) {
    return this.environment.isGone?.(worker) ?? false;
  }
  setTimer(ms, callback, options) {
    const fire2 = () => {
      this.running.delete(cancel);
      callback();
    };
    const cancelInner = this.environment.setTimer(ms, fire2, options);
    const cancel = () => {
      this.running.delete(cancel);
      cancelInner();
    };
    this.running.add(cancel);
    return cancel;
  }
  /** Does something again and again, never twice at once, until the timers are cancelled or it fails. */
  every(ms, work, onError) {
    const next = () => {
      if (this.isCancelled) return;
      this.setTimer(ms(), () => void Promise.resolve(work()).then(next, onError), { isRoutine: true });
    };
    next();
  }
  /** Cancels all timers that have not fired. Nothing may still wait for one, since it would wait for ever. */
  cancelAll() {
    this.isCancelled = true;
    for (const cancel of this.running) cancel();
  }
};

// src/worker/pause-teller.ts
var PauseTeller = class {
  constructor(types, logger) {
    this.types = types;
    this.logger = logger;
  }
  types;
  logger;
  told = initialWork;
  tell(work) {
    const before = this.told;
    if (work === before) return;
    this.told = work;
    const paused = this.types.filter((type) => isTypePaused(work, type));
    const begun = paused.filter((type) => !isTypePaused(before, type));
    const over = this.types.filter((type) => isTypePaused(before, type) && !isTypePaused(work, type));
    if (begun.length > 0) {
      const isAll = paused.length === this.types.length;
      const what = isAll ? "everything this worker does is paused" : "some types of job are paused";
      const pauses2 = pausesOfWork(work).filter(({ type }) => type === null || this.types.includes(type));
      this.logger.info({ types: begun, pauses: pauses2 }, `${what}; no such job is started until it is resumed`);
    }
    if (over.length > 0) this.logger.info({ types: over }, "types of job that were paused go on");
  }
};

// src/worker/ready-queue.ts
init_positions();

// src/worker/offers.ts
function isBefore(a, b) {
  const [first, second] = [a.job.priority, b.job.priority];
  if (first !== second) return first > second;
  if (a.outrankedBy !== b.outrankedBy) return a.outrankedBy < b.outrankedBy;
  return a.outrankedBy === 0 ? isOlder(a, b) : isOlder(b, a);
}
function isOlder(a, b) {
  return a.submittedAt === b.submittedAt ? a.owned < b.owned : a.submittedAt < b.submittedAt;
}
var OfferHeap = class extends Heap {
  constructor() {
    super(isBefore);
  }
};

// src/worker/rendezvous-hash.ts
function hashOf(text) {
  let hash3 = 2166136261;
  for (let index = 0; index < text.length; index++) hash3 = Math.imul(hash3 ^ text.charCodeAt(index), 16777619);
  return hash3 >>> 0;
}
function mix(hash3) {
  let h = hash3;
  h = Math.imul(h ^ h >>> 16, 2246822507);
  h = Math.imul(h ^ h >>> 13, 3266489909);
  return (h ^ h >>> 16) >>> 0;
}

// src/worker/ready-queue.ts
var rememberedMs = 1e4;
var looksBeyond = 16;
var turn = { claims: 4, least: 10, most: 1e3 };
var beginningMs = 250;
var ReadyQueue = class {
  constructor(options) {
    this.options = options;
    const { workerId, environment, ownSlots } = options;
    this.workerId = workerId;
    this.environment = environment;
    this.claimants.set(workerId, { hash: hashOf(workerId), seenAt: Infinity, slots: ownSlots });
  }
  options;
  workerId;
  environment;
  offers = /* @__PURE__ */ new Map();
  /** Jobs in a heap, where each may be only once. */
  offered = /* @__PURE__ */ new Set();
  waiting = /* @__PURE__ */ new Map();
  /** When the waits of jobs end: by the log's clock, and on the monotonic one. */
  waits = /* @__PURE__ */ new WeakMap();
  claimants = /* @__PURE__ */ new Map();
  /** Whether the offers are ordered by the present claimants. */
  isInOrder = true;
  /** When any worker was last seen to claim, on the monotonic clock. */
  lastClaimAt = -Infinity;
  /** Cancels the timer of a beginning that is under way. */
  beginning = null;
  /** How long a claim takes on average, from sending it until it comes back through the log. */
  claimMs;
  /** How long a job takes on average, by type. */
  jobMs = /* @__PURE__ */ new Map();
  becameReady(job2) {
    if (!this.options.handles(job2.definition.type)) return;
    const waitMs = this.waitMs(job2);
    if (waitMs <= 0) this.offer(job2, null);
    else this.wait(job2, waitMs, null);
  }
  /** Whether a job has waited as long as it must, after its last attempt or before the first. */
  hasWaited(job2) {
    return this.waitMs(job2) <= 0;
  }
  /**
   * How much longer a job must wait. It is counted on this worker's monotonic clock, from the last event of its graph, which
   * this worker has just seen: no two clocks are compared. If that was long ago, only the time of day tells how much of the
   * wait is left; a clock that is wrong can then make the wait shorter, but never longer.
   */
  waitMs(job2) {
    const until = job2.startsFrom;
    if (until === null) return 0;
    const now = this.environment.monotonic();
    const known = this.waits.get(job2);
    if (known?.until === until) return known.endsAt - now;
    const sinceLastMs = until - Date.parse(job2.graph.lastEventAt);
    const leftMs = this.options.isLive() ? sinceLastMs : Math.min(until - this.environment.now(), sinceLastMs);
    this.waits.set(job2, { until, endsAt: now + leftMs });
    return leftMs;
  }
  noLongerReady(job2) {
    this.waiting.get(job2)?.();
    this.waiting.delete(job2);
    if (job2.definition.limits !== void 0) this.options.onUnready(job2);
  }
  /** Whether no job is offered. Some may wait for a back-off, or for another worker's turn. */
  get isEmpty() {
    for (const heap of this.offers.values()) if (this.firstOf(heap) !== null) return false;
    return true;
  }
  handles(type) {
    return this.options.handles(type);
  }
  /** Puts a job back that was dequeued but not claimed. */
  offerAgain(job2) {
    if (job2.isReady) this.becameReady(job2);
  }
  sawClaim(workerId) {
    const known = this.claimants.get(workerId);
    const seenAt = this.environment.monotonic();
    this.lastClaimAt = seenAt;
    this.beginning?.();
    this.beginning = null;
    if (workerId === this.workerId) return;
    const slots = Math.max(known?.slots ?? this.options.ownSlots, this.options.runningBy(workerId));
    this.claimants.set(workerId, { hash: known?.hash ?? hashOf(workerId), seenAt, slots });
    if (known === void 0) this.isInOrder = false;
  }
  /** Forgets who claims: this worker sees less of the log from now on, and there others may not claim at all. */
  forgetOthers() {
    for (const id of this.claimants.keys()) if (id !== this.workerId) this.claimants.delete(id);
    this.isInOrder = false;
  }
  /** Notes how long a claim took to come back through the log. */
  claimTook(ms) {
    this.claimMs = average(this.claimMs, ms);
  }
  /** Notes how long a job ran. */
  jobTook(type, ms) {
    this.jobMs.set(type, average(this.jobMs.get(type), ms));
  }
  /** The next jobs to claim: no more than there are free slots, in all and for each type. */
  dequeue(free2, freeOf) {
    const most = Math.min(free2, this.mostNow());
    if (most > 0) this.bringInOrder();
    const jobs2 = this.dequeueUpTo(most, freeOf);
    if (jobs2.length > 0 && most < free2) this.begin();
    return jobs2;
  }
  /** No limit; but one job to begin with, and none while that one is being claimed. */
  mostNow() {
    if (this.environment.monotonic() - this.lastClaimAt <= rememberedMs) return Infinity;
    return this.beginning === null ? 1 : 0;
  }
  begin() {
    this.beginning = this.environment.setTimer(beginningMs, () => {
      this.beginning = null;
      this.lastClaimAt = this.environment.monotonic();
      this.options.onOffer();
    });
  }
  dequeueUpTo(most, freeOf) {
    const jobs2 = [];
    const lanes = this.lanes(freeOf);
    for (let looks = most + looksBeyond; jobs2.length < most && looks > 0; looks--) {
      const lane = bestOf(lanes);
      if (lane === null) break;
      const offer = lane.first;
      this.remove(lane.heap, offer);
      lane.first = this.firstOf(lane.heap);
      const waitMs = this.othersTurnsMs(offer);
      if (waitMs > 0) {
        this.wait(offer.job, waitMs, offer.wantedAt ?? this.environment.monotonic());
        continue;
      }
      if (offer.job.definition.limits !== void 0 && !this.options.admits(offer.job)) {
        looks += 1;
        continue;
      }
      lane.free -= 1;
      jobs2.push(offer.job);
    }
    return jobs2;
  }
  /** The types that have offers. */
  lanes(freeOf) {
    const lanes = [];
    for (const [type, heap] of this.offers) {
      const first = this.firstOf(heap);
      if (first === null) this.offers.delete(type);
      else lanes.push({ heap, first, free: freeOf(type) });
    }
    return lanes;
  }
  /** Cancels all timers. */
  close() {
    for (const cancel of this.waiting.values()) cancel();
    this.waiting.clear();
    this.beginning?.();
  }
  /** Jobs that stopped being ready are dropped when they come to the top. */
  firstOf(heap) {
    for (let top = heap.first; top !== null; top = heap.first) {
      if (top.job.isReady) return top;
      this.remove(heap, top);
    }
    return null;
  }
  remove(heap, first) {
    heap.removeFirst();
    this.offered.delete(first.job);
  }
  wait(job2, ms, wantedAt) {
    this.waiting.get(job2)?.();
    const cancel = this.environment.setTimer(Math.ceil(ms), () => {
      this.waiting.delete(job2);
      if (!job2.isReady) return;
      this.offer(job2, wantedAt);
      this.options.onOffer();
    });
    this.waiting.set(job2, cancel);
  }
  /** How much longer it is the turn of others: of workers that have a free slot for the job, or will have one soon. */
  othersTurnsMs({ job: job2, hash: hash3, outrankedBy, wantedAt }) {
    if (outrankedBy === 0 || this.options.isOwn(job2)) return 0;
    const now = this.environment.monotonic();
    const turnMs = Math.min(Math.max(turn.claims * (this.claimMs ?? 0), turn.least), turn.most);
    const jobMs = this.jobMs.get(job2.definition.type) ?? Infinity;
    const own = mix(hash3 ^ this.claimants.get(this.workerId).hash);
    let before = 0;
    for (const [id, other] of this.claimants) {
      const isFree = this.options.runningBy(id) < other.slots;
      const freeInMs = jobMs / other.slots - (now - other.seenAt);
      if ((isFree || freeInMs < turnMs) && mix(hash3 ^ other.hash) > own) before += 1;
    }
    return before * turnMs - (now - (wantedAt ?? now));
  }
  offer(job2, wantedAt) {
    if (this.offered.has(job2)) return;
    this.offered.add(job2);
    const { type } = job2.definition;
    const heap = this.offers.get(type) ?? new OfferHeap();
    this.offers.set(type, heap);
    const hash3 = hashOf(`${job2.graph.id}/${job2.id}`);
    const submittedAt = ordinalOf(job2.graph.existsFrom);
    heap.add({ job: job2, hash: hash3, ...this.shareOut(hash3), submittedAt, wantedAt });
  }
  /** How a job is shared out among the workers that are known. */
  shareOut(jobHash) {
    const own = mix(jobHash ^ this.claimants.get(this.workerId).hash);
    let outrankedBy = 0;
    let owned = own;
    for (const { hash: hash3 } of this.claimants.values()) {
      const other = mix(jobHash ^ hash3);
      if (other > own) outrankedBy += 1;
      if (other > owned) owned = other;
    }
    return { outrankedBy, owned };
  }
  /** Workers come and go. Offers were ordered by the workers known at the time, so they are ordered again. */
  bringInOrder() {
    const since = this.environment.monotonic() - rememberedMs;
    for (const [id, { seenAt }] of this.claimants) {
      if (seenAt >= since) continue;
      this.claimants.delete(id);
      this.isInOrder = false;
    }
    if (this.isInOrder) return;
    this.isInOrder = true;
    for (const [type, heap] of this.offers) {
      const anew = new OfferHeap();
      for (const offer of heap.all) anew.add({ ...offer, ...this.shareOut(offer.hash) });
      this.offers.set(type, anew);
    }
  }
};
function bestOf(lanes) {
  let best = null;
  for (const lane of lanes) {
    if (lane.free < 1 || lane.first === null) continue;
    if (best === null || isBefore(lane.first, best.first)) best = lane;
  }
  return best;
}
function average(past, now) {
  return past === void 0 ? now : 0.8 * past + 0.2 * now;
}

// src/worker/retrying-log.ts
init_delay();
init_fp();
var warningsApartMs = 1e3;
var backoff = { firstMs: 20, mostMs: 5e3 };
function retryDelayMs(retry, random) {
  return Math.min(backoff.firstMs * 2 ** retry, backoff.mostMs) * (0.5 + random / 2);
}
var Outage = class {
  constructor(environment, onFailure, onLoss) {
    this.environment = environment;
    this.onFailure = onFailure;
    this.onLoss = onLoss;
  }
  environment;
  onFailure;
  onLoss;
  since = /* @__PURE__ */ new Map();
  failed(doing, error) {
    const now = this.environment.monotonic();
    const since = this.since.get(doing) ?? now;
    this.since.set(doing, since);
    this.onFailure(now - since, error);
  }
  lost(error) {
    this.onLoss(error);
  }
  isFailing(doing) {
    return this.since.has(doing);
  }
  worked(doing) {
    this.since.delete(doing);
  }
};
function retryingLog({ log, environment, logger, health, giveUp }) {
  const warnedAt = /* @__PURE__ */ new Map();
  function warn(doing, { code, message: message2 }, retry) {
    const now = environment.monotonic();
    if (now - (warnedAt.get(doing) ?? -Infinity) < warningsApartMs) return;
    warnedAt.set(doing, now);
    logger.warn({ code, retry }, `${doing} the log failed and will be tried again: ${message2}`);
  }
  async function persist(doing, work, isWanted = () => true) {
    for (let retry = 0; ; retry++) {
      const result = await work();
      if (E.isRight(result)) {
        health.worked(doing);
        return result;
      }
      if (isLost(result.left)) health.lost(result.left);
      if (isFinal(result.left) || giveUp.aborted || !isWanted()) return result;
      health.failed(doing, result.left);
      warn(doing, result.left, retry);
      await delay3(environment, retryDelayMs(retry, environment.random()), giveUp);
    }
  }
  return {
    append: (requests, isWanted) => persist("writing", log.append(requests), isWanted),
    read: (read3) => () => persist("reading", read3)
  };
}
var finalCodes = ["store-closed", "append-too-large", "event-invalid", "store-history-missing"];
function isFinal(error) {
  return isLost(error) || finalCodes.includes(error.code);
}
function isLost(error) {
  return error.code === "store-gone" || error.code === "store-damaged";
}

// src/worker/runs.ts
init_errors();

// src/domain/attempt-input.ts
function parentsNow({ parents }) {
  return parents.map((node) => ({ node, record: node.record }));
}
function parentsAtStart(job2) {
  const records = job2.record.parentsAtStart;
  if (records === null) return parentsNow(job2);
  return records.map((record3, index) => ({ node: job2.parents[index], record: record3 }));
}
function finishedAmong(parents) {
  return parents.filter(({ record: record3 }) => record3.state.status === "finished");
}
function inputsFrom(parents) {
  return Object.fromEntries(finishedAmong(parents).map(({ node, record: record3 }) => [node.id, record3.state.result]));
}
function endingsOf(parents) {
  return Object.fromEntries(parents.map(({ node, record: record3 }) => [node.id, endingOf(record3)]));
}
function endingOf(record3) {
  const { status, failure: failure2, abort: abort2, skipReason } = record3.state;
  const outcome = outcomeOf(record3);
  return {
    status: outcome === "open" ? status : outcome,
    failure: status === "failed" ? failure2 : null,
    reason: skipReason ?? abort2?.message ?? null
  };
}

// src/worker/job-run.ts
init_limits();

// src/domain/spawn.ts
init_defined();
init_fp();
init_json();
init_known_names();
init_nearest();

// src/domain/build-job-graph.ts
init_io();
init_codec();
init_defined();
init_fp();
init_json();
init_known_names();
init_dependency_rules();

// src/domain/check-policy.ts
init_defined();
init_json();
init_known_names();
init_external();

// src/domain/graph-rules.ts
init_json();
init_nearest();
init_utf8();
init_limits();

// src/domain/submission.ts
init_defined();
init_json();
init_limits();
function completesSubmission(event) {
  return event.type === "GraphSubmitted" && event.data.part === event.data.parts;
}
function submissionOf(graph) {
  const parts = partsOf(graph);
  return { graphId: graph.id, parts, text: textOf5(parts) };
}
function decideSubmission(submission, stored, context) {
  const isWhole2 = stored.length > 0 && stored.length === stored[0].data.parts;
  if (isWhole2) return { kind: textOf5(stored) === submission.text ? "stored" : "conflict" };
  if (!isBeginningOf(submission.parts, stored)) return { kind: "conflict" };
  return { kind: "append", parts: missingParts(submission, stored, context) };
}
function missingParts({ graphId, parts, text }, stored, { actor, idOf: idOf3 }) {
  const first = stored[0]?.id ?? idOf3(`${graphId}
0
${text}`);
  return parts.slice(stored.length).map((event, index) => {
    const revision = stored.length + index;
    const [id, causationId] = revision === 0 ? [first, null] : [idOf3(`${graphId}
${revision}
${first}`), first];
    return { expectedRevision: revision - 1, event: { id, event, causationId, actor } };
  });
}
function isBeginningOf(parts, stored) {
  return stored.every((part, index) => {
    const ours = parts[index];
    return ours !== void 0 && ours.data.parts === part.data.parts && textOf5([part]) === textOf5([ours]);
  });
}
function partsOf(graph) {
  const jobs2 = Object.values(graph.jobs);
  const shared = jobs2[0].args;
  const parts = definitionsInParts(jobs2, shared);
  return parts.map((jobs3, index) => ({
    type: "GraphSubmitted",
    data: {
      part: index + 1,
      parts: parts.length,
      jobs: jobs3,
      args: index === 0 ? shared : {},
      labels: index === 0 ? graph.labels : {},
      priority: index === 0 ? graph.priority : 0,
      ...index === 0 ? aboutGraph(graph) : {}
    }
  }));
}
function aboutGraph({ forkedFrom, startAfter, deadline, deadlineMs }) {
  return defined({ forkedFrom, startAfter, deadline, deadlineMs });
}
function definitionsInParts(jobs2, shared) {
  const sharedText = canonicalJson(shared);
  const parts = [[]];
  let bytes = sharedText.length;
  for (const job2 of jobs2) {
    const isShared = job2.args === shared || canonicalJson(job2.args) === sharedText;
    const definition = definitionOf(job2, isShared ? void 0 : job2.args);
    const size = jsonBytes(definition) + 1;
    if (bytes + size > limits.submissionPartBytes && parts.at(-1).length > 0) {
      parts.push([]);
      bytes = 0;
    }
    parts.at(-1).push(definition);
    bytes += size;
  }
  return parts;
}
function definitionOf(job2, args) {
  const { id, type, parents, when, optional, withSpawned: withSpawned2, spawnedBy: spawnedBy2, retry, ...rest } = job2;
  const { timeoutMs, maximumLostLeases, memoize, external, priority, carried, carriedStatus } = rest;
  const { limits: limits3, startAfter, delayMs, scheduleToStartMs, scheduleToCloseMs } = rest;
  return defined({
    id,
    type,
    parents,
    when,
    optional,
    withSpawned: withSpawned2,
    spawnedBy: spawnedBy2,
    args,
    retry,
    timeoutMs,
    maximumLostLeases,
    memoize,
    external,
    limits: limits3,
    priority,
    startAfter,
    delayMs,
    scheduleToStartMs,
    scheduleToCloseMs,
    carried,
    carriedStatus
  });
}
function textOf5(parts) {
  const [first] = parts;
  if (first === void 0) return "";
  const { labels, priority, forkedFrom, startAfter, deadline, deadlineMs } = first.data;
  const shared = inKeyOrder(first.data.args);
  const jobs2 = /* @__PURE__ */ new Map();
  for (const part of parts) for (const job2 of part.data.jobs) jobs2.set(job2.id, job2);
  const ids = [...jobs2.keys()].sort();
  return JSON.stringify({
    deadline,
    deadlineMs,
    forkedFrom: forkedFrom?.graphId,
    jobs: Object.fromEntries(ids.map((id) => [id, contentOf2(jobs2.get(id), shared)])),
    labels: inKeyOrder(labels),
    priority,
    startAfter
  });
}
function contentOf2(job2, shared) {
  const {
    args,
    carried,
    carriedStatus,
    delayMs,
    external,
    id,
    limits: limits3,
    maximumLostLeases,
    memoize,
    optional,
    parents,
    priority,
    retry,
    scheduleToCloseMs,
    scheduleToStartMs,
    spawnedBy: spawnedBy2,
    startAfter,
    timeoutMs,
    type,
    when,
    withSpawned: withSpawned2
  } = job2;
  return {
    args: args === void 0 ? shared : inKeyOrder(args),
    carried: carried && inKeyOrder(carried),
    carriedStatus,
    delayMs,
    external: external && inKeyOrder(external),
    id,
    limits: limits3?.map(inKeyOrder),
    maximumLostLeases,
    memoize: memoize && inKeyOrder(memoize),
    optional: optional && [...optional].sort(),
    parents: parents.length > 1 ? [...parents].sort() : parents,
    priority,
    retry: retry && inKeyOrder(retry),
    scheduleToCloseMs,
    scheduleToStartMs,
    spawnedBy: spawnedBy2,
    startAfter,
    timeoutMs,
    type,
    when,
    withSpawned: withSpawned2 && [...withSpawned2].sort()
  };
}

// src/domain/graph-rules.ts
function checkGraph(graph) {
  checkGraphId(graph.id);
  refuse(!Number.isSafeInteger(graph.priority), `priority ${String(graph.priority)} is not a whole number`);
  checkLabels(graph.labels);
  const jobs2 = Object.values(graph.jobs);
  refuse(jobs2.length === 0, "a graph needs at least one job");
  refuse(
    jobs2.length > limits.jobsPerGraphMax,
    `a graph has at most ${limits.jobsPerGraphMax} jobs, not ${jobs2.length}`
  );
  checkJobs(jobs2, (job2, parent) => checkParent(job2, parent, graph.jobs));
}
function checkJobs(jobs2, checkParent2) {
  const before = /* @__PURE__ */ new Set();
  let isInOrder = true;
  for (const job2 of jobs2) {
    checkNames(job2);
    checkRule(job2);
    for (const parent of job2.parents) {
      if (before.has(parent)) continue;
      checkParent2(job2, parent);
      isInOrder = false;
    }
    before.add(job2.id);
    checkSize(job2);
  }
  const cycle = isInOrder ? null : findCycle(new Map(jobs2.map((job2) => [job2.id, job2])));
  if (cycle !== null) throw new Problem(`the jobs depend on each other in a cycle: ${shownCycle(cycle)}`);
}
function checkNames(job2) {
  checkId(job2.type, () => `type of job ${shown2(job2.id)}`, limits.jobTypeBytesMax);
  if (job2.memoize !== void 0) checkMemoizeKey(job2.memoize.key, job2.id);
}
function checkRule({ id, parents, when, optional = [], withSpawned: withSpawned2 = [] }) {
  const asksForOne = when === "any-finished" || when === "any-failed";
  refuse(
    asksForOne && parents.length === 0,
    () => `job ${shown2(id)} is to run ${shown2(when)}, and depends on no job; name some in after`
  );
  for (const [field, named2] of Object.entries({ optional, withSpawned: withSpawned2 })) {
    const stray = named2.find((parent) => !parents.includes(parent));
    if (stray === void 0) continue;
    throw new Problem(`job ${shown2(id)} has ${shown2(stray)} in ${field}, which is not one of its parents`);
  }
}
function checkParent(job2, parent, jobs2) {
  if (parent === job2.id) throw new Problem(`job ${shown2(job2.id)} depends on itself`);
  if (Object.hasOwn(jobs2, parent)) return;
  const meant = didYouMean(parent, Object.keys(jobs2));
  throw new Problem(`job ${shown2(job2.id)} depends on ${shown2(parent)}, which is not a job of this graph${meant}`);
}
function checkSize(job2) {
  const where2 = () => `job ${shown2(job2.id)}`;
  const text = JSON.stringify(definitionOf(job2, job2.args));
  const bytes = utf8Bytes(text);
  const all = job2.carried === void 0 ? "its args and parents" : "its args, its parents and the result it carries over";
  refuse(
    bytes > limits.jobDefinitionBytesMax,
    () => `${where2()} takes ${bytes} bytes as JSON with ${all}; the limit is ${limits.jobDefinitionBytesMax}`
  );
  refuse(
    isNestedDeeper(text, limits.nestingMax + 2),
    () => `${where2()} would carry over a result nested deeper than the limit of ${limits.nestingMax}; run the job again instead`
  );
}
function checkMemoizeKey(key, jobId2) {
  checkId(key, () => `memoize.key of job ${shown2(jobId2)}`, limits.memoizeKeyBytesMax);
}
function checkLabels(labels) {
  demand(isPlainObject(labels), `labels must be an object of strings, not ${kindOf(labels)}`);
  for (const [key, value2] of Object.entries(labels)) {
    refuse(typeof value2 !== "string", `label ${shown2(key)} is ${kindOf(value2)}, not a string`);
  }
  const bytes = jsonBytes(labels);
  refuse(bytes > limits.labelsBytesMax, `labels take ${bytes} bytes as JSON; the limit is ${limits.labelsBytesMax}`);
}
function checkGraphId(id) {
  checkId(id, "graph id", limits.graphIdBytesMax);
  refuse(id.includes("/"), `graph id ${shown2(id)} has a slash, which separates a graph's id from its jobs'`);
}
function checkScheduleName(name2) {
  checkId(name2, "name of a schedule", limits.scheduleNameBytesMax);
  const stray = ["/", "@"].find((each2) => name2.includes(each2));
  if (stray === void 0) return;
  const what = stray === "/" ? "a slash" : "an @";
  throw new Problem(
    `name of a schedule ${shown2(name2)} has ${what}, which the ids of its runs are divided by`
  );
}
function checkId(id, name2, bytesMax) {
  if (typeof id === "string" && ordinaryId.test(id) && id.length <= bytesMax && id !== "__proto__") return;
  const what = inWords2(name2);
  demand(typeof id === "string", () => `${what} is ${kindOf(id)}, not a string`);
  refuse(id === "", `${what} is empty`);
  const bytes = utf8Bytes(id);
  refuse(bytes > bytesMax, `${what} ${shown2(id)} is ${bytes} bytes long; the limit is ${bytesMax}`);
  refuse(/[\p{Cc}\p{Zl}\p{Zp}]/u.test(id), `${what} ${shown2(id)} has a line break or another control character`);
  refuse(/\p{Cs}/u.test(id), `${what} ${shown2(id)} is not well-formed Unicode`);
  refuse(id !== id.trim(), `${what} ${shown2(id)} begins or ends with a space`);
  refuse(id === "__proto__", `${what} "__proto__" is not possible in JavaScript; choose another`);
}
var ordinaryId = /^[!-~](?:[ -~]*[!-~])?$/;
function findCycle(jobs2) {
  const state = /* @__PURE__ */ new Map();
  for (const root of jobs2.keys()) {
    if (state.has(root)) continue;
    const path = [{ id: root, next: 0 }];
    state.set(root, "open");
    for (let top = path.at(-1); top !== void 0; top = path.at(-1)) {
      const parent = jobs2.get(top.id)?.parents[top.next++];
      if (parent === void 0) {
        state.set(top.id, "done");
        path.pop();
      } else if (state.get(parent) === "open") {
        const from = path.findIndex((step) => step.id === parent);
        return [...path.slice(from).map((step) => step.id), parent];
      } else if (!state.has(parent)) {
        state.set(parent, "open");
        path.push({ id: parent, next: 0 });
      }
    }
  }
  return null;
}
var cycleShownMax = 10;
function shownCycle(cycle) {
  const left2 = cycle.length - 1 - cycleShownMax;
  if (left2 <= 0) return cycle.map(shown2).join(" \u2192 ");
  return [...cycle.slice(0, cycleShownMax).map(shown2), `\u2026 and ${left2} more`, shown2(cycle[0])].join(" \u2192 ");
}
var Problem = class extends Error {
};
function inWords2(sentence) {
  return typeof sentence === "string" ? sentence : sentence();
}
function demand(holds, sentence) {
  if (!holds) throw new Problem(inWords2(sentence));
}
function refuse(isWrong2, sentence) {
  if (isWrong2) throw new Problem(inWords2(sentence));
}
function problemIn(thrown2) {
  if (thrown2 instanceof Problem) return thrown2.message;
  throw thrown2;
}
function kindOf(value2) {
  if (value2 === null) return "null";
  if (Array.isArray(value2)) return "a list";
  if (typeof value2 === "object") return "an object";
  if (typeof value2 === "string") return `the string ${shown2(value2)}`;
  return value2 === void 0 ? "missing" : `a ${typeof value2}`;
}
function shown2(text) {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 57)}\u2026` : text);
}

// src/domain/check-policy.ts
init_limits();
function checkPolicy(policy, where2) {
  const { retry, maximumLostLeases, memoize, priority } = policy;
  refuse(
    priority !== void 0 && !Number.isSafeInteger(priority),
    () => `priority of ${inWords2(where2)} is ${priority}, not a whole number`
  );
  refuse(
    maximumLostLeases !== void 0 && !(Number.isSafeInteger(maximumLostLeases) && maximumLostLeases >= 0),
    () => `maximumLostLeases of ${inWords2(where2)} is ${maximumLostLeases}; it is a whole number from 0`
  );
  return defined({ retry, maximumLostLeases, memoize, priority });
}
var ofAttempts = [
  "retry",
  "timeoutMs",
  "startToCloseMs",
  "maximumLostLeases",
  "priority",
  "memoize",
  "startAfter",
  "delayMs",
  "scheduleToStartMs",
  "limits"
];
function checkExternal(given, policy, where2) {
  if (given === void 0 || given === false) return {};
  const stray = ofAttempts.find((name2) => policy[name2] !== void 0);
  refuse(
    stray !== void 0,
    () => `${inWords2(where2)} is external and has ${stray}; no worker runs it, so leave ${stray} out`
  );
  return { external: given === true ? {} : readExternal(given, () => `external of ${inWords2(where2)}`) };
}
function readExternal(given, what) {
  const example2 = 'write true, or whose answer it waits for, such as { for: "the finance team" }';
  demand(isPlainObject(given), () => `${inWords2(what)} is ${kindOf(given)}; ${example2}`);
  const unknown2 = unknownMember(inWords2(what), "field", given, External.fields);
  if (unknown2 !== null) throw new Problem(unknown2);
  const { for: asked } = given;
  if (asked === void 0) return {};
  demand(typeof asked === "string", () => `for in ${inWords2(what)} is ${kindOf(asked)}; ${example2}`);
  const text = asked.trim();
  refuse(text === "", () => `for in ${inWords2(what)} is empty; ${example2}`);
  const { messageCharactersMax } = limits;
  refuse(
    text.length > messageCharactersMax,
    () => `for in ${inWords2(what)} has ${text.length} characters; the limit is ${messageCharactersMax}`
  );
  return { for: text };
}

// src/domain/build-job-graph.ts
init_events();
init_memoize();

// src/domain/check-limits.ts
init_json();
init_known_names();
init_job_limit();
init_limits();
var example = "write limits: ['tenant-7', { key: 'github-api', units: 2 }]";
function checkLimits(given, args, where2) {
  if (given === void 0 || given === null) return {};
  const what = () => `limits of ${inWords2(where2)}`;
  demand(Array.isArray(given), () => `${what()} is ${kindOf(given)}; ${example}`);
  const { limitsPerJobMax } = limits;
  refuse(given.length > limitsPerJobMax, () => `${what()} are ${given.length}; a job has at most ${limitsPerJobMax}`);
  const read3 = given.map((each2) => readLimit(each2, args, what));
  const keys = /* @__PURE__ */ new Set();
  for (const { key } of read3) {
    refuse(keys.has(key), () => `${what()} have the key ${shownName(key)} twice; give it once, with units`);
    keys.add(key);
  }
  return read3.length === 0 ? {} : { limits: read3.sort((a, b) => a.key < b.key ? -1 : 1) };
}
function readLimit(given, args, what) {
  if (typeof given === "string") return { key: keyFrom(given, args, what) };
  demand(isPlainObject(given), () => `one of the ${what()} is ${kindOf(given)}; ${example}`);
  const unknown2 = unknownMember(`one of the ${what()}`, "field", given, JobLimit.fields);
  if (unknown2 !== null) throw new Problem(unknown2);
  const { key, units } = given;
  demand(typeof key === "string", () => `key in the ${what()} is ${kindOf(key)}; ${example}`);
  const { limitUnitsMax } = limits;
  refuse(
    units !== void 0 && !(Number.isSafeInteger(units) && units >= 1 && units <= limitUnitsMax),
    () => `units of ${shownName(key)} in the ${what()} is ${typeof units === "number" ? units : kindOf(units)}; it is a whole number from 1 to ${limitUnitsMax}`
  );
  const made = { key: keyFrom(key, args, what) };
  return units === void 0 || units === 1 ? made : { ...made, units };
}
function keyFrom(template, args, what) {
  const key = template.replaceAll(/\{([^{}]*)\}/g, (_, name2) => {
    const value2 = Object.hasOwn(args, name2) ? args[name2] : void 0;
    demand(
      typeof value2 === "string" || typeof value2 === "number",
      () => `${shownName(template)} in the ${what()} names the arg ${shownName(name2)}, which is ${kindOf(value2)}; it must be a text or a number of this job`
    );
    return String(value2);
  });
  checkLimitKey(key, () => `key in the ${what()}`);
  return key;
}
function checkLimitKey(key, name2) {
  checkId(key, name2, limits.limitKeyBytesMax);
  const stray = ["/", "*", "{", "}"].find((each2) => key.includes(each2));
  refuse(
    stray !== void 0,
    () => `${inWords2(name2)} ${shownName(key)} has a ${stray}, which no key can have`
  );
}
function checkLimitPattern(pattern, name2) {
  const isText = typeof pattern === "string" && pattern.endsWith("*") && pattern !== "*";
  if (pattern === "*") return;
  checkLimitKey(isText ? pattern.slice(0, -1) : pattern, name2);
}

// src/domain/read-dependencies.ts
init_json();
init_known_names();
var withSpawned = "/*";
function readDependencies(after2, isJob, where2) {
  const optional = /* @__PURE__ */ new Map();
  const awaited = /* @__PURE__ */ new Set();
  for (const item of itemsOf(after2, where2)) {
    const [text, mayBeSkipped] = dependencyOf(item, where2);
    const [parent, isWithSpawned] = nameIn2(text, isJob);
    refuse(
      optional.has(parent) && optional.get(parent) !== mayBeSkipped,
      () => `${inWords2(where2)} names ${shownName(parent)} twice, as optional and not`
    );
    optional.set(parent, mayBeSkipped);
    if (isWithSpawned) awaited.add(parent);
  }
  const parents = [...optional.keys()];
  return { parents, optional: parents.filter((parent) => optional.get(parent)), withSpawned: [...awaited] };
}
function readTypes(parents, isType, where2) {
  const names = itemsOf(parents, where2);
  for (const name2 of names) {
    refuse(typeof name2 !== "string", () => `a parent of ${inWords2(where2)} is ${kindOf(name2)}, not a name`);
  }
  const { optional: _, ...read3 } = readDependencies(names, isType, where2);
  return read3;
}
function nameIn2(text, isJob) {
  const isWithSpawned = text.endsWith(withSpawned) && !isJob(text);
  return [isWithSpawned ? text.slice(0, -withSpawned.length) : text, isWithSpawned];
}
function dependencyOf(item, where2) {
  if (typeof item === "string") return [item, false];
  const example2 = `such as 'a' or { job: 'a', optional: true }`;
  demand(isPlainObject(item), () => `a parent of ${inWords2(where2)} is ${kindOf(item)}, not a name, ${example2}`);
  const problem = unknownMember(`a parent of ${inWords2(where2)}`, "field", item, ["job", "optional"]);
  if (problem !== null) throw new Problem(problem);
  const { job: job2, optional = false } = item;
  demand(
    typeof job2 === "string",
    () => `job in a parent of ${inWords2(where2)} is ${kindOf(job2)}; write a parent ${example2}`
  );
  demand(
    typeof optional === "boolean",
    () => `optional in a parent of ${inWords2(where2)} is ${kindOf(optional)}; it is true or false`
  );
  return [job2, optional];
}
function itemsOf(parents, where2) {
  if (parents === null || parents === void 0) return [];
  const list = Array.isArray(parents) ? parents : parents instanceof Set ? [...parents] : null;
  demand(
    list !== null,
    () => `the parents of ${inWords2(where2)} must be a list, such as ['a', 'b'], not ${kindOf(parents)}`
  );
  return list;
}

// src/domain/check-times.ts
init_defined();
init_iso_time();
init_known_names();
var instantPattern2 = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:?\d\d)$/;
var lastInstant2 = Date.parse("2199-12-31T23:59:59.999Z");
function checkJobTimes(given, where2) {
  const { startAfter, timeoutMs, startToCloseMs } = given;
  refuse(
    timeoutMs !== void 0 && startToCloseMs !== void 0 && timeoutMs !== startToCloseMs,
    () => `${inWords2(where2)} has a timeoutMs of ${shown3(timeoutMs)} and a startToCloseMs of ${shown3(startToCloseMs)}; these are two names of one limit, so give one`
  );
  return defined({
    startAfter: startAfter === void 0 ? void 0 : instantOf(startAfter, () => `startAfter of ${inWords2(where2)}`),
    delayMs: lengthOf(given, "delayMs", where2),
    scheduleToStartMs: lengthOf(given, "scheduleToStartMs", where2),
    scheduleToCloseMs: lengthOf(given, "scheduleToCloseMs", where2),
    timeoutMs: lengthOf(given, startToCloseMs === void 0 ? "timeoutMs" : "startToCloseMs", where2)
  });
}
function checkGraphTimes(given) {
  const { startAfter, deadline, deadlineMs } = given;
  refuse(
    deadline !== void 0 && deadlineMs !== void 0,
    "the graph has a deadline and a deadlineMs; give one of them"
  );
  const times = defined({
    startAfter: startAfter === void 0 ? void 0 : instantOf(startAfter, "startAfter of the graph"),
    deadline: deadline === void 0 ? void 0 : instantOf(deadline, "deadline of the graph"),
    deadlineMs: lengthOf(given, "deadlineMs", "the graph")
  });
  refuse(
    times.deadline !== void 0 && times.startAfter !== void 0 && times.deadline <= times.startAfter,
    () => `the deadline of the graph, ${times.deadline}, is not after its startAfter, ${times.startAfter}`
  );
  return times;
}
function instantOf(given, what) {
  const example2 = "give a date and a time with a zone, such as 2026-12-01T06:00:00Z";
  if (given instanceof Date) {
    refuse(Number.isNaN(given.getTime()), () => `${inWords2(what)} is an invalid Date; ${example2}`);
    return withinReach(given.getTime(), what);
  }
  demand(typeof given === "string", () => `${inWords2(what)} is ${kindOf(given)}; ${example2}`);
  const at = instantPattern2.test(given) ? Date.parse(given) : NaN;
  refuse(Number.isNaN(at), () => `${inWords2(what)} is ${shownName(given)}; ${example2}`);
  return withinReach(at, what);
}
function withinReach(at, what) {
  refuse(
    at < 0 || at > lastInstant2,
    () => `${inWords2(what)} is ${new Date(at).toISOString()}; give an instant from 1970 up to 2199`
  );
  return isoTime(at);
}
function lengthOf(given, name2, where2) {
  const ms = given[name2];
  if (ms === void 0) return void 0;
  const isLength = Number.isSafeInteger(ms) && ms > 0;
  refuse(!isLength, () => `${name2} of ${inWords2(where2)} is ${shown3(ms)}; it is a whole number of milliseconds from 1`);
  refuse(
    ms > longestDelayMs,
    () => `${name2} of ${inWords2(where2)} is ${shown3(ms)}; the limit is ${longestDelayMs}, a century`
  );
  return ms;
}
function shown3(given) {
  return typeof given === "number" ? String(given) : kindOf(given);
}

// src/domain/build-job-graph.ts
init_limits();
var graphTimes = ["startAfter", "deadline", "deadlineMs"];
function buildJobGraph(definition, args, options, id) {
  return E.tryCatch(() => {
    refuse(!isPlainObject(options), `the options of jobGraph must be an object, not ${kindOf(options)}`);
    refuseMembers("jobGraph", "option", options, ["id", "labels", "priority", ...graphTimes]);
    const shared = readArgs(args ?? {}, "args");
    const specifications = isFullForm(definition) ? readFullForm(definition, shared) : readTypeGraph(definition, shared);
    const graph = {
      id: options.id ?? id,
      jobs: byId(specifications),
      labels: options.labels ?? {},
      priority: options.priority ?? 0,
      ...checkGraphTimes(options)
    };
    checkGraph(graph);
    return graph;
  }, problemIn);
}
function checkJobGraph(value2) {
  return E.tryCatch(() => {
    demand(
      isPlainObject(value2) && isPlainObject(value2.jobs) && typeof value2.id === "string",
      "this is not a job graph: build one with jobGraph(\u2026) or simpleGraph(\u2026)"
    );
    refuseMembers("this graph", "field", value2, ["id", "jobs", "labels", "priority", "forkedFrom", ...graphTimes]);
    const given = value2;
    const argsOf = argsReader();
    const jobs2 = Object.keys(given.jobs).map((id) => {
      const job2 = readJob(given.jobs[id], () => `job ${shownName(id)}`, argsOf);
      refuse(job2.id !== id, () => `job ${shownName(id)} calls itself ${shownName(job2.id)}`);
      return job2;
    });
    const graph = {
      id: given.id,
      jobs: byId(jobs2),
      labels: given.labels ?? {},
      priority: given.priority ?? 0,
      ...checkGraphTimes(given)
    };
    checkGraph(graph);
    return graph;
  }, problemIn);
}
function checkedGraph(graph) {
  return E.tryCatch(() => {
    checkGraph(graph);
    return graph;
  }, problemIn);
}
var JobMap = record2(
  "job",
  { id: string, type: string },
  {
    status: oneOf(jobStatuses, "status"),
    args: orNull(UnknownRecord),
    parents: orNull(readonlyArray(string, "list of job ids")),
    when: string,
    optional: readonlyArray(string, "list of job ids"),
    withSpawned: readonlyArray(string, "list of job ids"),
    heartbeat: orNull(Int),
    failure: orNull(UnknownRecord),
    retry: closed(RetryPolicy),
    timeoutMs: number,
    startToCloseMs: number,
    delayMs: number,
    scheduleToStartMs: number,
    scheduleToCloseMs: number,
    // Text or a Date: looked at below.
    startAfter: Anything,
    maximumLostLeases: number,
    priority: number,
    memoize: closed(Memoize),
    // Of several forms: looked at below.
    external: JsonValue,
    limits: JsonValue
  }
);
var jobFields = [...JobMap.fields, "carried", "carriedStatus", "spawnedBy"];
function jobProblems(value2) {
  if (!isPlainObject(value2)) return ["a job is an object with id, type and args"];
  if (JobMap.is(value2)) return [];
  const decoded = JobMap.decode(value2);
  return E.isLeft(decoded) ? problems(decoded.left) : [];
}
function readParents(type, parents, graph) {
  const isType = (name2) => Object.hasOwn(graph, name2);
  return readTypes(parents, isType, () => `type ${shownName(type)}`);
}
function isFullForm(definition) {
  return isPlainObject(definition) && isPlainObject(definition.jobs);
}
function readTypeGraph(definition, shared) {
  demand(
    isPlainObject(definition),
    `a graph is an object of types and the types they depend on, such as { report: ['fetch'] }, not ${kindOf(definition)}`
  );
  return Object.entries(definition).map(([type, named2]) => {
    const { parents, withSpawned: withSpawned2 } = readParents(type, named2, definition);
    const job2 = { id: type, type, status: "unstarted", args: shared, parents };
    return withSpawned2.length === 0 ? job2 : { ...job2, withSpawned: withSpawned2 };
  });
}
var specificationKeys = [
  "type",
  "after",
  "when",
  "args",
  "retry",
  "timeoutMs",
  "startToCloseMs",
  "startAfter",
  "delayMs",
  "scheduleToStartMs",
  "scheduleToCloseMs",
  "maximumLostLeases",
  "priority",
  "memoize",
  "external",
  "limits"
];
function readFullForm(definition, shared) {
  const beside = Object.keys(definition).find((key) => key !== "jobs");
  const placeOfOptions = "args and options follow it: jobGraph({ jobs }, args, { id, labels, priority, deadline })";
  refuse(beside !== void 0, `there is ${shownName(beside ?? "")} beside jobs; ${placeOfOptions}`);
  const reading = { args: shared, argsOf: argsReader(), isJob: (name2) => Object.hasOwn(definition.jobs, name2) };
  return Object.entries(definition.jobs).map(
    ([id, specification]) => readSpecification(id, specification, { ...reading, where: () => `job ${shownName(id)}` })
  );
}
function readSpecification(id, specification, { where: where2, args, argsOf, isJob }) {
  demand(isPlainObject(specification), () => `${where2()} is ${kindOf(specification)}, not an object with a type`);
  refuseMembers(where2, "field", specification, specificationKeys);
  const { after: after2, args: own, ...rest } = specification;
  const all = own === void 0 || own === null ? args : { ...args, ...readArgs(own, () => `args of ${where2()}`) };
  return readJob({ id, ...rest, ...readDependencies(after2, isJob, where2), args: all }, where2, argsOf);
}
function readJob(value2, where2, argsOf) {
  if (isPlainObject(value2)) refuseMembers(where2, "field", value2, jobFields);
  const wrong2 = jobProblems(value2);
  refuse(wrong2.length > 0, () => `${inWords2(where2)}: ${wrong2.join("; ")}`);
  const {
    id,
    type,
    status,
    args,
    parents,
    when,
    optional,
    withSpawned: withSpawned2,
    external,
    limits: under,
    ...rest
  } = value2;
  const { heartbeat, failure: failure2, ...policy } = rest;
  refuse(
    status !== void 0 && status !== "unstarted",
    () => `${inWords2(where2)} is ${status}; a graph is submitted with every job unstarted`
  );
  refuse(
    heartbeat != null || failure2 != null,
    () => `${inWords2(where2)} has a heartbeat or a failure, which only the engine sets`
  );
  const own = argsOf(args ?? {}, () => `args of ${inWords2(where2)}`);
  return {
    id,
    type,
    status: "unstarted",
    args: own,
    parents: [...new Set(parents ?? [])],
    ...checkRule2(when, where2),
    ...defined({ optional: distinct(optional), withSpawned: distinct(withSpawned2) }),
    ...checkPolicy(policy, where2),
    ...checkJobTimes(policy, where2),
    ...checkExternal(external, { ...policy, limits: under ?? void 0 }, where2),
    ...checkLimits(under, own, where2)
  };
}
function checkRule2(when, where2) {
  const rule = dependencyRules.find((each2) => each2 === when);
  refuse(
    when !== void 0 && rule === void 0,
    () => `when of ${inWords2(where2)} is ${shownName(when)}, which is no rule; ${meantAmong(when, dependencyRules)}`
  );
  return defined({ when: rule === "all-finished" ? void 0 : rule });
}
function distinct(names) {
  return names === void 0 || names.length === 0 ? void 0 : [...new Set(names)];
}
function refuseMembers(whose, kind, value2, known) {
  if (Object.keys(value2).every((name2) => known.includes(name2))) return;
  throw new Problem(unknownMember(inWords2(whose), kind, value2, known));
}
function checkedArgs(args) {
  return E.tryCatch(() => readArgs(args, "args"), problemIn);
}
function readArgs(args, path) {
  demand(isPlainObject(args), () => `${inWords2(path)} must be an object, not ${kindOf(args)}`);
  const json = toJson(args, inWords2(path));
  if (E.isLeft(json)) throw new Problem(json.left);
  const bytes = jsonBytes(json.right);
  refuse(
    bytes > limits.argsBytesMax,
    () => `${inWords2(path)} take ${bytes} bytes as JSON; the limit is ${limits.argsBytesMax}`
  );
  return json.right;
}
function argsReader() {
  const read3 = /* @__PURE__ */ new Map();
  return (args, path) => {
    const known = read3.get(args);
    if (known !== void 0) return frozen(known);
    const json = readArgs(args, path);
    read3.set(args, json);
    return json;
  };
}
function byId(jobs2) {
  const found = {};
  for (const job2 of jobs2) {
    checkId(job2.id, "job id", limits.jobIdBytesMax);
    refuse(Object.hasOwn(found, job2.id), () => `two jobs have the id ${shownName(job2.id)}`);
    found[job2.id] = job2;
  }
  return found;
}

// src/domain/spawn.ts
init_limits();
function spawnerOf({ id, args, definition, graph }) {
  const isMemoized = definition.memoize !== void 0;
  return { id, args, isMemoized, jobsInGraph: graph.jobs.size, isJob: (jobId2) => graph.jobs.has(jobId2) };
}
function readSpawned(definition, spawner) {
  return E.tryCatch(() => {
    demand(
      isPlainObject(definition),
      () => `what is spawned is ${kindOf(definition)}; it is an object such as { 'page-1': { type: 'fetch' } }`
    );
    refuse(
      spawner.isMemoized,
      `a job whose result is remembered (memoize) cannot spawn: when it is not run, nobody would`
    );
    const names = Object.keys(definition);
    checkCount(names.length, spawner);
    for (const name2 of names) checkName(name2, spawner);
    const reading = {
      args: spawner.args,
      argsOf: argsReader(),
      isJob: (name2) => name2 === spawner.id || Object.hasOwn(definition, name2)
    };
    const idFor = idsOf(names, spawner);
    const jobs2 = names.map((name2) => {
      const where2 = () => `spawned job ${shownName(name2)}`;
      return placed(readSpecification(name2, definition[name2], { ...reading, where: where2 }), spawner, idFor);
    });
    checkJobs(jobs2, () => {
    });
    return jobs2;
  }, problemIn);
}
function checkCount(count2, { jobsInGraph, spawned }) {
  const all = jobsInGraph + spawned.size + count2;
  const { jobsPerGraphMax } = limits;
  refuse(all > jobsPerGraphMax, () => `a graph has at most ${jobsPerGraphMax} jobs; with these it would have ${all}`);
}
function checkName(name2, { id, isJob, spawned }) {
  checkId(name2, "name of a spawned job", limits.jobIdBytesMax);
  refuse(name2 === "*", `the name of a spawned job is "*", which stands for all of them`);
  refuse(
    name2.includes("/"),
    () => `spawned job ${shownName(name2)} has a slash in its name; a job spawns below itself only, and its id goes before the name`
  );
  const whole3 = idOf2(id, name2);
  checkId(whole3, () => `id of spawned job ${shownName(name2)}`, limits.jobIdBytesMax);
  refuse(spawned.has(whole3), () => `job ${shownName(whole3)} is spawned twice`);
  refuse(isJob(whole3), () => `job ${shownName(whole3)} is in the graph already; give the spawned job another name`);
}
function idOf2(spawnerId, name2) {
  return `${spawnerId}/${name2}`;
}
function idsOf(names, { id: spawnerId, spawned }) {
  const known = new Set(names);
  return (name2, ofJob) => {
    const id = idOf2(spawnerId, name2);
    if (known.has(name2) || spawned.has(id)) return id;
    if (name2 === spawnerId) return spawnerId;
    const meant = didYouMean(name2, names);
    throw new Problem(
      `spawned job ${shownName(ofJob)} depends on ${shownName(name2)}, which is not spawned with it or before it${meant}`
    );
  };
}
function placed(job2, spawner, idFor) {
  const idsFor = (names) => names?.map((name2) => idFor(name2, job2.id));
  const parents = idsFor(job2.parents);
  const withSpawned2 = idsFor(job2.withSpawned);
  refuse(
    withSpawned2?.includes(spawner.id) === true,
    () => `spawned job ${shownName(job2.id)} would wait for itself: it is one of ${shownName(`${spawner.id}/*`)}`
  );
  return defined({
    ...job2,
    id: idOf2(spawner.id, job2.id),
    parents: parents.length === 0 ? [spawner.id] : parents,
    optional: idsFor(job2.optional),
    withSpawned: withSpawned2
  });
}

// src/handlers/spawning.ts
init_errors();
init_fp();
var InvalidSpawnError = class extends OverseerError {
  name = "InvalidSpawnError";
  constructor(message2) {
    super("spawn-invalid", message2);
  }
};
var Spawning = class {
  /** @param isRunning whether the attempt has not ended yet */
  constructor(spawner, isRunning) {
    this.spawner = spawner;
    this.isRunning = isRunning;
  }
  spawner;
  isRunning;
  jobs = /* @__PURE__ */ new Map();
  /** @throws InvalidSpawnError */
  spawn = (definition) => {
    if (!this.isRunning()) throw new InvalidSpawnError("the attempt has ended; a job spawns others before it ends");
    const read3 = readSpawned(definition, { ...this.spawner, spawned: this.jobs });
    if (E.isLeft(read3)) throw new InvalidSpawnError(read3.left);
    for (const job2 of read3.right) this.jobs.set(job2.id, job2);
    return read3.right.map(({ id }) => id);
  };
  /** All that was spawned, in parts of bounded size; none if nothing was. */
  parts() {
    if (this.jobs.size === 0) return [];
    const { args } = this.spawner;
    return definitionsInParts([...this.jobs.values()], args).map((jobs2) => ({ jobs: jobs2, args }));
  }
};

// src/worker/job-run.ts
init_errors();

// src/handlers/job-for-handler.ts
init_json();
function jobForHandler(input, run) {
  const { graphId, id, type, attempt } = input;
  let parents = null;
  const job2 = {
    graphId,
    id,
    type,
    status: "started",
    attempt,
    args: copiedIfSmall(input.args),
    inputs: copiedIfSmall(input.inputs),
    labels: copiedIfSmall(input.labels),
    details: copiedIfSmall(input.details),
    get parents() {
      return parents ??= input.parents ?? {};
    },
    get signal() {
      return run.signal;
    },
    heartbeat: run.heartbeat,
    spawn: run.spawn
  };
  for (const name2 of ["args", "inputs", "labels", "details"]) {
    if (!isSmall(input[name2])) Object.defineProperty(job2, name2, copiedOnUse(input[name2]));
  }
  return job2;
}
function copiedIfSmall(value2) {
  if (!isObject(value2) || !isSmall(value2)) return value2;
  return Array.isArray(value2) ? [...value2] : { ...value2 };
}
function isSmall(value2) {
  if (!isObject(value2)) return true;
  const items = Array.isArray(value2) ? value2 : Object.values(value2);
  return items.length <= smallMax && !items.some(isObject);
}
var smallMax = 8;
function isObject(value2) {
  return typeof value2 === "object" && value2 !== null;
}
function copiedOnUse(value2) {
  let own;
  let isOwn = false;
  const set = (given) => {
    own = given;
    isOwn = true;
  };
  const get = () => {
    if (!isOwn) set(copied(value2));
    return own;
  };
  return { get, set, enumerable: true, configurable: true };
}

// src/worker/execute.ts
init_errors();
init_fp();
var JobTimeoutError = class extends OverseerError {
  name = "JobTimeoutError";
  constructor(message2) {
    super("job-timeout", message2);
  }
};
var causes = { threw: "exception", "timed-out": "timeout", released: "released" };
function execute(handler, job2, onEnded) {
  const threw = (error) => onEnded({ kind: "threw", error });
  let returned;
  try {
    returned = typeof handler === "function" ? handler(job2) : invokeHandler(handler, job2);
  } catch (error) {
    return threw(error);
  }
  if (!isObject2(returned)) return onEnded(outcomeOf2(returned));
  Promise.resolve(returned).then((value2) => onEnded(outcomeOf2(value2)), threw);
}
function isObject2(value2) {
  return typeof value2 === "function" || typeof value2 === "object" && value2 !== null;
}
function outcomeOf2(returned) {
  const result = checkedResult(returned);
  return E.isLeft(result) ? { kind: "threw", error: result.left } : { kind: "returned", result: result.right };
}
function commandFor(outcome, claimed, isStopping, retry) {
  const { attempt } = claimed;
  if (outcome.kind === "returned") return { kind: "finish", attempt, result: outcome.result };
  if (outcome.kind === "expired") return { kind: "expire", attempt, expiry: outcome.expiry };
  const kind = outcome.kind === "threw" && isStopping ? "released" : outcome.kind;
  const { signal, ...thrown2 } = inspected(outcome.error, kind);
  if (signal !== null && isSkip(signal)) return { kind: "skip", attempt, reason: thrown2.failure.message ?? "" };
  if (signal !== null && isDefer(signal)) {
    const delayMs = safely(() => Number(delayFrom(signal.until, retry().now)), NaN);
    return { kind: "defer", attempt, reason: thrown2.failure.message ?? "", delayMs };
  }
  if (signal !== null && isAbort(signal)) {
    const silent = safely(() => signal.isSilent === true, false);
    return { kind: "abort", attempt, by: claimed.state.worker.id, message: thrown2.failure.message ?? "", silent };
  }
  const cause = signal !== null ? "fault" : causes[kind];
  const retryAfterMs = safely(() => signal !== null && isFault(signal) ? signal.retryAfterMs : void 0, void 0);
  return { kind: "fault", attempt, cause, ...thrown2, retryAfterMs, ...retry() };
}
function hasInputs(parents) {
  return !parents.some(({ record: record3 }) => record3.resultOmitted);
}
async function readInputs(parents, log, retrying2) {
  const finished = finishedAmong(parents).map(({ node }) => node);
  const results = await Promise.all(finished.map((parent) => resultOf(parent, log, retrying2)));
  return Object.fromEntries(finished.map((parent, index) => [parent.id, results[index]]));
}
async function resultOf(job2, log, retrying2) {
  if (!job2.record.resultOmitted) return job2.state.result;
  if (job2.carried !== null) return await carriedResultOf(job2, log, retrying2);
  const { revision } = job2.state;
  const range = { from: revision, to: revision };
  const read3 = await retrying2.read(log.readStream({ graphId: job2.graph.id, jobId: job2.id }, range))();
  if (E.isLeft(read3)) throw read3.left;
  const event = read3.right[0];
  return event?.type === "JobFinished" || event?.type === "JobAnswered" ? event.data.result ?? null : null;
}
async function carriedResultOf(job2, log, retrying2) {
  const read3 = await retrying2.read(log.readStream({ graphId: job2.graph.id, jobId: null }))();
  if (E.isLeft(read3)) throw read3.left;
  const jobs2 = read3.right.flatMap((event) => event.type === "GraphSubmitted" ? event.data.jobs : []);
  return jobs2.find(({ id }) => id === job2.id)?.carried?.result ?? null;
}
function runningJob(node, claimed, inputs, parents, spawn) {
  const { graphId, id, type, attempt } = claimed;
  const { details } = claimed.state;
  const input = {
    ...{ graphId, id, type, attempt, args: node.args, inputs, labels: node.graph.labels, details },
    // Few handlers ask.
    get parents() {
      return endingsOf(parents);
    }
  };
  const run = {
    get signal() {
      return claimed.signal;
    },
    heartbeat: coalescedHeartbeat(claimed),
    spawn
  };
  return jobForHandler(input, run);
}

// src/domain/memoized-results.ts
init_namespace_stream();
var memoPrefix = "memo/";
function memoStream(key) {
  return { graphId: ofNamespace, jobId: `${memoPrefix}${key}` };
}
function memoKeyOf({ graphId, jobId: jobId2 }) {
  const isMemo = isOfNamespace({ graphId }) && jobId2 !== null && jobId2.startsWith(memoPrefix);
  return isMemo ? jobId2.slice(memoPrefix.length) : null;
}
function isTooOld({ maxAgeMs }, finishedAt, startedAt) {
  return maxAgeMs !== void 0 && Date.parse(startedAt) - Date.parse(finishedAt) > maxAgeMs;
}

// src/worker/memory.ts
init_fp();
async function remembered(claimed, memoize, dependencies) {
  if (memoize.fresh === true) return null;
  const found = await recall(claimed, memoize, dependencies);
  if (typeof found !== "string") return found;
  const { graphId, id: jobId2, attempt } = claimed;
  dependencies.logger.debug({ graphId, jobId: jobId2, attempt, key: memoize.key }, `the job runs: ${found}`);
  return null;
}
async function recall({ graphId, id, state: { revision } }, memoize, dependencies) {
  const noted = (await readOrNone(memoStream(memoize.key), { last: 1 }, dependencies)).at(-1);
  if (noted?.type !== "ResultMemoized") return "nothing is remembered under its key";
  const { eventId, ...job2 } = noted.data;
  const [source] = await readOrNone(job2, { from: job2.revision, to: job2.revision }, dependencies);
  if (source?.type !== "JobFinished" || source.id !== eventId) {
    return `the remembered result of ${job2.graphId}/${job2.jobId} is not in the log any more`;
  }
  const { recordedAt: finishedAt, data } = source;
  if (memoize.maxAgeMs !== void 0) {
    const [start3] = await readOrNone({ graphId, jobId: id }, { from: revision, to: revision }, dependencies);
    if (start3 === void 0) return "its own start cannot be read, so that no age can be told";
    if (isTooOld(memoize, finishedAt, start3.recordedAt)) return `the remembered result is too old, of ${finishedAt}`;
  }
  const from = { graphId: job2.graphId, jobId: job2.jobId, attempt: data.attempt, eventId, finishedAt };
  return { result: data.result, from };
}
async function remember(claimed, { key }, { log, retrying: retrying2, environment, logger }) {
  const { graphId, id: jobId2, attempt, state } = claimed;
  const { revision, lastEventId: eventId } = state;
  const stream = memoStream(key);
  const about = { graphId, jobId: jobId2, attempt, key };
  const last2 = await retrying2.read(log.readStream(stream, { last: 1 }))();
  if (E.isLeft(last2)) return logger.warn({ ...about, err: last2.left }, "a result could not be remembered");
  const expectedRevision = last2.right.at(-1)?.revision ?? -1;
  const data = { graphId, jobId: jobId2, attempt, eventId, revision };
  const events = newEvents(environment, [{ type: "ResultMemoized", data }], eventId, claimed.workerId);
  const result = await retrying2.append([{ ...stream, expectedRevision, events }]);
  if (E.isLeft(result)) return logger.warn({ ...about, err: result.left }, "a result could not be remembered");
  if (result.right[0].appended) logger.debug(about, "the result is remembered");
  else logger.debug(about, "another result of the same key was remembered at the same moment");
}
async function readOrNone({ graphId, jobId: jobId2 }, range, { log, retrying: retrying2 }) {
  const read3 = await retrying2.read(log.readStream({ graphId, jobId: jobId2 }, range))();
  return E.isRight(read3) ? read3.right : [];
}

// src/worker/job-run.ts
var graceMs = 5e3;
var JobRun = class {
  constructor(job2, claimed, dependencies) {
    this.job = job2;
    this.claimed = claimed;
    this.dependencies = dependencies;
    this.parents = parentsAtStart(job2);
  }
  job;
  claimed;
  dependencies;
  mode = "preparing";
  isSlotFree = false;
  cancelTimeout = () => {
  };
  cancelGrace = () => {
  };
  parents;
  /** What the handler spawns, once it does. */
  spawning = null;
  begin() {
    const { job: job2, claimed, dependencies } = this;
    dependencies.logger.debug(this.about, "job started");
    dependencies.heartbeats.add(claimed);
    claimed.whenInterrupted(() => this.interrupted());
    if (job2.isTimed) claimed.whenExpired((expiry) => this.expired(expiry));
    if (this.mode === "over") return;
    if (job2.definition.memoize === void 0 && hasInputs(this.parents)) this.runHandler(inputsFrom(this.parents));
    else this.prepare().catch((error) => this.failBy(error));
  }
  get about() {
    const { graphId, id, type, attempt } = this.claimed;
    return { graphId, jobId: id, type, attempt };
  }
  // ---- preparing
  async prepare() {
    const { job: job2, claimed, dependencies } = this;
    const { memoize } = job2.definition;
    const known = memoize === void 0 ? null : await remembered(claimed, memoize, dependencies);
    if (known !== null && this.mode === "preparing") {
      this.mode = "recording";
      await claimed.write({ kind: "finish", attempt: claimed.attempt, result: known.result, memoized: known.from });
      this.freeSlot();
      dependencies.logger.debug({ ...this.about, memoized: known.from }, "job finished with a remembered result");
      return this.end("finished");
    }
    const inputs = await readInputs(this.parents, dependencies.log, dependencies.retrying);
    if (this.mode === "preparing") this.runHandler(inputs);
  }
  // ---- running
  runHandler(inputs) {
    this.mode = "running";
    const { job: job2, claimed, dependencies } = this;
    const { timeoutMs } = job2.definition;
    if (timeoutMs !== void 0) {
      this.cancelTimeout = dependencies.environment.setTimer(timeoutMs, () => this.timedOut(timeoutMs));
    }
    execute(dependencies.handler, runningJob(job2, claimed, inputs, this.parents, this.spawn), (outcome) => {
      this.freeSlot();
      if (this.mode === "running") this.record(outcome);
    });
  }
  spawn = (jobs2) => {
    this.spawning ??= new Spawning(spawnerOf(this.job), () => this.mode === "running");
    return this.spawning.spawn(jobs2);
  };
  timedOut(timeoutMs) {
    if (this.mode !== "running") return;
    const error = new JobTimeoutError(`the attempt took longer than ${timeoutMs} ms`);
    this.mode = "recording";
    this.claimed.interrupt(error);
    this.awaitSlot();
    this.record({ kind: "timed-out", error });
  }
  /** The job has run out of time over all its attempts. */
  expired(expiry) {
    if (this.mode !== "running" && this.mode !== "preparing") return;
    const error = new JobTimeoutError(`the job had not ended within ${expiry.limitMs} ms (${expiry.limit}Ms)`);
    if (this.mode === "running") this.awaitSlot();
    else this.freeSlot();
    this.mode = "recording";
    this.claimed.interrupt(error);
    this.record({ kind: "expired", error, expiry });
  }
  interrupted() {
    if (this.mode === "over" || this.mode === "recording") return;
    if (this.mode === "running") this.awaitSlot();
    else this.freeSlot();
    this.loseLease();
  }
  // ---- recording
  record(outcome) {
    this.mode = "recording";
    this.cancelTimeout();
    try {
      const command = commandFor(outcome, this.claimed, this.dependencies.isStopping(), () => this.retryNow());
      const spawned = command.kind === "finish" ? this.spawning?.parts() ?? [] : [];
      if (command.kind !== "finish" || spawned.length === 0) this.recordEnd(outcome, command);
      else this.recordSpawned(spawned, 0, (last2) => this.recordEnd(outcome, { ...command, spawned: last2 }));
    } catch (error) {
      this.failBy(error);
    }
  }
  recordEnd(outcome, command) {
    const isAlone = command.kind !== "finish" || command.spawned !== void 0;
    const onWritten = (failure2) => {
      if (failure2 !== null) this.failBy(failure2);
      else this.recorded(outcome, command);
    };
    this.claimed.record(command, onWritten, isAlone ? void 0 : this.dependencies.alongWith(this.job));
  }
  /** Writes what was spawned, part by part, but for the last one, which goes with the end of the attempt. */
  recordSpawned(parts, at, onRest) {
    const part = parts[at];
    if (at === parts.length - 1) return onRest(part);
    this.claimed.record({ kind: "spawn", attempt: this.claimed.attempt, spawned: part }, (failure2) => {
      if (failure2 === null) this.recordSpawned(parts, at + 1, onRest);
      else this.failBy(failure2);
    });
  }
  recorded(outcome, command) {
    const { memoize } = this.job.definition;
    if (memoize === void 0 || command.kind !== "finish") return this.end(this.tell(outcome, command));
    remember(this.claimed, memoize, this.dependencies).then(
      () => this.end(this.tell(outcome, command)),
      (error) => this.failBy(error)
    );
  }
  /**
   * No attempt is left without an ending. If its outcome cannot be worked out, or cannot be written, that is the failure of
   * the attempt, and the job goes on as after any exception.
   */
  failBy(error) {
    this.freeSlot();
    if (error instanceof LeaseLostError) return this.loseLease();
    if (this.mode === "over") return;
    this.mode = "recording";
    const { claimed, dependencies } = this;
    const message2 = `the outcome of the attempt could not be recorded: ${wordsFor(error)}`;
    dependencies.logger.error({ ...this.about, err: error }, message2);
    const failure2 = { reason: "system/exception", exception: "OutcomeNotRecorded", message: cutMessage(message2) };
    const { attempt } = claimed;
    const command = {
      kind: "fault",
      attempt,
      cause: "exception",
      failure: failure2,
      errorNames: [],
      ...this.retryNow()
    };
    claimed.record(command, (again3) => {
      if (again3 === null) return this.end(claimed.state.status === "failed" ? "failed" : "faulted");
      if (again3 instanceof LeaseLostError) return this.loseLease();
      dependencies.logger.error(
        { ...this.about, err: again3 },
        "a job could not be run to its end here; its lease will end"
      );
      this.end("leasesLost");
    });
  }
  retryNow() {
    const { policyOfType, environment } = this.dependencies;
    return { policyOfType, now: environment.now(), random: environment.random() };
  }
  // ---- over
  loseLease() {
    if (this.mode === "over") return;
    const why = this.claimed.interruptedBy?.message ?? "the job is no longer held by this worker";
    this.dependencies.logger.warn(this.about, `the outcome of a run is discarded: ${why}`);
    this.end("leasesLost");
  }
  end(ending) {
    if (this.mode === "over") return;
    this.mode = "over";
    this.cancelTimeout();
    this.dependencies.heartbeats.remove(this.claimed);
    this.dependencies.onOver(this.claimed, ending);
  }
  /** Tells how a run ended, once that is in the log: the logger always, the reporter for errors and aborts that are not silent. */
  tell(outcome, command) {
    const { claimed, about } = this;
    const { logger, reporter } = this.dependencies;
    if (outcome.kind === "returned") {
      logger.debug(about, "job finished");
      return "finished";
    }
    const { graphId, id, type, attempt } = claimed;
    const report = () => reporter.report(outcome.error, { graphId, id, type, attempt });
    if (command.kind === "abort") {
      if (!command.silent) report();
      logger[command.silent ? "info" : "warn"](about, `job aborted: ${command.message}`);
      return "aborted";
    }
    if (command.kind === "skip") {
      logger.info(about, `job skipped: ${command.reason}`);
      return "skipped";
    }
    const { status, delayMs, failure: failure2 } = claimed.state;
    if (command.kind === "defer") {
      logger.info(about, `job deferred, it may start again in ${delayMs} ms: ${command.reason}`);
      return "deferred";
    }
    const again3 = delayMs === null ? "at once" : `in ${delayMs} ms`;
    const next = status === "failed" ? "job failed" : `attempt failed, the job may start again ${again3}`;
    const message2 = `${next}: ${failure2?.message ?? failure2?.exception}`;
    if (command.kind === "fault" && (command.cause === "fault" || command.cause === "released")) {
      logger.info(about, message2);
    } else {
      report();
      logger.error({ ...about, failure: failure2, ...command.kind === "fault" ? { stack: command.stack } : {} }, message2);
    }
    return status === "failed" ? "failed" : "faulted";
  }
  // ---- the slot
  /** The handler was told to end: its slot is free when it has, or after a while. */
  awaitSlot() {
    this.cancelGrace = this.dependencies.environment.setTimer(graceMs, () => this.freeSlot());
  }
  freeSlot() {
    this.cancelGrace();
    if (this.isSlotFree) return;
    this.isSlotFree = true;
    this.dependencies.onSlotFree(this.claimed.type);
  }
};

// src/worker/runs.ts
var Runs = class {
  constructor(options, dependencies) {
    this.options = options;
    this.dependencies = dependencies;
    this.lastEndedAt = dependencies.given.environment.monotonic();
  }
  options;
  dependencies;
  lastEndedAt;
  byType = /* @__PURE__ */ new Map();
  /** Runs a job in a slot that is occupied already. A worker that stops meanwhile hands it back. */
  start(job2, claimed) {
    const { given, underWay } = this.dependencies;
    this.dependencies.claimed.add(claimed);
    if (given.isStopping() && claimed.interruptedBy === null) {
      this.freeSlot(claimed.type);
      return underWay.add(this.handBack(claimed));
    }
    underWay.begin();
    new JobRun(job2, claimed, this.ofType(claimed.type)).begin();
  }
  ofType(type) {
    const known = this.byType.get(type);
    if (known !== void 0) return known;
    const { handlers, configuration, store: store2, logger, reporter } = this.options;
    const made = {
      handler: handlers[type],
      policyOfType: configuration.types[type]?.retry,
      ...this.dependencies.given,
      log: store2.log,
      logger,
      reporter,
      onSlotFree: (ofType) => this.freeSlot(ofType),
      onOver: (claimed, ending) => this.over(claimed, ending)
    };
    this.byType.set(type, made);
    return made;
  }
  freeSlot(type) {
    this.dependencies.slots.release(type);
    this.dependencies.onSlotFree();
  }
  over(run, ending) {
    const { given, claimed, statistics, underWay, onOver } = this.dependencies;
    claimed.remove(run);
    onOver(run);
    statistics[ending] += 1;
    this.lastEndedAt = given.environment.monotonic();
    underWay.end();
  }
  /** Hands back all jobs that are still held. Resolves to how many could not be. */
  async handAllBack() {
    const { claimed, underWay } = this.dependencies;
    const left2 = claimed.all().filter((each2) => !each2.isOver);
    const handedBack = left2.map((each2) => this.handBack(each2));
    for (const each2 of handedBack) underWay.add(each2);
    return (await Promise.all(handedBack)).filter((isBack) => !isBack).length;
  }
  /** Hands a job back for others to run. False if that could not be recorded. */
  async handBack(claimed) {
    const { workerId, given, health } = this.dependencies;
    const message2 = `worker ${workerId} stops`;
    claimed.interrupt(new OverseerError("worker-stopping", message2));
    const failure2 = { reason: "system/released", exception: "Released", message: message2 };
    const { attempt } = claimed;
    const now = given.environment.now();
    try {
      await claimed.write({ kind: "fault", attempt, cause: "released", failure: failure2, errorNames: [], now, random: 0 });
      this.dependencies.onOver(claimed);
      return true;
    } catch (error) {
      this.options.logger.warn({ err: error }, "a job could not be handed back; its lease will end");
      return !health.isFailing("writing");
    }
  }
};
function notHandedBack(workerId, jobs2) {
  if (jobs2 === 0) return null;
  const what = jobs2 === 1 ? "a job" : `${jobs2} jobs`;
  const message2 = `worker ${workerId} stopped, but could not record that ${what} was handed back; others will run ${jobs2 === 1 ? "it" : "them"} once the lease is over`;
  return new OverseerError("worker-failed", message2);
}

// src/worker/shares.ts
init_share();
init_fp();

// src/worker/worker-id.ts
init_defined();
import { createHash as createHash3 } from "node:crypto";
var digits3 = 8;
function workerIdentity(environment, types) {
  const { host, pid, process: process2 } = environment;
  const kind = createHash3("sha256").update(JSON.stringify(types.toSorted()));
  const id = `${host}-${pid}-${environment.newId().slice(0, digits3)}${kind.digest("hex").slice(0, digits3)}`;
  return defined({ id, host, pid, process: process2 });
}
function kindOf2(workerId) {
  return workerId.slice(-digits3);
}

// src/worker/shares.ts
var servesMs = 1e4;
var assignMs = 1e3;
var lookMs2 = 250;
var patience = { looks: 4, apartMs: 25, lateMs: 25 };
var decideMs = 10;
var beginning = { partitions: 2, ms: 250 };
var whole = new Set(allPartitions);
var enough = { ofSlots: 1 / 4, least: 2 };
var Shares = class {
  constructor(options) {
    this.options = options;
    this.ownName = processOf(options.worker);
    const own = hashOf(this.ownName);
    this.ownOrder = allPartitions.toSorted((a, b) => rankOf(own, b) - rankOf(own, a));
  }
  options;
  /** Other processes with workers of this kind, by name, and when one of them was last seen to claim, on the monotonic clock. */
  others = /* @__PURE__ */ new Map();
  ownName;
  ownOrder;
  wantedNow = whole;
  own = /* @__PURE__ */ new Set();
  assignedAt = -Infinity;
  isBeginning = true;
  /** Whether it has had too little to do ever since the last look, and at how many looks in a row. */
  couldUseMore = false;
  looksInNeed = 0;
  willLook = false;
  decidedAt = -Infinity;
  lookedUpTo = null;
  /** The partitions that it should follow. */
  get wanted() {
    return this.wantedNow;
  }
  /** Resolves to the partitions to follow at first. */
  async begin() {
    const { log, environment, onDefect } = this.options;
    if (log.claimantsAfter === void 0) return this.wantedNow;
    const since = await log.positionAt(environment.now() - servesMs)();
    if (E.isRight(since)) {
      this.lookedUpTo = since.right;
      await this.look();
    }
    this.isBeginning = this.others.size === 0;
    if (this.isBeginning) this.own = new Set(this.ownOrder.slice(0, beginning.partitions));
    else this.assign(this.now());
    this.wantedNow = this.own;
    if (this.isBeginning)
      environment.setTimer(beginning.ms, () => void this.endBeginning().catch(onDefect), { isRoutine: true });
    environment.every(
      () => lookMs2,
      () => this.isWhole ? void 0 : this.look(),
      onDefect
    );
    return this.wantedNow;
  }
  /** Whether a graph is in a partition that is assigned to this worker, while others are left to others. */
  isOwn(graphId) {
    return !this.isWhole && this.own.has(partitionOf(graphId));
  }
  sawClaim(worker) {
    const name2 = processOf(worker);
    if (name2 === this.ownName || kindOf2(worker.id) !== kindOf2(this.options.worker.id)) return;
    this.others.set(name2, { worker, seenAt: this.now() });
  }
  /**
   * Is told, whenever the worker has claimed what it can, whether it could use more jobs than it knows of. If it can for a
   * while, it follows more.
   */
  tellUse(couldUseMore) {
    this.couldUseMore = couldUseMore && !this.isWhole;
    if (!this.couldUseMore) this.looksInNeed = 0;
    else if (this.isBeginning) this.follow(whole);
    else this.lookLater();
  }
  /** Is told that the worker follows what it should: whether that is enough remains to be seen. */
  followsWanted() {
    this.looksInNeed = 0;
  }
  /** Decides anew, after events have come. */
  decide() {
    const now = this.now();
    const { log, feed } = this.options;
    if (log.claimantsAfter === void 0) return;
    if (feed.mayHavePriorities) return this.follow(whole);
    if (this.isBeginning || now - this.decidedAt < decideMs) return;
    this.decidedAt = now;
    if (now - this.assignedAt >= assignMs) this.assign(now);
    if (this.others.size === 0) return this.follow(whole);
    this.follow(this.isEnough(this.own) ? this.own : /* @__PURE__ */ new Set([...this.wantedNow, ...this.own]));
  }
  forgetGone(now) {
    const { environment } = this.options;
    for (const [name2, { worker, seenAt }] of this.others) {
      if (seenAt < now - servesMs || environment.isGone(worker)) this.others.delete(name2);
    }
  }
  get isWhole() {
    return this.wantedNow.size === partitionCount;
  }
  follow(wanted) {
    const isSame2 = wanted.size === this.wantedNow.size && [...wanted].every((each2) => this.wantedNow.has(each2));
    if (isSame2) return;
    this.isBeginning = false;
    this.looksInNeed = 0;
    this.wantedNow = wanted;
    this.options.onChange();
  }
  async endBeginning() {
    if (!this.isBeginning) return;
    await this.look();
    this.isBeginning = false;
    this.decide();
  }
  async look() {
    const claimants = await this.options.log.claimantsAfter(this.lookedUpTo)();
    if (E.isLeft(claimants)) return;
    for (const worker of claimants.right.workers) this.sawClaim(worker);
    this.lookedUpTo = claimants.right.upTo;
    this.decide();
  }
  lookLater() {
    if (this.willLook) return;
    this.willLook = true;
    const dueAt = this.now() + patience.apartMs;
    const look = () => {
      this.willLook = false;
      if (!this.couldUseMore) return;
      const isLate = this.now() - dueAt > patience.lateMs;
      this.looksInNeed = isLate ? 0 : this.looksInNeed + 1;
      if (this.looksInNeed < patience.looks) this.lookLater();
      else this.followMore();
    };
    this.options.environment.setTimer(patience.apartMs, look, { isRoutine: true });
  }
  followMore() {
    const { wantedNow } = this;
    const more = this.ownOrder.filter((partition) => !wantedNow.has(partition));
    this.follow(/* @__PURE__ */ new Set([...wantedNow, ...more.slice(0, Math.max(1, wantedNow.size))]));
  }
  /** Each partition belongs to the process that ranks highest for it, among those that have not got their number yet. */
  assign(now) {
    this.forgetGone(now);
    const processes = [this.ownName, ...this.others.keys()].map((name2) => ({ name: name2, hash: hashOf(name2), count: 0 }));
    const least = Math.floor(partitionCount / processes.length);
    let extra = partitionCount % processes.length;
    const own = /* @__PURE__ */ new Set();
    for (const partition of allPartitions) {
      const free2 = processes.filter(({ count: count2 }) => count2 < least || count2 === least && extra > 0);
      const first = free2.reduce((a, b) => comesBefore2(b, a, partition) ? b : a);
      if (first.count === least) extra -= 1;
      first.count += 1;
      if (first.name === this.ownName) own.add(partition);
    }
    this.own = own;
    this.assignedAt = now;
  }
  isEnough(partitions) {
    const { slots, feed, handles, claimsUnderWay } = this.options;
    let missing = claimsUnderWay() + Math.max(enough.least, slots * enough.ofSlots);
    for (const [type, jobs2] of feed.projection.ready) {
      if (!handles(type) || !feed.projection.mayStart(type)) continue;
      for (const { graph } of jobs2) {
        if (partitions.has(partitionOf(graph.id))) missing -= 1;
        if (missing <= 0) return true;
      }
    }
    return false;
  }
  now() {
    return this.options.environment.monotonic();
  }
};
function processOf({ host, pid, process: process2 = "" }) {
  return `${host} ${pid} ${process2}`;
}
function comesBefore2(a, b, partition) {
  const difference = rankOf(a.hash, partition) - rankOf(b.hash, partition);
  return difference === 0 ? a.name < b.name : difference > 0;
}
function rankOf(processHash, partition) {
  return mix(processHash ^ mix(partition + 1));
}

// src/worker/slots.ts
var Slots = class {
  constructor(most, mostOf) {
    this.most = most;
    this.mostOf = mostOf;
  }
  most;
  mostOf;
  occupiedOf = /* @__PURE__ */ new Map();
  occupied = 0;
  get free() {
    return this.most - this.occupied;
  }
  freeOf(type) {
    return this.mostOf(type) - (this.occupiedOf.get(type) ?? 0);
  }
  occupy(type) {
    this.count(type, 1);
  }
  release(type) {
    this.count(type, -1);
  }
  count(type, by) {
    this.occupied += by;
    this.occupiedOf.set(type, (this.occupiedOf.get(type) ?? 0) + by);
  }
};

// src/worker/under-way.ts
init_delay();
var UnderWay = class {
  /** @param onDefect called when work rejects, which it never should */
  constructor(environment, onDefect) {
    this.environment = environment;
    this.onDefect = onDefect;
  }
  environment;
  onDefect;
  count = 0;
  waiting = [];
  /** Some work has begun. To be followed by one {@link end}. */
  begin() {
    this.count += 1;
  }
  end() {
    this.count -= 1;
    const waiting2 = this.waiting;
    this.waiting = [];
    for (const resolve2 of waiting2) resolve2();
  }
  add(work) {
    this.begin();
    work.then(
      () => this.end(),
      (error) => {
        this.onDefect(error);
        this.end();
      }
    );
  }
  /** Resolves when nothing is under way any more, or after this many milliseconds. */
  async ended(mostMs) {
    const patience2 = new AbortController();
    const tooLong = delay3(this.environment, mostMs, patience2.signal).then(() => "too long");
    while (this.count > 0) {
      const next = new Promise((resolve2) => this.waiting.push(resolve2));
      if (await Promise.race([tooLong, next]) === "too long") break;
    }
    patience2.abort();
  }
};

// src/domain/schedule-runs.ts
init_defined();

// src/prelude/recurrence.ts
function everyMs(ms) {
  return {
    next: (after2) => (Math.floor(after2 / ms) + 1) * ms,
    previous: (before) => (Math.ceil(before / ms) - 1) * ms
  };
}
function instantsBetween(recurrence, after2, upTo, most) {
  const instants = [];
  for (let at = recurrence.next(after2); at !== null && at <= upTo; at = recurrence.next(at)) {
    if (instants.length === most) break;
    instants.push(at);
  }
  return instants;
}

// src/domain/schedule-runs.ts
init_iso_time();

// src/domain/schedules.ts
init_namespace_stream();
var streamPrefix2 = "schedule/";
function scheduleStream(name2) {
  return { graphId: ofNamespace, jobId: `${streamPrefix2}${name2}` };
}
function scheduleNameOf({ graphId, jobId: jobId2 }) {
  const isSchedule = isOfNamespace({ graphId }) && jobId2 !== null && jobId2.startsWith(streamPrefix2);
  return isSchedule ? jobId2.slice(streamPrefix2.length) : null;
}
var scheduleLabel = "schedule";
function shownInstant(instant) {
  return new Date(instant).toISOString().replace(".000Z", "Z");
}
function runId(name2, instant) {
  return `${name2}@${shownInstant(instant)}`;
}
function initialSchedule(name2) {
  return Object.freeze({
    name: name2,
    definition: null,
    pause: null,
    decidedUpTo: -Infinity,
    asked: [],
    lastAsked: -Infinity,
    buffered: null,
    last: null,
    unreadable: null,
    revision: -1,
    lastEventId: null
  });
}
var wholeMs = 1e3;
var aheadMsMax = 1e3;
function evolveSchedule(state, event) {
  const next = whyNoEffect(state, event) === null ? changed(state, event) : state;
  const { revision, id: lastEventId } = event;
  const unreadable = event.type === "Unreadable" ? event.data.explanation : next.unreadable;
  return Object.freeze({ ...next, unreadable, revision, lastEventId });
}
function changed(state, event) {
  const at = Date.parse(event.recordedAt);
  switch (event.type) {
    case "ScheduleSet": {
      const { by, reason: reason2, ...data } = event.data;
      const definition = { ...data, revision: event.revision, set: { by, reason: reason2, at: event.recordedAt } };
      return { ...state, definition, unreadable: null, decidedUpTo: Math.max(state.decidedUpTo, at) };
    }
    case "SchedulePaused":
      return { ...state, pause: { ...event.data, at: event.recordedAt } };
    case "ScheduleResumed":
      return { ...state, pause: null, decidedUpTo: Math.max(state.decidedUpTo, at) };
    case "ScheduleRemoved":
      return { ...state, definition: null, pause: null, asked: [], buffered: null, unreadable: null };
    case "ScheduleTriggered": {
      const instants = event.data.instants.map((instant) => Date.parse(instant));
      const lastAsked = Math.max(state.lastAsked, ...instants);
      return { ...state, asked: [...state.asked, ...instants], lastAsked };
    }
    case "ScheduleFired":
      return fired(state, event);
    case "ScheduleBuffered": {
      const instant = Date.parse(event.data.instant);
      return { ...state, buffered: instant, decidedUpTo: instant };
    }
    case "ScheduleSkipped":
      return { ...state, decidedUpTo: Date.parse(event.data.to) };
  }
}
function fired(state, { data, revision }) {
  const instant = Date.parse(data.instant);
  const { graphId, kind, aborts = null } = data;
  const last2 = { instant, graphId, aborts, definition: state.definition, revision };
  switch (kind) {
    case "due":
      return { ...state, last: last2, decidedUpTo: instant };
    case "asked":
      return { ...state, last: last2, asked: state.asked.filter((each2) => each2 !== instant) };
    case "buffered":
      return { ...state, last: last2, buffered: null };
  }
}
function whyNoEffect(state, event) {
  if (event.type === "Unreadable") return { problem: event.data.explanation, isEarly: false };
  const problem = whyImpossible2(state, event);
  if (problem !== null) return { problem, isEarly: false };
  const early = whyEarly(state, event);
  return early === null ? null : { problem: early, isEarly: true };
}
function whyImpossible2(state, event) {
  const { definition, pause: pause2, decidedUpTo } = state;
  if (event.type === "ScheduleSet") return null;
  if (!event.type.startsWith("Schedule") || event.type === "ScheduleNamed") {
    return `${event.type} does not belong in the stream of a schedule`;
  }
  if (definition === null) return "there is no such schedule at this point";
  switch (event.type) {
    case "SchedulePaused":
      return pause2 === null ? null : "the schedule is paused already";
    case "ScheduleResumed":
      return pause2 === null ? "the schedule is not paused" : null;
    case "ScheduleFired":
      return whyNotFired(state, event.data);
    case "ScheduleBuffered":
      if (state.buffered !== null) return "another instant waits already";
      return whyDecided(state, event.data.instant);
    case "ScheduleSkipped":
      if (pause2 !== null) return "the schedule is paused";
      if (event.data.from > event.data.to) return "it ends before it begins";
      return Date.parse(event.data.from) > decidedUpTo ? null : decidedAlready(event.data.from);
    default:
      return null;
  }
}
function whyNotFired(state, { instant, kind, graphId }) {
  const at = Date.parse(instant);
  const meant = runId(state.name, at);
  if (graphId !== meant)
    return `it names the graph ${JSON.stringify(graphId)}, and its instant ${JSON.stringify(meant)}`;
  switch (kind) {
    case "due":
      return whyDecided(state, instant);
    case "asked":
      return state.asked.includes(at) ? null : `nobody has asked for ${instant}, or it was begun already`;
    case "buffered":
      return state.buffered === at ? null : `${instant} does not wait, or it was begun already`;
  }
}
function whyDecided({ pause: pause2, decidedUpTo }, instant) {
  if (pause2 !== null) return "the schedule is paused";
  return Date.parse(instant) > decidedUpTo ? null : decidedAlready(instant);
}
function decidedAlready(instant) {
  return `${instant} was decided already`;
}
function whyEarly({ definition }, event) {
  const at = Date.parse(event.recordedAt) + aheadMsMax;
  const early = (instant, what) => `it was recorded at ${event.recordedAt}, before ${instant} ${what}`;
  switch (event.type) {
    case "ScheduleFired":
      if (event.data.kind === "asked") return null;
      return Date.parse(event.data.instant) <= at ? null : early(event.data.instant, "was due");
    case "ScheduleBuffered":
      return Date.parse(event.data.instant) <= at ? null : early(event.data.instant, "was due");
    case "ScheduleSkipped": {
      const { to, why } = event.data;
      const lateMs2 = why === "missed" ? definition.catchUpMs : 0;
      return Date.parse(to) + lateMs2 <= at ? null : early(to, why === "missed" ? "was too late to be made" : "was due");
    }
    default:
      return null;
  }
}

// src/domain/schedule-runs.ts
var countMax = 1e3;
var nothing = { kind: "wait", until: null, waitsFor: null };
function nextStep(state, { now, recurrence, hasLastEnded }) {
  const { definition, pause: pause2, asked, last: last2 } = state;
  if (definition === null || recurrence === null || state.unreadable !== null) return nothing;
  const buffered = pause2 === null ? state.buffered : null;
  const waiting2 = buffered ?? asked[0] ?? null;
  const next = pause2 === null ? recurrence.next(state.decidedUpTo) : null;
  const due = next !== null && next <= now ? next : null;
  if (due !== null && now - due > definition.catchUpMs) return skip2(recurrence, due, missed(definition, now));
  if (due === null && waiting2 === null) return { kind: "wait", until: next, waitsFor: null };
  const isAlone = last2 === null || definition.overlap === "allow";
  if (!isAlone && hasLastEnded === null) return { kind: "look", graphId: last2.graphId };
  if (isAlone || hasLastEnded === true) {
    if (waiting2 === null) return fire(state, due, "due");
    return fire(state, waiting2, buffered === null ? "asked" : "buffered");
  }
  if (due === null) return { kind: "wait", until: next, waitsFor: last2.graphId };
  return overlapping(state, { due, now, last: last2, recurrence });
}
function overlapping(state, { due, now, last: last2, recurrence }) {
  const skipped2 = { upTo: now, why: "overlap" };
  switch (state.definition.overlap) {
    case "buffer-one":
      if (state.buffered !== null) return skip2(recurrence, due, skipped2);
      return { kind: "append", event: { type: "ScheduleBuffered", data: { instant: isoTime(due) } } };
    case "abort-earlier": {
      const newest = recurrence.previous(now + 1) ?? due;
      if (newest > due) return skip2(recurrence, due, { upTo: newest - 1, why: "overlap" });
      return fire(state, due, "due", last2.graphId);
    }
    default:
      return skip2(recurrence, due, skipped2);
  }
}
function missed({ catchUpMs }, now) {
  return { upTo: now - catchUpMs - 1, why: "missed" };
}
function skip2(recurrence, from, { upTo, why }) {
  const to = Math.max(from, recurrence.previous(upTo + 1) ?? from);
  const count2 = instantsBetween(recurrence, from - 1, to, countMax + 1).length;
  const data = { from: isoTime(from), to: isoTime(to), why, ...count2 <= countMax ? { count: count2 } : {} };
  return { kind: "append", event: { type: "ScheduleSkipped", data } };
}
function fire({ name: name2 }, instant, kind, aborts) {
  const data = { instant: isoTime(instant), kind, graphId: runId(name2, instant), ...aborts && { aborts } };
  return { kind: "append", event: { type: "ScheduleFired", data } };
}
function graphOfRun(name2, { graphId, definition }) {
  return { ...graphOf(definition), id: graphId, labels: { ...definition.labels, [scheduleLabel]: name2 } };
}
function graphOf({ jobs: jobs2, args, labels, priority, deadlineMs }) {
  const built = jobs2.map((job2) => [job2.id, { ...job2, status: "unstarted", args: job2.args ?? args }]);
  return { id: "", jobs: Object.fromEntries(built), labels, priority, ...defined({ deadlineMs }) };
}
function nextInstants({ definition, pause: pause2, decidedUpTo, unreadable }, { recurrence, now }, most) {
  if (definition === null || pause2 !== null || recurrence === null || unreadable !== null) return [];
  return instantsBetween(recurrence, Math.max(decidedUpTo, now), Infinity, most);
}

// src/worker/schedule-watch.ts
init_event_log();
init_errors();

// src/store/advance-schedule.ts
init_event_log();

// src/store/submit.ts
import { v5 as uuidV5 } from "uuid";
init_errors();

// src/store/define.ts
import { v7 as uuidV7 } from "uuid";
init_errors();
init_known_names();
init_fp();
init_nearest();
var InvalidGraphError = class extends OverseerError {
  name = "InvalidGraphError";
  constructor(problem) {
    super("graph-invalid", problem);
  }
};
function jobGraph(definition, args = {}, options = {}) {
  return orInvalid(buildJobGraph(definition, args, options, uuidV7()));
}
function orInvalid(built) {
  if (E.isLeft(built)) throw new InvalidGraphError(built.left);
  return built.right;
}

// src/store/submit.ts
var GraphConflictError = class extends OverseerError {
  constructor(graphId) {
    super("graph-id-taken", `another graph is stored under the id ${JSON.stringify(graphId)}; nothing was changed`);
    this.graphId = graphId;
  }
  graphId;
  name = "GraphConflictError";
};
var partIds = "b1c7b1a6-6a4e-5c57-9c1f-3d6f0c3a2b10";
async function transactGraph(store2, graph) {
  const stored = await storeGraph(store2, orInvalid(checkJobGraph(graph)));
  return { graphId: graph.id, stored, graph };
}
async function storeGraph(store2, checked2) {
  const graphId = checked2.id;
  const submission = submissionOf(checked2);
  const context = { actor: store2.environment.host, idOf: (name2) => uuidV5(Buffer.from(name2), partIds) };
  for (; ; ) {
    const decision = decideSubmission(submission, await storedParts(store2, graphId), context);
    if (decision.kind === "conflict") throw new GraphConflictError(graphId);
    if (decision.kind === "stored") return false;
    const appends = decision.parts.map(({ expectedRevision, event }) => ({
      graphId,
      jobId: null,
      expectedRevision,
      events: [event]
    }));
    if (await appendInTurn(store2, appends)) return true;
  }
}
async function appendInTurn(store2, [first, ...others]) {
  for (const appends of others.length === 0 ? [[first]] : [[first], others]) {
    const results = await appendOrThrow(store2.log, appends);
    if (results.some((result) => !result.appended)) return false;
  }
  return true;
}
async function storedParts(store2, graphId) {
  const events = await orThrow(store2.log.readStream({ graphId, jobId: null }));
  return events.filter((event) => event.type === "GraphSubmitted");
}

// src/domain/not-found.ts
init_known_names();
init_nearest();
var madeId = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
function graphNotFound(graphId, others = []) {
  const meant = didYouMean(
    graphId,
    [...others].filter((id) => !madeId.test(id))
  );
  return { code: "graph-not-found", message: `there is no graph ${shownId(graphId)}${meant}` };
}
function jobNotFound(graphId, jobId2, jobIds) {
  const message2 = `graph ${graphId} has no job ${shownId(jobId2)}${didYouMean(jobId2, jobIds)}`;
  return { code: "job-not-found", message: message2 };
}

// src/store/load-graph.ts
init_fp();
function foldGraph(graphId, events, options = {}) {
  const graph = new GraphState(graphId, options);
  for (const event of events) graph.apply(event);
  if (graph.existsFrom === null) throw new RejectedError(graphNotFound(graphId));
  return graph;
}
async function existingGraph(store2, graphId, events) {
  if (!events.some(completesSubmission)) throw await missingGraph(store2, graphId);
  return foldGraph(graphId, events);
}
async function loadGraph(store2, graphId) {
  return await existingGraph(store2, graphId, await orThrow(store2.log.readGraph(graphId)));
}
var lookedThrough = 2e3;
async function missingGraph(store2, graphId) {
  const latest = await store2.log.readAll({ direction: "backwards", limit: lookedThrough })();
  const others = E.isRight(latest) ? latest.right.map((event) => event.graphId) : [];
  return new RejectedError(graphNotFound(graphId, new Set(others)));
}
function jobIn(graph, jobId2) {
  const job2 = graph.jobs.get(jobId2);
  if (job2 !== void 0) return job2;
  throw new RejectedError(jobNotFound(graph.id, jobId2, graph.jobs.keys()));
}

// src/domain/graph-decisions.ts
init_defined();
init_fp();
init_absurd();
init_limits();
function decideGraph(graph, command) {
  const { kind, by } = command;
  const data = { by, reason: cutMessage(command.reason) };
  switch (kind) {
    case "abort": {
      if (graph.abort !== null) return E.right([]);
      if (isBeyond2(graph)) return E.left(beyondThisRelease(graph));
      const { finished, failed, skipped: skipped2 } = graph.countByStatus();
      if (finished + failed + skipped2 === graph.jobs.size) return E.left(hasEnded(graph));
      return E.right([{ type: "GraphAborted", data: defined({ ...data, deadline: command.deadline }) }]);
    }
    case "reset":
      if (graph.unreadable !== null) return E.left(beyondThisRelease(graph));
      return E.right(graph.abort === null ? [] : [{ type: "GraphReset", data }]);
    case "pause":
      if (graph.unreadable !== null) return E.left(beyondThisRelease(graph));
      if (graph.pause !== null) return E.right([]);
      return graph.isSettled ? E.left(hasEnded(graph)) : E.right([{ type: "GraphPaused", data }]);
    case "resume":
      if (graph.unreadable !== null) return E.left(beyondThisRelease(graph));
      if (graph.pause !== null) return E.right([{ type: "GraphResumed", data }]);
      return E.left({ code: "not-paused", message: `graph ${graph.id} is not paused` });
    default:
      return absurd(kind);
  }
}
function hasEnded({ id, status }) {
  return { code: "graph-already-ended", message: `graph ${id} has ended already: it is ${status}` };
}
function isBeyond2({ unreadable }) {
  return unreadable !== null && (unreadable.why === "event-from-the-future" || unreadable.why === "unknown-event-type");
}
function beyondThisRelease(graph) {
  const { position, problem } = graph.unreadable;
  const instead = isBeyond2(graph) ? "do it with the release that wrote that event" : "it can be aborted as a whole, and submitted again under another id";
  return {
    code: "graph-unreadable",
    message: `graph ${graph.id} is left alone, since its event @${position} cannot be read: ${problem}; ${instead}`
  };
}

// src/store/operate.ts
init_errors();
init_fp();

// src/store/reason.ts
init_limits();
init_errors();
init_known_names();
function stated(store2, why, defaultReason) {
  assertOptions("an intervention", why, { by: true, reason: true });
  const by = words("by", why.by ?? store2.environment.host);
  const reason2 = words("reason", why.reason ?? defaultReason);
  if (by.trim() === "") throw invalid("by is empty; give the name of the person or program that does this");
  const bytes = Buffer.byteLength(by);
  if (bytes > limits.actorBytesMax) throw invalid(`by is ${bytes} bytes long; the limit is ${limits.actorBytesMax}`);
  return { by, reason: reason2 };
}
function words(what, given) {
  if (typeof given !== "string") throw invalid(`${what} is ${kindOf(given)}, not a string`);
  return given;
}
function invalid(message2) {
  return new OverseerError("reason-invalid", message2);
}

// src/store/operate.ts
async function abortGraph(store2, graphId, why = {}) {
  const { by, reason: reason2 } = stated(store2, why, "aborted by an operator");
  await commandGraph(store2, graphId, { kind: "abort", by, reason: reason2 });
  await fenceInterrupted(store2, graphId, { kind: "abort", by, message: reason2, silent: true });
}
async function abortJob(store2, graphId, jobId2, why = {}) {
  const { by, reason: reason2 } = stated(store2, why, "aborted by an operator");
  await commandJob(store2, graphId, jobId2, { kind: "abort", by, message: reason2, silent: true });
}
async function retryJob(store2, graphId, jobId2, why = {}) {
  const { by, reason: reason2 } = stated(store2, why, "retried by an operator");
  await commandJob(store2, graphId, jobId2, { kind: "reset", by, reason: reason2 });
}
async function retryGraph(store2, graphId, why = {}) {
  const { by, reason: reason2 } = stated(store2, why, "retried by an operator");
  await fenceInterrupted(store2, graphId, { kind: "abort", by, message: reason2, silent: true });
  const graph = await loadGraph(store2, graphId);
  if (graph.unreadable !== null) throw new RejectedError(beyondThisRelease(graph));
  const ended = [...graph.jobs.values()].filter((job2) => job2.state.status === "failed" || job2.state.abort !== null);
  if (ended.length === 0 && graph.abort === null) {
    const message2 = `nothing in graph ${graphId} has failed or was aborted; it is ${graph.status}`;
    throw new RejectedError({ code: "graph-not-ended", message: message2 });
  }
  const reset2 = ended.map((job2) => job2.id);
  await commandJobs(store2, graph, reset2, { kind: "reset", by, reason: reason2 }, skipped);
  await commandGraph(store2, graphId, { kind: "reset", by, reason: reason2 });
  return reset2;
}
async function commandJob(store2, graphId, jobId2, command) {
  const graph = await loadGraph(store2, graphId);
  jobIn(graph, jobId2);
  await commandJobs(store2, graph, [jobId2], command, (rejection) => {
    throw new RejectedError(rejection);
  });
}
async function fenceInterrupted(store2, graphId, command) {
  const graph = await loadGraph(store2, graphId);
  const interrupted = [...graph.jobs.values()].filter((job2) => job2.state.interrupted).map((job2) => job2.id);
  await commandJobs(store2, graph, interrupted, command, skipped);
}
var skipped = () => {
};
async function commandJobs(store2, loaded, jobIds, command, onRejection) {
  let graph = loaded;
  const tried2 = /* @__PURE__ */ new Map();
  for (let pending = jobIds; pending.length > 0; graph = await loadGraph(store2, graph.id)) {
    if (graph.unreadable !== null) {
      for (const jobId2 of pending) onRejection(beyondThisRelease(graph), jobId2);
      return;
    }
    const appends = [];
    for (const jobId2 of pending) {
      const job2 = jobIn(graph, jobId2);
      if (tried2.get(jobId2) === job2.state.revision) throw noProgress(`job ${jobId2} of graph ${graph.id}`, job2.state);
      tried2.set(jobId2, job2.state.revision);
      const decision = decideJob(job2.subject(), command);
      if (E.isLeft(decision)) {
        onRejection(decision.left, jobId2);
        continue;
      }
      const events = newEvents(store2.environment, decision.right, causeOf(job2, command), command.by);
      if (events.length > 0) appends.push({ graphId: graph.id, jobId: jobId2, expectedRevision: job2.state.revision, events });
    }
    const results = await appendOrThrow(store2.log, appends);
    pending = appends.filter((_, index) => !results[index].appended).map((append) => append.jobId);
  }
}
function causeOf({ graph, state, record: record3 }, { kind }) {
  if (kind === "answer") return record3.above.readyCause;
  return graph.abort === null ? state.lastEventId : graph.lastEventId;
}
async function commandGraph(store2, graphId, command) {
  for (let tried2 = null; ; ) {
    const graph = await loadGraph(store2, graphId);
    if (tried2 === graph.revision) throw noProgress(`graph ${graphId}`, graph);
    tried2 = graph.revision;
    const events = newEvents(store2.environment, allowed(decideGraph(graph, command)), graph.lastEventId, command.by);
    if (events.length === 0) return false;
    const append = { graphId, jobId: null, expectedRevision: graph.revision, events };
    const [result] = await appendOrThrow(store2.log, [append]);
    if (result.appended) return true;
  }
}
function noProgress(what, { revision }) {
  const message2 = `${what} is not at revision ${revision}, which is the last one that can be read here; nothing was changed. Try a newer release, or see what \`overseer verify\` says`;
  return new OverseerError("stream-unreadable", message2);
}

// src/store/advance-schedule.ts
async function advanceSchedule(store2, schedule2, given) {
  let hasLastEnded = null;
  let submitted = null;
  for (; ; ) {
    const { last: last2 } = schedule2.state;
    if (last2 !== null && last2.revision !== submitted?.revision) {
      if (given.isSubmitted?.(last2) !== true) await submitRun(store2, schedule2.name, last2, given);
      submitted = last2;
      hasLastEnded = null;
    }
    const { recurrence } = schedule2;
    const step = nextStep(schedule2.state, { now: given.clock.now(), recurrence, hasLastEnded });
    if (step.kind === "wait") return step;
    if (given.isOver?.() === true) return { kind: "wait", until: null, waitsFor: null };
    if (step.kind === "look") hasLastEnded = await hasEnded2(store2, step.graphId);
    else await decide(store2, schedule2, step, given);
  }
}
async function decide(store2, schedule2, { event }, { actor, clock }) {
  const { state } = schedule2;
  const events = newEvents(store2.environment, [event], state.lastEventId, actor);
  const began = store2.environment.now();
  const append = { ...scheduleStream(schedule2.name), expectedRevision: state.revision, events };
  const [result] = await appendOrThrow(store2.log, [append]);
  const read3 = await schedule2.refresh();
  const written = read3.find(({ id }) => id === events[0].id);
  if (written !== void 0) clock.learn(began, Date.parse(written.recordedAt));
  else if (result.appended || read3.length === 0) throw noProgress(`schedule ${schedule2.name}`, state);
}
async function submitRun(store2, name2, run, given) {
  const { graphId, aborts } = run;
  if (aborts !== null && !await isThere(store2, graphId)) await abortEarlier(store2, name2, run, aborts);
  try {
    await storeGraph(store2, graphOfRun(name2, run));
  } catch (error) {
    if (!(error instanceof GraphConflictError)) throw error;
    given.onConflict?.(graphId);
  }
  given.onSubmitted?.(run);
}
async function isThere(store2, graphId) {
  return (await orThrow(store2.log.readStream({ graphId, jobId: null }, { from: 0, to: 0 }))).length > 0;
}
async function abortEarlier(store2, name2, { graphId }, earlier) {
  try {
    await abortGraph(store2, earlier, { by: `schedule ${name2}`, reason: `${graphId} is due` });
  } catch (error) {
    if (!(error instanceof RejectedError)) throw error;
  }
}
async function hasEnded2(store2, graphId) {
  try {
    const graph = await loadGraph(store2, graphId);
    return graph.isSettled;
  } catch (error) {
    if (error instanceof LogError && error.code === "store-history-missing") return true;
    if (error instanceof RejectedError && error.code === "graph-not-found") return true;
    throw error;
  }
}

// src/store/known-schedule.ts
init_io();
init_codec();
init_fp();
init_positions();
var snapshotEvents2 = 500;
var KnownSchedule = class _KnownSchedule {
  constructor(log, state) {
    this.log = log;
    this.state = state;
  }
  log;
  state;
  /** Of what it is set to; null if it is not there, or if this release cannot tell. */
  recurrence = null;
  /** Why this release cannot tell when it is due. */
  problem = null;
  sinceSnapshot = 0;
  position = null;
  understood = null;
  /** Reads a schedule, as it is now or was at a position. */
  static async load(log, name2, asOf = null) {
    const kept4 = await loadState(log, name2, asOf);
    const known = new _KnownSchedule(log, kept4 ?? initialSchedule(name2));
    const events = await orThrow(log.readStream(scheduleStream(name2), { from: known.state.revision + 1 }));
    for (const event of events) {
      if (asOf === null || comparePositions(event.position, asOf) <= 0) known.take(event);
    }
    await known.understand();
    return known;
  }
  get name() {
    return this.state.name;
  }
  /** Reads on, and returns what was new. */
  async refresh() {
    const from = this.state.revision + 1;
    const events = await orThrow(this.log.readStream(scheduleStream(this.name), { from }));
    for (const event of events) this.take(event);
    await this.understand();
    return events;
  }
  /** Takes an event of its stream that was heard of, if it is the next one. */
  async hear(event) {
    if (event.revision !== this.state.revision + 1) return;
    this.take(event);
    await this.understand();
  }
  /** Saves a snapshot, if that is worth it. It is a cache: that it cannot be saved changes nothing. */
  async saveSnapshot() {
    if (this.sinceSnapshot < snapshotEvents2 || this.position === null) return;
    this.sinceSnapshot = 0;
    await saveJson(this.log, snapshotName3(this.name), this.position, snapshotOf(this.state))();
  }
  take(event) {
    this.state = evolveSchedule(this.state, event);
    this.position = event.position;
    this.sinceSnapshot += 1;
  }
  async understand() {
    const { definition } = this.state;
    if (definition === this.understood) return;
    this.understood = definition;
    const read3 = definition === null ? null : await recurrenceOf(definition);
    this.recurrence = read3 !== null && E.isRight(read3) ? read3.right : null;
    this.problem = read3 !== null && E.isLeft(read3) ? read3.left : null;
  }
};
var cronModule = null;
async function recurrenceOf({
  cron,
  timezone,
  everyMs: periodMs
}) {
  if (cron === void 0) return E.right(everyMs(periodMs));
  cronModule ??= Promise.resolve().then(() => (init_cron(), cron_exports));
  const { cronTimes: cronTimes2 } = await cronModule;
  return cronTimes2(cron, timezone ?? "UTC");
}
var Instants = orNull(SafeInt);
var Intervened = record2("intervention", { by: string, reason: string, at: string });
var Revision = intFrom(0);
var Snapshot2 = record2("snapshot of a schedule", {
  definedBy: orNull(Revision),
  pause: orNull(Intervened),
  decidedUpTo: Instants,
  asked: readonlyArray(SafeInt),
  lastAsked: Instants,
  buffered: Instants,
  last: orNull(
    record2("run", {
      instant: SafeInt,
      graphId: string,
      aborts: orNull(string),
      definedBy: Revision,
      revision: Revision
    })
  ),
  unreadable: orNull(string),
  revision: Revision,
  lastEventId: string
});
function snapshotName3(name2) {
  return `schedule.${name2}`;
}
function snapshotOf({ definition, last: last2, decidedUpTo, lastAsked, ...rest }) {
  const finite = (instant) => Number.isFinite(instant) ? instant : null;
  const run = last2 === null ? null : { ...last2, definition: void 0, definedBy: last2.definition.revision };
  return JSON.parse(
    JSON.stringify({
      ...rest,
      decidedUpTo: finite(decidedUpTo),
      lastAsked: finite(lastAsked),
      definedBy: definition?.revision ?? null,
      last: run
    })
  );
}
async function loadState(log, name2, asOf) {
  const read3 = (value2) => {
    const decoded = Snapshot2.decode(value2);
    return E.isRight(decoded) ? decoded.right : null;
  };
  const kept4 = await loadJson(log, snapshotName3(name2), read3);
  if (kept4?.value == null || asOf !== null && comparePositions(kept4.position, asOf) > 0) return null;
  const { definedBy, last: last2, decidedUpTo, lastAsked, ...rest } = kept4.value;
  const definition = definedBy === null ? null : await definitionAt(log, name2, definedBy);
  const ofLast = last2 === null || last2.definedBy === definedBy ? definition : await definitionAt(log, name2, last2.definedBy);
  const isLost2 = definedBy !== null && definition === null || last2 !== null && ofLast === null;
  if (isLost2) return null;
  const run = last2 === null ? null : { ...last2, definition: ofLast };
  return Object.freeze({
    ...rest,
    name: name2,
    definition,
    last: run,
    decidedUpTo: decidedUpTo ?? -Infinity,
    lastAsked: lastAsked ?? -Infinity
  });
}
async function definitionAt(log, name2, revision) {
  const [event] = await orThrow(log.readStream(scheduleStream(name2), { from: revision, to: revision }));
  return event?.type === "ScheduleSet" ? evolveSchedule(initialSchedule(name2), event).definition : null;
}

// src/worker/schedule-watch.ts
var spreadMs = 200;
var submittingMs = 2e3;
var pollMs = 1e4;
var againMs2 = 5e3;
var safetyNetMs = 6e4;
var ScheduleWatch = class {
  constructor(options) {
    this.options = options;
    this.clock = new ScheduleClock(options.environment);
  }
  options;
  watched = /* @__PURE__ */ new Map();
  /** The schedules that something waits for in, or whose run is to be submitted, by graph. */
  concerned = /* @__PURE__ */ new Map();
  clock;
  isBegun = false;
  isClosed = false;
  isNetSet = false;
  /** Begins, where the log ends: what was heard before that, the schedules themselves tell. Further calls do nothing. */
  begin(names) {
    if (this.isBegun || this.isClosed) return;
    this.isBegun = true;
    if (names.size === 0) return;
    const all = [...names].map((name2) => this.add(name2));
    this.options.underWay(Promise.all(all.map((each2) => this.look(each2))).then(() => this.tellCount(all)));
  }
  /** Takes events of the log. */
  hear(events) {
    if (!this.isBegun) return;
    for (const event of events) {
      const name2 = scheduleNameOf(event);
      if (name2 !== null) this.hearOf(this.watched.get(name2) ?? this.add(name2), event);
      else if (this.concerned.size > 0) this.hearOfGraph(event);
    }
  }
  close() {
    this.isClosed = true;
    for (const each2 of this.watched.values()) each2.cancel();
  }
  add(name2) {
    const fresh = { name: name2, known: null, cancel: () => {
    }, at: Infinity, isBusy: false, heard: -1 };
    const watched = { ...fresh, waitsFor: null, submitted: -1 };
    this.watched.set(name2, watched);
    if (!this.isNetSet) {
      this.isNetSet = true;
      const { environment, onDefect } = this.options;
      environment.every(
        () => safetyNetMs,
        () => this.watched.forEach((each2) => this.planByState(each2)),
        onDefect
      );
    }
    return watched;
  }
  hearOf(watched, event) {
    const { known } = watched;
    watched.heard = Math.max(watched.heard, event.revision);
    if (watched.isBusy) return;
    if (known === null) return this.plan(watched, 0);
    this.options.underWay(this.take(watched, known, event));
  }
  async take(watched, known, event) {
    if (event.revision <= known.state.revision) return;
    watched.waitsFor = null;
    await known.hear(event);
    watched.cancel();
    watched.at = Infinity;
    this.planByState(watched);
  }
  hearOfGraph(event) {
    const watched = this.concerned.get(event.graphId);
    if (watched === void 0) return;
    const { known, waitsFor } = watched;
    if (completesSubmission(event) && known?.state.last?.graphId === event.graphId) {
      watched.submitted = known.state.last.revision;
    }
    if (waitsFor === event.graphId && !this.options.isOpen(event.graphId)) this.plan(watched, 0);
  }
  /** Plans the next look at a schedule by what is known of it. */
  planByState(watched) {
    const { known } = watched;
    if (known === null || known.state.revision < watched.heard) return this.plan(watched, 0);
    const { last: last2, buffered, asked, pause: pause2, unreadable } = known.state;
    const isAlive = known.recurrence !== null && unreadable === null;
    this.concern(watched);
    const isWaiting = isAlive && (asked.length > 0 || buffered !== null && pause2 === null);
    const isToBeSubmitted = last2 !== null && last2.revision !== watched.submitted;
    if (isToBeSubmitted) this.plan(watched, submittingMs * (1 + this.options.environment.random()));
    if (isWaiting && watched.waitsFor === null) return this.plan(watched, 0);
    const now = this.clock.now();
    const [next] = nextInstants(known.state, { recurrence: known.recurrence, now: -Infinity }, 1);
    if (next !== void 0) this.plan(watched, Math.max(0, next - now));
  }
  /** Which graphs' events it wants to hear of. */
  concern(watched) {
    for (const [graphId, each2] of this.concerned) if (each2 === watched) this.concerned.delete(graphId);
    const last2 = watched.known?.state.last ?? null;
    if (last2 !== null && (last2.revision !== watched.submitted || watched.waitsFor !== null)) {
      this.concerned.set(last2.graphId, watched);
    }
  }
  /** Looks at a schedule after some time, unless it does so earlier anyway. */
  plan(watched, inMs) {
    if (this.isClosed || watched.isBusy || inMs === Infinity) return;
    const { environment } = this.options;
    const at = environment.monotonic() + inMs;
    if (watched.at <= at) return;
    watched.cancel();
    watched.at = at;
    const look = () => {
      watched.at = Infinity;
      if (this.needsLook(watched)) this.options.underWay(this.look(watched));
      else this.planAfter(watched, pollMs);
    };
    watched.cancel = environment.setTimer(inMs + environment.random() * spreadMs, look);
  }
  /** Not while all there is to do waits for a run that is known to go on. */
  needsLook({ known, waitsFor, submitted, heard }) {
    if (known === null || waitsFor === null || heard > known.state.revision) return true;
    const [next = Infinity] = nextInstants(known.state, { recurrence: known.recurrence, now: -Infinity }, 1);
    const isSubmitted = known.state.last?.revision === submitted;
    return !isSubmitted || next <= this.clock.now() || !this.options.isOpen(waitsFor);
  }
  planAfter(watched, afterMs2) {
    this.plan(watched, afterMs2);
    this.planByState(watched);
  }
  /** Decides what there is to decide, submits what there is to submit, and plans the next look. Never rejects. */
  async look(watched) {
    if (this.isClosed || watched.isBusy) return;
    watched.isBusy = true;
    let afterMs2 = Infinity;
    try {
      if (watched.known === null) watched.known = await KnownSchedule.load(this.options.store.log, watched.name);
      else await watched.known.refresh();
      const { known } = watched;
      this.tellProblem(known);
      const wait2 = await advanceSchedule(this.options.store, known, this.advancing(watched));
      watched.waitsFor = wait2.waitsFor;
      if (wait2.waitsFor !== null) afterMs2 = pollMs;
      await known.saveSnapshot();
    } catch (error) {
      afterMs2 = this.failed(watched, error);
    } finally {
      watched.isBusy = false;
    }
    if (watched.known === null) this.plan(watched, afterMs2);
    else this.planAfter(watched, afterMs2);
  }
  advancing(watched) {
    const { workerId: actor, logger } = this.options;
    return {
      actor,
      clock: this.clock,
      isSubmitted: ({ revision }) => revision === watched.submitted,
      onSubmitted: ({ revision }) => watched.submitted = revision,
      onConflict: (graphId) => logger.warn(
        { schedule: watched.name, graphId },
        `another graph is stored as the run ${graphId}; it stays as it is`
      ),
      isOver: () => this.isClosed
    };
  }
  /** What is known may be wrong after that, so it is read again. */
  failed(watched, error) {
    const { logger, onDefect } = this.options;
    watched.known = null;
    if (!(error instanceof OverseerError)) onDefect(error);
    else if (!this.isClosed) {
      const again3 = error instanceof LogError && error.isTransient ? "" : "; somebody should look";
      logger.warn({ err: error, schedule: watched.name }, `schedule ${watched.name}: ${error.message}${again3}`);
    }
    return againMs2;
  }
  tellProblem({ name: name2, state, problem }) {
    const why = state.unreadable ?? problem;
    if (why !== null) this.options.logger.warn({ schedule: name2 }, `schedule ${name2} is left alone: ${why}`);
  }
  tellCount(all) {
    const count2 = all.filter(({ known }) => known?.state.definition != null).length;
    if (count2 > 0) this.options.logger.info({ schedules: count2 }, `watching ${plural(count2, "schedule")}`);
  }
};

// src/worker/time-limits.ts
init_fp();
init_iso_time();
var spreadMs2 = 200;
var again2 = { least: 1e3, most: 6e5 };
var TimeLimits = class {
  constructor(dependencies) {
    this.dependencies = dependencies;
    this.clock = new LogClock(dependencies.environment);
  }
  dependencies;
  clock;
  watched = /* @__PURE__ */ new Map();
  byTime = /* @__PURE__ */ new Map();
  /** The times there are, and some at which nothing runs out any more. */
  times = new Heap((a, b) => a < b);
  /** Events that this worker sent, and when by the time of day. */
  sent = /* @__PURE__ */ new Map();
  next = { at: Infinity, cancel: () => {
  } };
  isClosed = false;
  /** Takes what may have changed in a graph that says something of time. */
  changed(graph, jobs2) {
    this.set(graph, graph.isOpen && !graph.isSettled ? graph.deadlineAt : null);
    for (const job2 of jobs2) if (job2.isTimed) this.set(job2, job2.expiry?.at ?? null);
    this.plan();
  }
  /** Takes events of the log, after what they change. */
  hear(events) {
    const last2 = events.at(-1);
    if (this.watched.size === 0 || last2 === void 0) return;
    this.clock.heard(last2.recordedAt);
    if (this.sent.size === 0) return;
    for (const { id, recordedAt } of events) {
      const sentAt = this.sent.get(id);
      if (sentAt === void 0) continue;
      this.sent.delete(id);
      this.clock.learn(sentAt, recordedAt);
    }
  }
  close() {
    this.isClosed = true;
    this.next.cancel();
  }
  set(limited2, at) {
    const known = this.watched.get(limited2);
    if (known !== void 0 && known.at === at) {
      if (known.due === null) this.lookAt(limited2, known, this.clock.now() + waitAfter(known));
      return;
    }
    if (known !== void 0) this.drop(limited2, known);
    if (at === null) return;
    const watched = { at, due: null, looks: 0 };
    this.watched.set(limited2, watched);
    this.lookAt(limited2, watched, at);
  }
  lookAt(limited2, watched, due) {
    watched.due = due;
    const known = this.byTime.get(due);
    if (known !== void 0) return void known.add(limited2);
    this.byTime.set(due, /* @__PURE__ */ new Set([limited2]));
    this.times.add(due);
  }
  drop(limited2, { due }) {
    this.watched.delete(limited2);
    if (due === null) return;
    const others = this.byTime.get(due);
    others.delete(limited2);
    if (others.size === 0) this.byTime.delete(due);
  }
  /** One timer, to when the next limit runs out. */
  plan(leastMs = 0) {
    while (this.times.first !== null && !this.byTime.has(this.times.first)) this.times.removeFirst();
    const at = this.times.first;
    if (this.isClosed || at === null || this.next.at <= at) return;
    this.next.cancel();
    const { environment } = this.dependencies;
    const inMs = Math.max(leastMs, Math.ceil(at - this.clock.now()));
    const cancel = environment.setTimer(inMs + environment.random() * spreadMs2, () => {
      this.next = { at: Infinity, cancel: () => {
      } };
      this.expireDue();
    });
    this.next = { at, cancel };
  }
  expireDue() {
    if (!this.dependencies.isLive()) return this.plan(again2.least);
    const due = [];
    const now = this.clock.now();
    for (let at = this.times.first; at !== null && at <= now; at = this.times.first) {
      this.times.removeFirst();
      const limited2 = this.byTime.get(at);
      this.byTime.delete(at);
      for (const each2 of limited2 ?? []) {
        const watched = this.watched.get(each2);
        watched.due = null;
        watched.looks += 1;
        due.push(each2);
      }
    }
    const appends = due.flatMap((each2) => this.expire(each2));
    if (appends.length > 0) this.dependencies.underWay(this.write(appends));
    this.plan();
  }
  /** What there is to write of something whose time has run out; a job that runs here is told instead. */
  expire(limited2) {
    if (limited2 instanceof GraphState) return this.expireGraph(limited2);
    const { expiry } = limited2;
    if (expiry === null) return [];
    if (limited2.status !== "started") {
      const { state, graph, id } = limited2;
      return this.appendOf(decideJob(limited2.subject(), { kind: "expire", expiry }), {
        graphId: graph.id,
        jobId: id,
        ...state
      });
    }
    const held2 = this.dependencies.held(limited2);
    if (held2 !== void 0 && this.clock.atLeast() >= expiry.at) held2.expire(expiry);
    else if (held2 !== void 0) this.set(limited2, expiry.at);
    return [];
  }
  expireGraph(graph) {
    if (graph.deadlineAt === null || graph.isSettled || !graph.isOpen) return [];
    const deadline = isoTime(graph.deadlineAt);
    const command = { kind: "abort", by: "deadline", reason: `it had not ended by ${deadline}`, deadline };
    return this.appendOf(decideGraph(graph, command), { graphId: graph.id, jobId: null, ...graph });
  }
  appendOf(decision, of) {
    if (E.isLeft(decision) || decision.right.length === 0) return [];
    const { environment, worker } = this.dependencies;
    const events = newEvents(environment, decision.right, of.lastEventId, worker.id);
    return [{ graphId: of.graphId, jobId: of.jobId, expectedRevision: of.revision, events }];
  }
  async write(appends) {
    const { log, environment, logger } = this.dependencies;
    for (const { events } of appends) this.sent.set(events[0].id, environment.now());
    const results = await log.append(appends);
    if (E.isLeft(results)) return;
    appends.forEach(({ graphId, jobId: jobId2, events }, index) => {
      if (results.right[index].appended) {
        const what = jobId2 === null ? "the deadline of a graph has passed" : "a time limit of a job has run out";
        return logger.warn({ graphId, ...jobId2 === null ? {} : { jobId: jobId2 } }, what);
      }
      this.sent.delete(events[0].id);
    });
  }
};
function waitAfter({ looks }) {
  return Math.min(again2.least * 2 ** (looks - 1), again2.most);
}

// src/worker/watches.ts
var Watches = class {
  constructor(dependencies) {
    this.dependencies = dependencies;
    const { feed, isLive, worker } = dependencies;
    this.schedules = new ScheduleWatch({
      ...dependencies,
      workerId: worker.id,
      isOpen: (graphId) => isLive() && feed.isOpen(graphId)
    });
    const limits3 = new TimeLimits(dependencies);
    feed.projection.onTimes = (graph, jobs2) => limits3.changed(graph, jobs2);
    this.timeLimits = limits3;
  }
  dependencies;
  schedules;
  timeLimits;
  /** Begins, where the log ends. Further calls do nothing. */
  begin() {
    this.schedules.begin(this.dependencies.feed.projection.work.schedules);
  }
  /** Takes events of the log, after what they change. */
  hear(events) {
    this.schedules.hear(events);
    this.timeLimits.hear(events);
  }
  close() {
    this.schedules.close();
    this.timeLimits.close();
  }
};

// src/worker/worker.ts
function emptyStatistics() {
  return {
    claims: 0,
    claimsLost: 0,
    finished: 0,
    skipped: 0,
    deferred: 0,
    failed: 0,
    faulted: 0,
    aborted: 0,
    leasesLost: 0
  };
}

// src/worker/running-worker.ts
var idleMessage = "no ready job to run; waiting";
var snapshotEveryMs = 6e5;
var outageLeasesMax = 10;
var RunningWorker = class {
  constructor(options) {
    this.options = options;
    const { store: store2, configuration, logger } = options;
    const { log } = store2;
    const environment = new OwnTimers(store2.environment);
    const worker = workerIdentity(environment, Object.keys(options.handlers));
    this.environment = environment;
    this.id = worker.id;
    this.leaseMs = leaseLengthMs(configuration["heartbeat.sleep-time"], configuration["heartbeat.tolerance"]);
    this.slots = new Slots(configuration.concurrency, (type) => configuration.types[type]?.concurrency ?? Infinity);
    this.pauses = new PauseTeller(Object.keys(options.handlers), logger);
    this.underWay = new UnderWay(environment, (error) => this.fail("of a defect", error));
    this.health = new Outage(
      environment,
      (lastsMs, error) => this.logFailed(lastsMs, error),
      (error) => this.fail(error.message, error)
    );
    this.log = retryingLog({ log, environment, logger, health: this.health, giveUp: this.giveUp.signal });
    this.queue = this.newQueue();
    this.feed = new LiveFeed(
      log,
      this.queue,
      (graphId, upTo) => this.log.read(log.readGraph(graphId, upTo)),
      (graphId, error) => logger.error({ graphId, err: error }, `a graph is left alone: ${error.message}`)
    );
    this.claimed = new ClaimedJobs(this.feed.projection, this.underWay);
    this.shares = this.newShares(worker);
    this.following = this.newFollowing();
    const heartbeatMs = Math.min(configuration["heartbeat.sleep-time"], this.leaseMs / 2);
    this.heartbeats = new Heartbeats({ environment, heartbeatMs, logger });
    const outbox = new Outbox(this.log, (error) => this.fail("of a defect", error));
    const { claimed, slots, health, underWay, statistics } = this;
    this.runs = new Runs(options, {
      workerId: worker.id,
      given: {
        environment,
        retrying: this.log,
        heartbeats: this.heartbeats,
        isStopping: () => this.mode !== "working",
        alongWith: (job2) => (ending) => this.mode === "working" ? this.claims.alongWith(job2, ending) : null
      },
      ...{ claimed, slots, health, underWay, statistics },
      onSlotFree: () => this.claimSoon(),
      onOver: (each2) => this.claims.limits.over(each2)
    });
    this.claims = this.newClaims(worker, outbox);
    this.watches = this.newWatches(worker);
    this.monitor = new Monitor({
      worker,
      environment,
      logger,
      projection: this.feed.projection,
      log,
      health: this.health,
      isHeld: (job2) => this.claimed.has(job2)
    });
  }
  options;
  id;
  statistics = emptyStatistics();
  settleStopped = { resolve() {
  }, reject() {
  } };
  stopped = this.untilStopped();
  mode = "working";
  stopping = null;
  environment;
  feed;
  queue;
  claims;
  monitor;
  log;
  health;
  giveUp = new AbortController();
  underWay;
  heartbeats;
  shares;
  following;
  followed = Promise.resolve();
  /** Jobs that run here. */
  claimed;
  runs;
  slots;
  pauses;
  watches;
  leaseMs;
  /** Whether it looks for jobs to claim before this turn is over. */
  willClaim = false;
  async begin() {
    await this.feed.start(await this.shares.begin());
    this.options.logger.info({ workerId: this.id, types: Object.keys(this.options.handlers) }, "worker started");
    this.followed = this.follow();
    const { "heartbeat.sleep-time": periodMs, "sleep-time": idleMs } = this.options.configuration;
    const every = (ms, work) => {
      const due = typeof ms === "number" ? () => ms : ms;
      this.environment.every(due, work, (error) => this.fail("of a defect", error));
    };
    every(idleMs, () => this.sayIdle());
    const untilMonitor = () => this.monitor.waitMs(periodMs);
    every(untilMonitor, () => this.monitor.look());
    every(snapshotEveryMs, () => this.saveSnapshot(0));
  }
  stop() {
    this.stopping ??= this.end(null);
    return this.stopping;
  }
  untilStopped() {
    const stopped = new Promise((resolve2, reject2) => {
      this.settleStopped = { resolve: resolve2, reject: reject2 };
    });
    stopped.catch(() => {
    });
    return stopped;
  }
  newClaims(worker, outbox) {
    const { environment, queue, slots, log, statistics, leaseMs, feed } = this;
    const { store: store2, logger } = this.options;
    return new Claims({
      ...{ worker, environment, logger, leaseMs, queue, slots, log, statistics },
      holding: { outbox, environment, worker, onSign: (claimed) => this.heartbeats.sawSign(claimed) },
      projection: feed.projection,
      eventLog: store2.log,
      hold: (claimed) => this.claimed.add(claimed),
      run: (job2, claimed) => this.runs.start(job2, claimed),
      onUnwritable: (error) => this.fail("claims cannot be written", error),
      onDecided: () => this.claimMore(),
      underWay: (work) => this.underWay.add(work)
    });
  }
  newQueue() {
    const { handlers, configuration } = this.options;
    return new ReadyQueue({
      workerId: this.id,
      ownSlots: configuration.concurrency,
      environment: this.environment,
      handles: (type) => Object.hasOwn(handlers, type),
      isOwn: (job2) => this.shares.isOwn(job2.graph.id),
      isLive: () => this.following.isCaughtUp,
      onOffer: () => this.claimMore(),
      runningBy: (workerId) => this.feed.projection.runningBy(workerId),
      admits: (job2) => this.claims.limits.admits(job2),
      onUnready: (job2) => this.claims.limits.forget(job2)
    });
  }
  newShares(worker) {
    const { handlers, configuration, store: store2 } = this.options;
    return new Shares({
      worker,
      slots: configuration.concurrency,
      handles: (type) => Object.hasOwn(handlers, type),
      environment: this.environment,
      log: store2.log,
      feed: this.feed,
      claimsUnderWay: () => this.claims.underWay,
      onChange: () => this.following.changeShare(),
      onDefect: (error) => this.fail("of a defect", error)
    });
  }
  newFollowing() {
    const { feed, shares, health, log: retrying2 } = this;
    return new Following({
      ...{ feed, shares, health, retrying: retrying2 },
      log: this.options.store.log,
      safetyNetMs: this.options.configuration["detector-sleep-time"],
      heldGraphs: () => /* @__PURE__ */ new Set([...this.claimed.graphIds(), ...this.claims.graphIds()]),
      onLeave: () => this.queue.forgetOthers(),
      onEvents: (events) => this.applied(events),
      onMessage: () => this.afterMessage()
    });
  }
  newWatches(worker) {
    const { environment, log, feed } = this;
    return new Watches({
      ...{ worker, environment, log, feed, store: this.options.store, logger: this.options.logger },
      isLive: () => this.following.isCaughtUp,
      held: (job2) => this.claimed.get(job2),
      underWay: (work) => this.underWay.add(work),
      onDefect: (error) => this.fail("of a defect", error)
    });
  }
  // ---- what comes from the log
  async follow() {
    try {
      const wasClosed = await this.following.follow();
      if (!wasClosed) this.fail("the store was closed", null);
    } catch (error) {
      this.fail(error instanceof LogError ? error.message : "following the log failed", error);
    }
  }
  async applied(events) {
    const { id: workerId, queue, shares, claims, feed } = this;
    for (const event of events) {
      const key = streamKey(event);
      learnFrom(event, key, { workerId, queue, shares, claims, feed });
      this.claimed.loseTaken(event, key);
    }
    this.watches.hear(events);
    this.claims.limits.hear(events);
    this.claims.offerContested();
    await this.saveSnapshot();
  }
  afterMessage() {
    const { feed, following } = this;
    if (following.isCaughtUp) {
      this.pauses.tell(feed.projection.work);
      this.watches.begin();
    }
    this.shares.decide();
    this.claimMore();
  }
  async saveSnapshot(worthIt) {
    await this.feed.saveSnapshot(worthIt).catch((error) => this.options.logger.warn({ err: error }, "no snapshot could be saved"));
  }
  logFailed(lastsMs, error) {
    if (lastsMs > this.leaseMs / 2) this.monitor.beginAnew();
    if (lastsMs <= outageLeasesMax * this.leaseMs || !this.options.configuration["heartbeat.monitor-shutdown"]) return;
    this.fail(`the log has failed for longer than ${outageLeasesMax} leases`, error);
  }
  // ---- running
  /** Jobs that end together free their slots one by one; what is ready for those is claimed in one go. */
  claimSoon() {
    if (this.willClaim) return;
    this.willClaim = true;
    queueMicrotask(() => {
      this.willClaim = false;
      try {
        this.claimMore();
      } catch (error) {
        this.fail("of a defect", error);
      }
    });
  }
  claimMore() {
    if (this.mode !== "working" || !this.following.mayClaim) return;
    const decided = this.claims.claimReady();
    if (decided !== null) this.underWay.add(decided);
    this.shares.tellUse(this.slots.free > 0 && this.queue.isEmpty);
  }
  // ---- ending
  /** Stops because it makes no sense to go on. The host process goes on. */
  fail(why, cause) {
    if (this.stopping !== null) return;
    const error = new OverseerError("worker-failed", `worker ${this.id} stops: ${why}`, { cause });
    this.options.logger.error({ err: error }, error.message);
    this.giveUp.abort();
    for (const claimed of this.claimed.all()) claimed.lose(why);
    this.stopping = this.end(error);
  }
  async end(failure2) {
    const { environment } = this;
    this.mode = "stopping";
    this.watches.close();
    this.options.logger.info({ workerId: this.id, running: this.claimed.size }, "worker is stopping");
    await this.underWay.ended(this.options.configuration["stop-timeout"]);
    const handedBack = this.runs.handAllBack();
    await this.underWay.ended(this.leaseMs);
    this.mode = "stopped";
    this.giveUp.abort();
    const kept4 = await handedBack;
    this.following.close();
    this.claims.limits.close();
    this.queue.close();
    this.environment.cancelAll();
    await this.followed;
    await this.saveSnapshot(0);
    await this.options.reporter.close();
    this.options.logger.info({ workerId: this.id, ...this.statistics, at: environment.now() }, "worker stopped");
    const ending = failure2 ?? notHandedBack(this.id, kept4);
    if (ending === null) this.settleStopped.resolve();
    else this.settleStopped.reject(ending);
  }
  // ---- time
  sayIdle() {
    const idleMs = this.environment.monotonic() - this.runs.lastEndedAt;
    if (this.claimed.size > 0 || idleMs < this.options.configuration["sleep-time"]) return;
    this.options.logger.info({ workerId: this.id, idleMs: Math.round(idleMs) }, idleMessage);
    this.claimMore();
  }
};

// src/worker/start.ts
async function start2(options, store2, handlers) {
  const { logger: givenLogger = silentLogger, reporter, ...given } = options;
  const logger = guardedLogger(givenLogger);
  const configuration = readConfiguration({ from: "the options of start", values: given });
  refuseElsewhere(given);
  for (const [type, handler] of Object.entries(handlers))
    assertHandler(handler, `the handler of type ${JSON.stringify(type)}`);
  warnOfTypes(Object.keys(configuration.types), Object.keys(handlers), logger);
  if (store2.log.assertWritable !== void 0) await orThrow(store2.log.assertWritable());
  const dsn = configuration["sentry.dsn"];
  const errors = reporter ?? (dsn === void 0 ? noReporter : await sentryReporter(dsn));
  const worker = new RunningWorker({
    store: store2,
    handlers,
    configuration,
    logger,
    reporter: guardedReporter(errors, logger)
  });
  await worker.begin();
  return worker;
}
function warnOfTypes(types, handled, logger) {
  for (const type of types) {
    if (handled.includes(type)) continue;
    const near = closeTo(type, handled);
    if (near === null) continue;
    logger.warn({ type }, `the settings name a type without a handler, ${shownName(type)}; did you mean ${near}?`);
  }
}
function refuseElsewhere(given) {
  const opened = "open the store with it: store(address, { namespace })";
  const insteads = {
    store: opened,
    namespace: opened,
    processes: "give it to startProcesses",
    logLevel: "give a logger",
    "log-level": "give a logger"
  };
  for (const [name2, instead] of Object.entries(insteads)) {
    if (name2 in given) {
      throw new ConfigurationError(`the options of start: ${name2} is not a setting of a worker; ${instead}`);
    }
  }
}

// src/supervisor/start-processes.ts
init_known_names();

// src/supervisor/supervisor.ts
init_errors();
init_delay();
init_timer();

// src/supervisor/worker-process.ts
init_timer();

// src/index.ts
init_dependency_rules();

// src/domain/job-graph.ts
init_grouped();
init_json();

// src/index.ts
init_events();
init_memoize();
init_external();

// src/pipeline/pipeline.ts
init_json();
init_known_names();

// src/pipeline/args-schema.ts
init_codec();
init_errors();
init_fp();
init_known_names();

// src/pipeline/typed-pipeline.ts
var ofPipeline = /* @__PURE__ */ Symbol.for("overseer.pipeline");

// src/pipeline/pipeline.ts
function isPipeline(value2) {
  return isPlainObject(value2) && ofPipeline in value2;
}

// src/handlers/harness.ts
init_known_names();

// src/index.ts
init_errors();
init_event_log();

// src/domain/graph-info.ts
init_iso_time();
function toGraphInfo(graph, moment) {
  const jobs2 = [...graph.jobs.values()].map((job2) => [job2.id, toJobInfo(job2, moment)]);
  const unreadable = graph.unreadable?.problem ?? null;
  return { ...toSummary(graph), unreadable, abort: graph.abort, jobs: Object.fromEntries(jobs2) };
}
function toSummary(graph) {
  return {
    id: graph.id,
    status: graph.status,
    labels: graph.labels,
    priority: graph.priority,
    forkedFrom: graph.forkedFrom,
    submittedAt: graph.submittedAt,
    lastEventAt: graph.lastEventAt,
    startAfter: graph.startAfter,
    deadline: shownDeadline(graph),
    pause: graph.pause,
    counts: graph.countByStatus()
  };
}
function shownDeadline({ deadlineAt }) {
  return deadlineAt === null ? null : isoTime(deadlineAt);
}
function shownExpiry({ expiry }) {
  return expiry === null ? null : { limit: expiry.limit, at: isoTime(expiry.at) };
}
function toJobInfo(job2, { now, work }) {
  const { definition, state } = job2;
  return {
    graphId: job2.graph.id,
    id: job2.id,
    type: definition.type,
    status: job2.status,
    derivedStatus: job2.derivedStatus(now),
    pauses: pausesOf(job2, work),
    args: job2.args,
    parents: job2.parentIds,
    when: job2.rule,
    optional: definition.optional ?? [],
    withSpawned: definition.withSpawned ?? [],
    spawnedBy: job2.spawner?.id ?? null,
    retry: definition.retry ?? null,
    timeoutMs: definition.timeoutMs ?? null,
    priority: definition.priority ?? null,
    startAfter: definition.startAfter ?? null,
    delayMs: definition.delayMs ?? null,
    scheduleToStartMs: definition.scheduleToStartMs ?? null,
    scheduleToCloseMs: definition.scheduleToCloseMs ?? null,
    expiry: shownExpiry(job2),
    memoize: definition.memoize ?? null,
    external: definition.external ?? null,
    limits: definition.limits ?? [],
    attempt: state.attempt,
    result: state.result,
    carriedFrom: carriedFrom(job2),
    memoizedFrom: state.memoizedFrom,
    failure: state.failure,
    abort: state.abort,
    skipReason: state.skipReason,
    deferReason: state.deferReason,
    answer: state.answer,
    worker: state.worker,
    progress: state.progress,
    details: state.details,
    notBefore: job2.notBefore,
    startedAt: state.startedAt,
    endedAt: state.endedAt,
    heartbeatAt: state.heartbeatAt,
    leaseMs: state.leaseMs,
    lostLeases: state.lostLeases
  };
}

// src/store/graph-info.ts
init_known_names();
var asOfOnly = { asOf: true };
async function graphInfo(store2, graphId, options = {}) {
  assertOptions("graphInfo", options, asOfOnly);
  const { asOf } = options;
  const events = await orThrow(store2.log.readGraph(graphId, asOf ?? null));
  return toGraphInfo(await existingGraph(store2, graphId, events), await momentShown(store2, events, asOf));
}
function momentOf(store2, events, asOf) {
  return asOf === void 0 ? store2.environment.now() : Date.parse(events.at(-1).recordedAt);
}
async function momentShown(store2, events, asOf) {
  return { now: momentOf(store2, events, asOf), work: await loadWork(store2, asOf) };
}

// src/store/listings.ts
init_positions();

// src/store/all-graphs.ts
init_event_log();
init_positions();
init_fp();

// src/store/listings.ts
init_known_names();

// src/store/pages.ts
init_positions();
init_errors();
init_known_names();

// src/store/read-log.ts
init_positions();
var readBatch3 = 2e3;
function eventBatches(log, request = {}) {
  return batches((after2, limit2) => log.readAll({ after: after2, limit: limit2 }), request);
}
function storedBatches(log, { graphId, ...request } = {}) {
  if (graphId === void 0) return batches((after2, limit2) => log.readStored({ after: after2, limit: limit2 }), request);
  const whole3 = { ...request, limit: Number.MAX_SAFE_INTEGER };
  return batches((after2, limit2) => log.readStored({ after: after2, limit: limit2, graphId }), whole3);
}
async function* batches(read3, { after: start3 = null, upTo = null, limit: limit2 = readBatch3 }) {
  for (let after2 = start3; ; ) {
    const batch3 = await orThrow(read3(after2, limit2));
    const last2 = batch3.at(-1);
    const isBeyond3 = upTo !== null && last2 !== void 0 && comparePositions(last2.position, upTo) > 0;
    const asked = isBeyond3 ? batch3.filter(({ position }) => comparePositions(position, upTo) <= 0) : batch3;
    if (asked.length > 0) yield asked;
    if (asked.length < limit2 || last2?.position === upTo) return;
    after2 = last2.position;
  }
}

// src/store/queue-depths.ts
init_known_names();
async function openGraphs(store2, { asOf }) {
  if (asOf === void 0) {
    await store2.live.catchUp();
    return { projection: store2.live.projection, now: store2.environment.now() };
  }
  const feed = new LiveFeed(store2.log);
  let now = 0;
  for await (const batch3 of eventBatches(store2.log, { upTo: asOf })) {
    await feed.apply(batch3);
    now = Date.parse(batch3.at(-1).recordedAt);
  }
  return { projection: feed.projection, now };
}

// src/store/search.ts
init_errors();
var searchCharactersMax = 200;

// src/store/jobs.ts
init_positions();
init_known_names();

// src/store/workers.ts
init_event_log();
init_events();
init_errors();
init_known_names();

// src/store/job-types.ts
init_events();

// src/store/workers.ts
var eventTypes2 = ["JobStarted", "Heartbeat", ...attemptEnds];

// src/store/event-history.ts
init_defined();
init_events();
init_event_log();
init_ending_at_once();
init_errors();
init_when_aborted();
init_known_names();
async function endOfGraph(store2, graphId, options, onFirst) {
  assertOptions("waitForGraph", options, { timeoutMs: true, signal: true, onChange: true });
  const { timeoutMs, signal, onChange } = options;
  if (timeoutMs !== void 0 && !(Number.isFinite(timeoutMs) && timeoutMs >= 0)) {
    const message2 = `timeoutMs is ${String(timeoutMs)}; it is a number of milliseconds from 0, or left out to wait as long as it takes`;
    throw new OverseerError("wait-invalid", message2);
  }
  return await new Promise((resolve2, reject2) => {
    const graph = new AwaitedGraph(graphId);
    const end = (settle) => {
      leave();
      untimed();
      unlisten();
      settle();
    };
    const fail = (error) => end(() => reject2(error));
    let show = onFirst;
    const look = () => {
      show?.(graph.state);
      show = null;
      if (onChange === void 0 && !graph.isDue) return;
      const { state } = graph;
      onChange?.(toSummary(state));
      if (!isAtEnd(state)) return;
      const info = toGraphInfo(state, { now: store2.environment.now(), work: initialWork });
      end(() => resolve2(info));
    };
    const giveUp = () => fail(new OverseerError("wait-aborted", `waiting for graph ${graphId} was aborted`));
    const timeOut = () => {
      const status = graph.isThere ? `still ${graph.state.status}` : "not read";
      fail(new OverseerError("wait-timeout", `graph ${graphId} is ${status} after ${timeoutMs} ms`));
    };
    const leave = store2.follower.listen(graphId, {
      onEvent: (event) => graph.add(event),
      onBatch: () => {
        if (!graph.isThere) {
          missingGraph(store2, graphId).then(fail, fail);
          return;
        }
        try {
          look();
        } catch (error) {
          fail(error);
        }
      },
      onEnd: (error) => error === null ? giveUp() : fail(error)
    });
    const untimed = timeoutMs === void 0 ? () => {
    } : store2.environment.setTimer(timeoutMs, timeOut);
    let unlisten = () => {
    };
    unlisten = whenAborted(signal, giveUp);
  });
}
var unfoldedMax = 1e3;
var ofOneAttempt = ["JobStarted", "Heartbeat", "JobDeferred"];
var AwaitedGraph = class {
  constructor(id) {
    this.id = id;
  }
  id;
  folded = null;
  unfolded = [];
  unfinished = 0;
  hasOtherEvents = false;
  /** Whether its submission is complete. */
  isThere = false;
  /**
   * Whether its state is to be looked at. Without any other events, it has not ended before each of its jobs has finished, or
   * had finished in another graph; unless one is skipped because of others, which no event says. (Jobs that run for days send
   * heartbeats all the time, which must not pile up.)
   */
  get isDue() {
    return this.hasOtherEvents || this.unfinished <= 0 || this.unfolded.length >= unfoldedMax;
  }
  /** As it is now. Only if it is there. */
  get state() {
    if (this.folded === null) this.folded = foldGraph(this.id, this.unfolded);
    else for (const event of this.unfolded) this.folded.apply(event);
    this.unfolded = [];
    return this.folded;
  }
  add(event) {
    this.unfolded.push(event);
    for (const { carried, carriedStatus, when } of jobsIn(event)) {
      if (carried === void 0) this.unfinished += 1;
      if (when !== void 0 || carriedStatus !== void 0) this.hasOtherEvents = true;
    }
    const isFinish = event.type === "JobAnswered" ? event.data.failure === void 0 : event.type === "JobFinished";
    if (isFinish) this.unfinished -= 1;
    else if (event.type === "GraphSubmitted") this.isThere ||= completesSubmission(event);
    else if (event.type !== "JobsSpawned" && !ofOneAttempt.includes(event.type)) this.hasOtherEvents = true;
  }
};
function isAtEnd(graph) {
  if (!graph.isSettled && graph.unreadable !== null) throw new RejectedError(beyondThisRelease(graph));
  return graph.isSettled;
}

// src/pipeline/wait-for-graph.ts
init_errors();
init_known_names();
async function waitForGraph(store2, graphId, ...given) {
  const [first, second] = given;
  if (!isPipeline(first)) return await endOfGraph(store2, graphId, first ?? {}, null);
  const types = first[ofPipeline];
  return await endOfGraph(store2, graphId, second ?? {}, (graph) => assertMadeFrom(graph, types));
}
function assertMadeFrom(graph, types) {
  for (const [id, type] of Object.entries(types)) {
    const job2 = graph.jobs.get(id);
    if (job2?.definition.type === type) continue;
    const wrong2 = job2 === void 0 ? `it has no job ${shownName(id)}` : `its job ${shownName(id)} is of type ${shownName(job2.definition.type)}, not ${shownName(type)}`;
    throw new OverseerError(
      "pipeline-other",
      `graph ${shownId(graph.id)} was not made from this pipeline: ${wrong2}; wait with the pipeline that it was made from, or with none`
    );
  }
}

// src/index.ts
init_events();
init_memoize();

// src/store/answer.ts
init_limits();
init_defined();
init_errors();
init_fp();
init_json();
init_known_names();
async function finishJob(store2, graphId, jobId2, result, why = {}) {
  const checked2 = resultFrom(result);
  if (E.isLeft(checked2)) throw invalid2(`the ${checked2.left}`);
  await answerJob(store2, graphId, jobId2, { kind: "finished", result: checked2.right }, stated(store2, why, ""));
}
async function failJob(store2, graphId, jobId2, message2, options = {}) {
  assertOptions("failJob", options, { by: true, reason: true, data: true });
  const { data, ...why } = options;
  const failure2 = failureAnswered(message2, data);
  await answerJob(store2, graphId, jobId2, { kind: "failed", failure: failure2 }, stated(store2, why, ""));
}
function failureAnswered(message2, data) {
  if (typeof message2 !== "string") throw invalid2(`the message is ${kindOf(message2)}, not a string`);
  if (message2.trim() === "") throw invalid2("the message is empty; say what went wrong");
  const told2 = { reason: "system/answer", exception: "FailedFromOutside", message: cutMessage(message2) };
  const failure2 = defined({ ...told2, data: data === void 0 ? void 0 : checkedData(data) });
  const bytes = jsonBytes(failure2);
  if (bytes <= limits.failureBytesMax) return failure2;
  throw invalid2(`the failure takes ${bytes} bytes as JSON; the limit is ${limits.failureBytesMax}`);
}
function checkedData(data) {
  const json = toJson(data, "data");
  if (E.isLeft(json)) throw invalid2(`the ${json.left}`);
  return json.right;
}
async function answerJob(store2, graphId, jobId2, outcome, { by, reason: reason2 }) {
  const command = { kind: "answer", by, reason: reason2, outcome };
  await commandJob(store2, graphId, jobId2, command);
  const graph = await loadGraph(store2, graphId);
  if (graph.abort === null) return;
  const job2 = jobIn(graph, jobId2);
  if (job2.state.answer !== null) return;
  const decision = decideJob(job2.subject(), command);
  if (E.isLeft(decision)) throw new RejectedError(decision.left);
}
function invalid2(message2) {
  return new OverseerError("answer-invalid", message2);
}

// src/index.ts
init_external();

// src/store/operate-matching.ts
init_event_log();
init_defined();
init_errors();
init_known_names();
init_nearest();

// src/store/pause.ts
init_limits();
init_namespace_stream();
init_errors();
init_json();
init_known_names();
async function pause(store2, target, why = {}) {
  const { by, reason: reason2 } = stated(store2, why, "paused by an operator");
  const { graphId, jobType } = checked(target);
  if (graphId !== null) return await commandGraph(store2, graphId, { kind: "pause", by, reason: reason2 });
  return await commandWork(store2, { kind: "pause", jobType, by, reason: reason2 });
}
async function resume(store2, target, why = {}) {
  const { by, reason: reason2 } = stated(store2, why, "resumed by an operator");
  const { graphId, jobType } = checked(target);
  if (graphId === null) {
    await commandWork(store2, { kind: "resume", jobType, by, reason: reason2 });
    return;
  }
  try {
    await commandGraph(store2, graphId, { kind: "resume", by, reason: reason2 });
  } catch (error) {
    const isOther = error instanceof RejectedError && error.code === "not-paused";
    if (!isOther || (await loadWork(store2)).pause === null) throw error;
    throw new RejectedError({ code: "not-paused", message: `${error.message} itself; all work of the namespace is` });
  }
}
async function pauses(store2, options = {}) {
  assertOptions("pauses", options, asOfOnly);
  const { projection } = await openGraphs(store2, options);
  const ofGraphs = [...projection.graphs.values()].map(pauseOfGraph).filter((each2) => each2 !== null);
  return [...pausesOfWork(projection.work), ...ofGraphs];
}
async function commandWork(store2, command) {
  for (let tried2 = null; ; ) {
    const work = await loadWork(store2);
    if (tried2 === work.revision) throw noProgress("the namespace's own stream", work);
    tried2 = work.revision;
    const events = newEvents(store2.environment, allowed(decideWork(work, command)), work.lastEventId, command.by);
    if (events.length === 0) return false;
    const append = { ...namespaceStream, expectedRevision: work.revision, events };
    const [result] = await appendOrThrow(store2.log, [append]);
    if (result.appended) return true;
  }
}
function checked(target) {
  if (target === "namespace") return { graphId: null, jobType: null };
  const given = target;
  const [name2, value2, ...more] = isPlainObject(given) ? Object.entries(given).flat() : [];
  if (more.length > 0 || typeof value2 !== "string" || name2 !== "graphId" && name2 !== "type") {
    const message2 = `${kindOf(given)} is nothing that can be paused; give { graphId }, { type } or 'namespace'`;
    throw new OverseerError("pause-invalid", message2);
  }
  if (name2 === "graphId") return { graphId: value2, jobType: null };
  try {
    checkId(value2, "type of job", limits.jobTypeBytesMax);
  } catch (thrown2) {
    throw new OverseerError("pause-invalid", problemIn(thrown2));
  }
  return { graphId: null, jobType: value2 };
}

// src/store/set-schedule.ts
init_limits();
init_namespace_stream();
init_overlap();
init_defined();
init_errors();
init_fp();
init_json();
init_known_names();

// src/domain/schedule-decisions.ts
init_absurd();
init_fp();
init_iso_time();
init_json();
init_known_names();
init_nearest();
init_limits();
function scheduleNotFound(name2, names = []) {
  return { code: "schedule-not-found", message: `there is no schedule ${shownId(name2)}${didYouMean(name2, names)}` };
}
function decideSchedule(state, command) {
  const { by } = command;
  const why = { by, reason: cutMessage(command.reason) };
  if (command.kind === "set") {
    const isSame2 = state.unreadable === null && isSetTo(state, command.setting);
    return E.right(isSame2 ? [] : [{ type: "ScheduleSet", data: { ...command.setting, ...why } }]);
  }
  if (state.definition === null) return E.left(scheduleNotFound(state.name));
  switch (command.kind) {
    case "pause":
      return E.right(state.pause === null ? [{ type: "SchedulePaused", data: why }] : []);
    case "resume":
      if (state.pause !== null) return E.right([{ type: "ScheduleResumed", data: why }]);
      return E.left({ code: "not-paused", message: `schedule ${shownId(state.name)} is not paused` });
    case "remove":
      return E.right([{ type: "ScheduleRemoved", data: why }]);
    case "trigger":
      return decideTrigger(state, command, why);
    default:
      return absurd(command);
  }
}
function decideTrigger({ asked, unreadable, name: name2 }, { instants, backfill }, why) {
  if (unreadable !== null) {
    const message2 = `schedule ${shownId(name2)} is left alone, since this release cannot read what was set last: ${unreadable}; set it again, or use the release that set it`;
    return E.left({ code: "schedule-unreadable", message: message2 });
  }
  const { askedRunsMax } = limits;
  if (asked.length + instants.length > askedRunsMax) {
    const waiting2 = asked.length === 0 ? "" : `, besides the ${thousands(asked.length)} that wait already`;
    const message2 = `these are ${thousands(instants.length)} runs${waiting2}; at most ${thousands(askedRunsMax)} may wait, so ask for a shorter stretch`;
    return E.left({ code: "too-many-runs", message: message2 });
  }
  if (instants.length === 0) return E.right([]);
  const stretch2 = backfill === void 0 ? {} : { backfill: { from: isoTime(backfill.from), to: isoTime(backfill.to) } };
  return E.right([{ type: "ScheduleTriggered", data: { instants: instants.map(isoTime), ...why, ...stretch2 } }]);
}
function isSetTo({ definition }, setting) {
  if (definition === null) return false;
  const { revision: _revision, set: _set, ...known } = definition;
  return textOf6(known) === textOf6(setting);
}
function textOf6({ jobs: jobs2, ...rest }) {
  return canonicalJson({ ...rest, jobs: jobs2.toSorted((a, b) => a.id < b.id ? -1 : 1) });
}

// src/store/command-schedule.ts
async function existingSchedule(store2, name2) {
  const names = (await loadWork(store2)).schedules;
  const known = names.has(name2) ? await KnownSchedule.load(store2.log, name2) : null;
  if (known?.state.definition == null) throw await missingSchedule(store2, name2, names);
  return known;
}
async function missingSchedule(store2, name2, names) {
  const there = [];
  for (const each2 of names) {
    if ((await KnownSchedule.load(store2.log, each2)).state.definition !== null) there.push(each2);
  }
  return new RejectedError(scheduleNotFound(name2, there));
}
async function commandSchedule(store2, known, commandFor2) {
  for (; ; ) {
    const command = await commandFor2();
    const { state } = known;
    const events = newEvents(store2.environment, allowed(decideSchedule(state, command)), state.lastEventId, command.by);
    if (events.length === 0) return false;
    const append = { ...scheduleStream(known.name), expectedRevision: state.revision, events };
    const [result] = await appendOrThrow(store2.log, [append]);
    const read3 = await known.refresh();
    if (result.appended) return true;
    if (read3.length === 0) throw noProgress(`schedule ${known.name}`, state);
  }
}

// src/store/set-schedule.ts
var specificationKeys2 = {
  graph: true,
  cron: true,
  timezone: true,
  every: true,
  overlap: true,
  catchUpMs: true
};
var defaultCatchUpMs = 6e5;
var shortest = 1e3;
var longest = 3650 * 864e5;
async function setSchedule(store2, name2, specification, why = {}) {
  assertOptions("setSchedule", specification, specificationKeys2);
  const { by, reason: reason2 } = stated(store2, why, "set by an operator");
  const setting = await checkedSetting(store2, name2, specification);
  const known = await KnownSchedule.load(store2.log, name2);
  await nameSchedule(store2, name2, by);
  return await commandSchedule(store2, known, () => ({ kind: "set", setting, by, reason: reason2 }));
}
async function nameSchedule(store2, name2, by) {
  for (let tried2 = null; ; ) {
    const work = await loadWork(store2);
    if (work.schedules.has(name2)) return;
    if (tried2 === work.revision) throw noProgress("the namespace's own stream", work);
    tried2 = work.revision;
    const events = newEvents(store2.environment, [{ type: "ScheduleNamed", data: { name: name2 } }], work.lastEventId, by);
    const append = { ...namespaceStream, expectedRevision: work.revision, events };
    const [result] = await appendOrThrow(store2.log, [append]);
    if (result.appended) return;
  }
}
async function checkedSetting(store2, name2, specification) {
  const { overlap = "skip", catchUpMs = defaultCatchUpMs } = specification;
  orScheduleInvalid(() => checkScheduleName(name2));
  assertName("the rule of overlapping runs", overlap, overlaps);
  assertLength("catchUpMs", catchUpMs);
  const due = dueOf(specification);
  const recurrence = await recurrenceOf(due);
  if (E.isLeft(recurrence)) throw invalid3(recurrence.left);
  if (recurrence.right.next(store2.environment.now()) === null) {
    throw invalid3(`the cron line ${JSON.stringify(due.cron)} is never due`);
  }
  return { ...checkedGraph2(name2, specification.graph), ...due, overlap, catchUpMs };
}
function dueOf({
  cron,
  timezone,
  every
}) {
  if (cron === void 0 === (every === void 0)) {
    const given = cron === void 0 ? "nothing says when the schedule is due" : "two things say when the schedule is due";
    throw invalid3(`${given}; give either a cron line or a period`);
  }
  if (every !== void 0) {
    if (timezone !== void 0) throw invalid3("a period has no time zone: leave it out, or give a cron line");
    const ms = every?.ms;
    assertLength("every.ms", ms);
    if (ms % wholeMs !== 0) throw invalid3(`every.ms is ${ms}; give whole seconds`);
    return { everyMs: ms };
  }
  if (typeof cron !== "string") throw invalid3(`the cron line is ${kindOf(cron)}, not a string`);
  if (timezone !== void 0 && typeof timezone !== "string") {
    throw invalid3(`the time zone is ${kindOf(timezone)}, not a string`);
  }
  return { cron: cron.trim().replace(/\s+/g, " "), timezone: timezone ?? "UTC" };
}
function assertLength(what, ms) {
  if (Number.isSafeInteger(ms) && ms >= shortest && ms <= longest) return;
  const given = typeof ms === "number" ? String(ms) : kindOf(ms);
  throw invalid3(`${what} is ${given}; give a whole number of milliseconds, from 1000 (a second) to ten years`);
}
function checkedGraph2(name2, given) {
  const graph = orInvalid(checkJobGraph(given));
  const isFork = given.forkedFrom !== void 0 || Object.values(graph.jobs).some(({ carried }) => carried !== void 0);
  if (isFork) throw invalid3("a fork carries results over, and is made once; give the graph itself");
  assertNoInstants(graph);
  if (Object.hasOwn(graph.labels, scheduleLabel)) {
    throw invalid3(
      `the graph has a label ${scheduleLabel}, which every run is given with the schedule's name; name it otherwise`
    );
  }
  orScheduleInvalid(() => checkLabels({ ...graph.labels, [scheduleLabel]: name2 }));
  const parts = partsOf(graph);
  const { args, labels, priority, deadlineMs } = parts[0].data;
  const content = { jobs: parts.flatMap((part) => part.data.jobs), args, labels, priority, ...defined({ deadlineMs }) };
  const bytes = jsonBytes(content);
  const { scheduledGraphBytesMax } = limits;
  if (bytes <= scheduledGraphBytesMax) return content;
  const message2 = `the graph of schedule ${shownId(name2)} takes ${thousands(bytes)} bytes as JSON; the limit is ${thousands(scheduledGraphBytesMax)}. Let a job of it submit what is larger`;
  throw invalid3(message2);
}
function assertNoInstants({ startAfter, deadline, jobs: jobs2 }) {
  const instead = "which means the same instant for every run";
  if (startAfter !== void 0)
    throw invalid3(`the graph has a startAfter, ${instead}; the schedule says when it starts`);
  if (deadline !== void 0)
    throw invalid3(`the graph has a deadline, ${instead}; give deadlineMs, which counts from each run's submission`);
  const delayed = Object.values(jobs2).find((job2) => job2.startAfter !== void 0);
  if (delayed !== void 0)
    throw invalid3(
      `job ${shownId(delayed.id)} has a startAfter, ${instead}; give delayMs, which counts from when the job is ready`
    );
}
function orScheduleInvalid(check) {
  try {
    check();
  } catch (thrown2) {
    throw invalid3(problemIn(thrown2));
  }
}
function invalid3(message2) {
  return new OverseerError("schedule-invalid", message2);
}

// src/store/operate-schedule.ts
init_limits();
init_known_names();
async function pauseSchedule(store2, name2, why = {}) {
  const { by, reason: reason2 } = stated(store2, why, "paused by an operator");
  return await commandSchedule(store2, await existingSchedule(store2, name2), () => ({ kind: "pause", by, reason: reason2 }));
}
async function resumeSchedule(store2, name2, why = {}) {
  const { by, reason: reason2 } = stated(store2, why, "resumed by an operator");
  await commandSchedule(store2, await existingSchedule(store2, name2), () => ({ kind: "resume", by, reason: reason2 }));
}
async function removeSchedule(store2, name2, why = {}) {
  const { by, reason: reason2 } = stated(store2, why, "removed by an operator");
  await commandSchedule(store2, await existingSchedule(store2, name2), () => ({ kind: "remove", by, reason: reason2 }));
}
async function triggerSchedule(store2, name2, why = {}) {
  const { by, reason: reason2 } = stated(store2, why, "triggered by an operator");
  const known = await existingSchedule(store2, name2);
  let instant = 0;
  await commandSchedule(store2, known, async () => {
    instant = await freeInstant(store2, known);
    return { kind: "trigger", instants: [instant], by, reason: reason2 };
  });
  await advance(store2, known, by);
  return runId(name2, instant);
}
async function backfillSchedule(store2, name2, stretch2, why = {}) {
  assertOptions("backfillSchedule", stretch2, { from: true, to: true });
  const { by, reason: reason2 } = stated(store2, why, "backfilled by an operator");
  const [from, to] = [momentOf2("from", stretch2.from), momentOf2("to", stretch2.to)];
  if (from > to) throw invalid3(`the stretch begins at ${shownInstant(from)}, after it ends at ${shownInstant(to)}`);
  const known = await existingSchedule(store2, name2);
  let instants = [];
  await commandSchedule(store2, known, async () => {
    instants = await missingRuns(store2, known, from, to);
    return { kind: "trigger", instants, by, reason: reason2, backfill: { from, to } };
  });
  if (instants.length > 0) await advance(store2, known, by);
  return instants.map((instant) => runId(name2, instant));
}
function momentOf2(what, given) {
  const moment = typeof given === "string" ? Date.parse(given) : NaN;
  if (moment >= 0 && moment < Date.UTC(9999, 0)) return moment;
  throw invalid3(`${what} is ${JSON.stringify(given)}; give an ISO time, such as 2026-03-01T00:00:00Z`);
}
async function freeInstant(store2, { name: name2, state }) {
  for (let instant = Math.max(store2.environment.now(), state.lastAsked + 1); ; instant++) {
    if (instant % wholeMs !== 0 && !await isRun(store2, name2, instant)) return instant;
  }
}
async function missingRuns(store2, known, from, to) {
  const { name: name2, state, recurrence, problem } = known;
  if (recurrence === null) {
    if (problem !== null) throw invalid3(problem);
    return [];
  }
  const decidedUpTo = Math.max(state.decidedUpTo, state.pause === null ? -Infinity : Date.parse(state.pause.at));
  const most = limits.askedRunsMax;
  const instants = instantsBetween(recurrence, from - 1, Math.min(to, decidedUpTo), most + 1);
  if (instants.length > most) {
    const message2 = `from ${shownInstant(from)} to ${shownInstant(to)} it is due more than ${thousands(most)} times; ask for a shorter stretch`;
    throw invalid3(message2);
  }
  const spoken = /* @__PURE__ */ new Set([...state.asked, state.buffered, state.last?.instant ?? null]);
  const missing = [];
  for (const instant of instants) {
    if (!spoken.has(instant) && !await isRun(store2, name2, instant)) missing.push(instant);
  }
  return missing;
}
async function isRun(store2, name2, instant) {
  const stream = { graphId: runId(name2, instant), jobId: null };
  return (await orThrow(store2.log.readStream(stream, { from: 0, to: 0 }))).length > 0;
}
async function advance(store2, known, actor) {
  await advanceSchedule(store2, known, { actor, clock: new ScheduleClock(store2.environment) });
}

// src/store/schedules.ts
init_iso_time();
init_known_names();
var nextShown = 5;
async function schedules(store2, options = {}) {
  assertOptions("schedules", options, asOfOnly);
  const { asOf = null } = options;
  const names = (await loadWork(store2, asOf)).schedules;
  const found = [];
  for (const name2 of [...names].sort()) {
    const known = await KnownSchedule.load(store2.log, name2, asOf);
    const { definition } = known.state;
    if (definition !== null) found.push(await infoOf(store2, known, definition, asOf));
  }
  return found;
}
async function infoOf(store2, { state, recurrence, problem }, definition, asOf) {
  const { name: name2, pause: pause2, buffered, asked, last: last2, unreadable } = state;
  const { cron = null, timezone = null, everyMs: everyMs2 = null, overlap, catchUpMs, jobs: jobs2, set } = definition;
  const now = asOf === null ? store2.environment.now() : state.decidedUpTo;
  const waiting2 = buffered === null ? asked : [buffered, ...asked];
  return {
    name: name2,
    ...{ cron, timezone, everyMs: everyMs2, overlap, catchUpMs, set, pause: pause2 },
    jobs: jobs2.length,
    next: nextInstants(state, { recurrence, now }, nextShown).map(isoTime),
    waiting: waiting2.map(isoTime),
    last: last2 === null ? null : {
      instant: isoTime(last2.instant),
      graphId: last2.graphId,
      status: (await standing(store2, last2.graphId, asOf)).status
    },
    problem: unreadable ?? problem
  };
}
async function standing(store2, graphId, asOf) {
  const graph = new GraphState(graphId);
  for (const event of await orThrow(store2.log.readGraph(graphId, asOf))) graph.apply(event);
  if (graph.existsFrom === null) return { status: null, lastEventAt: null };
  return { status: graph.status, lastEventAt: graph.lastEventAt };
}

// src/index.ts
init_overlap();

// src/domain/limit-decisions.ts
init_fp();
init_known_names();
init_nearest();
init_limits();
function decideLimit(work, command) {
  const { key, by } = command;
  const reason2 = cutMessage(command.reason);
  const known = work.limits.get(key);
  if (command.kind === "set") {
    const measure = measureOf(command.measure);
    if (known !== void 0 && isSameMeasure(known, measure)) return E.right([]);
    return E.right([{ type: "LimitSet", data: { key, ...measure, by, reason: reason2 } }]);
  }
  if (known !== void 0) return E.right([{ type: "LimitRemoved", data: { key, by, reason: reason2 } }]);
  const through = settingFor(work.limits, key);
  const instead = through === null ? didYouMean(key, [...work.limits.keys()]) : `; it comes under ${shownName(through.key)}, which is`;
  return E.left({ code: "limit-not-found", message: `no limit is set for ${shownName(key)}${instead}` });
}

// src/store/limits.ts
init_limits();
init_namespace_stream();
init_errors();
init_iso_time();
init_known_names();
async function setLimit(store2, key, specification, why = {}) {
  assertOptions("setLimit", specification, { concurrency: true, rate: true });
  const { by, reason: reason2 } = stated(store2, why, "set by an operator");
  orInvalid2(() => checkLimitPattern(key, "key of a limit"));
  return await commandLimit(store2, { kind: "set", key, measure: checkedMeasure(specification), by, reason: reason2 });
}
async function removeLimit(store2, key, why = {}) {
  const { by, reason: reason2 } = stated(store2, why, "removed by an operator");
  orInvalid2(() => checkLimitPattern(key, "key of a limit"));
  await commandLimit(store2, { kind: "remove", key, by, reason: reason2 });
}
async function limits2(store2, options = {}) {
  assertOptions("limits", options, asOfOnly);
  const work = await loadWork(store2, options.asOf ?? null);
  return [...work.limits.values()].sort((a, b) => a.key < b.key ? -1 : 1);
}
async function commandLimit(store2, command) {
  for (let tried2 = null; ; ) {
    const work = await loadWork(store2);
    if (tried2 === work.revision) throw noProgress("the namespace's own stream", work);
    tried2 = work.revision;
    const events = newEvents(store2.environment, allowed(decideLimit(work, command)), work.lastEventId, command.by);
    if (events.length === 0) return false;
    const [result] = await appendOrThrow(store2.log, [{ ...namespaceStream, expectedRevision: work.revision, events }]);
    if (result.appended) return true;
  }
}
function checkedMeasure({ concurrency, rate }) {
  if (concurrency === void 0 && rate === void 0) {
    throw invalid4("nothing is limited: give a concurrency, a rate, or both");
  }
  if (concurrency !== void 0) assertCount("concurrency", concurrency, limits.limitUnitsMax);
  if (rate === void 0) return { concurrency };
  if (typeof rate !== "object" || rate === null) {
    throw invalid4(`rate is ${kindOf(rate)}; give { starts: 100, windowMs: 60_000 }`);
  }
  const { starts, windowMs } = rate;
  assertOptions("rate of setLimit", rate, { starts: true, windowMs: true });
  assertCount("starts of the rate", starts, limits.limitStartsMax);
  assertCount("windowMs of the rate", windowMs, limits.limitWindowMsMax);
  return concurrency === void 0 ? { starts, windowMs } : { concurrency, starts, windowMs };
}
function assertCount(what, given, most) {
  if (Number.isSafeInteger(given) && given >= 1 && given <= most) return;
  const shown5 = typeof given === "number" ? String(given) : kindOf(given);
  const instead = given === 0 ? "; to hold all back, pause the type of job or the graph" : "";
  throw invalid4(`${what} is ${shown5}; give a whole number from 1 to ${most}${instead}`);
}
function orInvalid2(check) {
  try {
    check();
  } catch (thrown2) {
    throw invalid4(problemIn(thrown2));
  }
}
function invalid4(message2) {
  return new OverseerError("limit-setting-invalid", message2);
}

// src/index.ts
init_job_limit();

// src/history/explain/explanation.ts
init_grouped();

// src/history/explain/limit-waits.ts
init_grouped();
init_iso_time();

// src/history/explain/explanation.ts
var recentMs = 15 * 6e4;
function pastEvents(events) {
  const numbers = new Map(events.map((event, index) => [event.id, index + 1]));
  return {
    event: (number2) => events[number2 - 1],
    numberOf: (eventId) => numbers.get(eventId) ?? null,
    ofJob: (jobId2) => events.filter((event) => event.jobId === jobId2)
  };
}
var noEvents = pastEvents([]);

// src/history/explain/workers-seen.ts
init_grouped();

// src/history/explain/explain.ts
init_known_names();

// src/history/moments/moment.ts
init_positions();
init_errors();

// src/history/moments/read-moment.ts
init_errors();
init_known_names();

// src/prelude/json-patch.ts
init_json();

// src/history/moments/graph-history.ts
init_positions();
init_errors();

// src/history/moments/read-history.ts
init_known_names();

// src/history/moments/diff.ts
init_known_names();

// src/history/bisect/bisect.ts
init_known_names();

// src/history/bisect/log-states.ts
init_events();

// src/history/bisect/question.ts
init_events();
init_errors();
init_fp();

// src/history/bisect/expression.ts
init_errors();
init_json();
init_fp();
import jsep from "jsep";

// src/history/bisect/expression-names.ts
init_known_names();
init_nearest();

// src/history/bisect/expression.ts
jsep.addBinaryOp("in", 7);
var lengthMax = 64 * 1024;

// src/history/bisect/state-shapes.ts
init_external();
init_job_limit();
init_memoize();
init_events();
init_dependency_rules();
init_timing();
function members(shapes) {
  return { kind: "members", members: shapes };
}
var free = { kind: "free" };
var value = { kind: "value" };
var oneOf2 = (names) => ({ kind: "value", names });
var fieldsOf = ({ fields }, ownData = []) => ({
  kind: "members",
  members: Object.fromEntries(fields.map((name2) => [name2, ownData.includes(name2) ? free : value]))
});
var derived = {
  finished: value,
  skipped: value,
  started: value,
  ready: value,
  awaiting: value,
  "backing-off": value,
  deferred: value,
  delayed: value,
  waiting: value,
  blocked: value,
  failed: value,
  aborted: value
};
var job = members({
  graphId: value,
  id: value,
  type: value,
  status: oneOf2(jobStatuses),
  derivedStatus: oneOf2(Object.keys(derived)),
  args: free,
  parents: { kind: "list", item: value },
  when: oneOf2(dependencyRules),
  optional: { kind: "list", item: value },
  withSpawned: { kind: "list", item: value },
  spawnedBy: value,
  retry: fieldsOf(RetryPolicy, ["nonRetryable"]),
  timeoutMs: value,
  priority: value,
  startAfter: value,
  delayMs: value,
  scheduleToStartMs: value,
  scheduleToCloseMs: value,
  expiry: members({ limit: oneOf2(timeLimits), at: value }),
  external: fieldsOf(External),
  limits: { kind: "list", item: fieldsOf(JobLimit) },
  attempt: value,
  result: free,
  carriedFrom: members({
    graphId: value,
    attempt: value,
    eventId: value,
    finishedAt: value
  }),
  failure: fieldsOf(Failure, ["data"]),
  memoize: fieldsOf(Memoize),
  memoizedFrom: fieldsOf(MemoizedFrom),
  pauses: {
    kind: "list",
    item: members({
      scope: oneOf2(["namespace", "type", "graph"]),
      type: value,
      graphId: value,
      by: value,
      reason: value,
      at: value
    })
  },
  abort: members({ by: value, message: value, silent: value }),
  skipReason: value,
  deferReason: value,
  answer: members({ by: value, reason: value, at: value }),
  worker: fieldsOf(WorkerIdentity),
  progress: value,
  details: free,
  notBefore: value,
  startedAt: value,
  endedAt: value,
  heartbeatAt: value,
  leaseMs: value,
  lostLeases: value
});
var statusCounts = Object.fromEntries(graphStatuses.map((status) => [status, value]));

// src/history/timeline/timeline.ts
init_known_names();

// src/history/timeline/by-type.ts
init_grouped();

// src/history/estimate/estimate.ts
init_errors();
init_fp();
init_known_names();

// src/history/estimate/remaining.ts
init_grouped();
init_events();
init_dependency_rules();

// src/history/fork/fork.ts
import { v7 as uuidV72 } from "uuid";

// src/history/fork/plan.ts
init_defined();
init_fp();
init_json();
function planFork(graphId, events, choice) {
  const { graph, ends: ends3 } = foldWithEnds(graphId, events);
  const refusal = whyNotForked(graph, choice);
  if (refusal !== null) return E.left(refusal);
  const argsOf = newArgs(choice);
  const chosen = new Set(choice.from.map((id) => graph.jobs.get(id)));
  const withOthers = [...graph.jobs.values()].filter((node) => argsOf(node) !== node.args);
  const isByArgs = choice.args !== null && !choice.failed && chosen.size === 0;
  if (isByArgs && withOthers.length === 0) return E.left(sameArgs(graph));
  const changed2 = new Set(withOthers.filter(hasEndedWell));
  const below = jobsAbove(/* @__PURE__ */ new Set([...chosen, ...changed2]));
  const reasons3 = reasonsToRun(graph, { chosen, changed: changed2, below });
  const runs = [];
  const carried = [];
  const dropped = /* @__PURE__ */ new Map();
  const jobs2 = [];
  for (const node of graph.jobs.values()) {
    const { id, type } = node.definition;
    const reason2 = reasons3.get(node) ?? null;
    const drop = dropOf(node, reasons3, dropped);
    if (drop !== null) {
      dropped.set(node, drop);
      continue;
    }
    const result = reason2 === null ? carriedResult(node, ends3) : null;
    if (result === null) runs.push({ id, type, ...reason2 ?? { reason: "not-finished", below: null } });
    else carried.push({ id, type, ...result });
    jobs2.push([id, forkedJob(node, argsOf(node), { result, reason: reason2?.reason ?? null })]);
  }
  const drops = [...dropped.values()];
  const lost2 = choice.keep.map((kept4) => [...runs, ...drops].find(({ id }) => id === kept4)).find(Boolean);
  if (lost2 !== void 0) return E.left(notKept(graph, lost2));
  const forkedFrom = { graphId, position: events.at(-1).position };
  const labels = { ...graph.labels, ...choice.labels };
  const priority = choice.priority ?? graph.priority;
  const times = defined({ startAfter: graph.startAfter ?? void 0, deadlineMs: graph.deadline.deadlineMs });
  const forked = { id: choice.id, jobs: Object.fromEntries(jobs2), labels, priority, forkedFrom, ...times };
  return E.right({ forkedFrom, runs, carried, dropped: drops, graph: forked });
}
function dropOf({ spawner, definition: { id, type } }, reasons3, dropped) {
  if (spawner === null) return null;
  const above = dropped.get(spawner)?.below ?? (reasons3.has(spawner) ? spawner.id : null);
  return above === null ? null : { id, type, reason: "spawner-runs", below: above };
}
function foldWithEnds(graphId, events) {
  const graph = new GraphState(graphId);
  const ends3 = /* @__PURE__ */ new Map();
  for (const event of events) {
    const node = event.jobId === null ? void 0 : graph.jobs.get(event.jobId);
    const before = node?.state.status;
    graph.apply(event);
    if (node === void 0 || node.state.status === before || !hasEndedWell(node)) continue;
    if (event.type === "JobFinished" || event.type === "JobSkipped" || event.type === "JobAnswered")
      ends3.set(node.id, event);
  }
  return { graph, ends: ends3 };
}
function hasEndedWell({ state: { status } }) {
  return status === "finished" || status === "skipped";
}
function whyNotForked(graph, { from, keep, failed }) {
  const { id } = graph;
  if (graph.existsFrom === null) {
    return graphNotFound(id);
  }
  if (graph.unreadable !== null) {
    const message3 = `graph ${id} cannot be forked, since this release cannot read all of it: ${graph.unreadable.problem}`;
    return { code: "graph-unreadable", message: message3 };
  }
  const unknown2 = [...from, ...keep].find((jobId2) => !graph.jobs.has(jobId2));
  if (unknown2 !== void 0) {
    return jobNotFound(id, unknown2, graph.jobs.keys());
  }
  const jobs2 = [...graph.jobs.values()];
  if (!failed || graph.abort !== null || jobs2.some(({ status }) => status === "failed" || status === "aborted")) {
    return null;
  }
  const message2 = `nothing in graph ${id} has failed or was aborted (it is ${graph.status}); name the jobs that shall run again`;
  return { code: "nothing-failed", message: message2 };
}
function newArgs({ args, keep }) {
  const kept4 = new Set(keep);
  const known = /* @__PURE__ */ new Map();
  return (node) => {
    if (args === null || kept4.has(node.id)) return node.args;
    const merged = known.get(node.args) ?? { ...node.args, ...args };
    const others = canonicalJson(merged) === canonicalJson(node.args) ? node.args : merged;
    known.set(node.args, others);
    return others;
  };
}
function sameArgs({ id }) {
  return {
    code: "fork-same",
    message: `these args leave every job of graph ${id} as it is, so nothing would run again`
  };
}
function notKept({ id: graphId }, { id, reason: reason2, below }) {
  const why = reason2 === "chosen" ? "it is chosen to run" : below === null ? "it has not finished" : `${below} runs`;
  const message2 = `job ${JSON.stringify(id)} of graph ${graphId} cannot keep its result: ${why}`;
  return { code: "job-not-kept", message: message2 };
}
function jobsAbove(roots) {
  const above = /* @__PURE__ */ new Map();
  for (const node of roots) {
    for (const descendant of descendants(node)) if (!above.has(descendant)) above.set(descendant, node);
  }
  return above;
}
function reasonsToRun(graph, reasons3) {
  const found = /* @__PURE__ */ new Map();
  const unsettled = /* @__PURE__ */ new Set();
  for (const node of parentsFirst(graph)) {
    const parent = node.parents.find((each2) => unsettled.has(each2));
    const own = reasonToRun(node, reasons3);
    if (own !== null) {
      found.set(node, own);
      if (own.reason !== "skipped" || parent !== void 0) unsettled.add(node);
    } else if (parent !== void 0 && !node.hasFixedInputs) {
      found.set(node, { reason: "parent-runs", below: parent.id });
      unsettled.add(node);
    }
  }
  return found;
}
function parentsFirst({ jobs: jobs2 }) {
  const levels = levelsOf(jobs2.keys(), (id) => jobs2.get(id).parentIds);
  return [...jobs2.values()].sort((a, b) => levels.get(a.id) - levels.get(b.id));
}
function reasonToRun(node, { chosen, changed: changed2, below }) {
  if (chosen.has(node)) return { reason: "chosen", below: null };
  if (changed2.has(node)) return { reason: "args-changed", below: null };
  const above = below.get(node);
  if (above !== void 0) return { reason: "below-chosen", below: above.id };
  const status = node.derivedStatus(Infinity);
  if (hasEndedWell(node)) return null;
  const isNamed2 = status === "failed" || status === "aborted" || status === "blocked" || status === "skipped";
  return { reason: isNamed2 ? status : "not-finished", below: null };
}
function carriedResult(node, ends3) {
  const end = ends3.get(node.id);
  if (end === void 0) return node.carried;
  const { graphId, id: eventId, recordedAt: finishedAt } = end;
  const attempt = end.type === "JobAnswered" ? 0 : end.data.attempt;
  return { graphId, attempt, eventId, finishedAt, result: resultOf2(end) };
}
function resultOf2(end) {
  return end.type === "JobSkipped" ? null : end.data.result ?? null;
}
var meantToRun = ["chosen", "args-changed", "below-chosen", "parent-runs"];
function forkedJob({ definition, state, spawner }, args, { result, reason: reason2 }) {
  const { carried: _, carriedStatus: _before, memoize, ...same } = definition;
  const isFresh = reason2 !== null && meantToRun.includes(reason2);
  return {
    ...same,
    ...spawner === null ? {} : { spawnedBy: spawner.id },
    args,
    status: "unstarted",
    ...memoize === void 0 ? {} : { memoize: isFresh ? { ...memoize, fresh: true } : memoize },
    ...result === null ? {} : { carried: result },
    ...result !== null && state.status === "skipped" ? { carriedStatus: "skipped" } : {}
  };
}

// src/history/fork/fork.ts
init_errors();
init_known_names();
var forkOptions = {
  from: true,
  keep: true,
  args: true,
  failed: true,
  id: true,
  labels: true,
  priority: true,
  asOf: true,
  dryRun: true
};
async function forkGraph(store2, graphId, request) {
  assertOptions("forkGraph", request, forkOptions);
  const { from = [], keep = [], failed = false, labels = {}, priority, asOf = null, dryRun = false } = request;
  if (from.length === 0 && !failed && request.args === void 0) {
    const message2 = `say which jobs of graph ${graphId} must run again: name them (from), take those that failed (failed), or give other args (args)`;
    throw new OverseerError("fork-unclear", message2);
  }
  const events = await orThrow(store2.log.readGraph(graphId, asOf));
  if (!events.some(completesSubmission)) throw await missingGraph(store2, graphId);
  const args = request.args === void 0 ? null : orInvalid(checkedArgs(request.args));
  const choice = { from, keep, args, failed, id: request.id ?? uuidV72(), labels, priority };
  const { graph, ...plan } = allowed(planFork(graphId, events, choice));
  const checked2 = orInvalid(checkedGraph(graph));
  const stored = dryRun ? false : await storeGraph(store2, checked2);
  return { graphId: graph.id, stored, ...plan };
}

// src/history/projections/projection.ts
init_events();
init_errors();
init_fp();
init_json();
init_known_names();
import { produce } from "immer";
var definitionKeys = ["name", "version", "initial", "recipe", "evolve", "filter"];
function defineProjection(definition) {
  if (!isPlainObject(definition)) throw invalid5("a projection is an object with name, initial, and recipe or evolve");
  const { name: name2, version = 1, initial, filter = {} } = definition;
  const isName = typeof name2 === "string" && /^[A-Za-z0-9][A-Za-z0-9-]{0,99}$/.test(name2);
  if (!isName) {
    throw invalid5(`a projection cannot be named ${JSON.stringify(name2)}; use up to 100 letters, digits and dashes`);
  }
  const whose = `projection ${JSON.stringify(name2)}`;
  const unknown2 = unknownMember(whose, "field", definition, definitionKeys);
  if (unknown2 !== null) throw invalid5(unknown2);
  if (!Number.isSafeInteger(version) || version < 1) {
    throw invalid5(`the version of ${whose} is ${String(version)}; give a whole number from 1`);
  }
  const evolve = evolveOf(definition, whose);
  if (!isPlainObject(filter)) throw invalid5(`the filter of ${whose} is not an object of types and graphId`);
  const unfiltered = unknownMember(`the filter of ${whose}`, "field", filter, ["types", "graphId"]);
  if (unfiltered !== null) throw invalid5(unfiltered);
  const noType = filter.types?.find((type) => !eventTypes.includes(type));
  if (noType !== void 0) {
    const meant = meantAmong(String(noType), eventTypes);
    throw invalid5(`the filter of ${whose} names ${shownName(String(noType))}, which is not a type of event; ${meant}`);
  }
  const json = asJson(initial, `the initial state of ${whose}`);
  if (definition.recipe !== void 0 && (typeof json !== "object" || json === null)) {
    throw invalid5(`the initial state of ${whose} must be an object or a list for a recipe to change; or use evolve`);
  }
  return { name: name2, version, initial: frozen(json), evolve, filter };
}
function evolveOf({ recipe, evolve }, whose) {
  if (recipe !== void 0 && evolve !== void 0) throw invalid5(`${whose} has both recipe and evolve; give only one`);
  if (typeof evolve === "function") return evolve;
  if (typeof recipe === "function") return byRecipe(recipe);
  throw invalid5(`${whose} has no function; give recipe(draft, event) or evolve(state, event)`);
}
function byRecipe(recipe) {
  return (state, event) => produce(state, (draft) => {
    const returned = recipe(draft, copied(event));
    if (returned !== void 0) {
      throw new TypeError("its recipe returned a value; a recipe changes the draft and returns nothing");
    }
  });
}
function evolved(projection, state, event) {
  const at = `on the ${event.type} at @${event.position} (graph ${event.graphId})`;
  const failed = (what, why, cause) => new OverseerError("projection-failed", `projection ${JSON.stringify(projection.name)} ${what} ${at}: ${why}`, {
    cause
  });
  let next;
  try {
    next = projection.evolve(state, event);
  } catch (error) {
    throw failed("threw", isError(error) ? `${error.name}: ${error.message}` : wordsFor(error), error);
  }
  if (next === void 0) throw failed("returned nothing", "evolve must return the state");
  return next === state ? state : frozen(next);
}
function storableState({ name: name2 }, state) {
  return asJson(state, `the state of projection ${JSON.stringify(name2)}`);
}
function asJson(value2, what) {
  const json = value2 === void 0 ? E.left(`${what} is missing`) : toJson(value2, what);
  if (E.isLeft(json)) throw invalid5(json.left);
  return json.right;
}
function invalid5(message2) {
  return new OverseerError("projection-invalid", message2);
}

// src/history/projections/project.ts
init_event_log();
init_positions();
init_when_aborted();

// src/history/projections/checkpoint.ts
init_positions();
init_fp();
init_json();
var Checkpoint = class {
  constructor(log, projection, use) {
    this.log = log;
    this.projection = projection;
    this.name = use === "looked-at" ? `projection.${projection.name}` : `projection.${projection.name}.acted-on`;
  }
  log;
  projection;
  savedAt = null;
  name;
  async load() {
    const kept4 = await loadJson(this.log, this.name, (value2) => this.read(value2));
    if (kept4 !== null) this.savedAt = kept4.position;
    return kept4 === null ? null : { position: kept4.position, state: kept4.value };
  }
  /** Marks the checkpoint as unusable, so that the next save replaces it, whatever its position. */
  distrust() {
    this.savedAt = null;
  }
  /** Saves a state. If the log cannot take it just now, the next save tries again, unless this is the last. */
  async save({ state, position }, { isLast }) {
    const isOld = position === null || this.savedAt !== null && comparePositions(position, this.savedAt) <= 0;
    if (isOld) return;
    const { version } = this.projection;
    const value2 = { version, state: storableState(this.projection, state) };
    const saved = await saveJson(this.log, this.name, position, value2)();
    if (E.isRight(saved)) this.savedAt = position;
    else if (isLast || !saved.left.isTransient) throw saved.left;
  }
  read(kept4) {
    if (!isPlainObject(kept4) || kept4["version"] !== this.projection.version || !("state" in kept4)) return null;
    return { value: frozen(kept4["state"]) };
  }
};

// src/history/projections/project.ts
init_known_names();
var projectOptions = {
  onChange: true,
  from: true,
  onState: true,
  until: true,
  signal: true,
  rebuild: true
};
var readBatch4 = 1e3;
var saveEveryMs = 1e3;
var saveEvery = 1e4;
async function project(store2, projection, options = {}) {
  assertOptions("project", options, projectOptions);
  if (options.from !== void 0) assertName("from of project", options.from, ["beginning", "now"]);
  if (options.until !== void 0) assertName("until of project", options.until, ["caughtUp"]);
  const run = await ProjectionRun.begin(store2, projection, options);
  try {
    for (; ; ) {
      const after2 = run.current.position;
      const events = await orThrow(store2.log.readAll({ after: after2, filter: projection.filter, limit: readBatch4 }));
      const isStopped = !await run.apply(events);
      if (isStopped) return await run.end();
      if (events.length < readBatch4) break;
    }
    await run.reachEnd();
    if (options.until !== "caughtUp") await follow(store2.log, run, projection, options.signal);
    return await run.end();
  } catch (error) {
    await run.end().catch(() => {
    });
    throw error;
  }
}
async function follow(log, run, { filter }, signal) {
  const subscription = log.subscribe({ after: run.current.position, filter });
  const close = () => subscription.close();
  const unlisten = whenAborted(signal, close);
  try {
    for await (const message2 of subscription) {
      if (message2.kind === "events" && !await run.apply(onlyAfter(message2.events, run.current.position))) return;
      if (message2.kind === "caughtUp") run.passOver(message2.upTo);
    }
  } finally {
    unlisten();
    close();
  }
}
var ProjectionRun = class _ProjectionRun {
  constructor(projection, options, checkpoint, current, quietUpTo, monotonic) {
    this.projection = projection;
    this.options = options;
    this.checkpoint = checkpoint;
    this.current = current;
    this.quietUpTo = quietUpTo;
    this.monotonic = monotonic;
    this.savedAt = monotonic();
  }
  projection;
  options;
  checkpoint;
  current;
  quietUpTo;
  monotonic;
  sinceSave = 0;
  savedAt;
  hasReachedEnd = false;
  static async begin({ log, environment }, projection, options) {
    const { onChange, from = "beginning", rebuild = false } = options;
    const monotonic = () => environment.monotonic();
    const checkpoint = new Checkpoint(log, projection, onChange === void 0 ? "looked-at" : "acted-on");
    const kept4 = await checkpoint.load();
    if (kept4?.state != null && !rebuild) {
      const current2 = { state: kept4.state.value, position: kept4.position };
      return new _ProjectionRun(projection, options, checkpoint, current2, kept4.position, monotonic);
    }
    checkpoint.distrust();
    const [last2] = kept4 === null && from === "now" ? await orThrow(log.readAll({ direction: "backwards", limit: 1 })) : [];
    const quietUpTo = kept4?.position ?? last2?.position ?? null;
    const current = { state: projection.initial, position: null };
    return new _ProjectionRun(projection, options, checkpoint, current, quietUpTo, monotonic);
  }
  /** Takes events one by one; false if the signal aborted before the last of them. */
  async apply(events) {
    const { onChange, signal } = this.options;
    let hasTold = false;
    for (const event of events) {
      if (signal?.aborted) return false;
      const before = this.current.state;
      const state = evolved(this.projection, before, event);
      if (onChange !== void 0 && state !== before && this.isNews(event.position)) {
        await onChange({ state, before, event });
        hasTold = true;
      }
      this.current = { state, position: event.position };
      this.sinceSave += 1;
      if (hasTold && this.monotonic() - this.savedAt >= saveEveryMs) await this.save(false);
    }
    if (hasTold || this.sinceSave >= saveEvery) await this.save(false);
    if (this.hasReachedEnd && events.length > 0) this.options.onState?.(this.current);
    return true;
  }
  /** The end of the log was reached. */
  async reachEnd() {
    this.hasReachedEnd = true;
    const { state, position } = this.current;
    if (this.quietUpTo !== null && this.isQuiet(position)) this.current = { state, position: this.quietUpTo };
    await this.save(false);
    this.options.onState?.(this.current);
  }
  /** Up to there the log holds nothing more that the filter lets through. */
  passOver(upTo) {
    if (upTo !== null) this.current = { ...this.current, position: upTo };
  }
  async end() {
    await this.save(true);
    return this.current;
  }
  async save(isLast) {
    const { position } = this.current;
    if (position !== this.quietUpTo && this.isQuiet(position)) return;
    await this.checkpoint.save(this.current, { isLast });
    this.sinceSave = 0;
    this.savedAt = this.monotonic();
  }
  isNews(position) {
    return !this.isQuiet(position);
  }
  isQuiet(position) {
    if (this.quietUpTo === null) return false;
    return position === null || comparePositions(position, this.quietUpTo) <= 0;
  }
};

// src/history/replay/recorded-attempt.ts
init_grouped();
init_fp();

// src/handlers/rerun.ts
init_fp();

// src/history/replay/replay.ts
init_known_names();

// src/history/what-if/what-if.ts
init_codec();
init_events();

// src/history/what-if/supposition.ts
init_dependency_rules();
init_json();

// src/history/what-if/what-if.ts
init_errors();
init_fp();
init_known_names();
var codec = closed(RetryPolicy);

// src/history/audit/audit.ts
init_canonical_event();
init_leaf_content();

// src/evidence/log-tree.ts
init_io();
init_codec();
init_fp();
init_events();
init_leaf_content();
init_merkle_tree();
var noTree = { ...emptyTree, position: null, recordedAt: null, tileEnds: [] };
var LogTreeBuilder = class {
  constructor(hash3, from = noTree) {
    this.hash = hash3;
    this.growing = new GrowingTree(hash3, from);
    this.tileEnds = [...from.tileEnds];
    this.last = from;
  }
  hash;
  growing;
  tileEnds;
  last;
  get size() {
    return this.growing.size;
  }
  add(event) {
    this.growing.add(this.hash.leaf(leafContent(event, this.hash)));
    this.last = event;
    if (this.growing.size % tileLeaves === 0) this.tileEnds.push(event.position);
  }
  tree() {
    const { position, recordedAt } = this.last;
    return { ...this.growing.parts, position, recordedAt, tileEnds: [...this.tileEnds] };
  }
};
function joinTrees(front, back) {
  if (front.peaks.length > 0) return null;
  if (back.size === 0) return front;
  return {
    ...back,
    size: front.size + back.size,
    tiles: [...front.tiles, ...back.tiles],
    tileEnds: [...front.tileEnds, ...back.tileEnds]
  };
}
var Checkpoint2 = record2("checkpoint", {
  size: intFrom(0),
  tiles: readonlyArray(Sha256),
  peaks: readonlyArray(Sha256),
  position: orNull(PositionText),
  recordedAt: orNull(string),
  tileEnds: readonlyArray(PositionText)
});
function readCheckpoint(value2) {
  const decoded = Checkpoint2.decode(value2);
  if (E.isLeft(decoded)) return null;
  const tree = decoded.right;
  const isWhole2 = isTree(tree) && tree.tileEnds.length === tree.tiles.length && tree.size === 0 === (tree.position === null);
  return isWhole2 ? tree : null;
}
var TreeHead = record2("tree head", {
  /** Of the log. */
  namespace: string,
  /** The graph whose events alone are covered, as in an export of it; null for all events of the namespace. */
  graphId: orNull(string),
  /** How many events are covered. */
  size: intFrom(0),
  /** SHA-256, in hexadecimal. */
  rootHash: Sha256,
  /** The position of the last event in this log. Another log with the same events may have another. */
  position: orNull(PositionText),
  /** When the last event was recorded. */
  recordedAt: orNull(string)
});
var proofFormat = literal(1);
var InclusionProof = record2("inclusion proof", {
  proof: literal("inclusion"),
  format: proofFormat,
  treeHead: TreeHead,
  index: intFrom(0),
  /** Its canonical form. */
  event: UnknownRecord,
  /** The roots of the subtrees beside the event, the lowest first. */
  path: readonlyArray(Sha256)
});
var ConsistencyProof = record2("consistency proof", {
  proof: literal("consistency"),
  format: proofFormat,
  oldHead: TreeHead,
  treeHead: TreeHead,
  path: readonlyArray(Sha256)
});

// src/history/audit/audit.ts
init_merkle_tree();

// src/evidence/tree-proofs.ts
init_merkle_tree();

// src/history/audit/audit.ts
init_positions();
init_tree_hash();
init_errors();
init_fp();

// src/prelude/json-text.ts
init_fp();

// src/history/audit/audit.ts
init_json();

// src/history/audit/audit-tree.ts
init_leaf_content();
init_merkle_tree();
init_positions();
init_tree_hash();
var snapshotName4 = "audit-1";
async function loadCheckpoint(log) {
  const tree = (await loadJson(log, snapshotName4, readCheckpoint))?.value ?? null;
  if (tree === null || tree.position === null) return null;
  const [last2] = await orThrow(log.readAll({ direction: "backwards", limit: 1 }));
  return last2 !== void 0 && comparePositions(tree.position, last2.position) <= 0 ? tree : null;
}
function headOf(log, tree) {
  const { size, position, recordedAt } = tree;
  const graphId = log.exported?.graphId ?? null;
  return { namespace: log.namespace, graphId, size, rootHash: rootOf(tree, treeHash), position, recordedAt };
}
async function tileEvents(log, tree, tile) {
  const limit2 = Math.min(tileLeaves, tree.size - tile * tileLeaves);
  return await orThrow(log.readStored({ after: tree.tileEnds[tile - 1] ?? null, limit: limit2 }));
}
function searchable(log, tree) {
  return new SearchableTree(tree, treeHash, async (tile) => {
    const events = await tileEvents(log, tree, tile);
    return events.map((event) => treeHash.leaf(leafContent(event, treeHash)));
  });
}

// src/history/export/export.ts
init_export_format();

// src/evidence/redaction.ts
init_fp();
init_json();
init_read_event();
init_leaf_content();
init_payload_fields();
init_redaction_mark();
var stack = { path: "stack", steps: ["stack"], also: [] };
var inStack = [void 0, null, "message", "exception"];
function repeated(path, steps2) {
  if (steps2[0] === "failure" && inStack.includes(steps2[1])) return [stack];
  if (steps2[0] !== "result") return [];
  return [{ path: `jobs[].carried.${path}`, steps: ["jobs", null, "carried", ...steps2], also: [] }];
}
function redactedPaths(redactions) {
  return redactions.flatMap(({ path, also }) => [path, ...redactedPaths(also)]);
}
var stepsMax = 200;
var stepPattern = /\.?(?:([^.[\]"]+)|\[\]|\["([^"\\]*)"\])/gy;
function readRedaction(path) {
  const steps2 = [];
  let end = 0;
  for (const { 0: whole3, 1: name2, 2: quoted2, index } of path.matchAll(stepPattern)) {
    if (index !== end) break;
    end += whole3.length;
    if (quoted2 !== void 0) steps2.push(quoted2);
    else steps2.push(name2 === void 0 || name2 === "*" ? null : name2);
  }
  const shown5 = JSON.stringify(path.length > 200 ? `${path.slice(0, 199)}\u2026` : path);
  if (steps2.length > stepsMax)
    return E.left(`a path to redact has ${steps2.length} steps; at most ${stepsMax} are allowed`);
  if (steps2.length === 0 || end < path.length || path.startsWith(".")) {
    return E.left(
      `${shown5} is not a path in an event's data; give one such as result, failure.message or jobs[].args.token`
    );
  }
  if (steps2[0] === "data" && steps2.length > 1) return readRedaction(path.slice("data.".length));
  const reason2 = whyInClear(steps2);
  if (reason2 !== null) return E.left(`${shown5} cannot be redacted: ${reason2}`);
  return E.right({ path, steps: steps2, also: repeated(path, steps2) });
}
function whyInClear([first = null, , third]) {
  if (first === null) return null;
  if (visibilityOf(first, null) === "clear") return `${first} is part of what every proof shows`;
  if (first !== "jobs" || third !== void 0 && third !== null && visibilityInJob(third) === "payload") return null;
  return "of the list of jobs, only jobs[].args and jobs[].carried can be";
}
function redact(event, redaction, hash3) {
  const data = JSON.parse(event.data);
  const work = new Redacting(new PayloadDigests(event.id, hash3));
  const all = [redaction, ...redaction.also];
  if (isNestedDeeper(event.data, readableNestingMax)) {
    const isMeant = all.some(({ steps: [first = null] }) => first === null || Object.hasOwn(data, first));
    if (!isMeant) return { event, count: 0 };
    return { event: { ...event, data: JSON.stringify(redactionMark(wholeDigest(event, hash3))) }, count: 1 };
  }
  const changed2 = all.reduce((before, { steps: steps2 }) => work.data(before, steps2), data);
  return work.count === 0 ? { event, count: 0 } : { event: { ...event, data: JSON.stringify(changed2) }, count: work.count };
}
var Redacting = class {
  constructor(digests) {
    this.digests = digests;
  }
  digests;
  count = 0;
  data(data, steps2) {
    if (redactionIn(data) !== null) return data;
    return each(data, steps2, [], (value2, rest, path) => {
      const key = String(path[0]);
      const visibility = isPlainObject(data) ? visibilityOf(key, value2) : "clear";
      if (visibility === "clear") return value2;
      if (visibility === "payload") return isEmpty(value2) ? value2 : this.within(value2, rest, path);
      return each(
        value2,
        rest,
        path,
        (job2, inJob, jobPath) => each(job2, inJob, jobPath, (field, inField, fieldPath) => {
          const isPayload = visibilityInJob(String(fieldPath.at(-1))) === "payload";
          return isPayload && !isEmpty(field) ? this.within(field, inField, fieldPath) : field;
        })
      );
    });
  }
  within(value2, steps2, path) {
    if (redactionIn(value2) !== null) return value2;
    if (steps2.length > 0) return each(value2, steps2, path, (item, rest, itemPath) => this.within(item, rest, itemPath));
    this.count += 1;
    return redactionMark(this.digests.of(value2, path));
  }
};
function each(value2, [step, ...rest], path, change3) {
  if (step === void 0) return value2;
  const isMeant = (key) => step === null || step === String(key);
  const changed2 = (key, item) => isMeant(key) ? change3(item, rest, [...path, key]) : item;
  if (Array.isArray(value2)) return value2.map((item, index) => changed2(index, item));
  if (!isPlainObject(value2)) return value2;
  return Object.fromEntries(membersOf(value2).map(([key, item]) => [key, changed2(key, item)]));
}

// src/history/export/export.ts
init_tree_hash();
init_errors();
init_fp();
init_namespace_stream();
init_known_names();
init_events();
init_payload_fields();
var exportOptions = { graphId: true, redact: true, onProgress: true };
async function* exportLog(store2, options = {}) {
  assertOptions("exportLog", options, exportOptions);
  const { log } = store2;
  const { graphId, onProgress } = options;
  const redactions = (options.redact ?? []).map(checkedRedaction);
  const already = log.exported;
  const header = {
    namespace: log.namespace,
    graphId: graphId ?? already?.graphId ?? null,
    redacted: [.../* @__PURE__ */ new Set([...already?.redacted ?? [], ...redactedPaths(redactions)])]
  };
  const writer = new ExportWriter(header, treeHash);
  const redacted = Object.fromEntries(redactions.map(({ path }) => [path, 0]));
  let events = 0;
  const lineOf3 = (event) => `${writer.event(redactAll(event, redactions, redacted))}
`;
  if (graphId !== void 0) {
    const [first] = await orThrow(log.readStored({ graphId, limit: 1 }));
    if (first === void 0 || isOfNamespace(first)) throw await missingGraph(store2, graphId);
  }
  yield `${writer.header}
`;
  for await (const batch3 of storedBatches(log, graphId === void 0 ? {} : { graphId })) {
    for (const event of batch3) yield lineOf3(event);
    events += batch3.length;
    onProgress?.({ events, redacted: { ...redacted } });
  }
  yield `${writer.head()}
`;
}
function checkedRedaction(path) {
  const redaction = readRedaction(path);
  if (E.isLeft(redaction)) throw new OverseerError("redaction-invalid", redaction.left);
  const problem = unknownStep(redaction.right);
  if (problem !== null) throw new OverseerError("redaction-invalid", `${shownName(path)} ${problem}`);
  return redaction.right;
}
var redactable = [...new Set(Object.values(eventDefinitions).flatMap(({ codec: codec2 }) => codec2.fields))].filter(
  (field) => visibilityOf(field, null) !== "clear"
);
function unknownStep({ steps: [field = null, inner = null] }) {
  if (field !== null && !redactable.includes(field)) {
    return `cannot be redacted: events have no field ${shownName(field)}; ${meantAmong(field, redactable)}`;
  }
  if (field !== "failure" || inner === null || Failure.fields.includes(inner)) return null;
  return `cannot be redacted: a failure has no field ${shownName(inner)}; ${meantAmong(inner, Failure.fields)}`;
}
function redactAll(event, redactions, counts = {}) {
  return redactions.reduce((before, redaction) => {
    const { event: after2, count: count2 } = redact(before, redaction, treeHash);
    counts[redaction.path] = (counts[redaction.path] ?? 0) + count2;
    return after2;
  }, event);
}

// src/history/audit/audit.ts
init_known_names();

// src/history/verify/invariants.ts
init_redaction_mark();
var LogCheck = class {
  /**
   * @param compare how positions of this log are ordered
   * @param last the event before the first one it is given
   */
  constructor(compare, last2 = nothing2) {
    this.compare = compare;
    this.last = last2;
  }
  compare;
  last;
  check(event) {
    const { position, recordedAt } = this.last;
    this.last = event;
    if (position === null || recordedAt === null) return noProblems;
    const isAfter = this.compare(position, event.position) < 0;
    const isLater = recordedAt <= event.recordedAt;
    if (isAfter && isLater) return noProblems;
    const problems2 = [];
    if (!isAfter) problems2.push(problemOf(event, `position ${event.position} does not come after ${position}`));
    if (!isLater) {
      const before = `before the previous event (${recordedAt})`;
      problems2.push(problemOf(event, `it was recorded at ${event.recordedAt}, ${before}`));
    }
    return problems2;
  }
};
var GraphCheck = class {
  state;
  events = new EventIds();
  /** By job; the graph's own stream under the empty id, which no job can have. */
  streams = /* @__PURE__ */ new Map();
  constructor(graphId) {
    this.state = new GraphState(graphId, { resultBytesMax: 0 });
  }
  check(event) {
    const found = [];
    const stream = this.streamOf(event.jobId ?? "");
    checkRevision(stream, event, found);
    const node = event.jobId === null ? void 0 : this.state.jobs.get(event.jobId);
    this.checkCause(event, node, found);
    const known = this.state.anomalies.length;
    const started = event.type === "GraphAborted" ? this.startedJobs() : [];
    const before = node?.state;
    this.state.apply(event);
    const { anomalies } = this.state;
    if (node !== void 0 && anomalies.length === known) {
      checkAttempt(stream, { node, before, event }, found);
      checkMemoized({ node, before, event }, found);
    }
    for (const { id, state } of started) {
      if (state.status !== "started") endAttempt(this.streamOf(id), id, state.attempt, found);
    }
    if (found.length === 0 && anomalies.length === known) return noProblems;
    return [...found, ...anomalies.slice(known).map(({ problem }) => problem)].map((each2) => problemOf(event, each2));
  }
  streamOf(jobId2) {
    const known = this.streams.get(jobId2);
    if (known !== void 0) return known;
    const stream = { revision: -1, endedAttempt: 0 };
    this.streams.set(jobId2, stream);
    return stream;
  }
  checkCause({ id, causationId }, node, found) {
    const isNear = causationId === null || causationId === node?.state.lastEventId || causationId === this.state.lastEventId;
    if (!isNear && !this.events.has(causationId)) {
      found.push(`its cause ${causationId} is not an earlier event of this graph`);
    }
    this.events.add(id);
  }
  startedJobs() {
    return [...this.state.jobs.values()].filter((node) => node.state.status === "started");
  }
};
var NamespaceCheck = class {
  work = initialWork;
  stream = { revision: -1, endedAttempt: 0 };
  events = new EventIds();
  check(event) {
    const found = [];
    checkRevision(this.stream, event, found);
    this.checkWork(event, found);
    return found.length === 0 ? noProblems : found.map((each2) => problemOf(event, each2));
  }
  checkWork(event, found) {
    const { id, causationId } = event;
    if (causationId !== null && !this.events.has(causationId)) {
      found.push(`its cause ${causationId} is not an earlier event of this stream`);
    }
    this.events.add(id);
    const problem = whyNoWork(this.work, event);
    if (problem !== null) found.push(problem);
    this.work = evolveWork(this.work, event);
  }
};
function checkRevision(stream, { revision }, found) {
  const expected = stream.revision + 1;
  stream.revision = revision;
  if (revision !== expected) {
    found.push(`it has revision ${revision} in its stream, where ${expected} was expected`);
  }
}
function checkAttempt(stream, { node: { id, state: after2 }, before, event }, found) {
  const wasStarted = before.status === "started";
  const isStarted = after2.status === "started";
  if (wasStarted && !isStarted) endAttempt(stream, id, before.attempt, found);
  if (event.type !== "JobStarted") return;
  if (!isStarted) {
    stream.endedAttempt = after2.attempt;
  } else if (after2.attempt > 1 && stream.endedAttempt !== after2.attempt - 1) {
    found.push(`attempt ${after2.attempt} starts though attempt ${after2.attempt - 1} has not ended`);
  }
}
function checkMemoized({ node: { id, definition }, before, event }, found) {
  if (event.type !== "JobFinished" || event.data.memoized === void 0) return;
  const { finishedAt } = event.data.memoized;
  const { memoize } = definition;
  const job2 = `job ${JSON.stringify(id)}`;
  if (memoize === void 0 || memoize.fresh === true) {
    found.push(`${job2} finished with a remembered result, which it did not ask for`);
  } else if (finishedAt !== redactedInstant && before.startedAt !== null && isTooOld(memoize, finishedAt, before.startedAt)) {
    found.push(`${job2} finished with a remembered result, of ${finishedAt}, that is too old for it`);
  }
}
function endAttempt(stream, jobId2, attempt, found) {
  if (stream.endedAttempt === attempt) {
    found.push(`attempt ${attempt} of job ${JSON.stringify(jobId2)} ends a second time`);
  }
  stream.endedAttempt = attempt;
}
var EventIds = class {
  indexed = /* @__PURE__ */ new Set();
  fresh = [];
  add(id) {
    this.fresh.push(id);
  }
  has(id) {
    if (this.fresh.at(-1) === id || this.indexed.has(id)) return true;
    for (const each2 of this.fresh) this.indexed.add(each2);
    this.fresh = [];
    return this.indexed.has(id);
  }
};
var nothing2 = { position: null, recordedAt: null };
var noProblems = [];
function problemOf({ position, id, graphId, jobId: jobId2 }, problem) {
  return { position, eventId: id, graphId, jobId: jobId2, problem };
}

// src/history/verify/verify.ts
init_event_log();
init_positions();

// src/history/verify/graph-checks.ts
init_namespace_stream();
init_positions();
init_fp();

// src/history/verify/limit-checks.ts
init_positions();
init_canonical_event();
init_event_log();
init_fp();
var LimitChecks = class {
  constructor(log) {
    this.log = log;
  }
  log;
  /** By key. Null for one that cannot be judged any more, since part of it is redacted or lost. */
  places = /* @__PURE__ */ new Map();
  settings = null;
  /** What is wrong with an event of a limit's stream, given in log order. @param stored the same event, as it is stored */
  async check(key, event, stored) {
    const places = this.places.has(key) ? this.places.get(key) : await this.placesBefore(key, event);
    this.places.set(key, places);
    if (places === null) return [];
    if (keptData(stored.data) === null) {
      this.places.set(key, null);
      return [];
    }
    const isOurs = event.type === "PlaceTaken" || event.type === "PlaceGivenBack";
    const before = event.type === "PlaceGivenBack" ? places.find(event.data) : void 0;
    const why = places.apply(event);
    if (!isOurs) return [why ?? `${event.type} does not belong in this stream`];
    try {
      if (event.type === "PlaceTaken") return await this.whyNotTaken(key, event, why);
      return before === void 0 ? [] : await this.whyNotOver(event, before);
    } catch (error) {
      if (error instanceof LogError && error.code === "store-history-missing") return [];
      throw error;
    }
  }
  async whyNotTaken(key, event, whyVoid) {
    const { position, data } = event;
    const isSet = (await this.allSettings()).some(
      (set) => comparePositions(set.position, position) < 0 && isFor(set.data.key, key) && isSameMeasure(set.data, data)
    );
    const found = isSet ? [] : ["it was judged by limits that nobody had set for the key"];
    if (whyVoid !== null && await this.startedAllTheSame(event)) {
      found.push(`its place is void, since ${whyVoid}; and the job was started all the same`);
    }
    return found;
  }
  /** Whether whoever took a void place started the job on it. */
  async startedAllTheSame(event) {
    const { graphId, jobId: jobId2, attempt, after: after2 } = event.data;
    const [start3] = await this.read({ graphId, jobId: jobId2 }, after2 + 1, after2 + 1);
    const isStarted = start3?.type === "JobStarted" && start3.data.attempt === attempt && start3.actor === event.actor;
    if (!isStarted) return false;
    const own = (await this.read(event, 0)).filter((each2) => each2.type === "PlaceTaken" && isOfClaim(each2, event));
    return own.length === 1;
  }
  async whyNotOver(event, { revision }) {
    const { data, position } = event;
    const standing2 = await standingOf(this.log, data, position);
    if (standing2 === "is-over") return [];
    const { attempt, jobId: jobId2, graphId } = data;
    if (standing2 === "may-come") {
      const [taken] = await this.read(event, revision, revision);
      if (taken?.actor === event.actor && !await this.startedAfter(event)) return [];
    }
    const how = standing2 === "runs" ? "runs" : "may still begin";
    return [`it gives a place back, and attempt ${attempt} of job ${JSON.stringify(jobId2)} of graph ${graphId} ${how}`];
  }
  /** Whether whoever has given a place back started the job on it. */
  async startedAfter(event) {
    const { graphId, jobId: jobId2, attempt, after: after2 } = event.data;
    const [start3] = await this.read({ graphId, jobId: jobId2 }, after2 + 1, after2 + 1);
    if (start3?.type !== "JobStarted" || start3.data.attempt !== attempt || start3.actor !== event.actor) return false;
    const later2 = await this.read(event, event.revision + 1);
    return !later2.some((each2) => each2.type === "PlaceTaken" && placeId(each2.data) === placeId(event.data));
  }
  async allSettings() {
    this.settings ??= (await readWorkEvents(this.log)).filter((event) => event.type === "LimitSet");
    return this.settings;
  }
  async read(stream, from, to) {
    const range = to === void 0 ? { from } : { from, to };
    const read3 = await this.log.readStream(stream, range)();
    if (E.isRight(read3)) return read3.right;
    throw read3.left;
  }
  async placesBefore(key, event) {
    const places = new Places(key);
    if (event.revision === 0) return places;
    const read3 = await this.log.readStream(event, { from: 0, to: event.revision - 1 })();
    if (E.isLeft(read3) && read3.left.code !== "store-history-missing") throw read3.left;
    if (E.isLeft(read3)) return null;
    for (const past of read3.right) places.apply(past);
    return places;
  }
};
function isOfClaim(one, { data }) {
  return one.data.graphId === data.graphId && one.data.jobId === data.jobId && one.data.after === data.after;
}
function isFor(pattern, key) {
  return pattern === key || pattern.endsWith("*") && key.startsWith(pattern.slice(0, -1));
}

// src/history/verify/schedule-checks.ts
init_positions();
init_canonical_event();
init_fp();
var decisions = ["ScheduleFired", "ScheduleBuffered", "ScheduleSkipped"];
var ScheduleChecks = class {
  constructor(log) {
    this.log = log;
  }
  log;
  /** By name. Null for one that cannot be judged any more. */
  states = /* @__PURE__ */ new Map();
  /** What is wrong with an event of a schedule's stream, given in log order. @param stored the same event, as it is stored */
  async check(name2, event, stored) {
    const state = this.states.has(name2) ? this.states.get(name2) : await this.stateBefore(name2, event);
    if (state === null) return [];
    if (keptData(stored.data) === null && (decisions.includes(event.type) || event.type === "ScheduleTriggered")) {
      this.states.set(name2, null);
      return [];
    }
    const next = evolveSchedule(state, event);
    this.states.set(name2, next);
    const wrong2 = whyNoEffect(state, event);
    const found = wrong2 === null || wrong2.isEarly ? [] : [wrong2.problem];
    const { causationId } = event;
    if (causationId !== null && causationId !== state.lastEventId) {
      found.push(`its cause ${causationId} is not the event before it`);
    }
    if (next.last !== state.last && event.type === "ScheduleFired") found.push(...await this.whyTwice(name2, event));
    if (decisions.includes(event.type)) found.push(...await this.whyNoRun(state, event));
    return found;
  }
  /** The last run that was decided before an event is there. */
  async whyNoRun({ last: last2 }, { position }) {
    if (last2 === null) return [];
    const first = await this.firstOf(last2.graphId);
    if (first === "lost" || first !== null && comparePositions(first.position, position) < 0) return [];
    return [`it comes after run ${last2.graphId} was decided, whose graph was not there by then`];
  }
  async whyTwice(name2, { data, position }) {
    const first = await this.firstOf(data.graphId);
    const isThere2 = first !== null && first !== "lost" && comparePositions(first.position, position) < 0;
    const isRun2 = isThere2 && first.type === "GraphSubmitted" && first.data.labels[scheduleLabel] === name2;
    return isRun2 ? [`its graph ${data.graphId} was there before: the run is decided a second time`] : [];
  }
  async firstOf(graphId) {
    const read3 = await this.log.readStream({ graphId, jobId: null }, { from: 0, to: 0 })();
    if (E.isRight(read3)) return read3.right[0] ?? null;
    if (read3.left.code === "store-history-missing") return "lost";
    throw read3.left;
  }
  async stateBefore(name2, event) {
    if (event.revision === 0) return initialSchedule(name2);
    const read3 = await this.log.readStream(event, { from: 0, to: event.revision - 1 })();
    if (E.isRight(read3)) return read3.right.reduce(evolveSchedule, initialSchedule(name2));
    if (read3.left.code === "store-history-missing") return null;
    throw read3.left;
  }
};

// src/history/verify/graph-checks.ts
var settledJobsKept = { atFirst: 1e3, atMost: 2e4 };
var GraphChecks = class {
  constructor(log) {
    this.log = log;
    this.schedules = new ScheduleChecks(log);
    this.limits = new LimitChecks(log);
  }
  log;
  /** Of the streams of schedules. */
  schedules;
  /** Of the streams of limits. */
  limits;
  /** Of the namespace's own stream. */
  ofNamespace = null;
  checks = /* @__PURE__ */ new Map();
  /** Those that have settled, the earliest first. */
  settled = /* @__PURE__ */ new Set();
  settledJobs = 0;
  settledJobsMax = settledJobsKept.atFirst;
  /** Whether the check of an event's graph is in memory. */
  has(event) {
    return isOfNamespace(event) ? this.ofNamespace !== null : this.checks.has(event.graphId);
  }
  /** Begins the check of an event's graph, or of the namespace's own stream. */
  async open(event, tally) {
    if (isOfNamespace(event)) {
      const check2 = this.ofNamespace = new NamespaceCheck();
      const earlier2 = event.revision === 0 ? [] : await this.readAgain(event, tally, this.log.readStream(event));
      for (const past of earlier2) check2.check(past);
      return;
    }
    const check = new GraphCheck(event.graphId);
    this.checks.set(event.graphId, check);
    const isNew = event.jobId === null && event.revision === 0;
    const { graphId, position } = event;
    const earlier = isNew ? [] : await this.readAgain(event, tally, this.log.readGraph(graphId, position));
    for (const past of earlier) check.check(past);
    if (earlier.length === 0) tally.graphs += 1;
    else this.settledJobsMax = Math.min(settledJobsKept.atMost, this.settledJobsMax + check.state.jobs.size);
  }
  /** Checks an event of a graph whose check is in memory. */
  check(event, tally) {
    if (isOfNamespace(event)) return tally.found(this.ofNamespace.check(event));
    const check = this.checks.get(event.graphId);
    const { state } = check;
    const before = state.existsFrom === null ? 0 : state.jobs.size;
    tally.found(check.check(event));
    if (state.existsFrom !== null) tally.jobs += state.jobs.size - before;
    if (this.settled.has(check) !== state.isSettled) this.reindex(check);
  }
  async readAgain({ id: eventId, graphId, jobId: jobId2, position }, tally, history2) {
    const read3 = await history2();
    if (E.isRight(read3)) return read3.right.filter((past) => comparePositions(past.position, position) < 0);
    if (read3.left.code !== "store-history-missing") throw read3.left;
    tally.found([{ position, eventId, graphId, jobId: jobId2, problem: read3.left.message }]);
    return [];
  }
  reindex(check) {
    const { state } = check;
    if (!state.isSettled) {
      this.settled.delete(check);
      this.settledJobs -= state.jobs.size;
      return;
    }
    this.settled.add(check);
    this.settledJobs += state.jobs.size;
    for (const oldest of this.settled) {
      if (this.settledJobs <= this.settledJobsMax || oldest === check) break;
      this.settled.delete(oldest);
      this.settledJobs -= oldest.state.jobs.size;
      this.checks.delete(oldest.state.id);
    }
  }
};

// src/history/verify/piece.ts
init_canonical_event();
init_namespace_stream();
import { setImmediate as nextTurn4 } from "node:timers/promises";
init_event_log();
init_positions();
init_tree_hash();

// src/history/verify/namespace-checks.ts
init_canonical_event();
init_positions();
init_fp();
async function checkOfNamespace(log, event, stored, { schedules: schedules2, limits: limits3 }) {
  const [name2, key] = [scheduleNameOf(event), limitKeyOf(event)];
  const untrue = name2 !== null ? await schedules2.check(name2, event, stored) : key !== null ? await limits3.check(key, event, stored) : [await whyUntrue(log, event, stored)];
  const found = [await whyOutOfPlace(log, event), ...untrue];
  const { position, id: eventId, graphId, jobId: jobId2 } = event;
  return found.flatMap((problem) => problem === null ? [] : [{ position, eventId, graphId, jobId: jobId2, problem }]);
}
async function whyOutOfPlace(log, event) {
  if (event.revision === 0) return null;
  const before = await eventAt(log, event, event.revision - 1);
  const isThere2 = before !== null && comparePositions(before.position, event.position) < 0;
  return isThere2 ? null : `event ${event.revision - 1} of its stream does not come before it`;
}
async function whyUntrue(log, event, stored) {
  if (event.type === "Unreadable") return event.data.explanation;
  if (event.type !== "ResultMemoized" || memoKeyOf(event) === null)
    return `${event.type} does not belong in this stream`;
  return keptData(stored.data) === null ? null : await whyNoResult(log, event);
}
async function whyNoResult(log, { position, data }) {
  const { graphId, jobId: jobId2, attempt, eventId, revision } = data;
  const source = await eventAt(log, { graphId, jobId: jobId2 }, revision);
  const isThere2 = source?.type === "JobFinished" && source.id === eventId && source.data.attempt === attempt;
  if (isThere2 && comparePositions(source.position, position) < 0) return null;
  return `it says that attempt ${attempt} of job ${JSON.stringify(jobId2)} of graph ${graphId} has finished before it, by event ${revision}, and no such event does`;
}
async function eventAt(log, stream, revision) {
  const read3 = await log.readStream(stream, { from: revision, to: revision })();
  if (E.isRight(read3)) return read3.right[0] ?? null;
  if (read3.left.code === "store-history-missing") return null;
  throw read3.left;
}

// src/history/verify/tally.ts
var problemsMax2 = 1e3;
var Tally = class {
  events = 0;
  graphs = 0;
  jobs = 0;
  problems = [];
  problemCount = 0;
  get progress() {
    const { events, graphs: graphs2, jobs: jobs2, problemCount } = this;
    return { events, graphs: graphs2, jobs: jobs2, problems: problemCount };
  }
  /** Adds problems after those it has. */
  found(problems2) {
    this.problemCount += problems2.length;
    for (const problem of problems2) if (this.problems.length < problemsMax2) this.problems.push(problem);
  }
  /** Adds problems of the log as a whole: they come first, and are always kept. */
  foundFirst(problems2) {
    this.problemCount += problems2.length;
    this.problems.unshift(...problems2);
  }
  /** Adds what was counted and found elsewhere. */
  add({ events, graphs: graphs2, jobs: jobs2, problems: problems2 }, kept4) {
    this.events += events;
    this.graphs += graphs2;
    this.jobs += jobs2;
    this.found(kept4);
    this.problemCount += problems2 - kept4.length;
  }
};

// src/history/verify/piece.ts
var readBatch5 = 500;
async function verifyPiece(log, { after: after2, upTo }, { before = noTree, isHashed = true, checks = new GraphChecks(log), onProgress, signal } = {}) {
  const tree = new LogTreeBuilder(treeHash, before);
  const inOrder = new LogCheck(comparePositions, before);
  const tally = new Tally();
  let first = null;
  const finding = (failure2) => {
    const { progress, problems: problems2 } = tally;
    return { progress, problems: problems2, first, tree: tree.tree(), failure: failure2 };
  };
  try {
    for await (const batch3 of storedBatches(log, { after: after2, upTo, limit: readBatch5 })) {
      signal?.throwIfAborted();
      for (const stored of batch3) {
        if (isHashed) tree.add(stored);
        if (checks === null) continue;
        const event = recordedEvent(stored);
        first ??= placed2(event);
        tally.events += 1;
        tally.found(inOrder.check(event));
        if (isOfNamespace(event) && event.jobId !== null) {
          tally.found(await checkOfNamespace(log, event, stored, checks));
          continue;
        }
        if (!checks.has(event)) await checks.open(event, tally);
        checks.check(event, tally);
      }
      if (checks !== null) onProgress?.(tally.progress);
      await nextTurn4();
    }
    return finding(null);
  } catch (error) {
    if (error instanceof LogError) return finding(error);
    throw error;
  }
}
function placed2({ position, recordedAt, id, graphId, jobId: jobId2 }) {
  return { position, recordedAt, id, graphId, jobId: jobId2 };
}

// src/history/verify/plan.ts
init_namespace_stream();
init_merkle_tree();
init_event_log();
init_positions();
import { availableParallelism } from "node:os";
var defaultLimits = { piecesMax: Math.min(availableParallelism(), 8), pieceEventsMin: 8 * tileLeaves };
var probed = [5 / 8, 6 / 8, 7 / 8];
async function planOf(log, limits3 = defaultLimits) {
  const [last2] = await orThrow(log.readAll({ direction: "backwards", limit: 1 }));
  if (last2 === void 0) return { pieces: [], isAuditShared: true };
  try {
    return await planUpTo(log, last2.position, limits3);
  } catch (error) {
    if (error instanceof LogError) return inOnePiece(last2.position);
    throw error;
  }
}
async function planUpTo(log, end, limits3) {
  const cuts = await cutsOf(log, end, limits3);
  if (cuts === null) return inOnePiece(end);
  const { shared, hashed: hashed2, probes } = cuts;
  let spanning = 0;
  for (const probe of probes) if (await isBegunBefore(log, probe, shared)) spanning += 1;
  const isAuditShared = spanning * 2 < probes.length;
  return { pieces: piecesBetween([...isAuditShared ? shared : hashed2, end]), isAuditShared };
}
function inOnePiece(end) {
  return { pieces: piecesBetween([end]), isAuditShared: true };
}
async function cutsOf(log, end, limits3) {
  if (log.positionsOf === void 0) return null;
  let events = 0;
  const positions = await orThrow(
    log.positionsOf(end, (count2) => {
      events = count2;
      return numbersOf(numberedCuts(count2, limits3));
    })
  );
  const cuts = numberedCuts(events, limits3);
  if (cuts === null) return null;
  const places = new Map(numbersOf(cuts).map((n, index) => [n, positions[index]]));
  const placesOf = (numbers) => numbers.map((n) => places.get(n));
  return { shared: placesOf(cuts.shared), hashed: placesOf(cuts.hashed), probes: placesOf(cuts.probes) };
}
function numbersOf(cuts) {
  if (cuts === null) return [];
  return [.../* @__PURE__ */ new Set([...cuts.shared, ...cuts.hashed, ...cuts.probes])].sort((a, b) => a - b);
}
function numberedCuts(count2, { piecesMax, pieceEventsMin }) {
  const pieces2 = Math.min(piecesMax, Math.floor(count2 / pieceEventsMin));
  if (pieces2 < 2) return null;
  return {
    shared: endsOfPieces(count2, pieces2),
    hashed: endsOfPieces(count2, pieces2 - 1),
    probes: probed.map((part) => Math.floor(count2 * part))
  };
}
function endsOfPieces(count2, pieces2) {
  const size = tileLeaves * Math.ceil(count2 / pieces2 / tileLeaves);
  const ends3 = [];
  for (let end = size; end < count2; end += size) ends3.push(end);
  return ends3;
}
function piecesBetween(ends3) {
  return ends3.map((end, index) => ({ after: ends3[index - 1] ?? null, upTo: end }));
}
async function isBegunBefore(log, position, cuts) {
  const cut2 = cuts.findLast((each2) => comparePositions(each2, position) < 0);
  if (cut2 === void 0) return false;
  const [event] = await orThrow(log.readStored({ after: position, limit: 1 }));
  if (event === void 0 || isOfNamespace(event)) return false;
  const [first] = await orThrow(log.readStream({ graphId: event.graphId, jobId: null }, { from: 0, to: 0 }));
  return first !== void 0 && comparePositions(first.position, cut2) <= 0;
}

// src/history/verify/thread.ts
import { Worker } from "node:worker_threads";
var PieceThread = class {
  /** Null if the thread did not finish: the main thread then verifies the piece itself, and so finds out why. */
  finding;
  worker;
  constructor(log, piece2, { isAudited, onProgress }) {
    const { address, namespace } = log;
    const workerData = { address, namespace, piece: piece2, isAudited };
    this.worker = new Worker(new URL("./thread-main.js", import.meta.url), { workerData });
    this.finding = new Promise((resolve2) => {
      this.worker.on("message", (message2) => {
        if (message2.kind === "progress") onProgress(message2.progress);
        else resolve2(message2.finding);
      });
      this.worker.once("error", () => resolve2(null));
      this.worker.once("exit", () => resolve2(null));
    });
  }
  async end() {
    await this.worker.terminate();
  }
};

// src/history/verify/verify.ts
init_known_names();
init_when_aborted();
async function verify({ log }, options = {}) {
  assertOptions("verify", options, { onProgress: true, signal: true });
  return await verifyAsPlanned(log, await planOrError(log), options);
}
async function planOrError(log) {
  try {
    return await planOf(log);
  } catch (error) {
    if (error instanceof LogError) return error;
    throw error;
  }
}
async function verifyAsPlanned(log, plan, { onProgress, signal } = {}) {
  const whole3 = new Tally();
  const soFar = new SharedProgress(onProgress);
  const { pieces: pieces2, isAuditShared } = plan instanceof LogError ? { pieces: [], isAuditShared: true } : plan;
  const threads = pieces2.map((piece2, index) => {
    if (isAuditShared && index === 0) return null;
    return new PieceThread(log, piece2, { isAudited: isAuditShared, onProgress: soFar.of(piece2) });
  });
  const unlisten = whenAborted(signal, () => threads.forEach((thread) => void thread?.end()));
  let treeHead = null;
  let stillReadable = null;
  try {
    const damage = await orThrow(log.check());
    if (damage.length > 0 && log.readable !== void 0) stillReadable = await orThrow(log.readable());
    whole3.found(damage.map((problem) => unplaced(`the storage is damaged: ${problem}`)));
    try {
      if (plan instanceof LogError) throw plan;
      const verifier = new Verifier(log, isAuditShared, signal);
      for (const [index, piece2] of pieces2.entries()) {
        const { progress, problems: problems2, failure: failure2 } = await verifier.verify(piece2, threads[index] ?? null, soFar.of(piece2));
        whole3.add(progress, problems2);
        if (failure2 !== null) throw failure2;
      }
      treeHead = headOf(log, verifier.tree);
      whole3.foundFirst(await checkpointProblems(log, verifier.tree));
    } catch (error) {
      if (damage.length === 0 || !(error instanceof LogError)) throw error;
      whole3.found([unplaced(`the log cannot be read any further: ${error.message}`)]);
    }
  } finally {
    unlisten();
    for (const thread of threads) await thread?.end();
  }
  const { events, graphs: graphs2, jobs: jobs2, problems: problemCount } = whole3.progress;
  return { events, graphs: graphs2, jobs: jobs2, problems: whole3.problems, problemCount, stillReadable, treeHead };
}
var Verifier = class {
  constructor(log, isAuditShared, signal) {
    this.log = log;
    this.isAuditShared = isAuditShared;
    this.signal = signal;
    this.checks = new GraphChecks(log);
  }
  log;
  isAuditShared;
  signal;
  /** Over the pieces verified so far. */
  tree = noTree;
  checks;
  /** @param thread which works on the piece, if one does */
  async verify(piece2, thread, onProgress) {
    const finding = await this.findingOf(piece2, thread, onProgress);
    onProgress(finding.progress);
    this.tree = finding.tree;
    return finding;
  }
  async findingOf(piece2, thread, onProgress) {
    const { log, checks, tree: before, signal } = this;
    if (thread === null) return await verifyPiece(log, piece2, { before, checks, onProgress, signal });
    if (!this.isAuditShared) {
      const audited = await verifyPiece(log, piece2, { before, checks, isHashed: false, onProgress, signal });
      if (audited.failure !== null) return audited;
      const hashed2 = joined2(before, await thread.finding) ?? await verifyPiece(log, piece2, { before, checks: null, signal });
      return { ...audited, tree: hashed2.tree, failure: hashed2.failure };
    }
    const theirs = joined2(before, await thread.finding);
    if (theirs === null) return await verifyPiece(log, piece2, { before, checks, onProgress, signal });
    this.checks = new GraphChecks(log);
    return theirs;
  }
};
function joined2(before, finding) {
  const tree = finding === null ? null : joinTrees(before, finding.tree);
  if (finding === null || tree === null) return null;
  const tally = new Tally();
  if (finding.first !== null) tally.found(new LogCheck(comparePositions, before).check(finding.first));
  tally.add(finding.progress, finding.problems);
  return { ...finding, tree, progress: tally.progress, problems: tally.problems };
}
var SharedProgress = class {
  constructor(onProgress) {
    this.onProgress = onProgress;
  }
  onProgress;
  pieces = /* @__PURE__ */ new Map();
  /** Takes the progress of a piece. */
  of(piece2) {
    return (progress) => {
      if (this.onProgress === void 0) return;
      this.pieces.set(piece2, progress);
      const all = new Tally();
      for (const each2 of this.pieces.values()) all.add(each2, []);
      this.onProgress(all.progress);
    };
  }
};
async function checkpointProblems(log, tree) {
  const checkpoint = await loadCheckpoint(log);
  if (checkpoint === null) return [];
  const { size, rootHash } = headOf(log, checkpoint);
  const before = `the audit has hashed the first ${size} events before, up to @${checkpoint.position}`;
  if (size > tree.size) return [unplaced(`${before}; there are ${tree.size} of them now: events were taken away`)];
  const root = size === 0 ? rootHash : await searchable(log, tree).root([0, size]);
  if (root === rootHash) return [];
  const tile = checkpoint.tiles.findIndex((hash3, index) => hash3 !== tree.tiles[index]);
  const from = (tile < 0 ? checkpoint.tileEnds.at(-1) : checkpoint.tileEnds[tile - 1]) ?? null;
  const to = tile < 0 ? checkpoint.position : checkpoint.tileEnds[tile];
  const where2 = `${from === null ? "at the start" : `after @${from}`} and up to @${to}`;
  return [unplaced(`${before}, and to something else: between then and now, history was altered ${where2}`)];
}
function unplaced(problem) {
  return { position: null, eventId: null, graphId: null, jobId: null, problem };
}

// src/evidence/acceptance.ts
init_json();
init_utf8();
init_canonical_event();
init_read_event();
init_limits();
init_namespace_stream();

// src/history/export/import.ts
init_canonical_event();
init_namespace_stream();
init_event_log();
init_restore_check();
init_errors();
init_known_names();

// src/web/server/incident-file.ts
init_incident_format();
init_known_names();

// src/web/server/page-files.ts
init_errors();

// src/web/server/answers.ts
init_event_log();
init_errors();
init_shown_address();

// src/web/server/access.ts
init_known_names();

// src/web/server/operations.ts
init_errors();

// src/web/server/reading-store.ts
init_positions();
init_event_log();
init_fp();

// src/web/server/route.ts
init_known_names();

// src/web/server/parameters.ts
init_codec();
init_fp();
init_io();
init_json();
init_known_names();
function fromText(name2, read3) {
  return new Type(
    name2,
    (u) => u !== void 0,
    (u, context) => {
      const value2 = typeof u === "string" ? read3(u) : void 0;
      return value2 === void 0 ? failure(u, context) : success(value2);
    },
    identity
  );
}
function numberIn(least, most) {
  return fromText(`whole number from ${least} to ${most}`, (text) => {
    const value2 = Number(text);
    return /^\d{1,15}$/.test(text) && value2 >= least && value2 <= most ? value2 : void 0;
  });
}
function textUpTo(charactersMax, least = 0) {
  const name2 = `text of ${least === 0 ? "at most" : `${least} to`} ${charactersMax} characters`;
  const isFit = (text) => text.length >= least && text.length <= charactersMax;
  return fromText(name2, (text) => isFit(text) ? text : void 0);
}
function oneOf3(names) {
  return fromText(names.join(", "), (text) => names.find((name2) => name2 === text));
}
var Flag = fromText(
  "true or false",
  (text) => text === "true" ? true : text === "false" ? false : void 0
);
var PositionParameter = fromText(
  "position in the log",
  (text) => /^\d{1,20}(\/\d{1,20})?$/.test(text) ? text : void 0
);
function several(codec2, most) {
  return new Type(
    `${codec2.name}, at most ${most} times`,
    (u) => Array.isArray(u),
    (u, context) => {
      const given = Array.isArray(u) ? u : [u];
      if (given.length > most) return failure(u, context);
      const values2 = [];
      for (const each2 of given) {
        const value2 = codec2.validate(each2, context);
        if (E.isLeft(value2)) return value2;
        values2.push(value2.right);
      }
      return success(values2);
    },
    identity
  );
}
var Labels = new Type(
  "label, as key=value",
  isPlainObject,
  (u, context) => {
    const texts = several(textUpTo(2e3, 1), 20).validate(u, context);
    if (E.isLeft(texts)) return texts;
    const labels = /* @__PURE__ */ new Map();
    for (const text of texts.right) {
      const equals = text.indexOf("=");
      const key = text.slice(0, equals);
      const value2 = text.slice(equals + 1);
      if (equals <= 0) return failure(text, context);
      if (labels.has(key) && labels.get(key) !== value2)
        return failure(text, context, "is given twice, with two values");
      labels.set(key, value2);
    }
    return success(Object.fromEntries(labels));
  },
  identity
);
var none2 = record2("no parameters", {});

// src/web/server/routes/about.ts
init_shown_address();

// src/web/server/routes/audit.ts
init_codec();
init_delay();
init_ending_at_once();

// src/web/server/streams.ts
init_when_aborted();

// src/web/server/routes/audit.ts
var ProofParameters = record2("parameters", { event: textUpTo(60, 1) });

// src/web/server/routes/graphs.ts
init_codec();
init_ending_at_once();
init_defined();

// src/web/server/changes.ts
init_namespace_stream();
init_event_log();
init_ending_at_once();

// src/web/server/event-lines.ts
init_canonical_event();
var batch = { first: 50, most: 2e3, wanted: 1024 * 1024 };

// src/web/server/follow.ts
init_positions();
init_event_log();
init_delay();
init_ending_at_once();

// src/web/server/graph-list.ts
init_positions();

// src/web/server/known-graphs.ts
init_positions();
init_event_log();

// src/web/server/recent-histories.ts
init_namespace_stream();
var batch2 = { first: 250, most: 2e3, wanted: 1024 * 1024 };
var held = { bytesMax: 32 * 1024 * 1024, bytesPerEvent: 1e3 };

// src/web/server/submissions.ts
init_positions();
var atOnce = { first: 20, most: 500, wanted: 2 * 1024 * 1024 };

// src/web/server/routes/graphs.ts
var ListParameters = record2(
  "parameters",
  {},
  {
    limit: numberIn(1, 1e3),
    after: textUpTo(500, 1),
    status: several(oneOf3(graphStatuses), graphStatuses.length),
    label: Labels,
    search: textUpTo(searchCharactersMax),
    asOf: PositionParameter
  }
);
var FromParameters = record2("parameters", {}, { after: PositionParameter });

// src/web/server/routes/log.ts
init_events();
init_defined();
init_codec();
init_limits();
var pageCharactersMax = 4 * 1024 * 1024;
var LogParameters = record2(
  "parameters",
  {},
  {
    after: PositionParameter,
    before: PositionParameter,
    limit: numberIn(1, 500),
    type: several(oneOf3(eventTypes), eventTypes.length),
    graph: textUpTo(limits.graphIdBytesMax, 1)
  }
);

// src/web/server/routes/moments.ts
init_limits();
init_defined();
init_codec();
var name = textUpTo(limits.actorBytesMax, 1);
var AsOfParameters = record2("parameters", {}, { asOf: PositionParameter });
var MomentParameters = record2("parameters", { at: textUpTo(100, 1) }, { graph: textUpTo(limits.graphIdBytesMax, 1) });
var WorkersParameters = record2(
  "parameters",
  {},
  {
    limit: numberIn(1, 1e3),
    after: name,
    running: Flag,
    type: several(textUpTo(limits.jobTypeBytesMax, 1), 50),
    host: several(name, 50),
    asOf: PositionParameter,
    eventsMax: numberIn(1, 1e5)
  }
);
var PlacesParameters = record2(
  "parameters",
  { key: several(textUpTo(limits.limitKeyBytesMax, 1), limits.limitsPerJobMax) },
  { asOf: PositionParameter }
);

// src/web/server/routes/operate.ts
init_limits();
init_codec();
init_defined();
init_fp();
init_io();
init_json();
var bodyBytesMax = 16 * 1024;
var forkBytesMax = 1024 * 1024;
var answerBytesMax = 4 * limits.resultBytesMax;
var jobsMax = 1e4;
var reason = { reason: textUpTo(limits.messageCharactersMax, 1) };
var ReasonBody = record2("body", reason);
var PauseBody = record2("body", {
  ...reason,
  action: oneOf3(["pause", "resume"]),
  type: orNull(textUpTo(limits.jobTypeBytesMax, 1))
});
var AnswerBody = withOneOf(
  record2("body", reason, { result: JsonValue, fail: textUpTo(limits.messageCharactersMax, 1) }),
  "result",
  "fail"
);
var jobId = textUpTo(limits.jobIdBytesMax, 1);
var ForkBody = record2("body", reason, {
  from: several(jobId, jobsMax),
  keep: several(jobId, jobsMax),
  args: JsonRecord,
  failed: boolean,
  id: textUpTo(limits.graphIdBytesMax, 1),
  labels: record(string, string, "labels"),
  priority: SafeInt,
  asOf: PositionParameter
});
var PreviewParameters = record2(
  "parameters",
  {},
  {
    from: several(jobId, 200),
    keep: several(jobId, 200),
    args: textUpTo(4e3, 2),
    failed: Flag,
    asOf: PositionParameter
  }
);

// src/web/server/routes/session.ts
init_codec();
var Token = record2("session", { token: textUpTo(500) });

// src/web/server/sessions.ts
var sessionMs = 24 * 60 * 60 * 1e3;

// src/web/server/web-options.ts
init_errors();
init_known_names();

// src/store/archive-graphs.ts
init_event_log();
init_defined();
init_errors();
init_known_names();
init_shown_address();

// src/index.ts
init_event_log();

// src/store/server-projections.ts
init_errors();
init_known_names();

// src/testing/seeded.ts
function randomFrom(seed) {
  let state = seed >>> 0;
  return () => {
    state = state + 1831565813 >>> 0;
    let t = Math.imul(state ^ state >>> 15, 1 | state);
    t = t + Math.imul(t ^ t >>> 7, 61 | t) ^ t;
    return ((t ^ t >>> 14) >>> 0) / 2 ** 32;
  };
}
function idsFrom(random) {
  const hex = (digits4) => Math.floor(random() * 16 ** digits4).toString(16).padStart(digits4, "0");
  return () => `${hex(8)}-${hex(4)}-4${hex(3)}-${(8 + Math.floor(random() * 4)).toString(16)}${hex(3)}-${hex(8)}${hex(4)}`;
}

// test/simulation/chance.ts
function hashed(seed, text) {
  let hash3 = 2166136261 ^ seed;
  for (let at = 0; at < text.length; at++) hash3 = Math.imul(hash3 ^ text.charCodeAt(at), 16777619);
  hash3 = Math.imul(hash3 ^ hash3 >>> 15, 739982445);
  return (hash3 ^ hash3 >>> 13) >>> 0;
}
function chanceOf(seed, name2) {
  return randomFrom(hashed(seed, name2));
}
function between(random, low, high) {
  return low + Math.floor(random() * (high - low + 1));
}
function oneOf4(random, among) {
  return among[Math.floor(random() * among.length)];
}
var circumstanceMs = 1e4;
var Chances = class {
  constructor(plan, elapsedMs) {
    this.plan = plan;
    this.elapsedMs = elapsedMs;
    this.on = new Set(plan.faults);
    this.spared = new Set(plan.spared);
  }
  plan;
  elapsedMs;
  struck = [];
  on;
  spared;
  calls = /* @__PURE__ */ new Map();
  recent = /* @__PURE__ */ new Map();
  isCalm = false;
  /** From now on nothing strikes any more. */
  calm() {
    this.isCalm = true;
  }
  /** The next call (or message, or attempt) of some name, on a machine. */
  next(machine, name2) {
    const key = `${machine} ${name2}`;
    const number2 = (this.calls.get(key) ?? 0) + 1;
    this.calls.set(key, number2);
    return this.of(machine, `${key} ${number2}`);
  }
  /** An occasion with a name that no other has. */
  of(machine, occasion) {
    const random = chanceOf(this.plan.seed, occasion);
    return {
      random,
      strikes: (kind) => {
        const isHit = random() < (faultKinds[kind].rate ?? 0);
        return isHit && this.strike(machine, kind, `${occasion} ${kind}`);
      }
    };
  }
  /** Whether something strikes now that was planned; notes it if so. @param machine or `all` */
  strike(machine, kind, key) {
    if (this.isCalm || !this.on.has(kind) || this.spared.has(key)) return false;
    this.struck.push({ kind, key });
    const kinds = this.recent.get(machine) ?? /* @__PURE__ */ new Map();
    this.recent.set(machine, kinds);
    kinds.set(kind, this.elapsedMs());
    return true;
  }
  /** What has struck a machine lately. */
  circumstances(machine) {
    const since = this.elapsedMs() - circumstanceMs;
    const recent = [...this.recent.get(machine) ?? [], ...this.recent.get("all") ?? []];
    return recent.filter(([, at]) => at >= since).map(([kind]) => kind);
  }
};

// test/simulation/plan.ts
init_overlap();
var minute = 6e4;
function planFor(seed, { engine = "memory", faults, steps: steps2 = Infinity } = {}) {
  const random = chanceOf(seed, "plan");
  const on = faults ?? someFaults(random, engine === "memory" ? allFaults : [...allFaults, ...faultsOfFiles]);
  const disturbedMs = between(random, 1, 4) * minute;
  const priorities = chanceOf(seed, "priorities");
  const mostPriority = priorities() < 0.5 ? 1 : 0;
  const limits3 = limitsOf(seed, disturbedMs);
  const isLimited = limits3.length > 0;
  const graphs2 = Array.from({ length: between(random, 1, 5) }, (_, index) => {
    const atMs = index < 2 ? index : Math.floor(random() * disturbedMs);
    const isLarge = random() < 0.01;
    const jobs2 = isLarge ? 6 : between(random, 1, 10);
    const priority = between(priorities, -mostPriority, mostPriority);
    return { id: `graph ${index}`, atMs, seed: hash2(random), jobs: jobs2, priority, isLarge, isLimited };
  });
  const workers2 = between(random, 1, 4);
  return {
    seed,
    faults: on,
    workers: workers2,
    graphs: graphs2,
    schedules: schedulesOf(seed, disturbedMs),
    limits: limits3,
    isApart: isLimited && chanceOf(seed, "apart")() < 0.5,
    acts: actsOf(seed, on, disturbedMs).slice(0, steps2),
    disturbedMs,
    spared: []
  };
}
function schedulesOf(seed, disturbedMs) {
  const random = chanceOf(seed, "schedules");
  const count2 = random() < 0.66 ? 0 : between(random, 1, 2);
  return Array.from({ length: count2 }, (_, index) => ({
    name: `schedule ${index}`,
    atMs: Math.floor(random() * disturbedMs / 2),
    seed: hash2(random),
    jobs: between(random, 1, 3),
    everyMs: between(random, 5, 60) * 1e3,
    overlap: oneOf4(random, overlaps),
    catchUpMs: oneOf4(random, [1e3, 1e4, minute, 60 * minute])
  }));
}
var limitKeys = ["key-0", "key-1", "other"];
function limitsOf(seed, disturbedMs) {
  const random = chanceOf(seed, "limits");
  const count2 = random() < 0.5 ? 0 : between(random, 1, 3);
  return Array.from({ length: count2 }, () => limitFor(random, Math.floor(random() * disturbedMs / 3)));
}
function limitFor(random, atMs) {
  const key = oneOf4(random, [...limitKeys, "key-*", "*"]);
  const concurrency = { concurrency: between(random, 1, 3) };
  const rate = { rate: { starts: between(random, 1, 4), windowMs: between(random, 1, 20) * 1e3 } };
  const which = random();
  const measure = which < 0.5 ? concurrency : which < 0.75 ? rate : { ...concurrency, ...rate };
  return { key, atMs: random() < 0.6 ? 0 : atMs, ...measure };
}
function actsOf(seed, faults, disturbedMs) {
  const acts = faults.flatMap((kind) => {
    const { perMinute } = faultKinds[kind];
    if (perMinute === void 0) return [];
    const random = chanceOf(seed, `acts ${kind}`);
    const expected = perMinute * disturbedMs / minute;
    const count2 = Math.floor(expected * 2 * random() + random());
    return Array.from({ length: count2 }, () => ({ kind, atMs: random() * disturbedMs, seed: hash2(random) }));
  });
  return acts.sort((a, b) => a.atMs - b.atMs);
}
function someFaults(random, among) {
  const which = random();
  if (which < 0.5) return among;
  if (which < 0.75) return among.filter(() => random() < 0.4);
  if (which < 0.97) return [oneOf4(random, among)];
  return [];
}
function hash2(random) {
  return Math.floor(random() * 2 ** 32);
}

// test/simulation/play.ts
import { isDeepStrictEqual as isDeepStrictEqual2 } from "node:util";

// test/simulation/heard-log.ts
init_event_log();
init_fp();
import { setImmediate as nextTurn5 } from "node:timers/promises";
function heardLog(log, { judge, isFull, onEvent }) {
  const hear = async () => {
    const after2 = judge.events.at(-1)?.position ?? null;
    const fresh = judge.fresh(await certainly(log.readAll({ after: after2, limit: 1e6 })));
    judge.take(fresh);
    for (const event of fresh) onEvent(event);
  };
  const shown5 = async (events) => {
    const ends3 = events.length === 0 ? [] : [events[0], events.at(-1)];
    if (ends3.some((event) => judge.fresh([event]).length > 0)) await hear();
  };
  const read3 = (work) => async () => {
    const answer4 = await work();
    if (E.isRight(answer4)) await shown5(answer4.right);
    return answer4;
  };
  return {
    ...log,
    append: (requests) => async () => {
      if (isFull()) return full();
      const answer4 = await log.append(requests)();
      await hear();
      return answer4;
    },
    saveSnapshot: (name2, snapshot) => async () => isFull() ? full() : await log.saveSnapshot(name2, snapshot)(),
    readStream: (stream, range) => read3(log.readStream(stream, range)),
    readGraph: (graphId, upTo) => read3(log.readGraph(graphId, upTo)),
    readAll: (request) => read3(log.readAll(request)),
    subscribe: (request) => {
      const subscription = log.subscribe(request);
      const messages = async function* () {
        for await (const message2 of subscription) {
          if (message2.kind === "events") await shown5(message2.events);
          yield message2;
        }
      };
      return { [Symbol.asyncIterator]: messages, close: () => subscription.close() };
    }
  };
}
async function certainly(read3) {
  for (let tries = 0; tries < 1e3; tries++) {
    const answer4 = await read3();
    if (E.isRight(answer4)) return answer4.right;
    await nextTurn5();
  }
  throw new Error("the judge cannot read the log any more");
}
function full() {
  const message2 = "the disk is full: a fault that belongs to the test";
  return E.left(new LogError("store-full", message2, { isTransient: true }));
}

// test/simulation/graphs.ts
init_dependency_rules();
function graphFor({ id, seed, jobs: jobs2, priority, isLarge, isLimited }, startMs2) {
  const limits3 = chanceOf(seed, "limits");
  const times = chanceOf(seed, "times");
  const random = chanceOf(seed, "graph");
  const isAsked = chanceOf(seed, "external");
  const definitions2 = Array.from(
    { length: jobs2 },
    (_, index) => [`job ${index}`, jobFor(random, index, isLarge)]
  ).map(([name2, job2]) => [name2, isAsked() < 0.12 ? askedFor(job2) : isLimited ? limited(limits3, job2) : job2]).map(([name2, job2]) => [name2, timed(times, job2)]);
  return jobGraph({ jobs: Object.fromEntries(definitions2) }, {}, { id, priority, ...timesFor(times, startMs2) });
}
function limited(random, job2) {
  const args = { ...job2.args, key: between(random, 0, 1) };
  const keys = ["key-{key}", ...random() < 0.3 ? ["other"] : []];
  const limits3 = keys.map((key) => random() < 0.25 ? { key, units: 2 } : key);
  return random() < 0.75 ? { ...job2, args, limits: limits3 } : job2;
}
function timed(random, job2) {
  const isAsked = "external" in job2;
  const delays = { delayMs: between(random, 1, 2e4) };
  const chosen = {
    ...random() < 0.1 && !isAsked ? delays : {},
    ...random() < 0.08 && !isAsked ? { scheduleToStartMs: between(random, 1e3, 9e4) } : {},
    ...random() < 0.12 ? { scheduleToCloseMs: between(random, 2e3, 18e4) } : {}
  };
  return { ...job2, ...chosen };
}
function timesFor(random, startMs2) {
  const which = random();
  const soon = new Date(startMs2 + between(random, 0, 12e4));
  if (which < 0.06) return { startAfter: soon };
  if (which < 0.12) return { deadline: soon };
  return which < 0.2 ? { deadlineMs: between(random, 5e3, 2e5) } : {};
}
function jobFor(random, index, isLarge) {
  const hasTimeout = random() < 0.25;
  const isMemoized = random() < 0.3;
  const padding = isLarge ? { padding: "x".repeat(2e5) } : {};
  return {
    type: random() < 0.5 ? "t" : "u",
    ...dependenciesFor(random, index),
    args: { hasTimeout, isMemoized, ...padding },
    maximumLostLeases: 100,
    ...hasTimeout ? { timeoutMs: between(random, 1500, 8e3) } : {},
    ...random() < 0.5 ? { retry: { maximumAttempts: between(random, 1, 4), initialIntervalMs: 500 } } : {},
    ...isMemoized ? { memoize: memoryFor(random) } : {}
  };
}
function askedFor({ type, args, after: after2, ...job2 }) {
  const when = "when" in job2 && job2.when !== void 0 ? { when: job2.when } : {};
  return { type, args, after: after2, ...when, external: { for: "somebody" } };
}
function dependenciesFor(random, index) {
  const count2 = index === 0 ? 0 : between(random, 0, 2);
  const parents = [...new Set(Array.from({ length: count2 }, () => `job ${between(random, 0, index - 1)}`))];
  const after2 = parents.map((parent) => {
    const job2 = random() < 0.3 ? `${parent}/*` : parent;
    return random() < 0.2 ? { job: job2, optional: true } : job2;
  });
  return parents.length > 0 && random() < 0.5 ? { after: after2, when: oneOf4(random, dependencyRules) } : { after: after2 };
}
function spawnedFor(random, isLimited) {
  const isLarge = random() < 0.05;
  const names = Array.from({ length: between(random, 1, 3) }, (_, index) => `s${index}`);
  const jobs2 = names.map((name2, index) => {
    const before = names.slice(0, index).filter(() => random() < 0.6);
    const after2 = before.map((job2) => random() < 0.3 ? `${job2}/*` : job2);
    return [
      name2,
      {
        ...random() < 0.1 ? { delayMs: between(random, 1, 1e4) } : {},
        type: random() < 0.5 ? "t" : "u",
        ...after2.length > 0 && random() < 0.5 ? { after: after2, when: oneOf4(random, dependencyRules) } : { after: after2 },
        args: { hasTimeout: false, isMemoized: false, ...isLarge ? { padding: "x".repeat(15e4) } : {} },
        maximumLostLeases: 100,
        ...isLimited && random() < 0.5 ? { limits: ["key-1"] } : {}
      }
    ];
  });
  return Object.fromEntries(jobs2);
}
function memoryFor(random) {
  const key = `key ${between(random, 0, 2)}`;
  return random() < 0.5 ? { key } : { key, maxAgeMs: between(random, 1, 30) * 1e3 };
}

// test/simulation/people.ts
async function submit(world, plan) {
  const { random, strikes } = world.chances.of("submitter", `submission of ${plan.id}`);
  const graph = graphFor(plan, world.time.startMs);
  if (strikes("submitter-dies")) {
    const { store: store2, machine } = world.newHost("submitter");
    transactGraph(store2, graph).catch(() => {
    });
    await world.pass(between(random, 0, 3e3));
    machine.kill();
  }
  await world.untilReached("submitter", (store2) => transactGraph(store2, graph));
  world.expected.add(plan.id);
  if (world.judge.graphs.get(plan.id)?.reference.exists !== true) {
    world.judge.problems.push(`the submission of ${plan.id} was acknowledged, and it does not exist`);
  }
  await waitFor(world, plan.id);
}
async function waitFor(world, graphId) {
  const ended = await world.untilReached("client", (store2) => waitForGraph(store2, graphId));
  const outcomes = world.judge.graphs.get(graphId).outcomes;
  if (!outcomes.has(ended.status)) {
    world.judge.problems.push(`who waited for ${graphId} was told that it is ${ended.status}, which it never was`);
  }
}
async function operate(world, seed) {
  const random = chanceOf(seed, "operator");
  const graphIds = [...world.judge.graphs].filter(([, { reference }]) => reference.exists).map(([id]) => id);
  if (graphIds.length === 0) return;
  const graphId = oneOf4(random, graphIds);
  const jobId2 = jobFor2(world, graphId, random);
  const command = oneOf4(random, commands);
  const since = world.judge.events.length;
  const done = await attempted(world, (store2) => command(store2, graphId, jobId2));
  if (done === null) return;
  const problem = whyNotDone(world, world.judge.events.slice(since), { ...done, graphId });
  if (problem !== null) world.judge.problems.push(`graph ${graphId}: ${problem}`);
}
function jobFor2(world, graphId, random) {
  const spawned = [...world.judge.graphs.get(graphId)?.reference.jobs.values() ?? []].filter((job2) => job2.spawnedBy);
  return spawned.length > 0 && random() < 0.4 ? oneOf4(random, spawned).id : `job ${between(random, 0, 9)}`;
}
var aborting = async (store2, graphId, jobId2) => {
  await abortJob(store2, graphId, jobId2);
  return { what: "abort-job", jobIds: [jobId2] };
};
var abortingAll = async (store2, graphId) => {
  await abortGraph(store2, graphId);
  return { what: "abort-graph", jobIds: [] };
};
var retrying = async (store2, graphId, jobId2) => {
  await retryJob(store2, graphId, jobId2);
  return { what: "reset", jobIds: [jobId2] };
};
var retryingAll = async (store2, graphId) => ({ what: "reset", jobIds: await retryGraph(store2, graphId) });
var forking = async (store2, graphId, jobId2) => {
  const id = `fork ${store2.environment.newId().slice(0, 8)}`;
  await forkGraph(store2, graphId, { ...store2.environment.random() < 0.5 ? { from: [jobId2] } : { failed: true }, id });
  return { what: "fork", jobIds: [] };
};
var commands = [
  aborting,
  aborting,
  abortingAll,
  abortingAll,
  retrying,
  retrying,
  retrying,
  retryingAll,
  retryingAll,
  retryingAll,
  forking
];
function whyNotDone(world, events, { what, jobIds, graphId }) {
  const { reference } = world.judge.graphs.get(graphId);
  const wasUndone = events.some(
    (event) => event.graphId === graphId && (event.type === "JobReset" || event.type === "GraphReset")
  );
  if (what === "abort-graph")
    return reference.isAborted || wasUndone ? null : "its abort was acknowledged, and it is not aborted";
  for (const jobId2 of jobIds) {
    const isAborted = what === "abort-job" && reference.status(reference.jobs.get(jobId2)) === "aborted";
    const isReset = events.some(
      (event) => event.graphId === graphId && event.jobId === jobId2 && event.type === "JobReset"
    );
    if (!isAborted && !isReset && !(what === "abort-job" && wasUndone))
      return `${what} of ${jobId2} was acknowledged without effect`;
  }
  return null;
}
async function holdBack(world, seed) {
  const random = chanceOf(seed, "hold");
  const ofGraphs = world.plan.graphs.flatMap(({ id }) => [{ graphId: id }, { graphId: id }]);
  const targets = [...ofGraphs, { type: "t" }, { type: "u" }, "namespace"];
  const target = oneOf4(random, targets);
  const isPause = random() < 0.5;
  await attempted(world, async (store2) => void await (isPause ? pause(store2, target) : resume(store2, target)));
}
async function resumeAll(world) {
  await world.untilReached("operator", async (store2) => {
    for (const { scope, type, graphId } of await pauses(store2)) {
      const target = scope === "namespace" ? scope : scope === "type" ? { type } : { graphId };
      await resume(store2, target).catch((error) => {
        if (!(error instanceof RejectedError)) throw error;
      });
    }
  });
}
function isTransient(error) {
  return error instanceof LogError && error.isTransient;
}
async function attempted(world, work) {
  const host = world.newHost("operator");
  for (let tries = 0; tries < 4 && !host.machine.isDead; tries++) {
    try {
      return await world.on(host, () => work(host.store));
    } catch (error) {
      if (error instanceof RejectedError || error instanceof GraphConflictError) return null;
      if (!host.machine.isDead && !isTransient(error)) throw error;
      await world.pass(500);
    }
  }
  return null;
}
var finishes = defineProjection({
  name: "finishes",
  initial: 0,
  filter: { types: ["JobFinished"] },
  evolve: (count2) => count2 + 1
});
var Follower = class {
  constructor(world) {
    this.world = world;
  }
  world;
  /** Ids of events, in the order in which it was first told of them. */
  told = /* @__PURE__ */ new Set();
  host = null;
  ending = new AbortController();
  async run() {
    while (!this.ending.signal.aborted) {
      const host = this.host = this.world.newHost("follower");
      const onChange = ({ event }) => void this.told.add(event.id);
      const ran = project(host.store, finishes, { onChange, signal: this.ending.signal }).catch((error) => {
        if (!isTransient(error)) throw error;
      });
      await Promise.race([ran, host.machine.died]);
      if (!this.ending.signal.aborted) await this.world.pass(1e3);
    }
  }
  kill() {
    this.host?.machine.kill();
  }
  end() {
    this.ending.abort();
  }
};

// test/simulation/answering.ts
function awaiting(world) {
  return [...world.judge.graphs].flatMap(
    ([graphId, { reference }]) => [...reference.jobs.values()].filter((job2) => reference.isAwaiting(job2)).map(({ id: jobId2 }) => ({ graphId, jobId: jobId2 }))
  );
}
async function answer3(world, seed) {
  const random = chanceOf(seed, "answer");
  const graphIds = [...world.judge.graphs].filter(([, { reference }]) => reference.exists).map(([id]) => id);
  const open = awaiting(world);
  if (graphIds.length === 0) return;
  const any = { graphId: oneOf4(random, graphIds), jobId: `job ${between(random, 0, 10)}` };
  const question = open.length > 0 && random() < 0.7 ? oneOf4(random, open) : any;
  const people = random() < 0.4 ? 2 : 1;
  await Promise.all(
    Array.from({ length: people }, () => answerAs(world, question, random() < 0.75 ? "finish" : "fail"))
  );
}
async function answerAll(world) {
  await Promise.all(awaiting(world).map((question) => answerAs(world, question, "finish")));
}
async function answerAs(world, { graphId, jobId: jobId2 }, kind) {
  const host = world.newHost("answerer");
  const by = host.machine.name;
  const give = (store2) => kind === "finish" ? finishJob(store2, graphId, jobId2, { by }, { by, reason: "looked at it" }) : failJob(store2, graphId, jobId2, "it is wrong", { by });
  for (let tries = 0; tries < 4 && !host.machine.isDead; tries++) {
    try {
      await world.on(host, () => give(host.store));
      return told(world, { graphId, jobId: jobId2 }, by);
    } catch (error) {
      if (error instanceof RejectedError) return refused(world, { graphId, jobId: jobId2 }, error);
      if (error instanceof GraphConflictError) throw error;
      if (!host.machine.isDead && !isTransient(error)) throw error;
      await world.pass(500);
    }
  }
}
function told({ judge }, { graphId, jobId: jobId2 }, by) {
  const isThere2 = judge.events.some(
    (event) => event.type === "JobAnswered" && event.graphId === graphId && event.jobId === jobId2 && event.data.by === by
  );
  if (!isThere2) judge.problems.push(`an answer of ${by} to ${graphId}/${jobId2} was acknowledged and is not in the log`);
}
function refused({ judge }, { graphId, jobId: jobId2 }, error) {
  const job2 = judge.graphs.get(graphId)?.reference.jobs.get(jobId2);
  const isRight2 = whyRefused(job2, error);
  if (!isRight2) judge.problems.push(`an answer to ${graphId}/${jobId2} was refused without reason: ${error.message}`);
}
function whyRefused(job2, { code, message: message2 }) {
  const isExternal = job2?.definition.external !== void 0;
  switch (code) {
    case "job-not-found":
      return job2 === void 0;
    case "job-not-external":
      return job2 !== void 0 && !isExternal;
    case "job-already-ended": {
      const by = /answered by (\w+ \d+) at/.exec(message2)?.[1];
      return isExternal && (by === void 0 || job2.answeredBy.includes(by));
    }
    case "job-not-ready":
      return isExternal;
    default:
      return code === "graph-not-found";
  }
}

// test/simulation/limits.ts
async function limitAs(world, plan) {
  await world.untilReached("operator", (store2) => setAs(store2, plan));
  if (!world.judge.limits.wasEverSet(plan.key)) {
    world.judge.problems.push(`the limit ${plan.key} was acknowledged, and is not in the log`);
  }
}
async function setAs(store2, { key, concurrency, rate }) {
  const measure = { ...concurrency === void 0 ? {} : { concurrency }, ...rate === void 0 ? {} : { rate } };
  await setLimit(store2, key, measure);
}
async function change2(world, seed) {
  const random = chanceOf(seed, "limit");
  const { limits: planned } = world.plan;
  if (planned.length === 0) return;
  const { key } = oneOf4(random, planned);
  const other = limitFor(random, 0);
  const command = random() < 0.3 ? (store2) => removeLimit(store2, key) : (store2) => setAs(store2, other);
  await attempted(world, async (store2) => void await command(store2));
}
async function endLimits(world) {
  const random = chanceOf(world.plan.seed, "the end of limits");
  const isClockTrue = !world.plan.faults.includes("log-clock-jumps");
  await world.untilReached("operator", async (store2) => {
    for (const { key, concurrency, starts, windowMs } of await limits2(store2)) {
      const enough2 = concurrency === void 0 ? {} : { concurrency: Math.max(2, concurrency) };
      const rate = starts === void 0 || !isClockTrue ? {} : { rate: { starts, windowMs } };
      const kept4 = { ...enough2, ...rate };
      if (Object.keys(kept4).length > 0) await setLimit(store2, key, kept4);
      else await removeLimit(store2, key).catch(unlessRejected);
    }
    if (world.plan.limits.length > 0 && random() < 0.5) {
      await setLimit(store2, oneOf4(random, limitKeys), { concurrency: between(random, 2, 3) });
    }
  });
}
function unlessRejected(error) {
  if (!(error instanceof RejectedError)) throw error;
}

// test/simulation/schedules.ts
init_overlap();
async function setUp(world, plan) {
  await world.untilReached("scheduler", (store2) => setAs2(store2, world.plan.limits.length > 0, plan));
  if (world.judge.schedules.schedules.get(plan.name)?.isThere !== true) {
    world.judge.problems.push(`schedule ${plan.name} was acknowledged, and is not there`);
  }
}
async function setAs2(store2, isLimited, { name: name2, everyMs: everyMs2, overlap, catchUpMs, seed, jobs: jobs2 }) {
  const plan = { id: name2, atMs: 0, seed, jobs: jobs2, priority: 0, isLarge: false, isLimited };
  const { startAfter: _, deadline: _end, ...graph } = graphFor(plan, 0);
  await setSchedule(store2, name2, { graph, every: { ms: everyMs2 }, overlap, catchUpMs });
}
async function interfere(world, seed) {
  const random = chanceOf(seed, "schedule");
  if (world.plan.schedules.length === 0) return;
  const plan = oneOf4(random, world.plan.schedules);
  const { name: name2 } = plan;
  const isLimited = world.plan.limits.length > 0;
  const backMs = between(random, 1, 120) * 1e3;
  const other = { ...plan, overlap: oneOf4(random, overlaps), everyMs: between(random, 5, 60) * 1e3 };
  const commands2 = [
    (store2) => pauseSchedule(store2, name2),
    (store2) => resumeSchedule(store2, name2),
    (store2) => resumeSchedule(store2, name2),
    (store2) => triggerSchedule(store2, name2),
    (store2) => triggerSchedule(store2, name2),
    (store2) => backfillSchedule(store2, name2, stretch(store2.environment.now(), backMs)),
    (store2) => removeSchedule(store2, name2),
    (store2) => setAs2(store2, isLimited, plan),
    (store2) => setAs2(store2, isLimited, other)
  ];
  const command = oneOf4(random, commands2);
  await attempted(world, async (store2) => void await command(store2));
}
function stretch(now, backMs) {
  const iso = (at) => new Date(at).toISOString();
  return { from: iso(now - backMs), to: iso(now) };
}
async function resumeSchedules(world) {
  await world.untilReached("operator", async (store2) => {
    for (const { name: name2, pause: pause2 } of await schedules(store2)) {
      if (pause2 !== null) await resumeSchedule(store2, name2).catch(unlessRejected2);
    }
  });
}
async function removeSchedules(world) {
  await world.untilReached("operator", async (store2) => {
    for (const { name: name2 } of await schedules(store2)) await removeSchedule(store2, name2).catch(unlessRejected2);
  });
}
function unlessRejected2(error) {
  if (!(error instanceof RejectedError) || !(error instanceof OverseerError)) throw error;
}

// test/simulation/world.ts
init_memory_log();
import { inspect } from "node:util";
init_share();

// src/testing/log-traffic.ts
init_event_log();
var LogTraffic = class {
  /** Grows whenever the log has. */
  changes = 0;
  started = /* @__PURE__ */ new Set();
  hasForeignEvents = false;
  /** Whether no job runs. Says no when in doubt: then time passes in smaller steps. */
  get isIdle() {
    return this.started.size === 0 && !this.hasForeignEvents;
  }
  appended(requests, results) {
    this.changes += 1;
    for (const append of allAppends(requests.filter((_, index) => results[index].appended))) {
      for (const { event } of append.events) this.note(streamKey(append), event.type);
    }
  }
  restored() {
    this.changes += 1;
    this.hasForeignEvents = true;
  }
  note(stream, type) {
    if (type === "JobStarted") this.started.add(stream);
    else if (type !== "Heartbeat") this.started.delete(stream);
  }
};

// src/testing/machine.ts
init_ending_at_once();
init_fp();
var Machine = class {
  constructor(options) {
    this.options = options;
    const { name: name2, seed, time, log, clockRate = 1 } = options;
    const random = randomFrom(seed);
    const switchedOnMs = Math.floor(random() * 1e9);
    this.name = name2;
    this.died = new Promise((resolve2) => {
      this.tellDeath = resolve2;
    });
    this.environment = {
      now: () => Math.floor(time.startMs + time.elapsedMs * clockRate) + this.clockSetByMs,
      monotonic: () => switchedOnMs + time.elapsedMs * clockRate,
      setTimer: (ms, callback, timer) => time.setTimer(ms / clockRate, callback, this, timer?.isRoutine),
      newId: idsFrom(randomFrom(seed + 1)),
      random,
      host: name2,
      pid: 1
    };
    this.store = new Store(this.reach(log), this.environment);
  }
  options;
  name;
  environment;
  store;
  /** How far its clock on the wall has been set. */
  clockSetByMs = 0;
  /** Resolves when the machine dies. */
  died;
  mode = "running";
  tellDeath = () => {
  };
  onRunning = /* @__PURE__ */ new Set();
  subscriptions = /* @__PURE__ */ new Set();
  get isRunning() {
    return this.mode === "running";
  }
  get isDead() {
    return this.mode === "dead";
  }
  suspend() {
    if (this.mode !== "running") return;
    this.mode = "suspended";
    this.options.time.released();
  }
  resume() {
    if (this.mode !== "suspended") return;
    this.mode = "running";
    for (const callback of this.onRunning) callback();
    this.onRunning.clear();
  }
  kill() {
    if (this.mode === "dead") return;
    this.mode = "dead";
    this.options.time.released();
    for (const close of this.subscriptions) close();
    this.tellDeath();
  }
  /** Resolves while the machine runs; for a dead one, never. */
  async running() {
    while (this.mode !== "running") await new Promise((resolve2) => void this.onRunning.add(resolve2));
  }
  reach(log) {
    const { wire, time, traffic } = this.options;
    const call = (name2, method) => (...args) => () => this.whileRunning(() => wire.read(this, name2, () => time.call(method(...args))));
    const send = (requests) => async () => {
      const result = await time.call(log.append(requests));
      if (E.isRight(result)) traffic.appended(requests, result.right);
      return result;
    };
    return {
      ...log,
      append: (requests) => () => this.whileRunning(() => wire.append(this, requests, send(requests))),
      subscribe: (request) => this.subscription(log, request),
      install: call("install", () => log.install()),
      readStream: call("readStream", (stream, range) => log.readStream(stream, range)),
      readGraph: call("readGraph", (graphId, upTo) => log.readGraph(graphId, upTo)),
      readGraphs: call("readGraphs", (graphIds, upTo, accept) => log.readGraphs(graphIds, upTo, accept)),
      readAll: call("readAll", (request) => log.readAll(request)),
      readStored: call("readStored", (request) => log.readStored(request)),
      restore: call("restore", (events) => {
        traffic.restored();
        return log.restore(events);
      }),
      positionAt: call("positionAt", (moment) => log.positionAt(moment)),
      ...log.graphsAfter !== void 0 && {
        graphsAfter: call("graphsAfter", (request) => log.graphsAfter(request))
      },
      ...log.claimantsAfter !== void 0 && {
        claimantsAfter: call("claimantsAfter", (position) => log.claimantsAfter(position))
      },
      loadSnapshot: call("loadSnapshot", (name2) => log.loadSnapshot(name2)),
      saveSnapshot: call("saveSnapshot", (name2, snapshot) => log.saveSnapshot(name2, snapshot))
    };
  }
  /** A suspended machine makes no call, and hears no answer. */
  async whileRunning(work) {
    await this.running();
    const result = await work();
    await this.running();
    return result;
  }
  subscription(log, request = {}) {
    const { wire } = this.options;
    const inner = log.subscribe(request);
    const close = () => inner.close();
    const { subscriptions } = this;
    subscriptions.add(close);
    const messages = async function* () {
      try {
        for await (const message2 of wire.messages(this, inner, request)) {
          await this.running();
          yield message2;
        }
        await this.running();
      } finally {
        subscriptions.delete(close);
      }
    };
    return { [Symbol.asyncIterator]: () => endingAtOnce(messages.call(this), close), close };
  }
};

// src/testing/virtual-time.ts
init_errors();
init_when_aborted();
import { AsyncLocalStorage } from "node:async_hooks";
import { clearTimeout as clearTimeout2, setImmediate as setImmediate2, setTimeout as setTimeout2 } from "node:timers";
var quietTurns = 3;
var firedAtOnceMax = 1e5;
var theTest = { name: "the test", isRunning: true };
var VirtualTime = class {
  constructor(options) {
    this.options = options;
  }
  options;
  /** Milliseconds since the start. */
  elapsedMs = 0;
  order = 0;
  /** Timers that have fired at the present moment. */
  firedNow = 0;
  timers = /* @__PURE__ */ new Set();
  runs = /* @__PURE__ */ new Set();
  inside = new AsyncLocalStorage();
  callsUnderWay = 0;
  onRelease = /* @__PURE__ */ new Set();
  get startMs() {
    return this.options.startMs;
  }
  now() {
    return this.options.startMs + this.elapsedMs;
  }
  setTimer(ms, fire2, owner = theTest, isRoutine = false) {
    const afterMs2 = ms > 0 ? Math.max(1, ms) : 0;
    const timer = { at: this.elapsedMs + afterMs2, order: this.order++, owner, isRoutine, fire: fire2 };
    this.timers.add(timer);
    if (ms <= 0) this.released();
    return () => this.timers.delete(timer);
  }
  after(duration2, callback) {
    return this.setTimer(msOf(duration2, "the time after which to call back"), callback);
  }
  async sleep(duration2, signal) {
    const ms = msOf(duration2, "the time to sleep");
    const run = this.inside.getStore();
    if (run === void 0) {
      const message2 = "clock.sleep is for handlers, while a test or another handler lets time pass; in a test, call clock.advance";
      throw new OverseerError("clock-outside-handler", message2);
    }
    await this.waitingIn(run, this.sleepOf(run.owner, ms, signal));
  }
  async passDuring(work) {
    const run = this.inside.getStore();
    return run === void 0 ? await work : await this.waitingIn(run, work);
  }
  async advance(duration2) {
    const until = this.elapsedMs + msOf(duration2, "the time to advance by");
    await this.pass(() => false, until);
    this.elapsedMs = Math.max(this.elapsedMs, until);
  }
  /**
   * Lets time pass until something holds, which is asked whenever nothing more happens at a moment.
   *
   * @param untilMs the last moment, in milliseconds since the start
   * @throws OverseerError `time-held`
   */
  async pass(isDone, untilMs) {
    for (; ; ) {
      await this.settle();
      if (await isDone()) return "done";
      const next = this.nextTimer();
      if (next === null || next === "routine" && untilMs === Infinity) return "nothing to wait for";
      if (next === "routine" || next.at > untilMs) {
        this.elapsedMs = Math.max(this.elapsedMs, untilMs);
        return "time is over";
      }
      this.fire(next);
    }
  }
  /** A call of the log: no time passes until it has been answered. */
  async call(work) {
    this.callsUnderWay += 1;
    try {
      return await work();
    } finally {
      this.callsUnderWay -= 1;
    }
  }
  /** A handler: no time passes while it runs, unless it waits for the clock. */
  async handler(owner, what, work) {
    const run = { owner, what, waiting: 0 };
    this.runs.add(run);
    try {
      return await this.inside.run(run, work);
    } finally {
      this.runs.delete(run);
      this.released();
    }
  }
  /** Must be called when an owner stops running: its handlers hold the time no longer. */
  released() {
    for (const release of [...this.onRelease]) release();
  }
  /** Waits for a time, or rejects with the reason of the signal. */
  sleepOf(owner, ms, signal) {
    return new Promise((resolve2, reject2) => {
      let unlisten = () => {
      };
      const cancel = this.setTimer(
        ms,
        () => {
          unlisten();
          resolve2();
        },
        owner
      );
      unlisten = whenAborted(signal, () => {
        cancel();
        reject2(signal.reason);
      });
    });
  }
  /** From now on nothing waits for anything any more. */
  end() {
    this.timers = /* @__PURE__ */ new Set();
    this.runs.clear();
    this.released();
  }
  /** From now on time passes whatever handlers do, so that what runs can be stopped. */
  letPass() {
    this.runs.clear();
    this.released();
  }
  async waitingIn(run, work) {
    run.waiting += 1;
    this.released();
    try {
      return await work;
    } finally {
      run.waiting -= 1;
    }
  }
  /** Lets everything happen that can happen at the present moment. */
  async settle() {
    for (let quiet = 0; quiet < quietTurns; ) {
      await new Promise((resolve2) => setImmediate2(resolve2));
      const holding = this.callsUnderWay === 0 ? this.holding() : null;
      if (holding !== null) await this.untilReleased(holding);
      quiet = holding === null && this.callsUnderWay === 0 ? quiet + 1 : 0;
    }
  }
  /** A handler that is at real work. */
  holding() {
    if (!this.options.holdTime) return null;
    for (const run of this.runs) if (run.waiting === 0 && run.owner.isRunning) return run;
    return null;
  }
  /** Waits until a handler ends or begins to wait for the clock. What is due at the present moment may happen meanwhile. */
  untilReleased(holding) {
    const due = this.nextTimer();
    if (due !== null && due !== "routine" && due.at <= this.elapsedMs) {
      this.fire(due);
      return Promise.resolve();
    }
    return new Promise((resolve2, reject2) => {
      const done = () => {
        clearTimeout2(timer);
        this.onRelease.delete(done);
        resolve2();
      };
      const timer = setTimeout2(() => {
        this.onRelease.delete(done);
        reject2(heldBy(holding, this.options.patienceMs));
      }, this.options.patienceMs);
      this.onRelease.add(done);
    });
  }
  fire(timer) {
    if (timer.at > this.elapsedMs) {
      this.elapsedMs = timer.at;
      this.firedNow = 0;
    }
    this.firedNow += 1;
    if (this.firedNow > firedAtOnceMax) throw endless(timer.owner);
    this.timers.delete(timer);
    timer.fire();
  }
  /** The next timer; null if there is none, and `routine` if nothing but routine is left, which has nothing to find. */
  nextTimer() {
    const next = this.firstOf(() => true);
    if (next === null || !next.isRoutine || next.at <= this.elapsedMs || !this.options.isIdle()) return next;
    return this.firstOf(({ isRoutine }) => !isRoutine) ?? "routine";
  }
  firstOf(isMeant) {
    let first = null;
    let firstAt = Infinity;
    for (const timer of this.timers) {
      if (!timer.owner.isRunning || !isMeant(timer)) continue;
      const at = this.dueAt(timer);
      if (at > firstAt || at === firstAt && timer.order > first.order) continue;
      first = timer;
      firstAt = at;
    }
    return first;
  }
  /** A timer whose owner was suspended when it was due fires as soon as the owner runs again. */
  dueAt({ at }) {
    return Math.max(at, this.elapsedMs);
  }
};
function heldBy({ what, owner }, patienceMs2) {
  const message2 = `virtual time stands still: ${what}, on ${owner.name}, has been at work for ${inWords(patienceMs2)} of real time. If it waits for the virtual clock, let it call clock.sleep(\u2026, job.signal) or clock.passDuring(promise); if it should not hold the time at all, give { holdTime: false }; if its work takes longer, give a larger patienceMs`;
  return new OverseerError("time-held", message2);
}
function endless({ name: name2 }) {
  const message2 = `virtual time stands still: ${firedAtOnceMax} timers have fired at one moment, the last on ${name2}; something there waits for no time at all, again and again`;
  return new OverseerError("time-held", message2);
}

// test/simulation/coverage.ts
var Coverage = class {
  counts = {};
  note(event, circumstances) {
    const counts = this.counts[transitionOf(event)] ??= {};
    for (const kind of ["all", ...circumstances]) counts[kind] = (counts[kind] ?? 0) + 1;
  }
};
function transitionOf(event) {
  if (event.type === "JobFaulted") return `JobFaulted ${event.data.cause} \u2192 ${event.data.next.kind}`;
  if (event.type === "JobFinished" && event.data.memoized !== void 0) return "JobFinished, remembered";
  return event.type;
}

// test/simulation/faulty-wire.ts
init_event_log();
init_fp();

// src/testing/log-faults.ts
init_events();
init_event_log();
init_fp();

// src/testing/known.ts
init_errors();
init_known_names();
init_nearest();

// src/testing/log-faults.ts
function unreachable({ name: name2 }, outcomeUnknown) {
  const message2 = `the log cannot be reached from ${name2}: a fault that belongs to the test`;
  return new LogError("store-unavailable", message2, { isTransient: true, outcomeUnknown });
}

// test/simulation/faulty-wire.ts
var clockDriftMax = 0.01;
var FaultyWire = class {
  constructor(options) {
    this.options = options;
  }
  options;
  /** Until when which calls do not pass. */
  cuts = [];
  /** Whether the subscription is dropped when the machine runs again. */
  isDropDue = false;
  cut(cut2, forMs) {
    this.cuts.push({ cut: cut2, untilMs: this.options.time.elapsedMs + forMs });
  }
  wasSuspended(name2) {
    this.isDropDue = this.options.chances.next(name2, "resume").strikes("dropped-in-pause");
  }
  /** Everything passes from now on. */
  mend() {
    this.cuts.length = 0;
  }
  async append(from, requests, send) {
    const call = this.options.chances.next(from.name, "append");
    if (this.isCut("writes") || call.strikes("append-lost")) return E.left(unreachable(from, true));
    if (crashes(from, call)) return await never();
    if (call.strikes("append-late")) await this.pass(between(call.random, 1, 9e3));
    const result = await send();
    if (call.strikes("append-twice")) void this.again(call, send);
    if (crashes(from, call)) return await never();
    if (call.strikes("answer-late")) await this.pass(between(call.random, 1, 9e3));
    if (call.strikes("answer-lost")) return E.left(unreachable(from, true));
    if (E.isRight(result)) this.options.judge.acknowledged(requests, result.right);
    return result;
  }
  async read(from, name2, send) {
    const call = this.options.chances.next(from.name, "read");
    if (this.isCut("reads") || call.strikes("read-failed")) return E.left(unreachable(from, false));
    if (crashes(from, call)) return await never();
    const answer4 = await send();
    if (call.strikes("read-late")) await this.pass(between(call.random, 1, 5e3));
    if (crashes(from, call)) return await never();
    if (E.isLeft(answer4)) return answer4;
    if (name2 === "claimantsAfter" && call.strikes("claimants-wrong"))
      return E.right(wrong(answer4.right, call));
    if (Array.isArray(answer4.right) && name2 !== "readStored") this.options.judge.read(answer4.right);
    return answer4;
  }
  async *messages(to, messages, request) {
    const { chances, judge } = this.options;
    const heard = judge.follower(request);
    let before = null;
    for await (const message2 of messages) {
      const call = chances.next(to.name, "message");
      if (call.strikes("messages-late")) await this.pass(between(call.random, 1, 5e3));
      if (this.isCut("reads") || this.isDropDue || call.strikes("subscription-dropped")) {
        this.isDropDue = false;
        yield { kind: "interrupted", error: unreachable(to, false) };
        await this.pass(between(call.random, 10, 2e3));
        while (this.isCut("reads")) await this.pass(500);
      }
      if (message2.kind === "events") heard(message2.events);
      if (crashes(to, call)) await never();
      if (before !== null && call.strikes("messages-again")) yield before;
      if (message2.kind === "events") before = message2;
      yield message2;
    }
  }
  isCut(what) {
    const now = this.options.time.elapsedMs;
    return this.cuts.some(({ cut: cut2, untilMs }) => untilMs > now && (cut2 === "all" || cut2 === what));
  }
  pass(ms) {
    return new Promise((resolve2) => void this.options.time.setTimer(ms, resolve2));
  }
  async again(call, send) {
    await this.pass(between(call.random, 1, 2e4));
    await send();
  }
};
function wrong({ workers: workers2, upTo }, { random }) {
  const told2 = workers2.filter(() => random() < 0.6);
  const named2 = told2.map(
    (worker) => random() < 0.5 ? worker : { ...worker, id: `ghost ${worker.id}`, host: `ghost ${worker.host}` }
  );
  return { workers: named2, upTo };
}
function crashes(machine, call) {
  const isDead = call.strikes("crash-at-await");
  if (isDead) machine.kill();
  return isDead;
}
function never() {
  return new Promise(() => {
  });
}

// test/simulation/handlers.ts
import assert from "node:assert/strict";

// test/worker/odd-values.ts
import vm from "node:vm";
var Point = class {
  x = 1;
};
function elsewhere(script) {
  return vm.runInNewContext(script);
}
function nested(depth, wrap = (inner) => [inner]) {
  let value2 = 1;
  for (let level = 0; level < depth; level++) value2 = wrap(value2);
  return value2;
}
var mixed = (inner) => ({ items: [inner], no: null });
var exploding = () => nested(60, (inner) => [inner, inner]);
var kept3 = {
  nothing: [() => void 0, null],
  "minus zero": [() => -0, 0],
  "a date": [() => /* @__PURE__ */ new Date(0), "1970-01-01T00:00:00.000Z"],
  "an object of another realm": [() => elsewhere("({ a: 1, b: [1, { c: 2 }] })"), { a: 1, b: [1, { c: 2 }] }],
  "a list of another realm": [() => elsewhere("[1, [2]]"), [1, [2]]],
  "a date of another realm": [() => elsewhere("new Date(5)"), "1970-01-01T00:00:00.005Z"],
  "an object without a prototype": [() => Object.assign(/* @__PURE__ */ Object.create(null), { a: 1 }), { a: 1 }],
  "a key that means something": [
    () => JSON.parse('{"__proto__": {"x": 1}}'),
    JSON.parse('{"__proto__": {"x": 1}}')
  ],
  "half a character": [() => "\uD800x", "\uD800x"],
  "the same value twice": [
    () => {
      const list = [1];
      return [list, list];
    },
    [[1], [1]]
  ],
  "something to wait for": [() => ({ then: (resolve2) => resolve2("there") }), "there"],
  "as deep as can be": [() => nested(200), nested(200)],
  "as deep as can be, mixed": [() => nested(100, mixed), nested(100, mixed)]
};
var refused2 = {
  "nested too deep": [() => nested(201), /^the handler's result is nested deeper than the limit of 200$/],
  "nested much too deep": [() => nested(1e5), /nested deeper than the limit of 200/],
  "mixed and nested too deep": [() => nested(150, mixed), /nested deeper than the limit of 200/],
  "nested where it writes itself": [
    () => nested(300, (inner) => ({ toJSON: () => [inner] })),
    /nested deeper than the limit of 200/
  ],
  "writing itself for ever": [() => writingItself(), /nested deeper than the limit of 200/],
  "more than memory holds": [exploding, /larger than any limit/],
  "an invalid date": [() => /* @__PURE__ */ new Date(NaN), /result is an invalid Date/],
  "an invalid date, inside": [() => ({ at: [/* @__PURE__ */ new Date("garbage")] }), /result\.at\[0\] is an invalid Date/],
  "an invalid date of another realm": [() => elsewhere("new Date(NaN)"), /invalid Date/],
  "an instance of a class": [() => new Point(), /is a Point/],
  "an instance of a class of another realm": [() => elsewhere("new (class Spot {})()"), /is a Spot/],
  "an instance of a class without parents": [() => withoutParents(), /cannot hold/],
  "a map of another realm": [() => elsewhere("new Map()"), /is a Map/],
  "a getter that throws": [
    () => ({
      get a() {
        throw new Error("no");
      }
    }),
    /cannot be written as JSON: no/
  ],
  "a proxy that throws": [
    () => new Proxy(
      {},
      {
        ownKeys: () => {
          throw new Error("no keys");
        }
      }
    ),
    /no keys/
  ],
  "a proxy that throws nothing one can look at": [
    () => new Proxy(
      {},
      {
        ownKeys: () => {
          throw /* @__PURE__ */ Object.create(null);
        }
      }
    ),
    /throws again when looked at/
  ],
  "a proxy that cannot be used any more": [() => revoked(), /revoked/],
  "a then that throws": [
    () => ({
      get then() {
        throw new Error("then");
      }
    }),
    /^then$/
  ]
};
function writingItself() {
  return { toJSON: () => writingItself() };
}
function withoutParents() {
  return Object.create(Object.create(null, { constructor: { value: class Alone {
  } } }));
}
function revoked() {
  const { proxy, revoke: revoke2 } = Proxy.revocable({}, {});
  revoke2();
  return proxy;
}
var thrown = {
  "a message that is an object": [() => withMessage({ status: 429 }), "Error", /^\{"status":429\}$/],
  "a message that is a number": [() => withMessage(42), "Error", /^42$/],
  "a message that is a symbol": [() => withMessage(/* @__PURE__ */ Symbol("s")), "Error", /Symbol\(s\)/],
  "a message that refers to itself": [() => withMessage(circular()), "Error", /\[object Object\]/],
  "a message that is nested too deep": [() => withMessage(nested(1e5)), "Error", /\[object Array\]/],
  "no message at all": [() => withMessage(void 0), "Error", null],
  "a message that throws": [() => throwing("message"), "Error", /throws again when looked at/],
  "a stack that throws": [() => throwing("stack"), "Error", /^visible$/],
  "a name that throws": [() => throwing("name"), "Error", /^visible$/],
  "data that throws": [() => throwing("data"), "Error", /^visible$/],
  "data that is nested too deep": [
    () => Object.assign(new Error("deep"), { data: nested(5e3, mixed) }),
    "Error",
    /^deep$/
  ],
  "own values that are nested too deep": [
    () => Object.assign(new Error("deep"), { body: nested(5e3) }),
    "Error",
    /^deep$/
  ],
  "a constructor that is none": [
    () => Object.create(new Error("visible"), { constructor: { value: void 0 } }),
    "Error",
    /^visible$/
  ],
  "an error of another realm": [() => thrownBy("null.x"), "TypeError", /Cannot read properties of null/],
  "a class of another realm": [
    () => thrownBy('class Odd extends RangeError {}; throw new Odd("too far")'),
    "Odd",
    /^too far$/
  ],
  "a syntax error of another realm": [() => thrownBy("let x = ;"), "SyntaxError", /Unexpected token/],
  "a proxy that throws": [
    () => new Proxy(new Error("px"), {
      get: () => {
        throw new Error("trap");
      }
    }),
    "unknown",
    /throws again/
  ],
  "a proxy that cannot be used any more": [revoked, "unknown", /throws again/],
  "a text that is too long": [() => new Error("x".repeat(1e6)), "Error", /cut: 1000000 bytes/],
  "no error at all": [() => void 0, "undefined", null]
};
function withMessage(message2) {
  const error = new Error("");
  error.message = message2;
  return error;
}
function throwing(field) {
  return Object.defineProperty(new Error("visible"), field, {
    get: () => {
      throw new Error(`no ${field}`);
    }
  });
}
function circular() {
  const self = {};
  self.self = self;
  return self;
}
function thrownBy(script) {
  try {
    return vm.runInNewContext(script);
  } catch (error) {
    return error;
  }
}

// test/simulation/handlers.ts
var costly = [
  "nested much too deep",
  "more than memory holds",
  "a text that is too long",
  "as deep as can be"
];
var without = (odd) => Object.entries(odd).flatMap(([name2, value2]) => costly.includes(name2) ? [] : [value2]);
var oddKept = without(kept3);
var oddRefused = without(refused2);
var oddThrown = without(thrown);
function scriptedHandlers(stage) {
  const perform = (job2) => new Performance(stage, job2).play();
  return { t: perform, u: perform };
}
var Performance = class {
  constructor(stage, job2) {
    this.stage = stage;
    this.job = job2;
    const { machine, chances, judge } = stage;
    this.run = judge.began(job2, machine.name);
    this.chance = chances.of(machine.name, `attempt ${job2.graphId}/${job2.id} ${job2.attempt}`);
    this.heedsSignal = this.chance.random() < 0.5;
  }
  stage;
  job;
  chance;
  run;
  heedsSignal;
  async play() {
    try {
      return await this.act();
    } finally {
      this.stage.judge.ended(this.run, this.stage.machine.name);
    }
  }
  async act() {
    const { random, strikes } = this.chance;
    await this.sleep(between(random, 0, 3e3));
    if (random() < 0.25) await this.job.heartbeat({ at: this.job.attempt }, random());
    if (strikes("loop-blocked")) await this.block(between(random, 200, 2e4));
    if (strikes("handler-slow")) await this.sleep(between(random, 4e3, 25e3));
    if (this.job.args["hasTimeout"] === true && strikes("handler-hangs")) await new Promise(() => {
    });
    if (random() < 0.1) void this.job.heartbeat();
    if (this.mayStillSpawn() && strikes("handler-spawns")) this.spawn();
    this.throwMaybe();
    return this.returned();
  }
  mayStillSpawn() {
    const { id, args } = this.job;
    return this.stage.canSpawn && args["isMemoized"] === false && id.split("/").length < 4;
  }
  spawn() {
    const { random } = this.chance;
    assert.throws(() => this.job.spawn({ fine: { type: "t" }, wrong: { type: "t", after: ["nowhere"] } }));
    this.run.spawned.push(...this.job.spawn(spawnedFor(random, this.stage.isLimited)));
    if (random() < 0.2) this.run.spawned.push(...this.job.spawn({ more: { type: "u", args: { hasTimeout: false } } }));
  }
  throwMaybe() {
    const { random, strikes } = this.chance;
    if (strikes("handler-faults")) fault2("not now", { retryAfterMs: between(random, 0, 5e3) });
    if (strikes("handler-aborts")) abort("no need");
    if (strikes("handler-skips")) skip("nothing new");
    if (strikes("handler-defers")) this.putOff();
    if (strikes("handler-throws")) throw random() < 0.4 ? new Error("boom") : oneOf4(random, oddThrown)[0]();
  }
  /** Mostly for a while; sometimes to a time that has passed by the clock of its machine, which means in a second. */
  putOff() {
    const { random } = this.chance;
    const delayMs = between(random, 0, 2e4);
    if (random() < 0.5) defer2("too early", { delayMs });
    defer2("too early", { untilMs: this.stage.machine.environment.now() + delayMs - 5e3 });
  }
  returned() {
    const { random, strikes } = this.chance;
    const { machine } = this.stage;
    if (strikes("handler-returns-odd")) {
      if (random() < 0.5) return oneOf4(random, oddRefused)[0]();
      const [value2, result2] = oneOf4(random, oddKept);
      return this.giving(result2, value2());
    }
    const text = strikes("large-result") ? "x".repeat(between(random, 1e3, 4e4)) : "";
    const result = { by: machine.name, inputs: Object.keys(this.job.inputs).length, ...text === "" ? {} : { text } };
    return this.giving(result, result);
  }
  /** Notes the result that is to be recorded. */
  giving(result, value2) {
    this.run.isReturned = true;
    this.run.result = result;
    return value2;
  }
  async sleep(ms) {
    await new Promise((resolve2) => void this.stage.machine.environment.setTimer(ms, resolve2));
    if (this.chance.strikes("crash-at-await")) this.stage.machine.kill();
    if (this.heedsSignal) this.job.signal.throwIfAborted();
  }
  /** Nothing happens on the machine meanwhile: no timer fires, and no answer is heard. */
  async block(ms) {
    const { machine, time } = this.stage;
    machine.suspend();
    await new Promise((resolve2) => void time.setTimer(ms, resolve2));
    machine.resume();
  }
};

// test/simulation/judge.ts
import { isDeepStrictEqual } from "node:util";
init_grouped();
init_namespace_stream();
init_event_log();
init_positions();
init_event_list();
init_share();

// test/simulation/reference.ts
var ReferenceJob = class {
  constructor(definition, spawnedBy2 = definition.spawnedBy) {
    this.definition = definition;
    this.spawnedBy = spawnedBy2;
    const { carried, carriedStatus } = definition;
    this.phase = carried === void 0 ? "unstarted" : carriedStatus === void 0 ? "finished" : "skipped";
  }
  definition;
  spawnedBy;
  phase;
  attempt = 0;
  /** The owner of the attempt that runs. */
  owner = null;
  /** The graph was aborted while the attempt ran, and the job's stream does not say so yet. */
  isInterrupted = false;
  parents = [];
  /** Whether its parents have ever let it start. */
  wasReady = false;
  /** What its attempt has spawned so far. */
  spawning = [];
  /** Since when it may be run or answered, as far as its parents say; null if it may not. What runs or has ended keeps it. */
  readyAt = null;
  /** When an operator last opened it again since. */
  reopenedAt = 0;
  /** From when on it may be tried again, after its last attempt. */
  againAt = 0;
  /** All whose answers were recorded, those that came too late among them. */
  answeredBy = [];
  get id() {
    return this.definition.id;
  }
  /** What it has come to, as far as its graph's abort is left out. */
  fate() {
    if (this.phase === "started") return "running";
    return this.phase === "unstarted" ? this.prospect() : this.phase;
  }
  prospect() {
    const fates = this.parents.map((parent) => parent.fate());
    const any = (...wanted) => fates.some((fate) => wanted.includes(fate));
    const isOpen = any("ready", "waiting", "running");
    const { when = "all-finished", optional = [] } = this.definition;
    if (when === "all-ended") return isOpen ? "waiting" : "ready";
    if (when === "any-failed") {
      if (any("failed", "blocked", "aborted")) return "ready";
      return isOpen ? "waiting" : "skipped";
    }
    if (when === "any-finished") {
      if (any("finished")) return "ready";
      if (isOpen) return "waiting";
      if (any("failed", "blocked")) return "blocked";
      return any("aborted") ? "aborted" : "skipped";
    }
    if (any("aborted")) return "aborted";
    if (any("failed", "blocked")) return "blocked";
    if (isOpen) return "waiting";
    const mayBeSkipped = ({ id }) => optional.some((each2) => each2 === id || id.startsWith(`${each2}/`) && !this.definition.parents.includes(id));
    const lacks = this.parents.some((parent) => parent.fate() === "skipped" && !mayBeSkipped(parent));
    return lacks && when === "all-finished" ? "skipped" : "ready";
  }
};
var ReferenceGraph = class {
  constructor(id) {
    this.id = id;
  }
  id;
  jobs = /* @__PURE__ */ new Map();
  exists = false;
  isAborted = false;
  isPaused = false;
  parts = 0;
  startAfter = 0;
  deadline;
  deadlineMs = Infinity;
  /** When it is aborted if it has not ended. */
  deadlineAt = Infinity;
  /** What is wrong with an event, given all before it; null if it may be there. */
  apply(event) {
    const problem = event.jobId === null ? this.applyToGraph(event) : this.applyToJob(event, event.jobId);
    if (!this.exists) return problem;
    for (const job2 of this.jobs.values()) {
      const isReady = job2.fate() === "ready";
      job2.wasReady ||= isReady;
      if (job2.phase !== "unstarted") continue;
      if (!isReady) job2.readyAt = null;
      else job2.readyAt ??= Date.parse(event.recordedAt);
    }
    if (event.type === "JobReset") this.reopen(event, [this.jobs.get(event.jobId)]);
    if (event.type === "GraphReset") this.reopen(event, [...this.jobs.values()]);
    return problem;
  }
  reopen({ recordedAt }, jobs2) {
    for (const job2 of jobs2) if (job2.readyAt !== null) job2.reopenedAt = Date.parse(recordedAt);
  }
  /** By the log's clock. Null for a job that may neither be run nor answered, and does not run. */
  timesOf(job2) {
    const { readyAt, definition } = job2;
    const mayRun = job2.phase === "started" || job2.phase === "unstarted" && job2.fate() === "ready";
    if (readyAt === null || !mayRun) return null;
    const { startAfter, delayMs = 0, scheduleToStartMs = Infinity, scheduleToCloseMs = Infinity } = definition;
    const due = Math.max(readyAt + delayMs, this.startAfter, startAfter === void 0 ? 0 : Date.parse(startAfter));
    const reopenedAt = job2.reopenedAt >= readyAt ? job2.reopenedAt : 0;
    const closesAt = Math.max(due, reopenedAt) + scheduleToCloseMs;
    const startsBy2 = Math.max(due, reopenedAt, job2.againAt) + scheduleToStartMs;
    return {
      from: Math.max(due, job2.againAt),
      endsAt: job2.phase === "started" ? closesAt : Math.min(closesAt, startsBy2)
    };
  }
  status(job2) {
    if (job2.phase !== "unstarted" && job2.phase !== "started") return job2.phase;
    const fate = job2.fate();
    if (fate === "skipped") return "skipped";
    return this.isAborted || fate === "aborted" ? "aborted" : job2.phase;
  }
  isReady(job2) {
    if (job2.definition.external !== void 0) return false;
    return this.exists && !this.isPaused && job2.fate() === "ready" && this.status(job2) === "unstarted";
  }
  /** Whether somebody outside may answer it. A pause does not matter. */
  isAwaiting(job2) {
    const isAsked = job2.definition.external !== void 0 && job2.fate() === "ready";
    return this.exists && isAsked && this.status(job2) === "unstarted";
  }
  /** Whether a job may still run, or be run, to its end. */
  isAlive(job2) {
    const status = this.status(job2);
    return status === "started" || status === "unstarted" && job2.fate() !== "blocked";
  }
  get isSettled() {
    return this.exists && ![...this.jobs.values()].some((job2) => this.isAlive(job2));
  }
  get outcome() {
    if (this.isAborted) return "aborted";
    if (!this.isSettled) return "running";
    const all = [...this.jobs.values()];
    if (all.some(({ phase }) => phase === "failed")) return "failed";
    return all.every((job2) => ["finished", "skipped"].includes(this.status(job2))) ? "finished" : "aborted";
  }
  applyToGraph(event) {
    switch (event.type) {
      case "GraphSubmitted": {
        const { part, parts, jobs: jobs2, startAfter, deadline, deadlineMs } = event.data;
        if (this.exists || part !== this.parts + 1) return `part ${part} follows part ${this.parts}`;
        this.parts = part;
        if (part === 1) {
          this.startAfter = startAfter === void 0 ? 0 : Date.parse(startAfter);
          this.deadline = deadline;
          this.deadlineMs = deadlineMs ?? Infinity;
        }
        for (const definition of jobs2) this.jobs.set(definition.id, new ReferenceJob(definition));
        if (part < parts) return null;
        this.findParents();
        this.exists = true;
        this.deadlineAt = this.deadline === void 0 ? Date.parse(event.recordedAt) + this.deadlineMs : Date.parse(this.deadline);
        return null;
      }
      case "GraphAborted":
        if (!this.exists || this.isAborted) return "it was aborted already, or not there";
        if (event.data.deadline !== void 0 && Date.parse(event.recordedAt) < this.deadlineAt) return null;
        this.isAborted = true;
        for (const job2 of this.jobs.values()) if (job2.phase === "started") this.interrupt(job2);
        return null;
      case "GraphReset":
        if (!this.isAborted) return "it was not aborted";
        this.isAborted = false;
        this.deadlineAt = Infinity;
        return null;
      case "GraphPaused":
      case "GraphResumed": {
        const isPause = event.type === "GraphPaused";
        if (!this.exists || this.isPaused === isPause) return `it was ${isPause ? "paused already" : "not paused"}`;
        this.isPaused = isPause;
        return null;
      }
      default:
        return `${event.type} is not an event of a graph`;
    }
  }
  /** A job waits for those it names, and for all that was spawned below those of which it says so. */
  findParents() {
    for (const job2 of this.jobs.values()) {
      const { parents, withSpawned: withSpawned2 = [] } = job2.definition;
      const below = [...this.jobs.values()].filter((each2) => withSpawned2.some((id) => this.isBelow(each2, id)));
      job2.parents = [.../* @__PURE__ */ new Set([...parents.map((id) => this.jobs.get(id)), ...below])];
    }
  }
  isBelow(job2, spawner) {
    if (job2.spawnedBy === void 0) return false;
    return job2.spawnedBy === spawner || this.isBelow(this.jobs.get(job2.spawnedBy), spawner);
  }
  interrupt(job2) {
    job2.spawning = [];
    job2.phase = "unstarted";
    job2.owner = null;
    job2.isInterrupted = true;
  }
  applyToJob(event, id) {
    const job2 = this.jobs.get(id);
    if (job2 === void 0 || !this.exists) return "there is no such job";
    switch (event.type) {
      case "JobStarted":
        return this.start(job2, event.data.attempt, event.data.worker.id);
      case "Heartbeat":
      case "JobsSpawned":
      case "JobFinished":
      case "JobFaulted":
      case "JobSkipped":
      case "JobDeferred":
        return this.write(job2, event);
      case "JobAnswered":
        return this.answer(job2, event);
      case "JobExpired":
        return event.data.attempt === void 0 ? this.expire(job2, event) : this.write(job2, event);
      case "ClaimRevoked":
        if (job2.phase !== "unstarted") return `the job was ${job2.phase}`;
        return event.data.attempt === job2.attempt + 1 ? null : `it is of attempt ${event.data.attempt}`;
      case "JobAborted":
        if (job2.phase !== "unstarted" && job2.phase !== "started") return `the job was ${job2.phase}`;
        return this.leave(job2, "aborted");
      case "JobReset":
        if (job2.phase !== "failed" && job2.phase !== "aborted" && job2.phase !== "skipped")
          return `the job was ${job2.phase}`;
        job2.againAt = 0;
        return this.leave(job2, "unstarted");
      default:
        return `${event.type} is not an event of a job`;
    }
  }
  start(job2, attempt, owner) {
    if (attempt !== job2.attempt + 1) return `attempt ${attempt} follows attempt ${job2.attempt}`;
    if (this.isAborted && job2.phase === "unstarted") {
      job2.attempt = attempt;
      job2.isInterrupted = true;
      return null;
    }
    if (job2.phase !== "unstarted") return `the job was ${job2.phase}`;
    if (job2.definition.external !== void 0) return "no worker runs the job";
    if (!this.mayGoOn(job2)) return `its parents had it ${job2.fate()}`;
    Object.assign(job2, { phase: "started", attempt, owner, isInterrupted: false, againAt: 0 });
    return null;
  }
  answer(job2, { data }) {
    if (job2.definition.external === void 0) return "workers run the job";
    job2.answeredBy.push(data.by);
    if (job2.phase !== "unstarted") return `the job was ${job2.phase}`;
    if (this.isAborted) return null;
    if (!this.mayGoOn(job2)) return `its parents had it ${job2.fate()}`;
    return this.leave(job2, data.failure === void 0 ? "finished" : "failed");
  }
  /** Said of a job that nobody runs. It has no effect if it comes too early, or after its graph's abort. */
  expire(job2, { data, recordedAt }) {
    if (job2.definition[`${data.limit}Ms`] === void 0) return `the job has no ${data.limit}Ms`;
    if (job2.phase !== "unstarted") return `the job was ${job2.phase}`;
    const times = this.isAborted ? null : this.timesOf(job2);
    return times === null || Date.parse(recordedAt) < times.endsAt ? null : this.leave(job2, "failed");
  }
  /** By a rule of its own, a claim or an answer may come after the reset of a parent that it was made before. */
  mayGoOn(job2) {
    const mayBeLate = job2.definition.when !== void 0 || job2.definition.optional !== void 0;
    return job2.fate() === "ready" || mayBeLate && job2.wasReady;
  }
  /** What the owner writes, or a monitor. */
  write(job2, event) {
    if (event.type === "JobAborted" || !("attempt" in event.data)) return null;
    const { attempt } = event.data;
    if (attempt !== job2.attempt) return `it is of attempt ${attempt}, not of attempt ${job2.attempt}`;
    if (job2.isInterrupted) {
      if (event.type !== "Heartbeat" && event.type !== "JobsSpawned") job2.isInterrupted = false;
      return null;
    }
    if (job2.phase !== "started") return `the job was ${job2.phase}: a stale attempt was accepted`;
    if (event.type === "Heartbeat") return null;
    if (event.type === "JobsSpawned") {
      job2.spawning = [...job2.spawning, ...event.data.jobs];
      return null;
    }
    if (event.type === "JobFinished") {
      const problem = this.grow(job2);
      this.leave(job2, "finished");
      return problem;
    }
    if (event.type === "JobSkipped") return this.leave(job2, "skipped");
    if (event.type === "JobExpired") return this.leave(job2, "failed");
    job2.againAt = Date.parse(event.recordedAt) + waitAfter2(event);
    return this.leave(job2, event.type === "JobFaulted" && event.data.next.kind === "failed" ? "failed" : "unstarted");
  }
  grow(spawner) {
    for (const definition of spawner.spawning) {
      if (this.jobs.has(definition.id)) return `it spawned ${definition.id}, which was there`;
      this.jobs.set(definition.id, new ReferenceJob(definition, spawner.id));
    }
    this.findParents();
    return null;
  }
  leave(job2, phase) {
    Object.assign(job2, { phase, owner: null, isInterrupted: false, spawning: [] });
    return null;
  }
};
function waitAfter2(event) {
  if (event.type === "JobDeferred") return event.data.delayMs;
  if (event.type !== "JobFaulted" || event.data.next.kind === "failed") return 0;
  const isHandedOn = event.data.cause === "lease-expired" || event.data.cause === "released";
  return isHandedOn ? 0 : event.data.next.delayMs ?? 0;
}

// test/simulation/place-judge.ts
var heardWithinMs = 12e4;
var PlaceJudge = class {
  constructor(attempts, elapsedMs, keys) {
    this.attempts = attempts;
    this.elapsedMs = elapsedMs;
    for (const key of keys) this.held.set(key, [{ fromMs: -Infinity, setting: null }]);
  }
  attempts;
  elapsedMs;
  /** What is set, by pattern. */
  set = /* @__PURE__ */ new Map();
  everSet = /* @__PURE__ */ new Set();
  held = /* @__PURE__ */ new Map();
  places = /* @__PURE__ */ new Map();
  started = /* @__PURE__ */ new Map();
  /** Claims whose places were given back, by key and claim. */
  given = /* @__PURE__ */ new Set();
  last = null;
  /** How many started under a limit, and the most units that ran at a time under a limited key. */
  starts = 0;
  wasEverSet(key) {
    return this.everSet.has(key);
  }
  /**
   * What is wrong with the start that came last, if it is complete by now: where the log joins streams, its places come right behind
   * it.
   *
   * @param next the event that comes now, and was not taken yet
   */
  judgeStart(next) {
    if (this.last === null || next.type === "PlaceTaken") return [];
    const { event, definition } = this.last;
    this.last = null;
    return this.judge(event, definition).map((problem) => `when ${event.graphId}/${event.jobId} started: ${problem}`);
  }
  /** Takes an event that belongs to the namespace, and returns what is wrong with it. */
  take(event) {
    switch (event.type) {
      case "LimitSet": {
        const { key, concurrency, starts, windowMs } = event.data;
        this.everSet.add(key);
        this.set.set(key, { concurrency, starts, windowMs });
        this.noteHeld();
        return [];
      }
      case "LimitRemoved":
        this.set.delete(event.data.key);
        this.noteHeld();
        return [];
      case "PlaceTaken": {
        const name2 = claimIn(event);
        this.places.set(name2, [...this.places.get(name2) ?? [], event]);
        return [];
      }
      case "PlaceGivenBack":
        return this.takeBack(event);
      default:
        return [];
    }
  }
  /** A job has started. @param definition of the job */
  start(event, definition) {
    if (definition.limits !== void 0) this.last = { event, definition };
  }
  judge(event, definition) {
    return (definition.limits ?? []).flatMap(({ key, units = 1 }) => {
      const claim = `limit/${key} ${event.graphId}/${event.jobId}@${event.revision - 1}`;
      const taken = this.places.get(claim) ?? [];
      const problems2 = taken.map((place) => this.whyWrong(key, place, event, units));
      const at = problems2.indexOf(null);
      if (at < 0) {
        const knewOfNone = this.heldLately(key).some((setting) => setting === null);
        const none3 = this.given.has(claim) ? `its place under ${key} was given back before` : `it has no place under ${key}`;
        return knewOfNone ? [] : [problems2.length === 0 ? none3 : `under ${key}: ${problems2.at(-1)}`];
      }
      this.starts += 1;
      const { graphId, jobId: jobId2 } = event;
      this.started.set(key, [
        ...this.started.get(key) ?? [],
        { graphId, jobId: jobId2, attempt: event.data.attempt, place: taken[at] }
      ]);
      return [];
    });
  }
  whyWrong(key, place, event, units) {
    const { concurrency, starts, windowMs = 0, ...claim } = place.data;
    const known = this.heldLately(key);
    const isKnown = known.some(
      (each2) => each2?.concurrency === concurrency && each2?.starts === starts && (each2?.windowMs ?? 0) === windowMs
    );
    if (!isKnown) return `it was judged by ${JSON.stringify(place.data)}, which did not hold`;
    if (claim.units !== units) return `it takes ${claim.units} units in place of ${units}`;
    if (claim.attempt !== event.data.attempt) return `its place is for attempt ${claim.attempt}`;
    return this.whyTooMany(key, place) ?? this.whyTooSoon(key, place);
  }
  whyTooMany(key, place) {
    const running = (this.started.get(key) ?? []).filter(
      (each2) => this.attempts.runs(each2.graphId, each2.jobId, each2.attempt)
    );
    const all = [...running.map((each2) => each2.place), place];
    const last2 = all.reduce((a, b) => b.revision > a.revision ? b : a);
    const { concurrency = Infinity } = last2.data;
    const units = all.reduce((sum, { data }) => sum + data.units, 0);
    return units <= concurrency ? null : `${units} run at once, and there are ${concurrency} places`;
  }
  /** Looks at every window that holds the new place, by the rate that it was judged by and by those of the places around it. */
  whyTooSoon(key, place) {
    const all = [...(this.started.get(key) ?? []).map((each2) => each2.place), place];
    const at = all.map(({ recordedAt }) => Date.parse(recordedAt));
    for (const { data, recordedAt, revision } of all) {
      const { starts, windowMs } = data;
      if (starts === void 0 || windowMs === void 0) continue;
      const end = Date.parse(recordedAt);
      const inWindow = all.filter((each2, index) => each2.revision <= revision && at[index] > end - windowMs).length;
      if (inWindow > starts) return `${inWindow} started within ${windowMs} ms, and ${starts} may`;
    }
    return null;
  }
  takeBack(event) {
    const { graphId, jobId: jobId2, attempt } = event.data;
    const name2 = claimIn(event);
    this.given.add(name2);
    this.places.delete(name2);
    return this.attempts.runs(graphId, jobId2, attempt) && this.isOfStarted(event) ? ["it gives back the place of an attempt that runs"] : [];
  }
  /** The attempt may run by another claim than that of the place: one that was made behind another event. */
  isOfStarted(event) {
    const all = this.started.get(event.jobId.slice("limit/".length)) ?? [];
    return all.some(({ place }) => claimIn(place) === claimIn(event));
  }
  noteHeld() {
    for (const [key, held2] of this.held) held2.push({ fromMs: this.elapsedMs(), setting: this.holdsFor(key) });
  }
  holdsFor(key) {
    const fitting = [...this.set].filter(
      ([pattern]) => pattern === key || pattern.endsWith("*") && key.startsWith(pattern.slice(0, -1))
    );
    const best = fitting.find(([pattern]) => pattern === key) ?? fitting.sort(([a], [b]) => b.length - a.length)[0];
    return best?.[1] ?? null;
  }
  /** What held at some moment of the last while. */
  heldLately(key) {
    const all = this.held.get(key) ?? [];
    const since = this.elapsedMs() - heardWithinMs;
    return all.filter((_, index) => (all[index + 1]?.fromMs ?? Infinity) >= since).map(({ setting }) => setting);
  }
};
function claimIn({ jobId: jobId2, data }) {
  return `${jobId2} ${data.graphId}/${data.jobId}@${data.after}`;
}

// test/simulation/schedule-judge.ts
var toleranceMs = 1e3;
var begin = "schedule/";
var JudgedSchedule = class {
  everyMs = 0;
  overlap = "skip";
  catchUpMs = 0;
  isThere = false;
  isPaused = false;
  /** What is due later than this is still to be decided. */
  frontierMs = -Infinity;
  asked = [];
  waiting = null;
  /** Graphs of the runs that were decided, in order. */
  runs = [];
  /** Decisions that came before their time, and have no effect. */
  early = 0;
};
var ScheduleJudge = class {
  constructor(graphs2) {
    this.graphs = graphs2;
  }
  graphs;
  schedules = /* @__PURE__ */ new Map();
  runs = /* @__PURE__ */ new Set();
  /** Takes an event, and returns what is wrong with it. */
  take(event) {
    if (event.type === "GraphSubmitted" && event.data.part === 1)
      return this.takeGraph(event.graphId, event.data.labels);
    if (event.graphId !== "" || event.jobId?.startsWith(begin) !== true) return [];
    const name2 = event.jobId.slice(begin.length);
    const known = this.schedules.get(name2) ?? new JudgedSchedule();
    this.schedules.set(name2, known);
    return this.judge(name2, known, event);
  }
  /** What is missing when all is over. @param untilMs what fell due before that must be decided, unless it was removed or paused */
  atTheEnd(untilMs) {
    const missing = [...this.runs].filter((graphId) => !this.graphs.exists(graphId)).map((id) => `the run ${id} has no graph`);
    const late = [...this.schedules].flatMap(([name2, { isThere: isThere2, isPaused, everyMs: everyMs2, frontierMs }]) => {
      const next = (Math.floor(frontierMs / everyMs2) + 1) * everyMs2;
      return isThere2 && !isPaused && next < untilMs ? [`schedule ${name2} has not decided ${shown4(next)}`] : [];
    });
    return [...missing, ...late];
  }
  takeGraph(graphId, { schedule: schedule2 }) {
    const isRun2 = schedule2 !== void 0 && graphId.startsWith(`${schedule2}@`);
    return isRun2 && !this.runs.has(graphId) ? ["nobody has decided this run"] : [];
  }
  judge(name2, known, event) {
    const at = Date.parse(event.recordedAt);
    switch (event.type) {
      case "ScheduleSet": {
        const { everyMs: everyMs2 = 0, overlap, catchUpMs } = event.data;
        Object.assign(known, {
          everyMs: everyMs2,
          overlap,
          catchUpMs,
          isThere: true,
          frontierMs: Math.max(at, known.frontierMs)
        });
        return [];
      }
      case "ScheduleRemoved":
        Object.assign(known, { isThere: false, isPaused: false, asked: [], waiting: null });
        return [];
      case "SchedulePaused":
        known.isPaused = true;
        return [];
      case "ScheduleResumed":
        Object.assign(known, { isPaused: false, frontierMs: Math.max(at, known.frontierMs) });
        return [];
      case "ScheduleTriggered":
        known.asked.push(...event.data.instants.map((instant) => Date.parse(instant)));
        return [];
      default:
        return this.judgeDecision(name2, known, event, at);
    }
  }
  judgeDecision(name2, known, event, at) {
    const wrong2 = [];
    const last2 = known.runs.at(-1);
    if (!known.isThere) wrong2.push("the schedule was removed");
    if (last2 !== void 0 && !this.graphs.exists(last2))
      wrong2.push(`it is decided before the run ${last2} has its graph`);
    const isAsked = event.type === "ScheduleFired" && event.data.kind === "asked";
    if (known.isPaused && !isAsked) wrong2.push("the schedule is paused");
    const [from, to] = event.type === "ScheduleSkipped" ? [event.data.from, event.data.to] : both(event.data.instant);
    const isMissed = event.type === "ScheduleSkipped" && event.data.why === "missed";
    if (!isAsked && Date.parse(to) + (isMissed ? known.catchUpMs : 0) > at + toleranceMs) {
      known.early += 1;
      return wrong2;
    }
    if (isAsked) wrong2.push(...takeFirst(known.asked, Date.parse(from)));
    else if (event.type === "ScheduleFired" && event.data.kind === "buffered") {
      if (known.waiting !== Date.parse(from)) wrong2.push(`${from} does not wait`);
      known.waiting = null;
    } else wrong2.push(...decide2(known, Date.parse(from), Date.parse(to)));
    if (event.type === "ScheduleBuffered") {
      if (known.waiting !== null) wrong2.push("two wait at once");
      known.waiting = Date.parse(from);
    }
    if (event.type === "ScheduleSkipped") wrong2.push(...whyMiscounted(event.data, known));
    if (event.type === "ScheduleFired") wrong2.push(...this.judgeRun(name2, known, event.data));
    return wrong2;
  }
  judgeRun(name2, known, { graphId, instant, aborts }) {
    const wrong2 = [];
    const last2 = known.runs.at(-1);
    if (graphId !== `${name2}@${instant.replace(".000Z", "Z")}`) wrong2.push(`its graph is called ${graphId}`);
    if (this.runs.has(graphId)) wrong2.push(`the run ${graphId} is decided a second time`);
    if (this.graphs.exists(graphId)) wrong2.push(`the graph ${graphId} was there before`);
    const mayRunBeside = known.overlap === "allow" || aborts === last2;
    if (last2 !== void 0 && !mayRunBeside && !this.graphs.wasOver(last2)) wrong2.push(`the run ${last2} has not ended`);
    this.runs.add(graphId);
    known.runs.push(graphId);
    return wrong2;
  }
};
function decide2(known, from, to) {
  const { everyMs: everyMs2, frontierMs } = known;
  const next = (Math.floor(frontierMs / everyMs2) + 1) * everyMs2;
  known.frontierMs = Math.max(frontierMs, to);
  if (from === next && to >= from && to % everyMs2 === 0) return [];
  return [`${shown4(from)} to ${shown4(to)} is decided, where ${shown4(next)} is the next`];
}
function whyMiscounted({ from, to, count: count2 }, { everyMs: everyMs2 }) {
  const there = (Date.parse(to) - Date.parse(from)) / everyMs2 + 1;
  return count2 === void 0 || count2 === there ? [] : [`it counts ${count2} instants, and there are ${there}`];
}
function takeFirst(asked, instant) {
  if (asked[0] !== instant) return [`${shown4(instant)} is not the next that was asked for`];
  asked.shift();
  return [];
}
function both(instant) {
  return [instant, instant];
}
function shown4(at) {
  return Number.isFinite(at) ? new Date(at).toISOString() : String(at);
}

// test/simulation/judge.ts
var patienceMs = 6e4;
var Judge = class {
  /**
   * @param areClocksTrue whether nobody's clock is set wrong, so that waits can be judged
   * @param calmFromMs from when on nothing hinders anybody from writing that a limit has run out
   */
  constructor(elapsedMs, areClocksTrue, calmFromMs) {
    this.elapsedMs = elapsedMs;
    this.areClocksTrue = areClocksTrue;
    this.calmFromMs = calmFromMs;
  }
  elapsedMs;
  areClocksTrue;
  calmFromMs;
  problems = [];
  events = [];
  graphs = /* @__PURE__ */ new Map();
  /** Graphs that exist and have not ended. */
  open = /* @__PURE__ */ new Set();
  /** By machine. */
  allowances = /* @__PURE__ */ new Map();
  runs = /* @__PURE__ */ new Map();
  /** Runs that have not ended, by machine. */
  running = /* @__PURE__ */ new Map();
  indexOf = /* @__PURE__ */ new Map();
  streams = /* @__PURE__ */ new Map();
  lastSignMs = /* @__PURE__ */ new Map();
  startedBy = /* @__PURE__ */ new Map();
  finishes = /* @__PURE__ */ new Map();
  /** How the parents of each attempt's job stood when it started. */
  parentsAt = /* @__PURE__ */ new Map();
  ofWork = new NamespaceCheck();
  /** From when on jobs may start that their handlers put off, by stream, on the judge's own clock. */
  putOffUntil = /* @__PURE__ */ new Map();
  schedules = new ScheduleJudge({
    exists: (graphId) => this.graphs.get(graphId)?.reference.exists === true,
    wasOver: (graphId) => (this.graphs.get(graphId)?.outcomes.size ?? 0) > 0
  });
  limits = new PlaceJudge(
    {
      runs: (graphId, jobId2, attempt) => {
        const job2 = this.graphs.get(graphId)?.reference.jobs.get(jobId2);
        return job2?.phase === "started" && job2.attempt === attempt;
      }
    },
    () => this.elapsedMs(),
    limitKeys
  );
  /** Takes the events that have just reached the log. */
  take(events) {
    for (const event of events) {
      const last2 = this.events.at(-1);
      if (last2 !== void 0 && comparePositions(last2.position, event.position) >= 0)
        this.say(event, "its position is not after the last one");
      if (last2 !== void 0 && event.recordedAt < last2.recordedAt)
        this.say(event, "its time is before that of the last event");
      for (const problem of this.limits.judgeStart(event)) this.say(event, problem);
      const stream = listIn(this.streams, streamKey(event));
      if (event.revision !== stream.length) this.say(event, `its revision is not ${stream.length}`);
      stream.push(event.id);
      this.indexOf.set(event.position, this.events.length);
      this.events.push(event);
      if (event.type === "JobFinished") this.judgeMemory(event);
      for (const problem of this.schedules.take(event)) this.say(event, problem);
      if (isOfNamespace(event)) this.takeOfNamespace(event);
      else this.takeOfGraph(event);
      this.lastSignMs.set(streamKey(event), this.elapsedMs());
    }
  }
  /** How many results have been recorded. */
  get finished() {
    return this.finishes.size;
  }
  /** Those of some events in log order that were not taken yet. */
  fresh(events) {
    return onlyAfter(events, this.events.at(-1)?.position ?? null);
  }
  /** A writer was told that this is in the log. */
  acknowledged(requests, results) {
    const taken = requests.filter((_, at) => results[at].appended);
    for (const append of allAppends(taken)) {
      const stream = listIn(this.streams, streamKey(append));
      append.events.forEach(({ id, event }, index) => {
        if (stream[append.expectedRevision + 1 + index] === id) return;
        this.problems.push(`${event.type} of ${streamKey(append)} was acknowledged and is not in the log`);
      });
    }
  }
  /** A reader was given this. */
  read(events) {
    for (const event of events) {
      const index = this.indexOf.get(event.position);
      const truth = index === void 0 ? void 0 : this.events[index];
      if (truth?.id !== event.id || truth.revision !== event.revision)
        this.say(event, "a reader was given another event than the log holds");
    }
  }
  /** Judges what one subscription hands over: all that it was asked for, in order, each event once. */
  follower({ after: after2 = null, filter = {} }) {
    let last2 = after2 === null ? -1 : null;
    return (events) => {
      this.read(events);
      last2 ??= this.events.findLastIndex(({ position }) => comparePositions(position, after2) <= 0);
      for (const event of events) {
        const index = this.indexOf.get(event.position) ?? last2;
        const missed2 = this.events.slice(last2 + 1, index).find((each2) => matches(each2, filter));
        if (missed2 !== void 0) this.say(missed2, "a subscription passed over it");
        if (index <= last2) this.say(event, "a subscription handed it over again");
        last2 = index;
      }
    };
  }
  /** A handler begins. */
  began(job2, machine) {
    const key = `${job2.graphId}/${job2.id} attempt ${job2.attempt}`;
    if (this.runs.has(key)) this.problems.push(`${key} ran twice`);
    if (this.startedBy.get(key)?.startsWith(`${machine}-1-`) !== true)
      this.problems.push(`${key} ran on ${machine}, which had not claimed it`);
    const graph = this.graphs.get(job2.graphId);
    const meant = this.parentsAt.get(key);
    const finished = Object.entries(meant ?? {}).filter(([, fate]) => fate === "finished");
    const inputs = Object.fromEntries(finished.map(([id]) => [id, graph.results.get(id)]));
    if (!isDeepStrictEqual({ ...job2.inputs }, inputs))
      this.problems.push(`${key} was given other inputs than the results of its parents`);
    const told2 = Object.fromEntries(Object.entries(job2.parents).map(([id, { status }]) => [id, status]));
    if (!isDeepStrictEqual(told2, meant))
      this.problems.push(`${key} was told ${JSON.stringify(told2)} of its parents, which were ${JSON.stringify(meant)}`);
    const run = { job: job2, isReturned: false, result: null, spawned: [] };
    this.runs.set(key, run);
    const running = this.running.get(machine) ?? /* @__PURE__ */ new Set();
    this.running.set(machine, running.add(run));
    this.judgeSlots(key, machine, job2.type);
    return run;
  }
  /** A handler has returned, or thrown something. */
  ended(run, machine) {
    this.running.get(machine)?.delete(run);
  }
  /** A handler that was told to end, and does not, keeps its slot only for a while. */
  judgeSlots(key, machine, type) {
    const allowance = this.allowances.get(machine);
    if (allowance === void 0) return;
    const busy = [...this.running.get(machine) ?? []].filter(({ job: job2 }) => !job2.signal.aborted);
    const ofType = busy.filter(({ job: job2 }) => job2.type === type).length;
    if (busy.length > allowance.jobs || ofType > (allowance.ofType[type] ?? Infinity)) {
      this.problems.push(
        `${key} is one of ${busy.length} jobs that run on ${machine}, ${ofType} of them of its type, and it may run ${JSON.stringify(allowance)}`
      );
    }
  }
  /**
   * How a live projection differs from all events up to its position, folded from the first; null if it does not. Of a worker
   * that follows only some partitions, their graphs are compared. A graph that was over since may be missing: a later snapshot,
   * from which it began, does not name it. Whoever reopens it is heard of.
   */
  differenceOf(projection, partitions) {
    const folded = new LiveProjection();
    const { position } = projection;
    for (const event of this.events) {
      if (position === null || comparePositions(event.position, position) > 0) break;
      folded.apply(event);
      for (const graphId of folded.reopened) {
        const upTo = this.events.filter(
          (each2) => each2.graphId === graphId && comparePositions(each2.position, event.position) <= 0
        );
        folded.restore(graphId, upTo);
      }
    }
    for (const graph of [...folded.graphs.values()]) {
      const { overAt } = this.graphOf(graph.id);
      const wasOver = overAt !== null && position !== null && comparePositions(overAt, position) >= 0;
      if (!projection.graphs.has(graph.id) && wasOver) folded.forget(graph);
    }
    const [held2, meant] = [projection, folded].map((each2) => pictureOf(each2, partitions));
    if (isDeepStrictEqual(held2, meant)) return null;
    return `a live projection at ${position} holds ${JSON.stringify(held2)}, and a fold from the first event ${JSON.stringify(meant)}`;
  }
  say(event, problem) {
    this.problems.push(`@${event.position} ${event.type} of ${streamKey(event)}: ${problem}`);
  }
  takeOfNamespace(event) {
    if (event.type === "ResultMemoized" && !this.finishes.has(event.data.eventId))
      this.say(event, "it remembers a result that is not there");
    for (const problem of this.limits.take(event)) this.say(event, problem);
    if (event.jobId === null) for (const { problem } of this.ofWork.check(event)) this.say(event, problem);
  }
  takeOfGraph(event) {
    const graph = this.graphOf(event.graphId);
    const job2 = event.jobId === null ? void 0 : graph.reference.jobs.get(event.jobId);
    if (event.type === "JobFaulted" && event.data.cause === "lease-expired" && job2?.phase === "started")
      this.judgeTaking(event, graph);
    const wasStarted = job2?.phase === "started";
    if (event.type === "JobStarted" && job2 !== void 0) this.judgeStart(event, graph.reference, job2);
    const before = graph.reference.jobs.size;
    const problem = graph.reference.apply(event);
    if (problem !== null) this.say(event, problem);
    graph.state.apply(event);
    if (event.type === "JobStarted") {
      const key = `${event.graphId}/${event.jobId} attempt ${event.data.attempt}`;
      this.startedBy.set(key, event.data.worker.id);
      const isStarted = !wasStarted && job2?.phase === "started";
      if (isStarted) this.limits.start(event, job2.definition);
      const parents = job2?.parents ?? [];
      this.parentsAt.set(key, Object.fromEntries(parents.map((parent) => [parent.id, endingOf2(parent)])));
    }
    if (job2 !== void 0 && event.type === "JobFinished" && wasStarted && job2.phase === "finished")
      this.judgeResult(event, graph, [...graph.reference.jobs.keys()].slice(before));
    else if (event.type !== "GraphSubmitted" && graph.reference.jobs.size !== before)
      this.say(event, "jobs came to be, though no attempt has finished");
    if (event.type === "GraphSubmitted") {
      for (const { id, carried, carriedStatus } of event.data.jobs) {
        if (carried !== void 0 && carriedStatus === void 0) graph.results.set(id, carried.result);
      }
    }
    if (event.type === "JobAnswered" && job2?.phase === "finished") graph.results.set(event.jobId, event.data.result);
    this.judgeWait(event);
    this.compare(event, graph);
  }
  /** No job starts before its time, or long after its limits have run out, but for the drift of clocks. */
  judgeStart(event, reference, job2) {
    const times = reference.isAborted ? null : reference.timesOf(job2);
    if (times === null || !this.areClocksTrue) return;
    const at = Date.parse(event.recordedAt);
    const toleratedMs = (times.from - job2.readyAt) * 2 * clockDriftMax + 2;
    if (at < times.from - toleratedMs) this.say(event, `it starts ${times.from - at} ms before its time`);
    const isCalm = this.elapsedMs() > this.calmFromMs;
    if (isCalm && at > times.endsAt + patienceMs)
      this.say(event, `its time had run out ${at - times.endsAt} ms before`);
  }
  /** No job that its handler put off starts before its time, but for the drift of clocks. */
  judgeWait(event) {
    const key = streamKey(event);
    const until = this.putOffUntil.get(key) ?? 0;
    const isEarly = event.type === "JobStarted" && this.elapsedMs() < until;
    if (isEarly && this.areClocksTrue) this.say(event, "its handler had put it off for longer");
    this.putOffUntil.delete(key);
    if (event.type !== "JobDeferred") return;
    if (event.data.delayMs < 1e3) this.say(event, "it is put off for less than a second");
    this.putOffUntil.set(key, this.elapsedMs() + event.data.delayMs * (1 - 2 * clockDriftMax) - 2);
  }
  graphOf(graphId) {
    const known = this.graphs.get(graphId);
    if (known !== void 0) return known;
    const fresh = {
      state: new GraphState(graphId),
      reference: new ReferenceGraph(graphId),
      outcomes: /* @__PURE__ */ new Set(),
      overAt: null,
      results: /* @__PURE__ */ new Map()
    };
    this.graphs.set(graphId, fresh);
    return fresh;
  }
  /** No lease is taken before it is over; the clock of the judging worker may be a little fast. */
  judgeTaking(event, { state }) {
    const { leaseMs } = state.jobs.get(event.jobId).state;
    const silentMs = this.elapsedMs() - this.lastSignMs.get(streamKey(event));
    if (silentMs < leaseMs * (1 - 2 * clockDriftMax) - 2)
      this.say(event, `the lease of ${leaseMs} ms was taken after ${silentMs} ms`);
  }
  judgeResult(event, graph, spawned) {
    const { attempt, result, memoized } = event.data;
    if (graph.results.has(event.jobId)) this.say(event, "the job has a second result");
    graph.results.set(event.jobId, result);
    if (memoized !== void 0) return;
    const run = this.runs.get(`${event.graphId}/${event.jobId} attempt ${attempt}`);
    if (run?.isReturned !== true) this.say(event, "no handler has returned that");
    else if (!isDeepStrictEqual(run.result, result)) this.say(event, "the handler returned something else");
    if (run !== void 0 && !isDeepStrictEqual(run.spawned, spawned))
      this.say(event, `the handler spawned ${run.spawned.join()}, and there came to be ${spawned.join()}`);
  }
  /** What is remembered was made before, and is given unchanged. */
  judgeMemory(event) {
    this.finishes.set(event.id, event);
    const { memoized, result } = event.data;
    if (memoized === void 0) return;
    const source = this.finishes.get(memoized.eventId);
    const isSame2 = source?.type === "JobFinished" && source.data.memoized === void 0 && isDeepStrictEqual(source.data.result, result);
    if (!isSame2) this.say(event, "it was given another result than was remembered");
  }
  compare(event, graph) {
    const { state, reference, outcomes } = graph;
    for (const anomaly of state.anomalies.splice(0)) this.say(event, `an anomaly: ${anomaly.problem}`);
    if (state.existsFrom !== null !== reference.exists)
      this.say(event, "the graph exists for one, and not for the other");
    if (!reference.exists) return;
    if (!isDeepStrictEqual([...state.jobs.keys()], [...reference.jobs.keys()]))
      return this.say(event, `the graph has other jobs than ${[...reference.jobs.keys()].join()}`);
    const counts = { unstarted: 0, started: 0, finished: 0, failed: 0, aborted: 0, skipped: 0 };
    for (const job2 of reference.jobs.values()) {
      const node = state.jobs.get(job2.id);
      const status = reference.status(job2);
      counts[status] = (counts[status] ?? 0) + 1;
      const isBlocked = status === "unstarted" && !reference.isAlive(job2);
      if (node.status !== status) this.say(event, `${job2.id} is ${node.status}, and should be ${status}`);
      if (node.isReady !== reference.isReady(job2))
        this.say(event, `${job2.id} is ${node.isReady ? "" : "not "}ready, and should be otherwise`);
      if (node.derivedStatus(0) === "awaiting" !== reference.isAwaiting(job2))
        this.say(event, `${job2.id} is ${node.derivedStatus(0)}: whether it awaits an answer is wrong`);
      const times = reference.isAborted ? null : reference.timesOf(job2);
      const endsAt = times === null || times.endsAt === Infinity ? null : times.endsAt;
      if ((node.expiresBy?.at ?? null) !== endsAt)
        this.say(event, `the time of ${job2.id} runs out at ${node.expiresBy?.at}, and should at ${endsAt}`);
      if (node.derivedStatus(0) === "blocked" !== isBlocked)
        this.say(event, `${job2.id} is ${node.derivedStatus(0)}, which is wrong`);
    }
    if (state.status !== reference.outcome)
      this.say(event, `the graph is ${state.status}, and should be ${reference.outcome}`);
    if (state.isSettled !== reference.isSettled)
      this.say(event, `the graph is ${state.isSettled ? "" : "not "}settled, and should be otherwise`);
    if (!isDeepStrictEqual(state.countByStatus(), counts)) this.say(event, "its counts are wrong");
    if (reference.isSettled) {
      outcomes.add(reference.outcome);
      graph.overAt = event.position;
    }
    if (reference.isSettled) this.open.delete(state.id);
    else this.open.add(state.id);
  }
};
function endingOf2(job2) {
  const fate = job2.fate();
  return fate === "ready" || fate === "waiting" || fate === "running" ? job2.phase : fate;
}
function pictureOf(projection, partitions) {
  const isFollowed = (graph) => partitions.has(partitionOf(graph.id));
  const names = (nodes) => Array.from(nodes).filter(({ graph }) => isFollowed(graph)).map(({ graph, id }) => `${graph.id}/${id}`).sort();
  const ofWorkers = /* @__PURE__ */ new Set([...projection.started.values()]);
  const followsAll = partitions.size === partitionCount;
  return {
    graphs: [...projection.graphs.values()].filter(isFollowed).map((graph) => [
      graph.id,
      graph.revision,
      ...[...graph.jobs.values()].map(({ id, status, state, record: record3 }) => [
        id,
        status,
        state.revision,
        Object.values({ ...record3.above, readyCause: null })
      ])
    ]).sort(),
    ready: [...projection.ready].map(([type, nodes]) => [type, ...names(nodes)]).filter(([, ...jobs2]) => jobs2.length > 0).sort(),
    started: names(projection.started.keys()),
    running: followsAll ? [...ofWorkers].sort().map((id) => [id, projection.runningBy(id)]) : null,
    paused: [projection.work.pause !== null, ...[...projection.work.types.keys()].sort()]
  };
}

// test/simulation/older-release.ts
function seenByOlder(log) {
  const seen = (read3) => async () => {
    const result = await read3();
    return result._tag === "Left" ? result : { ...result, right: result.right.map(asOlder) };
  };
  const known = { ...log };
  delete known.claimantsAfter;
  delete known.graphsAfter;
  return {
    ...known,
    subscribe: (request) => {
      const subscription = log.subscribe(request);
      const messages = async function* () {
        for await (const message2 of subscription) {
          yield message2.kind === "events" ? { ...message2, events: message2.events.map(asOlder) } : message2;
        }
      };
      return { [Symbol.asyncIterator]: messages, close: () => subscription.close() };
    },
    readStream: (stream, range) => seen(log.readStream(stream, range)),
    readGraph: (graphId, upTo) => seen(log.readGraph(graphId, upTo)),
    readAll: (request) => seen(log.readAll(request)),
    readGraphs: (graphIds, upTo, accept) => log.readGraphs(
      graphIds,
      upTo,
      (id, history2) => accept(id, Array.isArray(history2) ? history2.map(asOlder) : history2)
    )
  };
}
var unknownToOlder = [
  ...["GraphPaused", "GraphResumed", "WorkPaused", "WorkResumed"],
  ...["JobSkipped", "JobsSpawned", "JobDeferred", "JobAnswered", "JobExpired"],
  ...["ClaimRevoked", "LimitSet", "LimitRemoved", "PlaceTaken", "PlaceGivenBack"]
];
function isUnknownToOlder({ type }) {
  return unknownToOlder.includes(type) || type.startsWith("Schedule");
}
function asOlder(event) {
  if (event.type === "Unreadable") return event;
  const isUnknown = isUnknownToOlder(event);
  if (event.schemaVersion === 1 && !isUnknown) return event;
  const { type, data, ...envelope } = event;
  const explanation = `version ${event.schemaVersion} of ${type} was written by a newer release`;
  const problem = isUnknown ? "unknown-event-type" : "event-from-the-future";
  return { ...envelope, type: "Unreadable", data: { storedType: type, problem, explanation, stored: data } };
}

// test/log/sqlite/failing-disk.ts
import { copyFileSync, cpSync, existsSync as existsSync4, mkdtempSync, readFileSync as readFileSync4, rmSync as rmSync2, statSync as statSync6, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join as join4 } from "node:path";
import Sqlite6 from "better-sqlite3";
init_event_log();
init_fp();

// test/support/right.ts
function right2(either) {
  if (either._tag === "Right") return either.right;
  throw either.left instanceof Error ? either.left : new Error(`unexpected Left: ${JSON.stringify(either.left)}`);
}
async function rightOf(task) {
  return right2(await task());
}

// test/log/sqlite/failing-disk.ts
var busyTimeoutMs = 25;
var FailingDisk = class {
  constructor(now, chances) {
    this.now = now;
    this.chances = chances;
    this.log = this.open();
  }
  now;
  chances;
  folder = mkdtempSync(join4(existsSync4("/dev/shm") ? "/dev/shm" : tmpdir(), "overseer-simulation-"));
  cuts = 0;
  path = join4(this.folder, "overseer.db");
  log;
  /** Called when the power has been cut: everything that ran is dead. */
  onPowerCut = () => {
  };
  /** The log, on whichever file the store is now. */
  opened() {
    const calls = Object.entries(this.log).flatMap(([name2, method]) => {
      if (typeof method !== "function") return [];
      const call = (...args) => () => this.log[name2](...args)();
      return [[name2, call]];
    });
    const { subscribe, close } = {
      subscribe: ((request) => this.log.subscribe(request)),
      close: () => this.close()
    };
    return { ...this.log, ...Object.fromEntries(calls), subscribe, close };
  }
  async install() {
    await rightOf(this.log.install());
    failing.set(this.path, this);
  }
  /** Another program locks the file for a while of real time. */
  lock(ms) {
    this.byAnother((other) => other.exec("begin immediate"), ms);
  }
  /** Another program moves what is in the `-wal` into the file. */
  checkpoint() {
    this.byAnother((other) => other.pragma("wal_checkpoint(TRUNCATE)"), 0);
  }
  /**
   * Somebody archives graphs that are over: all, or only some of their events. Whatever fails on the way is left to the next
   * time. Whether they are over, they know as everybody else does: from the log.
   */
  async archive(random) {
    const { archive } = this.log;
    const last2 = await this.log.readAll({ direction: "backwards", limit: 1 })();
    if (E.isLeft(last2) || last2.right[0] === void 0) return;
    const { position } = last2.right[0];
    const resting = await archive.restingGraphs(position)();
    if (E.isLeft(resting)) return;
    const over = [];
    const judge = (graphId, history2) => {
      if (history2 instanceof LogError) return;
      const state = new GraphState(graphId);
      for (const event of history2) state.apply(event);
      if (state.isSettled && state.unreadable === null) over.push(graphId);
    };
    const read3 = await this.log.readGraphs(
      resting.right.map(({ graphId }) => graphId),
      position,
      judge
    )();
    if (E.isLeft(read3)) return;
    const stop = new AbortController();
    const batches2 = between(random, 1, 4);
    const onBatch = ({ files }) => files >= batches2 && stop.abort();
    const sizes = { fileEventsMax: between(random, 1, 60), pieceEventsMax: between(random, 1, 20) };
    await archive.move(over, position, { ...sizes, signal: stop.signal, onBatch })();
  }
  byAnother(work, ms) {
    const other = new Sqlite6(this.path, { timeout: 0 });
    try {
      work(other);
    } catch {
    }
    setTimeout(() => other.close(), ms);
  }
  /** What may go wrong with a transaction: see {@link failing}. */
  transact(work, call, name2) {
    const chance = this.chances.next("disk", name2);
    if (chance.strikes("io-error")) throw new Sqlite6.SqliteError("disk I/O error", "SQLITE_IOERR_READ");
    const before = existsSync4(`${this.path}-wal`) ? statSync6(`${this.path}-wal`).size : 0;
    const result = call(() => {
      const done = work();
      if (chance.strikes("commit-full")) throw new Sqlite6.SqliteError("database or disk is full", "SQLITE_FULL");
      return done;
    });
    if (chance.strikes("power-cut")) this.cutPower(before, chance);
    if (chance.strikes("commit-unknown")) throw new Sqlite6.SqliteError("disk I/O error", "SQLITE_IOERR_FSYNC");
    return result;
  }
  read() {
    if (this.chances.next("disk", "read").strikes("read-error"))
      throw new Sqlite6.SqliteError("disk I/O error", "SQLITE_IOERR_READ");
  }
  /** Copies the files as they would be after a power cut while the last commit was being written. */
  cutPower(before, { random }) {
    const old = this.path;
    const closing = this.log;
    this.cuts += 1;
    this.path = join4(this.folder, `after-cut-${this.cuts}.db`);
    copyFileSync(old, this.path);
    if (existsSync4(`${old}-archive`)) cpSync(`${old}-archive`, `${this.path}-archive`, { recursive: true });
    const journal = readFileSync4(`${old}-wal`);
    const kept4 = before > journal.length ? 0 : before;
    const torn = Buffer.from(journal.subarray(0, between(random, kept4, journal.length)));
    if (random() < 0.5) torn.fill(0, between(random, kept4, torn.length));
    writeFileSync(`${this.path}-wal`, torn);
    failing.delete(old);
    failing.set(this.path, this);
    this.log = this.open();
    this.onPowerCut();
    setTimeout(() => void closing.close(), 0);
    throw new Sqlite6.SqliteError("disk I/O error", "SQLITE_IOERR_WRITE");
  }
  open() {
    return openSqliteLog({ path: this.path, now: this.now, busyTimeoutMs });
  }
  async close() {
    failing.delete(this.path);
    await this.log.close();
    rmSync2(this.folder, { recursive: true });
  }
};
var failing = /* @__PURE__ */ new Map();
function letDisksFail() {
  const { transaction } = Sqlite6.prototype;
  Sqlite6.prototype.transaction = function(body) {
    const inMode = (mode) => (...args) => {
      const run = (work) => transaction.call(this, work)[mode]();
      const disk = this.readonly || this.inTransaction ? void 0 : failing.get(this.name);
      if (disk === void 0) return run(() => body(...args));
      if (mode === "default" || mode === "deferred") disk.read();
      else return disk.transact(() => body(...args), run, "transaction");
      return run(() => body(...args));
    };
    const [immediate, deferred, exclusive] = [inMode("immediate"), inMode("deferred"), inMode("exclusive")];
    const byDefault = inMode("default");
    return Object.assign(byDefault, { default: byDefault, immediate, deferred, exclusive, database: this });
  };
  const statement = Object.getPrototypeOf(new Sqlite6(":memory:").prepare("select 1"));
  const { all } = statement;
  statement.all = function(...args) {
    const disk = failing.get(this.database.name);
    if (disk !== void 0 && !this.database.inTransaction) disk.read();
    return all.apply(this, args);
  };
}

// test/simulation/snapshots.ts
init_fp();
init_grouped();
function faultySnapshots(log, machine, chances, saved) {
  return {
    ...log,
    saveSnapshot: (name2, snapshot) => {
      listIn(saved, name2).push(snapshot);
      return log.saveSnapshot(name2, snapshot);
    },
    loadSnapshot: (name2) => async () => {
      const loaded = await log.loadSnapshot(name2)();
      if (E.isLeft(loaded) || loaded.right === null) return loaded;
      const { strikes, random } = chances.next(machine, `snapshot ${name2}`);
      if (strikes("snapshot-lost")) return E.right(null);
      if (strikes("snapshot-stale")) return E.right(oneOf4(random, saved.get(name2) ?? [loaded.right]));
      if (!strikes("snapshot-damaged")) return loaded;
      return E.right({ ...loaded.right, bytes: damaged2(loaded.right.bytes, random) });
    }
  };
}
function damaged2(bytes, random) {
  if (random() < 0.3) return bytes.slice(0, Math.floor(random() * bytes.length));
  const changed2 = Uint8Array.from(bytes);
  const at = Math.floor(random() * changed2.length);
  changed2[at] = changed2[at] ^ 1 << Math.floor(random() * 7);
  return changed2;
}

// test/simulation/world.ts
var hour = 36e5;
var calmAfterMs = 12e4;
var startMs = Date.parse("2026-01-01T00:00:00.000Z");
var World = class {
  constructor(plan, engine) {
    this.plan = plan;
    const areClocksTrue = !plan.faults.some((kind) => ofClocks.includes(kind));
    this.judge = new Judge(() => this.time.elapsedMs, areClocksTrue, plan.disturbedMs + calmAfterMs);
    this.chances = new Chances(plan, () => this.time.elapsedMs);
    const now = () => Math.floor(this.time.now()) + this.logSetByMs;
    this.disk = engine === "sqlite" ? new FailingDisk(now, this.chances) : null;
    const log = this.disk?.opened() ?? createMemoryLog({ now, subscriptionBatch: 1 + plan.seed % 7 });
    this.log = heardLog(plan.isApart ? withoutJoining(log) : log, {
      judge: this.judge,
      isFull: () => this.time.elapsedMs < this.diskFullUntilMs,
      onEvent: (event) => this.coverage.note(event, this.chances.circumstances(machineOf(event.actor)))
    });
    this.follower = new Follower(this);
  }
  plan;
  time = new VirtualTime({ startMs, holdTime: false, patienceMs: 0, isIdle: () => false });
  judge;
  coverage = new Coverage();
  chances;
  log;
  /** Graphs whose submission was acknowledged. */
  expected = /* @__PURE__ */ new Set();
  follower;
  /** What people are about, and workers that are being started. */
  pending = /* @__PURE__ */ new Set();
  hosts = /* @__PURE__ */ new Set();
  crashes = 0;
  /** Moments at which something happened. */
  steps = 0;
  traffic = new LogTraffic();
  saved = /* @__PURE__ */ new Map();
  numbers = /* @__PURE__ */ new Map();
  logSetByMs = 0;
  diskFullUntilMs = 0;
  disk;
  /** Stops every worker, and the one that follows the log. Resolves when all have stopped. */
  async end() {
    this.follower.end();
    const working = this.working();
    for (const host of working) host.isLeaving = true;
    await Promise.all([...working.map(({ worker }) => worker.stop()), ...this.pending]);
  }
  /** Sets everything going. */
  async begin() {
    await this.disk?.install();
    if (this.disk !== null) this.disk.onPowerCut = () => this.cutPower();
    for (let index = 0; index < this.plan.workers; index++) this.startWorker();
    for (const graph of this.plan.graphs) this.time.setTimer(graph.atMs, () => this.go(submit(this, graph)));
    for (const plan of this.plan.schedules) this.time.setTimer(plan.atMs, () => this.go(setUp(this, plan)));
    for (const plan of this.plan.limits) this.time.setTimer(plan.atMs, () => this.go(limitAs(this, plan)));
    for (const act of this.plan.acts) this.time.setTimer(act.atMs, () => this.does(act));
    this.go(this.follower.run());
    for (let at = 2e4; at < this.plan.disturbedMs; at += 4e4)
      this.time.setTimer(at, () => this.compareProjections());
  }
  /** Faults end, and so does what they have begun. Whoever was cut off or suspended goes on. */
  calm() {
    this.chances.calm();
    this.diskFullUntilMs = 0;
    for (const { machine, wire } of this.hosts) {
      wire.mend();
      machine.resume();
    }
    this.startWorker(false);
  }
  newHost(role, isOlder2 = false) {
    const number2 = (this.numbers.get(role) ?? 0) + 1;
    this.numbers.set(role, number2);
    const name2 = `${role} ${number2}`;
    const { time, chances, judge, traffic } = this;
    const { strikes, random } = chances.of(name2, `the clock of ${name2}`);
    const wire = new FaultyWire({ time, chances, judge });
    const clockRate = strikes("clock-drifting") ? 1 + (random() * 2 - 1) * clockDriftMax : 1;
    const log = faultySnapshots(isOlder2 ? seenByOlder(this.log) : this.log, name2, chances, this.saved);
    const machine = new Machine({ name: name2, seed: hashed(this.plan.seed, name2), time, log, wire, traffic, clockRate });
    if (strikes("clock-skewed")) machine.clockSetByMs = Math.round((random() - 0.5) * (hour / 3));
    const host = { machine, wire, store: machine.store, isOlder: isOlder2, worker: null, isLeaving: false };
    this.hosts.add(host);
    return host;
  }
  pass(ms) {
    return new Promise((resolve2) => void this.time.setTimer(ms, resolve2));
  }
  /** Does something as a person would: again until the log can be reached, on another machine when this one has died. */
  async untilReached(role, work) {
    for (let host = this.newHost(role); ; await this.pass(700)) {
      try {
        return await this.on(host, () => work(host.store));
      } catch (error) {
        if (error === died) host = this.newHost(role);
        else if (!isTransient(error)) throw error;
      }
    }
  }
  /** Does something on a machine. Rejects with {@link died} if it dies meanwhile. */
  async on({ machine }, work) {
    const dies = machine.died.then(() => Promise.reject(died));
    dies.catch(() => {
    });
    return await Promise.race([work(), dies]);
  }
  /** Lets something go on meanwhile. That it fails is a problem of the world. */
  go(work) {
    const settled = work.catch((error) => {
      this.judge.problems.push(`something failed that must not: ${inspect(error)}`);
    });
    this.pending.add(settled);
    void settled.finally(() => this.pending.delete(settled));
  }
  /** Compares what every worker knows with what the log says. */
  compareProjections() {
    for (const { worker, isOlder: isOlder2, machine } of this.working()) {
      if (isOlder2) continue;
      const { projection, partitions } = worker.feed;
      if (projection.reopened.size > 0) continue;
      const difference = this.judge.differenceOf(projection, partitions);
      if (difference !== null) this.judge.problems.push(`${machine.name}: ${difference}`);
    }
  }
  does({ kind, seed, atMs }) {
    const random = chanceOf(seed, kind);
    const hosts = this.working();
    if (hosts.length === 0) return;
    const host = oneOf4(random, hosts);
    const { machine, wire } = host;
    if (!this.chances.strike(concernAll.includes(kind) ? "all" : machine.name, kind, `act ${kind} ${atMs}`)) return;
    const awhileMs = between(random, 100, 2e4);
    switch (kind) {
      case "crash":
        return random() < 0.15 ? this.follower.kill() : machine.kill();
      case "stop":
        return this.stopWorker(host);
      case "paused":
        machine.suspend();
        return void this.time.setTimer(awhileMs, () => this.resumed(host));
      case "partition":
        return wire.cut("all", awhileMs * 2);
      case "half-partition":
        return wire.cut(random() < 0.5 ? "reads" : "writes", awhileMs * 2);
      case "clock-jumps":
        machine.clockSetByMs += between(random, -5 * hour, 5 * hour);
        return;
      case "log-clock-jumps":
        this.logSetByMs += between(random, -5 * hour, 5 * hour);
        return;
      case "disk-full":
        this.diskFullUntilMs = this.time.elapsedMs + awhileMs;
        return;
      case "locked":
        return this.disk?.lock(awhileMs / 200);
      case "checkpoint":
        return this.disk?.checkpoint();
      case "archive":
        return this.archive(random);
      case "share-at-will":
        return followAtWill(host.worker, random);
      case "operator":
        return this.go(operate(this, seed));
      case "answer":
        return this.go(answer3(this, seed));
      case "hold":
        return this.go(holdBack(this, seed));
      case "limit":
        return this.go(change2(this, seed));
      case "schedule":
        return this.go(interfere(this, seed));
      default:
        throw new Error(`${kind} is not something that happens at a moment`);
    }
  }
  archive(random) {
    const { disk } = this;
    if (disk !== null) this.go(this.time.call(() => disk.archive(random)));
  }
  /** Everything that runs dies, and what was acknowledged must be there when the machines run again. */
  cutPower() {
    for (const { machine } of this.hosts) machine.kill();
  }
  working() {
    return [...this.hosts].filter(
      ({ machine, worker, isLeaving }) => worker !== null && !isLeaving && machine.isRunning
    );
  }
  resumed({ machine, wire }) {
    wire.wasSuspended(machine.name);
    machine.resume();
  }
  startWorker(isOlder2) {
    const name2 = `worker ${(this.numbers.get("worker") ?? 0) + 1}`;
    const { strikes, random } = this.chances.of(name2, `the start of ${name2}`);
    const host = this.newHost("worker", isOlder2 ?? strikes("older-release"));
    const { machine, store: store2 } = host;
    void machine.died.then(() => {
      this.crashes += 1;
      this.replace(host);
    });
    const jobs2 = between(random, 1, 4);
    const ofType = random() < 0.5 ? { t: between(random, 1, 2) } : {};
    const types = Object.fromEntries(Object.entries(ofType).map(([type, concurrency]) => [type, { concurrency }]));
    const heartbeat = { sleepTime: 2e3, tolerance: 3, monitorShutdown: false };
    this.judge.allowances.set(name2, { jobs: jobs2, ofType });
    const stopTimeout = between(random, 0, 4e3);
    const handlers = scriptedHandlers({
      machine,
      time: this.time,
      chances: this.chances,
      judge: this.judge,
      canSpawn: !host.isOlder,
      isLimited: this.plan.limits.length > 0
    });
    const begin2 = async () => {
      const worker = await this.started(
        host,
        () => start2({ concurrency: jobs2, types, heartbeat, stopTimeout }, store2, handlers)
      );
      if (worker === null) return;
      host.worker = worker;
      worker.stopped.catch((error) => this.gaveUp(host, error));
    };
    this.go(begin2());
  }
  /** The worker, once the log could be reached; null if its machine has died before. */
  async started(host, begin2) {
    for (; ; ) {
      try {
        return await this.on(host, begin2);
      } catch (error) {
        if (error === died) return null;
        if (!isTransient(error)) throw error;
      }
      await this.pass(1e3);
    }
  }
  /** Whatever supervises workers starts another one. */
  replace(host) {
    if (host.isLeaving) return;
    host.isLeaving = true;
    const random = chanceOf(this.plan.seed, `after ${host.machine.name}`);
    this.time.setTimer(between(random, 100, 3e3), () => this.startWorker());
  }
  gaveUp(host, error) {
    if (!isOrderly(error)) this.judge.problems.push(`${host.machine.name} failed: ${inspect(error)}`);
    this.replace(host);
  }
  stopWorker(host) {
    this.replace(host);
    const stopped = this.on(host, () => host.worker.stop());
    this.go(
      stopped.catch(
        (error) => error === died || isOrderly(error) ? void 0 : Promise.reject(error)
      )
    );
  }
};
function withoutJoining(log) {
  const { joinsStreams: _, ...rest } = log;
  return rest;
}
var died = new Error("the machine died");
function followAtWill(worker, random) {
  const { shares } = worker;
  const wanted = allPartitions.filter((partition) => random() < (partition < 5 ? 0.4 : 0.1));
  shares.follow(new Set(wanted));
}
var ofClocks = ["clock-skewed", "clock-jumps", "log-clock-jumps"];
var concernAll = [
  "log-clock-jumps",
  "disk-full",
  "locked",
  "checkpoint",
  "archive",
  "operator",
  "answer",
  "hold",
  "limit",
  "schedule"
];
function isOrderly(error) {
  return error instanceof OverseerError && error.code === "worker-failed" && !error.message.includes("defect");
}
function machineOf(actor) {
  return actor.replace(/-1-[0-9a-f]{16}$/, "");
}

// test/simulation/play.ts
var minute2 = 6e4;
var recoveryMs = 60 * minute2;
var lateMs = 4e4;
var answeredEveryMs = 2e4;
var scheduledMs = 2 * lateMs;
var stepsMax2 = 1e5;
var stoppingMs = 30 * minute2;
var verifiedEvery = 8;
async function play(plan, { engine = "memory", onEnd } = {}) {
  const world = new World(plan, engine);
  const { judge, time, chances, coverage, log } = world;
  try {
    await world.begin();
    await time.pass(
      bounded2(world, () => judge.problems.length > 0),
      plan.disturbedMs
    );
    world.calm();
    for (const ms of [0, lateMs]) {
      time.setTimer(ms, () => world.go(resumeAll(world)));
      time.setTimer(ms, () => world.go(resumeSchedules(world)));
    }
    for (let ms = 0; ms < recoveryMs; ms += answeredEveryMs) time.setTimer(ms, () => world.go(answerAll(world)));
    time.setTimer(scheduledMs, () => world.go(endSchedules(world)));
    for (const ms of [0, lateMs]) time.setTimer(ms, () => world.go(endLimits(world)));
    await recover(world);
    if (judge.problems.length === 0) await judgeTheEnd(world);
  } catch (error) {
    judge.problems.push(error instanceof Error ? error.message : String(error));
  }
  time.end();
  await onEnd?.(log);
  await log.close();
  const { problems: problems2, events, runs } = judge;
  return {
    plan,
    engine,
    problems: problems2,
    events,
    strikes: chances.struck,
    coverage,
    virtualMs: time.elapsedMs,
    runs: runs.size,
    crashes: world.crashes
  };
}
function bounded2(world, isDone) {
  return () => {
    world.steps += 1;
    if (world.steps === stepsMax2) world.judge.problems.push(`it has taken ${stepsMax2} steps: ${whatIsLeft(world)}`);
    return isDone();
  };
}
async function endSchedules(world) {
  const { judge, plan } = world;
  const logAt = Date.parse(judge.events.at(-1)?.recordedAt ?? "");
  const untilMs = Math.min(logAt, world.time.startMs + plan.disturbedMs);
  judge.problems.push(...judge.schedules.atTheEnd(untilMs));
  await removeSchedules(world);
}
async function recover(world) {
  const { judge, time, expected, pending, follower } = world;
  const isQuiet = () => judge.open.size === 0 && pending.size === 1 && follower.told.size === judge.finished;
  const isOver = () => judge.problems.length > 0 || time.elapsedMs > until - recoveryMs + scheduledMs + lateMs && expected.size === world.plan.graphs.length && isQuiet();
  const until = time.elapsedMs + recoveryMs;
  const passed = await time.pass(bounded2(world, isOver), until);
  if (judge.problems.length > 0) return;
  if (passed !== "done") judge.problems.push(`it stands still (${passed}): ${whatIsLeft(world)}`);
  world.compareProjections();
  const ended = { is: false };
  void world.end().then(
    () => ended.is = true,
    (error) => judge.problems.push(`stopping failed: ${String(error)}`)
  );
  const stopped = await time.pass(() => ended.is || judge.problems.length > 0, time.elapsedMs + stoppingMs);
  if (stopped !== "done") judge.problems.push(`not all stopped (${stopped})`);
}
function whatIsLeft(world) {
  const { judge, plan, expected, pending } = world;
  const missing = plan.graphs.filter(({ id }) => !expected.has(id)).map(({ id }) => `${id} is not submitted`);
  const open = [...judge.open].map(
    (id) => `${id} has not ended: ${JSON.stringify(judge.graphs.get(id).state.countByStatus())}`
  );
  const unheard2 = judge.finished - world.follower.told.size;
  return [
    ...missing,
    ...open,
    `${pending.size - 1} people wait`,
    `the follower was not told of ${unheard2} results`
  ].join("; ");
}
async function judgeTheEnd(world) {
  const { judge, plan, log } = world;
  const { store: store2 } = world.newHost("reader");
  const stored = await certainly(log.readAll({ limit: 1e6 }));
  if (!isDeepStrictEqual2(
    stored.map(({ id }) => id),
    judge.events.map(({ id }) => id)
  ))
    judge.problems.push("the log holds other events than were seen to reach it");
  judge.problems.push(...judge.schedules.atTheEnd(0));
  for (const [id, { reference }] of judge.graphs) {
    if (!reference.exists) continue;
    const told2 = await graphInfo(store2, id);
    const isSame2 = Object.values(told2.jobs).every(
      ({ id: job2, status }) => status === reference.status(reference.jobs.get(job2))
    );
    if (told2.status !== reference.outcome || !isSame2) judge.problems.push(`graphInfo tells something else of ${id}`);
  }
  if (plan.seed % verifiedEvery !== 0) return;
  for (const { problem } of (await verify(store2)).problems) judge.problems.push(`verify finds: ${problem}`);
}

// test/simulation/shrink.ts
async function shrink(plan, fails, struckBy, playsMax = 300) {
  let shortest2 = plan;
  let plays = 0;
  const attempt = async (shorter) => {
    if (plays >= playsMax) return false;
    plays += 1;
    if (!await fails(shorter)) return false;
    shortest2 = shorter;
    return true;
  };
  for (let before = null; before !== shortest2 && plays < playsMax; ) {
    before = shortest2;
    await fewer(
      plan.faults.filter((kind) => shortest2.faults.includes(kind)),
      (faults) => attempt({ ...shortest2, faults })
    );
    await fewer(shortest2.acts, (acts) => attempt({ ...shortest2, acts }));
    await fewer(shortest2.graphs, (graphs2) => attempt({ ...shortest2, graphs: graphs2 }));
    await fewer(shortest2.schedules, (schedules2) => attempt({ ...shortest2, schedules: schedules2 }));
    await fewer(shortest2.limits, (limits3) => attempt({ ...shortest2, limits: limits3 }));
    const struck = (await struckBy(shortest2)).filter((key) => !shortest2.spared.includes(key));
    await fewer(struck, (_, left2) => attempt({ ...shortest2, spared: [...shortest2.spared, ...left2] }));
    for (let workers2 = 1; workers2 < shortest2.workers; workers2++) if (await attempt({ ...shortest2, workers: workers2 })) break;
    for (const { id } of shortest2.graphs) await fewerJobs(id);
  }
  return shortest2;
  async function fewerJobs(id) {
    const jobsOf = () => shortest2.graphs.find((graph) => graph.id === id).jobs;
    const set = (jobs2) => attempt({ ...shortest2, graphs: shortest2.graphs.map((graph) => graph.id === id ? { ...graph, jobs: jobs2 } : graph) });
    while (jobsOf() > 1 && (await set(Math.ceil(jobsOf() / 2)) || await set(jobsOf() - 1))) ;
  }
}
async function fewer(list, works) {
  let kept4 = list;
  for (let size = Math.ceil(kept4.length / 2); size >= 1 && kept4.length > 0; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let at = 0; at < kept4.length; ) {
      const left2 = kept4.slice(at, at + size);
      const rest = [...kept4.slice(0, at), ...kept4.slice(at + size)];
      if (await works(rest, left2)) kept4 = rest;
      else at += size;
    }
  }
}

// test/simulation/player.ts
var worldsAtOnce = 50;
async function playSeeds(assignment, tell) {
  const { first, step, end, untilMs, out: _, isQuick, ...options } = assignment;
  const { engine } = options;
  if (engine === "sqlite") letDisksFail();
  if (end - first > 1) Error.stackTraceLimit = 0;
  let totals = noTotals();
  for (let seed = first; seed < end && Date.now() < untilMs; seed += step) {
    tell({ kind: "begins", seed });
    const played = await play(planFor(seed, options), { engine });
    count(totals, played);
    if (totals.worlds >= worldsAtOnce) {
      tell({ kind: "totals", totals });
      totals = noTotals();
    }
    if (played.problems.length > 0) {
      tell({ kind: "failed", seed, lines: await explained(played, assignment) });
      if (isQuick) break;
    }
  }
  tell({ kind: "totals", totals });
}
async function playFile(plan, out) {
  const played = await play(plan);
  if (played.problems.length === 0) return ["Nothing went wrong."];
  return [...problemLines(played), await historyOf(plan, out)];
}
async function explained(played, assignment) {
  const { seed } = played.plan;
  const { out, isQuick } = assignment;
  const again3 = `npm run simulate -- --seed ${seed}${flagsOf(assignment)}`;
  if (isQuick || played.engine !== "memory") return [`seed ${seed}: ${again3}`, ...problemLines(played)];
  const plan = await shrink(
    played.plan,
    async (shorter) => (await play(shorter)).problems.length > 0,
    async (shorter) => (await play(shorter)).strikes.map(({ key }) => key)
  );
  const short = await play(plan);
  mkdirSync2(out, { recursive: true });
  const file = join5(out, `${seed}.plan.json`);
  writeFileSync2(file, JSON.stringify(plan, null, 2));
  return [
    `seed ${seed}: ${again3}`,
    ...problemLines(played),
    `Shrunk to ${plan.graphs.length} graphs, ${plan.workers} workers and ${short.strikes.length} faults: npm run simulate -- --plan ${file}`,
    ...problemLines(short),
    ...short.strikes.map(({ key }) => `  ${key}`),
    await historyOf(plan, out)
  ];
}
function flagsOf({ engine, faults, steps: steps2 }) {
  const named2 = faults?.length === 0 ? "none" : faults?.join();
  const all = engine === "sqlite" ? [...allFaults, ...faultsOfFiles] : allFaults;
  return [
    engine === "sqlite" ? " --sqlite" : "",
    named2 === void 0 ? "" : ` --faults ${named2 === all.join() ? "all" : named2}`,
    steps2 === void 0 ? "" : ` --steps ${steps2}`
  ].join("");
}
function problemLines({ problems: problems2 }) {
  return problems2.slice(0, 3).map((problem) => `  ${problem.slice(0, 2e3)}`);
}
async function historyOf(plan, out) {
  mkdirSync2(out, { recursive: true });
  const file = join5(out, `${plan.seed}.history.jsonl`);
  const write = async (log) => {
    await pipeline2(exportLog(new Store(log, systemEnvironment)), createWriteStream(file));
  };
  await play(plan, { onEnd: write });
  return `Its history, for \`overseer show\` and the others: --store ${file}`;
}

// test/simulation/run.ts
var hangsAfterSeconds = 300;
var { values } = parseArgs({
  options: {
    seed: { type: "string" },
    worlds: { type: "string" },
    minutes: { type: "string" },
    steps: { type: "string" },
    faults: { type: "string" },
    jobs: { type: "string", default: "2" },
    out: { type: "string", default: "simulation-failures" },
    plan: { type: "string" },
    sqlite: { type: "boolean", default: false },
    quick: { type: "boolean", default: false },
    coverage: { type: "boolean", default: false }
  }
});
var failuresMax2 = values.quick ? 1 : 5;
if (process.send !== void 0) {
  process.once(
    "message",
    (assignment) => void playSeeds(assignment, (report) => process.send(report)).then(() => process.exit(0))
  );
} else if (values.plan !== void 0) {
  const lines = await playFile(JSON.parse(readFileSync5(values.plan, "utf8")), values.out);
  console.log(lines.join("\n"));
  process.exit(lines.length > 1 ? 1 : 0);
} else {
  process.exit(await direct());
}
async function direct() {
  const seed = whole2("seed") ?? Math.floor(Math.random() * 2 ** 31);
  const minutes = whole2("minutes");
  const worlds = whole2("worlds") ?? (minutes === null ? values.seed === void 0 ? 1e3 : 1 : Infinity);
  const steps2 = whole2("steps");
  const faults = faultsIn(values.faults);
  const jobs2 = Math.min(whole2("jobs") ?? 2, worlds);
  const untilMs = minutes === null ? Infinity : Date.now() + minutes * 6e4;
  const totals = noTotals();
  const failed = [];
  const common = {
    step: jobs2,
    end: seed + worlds,
    untilMs,
    out: values.out,
    isQuick: values.quick,
    engine: values.sqlite ? "sqlite" : "memory"
  };
  const options = { ...faults === null ? {} : { faults }, ...steps2 === null ? {} : { steps: steps2 } };
  process.once("SIGINT", () => {
    tellTotals(totals, failed);
    process.exit(130);
  });
  const lead = (index) => follow3({ ...common, ...options, first: seed + index }, totals, failed);
  await Promise.all(Array.from({ length: jobs2 }, (_, index) => lead(index)));
  tellTotals(totals, failed);
  return failed.length === 0 && totals.worlds > 0 ? 0 : 1;
}
function tellTotals(totals, failed) {
  console.log(totalLines(totals).join("\n"));
  if (values.coverage) console.table(totals.transitions);
  console.log(
    failed.length === 0 ? "\nNothing went wrong." : `
Went wrong: ${failed.length}, with the seeds ${failed.join(", ")}`
  );
}
async function follow3(assignment, totals, failed) {
  for (let first = assignment.first; first < assignment.end && failed.length < failuresMax2; ) {
    const child = fork(new URL(import.meta.url), [], { execArgv: process.execArgv, serialization: "advanced" });
    const hung = await outcomeOf3(child, { ...assignment, first }, totals, failed);
    if (hung === null) return;
    failed.push(hung);
    console.log(`seed ${hung} hangs: a world in it took longer than ${hangsAfterSeconds} s, or ended its process`);
    first = hung + assignment.step;
  }
}
function outcomeOf3(child, assignment, totals, failed) {
  return new Promise((resolve2) => {
    let playing = assignment.first;
    let silentSeconds = 0;
    const watch2 = setInterval(() => {
      silentSeconds += 1;
      if (silentSeconds >= hangsAfterSeconds) child.kill("SIGKILL");
    }, 1e3);
    child.on("message", (report) => {
      silentSeconds = 0;
      if (report.kind === "begins") playing = report.seed;
      else if (report.kind === "totals") add(totals, report.totals);
      else {
        failed.push(report.seed);
        console.log(report.lines.join("\n"));
        if (failed.length >= failuresMax2) child.kill();
      }
    });
    child.once("exit", (code) => {
      clearInterval(watch2);
      resolve2(code === 0 || failed.length >= failuresMax2 ? null : playing);
    });
    child.send(assignment);
  });
}
function whole2(name2) {
  const given = values[name2];
  if (given === void 0) return null;
  const number2 = Number(given);
  if (!Number.isSafeInteger(number2) || number2 < 0) throw new Error(`--${name2} is ${given}; give a whole number`);
  return number2;
}
function faultsIn(given) {
  if (given === void 0) return null;
  if (given === "all") return values.sqlite ? [...allFaults, ...faultsOfFiles] : allFaults;
  if (given === "none") return [];
  return given.split(",").map((name2) => {
    if (!(name2 in faultKinds))
      throw new Error(
        `there is no fault ${JSON.stringify(name2)}${didYouMean(name2, Object.keys(faultKinds))}; there are all, none, and ${Object.keys(faultKinds).join(", ")}`
      );
    return name2;
  });
}
