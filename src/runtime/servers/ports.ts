/** Who listens on a TCP port of this machine: for a sentence a person can act on when a port is taken. */
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { createServer } from 'node:net'
import { readProcFile } from './process-identity.ts'

export interface PortHolder {
  readonly pid: number
  readonly command: string
}

/** Whether this process could listen on the port now. Errors other than "in use" (privileged port, bad host) are thrown. */
export function isPortFree(port: number, host = '127.0.0.1'): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(false)
      else reject(error)
    })
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(true)))
  })
}

/** A port nobody listens on at this moment. */
export function freePort(host = '127.0.0.1'): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen({ port: 0, host }, () => {
      const address = server.address()
      server.close(() => {
        if (address !== null && typeof address === 'object') resolve(address.port)
        else reject(new Error('the system gave no port'))
      })
    })
  })
}

/** The process that listens on a port; undefined when nobody does or the system does not tell (other users' processes). */
export function portHolder(port: number): PortHolder | undefined {
  return process.platform === 'linux' ? holderFromProc(port) : holderFromLsof(port)
}

/** "process 4711 (/usr/sbin/nginx)", or what is known instead. */
export function describePortHolder(port: number): string {
  const holder = portHolder(port)
  return holder === undefined ? 'a process of another user or container' : `process ${holder.pid} (${holder.command})`
}

/** Inodes of sockets in state LISTEN (0A) on the port, from /proc/net/tcp and tcp6 (proc(5)): fields 1, 3 and 9. */
function listeningInodes(port: number): Set<string> {
  const inodes = new Set<string>()
  const hexPort = port.toString(16).toUpperCase().padStart(4, '0')
  for (const table of ['/proc/net/tcp', '/proc/net/tcp6']) {
    let text: string
    try {
      text = readFileSync(table, 'utf8')
    } catch {
      // A kernel without IPv6 has no tcp6 table.
      continue
    }
    for (const line of text.split('\n').slice(1)) {
      const fields = line.trim().split(/\s+/)
      const inode = fields[9]
      if (fields[1]?.endsWith(`:${hexPort}`) && fields[3] === '0A' && inode !== undefined) inodes.add(inode)
    }
  }
  return inodes
}

function holderFromProc(port: number): PortHolder | undefined {
  const inodes = listeningInodes(port)
  if (inodes.size === 0) return undefined
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue
    if (openSockets(entry).some((inode) => inodes.has(inode))) {
      const pid = Number(entry)
      return { pid, command: commandOf(pid) }
    }
  }
  return undefined
}

function openSockets(pid: string): string[] {
  let descriptors: string[]
  try {
    descriptors = readdirSync(`/proc/${pid}/fd`)
  } catch {
    // Of another user, or ended meanwhile.
    return []
  }
  const inodes: string[] = []
  for (const descriptor of descriptors) {
    try {
      const inode = /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${descriptor}`))?.[1]
      if (inode !== undefined) inodes.push(inode)
    } catch {
      // Closed meanwhile.
    }
  }
  return inodes
}

function commandOf(pid: number): string {
  const words = (readProcFile(pid, 'cmdline') ?? '').split('\0').filter((word) => word !== '')
  // Later arguments may hold another program's secrets.
  return words.slice(0, 2).join(' ') || 'unknown program'
}

function holderFromLsof(port: number): PortHolder | undefined {
  let output: string
  try {
    output = execFileSync('lsof', ['-nP', `-iTCP:${port}`, '-sTCP:LISTEN', '-Fpc'], {
      encoding: 'utf8',
      timeout: 5_000,
      stdio: ['ignore', 'pipe', 'ignore'],
    })
  } catch {
    // lsof exits with 1 when nobody listens, and may be absent.
    return undefined
  }
  const pid = /^p(\d+)$/m.exec(output)?.[1]
  if (pid === undefined) return undefined
  return { pid: Number(pid), command: /^c(.+)$/m.exec(output)?.[1] ?? 'unknown program' }
}
