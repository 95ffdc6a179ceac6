/**
 * The line that every generated file bears, without a comment sign: what made it and where to change it. Apply
 * knows its own files by the beginning of it.
 */
export function markerLine(source: string, cluster: string): string {
  return `mailbastion: made from ${source} for cluster ${cluster}; change the cluster file, not this one`;
}
