/**
 * Divides `total` by max-min fairness (Bertsekas and Gallager, "Data Networks", 6.5.2): whoever asks for no more than an
 * equal part of what is left gets all of it, the least first, and what it leaves goes to the others. Shares are by index
 * of the demands, none above its demand.
 */
export function maxMinShares(demands: readonly number[], total: number): readonly number[] {
  const shares = Array.from(demands, () => 0);
  const ascending = demands.map((_, index) => index).sort((a, b) => demands[a]! - demands[b]!);
  let left = total;
  ascending.forEach((index, served) => {
    const equalPart = left / (ascending.length - served);
    const share = Math.min(demands[index]!, equalPart);
    shares[index] = share;
    left -= share;
  });
  return shares;
}
