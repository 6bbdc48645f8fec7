package diagnose

import (
	"bufio"
	"bytes"
	"net/netip"
	"strconv"
	"strings"
)

// resolvConf is how a machine asks for names (resolv.conf(5)).
type resolvConf struct {
	servers []netip.Addr
	search  []string // domains that are put behind short names
	ndots   int      // a name with fewer dots than this is short
}

// parseResolvConf reads a resolv.conf. What cannot be read is passed over, as the system does; the last of several
// lines "search" or "domain" counts.
func parseResolvConf(b []byte) resolvConf {
	c := resolvConf{ndots: 1}
	lines := bufio.NewScanner(bytes.NewReader(b))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		text := lines.Text()
		if strings.HasPrefix(text, "#") || strings.HasPrefix(text, ";") {
			continue
		}
		f := strings.Fields(text)
		if len(f) < 2 {
			continue
		}
		switch f[0] {
		case "nameserver":
			if a, err := netip.ParseAddr(f[1]); err == nil && len(c.servers) < maxResolvers {
				c.servers = append(c.servers, a)
			}
		case "search", "domain":
			c.search = f[1:]
		case "options":
			c.options(f[1:])
		}
	}
	return c
}

// maxResolvers is how many name servers are looked at; the C library uses three.
const maxResolvers = 6

// options takes over the options that matter here.
func (c *resolvConf) options(list []string) {
	for _, o := range list {
		if text, ok := strings.CutPrefix(o, "ndots:"); ok {
			if n, err := strconv.Atoi(text); err == nil && n >= 0 {
				c.ndots = min(n, 15)
			}
		}
	}
}

// candidates returns the full names that a name may stand for, in the order in which they are asked.
func (c resolvConf) candidates(name string) []string {
	if full, ok := strings.CutSuffix(name, "."); ok {
		return []string{full + "."}
	}
	var list []string
	for _, s := range c.search {
		if s = strings.Trim(s, "."); s != "" {
			list = append(list, name+"."+s+".")
		}
	}
	if strings.Count(name, ".") >= c.ndots {
		return append([]string{name + "."}, list...)
	}
	return append(list, name+".")
}
