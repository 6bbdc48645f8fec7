package diagnose

import "time"

// Step names a rung of the ladder.
type Step string

// The steps in the order of the ladder, from this machine outwards.
const (
	StepLink      Step = "link"
	StepAddresses Step = "addresses"
	StepRoute     Step = "route"
	StepGateway   Step = "gateway"
	StepResolver  Step = "resolver"
	StepInternet  Step = "internet"
	StepIPv6      Step = "ipv6"
	StepName      Step = "name"
	StepPathMTU   Step = "path-mtu"
	StepProxy     Step = "proxy"
	StepFirewall  Step = "firewall"
	StepQuality   Step = "quality"
	StepSockets   Step = "sockets"
	StepTarget    Step = "target"
)

// titles are what the steps are called on a page.
var titles = map[Step]string{
	StepLink: "Link", StepAddresses: "Addresses", StepRoute: "Default route", StepGateway: "Router",
	StepResolver: "Name servers", StepInternet: "Internet by address", StepIPv6: "IPv6", StepName: "Internet by name",
	StepPathMTU: "Packet size", StepProxy: "Proxy settings", StepFirewall: "This machine's firewall",
	StepQuality: "Loss and delay", StepSockets: "Socket table", StepTarget: "The server",
}

// Steps returns all steps in the order of the ladder.
func Steps() []Step {
	return []Step{StepLink, StepAddresses, StepRoute, StepGateway, StepResolver, StepInternet, StepIPv6, StepName,
		StepPathMTU, StepProxy, StepFirewall, StepQuality, StepSockets, StepTarget}
}

// Title returns what the step is called on a page.
func (s Step) Title() string { return titles[s] }

// Status is how a rung went.
type Status string

// The statuses.
const (
	OK      Status = "ok"
	Trouble Status = "trouble"
	Unknown Status = "unknown" // could not be tried, or proves nothing; Result says why
	Skipped Status = "skipped" // not needed, or no use after what was found before
)

// Fact is one thing that was tried and what came back.
type Fact struct {
	// Tried is what was done, for example "UDP question to 192.0.2.53".
	Tried string `json:"tried"`
	// Answer is what came of it, in words.
	Answer string `json:"answer"`
	// Took is how long that took, 0 for what was only read.
	Took time.Duration `json:"took_ns"`
}

// Rung is one step of the ladder, done.
type Rung struct {
	Step   Step   `json:"step"`
	Title  string `json:"title"`
	Status Status `json:"status"`
	// Result is one sentence. Names in it come from outside and are hostile text.
	Result string `json:"result"`
	// Facts are what was tried, in a fixed order.
	Facts []Fact `json:"facts"`
	// Took is from the beginning of the step to its end.
	Took time.Duration `json:"took_ns"`
}

// fact adds a fact.
func (r *Rung) fact(tried, answer string, took time.Duration) {
	r.Facts = append(r.Facts, Fact{tried, answer, took})
}
