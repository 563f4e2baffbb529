import { PERSON_NAME_LENGTH_MAX } from '../identity'
import { selectionColour } from '../palette'

/** Where a caret is: two Yjs relative positions as JSON, of which only the shape has been checked. */
export interface PeerCursor {
  anchor: unknown
  head: unknown
}

const FALLBACK_COLOUR = '#62748d'
const ROOT_NAMES: readonly unknown[] = ['prose', 'code']

/**
 * What may be drawn of a peer's awareness state.
 *
 * A state is whatever its client sent. Editors put its colour into style attributes and look its positions up in
 * the document, where a malformed one throws.
 */
export function cleanPresence(client: number, state: unknown): Record<string, unknown> {
  const { user, cursor } = isRecord(state) ? state : {}
  return { user: isRecord(user) ? cleanUser(client, user) : null, cursor: cleanCursor(cursor) }
}

function cleanUser(client: number, user: Record<string, unknown>): Record<string, unknown> {
  const name = typeof user['name'] === 'string' ? user['name'].trim().slice(0, PERSON_NAME_LENGTH_MAX) : ''
  const given = user['color']
  const color = typeof given === 'string' && /^#[0-9a-f]{6}$/i.test(given) ? given : FALLBACK_COLOUR
  return { name, color, colorLight: selectionColour(color), client }
}

function cleanCursor(cursor: unknown): PeerCursor | null {
  if (!isRecord(cursor) || !isPosition(cursor['anchor']) || !isPosition(cursor['head'])) return null
  return { anchor: cursor['anchor'], head: cursor['head'] }
}

/** A relative position as JSON: an item, or else the type, or else the root that it stands at the end of. */
function isPosition(value: unknown): boolean {
  if (!isRecord(value)) return false
  const { item, type, tname, assoc } = value
  if (assoc != null && typeof assoc !== 'number') return false
  if (item != null) return isId(item) && (type == null || isId(type)) && (tname == null || ROOT_NAMES.includes(tname))
  return type != null ? isId(type) : ROOT_NAMES.includes(tname)
}

const isId = (value: unknown): boolean =>
  isRecord(value) && Number.isSafeInteger(value['client']) && Number.isSafeInteger(value['clock'])

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null
