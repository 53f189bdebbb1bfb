import { declareTestsOf, TOGETHER } from './together.ts';

await declareTestsOf(TOGETHER.protocol);
