import { defaultKeymap } from '@codemirror/commands'
import { python } from '@codemirror/lang-python'
import { HighlightStyle, bracketMatching, indentOnInput, indentUnit, syntaxHighlighting } from '@codemirror/language'
import { Compartment, EditorState, type Extension } from '@codemirror/state'
import { EditorView, highlightActiveLine, keymap, lineNumbers, placeholder } from '@codemirror/view'
import { tags } from '@lezer/highlight'
import { yCollab, yUndoManagerKeymap } from 'y-codemirror.next'
import type { Awareness } from 'y-protocols/awareness'
import * as Y from 'yjs'
import type { Peers } from '../sync/peers'
import { language, say } from '../words/language'
import { remoteCarets } from './remoteCarets'

/** The code editor on the document's text `code`. */
export interface CodeEditor {
  element: HTMLElement
  history: Y.UndoManager
  setEditable(editable: boolean): void
  focus(): void
}

const highlighting = HighlightStyle.define([
  { tag: [tags.keyword, tags.operatorKeyword, tags.controlKeyword], color: 'var(--code-keyword)' },
  { tag: [tags.string, tags.special(tags.string)], color: 'var(--code-string)' },
  { tag: [tags.number, tags.bool, tags.null], color: 'var(--code-number)' },
  { tag: [tags.comment, tags.docString], color: 'var(--code-comment)', fontStyle: 'italic' },
  { tag: [tags.function(tags.variableName), tags.function(tags.definition(tags.variableName))], color: 'var(--code-name)' },
  { tag: [tags.className, tags.typeName, tags.meta], color: 'var(--code-type)' },
])

export function codeEditor(doc: Y.Doc, awareness: Awareness, peers: Peers): CodeEditor {
  const text = doc.getText('code')
  const history = new Y.UndoManager(text)
  const words = new Compartment()
  const editable = new Compartment()
  const whenEditable = keymap.of(yUndoManagerKeymap)
  const view = new EditorView({
    doc: text.toString(),
    extensions: [
      lineNumbers(),
      highlightActiveLine(),
      indentOnInput(),
      indentUnit.of('    '),
      bracketMatching(),
      python(),
      syntaxHighlighting(highlighting),
      EditorView.lineWrapping,
      // No key is bound to Tab, so the keyboard can leave the editor.
      editable.of(whenEditable),
      keymap.of(defaultKeymap),
      yCollab(text, null, { undoManager: history }),
      remoteCarets(text, awareness, peers),
      words.of(inWords()),
    ],
  })
  language.follow(() => view.dispatch({ effects: words.reconfigure(inWords()) }))
  return {
    element: view.dom,
    history,
    setEditable: (on) => view.dispatch({ effects: editable.reconfigure(on ? whenEditable : EditorState.readOnly.of(true)) }),
    focus: () => view.focus(),
  }
}

function inWords(): Extension {
  return [
    EditorView.contentAttributes.of({ 'aria-label': `${say('code')} (${say('codeHint')})`, 'data-testid': 'code' }),
    placeholder(say('codePlaceholder')),
  ]
}
