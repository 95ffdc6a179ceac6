/** Numbers from 0 up to, not including, 1. */
export type Random = () => number;

/** Up to `count` of the items, each as likely as another, in random order. Does not change `items`. */
export function pick<T>(items: readonly T[], count: number, random: Random): T[] {
  const left = [...items];
  const picked: T[] = [];
  while (picked.length < count && left.length > 0) {
    const at = Math.floor(random() * left.length);
    picked.push(left[at]!);
    left[at] = left.at(-1)!;
    left.pop();
  }
  return picked;
}
