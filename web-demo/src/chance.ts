/** A whole number from 0 to `below` - 1. */
export function random(below: number): number {
  return (crypto.getRandomValues(new Uint32Array(1))[0] as number) % below
}

export function pick<T>(choices: readonly T[]): T {
  return choices[random(choices.length)] as T
}
