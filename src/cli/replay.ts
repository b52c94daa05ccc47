import type { ConfigSources } from '../config/load.ts';
import { loadConfig } from '../config/load.ts';
import { ConfigError } from '../config/problem.ts';
import { processEnvironment } from '../config/source.ts';
import { messageOf } from '../internal/message-of.ts';
import type { ServiceConfig } from '../service/registry.ts';
import { registry } from '../service/registry.ts';
import { openReplayLog } from '../service/replay/replay-log.ts';
import type { ReplayResult } from '../service/replay/replay.ts';
import { replay as runReplay } from '../service/replay/replay.ts';
import { reportText } from '../service/replay/report.ts';
import type { ReplayArguments } from './arguments.ts';
import type { Surroundings } from './command-line.ts';
import { ProgressBar } from './progress-bar.ts';

/** Runs recordings through a configuration and says what it would have kept; 0 when all of them could be read. */
export async function replay(sources: ConfigSources, options: ReplayArguments, surroundings: Surroundings): Promise<number> {
  const environment = processEnvironment((message) => surroundings.writeError(`warning: ${message}\n`));
  let config: ServiceConfig;
  try {
    config = loadConfig(sources, registry, environment);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    surroundings.writeError(`${error.message}\n`);
    return 1;
  }
  const progress = new ProgressBar(surroundings);
  let result: ReplayResult;
  try {
    const log = openReplayLog(config.telemetry.logs);
    result = await runReplay({ ...options, config, logger: log.logger, onProgress: (made) => progress.show(made), ...surroundings });
    log.close();
  } catch (error) {
    progress.clear();
    surroundings.writeError(`tailrace: ${messageOf(error)}\n`);
    return 1;
  }
  progress.clear();
  surroundings.writeOut(reportText(result));
  return result.isComplete ? 0 : 1;
}
