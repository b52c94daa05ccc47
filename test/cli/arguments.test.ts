import { describe, expect, test } from 'vitest';
import { readArguments, UsageError } from '../../src/cli/arguments.ts';

describe('readArguments', () => {
  test.each([
    [[], { name: 'run', sources: { locations: [], sets: [] } }],
    [['--config', 'a.yaml', '--config=env:B', '--set', 'a.b=1', '--set=c::d=2'], { name: 'run', sources: { locations: ['a.yaml', 'env:B'], sets: ['a.b=1', 'c::d=2'] } }],
    [['validate', '--config', 'a.yaml'], { name: 'validate', sources: { locations: ['a.yaml'], sets: [] } }],
    [['--config', 'a.yaml', 'validate'], { name: 'validate', sources: { locations: ['a.yaml'], sets: [] } }],
    [['--help'], { name: 'help' }],
    [['validate', '-h'], { name: 'help' }],
    [['-v'], { name: 'version' }],
  ] as const)('%j', (argv, expected) => {
    expect(readArguments(argv)).toEqual(expected);
  });

  test.each([
    [['--confg', 'a.yaml'], /^unknown option --confg \(did you mean --config\?\)$/],
    [['--configuration=a.yaml'], /^unknown option --configuration/],
    [['-x'], /^unknown option -x$/],
    [['--config'], /--config/],
    [['--version=1'], /--version/],
    [['validate'], /at least one --config/],
    [['a.yaml'], /unknown command "a\.yaml"; to run a configuration, write --config a\.yaml/],
    [['validate', 'a.yaml', '--config', 'b.yaml'], /unexpected argument "a\.yaml"/],
  ])('%j is a wrong call', (argv, message) => {
    expect(() => readArguments(argv)).toThrow(UsageError);
    expect(() => readArguments(argv)).toThrow(message);
  });
});
