"""A Kubernetes with real pods: a cluster of this machine's own (e2e/kubernetes/cluster), or one that KUBECONFIG names.

    ZEORAID_E2E_KUBECONFIG=file     another cluster; the images must be where its nodes can pull them, and what needs to
                                    look into the node fails
    ZEORAID_SERVER_IMAGE=IMAGE      `server` is the native one, `server-jvm` that with a JVM: what this machine's own cluster gets; in
                                    another one it says what there is (if not told: the native one)
"""

from __future__ import annotations

import contextlib
import datetime
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, Dict, Iterator, List, Mapping, Optional, Set, Tuple

from zeoraid_e2e.process import wait_until

ROOT = Path(__file__).parents[2]
_CLUSTER = ROOT / 'e2e' / 'kubernetes' / 'cluster'
_HELM = ROOT / 'e2e' / 'kubernetes' / 'helm'
_IMAGES = ROOT / 'deploy' / 'images' / 'build'
_PODS = ROOT / 'e2e' / 'zeoraid_e2e' / 'pods'

# Of the servers: `server` or `server-jvm`; and how the command line is run in it.
SERVER_IMAGE = os.environ.get('ZEORAID_SERVER_IMAGE', 'server' if os.environ.get('ZEORAID_E2E_KUBECONFIG') else 'server-jvm')
ZEORAID = ['zeoraid'] if SERVER_IMAGE == 'server' else ['java', '-jar', '/app/quarkus-run.jar']

OPERATOR_NAMESPACE = 'zeoraid-system'

UP_SECONDS = 1800.0  # the first start on a machine may have to build Kubernetes
KUBECTL_SECONDS = 120.0

# Where a cluster could leave something on the machine.
_PLACES = ('/run/netns', '/run/containerd', '/var/lib/cni', '/var/lib/kubelet', '/var/log/pods', '/var/log/containers', '/opt/cni',
           '/etc/cni', '/var/lib/containerd')

Object = Dict[str, Any]


def traces() -> Set[str]:
    """The files and control groups on this machine that may be a cluster's."""
    groups = {str(path) for pattern in ('kubepods*', '*/kubepods*') for path in Path('/sys/fs/cgroup').glob(pattern)}
    return groups | {str(path) for place in _PLACES for path in [Path(place), *Path(place).rglob('*')] if os.path.lexists(path)}


