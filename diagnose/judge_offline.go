package diagnose

import (
	"fmt"
	"slices"
	"strings"

	"sockeye/netinfo"
)

// The causes, as programs read them. docs/diagnosis.md explains each.
const (
	causeNoInterface   = "no-interface"
	causeOff           = "interface-off"
	causeNoCarrier     = "no-carrier"
	causeNoAddress     = "no-address"
	causeLinkLocal     = "link-local-only"
	causeDuplicate     = "duplicate-address"
	causeNoRoute       = "no-default-route"
	causeDeadRoute     = "dead-interface-route"
	causeWrongRoute    = "wrong-default-route"
	causeOffLink       = "gateway-off-link"
	causeGateway       = "gateway-silent"
	causeFirewallDrops = "firewall-drops"
	causeFirewallRejec = "firewall-rejects"
	causeNoInternet    = "no-internet"
	causeRefusedAll    = "internet-refused"
	causeFiltered      = "internet-filtered"
	causePortal        = "captive-portal"
	causeNoPorts       = "ports-exhausted"
)

// offline returns the checks that can explain that the internet is not reached, from this machine outwards.
func (j *judgement) offline() []func() *Finding {
	return []func() *Finding{
		j.noLink, j.noAddress, j.deadRoute, j.noRoute, j.wrongRoute, j.noPorts, j.duplicateAddress, j.gatewayOffLink, j.deadGateway,
		j.ownFirewall, j.throughProxy, j.captive, j.noInternet,
	}
}

// uplinks are the interfaces that could lead out: cables and Wi-Fi that are no part of a bridge, or, without any, all.
func (e *evidence) uplinks() (list []*netinfo.Interface) {
	var all []*netinfo.Interface
	for i := range e.interfaces {
		f := &e.interfaces[i]
		if f.Kind == netinfo.KindLoopback {
			continue
		}
		all = append(all, f)
		if f.Master == "" && (f.Kind == netinfo.KindEthernet || f.Kind == netinfo.KindWireless || f.Kind == netinfo.KindUnknown) {
			list = append(list, f)
		}
	}
	if len(list) == 0 {
		return all
	}
	return list
}

// wayIsUp reports whether a way to the internet leaves by an interface in use.
func (e *evidence) wayIsUp() bool {
	for _, w := range e.ways {
		if f := netinfo.ByName(e.interfaces, w.route.Interface); w.ok && f != nil && f.Usable() {
			return true
		}
	}
	return false
}

// names lists the names of interfaces.
func names(list []*netinfo.Interface) string {
	var out []string
	for _, f := range list {
		out = append(out, f.Name)
	}
	return strings.Join(out, ", ")
}

// noLink: no interface that could lead out is connected.
func (j *judgement) noLink() *Finding {
	e := j.e
	if e.interfacesErr != nil || e.wayIsUp() {
		return nil
	}
	up := e.uplinks()
	if len(up) == 0 {
		return &Finding{Place: PlaceMachine, Cause: causeNoInterface, Severity: Failure, Sentence: "This machine has no network interface.", Mend: j.mend.interfaces()}
	}
	if slices.ContainsFunc(up, (*netinfo.Interface).Usable) {
		return nil
	}
	on := slices.DeleteFunc(slices.Clone(up), func(f *netinfo.Interface) bool { return !f.Up })
	if len(on) == 0 {
		return &Finding{Place: PlaceMachine, Cause: causeOff, Severity: Failure, Sentence: "The network interface is switched off: " + names(up) + ".", Mend: j.mend.switchOn(up[0].Name)}
	}
	return &Finding{
		Place: PlaceMachine, Cause: causeNoCarrier, Severity: Failure, Mend: j.mend.plugIn(on[0].Name),
		Sentence: "There is no link on " + names(on) + ": the cable is out, the other end is off, or no Wi-Fi network is joined.",
	}
}

// noAddress: what is connected has no address that leads anywhere.
func (j *judgement) noAddress() *Finding {
	e := j.e
	if e.interfacesErr != nil || e.wayIsUp() && (e.global(false) || e.global(true)) {
		return nil
	}
	for _, f := range e.uplinks() {
		if f.Usable() && (len(f.Global(false)) > 0 || len(f.Global(true)) > 0) {
			return nil
		}
	}
	if len(e.duplicates) > 0 {
		return j.duplicateAddress()
	}
	device := ""
	for _, f := range e.uplinks() {
		if f.Usable() {
			device = f.Name
			break
		}
	}
	if f := e.linkLocal(false); f != nil {
		return &Finding{
			Place: PlaceMachine, Cause: causeLinkLocal, Severity: Failure, Mend: j.mend.address(f.Name),
			Sentence: f.Name + " has only a 169.254 address, which it gave itself: no DHCP server gave it one. With it, only this link can be reached.",
		}
	}
	return &Finding{
		Place: PlaceMachine, Cause: causeNoAddress, Severity: Failure, Mend: j.mend.address(device),
		Sentence: device + " is connected and has no address: none was set and no DHCP server gave it one.",
	}
}

