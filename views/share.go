package views

import (
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/a-h/templ"

	"sockeye/access"
)

// Share is the page on which the owner lets others in and sees who is there.
type Share struct {
	Page
	// Of is the path and query of the page that is shared.
	Of string
	// Places are where a link can lead to, Place is the chosen one, "" for none yet. Plain is the choice of HTTP.
	Places []access.Place
	Place  string
	Plain  bool
	// Problem says in a sentence why no link was made; "" where there was no reason.
	Problem string
	// Made is the link that was just made, nil for none, with its QR code. It is shown this once.
	Made     *access.Invitation
	QRPath   string
	QRBox    string
	Links    []access.Link
	Visitors []access.Visitor
	Open     []access.Entrance
}

// Enter is the page of those who have not shown who they are.
type Enter struct {
	// To is the path and query that was asked for.
	To string
	// Reason says in a sentence why they cannot go on.
	Reason string
	// Theme is as in [Page].
	Theme string
}

// shareLink returns the address of the sharing page for the page at hand.
func shareLink(p Page) templ.SafeURL {
	if p.Here == "" || p.Here == "/" {
		return "/share"
	}
	return templ.SafeURL("/share?of=" + url.QueryEscape(p.Here))
}

// isChosen reports whether a place is marked in the list: the chosen one, or the only likely one.
func (s Share) isChosen(p access.Place) bool {
	if s.Place != "" {
		return p.ID == s.Place
	}
	likely := 0
	for _, other := range s.Places {
		if other.Likely {
			likely++
		}
	}
	return p.Likely && likely == 1
}

// shared names the page that is shared, for reading.
func (s Share) shared() string {
	if s.Of == "/" {
		return viewWords("")
	}
	return viewWords(s.Of)
}

// viewWords writes a page or the query of a view for reading.
func viewWords(address string) string {
	if address == "" {
		return "all connections"
	}
	if text, err := url.QueryUnescape(address); err == nil {
		address = text
	}
	return Visible(address)
}

// until says when something ends.
func until(t, now time.Time) string {
	if t.IsZero() {
		return "until the program ends"
	}
	left := t.Sub(now) + time.Minute - 1 // rounded up, as a whole minute is told until it is over
	text := "until " + t.Format("15:04 MST")
	switch {
	case !t.After(now):
		return "over"
	case left < time.Hour:
		return fmt.Sprintf("%s (%d min)", text, int(left.Minutes()))
	}
	return fmt.Sprintf("%s (%d h %02d min)", text, int(left.Hours()), int(left.Minutes())%60)
}

// used says how many a link has let in.
func used(l access.Link) string {
	if l.Closed {
		return fmt.Sprintf("let in %d, lets in nobody more", l.Used)
	}
	return fmt.Sprintf("let in %d of %d", l.Used, access.LinkSessions)
}

// looking returns what a visitor has open, for reading: views that change before their eyes, else the last page.
func looking(v access.Visitor) []string {
	var pages []string
	for _, view := range v.Views {
		pages = append(pages, viewWords(view))
	}
	if len(pages) == 0 && v.Page != "" {
		pages = append(pages, Visible(v.Page)+" (not open now)")
	}
	return pages
}

// agents are what browsers and programs call themselves, by the mark that tells them apart, the most telling first.
var agents = [][2]string{
	{"Edg/", "Edge"}, {"OPR/", "Opera"}, {"SamsungBrowser/", "Samsung Internet"}, {"Firefox/", "Firefox"}, {"FxiOS/", "Firefox"},
	{"CriOS/", "Chrome"}, {"HeadlessChrome/", "Chrome without a screen"}, {"Chrome/", "Chrome"}, {"Safari/", "Safari"},
}

// systems are what they run on.
var systems = [][2]string{
	{"iPhone", "iPhone"}, {"iPad", "iPad"}, {"Android", "Android"}, {"Windows", "Windows"}, {"Macintosh", "macOS"}, {"Linux", "Linux"},
}

// browserName shortens what a browser calls itself. It is the visitor's word and proves nothing.
func browserName(agent string) string {
	name := first(agents, agent)
	if system := first(systems, agent); name != "" && system != "" {
		return name + " on " + system
	}
	if name == "" && agent == "" {
		return "a program without a name"
	}
	if name == "" {
		name, _, _ = strings.Cut(agent, " ")
	}
	return Visible(name)
}

// first returns the name of the first mark that a text has.
func first(table [][2]string, text string) string {
	for _, pair := range table {
		if strings.Contains(text, pair[0]) {
			return pair[1]
		}
	}
	return ""
}
