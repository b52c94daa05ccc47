import type { Component } from '../../component/component.ts';
import type { ComponentSettings } from '../../component/factory.ts';
import type { Consumer } from '../../consumer/consumer.ts';
import type { Signal } from '../../pdata/otlp/signal.ts';
import type { DeliveryConfig } from './config.ts';
import { DirectExporter } from './direct-exporter.ts';
import { QueuedExporter } from './queued-exporter.ts';
import type { Sender } from './sender.ts';

/** An exporter around `sender`, with or without a queue as `config` says. */
export function createExporter(
  sender: Sender,
  config: DeliveryConfig,
  settings: ComponentSettings & { readonly signal: Signal },
): Component & Consumer {
  return config.sending_queue.enabled ? new QueuedExporter(sender, config, settings) : new DirectExporter(sender, config, settings);
}
