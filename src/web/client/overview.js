/**
 * Keeps the overview current: fetches its changing part every 5 seconds while the page is visible, counts ages on
 * every second, says when the server is out of reach, and tells screen readers only what changed in health.
 */
import { morph } from './morph.js'

const REFRESH_MS = 5000
/** The first fetch comes sooner: by then the server has read the curves it did not wait for. */
const FIRST_REFRESH_MS = 1500
const PATIENCE_MS = 10_000

const live = element('live')
const connection = element('connection')
const announcements = element('announcements')
/** @type {Record<'seconds' | 'minutes' | 'hours' | 'days' | 'unreachable' | 'failing' | 'reachable', string>} */
const texts = JSON.parse(live.dataset.texts ?? '{}')
const source = live.dataset.source ?? ''

/** When the values shown were received, by this clock; ages of the server are counted on from here. */
let receivedAt = Date.now()
/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer
let fetching = false

/** @param {string} id */
function element(id) {
  const found = document.getElementById(id)
  if (found === null) throw new Error(`the page has no #${id}`)
  return found
}

/** @param {number} seconds */
function ageText(seconds) {
  if (seconds < 60) return texts.seconds.replace('{n}', String(seconds))
  if (seconds < 3600) return texts.minutes.replace('{n}', String(Math.floor(seconds / 60)))
  if (seconds < 48 * 3600) return texts.hours.replace('{n}', String(Math.floor(seconds / 3600)))
  return texts.days.replace('{n}', String(Math.floor(seconds / 86_400)))
}

function countOn() {
  const passed = Math.max(0, Math.floor((Date.now() - receivedAt) / 1000))
  for (const node of live.querySelectorAll('[data-age]')) {
    const text = ageText(Number(node.getAttribute('data-age')) + passed)
    if (node.textContent !== text) node.textContent = text
  }
}

/** What each entity would be announced as, by its id. */
function healthById() {
  return new Map(
    [...live.querySelectorAll('[data-announce]')].map((card) => [card.id, card.getAttribute('data-announce')]),
  )
}

/** @param {string} html */
function show(html) {
  const wanted = new DOMParser().parseFromString(html, 'text/html').getElementById('overview')
  if (wanted === null) throw new Error('the answer holds no overview')
  const before = healthById()
  morph(element('overview'), wanted)
  receivedAt = Date.now()
  const changed = [...healthById()].filter(([id, text]) => before.get(id) !== text).map(([, text]) => text)
  if (changed.length > 0) announcements.textContent = changed.join('. ')
}

/** @param {string} text */
function showTrouble(text) {
  const time = document.getElementById('updated-at')?.textContent ?? ''
  const message = text.replace('{time}', time)
  // Written only when it changes: an alert that is written again is read out again.
  if (connection.textContent !== message) connection.textContent = message
  connection.hidden = false
  live.classList.add('stale')
}

function showContact() {
  if (connection.hidden) return
  connection.hidden = true
  connection.textContent = ''
  live.classList.remove('stale')
  announcements.textContent = texts.reachable
}

async function refresh() {
  if (fetching) return
  fetching = true
  try {
    const response = await fetch(source, { cache: 'no-store', signal: AbortSignal.timeout(PATIENCE_MS) })
    if (response.ok) {
      show(await response.text())
      showContact()
    } else {
      showTrouble(texts.failing.replace('{status}', String(response.status)))
    }
  } catch {
    // Refused, reset, timed out or cut off half-way: for the reader all of these mean the same.
    showTrouble(texts.unreachable)
  } finally {
    fetching = false
    countOn()
    schedule(REFRESH_MS)
  }
}

/** @param {number} delayMs */
function schedule(delayMs) {
  clearTimeout(timer)
  if (!document.hidden) timer = setTimeout(refresh, delayMs)
}

document.addEventListener('visibilitychange', () => {
  clearTimeout(timer)
  if (!document.hidden) void refresh()
})
setInterval(() => {
  if (!document.hidden) countOn()
}, 1000)
schedule(FIRST_REFRESH_MS)
