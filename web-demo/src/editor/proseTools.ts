import type { ChainedCommands, Editor } from '@tiptap/core'
import { type IconName, icon } from '../view/icon'
import { type Toolbar, type Tool, toolbar } from '../view/toolbar'

/** The buttons over the rich text. */
export function proseToolbar(editor: Editor): Toolbar {
  const act = (command: (chain: ChainedCommands) => ChainedCommands) => (): void => {
    command(editor.chain().focus()).run()
  }
  const heading = (level: 1 | 2 | 3): Tool => ({
    name: `heading${level}`,
    face: icon(`heading${level}`),
    shortcut: `Mod-Alt-${level}`,
    run: act((chain) => chain.toggleHeading({ level })),
    isOn: () => editor.isActive('heading', { level }),
  })
  const toggle = (
    name: Tool['name'] & IconName,
    node: string,
    shortcut: string,
    command: (chain: ChainedCommands) => ChainedCommands,
  ): Tool => ({ name, face: icon(name), shortcut, run: act(command), isOn: () => editor.isActive(node) })

  const bar = toolbar('proseTools', [
    [
      { name: 'undo', face: icon('undo'), shortcut: 'Mod-z', run: act((chain) => chain.undo()), isPossible: () => editor.can().undo() },
      { name: 'redo', face: icon('redo'), shortcut: 'Mod-Shift-z', run: act((chain) => chain.redo()), isPossible: () => editor.can().redo() },
    ],
    [heading(1), heading(2), heading(3)],
    [
      toggle('bold', 'bold', 'Mod-b', (chain) => chain.toggleBold()),
      toggle('italic', 'italic', 'Mod-i', (chain) => chain.toggleItalic()),
      toggle('strike', 'strike', 'Mod-Shift-s', (chain) => chain.toggleStrike()),
      toggle('inlineCode', 'code', 'Mod-e', (chain) => chain.toggleCode()),
    ],
    [
      toggle('bulletList', 'bulletList', 'Mod-Shift-8', (chain) => chain.toggleBulletList()),
      toggle('orderedList', 'orderedList', 'Mod-Shift-7', (chain) => chain.toggleOrderedList()),
      toggle('quote', 'blockquote', 'Mod-Shift-b', (chain) => chain.toggleBlockquote()),
      toggle('codeBlock', 'codeBlock', 'Mod-Alt-c', (chain) => chain.toggleCodeBlock()),
    ],
  ])
  editor.on('transaction', bar.refresh)
  return bar
}
