/** Everything the pages say, in each language. */
import type { ControlMode, EntityKind, Health } from '../domain/entity.ts'
import type { Quantity, State } from './headline.ts'
import type { Language } from './language.ts'

export interface Texts {
  readonly title: string
  readonly tagline: string
  readonly skipToContent: string
  readonly kinds: Readonly<Record<EntityKind, string>>
  readonly health: Readonly<Record<Health, string>>
  readonly modes: Readonly<Record<ControlMode, string>>
  readonly mode: string
  readonly quantities: Readonly<Record<Quantity, string>>
  readonly stateNames: Readonly<Record<State, string>>
  /** What a state is called when it is on, and when it is not. */
  readonly states: Readonly<Record<State, { readonly on: string; readonly off: string }>>
  readonly unknown: string
  readonly demo: string
  readonly paused: string
  readonly neverRead: string
  readonly read: string
  readonly since: (time: string) => string
  readonly whatIsWrong: string
  readonly workflow: string
  readonly workflowOf: (name: string) => string
  readonly lastDay: string
  readonly range: (low: string, high: string) => string
  readonly updated: string
  readonly allWell: (count: number) => string
  readonly attention: (count: number, wanting: number) => string
  readonly folderMissing: (path: string) => string
  readonly folderUnreadable: (path: string) => string
  readonly emptyTitle: string
  readonly emptyIntroduction: string
  readonly emptyAdd: string
  readonly emptyFile: string
  readonly emptyDemo: string
  readonly apiReference: string
  readonly readiness: string
  readonly temporal: string
  readonly signInTitle: string
  readonly signInWhy: string
  readonly signInHow: string
  readonly signInThen: string
  readonly back: string
  readonly reference: string
  /** Templates for the client module: `{n}` is a number, `{time}` a time of day, `{status}` an HTTP status. */
  readonly client: Readonly<
    Record<'seconds' | 'minutes' | 'hours' | 'days' | 'unreachable' | 'failing' | 'reachable', string>
  >
}

const en: Texts = {
  title: 'Overview',
  tagline: 'Heating, watched and steered',
  skipToContent: 'Skip to content',
  kinds: { house: 'Houses', building: 'Buildings', zone: 'Zones' },
  health: {
    starting: 'Starting',
    ok: 'OK',
    degraded: 'Degraded',
    offline: 'Offline',
    misconfigured: 'Misconfigured',
    needs_credentials: 'Needs credentials',
    offboarding: 'Being off-boarded',
  },
  modes: { monitor: 'Monitor', shadow: 'Shadow', rules: 'Rules', optimise: 'Optimise' },
  mode: 'Mode',
  quantities: {
    room: 'Room',
    outdoor: 'Outdoor',
    supply: 'Supply',
    return: 'Return',
    target: 'Setpoint',
    alarms: 'Alarms',
  },
  stateNames: { occupancy: 'Occupancy', heater: 'Heater' },
  states: { occupancy: { on: 'Occupied', off: 'Vacant' }, heater: { on: 'On', off: 'Off' } },
  unknown: 'not known',
  demo: 'Demo',
  paused: 'Paused',
  neverRead: 'Not read yet',
  read: 'Read',
  since: (time) => `since ${time}`,
  whatIsWrong: 'What is wrong',
  workflow: 'Workflow',
  workflowOf: (name) => `Workflow of ${name} in the Temporal Web UI`,
  lastDay: 'last 24 hours',
  range: (low, high) => `${low} to ${high} °C`,
  updated: 'Updated',
  allWell: (count) => (count === 1 ? 'All is well' : `All ${count} are well`),
  attention: (count, wanting) => (wanting === 1 ? `1 of ${count} needs a look` : `${wanting} of ${count} need a look`),
  folderMissing: (path) => `The folder ${path} is missing.`,
  folderUnreadable: (path) => `The folder ${path} cannot be read: check its permissions.`,
  emptyTitle: 'Nothing to watch yet',
  emptyIntroduction: 'BVPro runs, but no house, building or zone is configured. To change that, do one of these:',
  emptyAdd: 'Add a room with a Modbus thermostat:',
  emptyFile: 'Or put the configuration file of a house or building in place, as described in:',
  emptyDemo: 'Or look around in the simulated town first:',
  apiReference: 'API reference',
  readiness: 'Readiness',
  temporal: 'Temporal Web UI',
  signInTitle: 'Only from this machine, for now',
  signInWhy:
    'Signing in does not exist yet, so BVPro shows its pages only to a browser on the machine it runs on. Programs use the API with its token from anywhere.',
  signInHow: 'To see the pages from where you are, open an SSH tunnel:',
  signInThen: 'and then, in your browser:',
  back: 'To the overview',
  reference: 'Reference',
  client: {
    seconds: '{n} s ago',
    minutes: '{n} min ago',
    hours: '{n} h ago',
    days: '{n} days ago',
    unreachable: 'BVPro does not answer. The values are those of {time}. Trying again every 5 seconds.',
    failing: 'BVPro answers with an error ({status}). The values are those of {time}. Trying again every 5 seconds.',
    reachable: 'BVPro answers again.',
  },
}

