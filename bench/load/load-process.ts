import { LoadRunner } from './load-runner.ts';
import type { LoadAnswer, LoadQuestion } from './load-messages.ts';

/** The load generator as a process: answers each question of its parent, and ends with it. */
let runner: LoadRunner | undefined;

async function answer(question: Exclude<LoadQuestion, { kind: 'pace' }>): Promise<LoadAnswer> {
  if (question.kind === 'open') {
    runner = new LoadRunner(question.options);
    await runner.open();
    return { kind: 'done' };
  }
  if (runner === undefined) throw new Error('the load was not opened');
  if (question.kind === 'run') return { kind: 'report', report: await runner.run(question.phase) };
  await runner.prepare(question.spans);
  return { kind: 'done' };
}

process.on('message', (question: LoadQuestion) => {
  if (question.kind === 'pace') {
    runner?.pace(question.spansPerSecond);
    return;
  }
  void answer(question).then((message) => process.send?.(message));
});
process.on('disconnect', () => process.exit());
