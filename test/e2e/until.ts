/**
 * Asks again and again until the condition holds, at first often and then every two seconds: the question itself may be
 * what keeps a small machine busy. Throws with its name when it does not hold within the limit.
 */
export async function until(what: string, holds: () => Promise<boolean>, limitMs = 30_000): Promise<void> {
  const end = performance.now() + limitMs;
  for (let pauseMs = 100; !(await holds()); pauseMs = Math.min(2_000, pauseMs * 1.5)) {
    if (performance.now() > end) throw new Error(`within ${limitMs} ms it did not come to pass that ${what}`);
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
}
