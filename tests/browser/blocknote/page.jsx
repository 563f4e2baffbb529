/**
 * BlockNote on one document, as an application would embed it: the provider and the editor in the versions that
 * La Suite Docs uses, and nothing in between.
 *
 * The address says what to open: `?server=ws://…&document=…&name=…&color=…&token=…`.
 */
import { withCollaboration } from '@blocknote/core/yjs'
import { BlockNoteView } from '@blocknote/mantine'
import '@blocknote/mantine/style.css'
import { useCreateBlockNote } from '@blocknote/react'
import { HocuspocusProvider } from '@hocuspocus/provider'
import { useSyncExternalStore } from 'react'
import { createRoot } from 'react-dom/client'
import * as Y from 'yjs'

const asked = Object.fromEntries(new URLSearchParams(location.search))
const doc = new Y.Doc()
const provider = new HocuspocusProvider({
  url: asked.server,
  name: asked.document,
  token: asked.token ?? '',
  document: doc,
})

let refusal = null
provider.on('authenticationFailed', ({ reason }) => (refusal = reason))

function follow(listener) {
  const events = ['unsyncedChanges', 'synced', 'close', 'authenticationFailed']
  for (const event of events) provider.on(event, listener)
  return () => events.forEach((event) => provider.off(event, listener))
}

function savedState() {
  if (provider.hasUnsyncedChanges) return 'saving'
  return provider.isSynced ? 'saved' : 'checking'
}

function Page() {
  const saved = useSyncExternalStore(follow, savedState)
  const denied = useSyncExternalStore(follow, () => refusal)
  const editor = useCreateBlockNote(
    withCollaboration({
      collaboration: {
        provider,
        fragment: doc.getXmlFragment('document-store'),
        user: { name: asked.name, color: asked.color },
      },
    }),
  )
  return (
    <>
      <header>
        <h1>{asked.document}</h1>
        <span data-testid="saved" data-state={saved}>
          {saved}
        </span>
      </header>
      {denied && <p role="alert">{denied}</p>}
      <main>
        <BlockNoteView editor={editor} editable={denied === null} theme="light" />
      </main>
    </>
  )
}

createRoot(document.body).render(<Page />)
