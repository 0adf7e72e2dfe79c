/** What must hold for `docker-compose.yml` apart from being a Compose file. */

/** The parts of a service that are checked here. */
export interface Service {
  image?: string;
  profiles?: string[];
  ports?: string[];
  volumes?: string[];
  environment?: Record<string, string>;
  healthcheck?: { test?: string[]; disable?: boolean };
  restart?: string;
  stop_grace_period?: string;
  mem_limit?: string;
}

/** The file, parsed, with its merge keys merged. */
export interface ComposeFile {
  services: Record<string, Service>;
  volumes?: Record<string, unknown>;
}

/**
 * Settings of the server by their variables, as its documentation of version 23.10 has them; one that it does not know
 * keeps it from starting. Add what you use.
 */
const serverSettings = [
  'ADVERTISE_HOST_TO_CLIENT_AS',
  'ADVERTISE_NODE_PORT_TO_CLIENT_AS',
  'CLUSTER_SIZE',
  'DISCOVER_VIA_DNS',
  'ENABLE_ATOM_PUB_OVER_HTTP',
  'GOSSIP_SEED',
  'INSECURE',
  'LOG_FILE_RETENTION_COUNT',
  'NODE_HOST_ADVERTISE_AS',
  'REPLICATION_HOST_ADVERTISE_AS',
  'RUN_PROJECTIONS',
  'START_STANDARD_PROJECTIONS',
  'STREAM_INFO_CACHE_CAPACITY',
  'TELEMETRY_OPTOUT',
].map((name) => `EVENTSTORE_${name}`);

/** Settings of the runtime it runs on. */
const runtimeSettings = ['DOTNET_ThreadPool_ForceMinWorkerThreads'];

const folders = ['/var/lib/eventstore', '/var/log/eventstore'];

/** Everything that is wrong with it, a sentence for each. */
export function problemsOf(file: ComposeFile): readonly string[] {
  const services = Object.entries(file.services);
  return [
    ...services.flatMap(([name, service]) => problemsOfService(service).map((problem) => `${name} ${problem}`)),
    ...problemsOfImages(services),
    ...problemsOfPorts(services),
    ...problemsOfVolumes(file),
    ...problemsOfProfiles(services),
  ];
}

function problemsOfService(service: Service): readonly string[] {
  const { environment = {}, healthcheck, restart, stop_grace_period: grace, mem_limit: memory } = service;
  const asksHealth = healthcheck?.test?.some((word) => word.endsWith('/health/live')) === true;
  return [
    ...(asksHealth && healthcheck?.disable !== true ? [] : ['has no healthcheck that asks /health/live']),
    ...(restart === undefined ? ['is not started again when it ends'] : []),
    ...(grace === undefined ? ['is not given time to stop'] : []),
    ...(memory === undefined ? ['has no limit of memory'] : []),
    ...Object.keys(environment)
      .filter((variable) => ![...serverSettings, ...runtimeSettings].includes(variable))
      .map((variable) => `sets ${variable}, which the server does not know`),
    ...Object.entries(wanted)
      .filter(([variable, value]) => environment[variable] !== value)
      .map(([variable, value]) => `does not set ${variable} to ${value}`),
  ];
}

const wanted: Readonly<Record<string, string>> = {
  EVENTSTORE_RUN_PROJECTIONS: 'All',
  EVENTSTORE_START_STANDARD_PROJECTIONS: 'true',
  EVENTSTORE_TELEMETRY_OPTOUT: 'true',
  DOTNET_ThreadPool_ForceMinWorkerThreads: '20',
};

function problemsOfImages(services: readonly [string, Service][]): readonly string[] {
  const images = new Set(services.map(([, { image = 'no image' }]) => image));
  // A tag such as `latest` or `lts` is moved from one release to the next, and so is `23.10`.
  const floating = [...images].filter(
    (image) => !/^eventstore\/eventstore:\d+\.\d+\.\d+-[a-z]+[a-z0-9-]*$/.test(image),
  );
  return [
    ...floating.map((image) => `${image} is not pinned to an exact version of EventStoreDB`),
    ...(images.size === 1 ? [] : ['the services run different images']),
  ];
}

