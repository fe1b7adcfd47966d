#!/usr/bin/env bash
# A real SLURM on this host: munge, slurmctld and three nodes. Runs a suite on it, has a more urgent job preempt one of its
# jobs, kills a node in its middle, and compares the results digit by digit with those of this machine's processes. Needs
# root and `apt-get install slurm-wlm munge`.
#
#     benchmarks/cluster/slurm.sh [SUITE.toml]
set -euo pipefail
cd "$(dirname "$0")/../.."

work=$(mktemp -d /tmp/alc-slurm.XXXXXX)
chmod 755 "$work"
host=$(hostname -s)
alc="python -m alc_tui"
export SLURM_CONF="$work/slurm.conf" ALC_CACHE="$work/cache" OMP_NUM_THREADS=1
export PYTHONPATH="$PWD${PYTHONPATH:+:$PYTHONPATH}"
started=()

say() { printf '\n== %s\n' "$*"; }

stop() {
	say "SLURM is stopped"
	[ -z "${run:-}" ] || kill -INT "$run" 2>/dev/null || true
	scancel --user=root 2>/dev/null || true
	for _ in $(seq 30); do
		[ -z "$(squeue -h 2>/dev/null)" ] && break
		sleep 1
	done
	kill "${started[@]}" 2>/dev/null || true
	wait 2>/dev/null || true
	rm -rf "$work"
}
trap stop EXIT

start_munge() {
	mkdir -p "$work/munge" && chmod 755 "$work/munge"
	dd if=/dev/urandom bs=1 count=1024 of="$work/munge/key" 2>/dev/null
	chmod 400 "$work/munge/key"
	munged --foreground --force --socket="$work/munge/socket" --key-file="$work/munge/key" --pid-file="$work/munge/pid" \
		--log-file="$work/munge/log" --seed-file="$work/munge/seed" >/dev/null 2>&1 &
	started+=($!)
}

write_configuration() {
	cat >"$SLURM_CONF" <<CONF
ClusterName=alc
SlurmctldHost=$host(127.0.0.1)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket=$work/munge/socket
CryptoType=crypto/munge
SlurmctldPort=16817
SlurmctldPidFile=$work/slurmctld.pid
SlurmctldLogFile=$work/slurmctld.log
SlurmdPidFile=$work/slurmd-%n.pid
SlurmdLogFile=$work/slurmd-%n.log
SlurmdSpoolDir=$work/spool-%n
StateSaveLocation=$work/state
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
ReturnToService=2
JobRequeue=1
SlurmdTimeout=20
KillWait=5
SchedulerParameters=sched_interval=2
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
InactiveLimit=0
CONF
	for number in 1 2 3; do
		echo "NodeName=node$number NodeHostname=$host NodeAddr=127.0.0.1 Port=$((17000 + number)) CPUs=1 State=UNKNOWN" >>"$SLURM_CONF"
	done
	cat >>"$SLURM_CONF" <<CONF
PartitionName=main Nodes=node[1-3] Default=YES MaxTime=INFINITE State=UP OverSubscribe=NO PriorityTier=1
PartitionName=urgent Nodes=node[1-3] MaxTime=INFINITE State=UP OverSubscribe=NO PriorityTier=2 PreemptMode=OFF
CONF
	mkdir -p "$work/state"
	for number in 1 2 3; do mkdir -p "$work/spool-node$number"; done
}

start_slurm() {
	slurmctld -D >/dev/null 2>&1 &
	started+=($!)
	for number in 1 2 3; do
		slurmd -D -N "node$number" >/dev/null 2>&1 &
		started+=($!)
		eval "node$number=$!"
	done
	for _ in $(seq 60); do
		[ "$(sinfo -h -N -p main -o '%N %T' 2>/dev/null | grep -c idle)" = 3 ] && return
		sleep 1
	done
	tail -n 20 "$work"/*.log
	exit 1
}

suite=${1:-$work/small.toml}
write_suite() {
	python -m benchmarks.cluster.small_suite "$work"
	cat >>"$work/small.toml" <<'TOML'

[slurm]
partition = "main"
time = 7
TOML
}

say "SLURM starts"
start_munge
write_configuration
write_suite
start_slurm
sinfo -N -p main

say "The job as it would be submitted"
$alc bench run "$suite" --engine slurm --jobs 3 --dry-run --store "$work/on-slurm" 2>&1 | sed -n '/^#!/,$p'

say "On SLURM, three jobs at a time; a node is killed in the middle"
# bash has commands in the background ignore Ctrl-C.
env --default-signal=INT $alc bench run "$suite" --engine slurm --jobs 3 --store "$work/on-slurm" >"$work/run.log" 2>&1 &
run=$!
events="$work/on-slurm/bench/$(basename "$suite" .toml)/sessions"
until [ "$(cat "$events"/*/events.jsonl 2>/dev/null | grep -c '"Epoch"')" -ge 8 ]; do
	kill -0 $run || { cat "$work/run.log"; exit 1; }
	sleep 0.5
done
squeue -r
$alc bench status "$suite" --store "$work/on-slurm" || true

say "An urgent job takes a node from one that learns"
sbatch --quiet --partition=urgent --job-name=urgent --nodes=1 --output=/dev/null --wrap "sleep 30"
until squeue -h -p urgent -t running -o %N | grep .; do
	kill -0 $run || { cat "$work/run.log"; exit 1; }
	sleep 0.5
done
squeue -r

victim=$(squeue -h -p main -t running -o %N | sort | head -1)
say "$victim is killed, with all that runs on it"
eval "pid=\$$victim"
job=$(squeue -h -w "$victim" -o %A)
disown "$pid"
kill -9 "$pid" $(pgrep -f "^slurmstepd: \[$job\.")
for process in $(grep -lzx "SLURMD_NODENAME=$victim" /proc/[0-9]*/environ 2>/dev/null | cut -d/ -f3); do
	kill -9 "$process" 2>/dev/null || true
done

say "The first sweep is interrupted; its jobs go on, and the next sweep follows them"
kill -INT $run
wait $run || echo "exit code $?"
run=
cat "$work/run.log"
sinfo -N -p main
squeue -r
say "The next sweep"
$alc bench run "$suite" --store "$work/on-slurm"
sinfo -N -p main

say "The same suite as processes of this machine"
$alc bench run "$suite" --engine local --store "$work/local" 2>&1 | tail -1

say "What SLURM requeued"
grep -hE "[Rr]equeu|[Pp]reempt|setting DOWN" "$work/slurmctld.log" | cut -d "]" -f 2- || true

say "Results, digit by digit"
python -m benchmarks.cluster.compare "$work/on-slurm" "$work/local"
