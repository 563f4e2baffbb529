// Any pinned npm package, for scripts of other folders: Node resolves bare names only from here.
export const packageByName = (name) => import(name)
