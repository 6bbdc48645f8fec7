package web

import (
	"log/slog"
	"net/http"
	"runtime"
	"runtime/debug"

	"github.com/labstack/echo/v4"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"sockeye/poller"
)

// metrics is what GET /metrics tells (docs/metrics.md). Its registry is its own, so that nothing a library registers
// comes along unasked.
type metrics struct {
	registry *prometheus.Registry
	// handler answers with what the registry gathers.
	handler http.Handler
	// whole and failed count polls by their result; pollSeconds times the whole ones.
	whole, failed prometheus.Counter
	pollSeconds   prometheus.Histogram
}

// pollBuckets are the upper bounds of poll times in seconds: from a small machine to one on which polls are stretched.
var pollBuckets = []float64{0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10}

// newMetrics makes the metrics of a poller and the viewers of a hub.
func newMetrics(p *poller.Poller, h *hub, log *slog.Logger) *metrics {
	polls := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "sockeye_polls_total", Help: "Looks at all sockets since the start, by whether they gave a whole table.",
	}, []string{"result"})
	m := &metrics{
		registry: prometheus.NewRegistry(), whole: polls.WithLabelValues("whole"), failed: polls.WithLabelValues("failed"),
		pollSeconds: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "sockeye_poll_duration_seconds", Buckets: pollBuckets,
			Help: "Time that polls with a whole table took, from asking for the sockets to knowing their owners.",
		}),
	}
	m.registry.MustRegister(
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), buildInfo(),
		polls, m.pollSeconds, &tableCollector{p}, &viewerCollector{h},
	)
	m.handler = promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{
		ErrorLog:           slog.NewLogLogger(log.Handler(), slog.LevelWarn),
		DisableCompression: true, // the server compresses
	})
	return m
}

// observe counts a poll. How long a failed one took says nothing about how long looking takes, so it is not timed.
func (m *metrics) observe(d *poller.Delta) {
	if d.Stale != "" {
		m.failed.Inc()
		return
	}
	m.whole.Inc()
	m.pollSeconds.Observe(d.Took.Seconds())
}

// buildInfo is the constant 1 with what is known of the build.
func buildInfo() prometheus.Collector {
	version, commit := "unknown", "unknown"
	if info, ok := debug.ReadBuildInfo(); ok {
		version = info.Main.Version
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				commit = s.Value
			}
		}
	}
	g := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "sockeye_build_info", Help: "The build of the program, as labels of the constant 1.",
		ConstLabels: prometheus.Labels{"version": version, "commit": commit, "goversion": runtime.Version()},
	})
	g.Set(1)
	return g
}

// metricsPage handles GET /metrics. It is a request for data like any other, and polls where the table is older than
// the interval; when that fails, what else is known is told all the same.
func (s *Site) metricsPage(c echo.Context) error {
	if err := s.refresh(c.Request().Context()); err != nil {
		return err
	}
	s.metrics.handler.ServeHTTP(c.Response(), c.Request())
	return nil
}
