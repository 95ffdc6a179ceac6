/** Labels as the provider's blocks, sorted, so that the order of an object never shows in a plan. */
export function toLabels(labels: Readonly<Record<string, string>>): { label: string; value: string }[] {
  return Object.entries(labels)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([label, value]) => ({ label, value }));
}