const sv: Texts = {
  title: 'Översikt',
  tagline: 'Värme, övervakad och styrd',
  skipToContent: 'Till innehållet',
  kinds: { house: 'Hus', building: 'Byggnader', zone: 'Zoner' },
  health: {
    starting: 'Startar',
    ok: 'OK',
    degraded: 'Störning',
    offline: 'Ingen kontakt',
    misconfigured: 'Felkonfigurerad',
    needs_credentials: 'Inloggning saknas',
    offboarding: 'Avvecklas',
  },
  modes: { monitor: 'Övervakning', shadow: 'Skugga', rules: 'Regler', optimise: 'Optimering' },
  mode: 'Läge',
  quantities: {
    room: 'Rum',
    outdoor: 'Ute',
    supply: 'Framledning',
    return: 'Retur',
    target: 'Börvärde',
    alarms: 'Larm',
  },
  stateNames: { occupancy: 'Närvaro', heater: 'Värmare' },
  states: { occupancy: { on: 'Ja', off: 'Nej' }, heater: { on: 'På', off: 'Av' } },
  unknown: 'okänt',
  demo: 'Demo',
  paused: 'Pausad',
  neverRead: 'Inte avläst än',
  read: 'Avläst',
  since: (time) => `sedan ${time}`,
  whatIsWrong: 'Det här är fel',
  workflow: 'Arbetsflöde',
  workflowOf: (name) => `Arbetsflödet för ${name} i Temporals webbgränssnitt`,
  lastDay: 'senaste dygnet',
  range: (low, high) => `${low} till ${high} °C`,
  updated: 'Uppdaterad',
  allWell: (count) => (count === 1 ? 'Allt fungerar' : `Alla ${count} fungerar`),
  attention: (count, wanting) => `${wanting} av ${count} behöver ses över`,
  folderMissing: (path) => `Mappen ${path} saknas.`,
  folderUnreadable: (path) => `Mappen ${path} går inte att läsa: se över behörigheterna.`,
  emptyTitle: 'Inget att övervaka än',
  emptyIntroduction: 'BVPro är i gång, men inget hus, ingen byggnad och ingen zon är konfigurerad. Gör något av detta:',
  emptyAdd: 'Lägg till ett rum med Modbus-termostat:',
  emptyFile: 'Eller lägg in konfigurationsfilen för ett hus eller en byggnad enligt:',
  emptyDemo: 'Eller se dig först om i den simulerade staden:',
  apiReference: 'API-referens',
  readiness: 'Driftstatus',
  temporal: 'Temporals webbgränssnitt',
  signInTitle: 'Tills vidare bara från samma dator',
  signInWhy:
    'Inloggning finns inte än, så BVPro visar sina sidor bara för en webbläsare på datorn där det körs. Program kan använda API:et med dess nyckel varifrån som helst.',
  signInHow: 'För att se sidorna där du är, öppna en SSH-tunnel:',
  signInThen: 'och sedan, i din webbläsare:',
  back: 'Till översikten',
  reference: 'Referens',
  client: {
    seconds: 'för {n} s sedan',
    minutes: 'för {n} min sedan',
    hours: 'för {n} h sedan',
    days: 'för {n} dygn sedan',
    unreachable: 'BVPro svarar inte. Värdena är från {time}. Nytt försök var femte sekund.',
    failing: 'BVPro svarar med ett fel ({status}). Värdena är från {time}. Nytt försök var femte sekund.',
    reachable: 'BVPro svarar igen.',
  },
}

const TEXTS: Readonly<Record<Language, Texts>> = { en, sv }

export function textsFor(language: Language): Texts {
  return TEXTS[language]
}
