import { IndexeddbPersistence } from 'y-indexeddb'
import type * as Y from 'yjs'

/** The name of the browser's database that holds a document. */
const databaseName = (documentName: string): string => `crdt-server:${documentName}`

/**
 * Loads what this browser keeps of the document into `doc`, and keeps every later change.
 * Resolves to false where the browser cannot keep anything (private windows, storage refused).
 */
export async function openDeviceCopy(documentName: string, doc: Y.Doc): Promise<boolean> {
  if (!(await canStore())) return false
  await new IndexeddbPersistence(databaseName(documentName), doc).whenSynced
  return true
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
