/** `npm run cases`: which cases of Overseer are tested, and which are left out and why. Exits 1 if one is neither or both. */
import { ranges, readCoverage } from '../test/cases/coverage.js';

const { covered, leftOut, problems } = readCoverage();

console.log(`Tested: ${ranges(covered)}`);
console.log('Left out:');
for (const { number, sentence } of leftOut) console.log(`  ${number}: ${sentence}`);
for (const problem of problems) console.log(`Wrong: ${problem}`);
console.log(`${covered.length + leftOut.length} cases: ${covered.length} tested, ${leftOut.length} left out`);
if (problems.length > 0) process.exitCode = 1;
