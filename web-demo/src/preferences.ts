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
export function tabRecalls(name: string): string | null {
  try {
    return sessionStorage.getItem(key(name))
  } catch {
    return null
  }
}

export function tabRemembers(name: string, value: string | null): void {
  try {
    if (value === null) sessionStorage.removeItem(key(name))
    else sessionStorage.setItem(key(name), value)
  } catch {
    // As above.
  }
}
