package web

import (
	"github.com/prometheus/client_golang/prometheus"

	"sockeye/poller"
)

// describe makes a Desc of ours.
func describe(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("sockeye_"+name, help, labels, nil)
}

// What is told of the table.
var (
	socketsDesc  = describe("sockets", "Sockets of the machine, by protocol and state.", "protocol", "state")
	unknownDesc  = describe("owners_unknown", "Sockets without a known owner, by the reason.", "reason")
	wholeDesc    = describe("last_whole_poll_timestamp_seconds", "When the table was last whole, in seconds since 1970.")
	intervalDesc = describe("poll_interval_seconds", "Time between polls while somebody watches, stretched where polls are slow.")
	endedDesc    = describe("connections_ended_total", "Connections whose end the kernel told of.")
	lostDesc     = describe("endings_lost_total", "Messages of the kernel about ends that were dropped because they were not read in time.")
	silenceDesc  = describe("endings_interruptions_total", "Times that the kernel's telling of ends broke off or was refused.")
)

// reasons name the owner notes as labels. There is no label where the owner is known.
var reasons = [poller.NumOwnerNotes]string{
	poller.OwnerNone:      "none",
	poller.OwnerPending:   "pending",
	poller.OwnerForbidden: "forbidden",
	poller.OwnerNotFound:  "not_found",
	poller.OwnerUnsought:  "unsought",
}

// tableCollector tells of the poller's table. It keeps nothing: each scrape walks the table once.
type tableCollector struct{ poller *poller.Poller }

// Describe implements prometheus.Collector.
func (*tableCollector) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{socketsDesc, unknownDesc, wholeDesc, intervalDesc, endedDesc, lostDesc, silenceDesc} {
		ch <- d
	}
}

// census is how many sockets a table has of each sort.
type census struct {
	status  poller.Status
	sockets [poller.UDP + 1]poller.Counts // by protocol
	unknown [poller.NumOwnerNotes]int     // without an owner, by the note
}

// take counts. It sends nothing itself: whoever reads the metrics slowly must not hold the table.
func (c *census) take(t *poller.Table) {
	c.status = t.Status()
	for row := range t.All() {
		c.sockets[row.Protocol][row.State]++
		if row.Owner == nil {
			c.unknown[row.OwnerNote]++
		}
	}
}

// Collect implements prometheus.Collector. What nobody has counted yet is left out, not 0.
func (c *tableCollector) Collect(ch chan<- prometheus.Metric) {
	var all census
	c.poller.Read(all.take)
	counter(ch, endedDesc, all.status.Ended)
	counter(ch, lostDesc, all.status.EndingsLost)
	counter(ch, silenceDesc, all.status.EndingsInterrupted)
	gauge(ch, intervalDesc, all.status.Interval.Seconds())
	if all.status.Seq == 0 {
		return
	}
	gauge(ch, wholeDesc, float64(all.status.At.UnixMilli())/1000)
	for protocol := poller.TCP; protocol <= poller.UDP; protocol++ {
		for state, n := range all.sockets[protocol] {
			if n > 0 || (protocol == poller.UDP) == (poller.State(state) == poller.StateNone) {
				gauge(ch, socketsDesc, float64(n), protocol.String(), poller.State(state).String())
			}
		}
	}
	for note, reason := range reasons {
		if reason != "" {
			gauge(ch, unknownDesc, float64(all.unknown[note]), reason)
		}
	}
}

// What is told of the viewers.
var (
	viewersDesc  = describe("viewers", "Viewers of the live table now.")
	sentDesc     = describe("frames_sent_total", "Frames sent to viewers.")
	replacedDesc = describe("frames_replaced_total", "Deltas not sent to a viewer because a snapshot took their place.")
	pushedDesc   = describe("pushed_bytes_total", "Bytes of the frames sent to viewers, without the framing of WebSockets.")
)

// viewerCollector tells of the viewers of a hub.
type viewerCollector struct{ hub *hub }

// Describe implements prometheus.Collector.
func (*viewerCollector) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{viewersDesc, sentDesc, replacedDesc, pushedDesc} {
		ch <- d
	}
}

// Collect implements prometheus.Collector.
func (c *viewerCollector) Collect(ch chan<- prometheus.Metric) {
	gauge(ch, viewersDesc, float64(c.hub.looking()))
	counter(ch, sentDesc, c.hub.traffic.sent.Load())
	counter(ch, replacedDesc, c.hub.traffic.replaced.Load())
	counter(ch, pushedDesc, c.hub.traffic.bytes.Load())
}

// gauge tells a value that may go up and down.
func gauge(ch chan<- prometheus.Metric, d *prometheus.Desc, v float64, labels ...string) {
	ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
}

// counter tells a value that only grows.
func counter(ch chan<- prometheus.Metric, d *prometheus.Desc, v uint64) {
	ch <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(v))
}
