/** Which protocol the page speaks with the server. It is chosen in the address, so that links carry it. */

export const DIALECTS = { 'y-websocket': 'y-websocket', hocuspocus: 'Hocuspocus' } as const
export type Dialect = keyof typeof DIALECTS

const DEFAULT: Dialect = 'y-websocket'
const PARAMETER = 'dialect'

/** The dialect in an address' query, such as `?dialect=hocuspocus`. */
export function dialectIn(query: string): Dialect {
  const chosen = new URLSearchParams(query).get(PARAMETER)
  return chosen !== null && Object.hasOwn(DIALECTS, chosen) ? (chosen as Dialect) : DEFAULT
}

/** `path` as an address in which `dialect` is chosen. */
export const inDialect = (path: string, dialect: Dialect): string =>
  dialect === DEFAULT ? path : `${path}?${PARAMETER}=${dialect}`
