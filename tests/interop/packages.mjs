// The pinned npm packages, for scripts of other folders: Node resolves bare names only from here.
export * as Y from 'yjs'
export * as encoding from 'lib0/encoding'
export * as prng from 'lib0/prng'
export * as authProtocol from 'y-protocols/auth'
export * as awarenessProtocol from 'y-protocols/awareness'
export * as syncProtocol from 'y-protocols/sync'
