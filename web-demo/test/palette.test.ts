import { expect, test } from 'vitest'
import { PALETTE } from '../src/palette'

const PAPER = { light: '#ffffff', dark: '#1a1e28' }

function luminance(hex: string): number {
  const [red, green, blue] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(hex.slice(at, at + 2), 16) / 255
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
  }) as [number, number, number]
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}

function contrast(a: string, b: string): number {
  const [dark, light] = [luminance(a), luminance(b)].sort((x, y) => x - y) as [number, number]
  return (light + 0.05) / (dark + 0.05)
}

test.each(Object.entries(PALETTE))('%s is readable under white letters and visible on both papers', (_name, colour) => {
  expect(contrast(colour, '#ffffff')).toBeGreaterThanOrEqual(4.5)
  expect(contrast(colour, PAPER.dark)).toBeGreaterThanOrEqual(3)
  expect(contrast(colour, PAPER.light)).toBeGreaterThanOrEqual(3)
})