// deadRoute: the preferred default route leaves by an interface without a link.
func (j *judgement) deadRoute() *Finding {
	e := j.e
	for i, w := range e.ways {
		f := netinfo.ByName(e.interfaces, w.route.Interface)
		if !w.ok || f == nil || f.Usable() {
			continue
		}
		for _, d := range netinfo.Defaults(e.routes, i == 1) {
			if g := netinfo.ByName(e.interfaces, d.Interface); g != nil && g.Usable() {
				return &Finding{
					Place: PlaceMachine, Cause: causeDeadRoute, Severity: Failure, Mend: j.mend.dropRoute(w.route, i == 1),
					Sentence: fmt.Sprintf("The preferred default route leaves by %s, which has no link; another one by %s is not used.", f.Name, g.Name),
				}
			}
		}
		return &Finding{
			Place: PlaceMachine, Cause: causeNoCarrier, Severity: Failure, Mend: j.mend.plugIn(f.Name),
			Sentence: "The way to the internet leaves by " + f.Name + ", which has no link: the cable is out, or no Wi-Fi network is joined.",
		}
	}
	return nil
}

// noRoute: nothing says where the internet is.
func (j *judgement) noRoute() *Finding {
	e := j.e
	if e.routesErr != nil || e.ways[0].ok || e.ways[1].ok {
		return nil
	}
	text := "There is no default route: this machine does not know where the internet is."
	for _, w := range e.ways {
		if w.err != nil && w.route.Type != "" && w.route.Type != netinfo.RouteUnicast {
			text = fmt.Sprintf("The route to the internet is set to %s: packets are thrown away here.", w.route.Type)
		}
	}
	device := ""
	for _, f := range e.uplinks() {
		if f.Usable() && (len(f.Global(false)) > 0 || len(f.Global(true)) > 0) {
			device = f.Name
			break
		}
	}
	return &Finding{Place: PlaceMachine, Cause: causeNoRoute, Severity: Failure, Sentence: text, Mend: j.mend.defaultRoute(device)}
}

// wrongRoute: by another default route the internet answers.
func (j *judgement) wrongRoute() *Finding {
	e := j.e
	for _, o := range e.others {
		if !o.works {
			continue
		}
		v6 := o.route.Is6()
		used := e.ways[family(v6)].route
		text := fmt.Sprintf("The preferred default route, %s, leads nowhere; the other one, %s, works.", routeWords(used), routeWords(o.route))
		if f := netinfo.ByName(e.interfaces, used.Interface); f != nil && f.Kind == netinfo.KindTunnel {
			text = fmt.Sprintf("The tunnel (VPN) %s takes all traffic and leads nowhere; without it, %s, the internet answers.", used.Interface, routeWords(o.route))
		}
		return &Finding{Place: PlaceMachine, Cause: causeWrongRoute, Severity: Failure, Sentence: text, Mend: j.mend.preferRoute(used, o.route)}
	}
	return nil
}

// noPorts: the machine has no local port left.
func (j *judgement) noPorts() *Finding {
	if !anyIs(j.e.tried(), noPort) || anyIs(j.e.internet, connected) {
		return nil
	}
	return &Finding{
		Place: PlaceMachine, Cause: causeNoPorts, Severity: Failure, Mend: j.mend.ports(),
		Sentence: "This machine has no free local port left for new connections.",
	}
}

// duplicateAddress: another machine has an address of this one.
func (j *judgement) duplicateAddress() *Finding {
	if len(j.e.duplicates) == 0 {
		return nil
	}
	d := j.e.duplicates[0]
	f := &Finding{
		Place: PlaceMachine, Cause: causeDuplicate, Severity: Failure, Mend: j.mend.address(d.device),
		Sentence: fmt.Sprintf("The address %s on %s is in use by another machine too (%s): answers go now here, now there.", d.address, d.device, d.by),
	}
	if j.e.online() {
		f.Severity = Warning
	}
	return f
}

// gatewayOffLink: the router's address is in no network of this machine, and it does not answer.
func (j *judgement) gatewayOffLink() *Finding {
	for i := range j.e.gateways {
		if g := &j.e.gateways[i]; g.chosen && g.alive == netinfo.No && !g.onLink {
			return &Finding{
				Place: PlaceMachine, Cause: causeOffLink, Severity: Failure, Mend: j.mend.address(g.device),
				Sentence: fmt.Sprintf("The router %s is in none of the networks of %s: the address, the length of its prefix, or the router is set wrong.", g.address, g.device),
			}
		}
	}
	return nil
}

