import type { CodeEditor } from './codeEditor'
import { icon } from '../view/icon'
import { type Toolbar, toolbar } from '../view/toolbar'

/** The buttons over the code. */
export function codeToolbar(editor: CodeEditor): Toolbar {
  const { history } = editor
  const bar = toolbar('codeTools', [
    [
      { name: 'undo', face: icon('undo'), shortcut: 'Mod-z', run: () => history.undo(), isPossible: () => history.canUndo() },
      { name: 'redo', face: icon('redo'), shortcut: 'Mod-Shift-z', run: () => history.redo(), isPossible: () => history.canRedo() },
    ],
  ])
  history.on('stack-item-added', bar.refresh)
  history.on('stack-item-popped', bar.refresh)
  history.on('stack-cleared', bar.refresh)
  return bar
}
