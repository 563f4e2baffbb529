/** The first letters of the first and the last word of a name. */
export function initials(name: string): string {
  const words = name.split(/[\s-]+/u).filter((word) => word !== '')
  const ends = words.length > 1 ? [words[0], words.at(-1)] : [words[0]]
  return ends.map((word) => [...(word ?? '')][0]?.toLocaleUpperCase() ?? '').join('')
}
