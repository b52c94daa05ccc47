import { expect, test } from 'vitest';
import { FloodGuard } from '../../../../src/receiver/otlp/http2/flood-guard.ts';
import { ManualClock } from '../../../support/manual-clock.ts';

const times = (count: number, action: () => void): void => {
  for (let i = 0; i < count; i++) action();
};

test('a thousand broken streams and settings at once, then 33 a second', () => {
  const clock = new ManualClock();
  const guard = new FloodGuard(clock);
  times(400, () => guard.streamBroken());
  times(600, () => guard.settingsChanged());
  expect(() => guard.streamBroken()).toThrow('too many requests are taken back or wrong');
  expect(() => guard.settingsChanged()).toThrow('too many settings');
  clock.tick(1000);
  times(33, () => guard.streamBroken());
  expect(() => guard.streamBroken()).toThrow();
});

test('a thousand empty frames between one complete request and the next', () => {
  const guard = new FloodGuard(new ManualClock());
  times(1000, () => guard.emptyFrame());
  guard.requestCompleted();
  times(1000, () => guard.emptyFrame());
  expect(() => guard.emptyFrame()).toThrow('too many frames without content');
});

test('ten thousand acknowledgements that are not read', () => {
  const guard = new FloodGuard(new ManualClock());
  times(30_000, () => guard.acknowledging(true));
  times(9999, () => guard.acknowledging(false));
  expect(() => guard.acknowledging(false)).toThrow('too much is left unread');
});