function problemsOfPorts(services: readonly [string, Service][]): readonly string[] {
  const published = services.flatMap(([name, service]) => (service.ports ?? []).map((port) => ({ name, port })));
  const open = published.filter(({ port }) => !/^127\.0\.0\.1:\d+:2113$/.test(port));
  const taken = services.flatMap(([, service]) => publishedPorts(service));
  return [
    ...open.map(({ name, port }) => `${name} publishes ${port}, which is not 127.0.0.1:PORT:2113`),
    ...services.filter(([, { ports = [] }]) => ports.length !== 1).map(([name]) => `${name} does not publish one port`),
    ...(new Set(taken).size === taken.length ? [] : ['two services publish the same port']),
  ];
}

/** The ports of this machine at which a service answers. */
export function publishedPorts({ ports = [] }: Service): readonly string[] {
  return ports.map((port) => port.split(':').at(-2) ?? '');
}

function problemsOfVolumes({ services, volumes = {} }: ComposeFile): readonly string[] {
  const problems: string[] = [];
  const used: string[] = [];
  for (const [name, service] of Object.entries(services)) {
    const mounts = new Map((service.volumes ?? []).map((mount) => mount.split(':').reverse() as [string, string]));
    for (const folder of folders) {
      const volume = mounts.get(folder);
      if (volume === undefined || !/^[a-z]/.test(volume)) problems.push(`${name} keeps ${folder} in no named volume`);
      else used.push(volume);
    }
  }
  const declared = Object.keys(volumes);
  return [
    ...problems,
    ...used.filter((volume) => !declared.includes(volume)).map((volume) => `volume ${volume} is not declared`),
    ...declared.filter((volume) => !used.includes(volume)).map((volume) => `volume ${volume} is not used`),
    ...(new Set(used).size === used.length ? [] : ['two services share a volume']),
  ];
}

/** Names of the services that start without a profile. */
export function singleNodes({ services }: ComposeFile): readonly string[] {
  return Object.keys(services).filter((name) => services[name]!.profiles === undefined);
}

/** Names of the services of the profile `cluster`. */
export function clusterNodes({ services }: ComposeFile): readonly string[] {
  return Object.keys(services).filter((name) => services[name]!.profiles?.includes('cluster') === true);
}

function problemsOfProfiles(services: readonly [string, Service][]): readonly string[] {
  const file: ComposeFile = { services: Object.fromEntries(services) };
  const [single, members] = [singleNodes(file), clusterNodes(file)];
  return [
    ...(single.length === 1 ? [] : [`${single.length} services start without a profile; it should be one`]),
    ...(members.length === 3 ? [] : [`${members.length} services are in the profile cluster; it should be three`]),
    ...(single.length + members.length === services.length ? [] : ['a service is in another profile']),
    ...single
      .filter((name) => file.services[name]!.environment?.['EVENTSTORE_CLUSTER_SIZE'] !== undefined)
      .map((name) => `${name} is alone, and waits for a cluster`),
    ...members.flatMap((name) => problemsOfMember(name, file.services[name]!, members)),
  ];
}

/** Nodes know each other by the names of their services; programs on this machine know them by published ports. */
function problemsOfMember(name: string, member: Service, members: readonly string[]): readonly string[] {
  const others = members.filter((other) => other !== name).map((other) => `${other}:2113`);
  const expected = {
    EVENTSTORE_CLUSTER_SIZE: '3',
    EVENTSTORE_DISCOVER_VIA_DNS: 'false',
    EVENTSTORE_GOSSIP_SEED: others.join(','),
    EVENTSTORE_NODE_HOST_ADVERTISE_AS: name,
    EVENTSTORE_REPLICATION_HOST_ADVERTISE_AS: name,
    EVENTSTORE_ADVERTISE_HOST_TO_CLIENT_AS: 'localhost',
    EVENTSTORE_ADVERTISE_NODE_PORT_TO_CLIENT_AS: publishedPorts(member).join(),
  };
  return Object.entries(expected)
    .filter(([variable, value]) => member.environment?.[variable] !== value)
    .map(([variable, value]) => `${name} does not set ${variable} to ${value}`);
}
