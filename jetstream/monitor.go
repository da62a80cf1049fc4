package jetstream

import (
	"maps"
	"strconv"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Metadata of a stream that `nats server check stream` reads its thresholds from.
const (
	metaMonitorEnabled  = "io.nats.monitor.enabled"
	metaMonitorPeers    = "io.nats.monitor.peer-expect"        // servers with a replica
	metaMonitorPeerLag  = "io.nats.monitor.peer-lag-critical"  // operations that a replica is behind
	metaMonitorPeerSeen = "io.nats.monitor.peer-seen-critical" // since a replica was heard of
)

// setMonitoring gives a stream that is created the thresholds by which an operator
// checks it. On a cluster the check fails where the number of replicas is not given,
// elsewhere where it is given.
func setMonitoring(sc *jetstream.StreamConfig, clustered bool) {
	thresholds := map[string]string{metaMonitorEnabled: "true"}
	if sc.Replicas > 1 || clustered {
		thresholds[metaMonitorPeers] = strconv.Itoa(sc.Replicas)
	}
	if sc.Replicas > 1 {
		thresholds[metaMonitorPeerLag] = "10000"
		thresholds[metaMonitorPeerSeen] = "10s" // an election takes less
	}
	maps.Copy(sc.Metadata, thresholds)
}

// isClustered reports whether the servers that create the stream are known to be a
// cluster. Those of another domain are not known. A single leaf node gives its own name
// as that of a cluster.
func isClustered(nc *nats.Conn, cfg Config) bool {
	name := nc.ConnectedClusterName()
	return cfg.Domain == "" && name != "" && name != nc.ConnectedServerName()
}