// deadGateway: the router does not answer even to the question for its hardware address.
func (j *judgement) deadGateway() *Finding {
	chosen, dead := 0, (*gateway)(nil)
	for i := range j.e.gateways {
		if g := &j.e.gateways[i]; g.chosen {
			chosen++
			if g.alive == netinfo.No {
				dead = g
				chosen--
			}
		}
	}
	if dead == nil || chosen > 0 {
		return nil
	}
	return &Finding{
		Place: PlaceRouter, Cause: causeGateway, Severity: Failure, Mend: j.mend.router(dead.address),
		Sentence: fmt.Sprintf("The router %s does not answer, not even to %s: it is off, hung, or not on this network.", dead.describe(), dead.protocol()),
	}
}

// ownFirewall: this machine itself holds back what goes to the internet or comes from there.
func (j *judgement) ownFirewall() *Finding {
	kinds := map[blocked]int{}
	for _, a := range j.e.internet {
		b := j.e.blocks(a.to, a.outcome)
		if b != letsThrough || j.e.offered(a.to.Addr().Is6()) && j.e.leaves(a.to.Addr()) {
			kinds[b]++
		}
	}
	return j.firewallFinding(kinds, "the internet")
}

// firewallFinding names what the firewall does, where it explains every attempt that counts.
func (j *judgement) firewallFinding(kinds map[blocked]int, whom string) *Finding {
	if kinds[letsThrough] > 0 || len(kinds) == 0 {
		return nil
	}
	f := &Finding{Place: PlaceMachine, Cause: causeFirewallDrops, Severity: Failure, Mend: j.mend.firewall()}
	switch {
	case kinds[rejects] > 0:
		f.Cause = causeFirewallRejec
		f.Sentence = "This machine's own firewall refuses connections to " + whom + ": the refusal comes from here, nothing was asked outside."
	case kinds[dropsIn] > 0:
		f.Sentence = "This machine's own firewall throws away the answers of " + whom + ": they arrive and no program gets them."
	default:
		f.Sentence = "This machine's own firewall throws away what goes to " + whom + ": nothing leaves."
	}
	return f
}

// throughProxy: without the proxy the internet is closed, and with it it is open. That is how such networks are meant.
func (j *judgement) throughProxy() *Finding {
	if !j.e.proxied() {
		return nil
	}
	return &Finding{Cause: "proxy-only", Severity: Notice, Mend: []string{}, Sentence: "The internet is reached through the proxy only; programs that do not use it do not get out."}
}

// captive: somebody answers in place of the page that was asked for.
func (j *judgement) captive() *Finding {
	p := &j.e.portal
	if !p.captive || j.e.named() {
		return nil
	}
	text := "This network wants you to sign in first: another page answers in place of the one that was asked for."
	if p.host != "" {
		text = "This network wants you to sign in first: every page leads to " + p.host + "."
	}
	return &Finding{Place: PlaceRouter, Cause: causePortal, Severity: Failure, Sentence: text, Mend: []string{"Open any http:// page in a browser, for example http://neverssl.com, and sign in."}}
}

// noInternet: the router is there, and nothing beyond it.
func (j *judgement) noInternet() *Finding {
	e := j.e
	if allAre(e.internet, interrupted, denied) {
		return nil
	}
	f := &Finding{Place: PlaceLine, Cause: causeNoInternet, Severity: Failure, Mend: j.mend.line(), Sentence: "No address of the internet answers: the line or the provider is down."}
	known := slices.IndexFunc(e.gateways, func(g gateway) bool { return g.chosen && g.alive == netinfo.Yes })
	switch {
	case e.pinged:
		f.Cause, f.Mend = causeFiltered, append(j.mend.firewall(), j.mend.line()...)
		f.Sentence = "The internet answers pings but opens no connection: somebody blocks them, the router, the provider or a firewall of this machine."
	case known >= 0 && allAre(e.tried(), refused, wasReset):
		f.Cause = causeRefusedAll
		f.Sentence = "Somebody beyond this machine refuses every connection to the internet: the router or the network blocks them."
		if e.wire == nil { // then nobody knows where the refusals come from
			f.Sentence = "Every connection to the internet is refused: by the router, by the network, or by a firewall of this machine."
		}
	case known >= 0 && anyIs(e.tried(), unreachable):
		f.Sentence = fmt.Sprintf("The router %s answers and says itself that it has no way to the internet: its line or the provider is down.", e.gateways[known].address)
	case known >= 0:
		f.Sentence = fmt.Sprintf("The router %s answers, and nothing beyond it does: its line or the provider is down.", e.gateways[known].address)
	}
	return f
}

// tried returns the attempts in the families that the machine has a way for.
func (e *evidence) tried() (list []attempt) {
	for _, a := range e.internet {
		if e.offered(a.to.Addr().Is6()) {
			list = append(list, a)
		}
	}
	return list
}
