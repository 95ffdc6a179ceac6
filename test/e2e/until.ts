/** Asks again and again until the condition holds. Throws with its name when it does not within the limit. */
export async function until(what: string, holds: () => Promise<boolean>, limitMs = 30_000): Promise<void> {
  const end = performance.now() + limitMs;
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`within ${limitMs} ms it did not come to pass that ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
