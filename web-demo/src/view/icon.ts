/** Line icons on a grid of 24, drawn in the colour of the text beside them. */
const PATHS = {
  heading1: 'M4 6v12M11.5 6v12M4 12h7.5M16.5 11.5 19 10v8',
  heading2: 'M4 6v12M11.5 6v12M4 12h7.5M15.5 12c.2-1.3 1-2 2.2-2s2.2.8 2.2 2c0 2-4.4 3.5-4.4 6h4.5',
  heading3: 'M4 6v12M11.5 6v12M4 12h7.5M15.5 11c.5-.7 1.2-1 2.1-1 1.3 0 2.2.7 2.2 1.900s-.9 2-2.3 2c1.5 0 2.5.8 2.5 2s-1 2.1-2.4 2.100c-1 0-1.8-.4-2.3-1.1',
  bold: 'M7 5h6a3.5 3.5 0 0 1 0 7H7zm0 7h7a3.5 3.5 0 0 1 0 7H7z',
  italic: 'M10 5h8M6 19h8M14 5l-4 14',
  strike: 'M4 12h16M17 7.5C16.5 6 15 5 12 5c-3 0-5 1.2-5 3.5 0 1.5 1 2.6 3 3.500M7 16c.5 2 2.2 3 5 3 3 0 5-1.2 5-3.5 0-.6-.1-1-.3-1.5',
  inlineCode: 'm9 8-4 4 4 4m6-8 4 4-4 4',
  bulletList: 'M10 6h10M10 12h10M10 18h10M5 6h.01M5 12h.01M5 18h.01',
  orderedList: 'M10 6h10M10 12h10M10 18h10M4 4.5 5.5 4v4M4 15.200c.3-.8 2.5-1 2.5.4 0 1-2.5 1.9-2.5 3.400h2.6',
  quote: 'M5 6v12M10 8h9M10 12h9M10 16h6',
  codeBlock: 'M4 5h16v14H4zm5.5 4.500L7 12l2.5 2.500m5-5L17 12l-2.5 2.5',
  undo: 'M8 5 4 9l4 4M4 9h10a5 5 0 0 1 0 10h-3',
  redo: 'm16 5 4 4-4 4m4-4H10a5 5 0 0 0 0 10h3',
  connected: 'M5 12.500a10 10 0 0 1 14 0M8 15.500a6 6 0 0 1 8 0M12 19h.01M2.5 9a14 14 0 0 1 19 0',
  connecting: 'M20 12a8 8 0 1 1-2.5-5.800M20 4v4.500h-4.5',
  offline: 'M3 3l18 18M8 15.500a6 6 0 0 1 6.5-1.200M5 12.500a10 10 0 0 1 4-2.500M13.5 9.100a10 10 0 0 1 5.5 3.400M12 19h.01',
  refused: 'M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM5.7 5.700l12.6 12.6',
  saved: 'm5 12.5 4.5 4.500L19 7.5',
  saving: 'M12 19V6m-5 5 5-5 5 5',
  checking: 'M6 12h.01M12 12h.01M18 12h.01',
  unsaved: 'M5 4h10l4 4v12H5zM12 10v4.500M12 17.300h.01',
  share: 'M10 14a4 4 0 0 0 5.7 0l3-3A4 4 0 0 0 13 5.300l-1 1M14 10a4 4 0 0 0-5.7 0l-3 3A4 4 0 0 0 11 18.700l1-1',
  moon: 'M19.5 14.500A8 8 0 0 1 9.5 4.500a8 8 0 1 0 10 10z',
  file: 'M6 3h8l4 4v14H6zM14 3v4h4',
} as const

export type IconName = keyof typeof PATHS

const SVG = 'http://www.w3.org/2000/svg'

/** Decoration only: whatever carries it has its own words. */
export function icon(name: IconName): SVGSVGElement {
  const svg = document.createElementNS(SVG, 'svg')
  svg.setAttribute('viewBox', '0 0 24 24')
  svg.setAttribute('class', 'icon')
  svg.setAttribute('aria-hidden', 'true')
  const path = document.createElementNS(SVG, 'path')
  path.setAttribute('d', PATHS[name])
  svg.append(path)
  return svg
}
