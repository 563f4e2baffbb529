import { Editor } from '@tiptap/core'
import { Collaboration } from '@tiptap/extension-collaboration'
import { CollaborationCaret } from '@tiptap/extension-collaboration-caret'
import { Placeholder } from '@tiptap/extensions'
import StarterKit from '@tiptap/starter-kit'
import type { Awareness } from 'y-protocols/awareness'
import type * as Y from 'yjs'
import { selectionColour } from '../palette'
import type { Peer, Peers } from '../sync/peers'
import { language, say } from '../words/language'
import { caretElement, paintCaret } from './caret'

/** The rich-text editor on the document's fragment `prose`, in `element`. */
export function proseEditor(element: HTMLElement, doc: Y.Doc, awareness: Awareness, peers: Peers): Editor {
  const editor = new Editor({
    element,
    extensions: [
      StarterKit.configure({
        undoRedo: false, // Collaboration brings its own, which undoes only what this user did.
        trailingNode: false, // Every client would add one after the same remote edit.
        heading: { levels: [1, 2, 3] },
        link: { openOnClick: false },
      }),
      Placeholder.configure({ placeholder: () => say('prosePlaceholder') }),
      Collaboration.configure({ document: doc, field: 'prose' }),
      CollaborationCaret.configure({
        provider: { awareness },
        user: awareness.getLocalState()?.['user'],
        render: (user) => caretElement(user as Peer),
        selectionRender: ({ color }: Peer) => ({ style: `background-color: ${selectionColour(color)}` }),
      }),
    ],
    editorProps: { attributes: attributes() },
  })
  language.follow(() => editor.setOptions({ editorProps: { attributes: attributes() } }))
  let last = new Map<number, Peer>()
  peers.all.follow((all) => {
    for (const peer of all) repaint(editor, last.get(peer.client), peer)
    last = new Map(all.map((peer) => [peer.client, peer]))
  })
  return editor
}

function attributes(): Record<string, string> {
  return { role: 'textbox', 'aria-multiline': 'true', 'aria-label': say('prose'), 'data-testid': 'prose' }
}

/** Tiptap keeps the element of a caret for as long as its person is there, whatever they are called now. */
function repaint(editor: Editor, before: Peer | undefined, now: Peer): void {
  if (before?.name === now.name && before.color === now.color && before.cursor === now.cursor) return
  const carets = editor.view.dom.querySelectorAll<HTMLElement>(`.caret[data-client="${now.client}"]`)
  for (const caret of carets) paintCaret(caret, now)
}