class KubeCluster:
    """The cluster. Not thread-safe, but for kubectl."""

    def __init__(self, folder: Path):
        self.folder = folder
        self._kubeconfig = os.environ.get('ZEORAID_E2E_KUBECONFIG')

    @property
    def ours(self) -> bool:
        """Whether it is this machine's own."""
        return not self._kubeconfig

    def up(self) -> None:
        """Starts it, unless it is another's. It goes down with this process at the latest."""
        if self.ours:
            self._script('up', '--until-exit', str(os.getpid()), seconds=UP_SECONDS)

    def down(self) -> None:
        """Ends it, and forgets all its data."""
        Site.open[:] = [site for site in Site.open if site.cluster is not self]
        if self.ours:
            self._script('down', seconds=120)
            shutil.rmtree(self.folder, ignore_errors=True)

    def load_images(self) -> None:
        """Makes the images of this tree, and loads them. The server's is called as the operator's default, whichever it is."""
        if self.ours:
            images = (SERVER_IMAGE, 'operator', 'zeo')
            done = subprocess.run([sys.executable, str(_IMAGES), *images], text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            assert done.returncode == 0, done.stdout
            self._script('load', *(str(ROOT / 'target' / 'images' / f'{name}.tar') for name in images), seconds=300)
            if SERVER_IMAGE != 'server':
                self.tag('docker.io/zeoraid/server:0.1.0-jvm', 'docker.io/zeoraid/server:0.1.0')

    def install(self, *options: str) -> None:
        """Installs definitions, rights and the operator by Helm, into a namespace that enforces `restricted`."""
        self.kubectl('apply', '-f', str(ROOT / 'deploy' / 'operator' / 'namespace.yaml'))
        self.helm('upgrade', '--install', 'zeoraid-operator', str(ROOT / 'deploy' / 'helm' / 'zeoraid-operator'),
                  '--namespace', OPERATOR_NAMESPACE, '--wait', '--timeout', '180s', *options)

    def helm(self, *arguments: str) -> str:
        """What Helm prints; raises AssertionError with its words if it fails."""
        binary = subprocess.run([str(_HELM), 'binary'], text=True, stdout=subprocess.PIPE, check=True).stdout.strip()
        if self.ours:
            return self.inside(binary, *arguments, seconds=300)
        done = subprocess.run([binary, '--kubeconfig', str(self._kubeconfig), *arguments], text=True, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, timeout=300)
        assert done.returncode == 0, f'helm {" ".join(arguments)}: {done.stderr}'
        return done.stdout

    def kubectl(self, *arguments: str, stdin: Optional[str] = None, check: bool = True) -> str:
        """What kubectl prints; raises AssertionError with its words if it fails."""
        done = self.try_kubectl(*arguments, stdin=stdin)
        assert not check or done.returncode == 0, f'kubectl {" ".join(arguments)}: {done.stderr}'
        return done.stdout

    def try_kubectl(self, *arguments: str, stdin: Optional[str] = None) -> 'subprocess.CompletedProcess[str]':
        """kubectl, whatever comes of it."""
        return subprocess.run(self.command(*arguments), input=stdin if stdin is not None else '', text=True, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, timeout=KUBECTL_SECONDS)

    def command(self, *arguments: str) -> List[str]:
        """The command line of kubectl."""
        if self._kubeconfig:
            return ['kubectl', '--kubeconfig', self._kubeconfig, *arguments]
        return [str(_CLUSTER), 'kubectl', str(self.folder), *arguments]

    def inside(self, *command: str, check: bool = True, seconds: float = 60) -> str:
        """Runs a command in the cluster's namespaces, where the processes of all pods can be seen."""
        assert self.ours, 'only in a cluster of this machine'
        done = subprocess.run([str(_CLUSTER), 'exec', str(self.folder), *command], text=True, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, timeout=seconds)
        assert not check or done.returncode == 0, f'{command}: {done.stderr}'
        return done.stdout

    def kill_container(self, pod: str) -> None:
        """SIGKILL for the processes of a pod's containers; the kubelet starts them anew."""
        script = ('import os, signal, sys, pathlib\n'
                  'found = 0\n'
                  'for each in pathlib.Path("/proc").glob("[0-9]*"):\n'
                  '    try:\n'
                  '        environment = (each / "environ").read_bytes().split(b"\\0")\n'
                  '    except OSError:\n'
                  '        continue\n'
                  '    if b"HOSTNAME=" + sys.argv[1].encode() in environment:\n'
                  '        os.kill(int(each.name), signal.SIGKILL)\n'
                  '        found += 1\n'
                  'sys.exit(0 if found else f"no process of {sys.argv[1]}")\n')
        self.inside('python3', '-c', script, pod)

    def tag(self, image: str, other: str) -> None:
        """Gives an image another name, too."""
        self.inside('ctr', '-a', f'{self.folder}/run/containerd.sock', '-n', 'k8s.io', 'images', 'tag', '--force', image, other)

    def stop_api_server(self) -> None:
        """SIGKILL."""
        self.inside('pkill', '-9', '-f', 'kube-apiserver --etcd')

    def start_api_server(self) -> None:
        """Starts it anew, with the data that it has; returns when it answers."""
        self.inside('setsid', 'sh', '-c', f'{self.folder}/start-apiserver </dev/null >/dev/null 2>&1 &')
        wait_until('the API server', lambda: self.try_kubectl('get', '--raw', '/readyz').returncode == 0, 60)

    def writes(self) -> List[Object]:
        """What was written to the API so far, by whom (the audit log), without what nodes and administrators write."""
        log = self.folder / 'logs' / 'audit.log'
        return [json.loads(line) for line in log.read_text().splitlines() if line]

    def operator_log(self) -> str:
        """The end of the operator's log."""
        return self.kubectl('logs', '-n', OPERATOR_NAMESPACE, 'deployment/zeoraid-operator', '--tail=60', check=False)

    def _script(self, verb: str, *arguments: str, seconds: float) -> None:
        log = self.folder.with_suffix('.log')
        with open(log, 'w') as file:  # what it starts outlives it, and would keep a pipe open
            done = subprocess.run([str(_CLUSTER), verb, str(self.folder), *arguments], stdin=subprocess.DEVNULL, stdout=file,
                                  stderr=subprocess.STDOUT, timeout=seconds)
        assert done.returncode == 0, f'cluster {verb}: {log.read_text()}'


def _seconds(time: str) -> float:
    """Since 1970, of a time of Kubernetes."""
    return datetime.datetime.fromisoformat(time.replace('Z', '+00:00')).timestamp()


class Site:
    """A namespace that enforces `restricted`, with a ZeoRaid and a writer that never stops. `open` are those that were made last: if
    a test fails, it is shown what they have.
    """

    open: 'List[Site]' = []

    def __init__(self, cluster: KubeCluster, namespace: str, raid: str = 'main'):
        self.cluster = cluster
        self.namespace = namespace
        self.raid = raid
        self.ready_seconds = 0.0  # from kubectl apply, if somebody measures it
        cluster.kubectl('create', 'namespace', namespace)
        Site.open.append(self)
        cluster.kubectl('label', 'namespace', namespace, 'pod-security.kubernetes.io/enforce=restricted')

    def kubectl(self, *arguments: str, stdin: Optional[str] = None, check: bool = True) -> str:
        """kubectl in the namespace."""
        return self.cluster.kubectl('-n', self.namespace, *arguments, stdin=stdin, check=check)

    def apply(self, *objects: Object) -> str:
        """kubectl apply."""
        return self.kubectl('apply', '-f', '-', stdin=json.dumps({'apiVersion': 'v1', 'kind': 'List', 'items': list(objects)}))

    def get(self, kind: str, name: str) -> Object:
        """One object; empty if there is none."""
        return json.loads(self.kubectl('get', kind, name, '-o', 'json', '--ignore-not-found') or '{}')

    def all(self, kind: str, *selector: str) -> List[Object]:
        """All objects of a kind."""
        return json.loads(self.kubectl('get', kind, '-o', 'json', *selector))['items']

    # The ZeoRaid.

    def manifest(self, backends: 'List[str | Object]', servers: int = 2, **spec: Any) -> Object:
        """A ZeoRaid."""
        return {'apiVersion': 'zeoraid.io/v1alpha1', 'kind': 'ZeoRaid', 'metadata': {'name': self.raid},
                'spec': {'backends': [{'name': each} if isinstance(each, str) else each for each in backends],
                         'backendTemplate': {'storage': {'size': '1Gi'}}, 'servers': {'replicas': servers}, **spec}}

    def status(self) -> Mapping[str, Any]:
        """Of the ZeoRaid; empty if there is none yet."""
        return self.get('zeoraid', self.raid).get('status', {})

    def condition(self, kind: str) -> Mapping[str, Any]:
        """One of its conditions; empty if there is none yet."""
        return next((each for each in self.status().get('conditions', []) if each['type'] == kind), {})

    def backend(self, name: str) -> Mapping[str, Any]:
        """What the status says of a backend."""
        return next((each for each in self.status().get('backends', []) if each['name'] == name), {})

    def await_optimal(self, backends: int, servers: int = 2, seconds: float = 120) -> None:
        """Waits until all that was asked for is there: in sync, ready, settled."""
        def settled() -> bool:
            raid = self.get('zeoraid', self.raid)
            status = raid.get('status', {})
            conditions = {each['type']: each['status'] for each in status.get('conditions', [])}
            return (status.get('observedGeneration') == raid['metadata']['generation'] and status.get('raid') == 'Optimal'
                    and status.get('optimal') == f'{backends}/{backends}' and status.get('servers') == f'{servers}/{servers}'
                    and conditions.get('Ready') == 'True' and conditions.get('Reconciling') == 'False'
                    and conditions.get('Stalled') == 'False')
        wait_until(f'{backends} backends in sync, {servers} servers ready', settled, seconds, tell=self.describe)

    def await_not(self, state: str, backend: str, seconds: float = 60) -> None:
        """Waits until a backend is in another state than this."""
        wait_until(f'{backend} not {state}', lambda: self.backend(backend).get('state') not in (state, None), seconds,
                   tell=self.describe)

    def pod_uid(self, name: str) -> Optional[str]:
        """Of a pod; None if there is none."""
        return self.get('pod', name).get('metadata', {}).get('uid')

    def volume(self, backend: str) -> Path:
        """The folder behind a backend's claim."""
        claim = self.get('pvc', f'data-{self.raid}-{backend}-0')
        return self.cluster.folder / 'volumes' / claim['metadata']['uid']

    def server_pods(self) -> List[str]:
        """The names of the servers' pods that are not on their way out."""
        return [pod['metadata']['name'] for pod in self.all('pods', '-l', f'zeoraid.io/raid={self.raid},app.kubernetes.io/component=server')
                if 'deletionTimestamp' not in pod['metadata']]

    # The writer.

    def start_writer(self, address: Optional[str] = None) -> None:
        """A pod that commits all the time (pods/writer.py); returns when it has begun."""
        self._create_scripts()
        self.apply(self._pod('writer', ['python3', '/scripts/writer.py', address or f'{self.raid}:8100']))
        wait_until('the first commit', lambda: self.written() > 0, 60, tell=self.describe)

    def start_zeo(self, name: str) -> None:
        """A stock ZEO server that nobody manages, with an empty database in its pod, at a Service of its name."""
        configuration = ('<zeo>\naddress 0.0.0.0:8100\n</zeo>\n'
                         '<filestorage 1>\npath /tmp/Data.fs\nblob-dir /tmp/blobs\n</filestorage>\n')
        self.kubectl('create', 'configmap', name, f'--from-literal=zeo.conf={configuration}')
        pod = self._pod(name, ['python3', '/app/serve.py', '-C', '/scripts/zeo.conf'])
        pod['spec']['volumes'][0]['configMap']['name'] = name
        self.apply(pod)
        self.kubectl('expose', 'pod', name, '--port=8100')
        self.kubectl('wait', '--for=condition=Ready', f'pod/{name}', '--timeout=60s')

    def commit_with(self, secret: str) -> str:
        """Commits once, from a pod with the certificate in a Secret (pods/tls.py); returns the tid."""
        self._create_scripts()
        pod = self._pod('client', ['python3', '/scripts/tls.py', f'{self.raid}:8100'])
        pod['spec']['volumes'].append({'name': 'tls', 'secret': {'secretName': secret}})
        pod['spec']['containers'][0]['volumeMounts'].append({'name': 'tls', 'mountPath': '/tls'})
        self.apply(pod)
        ended = ('Succeeded', 'Failed')
        wait_until('an end of the client', lambda: self.get('pod', 'client').get('status', {}).get('phase') in ended, 90,
                   tell=self.describe)
        assert self.get('pod', 'client')['status']['phase'] == 'Succeeded', self.describe()
        return self.kubectl('logs', 'client').split()[-1]

    def _create_scripts(self) -> None:
        self.kubectl('create', 'configmap', 'scripts', *(f'--from-file={file}' for file in sorted(_PODS.glob('*.py'))))

    def _pod(self, name: str, command: List[str]) -> Object:
        return {'apiVersion': 'v1', 'kind': 'Pod', 'metadata': {'name': name, 'labels': {'app': name}}, 'spec': {
            'restartPolicy': 'Never', 'terminationGracePeriodSeconds': 1,
            'securityContext': {'runAsNonRoot': True, 'runAsUser': 10001, 'seccompProfile': {'type': 'RuntimeDefault'}},
            'containers': [{
                'name': 'main', 'image': 'zeoraid/zeo:0.1.0', 'command': command,
                'securityContext': {'allowPrivilegeEscalation': False, 'readOnlyRootFilesystem': True, 'capabilities': {'drop': ['ALL']}},
                'volumeMounts': [{'name': 'scripts', 'mountPath': '/scripts'}, {'name': 'tmp', 'mountPath': '/tmp'}]}],
            'volumes': [{'name': 'scripts', 'configMap': {'name': 'scripts'}}, {'name': 'tmp', 'emptyDir': {}}]}}

    def written(self) -> int:
        """How many transactions the writer was acknowledged so far."""
        done = self.cluster.try_kubectl('-n', self.namespace, 'exec', 'writer', '--', 'python3', '/scripts/count.py')
        return int(done.stdout) if done.returncode == 0 and done.stdout.strip().isdigit() else 0

    def await_commits(self, more: int = 20, seconds: float = 60) -> None:
        """Waits until the writer has committed again."""
        before = self.written()
        wait_until('more commits', lambda: self.written() >= before + more, seconds, tell=self.describe)

    @contextlib.contextmanager
    def without_commits(self) -> Iterator[str]:
        """A time in which the writer pauses; gives the tid of what it committed last."""
        tid = self.kubectl('exec', 'writer', '--', 'python3', '/scripts/pause.py').strip()
        try:
            yield tid
        finally:
            self.kubectl('exec', 'writer', '--', 'python3', '/scripts/pause.py', 'end')

    def served_after_kill(self, pod: str) -> Tuple[float, float]:
        """Kills a server, and waits until the kubelet has started it anew, it is ready, and it has answered a client's load; returns
        how long after the start these were, in seconds. Kubernetes tells start and readiness to the second."""
        address = f'{self.get("pod", pod)["status"]["podIP"]}:8100'
        before = self.container(pod)['restartCount']
        client = subprocess.Popen(self.cluster.command('-n', self.namespace, 'exec', 'writer', '--', 'python3', '/scripts/served.py', address),
                                  stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert client.stdout and client.stdout.readline() == 'connected\n', client.communicate()
        self.cluster.kill_container(pod)
        wait_until('a restart', lambda: self.container(pod)['restartCount'] > before and self.container(pod)['ready'], 60,
                   tell=self.describe)
        said, complaint = client.communicate(timeout=60)
        assert client.returncode == 0, complaint
        started = _seconds(self.container(pod)['state']['running']['startedAt'])
        ready = next(each for each in self.get('pod', pod)['status']['conditions'] if each['type'] == 'Ready')
        return _seconds(ready['lastTransitionTime']) - started, float(said) - started

    def container(self, pod: str) -> Object:
        """The status of a pod's first container; empty if there is none yet."""
        return (self.get('pod', pod).get('status', {}).get('containerStatuses') or [{}])[0]

    def report(self, *addresses: str) -> Mapping[str, Any]:
        """What the writer saw, and which acknowledged transactions the servers at these addresses lack (pods/check.py)."""
        told = self.kubectl('exec', 'writer', '--', 'python3', '/scripts/check.py', *addresses)
        return json.loads(told.splitlines()[-1])

    def require_nothing_lost(self, *addresses: str) -> Mapping[str, Any]:
        """No error of the writer, and every acknowledged transaction everywhere."""
        report = self.report(*addresses)
        assert not report['errors'], report
        assert report['acknowledged'] > 0, report
        assert not any(report['missing'].values()), report
        return report

    def require_nothing_lost_in(self, *backends: str) -> Mapping[str, Any]:
        """The same at the RAID, and at each of these backends by itself."""
        return self.require_nothing_lost(f'{self.raid}:8100', *(f'{self.raid}-{name}:8100' for name in backends))

    def transactions(self, address: str) -> Mapping[str, str]:
        """{tid: description} of all that a server has."""
        return json.loads(self.kubectl('exec', 'writer', '--', 'python3', '/scripts/tids.py', address))

    def write_blob(self, address: str) -> None:
        """Commits a blob of two revisions there (pods/blobs.py)."""
        self.kubectl('exec', 'writer', '--', 'python3', '/scripts/blobs.py', 'write', address)

    def blobs(self, address: str) -> Mapping[str, str]:
        """{revision: digest} of all blobs that a server has."""
        return json.loads(self.kubectl('exec', 'writer', '--', 'python3', '/scripts/blobs.py', address))

    # For failures.

    def describe(self) -> str:
        """All that may tell why something went wrong, as far as the cluster answers."""
        told: List[str] = []
        try:
            told.extend(self._description())
        except (AssertionError, ValueError, subprocess.TimeoutExpired) as error:
            told.append(f'--- no more, for: {error}')
        return '\n'.join(told)

    def _description(self) -> Iterator[str]:
        for title, arguments in (('objects', ('get', 'zeoraid,statefulset,deployment,pod,pvc', '-o', 'wide')),
                                 ('ZeoRaid', ('get', 'zeoraid', self.raid, '-o', 'yaml')),
                                 ('events', ('get', 'events', '--sort-by=.metadata.creationTimestamp'))):
            yield f'--- {title}\n{self.kubectl(*arguments, check=False)[-6000:]}'
        for pod in self.all('pods'):
            name = pod['metadata']['name']
            yield f'--- {name}\n{self.kubectl("logs", name, "--all-containers", "--tail=25", check=False)[-4000:]}'
        yield f'--- operator\n{self.cluster.operator_log()[-6000:]}'
