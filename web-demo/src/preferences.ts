/** Small things this browser remembers. Nothing here may fail where storage is refused. */

const key = (name: string): string => `crdt-server:${name}`

export function recall(name: string): string | null {
  try {
    return localStorage.getItem(key(name))
  } catch {
    return null
  }
}

export function remember(name: string, value: string): void {
  try {
    localStorage.setItem(key(name), value)
  } catch {
    // The choice holds for this page only.
  }
}

/** What only this tab remembers, also when it is loaded again. */
export function tabRecalls(name: string): boolean {
  try {
    return sessionStorage.getItem(key(name)) !== null
  } catch {
    return false
  }
}

export function tabRemembers(name: string, on: boolean): void {
  try {
    if (on) sessionStorage.setItem(key(name), '1')
    else sessionStorage.removeItem(key(name))
  } catch {
    // As above.
  }
}
