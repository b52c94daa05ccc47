export { metrics } from '../helper/metrics.ts';
