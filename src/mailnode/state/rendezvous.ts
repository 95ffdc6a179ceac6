/**
 * The place of a key among some: each place gets a score for the key, and the highest wins (rendezvous hashing,
 * Thaler and Ravishankar 1998). All who know the same places agree without a word, and a place that goes takes
 * only its own keys along. Undefined when there is no place.
 */
export function rendezvous(key: string, places: readonly string[]): string | undefined {
  let best: { readonly place: string; readonly score: number } | undefined;
  for (const place of places) {
    const score = mix(fnv1a(`${key}\0${place}`));
    if (!best || score > best.score || (score === best.score && place < best.place)) best = { place, score };
  }
  return best?.place;
}

/** FNV-1a, 32 bit. */
function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}

/** The end of MurmurHash3: FNV alone leaves the last characters in the low bits, and the places differ in those. */
function mix(hash: number): number {
  let mixed = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
