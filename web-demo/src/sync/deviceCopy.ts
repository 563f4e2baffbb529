import { IndexeddbPersistence } from 'y-indexeddb'
import type * as Y from 'yjs'

/** The name of the browser's database that holds a document. */
const databaseName = (documentName: string): string => `crdt-server:${documentName}`

/**
 * Loads what this browser keeps of the document into `doc`, and keeps every later change; `report` hears
 * whether all changes are kept by now. Resolves to false where the browser cannot keep anything (private
 * windows, storage refused).
 */
export async function openDeviceCopy(
  documentName: string,
  doc: Y.Doc,
  report: (all: boolean) => void,
): Promise<boolean> {
  if (!(await canStore())) return false
  const copy = new IndexeddbPersistence(databaseName(documentName), doc)
  await copy.whenSynced
  watch(copy, doc, report)
  return true
}

/** y-indexeddb does not tell when a change is written. Transactions run in order, so a later one does. */
function watch(copy: IndexeddbPersistence, doc: Y.Doc, report: (all: boolean) => void): void {
  let asking = false
  let changed = false
  const ask = (): void => {
    const answer = copy.db?.transaction('updates', 'readonly')
    if (answer === undefined) return
    asking = true
    changed = false
    answer.objectStore('updates').count()
    answer.oncomplete = () => {
      asking = false
      if (changed) ask()
      else report(true)
    }
  }
  report(true)
  doc.on('update', () => {
    report(false)
    changed = true
    if (!asking) ask()
  })
}

/** y-indexeddb does not report a database that cannot be opened, so an empty one is opened first. */
function canStore(): Promise<boolean> {
  return new Promise((resolve) => {
    try {
      const request = indexedDB.open('crdt-server')
      request.onerror = () => resolve(false)
      request.onsuccess = () => {
        request.result.close()
        resolve(true)
      }
    } catch {
      resolve(false)
    }
  })
}
