import type { WordKey } from './words/en'

/**
 * The colours of people. Each has a contrast of at least 4.5 with the white letters on it, and of at least 3
 * with the paper it stands on, light or dark.
 */
export const PALETTE = {
  blue: '#3670e2',
  teal: '#0a7f7b',
  green: '#1c823e',
  ochre: '#787811',
  orange: '#c2540a',
  red: '#d53946',
  pink: '#d22d8d',
  violet: '#9054d4',
} as const satisfies Partial<Record<WordKey, string>>

export type ColourName = keyof typeof PALETTE
export const COLOUR_NAMES = Object.keys(PALETTE) as ColourName[]

/** The background of selected text: the colour at a quarter of its strength. */
export const selectionColour = (colour: string): string => `${colour}40`
