/**
 * The audit's policy on licences. It is small and written down in the README; it is not legal advice.
 *
 * - Of `A OR B` the more permissive counts, since one may choose; of `A AND B` the stricter.
 * - In production: strong copyleft in a project that is not under such a licence itself is a *conflict*, and so is a
 *   package that says it may not be used; no licence, or one nobody can look up, needs *attention*.
 * - Weak copyleft in production, and any of these in development, is worth a *note*, and so is a production package
 *   that ships no licence text, which most licences ask to be passed on.
 */
import type { PackageRecord, Scope } from './results.js';
import { type Expression, parseExpression } from './spdx.js';

export type LicenceClass = 'permissive' | 'weak copyleft' | 'strong copyleft' | 'unknown' | 'not licensed' | 'missing';
export type Severity = 'conflict' | 'attention' | 'note';

export interface Finding {
  readonly severity: Severity;
  readonly location: string;
  readonly name: string;
  readonly version: string;
  readonly scope: Scope;
  readonly message: string;
}

const permissive = [
  ...[
    'MIT',
    'MIT-0',
    'ISC',
    'BSD-2-Clause',
    'BSD-3-Clause',
    'BSD-3-Clause-Clear',
    '0BSD',
    'Apache-2.0',
    'Zlib',
    'Unlicense',
  ],
  ...['CC0-1.0', 'CC-BY-3.0', 'CC-BY-4.0', 'BlueOak-1.0.0', 'Python-2.0', 'PSF-2.0', 'BSL-1.0', 'WTFPL', 'X11', 'NCSA'],
  ...[
    'Artistic-2.0',
    'AFL-2.1',
    'AFL-3.0',
    'Unicode-3.0',
    'Unicode-DFS-2016',
    'PostgreSQL',
    'Ruby',
    'curl',
    'libpng-2.0',
  ],
];
const weakCopyleft = /^(LGPL|MPL|EPL|CDDL|CPL|MS-RL|EUPL)-/i;
const strongCopyleft = /^(GPL|AGPL|SSPL|OSL|CC-BY-SA|CC-BY-NC|RPL|Sleepycat)(-|$)/i;
const permissiveIds = new Set(permissive.map((id) => id.toLowerCase()));
const strictness: readonly LicenceClass[] = ['permissive', 'weak copyleft', 'strong copyleft', 'unknown'];

/** What a declared licence asks of those who use the package. */
export function classify(declared: string | null): LicenceClass {
  if (declared === null) return 'missing';
  if (/^unlicensed$/i.test(declared)) return 'not licensed';
  const expression = parseExpression(declared);
  return expression === null ? 'unknown' : classOf(expression);
}

function classOf(expression: Expression): LicenceClass {
  if (expression.kind !== 'licence') {
    const ranks = expression.parts.map((part) => strictness.indexOf(classOf(part)));
    return strictness[expression.kind === 'or' ? Math.min(...ranks) : Math.max(...ranks)]!;
  }
  const { id, exception } = expression;
  if (permissiveIds.has(id.toLowerCase())) return 'permissive';
  if (weakCopyleft.test(id)) return 'weak copyleft';
  // An exception is what makes such a licence bearable for those who only link: Classpath, GCC runtime, and the like.
  if (strongCopyleft.test(id)) return exception === null ? 'strong copyleft' : 'weak copyleft';
  return 'unknown';
}

/** What the policy has to say about one package: nothing, most of the time. */
export function judge(installed: PackageRecord, scope: Scope, project: LicenceClass): readonly Finding[] {
  const { location, name, version, licence } = installed;
  const finding = (severity: Severity, message: string): readonly Finding[] => [
    { severity, location, name, version, scope, message },
  ];
  const inProduction = scope === 'production';
  const expression = licence.expression ?? '';
  switch (licence.licenceClass) {
    case 'strong copyleft': {
      const isConflict = inProduction && project !== 'strong copyleft';
      const why = isConflict ? `${expression} binds what is shipped with it` : `${expression} (strong copyleft)`;
      return finding(isConflict ? 'conflict' : 'note', why);
    }
    case 'not licensed':
      return finding(inProduction ? 'conflict' : 'attention', 'UNLICENSED: its author grants no right to use it');
    case 'missing':
    case 'unknown':
      return finding(inProduction ? 'attention' : 'note', unclear(expression, licence.readsLike));
    case 'weak copyleft':
      return inProduction ? finding('note', `${expression} (weak copyleft): changes to it have to be published`) : [];
    case 'permissive':
      return inProduction && licence.file === null
        ? finding('note', `${expression}, but it ships no licence text`)
        : [];
  }
}

function unclear(expression: string, readsLike: string | null): string {
  const hint = readsLike === null ? '' : `; its licence file reads like ${readsLike}`;
  return (expression === '' ? 'declares no licence' : `declares “${expression}”, which is no SPDX expression`) + hint;
}

const severities: readonly Severity[] = ['conflict', 'attention', 'note'];

/** The gravest first, then by name. */
export function compareFindings(a: Finding, b: Finding): number {
  return (
    severities.indexOf(a.severity) - severities.indexOf(b.severity) ||
    compareText(a.name, b.name) ||
    compareText(a.location, b.location)
  );
}

/** By code units: the same on every machine, whatever its language. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

const phrases: readonly (readonly [id: string, phrase: RegExp])[] = [
  ['AGPL-3.0', /GNU AFFERO GENERAL PUBLIC LICENSE/i],
  ['LGPL', /GNU (LESSER|LIBRARY) GENERAL PUBLIC LICENSE/i],
  ['GPL', /GNU GENERAL PUBLIC LICENSE/i],
  ['MPL-2.0', /Mozilla Public License,? (v\. ?|version )2\.0/i],
  ['Apache-2.0', /Apache License,?\s+Version 2\.0/i],
  ['ISC', /Permission to use, copy, modify, and\/?(or)? distribute this software for any purpose/i],
  ['BSD', /Redistribution and use in source and binary forms/i],
  ['MIT', /Permission is hereby granted, free of charge, to any person obtaining a copy/i],
  ['Unlicense', /This is free and unencumbered software released into the public domain/i],
];

/** Which common licence a text reads like; null if like none of them. */
export function recognise(text: string): string | null {
  return phrases.find(([, phrase]) => phrase.test(text.replace(/\s+/g, ' ')))?.[0] ?? null;
}
